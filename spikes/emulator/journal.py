"""Every call that reached the network, in order: the emulator's testimony. Holds no token, key share or preimage."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

CAPACITY = 20_000  # calls kept; older ones are dropped so that memory stays flat in a soak


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One call. `code` is a gRPC status name or an HTTP status; times and durations in seconds, sizes in bytes.

    `at` is when it ended, by the clock that sessions go by; `started_s` is on the counter that `GET /clock` tells.
    """

    seq: int
    at: float
    transport: str
    party: str
    method: str
    code: str
    handler_s: float
    request_bytes: int
    response_bytes: int
    identity: str | None  # hex of the caller's identity key; of a login call: the key that it names
    note: str | None
    injected_s: float = 0.0  # how long a latency profile held the call back
    started_s: float = 0.0
    took_s: float = 0.0  # from its first byte understood to its last, everything that held it back included


class Journal:
    """The last CAPACITY calls; `seq` counts all of them, from 0."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._entries: deque[Entry] = deque(maxlen=capacity)
        self._names: dict[bytes, str] = {}  # one text an identity, not one a call
        self.next_seq = 0

    @property
    def first_seq(self) -> int:
        """The oldest call that is still kept."""
        return self.next_seq - len(self._entries)

    def append(
        self,
        *,
        at: float,
        transport: str,
        party: str,
        method: str,
        code: str,
        handler_s: float,
        request_bytes: int,
        response_bytes: int,
        identity: bytes | None = None,
        note: str | None = None,
        injected_s: float = 0.0,
        started_s: float = 0.0,
        took_s: float = 0.0,
    ) -> None:
        """Note one call."""
        self._entries.append(
            Entry(
                seq=self.next_seq,
                at=at,
                transport=transport,
                party=party,
                method=method,
                code=code,
                handler_s=handler_s,
                request_bytes=request_bytes,
                response_bytes=response_bytes,
                identity=self._names.setdefault(identity, identity.hex()) if identity else None,
                note=note,
                injected_s=injected_s,
                started_s=started_s,
                took_s=took_s,
            )
        )
        self.next_seq += 1

    def since(self, seq: int) -> list[Entry]:
        """Calls from number `seq` on, as far as they are still kept."""
        kept = len(self._entries)
        start = max(seq - self.first_seq, 0)
        return [self._entries[i] for i in range(start, kept)] if start < kept else []
