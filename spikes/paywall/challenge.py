"""The L402 challenge: the values of `WWW-Authenticate` that ask for a payment, in every dialect that sellers speak.

Role: write them, well or badly. Pure.
Must not know: how the macaroon was made, what the invoice costs.

In the house dialect `macaroon` and `invoice` come first, `version` and `token` (the same macaroon again, under its name
in the 2026 text) follow: the only order that both old and new clients read. Base64 is standard and padded, as Aperture
writes it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from enum import StrEnum

from spikes.paywall.macaroon import Macaroon, encode

# What a 401 carries: HTTP asks for a challenge there too, but a refused credential is no reason to pay again.
WITHOUT_OFFER = 'L402 realm="sparkgate"'


class Dialect(StrEnum):
    """How a well-formed challenge is written."""

    HOUSE = "house"
    CLASSIC = "classic"  # macaroon and invoice only
    LSAT = "lsat"  # the same under the older name
    APERTURE = "aperture"  # two headers, LSAT first
    FOLDED = "folded"  # both in one header
    TOKEN = "token"  # noqa: S105 - the 2026 text: version, token, invoice
    SWAPPED = "swapped"  # invoice before macaroon
    UNQUOTED = "unquoted"
    LOWER_CASE = "lower_case"  # scheme and parameter names in the other case
    BESIDE_OTHERS = "beside_others"  # other schemes before and after it, in one header
    TOKEN_LATER = "token_later"  # noqa: S105 - unknown parameters first


class Malformed(StrEnum):
    """How a challenge can be none. Nothing in it may be paid."""

    NO_HEADER = "no-header"
    EMPTY = "empty"
    OTHER_SCHEME = "other-scheme"
    NO_INVOICE = "no-invoice"
    NO_MACAROON = "no-macaroon"
    EMPTY_MACAROON = "empty-macaroon"
    NOT_BASE64 = "not-base64"
    CUT_QUOTE = "cut-quote"
    PARAMETERS_ONLY = "parameters-only"
    TOO_LONG = "too-long"
    BAD_INVOICE = "bad-invoice"


def format_challenge(dialect: Dialect, macaroon: Macaroon, invoice: str, *, says_msats: int | None = None) -> list[str]:
    """The header values for `macaroon` and the BOLT11 `invoice` that pays for it.

    `says_msats`: what the seller says the invoice costs, beside it; None says nothing.
    """
    token = base64.b64encode(encode(macaroon)).decode()
    said = "" if says_msats is None else f', amount_msats="{says_msats}", amount="{says_msats // 1000}"'
    return [value + said for value in _WRITERS[dialect](token, invoice)]


def format_malformed(kind: Malformed, macaroon: Macaroon, invoice: str) -> list[str]:
    """Header values that are no challenge, made of the parts of a good one."""
    token = base64.b64encode(encode(macaroon)).decode()
    return _SPOILERS[kind](token, invoice)


def _classic(token: str, invoice: str, scheme: str = "L402") -> str:
    return f'{scheme} macaroon="{token}", invoice="{invoice}"'


_Writer = Callable[[str, str], list[str]]
_WRITERS: Mapping[Dialect, _Writer] = {
    Dialect.HOUSE: lambda token, invoice: [f'{_classic(token, invoice)}, version="0", token="{token}"'],
    Dialect.CLASSIC: lambda token, invoice: [_classic(token, invoice)],
    Dialect.LSAT: lambda token, invoice: [_classic(token, invoice, "LSAT")],
    Dialect.APERTURE: lambda token, invoice: [_classic(token, invoice, "LSAT"), _classic(token, invoice)],
    Dialect.FOLDED: lambda token, invoice: [f"{_classic(token, invoice, 'LSAT')}, {_classic(token, invoice)}"],
    Dialect.TOKEN: lambda token, invoice: [f'L402 version="0", token="{token}", invoice="{invoice}"'],
    Dialect.SWAPPED: lambda token, invoice: [f'L402 invoice="{invoice}", macaroon="{token}"'],
    Dialect.UNQUOTED: lambda token, invoice: [f"L402 macaroon={token}, invoice={invoice}"],
    Dialect.LOWER_CASE: lambda token, invoice: [f'l402 Macaroon="{token}", INVOICE="{invoice}"'],
    Dialect.BESIDE_OTHERS: lambda token, invoice: [
        f'Basic realm="a, \\"quoted\\" one", {_classic(token, invoice)}, Bearer realm="b", error="invalid_token"'
    ],
    Dialect.TOKEN_LATER: lambda token, invoice: [
        f'L402 realm="sparkgate", version="0", token="{token}", methods="bolt11,bolt12", invoice="{invoice}"'
    ],
}
_SPOILERS: Mapping[Malformed, _Writer] = {
    Malformed.NO_HEADER: lambda token, invoice: [],
    Malformed.EMPTY: lambda token, invoice: [""],
    Malformed.OTHER_SCHEME: lambda token, invoice: ['Bearer realm="sparkgate"'],
    Malformed.NO_INVOICE: lambda token, invoice: [f'L402 macaroon="{token}"'],
    Malformed.NO_MACAROON: lambda token, invoice: [f'L402 invoice="{invoice}"'],
    Malformed.EMPTY_MACAROON: lambda token, invoice: [f'L402 macaroon="", invoice="{invoice}"'],
    Malformed.NOT_BASE64: lambda token, invoice: [f'L402 macaroon="{token[:8]}!{token[8:]}", invoice="{invoice}"'],
    Malformed.CUT_QUOTE: lambda token, invoice: [f'L402 macaroon="{token}", invoice="{invoice}'],
    Malformed.PARAMETERS_ONLY: lambda token, invoice: [f'macaroon="{token}", invoice="{invoice}"'],
    Malformed.TOO_LONG: lambda token, invoice: [f'{_classic(token, invoice)}, padding="{"x" * 40_000}"'],
    Malformed.BAD_INVOICE: lambda token, invoice: [_classic(token, invoice[:-6] + "qqqqqq")],
}
