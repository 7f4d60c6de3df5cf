"""The text of a YAML document: its bytes, its characters, what its plain scalars mean, and the
parser's errors in plain words.
"""

import re
from pathlib import Path

from gangen.errors import LINE_BREAK, Place, Problems, Source, UsageError

MAX_BYTES = 1_000_000
# Characters: a longer number is no setting, and Python refuses to print the longest ones.
MAX_NUMBER = 100
TAG = "tag:yaml.org,2002:"
CONSTANTS: dict[str, bool | float | None] = {
    **dict.fromkeys(["", "~", "null", "Null", "NULL"]),
    **dict.fromkeys(["true", "True", "TRUE"], True),
    **dict.fromkeys(["false", "False", "FALSE"], False),
    **dict.fromkeys([".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"], float("inf")),
    **dict.fromkeys(["-.inf", "-.Inf", "-.INF"], float("-inf")),
    **dict.fromkeys([".nan", ".NaN", ".NAN"], float("nan")),
}
DIGITS = "[0-9]+(?:_[0-9]+)*"
INTEGER = re.compile(f"[-+]?{DIGITS}|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(rf"[-+]?(?:\.[0-9]+|{DIGITS}(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
# What YAML forbids rather than all but what it allows: those long ranges take 3 ms to compile.
UNPRINTABLE = re.compile(
    "[\x00-\x08\v\f\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]"
)
ESCAPED_IN = re.compile("[\x00\ud800-\udfff]")  # what an escape in a quoted text can still bring in

ESCAPE_HELP = "write such a text in 'single quotes', where \\ is an ordinary character"
INDENT_HELP = "indent it like its neighbours; put a text that contains `: ` or quotes in quotes"
TAG_HELP = "remove it; a text that begins with `!` needs quotes"
KEY_HELP = "put it in quotes if it is text"
NO_CHARACTER = "an escape in this text is no Unicode character"
OTHER_BLOCK = "the line does not continue what is above it"
# The parser's words, ours, help, and whether the place to show is where the broken thing begins.
SYNTAX: tuple[tuple[str, str, str | None, bool], ...] = (
    ("mapping values are not allowed", "a `:` cannot stand here", INDENT_HELP, False),
    ("could not find expected ':'", "this line lacks its `:`", "write `key: value`", True),
    ("unexpected end of stream", "the quote opened here is never closed", None, True),
    ("unknown escape character", "there is no such escape with \\", ESCAPE_HELP, False),
    ("expected ',' or ']'", "the list opened here lacks a `,` or its `]`", None, True),
    ("expected ',' or '}'", "the mapping opened here lacks a `,` or its `}`", None, True),
    ("expected '-' indicator", OTHER_BLOCK, INDENT_HELP, False),
    ("expected key", OTHER_BLOCK, INDENT_HELP, False),
    ("expected <block end>", OTHER_BLOCK, INDENT_HELP, False),
    ("expected node content", "a key or a value is missing here", None, False),
    ("alphabetic or numeric", "a name must follow this sign", "put a text in quotes", False),
    ("cannot start any token", "a value cannot begin like this", "put the text in quotes", False),
    ("incompatible YAML", "this version of YAML is unknown", "remove the %YAML line", False),
)


class Fatal(Exception):
    """Reading cannot go on; the reason is among the problems already."""


def spec_bytes(path: Path) -> bytes:
    """The file at `path`, or a little more than the longest allowed. Raises UsageError."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        message = f"there is no spec {path}"
        raise UsageError(message, help=f"`gangen init -o {path}` makes one") from None
    except (OSError, ValueError) as error:
        if path.is_dir():
            message = f"{path} is a folder, not a spec"
            raise UsageError(
                message, help="name the spec itself; `gangen init` makes one"
            ) from None
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot read {path}: {reason}", help="check its permissions") from None


def decoded(text: str | bytes, name: str, problems: Problems) -> str:
    """The text without a byte order mark; raises Fatal when it is too long or no UTF-8."""
    start = Place(Source(name, ""), 1, 1)
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        problems.add("yaml-size", f"the document is longer than {MAX_BYTES:,} bytes", start)
        raise Fatal
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    if text[:2] in (b"\xff\xfe", b"\xfe\xff") or text[:4] == b"\x00\x00\xfe\xff":
        message = "the document is UTF-16 or UTF-32; gangen reads UTF-8"
        problems.add("yaml-encoding", message, start, help="save it as UTF-8")
        raise Fatal
    text = text.removeprefix(b"\xef\xbb\xbf")
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        source = Source(name, text.decode("utf-8", "replace"))
        before = text[: error.start].decode("utf-8")
        message = f"byte 0x{text[error.start]:02x} is not UTF-8"
        place = place_after(source, before)
        problems.add("yaml-encoding", message, place, help="save it as UTF-8")
        raise Fatal from None


def place_after(source: Source, before: str, shift: int = 0) -> Place:
    """The place of the character that follows `before`."""
    lines = LINE_BREAK.split(before)
    return Place(source, len(lines), len(lines[-1]) + 1 + (shift if len(lines) == 1 else 0))


def is_number(text: str) -> bool:
    """Whether a plain scalar is a whole or a decimal number."""
    return bool(INTEGER.fullmatch(text) or FLOAT.fullmatch(text))


def plain_scalar(text: str) -> bool | int | float | str | None:
    """What a plain scalar means in YAML 1.2's core schema."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    if INTEGER.fullmatch(text):
        return int(text, 8 if text[:2] == "0o" else 16 if text[:2] == "0x" else 10)
    return float(text) if FLOAT.fullmatch(text) else text
