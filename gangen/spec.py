"""The spec: Pydantic models common to all families, and the nouns that a resolved spec is made of.

Fields that choose from the catalogue carry a marker (`Choice`, `Tagged`, `PerRole`, …) in their
annotation; `resolve.py` reads them, `schema.py` prints them, neither knows a field by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from gangen.catalogue import Component, SpecModel
from gangen.contracts import Family

Path = tuple[str | int, ...]

NAME = r"^[a-z][a-z0-9_-]{0,63}$"


# ------------------------------------------------------------------ markers: how a field is read


@dataclass(frozen=True)
class Choice:
    """`name` or `{name: {options}}`, a component of a kind."""

    kind: str


@dataclass(frozen=True)
class Tagged:
    """A section whose `tag` key names the component and whose other keys are its options."""

    kind: str
    tag: str


@dataclass(frozen=True)
class Many:
    """A list of choices."""

    of: Choice


@dataclass(frozen=True)
class PerRole:
    """A mapping from the family's networks to choices."""

    of: Choice


@dataclass(frozen=True)
class NetworkSection:
    """A network: `architecture` and its options, or `layers`, and what wraps either."""

    role: str
    builder: str


Marker = Choice | Tagged | Many | PerRole | NetworkSection


# ------------------------------------------------------------------ what reading gives


@dataclass(frozen=True)
class Chosen:
    """A component with every option resolved, and where the spec chose it."""

    component: Component
    options: Mapping[str, Any]
    path: Path

    @property
    def name(self) -> str:
        """Name of the component."""
        return self.component.name


@dataclass(frozen=True)
class LayerSpec:
    """One layer of a list of layers; `children` are the layers inside it, by option."""

    chosen: Chosen
    children: Mapping[str, tuple[LayerSpec, ...]]


@dataclass(frozen=True)
class NetworkSpec:
    """What the spec says of one network: `architecture` or `layers`, never both."""

    path: Path
    architecture: Chosen | None
    layers: tuple[LayerSpec, ...]
    initializer: Chosen | None
    conditioning: Chosen | None
    reparametrizations: tuple[Chosen, ...]


# ------------------------------------------------------------------ sections common to all families


class Training(SpecModel):
    """How long, how fast and how reproducibly to train. A family may add keys of its own."""

    steps: Annotated[int, Field(ge=1, le=10**9)] = Field(
        20_000, description="generator updates in a full run"
    )
    batch_size: Annotated[int, Field(ge=1, le=2**20)] = Field(
        64, description="samples per update, over all processes together"
    )
    epochs: Annotated[int, Field(ge=1, le=10**6)] | None = Field(
        None, description="length of a full run in passes over the data, in place of steps"
    )
    batches: Literal["straddle", "per_epoch"] = Field(
        "straddle",
        description="whether a batch may hold the end of one epoch and the start of the next, or "
        "every epoch ends with a batch of what is left",
    )
    accumulate: Annotated[int, Field(ge=1, le=4096)] = Field(
        1, description="micro-batches whose gradients make up one update"
    )
    clip_grad_norm: Annotated[float, Field(ge=0)] = Field(
        0.0, description="greatest norm of a network's gradient; 0 = unlimited"
    )
    seed: Annotated[int, Field(ge=0, lt=2**31)] = Field(
        0, description="seed of weights, data order and noise"
    )
    ema: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.999,
        description="decay of the running average of the weights that samples come from; 0 = none",
    )
    ema_start: Annotated[int, Field(ge=0, le=10**9)] = Field(
        0, description="steps before the average begins; until then it is the weights themselves"
    )
    bf16: bool = Field(False, description="run the networks in bfloat16 (autocast)")
    sync_batch_norm: bool = Field(
        False, description="batch norm over all GPUs' share of a batch, not each one's alone"
    )
    compile: bool = Field(False, description="run the networks through torch.compile")
    cuda_graphs: bool = Field(
        False,
        description="on one GPU, record each kind of training step once and replay it: small "
        "networks spend most of their time on launching kernels; checked against the step itself",
    )
    optimizer: Annotated[Any, PerRole(Choice("optimizers"))] = Field(
        ..., description="the optimiser of each network"
    )
    schedule: Annotated[Any, PerRole(Choice("schedules"))] = Field(
        ..., description="the learning-rate schedule of each network"
    )
    log_every: Annotated[int, Field(ge=1)] = Field(
        100, description="steps between two lines of metrics; losses are read from the device then"
    )
    sample_every: Annotated[int, Field(ge=1)] = Field(
        1_000, description="steps between two sample pictures, always of the same noise"
    )
    checkpoint_every: Annotated[int, Field(ge=1)] = Field(
        1_000, description="steps between two checkpoints"
    )


