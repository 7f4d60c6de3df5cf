"""A Laplacian pyramid of GANs: a small image from noise, then stage by stage what it lacks.

The first stage is an ordinary GAN of the smallest images. Each further one enlarges the image
before and adds what its generator makes of that image and of fresh noise: the detail of the larger
size. Every stage is trained on its own, from real images made smaller. Denton et al. 2015, LAPGAN,
arXiv:1506.05751.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from _pyramid_facts import facts, wires
from _sections import GENERATOR
from _stage_sections import (
    DISCRIMINATOR,
    Fault,
    Latent,
    Refinement,
    Stages,
    StageTraining,
    cast,
    count_of,
    image_ports,
    sizes_of,
    stage_faults,
)

from gangen.contracts import Family, Port, Role

BASE = "noise_to_data"

REFINE = {
    "ports": "stack_{this} -> residual_{this}",
    "doc": "the network that makes what an enlarged image lacks, of it and a map of noise",
}


def ports(data: Port, sections: Mapping[str, Any]) -> Mapping[str, Port]:
    """What flows between the networks."""
    sizes, channels = sizes_of(sections["stages"], data), data.shape[0]
    found = {"latent": Port("latent", (sections["latent"].dim,)), **image_ports(data, sizes)}
    for number, size in enumerate(sizes[1:], 2):
        found[f"stack_{number}"] = Port("stack", (channels + 1, *size))
        found[f"residual_{number}"] = Port("residual", (channels, *size))
    return found


def networks(sections: Mapping[str, Any]) -> Mapping[str, Role]:
    """The networks of all stages."""
    return cast(count_of(sections["stages"]), REFINE)


def faults(spec: Any) -> Iterable[Fault]:
    """What has no place in a pyramid."""
    yield from stage_faults(spec)
    makers = (spec.generator, spec.refinement.generator)
    if spec.condition and len({maker.conditioning is None for maker in makers}) > 1:
        message = "the generators of some stages take the condition, those of others do not"
        yield ("refinement", "generator"), message, "give all of them a conditioning, or none"


FAMILY = Family(
    doc="a small image from noise, then stage by stage the detail of larger ones: LAPGAN",
    roles={"generator": GENERATOR, "discriminator": DISCRIMINATOR},
    sections={"latent": Latent, "stages": Stages, "refinement": Refinement},
    training=StageTraining,
    ports=ports,
    cast=networks,
    faults=faults,
    wires=wires,
    slots=("discriminator_loss", "after_discriminator_step", "generator_loss"),
    facts=facts,
    title=lambda spec: "A Laplacian pyramid of GANs",
    sources=lambda spec: ["LAPGAN, a Laplacian pyramid (Denton et al. 2015, arXiv:1506.05751)"],
    averaged="generator",
)
