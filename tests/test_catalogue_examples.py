"""The examples show the whole catalogue: every component is at work in one of them.

What only repeats another program's mistakes (`FAITHFUL`) is not for examples; imports of that
program's configurations have it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from gangen import cli
from gangen.catalogue import KINDS, Catalogue, Component, SpecModel, shipped
from gangen.compose import Compiled, compile_spec

ROOT = Path(__file__).parents[1]
SPECS = sorted((ROOT / "examples").glob("*.yaml"))
CONFIGS = sorted((ROOT / "tests" / "ibm_configs").rglob("*.json"))
CATALOGUE = Catalogue((shipped(),))
COMPONENTS = [component for kind in KINDS for component in CATALOGUE.all(kind)]
FAITHFUL = [component for component in COMPONENTS if component.constant("FAITHFUL")]

Name = tuple[str, str]  # kind, name


def name_of(component: Component) -> Name:
    return component.kind, component.name


def components(thing: Any) -> Iterator[Component]:
    """All components in a spec or a plan, wherever they stand."""
    if isinstance(thing, Component):
        yield thing
    elif is_dataclass(thing) and not isinstance(thing, type):
        for field in fields(thing):
            yield from components(getattr(thing, field.name))
    elif isinstance(thing, Mapping):
        for value in thing.values():
            yield from components(value)
    elif isinstance(thing, tuple | list):
        for value in thing:
            yield from components(value)
    elif isinstance(thing, SpecModel):
        yield from components(dict(thing))


def names_in(compiled: Compiled) -> set[Name]:
    """Every component that a project is made of; its pictures are those of the data's rank."""
    names = {name_of(component) for component in components((compiled.spec, compiled.plan))}
    rank = len(compiled.plan.ports["data"].shape)
    of_rank = (p for p in CATALOGUE.all("pictures") if p.constant("RANK") == rank)
    return names | {name_of(picture) for picture in of_rank}


@pytest.fixture(scope="module")
def shown() -> set[Name]:
    """The components of all examples."""
    return set().union(*(names_in(compile_spec(spec, CATALOGUE)) for spec in SPECS))


@pytest.mark.parametrize("kind", KINDS)
def test_every_component_is_in_an_example(shown: set[Name], kind: str) -> None:
    exempt = {name_of(component) for component in FAITHFUL}
    exempt |= {("features", "inception")}  # its weights are not for anybody to pass on
    exempt |= {("blocks", "concat_point")}  # where a condition joins, that takes its place
    names = {name_of(component) for component in COMPONENTS if component.kind == kind}
    assert sorted(names - shown - exempt) == []


def test_no_example_repeats_mistakes(shown: set[Name]) -> None:
    assert not shown & {name_of(component) for component in FAITHFUL}


def test_faithful_components_are_in_imports(capsys: pytest.CaptureFixture[str]) -> None:
    imported: set[Name] = set()
    for config in CONFIGS:
        capsys.readouterr()
        assert cli.run(["import", "ibm", str(config), "--faithful", "-o", "-"]) == 0
        text = capsys.readouterr().out
        imported |= names_in(compile_spec(Path("spec.yaml"), CATALOGUE, (), text))
    assert {name_of(component) for component in FAITHFUL} <= imported
