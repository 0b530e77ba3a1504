"""The reader of workerd's async trace, on a trace that was recorded from a Worker made for it.

async_trace.jsonl: one request that does nothing; five fetches at once, 0.1 s each; a timer and a fetch left behind
without waitUntil; waitUntil for a timer, a fetch and a timer; twice a Durable Object that fetches once; 0.1 s of CPU.
Of the annotations only addresses are kept, and those replaced.
"""

from __future__ import annotations

import contextlib
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikes.inspections.metering.async_trace import AsyncTrace, Invocation, TraceError

LINES = Path(__file__).with_name("async_trace.jsonl").read_bytes().splitlines()
NOTHING, FIVE_AT_ONCE, LEFT_BEHIND, WAIT_UNTIL, TO_OBJECT, IN_OBJECT, TO_OBJECT_2, IN_OBJECT_2, BUSY = range(9)
MS = 1_000_000
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(max_value=-1), st.floats(), st.text(max_size=5), st.lists(st.integers())
)


def read(lines: list[bytes]) -> AsyncTrace:
    trace = AsyncTrace()
    for line in lines:
        trace.read(line)
    return trace


def recorded(number: int) -> Invocation:
    return read(LINES).invocations[number]


def summary(trace: AsyncTrace) -> list[tuple[int, int, int]]:
    return [(i.turns_ns, i.fetches, i.most_waiting) for i in trace.invocations]


def test_every_request_is_an_invocation_with_its_own_fetches() -> None:
    trace = read(LINES)
    assert [invocation.fetches for invocation in trace.invocations] == [0, 5, 1, 1, 0, 1, 0, 1, 0]
    assert [invocation.most_waiting for invocation in trace.invocations] == [0, 5, 1, 1, 0, 1, 0, 1, 0]
    assert not trace.open_workers


def test_cpu_is_the_time_inside_turns_and_not_the_time_waited() -> None:
    assert recorded(BUSY).cpu_s == pytest.approx(0.1, abs=0.001)
    assert recorded(FIVE_AT_ONCE).cpu_s < 0.005


def test_waiting_for_the_isolate_is_no_cpu() -> None:
    begun = b'{"e":"init","ctx":1,"id":1,"kind":"request","name":"fetch","trigger":0,"at":0}'
    turn = b'{"e":"turn","ctx":1,"cause":1,"start":0,"locked":700,"end":1000}'
    assert read([begun, turn, turn]).invocations[0].turns_ns == 600


def test_requests_to_one_durable_object_are_told_apart_in_their_one_context() -> None:
    first, second = recorded(IN_OBJECT), recorded(IN_OBJECT_2)
    assert first.context == second.context != recorded(TO_OBJECT).context
    assert first.root != second.root
    assert (first.fetches, second.fetches) == (1, 1)


def test_fetches_one_after_the_other_wait_alone() -> None:
    lines = [
        *(b'{"e":"init","ctx":1,"id":1,"kind":"request","name":"fetch","trigger":0,"at":0}',),
        *(b'{"e":"init","ctx":1,"id":2,"kind":"operation","name":"fetch","trigger":1,"at":10}',),
        *(b'{"e":"settle","ctx":1,"id":2,"at":20}',),
        *(b'{"e":"init","ctx":1,"id":3,"kind":"operation","name":"fetch","trigger":2,"at":20}',),
    ]
    assert (read(lines).invocations[0].fetches, read(lines).invocations[0].most_waiting) == (2, 1)


def test_work_after_the_response_is_seen_and_what_ends_with_it_is_none() -> None:
    waiting = recorded(WAIT_UNTIL)
    answered = waiting.resources[0].begun_ns + 2 * MS
    assert [resource.kind for resource in waiting.outliving(answered)] == ["timer", "operation", "timer"]
    assert [resource.kind for resource in waiting.outliving(answered + 200 * MS)] == ["timer"]
    left = recorded(LEFT_BEHIND)
    assert [resource.kind for resource in left.resources if resource.kind == "timer"] == ["timer"]
    assert left.outliving(left.resources[0].begun_ns + 2 * MS) == []  # the request's end gave both up


def test_what_has_no_end_outlives_everything() -> None:
    lines = [line for line in LINES if b'"e":"settle"' not in line and b'"e":"destroy"' not in line]
    assert len(read(lines).invocations[FIVE_AT_ONCE].outliving(10**15)) == 5


def test_a_request_is_open_until_its_context_ends() -> None:
    end = next(number for number, line in enumerate(LINES) if b'"ctx_end"' in line)
    assert read(LINES[:end]).open_workers == {1}
    assert read(LINES[: end + 1]).open_workers == set()


def test_an_object_that_lives_on_is_not_waited_for() -> None:
    contexts = [json.loads(line) for line in LINES if b'"e":"ctx"' in line]
    [living] = [context["ctx"] for context in contexts if context["actor"]]
    before_its_end = [line for line in LINES if not (b'"ctx_end"' in line and json.loads(line)["ctx"] == living)]
    assert read(before_its_end).open_workers == set()


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"", "line 1 of the async trace cannot be read"),
        (b"[]", "an object is needed"),
        (b'{"e":"header","v":2,"epochUnixMs":1}', "its format is 2"),
        (b'{"e":"ctx_end","ctx":1,"dropped":3}', "dropped 3 events"),
        (b'{"e":"settle","ctx":1,"id":7,"at":1}', "nothing is known of 7"),
        (b'{"e":"turn","ctx":1,"cause":7,"locked":1,"end":2}', "nothing is known of 7"),
        (b'{"e":"init","ctx":1,"id":7,"kind":"timer","name":"x","trigger":6,"at":1}', "nothing is known of 6"),
        (b'{"e":"init","ctx":1,"id":true,"kind":"timer","name":"x","trigger":0,"at":1}', "id is no whole number"),
    ],
)
def test_a_line_that_is_not_of_the_format_is_named(line: bytes, what: str) -> None:
    with pytest.raises(TraceError, match=what):
        AsyncTrace().read(line)


def test_what_a_later_workerd_may_add_is_passed_over() -> None:
    assert summary(read([*LINES, b'{"e":"something new"}', b'{"no":"event"}'])) == summary(read(LINES))


@given(st.binary(max_size=40), st.integers(0, len(LINES)))
def test_rubbish_between_lines_is_an_error_and_leaves_no_trace(rubbish: bytes, where: int) -> None:
    trace = read(LINES[:where])
    with contextlib.suppress(TraceError):
        trace.read(rubbish)
    for line in LINES[where:]:
        trace.read(line)
    assert summary(trace) == summary(read(LINES))


@given(st.data())
def test_a_line_with_a_wrong_field_is_read_or_refused_but_never_breaks_the_reader(data: st.DataObject) -> None:
    where = data.draw(st.integers(0, len(LINES) - 1))
    event: dict[str, Any] = copy.deepcopy(json.loads(LINES[where]))
    key = data.draw(st.sampled_from(sorted(event)))
    event[key] = data.draw(JUNK)
    if data.draw(st.booleans()):
        del event[key]
    trace, refusal = read(LINES[:where]), ""
    try:
        trace.read(json.dumps(event).encode())
    except TraceError as error:
        refusal = str(error)
    assert refusal == "" or refusal.startswith(f"line {where + 1} of the async trace")
