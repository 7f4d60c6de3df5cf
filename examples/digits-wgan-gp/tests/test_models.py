"""The networks: shapes, sizes, and that every weight can learn."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from models import Discriminator, Generator, sample_latent

# What each network takes for three samples, the shapes of what it gives, and its weights.
NETWORKS: dict[type[nn.Module], tuple[tuple[Tensor, ...], list[tuple[int, ...]], int]] = {
    Generator: (
        (
            torch.rand(3, 128),
            torch.arange(3) % 10,
        ),
        [(3, 1, 16, 16)],
        216_353,
    ),
    Discriminator: (
        (
            torch.rand(3, 1, 16, 16),
            torch.arange(3) % 10,
        ),
        [(3,)],
        79_104,
    ),
}
CONDITIONED: list[type[nn.Module]] = [Generator, Discriminator]


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


@pytest.mark.parametrize("kind", CONDITIONED)
def test_the_condition_changes_the_output(kind: type[nn.Module]) -> None:
    network = kind()
    for parameter in network.parameters():  # at the start the condition may count for nothing
        nn.init.uniform_(parameter, -0.5, 0.5)
    x, condition = NETWORKS[kind][0]
    same = x[:1].expand(2, *x.shape[1:])
    one, two = results(network.eval(), same, condition[:2])[0]
    assert not torch.equal(one, two)


def test_noise_becomes_samples() -> None:
    z = sample_latent(3, torch.device("cpu"))
    assert z.shape == (3, Generator.latent_dim)
    samples = Generator()(z, *NETWORKS[Generator][0][1:])
    assert samples.abs().max() <= 1
