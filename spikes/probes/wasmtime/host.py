"""A host of our own: the few imports that the SDK's synchronous pure calls need, with JavaScript's meaning.

Role: instantiate the module with these imports, keep its table of JavaScript values, and meter every call. All other
imports are there, since the module cannot be instantiated without them, but calling one ends the call with its name.
Must not know: which calls are made, or what comes of them.

What the names mean is told by the SDK's own JavaScript, web/breez_sdk_spark_wasm.js.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from wasmtime import Func, Instance, Linker, Memory, Store, Table, Val

from spikes.probes.wasmtime.compiled import Compiled
from spikes.probes.wasmtime.failure import ProbeFailure
from spikes.probes.wasmtime.values import (
    UNDEFINED,
    JsArray,
    JsError,
    JsObject,
    JsThrow,
    JsValue,
    loosely_equal,
    set_item,
    set_property,
    to_string,
)

PAGE_BYTES = 65_536
# Ten times what the dearest call takes: enough to end every call that runs wild within seconds.
FUEL = 1_000_000_000
MEMORY_BYTES = 16 * 1024 * 1024
_ADDRESS = 0xFFFF_FFFF  # addresses are unsigned, wasmtime hands over signed numbers


class ImportNotMet(Exception):
    """The module called an import that this host does not have; the message is its name."""


@dataclass(kw_only=True)
class Meter:
    """What was used between two points."""

    fuel: int = 0
    host_calls: Counter[str] = field(default_factory=Counter)


class SmallHost:
    """One instance of the module. `on_host_call` is told before each call of an import."""

    def __init__(
        self,
        compiled: Compiled,
        *,
        fuel: int = FUEL,
        memory_bytes: int = MEMORY_BYTES,
        on_host_call: Callable[[], None] = lambda: None,
    ) -> None:
        self._calls: Counter[str] = Counter()
        self._on_host_call = on_host_call
        self._store = Store(compiled.engine)
        self._store.set_fuel(fuel)
        self._store.set_epoch_deadline(1)
        self._store.set_limits(memory_size=memory_bytes)
        linker = Linker(compiled.engine)
        asked = {entry.name or "": entry for entry in compiled.module.imports}
        if missing := sorted(IMPORTS.keys() - asked.keys()):
            raise ProbeFailure(f"the module does not import {missing[0]}: another SDK? compare it with host.py")
        for name, entry in asked.items():
            linker.define_func(entry.module, name, cast(Any, entry.type), self._met(name))
        self._instance: Instance = linker.instantiate(self._store, compiled.module)
        self.call("__wbindgen_start")

    @property
    def memory_bytes(self) -> int:
        """The size of the instance's memory now; it never shrinks."""
        return self._memory.data_len(self._store)

    def set_fuel(self, fuel: int) -> None:
        """Leave just so much for what comes."""
        self._store.set_fuel(fuel)

    def call(self, export: str, *arguments: Any) -> Any:
        """Call an export with WebAssembly values. Raises JsThrow, ImportNotMet, NotKnown, Trap."""
        return self._function(export)(self._store, *arguments)

    def pass_string(self, text: str) -> tuple[int, int]:
        """Text into the module's memory, which then owns it: address and length in bytes."""
        data = text.encode()
        address = self.call("__wbindgen_malloc", len(data), 1) & _ADDRESS
        self._memory.write(self._store, data, address)
        return address, len(data)

    def take(self, index: int) -> JsValue:
        """The JavaScript value that the module left at `index` of its table."""
        found = self._table.get(self._store, index)
        # wasmtime-py hands over the wrapping Val where the value is falsy.
        value = cast(JsValue, found.value if isinstance(found, Val) else found)
        self.call("__externref_table_dealloc", index)
        return value

    @contextmanager
    def metered(self) -> Iterator[Meter]:
        """What is used inside the `with` block, known when it ends."""
        meter, fuel, calls = Meter(), self._store.get_fuel(), self._calls.copy()
        try:
            yield meter
        finally:
            meter.fuel = fuel - self._store.get_fuel()
            meter.host_calls = self._calls - calls

    # --- what the module imports -----------------------------------------------------------------------------------

    def fill_table(self) -> None:
        """The table begins with the values that Rust knows by their place."""
        first = self._table.grow(self._store, 4, UNDEFINED)
        for index, value in ((0, UNDEFINED), (first + 1, None), (first + 2, True), (first + 3, False)):
            self._table.set(self._store, index, value)

    def string_in(self, address: int, length: int) -> str:
        """A string of the module's, as a JavaScript value."""
        start = address & _ADDRESS
        return bytes(self._memory.read(self._store, start, start + length)).decode()

    def string_out(self, target: int, value: JsValue) -> None:
        """Leave a string's address and length at `target`, 0 and 0 if it is none."""
        address, length = self.pass_string(value) if isinstance(value, str) else (0, 0)
        self._memory.write(self._store, struct.pack("<II", address, length), target & _ADDRESS)

    def throw(self, address: int, length: int) -> None:
        """`throw new Error(message)`, through the module to whoever called it."""
        raise JsThrow(self.string_in(address, length))

    # --- inside ----------------------------------------------------------------------------------------------------

    def _met(self, name: str) -> Callable[..., Any]:
        known = IMPORTS.get(name)

        def imported(*arguments: Any) -> Any:
            self._calls[name] += 1
            self._on_host_call()
            if known is None:
                raise ImportNotMet(name)
            return known(self, *arguments)

        return imported

    def _function(self, name: str) -> Func:
        found = self._export(name)
        if not isinstance(found, Func):
            raise ProbeFailure(f"the module exports no function {name}: another SDK? compare it with host.py")
        return found

    def _export(self, name: str) -> object:
        return self._instance.exports(self._store).get(name)

    @property
    def _memory(self) -> Memory:
        return cast(Memory, self._export("memory"))

    @property
    def _table(self) -> Table:
        return cast(Table, self._export("__wbindgen_externrefs"))


# The imports that are met, by the names that they have in SDK 0.19.2; of those that share a name, the hash tells which.
IMPORTS: Mapping[str, Callable[..., Any]] = {
    "__wbindgen_init_externref_table": SmallHost.fill_table,
    "__wbindgen_cast_000000000000000d": lambda host, number: float(number),
    "__wbindgen_cast_0000000000000010": SmallHost.string_in,
    "__wbg___wbindgen_is_string_eddc07a3efad52e6": lambda host, value: int(isinstance(value, str)),
    "__wbg___wbindgen_string_get_965592073e5d848c": SmallHost.string_out,
    "__wbg___wbindgen_jsval_loose_eq_1978f1e77b4bce62": lambda host, left, right: int(loosely_equal(left, right)),
    "__wbg___wbindgen_throw_9c75d47bf9e7731e": SmallHost.throw,
    "__wbg_new_2fad8ca02fd00684": lambda host: JsObject(),
    "__wbg_new_3baa8d9866155c79": lambda host: JsArray(),
    "__wbg_set_6be42768c690e380": lambda host, target, key, value: set_property(target, key, value),
    "__wbg_set_f614f6a0608d1d1d": lambda host, target, index, value: set_item(target, index & _ADDRESS, value),
    "__wbg_Error_3639a60ed15f87e7": lambda host, address, length: JsError(host.string_in(address, length)),
    "__wbg_String_8564e559799eccda": lambda host, target, value: host.string_out(target, to_string(value)),
}
