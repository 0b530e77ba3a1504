"""The flows: every way in which buying one thing can go, one line each. Data only.

Role: what the seller does (a mode of the paywall), what happened before, what the buyer's policy says, and how the turn
has to end. Must not know: how any of it is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from spikes.paywall.modes import HONEST
from spikes.record import Outcome


class Step(StrEnum):
    """What comes before the turn that is asked about."""

    BUY = "buy"  # the same item, under another request id
    BUY_ANOTHER = "buy_another"  # another item at the same price
    LOSE_ANOTHER = "lose_another"  # the same, but the answer to the payment is lost: it stays UNKNOWN
    EXPIRE = "expire"  # the seller's clock goes on until every token of the item is over
    REVOKE = "revoke"  # the seller takes every token of the item back


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The buyer's policy, in terms of the item's price and the seller's host. By default it allows the purchase."""

    below_price: bool = False  # the cap is one satoshi less than the price
    window_for_one: bool = False  # the spending window is one satoshi too small for two purchases
    other_host: bool = False  # the allowlist names somebody else
    blocklisted: bool = False
    kill_switch: bool = False
    wallet_disabled: bool = False
    approval_required: bool = False


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One flow, and its declared end. `code` is None where nothing is amiss."""

    name: str
    question: str
    outcome: Outcome
    code: str | None = None
    mode: str = HONEST
    modes: tuple[str, ...] = ()  # several sellers, asked one after the other, instead of one
    before: tuple[Step, ...] = ()
    rules: Rules = Rules()
    dearer_later: bool = False  # every offer after the first costs twice as much
    at_once: bool = False  # the same request twice at the same time

    @property
    def payments(self) -> int:
        """How many payments it takes, the preparation's included."""
        before = sum(step in (Step.BUY, Step.BUY_ANOTHER, Step.LOSE_ANOTHER) for step in self.before)
        return before + (self.outcome is Outcome.PAID)


PAID, CACHED, BLOCKED, FAILED = Outcome.PAID, Outcome.CACHED, Outcome.BLOCKED, Outcome.FAILED
# Each of these is a 402 answer that asks for money and must get none.
MALFORMED_MODES = tuple(
    f"malformed-{kind}"
    for kind in (
        *("no-header", "empty", "other-scheme", "no-invoice", "no-macaroon", "empty-macaroon", "not-base64"),
        *("cut-quote", "parameters-only", "bad-invoice"),
    )
)
_BOUGHT = (Step.BUY,)

