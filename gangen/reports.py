"""Findings and builds as text, JSON, GitHub annotations and SARIF."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gangen import __version__
from gangen.errors import GangenError, Problem, SpecError, printable

if TYPE_CHECKING:
    from gangen.build import Built

SCHEMA_VERSION = 1
SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
NAMES = {2: "usage", 3: "conflict", 4: "template", 5: "output", 6: "verification", 70: "bug"}


def document(kind: str, **fields: Any) -> str:
    """One JSON document, pure ASCII, so that no terminal or locale can spoil it."""
    head = {"schema_version": SCHEMA_VERSION, "kind": kind}
    return json.dumps(_finite({**head, **fields}), indent=2, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    """Plain data; infinities and NaN, which JSON lacks, as text."""
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def error_data(error: GangenError) -> dict[str, Any]:
    """An error as plain data."""
    problems = error.problems if isinstance(error, SpecError) else ()
    return {
        "code": "spec" if problems else NAMES[error.exit_code],
        "exit_code": error.exit_code,
        "message": error.message,
        "help": error.help,
        "problems": [problem.as_dict() for problem in problems],
        "conflicts": [conflict.path for conflict in getattr(error, "conflicts", ())],
    }


# ------------------------------------------------------------------ findings


def github(problems: Iterable[Problem]) -> str:
    """Workflow commands that GitHub Actions shows beside the lines."""
    lines = []
    for problem in problems:
        place = problem.place
        where: dict[str, Any] = {}
        if place is not None:
            where = {"file": _posix(place.source.name), "line": place.line, "col": place.column}
            where["endColumn"] = place.column + place.length
        where["title"] = f"gangen {problem.code}"
        said = ",".join(f"{key}={_escaped(str(value), True)}" for key, value in where.items())
        text = problem.message + (f"\nhelp: {problem.help}" if problem.help else "")
        lines.append(f"::{problem.severity} {said}::{_escaped(text)}\n")
    return "".join(lines)


def _escaped(text: str, in_property: bool = False) -> str:
    """GitHub's escapes, in this order."""
    for character in "%\r\n" + (":," if in_property else ""):
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def sarif(problems: Iterable[Problem]) -> str:
    """One SARIF 2.1.0 log, for code scanning."""
    found = list(problems)
    driver = {
        "name": "gangen",
        "version": __version__,
        "rules": [{"id": code} for code in sorted({problem.code for problem in found})],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(problem) for problem in found],
    }
    log = {"$schema": SARIF, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2) + "\n"


def _sarif_result(problem: Problem) -> dict[str, Any]:
    text = problem.message + (f" (help: {problem.help})" if problem.help else "")
    result: dict[str, Any] = {
        "ruleId": problem.code,
        "level": problem.severity,
        "message": {"text": text},
    }
    place = problem.place
    if place is not None:
        region = {
            "startLine": place.line,
            "startColumn": place.column,
            "endColumn": place.column + place.length,
        }
        artifact = {"uri": quote(_posix(place.source.name))}
        location = {"artifactLocation": artifact, "region": region}
        result["locations"] = [{"physicalLocation": location}]
    return result


def _posix(name: str) -> str:
    return PurePath(name).as_posix()


# ------------------------------------------------------------------ builds


def build_data(built: Built, dry_run: bool) -> dict[str, Any]:
    """What a build did, as plain data."""
    return {
        "root": built.root.as_posix(),
        "dry_run": dry_run,
        "skipped": built.skipped,
        "seconds": round(built.seconds, 3),
        "files": [
            {
                "path": change.path,
                "action": change.action,
                "added": change.added,
                "removed": change.removed,
            }
            for change in built.changes
        ],
        "warnings": [problem.as_dict() for problem in built.warnings],
    }


def build_text(built: Built, dry_run: bool) -> str:
    """A line for every file that changed, and how many did not."""
    counts = Counter(change.action for change in built.changes)
    same = counts.pop("same", 0)
    changed = sum(counts.values())
    lines = [f"  same    {same}"] if same else []
    names = [printable(str(built.root / change.path)) for change in built.changes]
    width = max((len(name) for name in names), default=0)
    for change, name in zip(built.changes, names, strict=True):
        if change.action == "same":
            continue
        added = f"+{change.added}" if change.added else ""
        removed = f"-{change.removed}" if change.removed else ""
        lines.append(f"  {change.action:<7} {name:<{width}}  {added:>5} {removed}".rstrip())
    said = f"{changed} changed, {same} unchanged in {built.seconds:.2f} s."
    if dry_run:
        said = f"{changed} would change, {same} would not. Nothing was written."
    root = printable(str(built.root))
    return "\n".join([*lines, said if dry_run else f"{said} Project: {root}"]) + "\n"
