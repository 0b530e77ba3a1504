"""Real SDKs against operators and an SSP that have forgotten their sessions: they log in again and pay."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from spikes.driver_process import DriverProcess
from spikes.emulator.clock import SystemClock
from spikes.emulator.mint import LeafForm
from spikes.emulator.network import Network, Settings
from spikes.emulator.service import serve
from spikes.record import Outcome
from spikes.runtimes import native, node
from spikes.runtimes.settings import Settings as DriverSettings
from spikes.services import http_client
from spikes.wallets import derive_wallet

AMOUNT_SATS = 1000
DEADLINE_S = 60.0
pytestmark = pytest.mark.conformance


@pytest.mark.parametrize("form", LeafForm)
@pytest.mark.parametrize("runtime", [native, node])
async def test_a_wallet_whose_sessions_are_gone_logs_in_again_and_pays(
    runtime: ModuleType, form: LeafForm, tmp_path: Path
) -> None:
    net = Network(Settings(seed=3, leaf_form=form), SystemClock())
    wallet = derive_wallet(3, "renewal")
    async with serve(net) as service, http_client() as http:
        settings = DriverSettings(
            runtime=runtime.NAME,
            network=json.dumps(service.description),
            token=wallet.token,
            mnemonic=wallet.mnemonic,
            wallet_id=wallet.wallet_id,
            state_dir=tmp_path,
        )
        launch = runtime.launch(settings)
        process = DriverProcess(name="renewal", launch=launch, token=wallet.token, logs=tmp_path, http=http)
        try:
            await process.start()
            await process.driver.sync(DEADLINE_S)
            identity = bytes.fromhex((await process.driver.status(DEADLINE_S)).identity_public_key)
            fee_sats = net.provider.terms.fee_sats(AMOUNT_SATS)
            net.provider.fund(identity, [2 * AMOUNT_SATS, AMOUNT_SATS + fee_sats])
            await process.driver.sync(DEADLINE_S)
            for book in (*net.operator_sessions, net.provider_sessions):
                book.forget_all()
            since = net.journal.next_seq
            invoice = net.lightning.issue(AMOUNT_SATS)
            order = {
                "requestId": str(uuid.UUID(int=3, version=4)),
                "invoice": invoice.text,
                "maxAmountMsats": AMOUNT_SATS * 1000,
            }
            answer = await process.driver.experiment("pay", order, DEADLINE_S)
        finally:
            await process.stop()
    refused = Counter((entry.party, entry.code) for entry in net.journal.since(since))
    assert answer.outcome is Outcome.PAID
    assert refused["ssp", "401"] >= 1
    assert refused["operator-0", "UNAUTHENTICATED"] >= 1
    assert net.ledger.settled_counts == {invoice.payment_hash: 1}
    assert net.ledger.balance(identity).available_sats == 2 * AMOUNT_SATS
