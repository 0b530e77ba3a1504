"""Shards that were merged are the whole run again, whatever way it was cut; what does not fit together is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spikes.__main__ import main
from spikes.errors import MergeRefused
from spikes.merge import in_order, merge, merged, read_shard
from spikes.record import Attempt, Fact, Footer, HarnessError, Header, Line, Outcome, encode_line, read_lines
from spikes.record.judged import judged_digest
from tests.records.builder import NATIVE, NODE, WASMTIME, WORKERD, Run
from tests.records.splitting import lines_of, split, write

ALL = ("native", "node", "workerd", "wasmtime")
Part = list[Line]


def whole(folder: Path) -> list[Line]:
    """A small run of four runtimes: payments, flows, faults that nobody made, facts, a harness error, one probe."""
    run = Run(NATIVE, NODE, WORKERD, WASMTIME)
    for nth in range(3):
        for runtime in ("native", "node", "workerd"):
            run.pay(runtime)
            run.pay(runtime, "l402_paid", lane="flow1")
            run.fact(runtime, "boot_s", 0.5 + nth)
    run.pay("native", lane="b")
    run.fact("node", "upload_raw_bytes", 12)
    run.fact("harness", "runner_fds.at_3", 20)
    run.harness_error("workerd")
    run.probe("wasmtime", "imports are missing")
    run.negative_controls()
    return lines_of(run.data(), folder)


@pytest.fixture
def lines(tmp_path: Path) -> list[Line]:
    return whole(tmp_path)


def joined(parts: Sequence[Sequence[Line]], folder: Path) -> list[Line]:
    """The parts, written, read and merged."""
    folder.mkdir(exist_ok=True)
    paths = [write(part, folder / f"part-{nth}.jsonl") for nth, part in enumerate(parts)]
    return list(read_lines(merge(paths, folder / "merged")))


def evidence_of(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if isinstance(line, Attempt | Fact | HarnessError) and not line.aside]


def cuts() -> st.SearchStrategy[list[tuple[str, ...]]]:
    """Every way to cut four runtimes into shards: to each runtime a number, numbers that are not used left out."""

    def parts(numbers: list[int]) -> list[tuple[str, ...]]:
        used = sorted(set(numbers))
        return [tuple(name for name, n in zip(ALL, numbers, strict=True) if n == number) for number in used]

    return st.lists(st.integers(0, 3), min_size=4, max_size=4).map(parts)


@given(cut=cuts(), order=st.randoms(use_true_random=False))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_however_a_run_is_cut_merging_gives_its_lines_back(
    cut: list[tuple[str, ...]], order: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    run = whole(folder)
    parts = split(run, cut)
    order.shuffle(parts)  # type: ignore[attr-defined]  # a random.Random
    result = joined(parts, folder)
    ordered = in_order(run)
    assert evidence_of(result) == evidence_of(ordered)
    # The evidence stands at the same line numbers, however many yardsticks follow it.
    assert [encode_line(line) for line in result[1 : len(ordered) - 1]] == [encode_line(x) for x in ordered[1:-1]]
    assert judged_digest(result) == judged_digest(run)
    header, footer, before = result[0], result[-1], run[0]
    assert isinstance(header, Header)
    assert isinstance(before, Header)
    assert isinstance(footer, Footer)
    attempts = sum(isinstance(line, Attempt) for line in result)
    assert replace(header, shards=(), planned_attempts=before.planned_attempts) == before
    assert (header.planned_attempts, footer.attempts) == (attempts, attempts)
    assert footer.facts == sum(isinstance(line, Fact) for line in result)


def test_the_order_of_a_merged_record_is_runtime_by_runtime_as_written(lines: list[Line]) -> None:
    ordered = in_order(lines)
    assert sorted(map(encode_line, ordered)) == sorted(map(encode_line, lines))
    for name in ALL:
        mine = [line for line in lines if getattr(line, "runtime", None) == name]
        assert [line for line in ordered if getattr(line, "runtime", None) == name] == mine
    names = [line.runtime for line in ordered if isinstance(line, Attempt)]
    assert names == sorted(names, key=ALL.index)


def test_hosts_that_differ_are_both_told_and_what_is_alike_once(lines: list[Line], tmp_path: Path) -> None:
    parts = split(lines, [("native", "node"), ("workerd", "wasmtime")])
    parts[1] = with_header(parts[1], lambda h: replace(h, host={**h.host, "cpu": "another"}, git_dirty=True))
    header = joined(parts, tmp_path / "j")[0]
    assert isinstance(header, Header)
    assert header.host == {"cpu": "2 cores / another", "os": "Linux"}
    assert header.git_dirty
    assert [shard.runtimes for shard in header.shards] == [("native", "node"), ("workerd", "wasmtime")]
    assert all(shard.ended_at for shard in header.shards)


def test_money_out_of_balance_in_one_shard_is_out_of_balance_in_all(lines: list[Line], tmp_path: Path) -> None:
    parts = split(lines, [("native",), ("node", "workerd", "wasmtime")])
    footer = parts[1][-1]
    assert isinstance(footer, Footer)
    parts[1][-1] = replace(footer, supply_ok=False)
    last = joined(parts, tmp_path / "j")[-1]
    assert isinstance(last, Footer)
    assert not last.supply_ok


def with_header(part: Part, change: Callable[[Header], Header]) -> Part:
    header = part[0]
    assert isinstance(header, Header)
    return [change(header), *part[1:]]


def in_shard(part: Part, **changes: object) -> Part:
    return with_header(part, lambda h: replace(h, shards=(replace(h.shards[0], **changes),)))  # type: ignore[arg-type]


def another_engine(header: Header) -> Header:
    """The control, which both shards ran, is not the same program in this one."""
    pins = tuple(replace(pin, engine="CPython 3.13.0") if pin.name == "native" else pin for pin in header.runtimes)
    return replace(header, runtimes=pins)


def stolen(part: Part) -> Part:
    """The yardstick's lines pass for evidence."""
    return [replace(line, aside=0) if isinstance(line, Attempt | Fact) else line for line in part]


