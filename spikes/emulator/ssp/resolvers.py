"""GraphQL objects made from the provider's books. Field names are the schema's; aliases and fragments are GraphQL's.

Objects are plain dictionaries with lazy fields: graphql-core calls what is callable only if the client asked for it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import DecodeError

from spikes.emulator.crypto import curve
from spikes.emulator.faults import NOTHING, Struck
from spikes.emulator.leaf_swaps import SwapLeaf, SwapRequest
from spikes.emulator.ledger_state import Transfer
from spikes.emulator.lightning_sends import SendRequest
from spikes.emulator.network import Network
from spikes.emulator.provider_terms import ProviderError
from spikes.emulator.sessions import AuthError
from spikes.emulator.wire import ssp_authn_pb2

Object = dict[str, Any]
NETWORK = "REGTEST"


class NotLoggedIn(Exception):
    """The request needs a session: answered as HTTP 401, not as a GraphQL error."""


@dataclass(frozen=True)
class Visitor:
    """Who asks; `identity` is None before login."""

    net: Network
    identity: bytes | None
    struck: Struck = NOTHING  # the faults that strike this call

    def required(self) -> bytes:
        """The identity key of the caller. Raises NotLoggedIn."""
        if self.identity is None:
            raise NotLoggedIn("log in with GetChallenge and VerifyChallenge")
        return self.identity


def root(visitor: Visitor) -> dict[str, Callable[..., Any]]:
    """The root fields of Query and Mutation for one caller."""
    net = visitor.net

    def lightning_send_fee_estimate(_info: Any, input: Object) -> Object:
        visitor.required()
        quoted = net.provider.sends.quote(input["encoded_invoice"], input.get("amount_sats"))
        return {"fee_estimate": _sats(visitor.struck.fee_sats(quoted))}

    def transfers(_info: Any, transfer_spark_ids: list[str]) -> list[Object]:
        caller = visitor.required()
        found = map(net.ledger.transfers.get, transfer_spark_ids)
        mine = [t for t in found if t is not None and caller in (t.sender, t.receiver)]
        return [_transfer(net, transfer) for transfer in mine]

    def user_request(_info: Any, request_id: str) -> Object | None:
        caller = visitor.required()
        send = net.provider.sends.find(request_id)
        if send is None or net.ledger.transfers[send.transfer_id].sender != caller:
            return None
        return _send(net, send)

    def request_lightning_send(_info: Any, input: Object) -> Object:
        caller = visitor.required()
        transfer_id = input.get("user_outbound_transfer_external_id")
        if transfer_id is None:
            raise ProviderError("name the transfer that locks the leaves in user_outbound_transfer_external_id")
        net.provider.sends.quote(input["encoded_invoice"], input.get("amount_sats"))
        send = net.provider.sends.send(caller, input["encoded_invoice"], transfer_id, visitor.struck)
        return {"request": _send(net, send)}

    def request_swap(_info: Any, input: Object) -> Object:
        return {"request": _swap(net, _take_swap(net, visitor.required(), input))}

    return {
        "lightning_send_fee_estimate": lightning_send_fee_estimate,
        "transfers": transfers,
        "user_request": user_request,
        "request_lightning_send": request_lightning_send,
        "request_swap": request_swap,
        "get_challenge": lambda _info, input: _get_challenge(net, input),
        "verify_challenge": lambda _info, input: _verify_challenge(net, input),
    }


def _get_challenge(net: Network, data: Object) -> Object:
    book = net.provider_sessions
    challenge = ssp_authn_pb2.Challenge(
        version=1,
        timestamp=int(net.clock.now()),
        nonce=book.nonce(),
        public_key=curve.parse_point(_hex(data["public_key"], "public_key")),
    )
    sealed = ssp_authn_pb2.ProtectedChallenge(
        version=1, challenge=challenge, server_hmac=book.seal(challenge.SerializeToString(deterministic=True))
    )
    return {"protected_challenge": _base64url(sealed.SerializeToString(deterministic=True))}


def _verify_challenge(net: Network, data: Object) -> Object:
    try:
        raw = _unbase64url(data["protected_challenge"])
        sealed = ssp_authn_pb2.ProtectedChallenge.FromString(raw)
        identity = _hex(data["identity_public_key"], "identity_public_key")
        if identity != sealed.challenge.public_key:
            raise AuthError("the challenge was made for another key")
        session = net.provider_sessions.open(
            challenge=sealed.challenge.SerializeToString(deterministic=True),
            seal=sealed.server_hmac,
            issued_at=sealed.challenge.timestamp,
            identity=identity,
            signed=raw,
            signature=_unbase64url(data["signature"]),
        )
    except (AuthError, DecodeError, ValueError) as error:
        raise NotLoggedIn(str(error)) from error
    return {"valid_until": _date(session.expires_at), "session_token": session.token}


def _take_swap(net: Network, sender: bytes, data: Object) -> SwapRequest:
    if data["fee_sats"] != 0:
        raise ProviderError("swaps are free here: fee_sats must be 0")
    leaves = [
        SwapLeaf(
            leaf_id=leaf["leaf_id"],
            raw_tx=_hex(leaf["raw_unsigned_refund_transaction"], "raw_unsigned_refund_transaction"),
            adaptor_signature=_hex(leaf["adaptor_added_signature"], "adaptor_added_signature"),
        )
        for leaf in data["user_leaves"]
    ]
    outbound_id = data["user_outbound_transfer_external_id"]
    adaptor = _hex(data["adaptor_pubkey"], "adaptor_pubkey")
    return net.provider.swaps.swap(
        sender,
        outbound_id,
        adaptor=adaptor,
        leaves=leaves,
        targets_sats=data["target_amount_sats"],
        total_sats=data["total_amount_sats"],
    )


def _sats(amount: int) -> Object:
    return {
        "original_value": amount,
        "original_unit": "SATOSHI",
        "preferred_currency_unit": "SATOSHI",
        "preferred_currency_value_rounded": amount,
    }


def _transfer(net: Network, transfer: Transfer) -> Object:
    return {
        "total_amount": _sats(transfer.total_sats),
        "spark_id": transfer.id,
        "user_request": lambda _info: _user_request(net, transfer),
    }


def _user_request(net: Network, transfer: Transfer) -> Object | None:
    send = net.provider.sends.of(transfer.id)
    if send is not None:
        return _send(net, send)
    swap = net.provider.swaps.of(transfer.id)
    return _swap(net, swap) if swap is not None else None


def _send(net: Network, send: SendRequest) -> Object:
    return {
        "__typename": "LightningSendRequest",
        "id": send.id,
        "created_at": _date(send.created_at),
        "updated_at": _date(send.updated_at),
        "network": NETWORK,
        "status": send.status.value,
        "encoded_invoice": send.invoice,
        "fee": _sats(send.fee_sats),
        "idempotency_key": "",
        "transfer": lambda _info: _transfer(net, net.ledger.transfers[send.transfer_id]),
        "payment_preimage": send.preimage.hex() if send.preimage is not None else None,
    }


def _swap(net: Network, swap: SwapRequest) -> Object:
    return {
        "__typename": "LeavesSwapRequest",
        "id": swap.id,
        "created_at": _date(swap.created_at),
        "updated_at": _date(swap.created_at),
        "network": NETWORK,
        "status": "SUCCEEDED",
        "total_amount": _sats(swap.total_sats),
        "target_amount": _sats(swap.target_sats),
        "fee": _sats(0),
        "inbound_transfer": lambda _info: _transfer(net, net.ledger.transfers[swap.inbound_id]),
        "outbound_transfer": lambda _info: _transfer(net, net.ledger.transfers[swap.outbound_id]),
        "expires_at": None,
        "swap_leaves": [],
    }


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _hex(text: str, field: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise ProviderError(f"{field} must be hex") from error


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unbase64url(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
