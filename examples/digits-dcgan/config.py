"""The knobs of a training run. Each field of Config is a flag of train.py."""

import argparse
import inspect
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints


@dataclass(frozen=True, kw_only=True)
class Config:
    """Settings of one run. The comment behind a field is its help text on the command line."""

    steps: int = 3000  # training steps in total, those before a resume included
    batch_size: int = 64  # real samples per update, over all processes together
    g_lr: float = 2e-4  # learning rate of the generator
    d_lr: float = 2e-4  # learning rate of the discriminator
    ema_decay: float = 0.999  # decay of the generator's weight average, per step, after a warm-up
    seed: int = 0  # decides weights, data order and noise
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"  # auto: the fastest one present
    bf16: bool = False  # run the networks under bfloat16 autocast
    compile: bool = False  # torch.compile the networks; the first step then takes minutes
    tensorboard: bool = False  # write TensorBoard events too (pip install tensorboard)
    attempts: int = 3  # how often to try on from the last checkpoint when the training diverges
    eval_samples: int = 10_000  # samples that are scored, and real ones at most
    samples: int = 64  # samples in a picture
    log_every: int = 100  # steps between two lines of metrics.jsonl
    sample_every: int = 500  # steps between two sample pictures
    checkpoint_every: int = 500  # steps between two checkpoints
    out_dir: Path = Path("runs/digits-dcgan")  # where metrics, samples and last.pt go

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type in (int, float):
                default: float = getattr(Config, field.name)
                least = min(default, 1 if field.type is int else 0)
                if not least <= value < math.inf:
                    raise ValueError(f"{field.name} must be {least} or more, got {value}")
        if self.ema_decay >= 1:
            raise ValueError(f"ema_decay must be below 1, got {self.ema_decay}")


def parse_args(arguments: Sequence[str] | None = None) -> Config:
    """Config from the command line; exits with a usage message on a bad value."""
    parser = argparse.ArgumentParser(
        description="Train the GAN. The same command again resumes a stopped run.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    comments = dict(re.findall(r"^    (\w+): .*  # (.+)$", inspect.getsource(Config), re.MULTILINE))
    types = get_type_hints(Config)
    for field in fields(Config):
        kind = types[field.name]
        options: dict[str, Any] = {"metavar": kind.__name__.upper(), "type": kind}
        if kind is bool:
            options = {"action": argparse.BooleanOptionalAction}
        elif get_origin(kind) is Literal:
            options = {"choices": get_args(kind), "type": type(get_args(kind)[0])}
        text = comments.get(field.name, "").replace("%", "%%")
        flag = "--" + field.name.replace("_", "-")
        parser.add_argument(flag, default=field.default, help=text, **options)
    try:
        return Config(**vars(parser.parse_args(arguments)))
    except ValueError as error:
        parser.error(str(error))


def to_plain(config: Config) -> dict[str, str]:
    """The knobs as text, for the checkpoint."""
    return {name: str(value) for name, value in asdict(config).items()}


def changed_knobs(saved: Mapping[str, str], config: Config) -> str:
    """What this run sets otherwise than the run that wrote a checkpoint: "g_lr 2e-4 -> 1e-4"."""
    now = to_plain(config)
    return ", ".join(
        f"{name} {saved[name]} -> {now[name]}"
        for name in now
        if name in saved and saved[name] != now[name]
    )
