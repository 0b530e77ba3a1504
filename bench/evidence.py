"""Evidence: a record, read, checked and indexed, so that gates can ask it questions.

Role: the one way from a record file to the gates; every attempt and fact keeps its 1-based line number.
Must not know: gates, thresholds, verdicts. Money stays in the attempts as integers; the table holds times and counts.
"""

from __future__ import annotations

import gc
import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from bench import packing
from bench.attempt_table import OUTSIDE as OUTSIDE  # noqa: PLC0414 - as below
from bench.attempt_table import attempt_table
from bench.errors import EmptyRecord, HeaderMissing, InconsistentRecord, NotARecord, RecordNotFound, SchemaMismatch
from bench.index import AttemptIndex, FactIndex
from bench.index import Numbered as Numbered  # noqa: PLC0414 - every reader of evidence meets it here
from spikes.record import (
    SCHEMA_VERSION,
    Attempt,
    Fact,
    Footer,
    HarnessError,
    Header,
    Line,
    RecordError,
    Role,
    RuntimePin,
    decode_line,
)

PROBE = "probe"  # the one experiment that needs no driver
HARNESS = "harness"  # facts about the harness itself stand under this name, beside the runtimes of the header
LATENCY_PROFILES = ("zero", "lan", "lightning", "lightning_slow", "degraded")


@dataclass(frozen=True, kw_only=True, eq=False)  # equal to itself alone, so that derived views can be cached
class Evidence:
    """What one record says. `footer` is None for a run that was cut off."""

    digest: str  # "sha256:<hex>" of the record's bytes
    header: Header
    attempts: tuple[Numbered[Attempt], ...]
    facts: tuple[Numbered[Fact], ...]
    harness_errors: tuple[Numbered[HarnessError], ...]
    footer: Footer | None
    # Yardsticks of the shards of a merged run: they count for no runtime. bench/shards.py finds them.
    set_aside: tuple[Numbered[Line], ...] = ()

    @property
    def truncated(self) -> bool:
        """Whether the run was cut off: nothing may be decided from it."""
        return self.footer is None

    @property
    def runtimes(self) -> tuple[RuntimePin, ...]:
        """The runtimes of the run, in the header's order."""
        return self.header.runtimes

    @property
    def controls(self) -> tuple[str, ...]:
        """Names of the positive controls."""
        return tuple(pin.name for pin in self.runtimes if pin.role is Role.CONTROL)

    @property
    def latency_profile(self) -> str:
        """The run's latency profile: the word of the header's profile that names one, else "zero".

        An attempt of an experiment called `<experiment>@<profile>` ran on that profile instead.
        """
        words = self.header.profile.replace("+", "-").replace("/", "-").split("-")
        return next((word for word in words if word in LATENCY_PROFILES), "zero")

    def pin(self, runtime: str) -> RuntimePin:
        """The runtime as the header pins it. Raises KeyError for a runtime that was not in the run."""
        return self._pins[runtime]

    def of(self, runtime: str, *experiments: str) -> tuple[Numbered[Attempt], ...]:
        """Attempts of a runtime in record order; of these experiments only, if any are named."""
        return self._attempts.of(runtime, *experiments)

    def probe_of(self, runtime: str) -> Numbered[Attempt] | None:
        """The finding of a runtime that was only probed, since it can hold no wallet; None if it has a driver."""
        mine = self._attempts.of(runtime)
        return mine[0] if mine and all(a.value.experiment == PROBE for a in mine) else None

    def facts_of(self, runtime: str, prefix: str) -> tuple[Numbered[Fact], ...]:
        """Facts of a runtime called `prefix`, or `prefix.<anything>`."""
        return self._facts.of(runtime, prefix)

    def largest(self, runtime: str, name: str) -> Numbered[float] | None:
        """The largest reading of a numeric fact, or None if it was never measured as a number."""
        numbers = [
            Numbered(line=f.line, value=f.value.value)
            for f in self._facts.named(runtime, name)
            if not isinstance(f.value.value, str)
        ]
        return max(numbers, key=lambda n: n.value, default=None)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row an attempt, in record order; see attempt_table."""
        return attempt_table(self.attempts, self.latency_profile)

    def rows_of(self, runtime: str) -> pd.DataFrame:
        """The rows of `table` that are of one runtime, in record order."""
        found = self._rows_by_runtime.get(runtime)
        return self.table.iloc[:0] if found is None else found

    @cached_property
    def _rows_by_runtime(self) -> Mapping[str, pd.DataFrame]:
        return {str(runtime): rows for runtime, rows in self.table.groupby("runtime", sort=False)}

    @cached_property
    def _pins(self) -> Mapping[str, RuntimePin]:
        return {pin.name: pin for pin in self.runtimes}

    @cached_property
    def _attempts(self) -> AttemptIndex:
        return AttemptIndex(self.attempts)

    @cached_property
    def _facts(self) -> FactIndex:
        return FactIndex(self.facts)


def load(path: Path) -> Evidence:
    """Read a record file, packed or not. Raises a BenchError that says what to do; never a bare exception."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordNotFound(
            f"no record to judge at {path} ({error.strerror}); run `make spike` to make one"
        ) from error
    return parse(packing.unpack(data))


