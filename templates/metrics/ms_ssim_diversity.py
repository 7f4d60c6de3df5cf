"""How alike pairs of images are, by MS-SSIM (Wang 2003; Odena 2017, arXiv:1610.09585)."""

from typing import Annotated

import torch
from _samples import require_samples
from annotated_types import Ge
from torch import Tensor
from torchmetrics.image.ssim import MultiScaleStructuralSimilarityIndexMeasure

BETTER = {"ms_ssim": "lower", "ms_ssim_excess": "closer to 0"}
NEEDS = {"data:images": "it compares windows of images"}
# Of the scales, the finest first (Wang et al. 2003).
MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def ms_ssim_diversity(
    real: Tensor, fake: Tensor, *, pairs: Annotated[int, Ge(1)] = 1000
) -> dict[str, float]:
    """Mean MS-SSIM of random pairs of fakes [N, C, H, W], and its excess over that of real ones.

    An excess above 0 means fakes that are too much alike. Small images have fewer scales (2 at
    28 x 28, 3 at 64 x 64, the 5 of the paper from 176 x 176), and below 11 x 11 a smaller window.

    Args:
        pairs: how many pairs of each kind.

    Raises:
        ValueError: fewer than two samples, or images below 5 x 5.
    """
    require_samples(2, real, fake)
    alike, usual = _similarity(fake, pairs), _similarity(real, pairs)
    return {"ms_ssim": alike, "ms_ssim_excess": alike - usual}


def _similarity(images: Tensor, pairs: int) -> float:
    """Mean MS-SSIM of random pairs of different images [N, C, H, W] in [-1, 1]."""
    side = min(images.shape[2:])
    if side < 5:
        raise ValueError(
            f"ms_ssim_diversity needs images of 5 x 5 at least, these have side {side}"
        )
    window, sigma = (11, 1.5) if side >= 11 else (5, 0.5)
    # As many scales as torchmetrics takes, of which the coarsest holds more than half a window.
    scales = max(
        n
        for n in range(1, 6)
        if side // max(1, n - 1) ** 2 >= window and side // 2 ** (n - 1) > window // 2
    )
    weights = MS_SSIM_WEIGHTS[:scales]
    measure = MultiScaleStructuralSimilarityIndexMeasure(
        kernel_size=window,
        sigma=sigma,
        data_range=1.0,
        betas=tuple(weight / sum(weights) for weight in weights),
    ).to(images.device)
    first = torch.randint(len(images), (pairs,), device=images.device)
    other = (first + torch.randint(1, len(images), (pairs,), device=images.device)) % len(images)
    for rows, partners in zip(first.split(250), other.split(250), strict=True):
        measure.update((images[rows] + 1) / 2, (images[partners] + 1) / 2)
    return measure.compute().item()
