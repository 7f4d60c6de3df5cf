"""What is measured of samples, each metric with its source."""

import warnings
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torchmetrics.image.kid import KernelInceptionDistance


def require_samples(count: int, *sets: Tensor) -> None:
    """Raise ValueError where one of the sets [N, ...] has fewer than `count` samples."""
    fewest = min(len(samples) for samples in sets)
    if fewest < count:
        raise ValueError(
            f"this score needs {count} samples on either side, and one has {fewest}; evaluate "
            "more samples (the floor compares the halves of the real ones)"
        )


def kid(
    real_features: Tensor, fake_features: Tensor, *, subsets: int = 100, subset_size: int = 1000
) -> dict[str, float]:
    """Mean over random subsets of the unbiased squared MMD with the kernel (x.y / F + 1)^3.

    Of features [N, F]. Its expectation does not depend on the number of samples; around 0, where
    the distributions are the same, half of all estimates are negative.

    Args:
        subsets: how many random subsets to average over.
        subset_size: samples in each, of each kind; as many as the smaller set has at most.

    Raises:
        ValueError: fewer than two samples.
    """
    require_samples(2, real_features, fake_features)
    size = min(subset_size, len(real_features), len(fake_features))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it keeps the features: they are here
        distance = KernelInceptionDistance(nn.Identity(), subsets=subsets, subset_size=size)
    distance.to(real_features.device)
    distance.update(real_features.double(), real=True)
    distance.update(fake_features.double(), real=False)
    mean, _ = distance.compute()
    return {"kid": mean.item()}


def _radii(features: Tensor, k: int) -> Tensor:
    """Distance of each row of features [N, F] to the k-th nearest other row, [N]."""
    parts = [
        torch.cdist(rows, features).kthvalue(k + 1, dim=1).values  # it is the nearest itself
        for rows in features.split(1000)
    ]
    return torch.cat(parts)


def prdc(real_features: Tensor, fake_features: Tensor, *, nearest: int = 5) -> dict[str, float]:
    """Shares of samples within others' balls, which reach to the k-th nearest of their own kind.

    Precision: fakes in the ball of a real sample. Recall: real samples in the ball of a fake
    (arXiv:1904.06991, eq. 1 and 2). Density: how many real balls a fake is in, over k; it can
    exceed 1. Coverage: real samples with a fake in their ball (arXiv:2002.09797). Of equal
    distributions and numbers of samples density is 1 on average, coverage about 1 - 2^-k.

    Args:
        nearest: k; one less than there are samples at most.

    Raises:
        ValueError: fewer than two samples.
    """
    require_samples(2, real_features, fake_features)
    real, fake = real_features.double(), fake_features.double()
    k = min(nearest, len(real) - 1, len(fake) - 1)
    real_radii, fake_radii = _radii(real, k), _radii(fake, k)
    balls, covered, known = [], [], []  # for every 1000 fakes
    for rows, radii in zip(fake.split(1000), fake_radii.split(1000), strict=True):
        distances = torch.cdist(rows, real)
        balls.append((distances <= real_radii).sum(dim=1))
        covered.append((distances <= real_radii).any(dim=0))
        known.append((distances <= radii[:, None]).any(dim=0))
    counts = torch.cat(balls).double()
    return {
        "precision": (counts > 0).double().mean().item(),
        "recall": torch.stack(known).any(dim=0).double().mean().item(),
        "density": counts.mean().item() / k,
        "coverage": torch.stack(covered).any(dim=0).double().mean().item(),
    }


class RandomConvolutions(nn.Module):
    """Samples [B, C, *size] -> mean and deviation of every channel of every layer, [B, F]."""

    resize = "none"

    def __init__(self, shape: tuple[int, ...], width: int, seed: int) -> None:
        super().__init__()
        convolution: type[nn.Module] = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[len(shape) - 2]
        depth = max(1, min(4, max(shape[1:]).bit_length() - 2))  # until the map is 2 to 4 wide
        channels = [shape[0], *(width * 2**index for index in range(depth))]
        with torch.random.fork_rng(devices=[]):  # modules draw weights before they get their own
            self.layers = nn.ModuleList(
                convolution(before, after, 3, stride=2, padding=1, bias=False)
                for before, after in pairwise(channels)
            )
        generator = torch.Generator().manual_seed(seed)
        for layer in self.layers:
            # Variances stay as they are from layer to layer (He et al. 2015).
            nn.init.kaiming_normal_(layer.get_parameter("weight"), generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        found = []
        for layer in self.layers:
            x = layer(x).relu()
            values = x.flatten(2)
            found += [values.mean(dim=2), values.std(dim=2, correction=0)]
        return torch.cat(found, dim=1)


def random_convolutions(shape: tuple[int, ...], *, width: int = 16, seed: int = 0) -> nn.Module:
    """One to four convolutions with stride 2, normally distributed weights and ReLU.

    They see edges, strokes and textures, not what is in a picture: scores rank the runs of a
    project, they are not those of papers.

    Args:
        width: channels of the first convolution; each has twice as many as the one before.
        seed: of the weights, which nothing else determines.
    """
    return RandomConvolutions(shape, width, seed).eval().requires_grad_(False)


class Observed(NamedTuple):
    """What the metrics look at: N samples, real ones or fakes."""

    features: Tensor  # [N, F]


def all_scores(real: Observed, fake: Observed) -> dict[str, float]:
    """kid, precision, recall, density, coverage."""
    return {
        **kid(real.features, fake.features),
        **prdc(real.features, fake.features),
    }
