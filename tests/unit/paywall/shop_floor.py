"""A seller over real HTTP, its node and its clock, as the paywall's tests use them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from spikes.paywall.catalogue import Catalogue, Item
from spikes.paywall.seller import SellerConfig
from spikes.paywall.service import create_app
from tests.unit.paywall.lightning_node import LightningNode

# Reads every dialect of a well-formed challenge, knowing none: the names, in any case, quoted or not.
MACAROON = re.compile(r'\b(?:macaroon|token)="?([A-Za-z0-9+/=]+)', re.IGNORECASE)
INVOICE = re.compile(r'\binvoice="?([a-z0-9]+)', re.IGNORECASE)

MAX_HEADER = 1 << 17  # of a malformed challenge too


@dataclass
class Clock:
    now_s: float = 1_700_000_000.0


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer. `challenges` are the header's values, one for each time that it came."""

    status: int
    body: bytes
    challenges: tuple[str, ...]
    headers: Mapping[str, str]

    @property
    def code(self) -> object:
        """The typed code of an error envelope; None for anything else."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return None
        return document.get("error", {}).get("code")


@dataclass
class Floor:
    """A seller that is asked from outside."""

    client: TestClient[web.Request, web.Application]
    lightning: LightningNode
    clock: Clock
    paid: dict[str, str] = field(default_factory=dict)  # macaroon -> preimage

    async def get(self, path: str, *authorizations: str, headers: Mapping[str, str] | None = None) -> Reply:
        """GET, with any number of Authorization headers; redirects are not followed."""
        sent = [*(("Authorization", value) for value in authorizations), *(headers or {}).items()]
        async with self.client.get(path, headers=sent, allow_redirects=False) as response:
            return Reply(
                status=response.status,
                body=await response.read(),
                challenges=tuple(response.headers.getall("WWW-Authenticate", [])),
                headers=dict(response.headers),
            )

    async def ask(self, item: str) -> Reply:
        return await self.get(f"/paid/{item}")

    def proof(self, reply: Reply, *, settle: bool = True) -> tuple[str, str]:
        """Pay the bill: macaroon (base64) and preimage (hex)."""
        macaroons = {match for value in reply.challenges for match in MACAROON.findall(value)}
        invoices = {match for value in reply.challenges for match in INVOICE.findall(value)}
        assert reply.status == 402
        assert len(macaroons) == len(invoices) == 1
        preimage = self.lightning.preimages[invoices.pop()]
        if settle:
            self.lightning.settled.add(hashlib.sha256(preimage).hexdigest())
        return macaroons.pop(), preimage.hex()

    async def buy(self, item: str, scheme: str = "L402") -> str:
        """The Authorization that a paid bill makes."""
        macaroon, preimage = self.proof(await self.ask(item))
        return f"{scheme} {macaroon}:{preimage}"

    async def journal(self, query: str = "") -> dict[str, list[dict[str, object]]]:
        document: dict[str, list[dict[str, object]]] = json.loads((await self.get(f"/admin/journal{query}")).body)
        return document

    async def post(self, path: str, body: object) -> tuple[int, object]:
        async with self.client.post(path, json=body) as response:
            return response.status, await response.json()


@asynccontextmanager
async def floor_of(lightning: LightningNode, catalogue: Catalogue) -> AsyncIterator[Floor]:
    """A seller of these items."""
    clock = Clock()
    config = SellerConfig(admin_url=lightning.url, seed=1, catalogue=catalogue)
    async with TestClient(
        TestServer(create_app(config, clock=lambda: clock.now_s)), max_field_size=MAX_HEADER
    ) as client:
        yield Floor(client, lightning, clock)


def one(mode: str, **fields: object) -> Catalogue:
    """A catalogue of one item, `it`, in this mode."""
    return {"it": Item(price_sats=20, mode=mode, **fields)}  # type: ignore[arg-type]


def decoded(macaroon: str) -> bytes:
    return base64.b64decode(macaroon, validate=True)
