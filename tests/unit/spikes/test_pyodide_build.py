"""The attempt at a build for Pyodide: what each step tells of sound and of broken things; offline is not impossible."""

from __future__ import annotations

import http.server
import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from spikes import pins
from spikes.closed_network import obstacle
from spikes.pins import ASIDE
from spikes.probes.pyodide_build import __main__ as program
from spikes.probes.pyodide_build import builder, source, toolchain
from spikes.probes.pyodide_build.finding import NOTHING, BrokenInput, Kind, Note, Obstacle, Step, finding
from spikes.redaction import LIMIT, redact

LIVE = {source.LIVE: "1"}
NO_NAMESPACE = obstacle()
namespaced = pytest.mark.skipif(NO_NAMESPACE is not None, reason=str(NO_NAMESPACE))


def kinds(step: Step) -> list[Kind]:
    return [o.kind for o in step.obstacles]


def value(step: Step, name: str) -> int | str:
    return next(note.value for note in step.notes if note.name == name)


def met(*obstacles: tuple[Kind, str]) -> dict[str, object]:
    return finding([Step(notes=(), obstacles=(Obstacle(kind=kind, what=what),)) for kind, what in obstacles])


# --- the finding -----------------------------------------------------------------------------------------------------


def test_what_is_lacking_offline_is_never_told_as_impossible() -> None:
    told = met((Kind.OFFLINE, "a source"), (Kind.OFFLINE, "emcc"), (Kind.OFFLINE, "emcc"))
    assert (told["outcome"], told["code"]) == ("unsupported", "not_possible_offline")
    assert told["reason"] == "build not possible offline: needs a source, emcc"


def test_what_no_network_would_bring_is_told_as_impossible() -> None:
    told = met((Kind.OFFLINE, "emcc"), (Kind.IMPOSSIBLE, "there is no source"))
    assert told["code"] == "build_impossible"
    assert told["reason"] == "build impossible: there is no source; build not possible offline: needs emcc"


def test_a_wheel_that_cannot_be_loaded_says_nothing_of_a_build() -> None:
    assert met((Kind.UNLOADABLE, "EM_X86_64"))["code"] == "no_obstacle_found"
    assert met((Kind.UNLOADABLE, "EM_X86_64"), (Kind.OFFLINE, "emcc"))["code"] == "not_possible_offline"


def test_a_step_without_an_answer_is_no_obstacle_and_no_pass() -> None:
    assert met((Kind.UNKNOWN, "what stops it"))["code"] == "not_found_out"
    assert finding([])["reason"] == NOTHING


def test_the_facts_of_all_steps_are_told_in_their_order() -> None:
    notes = [Note(name=name, value=1, how="counted") for name in "ab"]
    assert finding([Step(notes=(note,)) for note in notes])["facts"] == [
        {"name": "a", "value": 1, "how": "counted"},
        {"name": "b", "value": 1, "how": "counted"},
    ]


