"""Tests of latent consistency regularisation for the projects that use it."""

import torch

from losses import discriminator_latent_consistency, generator_latent_consistency


def test_latent_consistency_draws_logits_together_and_fakes_apart() -> None:
    """For a generator x = 2 z the distance of two near samples is 2 * sigma in every value."""
    z = torch.zeros(4_000, 3)
    d_term = discriminator_latent_consistency(
        lambda x: 5 * x[:, 0], lambda z: 2 * z, z, discriminator_weight=1.0, sigma=0.1
    )
    g_term = generator_latent_consistency(lambda z: 2 * z, z, generator_weight=1.0, sigma=0.1)
    assert torch.allclose(d_term, torch.tensor(1.0), atol=0.2)
    assert torch.allclose(g_term, torch.tensor(-0.04), atol=0.01)
