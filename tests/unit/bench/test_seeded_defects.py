"""The eight seeded defects and the criterion that catches each: the table that must not rot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.judgement import Judgement
from bench.verdict import Criterion, Verdict
from tests.records import defects
from tests.records.cases import HERE

Judge = Callable[[bytes], Judgement]

# defect -> (gate, criterion, what its reason says): the one that is named for it. Others may fail as well.
CAUGHT = {
    "leaks_half_the_preimage": ("determinism", "receipt_contents", "proofReference, which no receipt declares"),
    "hashes_the_hex_string": ("determinism", "flow_paid", "sha256 of the preimage is not the payment hash"),
    "forgets_idempotency_on_pending": ("latency", "exactly_once", "the ledger debited 2006 sat"),
    "trusts_the_sellers_amount": ("determinism", "flow_lying_amount", "paid instead of blocked"),
    "sends_parameters_for_authorization": ("determinism", "flow_paid", "paid (credential_refused) instead of paid"),
    "counts_the_window_after_success": ("determinism", "flow_blocked_unknown_spend", "paid instead of blocked"),
    "forgets_caps_at_restart": ("latency", "remembers", "the window let more through than it had left"),
    "pays_again_after_a_hit": ("determinism", "flow_expired_over_cap", "paid instead of blocked"),
}


def failures(judgement: Judgement) -> Iterator[tuple[str, Criterion]]:
    for verdict in judgement.verdicts:
        yield from ((verdict.gate, c) for c in verdict.criteria if c.verdict is Verdict.FAIL)


def test_every_defect_has_its_criterion_and_its_record() -> None:
    assert {defect.__name__ for defect in defects.DEFECTS} == set(CAUGHT)
    assert {path.stem for path in Path(HERE / "defects").glob("*.jsonl")} == set(CAUGHT)


@pytest.mark.parametrize("defect", CAUGHT)
def test_a_defect_is_caught_by_the_criterion_that_is_named_for_it(judged: Judge, defect: str) -> None:
    gate, name, says = CAUGHT[defect]
    found = {(gate_, c.name): c for gate_, c in failures(judged((HERE / "defects" / f"{defect}.jsonl").read_bytes()))}
    assert (gate, name) in found
    assert says in found[gate, name].reason
    assert found[gate, name].lines


def test_without_a_defect_nothing_fails(judged: Judge) -> None:
    assert list(failures(judged(defects.sound()))) == []
