"""What the toolkit cannot run, and what it runs with wrong signs. Facts of its training loop."""

from __future__ import annotations

from gangen.errors import Problems
from gangen.importers.ibm_config import Config
from gangen.importers.ibm_keys import SEQUENCE, SIGMOID

CANNOT = "ibm-cannot-run"
REPAIR_HELP = "import it with --repair, which "
HALVINGS = 4  # of the discriminator dcgan


def check_runs(config: Config, problems: Problems, *, faithful: bool) -> None:
    """Report why the toolkit never could run a configuration; what --repair mends, only without."""
    _check_values(config, problems)
    _check_labels(config, problems)
    side = config["generator.input_shape"]
    if config["generator.choice"] == "dcgan" and side % 4:
        nearest = max(round(side / 4), 1) * 4
        problems.add(
            CANNOT,
            f"the generator dcgan makes images of {side // 4 * 4}x{side // 4 * 4}, but the data is "
            f"resized to {side}x{side}: its sides are multiples of 4",
            config.place("generator.input_shape", "generator.choice"),
            help=f"the nearest legal generator.input_shape is {nearest}",
        )
    if faithful:
        _check_shapes(config, problems)
        _check_range(config, problems)
        _check_betas(config, problems)


def wrong_signs(config: Config) -> str:
    """Who learns the opposite of what it should, in words; empty when nobody does."""
    flipped = config["GAN_model.w_loss"] == 1
    said = []
    loss = config["discriminator.loss"]
    if loss == "Mean" and not flipped:
        said.append(
            "with w_loss 0 and the loss Mean the discriminator lowers its output for real samples "
            "as well as for fakes"
        )
    elif loss != "Mean" and flipped:
        said.append(
            f"with w_loss 1 and the loss {loss} the discriminator learns to call real samples fake"
        )
    loss = config["generator.loss"]
    if loss == "Mean" and not flipped:
        said.append("with w_loss 0 and the loss Mean the generator lowers the output for its fakes")
    elif loss != "Mean" and flipped:
        said.append(
            f"with w_loss 1 and the loss {loss} the generator learns to be told from real samples"
        )
    return "; ".join(said)


