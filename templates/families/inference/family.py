"""Inference: a generator and an encoder, each the other's inverse, against a judge of pairs.

The discriminator tells pairs (x, E(x)) of a sample and its code from pairs (G(z), z) of what noise
became and the noise; where it cannot, E inverts G. BiGAN (Donahue et al. 2017, arXiv:1605.09782);
ALI, whose encoder draws its codes (Dumoulin et al. 2017, arXiv:1606.00704).
"""

from collections.abc import Iterable
from typing import Any

from _coding import ENCODER, CodingTraining, Latent, coding_faults, ports
from _pair_facts import facts, wires
from _sections import GENERATOR

from gangen.contracts import Family, Role

BASE = "noise_to_data"


def faults(spec: Any) -> Iterable[tuple[tuple[str, ...], str, str]]:
    """What has no place where pairs are judged."""
    if spec.condition is not None:
        message = "the discriminator takes the code as its condition, and has no place for another"
        yield ("condition",), message, "take `condition` out"
    if spec.discriminator.conditioning is None:
        message = "the discriminator has to take the code"
        yield ("discriminator",), message, "write `conditioning: concat` or another one"
    yield from coding_faults(spec)


def title(spec: Any) -> str:
    """What a project is called."""
    return (
        "An adversarially learned inference model" if spec.latent.drawn else "A bidirectional GAN"
    )


def sources(spec: Any) -> list[str]:
    """The papers of the step."""
    drawn = "Adversarially learned inference, ALI (Dumoulin et al. 2017, arXiv:1606.00704)"
    plain = "Bidirectional GAN, BiGAN (Donahue, Krahenbuhl & Darrell 2017, arXiv:1605.09782)"
    return [plain, drawn] if spec.latent.drawn else [plain]


FAMILY = Family(
    doc="samples and their codes: a generator and an encoder against a judge of pairs",
    roles={
        "generator": GENERATOR,
        "encoder": ENCODER,
        "discriminator": Role(
            ports="seen, latent -> logits",
            builder="discriminator",
            argument="x",
            prefix="d",
            doc="the network that tells samples with their codes from generated ones with theirs",
            given="z",
        ),
    },
    sections={"latent": Latent},
    training=CodingTraining,
    ports=ports,
    gives=lambda spec: {"latent:noise": ("latent",)},
    faults=faults,
    wires=wires,
    slots=("discriminator_loss", "after_discriminator_step", "generator_loss"),
    facts=facts,
    losses=("discriminator_loss",),
    title=title,
    sources=sources,
    averaged="generator",
)
