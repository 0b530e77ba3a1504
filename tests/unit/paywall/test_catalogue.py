"""The catalogue: read and written without loss, and strict about what it does not know."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikes.paywall.catalogue import CAPABILITY, ITEM_NAME, CatalogueError, Item, checked, from_json, to_json
from spikes.paywall.modes import MODES

NAMES = st.from_regex(ITEM_NAME, fullmatch=True)
WHOLE = st.integers(min_value=1, max_value=10**9)
CAPABILITIES = st.from_regex(CAPABILITY, fullmatch=True)
ITEMS = st.builds(
    Item,
    price_sats=WHOLE,
    mode=st.sampled_from(list(MODES)),
    later_price_sats=st.none() | WHOLE,
    validity_s=WHOLE,
    also_opens=st.lists(NAMES, max_size=2).map(tuple),
    capability=st.none() | CAPABILITIES,
    grants=st.lists(CAPABILITIES, max_size=2).map(tuple),
)


@given(st.dictionaries(NAMES, ITEMS, min_size=1, max_size=4))
def test_what_is_written_is_read(catalogue: dict[str, Item]) -> None:
    assert from_json(to_json(catalogue)) == catalogue


def test_what_is_as_by_default_is_not_written() -> None:
    assert json.loads(to_json({"cheap": Item(price_sats=3)})) == {"items": {"cheap": {"price_sats": 3}}}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no catalogue"),
        ("[]", "no catalogue"),
        ("{}", "items"),
        ('{"items": []}', "no catalogue"),
        ('{"items": {}}', "nothing is for sale"),
        ('{"items": {"cheap": {}}}', "price_sats"),
        ('{"items": {"cheap": {"price_sats": 0}}}', "at least 1"),
        ('{"items": {"cheap": {"price_sats": 1.0}}}', "1.0"),
        ('{"items": {"cheap": {"price_sats": true}}}', "True"),
        ('{"items": {"cheap": {"price_sats": 1, "later_price_sats": 0}}}', "at least 1"),
        ('{"items": {"cheap": {"price_sats": 1, "validity_s": -1}}}', "at least 1"),
        ('{"items": {"cheap": {"price_sats": 1, "mode": "generous"}}}', "there is no mode 'generous'"),
        ('{"items": {"cheap": {"price_sats": 1, "capability": "A"}}}', "capability"),
        ('{"items": {"cheap": {"price_sats": 1, "grants": ["a,b"]}}}', "capability"),
        ('{"items": {"cheap": {"price_sats": 1, "also_opens": ["A"]}}}', "also_opens"),
        ('{"items": {"cheap": {"price_sats": 1, "colour": "red"}}}', "colour"),
        ('{"items": {"Cheap": {"price_sats": 1}}}', "a name is"),
        ('{"items": {"cheap": {"price_sats": 1}}, "more": 1}', "more"),
    ],
)
def test_what_is_no_catalogue_is_refused_and_says_why(text: str, says: str) -> None:
    with pytest.raises(CatalogueError, match=says):
        from_json(text)


@given(st.text(max_size=60) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(CatalogueError):
        assert checked(from_json(text))


def test_prices_of_offers() -> None:
    assert [Item(price_sats=2).price_of_offer(n) for n in (1, 2, 3)] == [2, 2, 2]
    assert [Item(price_sats=2, later_price_sats=5).price_of_offer(n) for n in (1, 2, 3)] == [2, 5, 5]
