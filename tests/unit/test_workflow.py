"""The workflow of GitHub Actions: what it calls exists, what it passes on arrives, and it may do no more than it must.

It cannot be run here. So every command in it is looked up: make must know the target, a program of ours every option.
"""

from __future__ import annotations

import fnmatch
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.outputs import OUTPUTS

ROOT = Path(__file__).resolve().parents[2]
PATH = ROOT / ".github" / "workflows" / "sparkgate.yml"
TEXT = PATH.read_text(encoding="utf-8")
WORKFLOW: dict[Any, Any] = yaml.safe_load(TEXT)
JOBS: dict[str, Any] = WORKFLOW["jobs"]
STEPS = [(job, step) for job, told in JOBS.items() for step in told["steps"]]
SHELL = {"test", "cat", "printf"}
PYTHON = ".venv/bin/python"
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


def commands(text: str) -> Iterator[list[str]]:
    """The commands of a script, word by word; what stands for a value of the workflow is the word VALUE."""
    for line in EXPRESSION.sub("VALUE", text).splitlines():
        words: list[str] = []
        for word in [*shlex.split(line), "&&"]:
            if word in ("&&", "||", "|"):
                if words:
                    yield words
                words = []
            else:
                words.append(word)


def script_of(path: Path) -> list[list[str]]:
    """The commands of a shell script that call make or a program of ours."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return [shlex.split(line.split("||")[0]) for line in lines if line.startswith(("make ", PYTHON))]


ALL_COMMANDS = [words for _, step in STEPS if "run" in step for words in commands(step["run"])]


@pytest.mark.parametrize("words", [*ALL_COMMANDS, *script_of(ROOT / ".ci" / "run")], ids=" ".join)
def test_every_command_exists(words: list[str]) -> None:
    if words[0] == "make":
        known = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
        assert known.returncode == 0, known.stderr
    elif words[0] == PYTHON:
        assert words[1] == "-m"
        asked = [sys.executable, "-m", *words[2:4], "--help"]
        told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr
        unknown = [word for word in words if word.startswith("--") and word not in told.stdout]
        assert not unknown, f"{' '.join(words[2:4])} knows no {unknown}"
    elif words[0] not in SHELL:
        assert os.access(ROOT / words[0], os.X_OK), f"{words[0]} is no program of ours"


def test_the_script_of_ci_can_be_read_by_bash() -> None:
    assert subprocess.run(["bash", "-n", ".ci/run"], cwd=ROOT, check=False).returncode == 0


def test_it_may_only_read() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert not [name for name, job in JOBS.items() if "permissions" in job]
    assert "secrets." not in TEXT
    assert "pull_request_target" not in TEXT
    checkouts = [step for _, step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == len(JOBS)
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_every_action_is_pinned_by_its_commit_and_says_its_release() -> None:
    uses = re.findall(r"uses:\s*(.+)", TEXT)
    assert uses
    for use in uses:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use), use
    assert len({use.split("@")[0] for use in uses}) == len(set(uses)), "one action, one commit"


def test_no_text_from_outside_enters_a_script() -> None:
    """What a branch or a title is called must not become a command: values come by the environment."""
    for _, step in STEPS:
        inserted = EXPRESSION.findall(step.get("run", ""))
        assert set(inserted) <= {"matrix.shard"}


def test_nothing_runs_for_ever_or_twice() -> None:
    assert WORKFLOW["concurrency"]["cancel-in-progress"] is True
    assert "github.ref" in WORKFLOW["concurrency"]["group"]
    assert all(1 <= job["timeout-minutes"] <= 60 for job in JOBS.values())


def test_python_is_one_that_we_support() -> None:
    versions = {step["with"]["python-version"] for _, step in STEPS if "setup-python" in step.get("uses", "")}
    assert versions == {"3.11"}
    assert 'requires-python = ">=3.11' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_every_job_waits_for_jobs_that_exist_and_none_for_itself() -> None:
    waits = {name: job.get("needs", []) for name, job in JOBS.items()}
    assert {other for needs in waits.values() for other in needs} <= set(JOBS)
    ready: set[str] = set()
    while len(ready) < len(JOBS):
        further = {name for name, needs in waits.items() if name not in ready and set(needs) <= ready}
        assert further, f"these wait for each other: {set(JOBS) - ready}"
        ready |= further


def artifacts(action: str) -> Iterator[tuple[str, str]]:
    """(job, name) of every artifact, a matrix written out."""
    for job, step in STEPS:
        if f"/{action}@" in step.get("uses", ""):
            name = step["with"].get("name", step["with"].get("pattern"))
            for shard in JOBS[job].get("strategy", {}).get("matrix", {}).get("shard", [None]):
                yield job, EXPRESSION.sub(str(shard), name)


def test_what_is_fetched_was_uploaded_by_a_job_that_is_waited_for() -> None:
    uploaded = list(artifacts("upload-artifact"))
    assert len({name for _, name in uploaded}) == len(uploaded), "an artifact cannot be written twice"
    for job, wanted in artifacts("download-artifact"):
        from_jobs = {source for source, name in uploaded if fnmatch.fnmatchcase(name, wanted)}
        assert from_jobs
        assert from_jobs <= set(JOBS[job]["needs"])
    fetched = [wanted for _, wanted in artifacts("download-artifact")]
    assert [name for _, name in uploaded if any(fnmatch.fnmatchcase(name, wanted) for wanted in fetched)] == [
        f"shard-{number}" for number in shards()
    ]


def shards() -> list[int]:
    found: list[int] = JOBS["shard"]["strategy"]["matrix"]["shard"]
    return found


def test_every_shard_of_the_run_is_run_and_all_with_one_seed() -> None:
    assert shards() == list(range(1, len(shards()) + 1))
    (run,) = [words for words in ALL_COMMANDS if words[2:4] == ["spikes", "run"]]
    assert run[run.index("--shard") + 1] == f"VALUE/{len(shards())}"
    assert run[run.index("--seed") + 1] == "$SEED"
    assert WORKFLOW["env"]["SEED"].isdecimal()
    assert f"of {len(shards())}" in JOBS["shard"]["name"]
    assert JOBS["shard"]["strategy"]["fail-fast"] is False


def test_what_is_merged_lies_where_the_artifacts_are_put() -> None:
    (fetch,) = [step for _, step in STEPS if "/download-artifact@" in step.get("uses", "")]
    (merge,) = [words for words in ALL_COMMANDS if words[2:4] == ["spikes", "merge"]]
    # An artifact holds <run id>/record.jsonl, and several of them lie in a folder each.
    assert merge[5:] == [f"{fetch['with']['path']}/*/*"]
    (kept,) = [step for job, step in STEPS if job == "shard" and "/upload-artifact@" in step.get("uses", "")]
    paths = kept["with"]["path"].split()
    run_id, latest = "20261123T005424Z-quick-1-shard-1of4", "latest"
    assert fnmatch.fnmatchcase(f"reports/{run_id}/record.jsonl", paths[0])
    assert not fnmatch.fnmatchcase(f"reports/{latest}/record.jsonl", paths[0]), "each run would be in it twice"
    judged = [words for words in ALL_COMMANDS if words[:2] == ["make", "judge"]]
    assert judged == [["make", "judge", f"RUN={Path(merge[4]).name}"]]
    assert Path(merge[4]).parent == Path("reports")


def test_the_result_is_published_and_told() -> None:
    (publish,) = [step for job, step in STEPS if job == "decide" and "/upload-artifact@" in step.get("uses", "")]
    assert publish["with"]["path"] == "reports/merged"
    assert publish["with"]["if-no-files-found"] == "error"
    tell = JOBS["decide"]["steps"][-1]
    assert 'reports/merged/summary.md >> "$GITHUB_STEP_SUMMARY"' in tell["run"]
    assert "summary.md" in OUTPUTS
    assert f"steps.{publish['id']}.outputs.artifact-url" in tell["env"]["FILES_URL"]


def test_the_profiles_that_can_be_asked_for_exist() -> None:
    inputs = WORKFLOW[True]["workflow_dispatch"]["inputs"]  # YAML 1.1 reads the key `on` as true
    profiles = (ROOT / "spikes" / "profiles.toml").read_text(encoding="utf-8")
    for name in inputs["profile"]["options"]:
        assert re.search(rf"^\[{name}\]", profiles, re.M), name
    assert inputs["profile"]["default"] == "quick"
    assert "|| 'quick'" in WORKFLOW["env"]["PROFILE"]


def test_packages_are_cached_under_the_lock_files_that_exist() -> None:
    for _, step in STEPS:
        for pattern in re.findall(r"'([^']+\.(?:lock|json))'", step.get("with", {}).get("key", "")):
            assert list(ROOT.glob(pattern)), pattern
