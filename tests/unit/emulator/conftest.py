"""Fixtures of the emulator's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient, TestServer

from spikes.emulator import admin
from spikes.emulator.mint import LeafForm
from spikes.emulator.network import Settings
from tests.unit.emulator.admin_door import Admin
from tests.unit.emulator.stage import Stage


@pytest.fixture
def stage() -> Stage:
    """A network of the cheaper leaf form, whose own defects reach the test as they are."""
    return Stage.set_up(Settings(leaf_form=LeafForm.ZERO_TIMELOCK))


@pytest.fixture
async def door() -> AsyncIterator[Admin]:
    stage = Stage.set_up(Settings(leaf_form=LeafForm.ZERO_TIMELOCK, supply_sats=10_000_000_000))
    async with TestClient(TestServer(admin.application(stage.net))) as client:
        yield Admin(stage=stage, client=client)
