"""SVG as text: elements, numbers, words that are safe to stand in it.

Role: the one place where markup is put together, so that nothing in it can come from a record unescaped.
Must not know: plots.
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from bench.formats import plain

WIDTH = 480.0  # of every plot, in its own units: at the width of a phone its text is still to be read
TEXT = 11  # font size
_GLYPH = 0.56  # width of a letter of a sans serif face, in font sizes, on average


def element(name: str, *inside: str, **attributes: str | float) -> Markup:
    """One element. An underscore in an attribute's name is a hyphen; text must be made by `text` or be escaped here.

    An empty element ends with " />": a page that drops the quotes around plain values leaves it intact.
    """
    told = "".join(f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    if not inside:
        return Markup(f"<{name}{told} />")  # noqa: S704 - the values are escaped
    return Markup(f"<{name}{told}>{joined(inside)}</{name}>")  # noqa: S704 - joining escapes the parts


def joined(parts: Iterable[str]) -> Markup:
    """Several pieces after one another, each escaped unless it is markup."""
    return Markup("").join(parts)


def text(words: str, x: float, y: float, *, width: float | None = None, **attributes: str | float) -> Markup:
    """Words at a place; cut to about `width`."""
    return element("text", short(words, width), x=x, y=y, **attributes)


def short(words: str, width: float | None, size: float = TEXT) -> str:
    """One printable line that takes about `width` at most: what is cut off leaves an ellipsis."""
    line = plain(words)
    most = len(line) if width is None else max(int(width / (size * _GLYPH)), 1)
    return line if len(line) <= most else line[: most - 1] + "…"


def breadth(words: str, size: float = TEXT) -> float:
    """About how wide words are; faces differ."""
    return len(words) * size * _GLYPH


def drawing(title: str, description: str, height: float, *inside: str) -> Markup:
    """A whole plot with its name and what it shows in words."""
    return element(
        "svg",
        element("title", plain(title)),
        element("desc", plain(description)),
        *inside,
        class_="plot",
        role="img",
        viewBox=f"0 0 {number(WIDTH)} {number(height)}",
        font_size=TEXT,
        fill="currentColor",
    )


def number(value: float) -> str:
    """A coordinate, to a tenth: 12.0 -> "12", -0.04 -> "0"."""
    tenths = round(value * 10)
    return f"{tenths // 10}" if tenths % 10 == 0 else f"{tenths / 10}"


def _value(value: str | float) -> Markup:
    return escape(plain(value) if isinstance(value, str) else number(value))
