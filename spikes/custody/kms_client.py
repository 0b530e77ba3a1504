"""The way to the KMS: one request, one deadline, one typed error.

Role: wrap, rewrap and unwrap over HTTP, and the admin's operations. It never asks twice: a KMS that denies or is slow
is an answer, and a storm of retries would only make it slower.
Must not know: what a data key is for.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from typing import Any

import httpx

from spikes.custody.envelope import WrappedKey

DEADLINE_S = 5.0
_REASONS = {
    "denied": "kms_denied",
    "unauthenticated": "kms_denied",
    "key_disabled": "key_disabled",
    "key_destroyed": "key_destroyed",
    "not_authentic": "envelope_tampered",
    "no_such_key": "kms_key_unknown",
}


class KmsError(Exception):
    """The KMS did not do it. `reason` is one word for programs."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class KmsClient:
    """One caller's door to the KMS."""

    def __init__(self, base_url: str, token: str, http: httpx.AsyncClient, deadline_s: float = DEADLINE_S) -> None:
        self._base_url = base_url
        self._token = token
        self._http = http
        self._deadline_s = deadline_s

    async def create_version(self, key: str) -> int:
        """A new version of a key-encryption key. Raises KmsError."""
        return int((await self._call("POST", f"/keys/{key}/versions"))["keyVersion"])

    async def set_state(self, key: str, version: int, verb: str) -> None:
        """`enable`, `disable` or `destroy` a version. Raises KmsError."""
        await self._call("POST", f"/keys/{key}/versions/{version}:{verb}")

    async def wrap(self, key: str, data_key: bytes, bound: bytes) -> WrappedKey:
        """The data key under the newest version of `key`. Raises KmsError."""
        return _wrapped(
            key, await self._call("POST", f"/keys/{key}:wrap", {"plaintext": _text(data_key), **_aad(bound)})
        )

    async def rewrap(self, wrapped: WrappedKey, bound: bytes) -> WrappedKey:
        """The same data key under the newest version; it does not leave the KMS. Raises KmsError."""
        body = {"ciphertext": _text(wrapped.ciphertext), "keyVersion": wrapped.key_version, **_aad(bound)}
        return _wrapped(wrapped.key_name, await self._call("POST", f"/keys/{wrapped.key_name}:rewrap", body))

    async def unwrap(self, wrapped: WrappedKey, bound: bytes) -> bytes:
        """The data key. Raises KmsError; the policy lets the payment runtime alone do this."""
        body = {"ciphertext": _text(wrapped.ciphertext), "keyVersion": wrapped.key_version, **_aad(bound)}
        answer = await self._call("POST", f"/keys/{wrapped.key_name}:unwrap", body)
        return base64.b64decode(answer["plaintext"], validate=True)

    async def audit(self) -> list[dict[str, Any]]:
        """The audit log, oldest first. Raises KmsError."""
        return list((await self._call("GET", "/audit"))["entries"])

    async def behave(self, *, latency_s: float = 0.0, deny: bool = False, gone: bool = False) -> None:
        """Have unwrapping misbehave from now on, or not any more. Raises KmsError."""
        await self._call("POST", "/behaviour", {"latencyS": latency_s, "deny": deny, "gone": gone})

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            async with asyncio.timeout(self._deadline_s):
                reply = await self._http.request(method, f"{self._base_url}/v1{path}", json=body, headers=headers)
            answer = reply.json()
            if reply.status_code == 200 and isinstance(answer, dict):
                return answer
            code, message = str(answer["error"]["code"]), str(answer["error"]["message"])
        except TimeoutError:
            raise KmsError("kms_timeout", f"no answer from the KMS within {self._deadline_s:g} s") from None
        except httpx.HTTPError as error:
            raise KmsError("kms_unreachable", f"the KMS cannot be reached ({type(error).__name__})") from None
        except (ValueError, KeyError, TypeError):
            raise KmsError("kms_malformed", "the answer of the KMS cannot be read") from None
        raise KmsError(_REASONS.get(code, "kms_refused"), f"the KMS refused: {message}")


def _wrapped(key: str, answer: Mapping[str, Any]) -> WrappedKey:
    ciphertext = base64.b64decode(answer["ciphertext"], validate=True)
    return WrappedKey(key_name=key, key_version=int(answer["keyVersion"]), ciphertext=ciphertext)


def _aad(bound: bytes) -> dict[str, str]:
    return {"additionalAuthenticatedData": _text(bound)}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
