"""Memory that runs out: the process and what it has started get no page more."""

from __future__ import annotations

import subprocess
import sys

import pytest

from spikes.faults.memory import deny_memory

CHILD = "print('here', flush=True); input(); held = bytearray(50_000_000); print(len(held))"
PARENT = f"import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', {CHILD!r}]).returncode)"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="no other kernel has such a limit")


def ended(program: str, *, denied: bool) -> tuple[int, str, str]:
    """Exit code and output of a program that asks for memory once it is told to."""
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        assert not denied or deny_memory(process.pid)
        out, err = process.communicate("\n", timeout=30)
        return process.returncode, out, err


@pytest.mark.parametrize("program", [CHILD, PARENT], ids=["itself", "its child"])
def test_who_is_denied_memory_gets_none(program: str) -> None:
    code, out, err = ended(program, denied=True)
    assert code != 0
    assert out == ""
    assert "MemoryError" in err


@pytest.mark.parametrize("program", [CHILD, PARENT], ids=["itself", "its child"])
def test_who_is_not_gets_it(program: str) -> None:
    assert ended(program, denied=False) == (0, "50000000\n", "")


def test_a_process_that_has_gone_is_nothing_to_stumble_over() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert deny_memory(process.pid)
