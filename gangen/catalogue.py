"""The catalogue: everything that names a GAN, found by walking `templates/`.

A kind is a folder, a component a file in it. The compiler knows the kinds, never the components.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

from annotated_types import Ge
from pydantic import BaseModel, ConfigDict, Field, create_model

from gangen.contracts import Family
from gangen.errors import TemplateError
from gangen.signature import Function, Memory, Module, Option

KINDS = {  # folder -> what one of it is called
    "architectures": "architecture",
    "blocks": "layer",
    "reparametrizations": "reparametrization",
    "initializers": "initializer",
    "conditioning": "conditioning",
    "losses": "loss",
    "penalties": "penalty",
    "augmentations": "augmentation",
    "degradations": "degradation",
    "optimizers": "optimizer",
    "schedules": "schedule",
    "data": "data source",
    "pictures": "picture",
    "metrics": "metric",
    "features": "feature extractor",
    "launchers": "launcher",
}

EVERY = Option(
    name="every",
    type=Annotated[int, Ge(1)],
    required=False,
    default=1,
    description="apply it every N-th step with N times its weight (lazy regularisation)",
    written=ast.Name("int"),
)

NETWORK = Option(
    name="network",
    type=str,
    required=True,
    default=None,
    description="the network to whose loss it is added",
    written=ast.Name("str"),
)
ANNEAL = Option(
    name="anneal",
    type=Annotated[float, Ge(0)],
    required=False,
    default=1.0,
    description="factor of its weight by the end of the run, reached along half a cosine; 1 = none",
    written=ast.Name("float"),
)
NETWORK_LOSS = "network_loss"  # the slot of a term that says in the spec whose loss it joins
WITH_MEMORY = ("losses", "penalties", "augmentations")  # kinds whose public class keeps a state


class SpecModel(BaseModel):
    """Base of everything read from a spec: frozen, strict, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Component:
    """One file of the catalogue."""

    kind: str
    name: str
    path: Path
    module: Module
    _models: dict[str, type[SpecModel]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def summary(self) -> str:
        """One line for lists."""
        return self.module.summary

    @cached_property
    def functions(self) -> Mapping[str, Function]:
        """The functions that the compiler wires, by name."""
        functions = self.module.functions
        loader = f"load_{self.name}"
        if loader in functions:
            return {loader: functions[loader]}
        memory = self.memory
        return functions if memory is None else {memory.name: memory, **functions}

    @property
    def memory(self) -> Memory | None:
        """Its class that keeps something from step to step, if it has one."""
        return self.module.memory if self.kind in WITH_MEMORY else None

    @property
    def slots(self) -> Mapping[str, Sequence[str]]:
        """Where each of its functions acts in a step."""
        where = self.constant("WHERE", {})
        if isinstance(where, str):
            where = {next(iter(self.functions)): where}
        return {name: [to] if isinstance(to, str) else to for name, to in where.items()}

    def options(self, function: str = "") -> Mapping[str, Option]:
        """The options of one of its functions, or of all of them."""
        chosen = [self.functions[function]] if function else list(self.functions.values())
        options = {name: option for f in chosen for name, option in f.options.items()}
        options |= {EVERY.name: EVERY} if self.constant("LAZY") else {}
        weighs = self.kind == "penalties" and self.memory is None and "weight" in options
        options |= {ANNEAL.name: ANNEAL} if weighs else {}
        joins = any(NETWORK_LOSS in slots for slots in self.slots.values())
        return options | ({NETWORK.name: NETWORK} if joins else {})

    def model(self, function: str = "") -> type[SpecModel]:
        """Pydantic model of `options(function)`."""
        if function not in self._models:
            fields: dict[str, Any] = {
                o.name: (o.type, Field(... if o.required else o.default, description=o.description))
                for o in self.options(function).values()
            }
            self._models[function] = create_model(self.name, __base__=SpecModel, **fields)
        return self._models[function]

    def constant(self, name: str, default: Any = None) -> Any:
        """A literal constant of the file."""
        return self.module.constant(name, default)

    @cached_property
    def python(self) -> ModuleType:
        """The file, run: for architectures, which compute layers when generating."""
        return _run(self.path, f"gangen_catalogue_{self.kind}_{self.name}")


@dataclass(frozen=True)
class Catalogue:
    """The folders that are searched: the user's own in front of the shipped one."""

    roots: tuple[Path, ...]
    _components: dict[tuple[str, str], Component] = field(default_factory=dict, repr=False)
    _families: dict[str, Family] = field(default_factory=dict, repr=False)
    _lineages: dict[str, list[str]] = field(default_factory=dict, repr=False)

    @cached_property
    def _index(self) -> Mapping[str, Mapping[str, Path]]:
        return {kind: self._found(f"{kind}/[a-z]*.py") for kind in KINDS} | {
            "presets": self._found("presets/[a-z]*.yaml"),
            "families": self._found("families/*/family.py", above=1),
        }

    def _found(self, pattern: str, above: int = 0) -> dict[str, Path]:
        """Files by their stems, or by the names of folders above them."""
        paths = (path for root in reversed(self.roots) for path in root.glob(pattern))
        found = {(path.parents[above - 1].name if above else path.stem): path for path in paths}
        return dict(sorted(found.items()))

    def names(self, kind: str) -> list[str]:
        """Names of the members of a kind ("presets" and "families" included), sorted."""
        return list(self._index[kind])

    def path(self, kind: str, name: str) -> Path:
        """Where a member's file is; KeyError when there is none."""
        return self._index[kind][name]

    def get(self, kind: str, name: str) -> Component:
        """One component; KeyError when there is none."""
        key = (kind, name)
        if key not in self._components:
            path = self.path(kind, name)
            try:
                module = Module(path.read_text(encoding="utf-8"), str(path))
            except (OSError, SyntaxError, UnicodeDecodeError) as error:
                raise TemplateError(f"{path}: {error}") from error
            self._components[key] = Component(kind, name, path, module)
        return self._components[key]

    def all(self, kind: str) -> Iterator[Component]:
        """Every component of a kind."""
        return (self.get(kind, name) for name in self.names(kind))

    def family(self, name: str) -> Family:
        """A family's contract; KeyError when there is none."""
        if name not in self._families:
            bases = [self.path("families", base).parent for base in self.lineage(name)[1:]]
            family = _run(self.path("families", name), f"gangen_family_{name}", bases).FAMILY
            assert isinstance(family, Family)
            self._families[name] = family
        return self._families[name]

    def lineage(self, family: str) -> list[str]:
        """A family and those that it builds on (`BASE`), nearest first."""
        if family not in self._lineages:
            self._lineages[family] = self._traced(family)
        return self._lineages[family]

    def _traced(self, family: str) -> list[str]:
        names = [family]
        while True:
            path = self.path("families", names[-1])
            base = Module(path.read_text(encoding="utf-8"), str(path)).constant("BASE")
            if base is None:
                return names
            if base in names or base not in self.names("families"):
                raise TemplateError(f"{path}: BASE {base!r} is no other family")
            names.append(base)

    def template_folders(self, family: str) -> list[Path]:
        """Where templates are looked up: a family's file replaces its base's and the skeleton's."""
        families = [f"families/{name}" for name in self.lineage(family)]
        return [
            folder
            for name in (*families, "project", "macros")
            for root in self.roots
            if (folder := root / name).is_dir()
        ]

    def find(self, relative: str) -> Path:
        """A file of the catalogue by its path in it; TemplateError when it is missing."""
        for root in self.roots:
            if (root / relative).is_file():
                return root / relative
        raise TemplateError(f"the catalogue has no {relative}")

    def digest(self) -> str:
        """sha256 over every file, the compiler's own included: equal digests print alike."""
        hashed = hashlib.sha256()
        for root in (*self.roots, Path(__file__).parent):
            for path in _files(root):
                name = path.relative_to(root).as_posix().encode()
                hashed.update(name + b"\0" + path.read_bytes() + b"\0")
        return hashed.hexdigest()


def shipped() -> Path:
    """The catalogue that comes with gangen: in the wheel, or at the root of a checkout."""
    inside = Path(__file__).parent / "templates"
    return inside if inside.is_dir() else Path(__file__).parents[1] / "templates"


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in ("__pycache__", "templates"))
        yield from (Path(folder, name) for name in sorted(names))


def _run(path: Path, name: str, bases: Sequence[Path] = ()) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    folders = [path.parent, *bases]
    sys.path[:0] = map(str, folders)  # for the private libraries beside it
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise TemplateError(f"{path}: {type(error).__name__}: {error}") from error
    finally:
        del sys.path[: len(folders)]
        for library in (x for folder in folders for x in folder.glob("_[a-z]*.py")):
            sys.modules.pop(library.stem, None)  # another folder may have one of that name
    return module
