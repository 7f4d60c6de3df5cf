"""Tests of balanced consistency regularisation for the projects that use it."""

import torch

from losses import balanced_consistency


def test_balanced_consistency_counts_real_images_and_fakes() -> None:
    def corner(x: torch.Tensor) -> torch.Tensor:
        return x[:, 0, 0, 0]

    still, lively = torch.ones(8, 3, 6, 5), torch.randn(8, 3, 6, 5)
    for real, fake in ((still, still), (lively, still), (still, lively)):
        logits = corner(real), corner(fake)
        penalty = balanced_consistency(
            corner, corner, real, fake, *logits, real_weight=1.0, fake_weight=1.0, shift=2
        )
        assert (penalty > 0) == (real is lively or fake is lively)
