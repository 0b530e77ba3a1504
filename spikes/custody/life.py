"""A wallet's life: created or imported, rotated, rewrapped, disabled.

Role: the control plane's operations on the rows. It can seal and it cannot open: unwrapping is the payment runtime's.
A mnemonic comes into being here (or is handed over, once) and is sealed before anything is written.
Must not know: how a runtime is started, payments.
"""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Awaitable, Callable

from embit import bip39

from spikes.custody.envelope import Binding, EnvelopeError, open_sealed, seal
from spikes.custody.kms_client import KmsClient
from spikes.custody.records import EnvelopeRow, WalletRow, WalletStatus
from spikes.custody.store import CustodyStore

Reseal = Callable[[EnvelopeRow, Binding, Binding], Awaitable[EnvelopeRow]]  # (old, bound to, to be bound to)
BACKEND = "spark"
ENTROPY_BYTES = 16  # twelve words


class WalletLife:
    """The operations, on one store, with one KMS key, as the control plane."""

    def __init__(self, store: CustodyStore, kms: KmsClient, *, key_name: str, network: str) -> None:
        self._store = store
        self._kms = kms
        self._key_name = key_name
        self._network = network

    async def create(self, wallet_id: str, owner_id: str) -> str:
        """A new wallet with a fresh mnemonic, which is returned once so that its owner can back it up."""
        mnemonic = str(bip39.mnemonic_from_bytes(secrets.token_bytes(ENTROPY_BYTES)))
        await self.import_(wallet_id, owner_id, mnemonic)
        return mnemonic

    async def import_(self, wallet_id: str, owner_id: str, mnemonic: str) -> None:
        """A wallet from an existing mnemonic, as the backfill from a legacy environment seed does.

        Raises EnvelopeError mnemonic_invalid or wallet_exists, and what the KMS raises; nothing is stored then.
        """
        if not bip39.mnemonic_is_valid(mnemonic):
            raise EnvelopeError("mnemonic_invalid", "this is not a BIP39 mnemonic; check its words and their order")
        if self._exists(wallet_id):
            raise EnvelopeError("wallet_exists", f"{wallet_id} exists already; rotate it, or choose another id")
        wallet = WalletRow(
            wallet_id=wallet_id,
            owner_id=owner_id,
            backend=BACKEND,
            network=self._network,
            status=WalletStatus.ACTIVE,
            key_version=1,
        )
        envelope = await _sealed(mnemonic, wallet.binding(), self._kms, self._key_name)
        with self._store.transaction():
            self._store.put_wallet(wallet)
            self._store.put_envelope(envelope)

    async def rotate(self, wallet_id: str, reseal: Reseal) -> None:
        """The next key version: a new data key, a new envelope. The old envelope never opens this wallet again.

        `reseal` runs where unwrapping is allowed; the control plane sees ciphertext before and after. Raises what it
        raises; the wallet is then as it was.
        """
        wallet, old = self.issue(wallet_id)
        after = dataclasses.replace(wallet, key_version=wallet.key_version + 1)
        envelope = await reseal(old, wallet.binding(), after.binding())
        with self._store.transaction():
            self._store.put_envelope(dataclasses.replace(old, rotated_at_ms=_now_ms()))
            self._store.put_envelope(envelope)
            self._store.put_wallet(after)

    async def rewrap(self, wallet_id: str) -> None:
        """The same data key under the KMS's newest key version; ciphertext and nonce stay byte for byte."""
        wallet = self._store.wallet(wallet_id)
        envelope = self._store.envelope(wallet_id, wallet.key_version)
        wrapped = await self._kms.rewrap(envelope.sealed().data_key, wallet.binding().associated_data())
        renewed = EnvelopeRow.of(dataclasses.replace(envelope.sealed(), data_key=wrapped), envelope.created_at_ms)
        self._store.put_envelope(dataclasses.replace(renewed, rewrapped_at_ms=_now_ms()))

    def disable(self, wallet_id: str) -> None:
        """From now on nobody is given this wallet's envelope."""
        self._store.put_wallet(dataclasses.replace(self._store.wallet(wallet_id), status=WalletStatus.DISABLED))

    def issue(self, wallet_id: str) -> tuple[WalletRow, EnvelopeRow]:
        """What a payment runtime is given: the wallet and its current envelope.

        Raises EnvelopeError wallet_disabled, no_such_wallet or no_such_envelope.
        """
        wallet = self._store.wallet(wallet_id)
        if wallet.status is WalletStatus.DISABLED:
            raise EnvelopeError("wallet_disabled", f"{wallet_id} is disabled; its envelope is not handed out")
        return wallet, self._store.envelope(wallet_id, wallet.key_version)

    def _exists(self, wallet_id: str) -> bool:
        try:
            self._store.wallet(wallet_id)
        except EnvelopeError:
            return False
        return True


def resealer(kms: KmsClient) -> Reseal:
    """Opens an envelope and seals its secret under a new data key, with the payment runtime's door to the KMS."""

    async def reseal(old: EnvelopeRow, before: Binding, after: Binding) -> EnvelopeRow:
        mnemonic = await open_sealed(old.sealed(), before, kms.unwrap)
        return await _sealed(mnemonic, after, kms, old.kms_key_name)

    return reseal


async def _sealed(mnemonic: str, binding: Binding, kms: KmsClient, key_name: str) -> EnvelopeRow:
    sealed = await seal(mnemonic, binding, lambda key, bound: kms.wrap(key_name, key, bound))
    return EnvelopeRow.of(sealed, _now_ms())


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
