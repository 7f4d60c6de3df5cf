"""Plan → {path: text}. Jinja prints, nothing more; a spec's text reaches code through filters."""

from __future__ import annotations

import re
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from jinja2 import TemplateError as JinjaError
from jinja2.ext import Extension

from gangen.catalogue import Catalogue
from gangen.errors import TemplateError
from gangen.plan import Plan
from gangen.text import Code, comment, docstring, literal, markdown, toml
from gangen.view import View

SUFFIX = ".jinja"


class LineStatements(Extension):
    """`#: for x in y` on a line of its own, so that templates read as Python.

    Jinja's own line statements also swallow the blank lines that follow them.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Turn them into blocks."""
        return re.sub(r"^[ \t]*#: (.*)\n", r"{% \1 %}\n", source, flags=re.MULTILINE)


def render(plan: Plan, catalogue: Catalogue) -> dict[str, str]:
    """Every text file of the project by its path; Python not yet formatted."""
    environment = make_environment(catalogue, plan.spec.family)
    view = View(plan, catalogue)
    files: dict[str, str] = {}
    for name in _templates(catalogue, plan.spec.family):
        try:
            text = environment.get_template(name).render(plan=view)
        except JinjaError as error:
            raise TemplateError(f"template {name}: {error}") from error
        if text.strip():  # a template may decide that its file is not needed
            files[name.removesuffix(SUFFIX)] = text
    for chosen in plan.spec.launch:
        launcher = getattr(chosen.component.python, chosen.name)
        files[str(chosen.component.constant("FILE"))] = launcher(plan.spec.name, **chosen.options)
    return files


def copied(catalogue: Catalogue, family: str) -> dict[str, bytes]:
    """The project's files that are no templates: real Python, the same in every project."""
    found: dict[str, bytes] = {}
    for folder in catalogue.template_folders(family):
        for path in sorted(folder.rglob("*.py")):
            if path.name != "family.py" and not path.name.startswith("_"):
                found.setdefault(path.relative_to(folder).as_posix(), path.read_bytes())
    return found


def make_environment(catalogue: Catalogue, family: str) -> Environment:
    """The one environment: undefined names and unfiltered texts are errors."""
    loaders = [FileSystemLoader(folder) for folder in catalogue.template_folders(family)]
    environment = Environment(
        loader=ChoiceLoader(loaders),
        undefined=StrictUndefined,
        finalize=guard,
        extensions=[LineStatements],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        optimized=False,  # each template is compiled to be run once
    )
    environment.filters = {
        "py": literal,
        "comment": comment,
        "docstring": docstring,
        "md": markdown,
        "toml": toml,
        "indent": environment.filters["indent"],
    }
    return environment


def guard(value: Any) -> Any:
    """Let only finished code, whole numbers and nothing through."""
    if (
        isinstance(value, Code)
        or value == ""
        or (isinstance(value, int) and not isinstance(value, bool))
    ):
        return value
    raise TypeError(f"unfiltered {type(value).__name__} in a template: {str(value)[:60]!r}")


def _templates(catalogue: Catalogue, family: str) -> list[str]:
    """Names of the templates that become files; those that start with _ are only included."""
    names: dict[str, None] = {}
    for folder in catalogue.template_folders(family):
        for path in sorted(folder.rglob(f"*{SUFFIX}")):
            relative = path.relative_to(folder)
            if not any(part.startswith("_") for part in relative.parts):
                names.setdefault(relative.as_posix())
    return sorted(names)
