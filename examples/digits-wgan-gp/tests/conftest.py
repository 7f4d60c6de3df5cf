"""What the tests share: a run that takes seconds."""

from pathlib import Path

import pytest
import torch

from config import Config

torch.set_num_threads(1)  # tiny tensors: more threads only wait for each other


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Four steps of a few samples on the CPU."""
    return Config(
        steps=4,
        batch_size=4,
        d_steps=2,
        eval_samples=120,
        samples=4,
        device="cpu",
        bf16=False,
        compile=False,
        log_every=1,
        sample_every=2,
        checkpoint_every=2,
        out_dir=tmp_path / "run",
    )
