"""Paths and sweeps through the latent space, and what is near in the data."""

import torch

import latent
from models import Generator, sample_latent

CPU = torch.device("cpu")


def test_paths_end_where_they_should() -> None:
    start, end = sample_latent(2, CPU), sample_latent(2, CPU)
    path = latent.interpolate(start, end, 5)
    assert path.shape == (10, Generator.latent_dim)
    assert torch.allclose(path[[0, 5]], start, atol=1e-4)
    assert torch.allclose(path[[4, 9]], end, atol=1e-4)


def test_paths_stay_where_training_was() -> None:
    # Two noises at right angles: half way between them is as far from the origin as they are.
    start, end = torch.zeros(2, 1, Generator.latent_dim)
    start[0, 0], end[0, 1] = 3.0, 3.0
    middle = latent.interpolate(start, end, 3)[1]
    assert torch.allclose(middle.norm(), torch.tensor(3.0), atol=1e-4)


def test_truncated_noise_is_within_its_limit() -> None:
    z = sample_latent(500, CPU)
    cut = latent.truncate(z, 0.5)
    noise, before = cut, z
    assert noise.abs().max() <= 0.5
    inside = before.abs() <= 0.5
    assert torch.equal(noise[inside], before[inside])  # only the rest is drawn again
    assert abs(noise.mean()) < 0.05


def test_the_nearest_to_a_copy_is_what_it_was_copied_from() -> None:
    torch.manual_seed(0)
    real = torch.randint(256, (1_500, *(1, 16, 16)), dtype=torch.uint8)
    samples = real[[7, 1_200]].float() / 127.5 - 1
    distances, rows = latent.nearest(samples, real, 3)
    assert rows.shape == distances.shape == (2, 3)
    assert rows[:, 0].tolist() == [7, 1_200]
    assert distances[:, 0].max() < 1e-3
    assert (distances.diff(dim=1) >= 0).all()
    everywhere = torch.stack(
        [(real.float() / 127.5 - 1 - x).flatten(1).norm(dim=1) for x in samples]
    )
    assert torch.allclose(distances, everywhere.sort(dim=1)[0][:, :3], rtol=1e-4)
