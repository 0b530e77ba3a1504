"""What a stand-in says that it metered itself: sizes and peaks that only it can see, `GET /standin/meter`.

Role: asks, checks the shape, and passes the facts on, in the form in which a probe gives its own (spikes/probe.py).
Must not know: what the facts mean.
"""

from __future__ import annotations

import httpx

from spikes.contract import Driver
from spikes.errors import RuntimeStartFailure
from spikes.record import Fact
from spikes.typed_json import build

PATH = "/standin/meter"


async def standin_facts(driver: Driver, runtime: str, deadline_s: float) -> list[Fact]:
    """The facts of a stand-in; none if it has no meter. Raises RuntimeStartFailure if its answer cannot be read."""
    try:
        reply = await driver.request("GET", PATH, deadline_s=deadline_s)
        if reply.status == 404:
            return []
        if reply.status != 200 or reply.body is None:
            raise ValueError(f"HTTP {reply.status}")
        return [build(Fact, {**fact, "runtime": runtime}) for fact in reply.body["facts"]]
    except (httpx.HTTPError, TimeoutError, KeyError, TypeError, ValueError) as error:
        raise RuntimeStartFailure(f"{runtime}: the stand-in's meter, {PATH}, cannot be read ({error!r})") from error
