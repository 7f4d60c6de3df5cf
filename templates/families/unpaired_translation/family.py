"""Unpaired translation: two domains, a generator each way, and what goes there and back stays.

CycleGAN (Zhu et al. 2017, arXiv:1703.10593). The domains are two classes of the data; no image of
one belongs to an image of the other.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from _domain_facts import facts, wires
from _translation import (
    TranslationTraining,
    Variation,
    common_faults,
    judge,
    part,
    translator,
)
from pydantic import Field

from gangen.contracts import Family, Port

BASE = "image_to_image"

Label = Annotated[int, Field(ge=0, le=9_999)]


class Domains(Variation):
    """The two domains, and how their samples are varied while training."""

    domains: tuple[Label, Label] = Field(
        (0, 1), description="the classes of the data that are domain a and domain b"
    )


class CycleTraining(TranslationTraining):
    """How long, how fast and how reproducibly to train."""

    cycle_weight: Annotated[float, Field(gt=0)] = Field(
        5.0,
        description="weight of the difference after going there and back, lambda in eq. 3; the "
        "paper's is 10, beside squares of which least_squares takes half",
    )
    identity_weight: Annotated[float, Field(ge=0)] = Field(
        0.5,
        description="weight, times cycle_weight, of what a generator changes about images that are "
        "in its target domain already; 0 = none",
    )
    pool_size: Annotated[int, Field(ge=0, le=2**16)] = Field(
        50, description="former fakes of each domain that the discriminators go on to see; 0 = none"
    )


def ports(data: Port, sections: Mapping[str, Any]) -> Mapping[str, Port]:
    """What flows between the networks."""
    image = Port("data", part(data.shape, sections["translation"].crop), data.range)
    return {"data": image, "logits": Port("logits", (1,), scalar=True, patches=True)}


def faults(spec: Any) -> Iterable[tuple[tuple[str, ...], str, str]]:
    """Keys that do not go together."""
    yield from common_faults(spec)
    first, other = spec.translation.domains
    classes = spec.data.options.get("classes")
    if first == other:
        message = f"both domains are class {first}"
        yield ("translation", "domains"), message, "name two classes of the data"
    elif isinstance(classes, int) and classes <= max(first, other):
        message = f"domain {max(first, other)} is none of the {classes} classes of the data"
        help = (
            f"name two classes from 0 to {classes - 1}" if classes > 1 else "set data.classes to 2"
        )
        yield ("translation", "domains"), message, help
    if spec.training.d_steps > 1:
        message = "generators and discriminators see the same batch"
        yield ("training", "d_steps"), message, "take it out, or set it to 1"
    if spec.training.cuda_graphs:
        message = "the pool of former fakes fills up from step to step"
        yield ("training", "cuda_graphs"), message, "take it out"
    for path, chosen in _remembering(spec):
        message = f"{chosen.name} keeps what one discriminator says, and there are two"
        yield path, message, f"choose something else than {chosen.name}"
    features = spec.evaluation.features
    if features is not None and "real_labels" in features.component.functions[features.name].ports:
        message = f"{features.name} learns classes, and a domain has one"
        yield ("evaluation", "features"), message, "choose other features"


def _remembering(spec: Any) -> Iterable[tuple[tuple[str, ...], Any]]:
    """What has a memory."""
    for chosen in (spec.objective, *spec.penalties):
        if chosen.component.memory is not None:
            yield chosen.path, chosen


FAMILY = Family(
    doc="two domains without pairs, a generator each way: CycleGAN",
    roles={
        "generator_ab": translator(
            "data -> data", "g_ab", "the network that translates domain a to b"
        ),
        "generator_ba": translator(
            "data -> data", "g_ba", "the network that translates domain b to a"
        ),
        "discriminator_a": judge(
            "data -> logits", "d_a", "the network that tells real images of domain a"
        ),
        "discriminator_b": judge(
            "data -> logits", "d_b", "the network that tells real images of domain b"
        ),
    },
    sections={"translation": Domains},
    training=CycleTraining,
    ports=ports,
    gives=lambda spec: {},
    faults=faults,
    wires=wires,
    slots=("discriminator_loss", "generator_loss"),
    facts=facts,
    title=lambda spec: "An image-to-image GAN without pairs",
    sources=lambda spec: ["CycleGAN (Zhu, Park, Isola & Efros 2017, arXiv:1703.10593)"],
    averaged="generator_ab",
)
