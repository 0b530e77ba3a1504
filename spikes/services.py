"""The services that every run needs: the emulated network, the paywall, one HTTP client.

Role: start each as a process of its own, for the length of a `with` block.
Must not know: runtimes, plans beyond what is for sale.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from spikes.errors import EmulatorFailure, PaywallFailure
from spikes.network import Network
from spikes.paywall.catalogue import DEFAULT, Catalogue, to_json
from spikes.processes import Launch, running
from spikes.seller import Seller

START_DEADLINE_S = 30.0
CATALOGUE = "catalogue.json"


def http_client() -> httpx.AsyncClient:
    """One client for the whole run. It takes no proxy from the environment: everything is on loopback.

    Connections are not kept: one that a driver closes for idleness just as the next request goes out would read as a
    lost answer. Deadlines are the callers'.
    """
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncClient(trust_env=False, timeout=None, limits=limits)  # noqa: S113 - see above


@asynccontextmanager
async def emulator(http: httpx.AsyncClient, logs: Path, seed: int) -> AsyncIterator[Network]:
    """The Spark network on loopback. Raises EmulatorFailure."""
    launch = Launch(
        argv=(sys.executable, "-m", "spikes", "emulator", "--json", "--seed", str(seed), "--lifeline"),
        env={},
        ready_key="operators",
    )
    async with running(
        launch, name="emulator", logs=logs, deadline_s=START_DEADLINE_S, failure=EmulatorFailure
    ) as child:
        yield Network(child.announcement, http, child.pid)


@asynccontextmanager
async def paywall(
    http: httpx.AsyncClient, logs: Path, seed: int, network: Network, catalogue: Catalogue
) -> AsyncIterator[Seller]:
    """The L402 seller of these items; of its default ones if there are none. Raises PaywallFailure."""
    listed: tuple[str, ...] = ()
    if catalogue:
        listed = ("--catalogue", str(logs / CATALOGUE))
        (logs / CATALOGUE).write_text(to_json(catalogue), encoding="utf-8")
    launch = Launch(
        argv=(
            *(sys.executable, "-m", "spikes.paywall", "--emulator-admin", network.admin_url),
            *("--seed", str(seed), "--json", "--lifeline", *listed),
        ),
        env={},
        ready_key="url",
    )
    async with running(launch, name="paywall", logs=logs, deadline_s=START_DEADLINE_S, failure=PaywallFailure) as child:
        yield Seller(child.announcement, http, catalogue or DEFAULT)
