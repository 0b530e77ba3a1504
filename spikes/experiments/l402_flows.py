"""The L402 flows as experiments: one for each line of the table.

Role: takes the steps that come before, gives the wallet what the payments cost in leaves that fit, asks once, and puts
together what the seller saw. Must not know: how a turn ought to end; only the registry reads that.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spikes.contract import Answer
from spikes.experiments import shop
from spikes.experiments.act import Act, Invoices
from spikes.experiments.flow_table import FLOWS, Flow, Rules, Step
from spikes.paywall.catalogue import VALIDITY_S
from spikes.plan import PlannedAttempt, derived_uuid
from spikes.record import Ask, Outcome
from spikes.seat import MSATS_PER_SAT, Seat

ANOTHER_HOST = "seller.example"
# A blocked turn must move no money, so the wallet holds enough and the refusal is the policy's.
FLOAT_SATS = 2_000
KNOWN_WITHIN_S, POLL_S = 20.0, 0.05
# The decisive call of a payment is served and its answer lost: the quickest way to not know.
LOSS = {"kind": "lost_after_commit", "method": "initiate_preimage_swap_v3"}


@dataclass(frozen=True, kw_only=True)
class FlowExperiment:
    """One flow, shaped like every other experiment."""

    flow: Flow

    @property
    def NAME(self) -> str:
        return shop.PREFIX + self.flow.name

    @property
    def EXPECTED(self) -> Outcome:
        return self.flow.outcome

    async def prepare(self, seat: Seat, planned: PlannedAttempt) -> Invoices:
        """Money, a buyer, and what comes before. How that ends is not asked here: the turn itself shows it."""
        turn = _Turn(self.flow, seat, planned)
        await seat.open_shop()
        await turn.provide()
        for step in self.flow.before:
            await turn.take(step)
        return ()

    async def act(self, seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
        """The turn that is asked about."""
        return await _Turn(self.flow, seat, planned).ask()


class _Turn:
    """One attempt of a flow. Preparation and act have one each: nothing is handed over but what is on the network."""

    def __init__(self, flow: Flow, seat: Seat, planned: PlannedAttempt) -> None:
        self._flow = flow
        self._seat = seat
        self._planned = planned
        self._labels = [label for label, _ in shop.wares(flow) if label != shop.label_of(flow, shop.ANOTHER)]
        self._item = self._named(self._labels[0])
        self._asks: list[Ask] = []  # of requests that were made more than once

    async def provide(self) -> None:
        """One leaf of just price and fee for each payment, so that leaves are found the same way in every repeat."""
        price = self._seat.seller.price_sats(self._item)
        quote = await self._seat.network.issue_invoice(price, f"the fee of {self._item}")
        if self._flow.payments:
            await self._seat.give([price + quote.fee_sats] * self._flow.payments)
        if self._flow.outcome not in (Outcome.PAID, Outcome.CACHED):
            await self._seat.hold_at_least(FLOAT_SATS)

    async def take(self, step: Step) -> None:
        """One step of the preparation."""
        seat, another = self._seat, self._named(shop.label_of(self._flow, shop.ANOTHER))
        match step:
            case Step.BUY:
                await self._buy_before(self._item)
            case Step.BUY_ANOTHER:
                await self._buy_before(another)
            case Step.LOSE_ANOTHER:
                await seat.network.set_fault(seat.identity, LOSS)
                await self._buy_before(another)
                await seat.network.heal(seat.identity)
                # The network finishes it, outside the turn's window. The buyer is not told: to it, it stays unknown.
                await seat.network.sweep(seat.identity)
            case Step.EXPIRE:
                await seat.seller.let_pass(self._item, VALIDITY_S + 1)
            case Step.REVOKE:
                await seat.seller.revoke(self._item)

    async def ask(self) -> Act:
        """Ask for every item of the flow, and hear the seller."""
        items = [self._named(label) for label in self._labels]
        known = [await self._seat.seller.mark(item) for item in items]
        answers = await self._answers(items)
        exchanges: tuple[str, ...] = ()
        stakes: tuple[str, ...] = ()
        for label, item, before in zip(self._labels, items, known, strict=True):
            visits = await self._seat.seller.visits(item)
            exchanges += shop.exchanges(label, visits)
            stakes += shop.at_stake(visits, before)
        answer = agreed(answers)
        # Of several sellers each asked for a payment of its own, and none of them is the attempt's.
        several = len(items) > 1 and answer.outcome is not Outcome.PAID
        return Act(
            answer=answer,
            payment_hashes=() if several else stakes,
            asks=tuple(self._asks),
            exchanges=tuple(sorted(exchanges)) if self._flow.at_once else exchanges,
            told=answer.told,
        )

    async def _answers(self, items: Sequence[str]) -> list[Answer]:
        policy = self._policy(self._flow.rules)
        if self._flow.at_once:
            return await asyncio.gather(*(self._until_known(items[0], policy) for _ in range(2)))
        ids = [self._planned.request_id, *(self._id(item) for item in items[1:])]
        return [await self._fetch(request_id, item, policy) for request_id, item in zip(ids, items, strict=True)]

    async def _until_known(self, item: str, policy: dict[str, Any]) -> Answer:
        """Ask under the attempt's own id, and again as long as the answer is that it is under way elsewhere."""
        deadline = time.monotonic() + KNOWN_WITHIN_S
        while True:
            answer = await self._fetch(self._planned.request_id, item, policy)
            self._asks.append(Ask(outcome=answer.outcome, code=answer.code, wall_s=answer.wall_s))
            if answer.outcome is not Outcome.UNKNOWN or time.monotonic() > deadline:
                return answer
            await asyncio.sleep(POLL_S)

    async def _buy_before(self, item: str) -> Answer:
        """A purchase that the policy allows."""
        return await self._fetch(self._id(f"before {item}"), item, self._policy(Rules()), phase="warmup")

    async def _fetch(self, request_id: str, item: str, policy: dict[str, Any], phase: str = "fetch") -> Answer:
        return await self._seat.fetch(request_id, self._seat.seller.address(item), policy, phase=phase)

    def _policy(self, rules: Rules) -> dict[str, Any]:
        price, host = self._seat.seller.price_sats(self._item), self._seat.seller.host
        policy: dict[str, Any] = {
            "maxAmountMsats": (price - rules.below_price) * MSATS_PER_SAT,
            "hostAllowlist": [ANOTHER_HOST if rules.other_host else host],
        }
        extras = {
            "windowCapMsats": (2 * price - 1) * MSATS_PER_SAT if rules.window_for_one else None,
            "hostBlocklist": [host] if rules.blocklisted else None,
            "killSwitch": rules.kill_switch or None,
            "walletDisabled": rules.wallet_disabled or None,
            "approval": "required" if rules.approval_required else None,
        }
        return {**policy, **{name: value for name, value in extras.items() if value is not None}}

    def _named(self, label: str) -> str:
        return shop.item_name(self._planned, label)

    def _id(self, what: str) -> str:
        return derived_uuid(self._planned.seed, self._planned.request_id, what)


def agreed(answers: Sequence[Answer]) -> Answer:
    """The one answer that several askings have to agree on, down to the receipt; UNKNOWN if they do not."""
    first, wall_s = answers[0], max(answer.wall_s for answer in answers)
    ends = dict.fromkeys(f"{answer.outcome} {answer.code or ''}".strip() for answer in answers)
    receipts = {answer.claim.flow_digest for answer in answers}
    if len(ends) == len(receipts) == 1:
        return dataclasses.replace(first, wall_s=wall_s)
    differ = f"askings that are alike ended as {', '.join(ends)}, with {len(receipts)} different receipts"
    return dataclasses.replace(first, outcome=Outcome.UNKNOWN, code="answers_differ", reason=differ, wall_s=wall_s)


EXPERIMENTS: tuple[FlowExperiment, ...] = tuple(FlowExperiment(flow=flow) for flow in FLOWS)
