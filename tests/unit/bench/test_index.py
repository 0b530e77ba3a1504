"""The index gives what looking at every line would give, in the same order."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from bench.index import AttemptIndex, FactIndex, Numbered
from spikes.record import Attempt, Fact, read_lines
from tests.records.cases import HERE

A = next(line for line in read_lines(HERE / "reference.jsonl") if isinstance(line, Attempt))
WORDS = st.sampled_from(["a", "b", "c", "ab"])
NAMES = st.lists(WORDS, min_size=1, max_size=3).map(".".join)


@given(lines=st.lists(st.tuples(WORDS, WORDS)), runtime=WORDS, asked=st.lists(WORDS))
def test_attempts_are_found_as_by_looking_at_all(lines: list[tuple[str, str]], runtime: str, asked: list[str]) -> None:
    attempts = [
        Numbered(line=number, value=dataclasses.replace(A, runtime=name, experiment=experiment))
        for number, (name, experiment) in enumerate(lines, start=2)
    ]
    wanted = tuple(a for a in attempts if a.value.runtime == runtime and (not asked or a.value.experiment in asked))
    assert AttemptIndex(attempts).of(runtime, *asked) == wanted


@given(lines=st.lists(st.tuples(WORDS, NAMES)), runtime=WORDS, prefix=NAMES)
def test_facts_are_found_as_by_looking_at_all(lines: list[tuple[str, str]], runtime: str, prefix: str) -> None:
    facts = [
        Numbered(line=number, value=Fact(runtime=name, name=fact, value=number, how=""))
        for number, (name, fact) in enumerate(lines, start=2)
    ]
    mine = [f for f in facts if f.value.runtime == runtime]
    index = FactIndex(facts)
    assert index.of(runtime, prefix) == tuple(f for f in mine if f"{f.value.name}.".startswith(f"{prefix}."))
    assert index.named(runtime, prefix) == tuple(f for f in mine if f.value.name == prefix)
