"""The named fault schedules as experiments: does a payment end paid once, or not paid with every satoshi back?

Role: one object for each schedule of the catalogue, listed by name. Must not know: how a schedule is tried.
"""

from __future__ import annotations

from dataclasses import dataclass

from spikes.experiments import faulty
from spikes.experiments.act import Act, Invoices
from spikes.faults.catalogue import CATALOGUE
from spikes.faults.schedule import Blow, Schedule
from spikes.plan import PlannedAttempt
from spikes.record import Outcome
from spikes.seat import Seat

PREFIX = "fault_"


@dataclass(frozen=True, kw_only=True)
class FaultExperiment:
    """A payment under one schedule."""

    NAME: str
    EXPECTED: Outcome
    schedule: Schedule

    @property
    def evicts(self) -> bool:
        """Whether it needs a platform that takes isolates away."""
        return any(strike.blow is Blow.EVICTION for strike in self.schedule.strikes)

    async def prepare(self, seat: Seat, planned: PlannedAttempt) -> Invoices:
        """An invoice, the leaves to pay it, and no fault left of the attempt before."""
        return await faulty.prepare(seat, planned, self.schedule)

    async def act(self, seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
        """Let it happen, heal, and ask until the end is known."""
        return await faulty.pay_under(seat, planned, invoices, self.schedule)


def _fault(name: str, expected: Outcome = Outcome.PAID) -> FaultExperiment:
    """`expected`: how it ends where the SDK 0.19.2 is driven soundly. The other definite end is as sound."""
    return FaultExperiment(NAME=name, EXPECTED=expected, schedule=CATALOGUE[name.removeprefix(PREFIX)])


EXPERIMENTS: tuple[FaultExperiment, ...] = (
    _fault("fault_error_before_commit.LightningSendFeeEstimate"),
    _fault("fault_lost_after_commit.LightningSendFeeEstimate", Outcome.FAILED),
    _fault("fault_delay.LightningSendFeeEstimate"),
    _fault("fault_duplicate.LightningSendFeeEstimate"),
    _fault("fault_reset_mid_body.LightningSendFeeEstimate", Outcome.FAILED),
    _fault("fault_expired_session.LightningSendFeeEstimate"),
    _fault("fault_kill_before_commit.LightningSendFeeEstimate"),
    _fault("fault_kill_after_commit.LightningSendFeeEstimate"),
    _fault("fault_error_before_commit.get_signing_commitments", Outcome.FAILED),
    _fault("fault_lost_after_commit.get_signing_commitments", Outcome.FAILED),
    _fault("fault_delay.get_signing_commitments"),
    _fault("fault_duplicate.get_signing_commitments"),
    _fault("fault_reset_mid_body.get_signing_commitments", Outcome.FAILED),
    _fault("fault_expired_session.get_signing_commitments"),
    _fault("fault_kill_before_commit.get_signing_commitments", Outcome.FAILED),
    _fault("fault_kill_after_commit.get_signing_commitments", Outcome.FAILED),
    _fault("fault_error_before_commit.initiate_preimage_swap_v3", Outcome.FAILED),
    _fault("fault_lost_after_commit.initiate_preimage_swap_v3"),
    _fault("fault_delay.initiate_preimage_swap_v3"),
    _fault("fault_duplicate.initiate_preimage_swap_v3"),
    _fault("fault_reset_mid_body.initiate_preimage_swap_v3"),
    _fault("fault_expired_session.initiate_preimage_swap_v3"),
    _fault("fault_kill_before_commit.initiate_preimage_swap_v3", Outcome.FAILED),
    _fault("fault_kill_after_commit.initiate_preimage_swap_v3"),
    _fault("fault_error_before_commit.RequestLightningSend"),
    _fault("fault_lost_after_commit.RequestLightningSend"),
    _fault("fault_delay.RequestLightningSend"),
    _fault("fault_duplicate.RequestLightningSend"),
    _fault("fault_reset_mid_body.RequestLightningSend"),
    _fault("fault_expired_session.RequestLightningSend"),
    _fault("fault_kill_before_commit.RequestLightningSend"),
    _fault("fault_kill_after_commit.RequestLightningSend"),
    _fault("fault_error_before_commit.UserRequest"),
    _fault("fault_lost_after_commit.UserRequest"),
    _fault("fault_delay.UserRequest"),
    _fault("fault_duplicate.UserRequest"),
    _fault("fault_reset_mid_body.UserRequest"),
    _fault("fault_expired_session.UserRequest"),
    _fault("fault_kill_before_commit.UserRequest"),
    _fault("fault_kill_after_commit.UserRequest"),
    _fault("fault_error_before_commit.initiate_swap_primary_transfer"),
    _fault("fault_lost_after_commit.initiate_swap_primary_transfer"),
    _fault("fault_delay.initiate_swap_primary_transfer"),
    _fault("fault_duplicate.initiate_swap_primary_transfer"),
    _fault("fault_reset_mid_body.initiate_swap_primary_transfer"),
    _fault("fault_expired_session.initiate_swap_primary_transfer"),
    _fault("fault_kill_before_commit.initiate_swap_primary_transfer"),
    _fault("fault_kill_after_commit.initiate_swap_primary_transfer"),
    _fault("fault_error_before_commit.RequestSwap"),
    _fault("fault_lost_after_commit.RequestSwap"),
    _fault("fault_delay.RequestSwap"),
    _fault("fault_duplicate.RequestSwap"),
    _fault("fault_reset_mid_body.RequestSwap"),
    _fault("fault_expired_session.RequestSwap"),
    _fault("fault_kill_before_commit.RequestSwap"),
    _fault("fault_kill_after_commit.RequestSwap"),
    _fault("fault_error_before_commit.query_all_transfers", Outcome.FAILED),
    _fault("fault_lost_after_commit.query_all_transfers", Outcome.FAILED),
    _fault("fault_delay.query_all_transfers"),
    _fault("fault_duplicate.query_all_transfers"),
    _fault("fault_reset_mid_body.query_all_transfers", Outcome.FAILED),
    _fault("fault_expired_session.query_all_transfers"),
    _fault("fault_kill_before_commit.query_all_transfers"),
    _fault("fault_kill_after_commit.query_all_transfers"),
    _fault("fault_error_before_commit.claim_transfer"),
    _fault("fault_lost_after_commit.claim_transfer"),
    _fault("fault_delay.claim_transfer"),
    _fault("fault_duplicate.claim_transfer"),
    _fault("fault_reset_mid_body.claim_transfer"),
    _fault("fault_expired_session.claim_transfer"),
    _fault("fault_kill_before_commit.claim_transfer"),
    _fault("fault_kill_after_commit.claim_transfer"),
    _fault("fault_one_operator_down", Outcome.FAILED),
    _fault("fault_all_operators_down", Outcome.FAILED),
    _fault("fault_ssp_error", Outcome.FAILED),
    _fault("fault_ssp_stuck"),
    _fault("fault_lightning_failure", Outcome.FAILED),
    _fault("fault_slow_settle"),
    _fault("fault_zero_preimage"),
    _fault("fault_wrong_preimage"),
    _fault("fault_fee_raised", Outcome.FAILED),
    _fault("fault_expired_session"),
    _fault("fault_kill_before_submit"),
    _fault("fault_kill_during_submit", Outcome.FAILED),
    _fault("fault_kill_after_submit"),
    _fault("fault_eviction"),
    _fault("fault_restart"),
    _fault("fault_out_of_memory"),
    _fault("fault_two_processes"),
    _fault("fault_same_request_twice"),
)
