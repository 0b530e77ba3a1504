"""JSON as reports write it."""

from __future__ import annotations

import json
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.json_text import written

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
DOCUMENTS = st.recursive(PLAIN, lambda x: st.lists(x, max_size=4) | st.dictionaries(st.text(), x, max_size=4))


@given(DOCUMENTS)
def test_it_says_what_was_meant(document: object) -> None:
    text = written(document)
    assert same(json.loads(text), document)
    assert text.encode("utf-8")


def same(one: object, other: object) -> bool:
    """Equal, of fractions to eleven digits."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-11)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one == other


def test_the_last_bits_of_a_fraction_are_not_told() -> None:
    assert written([0.1 + 0.2, {"x": (1e-9 / 3,)}]) == written([0.3, {"x": (math.nextafter(1e-9 / 3, 1),)}])
    assert written([1e15 / 3]) != written([1e15 / 3 * (1 + 1e-10)])


def test_a_row_a_line() -> None:
    text = written({"a": [{"x": 1, "y": [2, 3]}, {"x": 4, "y": []}], "b": {}})
    assert text == '{\n "a": [\n  {\n   "x": 1,\n   "y": [2, 3]\n  },\n  {"x": 4, "y": []}\n ],\n "b": {}\n}\n'


def test_money_is_text_and_no_power_of_ten() -> None:
    assert written([Decimal("1E-9"), Decimal("5E+3")]) == '["0.000000001", "5000"]\n'


def test_half_a_surrogate_pair_stays_json() -> None:
    assert json.loads(written({"a": "half \ud800"})) == {"a": "half \ud800"}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1}, object()])
def test_what_has_no_form_in_json_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        written([[value]])
