"""BOLT11 invoices: the subset that the emulated Lightning node issues and reads.

It must not know what an invoice pays for, whether it was paid, or what time it is. Amounts are msat and never rounded.
Source: BOLT11; the facts file, section 15 item 10 (what the Spark client requires).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .crypto import curve

DEFAULT_EXPIRY_S: Final = 3600
DEFAULT_MIN_FINAL_CLTV: Final = 18

_CHARSET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)  # BIP173 checksum
_PICO_PER_MSAT: Final = 10
_UNITS: Final = (("", 10**12), ("m", 10**9), ("u", 10**6), ("n", 10**3), ("p", 1))  # in pico-bitcoin, largest first
_PREFIXES: Final = ("bcrt", "bc", "tbs", "tb")
_HRP: Final = re.compile(rf"ln({'|'.join(_PREFIXES)})(?:([1-9][0-9]{{0,19}})([munp]?))?", re.ASCII)
_MAX_MSATS: Final = 21_000_000 * 100_000_000 * 1000
_MAX_LENGTH: Final = 7089  # what a QR code holds
_MAX_COUNTER: Final = 2**63 - 1  # bound for expiry and CLTV
_TIMESTAMP_WORDS: Final = 7
_SIGNATURE_WORDS: Final = 104
_MAX_FIELD_WORDS: Final = 1023
_FIXED_WORDS: Final = {"p": 52, "s": 52, "h": 52, "n": 53}  # another length means: skip the field
_READ_TAGS: Final = frozenset("psdhnx9c")
_FEATURES: Final = 1 << 8 | 1 << 14  # var_onion_optin and payment_secret, both required
_KNOWN_FEATURES: Final = _FEATURES | 1 << 16 | 1 << 48  # also basic_mpp and payment_metadata: a payer may ignore them


class InvoiceError(ValueError):
    """A text is not a valid invoice, or an invoice cannot be written."""


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """An invoice; `description` is empty if the text carries only a description hash."""

    network_prefix: str
    amount_msats: int | None
    timestamp: int
    payment_hash: bytes
    payment_secret: bytes
    description: str
    expiry_s: int
    min_final_cltv: int
    payee: bytes


def amount_sats(invoice: Invoice) -> int:
    """The amount in sat. Raises InvoiceError if the invoice has none or is not for whole sats."""
    if invoice.amount_msats is None:
        raise InvoiceError("the invoice has no amount; ask for one with an amount")
    sats, rest = divmod(invoice.amount_msats, 1000)
    if rest:
        raise InvoiceError(
            f"{invoice.amount_msats} msat is not a whole number of sats; ask for an invoice over whole sats"
        )
    return sats


def encode(invoice: Invoice, node_secret: int) -> str:
    """The signed text. Raises InvoiceError if a field is out of range or `node_secret` is not the key of the payee."""
    _check(invoice, node_secret)
    hrp = "ln" + invoice.network_prefix + _amount_text(invoice.amount_msats)
    words = _int_words(invoice.timestamp, _TIMESTAMP_WORDS)
    words += _field("p", _to_words(invoice.payment_hash))
    words += _field("s", _to_words(invoice.payment_secret))
    words += _field("d", _to_words(invoice.description.encode()))
    words += _field("9", _int_words(_FEATURES))
    words += _field("x", _int_words(invoice.expiry_s))
    words += _field("c", _int_words(invoice.min_final_cltv))
    signature = curve.ecdsa_sign_recoverable(_digest(hrp, words), node_secret)
    words += _to_words(signature)
    return hrp + "1" + "".join(_CHARSET[word] for word in words + _checksum(hrp, words))


def decode(text: str) -> Invoice:
    """Read an invoice, check its checksum and signature, and recover (or verify) the payee's key.

    Unknown fields are skipped. Raises InvoiceError, with the reason, for everything that is not a payable invoice.
    """
    hrp, words = _bech32_decode(text)
    prefix, amount_msats = _read_hrp(hrp)
    if len(words) < _TIMESTAMP_WORDS + _SIGNATURE_WORDS:
        raise InvoiceError("the invoice is too short for a timestamp and a signature; copy it completely")
    signed, signature = words[:-_SIGNATURE_WORDS], _to_bytes(words[-_SIGNATURE_WORDS:])
    fields = _read_fields(signed[_TIMESTAMP_WORDS:])
    for tag, name in (("p", "payment hash"), ("s", "payment secret")):
        if tag not in fields:
            raise InvoiceError(f"the invoice has no {name}; ask for one that has it")
    if ("d" in fields) == ("h" in fields):
        raise InvoiceError("the invoice needs either a description or a description hash; ask for a valid one")
    unknown = _to_int(fields.get("9", [])) & ~_KNOWN_FEATURES
    if any(unknown >> bit & 1 for bit in range(0, unknown.bit_length(), 2)):
        raise InvoiceError("the invoice requires a feature that is not supported here; ask for one without it")
    return Invoice(
        network_prefix=prefix,
        amount_msats=amount_msats,
        timestamp=_to_int(signed[:_TIMESTAMP_WORDS]),
        payment_hash=_to_bytes(fields["p"]),
        payment_secret=_to_bytes(fields["s"]),
        description=_read_text(fields.get("d", [])),
        expiry_s=_read_counter(fields.get("x"), DEFAULT_EXPIRY_S),
        min_final_cltv=_read_counter(fields.get("c"), DEFAULT_MIN_FINAL_CLTV),
        payee=_payee(signature, _digest(hrp, signed), fields.get("n")),
    )


def _check(invoice: Invoice, node_secret: int) -> None:
    if invoice.network_prefix not in _PREFIXES:
        raise InvoiceError(f"{invoice.network_prefix!r} is not a network prefix; use one of {_PREFIXES}")
    if invoice.amount_msats is not None and not 0 < invoice.amount_msats <= _MAX_MSATS:
        raise InvoiceError(f"an amount of {invoice.amount_msats} msat cannot be invoiced; use None for no amount")
    if not 0 <= invoice.timestamp < 1 << 35:
        raise InvoiceError("the timestamp does not fit into 35 bits; give seconds since 1970")
    if len(invoice.payment_hash) != 32 or len(invoice.payment_secret) != 32:
        raise InvoiceError("the payment hash and the payment secret need 32 bytes each")
    if not (0 <= invoice.expiry_s <= _MAX_COUNTER and 0 <= invoice.min_final_cltv <= _MAX_COUNTER):
        raise InvoiceError("the expiry (seconds) and the final CLTV (blocks) must lie in 0..2^63-1")
    try:
        description = invoice.description.encode()
    except UnicodeEncodeError as error:
        raise InvoiceError("the description has no UTF-8 form; remove lone surrogates") from error
    if len(description) * 8 > _MAX_FIELD_WORDS * 5:
        raise InvoiceError(f"the description may have at most 639 bytes in UTF-8, got {len(description)}")
    if not 0 < node_secret < curve.N or curve.point(node_secret) != invoice.payee:
        raise InvoiceError("the node secret is not the key of the payee; sign with the payee's own key")


def _amount_text(amount_msats: int | None) -> str:
    if amount_msats is None:
        return ""
    pico = amount_msats * _PICO_PER_MSAT
    return next(f"{pico // size}{unit}" for unit, size in _UNITS if pico % size == 0)


def _read_hrp(hrp: str) -> tuple[str, int | None]:
    match = _HRP.fullmatch(hrp)
    if match is None:
        raise InvoiceError(
            "the text is no invoice of a known network, or its amount is malformed; it must start with lnbcrt"
        )
    prefix, digits, unit = match.groups()
    if digits is None:
        return prefix, None
    msats, rest = divmod(int(digits) * dict(_UNITS)[unit], _PICO_PER_MSAT)
    if rest:
        raise InvoiceError("the amount is not a whole number of msat; ask for another invoice")
    if msats > _MAX_MSATS:
        raise InvoiceError("the amount exceeds all bitcoin; ask for another invoice")
    return prefix, msats


def _read_fields(words: list[int]) -> dict[str, list[int]]:
    """The data words of each known field by tag."""
    fields: dict[str, list[int]] = {}
    for tag, data in _split_fields(words):
        if tag not in _READ_TAGS or len(data) != _FIXED_WORDS.get(tag, len(data)):
            continue
        if tag in fields:
            raise InvoiceError(f"the invoice has the field {tag!r} twice; ask for a valid one")
        fields[tag] = data
    return fields


def _split_fields(words: list[int]) -> Iterator[tuple[str, list[int]]]:
    at = 0
    while at < len(words):
        if at + 3 > len(words):
            raise InvoiceError("a field of the invoice has no length; copy the invoice completely")
        start, end = at + 3, at + 3 + words[at + 1] * 32 + words[at + 2]
        if end > len(words):
            raise InvoiceError("a field of the invoice reaches into the signature; copy the invoice completely")
        yield _CHARSET[words[at]], words[start:end]
        at = end


def _read_text(words: list[int]) -> str:
    try:
        return _to_bytes(words).decode()
    except UnicodeDecodeError as error:
        raise InvoiceError("the description is not UTF-8; ask for another invoice") from error


def _read_counter(words: list[int] | None, default: int) -> int:
    value = default if words is None else _to_int(words)
    if value > _MAX_COUNTER:
        raise InvoiceError("the expiry or the final CLTV is beyond 2^63-1; ask for another invoice")
    return value


def _payee(signature: bytes, digest: bytes, declared: list[int] | None) -> bytes:
    """The declared key, if the signature is valid under it; without one, the key recovered from the signature."""
    if declared is not None:
        key = _to_bytes(declared)
        if not curve.ecdsa_verify(signature[:64], digest, key):
            raise InvoiceError("the signature is not valid under the declared payee key; ask for another invoice")
        return key
    try:
        return curve.ecdsa_recover(signature, digest)
    except curve.CryptoError as error:
        raise InvoiceError("the signature recovers no key; copy the invoice completely") from error


def _digest(hrp: str, words: list[int]) -> bytes:
    bits = len(words) * 5
    padding = -bits % 8
    return hashlib.sha256(hrp.encode() + (_to_int(words) << padding).to_bytes((bits + padding) // 8, "big")).digest()


def _bech32_decode(text: str) -> tuple[str, list[int]]:
    if len(text) > _MAX_LENGTH:
        raise InvoiceError(f"an invoice may have at most {_MAX_LENGTH} characters, got {len(text)}")
    if not text.isascii() or not text.isprintable() or (text != text.lower() and text != text.upper()):
        raise InvoiceError("an invoice is ASCII text in one case; copy it without changes")
    hrp, separator, data = text.lower().rpartition("1")
    words = [_CHARSET.find(character) for character in data]
    if not separator or len(words) < 6 or -1 in words:
        raise InvoiceError("the text is not bech32; an invoice starts with lnbcrt and has no spaces")
    if _checksum(hrp, words[:-6]) != words[-6:]:
        raise InvoiceError("the checksum is wrong; copy the invoice again")
    return hrp, words[:-6]


def _checksum(hrp: str, words: list[int]) -> list[int]:
    """BIP173, without its limit on the length."""
    expanded = [ord(character) >> 5 for character in hrp] + [0] + [ord(character) & 31 for character in hrp]
    state = 1
    for value in (*expanded, *words, 0, 0, 0, 0, 0, 0):
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            state ^= generator if top >> bit & 1 else 0
    return [(state ^ 1) >> shift & 31 for shift in range(25, -1, -5)]


def _field(tag: str, data: list[int]) -> list[int]:
    return [_CHARSET.index(tag), *divmod(len(data), 32), *data]


def _to_words(data: bytes) -> list[int]:
    """5-bit words, zero-padded at the end."""
    count = -(-len(data) * 8 // 5)
    return _int_words(int.from_bytes(data, "big") << (count * 5 - len(data) * 8), count) if count else []


def _to_bytes(words: list[int]) -> bytes:
    """The whole bytes in the words; the padding that is left must be shorter than a word and zero."""
    size, padding = divmod(len(words) * 5, 8)
    value = _to_int(words)
    if padding >= 5 or value & (1 << padding) - 1:
        raise InvoiceError("a field of the invoice is not padded with zeros; ask for a valid one")
    return (value >> padding).to_bytes(size, "big")


def _int_words(value: int, count: int | None = None) -> list[int]:
    """Big-endian words of a number: `count` of them, or as few as possible (at least one)."""
    count = max(1, -(-value.bit_length() // 5)) if count is None else count
    return [value >> 5 * place & 31 for place in range(count - 1, -1, -1)]


def _to_int(words: list[int]) -> int:
    value = 0
    for word in words:
        value = value << 5 | word
    return value
