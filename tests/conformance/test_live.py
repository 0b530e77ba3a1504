"""Live runs, made against a network of this machine: what they pay, what they refuse, and that nothing else is reached.

The network under these runs is the emulator, described as a live one; so its ledger, which a live run never sees, can
be held against what the run, its account and the judge say.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import evidence, limits, thresholds
from bench.judgement import Judgement, judge
from bench.verdict import Criterion, Verdict
from spikes import services
from spikes.commands import live
from spikes.errors import Interrupted, LiveFailure, NetworkUnreachable, PinMismatch, ToolMissing
from spikes.live.invoices import Payable
from spikes.live.run import Order
from spikes.live.seats import MSATS_PER_SAT, LiveSeats
from spikes.pins import verified_digests
from spikes.record import Attempt, Fact, Footer, HarnessError, Header, Outcome, read_lines
from spikes.run_directory import make_run_directory
from spikes.runtimes import Runtime, durable_object, native, node, workerd
from tests.conformance.live_stage import (
    API_KEY,
    FUNDS_SATS,
    IDENTITY,
    LIMIT_SATS,
    MNEMONIC,
    LiveStage,
    all_at,
    live_stage,
)

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(180)]
ALL = ("native", "node", "workerd", "durable_object")
FEE_SATS = 2  # the emulator's, of such small sums
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def installed() -> None:
    """Skip, or in CI fail, if what it runs on is not installed."""
    try:
        verified_digests([pin for runtime in (native, node, workerd, durable_object) for pin in runtime.PINS])
    except (ToolMissing, PinMismatch) as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))


def judged(record: Path) -> Judgement:
    return judge(evidence.load(record), thresholds.load(limits.load()))


def criterion(judgement: Judgement, runtime: str, name: str = "pays_live") -> Criterion:
    return next(c for c in judgement.of("compatibility", runtime).criteria if c.name == name)


def attempts(record: Path) -> list[Attempt]:
    return [line for line in read_lines(record) if isinstance(line, Attempt)]


async def test_every_runtime_pays_once_and_nothing_of_it_is_a_pass(tmp_path: Path) -> None:
    async with live_stage(tmp_path) as stage:
        sats = (100, 101, 102, 103)
        run, tally = await stage.run(ALL, await stage.invoices(*sats))
        assert stage.emulator is not None
        held = (await stage.emulator.wallet(IDENTITY)).owned_sats
    assert not tally.failures
    gone = sum(sats) + len(ALL) * FEE_SATS
    assert (FUNDS_SATS - held, stage.spent_sats()) == (gone, gone)
    made = attempts(run.record)
    assert [(a.runtime, a.experiment, a.outcome) for a in made] == [
        entry
        for name in ALL
        for entry in ((name, "no_such_experiment", Outcome.UNSUPPORTED), (name, "pay_live", Outcome.PAID))
    ]
    assert all(a.ledger is None for a in made)
    header = next(line for line in read_lines(run.record) if isinstance(line, Header))
    assert header.network == "hosted-regtest"
    judgement = judged(run.record)
    assert not judgement.defects
    assert not [c for v in judgement.verdicts for c in v.criteria if c.verdict is not Verdict.INCONCLUSIVE]
    assert {v.network_tier for v in judgement.verdicts} == {"hosted-regtest"}
    for name in ALL:
        said = criterion(judgement, name).reason
        assert "1 of 1 payments paid on hosted-regtest" in said
        assert "No ledger was seen" in said


async def test_no_secret_and_no_invoice_is_left_behind(tmp_path: Path) -> None:
    async with live_stage(tmp_path) as stage:
        invoices = await stage.invoices(100, 101)
        run, _ = await stage.run(("native", "workerd"), invoices)
    assert not run.scratch.exists()
    for file in [*run.path.rglob("*"), stage.account]:
        if file.is_file():
            text = file.read_text(encoding="utf-8", errors="replace")
            for secret in (MNEMONIC, API_KEY, *(payable.text for payable in invoices)):
                assert secret not in text, file.name


async def test_the_cap_ends_a_run_and_holds_in_the_next(tmp_path: Path) -> None:
    async with live_stage(tmp_path) as stage:
        stage.cap_sats = 250
        invoices = await stage.invoices(100, 101, 102)
        with pytest.raises(LiveFailure, match="only 45 are left"):
            await stage.run(("native",), invoices, payments=3)
        made = attempts(stage.latest)
        assert [a.outcome for a in made] == [Outcome.UNSUPPORTED, Outcome.PAID, Outcome.PAID]
        not_made = [line for line in read_lines(stage.latest) if isinstance(line, HarnessError)]
        assert [(line.runtime, line.attempt, line.code) for line in not_made] == [("native", 3, "live_failure")]
        assert criterion(judged(stage.latest), "native").verdict is Verdict.INCONCLUSIVE
        assert stage.spent_sats() == 100 + 101 + 2 * FEE_SATS
        (stage.folder / "out").rename(stage.folder / "before")
        with pytest.raises(LiveFailure, match="only 45 are left"):
            await stage.run(("native",), await stage.invoices(100))
        assert stage.emulator is not None
        assert (await stage.emulator.wallet(IDENTITY)).owned_sats == FUNDS_SATS - stage.spent_sats()


async def test_too_little_money_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    async with live_stage(tmp_path, funds_sats=50) as stage:
        with pytest.raises(LiveFailure, match="the wallet holds 50 sats"):
            await stage.run(("native",), await stage.invoices(100))
        assert (stage.spent_sats(), [a.experiment for a in attempts(stage.latest)]) == (0, ["no_such_experiment"])


async def test_an_answer_that_is_lost_is_asked_for_again_and_paid_once(tmp_path: Path) -> None:
    async with live_stage(tmp_path) as stage:
        assert stage.emulator is not None
        fault = {"method": "RequestLightningSend", "kind": "lost_after_commit", "count": 1}
        await stage.emulator.set_fault(IDENTITY, fault)
        run, _ = await stage.run(("node",), await stage.invoices(100))
        held = (await stage.emulator.wallet(IDENTITY)).owned_sats
    paid = attempts(run.record)[1]
    assert paid.outcome is Outcome.PAID
    assert [ask.outcome for ask in paid.asks][-1:] == [Outcome.PAID]
    assert len(paid.asks) > 1
    assert FUNDS_SATS - held == 100 + FEE_SATS == stage.spent_sats()


async def test_an_end_that_stays_unknown_keeps_its_money_in_the_account(tmp_path: Path) -> None:
    async with live_stage(tmp_path) as stage:
        assert stage.emulator is not None
        await stage.emulator.set_fault(IDENTITY, {"kind": "stuck", "count": 0})
        stage.patience = type(stage.patience)(call_s=8, end_s=10, pause_s=0.2)
        with pytest.raises(LiveFailure, match="ended unknown"):
            await stage.run(("native",), await stage.invoices(100, 101), payments=2)
        assert stage.spent_sats() == 100 + 2 * FEE_SATS
        assert [a.outcome for a in attempts(stage.latest)] == [Outcome.UNSUPPORTED, Outcome.UNKNOWN]
        assert criterion(judged(stage.latest), "native").verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(("runtime", "cap_msats"), [(native, 1), (native, None), (node, None), (durable_object, None)])
async def test_a_driver_keeps_the_limit_whatever_the_harness_asks(
    runtime: Runtime, cap_msats: int | None, tmp_path: Path
) -> None:
    over = LIMIT_SATS + 1 if cap_msats is None else 1
    async with live_stage(tmp_path) as stage, services.http_client() as http:
        assert stage.emulator is not None
        run = make_run_directory(tmp_path / "out", "live", 0, datetime.now(UTC))
        process = LiveSeats(stage.live, stage.permission, run, http).process(runtime, "driver", cap_msats)
        try:
            await process.start()
            body = {"requestId": str(uuid.uuid4()), "maxAmountMsats": over * MSATS_PER_SAT}
            invoice = (await stage.emulator.issue_invoice(over, "too dear")).bolt11
            answer = await process.driver.experiment("pay", {**body, "invoice": invoice}, 60)
        finally:
            await process.stop()
        assert answer.code == "request_cap_exceeded"
        assert (await stage.emulator.wallet(IDENTITY)).owned_sats == FUNDS_SATS


async def test_who_stops_a_payment_that_is_under_way_gets_nothing_back_in_the_account(tmp_path: Path) -> None:
    async with live_stage(tmp_path) as stage:
        assert stage.emulator is not None
        await stage.emulator.set_fault(IDENTITY, {"kind": "stuck", "count": 0})
        work = asyncio.ensure_future(stage.run(("native",), await stage.invoices(100)))
        deadline = time.monotonic() + 60
        while not stage.account.exists() or "reserved" not in stage.account.read_text(encoding="utf-8"):
            assert time.monotonic() < deadline, "no payment was begun within a minute"
            await asyncio.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(Interrupted, match="look at the wallet"):
            await work
        assert stage.spent_sats() == 100 + 2 * FEE_SATS
    assert not [line for line in read_lines(stage.latest) if isinstance(line, Footer)]
    assert "cut off" in judged(stage.latest).decision.statement


# --- a network that cannot be reached ---------------------------------------------------------------------------------


@contextmanager
def silent_port() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def closed_port() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    yield url


@pytest.mark.parametrize(("port", "says"), [(closed_port, "Refused"), (silent_port, "does not answer within 12 s")])
async def test_a_network_that_cannot_be_reached_decides_nothing_and_says_why(
    port: object, says: str, tmp_path: Path
) -> None:
    async with live_stage(tmp_path) as with_invoices:
        invoices = await with_invoices.invoices(100, 101, 102, 103)
    with port() as url:  # type: ignore[operator]
        stage = LiveStage(folder=tmp_path, live=all_at(url), emulator=None)
        started = time.monotonic()
        with pytest.raises(NetworkUnreachable, match=says):
            await stage.run(ALL, invoices)
        assert time.monotonic() - started < 30  # a promise of the command, not a timing
    lines = list(read_lines(stage.latest))
    assert isinstance(lines[-1], Footer)
    assert [type(line) for line in lines[1:-1]] == [HarnessError] * 2 * len(ALL)
    assert not [line for line in lines if isinstance(line, Fact | Attempt)]
    assert stage.spent_sats() == 0
    judgement = judged(stage.latest)
    for verdict in judgement.verdicts:
        assert verdict.verdict is Verdict.INCONCLUSIVE
        assert "network_unreachable: hosted-regtest cannot be reached" in verdict.reason
    assert "network_unreachable" in judgement.decision.statement


def test_the_command_says_where_the_record_of_a_run_that_could_not_start_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closed_port() as url:
        stage = LiveStage(folder=tmp_path, live=all_at(url), emulator=None)
    payable = Payable(
        line=1, text="lnbcrt1", payment_hash="ab" * 32, amount_sats=10, expires_at_s=int(time.time()) + 600
    )
    order = Order(network=stage.live, permission=stage.permission, runtimes=(native,), invoices=(payable,), payments=1)
    with pytest.raises(NetworkUnreachable) as refused:
        live.make(order, tmp_path / "out", stage.account)
    assert refused.value.exit_code == 23
    run = Path(capsys.readouterr().out.strip())
    assert run == (tmp_path / "out" / "latest-live").resolve()
    assert sorted(each.name for each in run.iterdir()) == ["logs", "record.jsonl"]
    assert judged(run / "record.jsonl").defects
