"""Residual, BigGAN, R3GAN and autoencoder networks: as published, and at every size of image.

What gangen plans is held against what the printed code does on torch's meta device; the numbers of
parameters against those of reference implementations, which each test names.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from gangen.build import project_files
from gangen.catalogue import Catalogue, shipped
from gangen.compose import Compiled, compile_spec
from gangen.contracts import Shape, Unfit
from gangen.errors import SpecError
from gangen.fold import sequential
from gangen.pieces import Collection
from gangen.plan import Layer, Network

CATALOGUE = Catalogue((shipped(),))
ARCHITECTURES = ["autoencoder", "biggan", "r3gan", "resnet"]
ROLES = ["generator", "discriminator"]
BATCH = 2
deterministic = settings(derandomize=True, deadline=None, database=None)


def spec(role: str, section: Mapping[str, Any], shape: Shape, latent: int = 8) -> Compiled:
    """A spec with one of its networks given, compiled."""
    energy = section["architecture"] == "autoencoder" and role == "discriminator"
    document = {
        "gangen": 1,
        "name": "test",
        "data": {"source": "npz", "path": "data.npz", "shape": list(shape)},
        "latent": {"dim": latent},
        "generator": {"architecture": "mlp"},
        "discriminator": {"architecture": "mlp"},
        "objective": {"loss": "energy_based" if energy else "hinge"},
    } | {role: dict(section)}
    return compile_spec(Path("spec.yaml"), CATALOGUE, (), yaml.safe_dump(document))


def plan(role: str, section: Mapping[str, Any], shape: Shape, latent: int = 8) -> Network:
    return spec(role, section, shape, latent).plan.networks[role]


def printed(network: Network) -> nn.ModuleList:
    """The stages as their printed code makes them, without weights."""
    pieces = Collection()
    for layer in layers_of(network):
        pieces.add_expression(layer.component, layer.function.call)
        for wrapper in layer.wrappers:
            (function,) = wrapper.component.functions.values()
            pieces.add_expression(wrapper.component, function.call)
    namespace: dict[str, Any] = {}
    source = ["import torch", "from torch import Tensor, nn", pieces.import_lines, pieces.code]
    exec("\n".join(source), namespace)
    rows = [list(stage.layers) for stage in network.stages]
    codes = [sequential([x for x in row if not sees_input(x)]) for row in rows]
    codes += [sequential([x]) for row in rows for x in row if sees_input(x)]
    with torch.device("meta"):
        return nn.ModuleList([eval(code, namespace) for code in codes])


def layers_of(network: Network) -> list[Layer]:
    return [inside for layer in network.layers for inside in layer.walk()]


def sees_input(layer: Layer) -> bool:
    return bool(layer.component.constant("SEES_INPUT"))


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def check_printed(network: Network) -> nn.ModuleList:
    """The code computes the target's shape and has the planned number of parameters."""
    stages = printed(network)
    x = value = torch.empty(BATCH, *network.source.shape, device="meta")
    error = sees_input(network.main_layers[-1])
    for number, stage in enumerate(stages):
        value = stage(value, x) if error and number == len(stages) - 1 else stage(value)
    assert value.device.type == "meta"
    assert tuple(value.shape) == (BATCH, *network.target.shape)
    assert network.items[-1].after == network.target.shape
    assert network.parameters == count(stages)
    return stages


@cache
def block(name: str) -> ModuleType:
    """A block's file, run."""
    path = CATALOGUE.path("blocks", name)
    found = importlib.util.spec_from_file_location(f"architectures_{name}", path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True, scope="module")
def _private_libraries() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(shipped() / "blocks"))
        yield


# Any image


