"""A live run is refused until all of it was said; for real money the words hold for one day, one wallet, one sum."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import date, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from spikes.errors import LiveFailure
from spikes.live.networks import network_named
from spikes.live.permission import (
    AMOUNT_LIMIT,
    API_KEY,
    CONFIRM,
    MNEMONIC,
    MOST_SATS,
    SPEND_CAP,
    Permission,
    read_permission,
    read_sats,
    refuse_automation,
)

TODAY = date(2026, 11, 23)


def api_key() -> str:
    """A key as the SDK's maker hands them out: a certificate in base64."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a partner")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(datetime(2026, 1, 1)).not_valid_after(datetime(2036, 1, 1))
    return base64.b64encode(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)).decode()


WORDS = " ".join(["abandon"] * 11 + ["about"])
SAID: Mapping[str, str] = {
    MNEMONIC: WORDS,
    API_KEY: api_key(),
    SPEND_CAP: "500",
    AMOUNT_LIMIT: "20",
}
MEANT = {
    "regtest": "spend up to 500 sats on hosted-regtest",
    "mainnet": "on 2026-11-23 I spend up to 500 real sats, at most 20 at once, from wallet-c557eec878dfd852 "
    "on mainnet, and can bear their loss",
}


def allowed(network: str, said: Mapping[str, str], today: date = TODAY) -> Permission:
    return read_permission(said, network_named(network), today)


def refusal(network: str, said: Mapping[str, str], today: date = TODAY) -> str:
    with pytest.raises(LiveFailure) as refused:
        allowed(network, said, today)
    text = str(refused.value)
    assert text.startswith("nothing was sent: ")
    assert "abandon" not in text
    assert SAID[API_KEY] not in text
    return text


@pytest.mark.parametrize("network", MEANT)
def test_everything_said_is_enough_and_no_secret_shows(network: str) -> None:
    permission = allowed(network, {**SAID, CONFIRM: MEANT[network]})
    assert (permission.network, permission.spend_cap_sats, permission.amount_limit_sats) == (network, 500, 20)
    assert permission.mnemonic == WORDS
    assert "abandon" not in repr(permission)
    assert SAID[API_KEY] not in repr(permission)


@pytest.mark.parametrize("network", MEANT)
@pytest.mark.parametrize("name", [MNEMONIC, SPEND_CAP, AMOUNT_LIMIT])
def test_whatever_is_missing_is_named(network: str, name: str) -> None:
    said = {**SAID, CONFIRM: MEANT[network]}
    for without in ({**said, name: ""}, {key: value for key, value in said.items() if key != name}):
        assert f"{name} is not set" in refusal(network, without)


def test_all_that_is_missing_is_named_at_once() -> None:
    text = refusal("mainnet", {})
    assert all(f"{name} is not set" in text for name in (MNEMONIC, API_KEY, SPEND_CAP, AMOUNT_LIMIT, CONFIRM))


@pytest.mark.parametrize("key", ["some-key", "c29tZSBrZXk=", "MIIB"])
def test_a_key_that_the_sdk_could_not_read_is_refused_where_it_is_needed(key: str) -> None:
    assert f"{API_KEY} is not a key" in refusal("mainnet", {**SAID, CONFIRM: MEANT["mainnet"], API_KEY: key})
    assert allowed("regtest", {**SAID, CONFIRM: MEANT["regtest"], API_KEY: key}).api_key == key


def test_only_mainnet_asks_for_a_key() -> None:
    said = {**SAID, API_KEY: ""}
    assert f"{API_KEY} is not set" in refusal("mainnet", {**said, CONFIRM: MEANT["mainnet"]})
    assert allowed("regtest", {**said, CONFIRM: MEANT["regtest"]}).api_key is None


@pytest.mark.parametrize("network", MEANT)
def test_the_words_are_told_and_no_others_do(network: str) -> None:
    assert MEANT[network] in refusal(network, SAID)
    other = next(words for name, words in MEANT.items() if name != network)
    for words in ("yes", MEANT[network].upper(), f"{MEANT[network]} ", other):
        assert MEANT[network] in refusal(network, {**SAID, CONFIRM: words})


@pytest.mark.parametrize(
    ("name", "value"), [(SPEND_CAP, "501"), (AMOUNT_LIMIT, "21"), (MNEMONIC, "zoo " * 11 + "wrong")]
)
def test_for_real_money_the_words_fit_one_wallet_and_one_sum(name: str, value: str) -> None:
    assert CONFIRM in refusal("mainnet", {**SAID, CONFIRM: MEANT["mainnet"], name: value})


def test_for_real_money_the_words_hold_for_a_day() -> None:
    said = {**SAID, CONFIRM: MEANT["mainnet"]}
    assert allowed("mainnet", said).network == "mainnet"
    assert "on 2026-11-24 I spend" in refusal("mainnet", said, date(2026, 11, 24))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        (SPEND_CAP, "0", "whole number"),
        (SPEND_CAP, "1.5", "whole number"),
        (SPEND_CAP, str(MOST_SATS + 1), "whole number"),
        (AMOUNT_LIMIT, "-1", "whole number"),
        (AMOUNT_LIMIT, "٣", "whole number"),
        (AMOUNT_LIMIT, "501", "above"),
        (MNEMONIC, "abandon " * 12, "BIP39"),
        (MNEMONIC, "abandon", "BIP39"),
    ],
)
def test_whatever_is_wrong_is_named(name: str, value: str, says: str) -> None:
    text = refusal("regtest", {**SAID, CONFIRM: MEANT["regtest"], name: value})
    assert name in text
    assert says in text


@pytest.mark.parametrize("name", ["CI", "GITHUB_ACTIONS"])
def test_no_automatic_run_spends(name: str) -> None:
    for value in ("true", "1", "TRUE", "yes"):
        assert name in refusal("regtest", {**SAID, CONFIRM: MEANT["regtest"], name: value})
    for value in ("", "false", "0"):
        refuse_automation({name: value})


@given(st.text(max_size=8))
def test_sats_are_plain_digits_within_bounds(text: str) -> None:
    sats = read_sats(text)
    if sats is not None:
        assert text.isascii()
        assert 1 <= sats == int(text) <= MOST_SATS


@given(st.integers(min_value=1, max_value=MOST_SATS))
def test_every_sum_within_bounds_can_be_said(sats: int) -> None:
    assert read_sats(str(sats)) == sats
