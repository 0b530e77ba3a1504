"""GraphQL at the provider's door: executed for real, refused in typed errors, and never a way to stop the emulator."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.emulator.client_document import DOCUMENT, request_body
from tests.unit.emulator.stage import START, Stage
from tests.unit.emulator.wallet import Wallet
from tests.unit.emulator.wallet_client import SspRefusal

UUID = "01234567-89ab-4def-8123-456789abcdef"
AMOUNT_KEYS = [
    "__typename",
    "original_value",
    "original_unit",
    "preferred_currency_unit",
    "preferred_currency_value_rounded",
]


def amount(sats: int) -> dict[str, Any]:
    return dict(zip(AMOUNT_KEYS, ["CurrencyAmount", sats, "SATOSHI", "SATOSHI", sats], strict=True))


async def query(wallet: Wallet, document: str, operation: str, **variables: Any) -> tuple[int, dict[str, Any]]:
    """Status and answer of a document of the test's own."""
    status, raw = await wallet.gateway.query(wallet.ssp_token, request_body(operation, variables, document))
    return status, json.loads(raw)


# ---- executed for real ---------------------------------------------------------------------------


async def test_a_payment_has_the_shape_that_clients_parse(stage: Stage) -> None:
    alice, invoice = await stage.funded(1003), stage.invoice(1000)
    paid = await alice.pay(invoice.text)
    transfer = {
        "__typename": "Transfer",
        "total_amount": amount(1003),
        "spark_id": paid["transfer"]["spark_id"],
        "user_request": {"__typename": "LightningSendRequest", "id": paid["id"]},
    }
    assert paid == {
        "__typename": "LightningSendRequest",
        "id": f"LightningSendRequest:{transfer['spark_id']}",
        "created_at": "2027-01-15T08:00:00+00:00",
        "updated_at": "2027-01-15T08:00:00+00:00",
        "network": "REGTEST",
        "status": "TRANSFER_COMPLETED",
        "encoded_invoice": invoice.text,
        "fee": amount(3),
        "idempotency_key": "",
        "transfer": transfer,
        "lightning_send_payment_preimage": invoice.preimage.hex(),
    }
    assert START == 1_800_000_000  # the date above


async def test_transfers_carry_the_whole_request_whatever_it_is(stage: Stage) -> None:
    alice = await stage.funded(4000)
    swapped = await alice.swap(list((await alice.nodes()).values()), [1003])
    paid = await alice.pay(stage.invoice(1000).text)
    funding = stage.fund(alice, 5)
    ids = [paid["transfer"]["spark_id"], swapped.id, funding.id, UUID]
    payment, swap, incoming = (await alice.ssp("Transfers", transfer_spark_ids=ids))["transfers"]
    assert payment["user_request"] == paid
    request = swap["user_request"]
    assert request["inbound_transfer"]["spark_id"] == swapped.id
    assert request["outbound_transfer"]["user_request"] == {"__typename": "LeavesSwapRequest", "id": request["id"]}
    assert (request["swap_status"], request["swap_expired_at"], request["swap_leaves"]) == ("SUCCEEDED", None, [])
    assert (request["total_amount"], request["target_amount"], request["fee"]) == (
        amount(4000),
        amount(1003),
        amount(0),
    )
    assert (incoming["spark_id"], incoming["total_amount"], incoming["user_request"]) == (funding.id, amount(5), None)


async def test_aliases_fragments_and_merged_fields_are_executed_not_recognised(stage: Stage) -> None:
    alice, invoice = await stage.funded(1003), stage.invoice(1000)
    paid = await alice.pay(invoice.text)
    document = """
      query Ours($id: ID!, $ids: [UUID!]!, $with: Boolean!) {
        first: user_request(request_id: $id) { ...A }
        second: user_request(request_id: "nothing") { id }
        again: transfers(transfer_spark_ids: $ids) { ...B ...C total_amount { unit: original_unit } }
      }
      fragment A on UserRequest { kind: __typename ...S }
      fragment S on LightningSendRequest {
        secret: payment_preimage fee { a: original_value } fee { b: original_value }
      }
      fragment B on Transfer { total_amount { original_value } }
      fragment C on Transfer {
        user_request { ... on LeavesSwapRequest { id } ... on UserRequest @include(if: $with) { id } }
      }
    """
    ids = [paid["transfer"]["spark_id"]]
    for shown in (True, False):
        variables = {"id": paid["id"], "ids": ids, "with": shown}
        status, answer = await query(alice, document, "Ours", **variables)
        assert (status, answer) == (
            200,
            {
                "data": {
                    "first": {
                        "kind": "LightningSendRequest",
                        "secret": invoice.preimage.hex(),
                        "fee": {"a": 3, "b": 3},
                    },
                    "second": None,
                    "again": [
                        {
                            "total_amount": {"original_value": 1003, "unit": "SATOSHI"},
                            "user_request": {"id": paid["id"]} if shown else {},
                        }
                    ],
                }
            },
        )


