"""Checkpoints, frozen networks, seeds: what every run relies on."""

import os
from pathlib import Path

import pytest
import torch
from torch import nn

from runtime import CheckpointError, Frozen, load_checkpoint, save_checkpoint, seed_everything

CPU = torch.device("cpu")


class Malicious:
    """Unpickling it would make a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


def test_a_checkpoint_with_code_in_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    torch.save({"step": Malicious(tmp_path / "made"), "config": {}}, path)
    with pytest.raises(CheckpointError, match="holds code"):
        load_checkpoint(path, {}, CPU)
    assert not (tmp_path / "made").exists()


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(CheckpointError, match=r"last\.pt"):
        load_checkpoint(path, {}, CPU)


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    save_checkpoint(path, {"net": nn.Linear(2, 2)}, step=1, config={})
    with pytest.raises(CheckpointError, match="its net does not fit"):
        load_checkpoint(path, {"net": nn.Linear(3, 2)}, CPU)


def test_a_checkpoint_comes_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    saved, loaded = nn.Linear(2, 2), nn.Linear(2, 2)
    save_checkpoint(path, {"net": saved}, step=7, config={"seed": "3"})
    assert load_checkpoint(path, {"net": loaded}, CPU) == (7, {"seed": "3"})
    assert torch.equal(saved.weight, loaded.weight)
    assert [file.name for file in tmp_path.iterdir()] == ["last.pt"]


def test_frozen_keeps_parameters_and_lets_gradients_through() -> None:
    net, x = nn.Linear(2, 1), torch.ones(1, 2, requires_grad=True)
    with Frozen(net):
        net(x).sum().backward()
    assert net.weight.grad is None
    assert x.grad is not None
    assert net.weight.requires_grad


def test_noise_follows_seed_step_and_rank() -> None:
    def noise(*numbers: int) -> float:
        seed_everything(*numbers)
        return torch.randn(1).item()

    assert noise(0, 1, 0) == noise(0, 1, 0)
    seeds = [(0,), (0, 0, 0), (0, 1, 0), (1, 0, 0), (0, 0, 1)]
    assert len({noise(*numbers) for numbers in seeds}) == len(seeds)
