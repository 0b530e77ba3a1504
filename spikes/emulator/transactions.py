"""The bitcoin transactions of Spark leaves: building, parsing, txids and the BIP341 signature hash.

It must not know who owns a leaf, which operator signs, or in which flow a transaction is used. Txids are `bytes` in
internal byte order (as hashed and as serialized in an input). Every builder writes the `sequence` and takes the
`value` of the spent output in sat. Source: the facts file, section 5; formats: BIP141, BIP341.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Final

from .crypto import taproot
from .crypto.curve import tagged_hash, xonly

INITIAL_TIMELOCK: Final = 2000
TIMELOCK_STEP: Final = 100
DIRECT_OFFSET: Final = 50
HTLC_OFFSET: Final = 70
HTLC_DIRECT_OFFSET: Final = 85
FEE: Final = 955  # sat; 191 vB at 5 sat/vB, charged by every transaction that has no anchor to bump
MAX_MONEY: Final = 21_000_000 * 100_000_000

_TIMELOCK_MASK: Final = 0xFFFF
_SPARK_FLAG: Final = 0x4000_0000  # bit 30 is carried along if an earlier sequence had it
_NUMS_KEY: Final = bytes.fromhex("0250929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0")  # BIP341's H
_HTLC_REFUND_BLOCKS: Final = b"\x02\x70\x08"  # push of 2160 as a script number
_OP_DROP: Final = b"\x75"
_OP_EQUALVERIFY: Final = b"\x88"
_OP_SHA256: Final = b"\xa8"
_OP_CHECKSIG: Final = b"\xac"
_OP_CSV: Final = b"\xb2"


class TxError(ValueError):
    """A transaction is malformed, or not of the one-input form that Spark uses."""


@dataclass(frozen=True)
class TxOut:
    """An output: `value` in sat and the raw output script."""

    value: int
    script: bytes


ANCHOR: Final = TxOut(value=0, script=bytes.fromhex("51024e73"))


@dataclass(frozen=True, kw_only=True)
class Tx:
    """A transaction with exactly one input and an empty scriptSig."""

    version: int = 3
    prevout_txid: bytes
    prevout_vout: int
    sequence: int
    outputs: tuple[TxOut, ...]
    locktime: int = 0
    witness: tuple[bytes, ...] = ()

    def serialize(self, include_witness: bool = True) -> bytes:
        """Network serialization; without a witness (or without `include_witness`) the form that the txid hashes."""
        segwit = include_witness and bool(self.witness)
        body = b"\x01" + self.prevout_txid + _u32(self.prevout_vout) + b"\x00" + _u32(self.sequence)
        body += _compact_size(len(self.outputs)) + b"".join(map(_output, self.outputs))
        if segwit:
            items = b"".join(_compact_size(len(item)) + item for item in self.witness)
            body = b"\x00\x01" + body + _compact_size(len(self.witness)) + items
        return _u32(self.version) + body + _u32(self.locktime)

    @property
    def txid(self) -> bytes:
        """32 bytes in internal order."""
        return _sha256(_sha256(self.serialize(include_witness=False)))

    @property
    def txid_hex(self) -> str:
        """The txid as displayed: hex of the reversed bytes."""
        return self.txid[::-1].hex()

    def with_witness(self, sig: bytes) -> Tx:
        """The same transaction, signed: the witness of a key-path spend is the signature alone."""
        return replace(self, witness=(sig,))


def parse_tx(raw: bytes) -> Tx:
    """Parse a serialized transaction, with or without witness.

    Raises TxError for anything malformed or not minimally encoded, for trailing bytes, for other than one input, for
    a non-empty scriptSig and for no outputs. `parse_tx(raw).serialize() == raw` for everything accepted.
    """
    reader = _Reader(bytes(raw))
    version = reader.u32()
    count = reader.compact_size()
    segwit = count == 0
    if segwit:
        if reader.take(1) != b"\x01":
            raise TxError("the transaction has no inputs or an unknown extension flag; send one input")
        count = reader.compact_size()
    if count != 1:
        raise TxError(f"the transaction has {count} inputs; send exactly one")
    prevout_txid, prevout_vout = reader.take(32), reader.u32()
    if reader.compact_size() != 0:
        raise TxError("the input has a scriptSig; send a native segwit input with an empty one")
    sequence = reader.u32()
    outputs = tuple(_read_output(reader) for _ in range(reader.compact_size()))
    if not outputs:
        raise TxError("the transaction has no outputs; send at least one")
    witness = tuple(reader.take(reader.compact_size()) for _ in range(reader.compact_size())) if segwit else ()
    if segwit and not witness:
        raise TxError("the transaction has the segwit marker but no witness; leave the marker out")
    locktime = reader.u32()
    reader.expect_end()
    return Tx(
        version=version,
        prevout_txid=prevout_txid,
        prevout_vout=prevout_vout,
        sequence=sequence,
        outputs=outputs,
        locktime=locktime,
        witness=witness,
    )


def node_tx(parent_txid: bytes, parent_vout: int, value: int, verifying_key: bytes, sequence: int) -> Tx:
    """Node transaction (cpfp form, with anchor): the parent's output to P2TR(Y)."""
    return _spend(parent_txid, parent_vout, sequence, TxOut(value, taproot.p2tr_script(verifying_key)), anchor=True)


