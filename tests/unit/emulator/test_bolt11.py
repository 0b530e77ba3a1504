"""Invoices: the BOLT11 examples, the `bolt11` package as the second opinion in both directions, and fuzzing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import bolt11 as oracle
import pytest
from bech32 import bech32_encode
from hypothesis import given, settings
from hypothesis import strategies as st

from spikes.emulator import bolt11
from spikes.emulator.bolt11 import Invoice, InvoiceError
from spikes.emulator.crypto import curve

EXAMPLES: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "bolt11.json").read_text())
NODE_SECRET = int(EXAMPLES["node_secret"], 16)
PAYEE = curve.point(NODE_SECRET)
SAMPLE = Invoice(
    network_prefix="bcrt",
    amount_msats=21_000_000,
    timestamp=1_763_000_000,
    payment_hash=bytes(range(32)),
    payment_secret=bytes(range(32, 64)),
    description="",
    expiry_s=600,
    min_final_cltv=40,
    payee=PAYEE,
)
CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
MAX_MSATS = 21_000_000 * 100_000_000 * 1000
INVOICES = st.builds(
    Invoice,
    network_prefix=st.sampled_from(["bcrt", "tb", "bc", "tbs"]),
    amount_msats=st.one_of(
        st.none(), st.integers(1, MAX_MSATS), st.integers(1, 21_000_000).map(lambda btc: btc * 10**11)
    ),
    timestamp=st.integers(0, 2**35 - 1),
    payment_hash=st.binary(min_size=32, max_size=32),
    payment_secret=st.binary(min_size=32, max_size=32),
    description=st.text(st.characters(codec="utf-8"), max_size=150),
    expiry_s=st.integers(0, 2**40),
    min_final_cltv=st.integers(0, 2**20),
    payee=st.just(PAYEE),
)


@pytest.mark.parametrize(
    ("name", "amount", "description", "expiry", "cltv"),
    [
        ("coffee", 2_500_000_000, "coffee beans", 3600, 18),
        ("coffee_upper_case", 2_500_000_000, "coffee beans", 3600, 18),
        ("ignored_fields", 2_500_000_000, "coffee beans", 3600, 18),
        ("metadata", 1_000_000_000, "payment metadata inside", 3600, 18),
        ("pico_amount", 967_878_534, None, 604_800, 10),
    ],
)
def test_valid_examples(name: str, amount: int, description: str | None, expiry: int, cltv: int) -> None:
    invoice = bolt11.decode(EXAMPLES["valid"][name])
    assert invoice.network_prefix == "bc"
    assert invoice.amount_msats == amount
    assert description in {None, invoice.description}
    assert (invoice.expiry_s, invoice.min_final_cltv) == (expiry, cltv)
    assert invoice.payment_secret == b"\x11" * 32
    assert invoice.payee == PAYEE


@pytest.mark.parametrize("reason", EXAMPLES["invalid"])
def test_invalid_examples_are_refused_with_the_reason(reason: str) -> None:
    with pytest.raises(InvoiceError, match=reason):
        bolt11.decode(EXAMPLES["invalid"][reason])


@given(invoice=INVOICES)
@settings(deadline=None, max_examples=60)
def test_decode_inverts_encode_and_the_oracle_agrees(invoice: Invoice) -> None:
    text = bolt11.encode(invoice, NODE_SECRET)
    assert bolt11.decode(text) == invoice
    seen = oracle.decode(text)
    assert seen.currency == invoice.network_prefix
    assert seen.amount_msat == invoice.amount_msats
    assert seen.date == invoice.timestamp
    assert seen.payment_hash == invoice.payment_hash.hex()
    assert seen.payment_secret == invoice.payment_secret.hex()
    assert (seen.description or "") == invoice.description
    assert seen.expiry == invoice.expiry_s
    assert seen.min_final_cltv_expiry == invoice.min_final_cltv
    assert seen.payee == invoice.payee.hex()


def oracle_text(
    *tags: oracle.Tag, amount: int | None = 21_000_000, secret: int = NODE_SECRET, keep_payee: bool = False
) -> str:
    data = oracle.Bolt11(
        currency="bcrt",
        date=SAMPLE.timestamp,
        tags=oracle.Tags(list(tags)),
        amount_msat=None if amount is None else oracle.MilliSatoshi(amount),
    )
    key = curve.scalar_bytes(secret).hex()
    return str(oracle.encode(data, key, ignore_exceptions=True, keep_payee=keep_payee))


HASH_TAG = oracle.Tag(oracle.TagChar.payment_hash, SAMPLE.payment_hash.hex())
SECRET_TAG = oracle.Tag(oracle.TagChar.payment_secret, SAMPLE.payment_secret.hex())
TEXT_TAG = oracle.Tag(oracle.TagChar.description, "from the oracle")
DESCRIPTION_HASH_TAG = oracle.Tag(oracle.TagChar.description_hash, "ab" * 32)


@given(
    amount=st.one_of(st.none(), st.integers(1, 10**14 - 1)),  # the oracle writes multiples of 1000 BTC wrongly
    description=st.text(st.characters(codec="utf-8"), min_size=1, max_size=100),
    expiry=st.integers(1, 2**31),
    cltv=st.integers(1, 2**16),
)
@settings(deadline=None, max_examples=40)
def test_texts_of_the_oracle_decode(amount: int | None, description: str, expiry: int, cltv: int) -> None:
    text = oracle_text(
        HASH_TAG,
        SECRET_TAG,
        oracle.Tag(oracle.TagChar.description, description),
        oracle.Tag(oracle.TagChar.expire_time, expiry),
        oracle.Tag(oracle.TagChar.min_final_cltv_expiry, cltv),
        amount=amount,
    )
    expected = replace(SAMPLE, amount_msats=amount, description=description, expiry_s=expiry, min_final_cltv=cltv)
    assert bolt11.decode(text) == expected


def test_a_description_hash_may_stand_for_the_description() -> None:
    assert bolt11.decode(oracle_text(HASH_TAG, SECRET_TAG, DESCRIPTION_HASH_TAG)).description == ""


def test_a_declared_payee_must_match_the_signature() -> None:
    payee_tag = oracle.Tag(oracle.TagChar.payee, PAYEE.hex())
    tags = (HASH_TAG, SECRET_TAG, TEXT_TAG, payee_tag)
    assert bolt11.decode(oracle_text(*tags, keep_payee=True)).payee == PAYEE
    with pytest.raises(InvoiceError, match="declared payee"):
        bolt11.decode(oracle_text(*tags, keep_payee=True, secret=NODE_SECRET + 1))


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ((SECRET_TAG, TEXT_TAG), "payment hash"),
        ((HASH_TAG, TEXT_TAG), "payment secret"),
        ((HASH_TAG, SECRET_TAG), "description"),
        ((HASH_TAG, SECRET_TAG, TEXT_TAG, DESCRIPTION_HASH_TAG), "description"),
        ((HASH_TAG, SECRET_TAG, TEXT_TAG, HASH_TAG), "twice"),
        ((HASH_TAG, SECRET_TAG, TEXT_TAG, oracle.Tag(oracle.TagChar.payee, "02" + "ff" * 32)), "declared payee"),
    ],
)
def test_missing_contradicting_and_repeated_fields_are_refused(tags: tuple[oracle.Tag, ...], reason: str) -> None:
    with pytest.raises(InvoiceError, match=reason):
        bolt11.decode(oracle_text(*tags, keep_payee=True))


def test_the_client_needs_both_features_required() -> None:
    features = oracle.decode(bolt11.encode(SAMPLE, NODE_SECRET)).features
    assert features is not None
    assert features.feature_list == {
        oracle.Feature.var_onion_optin: oracle.FeatureState.required,
        oracle.Feature.payment_secret: oracle.FeatureState.required,
    }


@pytest.mark.parametrize(
    "change",
    [
        {"network_prefix": "xx"},
        {"network_prefix": "bcrt1"},
        {"amount_msats": 0},
        {"amount_msats": -1000},
        {"amount_msats": MAX_MSATS + 1},
        {"timestamp": -1},
        {"timestamp": 2**35},
        {"payment_hash": bytes(31)},
        {"payment_secret": bytes(33)},
        {"description": "x" * 640},
        {"description": "\ud800"},
        {"expiry_s": -1},
        {"min_final_cltv": 2**63},
        {"payee": curve.point(5)},
    ],
    ids=str,
)
def test_encode_refuses_what_cannot_be_written(change: dict[str, str | int | bytes]) -> None:
    with pytest.raises(InvoiceError):
        bolt11.encode(replace(SAMPLE, **change), NODE_SECRET)  # type: ignore[arg-type]


def test_the_longest_description_fits() -> None:
    invoice = replace(SAMPLE, description="x" * 639)
    assert bolt11.decode(bolt11.encode(invoice, NODE_SECRET)) == invoice


@pytest.mark.parametrize(("msats", "sats"), [(1000, 1), (21_000_000, 21_000)])
def test_whole_sats(msats: int, sats: int) -> None:
    assert bolt11.amount_sats(replace(SAMPLE, amount_msats=msats)) == sats


@pytest.mark.parametrize("msats", [None, 1, 999, 1001])
def test_amounts_are_never_rounded(msats: int | None) -> None:
    with pytest.raises(InvoiceError):
        bolt11.amount_sats(replace(SAMPLE, amount_msats=msats))


@pytest.mark.parametrize(
    ("msats", "start"),
    [
        (None, "lnbcrt1"),
        (1, "lnbcrt10p1"),
        (1000, "lnbcrt10n1"),
        (100_000, "lnbcrt1u1"),
        (21_000_000, "lnbcrt210u1"),
        (100_000_000, "lnbcrt1m1"),
        (100_000_000_000, "lnbcrt11"),
    ],
)
def test_amounts_use_the_largest_unit(msats: int | None, start: str) -> None:
    assert bolt11.encode(replace(SAMPLE, amount_msats=msats), NODE_SECRET).startswith(start)


@given(text=st.one_of(st.text(max_size=200), st.text(CHARSET + "1", max_size=300).map("lnbcrt".__add__)))
@settings(deadline=None, max_examples=150)
def test_noise_raises_invoice_error(text: str) -> None:
    with pytest.raises(InvoiceError):
        bolt11.decode(text)


@given(
    words=st.lists(st.integers(0, 31), max_size=260), hrp=st.sampled_from(["lnbcrt", "lnbcrt1p", "lnbcrt20u", "lntb9n"])
)
@settings(deadline=None, max_examples=150)
def test_noise_behind_a_valid_checksum_raises_invoice_error_or_decodes(words: list[int], hrp: str) -> None:
    """The checksum hides the rest of the parser from random texts, so it is made valid here."""
    text = with_checksum(hrp, words)
    try:
        invoice = bolt11.decode(text)
    except InvoiceError:
        return
    assert len(invoice.payment_hash) == 32


@given(position=st.integers(0, 10_000), word=st.integers(0, 31), cut=st.booleans())
@settings(deadline=None, max_examples=150)
def test_changes_behind_a_valid_checksum_never_keep_the_signature(position: int, word: int, cut: bool) -> None:
    text = bolt11.encode(SAMPLE, NODE_SECRET)
    hrp, _, data = text.rpartition("1")
    words = [CHARSET.index(character) for character in data[:-6]]
    at = position % (len(words) - 104)  # only the signed part: a changed signature recovers another key
    changed = words[:at] + ([] if cut else [word]) + words[at + 1 :]
    if changed == words:
        return
    try:
        invoice = bolt11.decode(with_checksum(hrp, changed))
    except InvoiceError:
        return
    assert invoice.payee != PAYEE


def with_checksum(hrp: str, words: list[int]) -> str:
    """BIP173 text, through the checksum routine of the `bech32` package that the oracle brings along."""
    return str(bech32_encode(hrp, words))


@pytest.mark.parametrize(
    "text", ["", "1", "lnbcrt1", "lnbcrt1qqqqqq", "lnbcrt" + "q" * 8000, "lnbcrt1é", "lnbcrt1 qqqqqqq"]
)
def test_texts_that_are_no_bech32_are_refused(text: str) -> None:
    with pytest.raises(InvoiceError):
        bolt11.decode(text)
