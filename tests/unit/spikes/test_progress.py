"""What is shown while a run goes on, on a terminal, in a file and in a CI log."""

from __future__ import annotations

import dataclasses
import io
import re
from pathlib import Path

import pytest

from spikes.errors import RuntimeStartFailure
from spikes.forecast import Expected, Part, attempt_step, inspection_step
from spikes.plan import PlannedAttempt
from spikes.progress import CI_EVERY_S, PLAIN, PLAIN_EVERY_S, Progress, Style, defused, minutes, style_of
from spikes.record import Attempt, FaultSeen, Outcome, PaymentPath, RecordWriter
from spikes.scribe import Scribe

TERMINAL = Style(every_s=None, width=60)
GITHUB = Style(every_s=CI_EVERY_S, folds=True)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def attempt(outcome: Outcome, number: int = 0) -> Attempt:
    return Attempt(
        attempt=number,
        runtime="node",
        experiment="pay_exact",
        repeat=0,
        seed=1,
        lane="a",
        incarnation=0,
        sequence=0,
        expected=Outcome.PAID,
        outcome=outcome,
        code=None,
        reason=None,
        wall_s=0.5,
        path=PaymentPath.EXACT,
    )


def parts(serial: int, inspected: int = 0) -> tuple[Expected, ...]:
    """One second an attempt, ten an inspection."""
    attempts = {attempt_step(number): 1.0 for number in range(serial)}
    inspections = {inspection_step("use", f"r{number}"): 10.0 for number in range(inspected)}
    made = [Expected(part=Part.SERIAL, seconds=float(serial), start_s=0.0, steps=attempts)]
    if inspected:
        made.append(Expected(part=Part.INSPECTIONS, seconds=10.0 * inspected, start_s=0.0, steps=inspections))
    return tuple(made)


