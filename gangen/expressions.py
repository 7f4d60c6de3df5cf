"""Components' calls as expressions, with values put in place of their parameters."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from gangen.signature import Function
from gangen.text import Code, literal


def inline(function: Function, values: Mapping[str, Any]) -> Code:
    """The call that a one-line component returns, its parameters replaced by values.

    A keyword argument that has the option's name and only repeats its default is left out: such an
    option has PyTorch's own default. `size=scale` is always written.
    """
    return Code(ast.unparse(_Inline(function, values).visit(_copy(function.call))))


class _Inline(ast.NodeTransformer):
    def __init__(self, function: Function, values: Mapping[str, Any]) -> None:
        self.function, self.values = function, values

    def visit_Call(self, node: ast.Call) -> ast.AST:
        node.keywords = [keyword for keyword in node.keywords if not self._repeats(keyword)]
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id not in self.values:
            return node
        return ast.Name(literal(self.values[node.id]))  # printed as it stands

    def _repeats(self, keyword: ast.keyword) -> bool:
        name = keyword.value.id if isinstance(keyword.value, ast.Name) else ""
        option = self.function.options.get(name)
        if option is None or option.required or name != keyword.arg or name not in self.values:
            return False
        return bool(self.values[name] == option.default)


def _copy(expression: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(expression), mode="eval").body


def call(name: str, arguments: list[str], keywords: Mapping[str, Any]) -> Code:
    """`name(argument, key=value)`."""
    parts = [*arguments, *(f"{key}={literal(value)}" for key, value in keywords.items())]
    return Code(f"{name}({', '.join(parts)})")
