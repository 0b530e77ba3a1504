"""A driver's process together with the client that talks to it.

Role: start it, say how long it took from spawn to the first healthy answer, and give the `Driver` of its present port.
Must not know: which runtime it is, or what it is asked.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx

from spikes import processes
from spikes.contract import Driver
from spikes.errors import RuntimeStartFailure
from spikes.processes import Child, Launch

START_DEADLINE_S = 30.0
LOOPBACK = "127.0.0.1"


class DriverProcess:
    """One driver, started and restarted with the same settings."""

    def __init__(self, *, name: str, launch: Launch, token: str, logs: Path, http: httpx.AsyncClient) -> None:
        self.name = name
        self._launch = launch
        self._token = token
        self._logs = logs
        self._http = http
        self._child: Child | None = None
        self._driver: Driver | None = None

    @property
    def driver(self) -> Driver:
        """The client of the running process."""
        if self._driver is None:
            raise RuntimeStartFailure(f"{self.name} is not running; start it before asking it anything")
        return self._driver

    @property
    def pid(self) -> int | None:
        """The running process's id, None if there is none."""
        return self._child.pid if self._child is not None and self._child.alive else None

    async def start(self) -> float:
        """Start it and wait for `GET /healthz`; seconds from spawn to that answer. Raises RuntimeStartFailure."""
        child = await processes.start(
            self._launch,
            name=self.name,
            logs=self._logs,
            deadline_s=START_DEADLINE_S,
            failure=RuntimeStartFailure,
        )
        self._child = child
        driver = Driver(f"http://{LOOPBACK}:{_port(child)}", self._token, self._http)
        while not await driver.healthy():
            if not child.alive or time.perf_counter() > child.spawned_at + START_DEADLINE_S:
                await self.stop()
                raise RuntimeStartFailure(
                    f"{self.name} listens, but GET /healthz does not answer 200; read {child.stderr_log.name}"
                )
            await asyncio.sleep(processes.POLL_S)
        self._driver = driver
        return time.perf_counter() - child.spawned_at

    async def kill(self) -> None:
        """End it as a crash would (SIGKILL)."""
        self._driver = None
        if self._child is not None:
            await self._child.kill()

    async def stop(self) -> None:
        """End it in order."""
        self._driver = None
        if self._child is not None:
            await self._child.stop()


def _port(child: Child) -> int:
    port = child.announcement.get("port")
    if not isinstance(port, int):
        raise RuntimeStartFailure(f"{child.name} announced no port; its first JSON line must hold one")
    return port
