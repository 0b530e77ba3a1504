"""Emulator, paywall and client around a seat: what all seats of a run share.

Role: what runs put together themselves, and the conformance kit, `make custody`, `replay` and tests find here whole.
Must not know: runtimes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from spikes import services
from spikes.network import Network
from spikes.seller import Seller


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What all seats of a run share."""

    network: Network
    seller: Seller
    http: httpx.AsyncClient
    logs: Path
    scratch: Path  # state of drivers; removed at the end of the run
    seed: int
    deadline_s: float  # for one call to a driver


@asynccontextmanager
async def surroundings(logs: Path, scratch: Path, *, seed: int, deadline_s: float) -> AsyncIterator[Surroundings]:
    """Everything that a seat needs, with nothing for sale, for the length of a `with` block. Both folders exist.

    Raises EmulatorFailure, PaywallFailure.
    """
    async with (
        services.http_client() as http,
        services.emulator(http, logs, seed) as network,
        services.paywall(http, logs, seed, network, {}) as seller,
    ):
        yield Surroundings(
            network=network,
            seller=seller,
            http=http,
            logs=logs,
            scratch=scratch,
            seed=seed,
            deadline_s=deadline_s,
        )
