"""The box of faults: which are set, which strike a call, and what heals them.

A fault stays in the box once it has struck for the last time, so that the harness can ask how often it did; of those
the newest KEPT are kept, so that memory stays flat.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import reduce
from typing import TypeVar

from spikes.emulator.faults.active import ActiveFault, Deed, Site
from spikes.emulator.faults.calls import Delay, Duplicate, ErrorBeforeCommit, LostAfterCommit, ResetMidBody
from spikes.emulator.faults.holds import HoldAfterCommit, HoldBeforeCommit
from spikes.emulator.faults.parties import ExpiredSession, OperatorDown, SspError
from spikes.emulator.faults.payments import (
    FeeRaised,
    LightningFailure,
    SlowSettle,
    Stuck,
    WrongPreimage,
    ZeroPreimage,
)
from spikes.emulator.faults.terms import Fault, FaultKind

KEPT = 1000
Answer = TypeVar("Answer")
CLASSES: dict[FaultKind, type[ActiveFault]] = {
    FaultKind.ERROR_BEFORE_COMMIT: ErrorBeforeCommit,
    FaultKind.LOST_AFTER_COMMIT: LostAfterCommit,
    FaultKind.DELAY: Delay,
    FaultKind.DUPLICATE: Duplicate,
    FaultKind.RESET_MID_BODY: ResetMidBody,
    FaultKind.HOLD_BEFORE_COMMIT: HoldBeforeCommit,
    FaultKind.HOLD_AFTER_COMMIT: HoldAfterCommit,
    FaultKind.EXPIRED_SESSION: ExpiredSession,
    FaultKind.OPERATOR_DOWN: OperatorDown,
    FaultKind.SSP_ERROR: SspError,
    FaultKind.STUCK: Stuck,
    FaultKind.LIGHTNING_FAILURE: LightningFailure,
    FaultKind.ZERO_PREIMAGE: ZeroPreimage,
    FaultKind.WRONG_PREIMAGE: WrongPreimage,
    FaultKind.FEE_RAISED: FeeRaised,
    FaultKind.SLOW_SETTLE: SlowSettle,
}


class Struck:
    """The faults that strike one call, in the order in which they act. Empty for nearly every call."""

    def __init__(self, site: Site, faults: Iterable[ActiveFault] = ()) -> None:
        self._site = site
        self.faults = tuple(sorted(faults, key=lambda fault: fault.rank))

    def __bool__(self) -> bool:
        return bool(self.faults)

    async def around(
        self, deed: Callable[[], Awaitable[Answer]], again: Deed, *, body: Callable[[Answer], bytes]
    ) -> Answer:
        """Carry out `deed` as the faults want it; `again` delivers the same request once more.

        `body` gives what goes out of an answer. Raises what a fault puts in its place: RpcError, AnswerLost, AnswerCut.
        """
        for fault in self.faults:
            await fault.before(self._site)
        answer = await deed()
        for fault in self.faults:
            await fault.again(self._site, again)
        for fault in self.faults:
            await fault.after(self._site, body(answer))
        return answer

    @property
    def healed(self) -> bool:
        """Whether every one of them was healed."""
        return all(fault.healed.is_set() for fault in self.faults)

    def fee_sats(self, fee_sats: int) -> int:
        """What the provider asks."""
        return reduce(lambda fee, fault: fault.fee_sats(self._site, fee), self.faults, fee_sats)

    def settle_s(self, settle_s: float) -> float | None:
        """How long the payment takes; None: until a fault is healed."""
        times: float | None = settle_s
        for fault in self.faults:
            if times is not None:
                times = fault.settle_s(self._site, times)
        return times

    def route(self) -> None:
        """Raises LightningError if a fault says that there is no way."""
        for fault in self.faults:
            fault.route(self._site)

    def shown(self, preimage: bytes) -> bytes:
        """The preimage as the payer is shown it."""
        return reduce(lambda shown, fault: fault.shown(self._site, shown), self.faults, preimage)


NOTHING = Struck(Site(party="", method="", identity=None))


class FaultBox:
    """All faults of one network, in the order in which they were set."""

    def __init__(self) -> None:
        self._faults: dict[str, ActiveFault] = {}
        self._spent: dict[str, ActiveFault] = {}  # cannot strike any more
        self._made = 0

    def set(self, fault: Fault) -> str:
        """Add a fault. Returns its id."""
        self._made += 1
        active = CLASSES[fault.kind](self._made, fault)
        self._faults[active.id] = active
        return active.id

    def strike(self, site: Site) -> Struck:
        """The faults that strike this call. Counts it for each fault that it is for."""
        if not self._faults:
            return NOTHING
        struck = Struck(site, (fault for fault in list(self._faults.values()) if fault.counts(site)))
        self._put_aside()
        return struck

    def all(self) -> list[ActiveFault]:
        """Every fault that is set and not healed, spent ones too, oldest first."""
        return sorted((*self._spent.values(), *self._faults.values()), key=lambda fault: fault.number)

    def heal(self, identity: bytes | None = None) -> list[ActiveFault]:
        """Forget the faults of one wallet, or all; calls that they hold go on. Returns them."""
        healed = [fault for fault in self.all() if identity is None or fault.terms.identity == identity]
        for fault in healed:
            self._faults.pop(fault.id, None)
            self._spent.pop(fault.id, None)
            fault.healed.set()
        return healed

    def _put_aside(self) -> None:
        for fault in [fault for fault in self._faults.values() if fault.left == 0]:
            self._spent[fault.id] = self._faults.pop(fault.id)
        while len(self._spent) > KEPT:
            self._spent.pop(next(iter(self._spent))).healed.set()
