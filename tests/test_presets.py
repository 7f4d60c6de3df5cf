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
    "cyclegan@zhu2017": images(3, 286, 2),
    "dcgan@pytorch-examples": images(3, 64),
    "dcgan@radford2015": images(3, 64),
    "dragan@kodali2017": MNIST,
    "ebgan@zhao2016": images(3, 64),
    "gan@goodfellow2014": MNIST,
    "gan-3d@wu2016": "{source: npz, path: voxels.npz, shape: [1, 64, 64, 64]}",
    "infogan@chen2016": MNIST,
    "lapgan@denton2015": LABELLED_CIFAR,
    "lsgan@mao2017": images(3, 112),
    "pacgan-2d@lin2018": "{source: grid}",
    "pacgan-stacked@lin2018": "{source: npz, path: stacked.npz, shape: [3, 28, 28]}",
    "pix2pix@isola2017": "{source: pairs, path: facades, image_size: [286, 286]}",
    "r3gan@huang2024": LABELLED_CIFAR,
    "r3gan-stacked@huang2024": "{source: npz, path: stacked.npz, shape: [3, 32, 32]}",
    "sagan@zhang2018": IMAGENET,
    "seqgan@lantaoyu": "{source: oracle}",
    "sngan@miyato2018": CIFAR,
    "sngan-projection@miyato2018": LABELLED_CIFAR,
    "sngan-resnet@miyato2018": CIFAR,
    "stackgan@zhang2017": "{source: npz, path: coco.npz, shape: [3, 256, 256], attributes: 1024}",
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
    if "latent" in CATALOGUE.family(spec.get("family", "noise_to_data")).sections:
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


def patchgan(channels: int, normed: bool) -> int:
    """70 x 70: kernels of 4; in front of batch norm without biases."""
    widths = [64, 128, 256, 512]
    inside = sum(conv(a, b, 4, bias=not normed) + normed * norm(b) for a, b in pairwise(widths))
    return conv(channels, 64, 4) + inside + conv(512, 1, 4)


def unet_256() -> int:
    """Eight convolutions of kernel 4 down, eight transposed ones up that see both sides."""
    widths = [64, 128, 256, 512, 512, 512, 512, 512]
    down = sum(conv(a, b, 4, bias=False) for a, b in pairwise(widths))
    down += conv(3, 64, 4, bias=False) + sum(map(norm, widths[1:-1]))
    up = conv(512, 512, 4, bias=False)
    up += sum(conv(2 * b, a, 4, bias=False) for a, b in pairwise(widths[:-1]))
    return down + up + sum(map(norm, widths[:-1])) + conv(128, 3, 4)


def resnet_translator(width: int, blocks: int) -> int:
    """c7s1, two that halve, residual blocks, two that double, c7s1; norms learn nothing."""
    halving = conv(width, 2 * width, 3) + conv(2 * width, 4 * width, 3)
    inside = blocks * 2 * conv(4 * width, 4 * width, 3)
    doubling = conv(4 * width, 2 * width, 3) + conv(2 * width, width, 3)
    return conv(3, width, 7) + halving + inside + doubling + conv(width, 3, 7)


NO_BIAS = "no biases in front of batch norms, "
SNGAN = "pfnet-research/sngan_projection {}_models/{}resnet_32.py"
BIGGAN_CIFAR = {
    "generator": Reference(
        "ajbrock/BigGAN-PyTorch BigGAN.py@Generator, launch_cifar_ema.sh",
        resnet_32_generator(256, classes=10),
    ),
    "discriminator": Reference(
        "ajbrock/BigGAN-PyTorch BigGAN.py@Discriminator, launch_cifar_ema.sh",
        resnet_32_discriminator(256, classes=10),
    ),
}
DCGAN_PYTORCH = {
    "generator": Reference(
        "pytorch/examples dcgan/main.py@_netG, WassersteinGAN models/dcgan.py@DCGAN_G",
        conv(100, 512, 4, bias=False)
        + norm(512)
        + conv(512, 256, 4, bias=False)
        + norm(256)
        + conv(256, 128, 4, bias=False)
        + norm(128)
        + conv(128, 64, 4, bias=False)
        + norm(64)
        + conv(64, 3, 4, bias=False),
        3,
        "a bias in the last layer",
    ),
    "discriminator": Reference(
        "pytorch/examples dcgan/main.py@_netD, WassersteinGAN models/dcgan.py@DCGAN_D",
        conv(3, 64, 4, bias=False)
        + conv(64, 128, 4, bias=False)
        + norm(128)
        + conv(128, 256, 4, bias=False)
        + norm(256)
        + conv(256, 512, 4, bias=False)
        + norm(512)
        + conv(512, 1, 4, bias=False),
        64,
        "a bias in the first layer",
    ),
}
EYESCREAM = "facebookarchive/eyescream cifar/scripts/train_cifar{}_classcond.lua@model_{}"


