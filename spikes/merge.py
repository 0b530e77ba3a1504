"""Merge: the records of all shards of one run as one record, as if the run had been made whole.

Role: read the shards, refuse what does not fit together, put the lines into one order. Must not know: gates, verdicts.

The order does not depend on how the plan was cut: runtime by runtime as the plan names them, each runtime's lines as
they were written; then what the harness told of itself; then the lines that are set aside, shard by shard; then one
footer, its counts summed. A record that was made whole can be brought into the same order (`in_order`).

Nothing is mended. A shard that was cut off, is missing, comes twice or is not of this plan, source tree or software is
refused by name: a merged record is always a whole one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spikes.errors import MergeRefused
from spikes.record import (
    Attempt,
    Fact,
    Footer,
    HarnessError,
    Header,
    Line,
    RecordError,
    RecordWriter,
    RuntimePin,
    Shard,
    read_lines,
)
from spikes.shards import suffix

RECORD = "record.jsonl"
PACKED = RECORD + ".zst"
# What must be the same in all shards of one run.
_ALIKE = ("profile", "seed", "network", "git_commit", "schema_version", "limits_date")


@dataclass(frozen=True, kw_only=True)
class ShardRecord:
    """One shard's record, whole."""

    name: str  # what people call it: its place in the plan and where it lies
    header: Header
    shard: Shard
    lines: tuple[Line, ...]  # between header and footer
    footer: Footer


def merge(runs: Sequence[Path], out: Path) -> Path:
    """Write the merged record into the directory `out`; its path. Raises MergeRefused."""
    return write(merged([read_shard(run) for run in runs]), out)


def write(lines: Sequence[Line], out: Path) -> Path:
    """Write a record into a directory that holds none; its path. Raises MergeRefused."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with RecordWriter(out / RECORD) as record:
            for line in lines:
                record.append(line)
    except FileExistsError as error:
        raise MergeRefused(f"{out} holds a record, or is a file; name a new directory") from error
    except OSError as error:
        raise MergeRefused(f"cannot write into {out} ({error.strerror}); name a writable directory") from error
    return out / RECORD


def read_shard(run: Path) -> ShardRecord:
    """The record of one shard, from its file or its run's directory. Raises MergeRefused."""
    path = run / RECORD if run.is_dir() else run
    if path.name == PACKED or (not path.exists() and path.with_name(PACKED).exists()):
        raise MergeRefused(f"{run} holds a packed record; merge the record.jsonl that the shard wrote")
    try:
        lines = list(read_lines(path))
    except (OSError, RecordError, UnicodeDecodeError) as error:
        raise MergeRefused(f"{run} has no record to read ({error}); name the directory of a shard's run") from error
    if not lines or not isinstance(lines[0], Header):
        raise MergeRefused(f"{path} does not begin with a header; name a record.jsonl as a shard wrote it")
    return _whole(path, lines[0], lines[1:])


def _whole(path: Path, header: Header, rest: Sequence[Line]) -> ShardRecord:
    if len(header.shards) != 1:
        made = "merged already" if header.shards else "made whole"
        raise MergeRefused(f"{path} is no shard: that run was {made}; judge it as it is")
    shard = header.shards[0]
    name = f"shard {shard.number} of {shard.of} ({path})"
    footer = rest[-1] if rest else None
    if not isinstance(footer, Footer):
        raise MergeRefused(f"{name} was cut off: it has no footer; make it again")
    lines = tuple(rest[:-1])
    counted = tuple(sum(isinstance(line, kind) for line in lines) for kind in (Attempt, Fact, HarnessError))
    if counted != (footer.attempts, footer.facts, footer.harness_errors) or sum(counted) != len(lines):
        raise MergeRefused(
            f"{name} does not hold the lines that its footer counts; take the file as the shard wrote it"
        )
    return ShardRecord(name=name, header=header, shard=shard, lines=lines, footer=footer)


def merged(shards: Sequence[ShardRecord]) -> list[Line]:
    """All lines of the merged record. Raises MergeRefused if these are not all the shards of one run."""
    if not shards:
        raise MergeRefused("no shard was named; name the run directory of each")
    ordered = sorted(shards, key=lambda each: each.shard.number)
    _refuse_unlike(ordered)
    _refuse_incomplete(ordered)
    _refuse_strangers(ordered)
    header = _header(ordered)
    return [header, *_ordered(header, [line for each in ordered for line in each.lines]), _footer(ordered)]


def in_order(lines: Sequence[Line]) -> list[Line]:
    """The lines of a whole record in the order that merging gives; numbers of lines change, nothing else."""
    header = next(line for line in lines if isinstance(line, Header))
    footers = [line for line in lines if isinstance(line, Footer)]
    rest = [line for line in lines if not isinstance(line, Header | Footer)]
    return [header, *_ordered(header, rest), *footers]


