"""The smallest Python Worker: what workerd is asked to start, to see whether it can (python_worker.capnp).

Must not know: wallets. The wallet's own door, worker.py, has the same shape.
"""

from __future__ import annotations

from typing import Any

from js import Response  # type: ignore[import-not-found]


async def on_fetch(request: Any, env: Any) -> Any:
    """Answer whatever is asked."""
    return Response.new("a Python Worker")
