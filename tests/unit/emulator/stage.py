"""A network and its wallets in one process, on a clock that stands still: where most of these tests take place.

Calls go through the operators' desks and the provider's door as a transport would hand them over, without sockets.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pytest

from spikes.emulator import bolt11
from spikes.emulator.clock import ManualClock
from spikes.emulator.crypto import curve
from spikes.emulator.journal import Entry
from spikes.emulator.ledger_state import Balance, Transfer
from spikes.emulator.lightning import IssuedInvoice
from spikes.emulator.network import Network, Settings
from spikes.emulator.operators import OperatorDesk
from spikes.emulator.rpc import Code, RpcError
from spikes.emulator.ssp.door import ProviderDesk
from spikes.emulator.wire import spark_pb2 as pb
from tests.unit.emulator.wallet import Dialect, Wallet
from tests.unit.emulator.wallet_client import SspRefusal
from tests.unit.emulator.wallet_packages import OPERATORS, Peers

START = 1_800_000_000.0


class InProcess:
    """A gateway straight to the desks, without any transport."""

    def __init__(self, net: Network) -> None:
        self._net = net
        self._desks = [OperatorDesk(net, operator) for operator in range(len(OPERATORS))]

    @cached_property
    def _provider(self) -> ProviderDesk:
        return ProviderDesk(self._net)  # costs some milliseconds, and most tests never ask it anything

    async def call(self, operator: int, path: str, token: str | None, body: bytes) -> bytes:
        return await self._desks[operator].call(path, token, body, "in-process")

    async def query(self, token: str | None, body: bytes) -> tuple[int, bytes]:
        return await self._provider.call(None if token is None else f"Bearer {token}", body)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One network, the clock that it lives by, and the way to it."""

    net: Network
    clock: ManualClock
    gateway: InProcess

    @classmethod
    def set_up(cls, settings: Settings | None = None) -> Stage:
        clock = ManualClock(START)
        net = Network(settings or Settings(), clock)
        return cls(net=net, clock=clock, gateway=InProcess(net))

    @property
    def provider(self) -> bytes:
        return self.net.identities.provider.public

    async def wallet(self, name: str = "alice", dialect: Dialect = Dialect.V0_19, *, ssp: bool = True) -> Wallet:
        """A wallet of its own seed, logged in at the operators and, unless told otherwise, at the provider."""
        wallet = Wallet(
            self.gateway,
            peers_of(self.net),
            hashlib.sha512(name.encode()).digest(),
            now=self.clock.now,
            dialect=dialect,
        )
        await wallet.login(ssp=ssp)
        return wallet

    async def funded(
        self, *amounts_sats: int, name: str = "alice", dialect: Dialect = Dialect.V0_19, ssp: bool = True
    ) -> Wallet:
        """A wallet that has claimed one leaf an amount."""
        wallet = await self.wallet(name, dialect, ssp=ssp)
        self.fund(wallet, *amounts_sats)
        await wallet.claim_all()
        return wallet

    def fund(self, wallet: Wallet, *amounts_sats: int) -> Transfer:
        return self.net.provider.fund(wallet.identity, amounts_sats)

    def invoice(self, amount_sats: int, expiry_s: int = 3600) -> IssuedInvoice:
        return self.net.lightning.issue(amount_sats, "test", expiry_s)

    def fee(self, amount_sats: int) -> int:
        return self.net.provider.terms.fee_sats(amount_sats)

    def balance(self, wallet: Wallet) -> Balance:
        return self.net.ledger.balance(wallet.identity)

    def books(self) -> str:
        """Everything the ledger holds, as text: equal texts are equal states."""
        return repr(vars(self.net.ledger))

    def last_entry(self) -> Entry:
        return self.net.journal.since(self.net.journal.next_seq - 1)[0]

    @contextmanager
    def refused(self, method: str, code: Code, words: str) -> Iterator[None]:
        """The block's last call is refused with a code and words, the journal says so, and the books are unchanged."""
        books = self.books()
        with pytest.raises(RpcError, match=words) as caught:
            yield
        assert caught.value.code is code
        self._assert_noted(method, code.name, words, books)

    @contextmanager
    def refused_by_ssp(self, operation: str, words: str, status: int = 200) -> Iterator[None]:
        """As `refused`, at the provider: GraphQL errors, or an HTTP status other than 200."""
        books = self.books()
        with pytest.raises(SspRefusal, match=words) as caught:
            yield
        assert caught.value.status == status
        self._assert_noted(operation, str(status), words if status == 200 else "", books)

    def _assert_noted(self, method: str, code: str, words: str, books: str) -> None:
        entry = self.last_entry()
        assert (entry.method, entry.code) == (method, code)
        assert re.search(words, entry.note or ""), f"the journal says {entry.note!r}"
        assert self.books() == books


def peers_of(net: Network) -> Peers:
    """The identity keys that a wallet of this network is configured with."""
    keys = net.identities
    return Peers(operators=tuple(pair.public for pair in keys.operators), provider=keys.provider.public)


def values(nodes: Sequence[pb.TreeNode]) -> list[int]:
    """What leaves are worth, sorted."""
    return sorted(node.value for node in nodes)


def reissued(text: str, **changes: Any) -> str:
    """An invoice with something changed, signed by another node."""
    secret = 77
    return bolt11.encode(replace(bolt11.decode(text), payee=curve.point(secret), **changes), secret)
