"""What a fault is: its kind, the calls it is for, and which of them it strikes. Checked before anything goes wrong.

Must not know the network, the clock or any transport.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from spikes.emulator.rpc import Code

MAX_DELAY_S = 600.0
PAYMENT_METHOD = "RequestLightningSend"
QUOTE_METHOD = "LightningSendFeeEstimate"
SSP = "ssp"


class FaultKind(StrEnum):
    """What goes wrong. See calls.py, holds.py, parties.py and payments.py for the class of each."""

    ERROR_BEFORE_COMMIT = "error_before_commit"
    LOST_AFTER_COMMIT = "lost_after_commit"
    DELAY = "delay"
    DUPLICATE = "duplicate"
    RESET_MID_BODY = "reset_mid_body"
    HOLD_BEFORE_COMMIT = "hold_before_commit"
    HOLD_AFTER_COMMIT = "hold_after_commit"
    EXPIRED_SESSION = "expired_session"
    OPERATOR_DOWN = "operator_down"
    SSP_ERROR = "ssp_error"
    STUCK = "stuck"
    LIGHTNING_FAILURE = "lightning_failure"
    ZERO_PREIMAGE = "zero_preimage"
    WRONG_PREIMAGE = "wrong_preimage"
    FEE_RAISED = "fee_raised"
    SLOW_SETTLE = "slow_settle"


PAYMENT_KINDS = (
    FaultKind.STUCK,
    FaultKind.LIGHTNING_FAILURE,
    FaultKind.ZERO_PREIMAGE,
    FaultKind.WRONG_PREIMAGE,
    FaultKind.FEE_RAISED,
    FaultKind.SLOW_SETTLE,
)
OUTAGES = (FaultKind.OPERATOR_DOWN, FaultKind.SSP_ERROR)  # last until healed unless told otherwise
_DELAYED = (FaultKind.DELAY, FaultKind.SLOW_SETTLE)


class FaultError(ValueError):
    """A fault that cannot be set; the message says what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault as the harness asks for it.

    It is for the calls of `identity` (33-byte key; None: everybody's) to `method` (None: any) at `operator` (0-based;
    None: any party). Of those, counted from when it is set, it strikes number `nth` (from 1) and the `count` - 1 after
    it; with count 0 all after it until it is healed. `delay_s` goes with DELAY and SLOW_SETTLE, `code` with
    ERROR_BEFORE_COMMIT.
    """

    kind: FaultKind
    method: str | None = None
    identity: bytes | None = None
    operator: int | None = None
    nth: int = 1
    count: int = 1
    delay_s: float = 0.0
    code: Code = Code.UNAVAILABLE

    def __post_init__(self) -> None:
        if self.nth < 1 or self.count < 0:
            raise FaultError(f"nth must be at least 1 and count at least 0, got {self.nth} and {self.count}")
        if not 0 <= self.delay_s <= MAX_DELAY_S:
            raise FaultError(f"delay_s must be 0 to {MAX_DELAY_S:.0f}, got {self.delay_s}")
        if (self.kind in _DELAYED) != (self.delay_s > 0):
            raise FaultError("delay_s goes with kinds delay and slow_settle, and only with them")
        if self.code is Code.OK:
            raise FaultError("code OK is no error")
        if self.kind is not FaultKind.ERROR_BEFORE_COMMIT and self.code is not Code.UNAVAILABLE:
            raise FaultError("code goes with kind error_before_commit, and only with it")
        self._check_scope()

    def _check_scope(self) -> None:
        if self.operator is not None and not 0 <= self.operator <= 2:
            raise FaultError(f"operator must be 0 to 2, got {self.operator}")
        if self.operator is not None and (self.kind in PAYMENT_KINDS or self.kind is FaultKind.SSP_ERROR):
            raise FaultError(f"{self.kind} is the service provider's: it has no operator")
        hits = (PAYMENT_METHOD, QUOTE_METHOD) if self.kind is FaultKind.FEE_RAISED else (PAYMENT_METHOD,)
        if self.kind in PAYMENT_KINDS and self.method not in (None, *hits):
            raise FaultError(f"{self.kind} can only hit method {' or '.join(hits)}")

    @property
    def struck_method(self) -> str | None:
        """The method whose calls count: payment kinds mean the request to pay unless they name another."""
        return self.method or (PAYMENT_METHOD if self.kind in PAYMENT_KINDS else None)
