"""What a run was made of and judged by: digests of what ran, and every number that a gate compares with.

Role: header and thresholds as rows. Must not know: how they are written.
"""

from __future__ import annotations

import dataclasses

from bench.thresholds import Threshold, Thresholds
from spikes.record import Header


def digests(header: Header) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """(file, digest, the runtimes that ran it), each file once however many runtimes share it."""
    found: dict[tuple[str, str], list[str]] = {}
    for pin in header.runtimes:
        for name, digest in pin.digests.items():
            found.setdefault((name, digest), []).append(pin.name)
    return tuple((name, digest, tuple(runtimes)) for (name, digest), runtimes in sorted(found.items()))


def numbers(thresholds: Thresholds) -> tuple[tuple[str, Threshold], ...]:
    """All thresholds by name, in their own order; platform limits have a section of their own."""
    named = ((field.name, getattr(thresholds, field.name)) for field in dataclasses.fields(thresholds))
    return tuple((name, value) for name, value in named if isinstance(value, Threshold))
