"""The native driver's configuration and error table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spikes.drivers.native.config import Config, ConfigError
from spikes.drivers.native.failures import WalletError, error_table

VECTORS = Path(__file__).parents[2] / "vectors" / "envelopes.json"
NETWORK = json.dumps({"operators": [], "ssp": {"baseUrl": "http://127.0.0.1:1"}})
ENV = {
    "SPARKGATE_NETWORK": NETWORK,
    "SPARKGATE_TOKEN": "a-token",
    "SPARKGATE_MNEMONIC": "twelve words",
    "SPARKGATE_STATE_DIR": "state",
}


def test_defaults_are_those_of_the_contract() -> None:
    config = Config.from_environment(ENV)
    assert (config.request_cap_msats, config.window_cap_msats, config.completion_timeout_s) == (200_000_000, None, 45)
    assert not config.lifeline


def test_secrets_do_not_show() -> None:
    shown = repr(Config.from_environment(ENV))
    assert "a-token" not in shown
    assert "twelve words" not in shown


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SPARKGATE_NETWORK", ""),
        ("SPARKGATE_NETWORK", "{}"),
        ("SPARKGATE_NETWORK", "[]"),
        ("SPARKGATE_NETWORK", "{"),
        ("SPARKGATE_TOKEN", ""),
        ("SPARKGATE_STATE_DIR", ""),
        ("SPARKGATE_REQUEST_CAP_MSATS", "1.5"),
        ("SPARKGATE_REQUEST_CAP_MSATS", "0"),
        ("SPARKGATE_COMPLETION_TIMEOUT_S", "-1"),
    ],
)
def test_a_setting_that_cannot_be_read_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        Config.from_environment({**ENV, name: value})


async def test_a_missing_mnemonic_is_the_wallets_error_and_not_the_settings() -> None:
    config = Config.from_environment({**ENV, "SPARKGATE_MNEMONIC": ""})
    with pytest.raises(WalletError) as missing:
        await config.custody.mnemonic_now()
    assert missing.value.code == "mnemonic_missing"


SEALED = {
    **{name: value for name, value in ENV.items() if name != "SPARKGATE_MNEMONIC"},
    "SPARKGATE_WALLET_SOURCE": "convex_envelope",
    "SPARKGATE_ENVELOPE": json.dumps(json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"][0]["row"]),
    "SPARKGATE_WALLET_KEY_VERSION": "1",
    "SPARKGATE_KMS_URL": "http://127.0.0.1:1",
    "SPARKGATE_KMS_TOKEN": "a-kms-token",
}


async def test_an_envelope_is_read_and_nothing_is_opened_before_it_is_needed() -> None:
    config = Config.from_environment(SEALED)
    assert "a-kms-token" not in repr(config.custody)
    with pytest.raises(WalletError) as refused:  # nobody listens there
        await config.custody.mnemonic_now()
    assert (refused.value.code, refused.value.details["reason"]) == ("secret_error", "wrong_binding")
    right = Config.from_environment({**SEALED, "SPARKGATE_WALLET_ID": "wallet-1"})
    with pytest.raises(WalletError) as unreachable:
        await right.custody.mnemonic_now()
    assert unreachable.value.details["reason"] == "kms_unreachable"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SPARKGATE_WALLET_SOURCE", "post-it"),
        ("SPARKGATE_MNEMONIC", "twelve words"),
        ("SPARKGATE_ENVELOPE", ""),
        ("SPARKGATE_ENVELOPE", "{}"),
        ("SPARKGATE_WALLET_KEY_VERSION", "0"),
        ("SPARKGATE_KMS_URL", ""),
        ("SPARKGATE_KMS_TOKEN", ""),
    ],
)
def test_a_setting_of_custody_that_cannot_be_read_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        Config.from_environment({**SEALED, name: value})


def test_every_code_has_status_and_outcome_and_an_unknown_one_is_a_defect() -> None:
    table = error_table()
    assert {meaning.outcome for meaning in table.values()} <= {"paid", "blocked", "failed", "unknown", "unsupported"}
    assert (table["payment_pending"].http, table["payment_pending"].definite) == (504, False)
    assert (table["payment_failed"].http, table["payment_failed"].definite) == (502, True)
    with pytest.raises(KeyError):
        WalletError("no_such_code", "x")
