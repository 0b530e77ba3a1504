"""Faults of one call at any party: it fails before the deed, arrives twice, or its answer is late, cut or lost."""

from __future__ import annotations

import asyncio
import contextlib

from spikes.emulator.faults.active import ActiveFault, Deed, Site
from spikes.emulator.rpc import AnswerCut, AnswerLost, RpcError


class ErrorBeforeCommit(ActiveFault):
    """The call is refused with a code of choice, or HTTP 503 at the provider. Nothing is done."""

    rank = 1

    async def before(self, site: Site) -> None:
        self.strike(site)
        raise RpcError(self.terms.code, "fault: error before commit")


class LostAfterCommit(ActiveFault):
    """The deed is done, the connection dropped instead of an answer."""

    rank = 6

    async def after(self, site: Site, body: bytes) -> None:
        self.strike(site)
        raise AnswerLost(site.method)


class ResetMidBody(ActiveFault):
    """The deed is done, half of the answer is sent, then the connection is reset. A refusal has no body: it is lost."""

    rank = 6

    async def after(self, site: Site, body: bytes) -> None:
        self.strike(site)
        if body:
            raise AnswerCut(body)
        raise AnswerLost(site.method)


class Delay(ActiveFault):
    """The answer is held back, not the deed; healed, it goes out at once."""

    rank = 5

    async def after(self, site: Site, body: bytes) -> None:
        self.strike(site)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.healed.wait(), self.terms.delay_s)


class Duplicate(ActiveFault):
    """The request arrives twice, as after a retry of the transport; the client gets the first answer."""

    rank = 3

    async def again(self, site: Site, deed: Deed) -> None:
        self.strike(site)
        await deed()