def parse(data: bytes) -> Evidence:
    """Read a record's bytes. A cut last line ends the record and leaves it without footer."""
    if not data:
        raise EmptyRecord("the record is empty: the run was killed before it wrote its header; run it again")
    end = data.find(b"\n")
    if end < 0:
        raise HeaderMissing("the record ends inside its first line, the header; run it again")
    header = _header(data[:end])
    with _nothing_is_garbage():
        body = [Numbered(line=number, value=_decode(raw, number)) for number, raw in _lines(data, end + 1)]
    cut = not data.endswith(b"\n")
    footers = [line for line in body if isinstance(line.value, Footer)]
    if footers and footers[0] is not body[-1]:
        raise InconsistentRecord(
            f"line {footers[0].line + 1} follows the footer; a record ends there: restore the file as the run wrote it"
        )
    attempts, facts, errors = by_kind(line for line in body if not aside(line))
    evidence = Evidence(
        digest="sha256:" + hashlib.sha256(data).hexdigest(),
        header=header,
        attempts=attempts,
        facts=facts,
        harness_errors=errors,
        footer=next((x.value for x in footers if isinstance(x.value, Footer)), None) if not cut else None,
        set_aside=tuple(line for line in body if aside(line)),
    )
    _check(evidence, body)
    return evidence


def aside(line: Numbered[Line]) -> int:
    """The number of the shard whose yardstick this line belongs to; 0: it is evidence."""
    value = line.value
    return value.aside if isinstance(value, Attempt | Fact | HarnessError) else 0


def by_kind(
    lines: Iterable[Numbered[Line]],
) -> tuple[tuple[Numbered[Attempt], ...], tuple[Numbered[Fact], ...], tuple[Numbered[HarnessError], ...]]:
    """The lines apart, each kind in record order."""
    attempts: list[Numbered[Attempt]] = []
    facts: list[Numbered[Fact]] = []
    errors: list[Numbered[HarnessError]] = []
    for line in lines:
        match line.value:
            case Attempt() as attempt:
                attempts.append(Numbered(line=line.line, value=attempt))
            case Fact() as fact:
                facts.append(Numbered(line=line.line, value=fact))
            case HarnessError() as error:
                errors.append(Numbered(line=line.line, value=error))
            case _:
                pass
    return tuple(attempts), tuple(facts), tuple(errors)


def _lines(data: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Whole lines from `start` on, which is where line 2 begins: one at a time, so that there are not two copies."""
    number = 2
    while (end := data.find(b"\n", start)) >= 0:
        yield number, data[start:end]
        start, number = end + 1, number + 1


@contextmanager
def _nothing_is_garbage() -> Iterator[None]:
    """All that reading makes is kept: to look for garbage among it, again and again, would double the time it takes."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _header(raw: bytes) -> Header:
    try:
        first = json.loads(raw)
    except ValueError as error:
        raise NotARecord(f"line 1 is not JSON ({error}); name a record.jsonl, or the directory of a run") from error
    if not isinstance(first, dict) or first.get("kind") != "header":
        raise HeaderMissing("line 1 is not a header; name a record.jsonl as `make spike` wrote it")
    if first.get("schema_version") != SCHEMA_VERSION:
        raise SchemaMismatch(
            f"the record has schema version {first.get('schema_version')!r} and this sparkgate reads {SCHEMA_VERSION}; "
            "judge it with the version that wrote it (git_commit in its header)"
        )
    header = _decode(raw, 1)
    if not isinstance(header, Header):
        raise HeaderMissing("line 1 is not a header; name a record.jsonl as `make spike` wrote it")
    return header


def _decode(raw: bytes, number: int) -> Line:
    try:
        return decode_line(raw.decode("utf-8"), number)
    except (RecordError, UnicodeDecodeError) as error:
        raise NotARecord(f"{error}; restore line {number} as the run wrote it, or run again") from error


def _check(evidence: Evidence, body: list[Numbered[Line]]) -> None:
    """What the types cannot say: one header, known runtimes, finite numbers. Raises InconsistentRecord."""
    names = [pin.name for pin in evidence.runtimes]
    if len(set(names)) != len(names):
        raise InconsistentRecord(
            f"line 1: a runtime is pinned twice ({', '.join(names)}); the header must name each once"
        )
    for line in body:
        value = line.value
        if isinstance(value, Header):
            raise InconsistentRecord(f"line {line.line} is a second header; judge one run at a time")
        runtime = getattr(value, "runtime", None)
        of_harness = isinstance(value, Fact) and runtime == HARNESS
        if runtime is not None and runtime not in names and not of_harness:
            raise InconsistentRecord(
                f"line {line.line}: the header pins no runtime {runtime!r}; judge the record as the run wrote it"
            )
        for number in _numbers(value):
            if (
                isinstance(number, bool)
                or not isinstance(number, int | float)
                or not math.isfinite(number)
                or number < 0
            ):
                raise InconsistentRecord(
                    f"line {line.line}: {number!r} is not a measurement; judge the unedited record"
                )


def _numbers(line: Line) -> Iterator[object]:
    """Every value of a line that later code will use as a non-negative number."""
    if isinstance(line, Attempt):
        yield line.wall_s
        yield from (phase.duration_s for phase in line.phases)
        yield from line.calls.by_method.values()
        yield from (line.calls.emulator_s, line.calls.injected_s, line.calls.settle_s)
        yield from (ask.wall_s for ask in line.asks)
        yield from (fault.fired for fault in line.faults)
    elif isinstance(line, Fact) and not isinstance(line.value, str):
        yield line.value
