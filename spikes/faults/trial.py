"""One payment under a schedule: ask, let it go wrong, heal, and ask again until it is known how it ended.

Role: the only place where a schedule meets a seat. Everything is asked under one request id.
Must not know: what ought to come of it, records, plans.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from spikes.contract import Answer, ContractBreach
from spikes.faults.memory import deny_memory
from spikes.faults.schedule import USER_REQUEST, Asking, Blow, Fault, Kind, Schedule, Strike
from spikes.network import Invoice, NetworkFault
from spikes.record import Ask, Claim, FaultSeen, Outcome
from spikes.seat import Seat
from spikes.typed_json import plain

POLL_S = 0.01
# The SDK asks about a payment once more after it has told its end.
AFTERTHOUGHT_S = 0.3
KNOWN_WITHIN_S = 15.0  # from the healing on; a driver calls a payment lost after some seconds
IMPATIENT_S = 1.2
LEAST_ASKS = 3  # before it is believed that a driver never finds out
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 1.0
CROWD, CROWD_BYTES, CROWD_WAITS_S = 200, 40_000, 2.0
SAME_REQUEST_TWICE = FaultSeen(kind="same_request_twice", method=None, fired=1)
TWO_PROCESSES = FaultSeen(kind="two_processes", method=None, fired=1)


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is asked for, every time."""

    request_id: str
    invoice: Invoice


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Every answer in order, of two processes those of the better informed last, and what was done to it."""

    answers: tuple[Answer, ...]
    faults: tuple[FaultSeen, ...]

    @property
    def asks(self) -> tuple[Ask, ...]:
        """The answers as a record tells them."""
        return tuple(Ask(outcome=a.outcome, code=a.code, wall_s=a.wall_s) for a in self.answers)


async def stage(seat: Seat, schedule: Schedule, amount_sats: int, memo: str) -> Invoice:
    """A whole network, a living process, an invoice, and leaves as the schedule wants them.

    Raises RuntimeStartFailure, EmulatorFailure, ContractBreach.
    """
    await seat.network.heal(seat.identity)
    await seat.revive()
    invoice = await seat.network.issue_invoice(amount_sats, memo)
    price_sats = invoice.amount_sats + invoice.fee_sats
    # Always enough for a second payment: nothing but the rules must keep a driver from making one.
    await seat.hold_at_least(2 * price_sats)
    if not schedule.swap:
        await seat.give([price_sats] * (2 if schedule.asking is Asking.TWO_PROCESSES else 1))
    if schedule.cold:
        await seat.restart()
    return invoice


async def try_payment(seat: Seat, schedule: Schedule, order: Order) -> Trial:
    """Try it; the seat's process runs when this returns.

    Raises RuntimeStartFailure, EmulatorFailure; ContractBreach if a second process of the wallet does not sync.
    """
    async with _askers(seat, schedule) as askers:
        for fault in schedule.faults:
            await seat.network.set_fault(seat.identity, fault_settings(fault))
        asked = await _first_asking(askers, schedule, order)
        for strike in schedule.strikes[1:]:
            asked = await _struck_again(seat, strike, order, asked)
        seen = [*asked.seen, *await _heal(seat)]
        await seat.network.sweep(seat.identity)
        heard = [
            [*first, *await _until_known(asker, order, first)]
            for asker, first in zip(askers, asked.answers, strict=True)
        ]
        await _come_to_rest(seat)
    # Of two processes the one that has paid comes last: the other may truly say that it submitted nothing.
    heard.sort(key=lambda answers: answers[-1].outcome is Outcome.PAID)
    return Trial(answers=tuple(answer for answers in heard for answer in answers), faults=tuple(seen))


def fault_settings(fault: Fault) -> dict[str, Any]:
    """A fault as the emulator takes it; its defaults are not all ours, so these are told."""
    return {"nth": fault.nth, "count": fault.count, **plain(fault)}


@asynccontextmanager
async def _askers(seat: Seat, schedule: Schedule) -> AsyncIterator[tuple[Seat, ...]]:
    """Who is asked: the seat, after any other process of the same wallet."""
    if schedule.asking is not Asking.TWO_PROCESSES:
        yield (seat,)
        return
    async with seat.twin("second") as second:
        await second.sync()
        yield second, seat


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """Each asker's answers so far, and what was done meanwhile."""

    answers: tuple[list[Answer], ...]
    seen: tuple[FaultSeen, ...]


async def _first_asking(askers: tuple[Seat, ...], schedule: Schedule, order: Order) -> _Asked:
    seat, ask = askers[-1], partial(_first_ask, order=order, schedule=schedule)
    match schedule.asking:
        case Asking.TWO_PROCESSES:
            answers = await asyncio.gather(*(ask(asker) for asker in askers))
            return _Asked(answers=tuple([answer] for answer in answers), seen=(TWO_PROCESSES,))
        case Asking.TWICE:
            both = await asyncio.gather(ask(seat), ask(seat))
            # Of two answers to one question the better informed counts: the other one says "it is under way".
            ordered = sorted(both, key=lambda answer: answer.outcome is not Outcome.UNKNOWN)
            return _Asked(answers=(ordered,), seen=(SAME_REQUEST_TWICE,))
        case Asking.ONCE if schedule.strikes:
            answer, seen = await _ask_and_strike(seat, schedule.strikes[0], ask(seat))
            return _Asked(answers=([answer],), seen=(seen,))
        case Asking.ONCE:
            return _Asked(answers=([await ask(seat)],), seen=())


