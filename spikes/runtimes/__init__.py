"""The candidates: one module each, and the literal registry of them.

Role: say what the harness needs to know of a runtime, so that adding one is one module and one line here.
Must not know: experiments, gates.
"""

from __future__ import annotations

from spikes.errors import PlanError
from spikes.runtimes import (
    convex_isolate,
    convex_node,
    durable_object,
    native,
    native_drift,
    node,
    pyodide,
    pyodide_build,
    wasmtime,
    workerd,
)
from spikes.runtimes.runtime import Eviction, Form, Runtime

__all__ = ["RUNTIMES", "Eviction", "Form", "Runtime", "runtime_named"]

RUNTIMES: tuple[Runtime, ...] = (
    native,
    node,
    workerd,
    durable_object,
    convex_isolate,
    convex_node,
    native_drift,
    wasmtime,
    pyodide,
    pyodide_build,
)


def runtime_named(name: str) -> Runtime:
    """The runtime of that name. Raises PlanError."""
    for runtime in RUNTIMES:
        if name == runtime.NAME:
            return runtime
    raise PlanError(f"there is no runtime {name!r}; choose from {', '.join(runtime.NAME for runtime in RUNTIMES)}")
