"""Our macaroons and invoices, byte for byte and field for field, as strangers make and read them."""

from __future__ import annotations

import hashlib
import random
from typing import Any

import bolt11 as pypi_bolt11
import pytest

from spikes.emulator import bolt11
from spikes.emulator.crypto import curve
from spikes.paywall.macaroon import encode, mint, restrict
from spikes.paywall.modes import Invoiced
from spikes.paywall.tokens import Mint
from spikes.paywall.unpayable import LyingNode
from tests.interop.strangers import run_node

CASES = 60
# npm macaroon 3.0.4 doubles its buffer at every append: a third caveat asks for more memory than there is.
MOST_CAVEATS = 2
ALPHABET = "abc=:, _0é漢\u200b"


def dice() -> random.Random:
    return random.Random(402)  # noqa: S311 - the same cases every time


def cases() -> list[dict[str, Any]]:
    """Root keys, identifiers and caveats of all kinds, and those that the paywall issues."""
    draw = dice()
    return [
        {
            "key": draw.randbytes(32),
            "location": draw.choice(["sparkgate", "lsat", "läden"]),
            "identifier": draw.randbytes(draw.choice([1, 66, 127, 128, 300])),
            "caveats": tuple(
                "".join(draw.choices(ALPHABET, k=draw.choice([0, 1, 20, 200])))
                for _ in range(draw.randrange(MOST_CAVEATS + 1))
            ),
        }
        for _ in range(CASES)
    ]


async def oracles(**asked: Any) -> Any:
    return await run_node("oracles.mjs", asked, "macaroon", "light-bolt11-decoder")


def in_hex(case: dict[str, Any]) -> dict[str, Any]:
    return {**case, "key": case["key"].hex(), "identifier": case["identifier"].hex()}


def ours(case: dict[str, Any]) -> bytes:
    return encode(
        mint(
            root_key=case["key"],
            location=case["location"],
            identifier=case["identifier"],
            caveats=case["caveats"],
        )
    )


async def test_macaroons_are_those_of_npm_macaroon_byte_for_byte() -> None:
    theirs = (await oracles(macaroons=[in_hex(case) for case in cases()]))["macaroons"]
    assert theirs == [ours(case).hex() for case in cases()]


async def test_npm_macaroon_verifies_and_restricts_what_the_paywall_issues() -> None:
    shop = Mint(3)
    token = shop.issue(payment_hash=bytes(32), item="it", valid_until_s=9, also_opens=("more",), capabilities=("read",))
    key = shop.root_key(token.identifier)
    (answer,) = (
        await oracles(imports=[{"data": encode(token).hex(), "key": key.hex(), "caveat": "it_valid_until=5"}])
    )["imports"]
    assert answer["seen"] == ["services=it:0,more:0", "it_capabilities=read", "it_valid_until=9"]
    assert answer["signature"] == restrict(token, "it_valid_until=5").signature.hex()


def invoices() -> list[bolt11.Invoice]:
    draw, secret = dice(), 7
    return [
        bolt11.Invoice(
            network_prefix=draw.choice(["bcrt", "bc", "tb"]),
            amount_msats=draw.choice([None, 1, 10, 1000, 20_000, 123_456_789, 10**11]),
            timestamp=draw.randrange(1 << 31),
            payment_hash=hashlib.sha256(draw.randbytes(8)).digest(),
            payment_secret=draw.randbytes(32),
            description=draw.choice(["", "a cup of tea", "漢字 é", "x" * 300]),
            expiry_s=draw.choice([1, 60, 3600, 86_400]),
            min_final_cltv=draw.choice([9, 18, 144]),
            payee=curve.point(secret),
        )
        for _ in range(60)
    ]


def read_by_pypi(text: str) -> dict[str, Any]:
    read = pypi_bolt11.decode(text)
    return {
        "prefix": read.currency,
        "amount_msats": None if read.amount_msat is None else str(read.amount_msat),
        "timestamp": read.date,
        "payment_hash": read.payment_hash,
        "payment_secret": read.payment_secret,
        "description": read.description or "",
        "expiry_s": read.expiry,
        "min_final_cltv": read.min_final_cltv_expiry,
    }


def told(invoice: bolt11.Invoice) -> dict[str, Any]:
    return {
        "prefix": invoice.network_prefix,
        "amount_msats": None if invoice.amount_msats is None else str(invoice.amount_msats),
        "timestamp": invoice.timestamp,
        "payment_hash": invoice.payment_hash.hex(),
        "payment_secret": invoice.payment_secret.hex(),
        "description": invoice.description,
        "expiry_s": invoice.expiry_s,
        "min_final_cltv": invoice.min_final_cltv,
    }


async def test_invoices_are_read_alike_by_two_strangers() -> None:
    written = [bolt11.encode(invoice, 7) for invoice in invoices()]
    by_npm = (await oracles(invoices=written))["invoices"]
    for invoice, text, read in zip(invoices(), written, by_npm, strict=True):
        assert {**read, "description": read["description"] or ""} == told(invoice)
        assert read_by_pypi(text) == told(invoice)


@pytest.mark.parametrize("kind", [Invoiced.FOREIGN_NETWORK, Invoiced.EXPIRED, Invoiced.AMOUNTLESS])
async def test_the_lying_node_s_invoices_are_sound_to_strangers_too(kind: Invoiced) -> None:
    text, payment_hash = LyingNode(3).invoice(kind, amount_sats=21, memo="m", number=0, now_s=1_700_000_000.0)
    (by_npm,) = (await oracles(invoices=[text]))["invoices"]
    assert by_npm == read_by_pypi(text)
    assert by_npm["payment_hash"] == payment_hash.hex()
    assert (by_npm["prefix"] == "bc", by_npm["amount_msats"] is None) == (
        kind is Invoiced.FOREIGN_NETWORK,
        kind is Invoiced.AMOUNTLESS,
    )
