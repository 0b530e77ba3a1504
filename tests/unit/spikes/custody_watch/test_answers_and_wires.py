"""What passes is kept and unchanged: answers by kind and route, and whatever goes to the network or the seller."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from aiohttp import web

from spikes.inspections.custody_watch import answers
from spikes.inspections.custody_watch.answers import KeptAnswers
from spikes.inspections.custody_watch.surfaces import Source
from spikes.inspections.custody_watch.wires import TappedSeller, wired
from spikes.paywall.catalogue import DEFAULT
from spikes.seller import Seller


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    async def answer(request: web.Request) -> web.Response:
        status = 500 if request.path == "/broken" else 200
        return web.Response(text=f"{request.method} {request.path_qs}", status=status, headers={"X-Said": "aloud"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def contents(sources: tuple[Source, ...]) -> dict[str, bytes]:
    return {source.where: source.content.read_bytes() for source in sources if isinstance(source.content, Path)}


async def test_answers_are_kept_by_kind_and_route(tmp_path: Path) -> None:
    kept = KeptAnswers(tmp_path)
    async with serving() as url, httpx.AsyncClient(transport=kept) as http:
        for method, path in (("GET", "/status"), ("POST", "/pay"), ("GET", "/status?again=1"), ("POST", "/broken")):
            assert (await http.request(method, url + path)).text == f"{method} {path}"
    assert contents(kept.kept(answers.BODIES)) == {
        "GET /status": b"GET /status\nGET /status?again=1\n",
        "POST /pay": b"POST /pay\n",
    }
    assert contents(kept.kept(answers.ERRORS)) == {"POST /broken": b"POST /broken\n"}
    headers = contents(kept.kept(answers.HEADERS))
    assert set(headers) == {"GET /status", "POST /pay", "POST /broken"}
    assert headers["GET /status"].count(b"X-Said: aloud") == 2


async def test_every_address_that_a_driver_is_told_leads_through_a_tap(tmp_path: Path) -> None:
    async with serving() as url, httpx.AsyncClient(trust_env=False) as http:
        operators = [{"id": number, "grpc": url, "grpc_web": url, "key": "kept"} for number in range(3)]
        network = {"operators": operators, "ssp": {"baseUrl": url, "other": 1}, "admin": url, "threshold": 2}
        seller = Seller({"url": url, "host": url.removeprefix("http://")}, http, DEFAULT)
        async with wired(json.dumps(network), seller, tmp_path) as wires:
            told = json.loads(wires.description)
            assert "admin" not in told
            assert told["operators"][1] == {
                **operators[1],
                **{p: told["operators"][1][p] for p in ("grpc", "grpc_web")},
            }
            addresses = [told["ssp"]["baseUrl"], *(o[p] for o in told["operators"] for p in ("grpc", "grpc_web"))]
            tapped_seller = TappedSeller(seller, wires.paywall, http)
            assert len({url, tapped_seller.address("x"), *addresses}) == 9
            for address in (*addresses, tapped_seller.address("cheap")):
                assert (await http.get(f"{address}?secret={len(address)}")).status_code == 200
            assert tapped_seller.url == url, "the harness's own questions go past the tap"
            assert tapped_seller.host in tapped_seller.address("x")
        sent = contents(wires.of_network())
        assert len(sent) == 14
        assert all(b"secret=" in data for data in sent.values())  # our test server repeats it in its answer
        assert set(contents(wires.of_paywall())) == {"paywall sent", "paywall answered"}
        assert b"GET /paid/cheap?secret=" in contents(wires.of_paywall())["paywall sent"]
