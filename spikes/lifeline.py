"""The lifeline: a program of ours ends when its standard input does, and so never outlives whoever started it.

Read in a thread: unlike the event loop, a blocking read copes with files and /dev/null too.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading


def hold(stop: asyncio.Event) -> None:
    """Set `stop` once standard input ends. Call it from the event loop that `stop` belongs to."""
    loop = asyncio.get_running_loop()

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=watch, daemon=True).start()
