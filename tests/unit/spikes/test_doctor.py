"""`doctor`: what it finds on a bare machine, in a set-up that is old, and where something is missing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from spikes import checkup, pins
from spikes.__main__ import main
from spikes.checkup import Finding, State, examine
from spikes.commands.doctor import as_data, lines
from spikes.errors import PinMismatch, ToolMissing
from spikes.processes import PROJECT

MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """The project as a fresh clone has it: lock files, nothing installed."""
    for name in ("spikes/requirements.lock", "spikes/drivers/package-lock.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    shutil.copytree(PROJECT / "spikes" / "locks", tmp_path / "spikes" / "locks")
    return tmp_path


def found(findings: list[Finding], what: str) -> Finding:
    return next(finding for finding in findings if finding.what == what)


def test_here_nothing_is_missing_and_the_files_under_test_are_the_pinned_ones() -> None:
    findings = examine()
    assert [finding for finding in findings if finding.state is State.MISSING] == []
    names = {entry.name for entry in pins.pins()}
    assert found(findings, "files under test").seen == f"{len(names)} of {len(names)}, digests as pinned"


def test_a_fresh_clone_is_fit_and_not_ready(bare: Path) -> None:
    findings = examine(bare, {})
    parts = [finding for finding in findings if finding.section == "Set-up"]
    assert {finding.state for finding in parts} == {State.LATER}
    assert len(parts) == 2 + len(list((PROJECT / "spikes" / "locks").glob("*.lock")))
    assert all(finding.remedy == "run `make setup`" for finding in parts)
    data = as_data(findings)
    assert (data["fit"], data["ready"]) == (True, False)
    assert list(lines(findings))[-1].startswith("This machine is fit.")


def test_a_set_up_of_another_lock_file_is_not_ready(bare: Path) -> None:
    (bare / ".venv").mkdir()
    (bare / ".venv" / "installed.lock").write_text("something==1\n")
    assert found(examine(bare, {}), "Python packages").seen == "not as requirements.lock has it"
    shutil.copy(bare / "spikes" / "requirements.lock", bare / ".venv" / "installed.lock")
    assert found(examine(bare, {}), "Python packages").state is State.OK


def test_it_needs_nothing_but_the_standard_library(bare: Path) -> None:
    """-S: no site-packages. What it imports would otherwise fail on the very machine that asks."""
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-m", "spikes", "doctor", "--json"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["fit"] is True


def test_make_doctor_answers_where_no_python_is_fit(tmp_path: Path) -> None:
    shutil.copy(PROJECT / "Makefile", tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("make", "sh", "awk", "bash", "test", "mkdir"):
        program = shutil.which(name)
        assert program is not None
        (programs / name).symlink_to(program)
    done = subprocess.run(
        [str(programs / "make"), "doctor"],
        cwd=tmp_path,
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "MISSING Python 3.11" in done.stdout
    assert "make doctor PYTHON=" in done.stdout


def test_a_missing_program_ends_in_an_exit_code_and_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "make").symlink_to(shutil.which("make") or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["doctor"]) == ToolMissing.exit_code
    text = capsys.readouterr().out
    assert re.search(r"^  MISSING +git +not found\n +-> install git", text, re.M)
    assert re.search(r"^  ok +make +installed", text, re.M)
    assert "things are missing" in text
    assert main(["doctor", "--json"]) == ToolMissing.exit_code
    told = json.loads(capsys.readouterr().out)
    assert told["fit"] is False
    assert {f["what"] for f in told["findings"] if f["state"] == "MISSING"} >= {"git", "cmp", "awk"}


def test_a_changed_file_under_test_is_found_and_a_lost_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    entry = pins.artefact("sdk-js-web")
    copy = tmp_path / entry.package / entry.file
    copy.parent.mkdir(parents=True)
    copy.write_bytes(entry.path().read_bytes() + b"\n")
    monkeypatch.setattr(pins, "NODE_MODULES", tmp_path)
    findings = examine()
    changed, lost = found(findings, "sdk-js-web"), found(findings, "sdk-wasm-web")
    assert (changed.state, changed.seen) == (State.MISSING, PinMismatch.code)
    assert (lost.state, lost.seen) == (State.MISSING, ToolMissing.code)
    assert "make setup" in (changed.remedy or "")
    names = {entry.name for entry in pins.pins()}
    from_npm = {entry.name for entry in pins.pins() if entry.registry == "npm"}
    assert found(findings, "files under test").seen.startswith(f"{len(names - from_npm)} of {len(names)},")


def test_too_little_disk_is_told_in_numbers(monkeypatch: pytest.MonkeyPatch, bare: Path) -> None:
    usage = type("Usage", (), {"free": 1_000 * 2**20})()
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage)
    need = checkup.COSTS[0].disk_mib + max(cost.disk_mib for cost in checkup.COSTS[1:])
    finding = found(examine(bare, {}), "disk space")
    assert finding.state is State.MISSING
    assert f"free {need - 1_000} MiB" in (finding.remedy or "")
    assert found(examine(), "disk space").state is State.OK


def test_variables_are_told_by_name_and_never_by_value(bare: Path) -> None:
    environment = {
        "SPARKGATE_LIVE_MNEMONIC": "abandon abandon",
        "CONVEX_SELF_HOSTED_URL": "https://secret.example",
        "CONVEX_SELF_HOSTED_ADMIN_KEY": "key-value",
    }
    findings = examine(bare, environment)
    assert found(findings, "live payments").seen == "SPARKGATE_LIVE_MNEMONIC set"
    assert found(findings, "Convex deployment").state is State.OK
    text = "\n".join(lines(findings)) + json.dumps(as_data(findings))
    assert not [value for value in environment.values() if value in text]


def test_make_and_doctor_ask_the_same_of_an_interpreter() -> None:
    assert f"FIT := {checkup.FIT}" in MAKEFILE
    asked = re.search(r"for python in \$\(PYTHON\) (.+) none; do", MAKEFILE)
    assert asked is not None
    assert tuple(asked[1].split()) == checkup.INTERPRETERS


def test_an_interpreter_may_be_named_where_none_is_on_the_path(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = tmp_path / "my-python"
    named.symlink_to(os.path.realpath(sys.executable))
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert found(examine(bare, {}), "Python").state is State.MISSING
    assert found(examine(bare, {"PYTHON": str(named)}), "Python").state is State.OK


def test_colours_are_beside_words_and_never_instead() -> None:
    findings = examine()
    coloured = "\n".join(lines(findings, colour=True))
    assert "\x1b[32mok" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == "\n".join(lines(findings))
