"""The summing up of a heap snapshot, on one that was recorded from a Worker and cut.

heap_snapshot.json: every 107th node of a Worker that does nothing; edges and strings are taken out.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikes.inspections.metering.heap_snapshot import HeapSnapshot, SnapshotError

SAMPLE = Path(__file__).with_name("heap_snapshot.json").read_text(encoding="utf-8")
TOTAL = 4208
NATIVE = {0, 8, 12, 20, 28, 32, 40, 68}


def fed(*pieces: str) -> HeapSnapshot:
    snapshot = HeapSnapshot()
    for piece in pieces:
        snapshot.feed(piece)
    return snapshot


def changed(**header: int) -> str:
    raw = json.loads(SAMPLE)
    raw["snapshot"].update(header)
    return json.dumps(raw, separators=(",", ":"))


def test_the_sample_is_summed_up() -> None:
    raw = json.loads(SAMPLE)
    fields = raw["snapshot"]["meta"]["node_fields"]
    sizes = raw["nodes"][fields.index("self_size") :: len(fields)]
    assert sum(sizes) == TOTAL == fed(SAMPLE).total_bytes
    assert fed(SAMPLE).native_sizes == NATIVE


@given(st.lists(st.integers(0, len(SAMPLE)), max_size=20))
def test_where_the_pieces_are_cut_does_not_matter(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(SAMPLE)]
    snapshot = fed(*(SAMPLE[a:b] for a, b in itertools.pairwise(edges)))
    assert (snapshot.total_bytes, snapshot.native_sizes) == (TOTAL, NATIVE)


def test_memory_that_belongs_to_no_node_counts_too() -> None:
    assert fed(changed(extra_native_bytes=1000)).total_bytes == TOTAL + 1000


@given(st.integers(0, SAMPLE.index('],\n"edges"')))
def test_a_snapshot_that_breaks_off_has_no_sum(length: int) -> None:
    with pytest.raises(SnapshotError, match="ends before its last node"):
        _ = fed(SAMPLE[:length]).total_bytes


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (changed(node_count=239), "announces 239 nodes and has 240"),
        (changed(node_count=241), "announces 241 nodes and has 240"),
        (SAMPLE.replace('"nodes":[', '"nodes":[1,', 1), "announces 240 nodes"),
        (SAMPLE.replace('"nodes":[', '"nodes":["x",', 1), "not all whole numbers"),
        (SAMPLE.replace('"nodes":[', '"nodes":[0,0,0,-5,0,0,', 1), "less than nothing"),
        (SAMPLE.replace("self_size", "size", 1), "header cannot be read"),
        ('{"nodes":[1]}', "header cannot be read"),
    ],
)
def test_a_snapshot_that_contradicts_itself_is_refused(text: str, what: str) -> None:
    with pytest.raises(SnapshotError, match=what):
        _ = fed(text).total_bytes


def test_a_stream_without_nodes_is_not_kept_for_ever() -> None:
    with pytest.raises(SnapshotError, match="no heap snapshot"):
        fed(*["x" * 65_536] * 17)


@given(st.lists(st.text(max_size=30), max_size=5))
def test_rubbish_has_no_sum(pieces: list[str]) -> None:
    with pytest.raises(SnapshotError):
        _ = fed(*pieces).total_bytes


@pytest.mark.parametrize("width", [len(SAMPLE), 1000, 7])
def test_nothing_of_its_strings_is_kept(width: int) -> None:
    text = SAMPLE.replace("<dummy>", "abandon")
    snapshot = fed(*(text[begin : begin + width] for begin in range(0, len(text), width)))
    assert snapshot.total_bytes == TOTAL
    assert "abandon" not in repr(vars(snapshot))
