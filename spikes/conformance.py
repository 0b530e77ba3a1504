"""The conformance kit: what every driver has to answer, asked through the contract and checked against the ledger.

Role: one function a rule, run in order on one seat with a fresh wallet. A check returns when the rule holds and raises
ConformanceFailure, saying what was seen instead, when it does not. `make smoke` and the tests run the same kit.
Must not know: which runtime sits there.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from spikes.contract import ContractBreach, Reply
from spikes.errors import ConformanceFailure
from spikes.network import Invoice, WalletView
from spikes.record import Outcome
from spikes.seat import LARGE_LEAF_SATS, MSATS_PER_SAT, Seat

DEADLINE_S = 60.0
SELLER = "seller.example"
Check = Callable[[Seat], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Result:
    """How one check ended; `seen` is None if the rule holds."""

    check: str
    seen: str | None


async def run_kit(seat: Seat, checks: Sequence[Check] | None = None) -> list[Result]:
    """Run the checks in order. One that fails does not stop the others."""
    results: list[Result] = []
    for check in CHECKS if checks is None else checks:
        seen: str | None = None
        try:
            await check(seat)
        except (ConformanceFailure, ContractBreach, TimeoutError, OSError, httpx.HTTPError) as failure:
            seen = f"{failure}" or type(failure).__name__
        results.append(Result(check=check.__name__, seen=seen))
    return results


async def healthz_needs_no_token(seat: Seat) -> None:
    """GET /healthz answers everybody, with the runtime's and the SDK's name."""
    reply = await seat.driver.request("GET", "/healthz", deadline_s=DEADLINE_S, token="")
    body = _ok(reply)
    _require(isinstance(body.get("runtime"), str), "a runtime name in /healthz", body.get("runtime"))
    _require("0." in str(body.get("sdk")), "the SDK with its version in /healthz", body.get("sdk"))


async def wrong_token_is_refused(seat: Seat) -> None:
    """Every other route answers 401 to a wrong or missing token."""
    for method, path in (("GET", "/status"), ("POST", "/pay-bolt11"), ("POST", "/experiments/sync")):
        for token in ("", "wrong"):
            body = None if method == "GET" else b"{}"
            reply = await seat.driver.request(method, path, body=body, deadline_s=DEADLINE_S, token=token)
            _refused(reply, 401, "unauthorized")


async def malformed_requests_are_refused(seat: Seat) -> None:
    """What cannot be read is answered 400 invalid_request, or 404 where there is no such route."""
    payment = {"invoice": "x", "maxAmountMsats": 1000, "host": SELLER}
    bodies: tuple[Mapping[str, Any] | bytes, ...] = (
        b"",
        b"not json",
        b"[]",
        {"payment": "text"},
        {"payment": {**payment, "maxAmountMsats": 0}},
        {"payment": {**payment, "maxAmountMsats": 1.5}},
        {"payment": {**payment, "invoice": 7}},
        {"requestId": "not-a-uuid", "payment": payment},
    )
    for body in bodies:
        reply = await seat.driver.request("POST", "/pay-bolt11", body=body, deadline_s=DEADLINE_S)
        _refused(reply, 400, "invalid_request")
    _refused(await seat.driver.request("GET", "/nowhere", deadline_s=DEADLINE_S), 404, "not_found")


async def unknown_experiment_is_unsupported(seat: Seat) -> None:
    """The negative control: a name that nobody has heard of is `unsupported`, not an error."""
    answer = await seat.ask("no_such_experiment", {})
    _require(answer.outcome is Outcome.UNSUPPORTED, "outcome unsupported", answer.outcome)


async def authenticates_and_syncs(seat: Seat) -> None:
    """A sync reaches the operators as the wallet's own identity."""
    before = (await seat.network.journal(0)).next
    await seat.sync()
    journal = await seat.network.journal(before)
    queried = {entry.party for entry in journal.entries if entry.identity == seat.identity}
    _require({"operator-0", "operator-1", "operator-2"} <= queried, "authenticated calls to all operators", queried)


async def claims_what_came_in(seat: Seat) -> None:
    """Funding is claimed by a sync; driver and ledger name the same balance."""
    before = await _wallet(seat)
    await seat.give([700, 300])
    after = await _wallet(seat)
    _require(after.available_sats == before.available_sats + 1000, "1000 sat more", after.available_sats)
    _require(after.incoming_sats == 0, "nothing left to claim", after.incoming_sats)
    await balances_are_equal(seat)


