"""Login at a signing operator: SparkAuthnService. Source: facts/spark-protocol.md section 2.1."""

from __future__ import annotations

from spikes.emulator.crypto import curve
from spikes.emulator.network import Network
from spikes.emulator.rpc import Code, RpcError
from spikes.emulator.sessions import AuthError
from spikes.emulator.wire import spark_authn_pb2 as pb


def get_challenge(net: Network, operator: int, request: pb.GetChallengeRequest) -> pb.GetChallengeResponse:
    """A challenge for one identity key; independent of all earlier ones."""
    try:
        curve.parse_point(request.public_key)
    except curve.CryptoError as error:
        raise RpcError(Code.INVALID_ARGUMENT, f"public_key: {error}") from error
    book = net.operator_sessions[operator]
    challenge = pb.Challenge(
        version=1, timestamp=int(net.clock.now()), nonce=book.nonce(), public_key=request.public_key
    )
    seal = book.seal(challenge.SerializeToString(deterministic=True))
    return pb.GetChallengeResponse(
        protected_challenge=pb.ProtectedChallenge(version=1, challenge=challenge, server_hmac=seal)
    )


def verify_challenge(net: Network, operator: int, request: pb.VerifyChallengeRequest) -> pb.VerifyChallengeResponse:
    """A session for whoever signed the challenge with the key it was made for."""
    challenge = request.protected_challenge.challenge
    encoded = challenge.SerializeToString(deterministic=True)
    if request.public_key != challenge.public_key:
        raise RpcError(Code.UNAUTHENTICATED, "the challenge was made for another key")
    try:
        session = net.operator_sessions[operator].open(
            challenge=encoded,
            seal=request.protected_challenge.server_hmac,
            issued_at=challenge.timestamp,
            identity=challenge.public_key,
            signed=encoded,
            signature=request.signature,
        )
    except AuthError as error:
        raise RpcError(Code.UNAUTHENTICATED, str(error)) from error
    return pb.VerifyChallengeResponse(session_token=session.token, expiration_timestamp=int(session.expires_at))
