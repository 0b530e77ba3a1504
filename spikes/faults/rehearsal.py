"""A schedule on a network, a wallet and a process of its own: the same seed, the same rehearsal.

Role: what `replay` shows, and what shrinking tries. Must not know: plans of runs, records.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from spikes.faults.ending import COUNTEREXAMPLES, Ending, ending_of
from spikes.faults.schedule import Schedule
from spikes.faults.shrink import shrink
from spikes.faults.trial import Order, Trial, stage, try_payment
from spikes.network import Invoice, WalletView
from spikes.plan import AMOUNT_SATS, derived_int, derived_uuid
from spikes.record import LedgerEntry, Outcome
from spikes.runtimes import Runtime
from spikes.seat import Seat
from spikes.surroundings import surroundings
from spikes.wallets import derive_wallet
from spikes.witness import close_window, open_window

DEADLINE_S = 60.0
SHRINKS_FOR_S = 90.0
SETTLES_WITHIN_S = 2.0
POLL_S = 0.02


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """What happened."""

    invoice: Invoice
    trial: Trial
    ledger: LedgerEntry
    requests: str
    ending: Ending


async def rehearse(runtime: Runtime, seed: int, schedule: Schedule) -> Rehearsal:
    """Try it once. Raises HarnessFailure; ContractBreach if the driver does not even sync."""
    with tempfile.TemporaryDirectory(prefix="sparkgate-") as folder:
        logs, scratch = Path(folder) / "logs", Path(folder) / "scratch"
        logs.mkdir()
        scratch.mkdir()
        async with surroundings(logs, scratch, seed=seed, deadline_s=DEADLINE_S) as around:
            seat = Seat(runtime, runtime.NAME, derive_wallet(seed, runtime.NAME), around)
            try:
                await seat.start()
                return await _tried(seat, seed, schedule)
            finally:
                await seat.stop()


async def shortest(runtime: Runtime, seed: int, schedule: Schedule) -> Schedule:
    """The shortest counterexample to be found from this one within SHRINKS_FOR_S; at worst itself."""
    deadline = time.monotonic() + SHRINKS_FOR_S

    async def fails(candidate: Schedule) -> bool:
        if time.monotonic() > deadline:
            return False
        return (await rehearse(runtime, seed, candidate)).ending in COUNTEREXAMPLES

    return await shrink(schedule, fails)


async def ending_now(seat: Seat, order: Order, before: WalletView, outcome: Outcome) -> Ending:
    """How it ended, by the ledger as it is; what looks like damage gets a moment to come to rest."""
    price_sats = order.invoice.amount_sats + order.invoice.fee_sats
    deadline = time.monotonic() + SETTLES_WITHIN_S
    while True:
        after = await seat.network.wallet(seat.identity)
        settlement = await seat.network.settlement(order.invoice.payment_hash)
        ledger = LedgerEntry(
            payment_hash=order.invoice.payment_hash,
            invoice_amount_sats=settlement.amount_sats,
            settled_count=settlement.settled_count,
            debited_sats=before.owned_sats - after.owned_sats,
            locked_sats=after.locked_sats,
            balance_sats=after.available_sats,
            supply_ok=after.supply_ok,
        )
        ending = ending_of(outcome, ledger, price_sats)
        if ending not in COUNTEREXAMPLES or time.monotonic() > deadline:
            return ending
        await asyncio.sleep(POLL_S)


async def _tried(seat: Seat, seed: int, schedule: Schedule) -> Rehearsal:
    amount_sats = AMOUNT_SATS[derived_int(seed, "amount") % len(AMOUNT_SATS)]  # as a plan would
    invoice = await stage(seat, schedule, amount_sats, "replay")
    order = Order(request_id=derived_uuid(seed, "replay"), invoice=invoice)
    window = await open_window(seat.network, seat.identity, 0)
    trial = await try_payment(seat, schedule, order)
    outcome = trial.answers[-1].outcome
    answered = outcome is not Outcome.UNKNOWN
    testimony = await close_window(seat.network, window, (invoice.payment_hash,), answered=answered)
    ending = ending_of(outcome, testimony.ledger, invoice.amount_sats + invoice.fee_sats)
    return Rehearsal(invoice=invoice, trial=trial, ledger=testimony.ledger, requests=testimony.requests, ending=ending)
