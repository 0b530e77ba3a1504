"""Invoices for a live run: read by the harness itself, and judged before anything is started."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikes.emulator import bolt11
from spikes.emulator.crypto import curve
from spikes.errors import LiveFailure
from spikes.live.invoices import LEAST_VALIDITY_S, Payable, read_invoices
from spikes.live.networks import network_named

NOW = 1_700_000_000
LIMIT = 500
SECRET = 7


def invoice(sats: int | None = 100, *, prefix: str = "bcrt", name: str = "one", age_s: int = 0, msats: int = 0) -> str:
    made = bolt11.Invoice(
        network_prefix=prefix,
        amount_msats=None if sats is None else sats * 1000 + msats,
        timestamp=NOW - age_s,
        payment_hash=hashlib.sha256(name.encode()).digest(),
        payment_secret=bytes(32),
        description=name,
        expiry_s=3600,
        min_final_cltv=18,
        payee=curve.point(SECRET),
    )
    return bolt11.encode(made, SECRET)


def read(tmp_path: Path, *lines: str, network: str = "regtest") -> tuple[Payable, ...]:
    file = tmp_path / "invoices.txt"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_invoices(file, network_named(network), LIMIT, NOW)


def refusal(tmp_path: Path, *lines: str, network: str = "regtest") -> str:
    with pytest.raises(LiveFailure) as refused:
        read(tmp_path, *lines, network=network)
    text = str(refused.value)
    assert text.startswith("nothing was sent: ")
    assert not any(line and line in text for line in lines)
    return text


def test_good_invoices_are_read_in_order_and_do_not_show(tmp_path: Path) -> None:
    first, second = read(tmp_path, invoice(100), "", f"  {invoice(LIMIT, name='two').upper()} ")
    assert (first.line, first.amount_sats, first.payment_hash) == (1, 100, hashlib.sha256(b"one").hexdigest())
    assert (second.line, second.amount_sats, second.expires_at_s) == (3, LIMIT, NOW + 3600)
    assert "lnbcrt" not in repr(first)


def test_mainnet_takes_mainnet_s_own(tmp_path: Path) -> None:
    assert read(tmp_path, invoice(prefix="bc"), network="mainnet")[0].amount_sats == 100
    assert "lnbcrt, not lnbc" in refusal(tmp_path, invoice(), network="mainnet")
    assert "lnbc, not lnbcrt" in refusal(tmp_path, invoice(prefix="bc"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (invoice(LIMIT + 1), f"asks for {LIMIT + 1} sats, and the limit is {LIMIT}"),
        (invoice(None), "no amount"),
        (invoice(1, msats=1), "not a whole number"),
        (invoice(age_s=3600 - LEAST_VALIDITY_S + 1), "expires within"),
        (invoice(age_s=4000), "expires within"),
        ("lnbcrt1garbage", "line 1"),
        ("hello", "line 1"),
    ],
)
def test_whatever_may_not_be_paid_is_refused_by_its_line(tmp_path: Path, text: str, says: str) -> None:
    assert says in refusal(tmp_path, text)


def test_an_invoice_cannot_be_paid_twice(tmp_path: Path) -> None:
    assert "line 2: it has the payment hash of an earlier line" in refusal(tmp_path, invoice(100), invoice(101))


def test_every_bad_line_is_named(tmp_path: Path) -> None:
    text = refusal(tmp_path, "first nonsense", invoice(), "other nonsense")
    assert "line 1" in text
    assert "line 3" in text
    assert "line 2" not in text


def test_no_file_is_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(LiveFailure, match="one BOLT11 a line"):
        read_invoices(tmp_path / "absent", network_named("regtest"), LIMIT, NOW)


@given(st.text(alphabet=st.characters(max_codepoint=0x3FF), max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "invoices.txt"
        file.write_bytes(text.encode())
        found: tuple[Payable, ...] = ()
        with suppress(LiveFailure):
            found = read_invoices(file, network_named("regtest"), LIMIT, NOW)
        assert not found  # chance makes no invoice
