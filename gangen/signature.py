"""The signature is the schema: a component's options, read from its source with `ast`.

Positional parameters are ports that the compiler wires, keyword-only parameters are the YAML
options; their types and bounds come from annotations, their descriptions from the docstring's
`Args:`. Nothing is imported: a component may need torch, the compiler does not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal

import annotated_types
from pydantic import StringConstraints

_TYPES: dict[str, Any] = {
    **{t.__name__: t for t in (int, float, bool, str, tuple)},
    **{
        name: getattr(annotated_types, name)
        for name in ("Gt", "Ge", "Lt", "Le", "MinLen", "MaxLen")
    },
    "StringConstraints": StringConstraints,
    "Annotated": Annotated,
    "Literal": Literal,
    "Path": str,
}


@dataclass(frozen=True)
class Option:
    """One keyword-only parameter: a YAML key; `written` is its annotation in the file."""

    name: str
    type: Any
    required: bool
    default: Any
    description: str
    written: ast.expr

    @property
    def annotation(self) -> str:
        """Its type without bounds, as it is printed into a generated project."""
        return ast.unparse(Unbound().visit(ast.parse(ast.unparse(self.written))))


@dataclass(frozen=True)
class Function:
    """A public function of a component; its options are read when they are asked for."""

    module: Module
    node: ast.FunctionDef

    @property
    def name(self) -> str:
        """Its name in the file."""
        return self.node.name

    @property
    def ports(self) -> tuple[str, ...]:
        """What the compiler wires."""
        return tuple(argument.arg for argument in self.node.args.args)

    @property
    def summary(self) -> str:
        """First line of the docstring."""
        return (ast.get_docstring(self.node) or "").partition("\n")[0]

    @cached_property
    def options(self) -> Mapping[str, Option]:
        """Its YAML keys."""
        return self.module.options(self.node, _described(ast.get_docstring(self.node) or ""))

    @property
    def setup(self) -> tuple[str, ...]:
        """What the compiler wires once, before training; only a class is set up."""
        return ()

    @property
    def call(self) -> ast.expr:
        """The expression of a body that is one `return`, for components that are inlined."""
        statements = [s for s in self.node.body if not _is_docstring(s)]
        if len(statements) != 1 or not isinstance(statements[0], ast.Return):
            raise TypeError(f"{self.name} must be a single return to be inlined")
        assert statements[0].value is not None
        return statements[0].value


@dataclass(frozen=True)
class Memory(Function):
    """A class that keeps something from step to step; `node` is its `forward`.

    Options and `setup` are those of its `__init__`; `name` is the class's.
    """

    owner: ast.ClassDef

    @property
    def name(self) -> str:
        """The class's name."""
        return self.owner.name

    @property
    def ports(self) -> tuple[str, ...]:
        """What `forward` is given."""
        return tuple(argument.arg for argument in self.node.args.args[1:])

    @property
    def summary(self) -> str:
        """First line of the class's docstring."""
        return (ast.get_docstring(self.owner) or "").partition("\n")[0]

    @cached_property
    def options(self) -> Mapping[str, Option]:
        """Keyword-only parameters of `__init__`, described in its docstring or in the class's."""
        texts = [ast.get_docstring(self.owner) or "", ast.get_docstring(self._init) or ""]
        described = {name: text for doc in texts for name, text in _described(doc).items()}
        return self.module.options(self._init, described)

    @property
    def setup(self) -> tuple[str, ...]:
        """Positional parameters of `__init__`."""
        return tuple(argument.arg for argument in self._init.args.args[1:])

    def has(self, method: str) -> bool:
        """Whether the class defines a method."""
        return method in _methods(self.owner)

    @property
    def _init(self) -> ast.FunctionDef:
        return _methods(self.owner)["__init__"]


class Module:
    """A component's source: constants, public functions, definitions by name."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text, name
        self.tree = ast.parse(text, name)

    @cached_property
    def summary(self) -> str:
        """First line of the docstring."""
        return (ast.get_docstring(self.tree) or "").partition("\n")[0]

    @cached_property
    def definitions(self) -> dict[str, ast.stmt]:
        """Top-level functions, classes and assignments by the name they bind."""
        found: dict[str, ast.stmt] = {}
        for statement in self.tree.body:
            if isinstance(statement, ast.FunctionDef | ast.ClassDef):
                found[statement.name] = statement
            elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                found[statement.targets[0].id] = statement
            elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                found[statement.target.id] = statement
        return found

    def constant(self, name: str, default: Any = None) -> Any:
        """Value of a literal module constant."""
        node = self.definitions.get(name)
        value = getattr(node, "value", None)
        return default if value is None else ast.literal_eval(value)

    @cached_property
    def functions(self) -> dict[str, Function]:
        """Public functions by name."""
        return {
            name: Function(self, node)
            for name, node in self.definitions.items()
            if isinstance(node, ast.FunctionDef) and not name.startswith("_")
        }

    @cached_property
    def memory(self) -> Memory | None:
        """The first public class, as something that keeps its state between steps."""
        for node in self.definitions.values():
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                methods = _methods(node)
                if "__init__" in methods:
                    return Memory(self, methods.get("forward", methods["__init__"]), node)
        return None

    def options(self, node: ast.FunctionDef, described: Mapping[str, str]) -> dict[str, Option]:
        """The keyword-only parameters of a function."""
        pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        return {a.arg: self.option(a, default, described.get(a.arg, "")) for a, default in pairs}

    def option(self, argument: ast.arg, default: ast.expr | None, description: str) -> Option:
        """A keyword-only parameter of one of its functions."""
        written = argument.annotation
        assert written is not None, f"{self.name}: {argument.arg} needs a type"
        if isinstance(written, ast.Name) and written.id in self.definitions:
            written = self.definitions[written.id].value  # type: ignore[attr-defined]
        return Option(
            name=argument.arg,
            type=self._type(written),
            required=default is None,
            default=None if default is None else ast.literal_eval(default),
            description=description,
            written=written,
        )

    def _type(self, annotation: ast.expr) -> Any:
        aliases = {
            node.id: self._type(self.definitions[node.id].value)  # type: ignore[attr-defined]
            for node in ast.walk(annotation)
            if isinstance(node, ast.Name) and node.id in self.definitions
        }
        code = compile(ast.Expression(annotation), self.name, "eval")
        return eval(code, {"__builtins__": {}}, {**_TYPES, **aliases})


class Unbound(ast.NodeTransformer):
    """Annotated[T, bounds] -> T, everywhere in an annotation."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        return without_bounds(node)


def without_bounds(node: ast.AST) -> ast.AST:
    """`T` of `Annotated[T, bounds]`; every other node as it is."""
    while (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Annotated"
    ):
        assert isinstance(node.slice, ast.Tuple)
        node = node.slice.elts[0]
    return node


def _methods(node: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    return {child.name: child for child in node.body if isinstance(child, ast.FunctionDef)}


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _described(doc: str) -> dict[str, str]:
    """Entries of a Google style `Args:` section, continuation lines joined."""
    section = re.search(r"^Args:\n((?:[ ]+.*\n?|\n)+)", doc, re.MULTILINE)
    if section is None:
        return {}
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", section[1], re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}
