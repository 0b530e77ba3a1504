"""Inspection: do two wallets in one isolate ever see each other's state or session?

Role: has one driver hold two wallets, A and B, lets them sync, pay, repeat each other's request and be rebuilt, alone
and at the same time, and compares each step with the network: whose money went, as whom the operators were called.
Everything that one wallet has of the other is a violation, counted and told. Must not know: what the gates make of it.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import httpx

from spikes.contract import Answer, ContractBreach
from spikes.errors import RuntimeStartFailure
from spikes.network import Invoice
from spikes.plan import derived_uuid
from spikes.processes import Launch
from spikes.record import Claim, Fact, Outcome
from spikes.runtimes import Eviction, Runtime
from spikes.seat import MSATS_PER_SAT, Seat, Surroundings
from spikes.wallets import Wallet, derive_wallet

NAME = "isolation"
AT_ONCE = 2  # its figures are counts
# No two amounts are the same, so that none of one wallet passes for the other's.
EXACT_SATS = {"A": 1_000, "B": 1_300}
SWAP_SATS = {"A": 777, "B": 888}
WHILE_REBUILT_SATS = {"A": 543, "B": 654}
LARGE_LEAF_SATS = {"A": 50_000, "B": 70_000}
ONE_ISOLATE = {
    Eviction.NEVER: "one process with one loaded SDK serves every call of both",
    Eviction.ASKED: "one object in one isolate with one loaded SDK serves every call of both",
    Eviction.STOPPED: "one isolate in one process, with one loaded SDK, serves every call of both until it is stopped",
    Eviction.EVERY_CALL: "each call has a fresh context anyway; both share one deployment: settings, code and database",
}


@dataclass(kw_only=True)
class Tenant:
    """One of the two wallets: how it is asked, and what it must be and hold."""

    letter: str
    prefix: str  # of the names of its steps
    identity: str
    sats: int = 0
    ordered: int = 0
    paid: int = 0  # so it was told, the network settled it, and the wallet's own money went


@dataclass(frozen=True, kw_only=True)
class Order:
    """One payment that one wallet is asked for."""

    tenant: Tenant
    invoice: Invoice
    request_id: str


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What the course came to."""

    tenants: tuple[Tenant, Tenant]
    violations: list[str] = field(default_factory=list)

    def facts(self, runtime: Runtime) -> Iterator[Fact]:
        """The gate's two, and each violation in words."""
        isolate = ONE_ISOLATE[runtime.EVICTION]
        paid = ", ".join(f"{t.letter} paid {t.paid} of {t.ordered}" for t in self.tenants)
        whole = sum(tenant.paid == tenant.ordered > 0 for tenant in self.tenants)
        how = "told identities and balances, the network's ledger and the callers in its journal, after every step"
        yield Fact(runtime=runtime.NAME, name="isolated_wallets", value=whole, how=f"{isolate}; {paid}")
        yield Fact(runtime=runtime.NAME, name="foreign_state", value=len(self.violations), how=how)
        for number, violation in enumerate(self.violations, 1):
            yield Fact(runtime=runtime.NAME, name=f"foreign_state.{number}", value=violation, how=how)


async def inspect(runtime: Runtime, around: Surroundings) -> list[Fact]:
    """The facts about two wallets in one driver. Raises RuntimeStartFailure, EmulatorFailure."""
    name = f"{runtime.NAME}-{NAME}"
    try:
        second = derive_wallet(around.seed, f"{name}-second")
        identity = await _identity_alone(runtime, f"{name}-second", second, around)
        seat = Seat(
            *(runtime, name, derive_wallet(around.seed, name), around), inspect=NAME, watched=_with_second(second)
        )
        try:
            await seat.start()
            course = Course(seat, identity, around.deadline_s)
            await course.run()
        except ContractBreach:
            if not course.findings.violations:
                raise  # it does not work, and nothing says that the other wallet has to do with it
        finally:
            await seat.stop()
    except ContractBreach as breach:
        raise RuntimeStartFailure(f"{name}: {breach}; read its logs, then run `make smoke`") from breach
    return list(course.findings.facts(runtime))


async def _identity_alone(runtime: Runtime, name: str, wallet: Wallet, around: Surroundings) -> str:
    """Who the wallet is where it has a driver to itself."""
    seat = Seat(runtime, name, wallet, around)
    try:
        await seat.start()
        return seat.identity
    finally:
        await seat.stop()


def _with_second(wallet: Wallet) -> Callable[[Launch], Launch]:
    """Tells the driver of a second wallet."""
    settings = json.dumps({"SPARKGATE_WALLET_ID": wallet.wallet_id, "SPARKGATE_MNEMONIC": wallet.mnemonic})
    return lambda launch: dataclasses.replace(launch, env={**launch.env, "SPARKGATE_SECOND_WALLET": settings})


