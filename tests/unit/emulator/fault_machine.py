"""Two wallets that pay and swap while everything goes wrong, any fault at any call: random sequences of both.

A wallet here is a careless client: whatever fails, it goes on with its next command. What must hold is the network's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from spikes.emulator.faults import OUTAGES, Fault, FaultKind
from spikes.emulator.faults.terms import PAYMENT_KINDS
from spikes.emulator.lightning import IssuedInvoice
from spikes.emulator.mint import LeafForm
from spikes.emulator.network import Settings
from spikes.emulator.provider_terms import OrphanPolicy, ProviderTerms
from spikes.emulator.rpc import AnswerCut, AnswerLost, Code, RpcError
from tests.unit.emulator.stage import Stage
from tests.unit.emulator.wallet import Wallet
from tests.unit.emulator.wallet_client import SspRefusal

NAMES = ("alice", "bob")
EXPECTED = (RpcError, SspRefusal, AnswerLost, AnswerCut)
METHODS = (
    "LightningSendFeeEstimate",
    "get_signing_commitments",
    "initiate_preimage_swap_v3",
    "RequestLightningSend",
    "RequestSwap",
    "claim_transfer",
    "initiate_swap_primary_transfer",
    "query_nodes",
    None,
)
DELAYS_S = {FaultKind.DELAY: 0.001, FaultKind.SLOW_SETTLE: 600.0}


@dataclass(frozen=True)
class Order:
    """An invoice and who was to pay it."""

    invoice: IssuedInvoice
    who: str


class FaultMachine(RuleBasedStateMachine):
    """Commands of two wallets, of the harness and of chance, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.stage = Stage.set_up(Settings(leaf_form=LeafForm.ZERO_TIMELOCK, at_hand=2))
        self.wallets: dict[str, Wallet] = {}
        self.funded = dict.fromkeys(NAMES, 0)
        self.orders: list[Order] = []

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run(work)

    @initialize(policy=st.sampled_from(OrphanPolicy))
    def begin(self, policy: OrphanPolicy) -> None:
        terms = ProviderTerms(orphan_policy=policy)
        self.stage = Stage.set_up(Settings(leaf_form=LeafForm.ZERO_TIMELOCK, at_hand=2, terms=terms))
        for name in NAMES:
            self.wallets[name] = self.run(self.stage.funded(103, 500, name=name))
            self.funded[name] = 603

    # ---- what goes wrong ------------------------------------------------------------------------

    @rule(
        kind=st.sampled_from(FaultKind),
        who=st.sampled_from((None, *NAMES)),
        method=st.sampled_from(METHODS),
        nth=st.integers(1, 3),
        count=st.integers(1, 2),
    )
    def fault(self, kind: FaultKind, who: str | None, method: str | None, nth: int, count: int) -> None:
        self.stage.net.faults.set(
            Fault(
                kind=kind,
                identity=self.wallets[who].identity if who else None,
                method=None if kind in (*PAYMENT_KINDS, *OUTAGES) else method,
                nth=nth,
                count=count,
                delay_s=DELAYS_S.get(kind, 0.0),
                code=Code.INTERNAL if kind is FaultKind.ERROR_BEFORE_COMMIT and nth > 1 else Code.UNAVAILABLE,
            )
        )

    @rule(who=st.sampled_from((None, *NAMES)))
    def heal(self, who: str | None) -> None:
        self.run(self._heal(self.wallets[who].identity if who else None))

    @rule(who=st.sampled_from(NAMES))
    def sweep(self, who: str) -> None:
        self.stage.net.provider.sweep_wallet(self.wallets[who].identity)

    @rule(seconds=st.sampled_from((10, 40, 17 * 86400)))
    def time_passes(self, seconds: int) -> None:
        self.stage.clock.advance(seconds)
        self.stage.net.provider.sweep()

    # ---- what wallets do ------------------------------------------------------------------------

    @rule(who=st.sampled_from(NAMES), sats=st.sampled_from((50, 103)))
    def fund(self, who: str, sats: int) -> None:
        self.stage.fund(self.wallets[who], sats)
        self.funded[who] += sats

    @rule(who=st.sampled_from(NAMES), sats=st.sampled_from((20, 101)), kill=st.booleans())
    def pay(self, who: str, sats: int, kill: bool) -> None:
        order = Order(self.stage.invoice(sats, expiry_s=30 * 86400), who)
        self.orders.append(order)
        self.run(self._attempt(self.wallets[who], partial(self.wallets[who].pay, order.invoice.text), kill))

    @rule(who=st.sampled_from(NAMES), kill=st.booleans(), number=st.integers(0, 1 << 16))
    def pay_again(self, who: str, kill: bool, number: int) -> None:
        """An old invoice once more, by whoever."""
        if self.orders:
            order = self.orders[number % len(self.orders)]
            self.run(self._attempt(self.wallets[who], partial(self.wallets[who].pay, order.invoice.text), kill))

    @rule(who=st.sampled_from(NAMES), kill=st.booleans())
    def claim(self, who: str, kill: bool) -> None:
        self.run(self._attempt(self.wallets[who], self.wallets[who].claim_all, kill))

    # ---- parts ----------------------------------------------------------------------------------

    async def _attempt(self, wallet: Wallet, work: Callable[[], Awaitable[Any]], kill: bool) -> None:
        """Do it after a fresh login; a call that is held ends with a kill of the client, or is healed."""
        task = asyncio.create_task(self._after_login(wallet, work))
        while not task.done():
            await asyncio.sleep(0)
            if any(fault.holding for fault in self.stage.net.faults.all()):
                if kill:
                    task.cancel()
                else:
                    await self._heal(None)
        (result,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError | AssertionError):
            assert isinstance(result, EXPECTED), repr(result)
        if isinstance(result, AssertionError):
            assert "no leaves for" in str(result), repr(result)

    @staticmethod
    async def _after_login(wallet: Wallet, work: Callable[[], Awaitable[Any]]) -> None:
        await wallet.login()
        await work()

    async def _heal(self, identity: bytes | None) -> None:
        self.stage.net.faults.heal(identity)
        self.stage.net.provider.sends.settle_healed()
        await asyncio.sleep(0)

    def teardown(self) -> None:
        self.loop.close()
