"""A fault schedule: what goes wrong during one payment, where, and how it is asked for.

Role: the value that is named in the catalogue, drawn at random, shrunk, replayed and written down.
Must not know: seats, the emulator's address, time. Pure.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from spikes.typed_json import build, plain

FEE_ESTIMATE = "LightningSendFeeEstimate"
COMMITMENTS = "get_signing_commitments"
PREIMAGE_SWAP = "initiate_preimage_swap_v3"
LIGHTNING_SEND = "RequestLightningSend"
USER_REQUEST = "UserRequest"
SWAP = "RequestSwap"
CLAIM = "claim_transfer"
PRIMARY_TRANSFER = "initiate_swap_primary_transfer"
TRANSFERS = "query_all_transfers"
# The calls of a payment in their order, and those that a leaf swap puts before it.
PAYMENT_METHODS = (FEE_ESTIMATE, COMMITMENTS, PREIMAGE_SWAP, LIGHTNING_SEND, USER_REQUEST)
SWAP_METHODS = (PRIMARY_TRANSFER, SWAP, TRANSFERS, CLAIM)
OPERATORS = 3


class ScheduleError(ValueError):
    """A schedule that contradicts itself; the message says where."""


class Kind(StrEnum):
    """What the network does wrong. The first six strike calls of one method, the others a party or the payment."""

    ERROR_BEFORE_COMMIT = "error_before_commit"
    LOST_AFTER_COMMIT = "lost_after_commit"
    DELAY = "delay"
    DUPLICATE = "duplicate"
    RESET_MID_BODY = "reset_mid_body"
    EXPIRED_SESSION = "expired_session"
    OPERATOR_DOWN = "operator_down"
    SSP_ERROR = "ssp_error"
    STUCK = "stuck"
    LIGHTNING_FAILURE = "lightning_failure"
    ZERO_PREIMAGE = "zero_preimage"
    WRONG_PREIMAGE = "wrong_preimage"
    FEE_RAISED = "fee_raised"
    SLOW_SETTLE = "slow_settle"


CALL_KINDS = tuple(Kind)[:6]
TIMED_KINDS = (Kind.DELAY, Kind.SLOW_SETTLE)


class Blow(StrEnum):
    """What befalls the runtime."""

    KILL = "kill"  # SIGKILL
    EVICTION = "eviction"  # as its platform takes an isolate away
    RESTART = "restart"  # SIGTERM, and SIGKILL if it is not gone after the grace time
    OUT_OF_MEMORY = "out_of_memory"  # the kernel gives it no page more


class Side(StrEnum):
    """Whether the call at which a blow falls has done its deed."""

    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"


class Asking(StrEnum):
    """How the payment is asked for."""

    ONCE = "once"
    TWICE = "twice"  # the same request, twice at the same time
    TWO_PROCESSES = "two_processes"  # the same request, at the same time, to two processes that own the wallet


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault of the network. `method` as the journal names it; `count` 0: until it is healed."""

    kind: Kind
    method: str | None = None  # None: whatever the kind strikes by itself
    nth: int = 1  # the first call that it strikes, counted from when it is set
    count: int = 1
    delay_s: float | None = None
    code: str | None = None  # gRPC name, for ERROR_BEFORE_COMMIT
    operator: int | None = None  # for OPERATOR_DOWN; None: all of them

    def __post_init__(self) -> None:
        if self.kind in CALL_KINDS and self.method is None and self.kind is not Kind.EXPIRED_SESSION:
            raise ScheduleError(f"{self.kind} needs the method that it strikes")
        if (self.kind in TIMED_KINDS) != (self.delay_s is not None):
            raise ScheduleError(f"delay_s goes with {' and '.join(TIMED_KINDS)}, and only with them")
        if self.code is not None and self.kind is not Kind.ERROR_BEFORE_COMMIT:
            raise ScheduleError(f"code goes with {Kind.ERROR_BEFORE_COMMIT}, not with {self.kind}")
        if self.operator is not None and not (self.kind is Kind.OPERATOR_DOWN and 0 <= self.operator < OPERATORS):
            raise ScheduleError(f"operator (0 to {OPERATORS - 1}) goes with {Kind.OPERATOR_DOWN}, not {self}")
        if self.nth < 1 or self.count < 0:
            raise ScheduleError(f"nth counts from 1 and count from 0, not {self.nth} and {self.count}")


@dataclass(frozen=True, kw_only=True)
class Strike:
    """A blow, and the call of the payment at which it falls: the network holds that call until then."""

    blow: Blow
    method: str
    side: Side
    nth: int = 1

    def __post_init__(self) -> None:
        if self.nth < 1:
            raise ScheduleError(f"nth counts from 1, not {self.nth}")


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Everything that is done to one payment. The first strike falls while it is first asked for, and so on."""

    faults: tuple[Fault, ...] = ()
    strikes: tuple[Strike, ...] = ()
    asking: Asking = Asking.ONCE
    swap: bool = False  # no leaf fits, so that one has to be swapped first
    cold: bool = False  # the process is new, so that the payment begins with a sync
    impatient: bool = False  # who asks hangs up, once every fault has struck, long before the driver would give up

    def __post_init__(self) -> None:
        if self.asking is not Asking.ONCE and self.strikes:
            raise ScheduleError("strikes fall on a single asking: with two, it is not sure whose call is held")

    @property
    def size(self) -> int:
        """How much there is to read; shrinking makes it less."""
        odd = sum((fault.nth > 1) + (fault.count != 1) + (fault.code is not None) for fault in self.faults)
        odd += sum(strike.nth > 1 for strike in self.strikes)
        return (
            10 * (len(self.faults) + len(self.strikes))
            + 5 * (self.asking is not Asking.ONCE)
            + self.swap
            + self.cold
            + odd
        )


def canonical(schedule: Schedule) -> str:
    """One line of JSON that is the same for equal schedules, without what is as by default."""
    return json.dumps(plain(schedule), sort_keys=True, separators=(",", ":"))


def read_schedule(text: str) -> Schedule:
    """The schedule of a canonical line. Raises ScheduleError."""
    try:
        schedule: Schedule = build(Schedule, json.loads(text))
    except (ValueError, TypeError) as error:
        raise ScheduleError(f"this is no fault schedule ({error}); compare it with one that a run printed") from error
    return schedule
