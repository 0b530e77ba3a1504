"""A live run: knock, then runtime by runtime the negative control and the payments, and a small record of it all.

Role: the order of a live run and the lines of its record. The first payment that does not end as it should ends the
run; what was not made stands in the record with the reason, so that it is judged INCONCLUSIVE and never overlooked.
Must not know: the emulator, gates. There is no ledger entry in this record: nobody here can read a live ledger.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from spikes import services
from spikes.contract import Answer, ContractBreach
from spikes.errors import LiveFailure, NetworkUnreachable, RuntimeStartFailure, ToolMissing
from spikes.live import reach
from spikes.live.deployed import DeployedDriver, Deployment
from spikes.live.invoices import Payable
from spikes.live.networks import LiveNetwork
from spikes.live.payment import Paid, Patience, Payer
from spikes.live.permission import MOST_SATS, Permission
from spikes.live.seats import LOST_AFTER_S, LiveDriver, LiveSeats
from spikes.live.spending import SpendingAccount
from spikes.live.witness import HOW, BalanceWitness
from spikes.plan import PlannedAttempt
from spikes.record import Ask, Attempt, Fact, Footer, Outcome, PaymentPath, Phase
from spikes.run_directory import RunDirectory
from spikes.runner import now
from spikes.runtimes import Runtime
from spikes.scribe import Scribe, Tally

PAY, CONTROL = "pay_live", "no_such_experiment"
LANE = "a"
SEED = 0  # nothing is drawn from it: amounts are the invoices', request ids are new in the whole world


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be done, all of it allowed."""

    network: LiveNetwork
    permission: Permission
    runtimes: tuple[Runtime, ...]
    invoices: tuple[Payable, ...]  # the first for the first payment of the first runtime, and so on
    payments: int  # of each runtime
    deployment: Deployment | None = None  # of the runtime that is not started here, if there is one
    patience: Patience = field(default_factory=Patience)
    reach_s: float = reach.DEADLINE_S
    lost_after_s: int = LOST_AFTER_S

    @property
    def amount_sats(self) -> int:
        """All that is to be paid, without fees."""
        return sum(payable.amount_sats for payable in self.invoices)

    def plan(self) -> tuple[PlannedAttempt, ...]:
        """The attempts in their order. Raises LiveFailure if there are not enough invoices."""
        if len(self.invoices) != self.payments * len(self.runtimes):
            raise LiveFailure(
                f"nothing was sent: {len(self.runtimes)} runtimes with {self.payments} payments each need "
                f"{self.payments * len(self.runtimes)} invoices, the file has {len(self.invoices)}"
            )
        invoices = iter(self.invoices)
        slots = [(runtime, repeat) for runtime in self.runtimes for repeat in range(-1, self.payments)]
        return tuple(
            _planned(number, runtime.NAME, repeat, next(invoices).amount_sats if repeat >= 0 else 0)
            for number, (runtime, repeat) in enumerate(slots)
        )


def _planned(number: int, runtime: str, repeat: int, amount_sats: int) -> PlannedAttempt:
    pays = repeat >= 0
    return PlannedAttempt(
        attempt=number,
        runtime=runtime,
        experiment=PAY if pays else CONTROL,
        repeat=max(repeat, 0),
        seed=SEED,
        lane=LANE,
        expected=Outcome.PAID if pays else Outcome.UNSUPPORTED,
        amount_sats=amount_sats,
        request_id=str(uuid.uuid4()),  # the id of a Spark transfer: it must never be another run's
    )


