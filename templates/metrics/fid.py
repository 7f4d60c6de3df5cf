"""Frechet distance of features; of Inception's: FID (Heusel et al. 2017, arXiv:1706.08500)."""

import torch
from _samples import require_samples
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance

BETTER = {"fid": "lower"}


def fid(real_features: Tensor, fake_features: Tensor) -> dict[str, float]:
    """|m - m'|^2 + tr(C + C' - 2 (C C')^(1/2)), m and C the mean and covariance of features [N, F].

    It is biased upwards, the more so the fewer samples there are, and with fewer than features it
    says little: compare scores of equal numbers of samples only, and with their floor. It is what
    papers call FID if the features are Inception's.

    Raises:
        ValueError: fewer than two samples.
    """
    require_samples(2, real_features, fake_features)
    identity = nn.Identity()
    identity.num_features = torch.tensor(real_features.shape[1])
    distance = FrechetInceptionDistance(feature=identity).to(real_features.device)
    distance.update(real_features.double(), real=True)
    distance.update(fake_features.double(), real=False)
    return {"fid": distance.cpu().compute().item()}  # not every CUDA build has eigenvalues
