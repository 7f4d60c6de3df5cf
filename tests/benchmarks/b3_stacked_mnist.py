"""B3: stacked MNIST, three digits in the colours of one image, as PacGAN (arXiv:1712.04086).

`python tests/benchmarks/b3_stacked_mnist.py tiny-half-dcgan --digits mnist_5k.npz --seeds 0`, or
`--digits` with a folder of MNIST's four idx files; README.md, section MNIST, tells how to get 5,000
digits. All of its steps take a tiny variant hours on a CPU and a full one days: --steps.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _common import HERE, Run, Variant, benchmark, drawn, merged, parse_args, read_variants
from _judge import EPOCHS, Judge, accuracy, classes, trained
from b5_conditional import scaled, split
from numpy.typing import NDArray
from torch import Tensor

MODES = 1_000  # 100 times the digit in red, 10 times that in green, that in blue
TRIPLES = 128_000  # that GANs are trained on, as in PacGAN's run of VEEGAN's task
POPULATED = 8  # samples of one mode, of 26 that are expected: the judge's errors make fewer
SHOWN = 240_000  # digits at most, again and again, that the judge learns from


@dataclass(frozen=True)
class Digits:
    """Pixels uint8 [N, 28, 28] and classes [N], for training and held out."""

    images: NDArray[Any]
    labels: NDArray[Any]
    held_out_images: NDArray[Any]
    held_out_labels: NDArray[Any]


def read_digits(path: Path) -> Digits:
    """An npz of `images` and `labels`, or a folder of idx files; 100 of each class are held out."""
    if path.is_dir():
        parts = [(read_idx(path, name, 16), read_idx(path, name, 8)) for name in ("train", "t10k")]
        images = np.concatenate([pixels.reshape(-1, 28, 28) for pixels, _ in parts])
        labels = np.concatenate([numbers for _, numbers in parts])
    else:
        with np.load(path) as arrays:
            images, labels = arrays["images"], arrays["labels"]
    labels = labels.astype(np.int64)
    train, held_out = split(images, labels)
    return Digits(images[train], labels[train], images[held_out], labels[held_out])


def read_idx(folder: Path, name: str, header: int) -> NDArray[Any]:
    """The bytes [N] behind the header, which has 16 bytes for images and 8 for labels."""
    kind = {16: "images-idx3-ubyte", 8: "labels-idx1-ubyte"}[header]
    file = folder / f"{name}-{kind}"
    plain = file.read_bytes() if file.exists() else gzip.decompress(Path(f"{file}.gz").read_bytes())
    return np.frombuffer(plain, np.uint8, offset=header)


def stacked_file(digits: Digits, work: Path) -> Path:
    """128,000 triples of the digits for training, in a file for the projects."""
    rows = np.random.default_rng(0).integers(len(digits.images), size=(TRIPLES, 3))
    work.mkdir(parents=True, exist_ok=True)
    out = (work / "stacked.npz").absolute()
    np.savez_compressed(out, images=digits.images[rows])
    return out


def judge_of(digits: Digits) -> Judge:
    """The judge of all runs, trained on single real digits."""
    epochs = min(EPOCHS, math.ceil(SHOWN / len(digits.images)))
    return trained(scaled(digits.images), torch.from_numpy(digits.labels), epochs=epochs)


def modes_of(judge: Judge, images: Tensor) -> Tensor:
    """The mode [N], 0 to 999, of each image [N, 3, 28, 28]: what the judge sees in its channels."""
    hundreds, tens, ones = (classes(judge, images[:, [channel]]) for channel in range(3))
    return 100 * hundreds + 10 * tens + ones


def metrics(modes: Tensor) -> dict[str, Any]:
    """Modes of samples [N], 0 to 999 each, counted as PacGAN's code does.

    A mode counts from one sample on, which the judge's errors alone may make; those that count as
    populated have eight. KL is that of the samples' distribution over the modes from the uniform
    one, in nats.
    """
    counts = torch.bincount(modes, minlength=MODES)
    shares = counts[counts > 0].double() / len(modes)
    return {
        "modes": int((counts > 0).sum()),
        "populated": int((counts >= POPULATED).sum()),
        "kl": round((shares * (shares * MODES).log()).sum().item(), 4),
    }


def samples_of(variant: Variant) -> int:
    """How many samples the published numbers are of."""
    return 25_600 if variant.id.startswith("tiny") else 26_000


def score(run: Run, judge: Judge, device: str) -> Mapping[str, Any]:
    """Of what the averaged weights make, and below `raw` the last ones, of the same noise."""
    found = {}
    for key in ("ema", "generator"):
        images, _ = drawn(run, samples_of(run.variant), key, device)
        found[key] = metrics(modes_of(judge, torch.from_numpy(images)))
    return {**found["ema"], "raw": found["generator"]}


def floor(variant: Variant, judge: Judge, digits: Digits) -> Mapping[str, Any]:
    """The same of as many triples of digits held out, and how often the judge is right about one.

    The classes have the shares that they have in training, which are not equal in all of MNIST.
    """
    images, labels = scaled(digits.held_out_images), torch.from_numpy(digits.held_out_labels)
    random = np.random.default_rng(1)
    of_class = np.stack([np.flatnonzero(digits.held_out_labels == label) for label in range(10)])
    wanted = random.choice(digits.labels, size=(samples_of(variant), 3))
    rows = of_class[wanted, random.integers(of_class.shape[1], size=wanted.shape)]
    hundreds, tens, ones = classes(judge, images)[torch.from_numpy(rows)].T
    found = metrics(100 * hundreds + 10 * tens + ones)
    return {"judge": round(accuracy(judge, images, labels), 4), **found}


def main() -> None:
    variants = read_variants(HERE / "b3_stacked_mnist.yaml")
    arguments = parse_args(__doc__ or "", variants, "digits")
    torch.set_num_threads(arguments.threads)
    digits = read_digits(arguments.digits)
    data = {"data": {"path": str(stacked_file(digits, arguments.work))}}
    placed = [Variant(v.id, merged(v.spec, data), v.published) for v in variants]
    judge = judge_of(digits)
    scored = partial(score, judge=judge, device=arguments.device)
    benchmark("b3", placed, scored, partial(floor, judge=judge, digits=digits), arguments)


if __name__ == "__main__":
    main()
