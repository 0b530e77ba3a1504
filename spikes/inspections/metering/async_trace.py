"""workerd's async trace (`--async-trace`), read: which invocation used how much of what. Pure.

Role: from lines to invocations. The trace is one JSON object a line; `e` says what happened:
  ctx, ctx_end   an I/O context begins or ends: one for each request to a Worker, one for the life of a Durable Object
                 (then `actor` names it)
  init           a resource comes into being: `id`, `kind` and `name`, and `trigger`, the id that caused it (0: none).
                 What comes from outside, as a request to a Worker or an object, has none: the root of all it causes
  settle         a resource is done; a fetch once its response's headers are there. destroy: it was given up
  turn           the isolate's thread ran JavaScript because of `cause`, from `locked` to `end`
Times are nanoseconds since the header's `epochUnixMs`. Other lines are passed over.
Must not know: files, processes, what any request was for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

FORMAT_VERSION = 1
_NETWORK = frozenset({("operation", "fetch")})


class TraceError(ValueError):
    """A line that is not of the format; the message names the line."""


@dataclass(kw_only=True)
class Resource:
    """Something that an invocation began."""

    kind: str
    name: str
    root: int
    begun_ns: int
    ended_ns: int | None = None

    @property
    def is_network(self) -> bool:
        return (self.kind, self.name) in _NETWORK

    def outlives(self, moment_ns: int) -> bool:
        """Whether it began after this moment, or was not over by then."""
        return self.ended_ns is None or max(self.begun_ns, self.ended_ns) > moment_ns


@dataclass(kw_only=True)
class Invocation:
    """What came in from outside - a request to a Worker or to a Durable Object - with everything that it caused."""

    root: int
    context: int
    turns_ns: int = 0
    resources: list[Resource] = field(default_factory=list)

    @property
    def cpu_s(self) -> float:
        """Seconds in which the isolate's thread was inside JavaScript or WASM for it; preemption included."""
        return self.turns_ns / 1e9

    @property
    def fetches(self) -> int:
        return sum(resource.is_network for resource in self.resources)

    @property
    def most_waiting(self) -> int:
        """The most fetches that waited for their headers at one time."""
        changes: list[tuple[int, int]] = []
        for resource in self.resources:
            if resource.is_network:
                changes.append((resource.begun_ns, 1))
                if resource.ended_ns is not None:
                    changes.append((resource.ended_ns, -1))
        most = waiting = 0
        for _, change in sorted(changes):
            waiting += change
            most = max(most, waiting)
        return most

    def outliving(self, moment_ns: int) -> list[Resource]:
        """Its network calls and timers that began after this moment or were not over by then."""
        return [
            resource
            for resource in self.resources
            if (resource.is_network or resource.kind == "timer") and resource.outlives(moment_ns)
        ]


class AsyncTrace:
    """A trace as far as it was read."""

    def __init__(self) -> None:
        self.epoch_unix_ms: int | None = None
        self.invocations: list[Invocation] = []
        self.open_workers: set[int] = set()  # contexts of requests to a Worker that have not ended
        self._by_root: dict[int, Invocation] = {}
        self._resources: dict[int, Resource] = {}
        self._lines = 0

    def read(self, line: bytes) -> None:
        """Take in one line. Raises TraceError, and then has taken in nothing of it."""
        self._lines += 1
        try:
            raw = json.loads(line)
            if not isinstance(raw, dict):
                raise TypeError(f"an object is needed, not {type(raw).__name__}")
            self._take(raw)
        except KeyError as error:
            raise TraceError(f"line {self._lines} of the async trace: nothing is known of {error}") from error
        except (TypeError, ValueError, RecursionError) as error:
            raise TraceError(f"line {self._lines} of the async trace cannot be read: {error}") from error

    def _take(self, raw: dict[str, Any]) -> None:
        match raw.get("e"):
            case "header":
                if raw.get("v") != FORMAT_VERSION:
                    raise ValueError(f"its format is {raw.get('v')!r}, this reader knows {FORMAT_VERSION}")
                self.epoch_unix_ms = _whole(raw, "epochUnixMs")
            case "ctx" | "ctx_end":
                self._turn_over_context(raw)
            case "init":
                self._begin(raw)
            case "settle" | "destroy":
                resource, at = self._resources[_whole(raw, "id")], _whole(raw, "at")
                resource.ended_ns = at if resource.ended_ns is None else resource.ended_ns
            case "turn":
                root = self._resources[_whole(raw, "cause")].root
                self._by_root[root].turns_ns += _whole(raw, "end") - _whole(raw, "locked")
            case _:
                pass

    def _turn_over_context(self, raw: dict[str, Any]) -> None:
        context = _whole(raw, "ctx")
        if raw["e"] == "ctx_end":
            if _whole(raw, "dropped"):
                raise ValueError(f"workerd itself dropped {raw['dropped']} events")
            self.open_workers.discard(context)
        elif raw["actor"] is None:
            self.open_workers.add(context)

    def _begin(self, raw: dict[str, Any]) -> None:
        number, trigger = _whole(raw, "id"), _whole(raw, "trigger")
        root = self._resources[trigger].root if trigger else number
        resource = Resource(kind=str(raw["kind"]), name=str(raw["name"]), root=root, begun_ns=_whole(raw, "at"))
        context = _whole(raw, "ctx")
        self._resources[number] = resource
        if root == number:
            self._by_root[root] = Invocation(root=root, context=context)
            self.invocations.append(self._by_root[root])
        else:
            self._by_root[root].resources.append(resource)


def _whole(raw: dict[str, Any], key: str) -> int:
    value = raw[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"{key} is no whole number of 0 or more")
    return value
