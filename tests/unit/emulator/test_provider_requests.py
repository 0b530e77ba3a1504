"""The provider's requests are idempotent, and each belongs to the wallet that made it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.emulator.stage import Stage, reissued
from tests.unit.emulator.wallet import Wallet

UUID = "01234567-89ab-4def-8123-456789abcdef"


async def opened_swap(wallet: Wallet) -> dict[str, Any]:
    """The input that would finish a swap of all the wallet's leaves."""
    draft = await wallet.draft_swap(list((await wallet.nodes()).values()))
    return wallet.swap_input(draft, await wallet.open_swap(draft), [100])


async def test_asking_to_pay_again_gives_the_same_answer_and_pays_once(stage: Stage) -> None:
    alice, invoice = await stage.funded(1003), stage.invoice(1000)
    first = await alice.pay(invoice.text)
    books = stage.books()
    stage.clock.advance(5)
    assert await alice.request_send(invoice.text, first["transfer"]["spark_id"]) == first
    assert stage.books() == books
    assert stage.net.ledger.settled_counts == {invoice.payment_hash: 1}


async def test_a_transfer_pays_the_invoice_it_was_locked_for_and_no_other(stage: Stage) -> None:
    alice, invoice, other = await stage.funded(1003), stage.invoice(1000), stage.invoice(1000)
    (leaf,) = (await alice.nodes()).values()
    transfer_id = (await alice.lock(invoice.text, [leaf])).transfer.id
    with stage.refused_by_ssp("RequestLightningSend", "locked for another invoice"):
        await alice.request_send(other.text, transfer_id)
    await alice.request_send(invoice.text, transfer_id)
    with stage.refused_by_ssp("RequestLightningSend", "another invoice"):
        await alice.request_send(other.text, transfer_id)


@pytest.mark.parametrize("transfer_id", [UUID, "", "LightningSendRequest:x"])
async def test_without_locked_leaves_nothing_is_paid(stage: Stage, transfer_id: str) -> None:
    alice = await stage.funded(1003)
    with stage.refused_by_ssp("RequestLightningSend", "no locked payment in transfer"):
        await alice.request_send(stage.invoice(1000).text, transfer_id)


async def test_a_payment_must_name_its_transfer(stage: Stage) -> None:
    alice = await stage.wallet()
    with stage.refused_by_ssp("RequestLightningSend", "user_outbound_transfer_external_id"):
        await alice.ssp("RequestLightningSend", input={"encoded_invoice": stage.invoice(1000).text})


async def test_leaves_that_came_in_pay_for_nothing(stage: Stage) -> None:
    alice = await stage.wallet()
    incoming = stage.fund(alice, 1003)
    with stage.refused_by_ssp("RequestLightningSend", "no locked payment"):
        await alice.request_send(stage.invoice(1000).text, incoming.id)


async def test_leaves_in_a_swap_pay_for_nothing(stage: Stage) -> None:
    alice = await stage.funded(1003)
    swap_input = await opened_swap(alice)
    with stage.refused_by_ssp("RequestLightningSend", "no locked payment"):
        await alice.request_send(stage.invoice(1000).text, swap_input["user_outbound_transfer_external_id"])


@pytest.mark.parametrize("operation", ["LightningSendFeeEstimate", "RequestLightningSend"])
@pytest.mark.parametrize("amount_sats", [999, 0, -1000])
async def test_another_amount_than_the_invoices_is_refused(stage: Stage, operation: str, amount_sats: int) -> None:
    alice = await stage.wallet()
    data = {"encoded_invoice": stage.invoice(1000).text, "amount_sats": amount_sats}
    with stage.refused_by_ssp(operation, f"asks for 1000 sats, not {amount_sats}"):
        await alice.ssp(operation, input=data | transfer_of(operation))


@pytest.mark.parametrize("changes", [{"amount_msats": None}, {"amount_msats": 1}, {"network_prefix": "bc"}])
async def test_an_invoice_that_would_never_be_paid_gets_no_quote(stage: Stage, changes: dict[str, Any]) -> None:
    alice = await stage.wallet()
    text = reissued(stage.invoice(1000).text, **changes)
    with stage.refused_by_ssp("LightningSendFeeEstimate", "cannot be paid"):
        await alice.ssp("LightningSendFeeEstimate", input={"encoded_invoice": text})


