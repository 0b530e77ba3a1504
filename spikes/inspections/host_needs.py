"""Inspection: which host APIs the SDK touches on its way to a payment, and which of them the runtime lacks.

Role: walks one wallet through all phases in a driver that counts the SDK's imports as they are called
(drivers/wallet/inspection.js), has the presence of each API tested inside the runtime, and names the facts. A native
SDK has no such imports: what it needs are shared libraries, as loaded in the driver's process.
Must not know: what the gates make of it.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from spikes.contract import ContractBreach
from spikes.errors import RuntimeStartFailure
from spikes.inspections.host_apis import HostApis, Need
from spikes.inspections.shared_libraries import has_mapped, loaded_libraries, needed_libraries
from spikes.network import Invoice
from spikes.pins import artefact
from spikes.record import Fact, Outcome, PaymentPath
from spikes.runtimes import Runtime
from spikes.seat import LARGE_LEAF_SATS, Seat, Surroundings
from spikes.wallets import derive_wallet
from spikes.witness import payment_path

NAME = "host_needs"
AT_ONCE = 1  # it takes a second
PHASES = ("build", "sync", "claim", "prepare", "send_exact", "send_swap")
EXACT_SATS, SWAP_SATS = 1234, 777
AS_CALLED = "SDK imports as called and what its glue makes of itself; presence tested inside the runtime"
GENERATED = "eval, function constructors and wasm from bytes, as attempted once the driver was put together"
LEFT_OPEN = "of the SDK that were still open when an answer went out, at most"
AS_LOADED = "ELF DT_NEEDED of the SDK's library against the libraries loaded in the driver: as loaded, not as called"


async def inspect(runtime: Runtime, around: Surroundings) -> list[Fact]:
    """The ledger of one runtime. Raises RuntimeStartFailure, ToolMissing if it cannot be taken."""
    name = f"{runtime.NAME}-host-needs"
    library = sdk_library(runtime)
    seat = Seat(runtime, name, derive_wallet(around.seed, name), around, inspect=NAME)
    walk = Walk(seat, around.deadline_s, marks=library is None)
    try:
        await walk.take()
        if library is None:
            return await _facts_of_imports(walk)
        if walk.stopped:
            raise RuntimeStartFailure(f"{name}: {walk.stopped}; read its logs")
        return _facts_of_libraries(runtime.NAME, library, seat)
    finally:
        await seat.stop()


def sdk_library(runtime: Runtime) -> Path | None:
    """The pinned shared library that a runtime's SDK is; None where the SDK is wasm. Raises ToolMissing."""
    return next((artefact(pin).path() for pin in runtime.PINS if artefact(pin).file.endswith(".so")), None)


class Walk:
    """One wallet on its way through all phases. It stops at the first step that fails."""

    def __init__(self, seat: Seat, deadline_s: float, *, marks: bool) -> None:
        self.seat = seat
        self.deadline_s = deadline_s
        self.stopped: str | None = None  # where and why, in one line
        self._marks = marks

    async def take(self) -> None:
        """Start the driver and take the steps. Raises RuntimeStartFailure if it does not start or has no ledger."""
        try:
            await self.seat.start()
        except RuntimeStartFailure as failure:
            if self.seat.pid is None:
                raise
            self.stopped = f"build failed ({failure})"  # it runs, and can be asked what it lacks
            return
        network = self.seat.network
        exact, swap = [await network.issue_invoice(sats, f"{NAME} {sats}") for sats in (EXACT_SATS, SWAP_SATS)]
        steps: dict[str, Callable[[], Awaitable[object]]] = {
            "sync": self.seat.sync,
            "claim": lambda: self.seat.give([exact.amount_sats + exact.fee_sats, LARGE_LEAF_SATS]),
            "prepare": lambda: self.seat.driver.quote(exact.bolt11, self.deadline_s),
            "send_exact": lambda: self._pay(exact, PaymentPath.EXACT),
            "send_swap": lambda: self._pay(swap, PaymentPath.SWAP),
        }
        for phase, step in steps.items():
            await self._mark(phase)
            try:
                await step()
            except ContractBreach as breach:
                self.stopped = f"{phase} failed ({breach})"
                return

    async def ask(self, paths: tuple[str, ...]) -> Mapping[str, Any]:
        """What the driver has counted. Raises RuntimeStartFailure."""
        path = "/experiments/host_needs"
        try:
            reply = await self.seat.driver.request(
                "POST", path, body={"input": {"paths": paths}}, deadline_s=self.deadline_s
            )
        except (httpx.HTTPError, TimeoutError) as error:
            raise self._no_ledger(f"{path} did not answer ({type(error).__name__})") from error
        if reply.body is None or reply.body.get("outcome") != "counted":
            raise self._no_ledger(f"{path} answered HTTP {reply.status} without a count")
        return reply.body

    async def _mark(self, phase: str) -> None:
        if not self._marks:
            return
        try:
            await self.seat.driver.step("host_phase", "marked", self.deadline_s, {"phase": phase})
        except ContractBreach as breach:
            raise self._no_ledger(str(breach)) from breach

    async def _pay(self, invoice: Invoice, path: PaymentPath) -> None:
        since = (await self.seat.network.journal(0)).next
        answer = await self.seat.pay(str(uuid.uuid4()), invoice)
        if answer.outcome is not Outcome.PAID:
            raise ContractBreach(f"the payment ended {answer.outcome}: {answer.reason}")
        calls = (await self.seat.network.journal(since)).entries
        taken = payment_path(call for call in calls if call.identity in ("", self.seat.identity))
        if taken is not path:
            raise ContractBreach(f"the payment took the path {taken}, so it cannot stand for {path}")

    def _no_ledger(self, why: str) -> RuntimeStartFailure:
        before = f"{self.stopped}, and then " if self.stopped else ""
        return RuntimeStartFailure(
            f"{self.seat.name}: no ledger of host needs: {before}{why}; is it served by inspectedContract "
            "(inspection.js), and what do its logs say?"
        )


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """What a driver has counted, sorted by host API."""

    calls: Mapping[tuple[str, str], int]  # (phase, API) -> calls
    states: Mapping[str, str]  # API -> present | missing | shimmed
    code_generations: int
    timers_left: int
    fetches_left: int


