"""The networks: shapes, sizes, and that every weight can learn."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from models import Discriminator, Generator, sample_latent

# What each network takes for three samples, the shapes of what it gives, and its weights.
NETWORKS: dict[type[nn.Module], tuple[tuple[Tensor, ...], list[tuple[int, ...]], int]] = {
    Generator: ((torch.rand(3, 100),), [(3, 1, 16, 16)], 135_873),
    Discriminator: ((torch.rand(3, 1, 16, 16),), [(3,)], 34_464),
}
CONDITIONED: list[type[nn.Module]] = []


def results(network: nn.Module, *inputs: Tensor) -> tuple[Tensor, ...]:
    """What the network gives, always as a tuple."""
    outputs: Any = network(*inputs)
    return outputs if isinstance(outputs, tuple) else (outputs,)


@pytest.mark.parametrize("kind", NETWORKS)
def test_samples_come_out_in_the_shapes_that_others_take(kind: type[nn.Module]) -> None:
    inputs, shapes, _ = NETWORKS[kind]
    assert [tuple(output.shape) for output in results(kind(), *inputs)] == shapes


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_networks_have_the_sizes_of_the_readme(kind: type[nn.Module]) -> None:
    assert sum(parameter.numel() for parameter in kind().parameters()) == NETWORKS[kind][2]


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_weight_takes_part(kind: type[nn.Module]) -> None:
    network = kind()
    outputs = results(network, *NETWORKS[kind][0])
    torch.cat([output.flatten() for output in outputs]).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_noise_becomes_samples() -> None:
    z = sample_latent(3, torch.device("cpu"))
    assert z.shape == (3, Generator.latent_dim)
    samples = Generator()(z, *NETWORKS[Generator][0][1:])
    assert samples.abs().max() <= 1
