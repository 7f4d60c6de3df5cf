"""Adversarial autoencoders: codes that rebuild their samples and are distributed as noise is.

An encoder and a generator rebuild samples; a discriminator of codes tells E(x) from noise, and the
encoder learns to leave it no difference, so that the generator can start from noise. Makhzani et
al. 2016, arXiv:1511.05644.
"""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal

from _code_facts import facts, wires
from _coding import ENCODER, CodingTraining, Latent, coding_faults, ports
from _sections import GENERATOR
from pydantic import Field

from gangen.contracts import Family, Role

BASE = "inference"


class AutoencoderTraining(CodingTraining):
    """How long, how fast and how reproducibly to train."""

    shared_noise: ClassVar[bool] = True  # the encoder's update draws none
    reconstruction: Literal["l1", "l2"] = Field(
        "l2", description="what rebuilt samples are held to: mean absolute or mean squared error"
    )
    adversarial_weight: Annotated[float, Field(gt=0)] = Field(
        0.01, description="weight of the encoder's adversarial loss beside the reconstruction's 1"
    )


def faults(spec: Any) -> Iterable[tuple[tuple[str, ...], str, str]]:
    """What has no place where codes are judged."""
    if spec.condition is not None:
        message = "codes are judged without a condition"
        yield ("condition",), message, "take `condition` out"
    yield from coding_faults(spec)


FAMILY = Family(
    doc="samples to codes and back, the codes distributed as noise: an autoencoder against a judge",
    roles={
        "generator": GENERATOR,
        "encoder": ENCODER,
        "discriminator": Role(
            ports="latent -> logits",
            builder="discriminator",
            argument="z",
            prefix="d",
            doc="the network that tells noise from the codes of samples",
        ),
    },
    sections={"latent": Latent},
    training=AutoencoderTraining,
    ports=ports,
    gives=lambda spec: {"latent:noise": ("latent",)},
    faults=faults,
    wires=wires,
    slots=("discriminator_loss", "after_discriminator_step", "generator_loss"),
    facts=facts,
    title=lambda spec: "An adversarial autoencoder",
    sources=lambda spec: ["Adversarial autoencoder (Makhzani et al. 2016, arXiv:1511.05644)"],
    averaged="generator",
)
