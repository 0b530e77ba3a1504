"""Gate 4's flows, one by one: what refutes a flow, what merely fails to show it, and how often it must be shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.gates import flows
from bench.judgement import Judgement
from bench.verdict import Criterion, Verdict
from spikes.record import Calls, Outcome, PaymentPath
from tests.records.builder import CONVEX_ISOLATE, DRIFT, NATIVE, WASMTIME, WORKERD, Run
from tests.records.flows import FLOWS, REPEATS, digest, fit_for_determinism, receipt, spell_out, turn

Judge = Callable[[bytes], Judgement]
FAIL, OPEN, PASS = Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS
W = "workerd"


def criteria(judged: Judge, run: Run, runtime: str = W) -> dict[str, Criterion]:
    run.negative_controls()
    return {c.name: c for c in judged(run.data()).of("determinism", runtime).criteria}


def with_last(flow: str, **changes: Any) -> Run:
    """Enough turns of one flow, of which the last is changed."""
    run = Run(WORKERD)
    for _ in range(REPEATS - 1):
        turn(run, W, flow)
    turn(run, W, flow, **changes)
    spell_out(run, W, receipt(flow, cacheStatus="stale"), receipt(flow, outcome="failed"))
    return run


def test_the_judge_knows_every_flow_that_is_specified_as_it_is_specified() -> None:
    assert [(flow.name, flow.ends, flow.code) for flow in flows.FLOWS] == list(FLOWS)
    assert all(flow.pays is (flow.ends is Outcome.PAID) for flow in flows.FLOWS)
    assert {flow.name: flow.cache for flow in flows.FLOWS if flow.cache} == {
        **{"expired_credential": "invalid", "expired_over_cap": "invalid"}
    }


@pytest.mark.parametrize("flow", [name for name, _, _ in FLOWS])
def test_every_flow_can_pass_and_can_fail(judged: Judge, flow: str) -> None:
    assert criteria(judged, with_last(flow))[f"flow_{flow}"].verdict is PASS
    ends = next(flow_.ends for flow_ in flows.FLOWS if flow_.name == flow)
    wrong = Outcome.FAILED if ends is Outcome.CACHED else Outcome.CACHED
    found = criteria(judged, with_last(flow, outcome=wrong, code=None))[f"flow_{flow}"]
    assert (found.verdict, found.lines, found.measured) == (FAIL, (REPEATS + 1,), REPEATS - 1)
    assert f"{wrong} instead of {ends}" in found.reason


PAID_ANYWAY = {"settled_count": 1, "debited_sats": 1003, "payment_hash": "ab" * 32, "invoice_amount_sats": 1000}


@pytest.mark.parametrize(
    ("flow", "changes", "verdict", "says"),
    [
        # a refusal is typed, and the right one
        ("blocked_cap", {"code": None}, FAIL, "blocked instead of blocked (quoted_amount_exceeds_cap)"),
        ("blocked_cap", {"code": "host_not_allowed"}, FAIL, "blocked (host_not_allowed) instead of"),
        ("lying_hash", {"code": "connect_failed"}, FAIL, "failed (connect_failed) instead of"),
        ("paid", {"code": "credential_refused"}, FAIL, "paid (credential_refused) instead of paid"),
        ("refused_credential", {"code": None}, FAIL, "paid instead of paid (credential_refused)"),
        # no money moves where none may
        ("blocked_cap", {"path": PaymentPath.EXACT}, FAIL, "a payment call reached the network"),
        ("blocked_cap", {"calls": Calls(by_method={"RequestLightningSend": 1})}, FAIL, "RequestLightningSend"),
        ("lying_hash", {"calls": Calls(by_method={"spark.SparkService/start_transfer_v2": 1})}, FAIL, "network"),
        ("cached", {"calls": Calls(by_method={"initiate_preimage_swap_v3": 1})}, FAIL, "network"),
        ("seller_error", {"calls": Calls(by_method={"query_nodes": 3})}, PASS, "20 of 20"),
        ("blocked_cap", {"ledger": {"debited_sats": 5}}, FAIL, "disagree: the driver says blocked, the ledger debited"),
        ("blocked_cap", {"ledger": {"debited_sats": -5}}, FAIL, "the ledger debited -5 sat"),
        ("cached", {"ledger": PAID_ANYWAY}, FAIL, "driver and ledger disagree"),
        # money moves once where it must
        ("paid", {"ledger": {"settled_count": 0, "debited_sats": 0}}, FAIL, "the ledger shows no settled payment"),
        ("at_once", {"calls": Calls(by_method={"RequestLightningSend": 2})}, FAIL, "2 payments were sent for one"),
        ("forever_402", {"calls": Calls(by_method={"initiate_preimage_swap_v3": 2})}, FAIL, "2 payments were sent"),
        ("paid", {"calls": Calls(by_method={"RequestSwap": 2, "RequestLightningSend": 1})}, PASS, "20 of 20"),
        # what shows nothing refutes nothing
        ("paid", {"outcome": Outcome.UNKNOWN, "code": "payment_pending"}, OPEN, "ended unknown"),
        ("paid", {"claim": {"fee_sats": None}}, OPEN, "a witness is missing"),
        # and the receipt says the same as the answer
        (
            "expired_credential",
            {"claim": {"flow_digest": digest(receipt("expired_credential", cacheStatus="stale"))}},
            *(FAIL, "the receipt's cacheStatus is stale, not invalid"),
        ),
        ("expired_over_cap", {"claim": {"flow_digest": "00" * 32}}, OPEN, "no receipt in the record"),
        (
            "paid",
            {"claim": {"flow_digest": digest(receipt("paid", outcome="failed"))}},
            *(FAIL, "the receipt names another outcome or code than the answer"),
        ),
    ],
)
def test_one_turn_among_many(judged: Judge, flow: str, changes: dict[str, Any], verdict: Verdict, says: str) -> None:
    found = criteria(judged, with_last(flow, **changes))[f"flow_{flow}"]
    assert found.verdict is verdict
    assert says in found.reason


def test_a_turn_without_ledger_entry_is_only_the_drivers_word(judged: Judge) -> None:
    run = with_last("blocked_host")
    run.negative_controls()
    data = run.data()
    start = data.index(b'"ledger":') + len(b'"ledger":')
    end = data.index(b"}", start) + 1
    judgement = judged(data[:start] + b"null" + data[end:])
    found = next(c for c in judgement.of("determinism", W).criteria if c.name == "flow_blocked_host")
    assert (found.verdict, found.measured) == (OPEN, REPEATS - 1)
    assert "nobody but the driver says that no money moved" in found.reason


@pytest.mark.parametrize(
    ("pin", "turns", "verdict"),
    [(WORKERD, 20, PASS), (WORKERD, 19, OPEN), (CONVEX_ISOLATE, 2, PASS), (CONVEX_ISOLATE, 1, OPEN), (DRIFT, 2, PASS)],
)
def test_how_often_a_flow_must_be_shown(judged: Judge, pin: Any, turns: int, verdict: Verdict) -> None:
    run = Run(pin)
    for _ in range(turns):
        turn(run, pin.name, "cached")
    found = criteria(judged, run, pin.name)["flow_cached"]
    assert (found.verdict, found.measured) == (verdict, turns)
    if verdict is OPEN:
        assert found.needs == f"{turns + 1} attempts of l402_cached that show it, 1 more"


def test_a_flow_that_was_not_tried_says_what_it_takes(judged: Judge) -> None:
    run = Run(WORKERD)
    turn(run, W, "paid")
    found = criteria(judged, run)["flow_blocked_approval"]
    assert (found.verdict, found.reason) == (OPEN, "not tried")
    assert found.needs == "20 attempts of l402_blocked_approval, ending blocked (approval_required)"


@pytest.mark.parametrize(
    ("flow", "changes", "verdict", "says"),
    [
        ("blocked_host", {}, PASS, "0 sat moved and 0 payment calls in 200 attempts of 10 blocked flows"),
        ("blocked_host", {"ledger": {"debited_sats": 7}}, FAIL, "7 sat moved and 0 payment calls in 201 attempts"),
        ("blocked_host", {"ledger": {"debited_sats": -7}}, FAIL, "7 sat moved and 0 payment calls in 201 attempts"),
        ("expired_over_cap", {"calls": Calls(by_method={"RequestSwap": 1})}, FAIL, "0 sat moved and 1 payment calls"),
        ("lying_amount", {"outcome": Outcome.PAID, "code": None}, FAIL, "2 payment calls"),
        ("lying_hash", {"ledger": {"debited_sats": 7}}, PASS, "0 sat moved"),  # no blocked flow: its own criterion's
        ("blocked_cap", {"outcome": Outcome.UNKNOWN, "ledger": {"debited_sats": 7}}, FAIL, "7 sat moved"),
    ],
)
def test_blocked_flows_together(judged: Judge, flow: str, changes: dict[str, Any], verdict: Verdict, says: str) -> None:
    run = Run(WORKERD)
    fit_for_determinism(run, W)
    if changes:
        turn(run, W, flow, **changes)
    found = criteria(judged, run)["blocked_pays_nothing"]
    assert found.verdict is verdict
    assert says in found.reason


def test_blocked_flows_that_were_not_all_seen_show_nothing(judged: Judge) -> None:
    run = Run(WORKERD)
    for name, ends, _ in FLOWS:
        if ends is Outcome.BLOCKED and name != "blocked_approval":
            turn(run, W, name)
    found = criteria(judged, run)["blocked_pays_nothing"]
    assert (found.verdict, found.needs) == (OPEN, "attempts with a ledger entry of l402_blocked_approval")


def test_a_runtime_that_does_everything_right_passes_and_one_wrong_turn_fails_it(judged: Judge) -> None:
    run = Run(NATIVE, WORKERD)
    fit_for_determinism(run, "native", repeats=1)
    fit_for_determinism(run, W)
    run.negative_controls()
    sound = judged(run.data()).of("determinism", W)
    assert (sound.verdict, len(sound.criteria)) == (PASS, len(FLOWS) + 4)
    turn(run, W, "blocked_window_cap", outcome=Outcome.PAID, code=None)
    failed = judged(run.data()).of("determinism", W)
    assert failed.verdict is FAIL
    assert {c.name for c in failed.criteria if c.verdict is FAIL} == {
        *("flow_blocked_window_cap", "blocked_pays_nothing", "repeats_identical")
    }


def test_a_probe_is_asked_no_flow(judged: Judge) -> None:
    run = Run(NATIVE, WASMTIME)
    run.probe("wasmtime", "no wallet")
    assert set(criteria(judged, run, "wasmtime")) == {"paid_at_all"}
