"""The provider's door under documents and bodies that are too much for it, and under callers it must not answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from spikes.emulator.mint import LeafForm
from spikes.emulator.network import Settings
from spikes.emulator.ssp.door import MAX_REQUEST_BYTES
from tests.unit.emulator.client_document import request_body
from tests.unit.emulator.stage import Stage
from tests.unit.emulator.wallet import Wallet

UUID = "01234567-89ab-4def-8123-456789abcdef"
LIFETIME_S = 100.0


@pytest.fixture
def stage() -> Stage:
    """A network whose own defects reach the test as they are."""
    return Stage.set_up(Settings(leaf_form=LeafForm.ZERO_TIMELOCK, session_lifetime_s=LIFETIME_S))


async def assert_refused(stage: Stage, wallet: Wallet, body: bytes) -> None:
    """The body gets a typed error, is in the journal, moves nothing, and the next request is served."""
    books, seq = stage.books(), stage.net.journal.next_seq
    status, raw = await wallet.gateway.query(wallet.ssp_token, body)
    assert status in {200, 400, 413}
    assert json.loads(raw)["errors"][0]["message"]
    assert (stage.books(), stage.net.journal.next_seq) == (books, seq + 1)
    assert await wallet.ssp("Transfers", transfer_spark_ids=[]) == {"transfers": []}


@pytest.mark.parametrize("depth", [300, 3000, 100_000])
@pytest.mark.parametrize("opening", ["{ a", "{ a(x: [", "{ ... on Query"])
async def test_a_document_that_is_nested_too_deeply_to_read_is_refused(stage: Stage, depth: int, opening: str) -> None:
    alice = await stage.wallet()
    await assert_refused(stage, alice, request_body("Q", {}, "query Q " + opening * depth))


@pytest.mark.parametrize("depth", [20, 60, 200])
async def test_a_document_that_is_nested_too_deeply_to_execute_is_refused_or_answered(stage: Stage, depth: int) -> None:
    """A transfer shows its request, which shows its transfer, and so on: as deep as a client cares to ask."""
    alice = await stage.funded(1003)
    transfer_id = (await alice.pay(stage.invoice(1000).text))["transfer"]["spark_id"]
    level = "user_request { ... on LightningSendRequest { transfer { "
    body = "query Q { transfers(transfer_spark_ids: [$ID]) { " + level * depth + "spark_id" + " } } }" * depth + " } }"
    books = stage.books()
    document = body.replace("$ID", json.dumps(transfer_id))
    status, raw = await alice.gateway.query(alice.ssp_token, request_body("Q", {}, document))
    answer = json.loads(raw)
    assert (status, "errors" in answer) in {(200, False), (200, True), (400, True)}
    assert stage.books() == books


async def test_deeply_nested_variables_are_refused(stage: Stage) -> None:
    alice = await stage.wallet()
    nested: Any = []
    for _ in range(400):
        nested = [nested]
    await assert_refused(stage, alice, request_body("Transfers", {"transfer_spark_ids": nested}))


@pytest.mark.timeout(30)
async def test_a_document_that_repeats_a_field_without_end_is_soon_answered(stage: Stage) -> None:
    """Comparing every field with every other one would take minutes, during which no payment settles."""
    alice = await stage.wallet()
    document = "query Q { transfers(transfer_spark_ids: []) { " + "spark_id " * 20_000 + "} }"
    await assert_refused(stage, alice, request_body("Q", {}, document))


async def test_a_body_that_is_too_large_is_refused(stage: Stage) -> None:
    alice = await stage.wallet()
    await assert_refused(stage, alice, b" " * (MAX_REQUEST_BYTES + 1))


# ---- the journal ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code", "method"),
    [
        (b"{", "400", "?"),
        (request_body("Nothing", {}), "400", "Nothing"),
        (request_body("Q", {}, "query Q { nothing }"), "400", "Q"),
    ],
)
async def test_the_journal_says_why_a_request_was_refused(stage: Stage, body: bytes, code: str, method: str) -> None:
    alice = await stage.wallet()
    _, raw = await alice.gateway.query(alice.ssp_token, body)
    entry = stage.last_entry()
    assert (entry.party, entry.code, entry.method) == ("ssp", code, method)
    assert entry.note is not None
    assert json.loads(raw)["errors"][0]["message"] in entry.note


async def test_the_journal_says_why_a_caller_was_refused(stage: Stage) -> None:
    alice = await stage.wallet()
    alice.ssp_token = "ssp-0"
    with stage.refused_by_ssp("Transfers", "unknown session token", status=401):
        await alice.ssp("Transfers", transfer_spark_ids=[])
    assert stage.last_entry().note is not None
    assert "unknown session token" in str(stage.last_entry().note)


async def test_the_journal_notes_sizes_and_who_asked(stage: Stage) -> None:
    alice = await stage.wallet()
    body = request_body("Transfers", {"transfer_spark_ids": []})
    _, raw = await alice.gateway.query(alice.ssp_token, body)
    entry = stage.last_entry()
    assert (entry.transport, entry.party, entry.method, entry.code) == ("graphql", "ssp", "Transfers", "200")
    assert (entry.request_bytes, entry.response_bytes) == (len(body), len(raw))
    assert entry.identity == alice.identity.hex()
    assert entry.handler_s > 0


# ---- callers -------------------------------------------------------------------------------------


def variables(stage: Stage, operation: str) -> dict[str, Any]:
    """Variables with which a logged-in wallet gets an answer, if only that there is nothing."""
    invoice = {"encoded_invoice": stage.invoice(1000).text}
    swap = {
        "adaptor_pubkey": stage.provider.hex(),
        "total_amount_sats": 1,
        "target_amount_sats": [1],
        "fee_sats": 0,
        "user_leaves": [],
        "user_outbound_transfer_external_id": UUID,
    }
    by_operation: dict[str, dict[str, Any]] = {
        "LightningSendFeeEstimate": {"input": invoice},
        "RequestLightningSend": {"input": {**invoice, "user_outbound_transfer_external_id": UUID}},
        "RequestSwap": {"input": swap},
        "Transfers": {"transfer_spark_ids": [UUID]},
        "UserRequest": {"request_id": f"LightningSendRequest:{UUID}"},
    }
    return by_operation[operation]


OPERATIONS = ["LightningSendFeeEstimate", "RequestLightningSend", "RequestSwap", "Transfers", "UserRequest"]


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_without_a_session_there_is_no_answer(stage: Stage, operation: str) -> None:
    alice = await stage.wallet()
    alice.ssp_token = None
    with stage.refused_by_ssp(operation, "log in with GetChallenge", status=401):
        await alice.ssp(operation, **variables(stage, operation))


async def test_without_a_session_a_payment_without_transfer_is_no_business_of_the_callers(stage: Stage) -> None:
    alice = await stage.wallet()
    alice.ssp_token = None
    with stage.refused_by_ssp("RequestLightningSend", "log in with GetChallenge", status=401):
        await alice.ssp("RequestLightningSend", input={"encoded_invoice": "nonsense"})


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_an_expired_session_is_refused_and_can_be_renewed(stage: Stage, operation: str) -> None:
    alice = await stage.wallet()
    stage.clock.advance(LIFETIME_S)
    with stage.refused_by_ssp(operation, "expired; log in again", status=401):
        await alice.ssp(operation, **variables(stage, operation))
    await alice.login_ssp()
    assert await alice.ssp("Transfers", transfer_spark_ids=[]) == {"transfers": []}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("token", ["x", "ssp-", "Bearer", "operator-0-" + "0" * 64])
async def test_a_bad_token_is_refused(stage: Stage, operation: str, token: str) -> None:
    alice = await stage.wallet()
    alice.ssp_token = token
    with stage.refused_by_ssp(operation, "unknown session token", status=401):
        await alice.ssp(operation, **variables(stage, operation))


async def test_an_operators_token_is_worth_nothing_at_the_provider(stage: Stage) -> None:
    alice = await stage.wallet()
    alice.ssp_token = alice.tokens[0]
    with stage.refused_by_ssp("Transfers", "unknown session token", status=401):
        await alice.ssp("Transfers", transfer_spark_ids=[])
