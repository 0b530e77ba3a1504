"""Child processes: start one, wait until it says that it is ready, stop it. No child outlives its runner.

Role: creates and ends every program of a run that lasts longer than one call. Three nets, from soft to hard:
`Child.stop` (SIGTERM, then SIGKILL), a lifeline (stdin reaches EOF when the runner is gone, whatever the platform), and
on Linux PR_SET_PDEATHSIG, which the kernel honours even if the runner is killed with SIGKILL.
Must not know: what the children are.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spikes.errors import HarnessFailure, Interrupted

PROJECT = Path(__file__).resolve().parents[1]
STOP_GRACE_S = 5.0
POLL_S = 0.005
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
# A child gets these of our own environment and nothing else: no credential of the caller reaches a runtime.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT")


@dataclass(frozen=True, kw_only=True)
class Launch:
    """How to start one program. It announces itself with one JSON object a line on stdout."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    ready_key: str = "event"  # the line that has this key is the announcement


@dataclass(frozen=True, kw_only=True)
class Child:
    """A running program of ours, with its own log files."""

    name: str
    process: asyncio.subprocess.Process
    stdout_log: Path
    stderr_log: Path
    spawned_at: float  # time.perf_counter()
    announcement: Mapping[str, Any]

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    async def kill(self) -> None:
        """End it at once, as a crash would, and reap it."""
        if self.alive:
            self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        """Ask it to end; if it does not within the grace time, kill it. Reaps it in every case."""
        try:
            if self.alive:
                self.process.terminate()
                async with asyncio.timeout(STOP_GRACE_S):
                    await self.process.wait()
        except TimeoutError:
            pass  # it had its chance; `finally` kills it
        finally:
            await self.kill()


async def start(launch: Launch, *, name: str, logs: Path, deadline_s: float, failure: type[HarnessFailure]) -> Child:
    """Start a program and wait for its announcement.

    Its output goes to `logs/<name>.{stdout,stderr}.log`, appended over restarts.
    Raises `failure` if it ends or stays silent for `deadline_s` seconds; no process is left behind then.
    """
    stdout_log, stderr_log = logs / f"{name}.stdout.log", logs / f"{name}.stderr.log"
    heard = stdout_log.stat().st_size if stdout_log.exists() else 0  # skip announcements of earlier incarnations
    spawned_at = time.perf_counter()
    try:
        process = await _spawn(launch, stdout_log, stderr_log)
    except OSError as error:
        program = Path(launch.argv[0]).name
        raise failure(f"{name}: cannot start {program} ({error.strerror}); run `make doctor`") from error
    try:
        line = await _announcement(process, stdout_log, heard, launch.ready_key, spawned_at + deadline_s)
    except BaseException:  # a cancelled run must not leave it behind either
        await _kill(process)
        raise
    if line is None:
        state = f"ended with status {process.returncode}" if process.returncode is not None else "said nothing"
        await _kill(process)
        raise failure(
            f"{name}: {state} within {deadline_s:g} s of its start; read {stderr_log.name} in the run's logs, "
            "then run `make doctor`",
            last_words=_last_words(stderr_log),
        )
    return Child(
        name=name,
        process=process,
        stdout_log=stdout_log,
        stderr_log=stderr_log,
        spawned_at=spawned_at,
        announcement=line,
    )


@asynccontextmanager
async def running(
    launch: Launch, *, name: str, logs: Path, deadline_s: float, failure: type[HarnessFailure]
) -> AsyncIterator[Child]:
    """A child for the length of a `with` block."""
    child = await start(launch, name=name, logs=logs, deadline_s=deadline_s, failure=failure)
    try:
        yield child
    finally:
        await child.stop()


def leash() -> None:
    """Have the kernel send this process SIGTERM when its parent ends, so that killing `make` ends the run too.

    Raises Interrupted if the parent is gone already. Does nothing where the kernel has no such call.
    """
    parent = os.getppid()
    if _LIBC is None:
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        raise Interrupted("the process that asked for this run ended before it began; start it again")


def passed_on_environment() -> dict[str, str]:
    """The part of our own environment that children inherit."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


async def _spawn(launch: Launch, stdout_log: Path, stderr_log: Path) -> asyncio.subprocess.Process:
    with stdout_log.open("ab") as stdout, stderr_log.open("ab") as stderr:
        return await asyncio.create_subprocess_exec(
            *launch.argv,
            stdin=asyncio.subprocess.PIPE,  # the lifeline: held open as long as we live
            stdout=stdout,
            stderr=stderr,
            env={**passed_on_environment(), **launch.env},
            cwd=PROJECT,
            start_new_session=True,  # a Ctrl-C in the terminal reaches the runner alone, which then stops them
            preexec_fn=_die_with(os.getpid()),  # one prctl call: nothing that can deadlock after a fork
        )


def _die_with(parent: int) -> Callable[[], None] | None:
    libc = _LIBC
    if libc is None:
        return None

    def preexec() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # the runner died between fork and prctl
            os._exit(1)

    return preexec


async def _announcement(
    process: asyncio.subprocess.Process, log: Path, offset: int, key: str, deadline: float
) -> dict[str, Any] | None:
    """The first JSON line after `offset` that has `key`, or None if the process ends or the deadline passes first."""
    while True:
        ended = process.returncode is not None
        with log.open("rb") as file:
            file.seek(offset)
            for line in file:
                if line.endswith(b"\n") and (found := _object_with(line, key)) is not None:
                    return found
        if ended or time.perf_counter() > deadline:
            return None
        await asyncio.sleep(POLL_S)


def _object_with(line: bytes, key: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) and key in value else None


async def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


def _last_words(log: Path, lines: int = 3) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
