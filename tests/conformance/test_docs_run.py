"""Every command of the README and of docs/, run as it stands there, in a copy of the project with a run in it.

What would take many minutes is not run here: .ci/run holds it as it stands, or LONG says what is done instead.
"""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from bench.commands import judge
from spikes.checkup import State, examine
from tests.pages import ROOT, Documented, everywhere
from tests.records.cases import everything

pytestmark = pytest.mark.conformance

# Documented, ours, and not run: what stands in for it.
LONG = {
    "make spike": "a quarter of an hour; .ci/run makes the quick one by the same recipe",
    "make soak PAYMENTS=1000 RUNTIME=native,node": "minutes; test_run_command.py starts soaks",
    "make bench": "minutes; tests of bench/suite run its parts",
    "make bench-compare": "minutes; test_bench_compare.py compares",
    "make distclean": "it would remove the set-up that the tests need; test_docs.py asks make whether it can",
    ".venv/bin/python -m spikes run --profile quick --runtimes native,node": "a minute; test_run_command.py makes one",
    ".venv/bin/python -m spikes run --profile quick --runtimes native,node --seed 1": "the same",
    ".venv/bin/python -m spikes run --profile quick --shard 1/2": "minutes; the tests of shards make small ones",
    ".venv/bin/python -m spikes run --profile quick --shard 2/2": "the same",
    ".venv/bin/python -m spikes merge reports/merged reports/*-shard-?of2": "the same; a shell spells the pattern out",
    ".venv/bin/python -m bench judge reports/merged": "the same",
    ".venv/bin/python -m spikes run --profile quick --cluster local --shards 2": "test_distributed.py makes one",
}
# What runs until it is told to stop: what it says when it is ready.
ENDLESS = {".venv/bin/python -m spikes emulator --json": "{"}
CI = set((ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines())
RUN_ID = "20261122T120000Z-quick-7"
DEADLINE_S = 170


def is_live(each: Documented) -> bool:
    """A command that needs an account and money; it refuses here, and its own tests say how."""
    return "runbooks" in each.page.parts


OURS = [each.command for each in everywhere() if each.ours and not is_live(each)]
HERE = [command for command in OURS if command not in {*LONG, *ENDLESS, *CI}]


def copied(place: Path) -> None:
    """The project's own files; what was installed is linked."""
    skip = shutil.ignore_patterns("node_modules", "__pycache__")
    for name in ("spikes", "bench", "tests", "docs", "adr", ".ci"):
        shutil.copytree(ROOT / name, place / name, ignore=skip)
    for name in ("Makefile", "README.md", "pyproject.toml", ".gitignore"):
        shutil.copy2(ROOT / name, place / name)
    for name in (".venv", ".build", "spikes/drivers/node_modules"):
        (place / name).symlink_to(ROOT / name)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with one deciding run, packed and committed, as the README's reader finds it."""
    amiss = [finding.what for finding in examine() if finding.section == "Set-up" and finding.state is not State.OK]
    assert not amiss, f"{amiss} are not as locked, and the copy would install them anew: run `make setup` first"
    place = tmp_path_factory.mktemp("project")
    copied(place)
    run = place / "reports" / RUN_ID
    run.mkdir(parents=True)
    (run / "record.jsonl").write_bytes(everything("native", "workerd").data())
    (place / "reports" / "latest").symlink_to(RUN_ID)
    done = shell("make pack RUN=latest", place)
    assert done.returncode == 0, done.stderr
    return place


def shell(command: str, place: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        shlex.split(command), cwd=place, capture_output=True, text=True, check=False, timeout=DEADLINE_S
    )


def test_what_is_left_out_is_documented_and_not_in_ci() -> None:
    assert set(LONG) | set(ENDLESS) <= set(OURS)
    assert not CI & set(LONG)


@pytest.mark.parametrize("command", HERE)
def test_the_command_does_what_it_says(command: str, project: Path) -> None:
    done = shell(command, project)
    assert done.returncode == judge.DECIDED, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    if "--json" in command:
        assert json.loads(done.stdout)
    else:
        assert done.stdout.strip()


@pytest.mark.parametrize("command", ENDLESS)
def test_what_runs_until_told_to_stop_does_so(command: str, project: Path) -> None:
    with subprocess.Popen(shlex.split(command), cwd=project, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(ENDLESS[command])
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=DEADLINE_S) == 0
        finally:
            process.kill()
