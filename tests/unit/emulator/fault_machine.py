"""Two wallets that pay and swap while everything goes wrong, any fault at any call: random sequences of both.

A wallet here is a careless client: whatever fails, it goes on with its next command. What must hold is the network's.
Commands are drawn evenly instead of by hypothesis, whose runs are mostly short and alike: a fault has to meet its call.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

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
EXPECTED = (RpcError, SspRefusal, AnswerLost, AnswerCut, asyncio.CancelledError)
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
class Trouble:
    """A fault to be, of a wallet that is known when it is set."""

    kind: FaultKind
    method: str | None
    nth: int
    whole: bool  # for every wallet

    def fault(self, identity: bytes) -> Fault:
        general = self.kind in (*PAYMENT_KINDS, *OUTAGES)
        return Fault(
            kind=self.kind,
            identity=None if self.whole else identity,
            method=None if general else self.method,
            nth=1 if general else self.nth,
            delay_s=DELAYS_S.get(self.kind, 0.0),
            code=Code.INTERNAL if self.kind is FaultKind.ERROR_BEFORE_COMMIT and self.whole else Code.UNAVAILABLE,
        )


@dataclass(frozen=True)
class Pay:
    """Pay `sats`, or invoice `again` of those there were, while `troubles` strike; a held call is killed or healed."""

    who: str
    sats: int
    again: int | None
    troubles: tuple[Trouble, ...]
    kill: bool


@dataclass(frozen=True)
class Claim:
    """Claim what came in, after another `sats` were sent."""

    who: str
    sats: int
    troubles: tuple[Trouble, ...]
    kill: bool


@dataclass(frozen=True)
class Heal:
    """Heal a wallet's faults, or all."""

    who: str | None


@dataclass(frozen=True)
class Sweep:
    """The return time of a wallet has passed."""

    who: str


@dataclass(frozen=True)
class Wait:
    """Time passes for everybody."""

    seconds: int


Command = Pay | Claim | Heal | Sweep | Wait


def drawn(chance: random.Random) -> list[Command]:
    """A sequence of commands, most of them payments that something strikes."""
    return [_command(chance) for _ in range(chance.randint(5, 9))]


def _command(chance: random.Random) -> Command:
    who, troubles = chance.choice(NAMES), tuple(_trouble(chance) for _ in range(chance.choice((0, 1, 1, 2))))
    match chance.randrange(10):
        case 0:
            return Claim(who, chance.choice((50, 103)), troubles, chance.random() < 0.5)
        case 1:
            return Heal(chance.choice((None, *NAMES)))
        case 2:
            return Sweep(who)
        case 3:
            return Wait(chance.choice((10, 40, 17 * 86400)))
        case _:
            again = chance.choice((None, None, 0, 1, 2))
            return Pay(who, chance.choice((20, 101, 101)), again, troubles, chance.random() < 0.5)


def _trouble(chance: random.Random) -> Trouble:
    return Trouble(
        kind=chance.choice(list(FaultKind)),
        method=chance.choice(METHODS),
        nth=chance.choice((1, 1, 1, 2)),
        whole=chance.random() < 0.3,
    )


class FaultMachine:
    """One network with two wallets, and what the harness did for them."""

    def __init__(self, policy: OrphanPolicy) -> None:
        terms = ProviderTerms(orphan_policy=policy)
        self.stage = Stage.set_up(Settings(leaf_form=LeafForm.ZERO_TIMELOCK, at_hand=2, terms=terms))
        self.wallets: dict[str, Wallet] = {}
        self.funded = dict.fromkeys(NAMES, 606)
        self.invoices: list[IssuedInvoice] = []

    async def begin(self) -> None:
        """Both wallets have leaves: three that fit a payment exactly, and one to swap."""
        for name in NAMES:
            self.wallets[name] = await self.stage.funded(103, 103, 400, name=name)

    async def do(self, command: Command) -> None:
        """Carry out one command."""
        match command:
            case Pay():
                await self._pay(command)
            case Claim(who, sats, troubles, kill):
                self.stage.fund(self.wallets[who], sats)
                self.funded[who] += sats
                await self._attempt(who, self.wallets[who].claim_all, troubles, kill)
            case Heal(who):
                await self.heal(self.wallets[who].identity if who else None)
            case Sweep(who):
                self.stage.net.provider.sweep_wallet(self.wallets[who].identity)
            case Wait(seconds):
                self.stage.clock.advance(seconds)
                self.stage.net.provider.sweep()

    async def heal(self, identity: bytes | None = None) -> None:
        self.stage.net.faults.heal(identity)
        self.stage.net.provider.sends.settle_healed()

    async def _pay(self, command: Pay) -> None:
        if command.again is None or command.again >= len(self.invoices):
            self.invoices.append(self.stage.invoice(command.sats, expiry_s=30 * 86400))
            invoice = self.invoices[-1]
        else:
            invoice = self.invoices[command.again]
        work = partial(self.wallets[command.who].pay, invoice.text)
        await self._attempt(command.who, work, command.troubles, command.kill)

    async def _attempt(
        self, who: str, work: Callable[[], Awaitable[Any]], troubles: tuple[Trouble, ...], kill: bool
    ) -> None:
        """Try, once logged in; a call that is held ends with a kill of the client, or is healed."""
        wallet = self.wallets[who]
        await self.heal(wallet.identity)  # what an earlier command left over would keep it from even logging in
        await asyncio.gather(wallet.login(), return_exceptions=True)
        for trouble in troubles:
            self.stage.net.faults.set(trouble.fault(wallet.identity))
        task = asyncio.ensure_future(work())
        while not task.done():
            await asyncio.sleep(0)
            if any(fault.holding for fault in self.stage.net.faults.all()):
                if kill:
                    task.cancel()
                else:
                    await self.heal()
        result: Any = (await asyncio.gather(task, return_exceptions=True))[0]
        poor = isinstance(result, AssertionError) and "no leaves for" in str(result)
        assert poor or not isinstance(result, BaseException) or isinstance(result, EXPECTED), repr(result)
