"""The networks: shapes, sizes, and that every weight can learn."""

import torch

from models import Discriminator, Generator, sample_latent

CPU = torch.device("cpu")


def test_noise_becomes_samples_and_samples_logits() -> None:
    generator, discriminator = Generator(), Discriminator()
    labels = torch.arange(3) % 10
    z = sample_latent(3, CPU)
    samples = generator(z, labels)
    assert z.shape == (3, Generator.latent_dim)
    assert samples.shape == (3, *(1, 16, 16))
    assert discriminator(samples, labels).shape == (3,)
    assert samples.abs().max() <= 1


def test_the_networks_have_the_sizes_of_the_readme() -> None:
    assert sum(p.numel() for p in Generator().parameters()) == 216_353
    assert sum(p.numel() for p in Discriminator().parameters()) == 79_104


def test_every_weight_takes_part() -> None:
    generator, discriminator = Generator(), Discriminator()
    labels = torch.arange(4) % 10
    z = sample_latent(4, CPU)
    discriminator(generator(z, labels), labels).sum().backward()
    parameters = [*generator.parameters(), *discriminator.parameters()]
    assert all(parameter.grad is not None for parameter in parameters)


def test_the_label_changes_samples_and_logits() -> None:
    generator, discriminator = Generator().eval(), Discriminator().eval()
    zero, one = torch.zeros(2, dtype=torch.long), torch.ones(2, dtype=torch.long)
    z = sample_latent(2, CPU)
    samples = generator(z, zero)
    assert not torch.equal(samples, generator(z, one))
    assert not torch.equal(discriminator(samples, zero), discriminator(samples, one))
