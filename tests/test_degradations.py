"""Degradations: what they make of a sample, and that their rules say its shape."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from gangen.catalogue import Catalogue, shipped
from gangen.layering import apply, shape_rules
from gangen.shapes import Unfit

CATALOGUE = Catalogue((shipped(),))
NAMES = CATALOGUE.names("degradations")
SAMPLES = torch.rand(5, 4, 24, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1


def component(name: str) -> ModuleType:
    path: Path = CATALOGUE.path("degradations", name)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def source(name: str, x: Tensor = SAMPLES, **options: Any) -> Tensor:
    made = getattr(component(name), name)(x, **options)
    assert isinstance(made, Tensor)
    return made


def options_of(name: str) -> dict[str, Any]:
    return {n: o.default for n, o in CATALOGUE.get("degradations", name).options().items()}


@pytest.mark.parametrize("name", NAMES)
def test_rules_say_the_shapes(name: str) -> None:
    known, options = CATALOGUE.get("degradations", name), options_of(name)
    shape = (4, 24, 16)
    assert apply(known, shape_rules(known), shape, options)[2] == source(name).shape[1:]
    rule = known.constant("TARGET")
    assert (rule is not None) == (f"{name}_target" in known.functions)
    if rule is not None:
        target = getattr(component(name), f"{name}_target")(SAMPLES)
        assert apply(known, {name: rule}, shape, options)[2] == target.shape[1:]


@pytest.mark.parametrize("name", NAMES)
def test_sources_stay_in_range_and_samples_as_they_are(name: str) -> None:
    before = SAMPLES.clone()
    assert source(name).abs().max() <= 1
    assert torch.equal(SAMPLES, before)


def test_downscaled_images_have_the_levels_of_a_file() -> None:
    small = source("downscale", factor=2)
    levels = (small + 1) * 127.5
    assert torch.allclose(levels, levels.round(), atol=1e-4)
    flat = torch.full((1, 3, 8, 8), 0.2)
    assert torch.allclose(source("downscale", flat, factor=4), torch.tensor(0.2), atol=1 / 255)


@pytest.mark.parametrize("where", ["centre", "random"])
def test_a_mask_hides_one_rectangle_of_each_image(where: str) -> None:
    torch.manual_seed(1)
    hidden = (source("mask", SAMPLES.clamp(min=0.1), size=0.25, where=where) == 0).all(dim=1)
    for image in hidden:
        rows, columns = image.any(dim=1).nonzero(), image.any(dim=0).nonzero()
        assert len(rows) == rows.max() - rows.min() + 1 == 6
        assert len(columns) == columns.max() - columns.min() + 1 == 4
        assert image.sum() == 24
    alike = all(torch.equal(image, hidden[0]) for image in hidden)
    assert alike == (where == "centre")


def test_the_hole_is_what_the_mask_hides() -> None:
    module = component("mask")
    hole = module.mask_target(SAMPLES, size=0.5, target="hole")
    masked = source("mask", size=0.5)
    masked[:, :, 6:18, 4:12] = hole
    assert torch.equal(masked, SAMPLES)


def test_a_hole_at_random_places_is_no_target() -> None:
    known = CATALOGUE.get("degradations", "mask")
    options = {**options_of("mask"), "where": "random", "target": "hole"}
    with pytest.raises(Unfit, match="a hole at random places"):
        apply(known, {"mask": known.constant("TARGET")}, (3, 8, 8), options)


def test_outlines_lie_where_brightness_changes() -> None:
    x = torch.full((1, 1, 8, 8), -1.0)
    x[:, :, :, 4:] = 1.0
    lines = source("outlines", x)
    assert lines.unique().tolist() == [-1, 1]
    assert (lines[:, :, :, 3:5] == -1).all()
    assert (lines[:, :, :, :3] == 1).all()
    assert (lines[:, :, :, 5:] == 1).all()


def test_gray_weighs_colours_as_the_eye_does() -> None:
    colours = torch.eye(3)[:, :, None, None] * 2 - 1
    lumas = (source("gray", colours).flatten() + 1) / 2
    assert torch.allclose(lumas, torch.tensor([0.299, 0.587, 0.114]), atol=1e-6)


def test_noise_is_as_strong_as_asked() -> None:
    torch.manual_seed(0)
    noisy = source("gaussian_noise", torch.zeros(1, 1, 200, 200), std=0.2)
    assert noisy.std().item() == pytest.approx(0.2, rel=0.05)


def test_a_pair_is_split_into_its_halves() -> None:
    module = component("pair")
    both = torch.cat([module.pair(SAMPLES, given=3), module.pair_target(SAMPLES, given=3)], dim=1)
    assert torch.equal(both, SAMPLES)
    known = CATALOGUE.get("degradations", "pair")
    with pytest.raises(Unfit, match="takes 3 of 3 channels"):
        apply(known, shape_rules(known), (3, 8, 8), {"given": 3})
