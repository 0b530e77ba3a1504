"""Money under any faults at any calls: no satoshi is lost, no invoice paid twice; healed, everything comes to rest."""

from __future__ import annotations

from hypothesis import settings
from hypothesis.stateful import invariant

from spikes.emulator.ledger_checks import check_leaf
from spikes.emulator.ledger_state import HtlcStatus
from tests.unit.emulator.fault_machine import NAMES, FaultMachine


class MoneyUnderFaults(FaultMachine):
    """What must hold after every command, and at the end."""

    @invariant()
    def no_satoshi_is_lost(self) -> None:
        ledger = self.stage.net.ledger
        live = sum(leaf.value_sats for leaf in ledger.leaves.values())
        assert ledger.reserve_sats + ledger.lightning_paid_sats + live == ledger.supply_sats
        for leaf in ledger.leaves.values():
            check_leaf(leaf)

    @invariant()
    def an_invoice_is_paid_once_at_most_and_costs_what_was_locked_for_it(self) -> None:
        ledger = self.stage.net.ledger
        assert set(ledger.settled_counts.values()) <= {1}
        settled = [htlc for htlc in ledger.htlcs.values() if htlc.status is HtlcStatus.SETTLED]
        assert {htlc.payment_hash for htlc in settled} == set(ledger.settled_counts)
        for name in NAMES:
            if name not in self.wallets:
                continue
            identity = self.wallets[name].identity
            transfers = [ledger.transfers[htlc.transfer_id] for htlc in settled]
            spent = sum(transfer.total_sats for transfer in transfers if transfer.sender == identity)
            balance = ledger.balance(identity)
            owned = balance.available_sats + balance.locked_sats + balance.incoming_sats
            assert owned == self.funded[name] - spent

    def teardown(self) -> None:
        """Healed and swept, every wallet can claim what is its own, and nothing is left half-way."""
        try:
            if self.wallets:
                self._come_to_rest()
        finally:
            super().teardown()

    def _come_to_rest(self) -> None:
        self.run(self._heal(None))
        for wallet in self.wallets.values():
            self.stage.net.provider.sweep_wallet(wallet.identity)
            self.run(wallet.login())
            self.run(wallet.claim_all())
            balance = self.stage.balance(wallet)
            assert (balance.locked_sats, balance.incoming_sats) == (0, 0)
        assert self.stage.net.ledger.pending() == []
        self.no_satoshi_is_lost()
        self.an_invoice_is_paid_once_at_most_and_costs_what_was_locked_for_it()


TestMoneyUnderFaults = MoneyUnderFaults.TestCase
TestMoneyUnderFaults.settings = settings(deadline=None, max_examples=25, stateful_step_count=12)