@pytest.mark.parametrize("operation", ["LightningSendFeeEstimate", "RequestLightningSend"])
@pytest.mark.parametrize("text", ["", "lnbcrt1", "\N{SNOWMAN}" * 20, "\0"])
async def test_what_is_no_invoice_is_refused(stage: Stage, operation: str, text: str) -> None:
    alice = await stage.wallet()
    with stage.refused_by_ssp(operation, "cannot be paid"):
        await alice.ssp(operation, input={"encoded_invoice": text, **transfer_of(operation)})


def transfer_of(operation: str) -> dict[str, str]:
    """What a payment request needs besides the invoice."""
    return {"user_outbound_transfer_external_id": UUID} if operation == "RequestLightningSend" else {}


async def test_swapping_again_gives_the_same_answer_and_swaps_once(stage: Stage) -> None:
    alice = await stage.funded(300)
    swap_input = await opened_swap(alice)
    first = await alice.ssp("RequestSwap", input=swap_input)
    books = stage.books()
    assert await alice.ssp("RequestSwap", input=swap_input) == first
    assert stage.books() == books
    assert stage.balance(alice).incoming_sats == 300


async def test_a_finished_swap_is_announced_once(stage: Stage) -> None:
    alice = await stage.funded(300)
    swap_input = await opened_swap(alice)
    with stage.net.events.subscribe(alice.identity) as events:
        await alice.ssp("RequestSwap", input=swap_input)
        assert events.get_nowait().total_sats == 300
        await alice.claim_all()
        await alice.ssp("RequestSwap", input=swap_input)
        assert events.empty(), "a transfer that cannot be claimed any more was announced"


# ---- other wallets -------------------------------------------------------------------------------


async def test_another_wallet_cannot_have_leaves_paid_with(stage: Stage) -> None:
    alice, mallory = await stage.funded(1003), await stage.wallet("mallory")
    invoice = stage.invoice(1000)
    (leaf,) = (await alice.nodes()).values()
    transfer_id = (await alice.lock(invoice.text, [leaf])).transfer.id
    with stage.refused_by_ssp("RequestLightningSend", "no locked payment in transfer"):
        await mallory.request_send(invoice.text, transfer_id)


async def test_another_wallet_does_not_learn_the_preimage_by_asking_again(stage: Stage) -> None:
    """The transfer id is no secret: whoever knows it must not get the answer that was meant for its owner."""
    alice, mallory = await stage.funded(1003), await stage.wallet("mallory")
    invoice = stage.invoice(1000)
    paid = await alice.pay(invoice.text)
    with stage.refused_by_ssp("RequestLightningSend", "no locked payment in transfer"):
        await mallory.request_send(invoice.text, paid["transfer"]["spark_id"])


@pytest.mark.parametrize("finished", [False, True])
async def test_another_wallet_cannot_finish_a_swap_or_see_it(stage: Stage, finished: bool) -> None:
    alice, mallory = await stage.funded(300), await stage.wallet("mallory")
    swap_input = await opened_swap(alice)
    if finished:
        await alice.ssp("RequestSwap", input=swap_input)
    with stage.refused_by_ssp("RequestSwap", "no swap in transfer"):
        await mallory.ssp("RequestSwap", input=swap_input)


async def test_another_wallets_swap_does_not_tell_its_total(stage: Stage) -> None:
    alice, mallory = await stage.funded(300), await stage.wallet("mallory")
    swap_input = await opened_swap(alice) | {"total_amount_sats": 1}
    with stage.refused_by_ssp("RequestSwap", "no swap in transfer"):
        await mallory.ssp("RequestSwap", input=swap_input)


async def test_requests_and_transfers_of_another_wallet_are_hidden(stage: Stage) -> None:
    alice, mallory = await stage.funded(1003, 50), await stage.wallet("mallory")
    paid = await alice.pay(stage.invoice(1000).text)
    transfer_id = paid["transfer"]["spark_id"]
    assert (await alice.ssp("UserRequest", request_id=paid["id"]))["user_request"] == paid
    assert (await mallory.ssp("UserRequest", request_id=paid["id"]))["user_request"] is None
    assert len((await alice.ssp("Transfers", transfer_spark_ids=[transfer_id]))["transfers"]) == 1
    assert (await mallory.ssp("Transfers", transfer_spark_ids=[transfer_id]))["transfers"] == []


async def test_unknown_requests_and_transfers_are_nothing(stage: Stage) -> None:
    alice = await stage.wallet()
    assert (await alice.ssp("UserRequest", request_id="LightningSendRequest:" + UUID))["user_request"] is None
    assert (await alice.ssp("Transfers", transfer_spark_ids=[UUID, "x", ""]))["transfers"] == []
    assert (await alice.ssp("Transfers", transfer_spark_ids=[]))["transfers"] == []
