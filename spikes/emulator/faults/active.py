"""A fault that is set: it counts the calls it is for, and has a hook for each thing that can be spoiled.

Every hook here does nothing; the class of a kind overrides the one or two that it spoils and says `strike()` when it
does. Must not know any transport: a hook spoils a call by raising what rpc.py has words for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from spikes.emulator.faults.terms import Fault

Deed = Callable[[], Awaitable[object]]


@dataclass(kw_only=True)
class Site:
    """One call as a fault sees it: whom it reaches, who makes it (None: not known yet), and what to note of it."""

    party: str  # operator-0 | operator-1 | operator-2 | ssp
    method: str
    identity: bytes | None
    forget_sessions: Callable[[], None] = lambda: None  # ends the caller's sessions at this party
    notes: list[str] = field(default_factory=list)

    @property
    def note(self) -> str | None:
        """What the journal says of the faults that struck."""
        return ", ".join(self.notes) or None


class ActiveFault:
    """One fault of the box. `rank` orders several that strike the same call: the smallest acts first."""

    rank = 0

    def __init__(self, number: int, terms: Fault) -> None:
        self.number = number
        self.id = f"fault-{number}"
        self.terms = terms
        self.fired = 0
        self.holding = 0  # calls that wait now
        self.healed = asyncio.Event()
        self._seen = 0  # calls it was for

    @property
    def left(self) -> int | None:
        """Calls that it may still strike; None: all of them until it is healed."""
        if self.terms.count == 0:
            return None
        return max(0, min(self.terms.count, self.terms.nth + self.terms.count - 1 - self._seen))

    def counts(self, site: Site) -> bool:
        """Whether this call is for the fault, and is one of those that it strikes."""
        if not self._is_for(site):
            return False
        self._seen += 1
        last = self.terms.nth + self.terms.count - 1
        return self._seen >= self.terms.nth and (self.terms.count == 0 or self._seen <= last)

    def _is_for(self, site: Site) -> bool:
        terms = self.terms
        if terms.identity is not None and terms.identity != site.identity:
            return False
        if terms.struck_method not in (None, site.method):
            return False
        return self._reaches(site.party)

    def _reaches(self, party: str) -> bool:
        return self.terms.operator is None or party == f"operator-{self.terms.operator}"

    def strike(self, site: Site) -> None:
        """Count a deed of this fault, and have the journal name it."""
        self.fired += 1
        site.notes.append(f"fault {self.terms.kind}")

    # ---- hooks ----------------------------------------------------------------------------------

    async def before(self, site: Site) -> None:
        """Before the call is carried out."""

    async def again(self, site: Site, deed: Deed) -> None:
        """Once it was carried out: `deed` delivers the same request once more."""

    async def after(self, site: Site, body: bytes) -> None:
        """Before the answer goes out; `body` is empty if it refuses without one."""

    def fee_sats(self, site: Site, fee_sats: int) -> int:
        """What the provider asks for a payment."""
        return fee_sats

    def settle_s(self, site: Site, settle_s: float) -> float | None:
        """How long the payment takes; None: for ever."""
        return settle_s

    def route(self, site: Site) -> None:
        """Raises LightningError if there is no way to the payee."""

    def shown(self, site: Site, preimage: bytes) -> bytes:
        """The preimage as the provider shows it to the payer."""
        return preimage