class Evaluation(SpecModel):
    """How samples are scored: by evaluate.py, and while training if `every` says so."""

    metrics: Annotated[Any, Many(Choice("metrics"))] = Field(
        None, description="what is measured; by default what suits the data, [] for nothing"
    )
    features: Annotated[Any, Choice("features")] = Field(
        None, description="what metrics see of a sample; by default what suits the data"
    )
    samples: Annotated[int, Field(ge=2, le=10**8)] = Field(
        10_000, description="samples that are scored, and real ones at most that they are held to"
    )
    every: Annotated[int, Field(ge=0, le=10**9)] = Field(
        0, description="steps between two evaluations while training; 0 = none"
    )
    best: str | None = Field(
        None, description="the score whose best weights so far are kept as best.pt"
    )
    patience: Annotated[int, Field(ge=0, le=10**6)] = Field(
        0, description="evaluations in a row without a new best that end the run; 0 = no end"
    )


class CommonSpec(SpecModel):
    """Top level of a spec; the family adds its networks and sections."""

    gangen: Annotated[int, Field(ge=1, le=1)] = Field(description="version of the spec language: 1")
    name: Annotated[str, Field(pattern=NAME)] = Field(
        description="name of the generated project: small letters, digits, - and _"
    )
    preset: str | None = Field(
        None, description="a published recipe, name@source; every key of the spec overrides it"
    )
    family: str = Field(description="the topology of training: which networks play against whom")
    description: Annotated[str, Field(max_length=2_000)] = Field(
        "", description="what this project is, in your words; opens its README"
    )
    data: Annotated[Any, Tagged("data", "source")] = Field(
        description="what real samples are read from"
    )
    condition: str | None = Field(
        None, description="what samples are conditioned on, one of the things that the data carries"
    )
    objective: Annotated[Any, Tagged("losses", "loss")] = Field(
        description="the adversarial loss; one objective drives both networks"
    )
    penalties: Annotated[Any, Many(Choice("penalties"))] = Field(
        (), description="regularisers: more terms of the losses"
    )
    augment: Annotated[Any, Many(Choice("augmentations"))] = Field(
        (), description="what samples go through, real ones and fakes, before they are judged"
    )
    evaluation: Evaluation = Field(
        default_factory=lambda: Evaluation.model_validate({}), description=Evaluation.__doc__
    )
    launch: Annotated[Any, Many(Choice("launchers"))] = Field(
        (), description="files that start the training on a cluster"
    )


def spec_model(family: Family) -> type[CommonSpec]:
    """The top-level model of a family's specs: the common keys, its networks, its sections."""
    fields: dict[str, Any] = {
        name: (Annotated[Any, NetworkSection(name, role.builder)], Field(description=role.doc))
        for name, role in family.keys.items()
    }
    for name, section in family.sections.items():
        needed = any(field.is_required() for field in section.model_fields.values())
        usual: dict[str, Any] = {} if needed else {"default_factory": section}
        fields[name] = (section, Field(description=section.__doc__, **usual))
    fields["training"] = (family.training, Field(description=family.training.__doc__))
    return create_model("Spec", __base__=CommonSpec, **fields)
