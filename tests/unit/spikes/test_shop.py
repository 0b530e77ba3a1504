"""What is for sale in a run: one item for each L402 question, at a price that all runtimes share."""

from __future__ import annotations

from spikes.experiments import EXPECTED, shop
from spikes.paywall.seller import ITEM_NAME
from spikes.plan import load_profile, make_plan

THREE = ("native", "node", "workerd")


def test_every_question_has_an_item_of_its_own_and_runtimes_share_it() -> None:
    plan = make_plan(load_profile("quick"), 1, THREE, EXPECTED)
    l402 = [a for a in plan.attempts if a.experiment.startswith("l402_")]
    items = shop.items(plan.attempts)
    assert len(items) == len(l402) / len(THREE)
    assert all(items[shop.item_name(a)] == shop.price_sats(a) for a in l402)


def test_the_paywall_accepts_every_item() -> None:
    for profile in ("quick", "standard", "soak"):
        plan = make_plan(load_profile(profile), 1, THREE, EXPECTED)
        for name, price in shop.items(plan.attempts).items():
            assert ITEM_NAME.fullmatch(name)
            assert price > 1  # a cap of one satoshi less has to be a cap above nothing
