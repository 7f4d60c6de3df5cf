"""Text that is source code: literals, and the filters through which a spec's text reaches files."""

from __future__ import annotations

import re
from typing import Any


class Code(str):
    """Text that is source code. Only our filters make it; a spec's text never is one."""

    __slots__ = ()


def literal(value: Any) -> Code:
    """A value as Python source: 2e-4 rather than 0.0002, double quotes."""
    match value:
        case Code():
            return value
        case bool() | None:
            return Code(repr(value))
        case float():
            return Code(number(value))
        case int():
            return Code(f"{value:_}" if abs(value) >= 10_000 else str(value))
        case str():
            return Code(_quoted(value))
        case tuple() | list():
            inside = ", ".join(literal(item) for item in value)
            return Code(f"({inside},)" if len(value) == 1 else f"({inside})")
    raise TypeError(f"no literal for {value!r}")


def number(value: float) -> str:
    """The shorter of the plain and the scientific form, exact either way."""
    plain = repr(value)
    mantissa, _, exponent = f"{value:.17e}".partition("e")
    for digits in range(17):
        short, _, exponent = f"{value:.{digits}e}".partition("e")
        if float(f"{short}e{exponent}") == value:
            mantissa = short
            break
    scientific = f"{mantissa}e{int(exponent)}"
    return scientific if 0 < abs(value) < 1e-3 or "e" in plain else plain


def _quoted(value: str) -> str:
    """A string literal in double quotes; everything that is not plain ASCII text is escaped."""
    escaped = "".join(
        f"\\{c}" if c in '"\\' else c if c.isprintable() and c.isascii() else _escape(c)
        for c in value
    )
    return f'"{escaped}"'


def _escape(character: str) -> str:
    point = ord(character)
    return (
        f"\\x{point:02x}"
        if point < 0x100
        else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
    )


# Also what makes a line read otherwise than it is: marks that turn the direction of writing.
_CONTROLS = re.compile(
    r"[^\S ]|[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)


def plain(text: str) -> str:
    """One line of text: line breaks of every kind and controls become spaces."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def comment(text: str) -> Code:
    """Text behind a `#`."""
    return Code(plain(text))


def docstring(text: str) -> Code:
    """Text inside triple double quotes."""
    return Code(plain(text).replace("\\", "\\\\").replace('"', '\\"'))


_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!&~$])")
_LIST = re.compile(r"^(\d*)([-+=.)])")  # at its start "- " or "1. " would make a list of it


def markdown(text: str) -> Code:
    """Text in a Markdown paragraph, every mark-up character taken literally."""
    return Code(_LIST.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", plain(text))))


def toml(text: str) -> Code:
    """A TOML basic string, quotes included."""
    return Code(f'"{docstring(text)}"')


def first_sentence(text: str) -> str:
    """Without its full stop; the one of "eq. 3", "et al. 2016" or "e.g. 4" ends none."""
    return re.split(r"(?<!\beq)(?<!\bal)(?<!\be\.g)\. ", text, maxsplit=1)[0].rstrip(".")


def first_clause(text: str) -> str:
    """The first sentence up to a semicolon."""
    return first_sentence(text).partition("; ")[0]
