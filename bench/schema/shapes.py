"""JSON Schema (2020-12) of dataclasses, as our JSON writes them.

Role: types in, schema out; strict: no field that the type does not have. Must not know: which dataclasses there are.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import inspect
import types
import typing
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

Schema = dict[str, Any]
Rules = Mapping[tuple[type, str], Schema]  # (dataclass, field) -> what its type alone does not say
_SCALARS: Mapping[Any, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    Decimal: {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
    types.NoneType: {"type": "null"},
    object: {},
}


class Shapes:
    """Schemas of dataclasses, each under its name in `definitions`, in the order in which they were met."""

    def __init__(self, rules: Rules, *, sparing: bool) -> None:
        """`sparing`: a field with its default value is not written, so nobody may require it; `kind` always is."""
        self._rules = rules
        self._sparing = sparing
        self._names: dict[type, str] = {}
        self.definitions: dict[str, Schema] = {}

    def of(self, hint: Any) -> Schema:
        """The schema of a type; of a dataclass, a reference to its definition."""
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin in (types.UnionType, typing.Union):
            return _either([self.of(option) for option in arguments])
        if origin is tuple:
            return self._tuple(arguments)
        if isinstance(origin, type) and issubclass(origin, collections.abc.Mapping):
            return {"type": "object", "additionalProperties": self.of(arguments[1])}
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            return {"$ref": f"#/$defs/{self._defined(hint)}"}
        if isinstance(hint, type) and issubclass(hint, StrEnum):
            return {"enum": [member.value for member in hint]}
        if hint in _SCALARS:
            return dict(_SCALARS[hint])
        raise TypeError(f"{hint!r} has no JSON Schema yet; teach bench/schema/shapes.py how it is written")

    def _tuple(self, arguments: tuple[Any, ...]) -> Schema:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return {"type": "array", "items": self.of(arguments[0])}
        return {"type": "array", "prefixItems": [self.of(each) for each in arguments], "items": False}

    def _defined(self, cls: type) -> str:
        """The name of a dataclass among the definitions; two of one name are told apart by their modules."""
        if cls not in self._names:
            name = cls.__name__
            if name in self._names.values():
                name = f"{cls.__module__.rpartition('.')[2]}.{name}"
            self._names[cls] = name
            self.definitions[name] = {}  # holds its place: what it refers to comes after it
            self.definitions[name].update(self._object(cls))
        return self._names[cls]

    def _object(self, cls: Any) -> Schema:
        hints = typing.get_type_hints(cls)
        fields = dataclasses.fields(cls)
        properties = {field.name: self._field(cls, field, hints[field.name]) for field in fields}
        return {
            "description": (inspect.getdoc(cls) or "").partition("\n\n")[0].replace("\n", " "),
            "type": "object",
            "properties": properties,
            "required": [field.name for field in fields if not self._sparing or _always_written(field)],
            "additionalProperties": False,
        }

    def _field(self, cls: Any, field: dataclasses.Field[Any], hint: Any) -> Schema:
        if field.name == "kind" and isinstance(field.default, str):
            return {"const": field.default}
        return self.of(hint) | self._rules.get((cls, field.name), {})


def _always_written(field: dataclasses.Field[Any]) -> bool:
    has_default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
    return field.name == "kind" or not has_default


def _either(options: Iterable[Schema]) -> Schema:
    """One of several: scalars as a list of types, so that a reader sees them at a glance."""
    schemas = list(options)
    if all(schema.keys() == {"type"} for schema in schemas):
        return {"type": [schema["type"] for schema in schemas]}
    return {"anyOf": schemas}
