"""Serving an aiohttp application on a free loopback port until the process is asked to end.

Role: the life of every small HTTP program of ours. Must not know: what is served.
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable

from aiohttp import web

from spikes.lifeline import hold

LOOPBACK = "127.0.0.1"


def listening(port: int) -> str:
    """The announcement of a driver: one JSON line."""
    return json.dumps({"event": "listen", "port": port})


async def serve(application: web.Application, *, ready: Callable[[int], str] = listening, lifeline: bool) -> None:
    """Serve, print one line, which `ready` makes of the port, and end in order on SIGTERM, SIGINT or a cut lifeline."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, 0).start()
        print(ready(runner.addresses[0][1]), flush=True)
        if lifeline:
            hold(stop)
        await stop.wait()
    finally:
        await runner.cleanup()
