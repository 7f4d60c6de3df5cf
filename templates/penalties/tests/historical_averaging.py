"""Tests of historical averaging for the projects that use it."""

import torch
from torch import nn

from losses import HistoricalAveraging


def test_historical_averaging_remembers_the_mean_of_all_steps() -> None:
    layer = nn.Linear(1, 1, bias=False)
    history = HistoricalAveraging(layer, weight=1.0)
    start = layer.weight.item()
    assert history(layer) == 0
    with torch.no_grad():
        layer.weight += 4.0
    assert torch.allclose(history(layer), torch.tensor(16.0))
    assert torch.allclose(history.get_buffer("mean_0"), torch.tensor(start + 2.0))