SIDES = st.one_of(st.integers(1, 70), st.sampled_from([96, 127, 128, 129, 250]))
IMAGES = st.tuples(st.integers(1, 4), SIDES, SIDES)
OPTIONS: dict[str, st.SearchStrategy[Any]] = {
    "width": st.integers(1, 40),
    "max_width": st.integers(1, 200),
    "depth": st.one_of(st.none(), st.integers(0, 8)),
    "keep": st.integers(0, 3),
    "wide": st.booleans(),
    "bounded": st.booleans(),
    "pooling": st.sampled_from(["sum", "mean"]),
    "attention": st.lists(st.integers(1, 40), max_size=2),
    "activation": st.sampled_from(["relu", "leaky_relu", "elu", "silu"]),
    "convolutions": st.integers(1, 3),
    "code": st.integers(1, 70),
    "hidden": st.lists(st.integers(1, 70), min_size=1, max_size=3),
    "multiples": st.lists(st.integers(1, 9), min_size=1, max_size=6),
    "widths": st.lists(st.integers(1, 60), min_size=1, max_size=6),
    "groups": st.lists(st.integers(1, 6), min_size=1, max_size=6),
    "blocks": st.integers(1, 3),
    "expansion": st.integers(1, 3),
}
NORMS = {"autoencoder": ["l1", "l2"]}


@st.composite
def section(draw: st.DrawFn, name: str, role: str) -> dict[str, Any]:
    """An architecture with some of its options; networks are kept narrow."""
    options = CATALOGUE.get("architectures", name).options(role)
    norms = st.sampled_from(NORMS.get(name, ["none", "batch", "layer"]))
    kept = {} if name == "r3gan" else {"width": draw(OPTIONS["width"])}
    given_ = {
        key: draw(norms if key == "norm" else OPTIONS[key])
        for key in options
        if key != "slope" and draw(st.integers(0, 2)) == 0
    }
    return {"architecture": name, **kept, **given_}


