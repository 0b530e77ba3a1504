"""Drivers whose books outlive them: killed and evicted between payments and during one, they repeat and never repay."""

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
import pytest

from spikes import services
from spikes.contract import Reply
from spikes.driver_process import DriverProcess
from spikes.network import Invoice, Network
from spikes.runtimes import durable_object, node
from spikes.runtimes.settings import Settings
from spikes.wallets import Wallet, derive_wallet

SEED = 7
DEADLINE_S = 60.0
HELD_BACK_S = 4.0  # longer than it takes to kill a process, short enough to wait for at the end of a test
LATER_S = 0.035  # twelve of them reach from the first line of a request to beyond its answer
DURABLE = (node, durable_object)
ENDS = [(node, "kill"), (durable_object, "kill"), (durable_object, "evict")]
STATE_FILES = {"node": "wallet.sqlite", "durable_object": "storage/wallet/*.sqlite"}
# workerd cannot start an object whose database it cannot open, and does not tell why: its log does.
SAID_OF_DAMAGE = {"node": "config_error", "durable_object": "internal_error"}

pytestmark = pytest.mark.conformance
each_end = pytest.mark.parametrize(("runtime", "how"), ENDS, ids=[f"{r.NAME}-{how}" for r, how in ENDS])
each_runtime = pytest.mark.parametrize("runtime", DURABLE, ids=lambda runtime: str(runtime.NAME))


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

    async def hold_back(self, method: str) -> None:
        """The next answer to that call of the network comes late; what it was asked to do is done at once."""
        fault = {"method": method, "kind": "delay", "delay_s": HELD_BACK_S}
        (await self.http.post(f"{self.network.admin_url}/faults", json=fault)).raise_for_status()

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


@each_end
async def test_an_answer_is_repeated_word_for_word_by_the_next_incarnation(
    runtime: ModuleType, how: str, tmp_path: Path
) -> None:
    async with staged(runtime, tmp_path) as stage:
        invoice, request_id = await stage.issue(700), str(uuid.uuid4())
        await stage.give(price(invoice), 5_000)
        first, owned = await stage.pay(invoice, request_id), await stage.owned_sats()
        await stage.crash(how)
        since = (await stage.network.journal(0)).next
        told = await stage.process.driver.status(DEADLINE_S)
        again = await stage.pay(invoice, request_id)
        assert told.balance_sats == owned, "what it held is told before the next sync"
        assert (first.status, again.status) == (200, 200)
        assert (again.body or {})["result"] == (first.body or {})["result"]
        assert (await stage.network.journal(0)).next == since, "the books answer, not the network"
        assert code_of(await stage.pay(await stage.issue(700), request_id)) == "idempotency_conflict"
        assert code_of(await stage.pay(invoice)) == "idempotency_conflict"
        assert (await stage.settled(invoice), await stage.owned_sats()) == (1, owned)
        await stage.balances_agree()
        assert (await stage.pay(await stage.issue(300))).status == 200, "and the wallet goes on paying, with a swap"
        await stage.balances_agree()


@each_end
async def test_a_payment_cut_off_after_it_was_sent_is_found_and_not_sent_again(
    runtime: ModuleType, how: str, tmp_path: Path
) -> None:
    async with staged(runtime, tmp_path) as stage:
        invoice, next_one, request_id = await stage.issue(700), await stage.issue(40), str(uuid.uuid4())
        await stage.give_for(invoice, next_one)
        before = await stage.owned_sats()
        await stage.hold_back("RequestLightningSend")
        paying = asyncio.create_task(stage.pay(invoice, request_id))
        await until(lambda: stage.is_settled(invoice), "the settlement")
        await stage.cut_off(paying, how)
        found = await stage.pay(invoice, request_id)
        assert found.status == 200, found.body
        assert (found.body or {})["result"]["payment"]["feeMsats"] == invoice.fee_sats * 1000
        assert (await stage.pay(invoice, request_id)).body == {**(found.body or {}), "phases": []}
        assert (await stage.settled(invoice), before - await stage.owned_sats()) == (1, price(invoice))
        await stage.balances_agree()
        assert (await stage.pay(next_one)).status == 200


@each_end
async def test_a_payment_cut_off_before_it_was_sent_stays_unknown_and_keeps_its_room(
    runtime: ModuleType, how: str, tmp_path: Path
) -> None:
    async with staged(runtime, tmp_path, SPARKGATE_WINDOW_CAP_MSATS="1000000") as stage:
        invoice, next_one, request_id = await stage.issue(700), await stage.issue(400), str(uuid.uuid4())
        await stage.give_for(invoice, next_one)
        before = await stage.owned_sats()
        await stage.crash(how)  # so that the payment begins with a sync
        since = (await stage.network.journal(0)).next
        await stage.hold_back("query_pending_transfers")
        paying = asyncio.create_task(stage.pay(invoice, request_id))
        await until(lambda: stage_has_called(stage, since), "the sync to begin")
        await stage.cut_off(paying, how)
        for _ in range(2):
            reply = await stage.pay(invoice, request_id)
            assert (reply.status, code_of(reply)) == (504, "payment_pending")
        assert code_of(await stage.pay(invoice)) == "idempotency_conflict"
        assert code_of(await stage.pay(next_one)) == "window_cap_exceeded"
        assert (await stage.settled(invoice), await stage.owned_sats()) == (0, before)
        await stage.balances_agree()


