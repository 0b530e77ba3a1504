"""A program without a network: nothing it sends leaves, and its end is told as it was."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spikes.closed_network import SILENT, Ending, NetworkOpen, RefusingProxy, attempt, last_line, obstacle

NO_NAMESPACE = obstacle()
# Documentation addresses (RFC 5737): nobody's, should a packet get out after all.
TCP = "import socket; socket.create_connection(('192.0.2.1', 80), 2)"
UDP = "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))"
LOOKUP = "import socket; socket.getaddrinfo('sparkgate.example', 80)"
DEVICES = "import socket; print([name for _, name in socket.if_nameindex()])"
PROXIED = "import urllib.request as u; u.urlopen('https://sparkgate.example/x')"
MARKER = f"sparkgate-orphan-{os.getpid()}"
ORPHAN = f"""
import subprocess, sys
quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "{MARKER}"], start_new_session=True, **quiet)
"""

namespaced = pytest.mark.skipif(NO_NAMESPACE is not None, reason=str(NO_NAMESPACE))


def ending(code: str, cwd: Path, deadline_s: float = 20.0) -> Ending:
    return attempt((sys.executable, "-c", code), env={}, cwd=cwd, deadline_s=deadline_s)


@namespaced
@pytest.mark.parametrize("code", [TCP, UDP])
def test_no_packet_has_a_way_out(code: str, tmp_path: Path) -> None:
    assert str(ending(code, tmp_path)) == "exit 1: OSError: [Errno 101] Network is unreachable"


@namespaced
def test_no_name_is_looked_up_outside(tmp_path: Path) -> None:
    assert "socket.gaierror" in ending(LOOKUP, tmp_path).last_line


@namespaced
def test_there_is_no_device_but_loopback(tmp_path: Path) -> None:
    assert ending(DEVICES, tmp_path) == Ending(status=0, last_line="['lo']", asked_for=())


@namespaced
def test_a_program_that_obeys_a_proxy_tells_whom_it_wanted(tmp_path: Path) -> None:
    end = ending(PROXIED, tmp_path)
    assert (end.status, end.asked_for) == (1, ("sparkgate.example:443",))
    assert "the network is closed" in end.last_line


@namespaced
def test_a_program_that_hangs_is_ended_at_its_deadline(tmp_path: Path) -> None:
    started = time.monotonic()
    end = ending("import time; time.sleep(60)", tmp_path, deadline_s=0.5)
    assert (end.status, str(end)) == (None, f"still running at its deadline: {SILENT}")
    assert time.monotonic() - started < 15


@namespaced
def test_nobody_whom_it_started_outlives_it(tmp_path: Path) -> None:
    assert ending(ORPHAN, tmp_path).status == 0
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert MARKER not in listed


@namespaced
def test_it_gets_the_environment_it_is_given_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKGATE_MNEMONIC", "not for others")
    end = attempt(
        (sys.executable, "-c", "import os; print(os.environ.get('SPARKGATE_MNEMONIC'), os.environ['A'])"),
        env={"A": "b"},
        cwd=tmp_path,
        deadline_s=20.0,
    )
    assert end.last_line == "None b"


def test_without_the_means_nothing_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NetworkOpen, match="install util-linux"):
        ending(f"open({str(tmp_path / 'started')!r}, 'w')", tmp_path)
    assert not (tmp_path / "started").exists()


def test_a_namespace_that_is_refused_is_told_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = tmp_path / "unshare"
    refusing.write_text("#!/bin/sh\necho 'unshare: unshare failed: Operation not permitted' >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(NetworkOpen, match="Operation not permitted"):
        ending(f"open({str(tmp_path / 'started')!r}, 'w')", tmp_path)
    assert not (tmp_path / "started").exists()


def test_the_proxy_refuses_and_remembers() -> None:
    proxy = RefusingProxy()
    host = proxy.url.removeprefix("http://")
    for method, target in (("CONNECT", "a.example:443"), ("GET", "http://b.example/")):
        connection = http.client.HTTPConnection(host, timeout=5)
        connection.request(method, target)
        assert connection.getresponse().status == 403
        connection.close()
    address, _, port = host.partition(":")
    with socket.create_connection((address, int(port)), 5) as caller:
        caller.shutdown(socket.SHUT_WR)
        assert caller.recv(100).startswith(b"HTTP/1.1 403")
    assert proxy.asked_for == ["a.example:443", "http://b.example/", "something unreadable"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", SILENT),
        ("first\n\n  last  \n\n", "last"),
        ("No such file: '/home/somebody/project/.venv/x.py'", "No such file: 'x.py'"),
        ("/usr/lib/a/b.so: bad (/opt/c/d)", "b.so: bad (d)"),
        ("failed; url = https://host.example/a/b.bin; over", "failed; url = https://host.example/a/b.bin; over"),
        ("workerd/server/bridge.rs:843: failed", "workerd/server/bridge.rs:843: failed"),
    ],
)
def test_the_last_line_is_told_without_folders_of_this_machine(said: str, told: str) -> None:
    assert last_line(said) == told
