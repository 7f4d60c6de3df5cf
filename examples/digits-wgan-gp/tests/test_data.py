"""The data: what is loaded, and the order in which it comes."""

from dataclasses import replace
from itertools import islice

import pytest
import torch

from config import Config
from data import DataError, batch_rows, infinite_batches, load_data

CPU = torch.device("cpu")


def test_samples_have_the_shape_that_the_networks_take(config: Config) -> None:
    samples, labels = load_data()
    assert samples.shape[1:] == (1, 16, 16)
    assert samples.dtype is torch.uint8
    assert labels.shape == samples.shape[:1]
    assert set(labels.tolist()) <= set(range(10))


@pytest.mark.parametrize(("size", "length"), [(7, 3), (3, 7), (4, 4)])
def test_every_epoch_shows_every_sample_once(config: Config, size: int, length: int) -> None:
    config = replace(config, batch_size=length)
    shares = batch_rows(size, config, first_batch=0, rank=0, world_size=1, device=CPU)
    rows = torch.cat([*islice(shares, 3 * size)])
    for epoch in rows[: 3 * size].split(size):
        assert sorted(epoch.tolist()) == list(range(size))


def test_processes_share_each_batch(config: Config) -> None:
    samples, all_labels = load_data()
    whole = next(infinite_batches(samples, all_labels, config))
    shares = [
        next(infinite_batches(samples, all_labels, config, rank=rank, world_size=2))
        for rank in (0, 1)
    ]
    assert torch.equal(torch.cat([real for real, _ in shares]), whole[0])
    assert torch.equal(torch.cat([labels for _, labels in shares]), whole[1])


def test_a_batch_depends_on_its_number_alone(config: Config) -> None:
    samples, all_labels = load_data()
    straight = list(islice(infinite_batches(samples, all_labels, config), 5))
    resumed = list(islice(infinite_batches(samples, all_labels, config, first_batch=3), 2))
    assert all(torch.equal(a[0], b[0]) for a, b in zip(straight[3:], resumed, strict=True))


def test_a_batch_that_does_not_split_is_refused(config: Config) -> None:
    samples, all_labels = load_data()
    with pytest.raises(DataError, match="does not split over"):
        next(
            infinite_batches(
                samples,
                all_labels,
                replace(config, batch_size=config.batch_size + 1),
                world_size=config.batch_size,
            )
        )


def test_pixels_reach_the_networks_in_minus_one_to_one(config: Config) -> None:
    samples, all_labels = load_data()
    real, _ = next(infinite_batches(samples, all_labels, config))
    assert real.dtype is torch.float32
    assert -1 <= real.min() < real.max() <= 1
