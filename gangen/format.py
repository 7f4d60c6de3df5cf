"""Rendered text → finished files: imports pruned and sorted, then black, in memory.

black works on our strings only, with a mode of our own: never a folder, never a user's configuration.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import PurePosixPath
from typing import Any

from gangen.errors import TemplateError
from gangen.pieces import sorted_imports

LINE_LENGTH = 100


def format_files(files: Mapping[str, str]) -> dict[str, bytes]:
    """Every file as it will be written; raises TemplateError when Python does not parse."""
    own = {PurePosixPath(path).stem for path in files if "/" not in path and path.endswith(".py")}
    own |= {"tests"}
    return {path: _formatted(path, text, own).encode() for path, text in files.items()}


@cache
def black_version() -> str:
    """Version of the formatter, found without importing it."""
    return version("black")


def _formatted(path: str, text: str, own: set[str]) -> str:
    if not path.endswith(".py"):
        return text.rstrip("\n") + "\n"
    try:
        return _black(tidy_imports(text, own))
    except SyntaxError as error:
        line = (text.splitlines() or [""])[min((error.lineno or 1) - 1, text.count("\n") - 1)]
        raise TemplateError(
            f"the templates wrote {path} wrongly: {error.msg}: {line.strip()}"
        ) from error
    except ValueError as error:
        raise TemplateError(f"black cannot format {path}: {error}") from error


def _black(text: str) -> str:
    import black

    return black.format_str(text, mode=_mode())


@cache
def _mode() -> Any:
    import black

    return black.Mode(line_length=LINE_LENGTH, target_versions={black.TargetVersion.PY310})


def tidy_imports(text: str, own: set[str]) -> str:
    """Gather the top-level imports, drop what is never read, and put them in isort's order.

    Templates write their imports once and never around a condition; what a generated file does not
    use is dropped here.
    """
    tree = ast.parse(text)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    if not imports:
        return text
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    statements = {line for node in imports for line in _statements(node, used)}
    lines: list[str | None] = list(text.splitlines(keepends=True))
    for node in imports:
        assert node.end_lineno is not None
        lines[node.lineno - 1 : node.end_lineno] = [None] * (node.end_lineno - node.lineno + 1)
    start = imports[0].lineno - 1
    head = "".join(line for line in lines[:start] if line is not None)
    tail = "".join(line for line in lines[start:] if line is not None)
    return f"{head}{sorted_imports(statements, own)}\n\n\n{tail.lstrip()}"


def _statements(node: ast.Import | ast.ImportFrom, used: set[str]) -> list[str]:
    """An import as one-name statements, without the names that nothing reads."""
    found = []
    for alias in node.names:
        if (alias.asname or alias.name).split(".")[
            0
        ] not in used and not alias.name == "annotations":
            continue
        suffix = f" as {alias.asname}" if alias.asname else ""
        source = f"from {node.module} " if isinstance(node, ast.ImportFrom) else ""
        found.append(f"{source}import {alias.name}{suffix}")
    return found
