"""A provider with terms of its own, and what a test asks about the payments that it handles."""

from __future__ import annotations

from typing import Any

from spikes.emulator.faults import Fault, FaultKind
from spikes.emulator.ledger_state import Balance, HtlcStatus, TransferStatus
from spikes.emulator.mint import LeafForm
from spikes.emulator.network import Settings
from spikes.emulator.provider_terms import ProviderTerms
from tests.unit.emulator.stage import Stage
from tests.unit.emulator.wallet import Wallet

ORPHAN_AFTER_S = 30.0
PAID, RETURNED, WAITING = "TRANSFER_COMPLETED", "USER_SWAP_RETURNED", "LIGHTNING_PAYMENT_INITIATED"


def stage_with(**terms: Any) -> Stage:
    """A network of the cheaper leaf form whose provider has these terms."""
    settings = ProviderTerms(**{"orphan_after_s": ORPHAN_AFTER_S, **terms})
    return Stage.set_up(Settings(leaf_form=LeafForm.ZERO_TIMELOCK, terms=settings))


def set_fault(stage: Stage, kind: FaultKind) -> None:
    stage.net.faults.set(Fault(kind=kind))


async def locked(stage: Stage, wallet: Wallet, text: str) -> str:
    """Lock all leaves of a wallet for an invoice: the transfer id."""
    return (await wallet.lock(text, list((await wallet.nodes()).values()))).transfer.id


async def status_of(wallet: Wallet, transfer_id: str) -> str | None:
    """The provider's status of the send that belongs to a transfer."""
    (transfer,) = (await wallet.ssp("Transfers", transfer_spark_ids=[transfer_id]))["transfers"]
    request = transfer["user_request"]
    return None if request is None else str(request["status"])


def assert_returned(stage: Stage, wallet: Wallet, transfer_id: str, sats: int) -> None:
    """The leaves are the wallet's again and nobody was paid."""
    assert stage.balance(wallet) == Balance(available_sats=sats, locked_sats=0, incoming_sats=0, leaves=1)
    assert stage.net.ledger.transfers[transfer_id].status is TransferStatus.RETURNED
    htlc = stage.net.ledger.htlc_of(transfer_id)
    assert htlc is not None
    assert (htlc.status, htlc.preimage) == (HtlcStatus.RETURNED, None)
    assert stage.net.ledger.lightning_paid_sats == 0
