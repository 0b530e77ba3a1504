"""A run whose shards are tasks on a cluster of dask.distributed: the optional extra `distributed`.

Role: hand out shards, one at a time to each machine, and bring their records home. What a shard is, and how shards are
merged, is the same as without a cluster. Must not know: plans, records, gates.

A worker needs this repository, set up (`make setup`), at the same commit: it is started there, by
`.venv/bin/python -m distributed.cli.dask_worker SCHEDULER`. The cluster's own links are as safe as the cluster is: a
task says which shard to make, and never carries a secret. Two shards at once on one machine would disturb each
other's times, so a machine with several workers is given one shard at a time. A worker that leaves while it works ends
the run: the cluster would begin its shard anew without a word, and a second try has to be seen.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spikes.errors import ClusterFailure, HarnessFailure, ToolMissing
from spikes.processes import PROJECT

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

LOCAL = "local"
CONNECT_S = 10.0  # for the scheduler to answer, and for its first worker to be there
POLL_S = 1.0  # how often it is looked whether workers are still there, and by them whether to stop
STOP_S = 30.0  # for a shard that was asked to stop
_WORDS = 2000  # of what a failed shard said last


@dataclass(frozen=True, kw_only=True)
class Made:
    """What came of one shard."""

    number: int
    exit_code: int
    record: bytes | None  # None: it came to none
    last_words: str


@contextmanager
def cluster(address: str) -> Iterator[Client]:
    """A client of the scheduler at `address`, or of a cluster of one worker on this machine: "local".

    Raises ToolMissing, ClusterFailure.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise ToolMissing(
            "--cluster needs the optional extra `distributed` (dask.distributed), which is not installed; "
            "`make setup` installs it, or `.venv/bin/python -m pip install 'dask[distributed]'`"
        ) from error
    with ExitStack() as stack:
        try:
            scheduler: Any = address
            if address == LOCAL:
                scheduler = stack.enter_context(local_cluster(1))
            client = stack.enter_context(Client(scheduler, timeout=CONNECT_S))
            client.wait_for_workers(1, timeout=CONNECT_S)
        except (OSError, TimeoutError, ValueError) as error:
            raise ClusterFailure(
                f"no cluster with a worker at {address} ({error}); name its scheduler, such as tcp://10.0.0.1:8786, "
                "and start a worker inside this repository on each machine"
            ) from error
        yield client


def local_cluster(workers: int) -> LocalCluster:
    """A scheduler and workers on this machine, reachable from it alone."""
    from distributed import LocalCluster  # noqa: PLC0415 - an optional extra

    here, free = "127.0.0.1", "127.0.0.1:0"
    return LocalCluster(
        n_workers=workers, threads_per_worker=1, host=here, dashboard_address=free, worker_dashboard_address=free
    )


def make_shards(
    client: Client, of: int, options: Sequence[str], made: Callable[[Made], None], say: Callable[[str], None]
) -> None:
    """Have the cluster make all shards of the run that `options` of `spikes run` describe; `made` gets each as it ends.

    Raises ClusterFailure if a worker leaves or cannot even begin.
    """
    from distributed import Event  # noqa: PLC0415 - an optional extra

    stop = Event(f"sparkgate-stop-{time.time_ns()}", client=client)
    waiting, busy = deque(range(1, of + 1)), dict[Any, tuple[int, str]]()
    try:
        while waiting or busy:
            machines = _machines(client)
            _all_there(busy, {worker for workers in machines.values() for worker in workers})
            taken = {machine for machine, workers in machines.items() if {w for _, w in busy.values()} & set(workers)}
            for machine in sorted(set(machines) - taken)[: len(waiting)]:
                number, worker = waiting.popleft(), min(machines[machine])
                say(f"shard {number} of {of} begins on {worker}")
                shard = [*options, "--shard", f"{number}/{of}"]
                busy[_begin(client, number, shard, worker, stop.name)] = (number, worker)
            for future in _done(busy):
                number, worker = busy.pop(future)
                made(_result(future, number, worker))
    finally:
        stop.set()
        client.cancel(list(busy))


def _machines(client: Client) -> dict[str, list[str]]:
    """Machine -> its workers. Raises ClusterFailure if there is none any more."""
    found: dict[str, list[str]] = {}
    for address, worker in client.scheduler_info(n_workers=-1)["workers"].items():
        found.setdefault(str(worker["host"]), []).append(str(address))
    if not found:
        raise ClusterFailure("the cluster has no worker any more; start one inside this repository, then run again")
    return found


def _all_there(busy: dict[Any, tuple[int, str]], workers: set[str]) -> None:
    for number, worker in busy.values():
        if worker not in workers:
            raise ClusterFailure(f"worker {worker} left the cluster while it made shard {number}; run again")


def _begin(client: Client, number: int, options: Sequence[str], worker: str, stop: str) -> Future[Made]:
    return client.submit(
        make_shard, number, options, stop, workers=[worker], allow_other_workers=False, pure=False, retries=0
    )


def _done(busy: dict[Any, tuple[int, str]]) -> list[Any]:
    """Those that have ended, after a moment's wait for one to."""
    from distributed import wait  # noqa: PLC0415 - an optional extra

    try:
        return list(wait(list(busy), timeout=POLL_S, return_when="FIRST_COMPLETED").done)
    except TimeoutError:
        return []


def _result(future: Any, number: int, worker: str) -> Made:
    try:
        result = future.result(timeout=CONNECT_S)
    except HarnessFailure:
        raise
    except Exception as error:  # whatever broke there: another repository, another Python, a lost connection
        raise ClusterFailure(
            f"worker {worker} could not make shard {number} ({type(error).__name__}: {error}); "
            "it has to run inside this repository, set up, at this commit"
        ) from error
    assert isinstance(result, Made)  # noqa: S101 - a worker of another commit
    return result


def make_shard(number: int, options: Sequence[str], stop: str) -> Made:
    """Make one shard, as a process of its own: what a worker does. Its files do not stay on the worker's machine."""
    from distributed import Event  # noqa: PLC0415 - an optional extra

    asked_to_stop, begun = Event(stop), Event(f"{stop}-{number}")
    if begun.is_set():
        raise ClusterFailure(f"the cluster began shard {number} a second time, its worker was restarted; run again")
    begun.set()
    with tempfile.TemporaryDirectory(prefix="sparkgate-shard-") as folder, tempfile.TemporaryFile() as said:
        argv = [sys.executable, "-m", "spikes", "run", *options, "--out", folder, "--leash"]
        process = subprocess.Popen(argv, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=said, stderr=said)  # noqa: S603
        try:
            while _still_runs(process):
                if asked_to_stop.is_set():
                    process.terminate()
                    process.wait(timeout=STOP_S)
        finally:
            process.kill()
            process.wait()
        said.seek(0)
        words = said.read().decode(errors="replace")[-_WORDS:]
        records = [path.read_bytes() for path in Path(folder).glob("*-shard-*/record.jsonl")]
        record = records[0] if records else None
        return Made(number=number, exit_code=process.returncode, record=record, last_words=words)


def _still_runs(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has not ended, after a moment's wait for it to."""
    try:
        process.wait(timeout=POLL_S)
    except subprocess.TimeoutExpired:
        return True
    return False
