"""Draw samples from the trained generator.

python sample.py                                   # 64 samples and a picture of them, in samples/
python sample.py --count 10000 --seed 1 --out many
python sample.py --truncation 0.7                  # more typical samples, less varied
python sample.py --interpolate 8 --count 10        # ten rows, each from one noise to another
python sample.py --neighbours 5 --count 10         # beside what is nearest in the training data
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from config import Config
from data import DataError, load_data
from latent import interpolate, nearest, truncate
from models import Generator, sample_latent
from pictures import save_image, save_picture, to_pixels
from runtime import CheckpointError, evaluating, load_checkpoint, pick_device, seed_everything

CPU = torch.device("cpu")


def parse_args(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What to draw, from the command line."""
    parser = argparse.ArgumentParser(description="Draw samples from a trained generator.")
    last = Config().out_dir / "last.pt"
    parser.add_argument("--checkpoint", type=Path, default=last, help=f"default: {last}")
    parser.add_argument(
        "--out", type=Path, default=Path("samples"), help="folder; default: samples"
    )
    parser.add_argument(
        "--count", type=whole_number, default=64, help="samples, or rows; default: 64"
    )
    parser.add_argument("--batch-size", type=whole_number, default=256, help="samples at a time")
    parser.add_argument(
        "--seed", type=whole_number, default=1, help="the same draws the same; default: 1"
    )
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    parser.add_argument("--raw", action="store_true", help="the weights, not their average")
    parser.add_argument(
        "--truncation", type=limit, metavar="T", help="draw noise beyond +-T again, until none is"
    )
    tools = parser.add_mutually_exclusive_group()
    tools.add_argument("--interpolate", type=whole_number, metavar="N", help="N steps in every row")
    tools.add_argument(
        "--neighbours", type=whole_number, metavar="K", help="with the K nearest training samples"
    )
    return parser.parse_args(arguments)


def whole_number(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, got {text}")
    return int(text)


def limit(text: str) -> float:
    """A number of at least 0.01: below it takes for ever to draw noise that small."""
    value = float(text)
    if not value >= 0.01:
        raise argparse.ArgumentTypeError(f"must be 0.01 or more, got {text}")
    return value


def load_generator(checkpoint: Path, device: torch.device, *, raw: bool = False) -> Generator:
    """The trained generator, weights averaged over training; raises CheckpointError."""
    generator = Generator().to(device)
    name = "generator" if raw else "ema"
    load_checkpoint(checkpoint, {name: generator}, device)
    return generator


def draw_noise(count: int, arguments: argparse.Namespace) -> Tensor:
    """z [count, 100] on the CPU, where all devices draw the same."""
    z = sample_latent(count, CPU)
    if arguments.truncation is not None:
        z = truncate(z, arguments.truncation)
    return z


def choose_inputs(arguments: argparse.Namespace) -> tuple[tuple[Tensor, ...], int]:
    """What the generator is given for all samples, row by row, and the number of rows."""
    rows = arguments.count
    z = draw_noise(rows, arguments)
    if arguments.interpolate is not None:
        z = interpolate(z, draw_noise(rows, arguments), arguments.interpolate)
    return (z,), rows


def draw(generator: Generator, inputs: tuple[Tensor, ...], batch_size: int) -> Tensor:
    """The generator's samples for inputs [N, ...] each: [N, ...], on the CPU."""
    device = next(generator.parameters()).device
    batches = zip(*(x.split(batch_size) for x in inputs), strict=True)
    with evaluating(generator):
        made = [generator(*(x.to(device) for x in batch)).float().cpu() for batch in batches]
    return torch.cat(made)


def find_neighbours(samples: Tensor, arguments: argparse.Namespace) -> Tensor:
    """The nearest training samples [N, K, ...]; prints how near they are."""
    real = load_data()[0]
    distances, rows = nearest(samples, real, arguments.neighbours)
    part = torch.randperm(len(real))[:200]
    # The nearest to a training sample is itself.
    among_real, _ = nearest(real[part].float() / 127.5 - 1, real, 2)
    print(
        f"from a sample to the nearest training sample: median {distances[:, 0].median():.4g}, "
        f"least {distances[:, 0].min():.4g}; from a training sample to the nearest other: median "
        f"{among_real[:, -1].median():.4g}. Samples that are far nearer are copies."
    )
    part = rows.flatten()
    return (real[part].float() / 127.5 - 1).unflatten(0, rows.shape)


def main() -> None:
    arguments = parse_args()
    device = pick_device(arguments.device)
    try:
        generator = load_generator(arguments.checkpoint, device, raw=arguments.raw)
        seed_everything(arguments.seed)
        inputs, rows = choose_inputs(arguments)
        samples = draw(generator, inputs, arguments.batch_size)
        near = find_neighbours(samples, arguments) if arguments.neighbours else samples[:, None]
    except (CheckpointError, DataError) as error:
        sys.exit(f"error: {error}")
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    shown, columns = samples, len(samples) // rows
    if arguments.neighbours:
        shown, columns = torch.cat([samples[:, None], near], dim=1).flatten(0, 1), 1 + near.shape[1]
    columns = columns if columns > 1 else 0
    save_picture(shown, out / "grid.png", columns=columns)
    names = [f"{index:06d}" for index in range(len(samples))]
    for name, pixels in zip(names, to_pixels(samples), strict=True):
        save_image(pixels, out / f"{name}.png")
    print(f"{len(samples)} samples and grid.png are in {out}")


if __name__ == "__main__":
    main()
