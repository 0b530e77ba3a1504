"""The test wallet's line to the network: sessions at operators and provider, and the questions that a wallet asks.

Must not import the emulator's handlers, ledger or provider. Source: facts/spark-protocol.md sections 2, 7.1 and 9.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from google.protobuf.message import Message

from spikes.emulator.crypto import curve
from spikes.emulator.wire import spark_authn_pb2
from spikes.emulator.wire import spark_pb2 as pb
from tests.unit.emulator.client_document import request_body
from tests.unit.emulator.wallet_keys import WalletKeys
from tests.unit.emulator.wallet_packages import OPERATORS

Response = TypeVar("Response", bound=Message)
Json = dict[str, Any]


class Gateway(Protocol):
    """How a wallet reaches the network. `call` raises RpcError for an error status."""

    async def call(self, operator: int, path: str, token: str | None, body: bytes) -> bytes: ...

    async def query(self, token: str | None, body: bytes) -> tuple[int, bytes]: ...


class SspRefusal(Exception):
    """The provider answered with errors, or with an HTTP status other than 200."""

    def __init__(self, status: int, messages: list[str]) -> None:
        super().__init__(f"{status}: {'; '.join(messages)}")
        self.status = status
        self.messages = messages


class WalletClient:
    """One identity at one network, logged in nowhere yet."""

    def __init__(self, gateway: Gateway, seed: bytes) -> None:
        self.keys = WalletKeys(seed)
        self.identity = self.keys.identity
        self.gateway = gateway
        self.tokens: dict[int, str] = {}
        self.ssp_token: str | None = None

    async def login(self, *, ssp: bool = True) -> None:
        """Sessions at the three operators and at the provider."""
        for operator in range(len(OPERATORS)):
            await self.login_operator(operator)
        if ssp:
            await self.login_ssp()

    async def login_operator(self, operator: int) -> None:
        got = spark_authn_pb2.GetChallengeResponse.FromString(
            await self._login_call(
                operator, "get_challenge", spark_authn_pb2.GetChallengeRequest(public_key=self.identity)
            )
        )
        protected = got.protected_challenge
        digest = hashlib.sha256(protected.challenge.SerializeToString()).digest()
        answer = spark_authn_pb2.VerifyChallengeResponse.FromString(
            await self._login_call(
                operator,
                "verify_challenge",
                spark_authn_pb2.VerifyChallengeRequest(
                    protected_challenge=protected,
                    signature=curve.ecdsa_sign_der(digest, self.keys.identity_secret),
                    public_key=self.identity,
                ),
            )
        )
        self.tokens[operator] = answer.session_token

    async def login_ssp(self) -> None:
        key = self.identity.hex()
        self.ssp_token = None
        challenge = (await self.ssp("GetChallenge", input={"public_key": key}))["get_challenge"]["protected_challenge"]
        raw = base64.urlsafe_b64decode(challenge + "=" * (-len(challenge) % 4))
        signature = curve.ecdsa_sign_der(hashlib.sha256(raw).digest(), self.keys.identity_secret)
        answer = await self.ssp(
            "VerifyChallenge",
            input={
                "protected_challenge": challenge,
                "signature": base64.urlsafe_b64encode(signature).rstrip(b"=").decode(),
                "identity_public_key": key,
                "provider": None,
            },
        )
        self.ssp_token = answer["verify_challenge"]["session_token"]

    async def ask(self, method: str, request: Message, response: type[Response], operator: int = 0) -> Response:
        """One call of SparkService."""
        path = f"/spark.SparkService/{method}"
        raw = await self.gateway.call(operator, path, self.tokens.get(operator), request.SerializeToString())
        return response.FromString(raw)

    async def ssp(self, operation: str, **variables: Any) -> Json:
        """The data of one GraphQL operation. Raises SspRefusal."""
        status, raw = await self.gateway.query(self.ssp_token, request_body(operation, variables))
        answer: Json = json.loads(raw)
        if status != 200 or "errors" in answer:
            raise SspRefusal(status, [error["message"] for error in answer["errors"]])
        data: Json = answer["data"]
        return data

    async def _login_call(self, operator: int, method: str, request: Message) -> bytes:
        path = f"/spark_authn.SparkAuthnService/{method}"
        return await self.gateway.call(operator, path, None, request.SerializeToString())

    async def nodes(self, operator: int = 0) -> dict[str, pb.TreeNode]:
        """The wallet's spendable leaves as one operator shows them."""
        request = pb.QueryNodesRequest(
            owner_identity_pubkey=self.identity,
            limit=100,
            network=pb.REGTEST,
            statuses=[pb.TREE_NODE_STATUS_AVAILABLE],
        )
        return dict((await self.ask("query_nodes", request, pb.QueryNodesResponse, operator)).nodes)

    async def pending(self) -> list[pb.Transfer]:
        """Transfers that the wallet may claim."""
        request = pb.TransferFilter(receiver_identity_public_key=self.identity, network=pb.REGTEST, limit=100)
        return list((await self.ask("query_pending_transfers", request, pb.QueryTransfersResponse)).transfers)

    async def commitments(self, leaves: int) -> list[Sequence[pb.RequestedSigningCommitments]]:
        """Three variants (cpfp, direct, direct-from-cpfp) of one commitment a leaf."""
        request = pb.GetSigningCommitmentsRequest(count=3, node_id_count=leaves)
        got = (await self.ask("get_signing_commitments", request, pb.GetSigningCommitmentsResponse)).signing_commitments
        return [got[start : start + leaves] for start in range(0, 3 * leaves, leaves)]

    async def inbound(self, transfer_id: str) -> pb.Transfer:
        """One incoming transfer by id."""
        request = pb.TransferFilter(receiver_identity_public_key=self.identity, transfer_ids=[transfer_id])
        (found,) = (await self.ask("query_all_transfers", request, pb.QueryTransfersResponse)).transfers
        return found