def fits_by_luck(config: Config) -> bool:
    """Whether a discriminator made for other images can take the generator's."""
    side, other = config["generator.input_shape"], config["discriminator.input_shape"]
    channels, others = config["generator.channels"], config["discriminator.channels"]
    if config["discriminator.choice"] == "dcgan":
        return bool(channels == others and -(-side // 2**HALVINGS) == other // 2**HALVINGS)
    return bool(channels * side**2 == others * other**2)


def _check_values(config: Config, problems: Problems) -> None:
    """Numbers that the training loop has no branch for."""
    for key in ("w_loss", "data_label"):
        if config[f"GAN_model.{key}"] not in (0, 1):
            message = f"GAN_model.{key} is 0 or 1; the toolkit has no branch for anything else"
            place = config.place(f"GAN_model.{key}")
            problems.add(CANNOT, message, place, help="write 0 or 1")
    if config["GAN_model.seq"] != 0:
        message = "GAN_model.seq selects the training of seq_gan, which these networks cannot do"
        problems.add(CANNOT, message, config.place("GAN_model.seq"), help="take it out")
    for role in ("generator", "discriminator"):
        if config[f"{role}.loss"] == "NLL":
            message = "the loss NLL is for the sequence networks: an image's judgement is no class"
            help = "choose BCE, MSE or Mean"
            problems.add(CANNOT, message, config.place(f"{role}.loss"), help=help)
        rate = f"{role}.optimizer.learning_rate"
        if config[rate] <= 0:
            message = f"{rate} must be more than 0, not {config[rate]:g}"
            problems.add("value", message, config.place(rate), help="2e-4 is usual")
    for key in SEQUENCE:
        if config.said(key):
            message = f"{key} has no effect: only seq_gan reads it"
            problems.add("ibm-ignored", message, config.place(key), severity="warning")


def _check_labels(config: Config, problems: Problems) -> None:
    """Labels go to both networks or to none."""
    names = [config["generator.choice"], config["discriminator.choice"]]
    classes, labelled = config["GAN_model.classes"], config["GAN_model.data_label"] == 1
    message, key, help = "", "GAN_model.classes", ""
    if names.count("cgan") == 1:
        other = next(name for name in names if name != "cgan")
        message = f"cgan cannot be mixed with {other}: only one of them would take labels"
        key, help = "discriminator.choice", "choose cgan for both networks, or for none"
    elif "cgan" not in names and classes > 0:
        message = f"with classes {classes} the toolkit gives labels to networks that take none"
        help = "choose cgan for both networks, or take `classes` out"
    elif "cgan" in names and classes <= 0:
        message = f"cgan needs labels, but `classes` is {classes}"
        help = "write the number of classes, 10 for digits"
    elif "cgan" in names and not labelled:
        message, key = "cgan needs labels, but data_label is 0", "GAN_model.data_label"
        help = "write 1, and data that is [images, labels]"
    elif "cgan" in names and config["GAN_model.w_loss"] == 1 and config["GAN_model.lambda_gp"] >= 1:
        message = "the toolkit's gradient penalty calls the discriminator cgan without its labels"
        key, help = "GAN_model.lambda_gp", "take lambda_gp out, or write -1"
    if message:
        problems.add(CANNOT, message, config.place(key, "generator.choice"), help=help)


def _check_shapes(config: Config, problems: Problems) -> None:
    """The discriminator's first or last layer must fit the data, which is resized for G."""
    side, channels = config["generator.input_shape"], config["generator.channels"]
    other, others = config["discriminator.input_shape"], config["discriminator.channels"]
    if not fits_by_luck(config):
        message = (
            f"the discriminator is made for images [{others}, {other}, {other}], but the data and "
            f"the fakes are [{channels}, {side}, {side}]"
        )
        place = config.place("discriminator.input_shape", "discriminator.channels")
        help = f"{REPAIR_HELP}takes the generator's, or make them equal"
        problems.add(CANNOT, message, place, help=help)
    labelled = config["GAN_model.data_label"] == 1
    if channels not in ((1,) if labelled else (1, 3)):
        legal = "grey (1 channel)" if labelled else "grey (1 channel) or RGB (3)"
        message = f"the toolkit reads such data as {legal}, not with {channels} channels"
        help = f"{REPAIR_HELP}takes data with any number" if labelled else "write 1 or 3"
        problems.add(CANNOT, message, config.place("generator.channels"), help=help)


def _check_range(config: Config, problems: Problems) -> None:
    """BCELoss stops at a value outside of [0, 1]."""
    name = config["discriminator.choice"]
    for role in ("discriminator", "generator"):
        if config[f"{role}.loss"] == "BCE" and not SIGMOID[name]:
            problems.add(
                CANNOT,
                f"the {role}'s loss BCE takes values from 0 to 1, and the discriminator {name} has "
                "no sigmoid",
                config.place(f"{role}.loss", "discriminator.choice"),
                help=f"{REPAIR_HELP}has a loss of logits",
            )


def _check_betas(config: Config, problems: Problems) -> None:
    for role in ("generator", "discriminator"):
        if not betas_are_legal(config, role):
            problems.add(
                CANNOT,
                f"Adam takes b1 and b2 from 0 up to 1, not {config[f'{role}.optimizer.b1']:g} and "
                f"{config[f'{role}.optimizer.b2']:g}",
                config.place(f"{role}.optimizer.b1", f"{role}.optimizer.choice"),
                help=f"{REPAIR_HELP}takes 0.5 and 0.999, or write them",
            )


def betas_are_legal(config: Config, role: str) -> bool:
    """Whether Adam can be made of a network's b1 and b2; no other optimiser reads them."""
    if config[f"{role}.optimizer.choice"] != "Adam":
        return True
    return all(0 <= config[f"{role}.optimizer.{beta}"] < 1 for beta in ("b1", "b2"))
