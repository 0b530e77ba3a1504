"""The steps of a watched seat: what a wallet does in its life, so that every surface has its chance to leak.

Role: opens the wallet under a KMS that misbehaves and one that does not, takes the attempts of a small plan, asks
badly, pays while the KMS is gone. Must not know: surfaces, encodings, what anyone makes of the answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from spikes import experiments
from spikes.contract import ContractBreach, Reply
from spikes.custody.kms_client import KmsClient
from spikes.errors import RuntimeStartFailure
from spikes.inspections.custody_watch.opening import OK, asked, counted, opening, refusal
from spikes.inspections.custody_watch.vault import KMS_TIMEOUT_S, Vault
from spikes.inspections.custody_watch.watch import Watch
from spikes.kms.policy import Caller
from spikes.network import Invoice
from spikes.observer import Observer
from spikes.plan import Plan, Profile, derived_uuid, make_plan
from spikes.record import Attempt, HarnessError
from spikes.runtimes import Eviction, Runtime
from spikes.seat import MSATS_PER_SAT

# A wallet's life in the experiments of the payment runs.
WHOLE_LIFE = (
    *("pay_exact", "pay_swap", "l402_paid", "l402_cached", "l402_blocked_cap"),
    *("no_such_experiment", "pay_after_restart"),
)
BRIEF_LIFE = ("pay_exact", "no_such_experiment")
LATENCY_S = KMS_TIMEOUT_S + 1.0
LATE_S = 10.0
PRICE_SATS = 1_500
FLOAT_SATS = 10_000
NO_SELLER = "harness.invalid"


@dataclass(kw_only=True)
class Course:
    """What happened to one watched seat."""

    plan: Plan
    attempts: list[Attempt] = field(default_factory=list)
    errors: list[HarnessError] = field(default_factory=list)
    key_life: dict[str, str] = field(default_factory=dict)
    unwraps: dict[str, int] = field(default_factory=dict)  # by case: questions to the KMS for one build
    preimages: list[bytes] = field(default_factory=list, repr=False)
    built: str | None = None  # why the wallet was never opened; None if it was
    closed: str | None = None  # how the wallet was closed at last; None if it was not


def plan_of(runtime: Runtime, seed: int, names: Sequence[str], deadline_s: float) -> Plan:
    """One attempt of each experiment, in this order."""
    profile = Profile(
        name="custody",
        purpose="a wallet's life under watch",
        attempt_deadline_s=deadline_s,
        repeats={name: {"*": 1} for name in names},
    )
    return make_plan(profile, seed, [runtime.NAME], experiments.EXPECTED)


class Steps:
    """The steps on one watched seat. `key`: the KMS key of its envelope, where it has one."""

    def __init__(self, watch: Watch, plan: Plan, identity: str, deadline_s: float) -> None:
        self.course = Course(plan=plan)
        self._watch = watch
        self._seat = watch.seat
        self._identity = identity
        self._deadline_s = deadline_s

    async def open_under_a_bad_kms(self, vault: Vault, key: str) -> None:
        """Boot; then every way in which the KMS can refuse, before the wallet is opened. Raises RuntimeStartFailure."""
        await self._seat.boot()
        self._watch.look()
        admin = vault.door(Caller.ADMIN)
        bad: dict[str, Callable[[], Awaitable[None]]] = {
            "kms_denied": lambda: admin.behave(deny=True),
            "kms_slow": lambda: admin.behave(latency_s=LATENCY_S),
            "kms_unreachable": lambda: admin.behave(gone=True),
            "kms_key_disabled": lambda: _disabled(admin, key),
        }
        for case, misbehave in bad.items():
            await misbehave()
            await self._counted(vault, key, case)
            if case == "kms_denied":
                await self._note_failed_build()
            await admin.behave()
        await admin.set_state(key, 1, "enable")
        await self._counted(vault, key, "import")

    async def start(self) -> None:
        """Boot and open the wallet, as a run does. Raises RuntimeStartFailure if it does not boot."""
        await self._seat.boot()
        self._watch.look()
        self.course.key_life["import"] = await self._opening()

    async def attempts(self) -> None:
        """Learn the wallet's identity and make the attempts. Raises HarnessFailure."""
        try:
            await self._seat.build()
        except RuntimeStartFailure as failure:
            self.course.built = str(failure)
            self._note(failure)
            return
        self._watch.look()
        observer = Observer(self._seat.network)
        for planned in self.course.plan.attempts:
            self.course.attempts.append(await observer.observe(self._seat, planned))
            self._watch.look()

    async def ask_directly(self) -> None:
        """A payment by the contract, the same again, and requests that must be refused."""
        invoice = await self._invoice("asked twice")
        await self._hold(FLOAT_SATS)
        for _ in range(2):
            reply = await self._pay(invoice, invoice.amount_sats * MSATS_PER_SAT)
            self.course.preimages += _proofs(reply, invoice)
        await self._pay(await self._invoice("over the cap"), 1)
        driver, deadline_s = self._seat.driver, self._deadline_s
        await asked(driver, "POST", "/pay-bolt11", body=b"{", deadline_s=deadline_s)
        unreadable = {"payment": {"invoice": "lnbcrt1nothing", "maxAmountMsats": 1, "host": NO_SELLER}}
        await asked(driver, "POST", "/pay-bolt11", body=unreadable, deadline_s=deadline_s)
        await asked(driver, "GET", "/status", deadline_s=deadline_s, token="wrong")  # noqa: S106 - of nobody
        await asked(driver, "GET", "/no-such-route", deadline_s=deadline_s)

    async def pay_while_the_kms_is_gone(self, vault: Vault) -> None:
        """The KMS goes after the wallet was opened: the payment goes on or ends in a typed error, and never twice."""
        invoice, admin = await self._invoice("without a KMS"), vault.door(Caller.ADMIN)
        await self._hold(FLOAT_SATS)
        await admin.behave(gone=True)
        first = await self._pay(invoice, invoice.amount_sats * MSATS_PER_SAT)
        settled, _ = await self._seat.network.settled(invoice.payment_hash)
        await admin.behave()
        again = await self._pay(invoice, invoice.amount_sats * MSATS_PER_SAT)
        at_last, _ = await self._seat.network.settled(invoice.payment_hash)
        self.course.preimages += _proofs(first, invoice) + _proofs(again, invoice)
        self.course.key_life["kms_gone"] = _without_kms(first, settled, again, at_last)

    async def close_wallet(self) -> int | None:
        """Have the driver drop its SDK; the size of its WASM memory before, if it tells one."""
        wasm_bytes: int | None = None
        try:
            wasm_bytes = (await self._seat.driver.status(self._deadline_s)).wasm_memory_bytes
            if self._seat.runtime.EVICTION is Eviction.EVERY_CALL:
                self.course.closed = "its context ended with the last call"
            else:
                await self._seat.rebuild()
                self.course.closed = "the driver's step `rebuild` dropped the SDK"
        except ContractBreach as breach:
            self._note(RuntimeStartFailure(f"{self._seat.name}: the wallet was not closed: {breach}"))
        return wasm_bytes

    async def _counted(self, vault: Vault, key: str, case: str) -> None:
        value, count = await counted(vault, key, self._opening, late_s=LATE_S)
        self.course.key_life[case], self.course.unwraps[case] = value, count

    async def _opening(self) -> str:
        return await opening(self._seat.driver, self._identity, self._deadline_s)

    async def _note_failed_build(self) -> None:
        """What the runner would write down of it: the words of the driver's error pass into the record."""
        try:
            await self._seat.build()
        except RuntimeStartFailure as failure:
            self._note(failure)

    def _note(self, failure: RuntimeStartFailure) -> None:
        error = HarnessError(runtime=self._seat.runtime.NAME, experiment=None, code=failure.code, message=str(failure))
        self.course.errors.append(error)

    async def _hold(self, sats: int) -> None:
        try:
            await self._seat.hold_at_least(sats)
        except ContractBreach as breach:
            self._note(RuntimeStartFailure(f"{self._seat.name}: {breach}"))

    async def _invoice(self, memo: str) -> Invoice:
        return await self._seat.network.issue_invoice(PRICE_SATS, memo)

    async def _pay(self, invoice: Invoice, cap_msats: int) -> Reply | None:
        request_id = derived_uuid(self._seat.name, invoice.payment_hash)
        payment = {"invoice": invoice.bolt11, "maxAmountMsats": cap_msats, "host": NO_SELLER}
        body = {"requestId": request_id, "payment": payment}
        return await asked(self._seat.driver, "POST", "/pay-bolt11", body=body, deadline_s=self._deadline_s)


async def _disabled(admin: KmsClient, key: str) -> None:
    await admin.set_state(key, 1, "disable")


def _proofs(reply: Reply | None, invoice: Invoice) -> list[bytes]:
    """The preimage in an answer, if it is the invoice's."""
    try:
        preimage = bytes.fromhex(((reply and reply.body) or {})["result"]["payment"]["preimageHex"])
    except (KeyError, TypeError, ValueError):
        return []
    return [preimage] if hashlib.sha256(preimage).hexdigest() == invoice.payment_hash else []


def _without_kms(first: Reply | None, settled: int, again: Reply | None, at_last: int) -> str:
    """`settled` and `at_last`: how often the invoice was settled after each of the two requests."""
    if at_last > 1:
        return f"paid {at_last} times"
    if first is None:
        return "no answer"
    if first.status == 200:
        return OK if settled == 1 else "said paid, and was not"
    if settled:
        return f"paid, but said {refusal(first)}"
    return refusal(first) if again is not None and at_last == 1 else f"{refusal(first)}, and unpaid with the KMS back"
