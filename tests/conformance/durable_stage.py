"""The stage of the durability tests: an emulator, and drivers of one wallet on one state directory."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType

import httpx

from spikes import services
from spikes.contract import Reply
from spikes.driver_process import DriverProcess
from spikes.network import Invoice, Network
from spikes.runtimes.settings import Settings
from spikes.wallets import Wallet, derive_wallet

SEED = 7
DEADLINE_S = 60.0
STATE_FILES = {"node": "wallet.sqlite", "durable_object": "storage/wallet/*.sqlite"}


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait for a condition; fails after DEADLINE_S."""
    deadline = time.monotonic() + DEADLINE_S
    while not await condition():
        assert time.monotonic() < deadline, f"waited {DEADLINE_S:g} s for {what}"
        await asyncio.sleep(0.005)


@dataclass(kw_only=True)
class Stage:
    """An emulator, and drivers of one wallet on one state directory."""

    runtime: ModuleType
    network: Network
    http: httpx.AsyncClient
    folder: Path
    env: Mapping[str, str]
    wallet: Wallet
    process: DriverProcess = field(init=False)
    identity: str = ""

    @property
    def state(self) -> Path:
        """The one state directory."""
        return self.folder / "state"

    def make_process(self, name: str) -> DriverProcess:
        """A driver on the state directory."""
        settings = Settings(
            runtime=self.runtime.NAME,
            network=self.network.description,
            token=self.wallet.token,
            mnemonic=self.wallet.mnemonic,
            wallet_id=self.wallet.wallet_id,
            state_dir=self.state,
        )
        launch = self.runtime.launch(settings)
        launch = replace(launch, env={**launch.env, **self.env})
        return DriverProcess(name=name, launch=launch, token=self.wallet.token, logs=self.folder, http=self.http)

    async def start(self) -> None:
        """Start the driver and learn who it is."""
        await self.process.start()
        self.identity = (await self.process.driver.status(DEADLINE_S)).identity_public_key

    async def give(self, *amounts_sats: int) -> None:
        """One leaf for each amount, claimed."""
        await self.network.fund(self.identity, list(amounts_sats))
        await self.process.driver.sync(DEADLINE_S)

    async def give_for(self, *invoices: Invoice) -> None:
        """A leaf for each invoice, of just its amount and fee."""
        await self.give(*(price(invoice) for invoice in invoices))

    async def issue(self, amount_sats: int) -> Invoice:
        """An invoice of the seller's."""
        return await self.network.issue_invoice(amount_sats, "durability")

    async def crash(self, how: str) -> None:
        """End the isolate, or its process, without a warning; the next one is there when this returns."""
        if how == "evict":
            await self.process.driver.evict(DEADLINE_S)
            return
        await self.process.kill()
        await self.process.start()

    async def pay(self, invoice: Invoice, request_id: str | None = None, process: DriverProcess | None = None) -> Reply:
        """Ask for a payment through the contract, under a new request id if none is given."""
        payment = {"invoice": invoice.bolt11, "maxAmountMsats": invoice.amount_sats * 1000, "host": "seller.example"}
        body = {"requestId": request_id or str(uuid.uuid4()), "payment": payment}
        driver = (process or self.process).driver
        return await driver.request("POST", "/pay-bolt11", body=body, deadline_s=DEADLINE_S)

    async def hold(self, method: str) -> None:
        """The wallet's next call of that method is carried out, and its answer held until `let_go`."""
        await self.network.set_fault(self.identity, {"kind": "hold_after_commit", "method": method, "nth": 1})

    async def is_holding(self) -> bool:
        """Whether a call waits for its answer now."""
        return any(fault.holding for fault in await self.network.faults(self.identity))

    async def let_go(self) -> None:
        """Give the answer that was held."""
        await self.network.heal(self.identity)

    async def cut_off(self, paying: asyncio.Task[Reply], how: str) -> None:
        """Crash in the middle of a payment."""
        assert not paying.done()
        await self.crash(how)
        lost = (await asyncio.gather(paying, return_exceptions=True))[0]
        # Killed: nobody answers. Evicted: the front says that it does not know.
        if isinstance(lost, BaseException):
            assert isinstance(lost, httpx.HTTPError), lost
        else:
            assert (lost.status, code_of(lost)) == (500, "internal_error"), lost

    async def settled(self, invoice: Invoice) -> int:
        """How often the network has settled it."""
        return (await self.network.settled(invoice.payment_hash))[0]

    async def is_settled(self, invoice: Invoice) -> bool:
        """Whether the network has settled it."""
        return await self.settled(invoice) > 0

    async def owned_sats(self) -> int:
        """What the ledger says that is the wallet's."""
        return (await self.network.wallet(self.identity)).owned_sats

    async def balances_agree(self) -> None:
        """After a sync the driver names the ledger's balance."""
        await self.process.driver.sync(DEADLINE_S)
        told = (await self.process.driver.status(DEADLINE_S)).balance_sats
        assert told == (await self.network.wallet(self.identity)).available_sats


def price(invoice: Invoice) -> int:
    """Amount and fee."""
    return invoice.amount_sats + invoice.fee_sats


def code_of(reply: Reply) -> str | None:
    """The typed error of a refusal."""
    error = (reply.body or {}).get("error")
    return error.get("code") if isinstance(error, dict) else None


def database_of(stage: Stage) -> Path:
    """The one file that holds the wallet's state."""
    (file,) = (p for p in stage.state.glob(STATE_FILES[stage.runtime.NAME]) if p.name != "metadata.sqlite")
    return file


@asynccontextmanager
async def staged(runtime: ModuleType, folder: Path, **env: str) -> AsyncIterator[Stage]:
    """A driver that has been started on a fresh state directory."""
    async with services.http_client() as http, services.emulator(http, folder, SEED) as network:
        wallet = derive_wallet(SEED, "durability")
        stage = Stage(runtime=runtime, network=network, http=http, folder=folder, env=env, wallet=wallet)
        stage.state.mkdir()
        stage.process = stage.make_process("driver")
        try:
            await stage.start()
            yield stage
        finally:
            await stage.process.stop()