async def test_the_operation_is_chosen_by_its_name_and_not_by_its_text(stage: Stage) -> None:
    alice = await stage.wallet()
    document = (
        "query A { transfers(transfer_spark_ids: []) { spark_id } } query B { user_request(request_id: 1) { id } }"
    )
    assert await query(alice, document, "A") == (200, {"data": {"transfers": []}})
    assert await query(alice, document, "B") == (200, {"data": {"user_request": None}})
    assert (stage.last_entry().method, stage.last_entry().identity) == ("B", alice.identity.hex())


async def test_operations_that_are_unknown_here_do_not_matter_until_they_are_asked_for(stage: Stage) -> None:
    alice = await stage.wallet()
    assert "instant_deposit_quote" in DOCUMENT
    assert await alice.ssp("Transfers", transfer_spark_ids=[]) == {"transfers": []}
    with pytest.raises(SspRefusal, match="instant_deposit_quote") as caught:
        await alice.ssp("InstantDepositQuote", input={})
    assert caught.value.status == 400


# ---- refused in typed errors ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("query Other { transfers(transfer_spark_ids: []) { spark_id } }", 'Unknown operation named "Ours"'),
        ("fragment Ours on Transfer { spark_id }", 'Unknown operation named "Ours"'),
        ("query Ours { transfers(transfer_spark_ids: []) { nothing } }", "Cannot query field 'nothing'"),
        ("query Ours { nothing }", "Cannot query field 'nothing'"),
        ("query Ours { transfers { spark_id } }", "transfer_spark_ids"),
        ("query Ours { transfers(transfer_spark_ids: []) }", "must have a selection of subfields"),
        ("query Ours { transfers(transfer_spark_ids: []) { ...Nowhere } }", "Unknown fragment"),
        ("query Ours { ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "Cannot spread fragment"),
        ("query Ours($x: Nothing) { transfers(transfer_spark_ids: $x) { spark_id } }", "Unknown type"),
        ("query Ours { user_request(request_id: 1) { status } }", "Cannot query field 'status'"),
        ("query Ours { ", "Syntax Error"),
        ("", "Syntax Error"),
        ("\N{SNOWMAN}", "Syntax Error"),
        ("subscription Ours { transfers }", "Subscription|subscription"),
    ],
)
async def test_a_document_that_cannot_be_executed_is_refused(stage: Stage, document: str, words: str) -> None:
    alice = await stage.wallet()
    books = stage.books()
    status, answer = await query(alice, document, "Ours")
    assert status == 400
    assert any(word in " ".join(error["message"] for error in answer["errors"]) for word in words.split("|"))
    assert "data" not in answer
    assert (stage.last_entry().code, stage.books()) == ("400", books)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"query"',
        b"\xff\xfe",
        b"{}",
        b'{"query": "{ a }"}',
        b'{"query": 1, "operationName": "A"}',
        b'{"query": "{ a }", "operationName": null}',
        b'{"query": "{ a }", "operationName": "A", "variables": []}'.replace(b"[]", b"[1]"),
        b'{"query": "{ a }", "operationName": "A", "variables": "x"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
async def test_a_body_that_is_no_request_is_refused(stage: Stage, body: bytes) -> None:
    alice = await stage.wallet()
    status, raw = await alice.gateway.query(alice.ssp_token, body)
    assert status == 400
    assert json.loads(raw)["errors"][0]["message"]
    assert stage.last_entry().code == "400"


@pytest.mark.parametrize(
    "operation", ["Transfers", "UserRequest", "RequestSwap", "RequestLightningSend", "GetChallenge"]
)
async def test_variables_of_the_wrong_shape_are_refused(stage: Stage, operation: str) -> None:
    alice = await stage.wallet()
    shapes: list[dict[str, Any]] = [{}, {"input": None}, {"input": []}, {"input": 1}, {"request_id": None}]
    for variables in shapes:
        with stage.refused_by_ssp(operation, "Variable"):
            await alice.ssp(operation, **variables)
