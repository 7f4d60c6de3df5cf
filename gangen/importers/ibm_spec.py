"""A toolkit configuration as a spec: what both ways of importing share, and the faithful one."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any

from gangen.errors import Problems
from gangen.importers.ibm_config import Config, Setting
from gangen.importers.ibm_draft import Draft
from gangen.importers.ibm_keys import SIGMOID
from gangen.importers.ibm_rules import wrong_signs

EPS = 0.8  # the toolkit gives it to BatchNorm as the second argument, which is eps
NETWORKS = {"cgan": "dropout_mlp", "dcgan": "dcgan"}  # all others: mlp
FAITHFUL_LOSSES = {"BCE": "bce", "MSE": "mse", "Mean": "mean"}
MODEL = "GAN_model"


def new_draft(config: Config, name: str) -> Draft:
    """What is the same in both ways: the data, the networks' kinds, the length of the training."""
    draft = Draft(config)
    draft.set("gangen", 1)
    draft.set("name", slug(name))
    _add_data(draft)
    for role in ("generator", "discriminator"):
        _add_network(draft, role)
    draft.set("training.epochs", config[f"{MODEL}.epochs"], f"{MODEL}.epochs")
    draft.set("training.batch_size", config[f"{MODEL}.mini_batch_size"], f"{MODEL}.mini_batch_size")
    draft.set("training.shared_noise", True, note="the toolkit's generator step sees the same z")
    draft.set("training.ema", 0.0, note="the toolkit keeps no average")
    draft.set("training.sample_every", config["sample_interval"], "sample_interval")
    return draft


def _add_data(draft: Draft) -> None:
    """The samples, their labels, and the noise."""
    config = draft.config
    side, channels = config["generator.input_shape"], config["generator.channels"]
    origins = ("generator.channels", "generator.input_shape")
    note = "the data is resized to the generator's size"
    draft.set("data.source", "npz")
    draft.set("data.path", data_file(config), "data_path")
    draft.set("data.shape", [channels, side, side], *origins, note=note)
    if is_conditional(config):
        draft.set("data.classes", config[f"{MODEL}.classes"], f"{MODEL}.classes")
        draft.set("condition", "labels", "generator.choice", "discriminator.choice")
    draft.set("latent.dim", config["generator.latent_dim"], "generator.latent_dim")
    draft.set("latent.distribution", "normal", note="the toolkit has no other")


def _add_network(draft: Draft, role: str) -> None:
    """The toolkit's network of that name."""
    choice = draft.config[f"{role}.choice"]
    kind = NETWORKS.get(choice, "mlp")
    if role == "generator" and choice != "dcgan":
        kind = "mlp"
    draft.set(f"{role}.architecture", "ibm")
    draft.set(f"{role}.network", kind, f"{role}.choice", note=f"the toolkit's {choice}")
    if is_conditional(draft.config):
        draft.set(f"{role}.conditioning", f"ibm_{role}", f"{role}.choice")


def add_optimizers(draft: Draft, betas: dict[str, list[float]]) -> None:
    """Both optimisers; `betas` are those that replace what Adam cannot take."""
    config = draft.config
    for role in ("generator", "discriminator"):
        said = f"{role}.optimizer"
        name = config[f"{said}.choice"].lower()
        path = f"training.optimizer.{role}.{name}"
        draft.set(
            f"{path}.lr",
            config[f"{said}.learning_rate"],
            f"{said}.learning_rate",
            f"{said}.choice",
        )
        if name == "adam":
            legal = betas.get(role, [config[f"{said}.b1"], config[f"{said}.b2"]])
            note = "in place of what Adam cannot take" if role in betas else ""
            origins = (f"{said}.b1", f"{said}.b2")
            draft.set(f"{path}.betas", legal, *origins, note=note, replace=bool(note))


