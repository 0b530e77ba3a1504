"""Invoices: what the seller asks of its Lightning node, here the emulator's admin API.

Role: order one BOLT11 invoice over HTTP and check the answer.
Must not know: macaroons, buyers, why an invoice is wanted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx

_TIMEOUT_S = 10.0
_PAYMENT_HASH = re.compile(r"[0-9a-f]{64}")


class InvoiceError(RuntimeError):
    """No invoice could be had; the message says what was asked of whom."""


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """A BOLT11 invoice and its payment hash (32 bytes)."""

    bolt11: str
    payment_hash: bytes


class InvoiceDesk:
    """Orders invoices at `POST <admin_url>/invoices`. `client` is the caller's to close."""

    def __init__(self, client: httpx.AsyncClient, admin_url: str) -> None:
        self._client = client
        self._url = admin_url.rstrip("/") + "/invoices"

    async def order(self, *, amount_sats: int, memo: str) -> Invoice:
        """One new invoice of `amount_sats`. Raises InvoiceError if the node is silent or answers something else."""
        body = {"amount_sats": amount_sats, "memo": memo}
        try:
            response = await self._client.post(self._url, json=body, timeout=_TIMEOUT_S)  # follows no redirect
            if response.status_code != 200:
                raise InvoiceError(f"{self._url} answered HTTP {response.status_code}; see the emulator's journal")
            return _read(response.json(), amount_sats)
        except (httpx.HTTPError, ValueError) as error:
            raise InvoiceError(f"{self._url}: {type(error).__name__}; is the emulator running?") from error


def _read(answer: object, amount_sats: int) -> Invoice:
    match answer:
        case {"invoice": str(bolt11), "payment_hash": str(payment_hash), "amount_sats": int(amount)} if (
            amount == amount_sats and _PAYMENT_HASH.fullmatch(payment_hash)
        ):
            return Invoice(bolt11=bolt11, payment_hash=bytes.fromhex(payment_hash))
        case _:
            raise InvoiceError(f"the emulator's answer is not an invoice of {amount_sats} sat; is it of this version?")
