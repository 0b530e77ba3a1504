"""How journal entries are summed up and how a payment's path is read from them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spikes.network import JournalEntry, WalletView
from spikes.record import PaymentPath
from spikes.witness import count_calls, payment_path, request_sequence


def called(*methods: str) -> list[JournalEntry]:
    return [
        JournalEntry(party="operator-0", method=method, code="OK", handler_s=0.5, identity="02" * 33)
        for method in methods
    ]


@pytest.mark.parametrize(
    ("methods", "path"),
    [
        ((), PaymentPath.NONE),
        (("query_nodes", "LightningSendFeeEstimate"), PaymentPath.NONE),
        (("initiate_preimage_swap_v3", "RequestLightningSend"), PaymentPath.EXACT),
        (("initiate_preimage_swap_v3",), PaymentPath.EXACT),
        (("initiate_swap_primary_transfer", "RequestSwap", "initiate_preimage_swap_v3"), PaymentPath.SWAP),
        # a swap alone moves nothing out of the wallet
        (("initiate_swap_primary_transfer", "RequestSwap"), PaymentPath.NONE),
    ],
)
def test_the_path_is_read_from_the_journal(methods: tuple[str, ...], path: PaymentPath) -> None:
    assert payment_path(called(*methods)) is path


def test_calls_are_counted_by_method() -> None:
    calls = count_calls(called("b", "a", "b"))
    assert (calls.count, calls.emulator_s, dict(calls.by_method)) == (3, 1.5, {"a": 1, "b": 2})
    assert list(calls.by_method) == ["a", "b"]


def test_injected_delay_is_summed_up() -> None:
    calls = count_calls([replace(entry, injected_s=0.25) for entry in called("a", "b")])
    assert calls.injected_s == 0.5


def test_a_request_sequence_does_not_hang_on_timing() -> None:
    swap = ("initiate_swap_primary_transfer", "RequestSwap", "query_all_transfers", "claim_transfer")
    pay = ("initiate_preimage_swap_v3", "RequestLightningSend", "UserRequest")
    lines = [
        "wallet initiate_swap_primary_transfer x1",
        "wallet RequestSwap x1",
        "wallet initiate_preimage_swap_v3 x1",
        "wallet RequestLightningSend x1",
    ]
    assert request_sequence(called(*swap, *pay)) == lines
    assert request_sequence(called("query_nodes", *swap, "UserRequest", *pay, "UserRequest")) == lines
    assert request_sequence(called(*pay, *pay)) == [
        "wallet initiate_preimage_swap_v3 x2",
        "wallet RequestLightningSend x2",
    ]
    assert request_sequence(called("query_nodes")) == []


def test_claiming_and_locking_do_not_change_what_a_wallet_owns() -> None:
    incoming = WalletView(available_sats=5, locked_sats=0, incoming_sats=100, leaves=1, supply_ok=True)
    locked = WalletView(available_sats=65, locked_sats=40, incoming_sats=0, leaves=3, supply_ok=True)
    assert incoming.owned_sats == locked.owned_sats == 105
