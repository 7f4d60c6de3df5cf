"""`gangen import ibm`: the toolkit's configurations as specs, its networks, its data."""

from __future__ import annotations

import importlib.util
import io
import json
import pickle
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from loading_module import loading
from PIL import Image
from torch import nn

from gangen import cli
from gangen.build import build
from gangen.catalogue import Catalogue, shipped
from gangen.compose import Compiled, compile_spec
from gangen.errors import Problems
from gangen.importers.ibm_keys import FLAGS, KEYS, TEMPLATES
from gangen.importers.json_text import load_json
from gangen.importers.resizing import resized
from gangen.load import load

CONFIGS = Path(__file__).parent / "ibm_configs"
SHIPPED = sorted(path.relative_to(CONFIGS).as_posix() for path in CONFIGS.rglob("*.json"))
CATALOGUE = Catalogue((shipped(),))
WRONG = {  # run with the toolkit: both networks lower the same number, or real is called fake
    *("gan_wgan.json", "gan_wgan_gp.json", "dcgan_wgan.json", "dcgan_wgan_gp.json"),
    *("cifar/dcgan_wgan.json", "wgan_gan.json", "wgan_gp_gan.json", "wgan_dcgan.json"),
    *("wgan_gp_dcgan.json", "sample_config2.json", "sample_config4.json"),
}
WAYS = ("--repair", "--faithful")
GAN = {"generator": {"choice": "gan"}, "discriminator": {"choice": "gan"}, "data_path": "d.p"}
CGAN = {"generator": {"choice": "cgan"}, "discriminator": {"choice": "cgan"}, "data_path": "d.p"}

Run = Callable[..., SimpleNamespace]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, no colours."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


