"""Miniature drivers that lose track of money when an answer is lost. Each is the native driver with one rule broken.

`python -m tests.miniatures.unreliable KIND` serves the contract like any other driver. What they do wrong shows under
faults alone: without one they are sound.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys
import uuid

from aiohttp import ClientSession

from spikes.drivers.native.book import PaymentBook
from spikes.drivers.native.config import Config
from spikes.drivers.native.failures import WalletError
from spikes.drivers.native.orders import MSATS_PER_SAT, Order, Paid, PhaseClock
from spikes.drivers.native.payer import Payer
from spikes.drivers.native.server import Door
from spikes.drivers.native.session import WalletSession
from spikes.serving import serve


class _Unreliable(Payer):
    """Can buy again as if nobody had ever heard of it: a new id, an empty book, and the seller's next invoice.

    The operators lock a payment hash once, so that one invoice is not paid twice; but whoever asks a seller again gets
    another one.
    """

    async def _afresh(self, order: Order, wallet: WalletSession, clock: PhaseClock) -> Paid:
        asked = {"amount_sats": order.max_amount_msats // MSATS_PER_SAT}
        async with (
            ClientSession() as http,
            http.post(f"{self._config.network['admin']}/invoices", json=asked) as answer,
        ):
            invoice = (await answer.json())["invoice"]
        new = dataclasses.replace(order, request_id=str(uuid.uuid4()), invoice=invoice)
        file = self._config.state_dir / f"{new.request_id}.sqlite"
        book = PaymentBook(file, in_flight_limit_s=60, window_s=self._config.window_s)
        try:
            return await Payer(self._config, book).pay(new, wallet, clock)
        finally:
            book.close()


class PaysTwiceOnRetry(_Unreliable):
    """No answer in time? Once more, in the same breath, and without the idempotency key of the first try."""

    async def pay(self, order: Order, wallet: WalletSession, clock: PhaseClock) -> Paid:
        try:
            return await super().pay(order, wallet, clock)
        except WalletError as error:
            if error.code != "payment_pending":
                raise
            return await self._afresh(order, wallet, clock)


class ForgetsOnPending(_Unreliable):
    """Says pending, as it should, and lets go of the request id: the next ask is a new payment to it."""

    def __init__(self, config: Config, book: PaymentBook) -> None:
        super().__init__(config, book)
        self._forgotten: set[str] = set()

    async def pay(self, order: Order, wallet: WalletSession, clock: PhaseClock) -> Paid:
        if order.request_id in self._forgotten:
            return await self._afresh(order, wallet, clock)
        try:
            return await super().pay(order, wallet, clock)
        except WalletError as error:
            if error.code == "payment_pending":
                self._forgotten.add(order.request_id)
            raise


class ReportsFailedOnTimeout(Payer):
    """Takes silence for a no."""

    async def pay(self, order: Order, wallet: WalletSession, clock: PhaseClock) -> Paid:
        try:
            return await super().pay(order, wallet, clock)
        except WalletError as error:
            if error.code != "payment_pending":
                raise
            raise WalletError("send_failed", "the payment timed out") from None


class HasNoDisk(Payer):
    """Sound, but its book is as short-lived as the process."""

    def __init__(self, config: Config, book: PaymentBook) -> None:
        file = config.state_dir / f"{uuid.uuid4()}.sqlite"
        super().__init__(config, PaymentBook(file, in_flight_limit_s=60, window_s=config.window_s))


KINDS: dict[str, type[Payer]] = {
    "pays_twice_on_retry": PaysTwiceOnRetry,
    "forgets_on_pending": ForgetsOnPending,
    "reports_failed_on_timeout": ReportsFailedOnTimeout,
    "has_no_disk": HasNoDisk,
}


def driver(kind: str, config: Config) -> Door:
    """The native driver's door with an unreliable payer behind it."""
    door = Door(config)
    door._payer = KINDS[kind](config, door._book)
    return door


if __name__ == "__main__":
    settings = Config.from_environment(os.environ)
    asyncio.run(serve(driver(sys.argv[1], settings).application(), lifeline=settings.lifeline))