def doubled(part: Part) -> Part:
    """An attempt under the number that an attempt of the first shard has."""
    attempt = next(line for line in part if isinstance(line, Attempt) and not line.aside)
    return [replace(line, attempt=0) if line is attempt else line for line in part]


SPOILED: dict[str, tuple[Callable[[Part], Part], str]] = {
    "cut off": (lambda part: part[:-1], r"shard 2 of 2 .*cut off.*make it again"),
    "a line missing": (lambda part: [part[0], *part[2:]], "shard 2 of 2 .*does not hold the lines"),
    "a line added": (lambda part: [*part[:-1], part[-2], part[-1]], "shard 2 of 2 .*does not hold the lines"),
    "a second header": (lambda part: [part[0], *part], "shard 2 of 2 .*does not hold the lines"),
    "another seed": (lambda part: with_header(part, lambda h: replace(h, seed=8)), "shard 2 of 2.*seed: 7 and 8"),
    "another profile": (
        lambda part: with_header(part, lambda h: replace(h, profile="soak")),
        "profile: quick and soak",
    ),
    "another commit": (
        lambda part: with_header(part, lambda h: replace(h, git_commit="f00")),
        "commit: 0123.* and f00",
    ),
    "another network": (lambda part: with_header(part, lambda h: replace(h, network="mainnet")), "network"),
    "another package": (lambda part: with_header(part, lambda h: replace(h, pins={"workerd": "2"})), "of workerd"),
    "another engine": (lambda part: with_header(part, another_engine), "software of native"),
    "another plan": (lambda part: in_shard(part, plan="sha256:00"), "differ in their plan"),
    "another count": (lambda part: in_shard(part, of=3), "number of shards: 2 and 3"),
    "other runtimes": (lambda part: in_shard(part, among=("native",)), "list of runtimes"),
    "the same number": (lambda part: in_shard(part, number=1), "given twice"),
    "a number beyond": (lambda part: in_shard(part, number=3), "number 2 is missing"),
    "a runtime of another": (
        lambda part: in_shard(part, runtimes=("node", "workerd")),
        "is not each runtime of the plan once",
    ),
    "a whole run": (
        lambda part: with_header(part, lambda h: replace(h, shards=())),
        "no shard: that run was made whole",
    ),
    "merged": (
        lambda part: with_header(part, lambda h: replace(h, shards=(*h.shards, *h.shards))),
        "no shard: that run was merged already",
    ),
    "a yardstick as evidence": (stolen, "shard 2 of 2 .*holds evidence of native"),
    "an attempt of another": (doubled, "attempt 0 is in shard 1 of 2"),
}


