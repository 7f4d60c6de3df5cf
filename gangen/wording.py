"""What is wrong with a spec, in words for its author: Pydantic's findings and the resolver's own.

Pydantic's text and URLs stay inside; a finding is said from the option's annotation instead, once,
at its place, with what was received and what to write.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from gangen.catalogue import SpecModel
from gangen.describe import (
    ALL_NAMES,
    describe,
    item_of,
    length_of,
    literals,
    received,
    takes,
)
from gangen.errors import Place, Problems, did_you_mean, dotted, one_of, shown
from gangen.marks import Marks
from gangen.text import first_sentence
from gangen.yaml_text import is_number, plain_scalar
from gangen.yaml_write import flow

Path = tuple[str | int, ...]
Hint = Callable[[str], str | None]
RANGES = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")
LENGTHS = ("too_short", "too_long", "missing", "string_too_short", "string_too_long")
SLUG = "1 to 64 small letters, digits, - or _, starting with a letter"
YES, NO = ("yes", "y", "on", "1", "true"), ("no", "n", "off", "0", "false")


@dataclass(frozen=True)
class Section:
    """A mapping of the spec that a model describes.

    `owner` is the component whose options it holds, `also` are further keys that it may have,
    `skip` keys that have a problem already, `hint` tells where an unknown key belongs.
    """

    model: type[SpecModel]
    path: Path
    owner: str = ""
    also: Sequence[str] = ()
    skip: Container[str] = ()
    hint: Hint = lambda key: None

    @property
    def known(self) -> list[str]:
        """Every key that it may have."""
        return [*self.model.model_fields, *self.also]


@dataclass(frozen=True)
class Wording:
    """Adds problems; every method names the place and says what can be done."""

    marks: Marks
    problems: Problems

    def unknown_key(
        self, path: Path, key: str, known: Sequence[str], owner: str = "", hint: str | None = None
    ) -> str | None:
        """A key that nothing reads; returns the key that was probably meant."""
        guess = None if hint else did_you_mean(key, known)
        subject = f"{subject_of(path)} ({owner})" if owner else subject_of(path)
        keys = ", ".join(known[:-1]) + " and " * (len(known) > 1) + "".join(known[-1:])
        keys = f"its {'keys are' if len(known) > 1 else 'only key is'} {keys}"
        self.problems.add(
            "unknown-key",
            f"{subject} has no key {shown(key)}" + (f'; did you mean "{guess}"?' if guess else ""),
            self.marks.key((*path, key)),
            help=hint or (None if guess else keys if known else "it has no options"),
        )
        return guess

    def is_name(
        self, noun: str, name: Any, names: Sequence[str], path: Path, place: Place | None = None
    ) -> bool:
        """Whether a value is one of the names; a problem at `place` or at its own when not."""
        choices = f"choose {one_of(names, ALL_NAMES)}"
        if not isinstance(name, str):
            self.wrong_type(path, f"the name of {with_article(noun)}", name, choices)
            return False
        if name not in names:
            same_stem = (known for known in names if known.partition("@")[0] == name)
            guess = next(same_stem, None) or did_you_mean(name, names)
            ending = f'; did you mean "{guess}"?' if guess else ""
            self.problems.add(
                "unknown-name",
                f"there is no {noun} {shown(name)}{ending}",
                place or self.marks.value(path),
                help=None if guess else choices,
            )
        return name in names

    def wrong_type(self, path: Path, wanted: str, value: Any, help: str | None = None) -> None:
        """Something else than what can stand here."""
        self.problems.add(
            "type",
            f"{subject_of(path)} must be {wanted}, got {received(value)}",
            self.marks.value(path),
            help=help,
        )

    def missing(self, path: Path, key: str, help: str | None, owner: str = "") -> None:
        """A key that must be there."""
        place = self.marks.key(path)
        if place.source is not self.marks.source and len(path) == 1:  # only defaults are there
            place, key, path = Place(self.marks.source, 1, 1), str(path[0]), ()
        self.problems.add(
            "missing-key",
            f'{subject_of(path)} needs the key "{key}"' + (f" ({owner})" if owner else ""),
            place,
            help=help,
        )

    def findings(
        self, error: ValidationError, section: Section, data: Mapping[str, Any]
    ) -> set[str]:
        """Say what Pydantic found in a section, each fault once; the keys that it concerns."""
        values: dict[Path, set[str]] = {}
        missing: list[str] = []
        meant: set[str] = set()
        for finding in error.errors(include_url=False, include_context=False):
            where = located(finding["loc"], data)
            kind, key = finding["type"], str(finding["loc"][0])
            if key in section.skip:
                continue
            if kind == "extra_forbidden":
                guess = self.unknown_key(
                    section.path, key, section.known, section.owner, section.hint(key)
                )
                meant |= {guess} & set(section.model.model_fields) if guess else set()
            elif kind == "missing" and len(finding["loc"]) == 1:
                missing.append(key)
            else:
                values.setdefault(where, set()).add(kind)
        for key in missing:
            if key not in meant:  # it is there, misspelt
                about = section.model.model_fields[key].description or ""
                help = f"add `{key}:`, {about.rstrip('.')}" if about else f"add `{key}:`"
                self.missing(section.path, key, help, section.owner)
        for where, kinds in values.items():
            deeper = any(len(w) > len(where) and w[: len(where)] == where for w in values)
            if not deeper:
                self._value(where, kinds, section, data)
        return meant | {*missing, *(str(where[0]) for where in values)}

    def _value(
        self, where: Path, kinds: set[str], section: Section, data: Mapping[str, Any]
    ) -> None:
        key = str(where[0])
        info = section.model.model_fields[key]
        annotation, metadata, value = info.annotation, info.metadata, data[key]
        for index in where[1:]:
            annotation, metadata, value = item_of(annotation, int(index)), [], value[index]
        wanted = describe(annotation, metadata)
        if "string_pattern_mismatch" in kinds:
            pattern = next((m.pattern for m in metadata if hasattr(m, "pattern")), "")
            wanted = SLUG if key == "name" else f"text of the form {pattern}"
        elif "string_too_long" in kinds:
            limit = next(m.max_length for m in metadata if hasattr(m, "max_length"))
            wanted, value = f"text of at most {limit} characters", f"{len(value)} characters"
            self._wrong_value(where, "range", wanted, value, section, "shorten it")
            return
        elif "string_too_short" in kinds:
            wanted = "text that is not empty"
        elif "finite_number" in kinds:
            wanted = wanted.replace("a number", "a finite number")
        guess = did_you_mean(str(value), literals(annotation))
        help = (
            None
            if guess
            else next(filter(None, (fix(key, value, annotation, kinds) for fix in FIXES)), None)
            or about(key, info)
        )
        ending = f'; did you mean "{guess}"?' if guess else ""
        self._wrong_value(where, code_of(kinds), wanted, received(value) + ending, section, help)

    def _wrong_value(
        self, where: Path, code: str, wanted: str, got: str, section: Section, help: str | None
    ) -> None:
        path = (*section.path, *where)
        self.problems.add(
            code, f"{dotted(path)} must be {wanted}, got {got}", self.marks.value(path), help=help
        )


def with_article(noun: str) -> str:
    """A noun with `a` or `an`."""
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def subject_of(path: Path) -> str:
    """A path as the subject of a sentence."""
    return dotted(path) or "the spec"


def located(location: Iterable[str | int], data: Any) -> Path:
    """A finding's place without the branch names that Pydantic puts in for unions.

    What is missing from a list is a fault of the list.
    """
    path: list[str | int] = []
    for part in location:
        inside = range(len(data)) if isinstance(data, tuple) else data
        if isinstance(inside, Mapping | range) and part in inside:
            data = data[part]
            path.append(part)
    return tuple(path)


def code_of(kinds: Container[str]) -> str:
    """The stable code of a wrong value."""
    if "literal_error" in kinds:
        return "unknown-value"
    if "string_pattern_mismatch" in kinds:
        return "format"
    if any(kind in kinds for kind in (*RANGES, *LENGTHS, "finite_number")):
        return "range"
    return "type"


def about(key: str, info: FieldInfo) -> str | None:
    """What an option is, with its default."""
    if not info.description:
        return None
    default = None if info.is_required() else info.get_default(call_default_factory=False)
    known = isinstance(default, int | float | str | tuple) and default not in ("", ())
    text = f"{key}: {first_sentence(info.description)}"
    return f"{text} (default {flow(default)})" if known else text


def _number_fix(key: str, value: Any, annotation: Any, kinds: set[str]) -> str | None:
    if isinstance(value, float) and value.is_integer() and takes(annotation, int):
        return f"write {int(value)}" if abs(value) < 1e15 else None
    if isinstance(value, str) and is_number(value):
        wanted = takes(annotation, float) or isinstance(plain_scalar(value), int)
        numeric = takes(annotation, int) or takes(annotation, float)
        return f"write {value} without quotes" if wanted and numeric else None
    return None


def _truth_fix(key: str, value: Any, annotation: Any, kinds: set[str]) -> str | None:
    if not takes(annotation, bool):
        return None
    word = str(value).lower()
    return "write true" if word in YES else "write false" if word in NO else None


def _text_fix(key: str, value: Any, annotation: Any, kinds: set[str]) -> str | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and takes(annotation, str):
        return None if key == "name" else f'put it in quotes: "{flow(value)}"'
    if "string_pattern_mismatch" in kinds and key == "name":
        slug = (
            re.sub(r"[^a-z0-9_]+", "-", str(value)[:64].lower()).strip("-").lstrip("0123456789-_")
        )
        return f"for example `{key}: {slug}`" if slug else None
    return None


def _list_fix(key: str, value: Any, annotation: Any, kinds: set[str]) -> str | None:
    length = length_of(annotation)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if length is None or not number or "tuple_type" not in kinds or takes(annotation, int):
        return None
    return f"write {flow([value] * max(length, 1))}"


FIXES = (_number_fix, _truth_fix, _text_fix, _list_fix)
