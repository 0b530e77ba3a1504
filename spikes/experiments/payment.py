"""Steps that the paying experiments share: order an invoice, have it paid."""

from __future__ import annotations

from spikes.errors import EmulatorFailure
from spikes.experiments.act import Act
from spikes.network import Invoice
from spikes.plan import PlannedAttempt
from spikes.seat import Seat


async def order_invoice(seat: Seat, planned: PlannedAttempt) -> Invoice:
    """An invoice of the planned amount from the emulator's Lightning side."""
    return await seat.network.issue_invoice(planned.amount_sats, f"{planned.experiment} {planned.attempt}")


async def pay_ordered(seat: Seat, planned: PlannedAttempt, invoice: Invoice | None) -> Act:
    """Have the driver pay the invoice that `prepare` ordered, under the planned request id."""
    if invoice is None:
        raise EmulatorFailure(f"{planned.experiment} was asked without an invoice; its prepare must order one")
    return Act(answer=await seat.pay(planned.request_id, invoice), payment_hash=invoice.payment_hash)
