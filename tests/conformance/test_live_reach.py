"""Live runs contact nothing but loopback here: every process is watched at its system calls."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from spikes.record import Attempt, Outcome, read_lines
from tests.conformance.live_stage import (
    CAP_SATS,
    FUNDS_SATS,
    all_at,
)

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(180)]
ALL = ("native", "node", "workerd", "durable_object")
ROOT = Path(__file__).resolve().parents[2]


def attempts(record: Path) -> list[Attempt]:
    return [line for line in read_lines(record) if isinstance(line, Attempt)]


def contacted(trace: str) -> set[str]:
    """Every address that a system call named, of the families that leave a machine."""
    found = set(re.findall(r'sin_addr=inet_addr\("([^"]+)"\)', trace))
    return found | set(re.findall(r'inet_pton\(AF_INET6, "([^"]+)"', trace))


def test_the_reader_of_traces_sees_what_would_leave() -> None:
    line = '7 connect(3, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.1")}, 16) = -1'
    other = '8 connect(4, {sa_family=AF_INET6, sin6_port=htons(1), inet_pton(AF_INET6, "2001:db8::1", &sin6_addr)}, 28)'
    assert contacted(f"{line}\n{other}\n") == {"192.0.2.1", "2001:db8::1"}


@pytest.mark.skipif(shutil.which("strace") is None, reason="there is no strace here to watch system calls with")
def test_no_process_of_a_live_run_contacts_anything_but_loopback(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    calls = "trace=connect,sendto,sendmsg,sendmmsg"
    watched = ("strace", "-f", "--seccomp-bpf", "-e", calls, "-o", str(trace), sys.executable)
    done = subprocess.run(
        [*watched, "-m", "tests.conformance.live_stage", str(tmp_path / "stage"), ",".join(ALL)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
    )
    if "ptrace" in done.stderr and "not permitted" in done.stderr:
        pytest.skip("no process may be traced here")
    assert done.returncode == 0, done.stderr[-2000:]
    records = list((tmp_path / "stage" / "out").glob("2*/record.jsonl"))
    assert [a.outcome for a in attempts(records[0]) if a.experiment == "pay_live"] == [Outcome.PAID] * len(ALL)
    seen = contacted(trace.read_text(encoding="utf-8", errors="replace"))
    assert seen  # the trace is not blind: the emulator was reached
    assert seen == {"127.0.0.1"}


def test_a_live_network_of_the_tests_is_on_this_machine() -> None:
    assert {"127.0.0.1"} == {re.sub(r"^https?://|:\d+$", "", door) for door in all_at("http://127.0.0.1:9").doors}
    assert json.loads(all_at("http://127.0.0.1:9").description())["network"] == "regtest"
    assert CAP_SATS < FUNDS_SATS
