"""How far away the network is: latency profiles of single wallets, drawn so that all wallets draw alike.

The n-th draw depends on seed, profile name, kind of draw and n alone: the n-th call and the n-th payment are equally
slow whichever wallet makes them. Pure: who waits for how long is decided here, the waiting is done by the doors.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from statistics import NormalDist

MAX_TIME_S = 600.0
MAX_SIGMA = 5.0
_NORMAL = NormalDist()


class LatencyError(ValueError):
    """A profile that makes no sense; the message says what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class LatencyProfile:
    """Lognormal times by their median and sigma (0: always the median), in seconds. Payments end by `settle_cap_s`.

    With a settle median of 0 payments settle at once.
    """

    name: str
    rtt_s: float
    rtt_sigma: float = 0.0
    settle_median_s: float = 0.0
    settle_sigma: float = 0.0
    settle_cap_s: float = 60.0

    def __post_init__(self) -> None:
        for field in ("rtt_s", "settle_median_s", "settle_cap_s"):
            if not 0 <= getattr(self, field) <= MAX_TIME_S:
                raise LatencyError(f"{field} must be 0 to {MAX_TIME_S:.0f}, got {getattr(self, field)}")
        for field in ("rtt_sigma", "settle_sigma"):
            if not 0 <= getattr(self, field) <= MAX_SIGMA:
                raise LatencyError(f"{field} must be 0 to {MAX_SIGMA:.0f}, got {getattr(self, field)}")
        if not self.name:
            raise LatencyError("a profile needs a name")


def draw(seed: int, name: str, kind: str, number: int, *, median_s: float, sigma: float) -> float:
    """Draw `number` of its kind: a lognormal time in seconds. Equal arguments, equal time, on every machine."""
    digest = hashlib.sha256(f"{seed}/{name}/{kind}/{number}".encode()).digest()
    uniform = (int.from_bytes(digest[:6], "big") + 0.5) / (1 << 48)
    return median_s * math.exp(sigma * _NORMAL.inv_cdf(uniform))


class _Line:
    """One wallet's way to the network, and how many draws it has had."""

    def __init__(self, profile: LatencyProfile, seed: int) -> None:
        self.profile = profile
        self._seed = seed
        self._drawn = {"rtt": 0, "settle": 0}

    def time_s(self, kind: str, median_s: float, sigma: float) -> float:
        number = self._drawn[kind]
        self._drawn[kind] = number + 1
        return draw(self._seed, self.profile.name, kind, number, median_s=median_s, sigma=sigma)


class LatencyBook:
    """The profiles of one network's wallets. A wallet without one is next door."""

    def __init__(self) -> None:
        self._lines: dict[bytes, _Line] = {}

    def set(self, identity: bytes, profile: LatencyProfile | None, seed: int = 0) -> None:
        """From now on this wallet draws from `profile`, from its first draw on; None: no delay any more."""
        if profile is None:
            self._lines.pop(identity, None)
        else:
            self._lines[identity] = _Line(profile, seed)

    def round_trip_s(self, identity: bytes | None) -> float:
        """How long this call is on its way; 0 for a wallet without a profile."""
        line = self._lines.get(identity) if identity is not None else None
        if line is None:
            return 0.0
        return min(MAX_TIME_S, line.time_s("rtt", line.profile.rtt_s, line.profile.rtt_sigma))

    def settle_s(self, identity: bytes) -> float | None:
        """How long this payment takes on the Lightning network; None for a wallet without a profile."""
        line = self._lines.get(identity)
        if line is None:
            return None
        profile = line.profile
        return min(profile.settle_cap_s, line.time_s("settle", profile.settle_median_s, profile.settle_sigma))
