"""The networks of live runs: where they are, and how a driver is told.

Role: read `networks.toml`; describe a network to a driver in the very form in which the emulator describes itself.
Must not know: wallets, payments, whether anything may be sent.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spikes.errors import LiveFailure

NETWORKS_FILE = Path(__file__).with_name("networks.toml")


@dataclass(frozen=True, kw_only=True)
class Operator:
    """One signing operator. The two addresses are one on real networks; the emulator has a port for each."""

    identifier: str
    identity_public_key: str
    grpc: str
    grpc_web: str


@dataclass(frozen=True, kw_only=True)
class Provider:
    """The Spark service provider, which pays Lightning invoices."""

    base_url: str
    identity_public_key: str
    schema_endpoint: str | None


@dataclass(frozen=True, kw_only=True)
class LiveNetwork:
    """A Spark network that is not ours."""

    name: str  # as drivers and the SDK call it: regtest or mainnet
    tier: str  # as the record calls it
    invoice_prefix: str
    real_money: bool
    needs_api_key: bool
    also: tuple[str, ...] = ()  # where the SDK goes beside the doors; a payment needs no answer from there
    source: str
    date: str
    threshold: int
    coordinator: str
    operators: tuple[Operator, ...]
    ssp: Provider

    @property
    def doors(self) -> tuple[str, ...]:
        """Every address that a wallet will go to, once."""
        addresses = [address for operator in self.operators for address in (operator.grpc_web, operator.grpc)]
        return tuple(dict.fromkeys([*addresses, self.ssp.base_url]))

    def description(self) -> str:
        """What a driver is told, as JSON."""
        ssp = {"baseUrl": self.ssp.base_url, "identityPublicKey": self.ssp.identity_public_key}
        if self.ssp.schema_endpoint is not None:
            ssp["schemaEndpoint"] = self.ssp.schema_endpoint
        described = {
            "network": self.name,
            "coordinatorIdentifier": self.coordinator,
            "threshold": self.threshold,
            "operators": [
                {
                    "id": number,
                    "identifier": operator.identifier,
                    "identityPublicKey": operator.identity_public_key,
                    "grpc": operator.grpc,
                    "grpc_web": operator.grpc_web,
                }
                for number, operator in enumerate(self.operators)
            ],
            "ssp": ssp,
        }
        return json.dumps(described, separators=(",", ":"))


def networks(path: Path = NETWORKS_FILE) -> tuple[LiveNetwork, ...]:
    """All networks of the file."""
    return tuple(_network(name, table) for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items())


def network_named(name: str) -> LiveNetwork:
    """The network of that name. Raises LiveFailure."""
    known = {network.name: network for network in networks()}
    if name not in known:
        raise LiveFailure(f"there is no live network {name!r}; choose from {', '.join(known)}")
    return known[name]


def _network(name: str, table: Mapping[str, Any]) -> LiveNetwork:
    plain = ("tier", "invoice_prefix", "real_money", "needs_api_key", "source", "date", "threshold", "coordinator")
    return LiveNetwork(
        name=name,
        **{key: table[key] for key in plain},
        also=tuple(table["also"]),
        operators=tuple(
            Operator(
                identifier=operator["identifier"],
                identity_public_key=operator["identity_public_key"],
                grpc=operator["address"],
                grpc_web=operator["address"],
            )
            for operator in table["operator"]
        ),
        ssp=Provider(
            base_url=table["ssp"]["base_url"],
            identity_public_key=table["ssp"]["identity_public_key"],
            schema_endpoint=table["ssp"].get("schema_endpoint"),
        ),
    )