async def stage_has_called(stage: Stage, since: int) -> bool:
    """Whether anything has reached the network since then."""
    return (await stage.network.journal(since)).next > since


@each_end
async def test_the_window_remembers_what_was_spent(runtime: ModuleType, how: str, tmp_path: Path) -> None:
    async with staged(runtime, tmp_path, SPARKGATE_WINDOW_CAP_MSATS="1000000") as stage:
        spent, too_much, rest = await stage.issue(700), await stage.issue(301), await stage.issue(300)
        await stage.give_for(spent, too_much, rest)
        assert (await stage.pay(spent)).status == 200
        await stage.crash(how)
        reply = await stage.pay(too_much)
        assert (reply.status, code_of(reply)) == (403, "window_cap_exceeded")
        last = await stage.pay(rest)
        assert (last.body or {})["result"]["windowSpendMsatsAfterPayment"] == 1_000_000


@each_runtime
async def test_killed_at_any_moment_it_pays_each_invoice_once_or_not_at_all(
    runtime: ModuleType, tmp_path: Path
) -> None:
    """Twelve payments, each cut off a little later than the one before; asked again, then weighed."""
    async with staged(runtime, tmp_path) as stage:
        orders = [(await stage.issue(100 + number), str(uuid.uuid4())) for number in range(12)]
        await stage.give_for(*(invoice for invoice, _ in orders))
        before = await stage.owned_sats()
        for number, (invoice, request_id) in enumerate(orders):
            paying = asyncio.create_task(stage.pay(invoice, request_id))
            await asyncio.wait([paying], timeout=number * LATER_S)
            await stage.crash("kill")
            await asyncio.gather(paying, return_exceptions=True)
        replies = [await stage.pay(invoice, request_id) for invoice, request_id in orders]
        settled = [await stage.settled(invoice) for invoice, _ in orders]
        outcomes = [(reply.status, code_of(reply)) for reply in replies]
        assert set(settled) <= {0, 1}
        assert outcomes == [(200, None) if count else (504, "payment_pending") for count in settled]
        owed = sum(price(invoice) for (invoice, _), count in zip(orders, settled, strict=True) if count)
        assert before - await stage.owned_sats() == owed
        await stage.balances_agree()


async def test_two_processes_on_one_state_directory_share_their_books(tmp_path: Path) -> None:
    """A second process is asked while the first one waits for its answer: both tell of one and the same payment."""
    async with staged(node, tmp_path) as stage:
        invoice, next_one, request_id = await stage.issue(700), await stage.issue(40), str(uuid.uuid4())
        await stage.give_for(invoice, next_one)
        second = stage.make_process("second")
        try:
            await second.start()
            await stage.hold_back("RequestLightningSend")
            paying = asyncio.create_task(stage.pay(invoice, request_id))
            await until(lambda: stage.is_settled(invoice), "the settlement")
            assert code_of(await stage.pay(invoice, process=second)) == "idempotency_conflict"
            found = await stage.pay(invoice, request_id, second)
            assert not paying.done()
            first = await paying
            assert (first.status, found.status, await stage.settled(invoice)) == (200, 200, 1)
            assert (first.body or {})["result"] == (found.body or {})["result"]
            assert (await stage.pay(next_one, process=second)).status == 200
        finally:
            await second.stop()


@each_runtime
async def test_a_damaged_database_is_refused_and_left_alone(runtime: ModuleType, tmp_path: Path) -> None:
    async with staged(runtime, tmp_path) as stage:
        await stage.process.stop()
        file = database_of(stage)
        for journal in file.parent.glob(f"{file.name}-*"):
            journal.unlink()
        rubbish = b"these are notes about something else\n" * 300
        file.write_bytes(rubbish)
        await stage.process.start()
        since = (await stage.network.journal(0)).next
        for path, body in (("/status", None), ("/experiments/sync", {"input": {}})):
            method = "GET" if body is None else "POST"
            reply = await stage.process.driver.request(method, path, body=body, deadline_s=DEADLINE_S)
            assert (reply.status, code_of(reply)) == (500, SAID_OF_DAMAGE[runtime.NAME]), reply.body
        assert (file.read_bytes(), (await stage.network.journal(0)).next) == (rubbish, since)


@each_runtime
async def test_the_state_is_readable_by_its_owner_only(runtime: ModuleType, tmp_path: Path) -> None:
    async with staged(runtime, tmp_path) as stage:
        above = database_of(stage).relative_to(stage.state).parents
        closed = [folder for folder in above if (stage.state / folder).stat().st_mode & 0o077 == 0]
        assert closed, "no folder between the state directory and the database keeps others out"
