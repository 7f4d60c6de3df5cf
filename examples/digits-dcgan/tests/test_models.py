"""The networks: shapes, sizes, and that every weight can learn."""

import torch

from models import Discriminator, Generator, sample_latent

CPU = torch.device("cpu")


def test_noise_becomes_samples_and_samples_logits() -> None:
    generator, discriminator = Generator(), Discriminator()
    z = sample_latent(3, CPU)
    samples = generator(z)
    assert z.shape == (3, Generator.latent_dim)
    assert samples.shape == (3, *(1, 16, 16))
    assert samples.abs().max() <= 1
    seen = torch.rand(3, *(1, 16, 16))
    assert discriminator(seen).shape == (3,)


def test_the_networks_have_the_sizes_of_the_readme() -> None:
    assert sum(p.numel() for p in Generator().parameters()) == 135_873
    assert sum(p.numel() for p in Discriminator().parameters()) == 34_464


def test_every_weight_takes_part() -> None:
    generator, discriminator = Generator(), Discriminator()
    z, seen = sample_latent(3, CPU), torch.rand(3, *(1, 16, 16))
    generator(z).sum().backward()
    discriminator(seen).sum().backward()
    parameters = [*generator.parameters(), *discriminator.parameters()]
    assert all(parameter.grad is not None for parameter in parameters)
