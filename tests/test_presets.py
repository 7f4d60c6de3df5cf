"""Presets: each compiles on data as published, and its networks are as large as the cited ones.

`REFERENCES` restates the layers of the cited code; what they hold is counted here, by hand. Where a
preset differs, the difference in parameters and its reason stand beside it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any

import pytest
import yaml

from gangen.catalogue import Catalogue, shipped
from gangen.compose import Compiled, compile_spec

CATALOGUE = Catalogue((shipped(),))
PRESETS = CATALOGUE.names("presets")

# Data


def images(channels: int, side: int, classes: int = 0) -> str:
    """A folder of images of the published size."""
    size = f"image_size: [{side}, {side}]"
    return f"{{source: folder, path: images, channels: {channels}, {size}, classes: {classes}}}"


MNIST = "{source: idx, path: mnist}"
CIFAR, LABELLED_CIFAR = images(3, 32), images(3, 32, 10)
IMAGENET = images(3, 128, 1000)
DATA = {
    "acgan@odena2016": LABELLED_CIFAR,
    "began@berthelot2017": images(3, 64),
    "biggan@brock2018": IMAGENET,
    "biggan-cifar@brock2018": LABELLED_CIFAR,
    "biggan-cr@zhao2020": LABELLED_CIFAR,
    "biggan-diffaugment@zhao2020": LABELLED_CIFAR,
    "biggan-lecam@tseng2021": LABELLED_CIFAR,
    "cgan@mirza2014": MNIST,
    "cgan@pytorch-gan": "{source: digits, image_size: [32, 32]}",
    "dcgan@pytorch-examples": images(3, 64),
    "dcgan@radford2015": images(3, 64),
    "dragan@kodali2017": MNIST,
    "ebgan@zhao2016": images(3, 64),
    "gan@goodfellow2014": MNIST,
    "gan-3d@wu2016": "{source: npz, path: voxels.npz, shape: [1, 64, 64, 64]}",
    "infogan@chen2016": MNIST,
    "lsgan@mao2017": images(3, 112),
    "pacgan-2d@lin2018": "{source: grid}",
    "pacgan-stacked@lin2018": "{source: npz, path: stacked.npz, shape: [3, 28, 28]}",
    "r3gan@huang2024": LABELLED_CIFAR,
    "r3gan-stacked@huang2024": "{source: npz, path: stacked.npz, shape: [3, 32, 32]}",
    "sagan@zhang2018": IMAGENET,
    "sngan@miyato2018": CIFAR,
    "sngan-projection@miyato2018": LABELLED_CIFAR,
    "sngan-resnet@miyato2018": CIFAR,
    "vanilla@pytorch-gan": MNIST,
    "wavegan@donahue2018": "{source: npz, path: waves.npz, shape: [1, 16384]}",
    "wgan@arjovsky2017": images(3, 64),
    "wgan-gp@gulrajani2017": images(3, 64),
    "wgan-gp-resnet@gulrajani2017": CIFAR,
    "wgan-gp-toy@gulrajani2017": "{source: grid, standardize: true}",
}


@cache
def compiled(name: str) -> Compiled:
    text = f"gangen: 1\nname: test\npreset: {name}\ndata: {DATA[name]}\n"
    return compile_spec(Path("spec.yaml"), CATALOGUE, (), text)


@cache
def preset(name: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = yaml.safe_load(CATALOGUE.path("presets", name).read_text("utf-8"))
    return content


def test_every_preset_has_its_data() -> None:
    assert sorted(DATA) == sorted(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_compiles_at_the_published_size(name: str) -> None:
    result = compiled(name)
    assert not result.problems.all
    assert result.spec.preset == name
    assert (result.spec.condition or "") == preset(name)["spec"].get("condition", "")
    for network in result.plan.networks.values():
        assert network.main_layers[-1].after == network.target.shape


# Sources


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Dotted paths of all values; a list of choices counts by the names of the choices."""
    if isinstance(value, Mapping) and value:
        for key, inside in value.items():
            yield from leaves(inside, (*path, key))
    elif isinstance(value, list) and value and all(isinstance(x, str | Mapping) for x in value):
        for item in value:
            yield from (
                leaves(item, path) if isinstance(item, Mapping) else [".".join((*path, item))]
            )
    else:
        yield ".".join(path)


