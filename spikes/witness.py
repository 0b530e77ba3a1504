"""The second witness: what the emulator's ledger and journal say of one attempt.

Role: opens a window before an attempt and closes it after, once the ledger is quiet for the wallet. What the driver
said is not an input here, except the payment hash it names where the harness did not order the invoice itself.
Must not know: verdicts. A disagreement between the witnesses is recorded, not commented on.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from spikes.network import JournalEntry, Network, WalletView
from spikes.record import Calls, LedgerEntry, PaymentPath, joint_digest, joint_sats

QUIET_DEADLINE_S = 5.0
POLL_S = 0.02
# Without an answer from the driver its work may be going on: the journal must show no call of the wallet's so long.
STILL_S = 0.5
_PAYMENT_CALLS = frozenset({"initiate_preimage_swap_v3", "RequestLightningSend"})
_SWAP_CALLS = frozenset({"initiate_swap_primary_transfer", "RequestSwap"})
# What moves money, or asks for it to be moved, in the order of a payment. Logins, syncs, polls, claims and commitments
# are no part of a request sequence: their number hangs on timing and on the runtime.
_MOVING_CALLS = ("initiate_swap_primary_transfer", "RequestSwap", "initiate_preimage_swap_v3", "RequestLightningSend")
NOTHING_ASKED = "nothing was asked"


@dataclass(frozen=True, kw_only=True)
class Window:
    """The state of one wallet at the start of an attempt, and where the journal stood."""

    identity: str
    before: WalletView
    since: int


@dataclass(frozen=True, kw_only=True)
class Testimony:
    """What was seen between the opening and the closing of a window."""

    ledger: LedgerEntry
    calls: Calls
    path: PaymentPath
    requests: str  # the canonical request sequence, a line each: the seller's part, then the wallet's
    journal_position: int  # where the window ended
    entries: tuple[JournalEntry, ...] = ()  # the wallet's calls, as they ended


async def open_window(network: Network, identity: str, since: int) -> Window:
    """Start watching a wallet. `since` is a journal position at or before now, to keep the reading short."""
    journal = await network.journal(since)
    return Window(identity=identity, before=await network.wallet(identity), since=journal.next)


async def close_window(
    network: Network, window: Window, payment_hashes: Sequence[str], *, answered: bool, exchanges: Sequence[str] = ()
) -> Testimony:
    """Wait until the ledger is quiet for the wallet, then say what happened.

    `answered`: the driver gave an answer, so that nothing of the attempt is under way any more. If the ledger does
    not come to rest within QUIET_DEADLINE_S the entry says so itself: `locked_sats` is then above 0.
    `exchanges`: what the seller saw of it, a line each.
    """
    after = await _quiet(network, window, answered)
    journal = await network.journal(window.since)
    settlements = [await network.settlement(payment_hash) for payment_hash in payment_hashes]
    calls = [entry for entry in journal.entries if entry.identity == window.identity]  # others may pay at the same time
    ledger = LedgerEntry(
        payment_hash=joint_digest(payment_hashes),
        invoice_amount_sats=joint_sats(settlement.amount_sats for settlement in settlements),
        settled_count=joint_count([settlement.settled_count for settlement in settlements]),
        debited_sats=window.before.owned_sats - after.owned_sats,
        locked_sats=after.locked_sats,
        balance_sats=after.available_sats,
        supply_ok=after.supply_ok,
    )
    return Testimony(
        ledger=ledger,
        calls=replace(count_calls(calls), settle_s=sum(settlement.settle_s for settlement in settlements)),
        path=payment_path(calls),
        requests="\n".join([*exchanges, *request_sequence(calls)]) or NOTHING_ASKED,
        journal_position=journal.next,
        entries=tuple(calls),
    )


def joint_count(counts: Sequence[int]) -> int:
    """1 if each payment hash was settled once, 0 if one was not; more than 1 if one was settled more often."""
    return max(counts, default=0) if max(counts, default=0) > 1 else min(counts, default=0)


def count_calls(entries: Iterable[JournalEntry]) -> Calls:
    """Sum up journal entries."""
    entries = list(entries)
    return Calls(
        count=len(entries),
        emulator_s=sum(entry.handler_s for entry in entries),
        by_method=dict(sorted(Counter(entry.method for entry in entries).items())),
        injected_s=sum(entry.injected_s for entry in entries),
    )


def request_sequence(entries: Iterable[JournalEntry]) -> list[str]:
    """What the wallet asked the network to do, and how often; in the order of a payment, not of its timing."""
    counts = Counter(entry.method for entry in entries)
    return [f"wallet {method} x{counts[method]}" for method in _MOVING_CALLS if counts[method]]


def payment_path(entries: Iterable[JournalEntry]) -> PaymentPath:
    """How the leaves of a payment were found: the journal shows it, no driver is asked."""
    methods = {entry.method for entry in entries}
    if not methods & _PAYMENT_CALLS:
        return PaymentPath.NONE
    return PaymentPath.SWAP if methods & _SWAP_CALLS else PaymentPath.EXACT


async def _quiet(network: Network, window: Window, answered: bool) -> WalletView:
    deadline = time.monotonic() + QUIET_DEADLINE_S
    still_since, position = time.monotonic(), window.since
    while True:
        view = await network.wallet(window.identity)
        now = time.monotonic()
        if not answered:
            journal = await network.journal(position)
            position = journal.next
            if any(entry.identity == window.identity for entry in journal.entries):  # others may be busy for ever
                still_since = now
        at_rest = view.locked_sats == 0 and view.incoming_sats <= window.before.incoming_sats
        if now > deadline or (at_rest and (answered or now - still_since >= STILL_S)):
            return view
        await asyncio.sleep(POLL_S)
