"""Wallet and payment states: what a record tells of each wallet, and what it cannot tell."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.evidence import parse
from bench.html import report_html
from bench.html.receipts import receipts
from bench.html.seeds import seeds
from bench.html.wallets import FIRST_UNKNOWN, Balance, Offline, wallets
from bench.judgement import Judgement
from bench.tables import tables
from spikes.record import Outcome
from tests.browser.page import Page
from tests.records.builder import NATIVE, WASMTIME, WORKERD, Run
from tests.records.cases import everything
from tests.records.faults import asks, under_fault
from tests.records.flows import fit_for_determinism

Judge = Callable[[bytes], Judgement]


def _run() -> Run:
    return Run(NATIVE, WORKERD, WASMTIME)


def test_a_wallet_is_online_where_the_network_answered_and_tells_its_last_balance() -> None:
    run = _run()
    first = run.pay("workerd")
    last = run.pay("workerd")
    run.pay("workerd", lane="b", claim={"balance_sats": 1})
    run.refuse("workerd", "l402_blocked_host")
    run.probe("wasmtime", "imports are missing")
    found = wallets(parse(run.data()))
    assert [w.runtime for w in found.wallets] == ["workerd"], "no attempt, or only a probe: no wallet"
    (mine,) = found.wallets
    assert (mine.online, mine.online_line, mine.attempts) == (3, 4, 4)
    assert first.claim is not None
    assert last.claim is not None
    assert last.claim.balance_sats is not None
    assert first.claim.balance_sats != last.claim.balance_sats
    assert mine.balance == Balance(line=3, told_sats=last.claim.balance_sats, ledger_sats=last.claim.balance_sats)
    assert (mine.states["paid"], mine.states["blocked"], mine.states["unknown"]) == (3, 1, 0)
    assert (mine.remembers_in, mine.receipt_fields, mine.offline) == (None, None, ())


def test_a_wallet_without_network_says_so_first_and_in_the_end() -> None:
    run = _run()
    under_fault(run, "workerd", "all_operators_down", asks=asks(Outcome.UNKNOWN, Outcome.PAID))
    (mine,) = wallets(parse(run.data())).wallets
    assert mine.offline == (Offline(line=2, first="unknown (payment_pending)", last="paid"),)
    assert (mine.states["paid"], mine.states["unknown"], mine.states[FIRST_UNKNOWN]) == (1, 0, 1)


def test_states_are_told_apart_by_outcome_and_code_with_a_proof_each() -> None:
    run = _run()
    paid = run.pay("native")
    run.pay("workerd", claim={"preimage_sha256": "ab" * 32})
    refused = run.refuse("workerd", "l402_blocked_host", reason="not on the list")
    run.refuse("workerd", "l402_blocked_cap")
    run.attempt("workerd", "pay_exact", Outcome.UNKNOWN, code="payment_pending", reason="no answer")
    found = wallets(parse(run.data()))
    told = {(s.outcome, s.code): s for s in found.states}
    assert list(told) == [
        ("paid", None),
        ("blocked", "host_not_allowed"),
        ("blocked", "quoted_amount_exceeds_cap"),
        ("unknown", "payment_pending"),
    ]
    both = told["paid", None]
    assert {runtime: (c.n, c.line) for runtime, c in both.counts.items()} == {"workerd": (1, 3), "native": (1, 2)}
    assert both.proof.runtime == "workerd", "a native runtime of its own before a control"
    assert both.proof.preimage_fits is False
    assert paid.claim is not None
    blocked = told["blocked", "host_not_allowed"]
    assert (blocked.reason, blocked.proof.payment_hash, blocked.proof.preimage_fits) == ("not on the list", None, None)
    assert refused.claim is not None
    assert refused.claim.receipt_digest is not None
    assert blocked.proof.receipt == refused.claim.receipt_digest[:16]


def test_the_report_says_what_the_record_cannot_tell(judged: Judge) -> None:
    run = everything("native", "workerd")
    page = Page(report_html(judged(run.data())))
    rows = {row[0].text: [cell.text for cell in row] for row in page.table("Wallets").rows}
    assert "✓ the same" in rows["workerd"][4]
    assert "What the record cannot tell: the values of backendMode, walletSource and walletId" in page.words
    backend = {row[0].text: [cell.text for cell in row] for row in page.table("Backend mode and wallet source").rows}
    assert "the isolate that orchestrates (A)" in backend["workerd"][1]
    assert "for a Worker that orchestrates (B)" in backend["native"][1]
    assert "fields named, values not kept" in backend["workerd"][5]


def test_a_balance_that_the_ledger_contradicts_is_marked(judged: Judge) -> None:
    run = _run()
    run.pay("workerd", claim={"balance_sats": 5})
    page = Page(report_html(judged(run.data())))
    (row,) = (row for row in page.table("Wallets").rows if row[0].text == "workerd")
    assert row[3].text.startswith("5 sat")
    assert "✗ not the same" in row[4].text


@pytest.mark.parametrize("record", ["native", "workerd"])
def test_receipts_tell_apart_what_all_share_and_what_is_of_a_flow(record: str) -> None:
    run = Run(NATIVE, WORKERD)
    fit_for_determinism(run, record)
    found = receipts(parse(run.data()))
    assert len(found.rows) == 29
    assert {row.runtime for row in found.rows} == {record}
    assert all((row.alike, row.of) == (1, 1) for row in found.rows)
    assert "receiptVersion" in found.shared
    assert found.columns[:2] == ("outcome", "code")
    assert "capsApplied.maxAmountMsats" in {*found.shared, *found.columns}
    assert not {*found.shared} & {*found.columns}
    flows = [flow for sequence in found.sequences for flow in sequence.flows]
    assert sorted(flows) == sorted(row.flow for row in found.rows)


def test_each_seed_of_the_fault_matrix_stands_there_once(judged: Judge) -> None:
    run = Run(NATIVE, WORKERD)
    for runtime, ends in (("native", Outcome.PAID), ("workerd", Outcome.PAID), ("workerd", Outcome.UNKNOWN)):
        under_fault(run, runtime, "slow_settle", ends, seed=11)
        under_fault(run, runtime, "slow_settle", ends, seed=12)
    (row,) = tables(judged(run.data())).faults.rows
    wanted = {
        (ending, runtime, seed)
        for runtime, cell in row.cells.items()
        for ending, drawn in cell.seeds.items()
        for seed in drawn
    }
    (found,) = seeds(tables(judged(run.data())).faults)
    told = [
        (ending, runtime, mine.seed)
        for mine in found.rows
        for ending, runtimes in mine.ends.items()
        for runtime in runtimes
    ]
    assert [mine.seed for mine in found.rows] == [11, 12]
    assert found.runtimes == 2
    assert {*told} == wanted
    assert len(told) == len(wanted) == 6