@pytest.mark.parametrize("name", SPOILED)
def test_what_does_not_fit_together_is_refused_by_name(name: str, lines: list[Line], tmp_path: Path) -> None:
    spoil, says = SPOILED[name]
    sound = split(lines, [("native",), ("node", "workerd", "wasmtime")])
    joined(sound, tmp_path / "sound")
    with pytest.raises(MergeRefused, match=says):
        joined([sound[0], spoil(sound[1])], tmp_path / "spoiled")
    assert not (tmp_path / "spoiled" / "merged").exists()


def test_a_shard_that_nobody_named_is_missing(lines: list[Line], tmp_path: Path) -> None:
    parts = split(lines, [("native",), ("node",), ("workerd", "wasmtime")])
    with pytest.raises(MergeRefused, match="of 3 shards, number 2 is missing"):
        joined([parts[2], parts[0]], tmp_path / "j")
    with pytest.raises(MergeRefused, match="no shard was named"):
        merged([])


def test_files_that_are_no_records_are_refused(lines: list[Line], tmp_path: Path) -> None:
    empty, noise, packed = tmp_path / "empty.jsonl", tmp_path / "noise.jsonl", tmp_path / "packed"
    empty.write_text("")
    noise.write_text("{}\n")
    packed.mkdir()
    (packed / "record.jsonl.zst").write_bytes(b"(")
    for path, says in (
        (empty, "header"),
        (noise, "no record to read"),
        (packed, "packed"),
        (tmp_path / "no", "no rec"),
    ):
        with pytest.raises(MergeRefused, match=says):
            read_shard(path)
    headless = write(lines[1:], tmp_path / "headless.jsonl")
    with pytest.raises(MergeRefused, match="does not begin with a header"):
        read_shard(headless)


def test_a_record_is_never_overwritten(lines: list[Line], tmp_path: Path) -> None:
    parts = split(lines, [ALL])
    joined(parts, tmp_path / "j")
    before = (tmp_path / "j" / "merged" / "record.jsonl").read_bytes()
    with pytest.raises(MergeRefused, match="name a new directory"):
        merge([tmp_path / "j" / "part-0.jsonl"], tmp_path / "j" / "merged")
    with pytest.raises(MergeRefused, match="new directory"):
        merge([tmp_path / "j" / "part-0.jsonl"], tmp_path / "j" / "part-0.jsonl")
    assert (tmp_path / "j" / "merged" / "record.jsonl").read_bytes() == before


def test_the_command_names_the_merged_run_and_its_digest(
    lines: list[Line], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = []
    for number, part in enumerate(split(lines, [("native", "workerd"), ("node", "wasmtime")])):
        run = tmp_path / f"run-{number}"
        run.mkdir()
        write(part, run / "record.jsonl")
        runs.append(str(run))
    assert main(["merge", str(tmp_path / "out"), *runs]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[-1] == str((tmp_path / "out").resolve())
    assert judged_digest(lines) in told.err
    assert main(["merge", str(tmp_path / "out"), runs[0]]) == MergeRefused.exit_code
    assert "number 2 is missing" in capsys.readouterr().err


def test_a_harness_error_of_nobody_stays_evidence(tmp_path: Path) -> None:
    run = Run(NATIVE, NODE)
    run.harness_error(None)
    run.attempt("node", "no_such_experiment", Outcome.UNSUPPORTED)
    lines = lines_of(run.data(), tmp_path)
    result = joined(split(lines, [("native",), ("node",)]), tmp_path / "j")
    assert sum(isinstance(line, HarnessError) for line in evidence_of(result)) == 1
