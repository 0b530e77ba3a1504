"""Faults on demand: what the network does wrong, where, and how often. First form: set by hand, counted down.

A fault knows one method and fires `count` times. The journal notes each firing beside the call it hit.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from spikes.emulator.rpc import Code


class FaultKind(StrEnum):
    """The first three hit any call, the others only RequestLightningSend. DELAY holds back the answer, not the deed."""

    ERROR_BEFORE_COMMIT = "error_before_commit"
    LOST_AFTER_COMMIT = "lost_after_commit"
    DELAY = "delay"
    LIGHTNING_FAILURE = "lightning_failure"
    STUCK = "stuck"
    ZERO_PREIMAGE = "zero_preimage"


PAYMENT_KINDS = (FaultKind.LIGHTNING_FAILURE, FaultKind.STUCK, FaultKind.ZERO_PREIMAGE)
PAYMENT_METHOD = "RequestLightningSend"


class FaultError(ValueError):
    """A fault that cannot be set; the message says what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`method` as the journal names it. `delay_s` for DELAY only, `code` for ERROR_BEFORE_COMMIT only."""

    method: str
    kind: FaultKind
    count: int = 1
    delay_s: float = 0.0
    code: Code = Code.UNAVAILABLE

    def __post_init__(self) -> None:
        if self.count < 1:
            raise FaultError(f"count must be at least 1, got {self.count}")
        if not 0 <= self.delay_s <= 600:
            raise FaultError(f"delay_s must be 0 to 600, got {self.delay_s}")
        if (self.kind is FaultKind.DELAY) != (self.delay_s > 0):
            raise FaultError("delay_s goes with kind delay, and only with it")
        if self.code is Code.OK:
            raise FaultError("code OK is no error")
        if self.kind is not FaultKind.ERROR_BEFORE_COMMIT and self.code is not Code.UNAVAILABLE:
            raise FaultError("code goes with kind error_before_commit, and only with it")
        if self.kind in PAYMENT_KINDS and self.method != PAYMENT_METHOD:
            raise FaultError(f"{self.kind} can only hit method {PAYMENT_METHOD}")


class FaultBox:
    """The faults still to come, in the order in which they were set."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Fault, int]] = []

    def set(self, fault: Fault) -> None:
        """Add a fault."""
        self._waiting.append((fault, fault.count))

    def clear(self) -> None:
        """Forget every fault still to come."""
        self._waiting.clear()

    def waiting(self) -> list[tuple[Fault, int]]:
        """Faults with the number of times each will still fire."""
        return list(self._waiting)

    def take(self, method: str, *kinds: FaultKind) -> Fault | None:
        """The first waiting fault of one of `kinds` on `method`, counted down; None if there is none."""
        for position, (fault, left) in enumerate(self._waiting):
            if fault.method == method and fault.kind in kinds:
                if left == 1:
                    del self._waiting[position]
                else:
                    self._waiting[position] = (fault, left - 1)
                return fault
        return None
