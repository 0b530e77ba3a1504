"""prices.toml: the prices as they were read, what is refused, and that no verdict rests on them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bench import cost, evidence
from bench.cost.places import PLACES, bill
from bench.cost.prices import DEFAULT_PATH, Prices, load
from bench.errors import PricesError
from bench.tables import tables
from bench.verdict import Verdict
from tests.records.costs import USED, measured

_, DURABLE, _, _, CLOUD_RUN, _ = PLACES


def test_the_shipped_prices_are_those_that_were_read() -> None:
    prices = load()
    told = {(p.platform, p.resource): (str(p.price), int(p.per), int(p.included)) for p in prices.prices}
    assert told["workers", "requests"] == ("0.30", 1_000_000, 10_000_000)
    assert told["durable_objects", "gb_s"] == ("12.50", 1_000_000, 400_000)
    assert told["cloud_run", "vcpu_s"] == ("0.000024", 1, 180_000)
    assert told["convex", "gb_h"] == ("0.30", 1, 250)
    assert told["containers", "gib_s"] == ("0.0000025", 1, 25 * 3600)
    assert prices.date == "2026-11-23"


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('price = "5.00"', "price = 5.00", "workers month has price 5.0; write it as text"),
        ('price = "5.00"', 'price = "five"', "write a decimal number"),
        ('price = "5.00"', 'price = "-5"', "a number that an amount can be"),
        ('price = "5.00"', 'price = "NaN"', "a number that an amount can be"),
        ('per = "1000000"', 'per = "0"', "a number that an amount can be"),
        ('date = "2026-11-23"', 'date = "yesterday"', "write the day"),
        ('resource = "month"\n', "", r"the \[\[price\]\] entry .* needs exactly"),
        ('resource = "month"', 'resource = "requests"', "workers requests twice"),
        ("\n[[assumed]]", "\n[[presumed]]", "has presumed, which nothing reads"),
        ("\n[[price]]", "\n[[price", "is not TOML"),
        ('platform = "durable_objects"\nresource = "gb"', 'platform = "x"\nresource = "gb"', "no .*gb of durable"),
        ('name = "swap_share"', 'name = "swaps"', "assumes no swap_share"),
        ('resource = "rows_written"', 'resource = "rows"', "no .*rows_written on durable_objects"),
    ],
)
def test_a_changed_file_is_refused(tmp_path: Path, before: str, after: str, says: str) -> None:
    text = DEFAULT_PATH.read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / "prices.toml"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(PricesError, match=says):
        cost.cost_tables(evidence.parse(measured().data()), load(path))


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PricesError, match="restore it"):
        load(tmp_path / "none.toml")


def test_another_price_changes_only_its_own_line(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    text = DEFAULT_PATH.read_text(encoding="utf-8")
    path.write_text(text.replace('price = "12.50"', 'price = "25.00"'), encoding="utf-8")
    twice: Prices = load(path)
    held = Decimal("0.128") * Decimal("2.5") * Decimal("0.0000125")
    assert bill(DURABLE, USED, twice).each - bill(DURABLE, USED, load()).each == held
    assert bill(CLOUD_RUN, USED, twice).each == bill(CLOUD_RUN, USED, load()).each


def test_the_model_takes_no_part_in_any_verdict(judged: object) -> None:
    assert callable(judged)
    found = judged(measured().data())
    again = judged(measured(cpu=False).data())
    assert tables(found).cost.known
    assert [v.verdict for v in found.verdicts] == [v.verdict for v in again.verdicts]
    assert {v.verdict for v in found.verdicts} == {Verdict.INCONCLUSIVE}
