"""The wallet behind a Python Worker's door: `on_fetch(request, env)`, run inside Pyodide.

Role: Python drives the JavaScript SDK over the FFI. It instantiates the SDK's web build from a compiled module, as a
Worker has to; it has the SDK built; it makes every call of the SDK that the wallet wants made, and waits for it; and it
takes every request. The wallet itself - limits, idempotency, books, L402, the contract - is the JavaScript that serves
workerd and Node, put together by l402/compose.js: there is no second one in Python.
Of routes it knows its own only: the meter of this stand-in. Must not know: payments, which process hosts it.

What of the FFI shaped this file (Pyodide 314.0.7; drivers/tests/pyodide.test.js holds it):
  - A call that returns a promise gives Python a future of its own. An error that comes out of it is a PythonError with
    a traceback for its text, and a rejection that is no Error never comes out: the `await` has no end. So a call's
    promise is taken out of a box, Python awaits `Promise.allSettled` of it, and hands the promise itself on.
  - `create_proxy` is for the isolate's life: none is made for a request, or for an SDK that will be freed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import js  # type: ignore[import-not-found]
import pyodide_js  # type: ignore[import-not-found]
import sparkgate  # type: ignore[import-not-found]
from pyodide.ffi import JsPromise, create_proxy, to_js  # type: ignore[import-not-found]

METER = "/standin/meter"

calls: Counter[str] = Counter()  # of the SDK, by method
_relays: set[asyncio.Task[None]] = set()  # the loop itself holds tasks weakly
_handle: Any = None
_loaded: Any = None


async def on_fetch(request: Any, env: Any) -> Any:
    """Answer one request; the first one puts the driver together."""
    global _handle  # noqa: PLW0603 - an isolate's state, as in any Worker
    if js.URL.new(request.url).pathname == METER:
        return await meter(request, env)
    if _handle is None:
        _handle = compose(env)
    return await _handle(request)


def compose(env: Any) -> Any:
    """The contract's handler. SDK calls of different requests do not overlap, as in every Worker."""
    host = {
        "name": "pyodide",
        "env": env,
        "errors": sparkgate.errors,
        "loadSdk": create_proxy(load_sdk),
        "oneAtATime": True,
        "shelf": sparkgate.MemoryShelf.new(),  # as long as the isolate lives; a Python Worker has no other of its own
    }
    return sparkgate.composeDriver(to_js(host))


async def load_sdk() -> Any:
    """The SDK, instantiated when it is asked for first; what wallet/session.js calls a LoadedSdk."""
    global _loaded  # noqa: PLW0603 - as above
    if _loaded is None:
        memory = sparkgate.sdk.initSync(to_js({"module": sparkgate.sdkModule})).memory
        size = create_proxy(lambda: memory.buffer.byteLength)
        _loaded = to_js({"sdk": sparkgate.sdk, "memoryBytes": size, "build": create_proxy(build)})
    return _loaded


def build(builder: Any) -> Any:
    """Have the SDK built; a promise of it, as the wallet is to see it."""
    calls["build"] += 1
    return relayed(sparkgate.boxed(builder, "build").value, driven)


def driven(sdk: Any) -> Any:
    """An object with the SDK's methods, each of them a call of Python."""
    names = js.Object.getOwnPropertyNames(js.Object.getPrototypeOf(sdk))
    return to_js(
        {
            name: sparkgate.partial(_CALL, sdk, name)
            for name in names
            if name != "constructor" and not name.startswith("_")
        }
    )


def call(sdk: Any, name: str, *arguments: Any) -> Any:
    """Call one method of the SDK."""
    calls[name] += 1
    result = sparkgate.boxed(sdk, name, *arguments).value
    return relayed(result) if isinstance(result, JsPromise) else result


def relayed(promise: Any, convert: Callable[[Any], Any] = lambda value: value) -> Any:
    """A promise that ends as `promise` does, with the same value or reason, once Python has awaited it."""
    answer = js.Promise.withResolvers()
    settled = js.Promise.allSettled(to_js([promise]))  # at once: nobody else listens to a rejection

    async def relay() -> None:
        end = (await settled)[0]
        # A promise that is resolved with another ends as that one does: with the very reason.
        answer.resolve(convert(end.value) if end.status == "fulfilled" else promise)

    task = asyncio.ensure_future(relay())
    _relays.add(task)
    task.add_done_callback(_relays.discard)
    return answer.promise


async def meter(request: Any, env: Any) -> Any:
    """What only the inside of this isolate can measure: its memory, and what Python has called."""
    if not await sparkgate.isAuthorized(request.headers.get("authorization"), getattr(env, "SPARKGATE_TOKEN", "")):
        refusal = {"ok": False, "error": {"code": "unauthorized", "message": "the bearer token is missing or wrong"}}
        return js.Response.json(to_js(refusal), to_js({"status": 401}))
    heap = "byteLength of HEAP8, Pyodide's linear memory, which never shrinks; Python and all its objects lie in it"
    isolate = "self_size summed over a V8 heap snapshot of the Node process: both linear memories in it, no wasm code"
    facts = [
        {"name": "pyodide_heap_bytes", "value": pyodide_js._module.HEAP8.byteLength, "how": heap},
        {"name": "isolate_memory_bytes", "value": await sparkgate.heapSnapshotBytes(), "how": isolate},
        {"name": "python_sdk_calls", "value": calls.total(), "how": "calls of the SDK that worker.py has made so far"},
    ]
    return js.Response.json(to_js({"ok": True, "facts": facts}))


_CALL = create_proxy(call)
