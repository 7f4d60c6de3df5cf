"""Types in words: what an option takes, said from its annotation; values as YAML writes them."""

from __future__ import annotations

import types
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic.fields import FieldInfo

from gangen.errors import one_of, shown

_NOUNS: dict[Any, tuple[str, str]] = {
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    bool: ("true or false", "true or false"),
    str: ("text", "texts"),
}
ALL_NAMES = 100  # more than any kind has: a list of names that ends in … helps nobody


def describe(annotation: Any, metadata: Iterable[Any] = (), *, many: bool = False) -> str:
    """The values that a type takes: "a whole number from 1 to 64", "a list of numbers"."""
    base, bounds = _split(annotation, metadata)
    options = members(base)
    if len(options) > 1:
        return " or ".join(dict.fromkeys(describe(o, bounds, many=many) for o in options))
    base, bounds = _split(options[0], bounds)
    if get_origin(base) is Literal:
        return one_of(map(str, get_args(base)), ALL_NAMES)
    if get_origin(base) is tuple:
        return _list(get_args(base), bounds)
    only = {_figure(b.ge) for b in bounds if isinstance(b, Ge)}
    if only and only == {_figure(b.le) for b in bounds if isinstance(b, Le)}:
        return only.pop()
    noun = _NOUNS.get(base, ("a value", "values"))[many]
    return f"{noun}{_bounds(bounds)}" if base in (int, float) else noun


def members(annotation: Any) -> tuple[Any, ...]:
    """The types of a union but for None; of any other type itself."""
    base, bounds = _split(annotation)
    if get_origin(base) not in (Union, types.UnionType):
        return (annotation,)
    inside = [option for option in get_args(base) if option is not type(None)]
    return tuple(Annotated[option, *bounds] if bounds else option for option in inside)


def item_of(annotation: Any, index: int) -> Any:
    """The type of one item of a list."""
    for option in members(annotation):
        arguments = get_args(_split(option)[0])
        if get_origin(_split(option)[0]) is tuple:
            return arguments[0 if arguments[-1] is Ellipsis else min(index, len(arguments) - 1)]
    return Any


def takes(annotation: Any, kind: type) -> bool:
    """Whether a type is `kind`, or a union or a choice of literals of it."""
    bases = [_split(option)[0] for option in members(annotation)]
    return any(
        base is kind
        or get_origin(base) is kind
        or (get_origin(base) is Literal and all(type(a) is kind for a in get_args(base)))
        for base in bases
    )


def literals(annotation: Any) -> tuple[str, ...]:
    """The texts that a choice allows; empty for any other type."""
    bases = [_split(option)[0] for option in members(annotation)]
    return tuple(str(a) for b in bases if get_origin(b) is Literal for a in get_args(b))


def length_of(annotation: Any) -> int | None:
    """How many items a list of fixed length has; 0 for a list of any length, None for no list."""
    for option in members(annotation):
        base = _split(option)[0]
        if get_origin(base) is tuple:
            return 0 if get_args(base)[-1] is Ellipsis else len(get_args(base))
    return None


def received(value: Any) -> str:
    """A value as a message says it: lists and mappings by their size."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return f"a mapping of {_count(len(value), 'key')}"
    if isinstance(value, list | tuple):
        return f"a list of {_count(len(value), 'item')}"
    return shown(value)


def _split(annotation: Any, metadata: Iterable[Any] = ()) -> tuple[Any, list[Any]]:
    """A type without its bounds, and all its bounds."""
    bounds = list(metadata)
    if get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        for item in more:
            bounds += item.metadata if isinstance(item, FieldInfo) else [item]
    return annotation, bounds


def _list(arguments: Sequence[Any], bounds: Iterable[Any]) -> str:
    if arguments[-1] is not Ellipsis:
        same = len(set(map(repr, arguments))) == 1
        items = describe(arguments[0], many=True) if same else "items"
        return f"a list of {len(arguments)} {items}"
    least = max([1, *(b.min_length for b in bounds if isinstance(b, MinLen))])
    most = [b.max_length for b in bounds if isinstance(b, MaxLen)]
    length = f"{least} to {most[0]} " if most else ""
    return f"a list of {length}{describe(arguments[0], many=True)}"


def _bounds(bounds: Iterable[Any]) -> str:
    low = next((b for b in bounds if isinstance(b, Ge | Gt)), None)
    high = next((b for b in bounds if isinstance(b, Le | Lt)), None)
    match low, high:
        case Ge(a), Le(b):
            return f" from {_figure(a)} to {_figure(b)}"
        case Ge(a), Lt(b):
            return f" from {_figure(a)} to less than {_figure(b)}"
        case Gt(a), Le(b):
            return f" greater than {_figure(a)}, at most {_figure(b)}"
        case Gt(a), Lt(b):
            return f" between {_figure(a)} and {_figure(b)}"
        case Ge(a), None:
            return f" of at least {_figure(a)}"
        case Gt(a), None:
            return f" greater than {_figure(a)}"
        case None, Le(b):
            return f" of at most {_figure(b)}"
        case None, Lt(b):
            return f" less than {_figure(b)}"
    return ""


def _figure(value: Any) -> str:
    if isinstance(value, int) and value >= 10_000:
        return f"{value:_}"  # as a spec may write it
    return f"{value:g}" if isinstance(value, float) else str(value)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
