"""The custody inspection on real processes: an honest driver is clean, a leaky one is caught, a bad keeper is found."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TypeVar

import pytest
from embit import bip39

from bench.gates import custody as gate
from spikes.inspections import INSPECTIONS, custody
from spikes.inspections.custody_watch import allowances, control, findings, key_life, planted
from spikes.inspections.custody_watch.key_life import Ward
from spikes.inspections.custody_watch.steps import BRIEF_LIFE, Steps, plan_of
from spikes.inspections.custody_watch.surfaces import Status
from spikes.inspections.custody_watch.vault import OWNER, issue, vault
from spikes.inspections.custody_watch.watch import watched
from spikes.record import Fact
from spikes.runtimes import Runtime, native
from spikes.scanner.canaries import Canary
from spikes.scanner.scan import Scanner
from spikes.seat import Surroundings
from spikes.surroundings import surroundings
from spikes.wallets import derive_wallet
from tests.miniatures.runtimes import ProgramRuntime

SEED = 7
T = TypeVar("T")
KEY_LIFE = {
    **dict.fromkeys(("import", "generate", "disable", "rotate", "rewrap", "kms_gone"), "ok"),
    "kms_denied": "error:secret_error/kms_denied",
    "kms_slow": "error:secret_error/kms_timeout",
    "kms_unreachable": "error:secret_error/kms_unreachable",
    "kms_key_disabled": "error:secret_error/key_disabled",
    "old_version_replayed": "error:secret_error/wrong_key_version",
    **dict.fromkeys(("tampered_envelope", "swapped_row", "wrong_kms_key"), "error:secret_error/envelope_tampered"),
}
_WORDS = frozenset(bip39.WORDLIST)

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(240)]


def surrounded(folder: Path, work: Callable[[Surroundings], Awaitable[T]]) -> T:
    logs, scratch = folder / "logs", folder / "scratch"
    logs.mkdir()
    scratch.mkdir()

    async def run() -> T:
        async with surroundings(logs, scratch, seed=SEED, deadline_s=60.0) as around:
            return await work(around)

    return asyncio.run(run())


def inspected(runtime: Runtime, folder: Path) -> dict[str, Fact]:
    facts = surrounded(folder, lambda around: custody.inspect(runtime, around))
    assert len({fact.name for fact in facts}) == len(facts)
    assert {fact.runtime for fact in facts} == {runtime.NAME}
    return {fact.name: fact for fact in facts}


def keeper(kind: str) -> ProgramRuntime:
    """One of tests/miniatures/keeper.py."""
    return ProgramRuntime(NAME=kind, program=("-m", "tests.miniatures.keeper", kind))


def family(facts: dict[str, Fact], prefix: str) -> dict[str, object]:
    return {name.removeprefix(prefix): fact.value for name, fact in facts.items() if name.startswith(prefix)}


def word_runs(text: str) -> Iterable[str]:
    """Four words of the BIP39 list in a row. Codes such as error:secret_error/key_disabled are no sentences."""
    for run in re.findall(r"[a-z]+(?:[\s,;\"'.0-9]+[a-z]+)*", text.lower()):
        words = re.findall(r"[a-z]+", run)
        for at in range(len(words) - 3):
            if all(word in _WORDS for word in words[at : at + 4]):
                yield " ".join(words[at : at + 4])


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Fact], Path]:
    """The native driver, inspected; and the folder of the logs that stay."""
    folder = tmp_path_factory.mktemp("honest")
    return inspected(native, folder), folder / "logs"


Honest = tuple[dict[str, Fact], Path]


def test_it_is_one_of_the_inspections() -> None:
    assert custody in INSPECTIONS


def test_an_honest_driver_is_clean_on_every_surface(honest: Honest) -> None:
    scans = family(honest[0], "leak_scan.")
    assert set(scans) == set(gate.SURFACES)
    assert {surface: value for surface, value in scans.items() if value != Status.CLEAN} == {}


def test_every_leak_on_purpose_is_caught(honest: Honest) -> None:
    controls = family(honest[0], "leak_control.")
    assert set(controls) == set(gate.SURFACES)
    assert {name: value for name, value in controls.items() if value != control.CAUGHT} == {}


def test_what_a_surface_may_hold_was_there_and_is_told(honest: Honest) -> None:
    """The allowances are used: the scan did see what it let through."""
    facts, _ = honest
    for surface, told in (
        ("response_bodies", "preimage in POST /pay-bolt11"),
        ("paywall_traffic", "credential in paywall sent"),
        ("emulator_traffic", "preimage in "),
        ("runtime_storage", "preimage in state "),
        ("child_environment", "token in driver: SPARKGATE_TOKEN"),
    ):
        assert told in facts[f"leak_scan.{surface}"].how


def test_the_envelope_is_what_the_gate_wants(honest: Honest) -> None:
    facts, _ = honest
    wanted = {
        **dict.fromkeys(("plaintext_inputs", "plaintext_persisted", "unwraps_outside"), 0),
        **dict.fromkeys(("data_key_uses", "unwraps_per_build"), 1),
        "envelope.cipher": "AES-256-GCM",
        "envelope.associated_data": "network,version,wallet_id",
    }
    assert {name: facts[name].value for name in wanted} == wanted


def test_the_life_of_keys(honest: Honest) -> None:
    assert family(honest[0], "key_life.") == KEY_LIFE


def test_the_migration_buys_something(honest: Honest) -> None:
    """With the mnemonic in the environment, it is there for everybody who may read /proc."""
    facts, _ = honest
    assert facts["legacy_env.leak_scan.child_environment"].value == Status.LEAK
    assert "SPARKGATE_MNEMONIC" in facts["legacy_env.leak_scan.child_environment"].how
    assert facts["leak_scan.child_environment"].value == Status.CLEAN


def test_residue_is_counted_twice(honest: Honest) -> None:
    facts, _ = honest
    assert isinstance(facts["residue.process_memory"].value, int)
    assert isinstance(facts["residue.process_memory_later"].value, int)
    assert 5.0 <= float(facts["residue.later_s"].value) < 30.0


def test_nothing_that_stays_tells_a_mnemonic(honest: Honest) -> None:
    facts, logs = honest
    written = [path for path in logs.rglob("*") if path.is_file()]
    assert written
    assert not any("leaky" in str(path) for path in written), "the control's files go with the scratch folder"
    for text in (*(path.read_text(encoding="utf-8", errors="replace") for path in written), *map(repr, facts.values())):
        assert list(word_runs(text)) == []


def test_the_grep_finds_a_mnemonic() -> None:
    words = derive_wallet(1, "grep").mnemonic.split()
    assert list(word_runs(f"it was {', '.join(words[3:7])}!"))


def test_a_driver_that_writes_its_seed_down_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what is taken away from the experiment shows: an allowance, and the purchase."""
    kept = tuple(a for a in allowances.load() if a.surface != "response_bodies")
    monkeypatch.setattr(allowances, "load", lambda: kept)
    monkeypatch.setattr(custody, "WHOLE_LIFE", BRIEF_LIFE)
    facts = inspected(keeper("writes_it_down"), tmp_path)
    assert facts["leak_scan.runtime_storage"].value == Status.LEAK
    assert "mnemonic (reversed) in state" in facts["leak_scan.runtime_storage"].how
    assert int(facts["plaintext_persisted"].value) > 0
    assert facts["plaintext_inputs"].value == 0
    assert facts["leak_scan.response_bodies"].value == Status.LEAK
    assert "preimage" in facts["leak_scan.response_bodies"].how
    assert facts["leak_scan.paywall_traffic"].value == Status.UNPLANTED
    assert facts["leak_scan.stdout"].value == Status.CLEAN