@pytest.mark.parametrize("name", PRESETS)
def test_every_value_has_a_source(name: str) -> None:
    content = preset(name)
    assert re.fullmatch(r"[a-z][a-z0-9-]*@[a-z][a-z0-9-]*", name)
    assert list(content) == ["title", "summary", "spec", "sources"]
    assert re.search(r"(19|20)\d\d, arXiv:\d{4}\.\d{4,5}\)", content["title"])
    assert content["summary"].endswith(".")
    assert list(leaves(content["spec"])) == list(content["sources"])
    assert all(isinstance(text, str) and len(text) > 10 for text in content["sources"].values())
    assert not {"name", "gangen", "preset", "description"} & set(content["spec"])
    assert "path" not in content["spec"].get("data", {})


@pytest.mark.parametrize("name", PRESETS)
def test_both_networks_are_told_how_to_learn(name: str) -> None:
    """What is not written comes from defaults.yaml: nothing a publication says may."""
    spec = preset(name)["spec"]
    assert set(spec["training"]["optimizer"]) == {"generator", "discriminator"}
    assert {"batch_size", "d_steps"} <= set(spec["training"])
    assert {"dim", "distribution"} <= set(spec["latent"])
    assert "loss" in spec["objective"]


# Sizes of the networks


def linear(inputs: int, outputs: int, bias: bool = True) -> int:
    return inputs * outputs + bias * outputs


def conv(inputs: int, outputs: int, *kernel: int, bias: bool = True, groups: int = 1) -> int:
    sides = kernel * 2 if len(kernel) == 1 else kernel
    return inputs // groups * outputs * prod(sides) + bias * outputs


def norm(channels: int) -> int:
    return 2 * channels


@dataclass(frozen=True)
class Reference:
    """The parameters of a published network, and how many more the preset has."""

    code: str
    parameters: int
    more: int = 0
    because: str = ""


def resnet_block(before: int, after: int, between: int | None = None, shortcut: bool = True) -> int:
    """Two 3x3 convolutions, and a 1x1 one past them where size or channels change."""
    between = after if between is None else between
    inside = conv(before, between, 3) + conv(between, after, 3)
    return inside + (conv(before, after, 1) if shortcut else 0)


def resnet_32_generator(width: int, classes: int = 0) -> int:
    """SNGAN's for 32x32, which WGAN-GP and BigGAN share: three blocks from 4x4, all as wide."""
    block = resnet_block(width, width) + 2 * max(classes, 1) * norm(width)
    return linear(128, 16 * width) + 3 * block + norm(width) + conv(width, 3, 3)


def resnet_32_discriminator(width: int, classes: int = 0, bias: bool = True) -> int:
    """Two blocks that halve the map, two that keep it, a logit and a projection."""
    blocks = resnet_block(3, width) + resnet_block(width, width)
    keeping = 2 * resnet_block(width, width, shortcut=False)
    return blocks + keeping + linear(width, 1, bias) + classes * width


def resnet_128_generator(latent: int, width: int, block_norm: Callable[[int], int]) -> int:
    """Five blocks from 4x4 to 128x128, of 16 to 1 widths."""
    multiples = [16, 16, 8, 4, 2, 1]
    blocks = [
        resnet_block(before * width, after * width)
        + block_norm(before * width)
        + block_norm(after * width)
        for before, after in pairwise(multiples)
    ]
    return linear(latent, 256 * width) + sum(blocks) + norm(width) + conv(width, 3, 3)


def resnet_128_discriminator(width: int, classes: int) -> int:
    """Five blocks from 128x128 to 4x4, of 1 to 16 widths, one that keeps the size, a projection."""
    ends = [3, *(width * multiple for multiple in (1, 2, 4, 8, 16))]
    blocks = sum(resnet_block(before, after) for before, after in pairwise(ends))
    last = resnet_block(16 * width, 16 * width, shortcut=False)
    return blocks + last + linear(16 * width, 1) + classes * 16 * width


def attention(channels: int) -> int:
    """Queries and keys of C / 8, values and their map back of C / 2, without biases; a gain."""
    return 2 * channels * (channels // 8) + 2 * channels * (channels // 2) + 1


def r3gan_blocks(width: int, groups: int, blocks: int) -> int:
    """1x1 to twice the width, grouped 3x3, 1x1 back, without biases; two biased activations."""
    inner = 2 * width
    return blocks * (
        conv(width, inner, 1, bias=False)
        + conv(inner, inner, 3, bias=False, groups=groups)
        + conv(inner, width, 1, bias=False)
        + 2 * inner
    )
