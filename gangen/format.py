"""Rendered text → finished files: imports pruned and sorted, then black (`formatter.py`)."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from gangen.errors import TemplateError
from gangen.pieces import sorted_imports


def format_files(
    files: Mapping[str, str], copied: Mapping[str, bytes], *, time_limit: float = 60
) -> dict[str, bytes]:
    """Every file as it will be written; raises TemplateError when Python does not parse.

    `copied` files are as they are in the catalogue, where a test holds them to this format.
    """
    names = [PurePosixPath(path) for path in (*files, *copied)]
    own = {"tests"} | {p.stem for p in names if p.suffix == ".py" and len(p.parts) == 1}
    done = {path: f"{text.rstrip()}\n" for path, text in files.items()}
    python = {p: _tidy(p, text, own) for p, text in done.items() if p.endswith(".py")}
    done |= run_black(python, time_limit)
    return {path: text.encode() for path, text in done.items()} | dict(copied)


@cache
def black_version() -> str:
    """Version of the formatter, found without importing it."""
    return version("black")


def _tidy(path: str, text: str, own: set[str]) -> str:
    try:
        return tidy_imports(text, own)
    except SyntaxError as error:
        line = (text.splitlines() or [""])[min((error.lineno or 1) - 1, text.count("\n") - 1)]
        raise TemplateError(
            f"the templates wrote {path} wrongly: {error.msg}: {line.strip()}"
        ) from error


def run_black(files: Mapping[str, str], time_limit: float) -> dict[str, str]:
    """black's result, from a process of its own: it is held to a time limit, and its memory is
    given back before the files are written."""
    command = [sys.executable, "-I", str(Path(__file__).with_name("formatter.py"))]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(files).encode(),
            capture_output=True,
            timeout=time_limit,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TemplateError(f"black took more than {time_limit:g} s") from error
    except OSError as error:
        raise TemplateError(f"black cannot be started: {error}") from error
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise TemplateError(f"black failed: {reason[-1]}")
    return dict(json.loads(done.stdout))


def tidy_imports(text: str, own: set[str]) -> str:
    """Gather the top-level imports, drop what is never read, and put them in isort's order.

    Templates write their imports once and never around a condition; what a generated file does not
    use is dropped here. The result is as black would have it: what black changes, it reads twice.
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
    tail = "".join(line for line in lines[start:] if line is not None).lstrip()
    gap = "\n\n\n" if tail.startswith(("def ", "class ", "@", "#")) else "\n\n"
    return f"{head}{sorted_imports(statements, own)}{gap}{tail}"


def _statements(node: ast.Import | ast.ImportFrom, used: set[str]) -> list[str]:
    """An import as one-name statements, without the names that nothing reads."""
    found = []
    for alias in node.names:
        if (alias.asname or alias.name).split(".")[0] not in used:
            continue
        suffix = f" as {alias.asname}" if alias.asname else ""
        source = f"from {node.module} " if isinstance(node, ast.ImportFrom) else ""
        found.append(f"{source}import {alias.name}{suffix}")
    return found
