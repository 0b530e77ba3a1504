"""Runs a program that wants the internet where there is none, and tells how that ended.

Role: `attempt` starts the program in a network namespace of its own, so that no packet of it, name look-ups included,
can leave this machine. A proxy inside refuses every request and notes what was asked for; a program that obeys
HTTPS_PROXY so tells what it lacks. Where no namespace can be made nothing is started: NetworkOpen says why.
Must not know: what the program is, or what its end means.

`python -m spikes.closed_network SECONDS PROGRAM ...` is the inside: it prints one JSON line, the Ending.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
HOW = "in a network namespace with nothing but a loopback device, and a proxy that refuses"
START_S = 20.0  # for the namespace and the interpreter in it, on top of the program's own time
# User, network and process namespaces: no route out, and nobody in it outlives the first process.
UNSHARE = ("--map-root-user", "--net", "--pid", "--fork", "--kill-child=KILL")
PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
REFUSAL = b"HTTP/1.1 403 the network is closed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
SILENT = "it said nothing"
# A path begins a word; the slashes of a URL do not.
_FOLDERS = re.compile(r"(?<![^\s'\"(\[=,])/(?:[^\s/'\":,]+/)+")
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1


class NetworkOpen(Exception):
    """No network namespace can be made here, so the program was not started; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a program ended that had no network."""

    status: int | None  # None: it was still running when its time was up
    last_line: str  # what it said last, without folders of this machine
    asked_for: tuple[str, ...]  # host and port, as the proxy was asked for them, in their order

    def __str__(self) -> str:
        ended = "still running at its deadline" if self.status is None else f"exit {self.status}"
        return f"{ended}: {self.last_line}"


def obstacle() -> str | None:
    """Why no namespace can be made here, or None if one can."""
    program = shutil.which("unshare")
    if program is None:
        return "there is no unshare program to make a network namespace with; install util-linux"
    done = subprocess.run(  # noqa: S603 - fixed arguments
        [program, *UNSHARE, "true"], capture_output=True, text=True, check=False, timeout=START_S
    )
    return None if done.returncode == 0 else f"no network namespace can be made here ({last_line(done.stderr)})"


def attempt(argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, deadline_s: float) -> Ending:
    """Run a program without network, for so long at most. Raises NetworkOpen if its network cannot be closed."""
    hindered = obstacle()
    if hindered is not None:
        raise NetworkOpen(hindered)
    inside = (sys.executable, "-m", "spikes.closed_network", str(deadline_s), *argv)
    # Its standard input is a lifeline: it reads the end of it when this process is gone, whatever ended it.
    lifeline, ours = os.pipe()
    try:
        done = subprocess.run(  # noqa: S603 - our own program, around one that the caller names
            ["unshare", *UNSHARE, *inside],  # noqa: S607 - found by `obstacle`
            stdin=lifeline,
            capture_output=True,
            text=True,
            check=False,
            timeout=deadline_s + START_S,
            cwd=cwd,
            env={**env, "PATH": os.environ.get("PATH", ""), "PYTHONPATH": _python_path(env)},
        )
    except subprocess.TimeoutExpired as late:
        raise NetworkOpen(f"the closed network came to no end within {late.timeout:g} s; all of it was ended") from late
    finally:
        os.close(lifeline)
        os.close(ours)
    if done.returncode != 0:
        raise NetworkOpen(f"the closed network could not be made ({last_line(done.stderr)})")
    said = json.loads(done.stdout)
    return Ending(status=said["status"], last_line=said["last_line"], asked_for=tuple(said["asked_for"]))


def last_line(text: str) -> str:
    """The last line that says something, without folders of this machine."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return _FOLDERS.sub("", lines[-1]) if lines else SILENT


def _python_path(env: Mapping[str, str]) -> str:
    return os.pathsep.join(filter(None, (env.get("PYTHONPATH"), str(PROJECT))))


# --- inside the namespace ---------------------------------------------------------------------------------------------


class RefusingProxy:
    """A proxy on the loopback device that refuses everything and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked_for: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://{}:{}".format(*self._listener.getsockname())
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            caller, _ = self._listener.accept()
            with caller:
                caller.settimeout(START_S)
                words = caller.recv(4096).split(maxsplit=2)
                self.asked_for.append(words[1].decode(errors="replace") if len(words) > 1 else "something unreadable")
                caller.sendall(REFUSAL)


def _raise_loopback() -> None:
    """A new namespace has its loopback device down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", _IFF_UP).ljust(40, b"\0"))


def _end_with_parent() -> None:
    def watch() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _run(deadline_s: float, argv: Sequence[str]) -> Ending:
    proxy = RefusingProxy()
    named = {name: proxy.url for name in (*PROXIES, *map(str.lower, PROXIES))}
    child = subprocess.Popen(  # noqa: S603 - what the caller of `attempt` names
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, **named},
    )
    try:
        said, _ = child.communicate(timeout=deadline_s)
        status: int | None = child.returncode
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
        said, status = "", None
    return Ending(status=status, last_line=last_line(said), asked_for=tuple(proxy.asked_for))


def main(arguments: Sequence[str]) -> int:
    """The inside: close the network, run the program, tell its end."""
    _raise_loopback()
    _end_with_parent()
    print(json.dumps(asdict(_run(float(arguments[0]), arguments[1:]))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