@pytest.fixture
def gangen(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process."""

    def run(*arguments: str) -> SimpleNamespace:
        capsys.readouterr()
        code = cli.run(arguments)
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return SimpleNamespace(code=code, out=said.out, err=said.err)

    return run


@pytest.fixture
def imported(gangen: Run, here: Path) -> Run:
    """Import a configuration given as data; with the spec that comes of it, read."""

    def run(config: Any, *arguments: str) -> SimpleNamespace:
        text = config if isinstance(config, str) else json.dumps(config)
        (here / "c.json").write_text(text)
        ended = gangen("import", "ibm", "c.json", "-o", "-", *arguments)
        ended.spec = read(ended.out) if ended.code == 0 else None
        return ended

    return run


def read(text: str) -> Any:
    problems = Problems()
    data = load(text, "spec.yaml", problems).data
    assert not problems.all
    return data


def compiled(text: str) -> Compiled:
    return compile_spec(Path("spec.yaml"), CATALOGUE, (), text)


def merged(*parts: Any) -> Any:
    """Dictionaries laid over one another."""
    result: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            both = isinstance(value, dict) and isinstance(result.get(key), dict)
            result[key] = merged(result[key], value) if both else value
    return result


def codes(said: str) -> list[str]:
    return re.findall(r"(?:warning|error)\[([a-z-]+)\]", said)


# ------------------------------------------------------------------ the shipped configurations


def test_there_are_twenty_one() -> None:
    assert len(SHIPPED) == 21
    assert set(SHIPPED) >= WRONG
    assert len(WRONG) == 11


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_configuration_becomes_a_spec_that_compiles(
    gangen: Run, name: str, way: str
) -> None:
    ended = gangen("import", "ibm", str(CONFIGS / name), way, "-o", "-")
    assert ended.code == 0
    assert ("the toolkit trains this with wrong signs: " in ended.err) == (name in WRONG)
    plan = compiled(ended.out).plan
    side, channels = plan.data.options["shape"][1], plan.data.options["shape"][0]
    assert side == (32 if name.startswith(("dcgan", "cifar/dcgan")) or name[-6] in "34" else 28)
    assert channels == (3 if name.startswith("cifar") else 1)
    for line in ended.out.splitlines():
        assert len(line) < 400


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gan_gan", {"loss": "non_saturating"}),
        ("gan_wgan", {"loss": "wasserstein", "limit": 0.01, "d_steps": 5}),
        ("gan_wgan_gp", {"loss": "wasserstein", "weight": 10.0, "d_steps": 5}),
        ("wgan_gan", {"loss": "non_saturating", "d_steps": 5}),
        ("wgan_wgan", {"loss": "wasserstein", "limit": 0.01, "d_steps": 5}),
        ("wgan_wgan_gp", {"loss": "wasserstein", "limit": 0.01, "d_steps": 5}),
        ("wgan_gp_wgan", {"loss": "wasserstein", "weight": 10.0, "d_steps": 5}),
        ("sample_config2", {"loss": "non_saturating", "d_steps": 5}),
        ("sample_config3", {"loss": "wasserstein", "limit": 0.01, "weight": 1.0, "d_steps": 5}),
        ("sample_config4", {"loss": "non_saturating", "d_steps": 5}),
    ],
)
def test_a_repaired_spec_is_sound(gangen: Run, name: str, expected: dict[str, Any]) -> None:
    spec = read(gangen("import", "ibm", str(CONFIGS / f"{name}.json"), "-o", "-").out)
    found: dict[str, Any] = {"loss": spec["objective"]["loss"]}
    for penalty in spec.get("penalties", []):
        ((kind, options),) = penalty.items()
        assert kind == ("weight_clipping" if "limit" in options else "gradient_penalty")
        found |= options
    if spec["training"]["d_steps"] > 1:
        found["d_steps"] = spec["training"]["d_steps"]
    assert found == expected
    assert "batch_norm_eps" not in spec["generator"]
    assert spec["training"]["batches"] == "straddle"


@pytest.mark.parametrize(
    ("name", "objective", "penalties"),
    [
        ("gan_wgan", (0, "mean", "mean"), []),
        ("wgan_gan", (1, "bce", "mean"), [{"weight_clipping": {"limit": 0.01}}]),
        ("wgan_wgan_gp", (1, "mean", "mean"), [{"weight_clipping": {"limit": 0.01}}]),
        ("wgan_gp_wgan", (1, "mean", "mean"), [{"ibm_gradient_penalty": {"weight": 10}}]),
        ("sample_config4", (1, "bce", "bce"), [{"ibm_gradient_penalty": {"weight": 10}}]),
        ("gan_gan", (0, "bce", "bce"), []),
    ],
)
def test_a_faithful_spec_repeats_the_toolkits_step(
    gangen: Run, name: str, objective: tuple[int, str, str], penalties: list[Any]
) -> None:
    ended = gangen("import", "ibm", str(CONFIGS / f"{name}.json"), "--faithful", "-o", "-")
    spec = read(ended.out)
    w_loss, discriminator, generator = objective
    said = {"w_loss": w_loss, "discriminator": discriminator, "generator": generator}
    assert spec["objective"] == {"loss": "ibm", **said}
    assert spec.get("penalties", []) == penalties
    training = spec["training"]
    assert (training["d_steps"], training["batches"], training["ema"]) == (1, "per_epoch", 0.0)
    assert training["shared_noise"] is True
    assert spec["generator"]["batch_norm_eps"] == 0.8
    sigmoid = name.split("_")[-1] not in ("wgan", "gp")
    assert spec["discriminator"].get("sigmoid", False) is sigmoid
    assert set(codes(ended.err)) <= {"ibm-signs", "ibm-ignored"}


def test_the_whole_of_one_spec(imported: Run) -> None:
    config = merged(GAN, {"data_path": "sets/digits.p", "GAN_model": {"epochs": "50"}})
    ended = imported(config, "--epochs", "7")
    assert ended.out.splitlines() == [
        "# Imported from c.json of the IBM GAN Toolkit, repaired (`gangen import ibm --help`).",
        "# The toolkit's effective settings, * where its templates give the default:",
        "#   top: sample_interval* 400, metric_evaluate* MMD",
        "#   GAN_model: epochs 7, mini_batch_size* 64, clip_value* -1, n_critic* -1, lambda_gp* -1,"
        " w_loss* 0, data_label* 0, classes* -1, seq* 0",
        "#   generator: choice gan, input_shape* 28, channels* 1, latent_dim* 100, "
        "optimizer.choice* Adam, optimizer.learning_rate* 0.0002, optimizer.b1* 0.5, "
        "optimizer.b2* 0.999, loss* BCE",
        "#   discriminator: choice gan, input_shape* 28, channels* 1, optimizer.choice* Adam, "
        "optimizer.learning_rate* 0.0002, optimizer.b1* 0.5, optimizer.b2* 0.999, loss* BCE",
        "# Convert its data once:",
        "#   gangen import ibm-data sets/digits.p -o sets/digits-28x28.npz --size 28",
        *WHOLE.splitlines(),
    ]
    assert codes(ended.err) == ["ibm-repaired", "ibm-repaired"]
    assert "--epochs is --set training.epochs=7\n" in ended.err
    compiled(ended.out)


WHOLE = """\
gangen: 1
name: c

data:
  source: npz
  path: sets/digits-28x28.npz                   # data_path
  shape: [1, 28, 28]                            # generator.channels, generator.input_shape: \
default of the toolkit's gan template; the data is resized to the generator's size

latent:
  dim: 100                                      # generator.latent_dim: default of the toolkit's \
gan template
  distribution: normal                          # the toolkit has no other

generator:
  architecture: ibm
  network: mlp                                  # generator.choice; the toolkit's gan

discriminator:
  architecture: ibm
  network: mlp                                  # discriminator.choice; the toolkit's gan

objective:
  loss: non_saturating                          # discriminator.loss: default of the toolkit's gan \
template

training:
  epochs: 7                                     # --epochs
  batch_size: 64                                # GAN_model.mini_batch_size: default of the \
toolkit's gan template
  shared_noise: true                            # the toolkit's generator step sees the same z
  ema: 0.0                                      # the toolkit keeps no average
  sample_every: 400                             # sample_interval: default of the toolkit
  d_steps: 1                                    # GAN_model.n_critic: default of the toolkit's gan \
template
  batches: straddle
  optimizer:
    generator:
      adam:
        lr: 2e-4                                # generator.optimizer.learning_rate, \
generator.optimizer.choice: default of the toolkit's gan template
        betas: [0.5, 0.999]                     # generator.optimizer.b1, generator.optimizer.b2: \
default of the toolkit's gan template
    discriminator:
      adam:
        lr: 2e-4                                # discriminator.optimizer.learning_rate, \
discriminator.optimizer.choice: default of the toolkit's gan template
        betas: [0.5, 0.999]                     # discriminator.optimizer.b1, \
discriminator.optimizer.b2: default of the toolkit's gan template
"""


def test_conditional_networks(imported: Run) -> None:
    spec = imported(CGAN).spec
    assert spec["condition"] == "labels"
    assert spec["data"]["classes"] == 10
    assert spec["generator"]["conditioning"] == "ibm_generator"
    assert spec["discriminator"]["network"] == "dropout_mlp"
    assert spec["objective"] == {"loss": "least_squares"}
    assert spec["training"]["fake_labels"] == "random"
    ended = imported(CGAN, "--faithful")
    assert ended.spec["training"]["fake_labels"] == "mismatched"
    assert ended.spec["objective"] == {
        "loss": "ibm",
        "w_loss": 0,
        "discriminator": "mse",
        "generator": "mse",
    }
    assert "--size 32 --labels\n" in ended.out


# ------------------------------------------------------------------ what can be written


def test_numbers_as_texts_and_what_is_ignored(imported: Run) -> None:
    config = {
        "cuda": "False",
        "GAN_model": {"epochs": "50", "mini_batch_size": "16", "clip_value": "0.02", "w_loss": "1"},
        "generator": {
            "choice": "wgan",
            "input": "[g_latent_dim]",
            "sequece_length": 20,
            "latent_dim": "64",
            "optimizer": {"learning_rate": "1e-3"},
        },
        "discriminator": {"choice": "wgan", "num_classes": "", "input_shape": None},
        "data_path": "a b/c.p",
    }
    ended = imported(config)
    spec = ended.spec
    assert spec["latent"]["dim"] == 64
    assert spec["penalties"] == [{"weight_clipping": {"limit": 0.02}}]
    assert (spec["training"]["epochs"], spec["training"]["batch_size"]) == (50, 16)
    assert spec["training"]["optimizer"]["generator"] == {"rmsprop": {"lr": 1e-3}}
    assert spec["data"]["path"] == "a b/c-28x28.npz"
    assert "'a b/c.p' -o 'a b/c-28x28.npz'" in ended.out
    assert "generator.sequece_length has no effect" in ended.err
    assert "cuda is left out" in ended.err


def test_gan_model_is_the_generators(imported: Run) -> None:
    config = merged(GAN, {"generator": {"choice": "wgan"}})
    assert imported(config, "--faithful").spec["penalties"] == [
        {"weight_clipping": {"limit": 0.01}}
    ]
    config = merged(GAN, {"discriminator": {"choice": "wgan"}, "generator": {"loss": "Mean"}})
    assert "penalties" not in imported(config, "--faithful").spec


def test_flags_override_and_stand_alone(gangen: Run, here: Path) -> None:
    ended = gangen("import", "ibm", "--g_choice", "gan", "--data_path", "d.p", "-o", "-")
    assert ended.code == 0
    spec = read(ended.out)
    assert (spec["name"], spec["discriminator"]["network"]) == ("ibm-gan", "mlp")
    both = ["--g_choice", "gan", "--d_choice", "dcgan", "--data_path", "d.p", "-o", "-"]
    both += ["--d_learning_rate", "1e-5", "--g_learning_rate", "1e-3"]
    ended = gangen("import", "ibm", *both)
    spec = read(ended.out)
    assert spec["discriminator"]["network"] == "dcgan"
    rates = {role: it["adam"]["lr"] for role, it in spec["training"]["optimizer"].items()}
    assert rates == {"generator": 1e-3, "discriminator": 1e-5}
    said = "--d_learning_rate is --set training.optimizer.discriminator.adam.lr=1e-5\n"
    assert said in ended.err
    spec = read(gangen("import", "ibm", "--faithful", *both).out)  # the toolkit's flags for D
    assert spec["discriminator"]["network"] == "mlp"
    assert spec["training"]["optimizer"]["discriminator"] == {
        "adam": {"lr": 1e-3, "betas": [0.5, 0.999]}
    }


def test_every_flag_of_the_toolkit_is_a_key() -> None:
    assert len(FLAGS) == 34
    assert set(FLAGS.values()) <= set(KEYS)
    for name, template in TEMPLATES.items():
        assert set(template) <= set(KEYS), name


def test_fractions_and_betas(imported: Run) -> None:
    config = merged(GAN, {"generator": {"choice": "wgan"}, "discriminator": {"choice": "wgan"}})
    half = merged(config, {"GAN_model": {"lambda_gp": 0.5, "clip_value": -1}})
    assert imported(half).spec["penalties"] == [{"gradient_penalty": {"weight": 0.5}}]
    assert "penalties" not in imported(half, "--faithful").spec
    adam = merged(config, {"generator": {"optimizer": {"choice": "Adam"}}})
    spec = imported(adam).spec
    assert spec["training"]["optimizer"]["generator"]["adam"]["betas"] == [0.5, 0.999]
    assert "Adam takes b1 and b2 from 0 up to 1, not -1 and -1" in imported(adam, "--faithful").err


def test_a_penalised_discriminator_has_no_batch_norm(imported: Run) -> None:
    config = merged(
        GAN,
        {
            "generator": {"choice": "wgan_gp", "input_shape": 32},
            "discriminator": {"choice": "dcgan", "loss": "Mean"},
        },
    )
    ended = imported(config)
    assert ended.spec["discriminator"]["batch_norm"] is False
    compiled(ended.out)


# ------------------------------------------------------------------ what is wrong


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "c.json:1:1: error[missing-key]: data_path is missing: the configuration names no"),
        (merged(GAN, {"data_path": ""}), "error[missing-key]: data_path is missing"),
        (merged(GAN, {"generator": None}), "generator.choice is missing: the configuration does"),
        (
            merged(GAN, {"generator": {"choice": "custom"}}),
            "the toolkit has no networks for the choice custom: it stops with a KeyError",
        ),
        (
            merged(GAN, {"generator": {"choice": "seq_gan"}}),
            "seq_gan writes sequences of words; gangen has no family of them yet",
        ),
        (
            merged(GAN, {"generator": {"choice": "wgan_pg"}}),
            'generator.choice cannot be "wgan_pg"; did you mean "wgan_gp"?',
        ),
        (
            merged(GAN, {"generator": {"chanels": 3}}),
            'error[unknown-key]: generator has no key "chanels"; did you mean "channels"?',
        ),
        (
            merged(GAN, {"GAN_model": {"optimizer": {"b1": 1}}}),
            'error[unknown-key]: GAN_model has no key "optimizer"',
        ),
        (merged(GAN, {"epochs": 3}), 'error[unknown-key]: the configuration has no key "epochs"'),
        (
            merged(GAN, {"GAN_model": {"epochs": "many"}}),
            'error[wrong-type]: GAN_model.epochs must be a whole number, not "many"',
        ),
        (merged(GAN, {"GAN_model": {"epochs": 0}}), "GAN_model.epochs must be at least 1, not 0"),
        (merged(GAN, {"GAN_model": []}), "GAN_model must be an object, not a list"),
        (merged(GAN, {"GAN_model": {"w_loss": 2}}), "GAN_model.w_loss is 0 or 1"),
        (merged(GAN, {"GAN_model": {"seq": 1}}), "GAN_model.seq selects the training of seq_gan"),
        (merged(GAN, {"generator": {"loss": "NLL"}}), "the loss NLL is for the sequence networks"),
        (
            merged(GAN, {"generator": {"optimizer": {"choice": "SGD"}}}),
            'generator.optimizer.choice cannot be "SGD"',
        ),
        (
            merged(GAN, {"discriminator": {"choice": "cgan"}}),
            "cgan cannot be mixed with gan: only one of them would take labels",
        ),
        (
            merged(CGAN, {"discriminator": {"choice": "dcgan"}}),
            "cgan cannot be mixed with dcgan",
        ),
        (
            merged(CGAN, {"GAN_model": {"w_loss": 1, "lambda_gp": 10}}),
            "the toolkit's gradient penalty calls the discriminator cgan without its labels",
        ),
        (merged(CGAN, {"GAN_model": {"classes": -1}}), "cgan needs labels, but `classes` is -1"),
        (merged(CGAN, {"GAN_model": {"data_label": 0}}), "cgan needs labels, but data_label is 0"),
        (
            merged(GAN, {"GAN_model": {"classes": 10}}),
            "with classes 10 the toolkit gives labels to networks that take none",
        ),
        (
            merged(GAN, {"generator": {"choice": "dcgan", "input_shape": 30}}),
            "the generator dcgan makes images of 28x28, but the data is resized to 30x30",
        ),
    ],
)
@pytest.mark.parametrize("way", WAYS)
def test_what_cannot_be_imported(imported: Run, config: Any, message: str, way: str) -> None:
    ended = imported(config, way)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert re.search(r"^c\.json:\d+:\d+: error", ended.err, re.M)
    assert "help: " in ended.err or "did you mean" in ended.err


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            merged(GAN, {"generator": {"choice": "dcgan"}}),
            "the discriminator is made for images [1, 28, 28], but the data and the fakes are "
            "[1, 32, 32]",
        ),
        (
            merged(GAN, {"discriminator": {"loss": "BCE", "choice": "wgan"}}),
            "the discriminator's loss BCE takes values from 0 to 1, and the discriminator wgan has "
            "no sigmoid",
        ),
        (
            merged(GAN, {"generator": {"channels": 2}, "discriminator": {"channels": 2}}),
            "the toolkit reads such data as grey (1 channel) or RGB (3), not with 2 channels",
        ),
    ],
)
def test_what_only_a_repair_can_import(imported: Run, config: Any, message: str) -> None:
    ended = imported(config, "--faithful")
    assert ended.code == 2
    assert f"error[ibm-cannot-run]: {message}" in ended.err
    ended = imported(config)
    assert ended.code == 0
    compiled(ended.out)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "c.json:1:1: error[json-syntax]: there is nothing in this file"),
        ("[]", "c.json:1:1: error[json-syntax]: a configuration is a JSON object"),
        ('{"a": 1,}', "c.json:1:8: error[json-syntax]: no comma may stand before the closing }"),
        ('{\n\t"a" 1}', "c.json:2:2: error[json-syntax]: a `:` is missing behind this key"),
        ('{"a": 1 "b": 2}', "c.json:1:9: error[json-syntax]: a `,` or the closing } is missing"),
        ('{"a": [1, 2', "c.json:1:7: error[json-syntax]: what is opened here lacks its ]"),
        ("{'a': 1}", "a key in double quotes is missing here"),
        ('{"a": NaN}', "c.json:1:7: error[json-syntax]: this is no JSON value: NaN"),
        ('{"a": 010}', "this is no JSON value: 010"),
        ('{"a": "b\nc"}', "c.json:1:9: error[json-syntax]: invalid control character"),
        ('{"a": "b}', "c.json:1:7: error[json-syntax]: unterminated string"),
        ('{"a": 1} x', "nothing may follow the object's last }"),
        ('{"cuda": true, // no\n"cuda": 1}', "a key in double quotes is missing here"),
        ('{"cuda": true,\n "cuda": 1}', "c.json:2:2: error[duplicate-key]: cuda is given twice"),
        ("[" * 100_000, "a configuration is a JSON object"),
        ('{"a": ' + "[" * 100_000, "values are nested more than 64 deep"),
        ('{"a": 1' + "0" * 200 + "}", "a number of 201 characters is too long"),
        ('{"a": "\\ud800"}', "no text may contain a NUL or half a character"),
        ("x" * 2_000_000, "the document is longer than 1,000,000 bytes"),
    ],
)
def test_broken_json(imported: Run, text: str, message: str) -> None:
    ended = imported(text)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


@pytest.mark.parametrize("name", SHIPPED)
def test_json_reads_what_json_reads(name: str) -> None:
    text = (CONFIGS / name).read_bytes()
    problems = Problems()
    assert load_json(text, name, problems).data == json.loads(text)
    assert not problems.all


def test_files(gangen: Run, here: Path) -> None:
    config = str(CONFIGS / "gan_gan.json")
    ended = gangen("import", "ibm", config)
    assert ended.code == 0
    assert "wrote spec.yaml (2 changes, each named above); next:\n" in ended.out
    before = (here / "spec.yaml").read_text()
    ended = gangen("import", "ibm", config, "--faithful")
    assert (ended.code, ended.out) == (3, "")
    assert "spec.yaml exists already" in ended.err
    assert (here / "spec.yaml").read_text() == before
    for arguments, message in {
        ("absent.json",): "there is no file absent.json",
        (".",): "cannot read .: it is a folder",
        (): "there is nothing to import",
        (config, "--faithful", "--repair"): "not allowed with argument",
        (config, "--critik", "5"): "did you mean --critic?",
        (config, "-o", "no/where.yaml"): "No such file or directory",
    }.items():
        ended = gangen("import", "ibm", *arguments)
        assert ended.code == (5 if "-o" in arguments else 2)
        assert ended.out == ""
        assert message in ended.err
    assert "what" in gangen("import").err
    assert gangen("import", "ibm", "--help").out.startswith("usage: gangen import ibm")
    assert "--lambda_gp" in gangen("completion", "bash").out


# ------------------------------------------------------------------ networks


def hidden(inside: int, outside: int, eps: float | None = None) -> list[nn.Module]:
    norm = [] if eps is None else [nn.BatchNorm1d(outside, eps)]
    return [nn.Linear(inside, outside), *norm, nn.LeakyReLU(0.2)]


class ToolkitMlp(nn.Module):
    """The toolkit's generators gan, wgan, wgan_gp; with classes cgan's."""

    def __init__(self, side: int, channels: int, eps: float, classes: int = 0) -> None:
        super().__init__()
        if classes:
            self.label_emb = nn.Embedding(classes, classes)
        self.size = (channels, side, side)
        layers = [*hidden(100 + classes, 128), *hidden(128, 256, eps), *hidden(256, 512, eps)]
        last = nn.Linear(1024, channels * side**2)
        self.model = nn.Sequential(*layers, *hidden(512, 1024, eps), last, nn.Tanh())

    def forward(self, z: torch.Tensor, *labels: torch.Tensor) -> torch.Tensor:
        inside = [self.label_emb(label) for label in labels]
        out: torch.Tensor = self.model(torch.cat([*inside, z], -1))
        return out.view(-1, *self.size)


class ToolkitDcgan(nn.Module):
    """The toolkit's generator dcgan."""

    def __init__(self, side: int, channels: int, eps: float) -> None:
        super().__init__()
        self.start = side // 4
        self.l1 = nn.Sequential(nn.Linear(100, 128 * self.start**2))
        layers: list[nn.Module] = [nn.BatchNorm2d(128)]
        for width in (128, 64):
            layers += [nn.Upsample(scale_factor=2), nn.Conv2d(128, width, 3, padding=1)]
            layers += [nn.BatchNorm2d(width, eps), nn.LeakyReLU(0.2)]
        self.conv_blocks = nn.Sequential(*layers, nn.Conv2d(64, channels, 3, padding=1), nn.Tanh())

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        maps = self.l1(z).view(-1, 128, self.start, self.start)
        out: torch.Tensor = self.conv_blocks(maps)
        return out


class ToolkitJudge(nn.Module):
    """The toolkit's discriminators on flat images: gan, wgan, cgan."""

    def __init__(self, side: int, channels: int, classes: int = 0, sigmoid: bool = False) -> None:
        super().__init__()
        inside = channels * side**2 + classes
        if classes:
            self.label_embedding = nn.Embedding(classes, classes)
            dropped = [nn.Linear(512, 512), nn.Dropout(0.4), nn.LeakyReLU(0.2)]
            again = [nn.Linear(512, 512), nn.Dropout(0.4), nn.LeakyReLU(0.2)]
            layers = [*hidden(inside, 512), *dropped, *again, nn.Linear(512, 1)]
        else:
            layers = [*hidden(inside, 512), *hidden(512, 256), nn.Linear(256, 1)]
        self.model = nn.Sequential(*layers, *([nn.Sigmoid()] if sigmoid else []))

    def forward(self, x: torch.Tensor, *labels: torch.Tensor) -> torch.Tensor:
        behind = [self.label_embedding(label) for label in labels]
        out: torch.Tensor = self.model(torch.cat([x.flatten(1), *behind], -1))
        return out


class ToolkitDcganJudge(nn.Module):
    """The toolkit's discriminator dcgan."""

    def __init__(self, side: int, channels: int, eps: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inside, width in [(channels, 16), (16, 32), (32, 64), (64, 128)]:
            layers += [nn.Conv2d(inside, width, 3, 2, 1), nn.LeakyReLU(0.2), nn.Dropout2d(0.25)]
            layers += [nn.BatchNorm2d(width, eps)] if inside != channels else []
        self.model = nn.Sequential(*layers)
        last = nn.Linear(128 * (side // 16) ** 2, 1)
        self.adv_layer = nn.Sequential(last, nn.Sigmoid())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.adv_layer(self.model(x).flatten(1))
        return out


@pytest.fixture
def networks(gangen: Run, here: Path) -> Iterator[Callable[..., tuple[nn.Module, nn.Module]]]:
    """The networks of the project that a configuration becomes."""

    def run(config: Any, *arguments: str) -> tuple[nn.Module, nn.Module]:
        (here / "n.json").write_text(json.dumps(config))
        assert gangen("import", "ibm", "n.json", "-o", "n.yaml", *arguments).code == 0
        build(here / "n.yaml", here / "n", CATALOGUE)
        spec = importlib.util.spec_from_file_location("models_of_ibm", here / "n" / "models.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.Generator(), module.Discriminator()

    yield run
    sys.modules.pop("models_of_ibm", None)


def toolkit_networks(generator: str, discriminator: str, eps: float) -> tuple[Any, Any]:
    """The toolkit's own, at its default sizes; where they differ the data's is the generator's."""
    classes = 10 if generator == "cgan" else 0
    side = 32 if generator in ("cgan", "dcgan") else 28
    dcgan = generator == "dcgan"
    makes = ToolkitDcgan(32, 1, eps) if dcgan else ToolkitMlp(side, 1, eps, classes)
    if discriminator == "dcgan":
        return makes, ToolkitDcganJudge(32, 1, eps)  # at 28 it has as many features
    return makes, ToolkitJudge(side, 1, classes, sigmoid=discriminator == "gan")


@pytest.mark.parametrize(
    ("generator", "discriminator"),
    [("gan", "gan"), ("cgan", "cgan"), ("dcgan", "dcgan"), ("wgan_gp", "wgan"), ("gan", "dcgan")],
)
@pytest.mark.parametrize("way", WAYS)
def test_the_networks_are_the_toolkits(
    networks: Any, generator: str, discriminator: str, way: str
) -> None:
    config = {
        "generator": {"choice": generator},
        "discriminator": {"choice": discriminator},
        "data_path": "d.p",
    }
    eps = 0.8 if way == "--faithful" else 1e-5
    ours, theirs = networks(config, way), toolkit_networks(generator, discriminator, eps)
    labels = [torch.arange(4)] if generator == "cgan" else []
    side = 32 if generator in ("cgan", "dcgan") else 28
    torch.manual_seed(0)
    for mine, original, x in zip(
        ours, theirs, (torch.randn(4, 100), torch.rand(4, 1, side, side)), strict=True
    ):
        saved = original.state_dict()
        found = {name: tuple(value.shape) for name, value in mine.state_dict().items()}
        assert found == {name: tuple(value.shape) for name, value in saved.items()}
        mine.load_state_dict(saved)  # so do the weights that the toolkit saved
        mine.eval(), original.eval()
        expected = original(x, *labels).detach()
        if mine is ours[1]:
            expected = expected[:, 0]
            if way == "--repair" and discriminator in ("gan", "dcgan"):
                expected = expected.logit()
        torch.testing.assert_close(mine(x, *labels).detach(), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("choice", "generator", "discriminator"),
    [("gan", 1_510_032, 533_505), ("dcgan", 1_049_985, 98_113), ("cgan", 1_757_412, 1_055_845)],
)
def test_the_number_of_parameters(
    imported: Run, choice: str, generator: int, discriminator: int
) -> None:
    config = merged(GAN, {"generator": {"choice": choice}, "discriminator": {"choice": choice}})
    plan = compiled(imported(config, "--faithful").out).plan
    found = {name: network.parameters for name, network in plan.networks.items()}
    assert found == {"generator": generator, "discriminator": discriminator}
    both = toolkit_networks(choice, choice, 0.8)
    assert [sum(p.numel() for p in it.parameters()) for it in both] == [*found.values()]


# ------------------------------------------------------------------ data


def images(number: int, side: int, *channels: int) -> Any:
    return np.random.default_rng(0).integers(0, 256, (number, side, side, *channels), np.uint8)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("as_list", [False, True])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_data_becomes_arrays(
    gangen: Run, here: Path, protocol: int, as_list: bool, channels: tuple[int, ...]
) -> None:
    expected = images(5, 6, *channels)
    data = list(expected) if as_list else expected
    (here / "d.p").write_bytes(pickle.dumps(data, protocol))
    ended = gangen("import", "ibm-data", "d.p")
    assert ended.code == 0, ended.err
    assert ended.out == f"wrote d.npz: 5 images {[*(channels or (1,)), 6, 6]}\n"
    with np.load(here / "d.npz") as found:
        assert list(found) == ["images"]
        np.testing.assert_array_equal(found["images"], expected)
    assert gangen("import", "ibm-data", "d.p").code == 3


@pytest.mark.parametrize(
    "labels",
    [[0, 1, 2, 1], (0, 1, 2, 1), np.array([0, 1, 2, 1]), np.array([[0], [1], [2], [1]], ">i2")],
)
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_labelled_data(gangen: Run, here: Path, labels: Any, protocol: int) -> None:
    (here / "d.p").write_bytes(pickle.dumps([images(4, 6), labels], protocol))
    ended = gangen("import", "ibm-data", "d.p", "--labels", "--size", "8", "-o", "l.npz")
    assert ended.out == "wrote l.npz: 4 images [1, 8, 8], labels of 3 classes\n"
    with np.load(here / "l.npz") as found:
        assert found["images"].shape == (4, 8, 8)
        assert found["labels"].tolist() == [0, 1, 2, 1]


def test_numpy_numbers_and_orders_of_arrays(gangen: Run, here: Path) -> None:
    expected = images(3, 4)
    data = [[np.asfortranarray(expected[0]), expected[1].tolist(), expected[2].astype(">i4")]]
    data.append([np.int64(1), np.uint8(0), 2])
    (here / "d.p").write_bytes(pickle.dumps(data))
    assert gangen("import", "ibm-data", "d.p", "--labels").code == 0
    with np.load(here / "d.npz") as found:
        np.testing.assert_array_equal(found["images"], expected)
        assert found["labels"].tolist() == [1, 0, 2]


@pytest.mark.parametrize(("old", "new"), [(28, 32), (32, 28), (7, 64), (50, 3), (1, 9), (8, 8)])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_resizing_is_pillows(old: int, new: int, channels: tuple[int, ...]) -> None:
    before = images(3, old, *channels)
    expected = [
        np.asarray(Image.fromarray(x).resize((new, new), Image.Resampling.BILINEAR)) for x in before
    ]
    np.testing.assert_array_equal(resized(before, new), expected)


class Evil:
    """Runs a function when it is unpickled."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.reduced = (function, arguments)

    def __reduce__(self) -> Any:
        return self.reduced


def bomb() -> list[Any]:
    value: list[Any] = [1] * 10
    for _ in range(40):
        value = [value] * 10
    return value


def endless() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


def deep() -> bytes:
    return b"\x80\x04" + b"(" * 200_000 + b"l" * 200_000 + b"."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pickle.dumps(Evil(print, "pwned"), 2), "the pickle wants to use __builtin__.print"),
        (pickle.dumps(Evil(print, "pwned"), 4), "the pickle wants to use builtins.print"),
        (pickle.dumps([images(1, 2), Evil(eval, "1")]), "the pickle wants to use builtins.eval"),
        (pickle.dumps(Evil(np.load, "x")), "the pickle wants to use numpy"),
        (b"cos\nsystem\n(S'echo pwned'\ntR.", "the pickle wants to use os.system"),
        (b"(S'echo pwned'\nios\nsystem\n.", "the pickle holds an object (INST)"),
        (b"\x80\x02cnumpy\nndarray\n)\x81.", "the pickle holds an object (NEWOBJ)"),
        (b"\x80\x02cnumpy\ndtype\n(I1\ntR.", "the pickle holds an array of 1, not of numbers"),
        (b"\x80\x02cnumpy\nndarray\n(I9\ntR.", "the pickle wants to call numpy.ndarray"),
        (pickle.dumps({"a": 1}), "the pickle holds a dictionary"),
        (pickle.dumps({1, 2}), "the pickle holds a set"),
        (pickle.dumps(np.array([{}, None], object)), "the pickle holds an array of 'O8'"),
        (pickle.dumps(np.array(["a"])), "the pickle holds an array of 'U1'"),
        (pickle.dumps(bomb()), "the pickle uses the same parts over and over"),
        (pickle.dumps(endless()), "the pickle holds a list that is inside itself"),
        (deep(), "this is no pickle, or a damaged one"),
        (b"", "this is no pickle, or a damaged one"),
        (b"not a pickle", "this is no pickle, or a damaged one"),
        (b"\x80\x04.", "this is no pickle, or a damaged one"),
        (b"\x80\x04B\xff\xff\xff\x7fx.", "this is no pickle, or a damaged one"),
        (pickle.dumps(images(3, 4))[:-20], "this is no pickle, or a damaged one"),
        (pickle.dumps(3), "d.p: a int holds no images"),
        (pickle.dumps([]), "d.p: a list of 0 holds no images"),
        (pickle.dumps(np.zeros((0, 4, 4), np.uint8)), "holds no images"),
        (pickle.dumps(images(3, 4) / 255), "d.p: image 0 is float64 [4, 4]"),
        (pickle.dumps(images(2, 4, 5)), "d.p: image 0 is uint8 [4, 4, 5]"),
        (pickle.dumps([images(1, 4)[0], images(1, 5)[0]]), "images of several shapes"),
        (pickle.dumps([[[1, 2], [3]]]), "d.p: image 0 has rows of several lengths"),
        (pickle.dumps(["text", "text"]), "d.p: image 0 is a str, not an array of numbers"),
    ],
)
def test_hostile_and_broken_data(gangen: Run, here: Path, data: bytes, message: str) -> None:
    (here / "d.p").write_bytes(data)
    ended = gangen("import", "ibm-data", "d.p")
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert "   = help: " in ended.err
    assert not re.search("^pwned", ended.err, re.M)
    assert [path.name for path in here.iterdir()] == ["d.p"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (images(3, 4), "labelled data is a pair [images, labels], this is an array [3, 4, 4]"),
        ([images(3, 4), [0, 1]], "the labels are int64 [2]"),
        ([images(3, 4), [0, 1, -1]], "the labels are int64 [3]"),
        ([images(3, 4), [0, 1, 0.5]], "the labels are float64 [3]"),
        ([images(3, 4), None], "labels is nothing, not an array of numbers"),
        ([images(3, 4)[:, :2], [0, 1, 2]], "image 0 is 2x4: the toolkit keeps the proportions"),
    ],
)
def test_broken_labels(gangen: Run, here: Path, data: Any, message: str) -> None:
    (here / "d.p").write_bytes(pickle.dumps(data))
    ended = gangen("import", "ibm-data", "d.p", "--labels", "--size", "8")
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_damaged_pickles_never_crash(here: Path, gangen: Run, protocol: int) -> None:
    whole = pickle.dumps([images(2, 3), [np.int64(0), 1]], protocol)
    random = np.random.default_rng(protocol)
    for number in range(200):
        damaged = bytearray(whole)
        for at in random.integers(0, len(whole), 3):
            damaged[at] = random.integers(0, 256)
        (here / "d.p").write_bytes(damaged)
        arguments = ["d.p", "--labels", "-o", f"{number}.npz"]
        assert gangen("import", "ibm-data", *arguments).code in (0, 2), bytes(damaged)


def test_data_and_files(gangen: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "d.p").write_bytes(pickle.dumps(images(2, 4)))
    for arguments, code, message in (
        (["absent.p"], 2, "there is no file absent.p"),
        (["."], 2, ". is no file"),
        (["d.p", "--size", "0"], 2, "must be a whole number from 1 to 4096"),
        (["d.p", "-o", "no/where.npz"], 5, "No such file or directory"),
    ):
        ended = gangen("import", "ibm-data", *arguments)
        assert (ended.code, ended.out) == (code, "")
        assert message in ended.err
    monkeypatch.setitem(sys.modules, "numpy", None)
    ended = gangen("import", "ibm-data", "d.p")
    assert ended.code == 2
    assert "converting data needs NumPy, which is not installed" in ended.err
    assert "pip install numpy" in ended.err


def test_the_data_is_what_the_spec_asks_for(gangen: Run, imported: Run, here: Path) -> None:
    (here / "sets").mkdir()
    (here / "sets" / "d.p").write_bytes(pickle.dumps([images(12, 28), [*list(range(10)), 0, 1]]))
    ended = imported(merged(CGAN, {"data_path": "sets/d.p"}))
    command = next(line for line in ended.out.splitlines() if "ibm-data" in line)
    assert gangen(*command.removeprefix("#   gangen ").split()).code == 0
    options = compiled(ended.out).plan.data.options
    path = shipped() / "data"
    loading()  # what npz.py imports
    sys.path.insert(0, str(path))
    try:
        spec = importlib.util.spec_from_file_location("npz_of_ibm", path / "npz.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        samples, labels = module.load_npz(**options)[:2]
    finally:
        sys.path.remove(str(path))
    assert samples.shape == (12, 1, 32, 32)
    assert labels.tolist() == [*range(10), 0, 1]


def test_reading_pickles_needs_neither_pickle_nor_torch() -> None:
    import subprocess

    code = (
        "import sys, gangen.importers.ibm, gangen.importers.grammar\n"
        "print([n for n in ('torch', 'numpy', 'pydantic', 'jinja2') if n in sys.modules])"
    )
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
    assert io.StringIO(done.stderr).read() == ""
