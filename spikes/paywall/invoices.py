"""Invoices: what the seller asks of its Lightning node, here the emulator's admin API.

Role: order one BOLT11 invoice over HTTP, ask whether one is settled, check the answers.
Must not know: macaroons, buyers, why an invoice is wanted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx

_TIMEOUT_S = 10.0
_PAYMENT_HASH = re.compile(r"[0-9a-f]{64}")


class InvoiceError(RuntimeError):
    """The node gave no answer that can be used; the message says what was asked of whom."""


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
        response = await self._ask("POST", self._url, {"amount_sats": amount_sats, "memo": memo})
        return _read(_json(response, self._url), amount_sats)

    async def is_settled(self, payment_hash: bytes) -> bool:
        """Whether the node has been paid; no if it never issued such an invoice. Raises InvoiceError as `order`."""
        response = await self._ask("GET", f"{self._url}/{payment_hash.hex()}", None, may_be_missing=True)
        match None if response.status_code == 404 else _json(response, self._url):
            case None:
                return False
            case {"state": str(state)}:
                return state == "settled"
            case _:
                raise InvoiceError(f"{self._url} did not tell an invoice's state; is it of this version?")

    async def _ask(
        self, method: str, url: str, body: dict[str, object] | None, *, may_be_missing: bool = False
    ) -> httpx.Response:
        try:
            response = await self._client.request(method, url, json=body, timeout=_TIMEOUT_S)  # follows no redirect
        except httpx.HTTPError as error:
            raise InvoiceError(f"{self._url}: {type(error).__name__}; is the emulator running?") from error
        if response.status_code != 200 and not (may_be_missing and response.status_code == 404):
            raise InvoiceError(f"{self._url} answered HTTP {response.status_code}; see the emulator's journal")
        return response


def _json(response: httpx.Response, url: str) -> object:
    try:
        return response.json()
    except ValueError as error:
        raise InvoiceError(f"{url}: {type(error).__name__}; is the emulator running?") from error


def _read(answer: object, amount_sats: int) -> Invoice:
    match answer:
        case {"invoice": str(bolt11), "payment_hash": str(payment_hash), "amount_sats": int(amount)} if (
            amount == amount_sats and _PAYMENT_HASH.fullmatch(payment_hash)
        ):
            return Invoice(bolt11=bolt11, payment_hash=bytes.fromhex(payment_hash))
        case _:
            raise InvoiceError(f"the emulator's answer is not an invoice of {amount_sats} sat; is it of this version?")
