"""Client of the paywall: addresses of its items, and which payment hash it asked for.

Role: the third pair of eyes in an L402 flow; the payment hash at stake comes from the seller, not from the buyer.
Must not know: buyers, runtimes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from spikes.errors import PaywallFailure

ADMIN_TIMEOUT_S = 10.0


class Seller:
    """The running paywall."""

    def __init__(self, announcement: Mapping[str, Any], http: httpx.AsyncClient) -> None:
        self.url = str(announcement["url"])
        self.host = str(announcement["host"])
        self._http = http
        self._read_up_to = 0

    def address(self, item: str) -> str:
        """Where an item is sold."""
        return f"{self.url}/paid/{item}"

    async def position(self) -> int:
        """Where its journal stands now."""
        self._read_up_to = int((await self._journal(self._read_up_to))["next"])
        return self._read_up_to

    async def offered_hash(self, since: int) -> str | None:
        """The payment hash of the last challenge it gave after `since`; None if it gave none."""
        entries = (await self._journal(since))["entries"]
        offers = [entry["payment_hash"] for entry in entries if entry["status"] == 402]
        return None if not offers else str(offers[-1])

    async def _journal(self, since: int) -> Any:
        url = f"{self.url}/admin/journal"
        try:
            answer = await self._http.get(url, params={"since": since}, timeout=ADMIN_TIMEOUT_S)
            return answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise PaywallFailure(
                f"the paywall's journal cannot be read ({error!r}); read paywall.stderr.log in the run's logs"
            ) from error
