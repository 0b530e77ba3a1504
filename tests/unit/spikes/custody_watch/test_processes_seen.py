"""What the kernel shows of a process and its descendants, in pieces small enough to allow one and not the next."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spikes.inspections.custody_watch.processes_seen import ProcessesSeen, family


def process(proc: Path, pid: int, environ: bytes, cmdline: bytes, children: str = "") -> Path:
    """A process as /proc shows it."""
    folder = proc / str(pid)
    (folder / "task" / str(pid)).mkdir(parents=True)
    (folder / "task" / str(pid) / "children").write_text(children, encoding="ascii")
    (folder / "environ").write_bytes(environ)
    (folder / "cmdline").write_bytes(cmdline)
    return folder


def test_each_variable_is_a_source_and_descendants_are_told_apart(tmp_path: Path) -> None:
    process(tmp_path, 10, b"A=1\0B=x=y\0", b"driver\0--serve\0", "11 ")
    process(tmp_path, 11, b"A=1\0", b"child\0secret\0", "12")
    process(tmp_path, 12, b"C=\xff\0", b"grandchild\0")
    seen = ProcessesSeen(tmp_path)
    seen.look(10)
    seen.look(10)
    assert [(source.where, source.content) for source in seen.environments] == [
        ("driver: A", b"1"),
        ("driver: B", b"x=y"),
        ("descendant: A", b"1"),
        ("descendant: C", b"\xff"),
    ]
    assert [source.content for source in seen.command_lines] == [b"driver --serve ", b"child secret ", b"grandchild "]
    assert seen.unread is None


def test_looks_add_up(tmp_path: Path) -> None:
    first = process(tmp_path, 10, b"A=1\0", b"driver\0")
    seen = ProcessesSeen(tmp_path)
    seen.look(10)
    (first / "environ").write_bytes(b"A=2\0")
    seen.look(10)
    assert [source.content for source in seen.environments] == [b"1", b"2"]


def test_a_process_that_is_gone_is_no_error_and_one_that_hides_is(tmp_path: Path) -> None:
    seen = ProcessesSeen(tmp_path)
    seen.look(99)
    assert (seen.environments, seen.command_lines, seen.unread) == ((), (), None)
    (tmp_path / "10" / "environ").mkdir(parents=True)  # reading it fails, and not because it is gone
    seen.look(10)
    assert seen.unread == "/proc of the driver: IsADirectoryError"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_real_child_is_seen() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()", "told"], stdin=subprocess.PIPE, env={"MARK": "planted"})
    try:
        assert child.pid in family(os.getpid())
        seen = ProcessesSeen()
        seen.look(child.pid)
        assert ("driver: MARK", b"planted") in [(source.where, source.content) for source in seen.environments]
        assert any(isinstance(s.content, bytes) and b"told" in s.content for s in seen.command_lines)
    finally:
        child.communicate(b"\n")
