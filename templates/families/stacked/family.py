"""Stacked GANs: a coarse image of what a condition says, then stages that make it larger and right.

The condition is augmented: each stage draws its code from a normal distribution whose mean and
variance are learnt from it. The first stage draws an image from noise and code; each further one is
trained when those before it are, and makes a larger image of theirs and of its own code. The
discriminators also learn that a real image with another's condition is wrong. Zhang et al. 2017,
StackGAN, arXiv:1612.03242.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from _sections import GENERATOR
from _stack_facts import facts, wires
from _stage_sections import (
    DISCRIMINATOR,
    Fault,
    Refinement,
    Stages,
    StageTraining,
    cast,
    count_of,
    image_ports,
    sizes_of,
    stage_faults,
)
from pydantic import Field

from gangen.catalogue import SpecModel
from gangen.contracts import Family, Port, Role

BASE = "pyramid"

REFINE = {
    "ports": "data_{before}, code -> data_{this}",
    "doc": "the network that makes a larger image of the one before and of a code of the condition",
    "given": "code",
}


class Latent(SpecModel):
    """The noise that the first stage starts from."""

    dim: Annotated[int, Field(ge=1, le=65_536)] = Field(
        100, description="length of the noise vector z"
    )
    distribution: Literal["normal"] = Field("normal", description="of each value of z: N(0, 1)")
    truncation: ClassVar[float] = 2.0
    codes: ClassVar[int] = 0
    categorical: ClassVar[tuple[int, ...]] = ()
    continuous: ClassVar[int] = 0


class Augmentation(SpecModel):
    """What becomes of the condition: a normal distribution of codes, one for each stage."""

    dim: Annotated[int, Field(ge=1, le=4096)] = Field(128, description="length of a code")


class StackTraining(StageTraining):
    """How long, how fast and how reproducibly to train each stage."""

    kl_weight: Annotated[float, Field(ge=0)] = Field(
        2.0,
        description="of the divergence between the codes' distribution and N(0, 1), a mean over a "
        "code's values, in the generator's loss",
    )


def ports(data: Port, sections: Mapping[str, Any]) -> Mapping[str, Port]:
    """What flows between the networks."""
    code = sections["augmentation"].dim
    return {
        "start": Port("noise and code", (sections["latent"].dim + code,)),
        "code": Port("code", (code,)),
        **image_ports(data, sizes_of(sections["stages"], data)),
    }


def networks(sections: Mapping[str, Any]) -> Mapping[str, Role]:
    """The networks of all stages."""
    return cast(count_of(sections["stages"]), REFINE, first="start -> data_1")


def faults(spec: Any) -> Iterable[Fault]:
    """What has no place in a stack."""
    if spec.condition is None:
        message = "stacked GANs draw what a condition says, and there is none"
        help = "write `condition: labels` or `attributes`, or choose `family: pyramid`"
        yield ("condition",), message, help
    if spec.generator.conditioning is not None:
        message = "the first generator is given a code of the condition with its noise"
        yield ("generator", "conditioning"), message, "take it out"
    if spec.refinement.generator.conditioning is None:
        message = "a further stage's generator has to take the code of the condition"
        help = "write `conditioning: concat_inside`"
        yield ("refinement", "generator"), message, help
    if spec.condition and spec.discriminator.conditioning is None:
        message = "the discriminators have to take the condition, to tell mismatched ones"
        yield ("discriminator",), message, "write `conditioning: concat_inside`"
    yield from stage_faults(spec)


FAMILY = Family(
    doc="a coarse image of what a condition says, then larger and better ones: StackGAN",
    roles={"generator": GENERATOR, "discriminator": DISCRIMINATOR},
    sections={
        "latent": Latent,
        "augmentation": Augmentation,
        "stages": Stages,
        "refinement": Refinement,
    },
    training=StackTraining,
    ports=ports,
    cast=networks,
    faults=faults,
    wires=wires,
    slots=("discriminator_loss", "after_discriminator_step", "generator_loss"),
    facts=facts,
    title=lambda spec: "A stacked GAN",
    sources=lambda spec: ["Stacked GAN, StackGAN (Zhang et al. 2017, arXiv:1612.03242)"],
    averaged="generator",
)
