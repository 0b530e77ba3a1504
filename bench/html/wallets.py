"""Wallet and payment states: what each runtime's wallet was seen to be, and every way in which a payment ended.

Role: read attempts and facts into the two tables that an agent's owner asks for: online or offline, balance, backend,
and paid, cached, blocked, failed or unknown with reason and proof reference. Must not know: how they are written.
What a record does not hold is None here, and the report says that it is not known. Nothing is judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bench.evidence import Evidence, Numbered
from bench.flow_tables import topology
from bench.gates.flows import ending
from bench.gates.spelled import receipt_of
from spikes.record import Attempt, Outcome, RuntimePin

OFFLINE = "fault_all_operators_down"
DIGITS = 16  # of a hash; the record has all of it
_FIELDS = "receipt_fields"
_DURABILITY = "durability"
_MAIN_LANE = "a"
FIRST_UNKNOWN = "unknown at first"


@dataclass(frozen=True, kw_only=True)
class Balance:
    """The last balance that a driver told in the main lane, and what the ledger says of the same moment."""

    line: int
    told_sats: int
    ledger_sats: int | None


@dataclass(frozen=True, kw_only=True)
class Offline:
    """One payment asked for while no operator answered: what was answered first, and what in the end."""

    line: int
    first: str
    last: str


@dataclass(frozen=True, kw_only=True)
class Wallet:
    """One runtime's wallet. `online` are attempts during which the network answered calls of it."""

    runtime: str
    role: str
    tier: str
    topology: str
    engine: str
    attempts: int
    online: int
    online_line: int | None
    offline: tuple[Offline, ...]
    balance: Balance | None
    states: Mapping[str, int]  # outcome -> attempts
    remembers_in: Numbered[str] | None
    receipt_fields: int | None  # the line that names a receipt's fields


@dataclass(frozen=True, kw_only=True)
class Count:
    """How often one state was seen on one runtime, and the last line of it."""

    n: int
    line: int


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What stands behind one payment's state."""

    runtime: str
    line: int
    debited_sats: int | None  # by the ledger, fee included
    fee_sats: int | None
    payment_hash: str | None  # the first digits
    preimage_fits: bool | None  # None: no preimage was told
    receipt: str | None  # the first digits of its digest


@dataclass(frozen=True, kw_only=True)
class State:
    """One way in which payments and turns ended: outcome and code, with the last of the first runtime that has one."""

    outcome: str
    code: str | None
    reason: str | None
    reason_class: str | None
    counts: Mapping[str, Count]
    proof: Proof


@dataclass(frozen=True, kw_only=True)
class Wallets:
    """Both tables. `wallets` are those runtimes that held one."""

    wallets: tuple[Wallet, ...]
    states: tuple[State, ...]


def wallets(evidence: Evidence) -> Wallets:
    """The tables of a record; runtimes that were only probed hold no wallet."""
    pins = [pin for pin in evidence.runtimes if evidence.of(pin.name) and evidence.probe_of(pin.name) is None]
    order = sorted(pins, key=lambda pin: pin.tier.value != "real" or pin.role.value != "native")
    return Wallets(
        wallets=tuple(_wallet(evidence, pin) for pin in pins),
        states=tuple(_states(evidence, [pin.name for pin in order])),
    )


def _wallet(evidence: Evidence, pin: RuntimePin) -> Wallet:
    mine = evidence.of(pin.name)
    online = [a.line for a in mine if a.value.calls.count]
    fields, durability = evidence.facts_of(pin.name, _FIELDS), evidence.facts_of(pin.name, _DURABILITY)
    return Wallet(
        runtime=pin.name,
        role=pin.role.value,
        tier=pin.tier.value,
        topology=topology(pin),
        engine=pin.engine,
        attempts=len(mine),
        online=len(online),
        online_line=max(online, default=None),
        offline=tuple(_offline(a) for a in evidence.of(pin.name, OFFLINE)),
        balance=_balance(mine),
        states=_by_outcome(mine),
        remembers_in=Numbered(line=durability[-1].line, value=str(durability[-1].value.value)) if durability else None,
        receipt_fields=fields[-1].line if fields else None,
    )


def _offline(a: Numbered[Attempt]) -> Offline:
    first = a.value.asks[0] if a.value.asks else a.value
    return Offline(line=a.line, first=ending(first.outcome, first.code), last=ending(a.value.outcome, a.value.code))


def _balance(mine: Iterable[Numbered[Attempt]]) -> Balance | None:
    last: Balance | None = None
    for a in mine:
        claim, ledger = a.value.claim, a.value.ledger
        if a.value.lane == _MAIN_LANE and claim is not None and claim.balance_sats is not None:
            told = None if ledger is None else ledger.balance_sats
            last = Balance(line=a.line, told_sats=claim.balance_sats, ledger_sats=told)
    return last


def _by_outcome(mine: Iterable[Numbered[Attempt]]) -> dict[str, int]:
    counts = dict.fromkeys((*(outcome.value for outcome in Outcome), FIRST_UNKNOWN), 0)
    for a in mine:
        counts[a.value.outcome.value] += 1
        if a.value.outcome is not Outcome.UNKNOWN and any(ask.outcome is Outcome.UNKNOWN for ask in a.value.asks):
            counts[FIRST_UNKNOWN] += 1
    return counts


def _states(evidence: Evidence, runtimes: Iterable[str]) -> Iterator[State]:
    """Outcomes in their own order, codes within them by how often they were seen."""
    counts: dict[tuple[Outcome, str | None], dict[str, Count]] = {}
    last: dict[tuple[Outcome, str | None], Numbered[Attempt]] = {}
    for runtime in runtimes:
        of_this: dict[tuple[Outcome, str | None], Numbered[Attempt]] = {}
        for a in evidence.of(runtime):
            key = a.value.outcome, a.value.code
            before = counts.setdefault(key, {}).get(runtime)
            counts[key][runtime] = Count(n=1 + (before.n if before else 0), line=a.line)
            of_this[key] = a
        last = of_this | last  # the first runtime that has one keeps its place
    order = [*Outcome]
    for key in sorted(counts, key=lambda k: (order.index(k[0]), -sum(c.n for c in counts[k].values()), k[1] or "")):
        yield _state(evidence, last[key], counts[key])


def _state(evidence: Evidence, a: Numbered[Attempt], counts: Mapping[str, Count]) -> State:
    receipt = receipt_of(evidence, a.value)
    reason_class = None if receipt is None else receipt.get("reasonClass")
    return State(
        outcome=a.value.outcome.value,
        code=a.value.code,
        reason=a.value.reason,
        reason_class=None if reason_class is None else str(reason_class),
        counts=counts,
        proof=_proof(a),
    )


def _proof(a: Numbered[Attempt]) -> Proof:
    claim, ledger = a.value.claim, a.value.ledger
    payment_hash = None if claim is None else claim.payment_hash
    preimage = None if claim is None else claim.preimage_sha256
    return Proof(
        runtime=a.value.runtime,
        line=a.line,
        debited_sats=None if ledger is None else ledger.debited_sats,
        fee_sats=None if claim is None else claim.fee_sats,
        payment_hash=None if payment_hash is None else payment_hash[:DIGITS],
        preimage_fits=None if preimage is None else preimage == payment_hash,
        receipt=claim.receipt_digest[:DIGITS] if claim is not None and claim.receipt_digest else None,
    )
