"""The life of a wallet's keys, case by case: each starts the driver with what the control plane hands out then.

Role: generate, rotate, rewrap, disable, and what an attacker may do to the rows. The value of each case is the driver's
own typed answer. What needs a KMS that misbehaves is in steps.py. Must not know: surfaces, scans.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from spikes.custody.envelope import EnvelopeError, from_base64, to_base64
from spikes.custody.life import WalletLife, resealer
from spikes.errors import RuntimeStartFailure
from spikes.inspections.custody_watch import vault as vaults
from spikes.inspections.custody_watch.opening import OK, counted, opening
from spikes.inspections.custody_watch.planted import identity_of
from spikes.inspections.custody_watch.vault import OWNER, Issued, Vault, issue
from spikes.inspections.custody_watch.watch import INSPECT
from spikes.kms.policy import Caller
from spikes.runtimes import Runtime
from spikes.seat import Seat, Surroundings
from spikes.wallets import Wallet, derive_wallet

AT_ONCE = 2  # drivers that start side by side: as many as the smallest machine has cores


@dataclass(frozen=True, kw_only=True)
class KeyLife:
    """What came of all cases."""

    values: Mapping[str, str]
    unwraps: Mapping[str, int]  # by case: questions to the KMS for one build


@dataclass(frozen=True, kw_only=True)
class Ward:
    """Where the cases take place. `seed` is drawn anew for each inspection, so every wallet is new."""

    runtime: Runtime
    around: Surroundings
    vault: Vault
    seed: int = field(repr=False)
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    unwraps: dict[str, int] = field(default_factory=dict)
    issued: dict[tuple[str, int], Issued] = field(default_factory=dict)  # by wallet and key version, as it is now

    @classmethod
    def of(cls, runtime: Runtime, around: Surroundings, vault: Vault, *, seed: int, folder: Path, logs: Path) -> Ward:
        """A ward whose drivers keep state and logs in folders of their own."""
        inside = dataclasses.replace(around, scratch=folder, logs=logs)
        return cls(runtime=runtime, around=inside, vault=vault, seed=seed)

    def issue(self, life: WalletLife, wallet_id: str) -> Issued:
        """What the control plane hands out now. Raises EnvelopeError."""
        issued = issue(life, wallet_id)
        self.issued[issued.wallet.wallet_id, issued.wallet.key_version] = issued
        return issued

    def wallet(self, case: str) -> Wallet:
        """A wallet of the case's own."""
        return derive_wallet(self.seed, case)

    async def imported(self, case: str) -> Issued:
        """Its wallet, imported under a KMS key of its own. Raises KmsError, EnvelopeError."""
        wallet, life = self.wallet(case), await self.vault.life(case)
        await life.import_(wallet.wallet_id, OWNER, wallet.mnemonic)
        return self.issue(life, wallet.wallet_id)

    async def opens(self, case: str, issued: Issued, mnemonic: str) -> str:
        """Start a driver with these rows and have it open the wallet. Raises KmsError."""
        wallet = Wallet(mnemonic=mnemonic, token=self.wallet(case).token)
        settings = self.vault.settings(issued)
        name = f"{self.runtime.NAME}-{INSPECT}-{case.replace('_', '-')}"
        async with self.room:
            seat = Seat(
                *(self.runtime, name, wallet, self.around),
                inspect=INSPECT,
                watched=lambda launch: vaults.told(launch, settings),
            )
            try:
                await seat.boot()
                value, count = await counted(
                    self.vault,
                    issued.row.kms_key_name,
                    lambda: opening(seat.driver, identity_of(mnemonic), self.around.deadline_s),
                )
            except RuntimeStartFailure:
                return "did not start"
            finally:
                await seat.stop()
        self.unwraps[case] = count
        return value


async def key_life(ward: Ward) -> KeyLife:
    """Every case. Raises KmsError, EnvelopeError, ToolMissing."""
    values = await asyncio.gather(*(case(ward) for case in CASES))
    return KeyLife(values={name: value for found in values for name, value in found.items()}, unwraps=ward.unwraps)


