"""What the harness sends to the admin API, read and checked field by field."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from spikes.emulator.crypto import curve


class BadRequest(Exception):
    """A request of the harness that makes no sense; the message says what to send."""


async def read_body(request: web.Request) -> dict[str, Any]:
    """The JSON object of a request."""
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise BadRequest("send a JSON object") from error
    if not isinstance(body, dict):
        raise BadRequest("send a JSON object")
    return body


def text(name: str, value: object) -> str:
    """A text."""
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be a text, got {value!r}")
    return value


def whole(name: str, value: object, low: int, high: int) -> int:
    """A whole number in a range."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadRequest(f"{name} must be a whole number from {low} to {high}, got {value!r}")
    return value


def hexadecimal(name: str, value: object, length: int) -> bytes:
    """So many bytes in hex."""
    try:
        data = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        data = b""
    if len(data) != length:
        raise BadRequest(f"{name} must be {2 * length} hex digits")
    return data


def key(value: object, name: str = "identity_public_key") -> bytes:
    """A compressed public key in hex."""
    try:
        return curve.parse_point(hexadecimal(name, value, 33))
    except curve.CryptoError as error:
        raise BadRequest(f"{name} is not a key: {error}") from error
