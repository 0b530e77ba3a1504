from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class SigningCommitment(_message.Message):
    __slots__ = ("hiding", "binding")
    HIDING_FIELD_NUMBER: _ClassVar[int]
    BINDING_FIELD_NUMBER: _ClassVar[int]
    hiding: bytes
    binding: bytes
    def __init__(self, hiding: _Optional[bytes] = ..., binding: _Optional[bytes] = ...) -> None: ...
