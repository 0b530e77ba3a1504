"""A wallet's life, with a real KMS: who may open it, when, and what is left when something goes wrong."""

from __future__ import annotations

import dataclasses
import sqlite3
from pathlib import Path

import pytest
from embit import bip39

from spikes.custody.envelope import EnvelopeError, open_sealed
from spikes.custody.kms_client import KmsError
from spikes.custody.life import WalletLife, resealer
from spikes.custody.records import EnvelopeRow, PolicyRow, SnapshotRow, WalletRow
from spikes.custody.store import CustodyStore
from spikes.kms.policy import Caller
from tests.unit.custody.conftest import KEY, Running

MNEMONIC = "legal winner thank year wave sausage worth useful legal winner thank yellow"


async def opened(running: Running, life: WalletLife, wallet_id: str, caller: Caller = Caller.PAYMENT_RUNTIME) -> str:
    wallet, envelope = life.issue(wallet_id)
    return await open_sealed(envelope.sealed(), wallet.binding(), running.door(caller).unwrap)


async def test_a_created_wallet_opens_in_the_payment_runtime(running: Running, life: WalletLife) -> None:
    mnemonic = await life.create("w", "owner")
    assert bip39.mnemonic_is_valid(mnemonic)
    assert await opened(running, life, "w") == mnemonic
    assert await life.create("w2", "owner") != mnemonic


async def test_nobody_else_may_unwrap_and_every_try_is_in_the_audit_log(running: Running, life: WalletLife) -> None:
    await life.import_("w", "owner", MNEMONIC)
    others = [caller for caller in Caller if caller is not Caller.PAYMENT_RUNTIME]
    for caller in others:
        with pytest.raises(KmsError) as refused:
            await opened(running, life, "w", caller)
        assert refused.value.reason == "kms_denied"
    entries = await running.door(Caller.ADMIN).audit()
    seen = [(entry["caller"], entry["result"]) for entry in entries if entry["operation"] == "unwrap"]
    assert seen == [(caller.value, "denied") for caller in others]


async def test_a_stranger_is_told_nothing(running: Running, life: WalletLife) -> None:
    stranger = running.door(Caller.PAYWALL)
    stranger._token = "guess"
    with pytest.raises(KmsError) as refused:
        await stranger.create_version("mine")
    assert refused.value.reason == "kms_denied"
    assert running.kms.audit[-1].caller == "unknown"


async def test_rotation_makes_the_old_envelope_useless(running: Running, life: WalletLife, store: CustodyStore) -> None:
    await life.import_("w", "owner", MNEMONIC)
    old = store.envelope("w", 1)
    await life.rotate("w", resealer(running.door(Caller.PAYMENT_RUNTIME)))
    wallet, new = life.issue("w")
    assert (wallet.key_version, new.key_version) == (2, 2)
    assert new.ciphertext != old.ciphertext
    assert store.envelope("w", 1).rotated_at_ms is not None
    assert await opened(running, life, "w") == MNEMONIC
    with pytest.raises(EnvelopeError) as replayed:  # an attacker puts the old row back
        await open_sealed(old.sealed(), wallet.binding(), running.door(Caller.PAYMENT_RUNTIME).unwrap)
    assert replayed.value.reason == "wrong_key_version"
    with pytest.raises(EnvelopeError, match="never goes back"):
        store.put_wallet(dataclasses.replace(wallet, key_version=1))


async def test_a_rotation_that_fails_changes_nothing(running: Running, life: WalletLife, store: CustodyStore) -> None:
    await life.import_("w", "owner", MNEMONIC)
    before = (store.wallet("w"), store.envelope("w", 1))
    with pytest.raises(KmsError):
        await life.rotate("w", resealer(running.door(Caller.ORCHESTRATOR)))
    assert (store.wallet("w"), store.envelope("w", 1)) == before


async def test_rewrapping_leaves_the_ciphertext_alone(running: Running, life: WalletLife, store: CustodyStore) -> None:
    await life.import_("w", "owner", MNEMONIC)
    before = store.envelope("w", 1)
    admin = running.door(Caller.ADMIN)
    assert await admin.create_version(KEY) == 2
    await life.rewrap("w")
    after = store.envelope("w", 1)
    assert (after.ciphertext, after.nonce, after.key_version) == (before.ciphertext, before.nonce, 1)
    assert (after.kms_key_version, after.wrapped_data_key != before.wrapped_data_key) == (2, True)
    await admin.set_state(KEY, 1, "destroy")
    assert await opened(running, life, "w") == MNEMONIC
    with pytest.raises(KmsError) as gone:
        await running.door(Caller.PAYMENT_RUNTIME).unwrap(
            before.sealed().data_key, store.wallet("w").binding().associated_data()
        )
    assert gone.value.reason == "key_destroyed"


