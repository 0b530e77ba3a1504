"""A KMS on loopback inside the test's process, and the doors of its callers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from spikes.custody.kms_client import KmsClient
from spikes.custody.life import WalletLife
from spikes.custody.store import CustodyStore
from spikes.kms.policy import Caller, Callers
from spikes.kms.service import Kms

KEY = "wallets"
TOKENS = {caller: f"token-of-{caller}" for caller in Caller}


@dataclass(frozen=True, kw_only=True)
class Running:
    """The service, and a client for each of its callers."""

    kms: Kms
    url: str
    door: Callable[[Caller], KmsClient]


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    kms = Kms(Callers(TOKENS))
    runner = web.AppRunner(kms.application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with httpx.AsyncClient(trust_env=False) as http:
        try:

            def door(caller: Caller) -> KmsClient:
                return KmsClient(url, TOKENS[caller], http, deadline_s=2.0)

            await door(Caller.ADMIN).create_version(KEY)
            yield Running(kms=kms, url=url, door=door)
        finally:
            await runner.cleanup()


@pytest.fixture
def store(tmp_path: Path) -> CustodyStore:
    return CustodyStore(tmp_path / "custody.sqlite")


@pytest.fixture
def life(running: Running, store: CustodyStore) -> WalletLife:
    return WalletLife(store, running.door(Caller.CONTROL_PLANE), key_name=KEY, network="regtest")
