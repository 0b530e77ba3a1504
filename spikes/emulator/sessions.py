"""Logins: a challenge to sign, and a session token that lives for a while. One book for the operators, one for the SSP.

Challenges are stateless (an HMAC marks the book's own), so concurrent logins of one wallet never disturb each other.
Source: facts/spark-protocol.md section 2.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace

from spikes.emulator.clock import Clock
from spikes.emulator.crypto import curve
from spikes.emulator.entropy import Entropy

CHALLENGE_LIFETIME_S = 300.0
SESSION_LIFETIME_S = 3600.0
KEY_BYTES = 33


class AuthError(ValueError):
    """A login that is refused, or a token that is not valid (any more)."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """A login of `identity` (33-byte key) until `expires_at` (seconds since the epoch)."""

    token: str
    identity: bytes
    expires_at: float
    ended: bool = False


class SessionBook:
    """Sessions of one service. `name` keeps the tokens of different services apart."""

    def __init__(
        self, name: str, *, secret: bytes, entropy: Entropy, clock: Clock, lifetime_s: float = SESSION_LIFETIME_S
    ) -> None:
        self._name = name
        self._secret = secret
        self._entropy = entropy
        self._clock = clock
        self.lifetime_s = lifetime_s
        self._sessions: dict[str, Session] = {}

    def nonce(self) -> bytes:
        """32 fresh bytes for a challenge."""
        return self._entropy.draw(f"session/{self._name}/nonce")

    def seal(self, challenge: bytes) -> bytes:
        """The HMAC that marks an encoded challenge as this book's own."""
        return hmac.digest(self._secret, self._name.encode() + challenge, "sha256")

    def open(
        self, *, challenge: bytes, seal: bytes, issued_at: float, identity: bytes, signed: bytes, signature: bytes
    ) -> Session:
        """Start a session if `seal` is ours and `signature` (DER ECDSA over SHA-256 of `signed`) is `identity`'s."""
        if not hmac.compare_digest(seal, self.seal(challenge)):
            raise AuthError("this challenge is not ours; ask for a new one")
        if self._clock.now() - issued_at > CHALLENGE_LIFETIME_S:
            raise AuthError("the challenge has expired; ask for a new one")
        if not curve.ecdsa_verify(signature, hashlib.sha256(signed).digest(), identity):
            raise AuthError("the signature does not belong to this key and challenge")
        session = Session(
            token=f"{self._name}-{self._entropy.draw(f'session/{self._name}/token').hex()}",
            identity=identity,
            expires_at=float(int(self._clock.now() + self.lifetime_s)),
        )
        self._prune()
        self._sessions[session.token] = session
        return session

    def identity(self, token: str) -> bytes:
        """Whose token this is. Raises AuthError for unknown and expired ones."""
        session = self._sessions.get(token)
        if session is None:
            raise AuthError("unknown session token; log in")
        if session.ended or session.expires_at <= self._clock.now():
            raise AuthError("the session has expired; log in again")
        return session.identity

    def owner(self, token: str | None) -> bytes | None:
        """Whose token this is or was, if that is still known. No login: for the journal and for faults."""
        session = self._sessions.get(token) if token else None
        return session.identity if session else None

    def forget(self, identity: bytes) -> None:
        """End every session of `identity`."""
        for token, session in self._sessions.items():
            if session.identity == identity:
                self._sessions[token] = replace(session, ended=True)

    def forget_all(self) -> None:
        """End every session at once, as a restart of the service would."""
        self._sessions.clear()

    def _prune(self) -> None:
        """Drop what expired: sessions are in the order of their expiry, for they all live equally long."""
        now = self._clock.now()
        while self._sessions:
            token = next(iter(self._sessions))
            if self._sessions[token].expires_at > now:
                return
            del self._sessions[token]
