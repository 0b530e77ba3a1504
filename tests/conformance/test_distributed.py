"""A run spread over a cluster of dask.distributed: real workers, real shards, and the ways a cluster lets one down."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench import limits, thresholds
from bench.evidence import parse
from bench.judgement import judge
from spikes import distributed
from spikes.errors import ClusterFailure, Interrupted, PlanError, ToolMissing
from spikes.processes import PROJECT
from spikes.record import Attempt, Header, read_lines
from spikes.record.judged import judged_digest
from spikes.spread import spread

pytestmark = [
    pytest.mark.conformance,
    # What dask.distributed leaves behind when it ends is not ours to mend.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

DEADLINE_S = 60.0
SMALL = ("--profile", "soak", "--payments", "2", "--runtimes", "native,wasmtime", "--seed", "5")


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited {DEADLINE_S:g} s for {what}"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def workers() -> Iterator[Any]:
    """Two workers of one machine."""
    with distributed.local_cluster(2) as cluster:
        yield cluster


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "spikes", "run", *SMALL, *options]


def said(argv: list[str]) -> subprocess.CompletedProcess[str]:
    """What a command said and how it ended."""
    return subprocess.run(argv, cwd=PROJECT, capture_output=True, text=True, timeout=200, check=False)


def under_way() -> list[psutil.Process]:
    """Shards that are being made by workers of this test."""
    family = psutil.Process().children(recursive=True)
    return [child for child in family if "--shard" in _line(child) and "--cluster" not in _line(child)]


def _line(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:  # it has ended meanwhile
        return []


@pytest.mark.timeout(300)
def test_a_cluster_makes_every_attempt_of_the_plan(workers: Any, tmp_path: Path) -> None:
    done = said(command("--cluster", workers.scheduler_address, "--shards", "2", "--out", str(tmp_path)))
    assert done.returncode == 0, done.stderr
    merged = Path(done.stdout.splitlines()[-1])
    assert merged == (tmp_path / "latest").resolve()
    lines = list(read_lines(merged / "record.jsonl"))
    header = lines[0]
    assert isinstance(header, Header)
    assert merged.name == header.run_id
    assert [shard.runtimes for shard in header.shards] == [("native",), ("wasmtime",)]
    # Two workers of one machine are given one shard at a time, or they would disturb each other's times.
    first, second = sorted(header.shards, key=lambda shard: shard.started_at)
    assert first.ended_at is not None
    assert first.ended_at <= second.started_at
    assert judged_digest(lines) in done.stderr
    # Every attempt of the plan is evidence in one of the shards.
    plan = json.loads(said([sys.executable, "-m", "spikes", "plan", "--json", *SMALL]).stdout)
    mine = [line.attempt for line in lines if isinstance(line, Attempt) and not line.aside]
    assert sorted(mine) == [planned["attempt"] for planned in plan["attempts"]]
    assert judge(parse((merged / "record.jsonl").read_bytes()), thresholds.load(limits.load())).defects == ()


def test_a_worker_that_leaves_ends_the_run_and_its_shard(workers: Any, tmp_path: Path) -> None:
    seen: list[psutil.Process] = []

    def kill_the_worker() -> None:
        until(under_way, "a shard under way")
        seen.extend(under_way())
        worker = seen[0].parent()
        assert worker is not None
        worker.kill()

    killer = threading.Thread(target=kill_the_worker)
    killer.start()
    with pytest.raises(ClusterFailure, match="left the cluster while it made shard 1"):
        spread(workers.scheduler_address, 2, SMALL, tmp_path, lambda text: None)
    killer.join()
    assert seen
    until(lambda: not under_way(), "the shard to follow its worker")
    assert not (tmp_path / "latest").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_asked_to_stop_stops_its_shards(workers: Any, number: signal.Signals, tmp_path: Path) -> None:
    run = subprocess.Popen(
        # Longer than this test waits: a shard that is not told to stop is still there at its end.
        command("--payments", "9000", "--cluster", workers.scheduler_address, "--out", str(tmp_path)),
        cwd=PROJECT,
        stderr=subprocess.PIPE,
    )
    try:
        until(under_way, "a shard under way")
        run.send_signal(number)
        _, words = run.communicate(timeout=DEADLINE_S)
    finally:
        run.kill()
        run.wait()
    assert run.returncode == Interrupted.exit_code
    assert b"asked to stop" in words
    until(lambda: not under_way(), "the shard to stop")


def test_a_shard_that_cannot_be_made_says_what_its_worker_said(workers: Any, tmp_path: Path) -> None:
    with pytest.raises(ClusterFailure, match=r"shard 1 came to no record \(exit code 11\)") as failed:
        spread(workers.scheduler_address, 1, ["--profile", "nonesuch"], tmp_path, lambda text: None)
    assert "there is no profile 'nonesuch'" in failed.value.last_words


def test_a_shard_is_never_begun_twice_without_a_word(workers: Any) -> None:
    """What a restarted worker would do: dask hands it the same task again."""
    from distributed import Client  # noqa: PLC0415 - slow to load, and only here

    options = ["--profile", "nonesuch"]  # ends at once

    with Client(workers.scheduler_address) as client:
        first = client.submit(distributed.make_shard, 1, options, "again", pure=False)
        assert first.result(timeout=DEADLINE_S).exit_code == PlanError.exit_code
        second = client.submit(distributed.make_shard, 1, options, "again", pure=False)
        with pytest.raises(ClusterFailure, match="began shard 1 a second time"):
            second.result(timeout=DEADLINE_S)


def test_an_address_where_nothing_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distributed, "CONNECT_S", 1.0)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound and not listening: refuses, and nobody else can take it meanwhile
        address = f"tcp://127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(ClusterFailure, match="start a worker inside this repository"):
            spread(address, 1, SMALL, tmp_path, lambda text: None)


def test_without_the_extra_it_is_said_how_to_install_it(tmp_path: Path) -> None:
    program = "import sys; sys.modules['distributed'] = None; from spikes.__main__ import main; sys.exit(main())"
    argv = [sys.executable, "-c", program, "run", *SMALL, "--cluster", "local", "--out", str(tmp_path)]
    done = said(argv)
    assert done.returncode == ToolMissing.exit_code
    assert "make setup" in done.stderr
    assert "dask[distributed]" in done.stderr
    plan = said([sys.executable, "-c", program, "plan", "--json", "--runtimes", "native"])
    assert json.loads(plan.stdout)["runtimes"] == ["native"], "nothing else needs it"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--shards", "2"], "--shards goes with --cluster"),
        (["--cluster", "local", "--shard", "1/2"], "--shards goes with --cluster"),
        (["--cluster", "local", "--shards", "3"], "1 to 2 shards"),
        (["--cluster", "local", "--shards", "0"], "1 to 2 shards"),
    ],
)
def test_what_cannot_be_cut_so_is_said_before_a_cluster_is_asked(options: list[str], says: str) -> None:
    done = said(command(*options))
    assert done.returncode == PlanError.exit_code
    assert says in done.stderr
