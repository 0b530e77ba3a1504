"""The record: an append-only JSON Lines journal of what happened in one run.

Role: the only thing that passes from `spikes` (touches the world) to `bench` (judges).
Must not know: runtimes, gates, verdicts. It holds facts, never opinions.

File format, one JSON object a line, each with a `kind`:
  header        first line: seed, pins, git state, host, limits date
  fact          a measured property of a runtime that no payment belongs to (upload size, ...)
  attempt       one experiment, on one runtime, with one seed, and what both witnesses say
  harness_error the harness itself failed; not a statement about the runtime
  footer        last line; without it the run is truncated and nothing is decided
Every line is flushed when written, so that a killed run leaves a readable prefix.
Secrets never enter a record: `fingerprint` is the only form in which they may appear.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Self, TextIO

from spikes.typed_json import build

SCHEMA_VERSION = 1


class RecordError(ValueError):
    """A record line that cannot be read; the message names the line and what to do."""


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
    kind: str = "attempt"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A measured property of a runtime, in base units that the name carries."""

    runtime: str
    name: str  # e.g. "upload_raw_bytes"
    value: int | float | str
    how: str  # how it was measured, one line
    kind: str = "fact"


@dataclass(frozen=True, kw_only=True)
class HarnessError:
    """The harness failed; says nothing about the runtime."""

    runtime: str | None
    experiment: str | None
    code: str
    message: str
    attempt: int | None = None
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
_KINDS: dict[str, type[Line]] = {
    "header": Header,
    "fact": Fact,
    "attempt": Attempt,
    "harness_error": HarnessError,
    "footer": Footer,
}


def fingerprint(secret: bytes | str) -> str:
    """Name a secret without telling it: the first 16 hex digits of its SHA-256."""
    data = secret.encode() if isinstance(secret, str) else secret
    return hashlib.sha256(data).hexdigest()[:16]


def joint_digest(digests: Iterable[str]) -> str | None:
    """One hash for an attempt's payments: its only one, the SHA-256 over several (sorted, as bytes), None for none.

    An attempt of several payments names hashes and preimage digests so: they are equal exactly if every preimage fits.
    """
    several = sorted(digests)
    if len(several) < 2:
        return several[0] if several else None
    return hashlib.sha256(b"".join(bytes.fromhex(digest) for digest in several)).hexdigest()


def joint_sats(amounts: Iterable[int | None]) -> int | None:
    """The sum; None if there is none, or if one of them is not told: what is unknown is not 0."""
    told = list(amounts)
    return None if None in told or not told else sum(amount for amount in told if amount is not None)


class RecordWriter:
    """Writes one record. The file must not exist yet: a record is never overwritten."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("x", encoding="utf-8")
        self.path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()

    def append(self, line: Line) -> None:
        """Write one line and flush it to the operating system, so that a kill loses nothing."""
        self._file.write(encode_line(line) + "\n")
        self._file.flush()


def encode_line(line: Line) -> str:
    """One line of JSON: keys in the order of the schema, no spaces."""
    return json.dumps(dataclasses.asdict(line), separators=(",", ":"), allow_nan=False)


def decode_line(text: str, number: int) -> Line:
    """Read one line. Raises RecordError, naming line `number`, if it is not of the schema."""
    try:
        raw = json.loads(text)
        kind = raw["kind"]
        cls = _KINDS[kind]
        if kind == "header" and raw.get("schema_version") != SCHEMA_VERSION:
            raise RecordError(
                f"line {number}: schema version {raw.get('schema_version')!r}, this program reads {SCHEMA_VERSION}; "
                "judge it with the sparkgate version that wrote it"
            )
        return typing.cast(Line, build(cls, raw))
    except RecordError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordError(f"line {number} is not a record line ({error!r}); was the file edited by hand?") from error


def read_lines(path: Path) -> Iterator[Line]:
    """Lines of a record in order. A cut last line (killed writer) ends it; any other bad line raises RecordError."""
    with path.open(encoding="utf-8") as file:
        for number, text in enumerate(file, start=1):
            if not text.endswith("\n"):
                return  # the writer was killed inside this line: there is no footer either
            yield decode_line(text, number)
