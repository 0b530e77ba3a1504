"""The published schemas: they fit what is written, know every field, and reject what is not written so."""

from __future__ import annotations

import copy
import dataclasses
import json
import operator
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bench import render
from bench.commands.schema import FOLDER
from bench.decision import Decision, Gap, Reason
from bench.judgement import Judgement
from bench.schema.documents import documents, record_schema, verdicts_schema
from bench.schema.shapes import Shapes
from bench.verdict import Criterion, GateVerdict, NotApplicable
from spikes import record
from spikes.record import Attempt, Fact, Footer, HarnessError, Header, RecordError, decode_line, encode_line, read_lines
from tests.records.cases import HERE, everything, under_pressure

Judge = Callable[[bytes], Judgement]
LINE = Draft202012Validator(record_schema())
VERDICTS = Draft202012Validator(verdicts_schema())
RECORDS = sorted(HERE.rglob("*.jsonl"))
# A criterion's parts that serve the search for what would flip it, and what verdicts.json computes.
NOT_WRITTEN, COMPUTED = {"held", "otherwise"}, {"margin"}


def written(judgement: Judgement) -> Any:
    return json.loads(render.verdicts_json(judgement))


@pytest.fixture(scope="module")
def whole(judged: Judge) -> Any:
    """A verdicts.json in which every table has rows."""
    return written(judged(under_pressure()))


# --- what is published ------------------------------------------------------------------------------------------------


def test_the_files_are_what_our_types_give() -> None:
    for name, text in documents().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, "if this is meant: make schema, then read the diff"


def test_each_version_has_its_file_and_says_so() -> None:
    versions = {"record": record.SCHEMA_VERSION, "verdicts": render.SCHEMA_VERSION}
    assert set(documents()) == {f"{what}-{version}.schema.json" for what, version in versions.items()}
    for what, version in versions.items():
        schema = json.loads(documents()[f"{what}-{version}.schema.json"])
        Draft202012Validator.check_schema(schema)
        assert schema["$id"] == f"urn:sparkgate:schema:{what}-{version}"


def test_no_file_lies_there_that_is_no_schema() -> None:
    for path in FOLDER.glob("*.json"):
        Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))
        assert path.name.endswith(".schema.json")


# --- what fits --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_line_of_every_record_fits(path: Path) -> None:
    for line in read_lines(path):
        LINE.validate(json.loads(encode_line(line)))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_verdicts_of_every_record_fit(judged: Judge, path: Path) -> None:
    VERDICTS.validate(written(judged(path.read_bytes())))


def test_verdicts_with_every_table_fit(judged: Judge, whole: Any) -> None:
    VERDICTS.validate(whole)
    VERDICTS.validate(written(judged(everything("native", "node", "workerd").data())))
    empty = [name for name, table in whole["tables"].items() if not table]
    assert set(empty) <= {"soak", "traces"}, "the record of this test no longer fills these tables"


# --- every field ------------------------------------------------------------------------------------------------------


def test_the_record_schema_knows_every_field_of_the_record() -> None:
    defined = record_schema()["$defs"]
    kinds = [cls for cls in vars(record).values() if dataclasses.is_dataclass(cls) and isinstance(cls, type)]
    assert {cls.__name__ for cls in kinds} == set(defined)
    for cls in kinds:
        assert set(defined[cls.__name__]["properties"]) == names(cls)


def test_the_verdicts_schema_knows_every_field_of_the_judgement() -> None:
    schema = verdicts_schema()
    defined, decision = schema["$defs"], schema["properties"]["decision"]
    assert set(defined["Criterion"]["properties"]) == names(Criterion) - NOT_WRITTEN | COMPUTED
    gate = defined["GateVerdict"]["properties"]
    assert set(gate) == names(GateVerdict) | {"remark", "reason"}
    assert set(gate["not_applicable"]["items"]["properties"]) == names(NotApplicable)
    assert set(decision["properties"]) == names(Decision)
    assert set(decision["properties"]["forced_by"]["items"]["properties"]) == names(Reason)
    assert set(decision["properties"]["missing"]["items"]["properties"]) == names(Gap)


def test_tables_that_are_written_are_the_tables_of_the_schema(whole: Any) -> None:
    assert set(whole["tables"]) == set(verdicts_schema()["$defs"]["Tables"]["properties"])


def names(cls: Any) -> set[str]:
    return {field.name for field in dataclasses.fields(cls)}


# --- what is rejected -------------------------------------------------------------------------------------------------

LINES = {type(line): json.loads(encode_line(line)) for line in read_lines(HERE / "reference.jsonl")}
UNLIKE = st.sampled_from([None, True, "", "x", 7, 0.5, [], {}, [None], {"x": None}])


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything inside a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield (*at, key)
        yield from places(item, (*at, key))


@given(data=st.data(), kind=st.sampled_from([Header, Fact, Attempt, Footer]))
def test_the_record_schema_takes_what_the_reader_takes_and_no_more(data: st.DataObject, kind: type) -> None:
    """One thing of a good line is dropped, added or replaced: schema and reader must say the same of it."""
    line = copy.deepcopy(LINES[kind])
    *way, last = data.draw(st.sampled_from(list(places(line))))
    holder = line
    for key in way:
        holder = holder[key]
    match data.draw(st.sampled_from(["drop", "add", "replace"])):
        case "drop":
            del holder[last]
        case "add" if isinstance(holder, dict):
            holder["surplus"] = data.draw(UNLIKE)
        case _:
            holder[last] = data.draw(UNLIKE)
    assert LINE.is_valid(line) is readable(line)


