"""JavaScript values, as far as the small host has them.

Role: the Python shape of each value and the few operations on them that the pure calls need. An operation on values for
which JavaScript's rules are longer than what is here raises NotKnown; nothing is guessed.
Must not know: wasmtime.

null is None, as it is the null reference in WebAssembly; booleans, numbers (float) and strings are Python's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class NotKnown(Exception):
    """JavaScript has an answer, this host does not."""


class JsThrow(Exception):
    """A JavaScript error on its way to the caller; the message is its `message`."""


class Undefined(Enum):
    """The one value `undefined`."""

    UNDEFINED = "undefined"


UNDEFINED = Undefined.UNDEFINED


# eq=False: two objects are equal if they are the same object.
@dataclass(eq=False)
class JsObject:
    """A plain object with its own properties, in the order in which they were set."""

    properties: dict[str, JsValue] = field(default_factory=dict)


@dataclass(eq=False)
class JsArray:
    """An array without holes."""

    items: list[JsValue] = field(default_factory=list)


@dataclass(eq=False)
class JsError:
    """An Error."""

    message: str


JsValue = Undefined | None | bool | float | str | JsObject | JsArray | JsError


def loosely_equal(left: JsValue, right: JsValue) -> bool:
    """`left == right`. Raises NotKnown where JavaScript would convert one of them first."""
    nothing = (None, UNDEFINED)
    if left in nothing or right in nothing:
        return left in nothing and right in nothing
    if isinstance(left, JsObject | JsArray | JsError) and isinstance(right, JsObject | JsArray | JsError):
        return left is right
    if type(left) is type(right):
        return left == right
    raise NotKnown(f"{type(left).__name__} == {type(right).__name__}")


def set_property(target: JsValue, key: JsValue, value: JsValue) -> None:
    """`target[key] = value` for a plain object and a name."""
    if not isinstance(target, JsObject) or not isinstance(key, str) or key == "__proto__" or key.isdigit():
        raise NotKnown(f"setting {key!r} of {type(target).__name__}")
    target.properties[key] = value


def set_item(target: JsValue, index: int, value: JsValue) -> None:
    """`target[index] = value` for an array, in its length or just behind it."""
    if not isinstance(target, JsArray) or not 0 <= index <= len(target.items):
        raise NotKnown(f"setting item {index} of {type(target).__name__}")
    target.items[index : index + 1] = [value]


def to_string(value: JsValue) -> str:
    """`String(value)`."""
    match value:
        case str():
            return value
        case JsError(message=message):
            return f"Error: {message}" if message else "Error"
        case _:
            raise NotKnown(f"String of {type(value).__name__}")


def to_json(value: JsValue) -> Any:
    """`JSON.parse(JSON.stringify(value))`: what a caller can compare elsewhere; 1.0 is 1."""
    match value:
        case JsObject(properties=properties):
            return {name: to_json(each) for name, each in properties.items() if each is not UNDEFINED}
        case JsArray(items=items):
            return [None if each is UNDEFINED else to_json(each) for each in items]
        case bool() | str() | None:
            return value
        case float():
            return int(value) if value.is_integer() else value
        case _:
            raise NotKnown(f"JSON of {type(value).__name__}")