# fmt: off
FLOWS: tuple[Flow, ...] = (
    Flow(name="paid", outcome=PAID,
         question="Does a 402 answer within the policy end in a paid invoice, a second request with the proof, a 200?"),
    Flow(name="cached", outcome=CACHED, before=_BOUGHT,
         question="Is a second turn answered with the credential of the first, without a second payment?"),
    Flow(name="paid_lsat", outcome=PAID, mode="lsat",
         question="Is the older scheme name understood and answered in kind?"),
    Flow(name="paid_both_headers", outcome=PAID, mode="aperture-strict",
         question="Do two challenge headers, LSAT first, lead to one payment and a credential that Aperture accepts?"),
    Flow(name="paid_token", outcome=PAID, mode="token",
         question="Is the dialect of the 2026 text understood: version, token, invoice?"),
    Flow(name="blocked_cap", outcome=BLOCKED, code="quoted_amount_exceeds_cap", rules=Rules(below_price=True),
         question="Is an invoice above the policy's cap refused before any payment?"),
    Flow(name="blocked_host", outcome=BLOCKED, code="host_not_allowed", rules=Rules(other_host=True),
         question="Is a seller that is not on the allowlist refused before any request reaches it?"),
    Flow(name="blocked_blocklist", outcome=BLOCKED, code="host_blocked", rules=Rules(blocklisted=True),
         question="Does the blocklist outrank the allowlist?"),
    Flow(name="blocked_kill_switch", outcome=BLOCKED, code="kill_switch_on", rules=Rules(kill_switch=True),
         question="Does the kill switch stop everything before any request goes out?"),
    Flow(name="blocked_wallet_disabled", outcome=BLOCKED, code="wallet_disabled", rules=Rules(wallet_disabled=True),
         question="Does a disabled wallet buy nothing?"),
    Flow(name="blocked_approval", outcome=BLOCKED, code="approval_required", rules=Rules(approval_required=True),
         question="Does a purchase that somebody has to approve wait for it?"),
    Flow(name="blocked_window_cap", outcome=BLOCKED, code="window_cap_exceeded", rules=Rules(window_for_one=True),
         before=(Step.BUY_ANOTHER,),
         question="Does what was spent lately count against the window?"),
    Flow(name="blocked_unknown_spend", outcome=BLOCKED, code="window_cap_exceeded", rules=Rules(window_for_one=True),
         before=(Step.LOSE_ANOTHER,),
         question="Does a payment whose end is unknown keep its room in the window?"),
    Flow(name="expired_credential", outcome=PAID, before=(Step.BUY, Step.EXPIRE),
         question="Does a 402 to a cached credential lead to one new payment within the policy?"),
    Flow(name="expired_over_cap", outcome=BLOCKED, code="quoted_amount_exceeds_cap", before=(Step.BUY, Step.EXPIRE),
         dearer_later=True,
         question="Is a new offer after a cached credential judged by the cap like any other?"),
    Flow(name="revoked_credential", outcome=FAILED, code="credential_revoked", before=(Step.BUY, Step.REVOKE),
         question="Does a 401 to a cached credential end without a payment?"),
    Flow(name="refused_credential", outcome=PAID, code="credential_refused", mode="refusing",
         question="Does a seller that takes the money and says 401 get no second payment, and the buyer a receipt?"),
    Flow(name="forever_402", outcome=PAID, code="credential_refused", mode="forever-402",
         question="Does a seller that asks for money again and again get it once?"),
    Flow(name="lying_amount", outcome=BLOCKED, code="quoted_amount_exceeds_cap", mode="lying-amount",
         rules=Rules(below_price=True),
         question="Is the cap judged on the invoice's own amount when the seller writes a lower one beside it?"),
    Flow(name="lying_hash", outcome=FAILED, code="challenge_mismatch", mode="lying-hash",
         question="Is a macaroon that is bound to another payment than the invoice seen before paying?"),
    Flow(name="reused_invoice", outcome=FAILED, code="idempotency_conflict", mode="reused-invoice", before=_BOUGHT,
         question="Is an invoice that was paid under another request not paid again?"),
    Flow(name="wrong_network", outcome=FAILED, code="invoice_unpayable", mode="wrong-network",
         question="Is an invoice for another network seen as one?"),
    Flow(name="expired_invoice", outcome=FAILED, code="invoice_unpayable", mode="expired-invoice",
         question="Is an expired invoice left alone?"),
    Flow(name="amountless_invoice", outcome=FAILED, code="invoice_unpayable", mode="amountless-invoice",
         question="Is an invoice without an amount, which no cap can judge, left alone?"),
    Flow(name="malformed_challenge", outcome=FAILED, code="challenge_malformed", modes=MALFORMED_MODES,
         question="Is a challenge that cannot be read, in ten ways, never paid?"),
    Flow(name="redirect", outcome=FAILED, code="redirect_refused", mode="redirect",
         question="Does a redirect to a host that is not on the allowlist end there?"),
    Flow(name="large_body", outcome=PAID, mode="large-body",
         question="Does the buyer take the beginning of a body without an end, and hang up?"),
    Flow(name="seller_error", outcome=FAILED, code="seller_error", mode="error",
         question="Is a seller that is out of order told as such, with nothing paid?"),
    Flow(name="at_once", outcome=PAID, at_once=True,
         question="Do two identical requests at the same time make one payment, and get one answer?"),
)
# fmt: on
