"""Client of the emulator's admin API: funding, invoices, the ledger, the journal and what goes wrong on purpose.

Role: the harness's own hands and eyes on the local Spark network. What it reads here is the second witness of every
attempt, so nothing in this file ever asks a driver.
Must not know: runtimes, drivers, experiments.
Amounts are whole satoshis. Every call raises EmulatorFailure if the emulator does not answer as it should.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from spikes.errors import EmulatorFailure

ADMIN_TIMEOUT_S = 20.0
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """A BOLT11 invoice that the emulator's Lightning side issued."""

    bolt11: str
    payment_hash: str
    amount_sats: int
    fee_sats: int  # what the service provider will charge on top


@dataclass(frozen=True, kw_only=True)
class WalletView:
    """One wallet as the ledger sees it at one moment."""

    available_sats: int
    locked_sats: int
    incoming_sats: int
    leaves: int
    supply_ok: bool

    @property
    def owned_sats(self) -> int:
        """Everything that is this wallet's, spendable now or not: claiming or swapping does not change it."""
        return self.available_sats + self.locked_sats + self.incoming_sats


@dataclass(frozen=True, kw_only=True)
class JournalEntry:
    """One call that the emulator served."""

    party: str  # operator-0..2 | ssp
    method: str
    code: str
    handler_s: float
    identity: str  # the caller's identity key, empty before it has authenticated
    injected_s: float = 0.0  # delay that the latency profile added
    started_s: float = 0.0  # by the emulator's own clock, which `Network.clock` reads
    took_s: float = 0.0  # from its start to its answer, whatever held it back


@dataclass(frozen=True, kw_only=True)
class NetworkFault:
    """A fault that is set: how often it struck, and how many calls it holds at this moment."""

    id: str
    kind: str
    method: str | None
    identity: str | None  # whom it strikes; None: everybody
    fired: int
    holding: int


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """What the Lightning side knows of one payment hash."""

    settled_count: int
    amount_sats: int | None  # None: nobody issued such an invoice
    settle_s: float = 0.0  # how long it took to settle, as the latency profile drew it


@dataclass(frozen=True, kw_only=True)
class ClockReading:
    """One moment on both clocks, apart by no more than half the time that the asking took."""

    emulator_s: float
    outside_s: float  # `time.perf_counter` of this process

    def on_emulator(self, outside_s: float) -> float:
        """Another moment of our clock, as the emulator's clock tells it."""
        return self.emulator_s + (outside_s - self.outside_s)


@dataclass(frozen=True, kw_only=True)
class Journal:
    """A part of the journal, and the sequence number at which the next part begins."""

    entries: tuple[JournalEntry, ...]
    next: int


