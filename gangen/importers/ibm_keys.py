"""The words of the IBM GAN Toolkit: its keys, their defaults, its command-line flags.

Facts of github.com/IBM/gan-toolkit: `agant/template_file.json` (defaults, by the network's name),
`agant/argument_parser.py` (flags). The grammar of the command line reads this: it imports nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["whole", "number", "text", "truth", "any"]

CHOICES = ("gan", "cgan", "wgan", "wgan_gp", "dcgan", "custom", "seq_gan")
LOSSES = ("BCE", "MSE", "Mean", "NLL")
OPTIMIZERS = ("Adam", "RMSprop")
SECTIONS = ("GAN_model", "generator", "discriminator")
OPTIMIZER = "optimizer"


@dataclass(frozen=True)
class Key:
    """How the toolkit reads a value: what it casts it to, the least that works, the legal words."""

    kind: Kind
    least: float | None = None
    words: tuple[str, ...] = ()


def _network(*, generator: bool) -> dict[str, Key]:
    own = {"latent_dim": Key("whole", 1)} if generator else {}
    return {
        "choice": Key("text", words=CHOICES),
        "input_shape": Key("whole", 1),
        "channels": Key("whole", 1),
        **own,
        "optimizer.choice": Key("text", words=OPTIMIZERS),
        "optimizer.learning_rate": Key("number"),
        "optimizer.b1": Key("number"),
        "optimizer.b2": Key("number"),
        "loss": Key("text", words=LOSSES),
        "pre_trained_path": Key("text"),
        "input": Key("any"),
    }


def _within(section: str, keys: Mapping[str, Key]) -> dict[str, Key]:
    return {f"{section}.{name}": key for name, key in keys.items()}


# Those of the sequence networks are known, so that they are no spelling mistakes.
SEQUENCE = {
    "GAN_model.vocab_size": Key("any"),
    "generator.embedding_dim": Key("any"),
    "generator.hidden_dim": Key("any"),
    "generator.sequece_length": Key("any"),  # the toolkit's spelling
    "generator.pre_epoch_num": Key("any"),
    "discriminator.num_classes": Key("any"),
    "discriminator.embedding_dim": Key("any"),
    "discriminator.filter_sizes": Key("any"),
    "discriminator.num_filters": Key("any"),
    "discriminator.dropout": Key("any"),
}
KEYS: Mapping[str, Key] = {
    "data_path": Key("text"),
    "result_path": Key("text"),
    "save_model_path": Key("text"),
    "performance_log": Key("text"),
    "sample_interval": Key("whole", 0),
    "metric_evaluate": Key("text", words=("MMD", "FID")),
    "cuda": Key("truth"),
    "GAN_model.epochs": Key("whole", 1),
    "GAN_model.mini_batch_size": Key("whole", 1),
    "GAN_model.clip_value": Key("number"),
    "GAN_model.n_critic": Key("whole"),
    "GAN_model.lambda_gp": Key("number"),
    "GAN_model.w_loss": Key("whole"),
    "GAN_model.data_label": Key("whole"),
    "GAN_model.classes": Key("whole"),
    "GAN_model.seq": Key("whole"),
    **_within("generator", _network(generator=True)),
    **_within("discriminator", _network(generator=False)),
    **SEQUENCE,
}

TOP_DEFAULTS: Mapping[str, Any] = {
    "sample_interval": 400,
    "metric_evaluate": "MMD",
}


def _template(model: Mapping[str, Any], side: int, loss: str, rms: bool) -> dict[str, Any]:
    """The defaults of one name: its share of GAN_model, and of a network (both have the same)."""
    optimizer = ("RMSprop", 5e-5, -1.0, -1.0) if rms else ("Adam", 2e-4, 0.5, 0.999)
    common: dict[str, Any] = {"epochs": 1, "mini_batch_size": 64, "clip_value": -1.0}
    common |= {"n_critic": -1, "lambda_gp": -1.0, "w_loss": 0, "data_label": 0, "classes": -1}
    words = ("choice", "learning_rate", "b1", "b2")
    network: dict[str, Any] = {"input_shape": side, "channels": 1, "loss": loss}
    network |= {f"{OPTIMIZER}.{word}": value for word, value in zip(words, optimizer, strict=True)}
    return {
        **_prefixed("GAN_model", {**common, "seq": 0, **model}),
        **_prefixed("generator", {**network, "latent_dim": 100}),
        **_prefixed("discriminator", network),
    }


def _prefixed(section: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{section}.{key}": value for key, value in values.items()}


TEMPLATES: Mapping[str, Mapping[str, Any]] = {
    "gan": _template({"epochs": 5}, 28, "BCE", False),
    "cgan": _template({"data_label": 1, "classes": 10}, 32, "MSE", False),
    "dcgan": _template({}, 32, "BCE", False),
    "wgan": _template({"clip_value": 0.01, "n_critic": 5, "w_loss": 1}, 28, "Mean", True),
    "wgan_gp": _template({"n_critic": 5, "lambda_gp": 10.0, "w_loss": 1}, 28, "Mean", False),
}

# Flag (without its dashes) -> key. The toolkit's own names: its flag for n_critic is --critic.
FLAGS: Mapping[str, str] = {
    **{name: name for name in ("data_path", "result_path", "save_model_path", "performance_log")},
    **{name: name for name in ("sample_interval", "metric_evaluate", "cuda")},
    "epochs": "GAN_model.epochs",
    "batch_size": "GAN_model.mini_batch_size",
    "clip_value": "GAN_model.clip_value",
    "critic": "GAN_model.n_critic",
    "lambda_gp": "GAN_model.lambda_gp",
    "w_loss": "GAN_model.w_loss",
    "data_label": "GAN_model.data_label",
    "classes": "GAN_model.classes",
    **{
        f"{section[0]}_{key}": f"{section}.{key}"
        for section in ("generator", "discriminator")
        for key in ("choice", "pre_trained_path", "input_shape", "latent_dim", "channels", "loss")
        if f"{section}.{key}" in KEYS
    },
    **{
        f"{section[0]}_{word}": f"{section}.{OPTIMIZER}.{key}"
        for section in ("generator", "discriminator")
        for word, key in {
            "optimizer": "choice",
            "learning_rate": "learning_rate",
            "b1": "b1",
            "b2": "b2",
        }.items()
    },
}
# Has the discriminator a sigmoid? By its name.
SIGMOID: Mapping[str, bool] = {
    "gan": True,
    "dcgan": True,
    "cgan": False,
    "wgan": False,
    "wgan_gp": False,
}