async def _struck_again(seat: Seat, strike: Strike, order: Order, asked: _Asked) -> _Asked:
    """A further blow falls while the payment is asked for again; none if its end is known already."""
    (answers,) = asked.answers
    if answers[-1].outcome is not Outcome.UNKNOWN:
        return replace(asked, seen=(*asked.seen, _seen_of(strike, fell=False)))
    await seat.revive()
    answer, seen = await _ask_and_strike(seat, strike, _ask(seat, order))
    return _Asked(answers=([*answers, answer],), seen=(*asked.seen, seen))


async def _ask(seat: Seat, order: Order) -> Answer:
    return await seat.pay(order.request_id, order.invoice, phase="ask")


async def _first_ask(seat: Seat, order: Order, schedule: Schedule) -> Answer:
    """Ask; who is impatient hangs up some time after the payment got stuck."""
    if not schedule.impatient:
        return await _ask(seat, order)
    started = time.perf_counter()
    asking = asyncio.create_task(_ask(seat, order))
    stuck = asyncio.create_task(_stuck(seat))
    await asyncio.wait([asking, stuck], return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait([asking], timeout=0 if asking.done() else IMPATIENT_S)
    stuck.cancel()
    if asking.done():
        return asking.result()
    asking.cancel()
    return Answer(
        outcome=Outcome.UNKNOWN,
        code="deadline_exceeded",
        reason="who asked hung up; the payment may or may not have happened",
        claim=Claim(),
        phases=(),
        wall_s=time.perf_counter() - started,
    )


async def _stuck(seat: Seat) -> None:
    """Returns when the payment has got stuck."""
    while True:
        if any(fault.kind == Kind.STUCK and fault.fired for fault in await seat.network.faults(seat.identity)):
            return
        await asyncio.sleep(POLL_S)


async def _ask_and_strike(seat: Seat, strike: Strike, ask: Coroutine[Any, Any, Answer]) -> tuple[Answer, FaultSeen]:
    """Ask; when the network holds the call at which the blow falls, let it fall."""
    hold = {"kind": f"hold_{strike.side}", "method": strike.method, "nth": strike.nth}
    fault_id = await seat.network.set_fault(seat.identity, hold)
    asking = asyncio.create_task(ask)
    held = await _held(seat, fault_id, asking, strike.method)
    if held:
        await _fall(seat, strike.blow)
    return await asking, _seen_of(strike, fell=held)


async def _held(seat: Seat, fault_id: str, asking: asyncio.Task[Answer], method: str) -> bool:
    """Whether the call came and is held now; it never comes if the answer is there before it."""
    give_up: float | None = None
    while give_up is None or time.monotonic() < give_up:
        if any(fault.id == fault_id and fault.holding for fault in await seat.network.faults(seat.identity)):
            return True
        if asking.done() and give_up is None:
            give_up = time.monotonic() + (AFTERTHOUGHT_S if method == USER_REQUEST else 0.0)
        await asyncio.sleep(POLL_S)
    return False


async def _fall(seat: Seat, blow: Blow) -> None:
    """The blow falls; the process, or the next one, is there when this returns."""
    match blow:
        case Blow.KILL:
            await seat.restart()
        case Blow.EVICTION:
            await seat.evict()
        case Blow.RESTART:
            await seat.restart_in_order()
        case Blow.OUT_OF_MEMORY:
            await _run_out_of_memory(seat)
            await seat.restart()


async def _run_out_of_memory(seat: Seat) -> None:
    """No page more, and a crowd of requests that need some. Who survives that is killed, as the kernel would."""
    if seat.pid is None or not deny_memory(seat.pid):
        return  # this kernel has no such limit: the kill alone has to do
    body = {"input": {"padding": "x" * CROWD_BYTES}}
    request = partial(seat.driver.request, "POST", "/experiments/no_such_experiment", body=body)
    await asyncio.gather(*(request(deadline_s=CROWD_WAITS_S) for _ in range(CROWD)), return_exceptions=True)


async def _until_known(seat: Seat, order: Order, first: list[Answer]) -> list[Answer]:
    """Nothing goes wrong any more and the return time has passed: ask until it is known how the payment ended."""
    answers, pause_s, deadline = list(first), 0.0, time.monotonic() + KNOWN_WITHIN_S
    while answers[-1].outcome is Outcome.UNKNOWN and (len(answers) < LEAST_ASKS or time.monotonic() < deadline):
        await asyncio.sleep(pause_s)
        pause_s = min(max(2 * pause_s, SHORTEST_PAUSE_S), LONGEST_PAUSE_S)
        await seat.revive()
        await seat.network.sweep(seat.identity)
        answers.append(await _ask(seat, order))
    return answers[len(first) :]


async def _come_to_rest(seat: Seat) -> None:
    """What is locked is given back, and what came in meanwhile is claimed; if it cannot be, the ledger shows it."""
    await seat.revive()
    view = await seat.network.wallet(seat.identity)
    if view.locked_sats or view.incoming_sats:
        await seat.network.sweep(seat.identity)
        with suppress(ContractBreach):
            await seat.sync()


async def _heal(seat: Seat) -> list[FaultSeen]:
    return [_seen(fault) for fault in await seat.network.heal(seat.identity) if not fault.kind.startswith("hold_")]


def _seen(fault: NetworkFault) -> FaultSeen:
    return FaultSeen(kind=fault.kind, method=fault.method, fired=fault.fired)


def _seen_of(strike: Strike, *, fell: bool) -> FaultSeen:
    return FaultSeen(kind=f"{strike.blow}_{strike.side}", method=strike.method, fired=int(fell))
