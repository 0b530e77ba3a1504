"""The stage of the live tests: the emulator, described as if it were a network that is not ours, and a funded wallet.

Nothing but loopback is in any description made here. `python -m tests.conformance.live_stage OUT RUNTIME,...` pays once
on each of these runtimes; a test runs it under a tracer of system calls.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from spikes import services
from spikes.cast import cast_of
from spikes.commands import live
from spikes.live.deployed import Deployment
from spikes.live.invoices import Payable, read_invoices
from spikes.live.networks import LiveNetwork, Operator, Provider
from spikes.live.payment import Patience
from spikes.live.permission import Permission
from spikes.live.run import Order
from spikes.live.spending import SpendingAccount
from spikes.network import Network
from spikes.run_directory import RunDirectory, make_run_directory
from spikes.runtimes import runtime_named
from spikes.scribe import Tally

SEED = 8
MNEMONIC = " ".join(["abandon"] * 11 + ["about"])
IDENTITY = "02698b27ac308b275671b3ca25436346469d04a5bba578ae39feba1d65897a6abc"  # of MNEMONIC, on a regtest
API_KEY = "an-api-key-that-must-not-show"
LIMIT_SATS, CAP_SATS, FUNDS_SATS = 500, 2_000, 5_000


def live_network(operators: Sequence[Operator], ssp: Provider, *, threshold: int = 2) -> LiveNetwork:
    """A network that is told as hosted regtest is."""
    return LiveNetwork(
        name="regtest",
        tier="hosted-regtest",
        invoice_prefix="bcrt",
        real_money=False,
        needs_api_key=False,
        source="a test",
        date="2026-11-23",
        threshold=threshold,
        coordinator=operators[0].identifier,
        operators=tuple(operators),
        ssp=ssp,
    )


def described(description: str) -> LiveNetwork:
    """The emulator, from what it says of itself."""
    told = json.loads(description)
    operators = [
        Operator(
            identifier=operator["identifier"],
            identity_public_key=operator["identityPublicKey"],
            grpc=operator["grpc"],
            grpc_web=operator["grpc_web"],
        )
        for operator in told["operators"]
    ]
    ssp = Provider(
        base_url=told["ssp"]["baseUrl"],
        identity_public_key=told["ssp"]["identityPublicKey"],
        schema_endpoint=told["ssp"]["schemaEndpoint"],
    )
    return live_network(operators, ssp, threshold=told["threshold"])


def all_at(url: str) -> LiveNetwork:
    """A network whose every address is this one."""
    operators = [
        Operator(identifier=f"{number:064}", identity_public_key="02" + "11" * 32, grpc=url, grpc_web=url)
        for number in (1, 2, 3)
    ]
    return live_network(operators, Provider(base_url=url, identity_public_key="02" + "22" * 32, schema_endpoint=None))


@dataclass(kw_only=True)
class LiveStage:
    """One live run at a time, on a network of this machine."""

    folder: Path
    live: LiveNetwork
    emulator: Network | None
    cap_sats: int = CAP_SATS
    patience: Patience = Patience(call_s=30, end_s=60, pause_s=0.2)  # noqa: RUF009 - frozen
    lost_after_s: int = 2

    @property
    def permission(self) -> Permission:
        return Permission(
            network="regtest",
            mnemonic=MNEMONIC,
            api_key=API_KEY,
            spend_cap_sats=self.cap_sats,
            amount_limit_sats=LIMIT_SATS,
        )

    @property
    def account(self) -> Path:
        return self.folder / "account.jsonl"

    def spent_sats(self) -> int:
        """What the account says."""
        with SpendingAccount(self.account, network="regtest", cap_sats=self.cap_sats) as account:
            return account.spent_sats

    async def invoices(self, *amounts_sats: int) -> tuple[Payable, ...]:
        """Invoices of the emulator's, read from a file as a live run reads them."""
        assert self.emulator is not None
        made = [(await self.emulator.issue_invoice(sats, "live")).bolt11 for sats in amounts_sats]
        file = self.folder / "invoices.txt"
        file.write_text("\n".join(made), encoding="utf-8")
        return read_invoices(file, self.live, LIMIT_SATS, time.time())

    async def run(
        self,
        runtimes: Sequence[str],
        invoices: tuple[Payable, ...],
        *,
        payments: int = 1,
        deployment: Deployment | None = None,
    ) -> tuple[RunDirectory, Tally]:
        """Make a live run. Raises as the command does; `latest` then leads to its directory."""
        order = Order(
            network=self.live,
            permission=self.permission,
            runtimes=tuple(runtime_named(name) for name in runtimes),
            invoices=invoices,
            payments=payments,
            patience=self.patience,
            deployment=deployment,
            lost_after_s=self.lost_after_s,
        )
        run = make_run_directory(self.folder / "out", "live", 0, datetime.now(UTC))
        try:
            with SpendingAccount(self.account, network="regtest", cap_sats=self.cap_sats) as account:
                return run, await live.recorded(order, cast_of(order.runtimes), run, account)
        finally:
            run.clear_scratch()

    @property
    def latest(self) -> Path:
        """The record of the last run."""
        return (self.folder / "out" / "latest" / "record.jsonl").resolve()


@asynccontextmanager
async def live_stage(folder: Path, *, funds_sats: int = FUNDS_SATS) -> AsyncIterator[LiveStage]:
    """The emulator with a funded wallet."""
    logs = folder / "emulator"
    logs.mkdir(parents=True)
    async with services.http_client() as http, services.emulator(http, logs, SEED) as network:
        await network.fund(IDENTITY, [funds_sats])
        yield LiveStage(folder=folder, live=described(network.description), emulator=network)


async def _pay_once(folder: Path, runtimes: Sequence[str]) -> None:
    async with live_stage(folder) as stage:
        invoices = await stage.invoices(*range(100, 100 + len(runtimes)))
        await stage.run(runtimes, invoices)


if __name__ == "__main__":
    asyncio.run(_pay_once(Path(sys.argv[1]), sys.argv[2].split(",")))
