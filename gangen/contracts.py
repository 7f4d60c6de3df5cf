"""What a catalogue may use of the compiler: the vocabulary of families and architectures.

A family (`families/<name>/family.py`) and an architecture (`architectures/<name>.py`) run at
generation time and need no torch. They describe themselves with the nouns of this module and
nothing else, so that the compiler can change behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gangen.shapes import Shape, Unfit
from gangen.text import Code

__all__ = ["Code", "Family", "Port", "Role", "Shape", "Unfit", "block", "stage"]

LayerEntry = str | Mapping[str, Any]

QUANTITIES = ("data:vectors", "data:signals", "data:images", "data:voxels")


@dataclass(frozen=True)
class Port:
    """What flows between networks: one sample's shape (without batch), the range of its values.

    A `scalar` is one number per sample that the generated code holds as a vector [B]; with
    `patches` a network may write a map of them instead, [1, ...]. Values that are not quantities
    but numbers of tokens are below `vocabulary`.
    """

    name: str
    shape: Shape
    range: tuple[float, float] | None = None
    scalar: bool = False
    patches: bool = False
    vocabulary: int = 0


@dataclass(frozen=True)
class Role:
    """A network that the family trains.

    `ports` reads "latent -> data"; in "data, latent -> logits" the second port is a vector that the
    network takes by its `conditioning`, under the name `given`. `builder` names the function of an
    architecture that can play the role; `argument` is what the generated `forward` calls its input;
    `prefix` starts the names of its run knobs (`g_lr`). Roles with the same `key` are one section
    of the spec: networks that are built and trained alike. Of a network that a family's `cast`
    names `key` is what a run calls it, `section` where the spec describes it.
    """

    ports: str
    builder: str
    argument: str
    prefix: str
    doc: str
    given: str = ""
    key: str = ""  # of the spec, if not the role's name
    section: tuple[str, ...] = ()  # of the spec, if not the key

    @property
    def family_prefix(self) -> str:
        """What starts the names of run knobs of all roles that share its key."""
        return self.prefix.partition("_")[0]

    @property
    def source(self) -> str:
        """Name of the port that the network reads."""
        return self._reads[0]

    @property
    def second(self) -> str:
        """Name of the port that it takes beside that, or nothing."""
        return self._reads[1] if len(self._reads) > 1 else ""

    @property
    def _reads(self) -> list[str]:
        return [name.strip() for name in self.ports.split("->")[0].split(",")]

    @property
    def target(self) -> str:
        """Name of the port that the network writes."""
        return self.ports.split("->")[1].strip()


@dataclass(frozen=True)
class Family:
    """A topology of training: the networks, what they read and write, who plays against whom.

    `sections` are the spec sections that the family adds (name -> Pydantic model), `training` its
    model of the `training` section, `slots` the places of its step where terms can act: a slot
    "<role>_loss" belongs to that network's loss. `ports` computes every port from the data port and
    the sections, `names` what expressions of the catalogue may use beside it (sizes of codes),
    `facts` what its templates ask of the spec and the view (as `plan.family.…`), `wires` how the
    step spells each port of a component in a slot. `gives` are capabilities that the family's
    sections bring along, each with its place in the spec; `faults` what cannot work together in
    them: place, message, next action. `takes` are the kinds of data that it works on. Where a run
    trains one stage of several, `cast` names the networks of them all, from the sections.
    """

    doc: str
    roles: Mapping[str, Role]
    training: type
    ports: Callable[[Port, Mapping[str, Any]], Mapping[str, Port]]
    wires: Callable[[Any, str], Mapping[str, str]]
    slots: Sequence[str]
    facts: Callable[[Any, Any], Mapping[str, Any]]
    names: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda sections: {}
    gives: Callable[[Any], Mapping[str, tuple[str, ...]]] = lambda spec: {}
    faults: Callable[[Any], Iterable[tuple[tuple[str, ...], str, str]]] = lambda spec: ()
    sections: Mapping[str, type[Any]] = field(default_factory=dict)
    losses: Sequence[str] = ("discriminator_loss", "generator_loss")  # of an objective, as used
    title: Callable[[Any], str] = lambda spec: "A GAN"
    sources: Callable[[Any], Sequence[str]] = lambda spec: ()  # beside those of its components
    cast: Callable[[Mapping[str, Any]], Mapping[str, Role]] | None = None
    averaged: str = ""  # the role whose weights are averaged (EMA) and exported
    takes: Sequence[str] = QUANTITIES

    @property
    def keys(self) -> Mapping[str, Role]:
        """The sections of a spec that describe networks, each with the first role that it is of."""
        found: dict[str, Role] = {}
        for name, role in self.roles.items():
            found.setdefault(role.key or name, role)
        return found


def block(name: str, layers: Sequence[LayerEntry]) -> LayerEntry:
    """Layers that the generated code writes once, as a function `name` called at each use."""
    return {"block": {"name": name, "layers": list(layers)}}


def stage(name: str, layers: Sequence[LayerEntry], joins: str = "", adds: str = "") -> LayerEntry:
    """Layers that the generated network keeps under a name of their own, `self.<name>`.

    They read what the stage before them computes; with `joins` behind its channels those of an
    earlier stage of that name (as in U-Nets), with `adds` its sum with what that one computes.
    Where a network needs its features (for a second head), they are what the last stage but one
    computes. A network that has one stage has nothing but stages.
    """
    return {"stage": {"name": name, "layers": list(layers), "joins": joins, "adds": adds}}
