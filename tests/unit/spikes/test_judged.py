"""The digest of judged evidence: the same for two runs that differ in clocks and machines, and in nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikes.record import (
    Ask,
    Attempt,
    Calls,
    Claim,
    Fact,
    FaultSeen,
    Footer,
    HarnessError,
    Header,
    LedgerEntry,
    Line,
    Outcome,
    PaymentPath,
)
from spikes.record.judged import judged_digest, judged_evidence
from tests.records.builder import NATIVE, NODE, Run
from tests.records.splitting import lines_of


@pytest.fixture
def lines(tmp_path: Path) -> list[Line]:
    run = Run(NATIVE, NODE)
    for runtime in ("native", "node"):
        run.pay(runtime, requests="feed")
        run.pay(runtime, "l402_paid", asks=(Ask(outcome=Outcome.UNKNOWN, code="in_flight", wall_s=0.1),))
        run.pay(runtime, "fault_random", faults=(FaultSeen(kind="kill", method=None, fired=1),), requests="beef")
        run.fact(runtime, "boot_s", 0.5)
        run.fact(runtime, "foreign_state", 0)
        run.fact(runtime, "heap_bytes", 100)
        run.fact(runtime, "receipt.abcd", "{}")
        run.fact(runtime, "request_sequence.feed", "seller GET")
        run.fact(runtime, "request_sequence.beef", "wallet poll")
        run.fact(runtime, "trace.pay_exact", "[]")
    run.harness_error("node")
    return lines_of(run.data(), tmp_path)


def changed(lines: Sequence[Line], kind: type[Line], nth: int, **changes: Any) -> list[Line]:
    """The lines with one changed: the nth of a kind."""
    chosen = [line for line in lines if isinstance(line, kind)][nth]
    return [replace(line, **changes) if line is chosen else line for line in lines]


def of_ledger(lines: Sequence[Line], nth: int = 0, **changes: Any) -> list[Line]:
    attempt = [line for line in lines if isinstance(line, Attempt)][nth]
    assert attempt.ledger is not None
    return changed(lines, Attempt, nth, ledger=replace(attempt.ledger, **changes))


def of_claim(lines: Sequence[Line], **changes: Any) -> list[Line]:
    attempt = next(line for line in lines if isinstance(line, Attempt))
    assert attempt.claim is not None
    return changed(lines, Attempt, 0, claim=replace(attempt.claim, **changes))


def both_balances(lines: Sequence[Line], sats: int) -> list[Line]:
    return of_claim(of_ledger(lines, balance_sats=sats), balance_sats=sats)


def asked_twice(lines: Sequence[Line]) -> list[Line]:
    ask = Ask(outcome=Outcome.UNKNOWN, code="in_flight", wall_s=0.7)
    return changed(lines, Attempt, 1, asks=(ask, ask, ask))


Change = Callable[[Sequence[Line]], Sequence[Line]]
# Attempts of `lines`: 0 pay_exact, 1 l402_paid, 2 fault_random; facts: 0 boot_s, 1 foreign_state, 2 heap_bytes,
# 3 receipt, 4 and 5 request sequences (5 of the attempt under a fault), 6 trace.
SHARED_NOT: dict[str, Change] = {
    "wall time": lambda lines: changed(lines, Attempt, 0, wall_s=9.0),
    "phases": lambda lines: changed(lines, Attempt, 0, phases=()),
    "calls": lambda lines: changed(lines, Attempt, 0, calls=Calls(count=99)),
    "words": lambda lines: changed(lines, Attempt, 0, reason="port 40123"),
    "balances": lambda lines: both_balances(lines, 5),
    "polls": asked_twice,
    "the end of a faulted attempt": lambda lines: changed(lines, Attempt, 2, outcome=Outcome.FAILED, code="x"),
    "the ledger of a faulted attempt": lambda lines: of_ledger(lines, 2, debited_sats=0, settled_count=0),
    "requests under a fault": lambda lines: changed(lines, Fact, 5, value="wallet poll\nwallet poll"),
    "a time": lambda lines: changed(lines, Fact, 0, value=0.7),
    "a size": lambda lines: changed(lines, Fact, 2, value=101),
    "a trace": lambda lines: changed(lines, Fact, 6, value="[1]"),
    "how": lambda lines: changed(lines, Fact, 1, how="otherwise"),
    "a message": lambda lines: changed(lines, HarnessError, 0, message="port 40123"),
    "who and when": lambda lines: changed(lines, Header, 0, run_id="other", started_at="x", host={}, git_dirty=True),
    "how long": lambda lines: changed(lines, Footer, 0, ended_at="x", elapsed_s=1.0),
    "order": lambda lines: [lines[0], *reversed(lines[1:-1]), lines[-1]],
    "yardsticks": lambda lines: [*lines, *(replace(line, aside=2) for line in lines if isinstance(line, Attempt))],
    "the harness's own": lambda lines: [*lines, Fact(runtime="harness", name="runner_fds.at_2", value=3, how="x")],
}
SHARED: dict[str, Change] = {
    "an outcome": lambda lines: changed(lines, Attempt, 0, outcome=Outcome.UNKNOWN),
    "a code": lambda lines: changed(lines, Attempt, 0, code="x"),
    "a path": lambda lines: changed(lines, Attempt, 0, path=PaymentPath.SWAP),
    "an incarnation": lambda lines: changed(lines, Attempt, 0, incarnation=1),
    "requests": lambda lines: changed(lines, Attempt, 0, requests="dead"),
    "a debit": lambda lines: of_ledger(lines, debited_sats=1),
    "a settlement": lambda lines: of_ledger(lines, settled_count=2),
    "a hash": lambda lines: of_ledger(lines, payment_hash="00"),
    "supply": lambda lines: of_ledger(lines, supply_ok=False),
    "a balance that only one tells": lambda lines: of_ledger(lines, balance_sats=5),
    "a claim": lambda lines: of_claim(lines, preimage_sha256="00"),
    "no claim": lambda lines: changed(lines, Attempt, 0, claim=None),
    "no ledger": lambda lines: changed(lines, Attempt, 0, ledger=None),
    "an answer": lambda lines: changed(
        lines, Attempt, 1, asks=(Ask(outcome=Outcome.FAILED, code="in_flight", wall_s=0.1),)
    ),
    "what a faulted attempt was": lambda lines: changed(lines, Attempt, 2, seed=1),
    "a count": lambda lines: changed(lines, Fact, 1, value=1),
    "a text": lambda lines: changed(lines, Fact, 3, value="{ }"),
    "a request sequence": lambda lines: changed(lines, Fact, 4, value="seller POST"),
    "a fact's name": lambda lines: changed(lines, Fact, 0, name="boots_s"),
    "a harness error": lambda lines: changed(lines, HarnessError, 0, code="x"),
    "an attempt less": lambda lines: [line for line in lines if not isinstance(line, Attempt) or line.attempt],
    "an attempt set aside": lambda lines: changed(lines, Attempt, 0, aside=1),
}


@pytest.mark.parametrize("what", SHARED_NOT)
def test_what_no_two_runs_share_is_left_out(what: str, lines: list[Line]) -> None:
    other = list(SHARED_NOT[what](lines))
    assert other != lines
    assert judged_digest(other) == judged_digest(lines)


@pytest.mark.parametrize("what", SHARED)
def test_what_two_runs_must_share_is_in_it(what: str, lines: list[Line]) -> None:
    assert judged_digest(SHARED[what](lines)) != judged_digest(lines)


@given(order=st.permutations(range(12)))
def test_the_order_of_lines_is_of_no_account(order: list[int]) -> None:
    facts = [Fact(runtime="native", name=f"count.{n}", value=n % 3, how="by a test") for n in range(12)]
    assert judged_evidence([facts[n] for n in order]) == judged_evidence(facts)


def test_every_field_of_an_attempt_is_either_in_it_or_left_out_on_purpose() -> None:
    """Who adds a field to the record has to say here whether two runs of one plan share it."""
    from spikes.record import judged  # noqa: PLC0415 - the private lists, looked at here alone

    left_out = {
        Attempt: {"reason", "wall_s", "phases", "claim", "ledger", "calls", "asks", "faults", "aside", "kind"},
        Claim: {"balance_sats"},
        LedgerEntry: {"balance_sats"},
    }
    kept = {Attempt: {*judged._IDENTITY, *judged._ENDED}, Claim: {*judged._CLAIMED}, LedgerEntry: {*judged._LEDGER}}
    for cls, names in left_out.items():
        assert {field.name for field in dataclasses.fields(cls)} == names | kept[cls]
