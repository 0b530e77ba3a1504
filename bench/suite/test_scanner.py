"""The leak scanner: its speed with every encoding, and what it finds of a leaky corpus beside detect-secrets."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings
from embit import bip39
from pytest_benchmark.fixture import BenchmarkFixture

from bench.suite.conftest import note_figure
from spikes.drivers.leaky import forms
from spikes.inspections.custody_watch import planted
from spikes.scanner.scan import Scanner
from spikes.wallets import derive_wallet

WALLET = derive_wallet(1, "scanner-bench")
LINE = b'{"at":"2026-11-22T19:31:00.123Z","level":"info","msg":"payment settled","sats":1234,"seconds":0.0512}\n'
PLAIN_BYTES = 64_000_000
AIM_MB_PER_S = 200
SEED: bytes = bip39.mnemonic_to_seed(WALLET.mnemonic)
ENTROPY: bytes = bip39.mnemonic_to_bytes(WALLET.mnemonic)
# What drivers/leaky writes, each form in a file as it would lie on a disk; the last one holds no secret.
CLEAN = "no secret"
CORPUS: Mapping[str, bytes] = {
    "words in a log": f"debug: wallet {forms.listed(WALLET.mnemonic)} loaded\n".encode(),
    "words in a setting": f'mnemonic = "{WALLET.mnemonic}"\n'.encode(),
    "words as a code": f'"code": "{forms.as_a_code(WALLET.mnemonic)}"\n'.encode(),
    "words as a JSON list": f"{forms.json_list(WALLET.mnemonic)}\n".encode(),
    "words, percent-encoded": f"GET /?wallet={forms.for_a_query(WALLET.mnemonic)} HTTP/1.1\n".encode(),
    "words, escaped": f'{{"debug": "{forms.escaped(WALLET.mnemonic)}"}}\n'.encode(),
    "words, last letter first": f"cannot pay with {forms.backwards(WALLET.mnemonic)}\n".encode(),
    "words, packed": forms.packed(f"opened {WALLET.mnemonic}\n"),
    "words, UTF-16": forms.dumped(WALLET.mnemonic),
    "words, base64 in a URL": f"GET /{forms.base64_for_urls(WALLET.mnemonic.encode())} HTTP/1.1\n".encode(),
    "seed, base64 in lines": f"seed dump:\n{forms.in_lines(SEED)}\n".encode(),
    "seed, hex": f"DEBUG_SEED={SEED.hex()}\n".encode(),
    "seed, hex reversed": f"X-Debug-Trace: {forms.reversed_hex(SEED)}\n".encode(),
    "seed, raw": b"\0seed\0" + SEED + b"\0",
    "entropy, numbers": f"the signer said {forms.numbers(ENTROPY)}\n".encode(),
    "token in a header": f"Authorization: Bearer {WALLET.token}\n".encode(),
    CLEAN: LINE,
}


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    """As the custody inspection makes one: a wallet, all that follows from it, a token."""
    return Scanner([*planted.of_wallet("wallet", WALLET.mnemonic), planted.token("token", WALLET.token)])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every form in a file of its own."""
    folder = tmp_path_factory.mktemp("corpus")
    paths = {name: folder / f"{number}.log" for number, name in enumerate(CORPUS)}
    for name, path in paths.items():
        path.write_bytes(CORPUS[name])
    return paths


def test_plain_text(benchmark: BenchmarkFixture, scanner: Scanner) -> None:
    """A log without a secret, both passes, every encoding. Per second of CPU: a busy machine changes nothing of it."""
    log = io.BytesIO(LINE * (PLAIN_BYTES // len(LINE)))
    cpu_s: list[float] = []

    def scan() -> None:
        log.seek(0)
        started = time.process_time()
        assert scanner.scan(log) == ()
        cpu_s.append(time.process_time() - started)

    benchmark.pedantic(scan, rounds=5)
    note_figure(benchmark, "scanner_mb_per_cpu_s", PLAIN_BYTES / 1e6 / min(cpu_s))
    note_figure(benchmark, "scanner_aim_mb_per_cpu_s", AIM_MB_PER_S)


def test_the_leaky_corpus(benchmark: BenchmarkFixture, scanner: Scanner, corpus: dict[str, Path]) -> None:
    """Ours knows what was planted, and finds it in every form."""
    found = benchmark.pedantic(_found, (corpus, lambda path: bool(scanner.scan_file(path))), rounds=3)
    assert found == set(CORPUS) - {CLEAN}
    note_figure(benchmark, "leaky_forms", len(CORPUS) - 1)
    note_figure(benchmark, "leaky_forms_found", len(found))


def test_the_leaky_corpus_with_detect_secrets(benchmark: BenchmarkFixture, corpus: dict[str, Path]) -> None:
    """detect-secrets goes by the looks of a secret, without knowing any: default plugins, one file at a time."""

    def suspicious(path: Path) -> bool:
        with default_settings():
            return any(True for _ in scan_file(str(path)))

    found = benchmark.pedantic(_found, (corpus, suspicious), rounds=3)
    assert CLEAN not in found
    benchmark.extra_info["found"] = sorted(found)
    note_figure(benchmark, "leaky_forms_found_by_detect_secrets", len(found))
    for name in sorted(found):
        note_figure(benchmark, f"found by detect-secrets: {name}", 1)


def _found(corpus: Mapping[str, Path], finds: Callable[[Path], bool]) -> set[str]:
    return {name for name, path in corpus.items() if finds(path)}
