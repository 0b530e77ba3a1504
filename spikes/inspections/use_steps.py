"""The requests that the inspection `use` meters, in their order, and what came of each.

Role: takes the wallet of one seat through every phase, first cold, then warm, one request at a time, and keeps the
readings. Must not know: how anything is metered, facts, limits.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import httpx

from spikes.contract import Answer, ContractBreach
from spikes.errors import RuntimeStartFailure
from spikes.inspections.metering.request_meter import Meter, Use
from spikes.network import Invoice
from spikes.plan import derived_uuid
from spikes.record import Outcome, PaymentPath
from spikes.seat import LARGE_LEAF_SATS, Seat
from spikes.witness import payment_path

# The median of three bears one reading that something else on the machine disturbed; more would cost the slowest
# stand-in, at up to a second a request, more than the 15 s that an inspection may take.
WARM = 3
EXACT_SATS = 1_000
SWAP_SATS = 777  # with its fee no sum of leaves that earlier payments left
T = TypeVar("T")


class Step(StrEnum):
    """What a metered request does."""

    BUILD = "build"
    SYNC = "sync"
    CLAIM = "claim"
    PREPARE = "prepare"
    SEND_EXACT = "send_exact"
    SEND_SWAP = "send_swap"
    # After a restart the first request pays: build, sync, swap and send in one. No request is dearer.
    FIRST_PAYMENT = "first_payment"

    @property
    def pays(self) -> bool:
        return self in (Step.SEND_EXACT, Step.SEND_SWAP, Step.FIRST_PAYMENT)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One metered request. `cold`: the first of its kind in its process."""

    step: Step
    cold: bool
    wall_s: float
    use: Use


class Steps:
    """The steps on one seat, whose process runs and has built nothing yet."""

    def __init__(self, seat: Seat, deadline_s: float) -> None:
        self.readings: list[Reading] = []
        self._seat = seat
        self._deadline_s = deadline_s

    async def all_but_first_payment(self, meter: Meter) -> None:
        """Every phase, cold and warm. Raises ContractBreach, HarnessFailure."""
        await self._builds(meter)
        await self._repeat(Step.SYNC, meter, self._seat.sync)
        invoices = [await self._claim(meter, number) for number in range(1 + WARM)]
        await self._repeat(Step.PREPARE, meter, lambda: self._seat.driver.quote(invoices[0].bolt11, self._deadline_s))
        for invoice in invoices:
            await self._pay(Step.SEND_EXACT, meter, invoice)
        await self._seat.network.fund(self._seat.identity, [LARGE_LEAF_SATS])
        await self._metered(Step.CLAIM, meter, self._seat.sync)
        for number in range(1 + WARM):
            await self._pay(Step.SEND_SWAP, meter, await self._order(SWAP_SATS, number))

    async def first_payment(self, meter: Meter) -> None:
        """A payment, as the first request to a new process. Raises HarnessFailure."""
        await self._pay(Step.FIRST_PAYMENT, meter, await self._order(SWAP_SATS, 0))

    async def _builds(self, meter: Meter) -> None:
        await self._metered(Step.BUILD, meter, self._seat.build)
        for _ in range(WARM):
            await self._seat.rebuild()  # or the SDK that is there would answer
            answer = await self._metered(Step.BUILD, meter, self._status)
            if not _has_built(answer):
                # Where every request has an SDK of its own, this one is answered without any: that is no build.
                self.readings.pop()
                return

    async def _status(self) -> Mapping[str, Any]:
        try:
            reply = await self._seat.driver.request("GET", "/status", deadline_s=self._deadline_s)
        except (httpx.HTTPError, TimeoutError) as error:
            raise ContractBreach(f"/status gave no answer ({error!r})") from error
        if reply.status != 200 or reply.body is None:
            raise ContractBreach(f"/status answered HTTP {reply.status}")
        return reply.body

    async def _repeat(self, step: Step, meter: Meter, ask: Callable[[], Awaitable[T]]) -> None:
        for _ in range(1 + WARM):
            await self._metered(step, meter, ask)

    async def _claim(self, meter: Meter, number: int) -> Invoice:
        """Claims one leaf that fits the price of the invoice that it returns."""
        invoice = await self._order(EXACT_SATS, number)
        await self._seat.network.fund(self._seat.identity, [invoice.amount_sats + invoice.fee_sats])
        await self._metered(Step.CLAIM, meter, self._seat.sync)
        return invoice

    async def _order(self, amount_sats: int, number: int) -> Invoice:
        return await self._seat.network.issue_invoice(amount_sats, f"{self._seat.name} {number}")

    async def _pay(self, step: Step, meter: Meter, invoice: Invoice) -> None:
        request_id = derived_uuid(self._seat.name, step, invoice.payment_hash)
        answer: Answer = await self._metered(step, meter, lambda: self._seat.pay(request_id, invoice))
        if answer.outcome is not Outcome.PAID:
            raise RuntimeStartFailure(
                f"{self._seat.name}: {step} ended {answer.outcome} ({answer.code}: {answer.reason}), so what a payment "
                "uses is not measured; read its logs, then run `make smoke`"
            )
        path = payment_path(self.readings[-1].use.calls)
        if (path is PaymentPath.EXACT) is not (step is Step.SEND_EXACT):
            raise RuntimeStartFailure(f"{self._seat.name}: {step} was paid by the path {path}; choose other amounts")

    async def _metered(self, step: Step, meter: Meter, ask: Callable[[], Awaitable[T]]) -> T:
        cold = all(reading.step is not step for reading in self.readings)
        await meter.before()
        started = time.perf_counter()
        answer = await ask()
        wall_s = time.perf_counter() - started
        use = await meter.after()
        self.readings.append(Reading(step=step, cold=cold, wall_s=wall_s, use=use))
        return answer


def _has_built(status: Mapping[str, Any]) -> bool:
    """Whether an answer's own phases name a build; a driver that tells none is asked after it dropped its SDK."""
    phases = status.get("phases")
    if not isinstance(phases, list):
        return True
    return any(isinstance(phase, dict) and phase.get("name") == Step.BUILD for phase in phases)
