"""Tests of balanced consistency regularisation for the projects that use it."""

import torch

from losses import balanced_consistency


def test_balanced_consistency_counts_real_images_and_fakes() -> None:
    def corner(x: torch.Tensor) -> torch.Tensor:
        return x[:, 0, 0, 0]

    still, lively = torch.ones(8, 3, 6, 5), torch.randn(8, 3, 6, 5)
    cases = [(still, still, 0), (lively, still, 1), (still, lively, 10)]
    for real, fake, least in cases:
        penalty = balanced_consistency(
            corner,
            real,
            fake,
            corner(real),
            corner(fake),
            real_weight=1e3,
            fake_weight=1e4,
            shift=2,
        )
        assert penalty >= least
        assert (penalty == 0) == (least == 0)