def read_ledger(body: Mapping[str, Any], apis: HostApis) -> Ledger:
    """Sort a driver's answer. Raises KeyError, TypeError, ValueError, AttributeError if it is none."""
    missing, shims = frozenset(body["missing"]), frozenset(body["shims"])
    calls: Counter[tuple[str, str]] = Counter()
    touched: set[Need] = set(apis.glue)
    for phase, counts in body["counts"].items():
        for imported, count in counts.items():
            need = apis.need(imported)
            if need is not None:
                touched.add(need)
                calls[phase, need.api] += int(count)
    states = dict.fromkeys((need.api for need in touched), "present")
    states.update(dict.fromkeys(shims, "shimmed"))
    states.update((need.api, "missing") for need in touched if need.path is None or need.path in missing)
    return Ledger(
        calls=calls,
        states=dict(sorted(states.items())),
        code_generations=int(body["codeGenerations"]),
        timers_left=int(body["timersLeft"]),
        fetches_left=int(body["fetchesLeft"]),
    )


async def _facts_of_imports(walk: Walk) -> list[Fact]:
    name, apis = walk.seat.name, HostApis.read()
    body = await walk.ask(apis.paths)
    try:
        ledger = read_ledger(body, apis)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RuntimeStartFailure(
            f"{name}: its ledger cannot be read ({error!r}); compare it with wallet/inspection.js"
        ) from error
    if walk.stopped and "missing" not in ledger.states.values():
        raise RuntimeStartFailure(f"{name}: {walk.stopped}, though no host API is missing; read its logs")
    if not walk.stopped and not ledger.calls:
        raise RuntimeStartFailure(
            f"{name}: the SDK's imports were not seen; its host must instantiate the SDK after inspectedContract"
        )
    how = f"{AS_CALLED}; not complete: {walk.stopped}" if walk.stopped else AS_CALLED
    return list(_import_facts(walk.seat.runtime.NAME, ledger, how))


def _import_facts(runtime: str, ledger: Ledger, how: str) -> Iterator[Fact]:
    yield from state_facts(runtime, ledger.states, how)
    for phase in PHASES:
        for api in ledger.states:
            if count := ledger.calls.get((phase, api)):
                yield Fact(runtime=runtime, name=f"host_api_calls.{phase}.{api}", value=count, how=how)
    # Seen from inside; what becomes of it after the answer is the inspection `use`'s to say.
    for name, value, counted in (
        ("code_generations", ledger.code_generations, GENERATED),
        ("sdk_fetches_left_open", ledger.fetches_left, f"fetches {LEFT_OPEN}"),
        ("sdk_timers_left_open", ledger.timers_left, f"timers {LEFT_OPEN}"),
    ):
        yield Fact(runtime=runtime, name=name, value=value, how=counted)


def state_facts(runtime: str, states: Mapping[str, str], how: str) -> Iterator[Fact]:
    """How each need is met, and the counts of them."""
    for need, state in states.items():
        yield Fact(runtime=runtime, name=f"host_api.{need}", value=state, how=how)
    kinds = Counter(states.values())
    yield Fact(runtime=runtime, name="host_apis_touched", value=len(states), how=how)
    for kind in ("missing", "shimmed"):
        yield Fact(runtime=runtime, name=f"host_apis_{kind}", value=kinds[kind], how=how)


def _facts_of_libraries(runtime: str, library: Path, seat: Seat) -> list[Fact]:
    pid = seat.pid
    if pid is None or not has_mapped(pid, library):
        raise RuntimeStartFailure(f"{seat.name}: {library.name} is not loaded in its process; read its logs")
    loaded = loaded_libraries(pid)
    states = {need: "present" if need in loaded else "missing" for need in needed_libraries(library)}
    return list(state_facts(runtime, states, AS_LOADED))