def lapgan_stage(side: int) -> dict[str, Reference]:
    """A refinement of the class-conditional pyramid: five planes in, three out; a judge."""
    plane, half = linear(10, side**2), (side - 4 - 5) // 2 + 1
    generator = conv(5, 128, 7) + conv(128, 128, 7) + conv(128, 3, 5)
    judge = conv(4, 128, 5) + conv(128, 128, 5) + linear(128 * half**2, 1)
    why = "no bias in the class plane"
    return {
        "generator": Reference(
            EYESCREAM.format("_coarse_to_fine", "G"), generator + plane, -(side**2), why
        ),
        "discriminator": Reference(
            EYESCREAM.format("_coarse_to_fine", "D"), judge + plane, -(side**2), why
        ),
    }


def stackgan_convs(*widths: int, kernel: int = 3) -> int:
    """Convolutions without biases in front of batch norms."""
    return sum(conv(a, b, kernel, bias=False) + norm(b) for a, b in pairwise(widths))


STACKGAN = "hanzhanggit/StackGAN-Pytorch code/model.py@"
STACKGAN_LOGITS = stackgan_convs(768 + 128, 768) + conv(768, 1, 4)
STACKGAN_MORE = 96 + linear(1024, 128)
STACKGAN_WHY = "a bias in the first layer; the embedding is compressed here"

