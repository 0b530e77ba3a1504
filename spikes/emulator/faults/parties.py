"""Faults of a whole party: an operator that is down, a provider that answers 503, sessions that have ended."""

from __future__ import annotations

from spikes.emulator.faults.active import ActiveFault, Site
from spikes.emulator.faults.terms import SSP
from spikes.emulator.rpc import AnswerLost, Code, RpcError


class ExpiredSession(ActiveFault):
    """The caller's sessions at this party are forgotten before the call is looked at: it has to log in again."""

    rank = 2

    async def before(self, site: Site) -> None:
        self.strike(site)
        site.forget_sessions()


class OperatorDown(ActiveFault):
    """Connections to one operator, or to all of them, are dropped at each call. The provider stays up."""

    def _reaches(self, party: str) -> bool:
        return party != SSP and super()._reaches(party)

    async def before(self, site: Site) -> None:
        self.strike(site)
        raise AnswerLost(site.method)


class SspError(ActiveFault):
    """The provider answers every request with HTTP 503. The operators stay up."""

    def _reaches(self, party: str) -> bool:
        return party == SSP

    async def before(self, site: Site) -> None:
        self.strike(site)
        raise RpcError(Code.UNAVAILABLE, "fault: the service provider is unavailable")
