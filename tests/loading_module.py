"""The generated module `loading`, for tests of what imports it, without building a project."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

TEMPLATE = Path(__file__).parents[1] / "templates" / "project" / "loading.py.jinja"


def loading() -> ModuleType:
    """The module; its template is Python but for the control lines around all of it."""
    if "loading" not in sys.modules:
        lines = TEMPLATE.read_text(encoding="utf-8").splitlines()
        text = "\n".join(line for line in lines if not line.lstrip().startswith("#:"))
        module = ModuleType("loading")
        sys.modules["loading"] = module
        exec(compile(text, str(TEMPLATE), "exec"), vars(module))
    return sys.modules["loading"]
