"""The JSON Schema of specs, and `gangen explain`, which walks it."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gangen import cli
from gangen.catalogue import KINDS, Catalogue, shipped
from gangen.compose import compile_spec
from gangen.errors import Problems, SpecError, UsageError, one_of
from gangen.explain import Keys, explain
from gangen.load import load
from gangen.schema import defaults, spec_schema
from gangen.show import Shown
from gangen.starter import starter
from gangen.yaml_write import block, flow, written

ROOT = Path(__file__).parents[1]
CATALOGUE = Catalogue((shipped(),))
SCHEMA = spec_schema(CATALOGUE)
VALIDATOR = Draft202012Validator(SCHEMA)
KEYS = Keys(SCHEMA)
PATHS = sorted({".".join(meaning.path) for meaning in KEYS.all()})
EXAMPLES = sorted((ROOT / "examples").rglob("*.yaml"))
GOOD = """\
gangen: 1
name: tiny
data: {source: digits}
generator: {architecture: mlp, hidden: [8]}
discriminator: {architecture: mlp, hidden: [8]}
"""
ADVANCED = """\
gangen: 1
name: advanced
data: {source: npz, path: data.npz, shape: [1, 16, 16], attributes: 3}
condition: attributes
latent: {dim: 8, distribution: truncated_normal, categorical: [10, 3], continuous: 2}
generator: {architecture: dcgan, conditioning: conditional_batch_norm}
discriminator: {architecture: dcgan, conditioning: {projection: }}
penalties: [{orthogonal: {network: generator}}, mutual_information]
augment: [diff_augment, {instance_noise: {std: 0.2}}]
training:
  batch_size: 32
  epochs: 5
  batches: straddle
  accumulate: 2
  clip_grad_norm: 1.0
  ema_start: 100
  d_warmup: {steps: 25, every: 500, d_steps: 100}
  g_batch_size: 64
  fake_labels: random
"""
LAYERED = """\
gangen: 1
name: layered
data: {source: digits, image_size: [8, 8]}
generator:
  layers:
    - linear: {features: 64}
    - residual: {layers: [{linear: {features: 64}}, relu]}
    - tanh
    - reshape: {shape: [1, 8, 8]}
  init: normal
