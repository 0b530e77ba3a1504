from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Challenge(_message.Message):
    __slots__ = ("version", "timestamp", "nonce", "public_key")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    version: int
    timestamp: int
    nonce: bytes
    public_key: bytes
    def __init__(self, version: _Optional[int] = ..., timestamp: _Optional[int] = ..., nonce: _Optional[bytes] = ..., public_key: _Optional[bytes] = ...) -> None: ...

class ProtectedChallenge(_message.Message):
    __slots__ = ("version", "challenge", "server_hmac")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    SERVER_HMAC_FIELD_NUMBER: _ClassVar[int]
    version: int
    challenge: Challenge
    server_hmac: bytes
    def __init__(self, version: _Optional[int] = ..., challenge: _Optional[_Union[Challenge, _Mapping]] = ..., server_hmac: _Optional[bytes] = ...) -> None: ...

class GetChallengeRequest(_message.Message):
    __slots__ = ("public_key",)
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    public_key: bytes
    def __init__(self, public_key: _Optional[bytes] = ...) -> None: ...

class GetChallengeResponse(_message.Message):
    __slots__ = ("protected_challenge",)
    PROTECTED_CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    protected_challenge: ProtectedChallenge
    def __init__(self, protected_challenge: _Optional[_Union[ProtectedChallenge, _Mapping]] = ...) -> None: ...

class VerifyChallengeRequest(_message.Message):
    __slots__ = ("protected_challenge", "signature", "public_key")
    PROTECTED_CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    protected_challenge: ProtectedChallenge
    signature: bytes
    public_key: bytes
    def __init__(self, protected_challenge: _Optional[_Union[ProtectedChallenge, _Mapping]] = ..., signature: _Optional[bytes] = ..., public_key: _Optional[bytes] = ...) -> None: ...

class VerifyChallengeResponse(_message.Message):
    __slots__ = ("session_token", "expiration_timestamp")
    SESSION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    EXPIRATION_TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    session_token: str
    expiration_timestamp: int
    def __init__(self, session_token: _Optional[str] = ..., expiration_timestamp: _Optional[int] = ...) -> None: ...
