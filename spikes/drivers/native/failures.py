"""Typed failures of the wallet-execution contract, from the table that all drivers share.

Role: one exception, and what each of its codes means for HTTP status, outcome and the money; what an error of the SDK
means (`../wallet/errors.json`). Must not know: HTTP servers, the SDK's types.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TABLE_FILE = Path(__file__).parents[1] / "wallet" / "errors.json"
UNMAPPED = "sdk_unmapped"  # an SDK error that the table does not know: a gap there, which a test looks for


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What one code means. `definite`: no money can have left because of the call that answers it."""

    http: int
    definite: bool
    outcome: str
    kind: str  # "class" of the table, e.g. policy_denied
    tell: str  # what the user is told


@dataclass(frozen=True, kw_only=True)
class SdkFailure:
    """What an error text of the SDK means. `code`, if any, takes the place of the one of the step that failed."""

    reason: str
    code: str | None


@cache
def error_table() -> Mapping[str, Meaning]:
    """Code -> meaning."""
    return {
        code: Meaning(
            http=entry["http"],
            definite=entry["definite"],
            outcome=entry["outcome"],
            kind=entry["class"],
            tell=entry["tell"],
        )
        for code, entry in _json()["codes"].items()
    }


def sdk_failure(text: str) -> SdkFailure:
    """The first entry of the table that matches; UNMAPPED if none does."""
    for pattern, failure in _sdk_texts():
        if pattern.search(text):
            return failure
    return SdkFailure(reason=UNMAPPED, code=None)


class WalletError(Exception):
    """A refusal or failure with a code of the table; the message is safe to show."""

    def __init__(self, code: str, message: str, details: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.details = dict(details or {})
        self.meaning = error_table()[code]  # an unknown code is a defect and raises KeyError here


@cache
def _sdk_texts() -> tuple[tuple[re.Pattern[str], SdkFailure], ...]:
    return tuple(
        (
            re.compile(entry["match"], re.IGNORECASE | re.ASCII),
            SdkFailure(reason=entry["reason"], code=entry.get("code")),
        )
        for entry in _json()["sdk"]
    )


@cache
def _json() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(TABLE_FILE.read_text(encoding="utf-8"))
    return table
