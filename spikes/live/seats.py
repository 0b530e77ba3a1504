"""The drivers of a live run, started as every driver is, with the live network's endpoints and credentials.

Role: the one place where a runtime is given a wallet that may be real. Every driver gets caps of its own as well, so
that a defect of the harness alone cannot spend more than was allowed. Must not know: invoices, records.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import httpx

from spikes.contract import Driver
from spikes.driver_process import DriverProcess
from spikes.errors import LiveFailure
from spikes.live.networks import LiveNetwork
from spikes.live.permission import Permission
from spikes.run_directory import RunDirectory
from spikes.runtimes import RUNTIMES, Runtime, durable_object, native, native_drift, node, runtime_named, workerd
from spikes.runtimes.settings import Settings

# The real thing, in a process of ours: an emulation of a platform would show nothing more on a live network.
ALLOWED: tuple[Runtime, ...] = (native, node, workerd, durable_object, native_drift)
DEFAULT: tuple[Runtime, ...] = (native, node, workerd, durable_object)
MSATS_PER_SAT = 1000
A_DAY_S = 86_400
LOST_AFTER_S = 240  # as in production: the harness's own 2 s hold for a network on this machine alone


class LiveDriver(Protocol):
    """A driver's process, or one that was deployed elsewhere."""

    name: str

    @property
    def driver(self) -> Driver: ...

    async def start(self) -> float: ...

    async def stop(self) -> None: ...


class LiveSeats:
    """Makes driver processes; each has a directory of its own."""

    def __init__(
        self,
        network: LiveNetwork,
        permission: Permission,
        run: RunDirectory,
        http: httpx.AsyncClient,
        *,
        lost_after_s: int = LOST_AFTER_S,
    ) -> None:
        self._network = network
        self._permission = permission
        self._run = run
        self.http = http
        self._lost_after_s = lost_after_s

    def process(self, runtime: Runtime, name: str, cap_msats: int | None = None) -> DriverProcess:
        """A driver that is not started yet. `cap_msats`: for one payment, the amount limit if not told."""
        token = secrets.token_urlsafe(32)
        allowed = self._permission.amount_limit_sats * MSATS_PER_SAT if cap_msats is None else cap_msats
        caps = {
            "SPARKGATE_REQUEST_CAP_MSATS": str(allowed),
            "SPARKGATE_WINDOW_CAP_MSATS": str(self._permission.spend_cap_sats * MSATS_PER_SAT),
            "SPARKGATE_WINDOW_S": str(A_DAY_S),
        }
        launch = runtime.launch(self._settings(name, token))
        return DriverProcess(
            name=name,
            launch=replace(launch, env={**launch.env, **caps}),
            token=token,
            logs=self._run.logs,
            http=self.http,
        )

    def _settings(self, name: str, token: str) -> Settings:
        state_dir: Path = self._run.scratch / name
        state_dir.mkdir(mode=0o700)
        return Settings(
            runtime=name,
            network=self._network.description(),
            token=token,
            mnemonic=self._permission.mnemonic,
            wallet_id=self._permission.wallet_id,
            state_dir=state_dir,
            lost_after_s=self._lost_after_s,
            outside=True,
            api_key=self._permission.api_key,
        )


def live_runtimes(names: Sequence[str]) -> tuple[Runtime, ...]:
    """The runtimes of these names. Raises PlanError for one that does not exist, LiveFailure for one not allowed."""
    chosen = tuple(runtime_named(name) for name in names)
    if not chosen or len(set(names)) != len(names):
        raise LiveFailure(f"nothing was sent: name each runtime once and at least one, not {list(names)}")
    if unfit := [runtime.NAME for runtime in chosen if runtime not in ALLOWED]:
        fit = ", ".join(runtime.NAME for runtime in RUNTIMES if runtime in ALLOWED)
        raise LiveFailure(
            f"nothing was sent: {', '.join(unfit)} is a probe, or stands in for a platform; live runs take {fit}"
        )
    return chosen
