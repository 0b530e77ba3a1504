"""What envelopes show is measured on the envelopes, and who may unwrap is tried, not read from a policy."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from spikes.custody.envelope import Binding, to_base64
from spikes.custody.store import CustodyStore
from spikes.inspections.custody_watch.envelope_facts import data_keys, envelope_facts, try_doors
from spikes.inspections.custody_watch.vault import Issued, Vault, issue
from spikes.kms import service
from spikes.kms.policy import ALLOWED, Caller, Callers, Operation
from spikes.kms.service import Kms
from spikes.record import Fact
from spikes.wallets import derive_wallet

WALLET = derive_wallet(1, "envelope-facts")


@pytest.fixture
async def kms() -> AsyncIterator[tuple[Kms, str, dict[Caller, str]]]:
    tokens = {caller: secrets.token_hex(16) for caller in Caller}
    kms = Kms(Callers(tokens))
    runner = web.AppRunner(kms.application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield kms, f"http://127.0.0.1:{runner.addresses[0][1]}", tokens
    await runner.cleanup()


@pytest.fixture
async def safe(kms: tuple[Kms, str, dict[Caller, str]], tmp_path: Path) -> AsyncIterator[Vault]:
    _, url, tokens = kms
    path = tmp_path / "control-plane.sqlite"
    async with httpx.AsyncClient(trust_env=False) as http:
        yield Vault(store=CustodyStore(path), database=path, url=url, tokens=tokens, http=http)


async def imported(safe: Vault, name: str = "w") -> Issued:
    life = await safe.life(name)
    await life.import_(name, "owner", WALLET.mnemonic)
    return issue(life, name)


async def facts(safe: Vault, issued: Issued, *others: Issued) -> dict[str, Fact]:
    keys = await data_keys(safe, (issued, *others))
    return {fact.name: fact for fact in envelope_facts("r", issued, keys, await try_doors(safe, issued))}


async def test_a_sound_envelope_gives_the_facts_that_the_gate_wants(safe: Vault) -> None:
    found = await facts(safe, await imported(safe), await imported(safe, "other"))
    assert {name: fact.value for name, fact in found.items()} == {
        "unwraps_outside": 0,
        "data_key_uses": 1,
        "envelope.cipher": "AES-256-GCM",
        "envelope.associated_data": "network,version,wallet_id",
    }
    assert "4 callers without the right tried once: 0 let in, 0 not logged" in found["unwraps_outside"].how


async def test_associated_data_that_binds_nothing_shows(safe: Vault) -> None:
    """The row claims what it likes: the ciphertext is asked."""
    issued = await imported(safe)
    key = await safe.data_key(issued)
    nonce = issued.row.sealed().nonce
    unbound = to_base64(AESGCM(key).encrypt(nonce, WALLET.mnemonic.encode(), b""))
    loose = Issued(wallet=issued.wallet, row=dataclasses.replace(issued.row, ciphertext=unbound))
    assert (await facts(safe, loose))["envelope.associated_data"].value == ""
    assert (await facts(safe, loose))["envelope.cipher"].value == "unknown"


async def test_a_field_that_is_not_bound_is_not_named(safe: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Binding, "associated_data", lambda self: f"{self.network} {self.wallet_id}".encode())
    assert (await facts(safe, await imported(safe)))["envelope.associated_data"].value == "network,wallet_id"


async def test_a_data_key_that_opens_two_wallets_is_counted_twice(safe: Vault) -> None:
    issued = await imported(safe)
    assert (await facts(safe, issued, issued))["data_key_uses"].value == 2


@pytest.mark.parametrize("caller", [Caller.ORCHESTRATOR, Caller.CONTROL_PLANE, Caller.PAYWALL, Caller.ADMIN])
async def test_a_door_that_is_open_is_found(safe: Vault, monkeypatch: pytest.MonkeyPatch, caller: Caller) -> None:
    issued = await imported(safe)
    monkeypatch.setattr(service, "ALLOWED", {**ALLOWED, caller: ALLOWED[caller] | {Operation.UNWRAP}})
    found = (await facts(safe, issued))["unwraps_outside"]
    assert found.value == 2, "it was let in, and its refusal is missing from the log"
    assert "1 let in" in found.how


async def test_a_log_that_is_silent_is_found(
    safe: Vault, kms: tuple[Kms, str, dict[Caller, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = await imported(safe)
    monkeypatch.setattr(kms[0], "_log", lambda *args: None)
    assert (await facts(safe, issued))["unwraps_outside"].value == 4
