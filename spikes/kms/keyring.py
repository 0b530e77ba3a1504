"""Key-encryption keys and their versions: wrap, unwrap, disable, destroy.

Role: the cryptography of the KMS. A version that was destroyed is overwritten with nothing and can never be asked
again; a disabled one can be enabled. Must not know: HTTP, callers, policy.

Wrapping is AES-256-GCM with the caller's associated data and a random 96-bit nonce in front of the ciphertext. One
version wraps far fewer than 2**32 keys, the bound of NIST SP 800-38D, 8.3, for random nonces.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BITS = 256
NONCE_BYTES = 12


class KeyRefusal(Exception):
    """What the key ring refuses; `reason` is one word for programs and the audit log."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class VersionState(StrEnum):
    """Whether a key version may be used."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    DESTROYED = "destroyed"


@dataclass
class _Version:
    key: bytes | None = field(repr=False)
    state: VersionState = VersionState.ENABLED


class KeyRing:
    """All keys of the service, each with versions from 1; the newest enabled one wraps."""

    def __init__(self) -> None:
        self._keys: dict[str, list[_Version]] = {}

    def create_version(self, name: str) -> int:
        """A new version, and with the first one the key itself; its number."""
        versions = self._keys.setdefault(name, [])
        versions.append(_Version(AESGCM.generate_key(KEY_BITS)))
        return len(versions)

    def wrap(self, name: str, plaintext: bytes, associated_data: bytes) -> tuple[int, bytes]:
        """(version, wrapped) under the newest enabled version. Raises KeyRefusal: no_such_key, key_disabled."""
        versions = self._versions(name)
        for number in range(len(versions), 0, -1):
            if versions[number - 1].state is VersionState.ENABLED:
                nonce = os.urandom(NONCE_BYTES)
                return number, nonce + self._cipher(name, number).encrypt(nonce, plaintext, associated_data)
        raise KeyRefusal("key_disabled", f"no version of {name} is enabled; enable one or create a new one")

    def unwrap(self, name: str, version: int, wrapped: bytes, associated_data: bytes) -> bytes:
        """The plaintext. Raises KeyRefusal: no_such_key, key_disabled, key_destroyed, not_authentic."""
        cipher = self._cipher(name, version)
        try:
            return cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], associated_data)
        except (InvalidTag, ValueError):
            raise KeyRefusal(
                "not_authentic", "the wrapped key was changed, or is not of this key, version and associated data"
            ) from None

    def set_state(self, name: str, version: int, state: VersionState) -> None:
        """Enable, disable or destroy a version; destroying is for ever. Raises KeyRefusal."""
        found = self._version(name, version)
        if found.state is VersionState.DESTROYED:
            raise KeyRefusal("key_destroyed", f"version {version} of {name} was destroyed; create a new one")
        found.state = state
        if state is VersionState.DESTROYED:
            found.key = None

    def _cipher(self, name: str, version: int) -> AESGCM:
        found = self._version(name, version)
        if found.key is None:
            raise KeyRefusal("key_destroyed", f"version {version} of {name} was destroyed")
        if found.state is not VersionState.ENABLED:
            raise KeyRefusal("key_disabled", f"version {version} of {name} is disabled; enable it first")
        return AESGCM(found.key)

    def _version(self, name: str, version: int) -> _Version:
        versions = self._versions(name)
        if not 1 <= version <= len(versions):
            raise KeyRefusal("no_such_key", f"{name} has no version {version}")
        return versions[version - 1]

    def _versions(self, name: str) -> list[_Version]:
        if name not in self._keys:
            raise KeyRefusal("no_such_key", f"there is no key {name}; create its first version")
        return self._keys[name]
