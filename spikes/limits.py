"""The date of `limits.toml`, for the record's header.

Role: say how old the platform limits are that a run was made beside. The limits themselves are the judge's business.
Must not know: any limit's value.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

LIMITS_FILE = Path(__file__).with_name("limits.toml")


def newest_date(path: Path = LIMITS_FILE) -> str:
    """The newest date on which a limit was read from its source, ISO 8601."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["limit"]
    return max(str(entry["date"]) for entry in entries)
