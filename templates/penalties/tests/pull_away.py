"""Tests of the pull-away term for the projects that use it."""

import torch

from losses import pull_away


def test_pull_away_is_the_mean_squared_cosine_of_two_fakes() -> None:
    assert torch.allclose(pull_away(2 * torch.eye(4), weight=1.0), torch.tensor(0.0))
    assert torch.allclose(pull_away(torch.ones(4, 3), weight=0.5), torch.tensor(0.5))