async def pays_with_exact_leaves(seat: Seat) -> None:
    """An invoice for which a leaf fits is paid without a swap."""
    invoice = await _invoice(seat, 1234)
    await seat.give([invoice.amount_sats + invoice.fee_sats])
    await _pays(seat, invoice, str(uuid.uuid4()), swap=False)


async def pays_through_a_swap(seat: Seat) -> None:
    """An invoice for which no leaf fits is paid after a leaf swap."""
    await seat.give([LARGE_LEAF_SATS])
    await _pays(seat, await _invoice(seat, 777), str(uuid.uuid4()), swap=True)


async def same_request_pays_once(seat: Seat) -> None:
    """The same request id and payment again: the same answer, one settlement. Anything else with that id: 409."""
    request_id, invoice = str(uuid.uuid4()), await _invoice(seat, 555)
    first = await _pays(seat, invoice, request_id, swap=None)
    before = await _wallet(seat)
    again = _ok(await _ask_to_pay(seat, invoice, request_id))["result"]
    _require(again["payment"] == first["payment"], "the stored answer", "another one")
    other = await _invoice(seat, 556)
    _refused(await _ask_to_pay(seat, other, request_id), 409, "idempotency_conflict")
    _refused(await _ask_to_pay(seat, invoice, str(uuid.uuid4())), 409, "idempotency_conflict")
    settled, _ = await seat.network.settled(invoice.payment_hash)
    _require(settled == 1, "one settlement", settled)
    _require((await _wallet(seat)).owned_sats == before.owned_sats, "no further debit", "one")


async def caps_are_kept(seat: Seat) -> None:
    """The invoice's own amount is judged, and the wallet's own cap; a refusal moves nothing."""
    before, invoice = await _wallet(seat), await _invoice(seat, 900)
    reply = await _ask_to_pay(seat, invoice, str(uuid.uuid4()), cap_msats=invoice.amount_sats * MSATS_PER_SAT - 1)
    _refused(reply, 403, "quoted_amount_exceeds_cap")
    reply = await _ask_to_pay(seat, invoice, str(uuid.uuid4()), cap_msats=10**15)
    _refused(reply, 403, "request_cap_exceeded")
    _require((await _wallet(seat)) == before, "an untouched wallet", "another balance")


async def unpayable_invoices_are_refused(seat: Seat) -> None:
    """Garbage, and an amount that the wallet does not hold: typed, definite, nothing moves."""
    before, poor = await _wallet(seat), Invoice(bolt11="lnbcrt1garbage", payment_hash="", amount_sats=1, fee_sats=0)
    _refused(await _ask_to_pay(seat, poor, str(uuid.uuid4())), 400, "invalid_request")
    dear = await _invoice(seat, before.available_sats + 1)
    reply = await _ask_to_pay(seat, dear, str(uuid.uuid4()), cap_msats=min(dear.amount_sats, 200_000) * MSATS_PER_SAT)
    code = "insufficient_funds" if dear.amount_sats <= 200_000 else "quoted_amount_exceeds_cap"
    _refused(reply, 502 if code == "insufficient_funds" else 403, code)
    _require((await _wallet(seat)) == before, "an untouched wallet", "another balance")


async def wrong_preimage_is_no_proof(seat: Seat) -> None:
    """The network says paid with 32 zero bytes for a preimage: the driver must not call that a payment."""
    await seat.network.inject_fault("RequestLightningSend", "zero_preimage")
    reply = await _ask_to_pay(seat, await _invoice(seat, 432), str(uuid.uuid4()))
    error = _refused(reply, 502, "payment_missing_preimage")
    reason = (error.get("details") or {}).get("reason")
    _require(reason == "preimage_mismatch", "reason preimage_mismatch", reason)


async def unknown_is_never_paid_again(seat: Seat) -> None:
    """The answer to the decisive call is lost: payment_pending, and asking again never starts a second payment."""
    await seat.network.inject_fault("initiate_preimage_swap_v3", "lost_after_commit")
    request_id, invoice = str(uuid.uuid4()), await _invoice(seat, 654)
    before = await _wallet(seat)
    for _ in range(3):
        reply = await _ask_to_pay(seat, invoice, request_id)
        if reply.status != 200:  # paid is as good an answer, once the network shows it
            _refused(reply, 504, "payment_pending")
    price = invoice.amount_sats + invoice.fee_sats
    lost = before.owned_sats - (await _wallet(seat)).owned_sats
    _require(lost in (0, price), f"a debit of 0 or {price} sat", lost)
    settled, _ = await seat.network.settled(invoice.payment_hash)
    _require(settled <= 1, "at most one settlement", settled)


