"""Cuts a whole record into the records that shards would have written, had they measured the very same.

Role: what tests of merging need. Every shard but the control's gets a copy of the control's serial stage as its
yardstick, and each is said to be of a machine of its own. Must not know: how records are merged or judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from spikes.record import Attempt, Fact, Footer, HarnessError, Header, Line, RecordWriter, Role, Shard, read_lines
from spikes.shards import suffix

SERIAL_LANES = ("a", "b")
PLAN = "sha256:" + "ab" * 32


def lines_of(data: bytes, folder: Path) -> list[Line]:
    """The lines of a record's bytes."""
    path = folder / "whole.jsonl"
    path.write_bytes(data)
    return list(read_lines(path))


def split(lines: Sequence[Line], parts: Sequence[Sequence[str]]) -> list[list[Line]]:
    """One record for each part, a part being names of runtimes; together they name all."""
    header, footer = lines[0], lines[-1]
    assert isinstance(header, Header)
    assert isinstance(footer, Footer)
    return [list(_part(header, lines[1:-1], footer, parts, number)) for number in range(1, len(parts) + 1)]


def _part(
    header: Header, body: Sequence[Line], footer: Footer, parts: Sequence[Sequence[str]], number: int
) -> Iterator[Line]:
    own = parts[number - 1]
    controls = [pin.name for pin in header.runtimes if pin.role is Role.CONTROL and pin.name not in own]
    kept = [mine for line in body if (mine := _marked(line, own, controls, number)) is not None]
    among = tuple(pin.name for pin in header.runtimes)
    run_id = header.run_id + suffix(number, len(parts))
    yield replace(
        header,
        run_id=run_id,
        runtimes=tuple(pin for pin in header.runtimes if pin.name in own or pin.name in controls),
        planned_attempts=sum(isinstance(line, Attempt) for line in kept),
        shards=(
            Shard(
                number=number,
                of=len(parts),
                run_id=run_id,
                plan=PLAN,
                among=among,
                runtimes=tuple(name for name in among if name in own),
                host={**header.host, "boot": f"machine-{number}"},
                started_at=header.started_at,
            ),
        ),
    )
    yield from kept
    yield replace(
        footer,
        attempts=sum(isinstance(line, Attempt) for line in kept),
        facts=sum(isinstance(line, Fact) for line in kept),
        harness_errors=sum(isinstance(line, HarnessError) for line in kept),
    )


def _marked(line: Line, own: Sequence[str], controls: Sequence[str], number: int) -> Line | None:
    """The line as this shard would have written it; None if it is not this shard's."""
    match line:
        case HarnessError(runtime=None) | Fact(runtime="harness"):
            return line if number == 1 else None
        case Attempt() | Fact() | HarnessError() if line.runtime in own:
            return line
        case Attempt() if line.runtime in controls and line.lane in SERIAL_LANES:
            return replace(line, aside=number)
        case Fact() if line.runtime in controls and line.name == "boot_s":
            return replace(line, aside=number)
        case _:
            return None


def write(lines: Sequence[Line], path: Path) -> Path:
    """Write a record file."""
    with RecordWriter(path) as record:
        for line in lines:
            record.append(line)
    return path
