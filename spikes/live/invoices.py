"""The invoices that a live run is to pay: read, and judged before anything is started.

Role: every line of a file as an invoice of the right network, over whole satoshis within the limit, not expired, and
none twice. Must not know: wallets, fees, drivers. An invoice is no part of a message: a line number names it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from spikes.emulator import bolt11
from spikes.errors import LiveFailure
from spikes.live.networks import LiveNetwork

LEAST_VALIDITY_S = 120  # what a payment may take, at the moment it is asked for
MOST_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Payable:
    """One invoice, as the harness itself reads it."""

    line: int
    text: str = field(repr=False)
    payment_hash: str
    amount_sats: int
    expires_at_s: int

    def stale(self, now_s: float) -> bool:
        """Whether it is too old to be paid now."""
        return self.expires_at_s - now_s < LEAST_VALIDITY_S


def read_invoices(path: Path, network: LiveNetwork, limit_sats: int, now_s: float) -> tuple[Payable, ...]:
    """All invoices of a file, one a line; empty lines are skipped. Raises LiveFailure that names every bad line."""
    try:
        text = path.read_bytes()[:MOST_BYTES].decode("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise LiveFailure(
            f"nothing was sent: the file of invoices cannot be read ({type(error).__name__}); give one BOLT11 a line"
        ) from error
    found: list[Payable] = []
    problems: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found.append(_payable(number, line.strip(), network, limit_sats, now_s))
        except bolt11.InvoiceError as error:
            problems.append(f"line {number}: {error}")
    hashes = [payable.payment_hash for payable in found]
    problems += [
        f"line {payable.line}: it has the payment hash of an earlier line"
        for nth, payable in enumerate(found)
        if payable.payment_hash in hashes[:nth]
    ]
    if problems:
        raise LiveFailure(f"nothing was sent: {'; '.join(problems)}")
    return tuple(found)


def _payable(number: int, text: str, network: LiveNetwork, limit_sats: int, now_s: float) -> Payable:
    """Raises InvoiceError, also for what can be read and may not be paid."""
    invoice = bolt11.decode(text)
    if invoice.network_prefix != network.invoice_prefix:
        raise bolt11.InvoiceError(f"it is for the network ln{invoice.network_prefix}, not ln{network.invoice_prefix}")
    amount_sats = bolt11.amount_sats(invoice)
    if not 1 <= amount_sats <= limit_sats:
        raise bolt11.InvoiceError(f"it asks for {amount_sats} sats, and the limit is {limit_sats}")
    payable = Payable(
        line=number,
        text=text,
        payment_hash=invoice.payment_hash.hex(),
        amount_sats=amount_sats,
        expires_at_s=invoice.timestamp + invoice.expiry_s,
    )
    if payable.stale(now_s):
        raise bolt11.InvoiceError(f"it expires within {LEAST_VALIDITY_S} s, or has; ask for a new one")
    return payable
