"""Steps that the paying experiments share: order invoices, have them paid, ask for the balance."""

from __future__ import annotations

import asyncio
import dataclasses

from spikes.contract import Answer, ContractBreach
from spikes.errors import EmulatorFailure
from spikes.experiments.act import Act, Invoices, hashes_of, joint_answer
from spikes.network import Invoice
from spikes.plan import AMOUNT_SATS, PlannedAttempt, derived_int, derived_uuid
from spikes.record import Outcome
from spikes.redaction import redact
from spikes.seat import Seat

AT_ONCE = 6


async def order_invoice(seat: Seat, planned: PlannedAttempt) -> Invoice:
    """An invoice of the planned amount from the emulator's Lightning side."""
    return await seat.network.issue_invoice(planned.amount_sats, f"{planned.experiment} {planned.attempt}")


async def order_with_leaf(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """An invoice, and one leaf of just its amount and fee."""
    invoice = await order_invoice(seat, planned)
    await seat.give([invoice.amount_sats + invoice.fee_sats])
    return (invoice,)


async def order_several(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """Invoices for payments at once, of different amounts, so that no leaf fits two of them."""
    first = derived_int(planned.seed, "several") % (len(AMOUNT_SATS) - AT_ONCE)
    name = f"{planned.experiment} {planned.attempt}"
    amounts = AMOUNT_SATS[first : first + AT_ONCE]
    return tuple([await seat.network.issue_invoice(amount, f"{name} {nth}") for nth, amount in enumerate(amounts)])


async def pay_ordered(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """Have the driver pay the invoice that `prepare` ordered, under the planned request id."""
    if len(invoices) != 1:
        raise EmulatorFailure(f"{planned.experiment} was asked with {len(invoices)} invoices; it needs one")
    return Act(answer=await seat.pay(planned.request_id, invoices[0]), payment_hashes=hashes_of(invoices))


async def pay_and_check(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """`pay_ordered`, and then the balance."""
    act = await pay_ordered(seat, planned, invoices)
    return dataclasses.replace(act, answer=await with_balance(seat, act.answer))


async def pay_at_once(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """Have the driver pay all invoices at the same time, each in a request of its own; then ask for the balance."""
    requests = [
        seat.pay(derived_uuid(planned.seed, planned.request_id, nth), invoice) for nth, invoice in enumerate(invoices)
    ]
    answer = joint_answer(await asyncio.gather(*requests))
    return Act(answer=await with_balance(seat, answer), payment_hashes=hashes_of(invoices))


async def with_balance(seat: Seat, answer: Answer) -> Answer:
    """The answer with the balance that the driver tells after a sync: it must be the ledger's, to the satoshi."""
    if answer.outcome is not Outcome.PAID:
        return answer
    try:
        claim = dataclasses.replace(answer.claim, balance_sats=await seat.checked_balance_sats())
    except ContractBreach as breach:
        claim = dataclasses.replace(answer.claim, balance_sats=None)
        return dataclasses.replace(answer, claim=claim, reason=redact(f"paid, but then: {breach}"))
    return dataclasses.replace(answer, claim=claim)
