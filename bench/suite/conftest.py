"""What the benchmarks share: a running emulator, and native wallets on it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from spikes.drivers.native.session import WalletSession
from spikes.processes import passed_on_environment
from spikes.runtimes import Runtime
from spikes.runtimes.settings import Settings
from spikes.wallets import derive_wallet

PROJECT = Path(__file__).parents[2]
ANSWER_S = 30.0


@dataclass(frozen=True)
class Emulator:
    """A running emulator: its description and its admin API."""

    description: dict[str, Any]
    admin: httpx.Client

    def fund(self, identity: str, amounts_sats: list[int]) -> None:
        """Send a wallet one leaf an amount."""
        body = {"identity_public_key": identity, "amounts_sats": amounts_sats}
        self.admin.post("/fund", json=body).raise_for_status()

    def invoice(self, amount_sats: int) -> dict[str, Any]:
        """A new invoice, with the fee the SSP will ask."""
        answer = self.admin.post("/invoices", json={"amount_sats": amount_sats}).raise_for_status()
        invoice: dict[str, Any] = answer.json()
        return invoice

    def journal_from(self, seq: int) -> tuple[list[dict[str, Any]], int]:
        """Journal entries from `seq` on, and the next sequence number."""
        answer = self.admin.get("/journal", params={"since": seq}).raise_for_status().json()
        return answer["entries"], answer["next"]


@dataclass(frozen=True)
class NativeWallet:
    """A synced wallet of the native SDK and its identity key in hex."""

    session: WalletSession
    identity: str


_FIGURES: dict[str, float] = {}


def note_figure(benchmark: BenchmarkFixture, name: str, value: float) -> None:
    """Keep a figure that is no time, in the benchmark's JSON and for the summary on the terminal."""
    benchmark.extra_info[name] = value
    _FIGURES[name] = value


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures, which pytest-benchmark's table has no column for."""
    for name, value in _FIGURES.items():
        terminalreporter.write_line(f"{name}: {value:.3g}")


def start_emulator(*arguments: str) -> subprocess.Popen[bytes]:
    """Start `python -m spikes emulator`; it ends with its standard input."""
    return subprocess.Popen(
        [sys.executable, "-m", "spikes", "emulator", "--json", "--lifeline", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=PROJECT,
    )


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """One emulator a test."""
    with start_emulator("--seed", "1") as process:
        assert process.stdout is not None
        description = json.loads(process.stdout.readline())
        with httpx.Client(base_url=description["admin"], trust_env=False) as admin:
            yield Emulator(description, admin)
        process.terminate()


@contextmanager
def running_driver(runtime: Runtime, emulator: Emulator, state_dir: Path) -> Iterator[httpx.Client]:
    """A runtime's driver as a process, and a client for it."""
    wallet = derive_wallet(1, f"bench-{runtime.NAME}")
    settings = Settings(
        runtime=runtime.NAME,
        network=json.dumps(emulator.description),
        token=wallet.token,
        mnemonic=wallet.mnemonic,
        wallet_id=wallet.wallet_id,
        state_dir=state_dir,
    )
    launch = runtime.launch(settings)
    with (
        (state_dir / f"{runtime.NAME}.stderr.log").open("wb") as stderr,
        subprocess.Popen(
            launch.argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**passed_on_environment(), **launch.env},
            cwd=PROJECT,
        ) as process,
    ):
        assert process.stdout is not None
        url = f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
        headers = {"authorization": f"Bearer {wallet.token}"}
        with httpx.Client(base_url=url, headers=headers, timeout=ANSWER_S, trust_env=False) as client:
            yield client
        process.terminate()


async def open_wallet(emulator: Emulator, name: str, folder: Path) -> NativeWallet:
    """A new native wallet with its state in `folder`, built and synced once."""
    session = await WalletSession.open(emulator.description, derive_wallet(1, name).mnemonic, folder)
    await session.sync()
    identity, _ = await session.info()
    return NativeWallet(session, identity)


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One event loop for all rounds of async work: pytest-benchmark is synchronous, and the SDK keeps to one loop."""
    with asyncio.Runner() as runner:
        yield runner.get_loop()
