"""Copies components into generated modules: only the definitions that are used, imports gathered.

Works on source text cut at `ast` positions, so comments and formatting survive; a component that
is a fixed point of black stays one.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gangen.catalogue import Component, shipped
from gangen.signature import Module, without_bounds
from gangen.text import Code

LINE_LENGTH = 100  # as in formatter.py
_CONSTANT = re.compile(r"(#.*\n)*[A-Z_]+\b")


@dataclass
class Collection:
    """Definitions gathered for one generated module, each once, in the order they are needed."""

    definitions: dict[str, str] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    helpers: Mapping[str, str] = field(default_factory=dict)  # stand-ins for private libraries
    _origins: dict[str, str] = field(default_factory=dict)
    _helpers: dict[Path, Module] = field(default_factory=dict)

    def add(self, component: Component, name: str, rename: str = "") -> None:
        """A definition of a component and everything in its file that it uses."""
        self._add(component.module, component.path, name, rename)

    def add_from(self, path: Path, name: str) -> None:
        """A definition of a private library."""
        self._add(self._helper(path), path, name)

    def add_expression(self, component: Component, expression: ast.AST) -> None:
        """What an inlined expression uses: classes of its file, imports."""
        for name in _names(expression):
            self._need(component.module, component.path, name)

    def _add(self, module: Module, path: Path, name: str, rename: str = "") -> None:
        if self._origins.get(rename or name) == str(path):
            return
        if (rename or name) in self._origins:
            raise ValueError(
                f"{path} and {self._origins[rename or name]} both define {rename or name}"
            )
        self._origins[rename or name] = str(path)
        node = module.definitions[name]
        for used in _names(node):
            if used != name:
                self._need(module, path, used)
        text = _source(module, node)
        self.definitions[rename or name] = text.replace(f"def {name}(", f"def {rename or name}(", 1)

    def _need(self, module: Module, path: Path, name: str) -> None:
        if name in module.definitions:
            self._add(module, path, name)
            return
        for statement in module.tree.body:
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                continue
            for alias in statement.names:
                if (alias.asname or alias.name).split(".")[0] == name:
                    self._import(statement, alias, path)

    def _import(self, statement: ast.Import | ast.ImportFrom, alias: ast.alias, path: Path) -> None:
        source = statement.module if isinstance(statement, ast.ImportFrom) else None
        if source == "annotated_types" or (source == "typing" and alias.name == "Annotated"):
            return  # bounds belong to the schema
        if source is not None and source.startswith("_"):
            source = self.helpers.get(source, source)
            library = _library(path, f"{source}.py")
            self._add(self._helper(library), library, alias.name)
            return
        suffix = f" as {alias.asname}" if alias.asname else ""
        self.imports.add(
            f"from {source} import {alias.name}{suffix}"
            if source
            else f"import {alias.name}{suffix}"
        )

    def _helper(self, path: Path) -> Module:
        if path not in self._helpers:
            self._helpers[path] = Module(path.read_text(encoding="utf-8"), str(path))
        return self._helpers[path]

    @property
    def import_lines(self) -> Code:
        """The import statements that the definitions need."""
        return Code("\n".join(sorted(self.imports)))

    @property
    def code(self) -> Code:
        """The definitions, constants first, two blank lines apart."""
        texts = [text.strip("\n") for text in self.definitions.values()]
        constants = [text for text in texts if _CONSTANT.match(text)]
        others = [text for text in texts if not _CONSTANT.match(text)]
        return Code("\n\n\n".join(["\n".join(constants)] * bool(constants) + others))


def _library(user: Path, name: str) -> Path:
    """A private library: beside the file that uses it, or in another kind's folder."""
    kinds = user.parent.parent
    found = [
        user.parent / name,
        *sorted(kinds.glob(f"*/{name}")),
        *sorted(shipped().glob(f"*/{name}")),
    ]
    return next((path for path in found if path.is_file()), found[0])


def _names(node: ast.AST) -> list[str]:
    """Names that are read, in order of appearance; bounds in annotations do not count."""
    found: dict[str, None] = {}
    waiting = deque([node])
    while waiting:
        child = without_bounds(waiting.popleft())
        if isinstance(child, ast.Name):
            found.setdefault(child.id)
        waiting.extend(ast.iter_child_nodes(child))
    return list(found)


def _source(module: Module, node: ast.stmt) -> str:
    """A definition's text, with the comment lines above it and without bounds in annotations."""
    lines = module.text.splitlines(keepends=True)
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(d.lineno for d in decorators)]) - 1
    while first > 0 and lines[first - 1].startswith("#"):
        first -= 1
    assert node.end_lineno is not None
    text = "".join(lines[first : node.end_lineno])
    plain = unbound(text)
    if plain == text:
        return text
    # A signature that has become short enough goes on one line: black keeps it apart by this comma.
    return re.sub(r",\n\) ->", "\n) ->", plain, count=1)


def unbound(text: str) -> str:
    """The same source with `Annotated[T, …]` replaced by `T`, everything else untouched."""
    plain = text
    for node in ast.walk(ast.parse(text)) if "Annotated[" in text else ():
        bare = without_bounds(node)
        if bare is not node:
            whole, inner = (ast.get_source_segment(text, part) for part in (node, bare))
            assert whole is not None
            assert inner is not None
            plain = plain.replace(whole, inner)
    return plain


def sorted_imports(statements: Iterable[str], own: Iterable[str] = ()) -> str:
    """Import statements in isort's order (ruff's rule I), the names of one module merged."""
    plain: dict[str, str] = {}
    named: dict[str, set[str]] = {}
    for statement in statements:
        if statement.startswith("import "):
            plain[statement.split()[1]] = statement
        else:
            module, _, names = statement.removeprefix("from ").partition(" import ")
            named.setdefault(module, set()).add(names)
    sections: list[list[str]] = [[], [], []]
    own = set(own)
    for module, statement in sorted(plain.items(), key=_by_module):
        sections[_section(module, own)].append(statement)
    for module, parts in sorted(named.items(), key=_by_module):
        merged = sorted({n.strip() for part in parts for n in part.split(",")}, key=_isort_key)
        sections[_section(module, own)].append(_from(module, merged))
    return "\n\n".join("\n".join(section) for section in sections if section)


def _from(module: str, names: Iterable[str]) -> str:
    """An import on one line, or with a line for each name when that is too long."""
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= LINE_LENGTH:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def _by_module(item: tuple[str, object]) -> str:
    return item[0].lower()


def _isort_key(name: str) -> tuple[int, str]:
    """Constants, classes, then the rest, as isort's force-sort by case does."""
    bare = name.split(" ")[0]
    kind = 0 if bare.isupper() and len(bare) > 1 else 1 if bare[:1].isupper() else 2
    return kind, name


def _section(module: str, own: set[str]) -> int:
    root = module.split(".")[0]
    return 2 if root in own else 0 if root in sys.stdlib_module_names else 1
