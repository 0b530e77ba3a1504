"""GraphQL variables of the wrong type: a typed error and nothing more, whatever JSON a client puts into them."""

from __future__ import annotations

import pytest

from tests.unit.emulator.client_document import request_body
from tests.unit.emulator.stage import Stage

UUID = "01234567-89ab-4def-8123-456789abcdef"


# What may stand in JSON where a text belongs.
NO_TEXT = [1, 1.5, True, [], ["x"], {}, {"a": 1}]


@pytest.mark.parametrize("value", NO_TEXT)
@pytest.mark.parametrize("field", ["adaptor_pubkey", "user_outbound_transfer_external_id"])
async def test_a_swap_with_a_field_of_another_type_is_refused(stage: Stage, field: str, value: object) -> None:
    alice = await stage.wallet()
    data = {
        "adaptor_pubkey": alice.identity.hex(),
        "total_amount_sats": 1,
        "target_amount_sats": [1],
        "fee_sats": 0,
        "user_leaves": [],
        "user_outbound_transfer_external_id": UUID,
        field: value,
    }
    with stage.refused_by_ssp("RequestSwap", "."):
        await alice.ssp("RequestSwap", input=data)


@pytest.mark.parametrize("value", [*NO_TEXT, None, "", "x", "02" * 40])
async def test_a_challenge_for_what_is_no_key_is_refused(stage: Stage, value: object) -> None:
    alice = await stage.wallet()
    with stage.refused_by_ssp("GetChallenge", "."):
        await alice.ssp("GetChallenge", input={"public_key": value})


@pytest.mark.parametrize("value", NO_TEXT)
async def test_transfer_ids_of_another_type_are_refused(stage: Stage, value: object) -> None:
    alice = await stage.wallet()
    with stage.refused_by_ssp("Transfers", "."):
        await alice.ssp("Transfers", transfer_spark_ids=[value])


@pytest.mark.parametrize("value", NO_TEXT)
async def test_a_transfer_id_of_another_type_is_refused(stage: Stage, value: object) -> None:
    alice = await stage.wallet()
    data = {"encoded_invoice": stage.invoice(1000).text, "user_outbound_transfer_external_id": value}
    with stage.refused_by_ssp("RequestLightningSend", "."):
        await alice.ssp("RequestLightningSend", input=data)


NO_AMOUNT = [1000.0, 1.5, "1000", True, 1 << 63, -(1 << 63) - 1, {}, ["1000"]]


@pytest.mark.parametrize("value", NO_AMOUNT)
async def test_an_amount_is_a_whole_number_of_64_bits(stage: Stage, value: object) -> None:
    alice = await stage.wallet()
    data = {"encoded_invoice": stage.invoice(1000).text, "amount_sats": value}
    with stage.refused_by_ssp("LightningSendFeeEstimate", "Long|amount_sats"):
        await alice.ssp("LightningSendFeeEstimate", input=data)


@pytest.mark.parametrize("field", ["total_amount_sats", "target_amount_sats", "fee_sats"])
@pytest.mark.parametrize("value", NO_AMOUNT)
async def test_a_swap_is_in_whole_satoshis(stage: Stage, field: str, value: object) -> None:
    """A total of 1000 sats, so that only the type of each value is wrong and not its worth."""
    alice = await stage.funded(1000)
    draft = await alice.draft_swap(list((await alice.nodes()).values()))
    data = alice.swap_input(draft, await alice.open_swap(draft), [999])
    data[field] = [value] if field == "target_amount_sats" else value
    with stage.refused_by_ssp("RequestSwap", "Long|_sats"):
        await alice.ssp("RequestSwap", input=data)


async def test_amounts_in_the_document_itself_are_checked_like_variables(stage: Stage) -> None:
    alice = await stage.wallet()
    text = stage.invoice(1000).text
    for literal, status in (
        ("1000", 200),
        ("1000.0", 400),
        ('"1000"', 400),
        ("true", 400),
        ("9223372036854775808", 400),
    ):
        document = (
            f'query Q {{ lightning_send_fee_estimate(input: {{encoded_invoice: "{text}", amount_sats: {literal}}})'
            " { fee_estimate { original_value } } }"
        )
        assert (await alice.gateway.query(alice.ssp_token, request_body("Q", {}, document)))[0] == status, literal


@pytest.mark.parametrize("field", ["protected_challenge", "signature"])
@pytest.mark.parametrize("value", ["\N{SNOWMAN}", "=", "a", "\0", "", "a" * 10_000])
async def test_a_login_with_nonsense_is_refused(stage: Stage, field: str, value: str) -> None:
    alice = await stage.wallet()
    alice.ssp_token = None
    good = (await alice.ssp("GetChallenge", input={"public_key": alice.identity.hex()}))["get_challenge"]
    data = {"signature": "AAAA", "identity_public_key": alice.identity.hex(), **good, field: value}
    with stage.refused_by_ssp("VerifyChallenge", ".", status=401):
        await alice.ssp("VerifyChallenge", input=data)