def direct_node_tx(parent_txid: bytes, parent_vout: int, value: int, verifying_key: bytes, sequence: int) -> Tx:
    """Direct node transaction: as `node_tx`, less the fee and without anchor. `sequence` includes DIRECT_OFFSET."""
    output = TxOut(apply_fee(value), taproot.p2tr_script(verifying_key))
    return _spend(parent_txid, parent_vout, sequence, output, anchor=False)


def refund_tx(parent_txid: bytes, value: int, key33: bytes, sequence: int, anchor: bool = True) -> Tx:
    """Refund (cpfp form) of the node's output 0 to P2TR(key); 0.27.2 claims larger leaves with `anchor=False`."""
    return _spend(parent_txid, 0, sequence, TxOut(value, taproot.p2tr_script(key33)), anchor=anchor)


def fee_refund_tx(parent_txid: bytes, value: int, key33: bytes, sequence: int) -> Tx:
    """Direct refund (parent: the direct node) or direct-from-cpfp refund (parent: the node): fee, no anchor."""
    return _spend(parent_txid, 0, sequence, TxOut(apply_fee(value), taproot.p2tr_script(key33)), anchor=False)


def htlc_refund_tx(  # noqa: PLR0917 - one argument for each fact the transaction commits to
    parent_txid: bytes,
    value: int,
    payment_hash: bytes,
    receiver_identity: bytes,
    sender_identity: bytes,
    sequence: int,
    fee: bool,
) -> Tx:
    """Refund to the HTLC of a Lightning payment: `fee=False` is the cpfp form with anchor, `fee=True` both others."""
    script = _htlc_script(payment_hash, receiver_identity, sender_identity)
    return _spend(parent_txid, 0, sequence, TxOut(apply_fee(value) if fee else value, script), anchor=not fee)


def apply_fee(value: int) -> int:
    """The value less the fee, or the value itself if it does not exceed the fee (sat)."""
    return value - FEE if value > FEE else value


def sighash(tx: Tx, prevout_value: int, prevout_script: bytes) -> bytes:
    """The 32-byte BIP341 hash that a key-path signature of the only input signs (SIGHASH_DEFAULT, no annex)."""
    message = b"\x00\x00" + _u32(tx.version) + _u32(tx.locktime)
    message += _sha256(tx.prevout_txid + _u32(tx.prevout_vout))
    message += _sha256(_u64(prevout_value))
    message += _sha256(_compact_size(len(prevout_script)) + prevout_script)
    message += _sha256(_u32(tx.sequence))
    message += _sha256(b"".join(map(_output, tx.outputs)))
    return tagged_hash("TapSighash", message + b"\x00" + _u32(0))