def _ordered(header: Header, lines: Sequence[Line]) -> Iterator[Line]:
    places = {pin.name: place for place, pin in enumerate(header.runtimes)}
    harness = len(places)

    def place(line: Line) -> tuple[int, int]:
        if not isinstance(line, Attempt | Fact | HarnessError):
            return (0, harness)
        # Those that are set aside stay as they were written, shard by shard.
        return (line.aside, 0 if line.aside else places.get(line.runtime or "", harness))

    yield from sorted(lines, key=place)  # stable: within one place, as they were written


def _refuse_unlike(shards: Sequence[ShardRecord]) -> None:
    """All must be parts of one plan, made from one source tree with one software."""
    first = shards[0]
    pins: dict[str, tuple[str, RuntimePin]] = {}
    versions: dict[str, tuple[str, str]] = {}
    for each in shards:
        for field in _ALIKE:
            _refuse_if(field, first.name, getattr(first.header, field), each.name, getattr(each.header, field))
        for field in ("of", "plan", "among"):
            _refuse_if(field, first.name, getattr(first.shard, field), each.name, getattr(each.shard, field))
        for pin in each.header.runtimes:
            whose, known = pins.setdefault(pin.name, (each.name, pin))
            _refuse_if(f"software of {pin.name}", whose, known, each.name, pin)
        for package, version in each.header.pins.items():
            who, before = versions.setdefault(package, (each.name, version))
            _refuse_if(f"version of {package}", who, before, each.name, version)


def _refuse_if(what: str, one: str, its: object, other: str, others: object) -> None:
    if its != others:
        shown = f": {its} and {others}" if isinstance(its, str | int) else ""
        what = {"of": "number of shards", "among": "list of runtimes", "git_commit": "commit"}.get(what, what)
        raise MergeRefused(f"{one} and {other} differ in their {what}{shown}; merge the shards of one run")


def _refuse_incomplete(shards: Sequence[ShardRecord]) -> None:
    """Each shard once, and each runtime in one of them."""
    by_number: dict[int, ShardRecord] = {}
    of = shards[0].shard.of
    for each in shards:
        if each.shard.number in by_number:
            raise MergeRefused(
                f"{each.name} was given twice: also as {by_number[each.shard.number].name}; name it once"
            )
        by_number[each.shard.number] = each
    missing = [str(number) for number in range(1, of + 1) if number not in by_number]
    if missing or len(by_number) != of:
        raise MergeRefused(
            f"of {of} shards, number {', '.join(missing)} is missing; name all of them, or make it again"
        )
    claimed = sorted(runtime for each in shards for runtime in each.shard.runtimes)
    if claimed != sorted(shards[0].shard.among):
        raise MergeRefused(
            f"the shards made {', '.join(claimed)}, which is not each runtime of the plan once; make them again"
        )


def _refuse_strangers(shards: Sequence[ShardRecord]) -> None:
    """Evidence of a runtime stands in the shard that made it, and no attempt of the plan stands there twice."""
    seen: dict[int, str] = {}
    for each in shards:
        for line in each.lines:
            if not isinstance(line, Attempt | Fact | HarnessError) or line.runtime is None:
                continue
            strange = line.runtime in each.shard.among and line.runtime not in each.shard.runtimes
            if (strange and not line.aside) or line.aside not in (0, each.shard.number):
                raise MergeRefused(f"{each.name} holds evidence of {line.runtime}, which is another's; make it again")
            if isinstance(line, Attempt) and not line.aside:
                before = seen.setdefault(line.attempt, each.name)
                if before != each.name:
                    raise MergeRefused(f"attempt {line.attempt} is in {before} and in {each.name}; make them again")


def _header(shards: Sequence[ShardRecord]) -> Header:
    """One header: what is alike, every runtime as the plan names them, and who measured what."""
    first = min(shards, key=lambda each: (each.header.started_at, each.shard.number))
    pins = {pin.name: pin for each in shards for pin in each.header.runtimes}
    return dataclasses.replace(
        first.header,
        run_id=first.shard.run_id.removesuffix(suffix(first.shard.number, first.shard.of)),
        runtimes=tuple(pins[name] for name in first.shard.among if name in pins),
        planned_attempts=sum(each.header.planned_attempts for each in shards),
        git_dirty=any(each.header.git_dirty for each in shards),
        host=_host([each.header.host for each in shards]),
        pins={package: version for each in shards for package, version in each.header.pins.items()},
        shards=tuple(dataclasses.replace(each.shard, ended_at=each.footer.ended_at) for each in shards),
    )


def _host(hosts: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What all machines share; where they differ, each value once, in the order of the shards."""
    names = dict.fromkeys(name for host in hosts for name in host)
    return {name: " / ".join(dict.fromkeys(host.get(name, "?") for host in hosts)) for name in names}


def _footer(shards: Sequence[ShardRecord]) -> Footer:
    """Counts and working times summed."""
    feet = [each.footer for each in shards]
    return Footer(
        ended_at=max(foot.ended_at for foot in feet),
        attempts=sum(foot.attempts for foot in feet),
        facts=sum(foot.facts for foot in feet),
        harness_errors=sum(foot.harness_errors for foot in feet),
        elapsed_s=sum(foot.elapsed_s for foot in feet),
        supply_ok=all(foot.supply_ok for foot in feet),
    )
