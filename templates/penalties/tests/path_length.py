"""Tests of path length regularisation for the projects that use it."""

import torch

from losses import PathLength


def test_path_length_is_small_where_all_gradients_are_as_long_as_ever() -> None:
    """For x = s * z with a scale s per sample the length is s times that of the noise."""
    penalty = PathLength(weight=1.0, decay=1.0)
    same, uneven = torch.ones(64, 1), torch.tensor([[0.1], [3.0]]).repeat(32, 1)
    z = torch.randn(64, 4_000)
    levels = [penalty(lambda z, s=s: (s * z)[:, :, None], z).item() for s in (same, uneven)]
    assert levels[0] < 0.01 * levels[1]
    assert penalty.metrics()["path_length"] > 0
