"""Draw samples from the trained generator.

python sample.py                                   # 64 samples and a picture of them, in samples/
python sample.py --count 10000 --seed 1 --out many
python sample.py --label 3                         # of one class; without it, of all in turn
python sample.py --interpolate 8 --count 10        # ten rows, each from one noise to another
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from config import Config
from models import Generator, sample_latent
from pictures import save_image, save_picture, to_pixels
from runtime import CheckpointError, evaluating, load_checkpoint, pick_device, seed_everything


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
    parser.add_argument(
        "--interpolate", type=whole_number, metavar="N", help="N steps in every row"
    )
    parser.add_argument("--label", type=int, choices=range(10), help="class of all samples")
    return parser.parse_args(arguments)


def whole_number(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, got {text}")
    return int(text)


def load_generator(checkpoint: Path, device: torch.device) -> Generator:
    """The trained generator, weights averaged over training; raises CheckpointError."""
    generator = Generator().to(device)
    load_checkpoint(checkpoint, {"ema": generator}, device)
    return generator


def interpolate(start: Tensor, end: Tensor, steps: int) -> Tensor:
    """Great arcs between noises [N, D]: [N * steps, D] (slerp; Shoemake 1985, White 2016).

    On a straight line between two normal vectors the norm would drop to where no training z was.
    """
    shares = torch.linspace(0, 1, steps, device=start.device)[:, None]
    rows = []
    for a, b in zip(start, end, strict=True):
        angle = torch.acos((a @ b / (a.norm() * b.norm())).clamp(-1 + 1e-6, 1 - 1e-6))
        rows.append(
            (torch.sin((1 - shares) * angle) * a + torch.sin(shares * angle) * b) / angle.sin()
        )
    return torch.cat(rows)


def draw(generator: Generator, z: Tensor, labels: Tensor, batch_size: int) -> Tensor:
    """The generator's samples for noise [N, D]: [N, ...], on the CPU."""
    with evaluating(generator):
        batches = zip(z.split(batch_size), labels.split(batch_size), strict=True)
        return torch.cat([generator(*batch).float().cpu() for batch in batches])


def main() -> None:
    arguments = parse_args()
    device = pick_device(arguments.device)
    try:
        generator = load_generator(arguments.checkpoint, device)
    except CheckpointError as error:
        sys.exit(f"error: {error}")
    seed_everything(arguments.seed)
    z = sample_latent(arguments.count, torch.device("cpu")).to(device)
    labels = torch.arange(arguments.count, device=device) % 10
    if arguments.label is not None:
        labels.fill_(arguments.label)
    if arguments.interpolate:
        end = sample_latent(arguments.count, torch.device("cpu")).to(device)
        z = interpolate(z, end, arguments.interpolate)
        labels = labels.repeat_interleave(arguments.interpolate, dim=0)
    samples = draw(generator, z, labels, arguments.batch_size)
    columns = arguments.interpolate or 10
    save_picture(samples, arguments.out / "grid.png", columns=columns)
    for index, pixels in enumerate(to_pixels(samples)):
        save_image(pixels, arguments.out / f"{index:06d}.png")
    print(f"{len(samples)} samples and grid.png are in {arguments.out}")


if __name__ == "__main__":
    main()
