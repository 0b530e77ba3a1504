"""Money under any faults at any calls: no satoshi is lost, no invoice paid twice; healed, everything comes to rest."""

from __future__ import annotations

import asyncio
import random

from hypothesis import given, note, settings
from hypothesis import strategies as st

from spikes.emulator.ledger_checks import check_leaf
from spikes.emulator.ledger_state import HtlcStatus
from spikes.emulator.provider_terms import OrphanPolicy
from tests.unit.emulator.fault_machine import Command, FaultMachine, drawn


@given(chance=st.randoms(use_true_random=True), policy=st.sampled_from(OrphanPolicy))
@settings(deadline=None, max_examples=50)
def test_money_is_safe_whatever_goes_wrong(chance: random.Random, policy: OrphanPolicy) -> None:
    commands = drawn(chance)
    note("\n".join(map(repr, commands)))
    asyncio.run(lived(FaultMachine(policy), commands))


async def lived(machine: FaultMachine, commands: list[Command]) -> None:
    """All commands, with every promise checked after each, and again once everything has come to rest."""
    await machine.begin()
    for command in commands:
        await machine.do(command)
        assert_no_satoshi_is_lost(machine)
        assert_every_debit_is_a_payment(machine)
    await come_to_rest(machine)
    assert_no_satoshi_is_lost(machine)
    assert_every_debit_is_a_payment(machine)


def assert_no_satoshi_is_lost(machine: FaultMachine) -> None:
    ledger = machine.stage.net.ledger
    live = sum(leaf.value_sats for leaf in ledger.leaves.values())
    assert ledger.reserve_sats + ledger.lightning_paid_sats + live == ledger.supply_sats
    for leaf in ledger.leaves.values():
        check_leaf(leaf)


def assert_every_debit_is_a_payment(machine: FaultMachine) -> None:
    """An invoice is paid once at most; a wallet has what it was sent, less what paid invoices were locked with."""
    ledger = machine.stage.net.ledger
    assert set(ledger.settled_counts.values()) <= {1}
    settled = [htlc for htlc in ledger.htlcs.values() if htlc.status is HtlcStatus.SETTLED]
    assert sorted(htlc.payment_hash for htlc in settled) == sorted(ledger.settled_counts)
    assert sum(htlc.value_sats for htlc in settled) == ledger.lightning_paid_sats
    for name, wallet in machine.wallets.items():
        transfers = [ledger.transfers[htlc.transfer_id] for htlc in settled]
        spent = sum(transfer.total_sats for transfer in transfers if transfer.sender == wallet.identity)
        balance = machine.stage.balance(wallet)
        owned = balance.available_sats + balance.locked_sats + balance.incoming_sats
        assert owned == machine.funded[name] - spent


async def come_to_rest(machine: FaultMachine) -> None:
    """Healed and swept, every wallet can claim what is its own, and nothing is left half-way."""
    await machine.heal()
    for wallet in machine.wallets.values():
        machine.stage.net.provider.sweep_wallet(wallet.identity)
        await wallet.login()
        await wallet.claim_all()
        balance = machine.stage.balance(wallet)
        assert (balance.locked_sats, balance.incoming_sats) == (0, 0)
    assert machine.stage.net.ledger.pending() == []
    assert machine.stage.net.provider.swaps.unfinished == 0
