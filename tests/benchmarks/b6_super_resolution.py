"""B6: photographs four times larger, against bicubic interpolation, on photographs held out.

`python tests/benchmarks/b6_super_resolution.py --photos train --held-out test --seeds 0`: a quarter
of an hour a run on a quiet CPU. The photographs of the published figures are in the packages
scikit-image (coffee, rocket, motorcycle_left, hubble_deep_field, ihc; held out: astronaut, chelsea,
camera) and scikit-learn (china, flower).
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _common import HERE, Run, Variant, benchmark, call, merged, parse_args, read_variants
from numpy.typing import NDArray
from PIL import Image
from torchmetrics.functional.image import structural_similarity_index_measure

FACTOR, BORDER = 4, 4
Pixels = NDArray[Any]


def opened(path: Path) -> Image.Image:
    """A photograph in RGB, cut so that it can become FACTOR times smaller."""
    with Image.open(path) as image:
        width, height = (side // FACTOR * FACTOR for side in image.size)
        return image.convert("RGB").crop((0, 0, width, height))


def resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Bicubic, with antialiasing where it becomes smaller."""
    return image.resize(size, Image.Resampling.BICUBIC)


def luma(image: Image.Image) -> Pixels:
    """Y of ITU-R BT.601 [H, W], 16 to 235, without the border."""
    weights = np.array([65.481, 128.553, 24.966]) / 255
    y: Pixels = 16 + np.asarray(image, np.float64) @ weights
    return y[BORDER:-BORDER, BORDER:-BORDER]


def psnr(one: Pixels, two: Pixels) -> float:
    """In dB, of values up to 255."""
    return float(20 * np.log10(255) - 10 * np.log10(np.mean((one - two) ** 2)))


def ssim(one: Pixels, two: Pixels) -> float:
    """With windows of 11 x 11."""
    a, b = (torch.from_numpy(values)[None, None] for values in (one, two))
    value = structural_similarity_index_measure(a, b, data_range=255.0)
    assert isinstance(value, torch.Tensor)
    return value.item()


def steepness(y: Pixels) -> float:
    """Mean absolute difference of neighbours."""
    return float(np.abs(np.diff(y, axis=0)).mean() + np.abs(np.diff(y, axis=1)).mean())


def compared(real: Image.Image, made: Image.Image) -> dict[str, float]:
    """How near an enlarged photograph is to the real one."""
    y, x = luma(real), luma(made)
    return {"psnr": psnr(x, y), "ssim": ssim(x, y), "sharpness": steepness(x) / steepness(y)}


def interpolated(image: Image.Image) -> Image.Image:
    """What bicubic interpolation makes of the small version."""
    small = resized(image, (image.width // FACTOR, image.height // FACTOR))
    return resized(small, image.size)


def score(run: Run, held_out: Path) -> Mapping[str, Any]:
    """PSNR and SSIM over bicubic, and sharpness (1: as sharp as real), means over photographs."""
    small, out = run.checkpoint.parent / "small", run.checkpoint.parent / "large"
    small.mkdir(exist_ok=True)
    photos = {path.stem: opened(path) for path in sorted(held_out.iterdir())}
    for name, image in photos.items():
        resized(image, (image.width // FACTOR, image.height // FACTOR)).save(small / f"{name}.png")
    command = [sys.executable, "sample.py", "--checkpoint", str(run.checkpoint), "--device", "cpu"]
    call([*command, "--input", str(small), "--out", str(out)], run.project, run.environment)
    made = {name: compared(image, opened(out / f"{name}.png")) for name, image in photos.items()}
    usual = {name: compared(image, interpolated(image)) for name, image in photos.items()}
    gains = {
        f"{key}_gain": round(statistics.mean(made[n][key] - usual[n][key] for n in photos), 4)
        for key in ("psnr", "ssim")
    }
    sharpness = statistics.mean(values["sharpness"] for values in made.values())
    each = {name: round(values["psnr"], 2) for name, values in made.items()}
    return {**gains, "sharpness": round(sharpness, 3), "psnr": each}


def floor(_: Variant, held_out: Path) -> Mapping[str, Any]:
    """Bicubic interpolation itself."""
    photos = {path.stem: opened(path) for path in sorted(held_out.iterdir())}
    usual = {name: compared(image, interpolated(image)) for name, image in photos.items()}
    sharpness = statistics.mean(values["sharpness"] for values in usual.values())
    psnrs = {name: round(values["psnr"], 2) for name, values in usual.items()}
    return {"psnr": psnrs, "sharpness": round(sharpness, 3)}


def main() -> None:
    variants = read_variants(HERE / "b6_super_resolution.yaml")
    arguments = parse_args(__doc__ or "", variants, "photos", "held-out")
    torch.set_num_threads(arguments.threads)
    data = {"data": {"path": str(arguments.photos.absolute())}}
    placed = [Variant(v.id, merged(v.spec, data), v.published) for v in variants]
    path = arguments.held_out
    benchmark("b6", placed, partial(score, held_out=path), partial(floor, held_out=path), arguments)


if __name__ == "__main__":
    main()
