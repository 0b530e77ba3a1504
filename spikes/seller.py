"""Client of the paywall: addresses of its items, what it was asked and answered, and its clock and keys.

Role: the third pair of eyes in an L402 flow; the payment hash at stake comes from the seller, not from the buyer.
Must not know: buyers, runtimes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from spikes.errors import PaywallFailure
from spikes.paywall.catalogue import Catalogue

ADMIN_TIMEOUT_S = 10.0
# A buyer that hung up may be known to have done so a little later than its answer is here.
SETTLED_WITHIN_S = 5.0
POLL_S = 0.01


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request for an item, as the seller's journal has it. Offers are counted from 1."""

    method: str
    place: str  # the path without the item
    status: int
    code: str | None
    had_credential: bool
    payment_hash: str | None
    offer: int | None  # the one it was made
    pays_offer: int | None  # the one that its credential is for
    proven_hash: str | None  # the payment that its credential proves
    cut: bool


class Seller:
    """The running paywall."""

    def __init__(self, announcement: Mapping[str, Any], http: httpx.AsyncClient, catalogue: Catalogue) -> None:
        self.url = str(announcement["url"])
        self.host = str(announcement["host"])
        self.catalogue = catalogue
        self._http = http
        self._marks: dict[str, int] = {}

    def address(self, item: str) -> str:
        """Where an item is sold."""
        return f"{self.url}/paid/{item}"

    def price_sats(self, item: str) -> int:
        """What its first offer costs."""
        return self.catalogue[item].price_sats

    async def mark(self, item: str) -> frozenset[str]:
        """From now on `visits` are later ones; the payment hashes that were offered before."""
        entries, position = await self._journal(item, 0)
        self._marks[item] = position
        return frozenset(str(entry["payment_hash"]) for entry in entries if entry["offer"] is not None)

    async def visits(self, item: str) -> tuple[Visit, ...]:
        """Every request for the item since its mark, in the order in which their answers ended."""
        entries, _ = await self._journal(item, self._marks.get(item, 0))
        try:
            return tuple(_visit(entry, item) for entry in entries)
        except (KeyError, TypeError) as error:
            raise PaywallFailure(f"the paywall's journal lacks a field ({error!r}); is it of this version?") from error

    async def revoke(self, item: str) -> None:
        """Have it take back every token of the item."""
        await self._call("POST", f"/admin/items/{item}/revoke", {})

    async def let_pass(self, item: str, seconds: int) -> None:
        """Have its clock go on, for this item."""
        await self._call("POST", f"/admin/items/{item}/pass", {"seconds": seconds})

    async def _journal(self, item: str, since: int) -> tuple[list[dict[str, Any]], int]:
        """Its entries once no request for the item is under way, and the position after them."""
        deadline = time.monotonic() + SETTLED_WITHIN_S
        while True:
            answer = await self._call("GET", f"/admin/journal?since={since}&item={item}")
            if not answer["open"] or time.monotonic() > deadline:
                return answer["entries"], answer["next"]
            await asyncio.sleep(POLL_S)

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        try:
            answer = await self._http.request(method, self.url + path, json=body, timeout=ADMIN_TIMEOUT_S)
            return answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise PaywallFailure(
                f"the paywall did not answer {path} ({error!r}); read paywall.stderr.log in the run's logs"
            ) from error


def _visit(entry: Mapping[str, Any], item: str) -> Visit:
    return Visit(
        method=entry["method"],
        place=str(entry["path"]).removesuffix(f"/{item}"),
        status=entry["status"],
        code=entry["code"],
        had_credential=entry["had_credential"],
        payment_hash=entry["payment_hash"],
        offer=entry["offer"],
        pays_offer=entry["pays_offer"],
        proven_hash=entry["proven_hash"],
        cut=entry["cut"],
    )