def readable(line: Any) -> bool:
    try:
        decode_line(json.dumps(line), 1)
    except RecordError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (Attempt, {"wall_s": -0.1}),
        (Attempt, {"attempt": -1}),
        (Attempt, {"phases": [{"name": "pay", "duration_s": -1.0, "clock": "outside"}]}),
        (Attempt, {"calls": {"by_method": {"send": -1}}}),
        (Attempt, {"outcome": "perhaps"}),
        (Fact, {"value": -1}),
        (Footer, {"attempts": -1}),
        (Header, {"schema_version": record.SCHEMA_VERSION + 1}),
    ],
)
def test_a_line_that_no_run_writes_is_rejected(kind: type, change: dict[str, Any]) -> None:
    assert LINE.is_valid(LINES[kind])
    assert not LINE.is_valid(LINES[kind] | change)


def test_a_harness_error_fits_and_one_of_another_kind_does_not() -> None:
    told = json.loads(encode_line(HarnessError(runtime=None, experiment=None, code="late", message="late")))
    assert LINE.is_valid(told)
    assert not LINE.is_valid(told | {"kind": "error"})


def strict_objects(value: Any, schema: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of the objects in a document that the schema lets have no further field."""
    if "$ref" in schema:
        schema = verdicts_schema()["$defs"][schema["$ref"].rpartition("/")[2]]
    if isinstance(value, dict):
        if schema.get("additionalProperties") is False:
            yield at
        for key, item in value.items():
            inner = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
            if isinstance(inner, dict):
                yield from strict_objects(item, inner, (*at, key))
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for number, item in enumerate(value[:2]):  # rows are alike
            yield from strict_objects(item, schema["items"], (*at, number))


def test_no_object_of_verdicts_takes_a_further_field_or_lacks_one(whole: Any) -> None:
    paths = list(strict_objects(whole, verdicts_schema()))
    assert len(paths) > 50
    assert {path[0] for path in paths if path} == {"decision", "verdicts", "tables"}
    for path in paths:
        assert fault_found(path, whole, operator.methodcaller("update", surplus=1)), f"{path} takes anything"
        for key in [] if path[:1] == ("verdicts",) and path[-2:-1] == ("criteria",) else part(whole, path):
            assert fault_found(path, whole, operator.methodcaller("pop", key)), f"{path} may lack {key}"


def fault_found(path: tuple[Any, ...], whole: Any, change: Callable[[Any], object]) -> bool:
    """Whether a change in one place is found. Below the top, only the part of the schema for this place is asked."""
    if not path:
        broken = dict(whole)
        change(broken)
        return not VERDICTS.is_valid(broken)
    broken = {path[0]: copy.deepcopy(whole[path[0]])}
    change(part(broken, path))
    schema = verdicts_schema()["properties"][path[0]] | {"$defs": DEFS}
    return not VERDICTS.evolve(schema=schema).is_valid(broken[path[0]])


DEFS = verdicts_schema()["$defs"]


def part(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("schema_version",), 2),
        (("record",), "sha256:ABC"),
        (("truncated",), "no"),
        (("decision", "topology"), "C"),
        (("verdicts", 0, "verdict"), "pass"),
        (("verdicts", 0, "criteria", 0, "lines"), "3-"),
        (("verdicts", 0, "criteria", 0, "measured"), [1]),
        (("verdicts", 0, "runtime_tier"), "imaginary"),
        (("tables", "runtimes", 0, "decides"), 1),
        (("tables", "latency", "rows"), None),
    ],
)
def test_a_wrong_value_is_rejected(whole: Any, path: tuple[Any, ...], wrong: Any) -> None:
    broken = copy.deepcopy(whole)
    part(broken, path[:-1])[path[-1]] = wrong
    assert not VERDICTS.is_valid(broken)


# --- types ------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class Price:
    """What something costs."""

    amount: Decimal
    pair: tuple[str, int] | None = None
    kind: str = "price"


def test_decimals_are_texts_and_pairs_have_two_parts() -> None:
    shapes = Shapes({}, sparing=True)
    schema = shapes.of(Price) | {"$defs": shapes.definitions}
    fits = Draft202012Validator(schema).is_valid
    assert fits({"kind": "price", "amount": "0.02"})
    assert fits({"kind": "price", "amount": "3", "pair": ["a", 1]})
    assert not fits({"kind": "price", "amount": 0.02})
    assert not fits({"kind": "price", "amount": "3", "pair": ["a", 1, 2]})
    assert not fits({"amount": "3"})


def test_two_classes_of_one_name_are_told_apart() -> None:
    other = dataclasses.make_dataclass("Price", [("amount", int)], frozen=True, namespace={"__doc__": "Another."})
    other.__module__ = "somewhere.prices"
    shapes = Shapes({}, sparing=False)
    assert [shapes.of(Price), shapes.of(other)] == [{"$ref": "#/$defs/Price"}, {"$ref": "#/$defs/prices.Price"}]
    assert set(shapes.definitions) == {"Price", "prices.Price"}


def test_a_type_without_a_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match=r"teach bench/schema/shapes\.py"):
        Shapes({}, sparing=False).of(complex)
