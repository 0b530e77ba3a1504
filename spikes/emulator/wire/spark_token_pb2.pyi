from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class QueryTokenOutputsRequest(_message.Message):
    __slots__ = ("owner_public_keys",)
    OWNER_PUBLIC_KEYS_FIELD_NUMBER: _ClassVar[int]
    owner_public_keys: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, owner_public_keys: _Optional[_Iterable[bytes]] = ...) -> None: ...

class QueryTokenOutputsResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class QueryTokenTransactionsRequest(_message.Message):
    __slots__ = ("limit", "offset")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    limit: int
    offset: int
    def __init__(self, limit: _Optional[int] = ..., offset: _Optional[int] = ...) -> None: ...

class QueryTokenTransactionsResponse(_message.Message):
    __slots__ = ("offset",)
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    offset: int
    def __init__(self, offset: _Optional[int] = ...) -> None: ...