class Network:
    """The running emulator: its description for the drivers, its admin API for the harness."""

    def __init__(self, description: Mapping[str, Any], http: httpx.AsyncClient, pid: int) -> None:
        self.pid = pid
        self.description = json.dumps(description, separators=(",", ":"))
        self.admin_url = str(description["admin"])
        self._http = http

    async def fund(self, identity: str, amounts_sats: list[int]) -> None:
        """Send the wallet one claimable transfer with one leaf for each amount."""
        await self._call("POST", "/fund", {"identity_public_key": identity, "amounts_sats": amounts_sats})

    async def issue_invoice(self, amount_sats: int, memo: str) -> Invoice:
        """Have the Lightning side issue an invoice."""
        answer = await self._call("POST", "/invoices", {"amount_sats": amount_sats, "memo": memo})
        return _read(
            lambda: Invoice(
                bolt11=str(answer["invoice"]),
                payment_hash=str(answer["payment_hash"]),
                amount_sats=int(answer["amount_sats"]),
                fee_sats=int(answer["fee_sats"]),
            ),
            "/invoices",
        )

    async def settled(self, payment_hash: str) -> tuple[int, int | None]:
        """(how often this payment hash was settled, the invoice in satoshis); (0, None) if nobody issued one."""
        settlement = await self.settlement(payment_hash)
        return settlement.settled_count, settlement.amount_sats

    async def settlement(self, payment_hash: str) -> Settlement:
        """What became of one invoice on the Lightning side."""
        answer = await self._call("GET", f"/invoices/{payment_hash}", may_be_missing=True)
        if answer is None:
            return Settlement(settled_count=0, amount_sats=None)
        return _read(
            lambda: Settlement(
                settled_count=int(answer["settled_count"]),
                amount_sats=int(answer["amount_sats"]),
                settle_s=float(answer.get("settle_s") or 0.0),
            ),
            "/invoices/{hash}",
        )

    async def wallet(self, identity: str) -> WalletView:
        """One wallet's entry in the ledger."""
        answer = await self._call("GET", f"/ledger/{identity}")
        leaves = answer.get("leaves", 0)
        return _read(
            lambda: WalletView(
                available_sats=int(answer["available_sats"]),
                locked_sats=int(answer["locked_sats"]),
                incoming_sats=int(answer["incoming_sats"]),
                leaves=len(leaves) if isinstance(leaves, list) else int(leaves),
                supply_ok=bool(answer["supply_ok"]),
            ),
            "/ledger/{identity}",
        )

    async def inject_fault(self, method: str, kind: str) -> None:
        """Have the emulator do one thing wrong, once, at the next call of `method`, whoever calls."""
        await self._call("POST", "/faults", {"method": method, "kind": kind, "count": 1})

    async def set_fault(self, identity: str, fault: Mapping[str, Any]) -> str:
        """Have the emulator do one thing wrong to this wallet; the fault's id. `fault`: as `POST /faults` takes it."""
        answer = await self._call("POST", "/faults", {**fault, "identity": identity})
        return _read(lambda: str(answer["id"]), "/faults")

    async def faults(self, identity: str) -> tuple[NetworkFault, ...]:
        """What is set for this wallet and not healed."""
        return tuple(f for f in _faults(await self._call("GET", "/faults")) if f.identity == identity)

    async def heal(self, identity: str) -> tuple[NetworkFault, ...]:
        """Nothing goes wrong any more for this wallet and held calls go on; its faults as they were."""
        return _faults(await self._call("DELETE", f"/faults?identity={identity}"))

    async def sweep(self, identity: str) -> None:
        """The return time has passed: what this wallet has pending and nobody finishes is settled or given back."""
        await self._call("POST", "/sweep", {"identity": identity})

    async def set_latency(self, identity: str, profile: Mapping[str, Any] | None, seed: int) -> None:
        """From now on this wallet's calls and payments take as long as the profile draws; None: no longer."""
        await self._call("POST", "/latency", {"identity": identity, "profile": profile, "seed": seed})

    async def supply_ok(self) -> bool:
        """Whether the sum over the whole network is what it was at the start."""
        answer = await self._call("GET", "/ledger")
        return _read(lambda: bool(answer["supply_ok"]), "/ledger")

    async def journal(self, since: int) -> Journal:
        """The journal from sequence number `since` on."""
        answer = await self._call("GET", f"/journal?since={since}")
        return _read(
            lambda: Journal(
                entries=tuple(
                    JournalEntry(
                        party=str(entry["party"]),
                        method=str(entry["method"]),
                        code=str(entry["code"]),
                        handler_s=float(entry["handler_s"]),
                        identity=str(entry.get("identity") or ""),
                        injected_s=float(entry.get("injected_s") or 0.0),
                        started_s=float(entry["started_s"]),
                        took_s=float(entry["took_s"]),
                    )
                    for entry in answer["entries"]
                ),
                next=int(answer["next"]),
            ),
            "/journal",
        )

    async def clock(self) -> ClockReading:
        """What the emulator's clock says, beside our own."""
        asked = time.perf_counter()
        answer = await self._call("GET", "/clock")
        answered = time.perf_counter()
        emulator_s = _read(lambda: float(answer["now_s"]), "/clock")
        return ClockReading(emulator_s=emulator_s, outside_s=(asked + answered) / 2)

    async def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, may_be_missing: bool = False
    ) -> Any:
        try:
            response = await self._http.request(method, self.admin_url + path, json=body, timeout=ADMIN_TIMEOUT_S)
        except httpx.HTTPError as error:
            raise EmulatorFailure(
                f"the emulator did not answer {method} {path} ({error!r}); read emulator.stderr.log in the run's logs"
            ) from error
        if response.status_code == 404 and may_be_missing:
            return None
        if response.status_code != 200:
            raise EmulatorFailure(
                f"the emulator refused {method} {path} with {response.status_code}: {response.text[:200]}; "
                "read emulator.stderr.log in the run's logs"
            )
        return _read(response.json, path)


def _faults(answer: Any) -> tuple[NetworkFault, ...]:
    return _read(
        lambda: tuple(
            NetworkFault(
                id=str(fault["id"]),
                kind=str(fault["kind"]),
                method=None if fault.get("method") is None else str(fault["method"]),
                identity=None if fault.get("identity") is None else str(fault["identity"]),
                fired=int(fault["fired"]),
                holding=int(fault.get("holding") or 0),
            )
            for fault in answer["faults"]
        ),
        "/faults",
    )


def _read(make: Callable[[], T], path: str) -> T:
    """Run a reader of an answer; a missing or wrong field is the emulator's failure, named by `path`."""
    try:
        return make()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EmulatorFailure(
            f"the emulator's answer to {path} lacks a field or has a wrong one ({error!r}); "
            "emulator and harness must come from one commit"
        ) from error
