"""The SDK's synchronous pure calls: what each returns under the small host, and what it takes.

Role: make each call in two fresh instances, so that fuel can be compared, and report the value for comparison with the
same call elsewhere. Two of them are meant to be refused: a host that cannot carry an error is none.
Must not know: what the values should be.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from spikes.probes.wasmtime.compiled import Compiled
from spikes.probes.wasmtime.host import SmallHost
from spikes.probes.wasmtime.values import JsError, JsThrow, to_json

RUNS = 2
NETWORK = "regtest"
DATABASE = "postgres://user@localhost/wallet"
# The first test vector of BIP 39, known to everybody, and the same words with a wrong checksum.
MNEMONIC = " ".join(["abandon"] * 11 + ["about"])
WRONG_MNEMONIC = " ".join(["abandon"] * 12)
# How the SDK's JavaScript passes an account number that is not given.
NO_ACCOUNT = float(2**53 - 1)
HANDLE = "a handle"


@dataclass(frozen=True, kw_only=True)
class PureCall:
    """One call. `make` returns a JSON value; what the SDK throws becomes {"thrown": message}."""

    name: str
    says: str  # the call as a JavaScript caller writes it
    make: Callable[[SmallHost], Any]


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A call that was made in RUNS fresh instances."""

    call: PureCall
    value: Any
    fuel: tuple[int, ...]  # of each run
    values_equal: bool
    host_calls: int
    host_imports: frozenset[str]
    memory_bytes: int
    fastest_s: float

    @property
    def deterministic(self) -> bool:
        """Whether every run took the same fuel and gave the same value."""
        return len(set(self.fuel)) == 1 and self.values_equal


def digest(value: Any) -> str:
    """SHA-256 of a JSON value in one spelling: keys sorted, no spaces."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def run(call: PureCall, compiled: Compiled) -> Ran:
    """Make the call. Raises ImportNotMet or NotKnown if the host is too small for it, Trap if it runs into a limit."""
    values: list[Any] = []
    fuel: list[int] = []
    seconds: list[float] = []
    for _ in range(RUNS):
        host = SmallHost(compiled)
        started = time.perf_counter()
        with host.metered() as meter:
            values.append(outcome(call, host))
        seconds.append(time.perf_counter() - started)
        fuel.append(meter.fuel)
    return Ran(
        call=call,
        value=values[0],
        fuel=tuple(fuel),
        values_equal=all(value == values[0] for value in values),
        host_calls=meter.host_calls.total(),
        host_imports=frozenset(meter.host_calls),
        memory_bytes=host.memory_bytes,
        fastest_s=min(seconds),
    )


def outcome(call: PureCall, host: SmallHost) -> Any:
    """What the caller of this call gets: its value, or what it throws."""
    try:
        return call.make(host)
    except JsThrow as thrown:
        return {"thrown": str(thrown)}


def _config(host: SmallHost, export: str, network: str) -> Any:
    return to_json(host.call(export, network))


def _storage_config(host: SmallHost, export: str) -> Any:
    return to_json(host.call(export, *host.pass_string(DATABASE)))


def _signers(host: SmallHost, mnemonic: str) -> Any:
    """Keys for a mnemonic: BIP 39 with its 2048 rounds, then BIP 32. They stay in the module, behind a handle."""
    no_passphrase = (0, 0)
    handle, error, failed = host.call(
        "defaultExternalSigners", *host.pass_string(mnemonic), *no_passphrase, NETWORK, NO_ACCOUNT
    )
    if failed:
        thrown = host.take(error)
        raise JsThrow(thrown.message if isinstance(thrown, JsError) else repr(thrown))
    return HANDLE if handle else None


PURE_CALLS: tuple[PureCall, ...] = (
    PureCall(
        name="default_config",
        says=f'defaultConfig("{NETWORK}")',
        make=lambda host: _config(host, "defaultConfig", NETWORK),
    ),
    PureCall(
        name="default_server_config",
        says=f'defaultServerConfig("{NETWORK}")',
        make=lambda host: _config(host, "defaultServerConfig", NETWORK),
    ),
    PureCall(
        name="default_config_refused",
        says='defaultConfig("nonsense")',
        make=lambda host: _config(host, "defaultConfig", "nonsense"),
    ),
    PureCall(
        name="postgres_config",
        says=f'defaultPostgresStorageConfig("{DATABASE}")',
        make=lambda host: _storage_config(host, "defaultPostgresStorageConfig"),
    ),
    PureCall(
        name="mysql_config",
        says=f'defaultMysqlStorageConfig("{DATABASE}")',
        make=lambda host: _storage_config(host, "defaultMysqlStorageConfig"),
    ),
    PureCall(
        name="derive_signers",
        says=f'defaultExternalSigners(MNEMONIC, undefined, "{NETWORK}")',
        make=lambda host: _signers(host, MNEMONIC),
    ),
    PureCall(
        name="derive_signers_refused",
        says=f'defaultExternalSigners(WRONG_MNEMONIC, undefined, "{NETWORK}")',
        make=lambda host: _signers(host, WRONG_MNEMONIC),
    ),
)
