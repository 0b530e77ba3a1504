"""Every driver against the conformance kit, the newer native SDK too; and a bad driver, so that the kit can fail."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from spikes import services
from spikes.commands.smoke import fresh_seat, smoke
from spikes.conformance import CHECKS
from spikes.contract import ContractBreach
from spikes.driver_process import DriverProcess
from spikes.errors import PinMismatch, ToolMissing
from spikes.pins import verified_digests
from spikes.runtimes import RUNTIMES, Form, Runtime, native_drift
from spikes.runtimes.settings import Settings
from spikes.wallets import derive_wallet
from tests.miniatures.runtimes import miniature

DRIVERS = [runtime for runtime in RUNTIMES if runtime.FORM is Form.DRIVER]
GENERATOR = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
IN_CI = bool(os.environ.get("CI"))

pytestmark = pytest.mark.conformance


def fails_of(runtime: Runtime, tmp_path: Path) -> dict[str, str]:
    """The checks that do not hold, each with what was seen."""
    (tmp_path / "scratch").mkdir()
    results = asyncio.run(smoke(runtime, tmp_path, tmp_path / "scratch"))
    assert [result.check for result in results] == [check.__name__ for check in CHECKS]
    return {result.check: result.seen for result in results if result.seen is not None}


def require(runtime: Runtime) -> None:
    """Skip, or in CI fail, if what the runtime runs on is not installed."""
    try:
        verified_digests(runtime.PINS)
    except (ToolMissing, PinMismatch) as missing:
        if IN_CI:
            raise
        pytest.skip(str(missing))


@pytest.mark.parametrize("runtime", DRIVERS, ids=lambda runtime: runtime.NAME)
def test_a_runtime_conforms(runtime: Runtime, tmp_path: Path) -> None:
    require(runtime)
    assert fails_of(runtime, tmp_path) == {}


def test_the_newer_sdk_is_the_one_that_is_tested(tmp_path: Path) -> None:
    require(native_drift)

    async def sdk_in_use() -> str:
        async with fresh_seat(native_drift, tmp_path, tmp_path / "scratch") as seat:
            reply = await seat.driver.request("GET", "/healthz", deadline_s=10.0)
            return str((reply.body or {}).get("sdk"))

    assert asyncio.run(sdk_in_use()) == "breez-sdk-spark 0.27.2"


DEAD_NETWORK = {
    "operators": [
        {
            "id": number,
            "identifier": f"{number + 1:064x}",
            "identityPublicKey": GENERATOR,
            "grpc": "http://127.0.0.1:9",
            "grpc_web": "http://127.0.0.1:9",
        }
        for number in range(3)
    ],
    "coordinatorIdentifier": f"{1:064x}",
    "threshold": 2,
    "ssp": {"baseUrl": "http://127.0.0.1:9", "schemaEndpoint": "graphql/spark/rc", "identityPublicKey": GENERATOR},
}


@pytest.mark.parametrize("runtime", DRIVERS, ids=lambda runtime: runtime.NAME)
def test_a_sync_that_reaches_nobody_is_not_called_one(runtime: Runtime, tmp_path: Path) -> None:
    """The SDK returns from sync_wallet as if nothing were wrong (known.toml, sync-hides-failure)."""
    require(runtime)
    wallet = derive_wallet(1, runtime.NAME)
    settings = Settings(
        runtime=runtime.NAME,
        network=json.dumps(DEAD_NETWORK),
        token=wallet.token,
        mnemonic=wallet.mnemonic,
        wallet_id=wallet.wallet_id,
        state_dir=tmp_path / "state",
    )
    (tmp_path / "state").mkdir()

    async def sync() -> None:
        async with services.http_client() as http:
            process = DriverProcess(
                name=runtime.NAME, launch=runtime.launch(settings), token=wallet.token, logs=tmp_path, http=http
            )
            try:
                await process.start()
                await process.driver.sync(60.0)
            finally:
                await process.stop()

    with pytest.raises(ContractBreach, match="connect_failed"):
        asyncio.run(sync())


def test_the_kit_finds_everything_that_a_careless_driver_does_wrong(tmp_path: Path) -> None:
    seen = fails_of(miniature("careless"), tmp_path)
    assert set(seen) == {
        "wrong_token_is_refused",
        "unknown_experiment_is_unsupported",
        "caps_are_kept",
    }