BEGAN_DECODER = linear(64, 64 * 128) + 8 * conv(128, 128, 3) + conv(128, 3, 3)
REFERENCES: dict[str, dict[str, Reference]] = {
    "began@berthelot2017": {
        "generator": Reference(
            "carpedm20/BEGAN-tensorflow models.py@GeneratorCNN",
            BEGAN_DECODER,
        ),
        "discriminator": Reference(
            "carpedm20/BEGAN-tensorflow models.py@DiscriminatorCNN",
            conv(3, 128, 3)
            + 3 * conv(128, 128, 3)
            + (conv(128, 256, 3) + 2 * conv(256, 256, 3))
            + (conv(256, 384, 3) + 2 * conv(384, 384, 3))
            + (conv(384, 512, 3) + conv(512, 512, 3))
            + linear(64 * 512, 64)
            + BEGAN_DECODER,
        ),
    },
    "biggan@brock2018": {
        "generator": Reference(  # 70,433,988 in all, as the authors' code prints
            "ajbrock/BigGAN-PyTorch BigGAN.py@Generator, launch_BigGAN_bs256x8.sh",
            1000 * 128
            + resnet_128_generator(20, 96, lambda channels: 2 * linear(148, channels, bias=False))
            + attention(192),
        ),
        "discriminator": Reference(  # 87,982,370
            "ajbrock/BigGAN-PyTorch BigGAN.py@Discriminator, launch_BigGAN_bs256x8.sh",
            resnet_128_discriminator(96, classes=1000) + attention(96),
        ),
    },
    "biggan-cifar@brock2018": BIGGAN_CIFAR,
    "biggan-cr@zhao2020": BIGGAN_CIFAR,
    "biggan-diffaugment@zhao2020": BIGGAN_CIFAR,
    "biggan-lecam@tseng2021": BIGGAN_CIFAR,
    "cgan@pytorch-gan": {
        "generator": Reference(
            "eriklindernoren/PyTorch-GAN implementations/cgan/cgan.py@Generator",
            10 * 10
            + linear(110, 128)
            + (linear(128, 256) + norm(256))
            + (linear(256, 512) + norm(512))
            + (linear(512, 1024) + norm(1024))
            + linear(1024, 32 * 32),
        ),
        "discriminator": Reference(
            "eriklindernoren/PyTorch-GAN implementations/cgan/cgan.py@Discriminator",
            10 * 10 + linear(10 + 32 * 32, 512) + 2 * linear(512, 512) + linear(512, 1),
        ),
    },
    "dcgan@pytorch-examples": DCGAN_PYTORCH,
    "dcgan@radford2015": {
        "generator": Reference(
            "Newmu/dcgan_code faces/train_uncond_dcgan.py@gen",
            linear(100, 16 * 1024, bias=False)
            + norm(16 * 1024)
            + conv(1024, 512, 5, bias=False)
            + norm(512)
            + conv(512, 256, 5, bias=False)
            + norm(256)
            + conv(256, 128, 5, bias=False)
            + norm(128)
            + conv(128, 3, 5, bias=False),
            -15 * norm(1024) + 3,
            "the first batch norm is over 1024 channels, not over all their 16 positions each; a "
            "bias in the last layer",
        ),
        "discriminator": Reference(
            "Newmu/dcgan_code faces/train_uncond_dcgan.py@discrim",
            conv(3, 128, 5, bias=False)
            + conv(128, 256, 5, bias=False)
            + norm(256)
            + conv(256, 512, 5, bias=False)
            + norm(512)
            + conv(512, 1024, 5, bias=False)
            + norm(1024)
            + linear(16 * 1024, 1, bias=False),
            128,
            "a bias in the first layer",
        ),
    },
    "dragan@kodali2017": {
        "generator": Reference(
            "kodalinaveen3/DRAGAN DRAGAN.ipynb@generator",
            linear(100, 128) + linear(128, 784),
        ),
        "discriminator": Reference(
            "kodalinaveen3/DRAGAN DRAGAN.ipynb@discriminator",
            linear(784, 128) + linear(128, 1),
        ),
    },
    "gan@goodfellow2014": {
        "generator": Reference(
            "goodfeli/adversarial mnist.yaml@generator",
            linear(100, 1200) + linear(1200, 1200) + linear(1200, 784),
        ),
        "discriminator": Reference(
            "goodfeli/adversarial mnist.yaml@discriminator",
            linear(784, 240 * 5) + linear(240, 240 * 5) + linear(240, 1),
        ),
    },
    "gan-3d@wu2016": {
        "generator": Reference(
            "meetps/tf-3dgan src/3dgan_mit_biasfree.py@generator",
            conv(200, 512, 4, 4, 4, bias=False)
            + norm(512)
            + conv(512, 256, 4, 4, 4, bias=False)
            + norm(256)
            + conv(256, 128, 4, 4, 4, bias=False)
            + norm(128)
            + conv(128, 64, 4, 4, 4, bias=False)
            + norm(64)
            + conv(64, 1, 4, 4, 4, bias=False),
            1,
            "a bias in the last layer",
        ),
        "discriminator": Reference(
            "meetps/tf-3dgan src/3dgan_mit_biasfree.py@discriminator",
            conv(1, 64, 4, 4, 4, bias=False)
            + norm(64)
            + conv(64, 128, 4, 4, 4, bias=False)
            + norm(128)
            + conv(128, 256, 4, 4, 4, bias=False)
            + norm(256)
            + conv(256, 512, 4, 4, 4, bias=False)
            + norm(512)
            + conv(512, 1, 4, 4, 4, bias=False),
            64 - norm(64),
            "a bias in the first layer in place of a batch norm behind it",
        ),
    },
    "cyclegan@zhu2017": {
        **{
            role: Reference(
                "junyanz/pytorch-CycleGAN-and-pix2pix models/networks.py@ResnetGenerator",
                resnet_translator(64, 9),
            )
            for role in ("generator_ab", "generator_ba")
        },
        **{
            role: Reference(
                "junyanz/pytorch-CycleGAN-and-pix2pix models/networks.py@NLayerDiscriminator",
                patchgan(3, normed=False),
            )
            for role in ("discriminator_a", "discriminator_b")
        },
    },
    "pix2pix@isola2017": {
        "generator": Reference(
            "junyanz/pytorch-CycleGAN-and-pix2pix models/networks.py@UnetGenerator",
            unet_256(),
            64 + 512,
            "biases of the first and the innermost convolution, which no norm follows",
        ),
        "discriminator": Reference(
            "junyanz/pytorch-CycleGAN-and-pix2pix models/networks.py@NLayerDiscriminator",
            patchgan(6, normed=True),
        ),
    },
    "lapgan@denton2015": {
        "generator_1": Reference(
            EYESCREAM.format("", "G"),
            linear(110, 1200) + linear(1200, 1200) + linear(1200, 3 * 8 * 8),
            100,
            "a learnt embedding of the label in place of a one-hot vector",
        ),
        "discriminator_1": Reference(
            EYESCREAM.format("", "D"),
            linear(3 * 8 * 8 + 10, 600) + linear(600, 600) + linear(600, 1),
            100,
            "a learnt embedding of the label in place of a one-hot vector",
        ),
        **{
            f"{role}_{number}": reference
            for number, side in ((2, 16), (3, 32))
            for role, reference in lapgan_stage(side).items()
        },
    },
    "lsgan@mao2017": {
        "generator": Reference(
            "xudonmao/LSGAN vgg.py@generator",
            linear(1024, 49 * 256)
            + norm(256)
            + 4 * (conv(256, 256, 3) + norm(256))
            + (conv(256, 128, 3) + norm(128))
            + (conv(128, 64, 3) + norm(64))
            + conv(64, 3, 3),
            -(49 * 256 + 4 * 256 + 128 + 64),
            NO_BIAS,
        ),
        "discriminator": Reference(
            "xudonmao/LSGAN vgg.py@discriminator",
            conv(3, 64, 5)
            + (conv(64, 128, 5) + norm(128))
            + (conv(128, 256, 5) + norm(256))
            + (conv(256, 512, 5) + norm(512))
            + linear(49 * 512, 1),
            -(128 + 256 + 512 + 1),
            NO_BIAS + "nor in the last layer",
        ),
    },
    "pacgan-2d@lin2018": {
        "generator": Reference(
            "fjxmlzn/PacGAN synthetic_data_experiments/2DGrid_GAN&PacGAN/pacgan_task.py@decoder",
            linear(2, 400, bias=False)
            + 3 * linear(400, 400, bias=False)
            + 4 * norm(400)
            + linear(400, 2),
        ),
        "discriminator": Reference(
            "fjxmlzn/PacGAN synthetic_data_experiments/2DGrid_GAN&PacGAN/pacgan_task.py",
            linear(2 * 2, 200 * 5) + 2 * linear(200, 200 * 5) + linear(200, 1),
        ),
    },
    "pacgan-stacked@lin2018": {
        "generator": Reference(
            "fjxmlzn/PacGAN stacked_MNIST_experiments/VEEGAN_experiment/model.py@generator",
            linear(100, 4 * 512)
            + norm(512)
            + (conv(512, 256, 5) + norm(256))
            + (conv(256, 128, 5) + norm(128))
            + (conv(128, 64, 5) + norm(64))
            + conv(64, 3, 5),
            -(4 * 512 + 256 + 128 + 64),
            NO_BIAS,
        ),
        "discriminator": Reference(
            "fjxmlzn/PacGAN stacked_MNIST_experiments/VEEGAN_experiment/model.py@discriminator",
            conv(2 * 3, 64, 5)
            + (conv(64, 128, 5) + norm(128))
            + (conv(128, 256, 5) + norm(256))
            + (conv(256, 512, 5) + norm(512))
            + linear(4 * 512, 1),
            -(128 + 256 + 512 + 1),
            NO_BIAS + "nor in the last layer",
        ),
    },
    "r3gan@huang2024": {
        "generator": Reference(
            "brownvc/R3GAN R3GAN/Networks.py@Generator, train.py@CIFAR10",
            linear(10, 64, bias=False)
            + linear(64 + 64, 768, bias=False)
            + 768 * 16
            + r3gan_blocks(768, 96, 8)
            + conv(768, 3, 1, bias=False),
        ),
        "discriminator": Reference(
            "brownvc/R3GAN R3GAN/Networks.py@Discriminator, train.py@CIFAR10",
            conv(3, 768, 1, bias=False)
            + r3gan_blocks(768, 96, 8)
            + conv(768, 768, 4, bias=False, groups=768)
            + linear(768, 768, bias=False)
            + linear(10, 768, bias=False),
            768 - 768 * 768,
            "features meet the class as they are, not through a linear map, and give a logit of "
            "their own",
        ),
    },
    "r3gan-stacked@huang2024": {
        "generator": Reference(
            "brownvc/R3GAN R3GAN/Networks.py@Generator, train.py@CIFAR10",
            linear(64, 768, bias=False)
            + 768 * 16
            + r3gan_blocks(768, 96, 8)
            + conv(768, 3, 1, bias=False),
        ),
        "discriminator": Reference(
            "brownvc/R3GAN R3GAN/Networks.py@Discriminator, train.py@CIFAR10",
            conv(3, 768, 1, bias=False)
            + r3gan_blocks(768, 96, 8)
            + conv(768, 768, 4, bias=False, groups=768)
            + linear(768, 1, bias=False),
        ),
    },
    "sagan@zhang2018": {
        "generator": Reference(
            "brain-research/self-attention-gan generator.py@generator_test",
            resnet_128_generator(128, 64, lambda channels: 1000 * norm(channels)) + attention(256),
        ),
        "discriminator": Reference(
            "brain-research/self-attention-gan discriminator.py@discriminator_test",
            resnet_128_discriminator(64, classes=1000) + attention(128),
        ),
    },
    "sngan@miyato2018": {
        "generator": Reference(
            "pfnet-research/chainer-gan-lib common/net.py@DCGANGenerator",
            linear(128, 16 * 512)
            + norm(16 * 512)
            + (conv(512, 256, 4) + norm(256))
            + (conv(256, 128, 4) + norm(128))
            + (conv(128, 64, 4) + norm(64))
            + conv(64, 3, 3),
            -15 * norm(512) - (16 * 512 + 256 + 128 + 64),
            "the first batch norm is over 512 channels, not over all their 16 positions each; "
            + NO_BIAS,
        ),
        "discriminator": Reference(
            "pfnet-research/chainer-gan-lib common/net.py@SNDCGANDiscriminator",
            conv(3, 64, 3)
            + (conv(64, 128, 4) + conv(128, 128, 3))
            + (conv(128, 256, 4) + conv(256, 256, 3))
            + (conv(256, 512, 4) + conv(512, 512, 3))
            + linear(16 * 512, 1),
        ),
    },
    "sngan-projection@miyato2018": {
        "generator": Reference(SNGAN.format("gen", ""), resnet_32_generator(256, classes=10)),
        "discriminator": Reference(
            SNGAN.format("dis", "sn"),
            resnet_32_discriminator(128, classes=10, bias=False),
            1,
            "a bias in the last layer",
        ),
    },
    "sngan-resnet@miyato2018": {
        "generator": Reference(SNGAN.format("gen", ""), resnet_32_generator(256)),
        "discriminator": Reference(
            SNGAN.format("dis", "sn"),
            resnet_32_discriminator(128, bias=False),
            1,
            "a bias in the last layer",
        ),
    },
    "stackgan@zhang2017": {
        "generator_1": Reference(
            STACKGAN + "STAGE1_G, without CA_NET",
            linear(228, 16 * 1536, bias=False)
            + norm(16 * 1536)
            + stackgan_convs(1536, 768, 384, 192, 96)
            + conv(96, 3, 3, bias=False),
            3,
            "a bias in the last layer",
        ),
        "discriminator_1": Reference(
            STACKGAN + "STAGE1_D",
            conv(3, 96, 4, bias=False)
            + stackgan_convs(96, 192, 384, 768, kernel=4)
            + STACKGAN_LOGITS,
            STACKGAN_MORE,
            STACKGAN_WHY,
        ),
        "generator_2": Reference(
            STACKGAN + "STAGE2_G, without CA_NET and STAGE1_G",
            conv(3, 192, 3, bias=False)
            + stackgan_convs(192, 384, 768, kernel=4)
            + stackgan_convs(768 + 128, 768)
            + 2 * stackgan_convs(768, 768, 768)
            + stackgan_convs(768, 384, 192, 96, 48)
            + conv(48, 3, 3, bias=False),
            192 + 3,
            "biases in the first and the last layer",
        ),
        "discriminator_2": Reference(
            STACKGAN + "STAGE2_D, without get_uncond_logits",
            conv(3, 96, 4, bias=False)
            + stackgan_convs(96, 192, 384, 768, 1536, 3072, kernel=4)
            + stackgan_convs(3072, 1536, 768)
            + STACKGAN_LOGITS,
            STACKGAN_MORE,
            STACKGAN_WHY,
        ),
    },
    "vanilla@pytorch-gan": {
        "generator": Reference(
            "eriklindernoren/PyTorch-GAN implementations/gan/gan.py@Generator",
            linear(100, 128)
            + (linear(128, 256) + norm(256))
            + (linear(256, 512) + norm(512))
            + (linear(512, 1024) + norm(1024))
            + linear(1024, 784),
        ),
        "discriminator": Reference(
            "eriklindernoren/PyTorch-GAN implementations/gan/gan.py@Discriminator",
            linear(784, 512) + linear(512, 256) + linear(256, 1),
        ),
    },
    "wgan@arjovsky2017": DCGAN_PYTORCH,
    "wgan-gp@gulrajani2017": {
        "generator": Reference(
            "igul222/improved_wgan_training gan_64x64.py@DCGANGenerator",
            linear(128, 16 * 512)
            + norm(512)
            + (conv(512, 256, 5) + norm(256))
            + (conv(256, 128, 5) + norm(128))
            + (conv(128, 64, 5) + norm(64))
            + conv(64, 3, 5),
            -(16 * 512 + 256 + 128 + 64),
            NO_BIAS,
        ),
        "discriminator": Reference(
            "igul222/improved_wgan_training gan_64x64.py@DCGANDiscriminator",
            conv(3, 64, 5)
            + (conv(64, 128, 5) + norm(128))
            + (conv(128, 256, 5) + norm(256))
            + (conv(256, 512, 5) + norm(512))
            + linear(16 * 512, 1),
            -(128 + 256 + 512 + 1),
            "no biases in front of layer norms, nor in the last layer",
        ),
    },
    "wgan-gp-resnet@gulrajani2017": {
        "generator": Reference(
            "igul222/improved_wgan_training gan_cifar_resnet.py@Generator",
            resnet_32_generator(128),
        ),
        "discriminator": Reference(
            "igul222/improved_wgan_training gan_cifar_resnet.py@Discriminator",
            resnet_32_discriminator(128),
        ),
    },
    "wgan-gp-toy@gulrajani2017": {
        "generator": Reference(
            "igul222/improved_wgan_training gan_toy.py@Generator",
            linear(2, 512) + 2 * linear(512, 512) + linear(512, 2),
        ),
        "discriminator": Reference(
            "igul222/improved_wgan_training gan_toy.py@Discriminator",
            linear(2, 512) + 2 * linear(512, 512) + linear(512, 1),
        ),
    },
}
# Their networks have other layers than the published ones; their summaries say which.
OF_ANOTHER_SHAPE = {
    "acgan@odena2016",
    "cgan@mirza2014",
    "ebgan@zhao2016",
    "infogan@chen2016",
    "seqgan@lantaoyu",
    "wavegan@donahue2018",
}


