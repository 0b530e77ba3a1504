"""Typed failures of the wallet-execution contract, from the table that all drivers share.

Role: one exception, and what each of its codes means for HTTP status, outcome and the money (`../wallet/errors.json`).
Must not know: HTTP servers, the SDK.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE_FILE = Path(__file__).parents[1] / "wallet" / "errors.json"


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What one code means. `definite`: no money can have left because of the call that answers it."""

    http: int
    definite: bool
    outcome: str


@cache
def error_table() -> Mapping[str, Meaning]:
    """Code -> meaning."""
    codes = json.loads(TABLE_FILE.read_text(encoding="utf-8"))["codes"]
    return {
        code: Meaning(http=entry["http"], definite=entry["definite"], outcome=entry["outcome"])
        for code, entry in codes.items()
    }


class WalletError(Exception):
    """A refusal or failure with a code of the table; the message is safe to show."""

    def __init__(self, code: str, message: str, details: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.details = dict(details or {})
        self.meaning = error_table()[code]  # an unknown code is a defect and raises KeyError here
