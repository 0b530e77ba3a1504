"""The eight defects that another wallet executor's history shows, each as the record that a runtime with it leaves.

Role: one record a defect, sound except for the one thing. Must not know: gates. The same defects, switched into the
real buyer and wallet, are in tests/miniatures/defects.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from spikes.record import Ask, Outcome, PaymentPath
from tests.records.builder import WORKERD, Run
from tests.records.flows import FIELDS, digest, receipt, spell_out, turn

W = "workerd"


def _sound(run: Run) -> None:
    """One turn of each flow that a defect may turn wrong."""
    for flow in ("paid", "cached", "expired_over_cap", "lying_amount", "blocked_unknown_spend"):
        turn(run, W, flow)


def leaks_half_the_preimage(run: Run) -> None:
    """A receipt with a `proofReference` that is made of the preimage's first 16 digits."""
    _sound(run)
    leaky = receipt("paid", proofReference="preimage:0123456789abcdef")
    turn(run, W, "paid", claim={"flow_digest": digest(leaky)})
    spell_out(run, W, leaky)
    run.fact(W, "receipt_fields", ",".join(sorted((*FIELDS, "proofReference"))))


def hashes_the_hex_string(run: Run) -> None:
    """The preimage's digest is taken of its hex digits, not of its bytes."""
    _sound(run)
    turn(run, W, "paid", claim={"preimage_sha256": hashlib.sha256(b"00" * 32).hexdigest()})


def forgets_idempotency_on_pending(run: Run) -> None:
    """The first answer was lost, the request is no longer known, and the same request pays once more."""
    _sound(run)
    pending = Ask(outcome=Outcome.UNKNOWN, code="payment_pending", wall_s=1.0)
    again = Ask(outcome=Outcome.PAID, code=None, wall_s=0.2)
    run.pay(
        W, "fault_lost_after_commit.initiate_preimage_swap_v3", asks=(pending, again), ledger={"debited_sats": 2006}
    )


def trusts_the_sellers_amount(run: Run) -> None:
    """A low amount beside a dear invoice lets the invoice through."""
    _sound(run)
    turn(run, W, "lying_amount", outcome=Outcome.PAID, code=None)


def sends_parameters_for_authorization(run: Run) -> None:
    """`Authorization: L402 macaroon="...", preimage="..."`: the seller does not know it, and the money is gone."""
    _sound(run)
    turn(run, W, "paid", code="credential_refused")


def counts_the_window_after_success(run: Run) -> None:
    """A payment whose end is unknown takes no room in the window, so that the next one finds some."""
    _sound(run)
    turn(run, W, "blocked_unknown_spend", outcome=Outcome.PAID, code=None)


def forgets_caps_at_restart(run: Run) -> None:
    """What was spent before a kill is not counted after it."""
    _sound(run)
    run.fact(W, "durability", "disk")
    run.pay(W, "remember_request", incarnation=1, asks=(Ask(outcome=Outcome.PAID, code=None, wall_s=0.1),) * 2)
    run.pay(W, "remember_window", incarnation=2, expected=Outcome.BLOCKED)


def pays_again_after_a_hit(run: Run) -> None:
    """A 402 to a cached credential is paid without asking the policy."""
    _sound(run)
    turn(run, W, "expired_over_cap", outcome=Outcome.PAID, code=None, path=PaymentPath.EXACT)


DEFECTS: tuple[Callable[[Run], None], ...] = (
    leaks_half_the_preimage,
    hashes_the_hex_string,
    forgets_idempotency_on_pending,
    trusts_the_sellers_amount,
    sends_parameters_for_authorization,
    counts_the_window_after_success,
    forgets_caps_at_restart,
    pays_again_after_a_hit,
)


def record(defect: Callable[[Run], None]) -> bytes:
    """The whole record of a run with one defect."""
    run = Run(WORKERD)
    defect(run)
    run.negative_controls()
    return run.data()


def sound() -> bytes:
    """The same without any."""

    def without(run: Run) -> None:
        _sound(run)
        spell_out(run, W)

    return record(without)
