"""The heap snapshot of a running workerd, searched for canaries.

Role: asks the inspector for a snapshot and scans it in memory: it holds every string of the heap, so it never touches a
disk. Must not know: runtimes. Taking a snapshot collects garbage first: what it finds is still referred to.
"""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path

import aiohttp

from spikes.errors import RuntimeStartFailure
from spikes.scanner.scan import Scanner

DEADLINE_S = 60.0
LOOPBACK = "127.0.0.1"
FLAGS = ("--inspector-addr=127.0.0.1:0",)
# The inspector announces a port of its own first; the line that has a socket's name is the Worker's.
READY_KEY = "socket"
_ASKED = 1


async def heap_findings(stdout_log: Path, scanner: Scanner) -> int:
    """How many canaries the heap holds, in any encoding. Raises RuntimeStartFailure."""
    snapshot = io.BytesIO()
    try:
        async with asyncio.timeout(DEADLINE_S), aiohttp.ClientSession(trust_env=False) as http:
            async with http.get(f"http://{LOOPBACK}:{_port(stdout_log)}/json") as reply:
                [target] = await reply.json(content_type=None)
            async with http.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                await socket.send_json({"id": _ASKED, "method": "HeapProfiler.takeHeapSnapshot"})
                async for received in socket:
                    message = json.loads(received.data)
                    if message.get("id") == _ASKED:
                        break
                    if message.get("method") == "HeapProfiler.addHeapSnapshotChunk":
                        snapshot.write(message["params"]["chunk"].encode())
    except TimeoutError as error:
        raise RuntimeStartFailure(f"the inspector gave no heap snapshot within {DEADLINE_S:g} s") from error
    except (aiohttp.ClientError, OSError, KeyError, TypeError, ValueError) as error:
        raise RuntimeStartFailure(f"the inspector cannot be worked with: {error!r}") from error
    snapshot.seek(0)
    findings = await asyncio.to_thread(scanner.scan, snapshot, 0)
    return len({finding.canary.name for finding in findings})


def has_inspector(stdout_log: Path) -> bool:
    """Whether the process announced one."""
    return bool(_ports(stdout_log))


def _port(stdout_log: Path) -> int:
    """The port that the newest process announced."""
    ports = _ports(stdout_log)
    if not ports:
        raise ValueError("no port of an inspector was announced")
    return ports[-1]


def _ports(stdout_log: Path) -> list[int]:
    ports: list[int] = []
    for line in stdout_log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and said.get("event") == "listen-inspector":
            ports.append(int(said["port"]))
    return ports
