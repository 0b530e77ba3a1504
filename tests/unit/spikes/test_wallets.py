"""Wallets are derived from the seed, are valid BIP39, and do not show their secrets."""

from __future__ import annotations

from pathlib import Path

from embit import bip39

from spikes.record import fingerprint
from spikes.runtimes.settings import Settings
from spikes.wallets import derive_token, derive_wallet


def test_a_mnemonic_is_valid_bip39_of_twelve_words() -> None:
    for seed in range(20):
        mnemonic = derive_wallet(seed, "native").mnemonic
        assert len(mnemonic.split()) == 12
        assert bip39.mnemonic_is_valid(mnemonic)


def test_every_runtime_and_seed_has_a_wallet_of_its_own() -> None:
    wallets = [derive_wallet(seed, runtime) for seed in (1, 2) for runtime in ("native", "native@b", "node")]
    assert len({wallet.mnemonic for wallet in wallets}) == len({wallet.token for wallet in wallets}) == 6
    assert derive_wallet(1, "native") == wallets[0]
    assert derive_token(1, "native-orchestrator") not in {wallet.token for wallet in wallets}


def test_secrets_show_neither_in_reprs_nor_in_the_wallet_id() -> None:
    wallet = derive_wallet(1, "native")
    settings = Settings(
        runtime="native",
        network="{}",
        token=wallet.token,
        mnemonic=wallet.mnemonic,
        wallet_id=wallet.wallet_id,
        state_dir=Path("x"),
        executor_url="http://127.0.0.1:1",
        executor_token=wallet.token,
    )
    for shown in (repr(wallet), repr(settings), wallet.wallet_id):
        assert wallet.mnemonic not in shown
        assert wallet.token not in shown
        assert not set(wallet.mnemonic.split()) & set(shown.replace("'", " ").split())
    assert wallet.wallet_id == f"wallet-{fingerprint(wallet.mnemonic)}"


def test_an_orchestrator_is_told_no_mnemonic() -> None:
    settings = Settings(runtime="o", network="{}", token="t", mnemonic=None, wallet_id="w", state_dir=Path("x"))
    assert "SPARKGATE_MNEMONIC" not in settings.environment()
    assert "SPARKGATE_EXECUTOR_URL" not in settings.environment()