async def failed_payment_is_definite(seat: Seat) -> None:
    """The Lightning side fails: payment_failed, and every satoshi is back after a sync."""
    before = await _wallet(seat)
    await seat.network.inject_fault("RequestLightningSend", "lightning_failure")
    invoice = await _invoice(seat, 321)
    _refused(await _ask_to_pay(seat, invoice, str(uuid.uuid4())), 502, "payment_failed")
    await seat.sync()
    _require((await _wallet(seat)).available_sats == before.available_sats, "all money back", "less")


async def balances_are_equal(seat: Seat) -> None:
    """After a sync the driver's balance is the ledger's, to the satoshi, and the network's sum is unchanged."""
    await seat.sync()
    told, ledger = (await seat.driver.status(DEADLINE_S)).balance_sats, await _wallet(seat)
    _require(told == ledger.available_sats, f"the ledger's {ledger.available_sats} sat", told)
    _require(ledger.supply_ok, "an unchanged sum of all satoshis", "another one")


CHECKS: tuple[Check, ...] = (
    healthz_needs_no_token,
    wrong_token_is_refused,
    malformed_requests_are_refused,
    unknown_experiment_is_unsupported,
    authenticates_and_syncs,
    claims_what_came_in,
    pays_with_exact_leaves,
    pays_through_a_swap,
    same_request_pays_once,
    caps_are_kept,
    unpayable_invoices_are_refused,
    wrong_preimage_is_no_proof,
    unknown_is_never_paid_again,
    failed_payment_is_definite,
    balances_are_equal,
)


async def _pays(seat: Seat, invoice: Invoice, request_id: str, *, swap: bool | None) -> dict[str, Any]:
    """Pay through POST /pay-bolt11 and hold every part of the answer against the ledger; the answer's `result`."""
    before, since = await _wallet(seat), (await seat.network.journal(0)).next
    result: dict[str, Any] = _ok(await _ask_to_pay(seat, invoice, request_id))["result"]
    payment = result["payment"]
    digest = hashlib.sha256(bytes.fromhex(payment["preimageHex"])).hexdigest()
    _require(digest == invoice.payment_hash, "a preimage of the payment hash", "another one")
    told, owed = (payment["amountMsats"], payment["feeMsats"]), (invoice.amount_sats, invoice.fee_sats)
    _require(told == (owed[0] * MSATS_PER_SAT, owed[1] * MSATS_PER_SAT), f"amount and fee {owed} in msat", told)
    settled, _ = await seat.network.settled(invoice.payment_hash)
    _require(settled == 1, "one settlement in the ledger", settled)
    debit = before.owned_sats - (await _wallet(seat)).owned_sats
    _require(debit == invoice.amount_sats + invoice.fee_sats, "a debit of amount and fee", debit)
    methods = {entry.method for entry in (await seat.network.journal(since)).entries}
    if swap is not None:
        _require(("RequestSwap" in methods) is swap, f"a leaf swap: {swap}", sorted(methods))
    return result


async def _ask_to_pay(seat: Seat, invoice: Invoice, request_id: str, cap_msats: int | None = None) -> Reply:
    cap = invoice.amount_sats * MSATS_PER_SAT if cap_msats is None else cap_msats
    payment = {"invoice": invoice.bolt11, "maxAmountMsats": cap, "host": SELLER}
    body = {"requestId": request_id, "payment": payment}
    return await seat.driver.request("POST", "/pay-bolt11", body=body, deadline_s=DEADLINE_S)


async def _invoice(seat: Seat, amount_sats: int) -> Invoice:
    return await seat.network.issue_invoice(amount_sats, "conformance")


async def _wallet(seat: Seat) -> WalletView:
    return await seat.network.wallet(seat.identity)


def _ok(reply: Reply) -> dict[str, Any]:
    if reply.status != 200 or reply.body is None or reply.body.get("ok") is not True:
        raise ConformanceFailure(f"HTTP {reply.status} {reply.body}, where 200 and ok are required")
    return reply.body


def _refused(reply: Reply, status: int, code: str) -> dict[str, Any]:
    error = (reply.body or {}).get("error")
    seen = error.get("code") if isinstance(error, dict) else None
    _require((reply.status, seen) == (status, code), f"HTTP {status} {code}", f"HTTP {reply.status} {seen}")
    assert isinstance(error, dict)  # noqa: S101 - a code was read from it above
    return error


def _require(holds: bool, wanted: str, seen: object) -> None:
    if not holds:
        raise ConformanceFailure(f"{wanted} is required, seen: {seen}; compare the driver with spikes/drivers/native")
