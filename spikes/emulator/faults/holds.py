"""Faults that hold a call until they are healed or its connection goes: this is how a kill of the client is aimed."""

from __future__ import annotations

from spikes.emulator.faults.active import ActiveFault, Site


class _Hold(ActiveFault):
    async def _wait(self, site: Site) -> None:
        self.strike(site)
        self.holding += 1
        try:
            await self.healed.wait()
        finally:
            self.holding -= 1


class HoldBeforeCommit(_Hold):
    """Nothing is done while the call waits; nothing ever, if the client goes away meanwhile."""

    rank = 3

    async def before(self, site: Site) -> None:
        await self._wait(site)


class HoldAfterCommit(_Hold):
    """The deed is done while the answer waits."""

    rank = 4

    async def after(self, site: Site, body: bytes) -> None:
        await self._wait(site)
