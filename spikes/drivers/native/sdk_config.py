"""The SDK's settings: server mode, our network, and nothing that would speak to anybody else.

Role: turn a network description into the SDK's configuration. The chain service is replaced by one that always
refuses: the default one would leave loopback, and it is only used for on-chain deposits, which are no part of paying.
Must not know: wallets, payments.
"""

from __future__ import annotations

from typing import Any

import breez_sdk_spark as sdk

from spikes.drivers.native.config import spark_network

_NETWORKS = {"regtest": sdk.Network.REGTEST, "mainnet": sdk.Network.MAINNET}
# What an invoice calls the Bitcoin network below each.
INVOICE_NETWORKS = {"regtest": sdk.BitcoinNetwork.REGTEST, "mainnet": sdk.BitcoinNetwork.BITCOIN}


def server_config(network: dict[str, Any], api_key: str | None = None) -> Any:
    """The SDK's server preset for the network that `python -m spikes emulator --json` describes."""
    config = sdk.default_server_config(_NETWORKS[spark_network(network)])
    config.api_key = api_key
    config.lnurl_domain = None
    config.real_time_sync_server_url = None
    config.cross_chain_config = None
    config.use_default_external_input_parsers = False
    spark = config.spark_config  # keep the preset's limits; replace everything that has an address
    spark.coordinator_identifier = network["coordinatorIdentifier"]
    spark.threshold = network["threshold"]
    spark.signing_operators = [
        sdk.SparkSigningOperator(
            id=operator["id"],
            identifier=operator["identifier"],
            address=operator["grpc"],
            identity_public_key=operator["identityPublicKey"],
            ca_cert_pem=None,
        )
        for operator in network["operators"]
    ]
    spark.ssp_config = sdk.SparkSspConfig(
        base_url=network["ssp"]["baseUrl"],
        identity_public_key=network["ssp"]["identityPublicKey"],
        schema_endpoint=network["ssp"].get("schemaEndpoint"),
    )
    return config


class NoChain(sdk.BitcoinChainService):  # type: ignore[misc]  # the SDK ships no types
    """Refuses every question about the chain, so that none leaves loopback."""

    async def get_address_utxos(self, address: str) -> Any:
        raise _no_chain()

    async def get_address_txos(self, address: str) -> Any:
        raise _no_chain()

    async def get_transaction_status(self, txid: str) -> Any:
        raise _no_chain()

    async def get_transaction_hex(self, txid: str) -> Any:
        raise _no_chain()

    async def get_outspend(self, txid: str, vout: int) -> Any:
        raise _no_chain()

    async def tip_height(self) -> Any:
        raise _no_chain()

    async def broadcast_transaction(self, tx: str) -> Any:
        raise _no_chain()

    async def recommended_fees(self) -> Any:
        raise _no_chain()


def _no_chain() -> Exception:
    refusal: Exception = sdk.ChainServiceError.Generic("no chain service in this driver")
    return refusal
