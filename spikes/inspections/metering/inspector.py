"""The inspector of a running workerd: how much memory its isolate holds.

Role: asks over the DevTools protocol for a heap snapshot and sums it up as it comes. The snapshot holds secrets: it
never touches a disk. Must not know: runtimes, payments.
The snapshot's own garbage collection is the only one asked for: `HeapProfiler.collectGarbage` hangs the session.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp

from spikes.errors import RuntimeStartFailure
from spikes.inspections.metering.heap_snapshot import HeapSnapshot

DEADLINE_S = 60.0
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What one isolate holds."""

    heap_bytes: int  # V8's own heap as it was found, garbage included
    snapshot_bytes: int  # everything alive: heap, buffers, WASM memory, compiled WASM
    native_sizes: frozenset[int]  # sizes of the buffers and native objects among it


async def isolate_memory(port: int) -> Memory:
    """The memory of the one isolate behind this inspector. Raises RuntimeStartFailure."""
    try:
        async with asyncio.timeout(DEADLINE_S), aiohttp.ClientSession() as http:
            address = await _address(http, port)
            async with http.ws_connect(address, max_msg_size=0) as socket:
                return await _measure(_Session(socket))
    except TimeoutError as error:
        raise RuntimeStartFailure(f"workerd's inspector gave no heap snapshot within {DEADLINE_S:g} s") from error
    except (aiohttp.ClientError, OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise RuntimeStartFailure(f"workerd's inspector cannot be worked with: {error!r}") from error


async def _address(http: aiohttp.ClientSession, port: int) -> str:
    async with http.get(f"http://{LOOPBACK}:{port}/json") as reply:
        targets = await reply.json(content_type=None)
    if len(targets) != 1:
        raise ValueError(f"one isolate is needed, it shows {len(targets)}")
    return str(targets[0]["webSocketDebuggerUrl"])


async def _measure(session: _Session) -> Memory:
    [usage] = [answer async for answer in session.ask("Runtime.getHeapUsage")]
    snapshot = HeapSnapshot()
    async for message in session.ask("HeapProfiler.takeHeapSnapshot", reportProgress=False):
        if message.get("method") == "HeapProfiler.addHeapSnapshotChunk":
            snapshot.feed(message["params"]["chunk"])
    return Memory(
        heap_bytes=int(usage["result"]["usedSize"]),
        snapshot_bytes=snapshot.total_bytes,
        native_sizes=frozenset(snapshot.native_sizes),
    )


class _Session:
    """One connection to the inspector; requests one after the other."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._asked = 0

    async def ask(self, method: str, **params: Any) -> AsyncIterator[dict[str, Any]]:
        """Every message from the request to its answer, which is the last one."""
        self._asked += 1
        await self._socket.send_json({"id": self._asked, "method": method, "params": params})
        async for received in self._socket:
            message = json.loads(received.data)
            yield message
            if message.get("id") == self._asked:
                if "error" in message:
                    raise ValueError(f"{method}: {message['error']}")
                return
        raise ValueError(f"{method}: the inspector closed the connection")
