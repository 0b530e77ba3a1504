"""Does a driver open its wallet, and if not, what does it say?

Role: asks `GET /status`, which builds the wallet, and puts the answer in the words of the facts `key_life.*`: "ok", or
"error:<code>/<reason>" from the driver's own typed error. Must not know: cases, surfaces.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from spikes.contract import Driver, Reply
from spikes.inspections.custody_watch.vault import Vault

OK = "ok"
POLL_S = 0.02
_WORD = re.compile(r"[a-z0-9_]{1,64}")
_ACCEPTED = 200


async def opening(driver: Driver, identity: str, deadline_s: float) -> str:
    """Have it build the wallet. "ok" only if the wallet is the one of this identity."""
    reply = await asked(driver, "GET", "/status", deadline_s=deadline_s)
    if reply is None:
        return "no answer"
    if reply.status != _ACCEPTED:
        return refusal(reply)
    return OK if reply.body and reply.body.get("identityPublicKey") == identity else "opened another wallet"


def refusal(reply: Reply) -> str:
    """ "error:<code>/<reason>" of an error envelope; what is no typed error says so."""
    error: Any = (reply.body or {}).get("error")
    if not isinstance(error, dict) or not _is_word(error.get("code")):
        return f"HTTP {reply.status} without a typed error"
    details = error.get("details")
    reason = details.get("reason") if isinstance(details, dict) else None
    return f"error:{error['code']}" + (f"/{reason}" if _is_word(reason) else "")


async def asked(
    driver: Driver, method: str, path: str, *, body: Any = None, deadline_s: float, token: str | None = None
) -> Reply | None:
    """One request; None if nothing came back."""
    try:
        return await driver.request(method, path, body=body, deadline_s=deadline_s, token=token)
    except (httpx.HTTPError, TimeoutError):
        return None


async def counted(vault: Vault, key: str, ask: Callable[[], Awaitable[str]], *, late_s: float = 0.0) -> tuple[str, int]:
    """What came of a build, and how often it asked the KMS about `key`. More than once is no orderly end.

    `late_s`: how long the KMS may take to write its log after the answer was given up. Raises KmsError.
    """
    before = len(await vault.unwraps(key))
    value = await ask()
    deadline = time.monotonic() + late_s
    while True:
        count = len(await vault.unwraps(key)) - before
        if count or time.monotonic() > deadline:
            break
        await asyncio.sleep(POLL_S)
    return (value if count <= 1 else f"{count} unwraps, then {value}"), count


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and _WORD.fullmatch(value) is not None
