"""Faults of a Lightning payment, behind the request to pay: the call itself is answered as it should be.

They strike requests to pay (RequestLightningSend); FeeRaised can strike a quote (LightningSendFeeEstimate) instead.
"""

from __future__ import annotations

import hashlib

from spikes.emulator.faults.active import ActiveFault, Site
from spikes.emulator.lightning import LightningError


class Stuck(ActiveFault):
    """The payment never ends, until it is healed: then it goes through."""

    def settle_s(self, site: Site, settle_s: float) -> float | None:
        self.strike(site)
        return None


class SlowSettle(ActiveFault):
    """The payment takes `delay_s` longer; healed, it goes through at once."""

    def settle_s(self, site: Site, settle_s: float) -> float | None:
        self.strike(site)
        return settle_s + self.terms.delay_s


class LightningFailure(ActiveFault):
    """There is no way to the payee: the leaves go back."""

    def route(self, site: Site) -> None:
        self.strike(site)
        raise LightningError("no route (fault)")


class FeeRaised(ActiveFault):
    """The provider demands more than it quoted: twice as much, and a satoshi."""

    def fee_sats(self, site: Site, fee_sats: int) -> int:
        self.strike(site)
        return 2 * fee_sats + 1


class ZeroPreimage(ActiveFault):
    """The provider shows 32 zero bytes to the payer. The payee has its money."""

    def shown(self, site: Site, preimage: bytes) -> bytes:
        self.strike(site)
        return bytes(32)


class WrongPreimage(ActiveFault):
    """The provider shows 32 bytes that look like a preimage and are none. The payee has its money."""

    def shown(self, site: Site, preimage: bytes) -> bytes:
        self.strike(site)
        return hashlib.sha256(b"not a preimage" + preimage).digest()
