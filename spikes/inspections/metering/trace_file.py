"""The async trace of a running workerd: its file, followed as it grows.

Role: reads what is new, waits until what a request caused is written. Must not know: what requests mean.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from spikes.errors import RuntimeStartFailure
from spikes.inspections.metering.async_trace import AsyncTrace, Invocation, TraceError

POLL_S = 0.005
END_DEADLINE_S = 10.0


class TraceFile:
    """One process's trace. A new process overwrites the file and needs a new follower."""

    def __init__(self, path: Path) -> None:
        self.trace = AsyncTrace()
        self._path = path
        self._offset = 0

    def update(self) -> None:
        """Take in the complete lines that are new. Raises RuntimeStartFailure if there are none to be read."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                new = file.read()
            complete = new[: new.rfind(b"\n") + 1]
            self._offset += len(complete)
            for line in complete.splitlines():
                self.trace.read(line)
        except OSError as error:
            raise RuntimeStartFailure(
                f"workerd wrote no async trace ({error.strerror}); is it still running?"
            ) from error
        except TraceError as error:
            raise RuntimeStartFailure(f"{error}; compare spikes/inspections/metering with this workerd") from error

    async def ended(self, since: int, deadline_s: float = END_DEADLINE_S) -> list[Invocation]:
        """The invocations from number `since` on, once every request to the Worker has ended.

        Raises RuntimeStartFailure if there is none, or one has no end in time.
        """
        deadline = time.monotonic() + deadline_s
        while True:
            self.update()
            if len(self.trace.invocations) > since and not self.trace.open_workers:
                return self.trace.invocations[since:]
            if time.monotonic() > deadline:
                raise RuntimeStartFailure(
                    f"the async trace shows no end of a request within {deadline_s:g} s of its answer; "
                    "what does the Worker still do then?"
                )
            await asyncio.sleep(POLL_S)