def next_sequence(seq: int) -> int:
    """The sequence of the next send: one step lower. Raises TxError if no full step is left."""
    flag, timelock = _split_sequence(seq)
    if timelock < TIMELOCK_STEP:
        raise TxError(f"a timelock of {timelock} has no step of {TIMELOCK_STEP} left; renew the leaf first")
    return flag | (timelock - TIMELOCK_STEP)


def claim_sequence(seq: int) -> int:
    """The sequence at which a claim re-signs: the current one, rounded down to a multiple of TIMELOCK_STEP."""
    flag, timelock = _split_sequence(seq)
    return flag | (timelock - timelock % TIMELOCK_STEP)


def _split_sequence(seq: int) -> tuple[int, int]:
    if seq & ~(_TIMELOCK_MASK | _SPARK_FLAG):
        raise TxError(f"{seq:#x} is not a relative timelock in blocks; use at most 0xffff, and bit 30 as flag")
    return seq & _SPARK_FLAG, seq & _TIMELOCK_MASK


def _spend(parent_txid: bytes, parent_vout: int, sequence: int, output: TxOut, *, anchor: bool) -> Tx:
    if len(parent_txid) != 32:
        raise TxError(f"a txid needs 32 bytes in internal order, got {len(parent_txid)}")
    outputs = (output, ANCHOR) if anchor else (output,)
    return Tx(prevout_txid=parent_txid, prevout_vout=parent_vout, sequence=sequence, outputs=outputs)


def _htlc_script(payment_hash: bytes, receiver_identity: bytes, sender_identity: bytes) -> bytes:
    """P2TR without usable key path: the receiver spends with the preimage, the sender after 2160 blocks."""
    if len(payment_hash) != 32:
        raise TxError(f"a payment hash needs 32 bytes, got {len(payment_hash)}")
    claim = _OP_SHA256 + b"\x20" + payment_hash + _OP_EQUALVERIFY + b"\x20" + xonly(receiver_identity) + _OP_CHECKSIG
    reclaim = _HTLC_REFUND_BLOCKS + _OP_CSV + _OP_DROP + b"\x20" + xonly(sender_identity) + _OP_CHECKSIG
    root = taproot.tapbranch_hash(taproot.tapleaf_hash(claim), taproot.tapleaf_hash(reclaim))
    return b"\x51\x20" + xonly(taproot.output_key_with_root(_NUMS_KEY, root))


class _Reader:
    """A cursor over the raw bytes; running past the end raises TxError."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def take(self, size: int) -> bytes:
        if size > len(self._raw) - self._at:
            raise TxError("the transaction ends too early; send all of it")
        self._at += size
        return self._raw[self._at - size : self._at]

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def u64(self) -> int:
        return int.from_bytes(self.take(8), "little")

    def compact_size(self) -> int:
        first = self.take(1)[0]
        value = first if first < 0xFD else int.from_bytes(self.take(1 << (first - 0xFC)), "little")
        if len(_compact_size(value)) != (1 if first < 0xFD else 1 + (1 << (first - 0xFC))):
            raise TxError("a length is not minimally encoded; serialize the transaction again")
        return value

    def expect_end(self) -> None:
        if self._at != len(self._raw):
            raise TxError(f"{len(self._raw) - self._at} bytes follow the transaction; send it alone")


def _read_output(reader: _Reader) -> TxOut:
    value = reader.u64()
    if value > MAX_MONEY:
        raise TxError("an output is worth more than all bitcoin; check the byte order of its value")
    return TxOut(value=value, script=reader.take(reader.compact_size()))


def _output(output: TxOut) -> bytes:
    return _u64(output.value) + _compact_size(len(output.script)) + output.script


def _compact_size(value: int) -> bytes:
    for limit, prefix, size in ((0xFD, b"", 1), (0x1_0000, b"\xfd", 2), (0x1_0000_0000, b"\xfe", 4)):
        if value < limit:
            return prefix + value.to_bytes(size, "little")
    return b"\xff" + value.to_bytes(8, "little")


def _u32(value: int) -> bytes:
    return value.to_bytes(4, "little")


def _u64(value: int) -> bytes:
    return value.to_bytes(8, "little")


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