def test_every_preset_is_compared_or_says_why_not() -> None:
    assert sorted([*REFERENCES, *OF_ANOTHER_SHAPE]) == sorted(PRESETS)
    assert all(
        "there" in preset(name)["summary"] or "here" in preset(name)["summary"]
        for name in OF_ANOTHER_SHAPE
    )


@pytest.mark.parametrize(
    ("name", "role"), [(name, role) for name, roles in REFERENCES.items() for role in roles]
)
def test_networks_are_as_large_as_the_cited_ones(name: str, role: str) -> None:
    reference = REFERENCES[name][role]
    assert bool(reference.more) == bool(reference.because)
    network = compiled(name).plan.networks[role]
    assert network.parameters == reference.parameters + reference.more


@pytest.mark.parametrize(
    ("name", "role", "parameters"),
    [
        ("biggan@brock2018", "generator", 70_433_988),
        ("biggan@brock2018", "discriminator", 87_982_370),
        ("r3gan-stacked@huang2024", "generator", 20_732_160),
        ("r3gan-stacked@huang2024", "discriminator", 20_683_776),
    ],
)
def test_the_restated_layers_are_those_that_were_counted(
    name: str, role: str, parameters: int
) -> None:
    """Totals that the authors print or publish (20.7 million each for R3GAN)."""
    assert REFERENCES[name][role].parameters == parameters
