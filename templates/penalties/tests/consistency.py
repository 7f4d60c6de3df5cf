"""Tests of consistency regularisation for the projects that use it."""

import torch

from losses import consistency


def test_consistency_counts_what_mirroring_and_shifting_change() -> None:
    def blind(x: torch.Tensor) -> torch.Tensor:
        return x.amax((1, 2, 3))

    def sharp(x: torch.Tensor) -> torch.Tensor:
        return x[:, 0, 0, 0]

    x = torch.randn(8, 3, 6, 5)
    x[:, :, 2:4, 2:3] += 9  # stays in the picture
    assert consistency(blind, x, blind(x), weight=1.0, shift=2) == 0
    assert consistency(sharp, x, sharp(x), weight=1.0, shift=2) > 0
