"""Emulator, paywall and client around a seat, for whatever looks at single runtimes and makes no record.

Role: what the conformance kit, `make custody` and tests stand on. Must not know: runtimes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from spikes import services
from spikes.seat import Surroundings


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
