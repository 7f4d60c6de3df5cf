"""Plain data as YAML that `load.py` reads back unchanged, with a comment beside each line."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gangen.errors import printable
from gangen.text import number
from gangen.yaml_text import plain_scalar

KeyPath = tuple[str | int, ...]

PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./@-+")
COLUMN = 48  # comments start here, unless a line is longer


@dataclass(frozen=True)
class Line:
    """One line; `path` is the key or item that it begins or holds, `indent` its depth in spaces."""

    path: KeyPath
    indent: int
    text: str


def flow(value: Any) -> str:
    """A value on one line: `[0.5, 0.999]`, `{gain: 1.0}`, `2e-4`, `"a: b"`."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _number(value)
        case str():
            return _text(value)
        case Mapping():
            inside = ", ".join(f"{_text(str(key))}: {flow(item)}" for key, item in value.items())
            return f"{{{inside}}}"
        case Sequence():
            return f"[{', '.join(map(flow, value))}]"
    raise TypeError(f"no YAML for {value!r}")


def block(data: Mapping[str, Any], path: KeyPath = (), indent: int = 0) -> Iterator[Line]:
    """A mapping, one line for each key; lists of scalars stay on one line."""
    for key, value in data.items():
        yield from _entry(f"{_text(key)}:", value, (*path, key), indent)


def written(lines: Sequence[Line], comment: Callable[[Line], str]) -> str:
    """Lines as text, each with its comment behind it."""
    result = []
    for line in lines:
        text, said = " " * line.indent + line.text, comment(line)
        result.append(f"{text:<{COLUMN - 1}} # {printable(said)}" if said else text)
    return "\n".join(result) + "\n"


def _entry(head: str, value: Any, path: KeyPath, indent: int) -> Iterator[Line]:
    if isinstance(value, Mapping) and value:
        yield Line(path, indent, head)
        yield from block(value, path, indent + 2)
    elif isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
        yield Line(path, indent, head)
        for at, item in enumerate(value):
            yield from _item(item, (*path, at), indent + 2)
    else:
        yield Line(path, indent, f"{head} {flow(value)}")


def _item(item: Any, path: KeyPath, indent: int) -> Iterator[Line]:
    if not isinstance(item, Mapping) or not item:
        yield Line(path, indent, f"- {flow(item)}")
        return
    first = True
    for line in block(item, path, indent + 2):
        if first:  # the dash takes the place of two spaces
            line = Line(line.path, indent, f"- {line.text}")
        first = False
        yield line


def _number(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    return str(number(value))


def _text(value: str) -> str:
    plain = value and set(value) <= PLAIN and value[0] not in "-@"
    if plain and isinstance(plain_scalar(value), str):
        return value
    return f'"{"".join(map(_character, value))}"'


def _character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"