async def test_a_disabled_wallet_is_not_handed_out_and_a_disabled_key_opens_nothing(
    running: Running, life: WalletLife
) -> None:
    await life.import_("w", "owner", MNEMONIC)
    admin = running.door(Caller.ADMIN)
    await admin.set_state(KEY, 1, "disable")
    with pytest.raises(KmsError) as refused:
        await opened(running, life, "w")
    assert refused.value.reason == "key_disabled"
    await admin.set_state(KEY, 1, "enable")
    assert await opened(running, life, "w") == MNEMONIC
    life.disable("w")
    with pytest.raises(EnvelopeError) as disabled:
        life.issue("w")
    assert disabled.value.reason == "wallet_disabled"


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [({"deny": True}, "kms_denied"), ({"latency_s": 9.0}, "kms_timeout"), ({"gone": True}, "kms_unreachable")],
)
async def test_a_kms_that_misbehaves_is_asked_once_and_gives_no_secret(
    running: Running, life: WalletLife, behaviour: dict[str, object], reason: str
) -> None:
    await life.import_("w", "owner", MNEMONIC)
    await running.door(Caller.ADMIN).behave(**behaviour)  # type: ignore[arg-type]
    with pytest.raises(KmsError) as refused:
        await opened(running, life, "w")
    assert refused.value.reason == reason
    assert [entry.operation for entry in running.kms.audit].count("unwrap") <= 1
    await running.door(Caller.ADMIN).behave()
    assert await opened(running, life, "w") == MNEMONIC


async def test_swapped_rows_do_not_open(running: Running, life: WalletLife, store: CustodyStore) -> None:
    await life.import_("a", "owner", MNEMONIC)
    await life.create("b", "owner")
    stolen = EnvelopeRow.from_json({**store.envelope("a", 1).to_json(), "walletId": "b"})
    store.put_envelope(stolen)
    with pytest.raises(KmsError) as refused:
        await opened(running, life, "b")
    assert refused.value.reason == "envelope_tampered"


async def test_bad_input_stores_nothing(running: Running, life: WalletLife, store: CustodyStore) -> None:
    with pytest.raises(EnvelopeError, match="BIP39"):
        await life.import_("w", "owner", "twelve words that are not a mnemonic at all, or are they?")
    with pytest.raises(EnvelopeError, match="no wallet w"):
        store.wallet("w")
    await life.import_("w", "owner", MNEMONIC)
    with pytest.raises(EnvelopeError, match="exists already"):
        await life.import_("w", "owner", MNEMONIC)


async def test_no_plaintext_lies_in_the_database(life: WalletLife, tmp_path: Path) -> None:
    mnemonic = await life.create("w", "owner")
    written = (tmp_path / "custody.sqlite").read_bytes()
    assert b"lightningWallets" in written
    assert mnemonic.encode() not in written
    assert " ".join(mnemonic.split()[:4]).encode() not in written


def test_rows_are_read_strictly() -> None:
    policy = PolicyRow(
        wallet_id="w", request_cap_msats=1, window_cap_msats=2, window_s=3, host_allowlist=("a.example",)
    )
    raw = {**policy.to_json(), "hostAllowlist": ["a.example"]}
    assert PolicyRow.from_json(raw) == policy
    wrongs: tuple[object, ...] = ({}, [], None, {**raw, "extra": 1}, {**raw, "windowS": "3"}, {**raw, "windowS": True})
    for wrong in wrongs:
        with pytest.raises(EnvelopeError, match="lightningWalletPolicies"):
            PolicyRow.from_json(wrong)


def test_the_four_tables_exist_under_the_names_of_the_plan(store: CustodyStore, tmp_path: Path) -> None:
    names = {
        row[0]
        for row in sqlite3.connect(tmp_path / "custody.sqlite").execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        )
    }
    assert names == {kind.TABLE for kind in (WalletRow, PolicyRow, EnvelopeRow, SnapshotRow)}
