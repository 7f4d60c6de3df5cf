"""Tests of LeCam for the projects that use it."""

import torch

from losses import LeCam


def test_lecam_compares_logits_with_the_other_kinds_average() -> None:
    lecam = LeCam(weight=1.0, decay=0.5, start=2)
    real, fake = torch.tensor([1.0, 3.0]), torch.tensor([-1.0, 1.0])  # averages 2 and 0
    assert lecam(real, fake, 1) == 0, "nothing before the start"
    assert torch.allclose(lecam(real, fake, 2), torch.tensor((1.0 + 9) / 2 + (9.0 + 1) / 2))
    lecam(real + 2, fake, 3)
    assert lecam.metrics()["real_average"] == 3, "half of the way from 2 to 4"