# --- the source ------------------------------------------------------------------------------------------------------


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """A package index on loopback, with a page for each package: folders below `index`."""
    (tmp_path / "index").mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    served = tmp_path / "index"
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Quiet(*a, directory=str(served)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def asked(index: str, tmp_path: Path, *files: str) -> Step:
    page = tmp_path / "index" / "made-up"
    page.mkdir()
    (page / "index.html").write_text("".join(f'<a href="{name}">{name}</a>\n' for name in files))
    return source.ask_for("made-up", "1.0", {**LIVE, **pip_of(index, tmp_path)})


def pip_of(index: str, tmp_path: Path) -> dict[str, str]:
    return {"PIP_INDEX_URL": index, "PIP_CONFIG_FILE": "/dev/null", "PIP_RETRIES": "0", "HOME": str(tmp_path)}


def test_without_leave_nobody_is_asked(index: str, tmp_path: Path) -> None:
    step = source.ask_for("made-up", "1.0", pip_of("http://127.0.0.1:9/", tmp_path))
    assert (value(step, source.NAME), kinds(step)) == (source.NOT_ASKED, [Kind.OFFLINE])


def test_a_source_distribution_of_that_version_is_no_obstacle(index: str, tmp_path: Path) -> None:
    step = asked(index, tmp_path, "made_up-1.0.tar.gz", "made_up-1.0-py3-none-any.whl")
    assert (value(step, source.NAME), kinds(step)) == ("there is one of made-up 1.0", [])


def test_only_wheels_make_a_build_impossible(index: str, tmp_path: Path) -> None:
    step = asked(index, tmp_path, "made_up-1.0-py3-none-any.whl")
    assert (value(step, source.NAME), kinds(step)) == ("none of made-up 1.0, 0 of other versions", [Kind.IMPOSSIBLE])


def test_a_source_distribution_of_another_version_does_not_help(index: str, tmp_path: Path) -> None:
    step = asked(index, tmp_path, "made_up-0.9.tar.gz", "made_up-1.0-py3-none-any.whl")
    assert (value(step, source.NAME), kinds(step)) == ("none of made-up 1.0, 1 of other versions", [Kind.IMPOSSIBLE])


@pytest.mark.parametrize("page", ["http://127.0.0.1:9/", None])
def test_a_registry_that_does_not_answer_has_said_nothing(page: str | None, index: str, tmp_path: Path) -> None:
    step = source.ask_for("made-up", "1.0", {**LIVE, **pip_of(page or index, tmp_path)})
    assert str(value(step, source.NAME)).startswith("no answer")
    assert kinds(step) == [Kind.OFFLINE]


# --- the tools -------------------------------------------------------------------------------------------------------


@namespaced
def test_pyodide_build_is_really_run_and_says_what_it_lacks(tmp_path: Path) -> None:
    step = builder.try_to_build(ASIDE / builder.PACKAGE, tmp_path, "breez-sdk-spark==0.19.2")
    assert value(step, "pyodide_build_version") == "0.25.1"
    for name in ("pyodide_build_xbuildenv", "pyodide_build_build"):
        assert str(value(step, name)).startswith("exit 1: urllib.error.URLError")
        assert value(step, f"{name}_asked_for") == "github.com:443"
    assert kinds(step) == [Kind.OFFLINE]


def test_a_pyodide_build_that_is_not_there_is_broken(tmp_path: Path) -> None:
    with pytest.raises(BrokenInput, match="make setup"):
        builder.try_to_build(tmp_path, tmp_path, "made-up")


def test_where_the_network_cannot_be_closed_nothing_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rustc = tmp_path / "rustc"
    rustc.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    rustc.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    build = builder.try_to_build(ASIDE / builder.PACKAGE, tmp_path, "made-up")
    assert str(value(build, "pyodide_build_build")).startswith("not attempted: ")
    assert kinds(build) == [Kind.UNKNOWN]
    assert kinds(toolchain.look_for(tmp_path)) == [Kind.OFFLINE, Kind.UNKNOWN]
    assert not (tmp_path / "started").exists()


@namespaced
@pytest.mark.parametrize("there", [True, False])
def test_the_target_of_rustc_is_looked_for_where_rustc_says(there: bool, tmp_path: Path) -> None:
    libraries = tmp_path / "lib"
    if there:
        libraries.mkdir()
    for name, code in (("rustc", f"echo {libraries}"), ("emcc", "exit 1")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{code}\n")
        (tmp_path / name).chmod(0o755)
    step = toolchain.look_for(tmp_path, path=str(tmp_path))
    assert value(step, "rust_target") == (toolchain.INSTALLED if there else toolchain.NOT_INSTALLED)
    assert kinds(step) == ([] if there else [Kind.OFFLINE])


def test_without_any_tool_all_of_them_are_lacking(tmp_path: Path) -> None:
    step = toolchain.look_for(tmp_path, path=str(tmp_path))
    assert [o.what for o in step.obstacles] == ["emcc", "Rust for Emscripten"]


# --- the program -----------------------------------------------------------------------------------------------------


@namespaced
def test_the_program_prints_one_finding_that_fits_into_a_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(source.LIVE, raising=False)
    assert program.main(tmp_path) == 0
    told = json.loads(capsys.readouterr().out)["finding"]
    assert told["code"] == "not_possible_offline"
    assert "build not possible offline: needs a source distribution" in told["reason"]
    assert "impossible" not in told["reason"]
    assert redact(told["reason"]) == told["reason"]
    assert len(told["reason"]) <= LIMIT
    text = json.dumps(told)
    assert str(Path.home()) not in text
    assert sys.prefix not in text
    assert str(tmp_path) not in text


def test_the_program_ends_with_one_line_if_what_it_looks_at_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pins, "NODE_MODULES", tmp_path)
    assert program.main(tmp_path) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "run `make setup`" in err