discriminator: {layers: [flatten, linear: {features: 1}], spectral_norm: true}
training: {steps: 2_000, schedule: {generator: constant, discriminator: {linear: }}}
"""


def read(text: str) -> Any:
    problems = Problems()
    data = load(text, "spec.yaml", problems).data
    assert not problems
    return data


def is_valid(text: str) -> bool:
    """What the schema says of a spec."""
    return not list(VALIDATOR.iter_errors(read(text)))


def compiles(text: str) -> bool:
    """What the compiler says of it."""
    try:
        compile_spec(Path("spec.yaml"), CATALOGUE, text=text)
    except SpecError:
        return False
    return True


def objects(node: Any) -> Iterator[dict[str, Any]]:
    """Every schema that describes a mapping."""
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict) and "type" in node:
            yield node
        for child in node.values():
            yield from objects(child)
    elif isinstance(node, list):
        for child in node:
            yield from objects(child)


# ------------------------------------------------------------------ the schema


def test_it_is_a_schema_and_closed() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    found = list(objects(SCHEMA))
    assert len(found) > 50
    assert all(node["additionalProperties"] is False for node in found)


def test_every_option_is_described() -> None:
    for meaning in KEYS.all():
        kind, _, name = meaning.owner.rpartition(" ")
        if kind in KINDS.values() and meaning.path[-1] != name:
            assert KEYS.description(meaning), f"{meaning.path} of {meaning.owner}"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_valid(path: Path) -> None:
    assert not list(VALIDATOR.iter_errors(read(path.read_text())))


@pytest.mark.parametrize("preset", [None, *CATALOGUE.names("presets")])
def test_starters_are_valid(preset: str | None) -> None:
    assert is_valid(starter(CATALOGUE, preset, "spec.yaml", "schema.json"))


@pytest.mark.parametrize("preset", CATALOGUE.names("presets"))
def test_resolved_specs_are_valid(preset: str) -> None:
    text = starter(CATALOGUE, preset, "spec.yaml", "schema.json")
    compiled = compile_spec(Path("spec.yaml"), CATALOGUE, text=text)
    assert is_valid(Shown(compiled, CATALOGUE).as_yaml())


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        LAYERED,
        ADVANCED,
        GOOD + "augment: [{pack: {samples: 4}}]\n",
        GOOD + "training: {d_update: separate, shared_noise: true}\n",
        GOOD.replace("{source: digits}", "digits"),
        GOOD + "objective: hinge\n",
        GOOD + "objective: {loss: hinge}\npenalties: [r1, {gradient_penalty: {weight: 3}}]\n",
        GOOD + "training: {optimizer: {generator: {adam: {lr: 1e-3}}}}\n",
        GOOD + "condition: labels\npreset: null\n",
        "gangen: 1\nname: a\npreset: dcgan@radford2015\ndata: digits\ngenerator: {width: 8}\n",
    ],
)
def test_what_compiles_is_valid(text: str) -> None:
    assert compiles(text)
    assert is_valid(text)


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("gangen: 1", "gangen: 2"),
        GOOD.replace("name: tiny", "name: Tiny"),
        GOOD.replace("name: tiny\n", ""),
        GOOD.replace("source: digits", "sauce: digits"),
        GOOD.replace("source: digits", "source: folder"),
        GOOD.replace("data: {source: digits}\n", ""),
        GOOD.replace("{source: digits}", "folder"),
        GOOD.replace("architecture: mlp", "architecture: cnn"),
        GOOD.replace("architecture: mlp, ", ""),
        GOOD.replace("hidden: [8]", "hidden: [0]"),
        GOOD.replace("hidden: [8]", "hidden: []"),
        GOOD.replace("hidden: [8]", "width: 8"),
        GOOD.replace("hidden: [8]", "layers: [relu]"),
        GOOD + "training: {steps: 0}\n",
        GOOD + "training: {steps: 1.5}\n",
        GOOD + "training: {steps: some}\n",
        GOOD + "training: {ema: 1}\n",
        GOOD + "training: {bf16: 'yes'}\n",
        GOOD + "training: {optimizer: {critic: {adam: {lr: 1e-3}}}}\n",
        GOOD + "training: {optimizer: {generator: adam}}\n",
        GOOD + "penalties: {r1: {weight: 1}}\n",
        GOOD + "penalties: [{r1: {weight: -1}}]\n",
        GOOD + "penalties: [{r1: {}, gradient_penalty: {}}]\n",
        GOOD + "augment: pack\n",
        GOOD + "augment: [{pack: {samples: 1}}]\n",
        GOOD + "augment: [gradient_penalty]\n",
        GOOD + "penalties: [orthogonal]\n",
        GOOD + "training: {epochs: 0}\n",
        GOOD + "training: {batches: epoch}\n",
        GOOD + "training: {accumulate: 0}\n",
        GOOD + "training: {clip_grad_norm: -1}\n",
        GOOD + "training: {d_update: alternating}\n",
        GOOD + "training: {d_warmup: 25}\n",
        GOOD + "training: {d_warmup: {step: 25}}\n",
        GOOD + "training: {fake_labels: none}\n",
        GOOD + "latent: {categorical: 10}\n",
        GOOD + "latent: {categorical: [1]}\n",
        GOOD + "latent: {distribution: gaussian}\n",
        GOOD + "family: nowhere\n",
        GOOD + "preset: nothing\n",
        LAYERED.replace("linear: {features: 64}", "linear: {}", 1),
        LAYERED.replace("linear: {features: 64}", "linear", 1),
        LAYERED.replace("- tanh", "- tan"),
        LAYERED.replace("[flatten,", "[linear,"),
        LAYERED.replace("spectral_norm: true", "spectral_norm: 3"),
    ],
)
def test_what_is_wrong_in_itself_is_invalid(text: str) -> None:
    assert not compiles(text)
    assert not is_valid(text)


def test_a_second_family_is_selected_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "families" / "other"
    shutil.copytree(shipped() / "families" / defaults(CATALOGUE)["family"], folder)
    text = (folder / "family.py").read_text().replace('"latent": Latent', '"seeds": Latent')
    (folder / "family.py").write_text(text)
    validator = Draft202012Validator(spec_schema(Catalogue((tmp_path, shipped()))))
    for extra, valid in {
        "latent: {dim: 3}\n": True,
        "seeds: {dim: 3}\n": False,
        "family: other\nseeds: {dim: 3}\n": True,
        "family: other\nlatent: {dim: 3}\n": False,
    }.items():
        assert validator.is_valid(read(GOOD + extra)) is valid, extra
    keys = Keys(validator.schema)
    assert keys.find(["latent", "dim"])
    assert keys.find(["seeds", "dim"])


def test_schema_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == SCHEMA
    for _ in range(2):  # a schema of ours is replaced
        assert cli.run(["schema", "-o", "gangen.schema.json"]) == 0
    assert json.loads((tmp_path / "gangen.schema.json").read_text()) == SCHEMA
    (tmp_path / "mine.json").write_text("{}")
    assert cli.run(["schema", "-o", "mine.json"]) == 3
    assert (tmp_path / "mine.json").read_text() == "{}"


# ------------------------------------------------------------------ explain


@pytest.mark.parametrize("path", PATHS)
def test_every_path_of_the_schema_is_explained(path: str) -> None:
    text = explain(path, CATALOGUE, KEYS)
    assert text.startswith(f"{path}\n")
    assert re.search(r"(?m)^  type +\S", text)
    assert max(map(len, text.splitlines())) <= 100


def test_every_member_of_the_catalogue_is_explained() -> None:
    for kind in (*KINDS, "presets", "families"):
        for name in CATALOGUE.names(kind):
            assert f"{name} (" in explain(name, CATALOGUE, KEYS)


def having(option: str) -> str:
    """The architectures whose generators have an option."""
    builders = {c.name: c.functions.get("generator") for c in CATALOGUE.all("architectures")}
    return one_of(f"architecture {n}" for n, f in builders.items() if f and option in f.options)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("generator.width", "whole number, 1 to 4,096|64|architecture dcgan"),
        ("generator.slope", f"number, above 0 and at most 1|allowed by {having('slope')}"),
        ("training.ema", "number, at least 0 and below 1|0.999|running average"),
        ("training.steps", "whole number, 1 to 1,000,000,000|20000"),
        ("penalties", f"list, each one of {one_of(CATALOGUE.names('penalties'), 100)}"),
        ("augment", f"list, each one of {one_of(CATALOGUE.names('augmentations'), 100)}"),
        ("augment.pack.samples", "whole number, at least 2|augmentation pack"),
        ("penalties.orthogonal.network", "none, it must be given|penalty orthogonal"),
        ("discriminator.conditioning", "one of|auxiliary_classifier|projection"),
        ("latent.categorical", "list, each whole number, 2 to 10,000|categorical codes"),
        ("training.d_warmup.every", "whole number, 1 to 1,000,000,000|500"),
        ("training.epochs", "whole number, 1 to 1,000,000 or null|in place of steps"),
        ("training.fake_labels", "one of batch, random or mismatched|batch"),
        ("training.g_batch_size", "or null|fakes per generator update"),
        ("penalties.r1.weight", "number, at least 0|10.0|gamma in eq. 9"),
        ("penalties[0].r1.every", "whole number, at least 1|penalty r1"),
        ("penalties.0.r1.every", "penalties.r1.every"),
        ("r1.weight", "penalties.r1.weight"),
        ("r1", "goes under  penalties|forbids discriminator:batch_statistics|gamma"),
        ("data.source", "one of captions, digits, folder"),
        ("data.image_size", "list of 2, each whole number, 8 to 64|[8, 8]|data source digits"),
        ("data.path", "none, it must be given"),
        ("training.optimizer.generator.adam.lr", "none, it must be given|number, above 0"),
        ("generator.layers.residual.layers.conv.stride", "layer conv"),
        ("linear", "linear (layer)|linear (schedule)|training.schedule.generator"),
        ("objective.loss", f"one of {one_of(CATALOGUE.names('losses'), 100)}"),
        ("condition", "text or null"),
        ("noise_to_data", "latent -> data"),
        ("dcgan@radford2015", "preset: dcgan@radford2015"),
    ],
)
def test_what_explain_says(path: str, words: str) -> None:
    text = " ".join(explain(path, CATALOGUE, KEYS).split())
    for word in words.split("|"):
        assert " ".join(word.split()) in text


@pytest.mark.parametrize(
    ("path", "guess"),
    [
        ("generator.widht", "generator.width"),
        ("width", "generator.width"),
        ("training.d_step", "training.d_steps"),
        ("spectral-norms", "spectral_norm"),
        ("", None),
        ("[0]", None),
        ("zzzzzzzz", None),
    ],
)
def test_what_explain_does_not_know(path: str, guess: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        explain(path, CATALOGUE, KEYS)
    assert (f"did you mean {guess}?" in caught.value.message) == (guess is not None)
    assert caught.value.help is not None


# ------------------------------------------------------------------ YAML as it is written

scalars = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
LEGAL = re.compile("[\x00\ud800-\udfff]")


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=8), values, min_size=1, max_size=4))
def test_what_is_written_is_read_back(data: dict[str, Any]) -> None:
    if LEGAL.search(json.dumps(data, ensure_ascii=False)) or "\\u0000" in json.dumps(data):
        return  # no spec may hold these
    if any(len(str(number)) > 100 for number in re.findall(r"\d+", json.dumps(data))):
        return
    lines = list(block(data))
    assert read(written(lines, lambda line: "a comment: [")) == data
    assert read(f"key: {flow(data)}") == {"key": data}