def test_without_a_terminal_lines_are_plain_and_few() -> None:
    out, clock = io.StringIO(), Clock()
    progress = Progress(100, out, PLAIN, parts(100), clock)
    for number in range(99):
        clock.now_s += 0.1
        progress.count(attempt(Outcome.PAID, number))
    assert out.getvalue().count("\n") == 1 + int(9.8 // PLAIN_EVERY_S)
    progress.count(attempt(Outcome.PAID, 99))
    assert "[100/100] 0:10, about 0:00 left: node" in out.getvalue()
    assert not set("\r\x1b") & set(out.getvalue())


def test_a_ci_log_gets_a_line_every_fifteen_seconds() -> None:
    out, clock = io.StringIO(), Clock()
    progress = Progress(1000, out, Style(every_s=CI_EVERY_S), parts(1000), clock)
    for number in range(600):
        clock.now_s = number * 0.5
        progress.count(attempt(Outcome.PAID, number))
    assert out.getvalue().count("\n") == 300 // 15


def test_the_time_left_counts_what_is_no_attempt() -> None:
    out, clock = io.StringIO(), Clock()
    progress = Progress(10, out, PLAIN, parts(10, inspected=3), clock)
    for number in range(10):
        clock.now_s += 1.0
        progress.count(attempt(Outcome.PAID, number))
    assert "[10/10] 0:10, about 0:30 left" in out.getvalue()


def test_what_will_not_be_made_counts_as_over() -> None:
    out, clock = io.StringIO(), Clock()
    progress = Progress(10, out, PLAIN, parts(10), clock)
    for number in range(5):
        progress.skip(number)
    for number in range(5, 10):
        clock.now_s += 1.0
        progress.count(attempt(Outcome.PAID, number))
    assert out.getvalue().startswith("[ 6/10] 0:01, about 0:04 left")
    assert "[10/10]" in out.getvalue()


@pytest.mark.parametrize("style", [PLAIN, TERMINAL])
def test_an_outcome_that_was_not_planned_is_always_shown_and_stays(style: Style) -> None:
    out = io.StringIO()
    progress = Progress(100, out, style)
    progress.count(attempt(Outcome.PAID))
    progress.count(attempt(Outcome.UNKNOWN))
    progress.count(attempt(Outcome.PAID))
    assert re.search(r"unknown, planned paid in 0\.50 s\n", out.getvalue())


def test_it_stands_out_in_colour_where_colours_are_welcome() -> None:
    shown = {}
    for colour in (True, False):
        out = io.StringIO()
        Progress(100, out, dataclasses.replace(PLAIN, colour=colour)).count(attempt(Outcome.UNKNOWN))
        shown[colour] = out.getvalue()
    assert "\x1b[33m" in shown[True]
    assert "\x1b" not in shown[False]


def test_under_a_fault_nothing_is_said_of_what_was_planned() -> None:
    out = io.StringIO()
    progress = Progress(100, out)
    progress.count(attempt(Outcome.PAID))
    seen = (FaultSeen(kind="delay", method=None, fired=1),)
    progress.count(dataclasses.replace(attempt(Outcome.FAILED), faults=seen))
    assert "planned" not in out.getvalue()


def test_on_a_terminal_one_line_renews_itself_and_is_wiped_at_the_end() -> None:
    out = Screen()
    progress = Progress(3, out, TERMINAL)
    progress.count(attempt(Outcome.PAID))
    progress.count(attempt(Outcome.PAID))
    assert "\n" not in out.getvalue()
    assert all(len(line) <= TERMINAL.width for line in out.getvalue().split("\r\x1b[2K"))
    progress.end()
    assert out.getvalue().endswith("\r\x1b[2K")


def test_github_folds_each_part_once_and_the_last_fold_is_closed() -> None:
    out, clock = io.StringIO(), Clock()
    progress = Progress(2, out, GITHUB, parts(2, inspected=2), clock)
    progress.count(attempt(Outcome.PAID, 0))
    progress.count(attempt(Outcome.PAID, 1))
    progress.step("use", "r0")
    progress.step("use", "r1")
    progress.end()
    marks = [line for line in out.getvalue().splitlines() if line.startswith("::")]
    assert marks == ["::group::one at a time", "::endgroup::", "::group::inspections", "::endgroup::"]


def test_outside_github_there_are_no_marks() -> None:
    out = io.StringIO()
    progress = Progress(2, out, PLAIN, parts(2))
    progress.count(attempt(Outcome.PAID, 0))
    progress.say("::words of a program")
    progress.end()
    assert out.getvalue().count("::") == 1


@pytest.mark.parametrize(
    "words", ["::set-env name=x::y", "  ::add-mask::x", "fine\n::stop-commands::x", "a ##[command]b", ":::: ##[x]"]
)
def test_words_of_a_program_are_no_commands_for_github(words: str) -> None:
    out = io.StringIO()
    Progress(1, out, GITHUB).say(words)
    for line in out.getvalue().splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
    assert defused("plain: words") == "plain: words"


@pytest.mark.parametrize(
    ("environment", "renews", "every_s", "folds"),
    [
        ({}, True, None, False),
        ({"TERM": "dumb"}, False, PLAIN_EVERY_S, False),
        ({"CI": "true"}, False, CI_EVERY_S, False),
        ({"CI": "false"}, True, None, False),
        ({"CI": "true", "GITHUB_ACTIONS": "true"}, False, CI_EVERY_S, True),
    ],
)
def test_the_style_suits_the_place(
    environment: dict[str, str], renews: bool, every_s: float | None, folds: bool
) -> None:
    style = style_of(Screen(), environment)
    assert (style.every_s is None, style.every_s, style.folds) == (renews, every_s, folds)
    assert style_of(io.StringIO(), environment).every_s == (every_s or PLAIN_EVERY_S)


def test_minutes_are_never_below_zero() -> None:
    assert [minutes(s) for s in (0.4, 59.6, 61, 3600, -5)] == ["0:00", "1:00", "1:01", "60:00", "0:00"]


def test_an_attempt_that_the_scribe_notes_as_not_made_counts_as_over(tmp_path: Path) -> None:
    out = io.StringIO()
    progress = Progress(2, out, PLAIN, parts(2))
    with RecordWriter(tmp_path / "record.jsonl") as record:
        scribe = Scribe(record, progress)
        scribe.note(RuntimeStartFailure("it did not start"), "node", planned(0))
        scribe.note(RuntimeStartFailure("of no attempt"), "node")
        scribe.made(attempt(Outcome.PAID, 1))
    assert "[2/2] 0:00, about 0:00 left" in out.getvalue()


def planned(number: int) -> PlannedAttempt:
    return PlannedAttempt(
        attempt=number,
        runtime="node",
        experiment="pay_exact",
        repeat=0,
        seed=1,
        lane="a",
        expected=Outcome.PAID,
        amount_sats=1,
        request_id="r",
    )
