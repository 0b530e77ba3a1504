"""The words in which a call is refused or lost, whatever the transport. Must not know any transport or method."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Code(IntEnum):
    """gRPC status codes that the emulator answers."""

    OK = 0
    INVALID_ARGUMENT = 3
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    UNAUTHENTICATED = 16


class RpcError(Exception):
    """A call that is answered with an error status. Nothing has changed unless the message says so."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


class AnswerLost(Exception):
    """The call was carried out, but its answer must not reach the client: the transport drops the connection."""


class AnswerCut(Exception):
    """As AnswerLost, but half of the answer goes out before the connection is reset."""

    def __init__(self, answer: bytes) -> None:
        super().__init__("answer cut")
        self.answer = answer


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who calls which operator, as the session token says. `operator` is 0-based; `identity` a 33-byte key."""

    operator: int
    identity: bytes
