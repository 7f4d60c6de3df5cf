"""Image to image: a generator makes of each source what belongs to it, a discriminator watches.

Whatever has pairs: outlines and pictures, grey and colours (pix2pix: Isola et al. 2017,
arXiv:1611.07004), small and large (SRGAN: Ledig et al. 2017, arXiv:1609.04802), images with and
without a hole (Context Encoders: Pathak et al. 2016, arXiv:1604.07379).
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from _paired_facts import facts, wires
from _translation import (
    TranslationTraining,
    Variation,
    common_faults,
    judge,
    part,
    source_behind,
    target_behind,
    translator,
)
from pydantic import Field

from gangen.contracts import Family, Port, Unfit
from gangen.spec import Choice

BASE = "noise_to_data"


class Translation(Variation):
    """What the generator is given, and what the discriminator sees of what it makes."""

    given: Annotated[Any, Choice("degradations")] = Field(
        ..., description="what is made of each sample for the generator to start from"
    )
    judged: Literal["pairs", "targets"] = Field(
        "pairs",
        description="whether the discriminator sees an image with what it is made from (pix2pix), "
        "or alone (SRGAN, context encoders)",
    )


class PairedTraining(TranslationTraining):
    """How long, how fast and how reproducibly to train."""

    pixel_loss: Literal["l1", "l2"] = Field(
        "l1", description="what images are held to: mean absolute or mean squared difference"
    )
    pixel_weight: Annotated[float, Field(ge=0)] = Field(
        100.0, description="weight of that difference in the generator's loss"
    )
    adversarial_weight: Annotated[float, Field(ge=0)] = Field(
        1.0, description="weight of the adversarial loss in the generator's loss"
    )
    pretrain_steps: Annotated[int, Field(ge=0, le=10**9)] = Field(
        0, description="first steps, in which the generator learns the difference alone (SRGAN)"
    )


def ports(data: Port, sections: Mapping[str, Any]) -> Mapping[str, Port]:
    """What flows between the networks."""
    said = sections["translation"]
    sample = part(data.shape, said.crop)
    source, target = source_behind(said.given, sample), target_behind(said.given, sample)
    channels = target[0]
    if said.judged == "pairs":
        channels += source[0]
        if source[1:] != target[1:]:
            unfit = Unfit(
                f"a source of {source[1]}x{source[2]} cannot lie beside a target of "
                f"{target[1]}x{target[2]}",
                help="set translation.judged to targets",
            )
            unfit.path = ("translation", "judged")
            raise unfit
    return {
        "source": Port("source", source, data.range),
        "data": Port("data", target, data.range),
        "judged": Port("judged", (channels, *target[1:]), data.range),
        "logits": Port("logits", (1,), scalar=True, patches=True),
    }


def faults(spec: Any) -> Iterable[tuple[tuple[str, ...], str, str]]:
    """Keys that do not go together."""
    yield from common_faults(spec)
    training = spec.training
    if training.pretrain_steps and training.d_steps > 1:
        message = "the steps before the discriminator's take one batch, the others several"
        yield ("training", "pretrain_steps"), message, "set training.d_steps to 1"
    if training.pretrain_steps and not training.pixel_weight:
        message = "there is nothing to learn before the discriminator where pixel_weight is 0"
        yield ("training", "pretrain_steps"), message, "set training.pixel_weight"


def sources(spec: Any) -> list[str]:
    """The papers of the step."""
    return ["pix2pix (Isola, Zhu, Zhou & Efros 2017, arXiv:1611.07004)"] + [
        "SRGAN (Ledig et al. 2017, arXiv:1609.04802)"
    ] * bool(spec.training.pretrain_steps)


FAMILY = Family(
    doc="images to images that belong to them: pix2pix, super-resolution, inpainting",
    roles={
        "generator": translator("source -> data", "g", "the network that translates images"),
        "discriminator": judge(
            "judged -> logits", "d", "the network that tells real images from translated ones"
        ),
    },
    sections={"translation": Translation},
    training=PairedTraining,
    ports=ports,
    gives=lambda spec: {"training:pairs": ("family",)},
    faults=faults,
    wires=wires,
    slots=("discriminator_loss", "after_discriminator_step", "generator_loss"),
    facts=facts,
    title=lambda spec: "An image-to-image GAN",
    sources=sources,
    averaged="generator",
)
