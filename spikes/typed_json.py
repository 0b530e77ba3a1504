"""JSON values as typed, frozen dataclasses, and back: strict where Python is lenient.

Fast enough for records of 100,000 lines. Must not know what the dataclasses mean. Understands nested
dataclasses, StrEnum, tuples of one type, mappings from strings, unions, and the JSON scalars.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

Reader = Callable[[Any], Any]


def build(cls: Any, raw: Any) -> Any:
    """An instance of the dataclass `cls` from a JSON object. Raises TypeError or ValueError if the shape is wrong."""
    if not isinstance(raw, dict):
        raise TypeError(f"{cls.__name__} needs an object, got {type(raw).__name__}")
    readers = _readers(cls)
    if not raw.keys() <= readers.keys():
        raise ValueError(f"unknown fields {sorted(raw.keys() - readers.keys())}")
    return cls(**{name: readers[name](value) for name, value in raw.items()})


def plain(value: Any) -> Any:
    """The JSON value of a dataclass and all within it, without fields that have their default; `kind` always stands."""
    if dataclasses.is_dataclass(value):
        fields = ((name, getattr(value, name), default) for name, default in _defaults(value.__class__))
        return {name: plain(item) for name, item, default in fields if name == "kind" or item != default}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


@functools.cache
def _defaults(cls: Any) -> tuple[tuple[str, Any], ...]:
    """Name and default of each field; what has no default is unlike everything."""
    return tuple((item.name, _default(item)) for item in dataclasses.fields(cls))


def _default(item: dataclasses.Field[Any]) -> Any:
    if item.default is not dataclasses.MISSING:
        return item.default
    return object() if item.default_factory is dataclasses.MISSING else item.default_factory()


@functools.cache
def _readers(cls: Any) -> dict[str, Reader]:
    """A reader for each field. Made once a class: looking types up line by line would dominate reading a record."""
    hints = typing.get_type_hints(cls)
    return {item.name: _reader(hints[item.name]) for item in dataclasses.fields(cls)}


def _reader(hint: Any) -> Reader:
    """What checks and converts a JSON value to the type `hint`; it raises TypeError or ValueError."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _union_reader(arguments)
    if origin is tuple:
        return _tuple_reader(_reader(arguments[0]))
    if origin is collections.abc.Mapping:
        return _mapping_reader(_reader(arguments[1]))
    if dataclasses.is_dataclass(hint):
        return functools.partial(build, hint)
    return _scalar_reader(hint)


def _tuple_reader(item: Reader) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not list:
            raise _unfit(list, value)
        return tuple([item(each) for each in value])

    return read


def _mapping_reader(item: Reader) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise _unfit(dict, value)
        return {_one_copy(key): item(each) for key, each in value.items()}

    return read


def _scalar_reader(hint: Any) -> Reader:
    if issubclass(hint, StrEnum):
        return _enum_reader(hint)
    if hint is float:
        return _float
    return _str if hint is str else _exactly(hint)


def _enum_reader(hint: type[StrEnum]) -> Reader:
    members: dict[Any, StrEnum] = {member.value: member for member in hint}

    def read(value: Any) -> Any:
        member = members.get(value) if type(value) is str else None
        return hint(value) if member is None else member  # the type itself says best what is wrong

    return read


def _union_reader(options: Sequence[Any]) -> Reader:
    """The first option that fits. Which scalar fits is told by the JSON value's own type, without trying."""
    readers = [_reader(option) for option in options]
    by_type: dict[type, Reader] = {}
    for option, reader in zip(options, readers, strict=True):
        for json_type in _JSON_TYPES.get(option, ()):
            by_type.setdefault(json_type, reader)
    others = [reader for option, reader in zip(options, readers, strict=True) if option not in _JSON_TYPES]

    def read(value: Any) -> Any:
        known = by_type.get(type(value))
        if known is not None and not others:
            return known(value)
        for option in readers if others else ():
            try:
                return option(value)
            except (TypeError, ValueError):
                continue
        raise TypeError(f"no type of the schema fits {value!r}")

    return read


def _exactly(cls: type) -> Reader:
    """A value of exactly this JSON type: true is not 1."""

    def read(value: Any) -> Any:
        if type(value) is cls:
            return value
        raise _unfit(cls, value)

    return read


def _str(value: Any) -> Any:
    if type(value) is str:
        return _one_copy(value)
    raise _unfit(str, value)


@functools.lru_cache(maxsize=2**16)
def _one_copy(text: str) -> str:
    """A record says the same few words in every line, and each hash several times: one copy of each is enough."""
    return text


def _float(value: Any) -> Any:
    if type(value) is float:
        return value
    if type(value) is int:
        return float(value)
    raise _unfit(float, value)


def _unfit(cls: type, value: Any) -> TypeError:
    return TypeError(f"expected {cls.__name__}, got {value!r}")


# Which JSON values a scalar type takes.
_JSON_TYPES: Mapping[Any, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    float: (float, int),
    bool: (bool,),
    types.NoneType: (types.NoneType,),
}
