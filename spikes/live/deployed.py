"""A driver that was deployed to its platform, reached over the internet like any caller would reach it.

Role: stand where a driver's process stands in a live run, so that the same payments are made of the real platform.
Nothing is started or stopped here: deploying it and taking it away are a person's doing (docs/runbooks).
Must not know: payments, which platform it is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import httpx

from spikes.contract import Driver
from spikes.errors import LiveFailure, RuntimeStartFailure
from spikes.record import RuntimePin
from spikes.runtimes import Runtime, durable_object, workerd

URL, TOKEN = "SPARKGATE_LIVE_WORKER_URL", "SPARKGATE_LIVE_WORKER_TOKEN"
DEPLOYABLE: tuple[Runtime, ...] = (durable_object, workerd)
ENGINE = "Cloudflare Workers, deployed"
START_DEADLINE_S = 20.0
POLL_S = 1.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Where a deployed driver is, and how it knows its caller."""

    runtime: str
    url: str
    token: str = field(repr=False)
    start_s: float = START_DEADLINE_S  # until its first healthy answer

    def pin(self, local: RuntimePin) -> RuntimePin:
        """How the header names it: the same upload, in the platform's own engine."""
        return replace(local, engine=ENGINE) if local.name == self.runtime else local


class DeployedDriver:
    """Like a driver's process, but somebody else's: starting it is waiting for its first healthy answer."""

    def __init__(self, deployment: Deployment, http: httpx.AsyncClient) -> None:
        self.name = deployment.runtime
        self.driver = Driver(deployment.url, deployment.token, http)
        self._start_s = deployment.start_s

    async def start(self) -> float:
        """Seconds to the first healthy answer. Raises RuntimeStartFailure."""
        started = time.perf_counter()
        while not await self.driver.healthy():
            if time.perf_counter() - started > self._start_s:
                raise RuntimeStartFailure(
                    f"{self.name}: GET /healthz of the deployed driver does not answer 200; see `wrangler tail`"
                )
            await asyncio.sleep(POLL_S)
        return time.perf_counter() - started

    async def stop(self) -> None:
        """Nothing: it goes on until it is taken down."""


def read_deployment(environment: Mapping[str, str], runtime: str) -> Deployment:
    """The deployed driver that the environment names. Raises LiveFailure that says what is missing or wrong."""
    names = [each.NAME for each in DEPLOYABLE]
    problems = [] if runtime in names else [f"{runtime} cannot be deployed; choose from {', '.join(names)}"]
    problems += [f"{name} is not set" for name in (URL, TOKEN) if not environment.get(name)]
    url = environment.get(URL, "").rstrip("/")
    if url and not _is_origin(url):
        problems.append(f"{URL} is an https origin such as https://name.account.workers.dev (http on loopback only)")
    if problems:
        raise LiveFailure(f"nothing was sent: {'; '.join(problems)}")
    return Deployment(runtime=runtime, url=url, token=environment[TOKEN])


def _is_origin(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    plain = not (parts.username or parts.password or parts.path or parts.query or parts.fragment)
    return plain and bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))
