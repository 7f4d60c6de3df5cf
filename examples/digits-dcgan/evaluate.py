"""Score the trained generator against the data: kid, precision, recall, density, coverage.

python evaluate.py                                 # last.pt; the scores go to evaluation.jsonl beside it
python evaluate.py --checkpoint elsewhere/last.pt --samples 50000
python evaluate.py --raw                           # the weights themselves, not their average

Scores can be compared where the numbers of samples, the features with their hash and the resizing
are the same. The floor is what one half of the real samples scores against the other: differences
below it mean nothing.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from config import Config
from data import DataError, load_data
from metrics import Observed, all_scores, random_convolutions
from models import Generator, sample_latent
from runtime import CheckpointError, evaluating, load_checkpoint, pick_device, seed_everything

BATCH = 250  # samples at a time


class Evaluator:
    """Scores what a generator makes against one draw of real samples."""

    def __init__(self, config: Config, device: torch.device) -> None:
        """Look at the real samples; raises DataError."""
        self.config, self.device = config, device
        seed_everything(config.seed)
        samples, _ = load_data()
        rows = torch.randperm(len(samples))[: config.eval_samples]
        self.samples = samples[rows]
        self.extractor: Any = random_convolutions((1, 16, 16)).to(device)
        self.real = self.observe(self.reals())

    def reals(self) -> Iterator[Tensor]:
        """Batches of the real samples, [B, 1, 16, 16] in [-1, 1]."""
        for rows in torch.arange(len(self.samples)).split(BATCH):
            x = self.samples[rows].to(self.device).float() / 127.5 - 1
            yield x

    def fakes(self, generator: Generator) -> Iterator[Tensor]:
        """Batches of fakes, always of the same noise."""
        seed_everything(self.config.seed, 1)
        z = sample_latent(self.config.eval_samples, torch.device("cpu"))
        with evaluating(generator):
            for rows in torch.arange(len(z)).split(BATCH):
                x = generator(z[rows].to(self.device)).float()
                yield x

    @torch.no_grad()
    def observe(self, batches: Iterable[Tensor]) -> Observed:
        """What the metrics look at, of all batches."""
        parts = [Observed(features=self.extractor(x)) for x in batches]
        return Observed(*(torch.cat(values) for values in zip(*parts, strict=True)))

    @cached_property
    def floor(self) -> dict[str, float]:
        """The scores of one half of the real samples against the other."""
        half = len(self.samples) // 2
        seed_everything(self.config.seed)
        first, second = slice(half), slice(half, 2 * half)
        return all_scores(
            Observed(*(values[first] for values in self.real)),
            Observed(*(values[second] for values in self.real)),
        )

    def record(
        self, generator: Generator, *, step: int, weights: str, checkpoint: str | None = None
    ) -> dict[str, Any]:
        """The scores, and all that has to be known to compare them with others."""
        started = time.perf_counter()
        fake = self.observe(self.fakes(generator))
        seed_everything(self.config.seed)  # for metrics that draw subsets
        scores = all_scores(self.real, fake)
        return {
            "step": step,
            "weights": weights,
            "samples": len(fake[0]),
            "real_samples": len(self.samples),
            "features": {"name": "random_convolutions", "sha256": fingerprint(self.extractor)},
            "resize": self.extractor.resize,
            "seed": self.config.seed,
            "device": self.device.type,
            "checkpoint": checkpoint,
            "torch": torch.__version__,
            "scores": scores,
            "floor": self.floor,
            "floor_samples": len(self.samples) // 2,
            "seconds": round(time.perf_counter() - started, 2),
        }


def fingerprint(module: nn.Module) -> str:
    """The first 12 hexadecimal digits of the sha256 of a module's weights."""
    hashed = hashlib.sha256()
    for name, value in module.state_dict().items():
        hashed.update(name.encode() + value.cpu().numpy().tobytes())
    return hashed.hexdigest()[:12]


def append(record: dict[str, Any], out_dir: Path) -> None:
    """Add a line to out_dir/evaluation.jsonl."""
    out_dir.mkdir(parents=True, exist_ok=True)
    with (out_dir / "evaluation.jsonl").open("a") as file:
        file.write(json.dumps(record) + "\n")


def parse_args(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What to score, from the command line."""
    usual = Config()
    last = usual.out_dir / "last.pt"
    parser = argparse.ArgumentParser(description="Score the trained generator against the data.")
    parser.add_argument("--checkpoint", type=Path, default=last, help=f"default: {last}")
    parser.add_argument("--samples", type=int, default=usual.eval_samples, help="fakes to score")
    parser.add_argument("--seed", type=int, default=usual.seed, help="of noise and real draw")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    parser.add_argument("--raw", action="store_true", help="score the weights, not their average")
    return parser.parse_args(arguments)


def main() -> None:
    arguments = parse_args()
    device = pick_device(arguments.device)
    generator = Generator().to(device)
    name = "generator" if arguments.raw else "ema"
    try:
        config = replace(Config(), eval_samples=arguments.samples, seed=arguments.seed)
        step, _ = load_checkpoint(arguments.checkpoint, {name: generator}, device)
        evaluator = Evaluator(config, device)
        digest = hashlib.sha256(arguments.checkpoint.read_bytes()).hexdigest()[:12]
        weights = "ema" if name == "ema" else "raw"
        record = evaluator.record(generator, step=step, weights=weights, checkpoint=digest)
    except (CheckpointError, DataError, ValueError) as error:
        sys.exit(f"error: {error}")
    append(record, arguments.checkpoint.parent)
    print(f"{'score':<24}{'value':>12}{'floor':>12}")
    for score, value in record["scores"].items():
        floor = record["floor"].get(score)
        print(f"{score:<24}{value:>12.5g}{'' if floor is None else format(floor, '12.5g')}")
    log = arguments.checkpoint.parent / "evaluation.jsonl"
    counts = f"{record['samples']} fakes against {record['real_samples']} real samples"
    print(f"step {step}, {counts}; added to {log}")


if __name__ == "__main__":
    main()
