"""The secure side of one inspection: the control plane's database, a KMS in a process of its own, and their doors.

Role: starts the KMS, makes wallets, and says what a payment runtime is told of one. Must not know: seats, surfaces.
"""

from __future__ import annotations

import dataclasses
import json
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from spikes.custody.envelope import open_sealed
from spikes.custody.kms_client import KmsClient
from spikes.custody.life import WalletLife
from spikes.custody.records import EnvelopeRow, WalletRow
from spikes.custody.store import CustodyStore
from spikes.errors import RuntimeStartFailure
from spikes.kms.policy import Caller
from spikes.processes import Launch, running

NETWORK = "regtest"
OWNER = "custody-inspection"
DATABASE = "control-plane.sqlite"
START_DEADLINE_S = 30.0
LOOPBACK = "127.0.0.1"
TOKEN_BYTES = 32
# Longer than a busy machine keeps a healthy KMS waiting; the slow one takes longer than this.
KMS_TIMEOUT_S = 2
MNEMONIC = "SPARKGATE_MNEMONIC"


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A wallet and its envelope, as a payment runtime is given them. The rows are data: an attacker may change them."""

    wallet: WalletRow
    row: EnvelopeRow


@dataclass(frozen=True, kw_only=True)
class Vault:
    """The control plane and its KMS."""

    store: CustodyStore = field(repr=False)
    database: Path
    url: str
    tokens: Mapping[Caller, str] = field(repr=False)
    http: httpx.AsyncClient = field(repr=False)

    def door(self, caller: Caller) -> KmsClient:
        """A caller's way to the KMS."""
        return KmsClient(self.url, self.tokens[caller], self.http)

    async def life(self, key: str) -> WalletLife:
        """The control plane's operations under a new key of the KMS. Raises KmsError."""
        await self.door(Caller.ADMIN).create_version(key)
        return WalletLife(self.store, self.door(Caller.CONTROL_PLANE), key_name=key, network=NETWORK)

    def settings(self, issued: Issued) -> dict[str, str]:
        """The environment of a payment runtime that may open this wallet."""
        return {
            "SPARKGATE_WALLET_SOURCE": "convex_envelope",
            "SPARKGATE_WALLET_ID": issued.wallet.wallet_id,
            "SPARKGATE_ENVELOPE": json.dumps(issued.row.to_json()),
            "SPARKGATE_WALLET_KEY_VERSION": str(issued.wallet.key_version),
            "SPARKGATE_KMS_URL": self.url,
            "SPARKGATE_KMS_TOKEN": self.tokens[Caller.PAYMENT_RUNTIME],
            "SPARKGATE_KMS_TIMEOUT_S": str(KMS_TIMEOUT_S),
        }

    async def opened(self, issued: Issued) -> str:
        """The mnemonic, as the payment runtime would get it. Raises KmsError, EnvelopeError."""
        unwrap = self.door(Caller.PAYMENT_RUNTIME).unwrap
        return await open_sealed(issued.row.sealed(), issued.wallet.binding(), unwrap)

    async def data_key(self, issued: Issued) -> bytes:
        """The key that the mnemonic is encrypted with. Raises KmsError."""
        bound = issued.wallet.binding().associated_data()
        return await self.door(Caller.PAYMENT_RUNTIME).unwrap(issued.row.sealed().data_key, bound)

    async def unwraps(self, key: str = "") -> list[dict[str, Any]]:
        """The audit log's entries about unwrapping, under one key or all. Raises KmsError."""
        entries = await self.door(Caller.ADMIN).audit()
        return [entry for entry in entries if entry["operation"] == "unwrap" and key in ("", entry["key"])]


def issue(life: WalletLife, wallet_id: str) -> Issued:
    """What the control plane hands out. Raises EnvelopeError."""
    wallet, row = life.issue(wallet_id)
    return Issued(wallet=wallet, row=row)


def told(launch: Launch, settings: Mapping[str, str]) -> Launch:
    """A driver's launch with an envelope in place of its mnemonic."""
    env = {name: value for name, value in launch.env.items() if name != MNEMONIC}
    return dataclasses.replace(launch, env={**env, **settings})


@asynccontextmanager
async def vault(http: httpx.AsyncClient, folder: Path, logs: Path) -> AsyncIterator[Vault]:
    """A control plane and a KMS for the length of a `with` block. Raises RuntimeStartFailure."""
    tokens = {caller: secrets.token_hex(TOKEN_BYTES) for caller in Caller}
    launch = Launch(
        argv=(sys.executable, "-m", "spikes.kms"),
        env={"SPARKGATE_KMS_TOKENS": json.dumps(tokens), "SPARKGATE_LIFELINE": "1"},
    )
    store = CustodyStore(folder / DATABASE)
    try:
        async with running(
            launch, name="kms", logs=logs, deadline_s=START_DEADLINE_S, failure=RuntimeStartFailure
        ) as child:
            url = f"http://{LOOPBACK}:{child.announcement['port']}"
            yield Vault(store=store, database=folder / DATABASE, url=url, tokens=tokens, http=http)
    finally:
        store.close()
