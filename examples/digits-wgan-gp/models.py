"""The networks of digits-wgan-gp."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


class ConcatFeatures(nn.Module):
    """Append a learnt embedding of the label to a vector."""

    def __init__(self, num_classes: int, embedding_dim: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_classes, embedding_dim)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        return torch.cat([x, self.embedding(condition)], dim=1)  # [B, F + E]


def initialize(module: nn.Module, fill: Callable[[Tensor], Tensor]) -> None:
    """Fill the weight of a linear layer or a convolution and zero its bias; pass others by."""
    if isinstance(module, nn.Linear | nn.modules.conv._ConvNd):
        fill(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def normal_init(module: nn.Module, *, std: float = 0.02) -> None:
    """Draw weights from N(0, std^2), batch-norm scales from N(1, std^2); zero the biases.

    For `network.apply`. The weights as in section 4 of Radford et al. 2015 (DCGAN), the scales as
    in their code.

    Args:
        std: standard deviation.
    """
    initialize(module, lambda weight: nn.init.normal_(weight, 0.0, std))
    if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d) and module.affine:
        nn.init.normal_(module.weight, 1.0, std)
        nn.init.zeros_(module.bias)


def _spread(vectors: Tensor, x: Tensor) -> Tensor:
    """vectors [B, N] -> [B, N, ...], the same at every position of the maps x [B, C, ...]."""
    vectors = vectors.reshape(*vectors.shape, *[1] * (x.dim() - 2))  # [B, N, 1, ...]
    return vectors.expand(-1, -1, *x.shape[2:])


class ConcatChannels(nn.Module):
    """Append a learnt embedding of the label to every position, as constant channels."""

    def __init__(self, num_classes: int, embedding_dim: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_classes, embedding_dim)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        return torch.cat([x, _spread(self.embedding(condition), x)], dim=1)  # [B, C + E, ...]


class Generator(nn.Module):
    """z [B, 128], labels [B] -> data [B, 1, 16, 16]."""

    latent_dim = 128

    def __init__(self) -> None:
        super().__init__()
        self.condition = ConcatFeatures(10, 32)  # [B, 160]
        self.layers = nn.Sequential(
            nn.Linear(160, 1024, bias=False),  # [B, 1024]
            nn.Unflatten(1, (64, 4, 4)),  # [B, 64, 4, 4]
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.ConvTranspose2d(
                64, 32, 5, stride=2, padding=2, output_padding=1, bias=False
            ),  # [B, 32, 8, 8]
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.ConvTranspose2d(32, 1, 5, stride=2, padding=2, output_padding=1),  # [B, 1, 16, 16]
            nn.Tanh(),
        )
        self.apply(normal_init)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        return self.layers(self.condition(z, labels))


class Discriminator(nn.Module):
    """x [B, 1, 16, 16], labels [B] -> logits [B]."""

    def __init__(self) -> None:
        super().__init__()
        self.condition = ConcatChannels(10, 32)  # [B, 33, 16, 16]
        self.layers = nn.Sequential(
            nn.Conv2d(33, 32, 5, stride=2, padding=2),  # [B, 32, 8, 8]
            nn.LeakyReLU(0.2),
            nn.Conv2d(32, 64, 5, stride=2, padding=2, bias=False),  # [B, 64, 4, 4]
            nn.GroupNorm(1, 64),
            nn.LeakyReLU(0.2),
            nn.Conv2d(64, 1, 4, bias=False),  # [B, 1, 1, 1]
            nn.Flatten(),  # [B, 1]
        )
        self.apply(normal_init)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        return self.layers(self.condition(x, labels)).squeeze(1)


def sample_latent(count: int, device: torch.device) -> Tensor:
    """z ~ N(0, 1), [count, 128]."""
    return torch.randn(count, Generator.latent_dim, device=device)
