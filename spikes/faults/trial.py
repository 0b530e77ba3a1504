"""One payment under a schedule: ask, let it go wrong, heal, and ask again until it is known how it ended.

Role: the only place where a schedule meets a seat. Everything is asked under one request id.
Must not know: what ought to come of it, records, plans.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from spikes.contract import Answer, ContractBreach
from spikes.faults.memory import allow_memory, deny_memory
from spikes.faults.schedule import USER_REQUEST, Asking, Blow, Fault, Schedule, Strike
from spikes.network import Invoice, NetworkFault
from spikes.record import Ask, FaultSeen, Outcome
from spikes.seat import Seat
from spikes.typed_json import plain

POLL_S = 0.005
# The SDK asks about a payment once more after it has told its end.
AFTERTHOUGHT_S = 0.3
KNOWN_WITHIN_S = 12.0  # from the healing on
LEAST_ASKS = 3  # before it is believed that a driver never finds out
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 1.0
SAME_REQUEST_TWICE = FaultSeen(kind="same_request_twice", method=None, fired=1)
TWO_PROCESSES = FaultSeen(kind="two_processes", method=None, fired=1)


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is asked for, every time."""

    request_id: str
    invoice: Invoice


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Every answer in order, the last one of the seat's own process, and what was done to it."""

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
    if schedule.swap:
        await seat.hold_at_least(2 * price_sats)
    else:
        # Two processes find a leaf each, so that nothing but the rules keeps them from paying twice.
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
            asked = await _struck_again(seat, strike, order, asked, schedule.patience_s)
        seen = [*asked.seen, *await _heal(seat)]
        await seat.network.sweep(seat.identity)
        answers: list[Answer] = []
        for asker, first in zip(askers, asked.answers, strict=True):
            answers += [*first, *await _until_known(asker, order, first, schedule.patience_s)]
        await _come_to_rest(seat)
    return Trial(answers=tuple(answers), faults=tuple(seen))


def fault_settings(fault: Fault) -> dict[str, Any]:
    """A fault as the emulator takes it."""
    settings: dict[str, Any] = plain(fault)
    return settings


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
    seat, patience_s = askers[-1], schedule.patience_s
    match schedule.asking:
        case Asking.TWO_PROCESSES:
            answers = await asyncio.gather(*(_ask(asker, order, patience_s) for asker in askers))
            return _Asked(answers=tuple([answer] for answer in answers), seen=(TWO_PROCESSES,))
        case Asking.TWICE:
            both = await asyncio.gather(*(_ask(seat, order, patience_s) for _ in range(2)))
            # Of two answers to one question the better informed counts: the other one says "it is under way".
            both.sort(key=lambda answer: answer.outcome is not Outcome.UNKNOWN)
            return _Asked(answers=(both,), seen=(SAME_REQUEST_TWICE,))
        case Asking.ONCE if schedule.strikes:
            answer, seen = await _ask_and_strike(seat, schedule.strikes[0], order, patience_s)
            return _Asked(answers=([answer],), seen=seen)
        case Asking.ONCE:
            return _Asked(answers=([await _ask(seat, order, patience_s)],), seen=())


async def _struck_again(seat: Seat, strike: Strike, order: Order, asked: _Asked, patience_s: float) -> _Asked:
    """A further blow falls while the payment is asked for again; none if its end is known already."""
    (answers,) = asked.answers
    if answers[-1].outcome is not Outcome.UNKNOWN:
        return replace(asked, seen=(*asked.seen, _seen_of(strike, fell=False)))
    await seat.revive()
    answer, seen = await _ask_and_strike(seat, strike, order, patience_s)
    return _Asked(answers=([*answers, answer],), seen=(*asked.seen, *seen))


async def _ask(seat: Seat, order: Order, patience_s: float) -> Answer:
    return await seat.pay(order.request_id, order.invoice, phase="ask", patience_s=patience_s)


async def _ask_and_strike(
    seat: Seat, strike: Strike, order: Order, patience_s: float
) -> tuple[Answer, tuple[FaultSeen, ...]]:
    """Ask; when the network holds the call at which the blow falls, let it fall."""
    hold = {"kind": f"hold_{strike.side}", "method": strike.method, "nth": strike.nth}
    fault_id = await seat.network.set_fault(seat.identity, hold)
    asking = asyncio.create_task(_ask(seat, order, patience_s))
    held = await _held(seat, fault_id, asking, strike.method)
    healed = await _fall(seat, strike.blow, asking) if held else []
    return await asking, (*healed, _seen_of(strike, fell=held))


async def _held(seat: Seat, fault_id: str, asking: asyncio.Task[Answer], method: str) -> bool:
    """Whether the call came and is held now; it never comes if the answer is there before it."""
    give_up: float | None = None
    while give_up is None or time.monotonic() < give_up:
        if any(fault.id == fault_id and fault.holding for fault in await seat.network.faults()):
            return True
        if asking.done() and give_up is None:
            give_up = time.monotonic() + (AFTERTHOUGHT_S if method == USER_REQUEST else 0.0)
        await asyncio.sleep(POLL_S)
    return False


async def _fall(seat: Seat, blow: Blow, asking: asyncio.Task[Answer]) -> list[FaultSeen]:
    """The blow falls. What else of the schedule had to be healed for it is told."""
    match blow:
        case Blow.KILL:
            await seat.restart()
        case Blow.EVICTION:
            await seat.evict()
        case Blow.RESTART:
            await seat.restart_in_order()
        case Blow.OUT_OF_MEMORY:
            return await _run_out_of_memory(seat, asking)
    return []


async def _run_out_of_memory(seat: Seat, asking: asyncio.Task[Answer]) -> list[FaultSeen]:
    """The held call goes on, and there is no memory for its answer. Whoever survives that gets memory again."""
    denied = deny_memory(seat.pid) if seat.pid is not None else {}
    healed: list[FaultSeen] = []
    try:
        if denied:
            healed = await _heal(seat)
            await asyncio.wait([asking])
        else:
            await seat.crash()  # no such limit here: the kernel would kill it
    finally:
        allow_memory(denied)
    await seat.revive()
    return healed


async def _until_known(seat: Seat, order: Order, first: list[Answer], patience_s: float) -> list[Answer]:
    """Nothing goes wrong any more and the return time has passed: ask until it is known how the payment ended."""
    answers, pause_s, deadline = list(first), 0.0, time.monotonic() + KNOWN_WITHIN_S
    while answers[-1].outcome is Outcome.UNKNOWN and (len(answers) < LEAST_ASKS or time.monotonic() < deadline):
        await asyncio.sleep(pause_s)
        pause_s = min(max(2 * pause_s, SHORTEST_PAUSE_S), LONGEST_PAUSE_S)
        await seat.revive()
        await seat.network.sweep(seat.identity)
        answers.append(await _ask(seat, order, patience_s))
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
