"""The finding: what the probe prints.

Role: facts, outcome and reason as the one JSON line that spikes/probe.py reads.
Must not know: how anything was found out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

KEY = "finding"
# The reason goes through spikes/redaction.py, which cuts it there.
REASON_LIMIT = 300


@dataclass(frozen=True, kw_only=True)
class Found:
    """One fact, in base units that the name carries."""

    name: str
    value: int | float | str
    how: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What came of the probe. No probe pays, so the outcome of the payment is `unsupported`."""

    code: str
    reason: str
    facts: Sequence[Found]
    outcome: str = "unsupported"

    def line(self) -> str:
        """The one line."""
        return json.dumps({KEY: asdict(self)}, separators=(",", ":"), allow_nan=False)
