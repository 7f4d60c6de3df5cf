"""Tests of the drift penalty for the projects that use it."""

import torch

from losses import drift


def test_drift_is_the_mean_square_of_the_scores() -> None:
    assert torch.allclose(drift(torch.tensor([1.0, -3.0]), weight=0.1), torch.tensor(0.5))