async def _generate(ward: Ward) -> dict[str, str]:
    """A mnemonic that came into being on the secure side."""
    life = await ward.vault.life("generate")
    mnemonic = await life.create("generated", OWNER)
    return {"generate": await ward.opens("generate", ward.issue(life, "generated"), mnemonic)}


async def _rotate(ward: Ward) -> dict[str, str]:
    """The new envelope opens; the old one, put back under the new key version, does not."""
    old, wallet = await ward.imported("rotate"), ward.wallet("rotate")
    life = await ward.vault.life("rotate")
    await life.rotate(wallet.wallet_id, resealer(ward.vault.door(Caller.PAYMENT_RUNTIME)))
    new = ward.issue(life, wallet.wallet_id)
    put_back = Issued(wallet=new.wallet, row=old.row)
    # One after the other: both ask the KMS about the same key, and each one's questions are counted.
    opened = await ward.opens("rotate", new, wallet.mnemonic)
    replayed = await ward.opens("old_version_replayed", put_back, wallet.mnemonic)
    refused = replayed.startswith("error:")
    value = opened if opened != OK or refused else f"the old envelope ended {replayed}"
    return {"rotate": value, "old_version_replayed": replayed}


async def _rewrap(ward: Ward) -> dict[str, str]:
    """The data key under a new version of the KMS's key; the old version is destroyed."""
    before, wallet = await ward.imported("rewrap"), ward.wallet("rewrap")
    life = await ward.vault.life("rewrap")
    await life.rewrap(wallet.wallet_id)
    after = ward.issue(life, wallet.wallet_id)
    await ward.vault.door(Caller.ADMIN).set_state("rewrap", before.row.kms_key_version, "destroy")
    if (before.row.ciphertext, before.row.nonce) != (after.row.ciphertext, after.row.nonce):
        return {"rewrap": "the ciphertext was touched"}
    return {"rewrap": await ward.opens("rewrap", after, wallet.mnemonic)}


async def _disable(ward: Ward) -> dict[str, str]:
    """From then on the control plane hands out no envelope: there is nothing to start a driver with."""
    await ward.imported("disable")
    life, wallet_id = await ward.vault.life("disable"), ward.wallet("disable").wallet_id
    life.disable(wallet_id)
    try:
        life.issue(wallet_id)
    except EnvelopeError as refused:
        return {"disable": OK if refused.reason == "wallet_disabled" else f"error:{refused.reason}"}
    return {"disable": "handed out"}


async def _tampered_envelope(ward: Ward) -> dict[str, str]:
    """One bit of the ciphertext."""
    issued = await ward.imported("tampered_envelope")
    ciphertext = bytearray(from_base64(issued.row.ciphertext))
    ciphertext[len(ciphertext) // 2] ^= 1
    row = dataclasses.replace(issued.row, ciphertext=to_base64(bytes(ciphertext)))
    return await _attacked(ward, "tampered_envelope", Issued(wallet=issued.wallet, row=row))


async def _swapped_row(ward: Ward) -> dict[str, str]:
    """Another wallet's envelope, made to look like this one's."""
    issued, other = await ward.imported("swapped_row"), await ward.imported("swapped_row.other")
    row = dataclasses.replace(other.row, wallet_id=issued.wallet.wallet_id)
    return await _attacked(ward, "swapped_row", Issued(wallet=issued.wallet, row=row))


async def _wrong_kms_key(ward: Ward) -> dict[str, str]:
    """A reference to another key of the same KMS."""
    issued = await ward.imported("wrong_kms_key")
    await ward.vault.life("wrong_kms_key.other")
    row = dataclasses.replace(issued.row, kms_key_name="wrong_kms_key.other")
    return await _attacked(ward, "wrong_kms_key", Issued(wallet=issued.wallet, row=row))


async def _attacked(ward: Ward, case: str, issued: Issued) -> dict[str, str]:
    return {case: await ward.opens(case, issued, ward.wallet(case).mnemonic)}


CASES: tuple[Callable[[Ward], Awaitable[dict[str, str]]], ...] = (
    *(_generate, _rotate, _rewrap, _disable),
    *(_tampered_envelope, _swapped_row, _wrong_kms_key),
)
