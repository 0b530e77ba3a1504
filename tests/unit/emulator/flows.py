"""The three requests that move leaves - claim, payment, swap - prepared alike, so that one test can spoil any of them.

One thing wrong must give a typed error, move nothing, and be in the journal; what is right must be accepted afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, MutableSequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from google.protobuf.message import Message

from spikes.emulator.rpc import Code
from spikes.emulator.wire import spark_pb2 as pb
from tests.unit.emulator.stage import Stage
from tests.unit.emulator.wallet import Wallet
from tests.unit.emulator.wallet_packages import OPERATORS, AnyRequest, AnyTweaks, Draft

AMOUNTS_SATS = (1003, 500)
INVOICE_SATS = 1500  # with the fee of 3: exactly both leaves
Tweak = pb.SendLeafKeyTweak | pb.ClaimLeafKeyTweak


class Flow(StrEnum):
    """What a wallet asks of the coordinator; values are method names."""

    CLAIM = "claim_transfer"
    PAYMENT = "initiate_preimage_swap_v3"
    SWAP = "initiate_swap_primary_transfer"


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A request of two leaves that would succeed: its jobs by list, and its tweaks by operator, still plain."""

    flow: Flow
    wallet: Wallet
    draft: Draft[AnyRequest, AnyTweaks]
    jobs: dict[str, MutableSequence[pb.UserSignedTxSigningJob]]
    tweaks: dict[str, MutableSequence[Tweak]]

    def operator_key(self, name: str) -> bytes:
        """The identity key that a part for this operator is encrypted to."""
        return self.wallet.peers.operators[OPERATORS.index(name)]

    def seal(self) -> None:
        """Encrypt the tweaks and sign the package."""
        self.wallet.packer.seal(self.draft)

    async def send(self) -> None:
        """Send the request as it is now."""
        response: type[Message]
        match self.flow:
            case Flow.CLAIM:
                response = pb.ClaimTransferResponse
            case Flow.PAYMENT:
                response = pb.InitiatePreimageSwapResponse
            case Flow.SWAP:
                response = pb.InitiateSwapPrimaryTransferResponse
        await self.wallet.ask(self.flow, self.draft.request, response)


async def prepare(flow: Flow, stage: Stage, wallet: Wallet | None = None) -> Prepared:
    """A request of `wallet`, or of a new one that is given leaves first."""
    if flow is Flow.CLAIM:
        return await _prepare_claim(stage, wallet)
    alice = wallet or await stage.funded(*AMOUNTS_SATS, ssp=False)
    leaves = sorted((await alice.nodes()).values(), key=lambda node: -node.value)
    if flow is Flow.PAYMENT:
        return _prepared(flow, alice, await alice.draft_payment(stage.invoice(INVOICE_SATS).text, leaves))
    return _prepared(flow, alice, await alice.draft_swap(leaves))


async def assert_refused(flow: Flow, spoil: Callable[[Prepared], None], words: str, *, sealed: bool) -> None:
    """Spoil a good request before or after it is sealed; it is refused, and a good one is accepted after that."""
    stage = Stage.set_up()
    prepared = await prepare(flow, stage)
    if sealed:
        prepared.seal()
    spoil(prepared)
    if not sealed:
        prepared.seal()
    with stage.refused(flow, Code.INVALID_ARGUMENT, words):
        await prepared.send()
    again = await prepare(flow, stage, prepared.wallet)
    again.seal()
    await again.send()


async def _prepare_claim(stage: Stage, wallet: Wallet | None) -> Prepared:
    alice = wallet or await stage.wallet(ssp=False)
    if wallet is None:
        stage.fund(alice, *AMOUNTS_SATS)
    return _prepared(Flow.CLAIM, alice, await alice.draft_claim((await alice.pending())[0]))


def _prepared(flow: Flow, wallet: Wallet, draft: Draft[Any, Any]) -> Prepared:
    package = draft.package
    if isinstance(package, pb.ClaimPackage):
        lists = (package.leaves_to_claim, package.direct_leaves_to_claim, package.direct_from_cpfp_leaves_to_claim)
        tweaks = {name: part.leaves_to_receive for name, part in draft.parts.items()}
    else:
        lists = (package.leaves_to_send, package.direct_leaves_to_send, package.direct_from_cpfp_leaves_to_send)
        tweaks = {name: part.leaves_to_send for name, part in draft.parts.items()}
    names = ("cpfp", "direct", "direct_from_cpfp")
    return Prepared(flow=flow, wallet=wallet, draft=draft, jobs=dict(zip(names, lists, strict=True)), tweaks=tweaks)
