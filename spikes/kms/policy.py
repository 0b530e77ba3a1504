"""Who may ask the KMS for what.

Role: callers by bearer token, operations by caller. Unwrapping is the payment runtime's alone: not even who seals
wallets, or who runs the KMS, may open one. Must not know: keys, HTTP.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from enum import StrEnum


class Caller(StrEnum):
    """An identity that the KMS knows."""

    ADMIN = "admin"
    CONTROL_PLANE = "control-plane"  # creates and rotates wallets
    PAYMENT_RUNTIME = "payment-runtime"
    ORCHESTRATOR = "orchestrator"  # decides what to buy
    PAYWALL = "paywall"


class Operation(StrEnum):
    """What can be asked."""

    CREATE_VERSION = "create-version"
    WRAP = "wrap"
    REWRAP = "rewrap"  # unwrap and wrap inside the KMS: the data key never leaves it
    UNWRAP = "unwrap"
    SET_STATE = "set-state"
    BEHAVE = "behave"
    READ_AUDIT = "read-audit"


ALLOWED: Mapping[Caller, frozenset[Operation]] = {
    Caller.ADMIN: frozenset({Operation.CREATE_VERSION, Operation.SET_STATE, Operation.BEHAVE, Operation.READ_AUDIT}),
    Caller.CONTROL_PLANE: frozenset({Operation.WRAP, Operation.REWRAP}),
    Caller.PAYMENT_RUNTIME: frozenset({Operation.UNWRAP, Operation.WRAP}),  # it alone can rotate: open, seal anew
    Caller.ORCHESTRATOR: frozenset(),
    Caller.PAYWALL: frozenset(),
}


class Callers:
    """Bearer tokens and whose they are."""

    def __init__(self, tokens: Mapping[Caller, str]) -> None:
        if len(set(tokens.values())) != len(tokens) or not all(tokens.values()):
            raise ValueError("every caller needs a bearer token of its own")
        self._tokens = dict(tokens)

    def identify(self, authorization: str) -> Caller | None:
        """Whose token an Authorization header shows; None for nobody's. Compares in constant time."""
        shown = authorization.removeprefix("Bearer ").encode()
        found = None
        for caller, token in self._tokens.items():
            if hmac.compare_digest(shown, token.encode()) and authorization.startswith("Bearer "):
                found = caller
        return found
