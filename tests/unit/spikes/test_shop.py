"""What is for sale in a run, and what a seller's journal is made into."""

from __future__ import annotations

import pytest

from spikes.experiments import EXPECTED, flow_table, shop
from spikes.experiments.flow_table import FLOWS, Flow, Step
from spikes.paywall.catalogue import checked
from spikes.paywall.modes import MODES
from spikes.plan import Plan, make_plan
from spikes.profiles import Profile
from spikes.record import Outcome
from spikes.seller import Visit

THREE = ("native", "node", "workerd")


def plan_of(seed: int = 1, lane: str = "") -> Plan:
    """Every flow twice on three runtimes."""
    repeats = {shop.PREFIX + flow.name: {f"*{lane}": 2} for flow in FLOWS}
    profile = Profile(name="p", purpose="", attempt_deadline_s=1.0, repeats=repeats)
    return make_plan(profile, seed, THREE, EXPECTED)


def test_every_attempt_has_items_of_its_own() -> None:
    for plan in (plan_of(), plan_of(lane="@one")):
        items = shop.items(plan)
        assert len(items) == len(plan.attempts) // len(FLOWS) * sum(len(list(shop.wares(flow))) for flow in FLOWS)
        assert checked(items) is items


def test_a_flow_has_one_price_in_all_its_repeats_and_on_all_runtimes() -> None:
    for seed in (1, 2):
        plan = plan_of(seed)
        items = shop.items(plan)
        for flow in FLOWS:
            named = [p for p in plan.attempts if p.question == shop.PREFIX + flow.name]
            prices = {items[shop.item_name(p, label)].price_sats for p in named for label, _ in shop.wares(flow)}
            assert prices == {shop.price_sats(seed, flow)}
            assert min(prices) > 1  # a cap of one satoshi less has to be a cap above nothing


def test_prices_differ_between_flows_and_between_seeds() -> None:
    assert len({shop.price_sats(1, flow) for flow in FLOWS}) > len(FLOWS) // 2
    assert [shop.price_sats(1, flow) for flow in FLOWS] != [shop.price_sats(2, flow) for flow in FLOWS]


def test_a_plan_without_l402_attempts_sells_nothing() -> None:
    profile = Profile(name="p", purpose="", attempt_deadline_s=1.0, repeats={"pay_exact": {"*": 1}})
    assert not shop.items(make_plan(profile, 1, THREE, EXPECTED))


def test_each_flow_is_known_by_name_and_by_its_end() -> None:
    assert len({flow.name for flow in FLOWS}) == len(FLOWS)
    for flow in FLOWS:
        assert EXPECTED[shop.PREFIX + flow.name] is flow.outcome
        assert {flow.mode, *flow.modes} <= set(MODES)
        assert flow.question.endswith("?")
        # What is refused has a reason; what is paid may have one too, where the seller did not keep its word.
        assert flow.code or flow.outcome in (Outcome.PAID, Outcome.CACHED)


def test_malformed_modes_are_of_the_paywall() -> None:
    assert set(flow_table.MALFORMED_MODES) <= set(MODES)


@pytest.mark.parametrize(
    ("before", "outcome", "payments"),
    [
        ((), Outcome.PAID, 1),
        ((Step.BUY,), Outcome.CACHED, 1),
        ((Step.BUY, Step.EXPIRE), Outcome.PAID, 2),
        ((Step.BUY_ANOTHER,), Outcome.BLOCKED, 1),
        ((Step.LOSE_ANOTHER,), Outcome.BLOCKED, 1),
        ((), Outcome.BLOCKED, 0),
    ],
)
def test_a_flow_knows_how_many_payments_it_takes(before: tuple[Step, ...], outcome: Outcome, payments: int) -> None:
    assert Flow(name="f", question="?", outcome=outcome, before=before).payments == payments


def visit(status: int, **fields: object) -> Visit:
    plain: dict[str, object] = dict.fromkeys(("code", "payment_hash", "offer", "pays_offer", "proven_hash"))
    known = {"method": "GET", "place": "/paid", "had_credential": False, "cut": False}
    return Visit(status=status, **{**plain, **known, **fields})  # type: ignore[arg-type]


BILL = visit(402, code="payment_required", payment_hash="aa", offer=1)
GOODS = visit(200, had_credential=True, payment_hash="aa", pays_offer=1, proven_hash="aa")
BILL_AGAIN = visit(
    402, code="token_expired", had_credential=True, payment_hash="bb", offer=2, pays_offer=1, proven_hash="aa"
)


def test_a_request_sequence_reads_without_what_differs_between_repeats() -> None:
    pour = visit(200, had_credential=True, payment_hash="aa", pays_offer=1, proven_hash="aa", cut=True)
    strange = visit(401, code="credential_malformed", had_credential=True)
    assert shop.exchanges("paid", [BILL, GOODS, BILL_AGAIN, pour, strange, visit(200, place="/elsewhere")]) == (
        "seller GET /paid/paid -> 402 payment_required, offer 1",
        "seller GET /paid/paid with credential of offer 1 -> 200",
        "seller GET /paid/paid with credential of offer 1 -> 402 token_expired, offer 2",
        "seller GET /paid/paid with credential of offer 1 -> 200 cut",
        "seller GET /paid/paid with credential -> 401 credential_malformed",
        "seller GET /elsewhere/paid -> 200",
    )


def test_the_payment_at_stake_is_the_proven_one_else_the_one_asked_for_last() -> None:
    assert shop.at_stake([BILL, GOODS], frozenset()) == ("aa",)
    assert shop.at_stake([BILL, BILL_AGAIN], frozenset()) == ("aa",)  # paid, and asked for more
    assert shop.at_stake([BILL, visit(402, payment_hash="cc", offer=2)], frozenset()) == ("cc",)
    assert shop.at_stake([BILL_AGAIN], frozenset({"aa"})) == ("bb",)  # the first one was paid for before
    assert shop.at_stake([GOODS], frozenset({"aa"})) == ()  # from the cache
    assert shop.at_stake([], frozenset()) == ()