def test_a_scanner_that_lacks_an_encoding_misses_its_control(tmp_path: Path) -> None:
    class Forgetful(Scanner):
        """Never heard of writing backwards."""

        def scan(self, *args: object, **kwargs: object) -> tuple[object, ...]:  # type: ignore[override]
            found = super().scan(*args, **kwargs)  # type: ignore[arg-type]
            return tuple(finding for finding in found if "reversed" not in finding.encoding)

    scans = surrounded(tmp_path, lambda around: control.leaky_scans(around, Forgetful))
    verdicts = {scan.surface: control.verdict_of(scan)[0] for scan in scans}
    missed = {surface for surface, value in verdicts.items() if value == control.MISSED}
    assert missed == {"errors", "response_headers"}
    assert {surface for surface, value in verdicts.items() if value == control.CAUGHT} == set(gate.SURFACES) - missed


@pytest.mark.parametrize(
    ("kind", "case", "value"),
    [
        ("asks_thrice", "swapped_row", "3 unwraps, then error:secret_error/envelope_tampered"),
        ("trusts_the_row", "rotate", "the old envelope ended ok"),
        ("falls_back", "tampered_envelope", "opened another wallet"),
    ],
)
def test_a_bad_keeper_is_found(tmp_path: Path, kind: str, case: str, value: str) -> None:
    attack = {
        "swapped_row": key_life._swapped_row,
        "rotate": key_life._rotate,
        "tampered_envelope": key_life._tampered_envelope,
    }[case]

    async def attacked(around: Surroundings) -> dict[str, str]:
        async with vault(around.http, around.scratch, around.logs) as safe:
            folder, seed = around.scratch, secrets.randbits(63)
            return await attack(Ward.of(keeper(kind), around, safe, seed=seed, folder=folder, logs=around.logs))

    assert surrounded(tmp_path, attacked)[case] == value


def test_a_driver_that_opens_no_envelope_leaves_nothing_clean(tmp_path: Path) -> None:
    """It runs, and everything of it is read; but its wallet was never there, so nothing could have leaked."""

    async def refused(around: Surroundings) -> dict[str, Status]:
        wallet, plan = derive_wallet(SEED, "refused"), plan_of(native, SEED, BRIEF_LIFE, 30.0)
        async with vault(around.http, around.scratch, around.logs) as safe:
            life = await safe.life("refused")
            await life.import_(wallet.wallet_id, OWNER, wallet.mnemonic)
            settings = {**safe.settings(issue(life, wallet.wallet_id)), "SPARKGATE_KMS_TOKEN": "nobody's"}
            async with watched(
                native, around, wallet, name="refused", settings=settings, items={}, logs=around.logs / "own"
            ) as watch:
                steps = Steps(watch, plan, planted.identity_of(wallet.mnemonic), 30.0)
                await steps.start()
                await steps.attempts()
        assert steps.course.key_life == {"import": "error:secret_error/kms_denied"}
        canaries: list[Canary] = list(planted.of_wallet("w", wallet.mnemonic))
        carried = findings.carried(watch, steps.course, canaries)
        return {scan.surface: scan.status for scan in findings.scans(carried, Scanner(canaries))}

    assert set(surrounded(tmp_path, refused).values()) == {Status.UNPLANTED}