def faithful(config: Config, name: str, problems: Problems) -> Draft:
    """The toolkit's own step, right or wrong."""
    draft = new_draft(config, name)
    for role in ("generator", "discriminator"):
        if has_batch_norm(config, role):
            note = "the toolkit's: meant as a momentum"
            draft.set(f"{role}.batch_norm_eps", EPS, note=note)
    if SIGMOID[config["discriminator.choice"]]:
        draft.set("discriminator.sigmoid", True, "discriminator.choice")
    draft.set("objective.loss", "ibm", note="the toolkit's own pairs of losses")
    draft.set("objective.w_loss", config[f"{MODEL}.w_loss"], f"{MODEL}.w_loss")
    for role in ("discriminator", "generator"):
        loss = FAITHFUL_LOSSES[config[f"{role}.loss"]]
        draft.set(f"objective.{role}", loss, f"{role}.loss")
    _add_penalties(draft)
    steps = config[f"{MODEL}.n_critic"]
    note = f"the toolkit's n_critic ({steps}) has no effect" if steps > 1 else ""
    draft.set("training.d_steps", 1, f"{MODEL}.n_critic", note=note, replace=bool(note))
    draft.set("training.batches", "per_epoch", note="the toolkit keeps the last, smaller batch")
    if is_conditional(config):
        note = "the toolkit judges fakes with the real batch's labels"
        draft.set("training.fake_labels", "mismatched", note=note)
    add_optimizers(draft, {})
    signs = wrong_signs(config)
    if signs:
        message = f"the toolkit trains this with wrong signs: {signs}"
        place = config.place(f"{MODEL}.w_loss", "discriminator.loss", "discriminator.choice")
        help = "the spec does the same; import with --repair for one that can learn"
        problems.add("ibm-signs", message, place, help=help, severity="warning")
    return draft


def _add_penalties(draft: Draft) -> None:
    """The gradient penalty, which only w_loss 1 has, and clipping, which anything has."""
    config = draft.config
    weight, clip = int(config[f"{MODEL}.lambda_gp"]), config[f"{MODEL}.clip_value"]
    if config[f"{MODEL}.w_loss"] == 1 and weight > 0:
        note = "its norm is over the channels, pixel by pixel"
        draft.add_penalty("ibm_gradient_penalty", "weight", weight, f"{MODEL}.lambda_gp", note)
    if clip > 0:
        draft.add_penalty("weight_clipping", "limit", clip, f"{MODEL}.clip_value")


def ignored(config: Config, problems: Problems) -> None:
    """Warn of settings that a spec has no place for."""
    for role in ("generator", "discriminator"):
        key = f"{role}.pre_trained_path"
        if config.get(key):
            problems.add(
                "ibm-ignored",
                f"{key} is left out: a spec names no weights",
                config.place(key),
                help=f"the {role}'s names are the toolkit's: "
                f"`{role}.load_state_dict(torch.load(path, weights_only=True))` in train.py",
                severity="warning",
            )
    if config.get("cuda") is False:
        problems.add(
            "ibm-ignored",
            "cuda is left out: where to run is no part of a spec",
            config.place("cuda"),
            help="start the project with `--device cpu`",
            severity="warning",
        )
    if config.said("metric_evaluate"):
        problems.add(
            "ibm-ignored",
            f"metric_evaluate {config['metric_evaluate']} is left out: the toolkit's figures "
            "(its FID stops with an error, its MMD is biased) cannot be compared with any other",
            config.place("metric_evaluate"),
            severity="warning",
        )


def is_conditional(config: Config) -> bool:
    """Whether both networks take labels."""
    return bool(config["generator.choice"] == "cgan")


def has_batch_norm(config: Config, role: str) -> bool:
    """Whether a network has batch norm: all generators have, of the discriminators dcgan."""
    return role == "generator" or config["discriminator.choice"] == "dcgan"


def default_of(template: str, key: str, value: Any, config: Config) -> Setting:
    """A default of another template than the one that the toolkit would read."""
    return Setting(key, value, config.settings[key].place, template)


def data_file(config: Config) -> str:
    """Where the converted data is expected: beside the pickle, its size in the name."""
    path, side = PurePath(config["data_path"]), config["generator.input_shape"]
    return (path.parent / f"{path.stem or 'data'}-{side}x{side}.npz").as_posix()


def slug(name: str) -> str:
    """A project's name made of a file's."""
    text = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")[:64]
    return text if re.match(r"[a-z]", text) else f"gan-{text}".strip("-")[:64]
