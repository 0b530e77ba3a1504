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
