"""What ends the probe without a finding: one line that says what to do next.

Must not know: where it is printed.
"""

from __future__ import annotations


class ProbeFailure(Exception):
    """The probe could not find out what it is there for; this says nothing about the SDK."""


def one_line(error: object, limit: int = 160) -> str:
    """An error of wasmtime's without its line breaks and stack traces."""
    return " ".join(str(error).split())[:limit]
