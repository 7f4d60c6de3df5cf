"""Pydantic's findings in our words, at their place in the file; its own text and URLs stay inside."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from gangen.errors import Problems, did_you_mean, dotted, one_of, shown
from gangen.marks import Marks

_KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text",
    "tuple_type": "a list",
    "dict_type": "a section of keys",
    "mapping_type": "a section of keys",
}
_BOUNDS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def report(
    problems: Problems,
    marks: Marks,
    error: ValidationError,
    model: type[BaseModel],
    path: tuple[str | int, ...],
    owner: str = "",
    also: Sequence[str] = (),
    skip: Container[str] = (),
) -> None:
    """Add one problem per finding.

    `owner` names a component, `also` further keys of its section, `skip` keys that have a problem.
    """
    seen: set[tuple[str | int, ...]] = set()
    for finding in error.errors(include_url=False, include_context=True):
        location = tuple(part for part in finding["loc"] if _is_key(part))
        where = (*path, *location)
        if where in seen or location[0] in skip:
            continue  # the other branches of a union; what was said already
        seen.add(where)
        _one(problems, marks, finding, model, path, where, owner, also)


def _is_key(part: str | int) -> bool:
    """False for the branch names that Pydantic puts into the location of a union's findings."""
    return isinstance(part, int) or (
        part.isidentifier() and part not in ("int", "float", "str", "bool", "tuple")
    )


def _one(
    problems: Problems,
    marks: Marks,
    finding: Mapping[str, Any],
    model: type[BaseModel],
    path: tuple[str | int, ...],
    where: tuple[str | int, ...],
    owner: str,
    also: Sequence[str],
) -> None:
    kind, value, context = finding["type"], finding["input"], finding.get("ctx", {})
    name = dotted(where)
    if kind == "extra_forbidden":
        known = [*model.model_fields, *also]
        guess = did_you_mean(str(where[-1]), known)
        subject = f"{dotted(path)} ({owner})" if owner else dotted(path)
        problems.add(
            "unknown-key",
            f'{subject} has no key "{where[-1]}"' + (f'; did you mean "{guess}"?' if guess else ""),
            marks.key(where),
            help=None if guess else _keys(known),
        )
    elif kind == "missing":
        field = model.model_fields.get(str(where[-1]))
        problems.add(
            "missing-key",
            f'{dotted(path)} needs the key "{where[-1]}"' + (f" ({owner})" if owner else ""),
            marks.key(path),
            help=(
                f"add `{where[-1]}:`, {field.description}" if field and field.description else None
            ),
        )
    elif kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        problems.add(
            "range",
            f"{name} must be {words} {context[key]}, got {shown(value)}",
            marks.value(where),
        )
    elif kind == "literal_error":
        choices = [
            word.strip(" '") for word in context["expected"].replace(" or ", ", ").split(",")
        ]
        guess = did_you_mean(str(value), choices)
        problems.add(
            "unknown-value",
            f"{name} must be {one_of(choices)}, got {shown(value)}"
            + (f'; did you mean "{guess}"?' if guess else ""),
            marks.value(where),
        )
    else:
        _type(problems, marks, finding, where)


def _type(
    problems: Problems, marks: Marks, finding: Mapping[str, Any], where: tuple[str | int, ...]
) -> None:
    kind, value, context = finding["type"], finding["input"], finding.get("ctx", {})
    name, help = dotted(where), None
    if kind == "string_pattern_mismatch":
        wanted = "1 to 64 small letters, digits, - or _, starting with a letter"
    elif kind == "string_too_long":
        wanted = f"at most {context['max_length']} characters"
    elif kind in ("too_short", "too_long"):
        wanted = f"a list of {context.get('min_length', context.get('max_length'))} items"
        wanted = wanted.replace("of", "of at least" if kind == "too_short" else "of at most")
    else:
        wanted = _KINDS.get(kind, "something else")
    if wanted == "a whole number" and isinstance(value, float) and value.is_integer():
        help = f"write {int(value)}"
    if wanted == "a number" and isinstance(value, str):
        help = "write it without quotes, e.g. 2e-4"
    problems.add(
        "type", f"{name} must be {wanted}, got {shown(value)}", marks.value(where), help=help
    )


def _keys(known: Sequence[str]) -> str:
    return f"its keys are {one_of(known)}" if known else "it has no options"
