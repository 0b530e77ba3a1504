"""What a record says: one frozen dataclass for each kind of line, and the words in them.

Must not know: files, JSON, runtimes, gates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SCHEMA_VERSION = 1


class Role(StrEnum):
    """What a runtime stands for in the decision."""

    CONTROL = "control"
    NATIVE = "native"  # Topology A: the payment runs where the orchestration runs
    EXTERNAL = "external"  # Topology B: a minimal runtime beside it pays
    INFORMATIVE = "informative"  # tried and judged like the others, but no part of the decision


class Platform(StrEnum):
    """Whose limits a runtime has to keep."""

    CLOUDFLARE = "cloudflare"
    CONVEX_ISOLATE = "convex-isolate"  # Convex's default V8 runtime
    CONVEX_NODE = "convex-node"  # Convex's "use node" actions
    NONE = "none"  # a process of our own, with no limits but its machine's


class Tier(StrEnum):
    """How real the runtime under test is; a stand-in may FAIL a gate but not PASS one."""

    REAL = "real"
    STAND_IN = "stand-in"


class Outcome(StrEnum):
    """What a driver says became of an attempt. UNKNOWN is never folded into FAILED."""

    PAID = "paid"
    CACHED = "cached"
    BLOCKED = "blocked"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"
    UNKNOWN = "unknown"


class PaymentPath(StrEnum):
    """How a payment's leaves were found, as the emulator's journal shows it."""

    EXACT = "exact"
    SWAP = "swap"
    NONE = "none"  # no payment call reached the network


@dataclass(frozen=True, kw_only=True)
class RuntimePin:
    """One runtime as it was for this run: identity, role and the exact software in it."""

    name: str
    role: Role
    tier: Tier
    sdk: str  # e.g. "@breeztech/breez-sdk-spark 0.19.2"
    engine: str  # e.g. "workerd 1.20261117.1"
    platform: Platform = Platform.NONE
    digests: Mapping[str, str] = field(default_factory=dict)  # file or package -> "sha256:<hex>"


@dataclass(frozen=True, kw_only=True)
class Shard:
    """A part of a plan, made by itself, perhaps on another machine: whole runtimes, with all that they are asked.

    Beside its own runtimes it measured the control once more, as the yardstick of its machine; those lines are set
    aside (`aside`), so that they compare times and count nowhere else.
    """

    number: int  # from 1
    of: int
    run_id: str
    plan: str  # "sha256:<hex>" of the whole plan
    among: tuple[str, ...]  # every runtime of the whole plan, in its order
    runtimes: tuple[str, ...]  # those whose evidence is this shard's
    host: Mapping[str, str]
    started_at: str  # RFC 3339, UTC
    ended_at: str | None = None  # known once it was merged


@dataclass(frozen=True, kw_only=True)
class Header:
    """Everything needed to know what was run, and to run it again."""

    run_id: str
    schema_version: int
    started_at: str  # RFC 3339, UTC
    profile: str
    seed: int
    network: str  # "emulated" | "hosted-regtest" | "mainnet"
    runtimes: tuple[RuntimePin, ...]
    planned_attempts: int
    git_commit: str
    git_dirty: bool
    host: Mapping[str, str]
    pins: Mapping[str, str]
    limits_date: str
    shards: tuple[Shard, ...] = ()  # one: this is a part of a run; several: merged; none: made whole
    kind: str = "header"


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A timed part of an attempt. `clock` says who held the watch."""

    name: str  # boot load build sync prepare send confirm pay fetch
    duration_s: float
    clock: str  # "outside" (the runner) | "driver" (inside the runtime; not portable evidence)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What the driver says. Never trusted alone. Of several payments: sums, and joint digests."""

    payment_hash: str | None = None
    amount_sats: int | None = None
    fee_sats: int | None = None
    preimage_sha256: str | None = None  # digest of the preimage BYTES: equals the payment hash if right
    balance_sats: int | None = None
    http_status: int | None = None
    receipt_digest: str | None = None
    flow_digest: str | None = None  # over what a receipt shares with every repeat of its flow, on any runtime


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """What the emulator's ledger says of the same attempt. The second witness. Of several payments: as in `Claim`."""

    payment_hash: str | None
    invoice_amount_sats: int | None
    settled_count: int  # how often this payment hash was settled: 0 or 1, or a disaster
    debited_sats: int  # wallet balance before minus after, locked leaves counted as still owned
    locked_sats: int  # still locked in transfers after the attempt
    balance_sats: int  # wallet balance after the attempt
    supply_ok: bool  # the sum over the whole network is what it was at the start


@dataclass(frozen=True, kw_only=True)
class Calls:
    """Network calls that the emulator saw during the attempt."""

    count: int = 0
    emulator_s: float = 0.0  # time spent inside the emulator's handlers
    by_method: Mapping[str, int] = field(default_factory=dict)
    injected_s: float = 0.0  # delay that the latency profile added to these calls, summed
    settle_s: float = 0.0  # how long Lightning took to settle, as the latency profile drew it


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One asking of an attempt that asked more than once under one request id, and what the driver answered."""

    outcome: Outcome
    code: str | None
    wall_s: float


@dataclass(frozen=True, kw_only=True)
class FaultSeen:
    """One fault of an attempt's schedule, and how often it struck; 0: the attempt never came to where it waited."""

    kind: str
    method: str | None  # None: not bound to one RPC
    fired: int


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One experiment, once, on one runtime."""

    attempt: int  # 0-based position in the plan
    runtime: str
    experiment: str
    repeat: int
    seed: int
    lane: str  # "a", or "b" for the A/A lane
    incarnation: int  # how often this runtime's process was started before, 0 = first
    sequence: int  # how many attempts this incarnation had served before this one
    expected: Outcome  # the plan's expectation; drivers never see it
    outcome: Outcome
    code: str | None  # typed error code of the contract, None when paid
    reason: str | None  # one line for people
    wall_s: float  # the whole attempt, outside clock
    path: PaymentPath
    phases: tuple[Phase, ...] = ()
    claim: Claim | None = None
    ledger: LedgerEntry | None = None
    calls: Calls = field(default_factory=Calls)
    asks: tuple[Ask, ...] = ()  # every answer in order, if there was more than one; `outcome` is the last one's
    faults: tuple[FaultSeen, ...] = ()  # what was done to it on purpose
    requests: str | None = None  # fingerprint of the request sequence; a fact `request_sequence.<it>` spells it out
    aside: int = 0  # the number of the shard whose yardstick it is; 0: evidence of its runtime
    kind: str = "attempt"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A measured property of a runtime, in base units that the name carries."""

    runtime: str
    name: str  # e.g. "upload_raw_bytes"
    value: int | float | str
    how: str  # how it was measured, one line
    aside: int = 0  # as in `Attempt`
    kind: str = "fact"


@dataclass(frozen=True, kw_only=True)
class HarnessError:
    """The harness failed; says nothing about the runtime."""

    runtime: str | None
    experiment: str | None
    code: str
    message: str
    attempt: int | None = None
    aside: int = 0  # as in `Attempt`
    kind: str = "harness_error"


@dataclass(frozen=True, kw_only=True)
class Footer:
    """The run came to its planned end."""

    ended_at: str
    attempts: int
    facts: int
    harness_errors: int
    elapsed_s: float
    supply_ok: bool
    kind: str = "footer"


Line = Header | Fact | Attempt | HarnessError | Footer
