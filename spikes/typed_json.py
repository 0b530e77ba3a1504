"""JSON values as typed, frozen dataclasses, and back: strict where Python is lenient.

Fast enough for records of 100,000 lines. Must not know what the dataclasses mean. Understands nested
dataclasses, StrEnum, tuples of one type, mappings from strings, unions, and the JSON scalars.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import functools
import sys
import types
import typing
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

Reader = Callable[[Any], Any]


def build(cls: Any, raw: Any) -> Any:
    """An instance of the dataclass `cls` from a JSON object. Raises TypeError or ValueError if the shape is wrong."""
    if not isinstance(raw, dict):
        raise TypeError(f"{cls.__name__} needs an object, got {type(raw).__name__}")
    readers = _readers(cls)
    if extra := raw.keys() - readers.keys():
        raise ValueError(f"unknown fields {sorted(extra)}")
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
        return _union_reader([_reader(option) for option in arguments])
    if origin is tuple:
        item = _reader(arguments[0])
        return lambda value: tuple(item(each) for each in _only(list, value))
    if origin is collections.abc.Mapping:
        item = _reader(arguments[1])
        return lambda value: {sys.intern(key): item(each) for key, each in _only(dict, value).items()}
    if dataclasses.is_dataclass(hint):
        return lambda value: build(hint, value)
    return _scalar_reader(hint)


def _scalar_reader(hint: Any) -> Reader:
    if issubclass(hint, StrEnum):
        read: Reader = hint
        return read
    if hint is float:
        return lambda value: float(value) if type(value) is int else _only(float, value)
    if hint is str:  # a record says the same few words in every line: one copy of each is enough
        return lambda value: sys.intern(_only(str, value))
    return lambda value: _only(hint, value)


def _union_reader(options: Sequence[Reader]) -> Reader:
    def read(value: Any) -> Any:
        for option in options:
            try:
                return option(value)
            except (TypeError, ValueError):
                continue
        raise TypeError(f"no type of the schema fits {value!r}")

    return read


def _only(cls: type, value: Any) -> Any:
    """The value, if it is of exactly this JSON type: true is not 1."""
    if type(value) is not cls:
        raise TypeError(f"expected {cls.__name__}, got {value!r}")
    return value
