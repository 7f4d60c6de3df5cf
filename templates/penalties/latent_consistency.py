"""Latent consistency regularisation, zCR (Zhao et al. 2020, arXiv:2002.04724).

The generator is to tell near noise apart, the discriminator is not to.
"""

from collections.abc import Callable
from typing import Annotated

import torch
from annotated_types import Ge, Gt
from torch import Tensor

WHERE = {
    "discriminator_latent_consistency": "discriminator_loss",
    "generator_latent_consistency": "generator_loss",
}
NEEDS = {"latent:noise": "it varies the noise that samples are made from"}
FORBIDS = {"discriminator:packs": "the penalty judges samples one by one"}


def discriminator_latent_consistency(
    fake_discriminator: Callable[[Tensor], Tensor],
    generator: Callable[[Tensor], Tensor],
    z: Tensor,
    *,
    discriminator_weight: Annotated[float, Ge(0)] = 5.0,
    sigma: Annotated[float, Gt(0)] = 0.03,
) -> Tensor:
    """discriminator_weight * E[(D(G(z)) - D(G(z + noise)))^2] for z [B, latent] (algorithm 2).

    Args:
        discriminator_weight: lambda_dis of the paper.
        sigma: standard deviation of the normal noise that is added to z.
    """
    with torch.no_grad():
        fake, near = generator(z), generator(z + sigma * torch.randn_like(z))
    difference = fake_discriminator(fake) - fake_discriminator(near)
    return discriminator_weight * difference.square().mean()


def generator_latent_consistency(
    generator: Callable[[Tensor], Tensor],
    z: Tensor,
    *,
    generator_weight: Annotated[float, Ge(0)] = 0.5,
    sigma: Annotated[float, Gt(0)] = 0.03,
) -> Tensor:
    """-generator_weight * E[(G(z) - G(z + noise))^2], mean over samples and values (algorithm 2).

    Args:
        generator_weight: lambda_gen of the paper.
        sigma: standard deviation of the normal noise that is added to z.
    """
    near = generator(z + sigma * torch.randn_like(z))
    return -generator_weight * (generator(z) - near).square().mean()
