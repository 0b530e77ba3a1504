"""The clocks that read a process from outside, held against what the process knows of itself."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

from spikes import calibration
from spikes.inspections.metering.process_cpu import family_cpu_s, main_thread_cpu_s, process_cpu_s

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these clocks")
WORK_S = 0.05
GONE = 2**22 + 1  # above the largest process id


def work(seconds: float = WORK_S) -> None:
    """Use that much CPU, whatever else the machine does."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_the_process_clock_counts_threads_that_have_ended() -> None:
    before = process_cpu_s(os.getpid())
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    after = process_cpu_s(os.getpid())
    assert before is not None
    assert after is not None
    assert after - before >= WORK_S
    assert after == pytest.approx(time.process_time(), abs=0.01)


def test_the_main_thread_clock_leaves_other_threads_out() -> None:
    before = main_thread_cpu_s(os.getpid())
    thread = threading.Thread(target=work, args=(4 * WORK_S,))
    thread.start()
    thread.join()
    after = main_thread_cpu_s(os.getpid())
    assert before is not None
    assert after is not None
    assert after - before < 2 * WORK_S


def test_children_count_while_they_live_and_after() -> None:
    before = family_cpu_s(os.getpid())
    program = f"import time\nwhile time.process_time() < {4 * WORK_S}: pass\nprint('done', flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        living = family_cpu_s(os.getpid())
        child.communicate(b"\n")
    reaped = family_cpu_s(os.getpid())
    assert before is not None
    assert living is not None
    assert reaped is not None
    assert living - before >= 4 * WORK_S
    assert reaped - before >= 4 * WORK_S - 0.02  # the reaped are told in ticks of 10 ms, user and system time each


def test_a_process_that_is_gone_has_no_clock() -> None:
    assert process_cpu_s(GONE) is None
    assert family_cpu_s(GONE) is None
    assert main_thread_cpu_s(GONE) is None


def test_the_calibration_takes_cpu() -> None:
    assert 0.001 < calibration.cpu_s() < 10
