"""What goes with what, as a page: what components declare, and the pairs that the compiler refuses.

python tests/mix_table.py prints it, from the same search that the tests run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mix import CATALOGUE, NONE, Value, axes
from mix_search import Pair, Search

from gangen.catalogue import KINDS, Component
from gangen.errors import SpecError

PAGE = CATALOGUE.roots[0] / "COMPATIBILITY.md"
WORDED = ("blocks", "losses", "penalties", "conditioning", "augmentations", "reparametrizations")
COLUMNS = ("NEEDS", "FORBIDS", "GIVES")
HEAD = """# What goes with what

Written by `pytest tests/test_mix.py -m slow --update-compatibility`; the catalogue and the compiler
decide, this page only says what they do. A capability reads `subject:word`; without a subject it is
of the network that the layer stands in.

"""
WORDS_HEAD = """## What components say

"""
PAIRS_HEAD = """
## What the compiler refuses

Two choices that cannot be in one spec, whatever else is in it, and why. They are found by trying:
small data (16x16 images, vectors of 6), small networks, each choice beside what it cannot do
without. In a reason … stands for the other choice, and […] for a shape of that trial.

"""


def words() -> str:
    """What components declare: a row for each that needs, forbids or gives something."""
    lines = ["| component | needs | forbids | gives |", "| --- | --- | --- | --- |"]
    for kind in WORDED:
        for component in CATALOGUE.all(kind):
            cells = [_cell(component, constant) for constant in COLUMNS]
            if any(cells):
                lines.append(f"| {KINDS[kind]} `{component.name}` | {' | '.join(cells)} |")
    return HEAD + WORDS_HEAD + "\n".join(lines) + "\n"


def _cell(component: Component, constant: str) -> str:
    said = component.constant(constant, {})
    if isinstance(said, Mapping):
        return "; ".join(f"`{word}`: {reason}" for word, reason in said.items())
    return ", ".join(f"`{word}`" for word in said)


def page(search: Search) -> str:
    """The whole page, of a search that has looked at every pair."""
    return words() + PAIRS_HEAD + "\n".join(_refusals(search)) + "\n"


def _refusals(search: Search) -> Iterator[str]:
    yield "| choice | cannot be with | because |"
    yield "| --- | --- | --- |"
    for value in search.values:
        by_reason: dict[str, list[Value]] = {}
        for other, error in _partners(search.refused, value):
            name = re.escape(other.name.partition(" ")[0])
            why = re.sub(rf"\b{name}\b", "…", reason(error))
            by_reason.setdefault(why, []).append(other)
        for why, others in sorted(by_reason.items()):
            yield f"| {value} | {', '.join(_listed(others))} | {why} |"
    alone = [value for value in search.values if not search.homes(value)]
    for value in alone:
        error = search.lonely(value)
        yield f"| {value} | anything in this trial | {reason(error)} |"


def _partners(refused: Mapping[Pair, SpecError], value: Value) -> Iterator[tuple[Value, SpecError]]:
    """Each refused pair once, under the value whose slot comes first."""
    order = [*(axis for axis in axes() if axis != "data"), "data"]
    for pair, error in refused.items():
        first, second = sorted(pair, key=lambda v: (order.index(v.axis), v.name))
        if first == value:
            yield second, error


def _listed(values: list[Value]) -> Iterator[str]:
    by_axis: dict[str, list[str]] = {}
    for value in sorted(values):
        by_axis.setdefault(value.axis, []).append("none" if value.name == NONE else value.name)
    return (f"{axis}: {', '.join(names)}" for axis, names in by_axis.items())


def reason(error: SpecError) -> str:
    """The first thing that is wrong, on one line, as Markdown."""
    text = next(p.message for p in error.problems if p.severity == "error")
    plain = re.sub(r"\[\d[\d, ]*\]", "[…]", " ".join(text.split()))
    return re.sub(r"([|<>*])", r"\\\1", plain)


def searched() -> Search:
    """A search over every slot that has looked at every pair."""
    search = Search(tuple(axes()), patience=3)
    for _ in search.mixes():
        pass
    return search


def main() -> None:
    """Print the page."""
    print(page(searched()), end="")


if __name__ == "__main__":
    main()
