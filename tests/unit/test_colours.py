"""Colours: when they are welcome, the same in both halves of the project."""

from __future__ import annotations

import io
import itertools

import pytest

from bench import terminal
from spikes import colours


class Stream(io.StringIO):
    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.mark.parametrize(
    ("is_terminal", "environment", "wanted"),
    [
        (True, {"TERM": "xterm"}, True),
        (True, {}, True),
        (True, {"TERM": "dumb"}, False),
        (False, {"TERM": "xterm"}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),  # set and empty does not count
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        (False, {"FORCE_COLOR": ""}, False),
        (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
def test_when_colours_are_welcome(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, environment: dict[str, str], wanted: bool
) -> None:
    told(monkeypatch, environment.get("NO_COLOR"), environment.get("FORCE_COLOR"), environment.get("TERM"))
    assert colours.wants_colour(Stream(is_terminal)) is wanted


def test_both_halves_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    values = (None, "", "1")
    for no_color, force_color, term in itertools.product(values, values, (None, "dumb", "xterm")):
        for is_terminal in (True, False):
            told(monkeypatch, no_color, force_color, term)
            stream = Stream(is_terminal)
            assert colours.wants_colour(stream) is terminal.wants_colour(stream)


def told(monkeypatch: pytest.MonkeyPatch, no_color: str | None, force_color: str | None, term: str | None) -> None:
    for name, value in (("NO_COLOR", no_color), ("FORCE_COLOR", force_color), ("TERM", term)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)


def test_paint_is_left_out_where_it_is_not_wanted() -> None:
    assert colours.painted("word", colours.Colour.RED, wanted=False) == "word"
    assert colours.painted("word", colours.Colour.RED, wanted=True) == "\x1b[31mword\x1b[0m"
