"""The networks: shapes, sizes, and that every weight can learn."""

import torch
from torch import nn

from models import Discriminator, Generator, sample_latent

CPU = torch.device("cpu")


def some_labels(count: int) -> torch.Tensor:
    """Labels int64 [count], of all classes in turn."""
    return torch.arange(count) % 10


def test_noise_becomes_samples_and_samples_logits() -> None:
    generator, discriminator = Generator(), Discriminator()
    z = sample_latent(3, CPU)
    samples = generator(z, some_labels(3))
    assert z.shape == (3, Generator.latent_dim)
    assert samples.shape == (3, *(1, 16, 16))
    assert samples.abs().max() <= 1
    seen = torch.rand(3, *(1, 16, 16))
    assert discriminator(seen, some_labels(3)).shape == (3,)


def test_the_networks_have_the_sizes_of_the_readme() -> None:
    assert sum(p.numel() for p in Generator().parameters()) == 216_353
    assert sum(p.numel() for p in Discriminator().parameters()) == 79_104


def test_every_weight_takes_part() -> None:
    generator, discriminator = Generator(), Discriminator()
    z, seen = sample_latent(3, CPU), torch.rand(3, *(1, 16, 16))
    generator(z, some_labels(3)).sum().backward()
    discriminator(seen, some_labels(3)).sum().backward()
    parameters = [*generator.parameters(), *discriminator.parameters()]
    assert all(parameter.grad is not None for parameter in parameters)


def stirred(network: nn.Module) -> nn.Module:
    """The network with other weights: at the start the condition may count for nothing."""
    for parameter in network.parameters():
        nn.init.uniform_(parameter, -0.5, 0.5)
    return network.eval()


def test_the_condition_changes_samples() -> None:
    generator = stirred(Generator())
    z = sample_latent(1, CPU).repeat(2, 1)
    one, two = generator(z, some_labels(2))
    assert not torch.equal(one, two)


def test_the_condition_changes_logits() -> None:
    discriminator = stirred(Discriminator())
    seen = torch.rand(1, *(1, 16, 16)).repeat(2, *[1] * 3)
    one, two = discriminator(seen, some_labels(2))
    assert not torch.equal(one, two)
