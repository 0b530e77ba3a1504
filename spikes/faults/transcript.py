"""What happened in a rehearsal, as lines that are the same every time.

Role: no time, port, id or count that hangs on timing is told: where two askings race, only how both ended is.
Must not know: files, terminals. Pure.
"""

from __future__ import annotations

from spikes.faults.ending import COUNTEREXAMPLES
from spikes.faults.rehearsal import Rehearsal
from spikes.faults.schedule import Asking, Schedule, canonical
from spikes.record import Ask


def transcript(runtime: str, seed: int, schedule: Schedule, rehearsal: Rehearsal) -> str:
    """The lines of one rehearsal."""
    races = schedule.asking is not Asking.ONCE
    asks = rehearsal.trial.asks
    lines = [
        f"seed      {seed}",
        f"runtime   {runtime}",
        f"schedule  {canonical(schedule)}",
        f"invoice   {rehearsal.invoice.amount_sats} sat, fee {rehearsal.invoice.fee_sats} sat",
        *([] if races else [f"asked     {_words(asks[0])}"]),
        *(f"fault     {_fault(fault.kind, fault.method)}: {_came(fault.fired)}" for fault in rehearsal.trial.faults),
        f"at last   {_words(asks[-1])}",
        *([] if races else [f"requests  {line}" for line in rehearsal.requests.splitlines()]),
        f"ledger    {_ledger(rehearsal)}",
        f"ending    {rehearsal.ending}{' - COUNTEREXAMPLE' if rehearsal.ending in COUNTEREXAMPLES else ''}",
    ]
    return "\n".join(lines)


def _words(ask: Ask) -> str:
    return ask.outcome.value if ask.code is None else f"{ask.outcome.value} {ask.code}"


def _fault(kind: str, method: str | None) -> str:
    return kind if method is None else f"{kind} {method}"


def _came(fired: int) -> str:
    return "struck" if fired else "its moment never came"


def _ledger(rehearsal: Rehearsal) -> str:
    ledger, price_sats = rehearsal.ledger, rehearsal.invoice.amount_sats + rehearsal.invoice.fee_sats
    return (
        f"settled {ledger.settled_count}, debited {ledger.debited_sats} of {price_sats} sat, "
        f"locked {ledger.locked_sats} sat, sum {'unchanged' if ledger.supply_ok else 'WRONG'}"
    )
