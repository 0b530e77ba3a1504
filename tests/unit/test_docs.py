"""The pages that people read: their commands are known, their links lead somewhere, their tables are complete.

tests/conformance/test_docs_run.py runs the commands.
"""

from __future__ import annotations

import inspect
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import bench.errors
import spikes.errors
from bench.__main__ import COMMANDS as BENCH
from bench.commands import judge, readme, verify
from bench.errors import BenchError
from bench.gates.custody import SURFACES
from spikes.__main__ import COMMANDS as SPIKES
from spikes.errors import HarnessFailure
from spikes.experiments.flow_table import FLOWS
from spikes.faults.catalogue import CATALOGUE
from spikes.runtimes import RUNTIMES
from tests.pages import FENCED, PAGES, ROOT, RUNBOOKS, Documented, everywhere

COMMANDS = everywhere()
OURS = [each for each in COMMANDS if each.ours]
REFERENCE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
CODE = re.compile(r"^\| (\d+) \| (\w+) \|", re.M)
VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9]\b")
NUMBERS = {16: "sixteen", 29: "twenty-nine", 90: "ninety"}
SOURCES = ("*.py", "*.js", "*.mjs", "Makefile", "*.toml")


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """What GitHub makes of the headings."""
    headings = re.findall(r"^#+ +(.+?) *$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@cache
def help_of(module: str, command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, command, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


@cache
def listed_targets() -> frozenset[str]:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    return frozenset(re.findall(r"^  make ([a-z-]+) ", done.stdout, re.M))


def test_the_readme_begins_with_its_two_commands() -> None:
    assert [each.command for each in COMMANDS[:2]] == ["make spike", "make test"]


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_every_block_says_what_it_is(page: Path) -> None:
    assert not [block for _, language, block in FENCED.findall(page.read_text(encoding="utf-8")) if not language]


@pytest.mark.parametrize("each", COMMANDS, ids=lambda each: each.command)
def test_a_command_of_others_stands_in_a_runbook_alone(each: Documented) -> None:
    assert each.ours or RUNBOOKS in each.page.parents


@pytest.mark.parametrize("each", [e for e in OURS if e.command.startswith("make ")], ids=lambda each: each.command)
def test_make_knows_the_command_and_help_lists_it(each: Documented) -> None:
    words = shlex.split(each.command)[1:]
    done = subprocess.run(["make", "-n", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {word for word in words if "=" not in word} <= listed_targets()
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for variable in (word.partition("=")[0] for word in words if "=" in word):
        assert f"$({variable})" in makefile or f"${{{variable}}}" in makefile


@pytest.mark.parametrize("each", [e for e in OURS if e.command.startswith(".venv")], ids=lambda each: each.command)
def test_the_program_knows_the_command(each: Documented) -> None:
    _, flag, module, command, *words = shlex.split(each.command)
    assert flag == "-m"
    usage = help_of(module, command)
    for option in (word.partition("=")[0] for word in words if word.startswith("--")):
        assert re.search(rf"{option}\b", usage), f"{module} {command} has no {option}"


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        path, _, anchor = target.partition("#")
        place = (page.parent / path) if path else page
        assert place.exists(), f"{target} in {shown(page)}"
        if anchor and place.suffix == ".md":
            assert anchor in anchors(place), f"{target} in {shown(page)}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page not in seen and page.suffix == ".md" and page.exists():
            seen.add(page)
            waiting += [page.parent / t.partition("#")[0] for t in LINK.findall(page.read_text(encoding="utf-8"))]
    assert {shown(page) for page in (ROOT / "docs").rglob("*.md")} <= {shown(p) for p in seen if ROOT in p.parents}


def test_every_command_is_documented() -> None:
    for name in listed_targets() - {"help"}:
        assert f"make {name}" in REFERENCE.replace("\n", " "), f"make {name}"
    for module, names in (("spikes", SPIKES), ("bench", BENCH)):
        for name in names:
            assert re.search(rf"-m {module} {name}\b|make {name}\b", REFERENCE), f"{module} {name}"


def test_every_exit_code_is_documented_once() -> None:
    told = [(int(code), program) for code, program in CODE.findall(REFERENCE)]
    harness = [
        kind for _, kind in inspect.getmembers(spikes.errors, inspect.isclass) if issubclass(kind, HarnessFailure)
    ]
    judging = [kind for _, kind in inspect.getmembers(bench.errors, inspect.isclass) if issubclass(kind, BenchError)]
    results = {judge.UNDECIDED, judge.REQUIREMENT_UNMET, verify.DIFFERENT, readme.DIFFERENT}
    assert len(told) == len(set(told))
    assert {code for code, program in told if program == "spikes"} == {kind.exit_code for kind in harness}
    assert {code for code, program in told if program == "bench"} == results | {kind.exit_code for kind in judging}
    assert {code for code, program in told if program == "all"} == {0, 1, 2}


def test_every_variable_that_is_named_exists() -> None:
    paths = (
        path
        for pattern in SOURCES
        for folder in ("spikes", "bench", "tests")
        for path in (ROOT / folder).rglob(pattern)
    )
    ours = [path for path in paths if "node_modules" not in path.parts and path.name != Path(__file__).name]
    code = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in [*ours, ROOT / "Makefile"])
    for page in PAGES:
        for name in VARIABLE.findall(page.read_text(encoding="utf-8")):
            assert name in code, f"{name} in {shown(page)}"


def test_the_numbers_in_the_prose_are_those_of_the_code() -> None:
    prose = " ".join((ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8").split())
    assert f"{NUMBERS[len(SURFACES)]} surfaces" in prose
    assert f"{NUMBERS[len(FLOWS)].capitalize()} [flows]" in prose
    assert f"Some {NUMBERS[round(len(CATALOGUE), -1)]} [fault schedules]" in prose
    runtimes = re.findall(
        r"^\| `(\w+)` \| \w", (ROOT / "README.md").read_text(encoding="utf-8").partition("## Who")[2], re.M
    )
    assert sorted(runtimes) == sorted(runtime.NAME for runtime in RUNTIMES)