def repaired(role: str, said: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """Options after the help of every refusal is followed; each is blamed once."""
    blamed: list[str | None] = []
    while True:
        unfit = refusal(role, said, shape)
        if unfit is None:
            return said
        assert unfit.option in said
        assert unfit.option not in blamed
        blamed.append(unfit.option)
        said = {key: value for key, value in said.items() if key != unfit.option}
        legal = re.search(r"the nearest legal (depth|side) is (\d+)", unfit.help or "")
        if legal and legal[1] == "depth":
            said["depth"] = int(legal[2])
        elif legal:
            said["attention"] = [int(legal[2])]


def refusal(role: str, said: Mapping[str, Any], shape: Shape) -> Unfit | None:
    """Why an architecture cannot be built for images of a shape."""
    options = {key: value for key, value in said.items() if key != "architecture"}
    build = getattr(CATALOGUE.get("architectures", said["architecture"]).python, role)
    ends = ((8,), shape) if role == "generator" else (shape, (1,))
    try:
        build(*ends, (-1.0, 1.0), **options)
    except Unfit as unfit:
        return unfit
    return None


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", ARCHITECTURES)
@settings(deterministic, max_examples=25)
@given(data=st.data())
def test_the_plan_is_what_the_code_does(name: str, role: str, data: st.DataObject) -> None:
    shape = data.draw(IMAGES)
    said = data.draw(section(name, role))
    if refusal(role, said, shape) is not None:
        with pytest.raises(SpecError):
            plan(role, said, shape)
    check_printed(plan(role, repaired(role, said, shape), shape))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_size_is_legal_by_default(name: str, role: str) -> None:
    for size in [(1, 1), (1, 9), (5, 3), (17, 31), (33, 64), (100, 101), (28, 28), (600, 7)]:
        check_printed(plan(role, {"architecture": name}, (3, *size)))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("shape", [(2,), (2, 16), (1, 2, 3, 4)])
def test_autoencoders_take_what_is_no_image(role: str, shape: Shape) -> None:
    network = plan(role, {"architecture": "autoencoder", "hidden": [16, 8]}, shape)
    check_printed(network)
    widths = [x.after[0] for x in network.main_layers if x.name == "linear"]
    assert widths[:2] == [16, 8]
    assert role == "generator" or widths[2:5] == [64, 8, 16]


@pytest.mark.parametrize("name", ["biggan", "r3gan", "resnet"])
def test_others_refuse_it(name: str) -> None:
    with pytest.raises(SpecError, match="mlp"):
        plan("discriminator", {"architecture": name}, (2,))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_generated_project_has_the_network(name: str, role: str) -> None:
    compiled = spec(role, {"architecture": name}, (3, 35, 50))
    files = project_files(compiled, CATALOGUE)
    models: dict[str, Any] = {}
    exec(files["models.py"].decode(), models)
    network = compiled.plan.networks[role]
    with torch.device("meta"):
        module = models[network.class_name]()
        out = module(torch.empty(BATCH, *network.source.shape))
    after = () if network.target.scalar else network.target.shape
    assert tuple(out.shape) == (BATCH, *after)
    assert count(module) == network.parameters


# As published


def parameters(role: str, said: dict[str, Any], side: int, latent: int = 8) -> int:
    return check_count(plan(role, said, (3, side, side), latent))


def check_count(network: Network) -> int:
    """Number of parameters, the same in the plan and in the printed code."""
    assert count(check_printed(network)) == network.parameters
    return network.parameters


def conv(inputs: int, outputs: int, kernel: int = 3, bias: bool = True) -> int:
    return inputs * outputs * kernel**2 + bias * outputs


def linear(inputs: int, outputs: int) -> int:
    return inputs * outputs + outputs


def sngan_generator(channels: list[int]) -> int:
    """Of a table of channels: pfnet-research/sngan_projection, gen_models/resblocks.py."""
    blocks = [
        conv(a, b) + conv(b, b) + conv(a, b, 1) + 2 * a + 2 * b for a, b in pairwise(channels)
    ]
    ends = linear(128, 16 * channels[0]) + 2 * channels[-1] + conv(channels[-1], 3)
    return sum(blocks) + ends


def sngan_discriminator(channels: list[int], learnt: list[bool]) -> int:
    """Likewise, dis_models/resblocks.py: the first block is "optimized", `learnt` shortcuts."""
    first = conv(3, channels[0]) + conv(channels[0], channels[0]) + conv(3, channels[0], 1)
    blocks = [
        conv(a, a) + conv(a, b) + shortcut * conv(a, b, 1)
        for (a, b), shortcut in zip(pairwise(channels), learnt, strict=True)
    ]
    return first + sum(blocks) + channels[-1]  # and the weights of the last layer


@pytest.mark.parametrize(
    ("side", "said", "channels"),
    [
        (32, {"width": 256, "max_width": 256}, [256] * 4),  # gen_models/resnet_32.py, ch 256
        (32, {"width": 128, "max_width": 128}, [128] * 4),  # WGAN-GP's gan_cifar_resnet.py
        (64, {}, [1024, 512, 256, 128, 64]),  # gen_models/resnet_64.py
        (128, {}, [1024, 1024, 512, 256, 128, 64]),  # gen_models/resnet.py
    ],
)
def test_sngan_generators(side: int, said: dict[str, Any], channels: list[int]) -> None:
    section_ = {"architecture": "resnet", **said}
    assert parameters("generator", section_, side, 128) == sngan_generator(channels)


@pytest.mark.parametrize(
    ("side", "said", "channels", "learnt"),
    [
        # dis_models/snresnet_32.py, whose last layer has no bias
        (32, {"width": 128, "max_width": 128, "depth": 2, "keep": 2}, [128] * 4, [1, 0, 0]),
        # dis_models/snresnet_64.py
        (64, {"depth": 5, "keep": 0}, [64, 128, 256, 512, 1024], [1] * 4),
        # dis_models/snresnet.py
        (128, {}, [64, 128, 256, 512, 1024, 1024], [1] * 4 + [0]),
    ],
)
def test_sngan_discriminators(
    side: int, said: dict[str, Any], channels: list[int], learnt: list[bool]
) -> None:
    number = parameters("discriminator", {"architecture": "resnet", **said}, side)
    assert number == sngan_discriminator(channels, learnt) + 1


def test_sagan() -> None:
    """brain-research/self-attention-gan: discriminator.py (discriminator_test), non_local.py.

    Blocks of the discriminator are wide, attention stands behind the second one, at 32x32.
    """
    said: dict[str, Any] = {"architecture": "resnet", "wide": True, "attention": [32]}
    channels = [64, 128, 256, 512, 1024, 1024]
    blocks = [conv(a, b) + conv(b, b) for a, b in pairwise(channels)]
    shortcuts = [conv(a, b, 1) for a, b in pairwise(channels[:-1])]
    first = conv(3, 64) + conv(64, 64) + conv(3, 64, 1)
    attention = 2 * 128 * 16 + 128 * 64 + 64 * 128 + 1
    expected = first + sum(blocks) + sum(shortcuts) + attention + linear(1024, 1)
    network = plan("discriminator", said, (3, 128, 128))
    assert check_count(network) == expected
    (layer,) = [x for x in layers_of(network) if x.name == "self_attention"]
    assert layer.before == (128, 32, 32)
    del said["wide"]  # which is of the discriminator
    generator = plan("generator", said, (3, 128, 128))
    (layer,) = [x for x in layers_of(generator) if x.name == "self_attention"]
    assert layer.before == (256, 32, 32)


@pytest.mark.parametrize(
    ("side", "width", "attention", "latent", "generator", "discriminator"),
    [
        (32, 64, [], 128, 4_276_739, 4_204_801),  # scripts/launch_cifar_ema.sh
        (64, 64, [], 120, 31_902_211, 19_542_721),
        (64, 64, [32], 100, 31_656_452, 19_547_842),
        (128, 96, [64], 20, 68_132_740, 86_446_370),  # scripts/launch_BigGAN_bs256x8.sh
    ],
)
def test_biggan(
    side: int, width: int, attention: list[int], latent: int, generator: int, discriminator: int
) -> None:
    """ajbrock/BigGAN-PyTorch, BigGAN.py and layers.py, instantiated.

    Without the embeddings, and with layers.bn in place of layers.ccbn, whose parameters belong to
    the conditioning. The last row sees the first chunk of its latent, 120 / 6 numbers.
    """
    said = {"architecture": "biggan", "width": width, "attention": attention}
    assert parameters("generator", said, side, latent) == generator
    assert parameters("discriminator", said, side) == discriminator


@pytest.mark.parametrize(
    ("side", "said", "generator", "discriminator"),
    [
        (32, {}, 20_732_160, 20_683_776),  # CIFAR10
        (64, {}, 22_429_824, 22_381_440),  # FFHQ-64
        (256, {}, 23_057_952, 23_009_568),  # FFHQ-256
        (32, {"widths": [1536] * 4, "groups": [96] * 4}, 82_752_000, 82_655_232),  # ImageNet-32
        (64, {"widths": [1536] * 5, "groups": [96] * 5}, 103_408_128, 103_311_360),  # ImageNet-64
    ],
)
def test_r3gan(side: int, said: dict[str, Any], generator: int, discriminator: int) -> None:
    """brownvc/R3GAN, R3GAN/Networks.py with the presets of train.py, instantiated without labels.

    20.7 million each for the first row, as in table 3 of the paper.
    """
    section_ = {"architecture": "r3gan", **said}
    assert parameters("generator", section_, side, 64) == generator
    assert parameters("discriminator", section_, side) == discriminator


@pytest.mark.parametrize(("side", "levels"), [(64, 4), (128, 5)])
@pytest.mark.parametrize("width", [64, 128])
def test_began(side: int, levels: int, width: int) -> None:
    """carpedm20/BEGAN-tensorflow, models.py: GeneratorCNN and DiscriminatorCNN."""
    area, code = 8 * 8, 64
    decoder = linear(code, area * width) + 2 * levels * conv(width, width) + conv(width, 3)
    encoder = conv(3, width) + linear(area * levels * width, code)
    before = width
    for number in range(1, levels + 1):
        after = number * width
        encoder += conv(before, after) + conv(after, after)
        encoder += conv(after, after) if number < levels else 0  # with a stride of 2
        before = after
    said = {"architecture": "autoencoder", "width": width}
    assert parameters("generator", said, side, code) == decoder
    assert parameters("discriminator", said, side) == encoder + decoder


# Attention


def test_spectral_norm_reaches_every_projection() -> None:
    said = {"architecture": "resnet", "width": 8, "attention": [8], "spectral_norm": True}
    network = plan("discriminator", said, (3, 32, 32))
    weighted = [x for x in layers_of(network) if "weight" in x.component.constant("GIVES", [])]
    assert all(x.wrappers for x in weighted)
    (attention,) = [x for x in layers_of(network) if x.name == "self_attention"]
    for child in ("query", "key", "value"):
        assert attention.children[child][0].wrappers
    names = [name for name, _ in check_printed(network).named_parameters()]
    assert sum(name.endswith("parametrizations.weight.original") for name in names) == len(weighted)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", ["biggan", "resnet"])
def test_attention_where_there_is_no_such_map(name: str, role: str) -> None:
    said = {"architecture": name, "attention": [31]}
    with pytest.raises(SpecError, match="the nearest legal side is 32"):
        plan(role, said, (3, 64, 96))


def test_attention_stands_at_the_shorter_side() -> None:
    network = plan("generator", {"architecture": "resnet", "attention": [12]}, (3, 24, 50))
    (layer,) = [x for x in layers_of(network) if x.name == "self_attention"]
    assert layer.before[1:] == (12, 25)


def test_attention_against_its_formula() -> None:
    torch.manual_seed(0)
    query, key, value = (nn.Conv2d(6, n, 1, bias=False) for n in (2, 2, 3))
    pool = nn.MaxPool2d(2)
    keys, values = nn.Sequential(key, pool), nn.Sequential(value, pool)
    module = block("self_attention").self_attention(query, keys, values)
    x = torch.randn(2, 6, 4, 5)
    out = module(x)
    assert out.shape == (2, 3, 4, 5)
    q, k, v = query(x), keys(x).flatten(2), values(x).flatten(2)
    weights = (q[1, :, 3, 2] @ k[1]).softmax(0)
    assert torch.allclose(out[1, :, 3, 2], v[1] @ weights, atol=1e-6)


def test_attention_changes_nothing_at_first() -> None:
    factor = block("scale").scale(initial=0.0)
    assert not factor(torch.randn(2, 3)).any()
    assert count(factor) == 1


# Resampling


def test_halving_takes_the_mean_of_what_is_there() -> None:
    x = torch.arange(15.0).reshape(1, 1, 3, 5)
    out = block("halve").halve()(x)
    assert out.shape == (1, 1, 2, 3)
    assert out[0, 0, 0, 0] == x[0, 0, :2, :2].mean()
    assert out[0, 0, 0, 2] == x[0, 0, :2, 4].mean()
    assert out[0, 0, 1, 2] == x[0, 0, 2, 4]


@pytest.mark.parametrize("shape", [(2, 3, 4, 6), (1, 2, 7, 4), (1, 1, 1, 3)])
def test_filtered_resampling_is_bilinear_inside(shape: Shape) -> None:
    torch.manual_seed(0)
    x = torch.randn(shape)
    up = block("filtered_upsample").filtered_upsample()(x)
    expected = functional.interpolate(x, scale_factor=2, mode="bilinear")
    assert up.shape == expected.shape
    inside = (..., slice(1, -1), slice(1, -1))
    assert torch.allclose(up[inside], expected[inside], atol=1e-6)
    down = block("filtered_downsample").filtered_downsample()(x)
    assert tuple(down.shape[2:]) == tuple((side + 1) // 2 for side in shape[2:])
    even = x[..., : shape[2] // 2 * 2, : shape[3] // 2 * 2]
    if min(even.shape[2:]) > 4:
        smaller = functional.interpolate(even, scale_factor=0.5, mode="bilinear", antialias=True)
        assert torch.allclose(down[inside][..., :1, :1], smaller[inside][..., :1, :1], atol=1e-6)


def test_the_border_of_a_filtered_map_is_zero() -> None:
    """As upfirdn2d pads: a constant map gets darker at its border."""
    ones = torch.ones(1, 1, 4, 4)
    up = block("filtered_upsample").filtered_upsample(crop=(0, 1))(ones)
    assert up.shape == (1, 1, 8, 7)
    assert up[0, 0, 0].tolist() == [0.5625, *[0.75] * 6]
    down = block("filtered_downsample").filtered_downsample()(ones)
    assert down[0, 0].tolist() == [[0.765625, 0.765625]] * 2


def test_resizing_repeats_values() -> None:
    x = torch.arange(4.0).reshape(1, 1, 1, 4)
    out = block("resize").resize(size=(1, 7))(x)
    assert out.flatten().tolist() == [0, 0, 1, 1, 2, 2, 3]


def test_pooling_before_a_shortcuts_convolution_changes_nothing() -> None:
    torch.manual_seed(0)
    layer, x = nn.Conv2d(3, 5, 1), torch.randn(2, 3, 6, 7)
    for pool in (block("halve").halve(), nn.AvgPool2d(2), nn.Upsample(scale_factor=2)):
        assert torch.allclose(layer(pool(x)), pool(layer(x)), atol=1e-5)


# Autoencoders


@pytest.mark.parametrize(("norm", "expected"), [("l1", [-1.5, 0.0]), ("l2", [-2.5, 0.0])])
def test_the_logit_is_minus_the_error(norm: str, expected: list[float]) -> None:
    target = torch.zeros(2, 1, 1, 2)
    x = torch.tensor([[[[1.0, -2.0]]], [[[0.0, 0.0]]]])
    out: Tensor = block("reconstruction_error").reconstruction_error(norm=norm)(x, target)
    assert out.shape == (2, 1)
    assert out.flatten().tolist() == expected


def test_an_autoencoders_features_are_its_code() -> None:
    network = plan("discriminator", {"architecture": "autoencoder", "code": 11}, (1, 16, 16))
    assert [stage.name for stage in network.stages] == ["encoder", "decoder"]
    assert network.stages[0].after == (11,)
    assert network.main_layers[-1].before == (1, 16, 16)


# R3GAN's initial weights


def r3gan(role: str) -> nn.Module:
    """A narrow network of the generated code, with real weights."""
    torch.manual_seed(0)
    said = {"architecture": "r3gan", "widths": [32, 16], "groups": [4, 2], "blocks": 1}
    compiled = spec(role, said, (3, 9, 10), 16)
    models: dict[str, Any] = {}
    exec(project_files(compiled, CATALOGUE)["models.py"].decode(), models)
    module = models[compiled.plan.networks[role].class_name]()
    assert isinstance(module, nn.Module)
    return module


def test_weights_are_scaled_by_gain_and_fan_in() -> None:
    torch.manual_seed(0)
    conv_ = block("scaled_conv").scaled_conv(64, channels=128, kernel=3, gain=2.0, groups=4)
    assert conv_.weight.std().item() == pytest.approx(2 / (16 * 9) ** 0.5, rel=0.05)
    assert not conv_.bias.any()
    linear_ = block("scaled_linear").scaled_linear(400, features=50, gain=0.5)
    assert linear_.weight.std().item() == pytest.approx(0.5 / 20, rel=0.05)
    assert not linear_.bias.any()


@pytest.mark.parametrize("role", ROLES)
def test_residual_branches_start_at_zero(role: str) -> None:
    """R3GAN/Networks.py: gains sqrt(2 / 1.04) * L^(-1/4), 0 for a branch's last layer."""
    convolutions = [x for x in r3gan(role).modules() if isinstance(x, nn.Conv2d)]
    zero = [x for x in convolutions if not x.weight.any()]
    assert [x.out_channels for x in zero] == ([32, 16] if role == "generator" else [16, 32])
    assert all(x.bias is None for x in zero)
    expected = (2 / 1.04) ** 0.5 * 2 ** (-1 / 4)
    for layer in convolutions:
        if layer.bias is not None:
            fan_in = layer.weight[0].numel()
            assert layer.weight.std().item() * fan_in**0.5 == pytest.approx(expected, rel=0.1)


def test_r3gan_values_keep_their_size_at_first() -> None:
    out = r3gan("generator")(torch.randn(64, 16))
    assert 0.3 < out.std().item() < 3
    logits = r3gan("discriminator")(torch.randn(64, 3, 9, 10))
    assert 0.1 < logits.std().item() < 3
