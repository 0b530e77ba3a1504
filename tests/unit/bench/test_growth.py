"""The judge's work grows as the record does, whatever the record holds: twice the attempts, twice the steps.

Counted are the lines of our own code that are executed (a turn of a loop counts each time), not seconds: a shared
machine changes nothing of them. What libraries do inside is not seen; bench/suite measures the whole.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from bench import evidence
from bench.judgement import judge
from bench.outputs import OUTPUTS
from bench.suite.large_record import write_large
from bench.thresholds import Thresholds
from spikes.record import Attempt, Line, Outcome, encode_line, read_lines
from tests.records.cases import under_pressure

OURS = str(Path(__file__).resolve().parents[3] / "bench")
SIZES = (1, 2, 4)  # times the attempts of the source
MOST = 2.4  # steps for the second doubling, by those for the first: 2 is linear, 4 is quadratic
Change = Callable[[Attempt], Attempt]


def as_it_is(a: Attempt) -> Attempt:
    return a


def unknown(a: Attempt) -> Attempt:
    """Of every second payment nobody ever finds out what became of it."""
    lost = a.outcome is Outcome.PAID and a.attempt % 2 == 0
    return dataclasses.replace(a, outcome=Outcome.UNKNOWN, claim=None) if lost else a


def denied(a: Attempt) -> Attempt:
    """The driver says failed of what the ledger settled."""
    return dataclasses.replace(a, outcome=Outcome.FAILED) if a.outcome is Outcome.PAID else a


def paid_twice(a: Attempt) -> Attempt:
    """All on one payment hash."""
    if a.ledger is None or a.claim is None:
        return a
    one = "00" * 32
    claim = dataclasses.replace(a.claim, payment_hash=one, preimage_sha256=one)
    return dataclasses.replace(a, claim=claim, ledger=dataclasses.replace(a.ledger, payment_hash=one))


def steps(work: Callable[[], object]) -> int:
    """How many lines of the judging half `work` executes."""
    counted = 0

    def local(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal counted
        counted += event == "line"
        return local

    def enter(frame: FrameType, event: str, argument: object) -> Any:
        return local if frame.f_code.co_filename.startswith(OURS) else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        work()
    finally:
        sys.settrace(before)
    return counted


def changed(path: Path, change: Change) -> bytes:
    def lines() -> Iterator[Line]:
        for line in read_lines(path):
            yield change(line) if isinstance(line, Attempt) else line

    return "".join(encode_line(line) + "\n" for line in lines()).encode()


@pytest.mark.parametrize("change", [as_it_is, unknown, denied, paid_twice])
def test_twice_the_attempts_take_twice_the_steps(tmp_path: Path, numbers: Thresholds, change: Change) -> None:
    small = tmp_path / "small.jsonl"
    small.write_bytes(under_pressure())
    source = list(read_lines(small))
    attempts = sum(isinstance(line, Attempt) for line in source)
    taken: list[int] = []
    for size in SIZES:
        path = tmp_path / f"{size}.jsonl"
        write_large(source, size * attempts, path)
        data = changed(path, change)

        def whole(data: bytes = data) -> None:
            judgement = judge(evidence.parse(data), numbers)
            for rendered in OUTPUTS.values():
                assert rendered(judgement)

        taken.append(steps(whole))
    first, second = taken[1] - taken[0], taken[2] - taken[1]
    assert first > attempts, "the steps of the judge were not seen"
    assert second < MOST * first, f"{taken} steps for {[size * attempts for size in SIZES]} attempts"


def test_what_is_quadratic_is_found() -> None:
    def pairs(n: int) -> Callable[[], object]:
        source = "def quadratic(n):\n    return [a for a in range(n) for b in range(n)]\n"
        scope: dict[str, Any] = {}
        exec(compile(source, f"{OURS}/made_up.py", "exec"), scope)  # noqa: S102 - the line above
        return lambda: scope["quadratic"](n)

    taken = [steps(pairs(size * 50)) for size in SIZES]
    assert taken[2] - taken[1] > MOST * (taken[1] - taken[0]) > 0
