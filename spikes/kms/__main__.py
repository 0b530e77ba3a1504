"""`python -m spikes.kms`: the local KMS on a free loopback port.

Role: process lifetime. Reads the callers' bearer tokens from SPARKGATE_KMS_TOKENS, a JSON object of caller -> token,
and prints one JSON line when it listens. Must not know: keys, policy.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys

from aiohttp import web

from spikes.kms.policy import Caller, Callers
from spikes.kms.service import Kms
from spikes.lifeline import hold

LOOPBACK = "127.0.0.1"
TOKENS = "SPARKGATE_KMS_TOKENS"
EX_CONFIG = 78


def main() -> int:
    """Serve until SIGTERM. 0 after a clean end, 78 (EX_CONFIG) if the environment names no callers."""
    try:
        tokens = {Caller(name): str(token) for name, token in json.loads(os.environ.pop(TOKENS, "")).items()}
        callers = Callers(tokens)
    except (ValueError, AttributeError) as error:
        names = ", ".join(Caller)
        print(f"kms: set {TOKENS} to a JSON object of caller -> token ({names}): {error}", file=sys.stderr)
        return EX_CONFIG
    asyncio.run(_serve(Kms(callers).application(), lifeline=os.environ.get("SPARKGATE_LIFELINE") == "1"))
    return 0


async def _serve(application: web.Application, *, lifeline: bool) -> None:
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
