"""Packed records: the same record in fewer bytes, read wherever a record is, and refused when damaged."""

from __future__ import annotations

import contextlib
import json
import subprocess
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from bench import __main__ as cli
from bench import evidence, packing, runs
from bench.commands import pack
from bench.errors import CannotUnpack, InconsistentRecord
from bench.outputs import OUTPUTS
from tests.records.cases import HERE

ROOT = Path(__file__).resolve().parents[3]
LIMITS = ("--limits", str(HERE / "limits.toml"))
REFERENCE = (HERE / "reference.jsonl").read_bytes()
PACKED = packing.pack(REFERENCE)
RUN = "20261122T120000Z-quick-7"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "reports" / RUN
    place.mkdir(parents=True)
    (place / "record.jsonl").write_bytes(REFERENCE)
    monkeypatch.chdir(tmp_path)
    return Path("reports") / RUN


def bench(*arguments: str | Path) -> int:
    return cli.main([*map(str, arguments), *LIMITS])


@given(st.binary(min_size=1))
def test_what_was_packed_comes_back(data: bytes) -> None:
    assert packing.unpack(packing.pack(data)) == data
    assert packing.pack(data) == packing.pack(data)


def test_a_packed_record_is_much_smaller() -> None:
    assert 4 * len(PACKED) < len(REFERENCE)


@given(st.binary().filter(lambda data: not packing.is_packed(data)))
def test_what_was_not_packed_stays_as_it_is(data: bytes) -> None:
    assert packing.unpack(data) == data


@given(st.integers(0, len(PACKED) - 1))
def test_a_cut_packed_record_is_refused(length: int) -> None:
    """Shorter than the mark of a frame, it is no packed record, and no record either."""
    cut = PACKED[:length]
    if packing.is_packed(cut):
        with pytest.raises(CannotUnpack, match="restore it from version control"):
            packing.unpack(cut)
    else:
        assert len(cut) < 4


@given(st.integers(4, len(PACKED) - 1), st.integers(1, 255))
def test_a_changed_byte_never_gives_another_record(place: int, change: int) -> None:
    damaged = bytearray(PACKED)
    damaged[place] ^= change
    with contextlib.suppress(CannotUnpack):
        assert packing.unpack(bytes(damaged)) == REFERENCE  # some bits of a frame's header say nothing


@pytest.mark.parametrize(
    ("damaged", "told"),
    [
        (PACKED + b"x", "is damaged"),
        (PACKED + PACKED, "is damaged"),
        (zstandard.ZstdCompressor(write_content_size=False).compress(REFERENCE), "does not say how much it holds"),
        (packing.pack(b""), "says that it holds 0 bytes"),
    ],
)
def test_what_follows_a_frame_or_hides_its_size_is_refused(damaged: bytes, told: str) -> None:
    with pytest.raises(CannotUnpack, match=told):
        packing.unpack(damaged)


def test_a_packed_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(CannotUnpack, match="says that it holds 20,000,000 bytes, where up to 10,000,000 are read"):
        packing.unpack(packing.pack(bytes(20_000_000)), most=10_000_000)


def test_evidence_is_the_same_from_both_forms(tmp_path: Path) -> None:
    plain, packed = tmp_path / "record.jsonl", tmp_path / "record.jsonl.zst"
    plain.write_bytes(REFERENCE)
    packed.write_bytes(PACKED)
    one, other = evidence.load(plain), evidence.load(packed)
    assert one.digest == other.digest
    assert [a.line for a in one.attempts] == [a.line for a in other.attempts]
    assert one.header == other.header


def test_a_packed_run_holds_the_record_and_every_derived_file(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "logs").mkdir()
    assert bench("judge", run) == 3
    texts = {name: (run / name).read_text(encoding="utf-8") for name in OUTPUTS}
    capsys.readouterr()
    assert bench("pack", run) == 0
    assert {path.name for path in run.iterdir()} == {*OUTPUTS, "record.jsonl.zst", "logs", ".gitignore"}
    assert runs.raw(run / "record.jsonl.zst") == REFERENCE
    assert {name: (run / name).read_text(encoding="utf-8") for name in OUTPUTS} == texts
    assert f"together, of 2,000,000; commit {run}" in capsys.readouterr().out
    assert bench("verify", run) == 0
    assert bench("judge", RUN) == 3


def test_packing_again_changes_nothing(run: Path) -> None:
    bench("pack", run)
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    assert bench("pack", run) == 0
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_latest_is_packed_where_it_lies(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("reports/latest").symlink_to(RUN)
    assert bench("pack", "latest") == 0
    assert f"commit {run}" in capsys.readouterr().out
    assert (run / "record.jsonl.zst").is_file()


def test_a_run_that_is_too_large_is_left_as_it_is(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pack, "MOST_BYTES", 50_000)
    assert bench("pack", run) == 40
    told = capsys.readouterr().err
    assert "of 50,000 (verdicts.json" in told
    assert "nothing was written" in told
    assert [path.name for path in run.iterdir()] == ["record.jsonl"]


def test_a_run_in_a_directory_of_another_name_is_not_packed(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    merged = run.rename("reports/merged")
    assert bench("pack", merged) == 33
    assert f"rename it to {run}" in capsys.readouterr().err
    assert [path.name for path in merged.iterdir()] == ["record.jsonl"]


def test_two_forms_of_a_record_are_not_chosen_between(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "record.jsonl.zst").write_bytes(PACKED)
    assert bench("judge", run) == 33
    assert "remove one of them" in capsys.readouterr().err
    with pytest.raises(InconsistentRecord):
        runs.find_record(run)


def test_a_damaged_packed_record_says_what_to_do(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "record.jsonl").unlink()
    (run / "record.jsonl.zst").write_bytes(PACKED[:-7])
    assert bench("judge", run) == 31
    assert "restore it from version control, or pack the run again" in capsys.readouterr().err
    assert bench("pack", run) == 31


def test_only_packed_runs_are_seen_by_git(run: Path, tmp_path: Path) -> None:
    """By the project's own rules: everything in reports/ stays out, but what a packed run lets in."""
    (tmp_path / ".gitignore").write_text((ROOT / ".gitignore").read_text(encoding="utf-8"))
    other = tmp_path / "reports" / "two"
    for place in (run, other):
        (place / "logs").mkdir(parents=True)
        (place / "logs" / "native.log").write_text("said")
    (other / "record.jsonl").write_bytes(REFERENCE)
    (other / "verdicts.json").write_text(json.dumps({}))
    Path("reports/latest").symlink_to("two")
    (tmp_path / "reports" / "README.md").write_text("# Reports")
    assert bench("pack", run) == 0
    git = ["git", "-C", str(tmp_path), "-c", "core.excludesFile=/dev/null"]
    subprocess.run([*git, "init", "-q"], check=True, capture_output=True, timeout=60)
    told = subprocess.run(
        [*git, "status", "--porcelain", "-uall"], check=True, capture_output=True, text=True, timeout=60
    )
    seen = {line.removeprefix("?? ") for line in told.stdout.splitlines()}
    packed = {f"{run}/{name}" for name in (*OUTPUTS, "record.jsonl.zst", ".gitignore")}
    assert seen == {".gitignore", "reports/README.md", *packed}
