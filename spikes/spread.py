"""A run that is spread over a cluster: from the options of `spikes run` to the merged run's directory.

Role: have the shards made, keep each record as soon as it is there, and merge them. Must not know: what a shard is made
of, gates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from spikes.distributed import Made, cluster, make_shards
from spikes.errors import ClusterFailure, MergeRefused, RunDirectoryError
from spikes.merge import RECORD, ShardRecord, merged, read_shard, write
from spikes.record import Header, RecordError, decode_line
from spikes.run_directory import LATEST, point


def spread(
    address: str, of: int, options: Sequence[str], out: Path, say: Callable[[str], None]
) -> tuple[Path, list[int]]:
    """The merged run's directory, to which `latest` points, and the shards' exit codes.

    Raises ToolMissing, ClusterFailure, MergeRefused, RunDirectoryError.
    """
    home: dict[int, tuple[ShardRecord, int]] = {}

    def keep(made: Made) -> None:
        record = _kept(made, out)
        home[made.number] = (record, made.exit_code)
        say(f"shard {made.number} of {of} is here: {len(record.lines)} lines")

    with cluster(address) as client:
        make_shards(client, of, options, keep, say)
    lines = merged([record for record, _ in home.values()])
    header = lines[0]
    assert isinstance(header, Header)  # noqa: S101 - merging begins with it
    record = write(lines, out / header.run_id)
    point(out / LATEST, header.run_id)
    return record.parent.resolve(), [home[number][1] for number in sorted(home)]


def _kept(made: Made, out: Path) -> ShardRecord:
    """The record of one shard, in a directory of its run's own name. Raises ClusterFailure, RunDirectoryError."""
    said = made.last_words
    if made.record is None:
        raise ClusterFailure(f"shard {made.number} came to no record (exit code {made.exit_code})", last_words=said)
    try:
        header = decode_line(made.record.partition(b"\n")[0].decode(), 1)
        assert isinstance(header, Header)  # noqa: S101 - a record begins with it
        folder = out / header.run_id
        folder.mkdir(parents=True)
        (folder / RECORD).write_bytes(made.record)
        return read_shard(folder)
    except OSError as error:
        raise RunDirectoryError(
            f"cannot keep shard {made.number} in {out} ({error.strerror}); name another --out"
        ) from error
    except (MergeRefused, RecordError) as error:
        raise ClusterFailure(f"shard {made.number}, exit code {made.exit_code}: {error}", last_words=said) from error
