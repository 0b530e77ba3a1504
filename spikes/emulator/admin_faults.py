"""The harness's door to what goes wrong: faults, latency profiles, and time that has passed for one wallet."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from spikes.emulator.admin_requests import BadRequest, key, read_body, text, whole
from spikes.emulator.faults import OUTAGES, ActiveFault, Fault, FaultKind
from spikes.emulator.latency import LatencyError, LatencyProfile
from spikes.emulator.network import Network
from spikes.emulator.rpc import Code

_FIELDS = frozenset({"kind", "method", "identity", "operator", "nth", "count", "delay_s", "code"})


def add_routes(app: web.Application, net: Network) -> None:
    """POST, GET and DELETE /faults, POST /sweep, POST /latency."""
    admin = _FaultAdmin(net)
    app.router.add_post("/faults", admin.set_fault)
    app.router.add_get("/faults", admin.show_faults)
    app.router.add_delete("/faults", admin.heal)
    app.router.add_post("/sweep", admin.sweep)
    app.router.add_post("/latency", admin.set_latency)


class _FaultAdmin:
    def __init__(self, net: Network) -> None:
        self._net = net

    async def set_fault(self, request: web.Request) -> web.Response:
        fault = _fault(await read_body(request))
        return web.json_response({"id": self._net.faults.set(fault)})

    async def show_faults(self, _request: web.Request) -> web.Response:
        return _shown(self._net.faults.all())

    async def heal(self, request: web.Request) -> web.Response:
        named = request.query.get("identity")
        healed = self._net.faults.heal(key(named, "identity") if named is not None else None)
        answer = _shown(healed)  # before anything that they hold goes on
        self._net.provider.sends.settle_healed()
        return answer

    async def sweep(self, request: web.Request) -> web.Response:
        body = await read_body(request)
        return web.json_response({"swept": self._net.provider.sweep_wallet(key(body.get("identity"), "identity"))})

    async def set_latency(self, request: web.Request) -> web.Response:
        body = await read_body(request)
        identity = key(body.get("identity"), "identity")
        seed = whole("seed", body.get("seed", 0), 0, (1 << 64) - 1)
        profile = _profile(body.get("profile"))
        self._net.latency.set(identity, profile, seed)
        return web.json_response({"profile": profile.name if profile else None})


def _shown(faults: list[ActiveFault]) -> web.Response:
    shown: list[dict[str, Any]] = [
        {
            "id": fault.id,
            "kind": fault.terms.kind.value,
            "method": fault.terms.struck_method,
            "identity": fault.terms.identity.hex() if fault.terms.identity is not None else None,
            "operator": fault.terms.operator,
            "fired": fault.fired,
            "left": fault.left,
            "holding": fault.holding,
        }
        for fault in faults
    ]
    return web.json_response({"faults": shown})


def _fault(body: dict[str, Any]) -> Fault:
    unknown = sorted(body.keys() - _FIELDS)
    if unknown:
        raise BadRequest(f"a fault has no {', '.join(unknown)}; it has {', '.join(sorted(_FIELDS))}")
    try:
        kind = FaultKind(body["kind"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadRequest(f"a fault needs a kind, one of {', '.join(FaultKind)}: {error}") from error
    identity, operator, delay_s = body.get("identity"), body.get("operator"), body.get("delay_s", 0)
    if isinstance(delay_s, bool) or not isinstance(delay_s, int | float):
        raise BadRequest(f"delay_s must be a number of seconds, got {delay_s!r}")
    code = text("code", body.get("code", Code.UNAVAILABLE.name))
    if code not in Code.__members__:
        raise BadRequest(f"code must be one of {', '.join(Code.__members__)}, got {code}")
    return Fault(
        kind=kind,
        method=text("method", body["method"]) if body.get("method") is not None else None,
        identity=key(identity, "identity") if identity is not None else None,
        operator=whole("operator", operator, 0, 2) if operator is not None else None,
        nth=whole("nth", body.get("nth", 1), 1, 1_000_000),
        count=whole("count", body.get("count", 0 if kind in OUTAGES else 1), 0, 1_000_000),
        delay_s=float(delay_s),
        code=Code[code],
    )


def _profile(fields: object) -> LatencyProfile | None:
    if fields is None:
        return None
    try:
        if not isinstance(fields, dict):
            raise LatencyError("profile must be an object, or null to take it away")
        times = {name: value for name, value in fields.items() if name != "name"}
        if any(isinstance(value, bool) or not isinstance(value, int | float) for value in times.values()):
            raise LatencyError("times and sigmas must be numbers")
        return LatencyProfile(name=text("name", fields.get("name")), **times)
    except TypeError as error:
        known = ", ".join(LatencyProfile.__dataclass_fields__)
        raise LatencyError(f"a profile has {known}; of these name and rtt_s are needed") from error
