"""One live payment: quoted, accounted for, made once, asked about until its end is known, witnessed.

Role: the order in which money may move. Nothing is asked of a driver before the account has set the sum aside on disk;
a payment whose end is not known is only ever asked about again, under the same request id, and each asking is recorded.
Must not know: how drivers are started, the record's other lines.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from spikes.contract import Answer, ContractBreach, Driver
from spikes.errors import LiveFailure
from spikes.live.invoices import Payable
from spikes.live.seats import MSATS_PER_SAT
from spikes.live.spending import SpendingAccount, State
from spikes.live.witness import BalanceWitness
from spikes.record import Ask, Outcome

# A fee may rise between the quote and the payment; what is more than this, the account sees and the run stops.
FEE_RESERVE = 2


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a live run waits, in seconds."""

    call_s: float = 300.0  # for one answer of a driver
    end_s: float = 900.0  # until a payment's end must be known
    pause_s: float = 10.0  # between two askings


@dataclass(frozen=True, kw_only=True)
class Paid:
    """What became of one payment, by both witnesses."""

    answer: Answer
    asks: tuple[Ask, ...]  # every answer in order, if there was more than one
    wall_s: float
    quoted_fee_sats: int
    before_sats: int
    after_sats: int | None  # None: the witness could not tell, and the run must not go on

    @property
    def gone_sats(self) -> int | None:
        """What the wallet has lost, as the witness saw it."""
        return None if self.after_sats is None else self.before_sats - self.after_sats


@dataclass(frozen=True, kw_only=True)
class Payer:
    """Everything that a payment needs beside its invoice."""

    driver: Driver
    witness: BalanceWitness
    account: SpendingAccount
    wallet: str
    run: str
    patience: Patience

    async def pay(self, request_id: str, payable: Payable) -> Paid:
        """Pay one invoice. Raises LiveFailure if it may not be paid; nothing was sent then."""
        fee_sats = await self._quote(payable)
        before_sats = await self.witness.balance_sats()
        most_sats = payable.amount_sats + FEE_RESERVE * fee_sats
        if before_sats < most_sats:
            raise LiveFailure(
                f"nothing was sent: the wallet holds {before_sats} sats and a payment may cost {most_sats}; fund it"
            )
        if payable.stale(time.time()):
            raise LiveFailure(f"{_unsent(payable)}: it has become too old; get a new one")
        self.account.reserve(self.wallet, self.run, request_id, most_sats)
        started = time.perf_counter()
        answers = await self._asked(request_id, payable)
        wall_s = time.perf_counter() - started
        paid = Paid(
            answer=answers[-1],
            asks=tuple(Ask(outcome=a.outcome, code=a.code, wall_s=a.wall_s) for a in answers if len(answers) > 1),
            wall_s=wall_s,
            quoted_fee_sats=fee_sats,
            before_sats=before_sats,
            after_sats=await self._balance_after(),
        )
        self._book(request_id, paid)
        return paid

    async def _quote(self, payable: Payable) -> int:
        """The fee in satoshis. Raises LiveFailure if two readings of the invoice differ."""
        try:
            await self.driver.sync(self.patience.call_s)
            quote = await self.driver.quote(payable.text, self.patience.call_s)
        except ContractBreach as breach:
            raise LiveFailure(f"{_unsent(payable)}, no quote: {breach}") from breach
        if (quote.payment_hash, quote.amount_sats) != (payable.payment_hash, payable.amount_sats):
            raise LiveFailure(f"{_unsent(payable)}: the driver reads it otherwise than we do")
        if quote.fee_sats is None or quote.fee_sats < 0:
            raise LiveFailure(f"{_unsent(payable)}: the driver names no fee")
        return quote.fee_sats

    async def _asked(self, request_id: str, payable: Payable) -> list[Answer]:
        """The answer, and while it is UNKNOWN the next one, until the patience ends."""
        cap = payable.amount_sats * MSATS_PER_SAT
        body = {"requestId": request_id, "invoice": payable.text, "maxAmountMsats": cap}
        until = time.monotonic() + self.patience.end_s
        answers = [await self.driver.experiment("pay", body, self.patience.call_s)]
        while answers[-1].outcome is Outcome.UNKNOWN and time.monotonic() + self.patience.pause_s < until:
            await asyncio.sleep(self.patience.pause_s)
            answers.append(await self.driver.experiment("pay", body, self.patience.call_s))
        return answers

    async def _balance_after(self) -> int | None:
        """What was paid must be recorded, whether the witness can still read or not."""
        try:
            return await self.witness.balance_sats()
        except LiveFailure:
            return None

    def _book(self, request_id: str, paid: Paid) -> None:
        """The larger of both witnesses' figures; where one is missing, all that was set aside stays so."""
        gone, claim = paid.gone_sats, paid.answer.claim
        if gone is None or paid.answer.outcome is Outcome.UNKNOWN:
            return
        if paid.answer.outcome is Outcome.PAID:
            gone = max(gone, (claim.amount_sats or 0) + (claim.fee_sats or 0))
        self.account.settle(request_id, State.SPENT if gone > 0 else State.RETURNED, max(gone, 0))


def _unsent(payable: Payable) -> str:
    return f"nothing was sent: the invoice of line {payable.line}"
