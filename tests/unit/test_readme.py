"""The README: every command in it exists, and every path it names is there.

The two long ones (`make spike`, `make test`) are run whole by .ci/run; here make only has to know how to make them.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```", README, re.M | re.S)
COMMANDS = [line for block in BLOCKS for line in block.splitlines()]
LINKS = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)


def test_the_readme_has_its_two_commands() -> None:
    assert COMMANDS[:2] == ["make spike", "make test"]


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("make ")])
def test_make_knows_the_command(command: str) -> None:
    done = subprocess.run(
        ["make", "-n", *shlex.split(command)[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", [line for line in COMMANDS if not line.startswith("make ")])
def test_the_program_knows_the_command(command: str) -> None:
    program, flag, module, *words = shlex.split(command)
    assert (program, flag) == (".venv/bin/python", "-m")
    done = subprocess.run(
        [sys.executable, "-m", module, words[0], "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for option in (word for word in words if word.startswith("--")):
        assert option in done.stdout


@pytest.mark.parametrize("target", LINKS)
def test_the_link_leads_somewhere(target: str) -> None:
    assert (ROOT / target).exists()
