"""Where the native driver's mnemonic comes from: an encrypted envelope and the KMS, or, as before, the environment.

Role: read the settings of custody, and fetch the mnemonic at the moment the SDK is built: one question to the KMS for
each build, never asked again on its own. The JavaScript twin is wallet/custody.js. Must not know: the SDK, payments.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import httpx

from spikes.custody.envelope import Binding, EnvelopeError, open_sealed
from spikes.custody.kms_client import DEADLINE_S, KmsClient, KmsError
from spikes.custody.records import EnvelopeRow
from spikes.drivers.native.failures import WalletError

REGTEST = "regtest"


@dataclass(frozen=True, kw_only=True)
class LegacyEnv:
    """The mnemonic itself stood in the environment; None if it did not."""

    SOURCE: ClassVar[str] = "legacy_env"
    mnemonic: str | None = field(repr=False)

    async def mnemonic_now(self) -> str:
        """Raises WalletError mnemonic_missing."""
        if self.mnemonic is None:
            raise WalletError("mnemonic_missing", "set SPARKGATE_MNEMONIC")
        return self.mnemonic


@dataclass(frozen=True, kw_only=True)
class ConvexEnvelope:
    """Ciphertext, what it must be bound to, and the way to the KMS."""

    SOURCE: ClassVar[str] = "convex_envelope"
    row: EnvelopeRow
    binding: Binding
    kms_url: str
    kms_token: str = field(repr=False)
    kms_timeout_s: float

    async def mnemonic_now(self) -> str:
        """Raises WalletError secret_error, whose details hold the reason."""
        async with httpx.AsyncClient(trust_env=False) as http:
            kms = KmsClient(self.kms_url, self.kms_token, http, self.kms_timeout_s)
            try:
                return await open_sealed(self.row.sealed(), self.binding, kms.unwrap)
            except (EnvelopeError, KmsError) as error:
                raise WalletError("secret_error", str(error), {"reason": error.reason}) from None


Custody = LegacyEnv | ConvexEnvelope


def read_custody(env: Mapping[str, str], wallet_id: str, network: str = REGTEST) -> Custody:
    """The settings of custody; `network` is part of what an envelope is bound to.

    Raises ValueError; its message names the variable and no secret.
    """
    source, mnemonic = env.get("SPARKGATE_WALLET_SOURCE") or LegacyEnv.SOURCE, env.get("SPARKGATE_MNEMONIC") or None
    if source == LegacyEnv.SOURCE:
        return LegacyEnv(mnemonic=mnemonic)
    if source != ConvexEnvelope.SOURCE:
        raise ValueError("SPARKGATE_WALLET_SOURCE must be convex_envelope or legacy_env")
    if mnemonic is not None:
        raise ValueError("SPARKGATE_MNEMONIC is set beside an envelope; unset it: the envelope is there to avoid it")
    try:
        row = EnvelopeRow.from_json(json.loads(env.get("SPARKGATE_ENVELOPE", "")))
    except (ValueError, EnvelopeError):
        raise ValueError("SPARKGATE_ENVELOPE is not a row of lightningWalletKeyEnvelopes as JSON") from None
    version, timeout = env.get("SPARKGATE_WALLET_KEY_VERSION", ""), env.get("SPARKGATE_KMS_TIMEOUT_S", str(DEADLINE_S))
    if not version.isdecimal() or int(version) < 1:
        raise ValueError("SPARKGATE_WALLET_KEY_VERSION must be a whole number from 1 on")
    url, token = env.get("SPARKGATE_KMS_URL", ""), env.get("SPARKGATE_KMS_TOKEN", "")
    if not url or not token:
        raise ValueError("SPARKGATE_KMS_URL and SPARKGATE_KMS_TOKEN must be set; an envelope cannot be opened without")
    binding = Binding(wallet_id=wallet_id, key_version=int(version), network=network)
    return ConvexEnvelope(row=row, binding=binding, kms_url=url, kms_token=token, kms_timeout_s=float(timeout))
