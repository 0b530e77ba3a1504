"""Transactions: every vector byte for byte, embit as the second opinion on txid and signature hash, and the parser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from embit import script as embit_script
from embit.transaction import Transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from spikes.emulator import transactions as txs
from spikes.emulator.crypto import curve, taproot
from spikes.emulator.transactions import Tx, TxError, TxOut

VECTOR: dict[str, str] = json.loads((Path(__file__).parents[2] / "vectors" / "spark-vectors.json").read_text())["tx"]
RAW = {name: bytes.fromhex(text) for name, text in VECTOR.items()}
SERIALIZED = [name for name, text in VECTOR.items() if text.startswith("03000000")]
KEY, OWNER, PARENT = RAW["verifying_key"], RAW["owner_key"], RAW["parent_txid_le"]
VALUE = 5000
NODE = txs.node_tx(PARENT, 0, VALUE, KEY, txs.INITIAL_TIMELOCK)
DIRECT = txs.direct_node_tx(PARENT, 0, VALUE, KEY, txs.INITIAL_TIMELOCK + txs.DIRECT_OFFSET)
HTLC = (RAW["htlc_hash"], RAW["htlc_hashlock_key"], RAW["htlc_seqlock_key"])

BUILT = {
    "node": NODE,
    "direct": DIRECT,
    "refund_seq1900": txs.refund_tx(NODE.txid, VALUE, OWNER, 1900),
    "direct_refund": txs.fee_refund_tx(DIRECT.txid, DIRECT.outputs[0].value, OWNER, 1900 + txs.DIRECT_OFFSET),
    "direct_from_cpfp": txs.fee_refund_tx(NODE.txid, VALUE, OWNER, 1900 + txs.DIRECT_OFFSET),
    "htlc_refund_seq1870": txs.htlc_refund_tx(NODE.txid, VALUE, *HTLC, 1800 + txs.HTLC_OFFSET, fee=False),
}

TRANSACTIONS = st.builds(
    Tx,
    version=st.integers(0, 2**32 - 1),
    prevout_txid=st.binary(min_size=32, max_size=32),
    prevout_vout=st.integers(0, 2**32 - 1),
    sequence=st.integers(0, 2**32 - 1),
    outputs=st.lists(
        st.builds(TxOut, value=st.integers(0, txs.MAX_MONEY), script=st.binary(max_size=300)), min_size=1, max_size=4
    ).map(tuple),
    locktime=st.integers(0, 2**32 - 1),
    witness=st.lists(st.binary(max_size=300), max_size=3).map(tuple),
)


def test_every_serialized_vector_is_built() -> None:
    assert set(SERIALIZED) == set(BUILT)


@pytest.mark.parametrize("name", SERIALIZED)
def test_vector_transactions_byte_for_byte(name: str) -> None:
    assert BUILT[name].serialize() == RAW[name]
    assert txs.parse_tx(RAW[name]) == BUILT[name]


@pytest.mark.parametrize("name", SERIALIZED)
def test_txid_and_signature_hash_match_embit(name: str) -> None:
    tx, reference = BUILT[name], Transaction.parse(RAW[name])
    assert tx.txid == reference.txid()[::-1]
    assert tx.txid_hex == reference.txid().hex()
    prevout_script = taproot.p2tr_script(KEY)
    expected = reference.sighash_taproot(0, [embit_script.Script(prevout_script)], [VALUE])
    assert txs.sighash(tx, VALUE, prevout_script) == expected
    signed = tx.with_witness(bytes(64))
    assert signed.txid == tx.txid
    assert Transaction.parse(signed.serialize()).serialize() == signed.serialize()
    assert txs.sighash(signed, VALUE, prevout_script) == expected


def test_vector_signature_hash() -> None:
    digest = txs.sighash(BUILT["refund_seq1900"], VALUE, taproot.p2tr_script(KEY))
    assert digest == RAW["refund_sighash"]


def test_signature_hash_commits_to_the_spent_output() -> None:
    tx, prevout_script = BUILT["refund_seq1900"], taproot.p2tr_script(KEY)
    digest = txs.sighash(tx, VALUE, prevout_script)
    assert txs.sighash(tx, VALUE + 1, prevout_script) != digest
    assert txs.sighash(tx, VALUE, taproot.p2tr_script(OWNER)) != digest


def test_fee_and_anchor_of_the_forms() -> None:
    with_fee = txs.htlc_refund_tx(NODE.txid, VALUE, *HTLC, 1885, fee=True)
    plain = BUILT["htlc_refund_seq1870"]
    assert with_fee.outputs == (TxOut(VALUE - txs.FEE, plain.outputs[0].script),)
    assert plain.outputs[1] == txs.ANCHOR
    without_anchor = txs.refund_tx(NODE.txid, VALUE, OWNER, 1900, anchor=False)
    assert without_anchor.outputs == BUILT["refund_seq1900"].outputs[:1]


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (954, 954), (955, 955), (956, 1), (5000, 4045)])
def test_the_fee_is_taken_only_from_larger_values(value: int, expected: int) -> None:
    assert txs.apply_fee(value) == expected


def test_sequences_step_down_and_keep_the_flag() -> None:
    flag = 0x4000_0000
    assert txs.next_sequence(2000) == 1900
    assert txs.next_sequence(flag | 100) == flag
    assert txs.claim_sequence(1999) == 1900
    assert txs.claim_sequence(flag | 1900) == flag | 1900
    assert txs.claim_sequence(99) == 0
    for spent in (0, 99, flag | 50):
        with pytest.raises(TxError, match="renew"):
            txs.next_sequence(spent)
    for unusable in (0xFFFF_FFFF, 0x1_0000, 0x8000_0000 | 1900, -1):
        with pytest.raises(TxError):
            txs.next_sequence(unusable)
        with pytest.raises(TxError):
            txs.claim_sequence(unusable)


def test_builders_refuse_ids_and_hashes_of_another_length() -> None:
    with pytest.raises(TxError):
        txs.node_tx(PARENT[1:], 0, VALUE, KEY, 0)
    with pytest.raises(TxError):
        txs.htlc_refund_tx(PARENT, VALUE, HTLC[0][1:], HTLC[1], HTLC[2], 0, fee=False)
    with pytest.raises(curve.CryptoError):
        txs.refund_tx(PARENT, VALUE, bytes(33), 0)


@given(tx=TRANSACTIONS)
@settings(deadline=None, max_examples=60)
def test_parse_inverts_serialize(tx: Tx) -> None:
    assert txs.parse_tx(tx.serialize()) == tx
    assert txs.parse_tx(tx.serialize(include_witness=False)).txid == tx.txid
    assert tx.txid == Transaction.parse(tx.serialize()).txid()[::-1]


@given(raw=st.binary(max_size=200))
@settings(deadline=None, max_examples=150)
def test_noise_raises_tx_error_or_round_trips(raw: bytes) -> None:
    assert_parses_or_tx_error(raw)
    assert_parses_or_tx_error(b"\x03\x00\x00\x00\x01" + raw)


@given(tx=TRANSACTIONS, data=st.data())
@settings(deadline=None, max_examples=150)
def test_mutations_raise_tx_error_or_round_trip(tx: Tx, data: st.DataObject) -> None:
    raw = bytearray(tx.serialize())
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    assert_parses_or_tx_error(bytes(raw))


def assert_parses_or_tx_error(raw: bytes) -> None:
    """Whatever the parser accepts means exactly these bytes; anything else is a TxError."""
    try:
        tx = txs.parse_tx(raw)
    except TxError:
        return
    assert tx.serialize() == raw


def test_every_truncation_and_any_trailing_byte_is_refused() -> None:
    for raw in (RAW["node"], BUILT["node"].with_witness(bytes(64)).serialize()):
        for size in range(len(raw)):
            with pytest.raises(TxError):
                txs.parse_tx(raw[:size])
        with pytest.raises(TxError, match="follow"):
            txs.parse_tx(raw + b"\x00")


def malformed() -> dict[str, bytes]:
    version, rest = RAW["direct"][:4], RAW["direct"][5:]
    one_input, outputs = rest[:41], rest[41:]
    head, tail = RAW["direct"][:46], outputs[:-4]
    return {
        "two inputs": version + b"\x02" + one_input * 2 + outputs,
        "no inputs": version + b"\x00" + outputs,
        "unknown extension flag": version + b"\x00\x02\x01" + rest,
        "segwit marker without witness": version + b"\x00\x01\x01" + one_input + tail + b"\x00" + bytes(4),
        "scriptSig": version + b"\x01" + one_input[:36] + b"\x01\x51" + one_input[37:] + outputs,
        "no outputs": head + b"\x00" + bytes(4),
        "count not minimal": head + b"\xfd\x01\x00" + outputs[1:],
        "more outputs than bytes": head + b"\xff" + b"\xff" * 8 + outputs[1:],
        "value beyond all bitcoin": head + b"\x01" + b"\xff" * 8 + outputs[9:],
    }


@pytest.mark.parametrize("name", malformed())
def test_malformed_transactions_are_refused(name: str) -> None:
    with pytest.raises(TxError):
        txs.parse_tx(malformed()[name])


def test_embit_agrees_that_the_vectors_are_version_3() -> None:
    versions: set[Any] = {Transaction.parse(RAW[name]).version for name in SERIALIZED}
    assert versions == {3}
