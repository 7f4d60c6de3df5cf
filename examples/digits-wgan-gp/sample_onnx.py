"""Draw samples from generator.onnx; needs NumPy, ONNX Runtime and Pillow, nothing else.

python sample_onnx.py                              # 64 samples, drawn in grid.png
python sample_onnx.py --count 100 --seed 2 --out hundred.png

`python export.py` puts this file beside generator.onnx.
"""

import argparse
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

Array = np.ndarray[Any, np.dtype[Any]]

MODEL = Path(__file__).resolve().with_name("generator.onnx")
BATCH = 256  # samples at a time


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """What to draw, from the command line."""
    parser = argparse.ArgumentParser(description="Draw samples from generator.onnx.")
    parser.add_argument("--model", type=Path, default=MODEL, help="default: beside this file")
    parser.add_argument("--out", type=Path, default=Path("grid.png"), help="default: grid.png")
    parser.add_argument("--count", type=int, default=64, help="samples; default: 64")
    parser.add_argument("--seed", type=int, default=1, help="the same draws the same; default: 1")
    parser.add_argument(
        "--truncation", type=float, default=math.inf, help="draw noise beyond it again"
    )
    parser.add_argument("--label", type=int, choices=range(10), help="default: all in turn")
    parsed = parser.parse_args(arguments)
    if parsed.count < 1:
        parser.error(f"--count must be 1 or more, got {parsed.count}")
    return parsed


def draw_inputs(arguments: argparse.Namespace) -> dict[str, Array]:
    """What the generator is given, by name: noise as in training."""
    rng, count = np.random.default_rng(arguments.seed), arguments.count
    z = rng.standard_normal((count, 128))
    limit = max(arguments.truncation, 0.01)  # below it this would take for ever
    while (outside := np.abs(z) > limit).any():
        z[outside] = rng.standard_normal(outside.sum())
    inputs = {"z": z.astype(np.float32)}
    inputs["labels"] = np.arange(count, dtype=np.int64) % 10
    if arguments.label is not None:
        inputs["labels"][:] = arguments.label
    return inputs


def generate(model: Path, inputs: dict[str, Array]) -> Array:
    """The samples [N, ...] that the exported generator makes."""
    try:
        from onnxruntime import InferenceSession
    except ImportError:
        sys.exit("error: ONNX Runtime is missing: pip install onnxruntime")
    if not model.is_file():
        sys.exit(f"error: {model}: no such file; `python export.py` writes it")
    session = InferenceSession(model, providers=["CPUExecutionProvider"])
    made = []
    for start in range(0, len(inputs["z"]), BATCH):
        batch = {name: x[start : start + BATCH] for name, x in inputs.items()}
        made.append(session.run(["samples"], batch)[0])
    return np.concatenate(made)


def to_pixels(samples: Array) -> Array:
    """Images [N, C, H, W] in [-1, 1] as bytes [N, H, W, C]."""
    pixels = ((samples.clip(-1, 1) + 1) * 127.5).round().astype(np.uint8)
    return pixels.transpose(0, 2, 3, 1)


def save_grid(pixels: Array, path: Path, columns: int) -> None:
    """Bytes [N, H, W, C] as one PNG, row by row, white between them, small ones enlarged."""
    number, height, width, channels = pixels.shape
    columns = columns or math.ceil(math.sqrt(number))
    rows = math.ceil(number / columns)
    factor = max(1, 64 // max(height, width))
    pixels = pixels.repeat(factor, axis=1).repeat(factor, axis=2)
    gap, height, width = 2, height * factor + 2, width * factor + 2
    canvas = np.full((rows * height + gap, columns * width + gap, channels), 255, np.uint8)
    for index, tile in enumerate(pixels):
        top, left = gap + index // columns * height, gap + index % columns * width
        canvas[top : top + height - gap, left : left + width - gap] = tile
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(canvas[..., 0] if channels == 1 else canvas).save(path)


def main() -> None:
    arguments = parse_args()
    samples = generate(arguments.model, draw_inputs(arguments))
    save_grid(to_pixels(samples), arguments.out, columns=10)
    print(f"{len(samples)} samples are drawn in {arguments.out}")


if __name__ == "__main__":
    main()
