"""`gangen show`: every value with its source, and the networks layer by layer."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from gangen.build import spec_digest
from gangen.catalogue import Catalogue, shipped
from gangen.compose import Compiled, compile_spec
from gangen.show import Shown, Value
from gangen.starter import starter

CATALOGUE = Catalogue((shipped(),))
SPEC = """\
gangen: 1
name: shown
preset: dcgan@radford2015
data: {source: digits, image_size: [16, 16]}
condition: labels
generator: {width: 8}
discriminator:
  norm: none
  spectral_norm: true
penalties:
  - r1: {weight: 2}
training:
  optimizer: {generator: {adam: {lr: 1e-3}}}
  schedule: {generator: constant, discriminator: {linear: {start: 0.5}}}
"""
LAYERED = """\
gangen: 1
name: layered
data: {source: digits, image_size: [8, 8]}
generator:
  layers:
    - linear: {features: 64}
    - residual:
        layers: [{linear: {features: 64}}, relu]
    - tanh
    - reshape: {shape: [1, 8, 8]}
  init: normal
discriminator: {layers: [flatten, linear: {features: 1}], spectral_norm: true}
"""
ADVANCED = """\
gangen: 1
name: advanced
data: {source: npz, path: data.npz, shape: [1, 16, 16], classes: 7}
condition: labels
latent: {dim: 8, categorical: [5], continuous: 2}
generator: {architecture: dcgan, conditioning: conditional_batch_norm}
discriminator: {architecture: dcgan, conditioning: {auxiliary_classifier: {weight: 2}}}
penalties: [{orthogonal: {network: generator}}, mutual_information]
augment: [diff_augment, {instance_noise: {std: 0.2}}]
training: {epochs: 3, d_warmup: {steps: 9}}
"""


def compiled(text: str, *assignments: str) -> Compiled:
    return compile_spec(Path("spec.yaml"), CATALOGUE, assignments, text=text)


def shown(text: str, *assignments: str) -> Shown:
    return Shown(compiled(text, *assignments), CATALOGUE)


def by_path(seen: Shown) -> dict[str, Value]:
    return {".".join(map(str, value.path)): value for value in seen.values}


@pytest.mark.parametrize(
    ("path", "value", "origin", "source"),
    [
        ("name", "shown", "spec", "spec.yaml:2"),
        ("family", "noise_to_data", "default", "default"),
        ("data.source", "digits", "spec", "spec.yaml:4"),
        ("data.image_size", (16, 16), "spec", "spec.yaml:4"),
        ("generator.width", 8, "spec", "spec.yaml:6"),
        ("generator.depth", None, "default", "default"),
        ("generator.architecture", "dcgan", "preset", None),
        ("generator.spectral_norm", False, "default", "default"),
        ("discriminator.norm", "none", "spec", "spec.yaml:8"),
        ("discriminator.spectral_norm.n_power_iterations", 1, "default", "default"),
        ("penalties.0", "r1", "spec", "spec.yaml:11"),
        ("penalties.0.r1.weight", 2.0, "spec", "spec.yaml:11"),
        ("penalties.0.r1.every", 1, "default", "default"),
        ("training.steps", 7, "set", "--set training.steps=7"),
        ("training.optimizer.generator.adam.lr", 1e-3, "spec", "spec.yaml:13"),
        ("training.schedule.generator", "constant", "spec", "spec.yaml:14"),
        ("training.schedule.discriminator.linear.start", 0.5, "spec", "spec.yaml:14"),
        ("training.schedule.discriminator.linear.end_factor", 0.0, "default", "default"),
    ],
)
def test_every_value_knows_its_source(
    path: str, value: Any, origin: str, source: str | None
) -> None:
    found = by_path(shown(SPEC, "training.steps=7"))[path]
    assert (found.value, found.origin) == (value, origin)
    if source is not None:
        assert found.source == source


@pytest.mark.parametrize(
    ("path", "value", "origin"),
    [
        ("condition", "labels", "spec"),
        ("latent.categorical", (5,), "spec"),
        ("latent.truncation", 2.0, "default"),
        ("generator.conditioning", "conditional_batch_norm", "spec"),
        ("generator.conditioning.conditional_batch_norm.momentum", 0.1, "default"),
        ("discriminator.conditioning.auxiliary_classifier.weight", 2.0, "spec"),
        ("penalties.0.orthogonal.network", "generator", "spec"),
        ("penalties.1", "mutual_information", "spec"),
        ("penalties.1.mutual_information.continuous_weight", 1.0, "default"),
        ("augment.0", "diff_augment", "spec"),
        ("augment.0.diff_augment.policy", ("color", "translation", "cutout"), "default"),
        ("augment.1.instance_noise.std", 0.2, "spec"),
        ("training.epochs", 3, "spec"),
        ("training.d_warmup.steps", 9, "spec"),
        ("training.d_warmup.every", 500, "default"),
    ],
)
def test_every_kind_of_value_is_there(path: str, value: Any, origin: str) -> None:
    found = by_path(shown(ADVANCED))[path]
    assert (found.value, found.origin) == (value, origin)


def test_a_run_has_one_length() -> None:
    found = by_path(shown(ADVANCED))
    assert found["training.epochs"].value == 3
    assert "training.steps" not in found
    assert by_path(shown(SPEC))["training.steps"].value == 20_000


def test_the_condition_and_further_outputs_among_the_layers() -> None:
    generator, discriminator = shown(ADVANCED).as_dict()["networks"]
    assert generator["input"] == [8 + 5 + 2]
    norms = [x for x in generator["layers"] if x["name"] == "conditional_batch_norm"]
    assert [norm["parameters"] for norm in norms] == [2 * 7 * c["output"][0] for c in norms]
    classes, codes = discriminator["layers"][-2:]
    assert (classes["name"], classes["output"]) == ("auxiliary_classifier", [7])
    assert (codes["name"], codes["output"]) == ("mutual_information", [5 + 2])
    for network in (generator, discriminator):
        assert network["parameters"] == sum(x["parameters"] for x in network["layers"])


@pytest.mark.parametrize(
    ("assignments", "path", "chosen", "options"),
    [
        (["{}.sgd.lr=0.1"], "training.optimizer.generator", "sgd", {"lr": 0.1, "momentum": 0.0}),
        (["{}.sgd.lr=1", "{}.sgd.momentum=0"], "training.optimizer.generator", "sgd", {"lr": 1.0}),
        (["{}.sgd={{lr: 0.1}}"], "training.optimizer.discriminator", "sgd", {"lr": 0.1}),
        (["{}.adam.eps=1"], "training.optimizer.generator", "adam", {"eps": 1.0, "lr": 1e-3}),
        (["{}.linear.start=0.1"], "training.schedule.generator", "linear", {"start": 0.1}),
        (["{}.uniform.bound=0.1"], "generator.init", "uniform", {"bound": 0.1}),
        (["{}.concat.embedding_dim=3"], "generator.conditioning", "concat", {"embedding_dim": 3}),
    ],
)
def test_an_assignment_can_choose_anew(
    assignments: list[str], path: str, chosen: str, options: dict[str, Any]
) -> None:
    found = by_path(shown(SPEC, *(text.format(path) for text in assignments)))
    assert found[path].value == chosen
    assert found[path].origin == "set" or chosen in ("adam", "concat")
    assert {name: found[f"{path}.{chosen}.{name}"].value for name in options} == options


def test_a_preset_cites_its_paper() -> None:
    found = by_path(shown(SPEC))["discriminator.slope"]
    assert found.source == (
        "preset dcgan@radford2015 (Radford, Metz & Chintala 2015, section 4: 0.2 in all models)"
    )
    betas = by_path(shown(SPEC))["training.optimizer.discriminator.adam.betas"]
    assert betas.reference.startswith("Radford, Metz & Chintala 2015, section 4: beta1 0.5; ")
    assert ";" not in betas.source


def test_a_name_alone_may_stand_for_a_section() -> None:
    found = by_path(shown(SPEC.replace("condition: labels", "objective: hinge")))
    assert found["objective.loss"].source == "spec.yaml:5"


@pytest.mark.parametrize("text", [SPEC, LAYERED, ADVANCED, *CATALOGUE.names("presets")])
def test_the_yaml_form_means_the_same(text: str) -> None:
    if "\n" not in text:
        text = starter(CATALOGUE, text, "spec.yaml", "schema.json")
    first = compiled(text)
    again = compiled(Shown(first, CATALOGUE).as_yaml())
    assert spec_digest(again) == spec_digest(first)
    values = Shown(again, CATALOGUE).values
    assert {v.path: v.value for v in values if v.origin != "spec"} == {}


def test_layers_as_they_are_written() -> None:
    seen = shown(LAYERED)
    document = seen.document()["generator"]["layers"]
    assert [name if isinstance(name, str) else next(iter(name)) for name in document] == [
        "linear",
        "residual",
        "tanh",
        "reshape",
    ]
    assert by_path(seen)["generator.layers.1.residual.layers.0.linear.features"].value == 64
    table = seen.as_table()
    assert "linear: {features: 1}, spectral_norm" in table
    assert re.search(r"\n  residual +\[64\] .*\n    layers:\n      linear: {features: 64} ", table)


def test_networks_in_numbers() -> None:
    seen = shown(LAYERED)
    data = seen.as_dict()
    json.dumps(data)
    generator, discriminator = data["networks"]
    assert (generator["input"], generator["output"]) == ([100], [1, 8, 8])
    assert generator["parameters"] == 100 * 64 + 64 + 64 * 64 + 64
    assert [layer["output"] for layer in generator["layers"]] == [[64], [64], [64], [1, 8, 8]]
    inside = generator["layers"][1]["children"]["layers"]
    assert [layer["parameters"] for layer in inside] == [64 * 64 + 64, 0]
    assert discriminator["layers"][1]["wrappers"] == ["spectral_norm"]
    assert data["parameters"] == generator["parameters"] + discriminator["parameters"]
    assert f"{data['parameters']:,} parameters in all" in seen.as_table()


def test_the_table_has_a_line_for_every_value() -> None:
    seen = shown(SPEC)
    lines = seen.as_table().splitlines()
    for value in seen.values:
        assert any(line.endswith(value.source) for line in lines)
    assert any(line.split() == ["generator.width", "8", "spec.yaml:6"] for line in lines)
    assert all(line == line.rstrip() for line in lines)
