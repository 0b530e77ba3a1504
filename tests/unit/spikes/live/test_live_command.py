"""`python -m spikes live` refuses before it starts anything; a dry run says all of it, and starts nothing either."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from spikes.__main__ import main
from spikes.commands import live
from spikes.emulator import bolt11
from spikes.emulator.crypto import curve
from spikes.live.deployed import TOKEN, URL
from spikes.live.permission import AMOUNT_LIMIT, AUTOMATIC, CONFIRM, MNEMONIC, SPEND_CAP, VARIABLES

WORDS = " ".join(["abandon"] * 11 + ["about"])


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person at a terminal, who has said everything; an account of the test's own."""
    for name in (*VARIABLES, *AUTOMATIC, URL, TOKEN):
        monkeypatch.delenv(name, raising=False)
    said = {MNEMONIC: WORDS, SPEND_CAP: "500", AMOUNT_LIMIT: "100"}
    for name, value in {**said, CONFIRM: "spend up to 500 sats on hosted-regtest"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(live, "DEFAULT_FILE", tmp_path / "account.jsonl")
    return tmp_path / "account.jsonl"


@pytest.fixture
def invoices(tmp_path: Path) -> Path:
    file = tmp_path / "invoices.txt"
    file.write_text("\n".join(_invoice(f"invoice {number}") for number in range(4)), encoding="utf-8")
    return file


def _invoice(name: str) -> str:
    made = bolt11.Invoice(
        network_prefix="bcrt",
        amount_msats=21_000,
        timestamp=int(time.time()),
        payment_hash=hashlib.sha256(name.encode()).digest(),
        payment_secret=bytes(32),
        description=name,
        expiry_s=3600,
        min_final_cltv=18,
        payee=curve.point(7),
    )
    return bolt11.encode(made, 7)


def ran(tmp_path: Path, *options: str) -> int:
    """The command's exit code; nothing may be left where runs are made."""
    out = tmp_path / "runs"
    code = main(["live", *options, "--out", str(out)])
    assert not out.exists()
    return code


def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], *options: str, code: int = 22) -> str:
    assert ran(tmp_path, *options) == code
    said = capsys.readouterr()
    assert not said.out
    assert WORDS not in said.err
    return said.err


def test_a_dry_run_says_where_and_how_much_and_sends_nothing(
    tmp_path: Path, account: Path, invoices: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran(tmp_path, "--network", "regtest", "--invoices", str(invoices), "--dry-run") == 0
    said = capsys.readouterr().out
    for part in (
        "hosted-regtest: https://0.spark.lightspark.com",
        "wallet-c557eec878dfd852",
        "native, node, workerd, durable_object, 1 payments each",
        "4, 84 sats in all",
        "500 sats: the cap of 500, less 0",
        "nothing was sent",
    ):
        assert part in said
    assert WORDS not in said
    assert account.read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("name", AUTOMATIC)
def test_ci_is_refused_first_of_all(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for each in AUTOMATIC:
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(name, "true")
    text = refused(tmp_path, capsys, "--network", "regtest", "--invoices", "none", "--payments", "0")
    assert f"nothing was sent: {name} is set" in text


@pytest.mark.usefixtures("account")
def test_what_is_missing_in_the_environment_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(SPEND_CAP)
    assert f"{SPEND_CAP} is not set" in refused(tmp_path, capsys, "--network", "regtest", "--invoices", "none")
    today = datetime.now(UTC).date().isoformat()
    monkeypatch.setenv(SPEND_CAP, "500")
    text = refused(tmp_path, capsys, "--network", "mainnet", "--invoices", "none")
    assert "SPARKGATE_LIVE_API_KEY is not set" in text
    assert today not in text  # the words are told once all else is right


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--network", "testnet"], 22, "regtest, mainnet"),
        (["--runtimes", "native"], 22, "need 1 invoices, the file has 4"),
        (["--runtimes", "native", "--payments", "0"], 22, "--payments"),
        (["--runtimes", "native,native"], 22, "name each runtime once"),
        (["--runtimes", "convex_isolate"], 22, "stands in for a platform"),
        (["--runtimes", "wasmtime"], 22, "is a probe"),
        (["--runtimes", "nothing"], 11, "there is no runtime"),
        (["--deployed", "node"], 22, "node cannot be deployed"),
        (["--deployed", "workerd"], 22, f"{URL} is not set"),
    ],
)
def test_whatever_does_not_add_up_is_refused(
    options: list[str], code: int, says: str, invoices: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--network", "regtest", "--invoices", str(invoices), *options]
    assert says in refused(invoices.parent, capsys, *given, code=code)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://sparkgate-durable-object.account.workers.dev/", True),
        ("http://127.0.0.1:8787", True),
        ("http://sparkgate.example", False),
        ("https://name:word@sparkgate.example", False),
        ("https://sparkgate.example/path", False),
        ("https://sparkgate.example:port", False),
        ("sparkgate.example", False),
    ],
)
def test_a_deployed_driver_is_an_https_origin(
    url: str, fits: bool, invoices: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(URL, url)
    monkeypatch.setenv(TOKEN, "the-token-of-the-worker")
    options = ["--network", "regtest", "--invoices", str(invoices), "--deployed", "workerd", "--dry-run"]
    if fits:
        assert ran(invoices.parent, *options) == 0
        assert "the-token-of-the-worker" not in capsys.readouterr().out
    else:
        assert f"{URL} is an https origin" in refused(invoices.parent, capsys, *options)


@pytest.mark.usefixtures("account")
def test_a_deployed_driver_must_be_one_of_those_asked(
    tmp_path: Path, invoices: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(URL, "http://127.0.0.1:8787")
    monkeypatch.setenv(TOKEN, "t")
    options = ["--network", "regtest", "--invoices", str(invoices), "--deployed", "durable_object"]
    text = refused(tmp_path, capsys, *options, "--runtimes", "native,node,workerd,native_drift")
    assert "not among --runtimes" in text