class Course:
    """The steps of two wallets in one driver that has just been started."""

    def __init__(self, seat: Seat, second_identity: str, deadline_s: float) -> None:
        self._seat = seat
        self._network = seat.network
        self._deadline_s = deadline_s
        self._a = Tenant(letter="A", prefix="", identity=seat.identity)
        self._b = Tenant(letter="B", prefix="second_", identity=second_identity)
        self._both = (self._a, self._b)
        self._journal = 0
        self.findings = Findings(tenants=self._both)

    async def run(self) -> None:
        """All steps. Raises ContractBreach, EmulatorFailure."""
        self._journal = (await self._network.journal(0)).next
        await self._compare("at the start")
        for tenant in self._both:
            await self._sync(f"{tenant.letter} syncs alone", tenant)
        exact = [await self._fund(tenant) for tenant in self._both]
        await self._sync("both sync", *self._both)
        await self._compare("both have synced")
        await self._pay("both pay without a swap", exact)
        swaps = [await self._order(tenant, SWAP_SATS[tenant.letter]) for tenant in self._both]
        await self._pay("both pay with a swap", swaps)
        await self._compare("both have paid")
        for tenant, other in (self._both, self._both[::-1]):
            await self._repeat_foreign(tenant, swaps[self._both.index(other)])
            await self._pay_while_rebuilt(tenant, other)
        await self._sync("both sync after they were rebuilt", *self._both)
        await self._compare("at the end")

    # --- steps ----------------------------------------------------------------------------------------------------

    async def _fund(self, tenant: Tenant) -> Order:
        """Two leaves: one that fits the price of the order that it returns, and one that has to be swapped."""
        order = await self._order(tenant, EXACT_SATS[tenant.letter])
        leaves = [_price(order.invoice), LARGE_LEAF_SATS[tenant.letter]]
        await self._network.fund(tenant.identity, leaves)
        tenant.sats += sum(leaves)
        return order

    async def _order(self, tenant: Tenant, amount_sats: int) -> Order:
        tenant.ordered += 1
        invoice = await self._network.issue_invoice(amount_sats, f"{self._seat.name} {tenant.letter} {tenant.ordered}")
        request_id = derived_uuid(self._seat.name, tenant.letter, invoice.payment_hash)
        return Order(tenant=tenant, invoice=invoice, request_id=request_id)

    async def _sync(self, step: str, *tenants: Tenant) -> None:
        """At the same time. Each must be told its own balance."""
        ask = self._seat.driver.step
        try:
            claims = await asyncio.gather(*(ask(f"{t.prefix}sync", "synced", self._deadline_s) for t in tenants))
        except ContractBreach:
            await self._only_as(step, *tenants, answered=False)
            raise
        await self._only_as(step, *tenants)
        for tenant in self._both:
            await self._ledger(step, tenant)
        for tenant, claim in zip(tenants, claims, strict=True):
            self._balance(step, tenant, claim.balance_sats)

    async def _pay(self, step: str, orders: list[Order], beside: Awaitable[None] | None = None) -> None:
        """At the same time, and beside something that calls nobody."""
        answers, _ = await asyncio.gather(asyncio.gather(*map(self._ask, orders)), beside or asyncio.sleep(0))
        await self._only_as(step, *(order.tenant for order in orders))
        settled = [(await self._network.settled(order.invoice.payment_hash))[0] for order in orders]
        for order, times in zip(orders, settled, strict=True):
            order.tenant.sats -= times * _price(order.invoice)
        right = {tenant.letter: await self._ledger(step, tenant) for tenant in self._both}
        for order, times, answer in zip(orders, settled, answers, strict=True):
            if answer.outcome is Outcome.PAID:
                order.tenant.paid += times == 1 and right[order.tenant.letter]
                self._answer(step, order, answer.claim)

    def _answer(self, step: str, order: Order, claim: Claim) -> None:
        tenant, invoice = order.tenant, order.invoice
        told = (claim.payment_hash, claim.preimage_sha256, claim.amount_sats, claim.fee_sats)
        if told != (invoice.payment_hash, invoice.payment_hash, invoice.amount_sats, invoice.fee_sats):
            self._violation(step, f"{tenant.letter}'s answer is not about its own payment")
        self._balance(step, tenant, claim.balance_sats)

    async def _repeat_foreign(self, tenant: Tenant, foreign: Order) -> None:
        """The other wallet's request, word for word, and then its id with an invoice above the cap.

        The first must not find the other's answer, nor move any money. The second is refused for its amount before
        anything is sent, unless the id is already taken.
        """
        step = f"{tenant.letter} is asked for what {foreign.tenant.letter} has paid"
        invoice = await self._network.issue_invoice(foreign.invoice.amount_sats + 1, step)
        capped = await self._ask(Order(tenant=tenant, invoice=invoice, request_id=foreign.request_id), cap_sats=1)
        if capped.code != "quoted_amount_exceeds_cap":
            self._violation(step, f"its request id ended {capped.outcome} ({capped.code})")
        word_for_word = await self._ask(dataclasses.replace(foreign, tenant=tenant))
        if word_for_word.outcome is Outcome.PAID or word_for_word.code == "idempotency_conflict":
            self._violation(step, f"the request ended {word_for_word.outcome} ({word_for_word.code})")
        await self._only_as(step, tenant)
        for each in self._both:
            await self._ledger(step, each)

    async def _pay_while_rebuilt(self, rebuilt: Tenant, payer: Tenant) -> None:
        step = f"{payer.letter} pays while {rebuilt.letter} is rebuilt"
        order = await self._order(payer, WHILE_REBUILT_SATS[payer.letter])
        await self._pay(step, [order], self._rebuild(rebuilt))

    # --- asking ---------------------------------------------------------------------------------------------------

    async def _ask(self, order: Order, cap_sats: int | None = None) -> Answer:
        cap = (order.invoice.amount_sats if cap_sats is None else cap_sats) * MSATS_PER_SAT
        body = {"requestId": order.request_id, "invoice": order.invoice.bolt11, "maxAmountMsats": cap}
        return await self._seat.driver.experiment(f"{order.tenant.prefix}pay", body, self._deadline_s)

    async def _rebuild(self, tenant: Tenant) -> None:
        await self._seat.driver.step(f"{tenant.prefix}rebuild", "rebuilt", self._deadline_s)

    async def _told(self, tenant: Tenant) -> tuple[str, int]:
        """(identity, balance) as the driver tells them of a wallet. Raises ContractBreach."""
        driver = self._seat.driver
        if not tenant.prefix:
            status = await driver.status(self._deadline_s)
            return status.identity_public_key, status.balance_sats
        name = f"{tenant.prefix}status"
        try:
            reply = await driver.request(
                "POST", f"/experiments/{name}", body={"input": {}}, deadline_s=self._deadline_s
            )
        except (httpx.HTTPError, TimeoutError) as error:
            raise ContractBreach(f"{name} gave no answer ({error!r})") from error
        body = reply.body or {}
        try:
            return str(body["identityPublicKey"]), int(body["claim"]["balanceSats"])
        except (KeyError, TypeError, ValueError) as error:
            raise ContractBreach(f"{name} tells no identity and balance: {body.get('error') or body}") from error

    # --- comparing ------------------------------------------------------------------------------------------------

    async def _compare(self, step: str) -> None:
        """What both are told to be and to hold, and what the ledger says."""
        for tenant in self._both:
            await self._ledger(step, tenant)
            identity, balance_sats = await self._told(tenant)
            if identity != tenant.identity:
                self._violation(step, f"{tenant.letter} is told to be {self._whose(identity)}")
            self._balance(step, tenant, balance_sats)

    def _balance(self, step: str, tenant: Tenant, told_sats: int | None) -> None:
        if told_sats != tenant.sats:
            self._violation(step, f"{tenant.letter} is told to hold {told_sats} sats, it holds {tenant.sats}")

    async def _ledger(self, step: str, tenant: Tenant) -> bool:
        """Whether the network lets the wallet own what its own steps leave. A difference is told once."""
        owned = (await self._network.wallet(tenant.identity)).owned_sats
        if owned == tenant.sats:
            return True
        self._violation(step, f"{tenant.letter} owns {owned} sats, not the {tenant.sats} that its own steps leave")
        tenant.sats = owned
        return False

    async def _only_as(self, step: str, *asked: Tenant, answered: bool = True) -> None:
        """Every call since the last look was made as a wallet that was asked, and each of those made some."""
        journal = await self._network.journal(self._journal)
        self._journal = journal.next
        callers = {entry.identity for entry in journal.entries if entry.identity}
        wanted = {tenant.identity for tenant in asked}
        for identity in callers - wanted:
            self._violation(step, f"operators or provider were called as {self._whose(identity)}, who was not asked")
        for identity in wanted - callers if answered else ():
            self._violation(step, f"nobody was called as {self._whose(identity)}, who was asked")

    def _whose(self, identity: str) -> str:
        return next((tenant.letter for tenant in self._both if tenant.identity == identity), "neither")

    def _violation(self, step: str, what: str) -> None:
        self.findings.violations.append(f"{step}: {what}")


def _price(invoice: Invoice) -> int:
    return invoice.amount_sats + invoice.fee_sats
