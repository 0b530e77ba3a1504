"""`python -m spikes.drivers.native`: serve the contract on loopback until SIGTERM or the end of the lifeline.

Role: process lifetime. Prints one JSON line on stdout when it listens, and nothing else ever.
Must not know: wallets.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys

from aiohttp import web

from spikes.drivers.native.config import Config, ConfigError
from spikes.lifeline import hold

LOOPBACK = "127.0.0.1"
EX_CONFIG = 78


def main() -> int:
    """Serve. 0 after a clean end, 78 (EX_CONFIG) if the environment does not make a driver."""
    try:
        config = Config.from_environment(os.environ)
        from spikes.drivers.native.neighbour import Neighbour  # noqa: PLC0415 - settings are checked before the SDK
        from spikes.drivers.native.server import Door  # noqa: PLC0415 - is loaded

        neighbour = Neighbour.from_environment(os.environ, config)
    except ConfigError as error:
        print(f"native driver: {error}", file=sys.stderr)
        return EX_CONFIG
    asyncio.run(serve(Door(config, neighbour).application(), lifeline=config.lifeline))
    return 0


async def serve(application: web.Application, *, lifeline: bool) -> None:
    """Serve on a free loopback port, announce it, and end in order when asked to."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, 0).start()
        print(json.dumps({"event": "listen", "port": runner.addresses[0][1]}), flush=True)
        if lifeline:
            hold(stop)
        await stop.wait()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    sys.exit(main())
