"""The emulator: how fast it starts, how many payments it carries, what share of a payment's time is its own."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.suite.conftest import Emulator, NativeWallet, note_figure, open_wallet, running_driver, start_emulator
from spikes.runtimes import node

CLIENTS = 4
PAYMENTS_EACH = 10
AMOUNT_SATS = 1000
NODE_PAYMENTS = 20


def test_start_to_ready(benchmark: BenchmarkFixture) -> None:
    """Process start to the line that says where it listens."""

    def start_and_stop() -> None:
        with start_emulator() as process:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["operators"]
            process.terminate()

    benchmark.pedantic(start_and_stop, rounds=7)


@pytest.mark.parametrize("path", ["exact", "swap"])
def test_native_payments(
    benchmark: BenchmarkFixture, emulator: Emulator, loop: asyncio.AbstractEventLoop, tmp_path: Path, path: str
) -> None:
    """CLIENTS native wallets pay at once; the figure is payments per second over all of them."""
    folders = [tmp_path / str(i) for i in range(CLIENTS)]
    for folder in folders:
        folder.mkdir()
    wallets = [loop.run_until_complete(open_wallet(emulator, f"bench-{folder.name}", folder)) for folder in folders]

    def prepare() -> tuple[tuple[list[list[str]]], dict[str, Any]]:
        invoices = [[emulator.invoice(AMOUNT_SATS) for _ in range(PAYMENTS_EACH)] for _ in wallets]
        for wallet, batch in zip(wallets, invoices, strict=True):
            exact = [invoice["amount_sats"] + invoice["fee_sats"] for invoice in batch]
            emulator.fund(wallet.identity, exact if path == "exact" else [2 * sum(exact)])
            loop.run_until_complete(wallet.session.sync())
        return ([[invoice["invoice"] for invoice in batch] for batch in invoices],), {}

    def pay_all(batches: list[list[str]]) -> None:
        async def everyone() -> None:
            await asyncio.gather(*(_pay(w, batch) for w, batch in zip(wallets, batches, strict=True)))

        loop.run_until_complete(everyone())

    benchmark.pedantic(pay_all, setup=prepare, rounds=3)
    assert benchmark.stats is not None
    note_figure(
        benchmark, f"native payments per second ({path})", CLIENTS * PAYMENTS_EACH / benchmark.stats.stats.median
    )
    for wallet in wallets:
        loop.run_until_complete(wallet.session.close())


async def _pay(wallet: NativeWallet, invoices: list[str]) -> None:
    for invoice in invoices:
        quote = await wallet.session.quote(invoice)
        payment = await wallet.session.send(quote, str(uuid.uuid4()), 30, lambda: None)
        assert payment.status == "completed"


def test_share_of_a_node_payment(benchmark: BenchmarkFixture, emulator: Emulator, tmp_path: Path) -> None:
    """A warm exact payment in Node; the figure is the part of its wall time spent in the emulator's handlers."""
    shares: list[float] = []
    with running_driver(node, emulator, tmp_path) as driver:
        status = driver.get("/status").raise_for_status().json()

        def prepare() -> tuple[tuple[dict[str, Any]], dict[str, Any]]:
            invoice = emulator.invoice(AMOUNT_SATS)
            emulator.fund(status["identityPublicKey"], [invoice["amount_sats"] + invoice["fee_sats"]])
            driver.post("/experiments/sync", json={"input": {}}).raise_for_status()
            body = {
                "requestId": str(uuid.uuid4()),
                "invoice": invoice["invoice"],
                "maxAmountMsats": AMOUNT_SATS * 1000,
            }
            return (body,), {}

        def pay(body: dict[str, Any]) -> None:
            _, before = emulator.journal_from(1 << 40)
            started = time.perf_counter()
            answer = driver.post("/experiments/pay", json={"input": body}).raise_for_status().json()
            wall_s = time.perf_counter() - started
            assert answer["outcome"] == "paid", answer
            entries, _ = emulator.journal_from(before)
            shares.append(sum(entry["handler_s"] for entry in entries) / wall_s)

        benchmark.pedantic(pay, setup=prepare, rounds=NODE_PAYMENTS, warmup_rounds=3)
    warm = sorted(shares[3:])
    note_figure(benchmark, "emulator's share of a warm exact payment in Node", warm[len(warm) // 2])