class LiveRun:
    """One live run; `scribe` writes into a record that holds its header, `account` is open and locked."""

    def __init__(
        self,
        order: Order,
        planned: Sequence[PlannedAttempt],
        *,
        run: RunDirectory,
        scribe: Scribe,
        account: SpendingAccount,
    ) -> None:
        self._order = order
        self._run = run
        self._account = account
        self._scribe = scribe
        self._open = list(planned)  # attempts that are neither made nor noted as not made
        self._invoices = iter(order.invoices)

    async def execute(self) -> Tally:
        """Make it, and write the footer. Raises LiveFailure, after the footer, if it had to stop."""
        started = time.monotonic()
        stopped: LiveFailure | None = None
        try:
            await self._knock()
            await self._all()
        except LiveFailure as failure:
            stopped = failure
            # That the network cannot be reached is nobody's fault in particular: the run as a whole decides nothing.
            self._give_up(self._open, failure, of_the_run=isinstance(failure, NetworkUnreachable))
        tally = self._scribe.tally
        self._scribe.write(
            Footer(
                ended_at=now(),
                attempts=tally.attempts,
                facts=tally.facts,
                harness_errors=len(tally.failures),
                elapsed_s=time.monotonic() - started,
                supply_ok=True,  # of our own network, of which there is none here
            )
        )
        if stopped is not None:
            raise stopped
        return tally

    async def _knock(self) -> None:
        closed = await reach.closed_doors(self._order.network.doors, self._order.reach_s)
        if closed:
            several = f" (and {len(closed) - 1} more addresses)" if len(closed) > 1 else ""
            raise NetworkUnreachable(
                f"{self._order.network.tier} cannot be reached: {closed[0].url}: {closed[0].why}{several}; "
                "nothing was sent, try again from a machine with a way to it"
            )

    async def _all(self) -> None:
        """Every runtime, one after the other: two at once would pay from one wallet."""
        order = self._order
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(services.http_client())
            seats = LiveSeats(order.network, order.permission, self._run, http, lost_after_s=order.lost_after_s)
            witness = BalanceWitness(seats, order.patience.call_s)
            stack.push_async_callback(witness.stop)
            await self._open_witness(witness)
            for runtime in order.runtimes:
                try:
                    await self._of(runtime, seats, witness)
                except (RuntimeStartFailure, ToolMissing) as failure:
                    mine = [planned for planned in self._open if planned.runtime == runtime.NAME]
                    self._give_up(mine, failure)
                    for _ in (planned for planned in mine if planned.experiment == PAY):
                        next(self._invoices)

    async def _open_witness(self, witness: BalanceWitness) -> None:
        try:
            await witness.start()
        except (RuntimeStartFailure, ToolMissing) as failure:
            raise LiveFailure(f"nothing was sent: there is no second witness: {failure}") from failure
        held = await witness.balance_sats()
        self._scribe.say(f"the wallet holds {held} sats")
        if self._order.network.real_money and held > MOST_SATS:
            raise LiveFailure(
                f"nothing was sent: the wallet holds {held} sats; use one that holds no more than {MOST_SATS}, "
                "which is more than any experiment needs"
            )

    async def _of(self, runtime: Runtime, seats: LiveSeats, witness: BalanceWitness) -> None:
        """The negative control, and the payments of one runtime."""
        process = self._driver(runtime, seats)
        try:
            boot_s = await process.start()
            phases: Sequence[Phase] = (Phase(name="boot", duration_s=boot_s, clock="outside"),)
            for sequence, planned in enumerate([p for p in self._open if p.runtime == runtime.NAME]):
                if planned.experiment == CONTROL:
                    await self._control(process, planned, phases)
                else:
                    await self._pay(process, witness, planned, sequence)
        finally:
            await process.stop()

    def _driver(self, runtime: Runtime, seats: LiveSeats) -> LiveDriver:
        deployment = self._order.deployment
        if deployment is not None and deployment.runtime == runtime.NAME:
            return DeployedDriver(deployment, seats.http)
        return seats.process(runtime, runtime.NAME)

    async def _control(self, process: LiveDriver, planned: PlannedAttempt, phases: Sequence[Phase]) -> None:
        answer = await process.driver.experiment(CONTROL, {}, self._order.patience.call_s)
        self._made(planned, answer, wall_s=answer.wall_s, phases=(*phases, *answer.phases))

    async def _pay(self, process: LiveDriver, witness: BalanceWitness, planned: PlannedAttempt, sequence: int) -> None:
        """One payment. Raises LiveFailure after it, too, unless it was paid and both witnesses could be heard."""
        payable = next(self._invoices)
        await self._same_wallet(process, witness)
        payer = Payer(
            driver=process.driver,
            witness=witness,
            account=self._account,
            wallet=self._order.permission.wallet_id,
            run=self._run.run_id,
            patience=self._order.patience,
        )
        paid = await payer.pay(planned.request_id, payable)
        answer = paid.answer
        phases = (Phase(name="pay", duration_s=paid.wall_s, clock="outside"), *answer.phases)
        self._made(planned, answer, wall_s=paid.wall_s, phases=phases, asks=paid.asks, sequence=sequence)
        for fact in _facts(planned, payable, paid):
            self._scribe.write(fact)
        if answer.outcome is not Outcome.PAID:
            await self._knock()
            raise LiveFailure(
                f"{planned.runtime}: a payment ended {answer.outcome} ({answer.code}); nothing more was sent. "
                "Look at the wallet before you run it again: the account counts what may be gone"
            )
        if paid.after_sats is None:
            raise LiveFailure(f"{planned.runtime} paid, and the witness can no longer read; nothing more was sent")

    async def _same_wallet(self, process: LiveDriver, witness: BalanceWitness) -> None:
        """Raises LiveFailure if driver and witness do not look at one wallet."""
        try:
            status = await process.driver.status(self._order.patience.call_s)
        except ContractBreach as breach:
            raise RuntimeStartFailure(f"{process.name}: {breach}; read its logs") from breach
        if status.identity_public_key != witness.identity:
            raise LiveFailure(f"nothing was sent: {process.name} opened another wallet than the witness")

    def _made(
        self,
        planned: PlannedAttempt,
        answer: Answer,
        *,
        wall_s: float,
        phases: Sequence[Phase],
        asks: tuple[Ask, ...] = (),
        sequence: int = 0,
    ) -> None:
        self._open.remove(planned)
        self._scribe.made(
            Attempt(
                attempt=planned.attempt,
                runtime=planned.runtime,
                experiment=planned.experiment,
                repeat=planned.repeat,
                seed=planned.seed,
                lane=planned.lane,
                incarnation=0,
                sequence=sequence,
                expected=planned.expected,
                outcome=answer.outcome,
                code=answer.code,
                reason=answer.reason,
                wall_s=wall_s,
                path=PaymentPath.NONE,  # a journal would show it, and there is none
                phases=tuple(phases),
                claim=answer.claim,
                asks=asks,
            )
        )

    def _give_up(
        self,
        attempts: Sequence[PlannedAttempt],
        failure: LiveFailure | RuntimeStartFailure | ToolMissing,
        *,
        of_the_run: bool = False,
    ) -> None:
        """Note that these were not made."""
        for planned in list(attempts):
            self._open.remove(planned)
            self._scribe.note(failure, None if of_the_run else planned.runtime, planned)


def _facts(planned: PlannedAttempt, payable: Payable, paid: Paid) -> Iterator[Fact]:
    """What the second witness saw of one payment, by its attempt number."""
    told: dict[str, tuple[int | str | None, str]] = {
        "balance_before_sats": (paid.before_sats, HOW),
        "balance_after_sats": (paid.after_sats, HOW),
        "quoted_fee_sats": (paid.quoted_fee_sats, "as the driver quoted it before the payment"),
        "invoice_sats": (payable.amount_sats, "as the harness reads the invoice"),
        "payment_hash": (payable.payment_hash, "as the harness reads the invoice"),
    }
    for name, (value, how) in told.items():
        if value is not None:
            yield Fact(runtime=planned.runtime, name=f"live.{name}.{planned.attempt}", value=value, how=how)
