"""Augmentations: what they do to samples, which gradients they let through, how one adapts."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gangen.catalogue import Catalogue, shipped
from gangen.pieces import Collection
from gangen.shapes import Rule

TEMPLATES = Path(__file__).parents[1] / "templates"
CATALOGUE = Catalogue((shipped(),))
OPERATIONS = ["brightness", "saturation", "contrast", "translation", "cutout"]


@pytest.fixture(autouse=True)
def _library_path(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("augmentations", "project"):
        monkeypatch.syspath_prepend(str(TEMPLATES / kind))
    runtime = importlib.import_module("runtime")
    monkeypatch.setattr(runtime, "average_over_processes", lambda value: value, raising=False)
    torch.manual_seed(0)


def component(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, TEMPLATES / "augmentations" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def function(name: str) -> Callable[..., Tensor]:
    found = getattr(component(name), name)
    assert callable(found)
    return found  # type: ignore[no-any-return]


def operation(name: str) -> Callable[[Tensor], Tensor]:
    return getattr(component("_operations"), name)  # type: ignore[no-any-return]


def adaptive(**options: Any) -> Any:
    return component("adaptive_augment").AdaptiveAugment(**options)


def augmentations() -> dict[str, Callable[[Tensor], Tensor]]:
    strong = adaptive()
    strong.p.fill_(0.7)
    noise = function("instance_noise")
    return {
        "pack": function("pack"),
        "diff_augment": function("diff_augment"),
        "instance_noise": lambda x: noise(x, 3, 10),
        "adaptive_augment": strong,
    }


# All of them


def test_every_one_is_covered_here() -> None:
    assert set(augmentations()) == set(CATALOGUE.names("augmentations"))


@pytest.mark.parametrize("shape", [(8, 1, 5, 5), (8, 3, 12, 20), (8, 4, 1, 9), (8, 6, 16, 7)])
@pytest.mark.parametrize("name", CATALOGUE.names("augmentations"))
def test_shape_type_and_gradient(name: str, shape: tuple[int, ...]) -> None:
    augmented = augmentations()[name]
    rule = CATALOGUE.get("augmentations", name).constant("SHAPE")
    for dtype in (torch.float32, torch.bfloat16):
        x = torch.rand(shape, dtype=dtype).mul(2).sub(1).requires_grad_()
        y = augmented(x)
        assert y.dtype == dtype
        assert y.isfinite().all()
        if rule is None:
            assert y.shape == x.shape
        else:
            assert tuple(y.shape[1:]) == Rule.parse(rule).apply(shape[1:], {"samples": 2})
            assert len(y) == len(x) / 2
        (gradient,) = torch.autograd.grad(y.sum(), x)
        assert gradient.isfinite().all()
        assert gradient.flatten(1).abs().sum(1).gt(0).float().mean() > 0.5


@pytest.mark.parametrize("name", CATALOGUE.names("augmentations"))
def test_it_leaves_its_input_as_it_was(name: str) -> None:
    x = torch.randn(8, 3, 8, 8)
    before = x.clone()
    augmentations()[name](x)
    assert torch.equal(x, before)


@pytest.mark.parametrize("name", CATALOGUE.names("augmentations"))
def test_a_generated_module_holds_all_it_uses(name: str, tmp_path: Path) -> None:
    found = CATALOGUE.get("augmentations", name)
    pieces = Collection()
    public = found.module.memory.name if found.module.memory else name
    pieces.add(found, public)
    text = f"{pieces.import_lines}\n\n{pieces.code}\n"
    assert "annotated_types" not in text
    scope: dict[str, Any] = {"__name__": "augmentations"}
    exec(compile(text, str(tmp_path), "exec"), scope)
    x = torch.randn(4, 3, 8, 8)
    made = scope[public]
    y = (
        made()(x)
        if isinstance(made, type)
        else made(x, *(1, 10)[: len(found.functions[public].ports) - 1])
    )
    assert y.numel() == x.numel()


def test_all_of_them_fit_into_one_module() -> None:
    pieces = Collection()
    for found in CATALOGUE.all("augmentations"):
        pieces.add(found, found.module.memory.name if found.module.memory else found.name)
    compile(pieces.code, "augment.py", "exec")


# Packing


def test_packing_joins_neighbours() -> None:
    pack = function("pack")
    x = torch.arange(6 * 3 * 2 * 2).view(6, 3, 2, 2)
    packed = pack(x, samples=3)
    assert packed.shape == (2, 9, 2, 2)
    assert torch.equal(packed[1], torch.cat([x[3], x[4], x[5]]))
    vectors = torch.arange(8).view(4, 2)
    assert pack(vectors).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert pack(torch.zeros(4, 1, 9), samples=4).shape == (1, 4, 9)
    turned = torch.randn(5, 7, 3, 4).permute(3, 2, 0, 1)  # not contiguous, like channels_last
    assert torch.equal(pack(turned)[1], torch.cat([turned[2], turned[3]]))


# Operations


def test_brightness_adds_one_number_to_a_sample() -> None:
    x = torch.randn(4000, 3, 2, 2)
    added = operation("brightness")(x) - x
    assert added.flatten(1).std(1).max() < 1e-6
    assert added.min() >= -0.5
    assert added.max() < 0.5
    assert abs(added.mean()) < 0.02
    assert abs(added[:, 0, 0, 0].std() - 1 / 12**0.5) < 0.01


def test_saturation_keeps_the_grey_of_every_pixel() -> None:
    x = torch.randn(4000, 3, 2, 2)
    y = operation("saturation")(x)
    torch.testing.assert_close(y.mean(1), x.mean(1), atol=1e-5, rtol=0)
    colour, changed = (v - v.mean(1, keepdim=True) for v in (x, y))
    factor = changed.flatten(1).norm(dim=1) / colour.flatten(1).norm(dim=1)
    assert abs(factor.mean() - 1) < 0.03
    assert factor.min() < 0.1
    assert 1.9 < factor.max() <= 2.001


def test_contrast_keeps_the_mean_of_every_sample() -> None:
    x = torch.randn(4000, 3, 2, 2)
    y = operation("contrast")(x)
    torch.testing.assert_close(y.mean((1, 2, 3)), x.mean((1, 2, 3)), atol=1e-5, rtol=0)
    factor = y.flatten(1).std(1) / x.flatten(1).std(1)
    assert abs(factor.mean() - 1) < 0.02
    assert 0.499 < factor.min() < 0.55
    assert 1.45 < factor.max() < 1.501


@pytest.mark.parametrize("size", [(16, 24), (5, 12), (3, 3), (28, 28)])
def test_translation_shifts_by_up_to_an_eighth(size: tuple[int, int]) -> None:
    height, width = size
    x = torch.arange(1.0, height * width + 1).view(1, 1, height, width).expand(3000, 2, -1, -1)
    y = operation("translation")(x)
    down, right = int(height / 8 + 0.5), int(width / 8 + 0.5)
    expected = {}
    for i in range(-down, down + 1):
        for j in range(-right, right + 1):
            shifted = torch.zeros(height, width)
            shifted[max(i, 0) : height + i, max(j, 0) : width + j] = x[0, 0][
                max(-i, 0) : height - i, max(-j, 0) : width - j
            ]
            expected[tuple(shifted.flatten().tolist())] = 0
    assert torch.equal(y[:, 0], y[:, 1])  # every channel alike
    for sample in y[:, 0]:
        expected[tuple(sample.flatten().tolist())] += 1
    assert min(expected.values()) > 0.5 * 3000 / len(expected)


@pytest.mark.parametrize("size", [(8, 12), (5, 7), (1, 6), (32, 32)])
def test_cutout_blanks_a_box_of_half_the_size(size: tuple[int, int]) -> None:
    x = torch.ones(3000, 2, *size)
    hole = operation("cutout")(x).eq(0)
    assert torch.equal(hole[:, 0], hole[:, 1])
    for axis, length in ((1, size[0]), (2, size[1])):
        covered = hole[:, 0].any(3 - axis)  # [B, length]
        assert covered.sum(1).max() == (length + 1) // 2
        edges = covered.int().diff(dim=1).abs().sum(1)
        assert edges.max() <= 2  # one piece
        half = (length + 1) // 2
        centres = length + 1 - half % 2
        expected = sum(
            len(range(max(0, c - half // 2), min(length, c - half // 2 + half)))
            for c in range(centres)
        )
        assert abs(covered.float().mean() - expected / centres / length) < 0.03
    boxes = hole[:, 0].any(2).unsqueeze(2) & hole[:, 0].any(1).unsqueeze(1)
    assert torch.equal(hole[:, 0], boxes)
    assert hole[:, 0].flatten(1).any(1).all()


def test_operations_differ_from_sample_to_sample_and_call_to_call() -> None:
    x = torch.randn(1, 3, 16, 16).expand(64, -1, -1, -1)
    for name in OPERATIONS:
        y = operation(name)(x)
        assert len(y.flatten(1).unique(dim=0)) > 8, name
        assert not torch.equal(y, operation(name)(x)), name


# DiffAugment


def test_a_policy_is_applied_in_its_order() -> None:
    operations = component("_operations").operations
    names = [f.__name__ for f in operations(("cutout", "color", "translation"), 3)]
    assert names == ["cutout", "brightness", "saturation", "contrast", "translation"]
    assert "saturation" not in [f.__name__ for f in operations(("color",), 1)]
    assert "saturation" not in [f.__name__ for f in operations(("color",), 6)]


def test_the_share_of_augmented_samples() -> None:
    augment = function("diff_augment")
    x = torch.rand(4000, 3, 8, 8) + 1
    assert torch.equal(augment(x, p=0.0), x)
    for p in (0.3, 1.0):
        changed = augment(x, policy=("color",), p=p).ne(x).flatten(1).any(1).float().mean()
        assert abs(changed - (1 - (1 - p) ** 3)) < 0.03
    once = augment(x, policy=("cutout",), p=0.3).ne(x).flatten(1).any(1).float().mean()
    assert abs(once - 0.3) < 0.03


def test_what_leaves_the_picture_has_no_gradient() -> None:
    x = torch.ones(64, 1, 8, 8, requires_grad=True)
    y = function("diff_augment")(x, policy=("translation", "cutout"))
    (gradient,) = torch.autograd.grad(y.sum(), x)
    assert torch.equal(gradient.sum((1, 2, 3)), y.detach().sum((1, 2, 3)))
    assert set(gradient.unique().tolist()) == {0.0, 1.0}


def test_values_stay_near_their_range() -> None:
    x = torch.rand(2000, 3, 8, 8) * 2 - 1
    y = function("diff_augment")(x)
    assert y.abs().max() < 5
    assert y.abs().mean() < x.abs().mean()  # a quarter is blank


# Instance noise


def test_instance_noise_falls_to_nothing() -> None:
    noise = function("instance_noise")
    x = torch.zeros(200, 500)
    for step, expected in [(0, 0.4), (25, 0.2), (40, 0.08)]:
        y = noise(x, step, 100, std=0.4, share=0.5)
        assert abs(y.std() - expected) < 0.02 * expected
        assert abs(y.mean()) < 0.02 * expected
    for step in (50, 99, 100):
        assert noise(x, step, 100, share=0.5) is x
    assert abs(noise(x, 99, 100, std=1.0).std() - 0.01) < 1e-3


def test_instance_noise_passes_gradients_unchanged() -> None:
    x = torch.randn(4, 3, 2, requires_grad=True)
    (gradient,) = torch.autograd.grad(function("instance_noise")(x, 0, 10).sum(), x)
    assert torch.equal(gradient, torch.ones_like(x))


# Adaptive augmentation


def test_it_starts_as_the_identity_and_has_no_parameters() -> None:
    module = adaptive()
    assert isinstance(module, nn.Module)
    assert list(module.parameters()) == []
    x = torch.randn(16, 3, 8, 8)
    assert torch.equal(module(x), x)
    assert module.metrics()["p"] == 0


def test_p_follows_the_sign_of_the_heuristic() -> None:
    module = adaptive(images=1000, target=0.5)
    sure, unsure = torch.ones(10), torch.tensor([1.0, -1.0] * 5)
    seen = []
    for logits in [sure] * 5 + [unsure] * 3 + [torch.tensor([3.0, 2, 9, -1] * 2)]:
        module.update(logits)
        seen.append(float(module.metrics()["p"]))
    expected = [0.01, 0.02, 0.03, 0.04, 0.05, 0.04, 0.03, 0.02, 0.02]  # r_t = target: it rests
    assert seen == pytest.approx(expected)
    assert module.metrics()["overfitting"] == 0.5


def test_p_takes_the_images_from_0_to_1_and_no_further() -> None:
    module = adaptive(images=640)
    for _ in range(10):
        module.update(torch.ones(64))
    assert module.p == pytest.approx(1.0)
    module.update(torch.ones(64))
    assert module.p == 1
    for _ in range(12):
        module.update(-torch.ones(64))
    assert module.p == 0


def test_p_counts_the_samples_of_all_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    found = component("adaptive_augment")
    monkeypatch.setattr(found.dist, "is_initialized", lambda: True)
    monkeypatch.setattr(found.dist, "get_world_size", lambda: 4)
    monkeypatch.setattr(found, "average_over_processes", lambda value: value * 0)
    module = found.AdaptiveAugment(images=1000)
    module.p.fill_(0.5)
    module.update(torch.ones(10, requires_grad=True))
    assert module.p == pytest.approx(0.5 - 40 / 1000)


def test_p_is_the_share_of_changed_samples_and_survives_a_checkpoint() -> None:
    module = adaptive(policy=("cutout",))
    module.p.fill_(0.3)
    other = adaptive(policy=("cutout",))
    other.load_state_dict(module.state_dict())
    x = torch.ones(4000, 1, 8, 8)
    changed = other(x).ne(x).flatten(1).any(1).float().mean()
    assert abs(changed - 0.3) < 0.03
    kept = module.metrics()["p"]
    module.update(torch.ones(8))
    assert kept == pytest.approx(0.3)  # what is logged is not what changes
