"""An old record is judged again by other limits, and nothing is started for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.records.cases import HERE

ROOT = Path(__file__).resolve().parents[3]
# An audit hook that ends the process the moment it would start another one or open a connection.
ALONE = """
import os, sys
def hook(event, arguments):
    if event in ("subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system",
                 "socket.connect", "socket.bind"):
        os.write(2, event.encode())
        os._exit(99)
sys.addaudithook(hook)
from bench.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def rejudged(run: Path, limits_file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", ALONE, "judge", str(run), "--limits", str(limits_file)]
    return subprocess.run(command, cwd=ROOT, env={"PATH": ""}, capture_output=True, check=False, text=True, timeout=60)


def test_a_changed_limit_changes_the_verdict_of_an_old_record_and_starts_nothing(tmp_path: Path) -> None:
    text = (HERE / "limits.toml").read_text(encoding="utf-8")
    before = "value = 33554432"
    assert text.count(before) == 2  # code size, of both runtimes of Convex
    (tmp_path / "as_it_was.toml").write_text(text, encoding="utf-8")
    (tmp_path / "stricter.toml").write_text(text.replace(before, "value = 15000000", 1), encoding="utf-8")
    run = tmp_path / "old"
    run.mkdir()
    (run / "record.jsonl").write_bytes((HERE / "compatibility" / "convex.jsonl").read_bytes())

    def verdicts(name: str) -> tuple[str, str]:
        done = rejudged(run, tmp_path / name)
        assert done.returncode == 3, done.stderr
        gates = (run / "gates.md").read_text(encoding="utf-8")
        found = [line for line in gates.splitlines() if line.startswith("### convex_")][:2]
        return found[0], found[1]

    assert verdicts("as_it_was.toml") == ("### convex_isolate: PASS with 2 shims", "### convex_node: PASS with 2 shims")
    assert verdicts("stricter.toml") == ("### convex_isolate: FAIL", "### convex_node: PASS with 2 shims")


def test_the_audit_hook_would_see_a_process_that_starts() -> None:
    code = ALONE.replace("from bench.__main__ import main", "import subprocess; subprocess.run(['true'])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=60)
    assert done.returncode == 99


def test_a_platform_without_the_limit_leaves_the_criterion_open(tmp_path: Path) -> None:
    text = (HERE / "limits.toml").read_text(encoding="utf-8")
    assert 'name = "heap_bytes"' in text
    path = tmp_path / "limits.toml"
    path.write_text(text.replace('name = "heap_bytes"', 'name = "hoop_bytes"'), encoding="utf-8")
    run = tmp_path / "record.jsonl"
    run.write_bytes((HERE / "compatibility" / "convex.jsonl").read_bytes())
    assert rejudged(run, path).returncode == 3
    gates = (tmp_path / "gates.md").read_text(encoding="utf-8")
    assert "limits.toml has no heap_bytes of convex-isolate for the paid plan" in gates
