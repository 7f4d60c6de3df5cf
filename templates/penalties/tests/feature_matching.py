"""Tests of feature matching for the projects that use it."""

import torch

from losses import feature_matching


def test_feature_matching_compares_means_over_the_batch() -> None:
    real, fake = torch.tensor([[1.0, 2.0], [3.0, 2.0]]), torch.tensor([[2.0, 5.0]])
    assert feature_matching(real, real.flip(0), weight=1.0) == 0
    assert feature_matching(real, fake, weight=2.0) == 2 * 3**2
