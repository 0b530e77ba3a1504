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

from spikes.record.digests import (
    fingerprint,
    joint_digest,
    joint_sats,
)
from spikes.record.journal import (
    RecordError,
    RecordWriter,
    decode_line,
    encode_line,
    read_lines,
)
from spikes.record.shapes import (
    SCHEMA_VERSION,
    Ask,
    Attempt,
    Calls,
    Claim,
    Fact,
    FaultSeen,
    Footer,
    HarnessError,
    Header,
    LedgerEntry,
    Line,
    Outcome,
    PaymentPath,
    Phase,
    Platform,
    Role,
    RuntimePin,
    Shard,
    Tier,
)

__all__ = [
    "SCHEMA_VERSION",
    "Ask",
    "Attempt",
    "Calls",
    "Claim",
    "Fact",
    "FaultSeen",
    "Footer",
    "HarnessError",
    "Header",
    "LedgerEntry",
    "Line",
    "Outcome",
    "PaymentPath",
    "Phase",
    "Platform",
    "RecordError",
    "RecordWriter",
    "Role",
    "RuntimePin",
    "Shard",
    "Tier",
    "decode_line",
    "encode_line",
    "fingerprint",
    "joint_digest",
    "joint_sats",
    "read_lines",
]
