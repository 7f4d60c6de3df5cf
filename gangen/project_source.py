"""Reads a project's source without running it: its files, the knobs of its Config."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path


def sources(folder: Path) -> Iterator[Path]:
    """The Python files of a project, without hidden folders and virtual environments."""
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(
            name
            for name in folders
            if name[0] != "." and not Path(root, name, "pyvenv.cfg").exists()
        )
        yield from (Path(root, name) for name in sorted(files) if name.endswith(".py"))


def knobs(path: Path) -> dict[str, object]:
    """The fields of Config with their defaults; None for a default that is no literal."""
    found: dict[str, object] = {}
    for node in ast.walk(ast.parse(path.read_bytes())):
        if not (isinstance(node, ast.ClassDef) and node.name == "Config"):
            continue
        for line in node.body:
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                value = line.value
                if isinstance(value, ast.Call) and len(value.args) == 1:  # Path("photos")
                    value = value.args[0]
                found[line.target.id] = value.value if isinstance(value, ast.Constant) else None
    return found


def tested_batch(folder: Path, usual: int) -> int:
    """The batch size that the project's own tests train with; `usual` if they do not say."""
    path = folder / "tests" / "conftest.py"
    for node in ast.walk(ast.parse(path.read_bytes())) if path.is_file() else ():
        if isinstance(node, ast.keyword) and node.arg == "batch_size":
            value = getattr(node.value, "value", None)
            if isinstance(value, int):
                return max(value, -(-usual // value) * value)  # what divides, near the usual
    return usual
