"""Tests of the mutual information term for the projects that use it."""

import torch

from losses import mutual_information


def test_mutual_information_reads_the_codes_at_the_end_of_z() -> None:
    z = torch.tensor([[7.0, 7.0, 0.0, 1.0, 0.0, 0.5], [7.0, 7.0, 1.0, 0.0, 0.0, -0.5]])
    sure = torch.cat([40 * z[:, 2:5], z[:, 5:]], dim=1)
    right = mutual_information(sure, z, (3,), 1, weight=1.0, continuous_weight=1.0)
    wrong = mutual_information(sure.flip(0), z, (3,), 1, weight=1.0, continuous_weight=1.0)
    assert right < 1e-3
    assert torch.allclose(wrong, torch.tensor(40 + 0.5))
