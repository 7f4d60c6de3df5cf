"""A toolkit configuration made sound: one warning for each thing that is not as the toolkit does.

The discriminator's loss decides: it is what the networks were chosen for, and `w_loss`, which comes
from the generator's template, often contradicts it.
"""

from __future__ import annotations

from gangen.errors import Problems
from gangen.importers.ibm_config import Config, Setting
from gangen.importers.ibm_draft import Draft
from gangen.importers.ibm_keys import SIGMOID, TEMPLATES
from gangen.importers.ibm_rules import betas_are_legal, wrong_signs
from gangen.importers.ibm_spec import (
    MODEL,
    add_optimizers,
    default_of,
    has_batch_norm,
    is_conditional,
    new_draft,
)

OBJECTIVES = {"BCE": "non_saturating", "MSE": "least_squares", "Mean": "wasserstein"}
USUAL_BETAS = [0.5, 0.999]
CODE = "ibm-repaired"


def repaired(config: Config, name: str, problems: Problems) -> Draft:
    """A spec whose training is sound."""
    return _Repair(config, name, problems).draft


class _Repair:
    """The changes, one method for each kind."""

    def __init__(self, config: Config, name: str, problems: Problems) -> None:
        self.config, self.problems = config, problems
        self.draft = new_draft(config, name)
        self.loss = config["discriminator.loss"]
        self.wasserstein = self.loss == "Mean"
        self.flipped = config[f"{MODEL}.w_loss"] == 1
        self.sizes()
        self.batch_norm()
        self.objective()
        self.bounds()
        self.steps()
        self.labels()
        self.batches()
        self.optimizers()

    def warn(self, message: str, *keys: str, help: str | None = None, code: str = CODE) -> None:
        """Tell of one change, at the first of the keys that was written."""
        place = self.config.place(*keys)
        self.problems.add(code, message, place, help=help, severity="warning")

    def sizes(self) -> None:
        """The discriminator takes what the generator makes."""
        for key, what in {"input_shape": "size", "channels": "channels"}.items():
            ours, other = self.config[f"generator.{key}"], self.config[f"discriminator.{key}"]
            if ours != other:
                self.warn(
                    f"discriminator.{key} is {ours}, the generator's, instead of {other}: the "
                    f"data has the {what} that the generator makes",
                    f"discriminator.{key}",
                    "discriminator.choice",
                )

    def batch_norm(self) -> None:
        """The usual eps."""
        found = [r for r in ("generator", "discriminator") if has_batch_norm(self.config, r)]
        self.warn(
            f"batch norm of the {' and '.join(found)} has eps 1e-5 instead of 0.8, which the "
            "toolkit passes as eps and means as a momentum",
            "generator.choice",
        )

    def objective(self) -> None:
        """One loss for both networks, the discriminator's, with the right signs."""
        name, signs = OBJECTIVES[self.loss], wrong_signs(self.config)
        origins = ("discriminator.loss", "generator.loss", f"{MODEL}.w_loss")
        note = "" if not signs else "signs repaired"
        self.draft.set("objective.loss", name, origins[0], note=note)
        other = self.config["generator.loss"]
        places = (f"{MODEL}.w_loss", "discriminator.loss", "discriminator.choice")
        if signs:
            self.warn(
                f"the toolkit trains this with wrong signs: {signs}",
                *places,
                code="ibm-signs",
                help=f"both networks train with {name} here, after the discriminator's loss "
                f"{self.loss}; --faithful keeps the toolkit's signs",
            )
        elif other != self.loss:
            self.warn(
                f"both networks train with {name}, the discriminator's; the generator's loss "
                f"{other} gives way",
                "generator.loss",
                "generator.choice",
            )
        choice = self.config["discriminator.choice"]
        if SIGMOID[choice] and self.loss != "BCE":
            self.warn(
                f"the discriminator {choice} is without its sigmoid: {name} wants unbounded "
                "outputs",
                "discriminator.loss",
                "discriminator.choice",
            )
        elif not SIGMOID[choice] and self.loss == "BCE":
            self.warn(
                f"{name} takes logits; the toolkit's BCE stops at the discriminator {choice}, "
                "which has no sigmoid",
                "discriminator.loss",
                "discriminator.choice",
            )

    def bounds(self) -> None:
        """A Wasserstein critic needs a Lipschitz bound; another loss needs none."""
        clip, weight = (self.config.settings[f"{MODEL}.{k}"] for k in ("clip_value", "lambda_gp"))
        if not self.wasserstein:
            self.no_bounds(clip, weight)
            return
        if clip.value <= 0 and weight.value <= 0:
            clip, weight = self.borrowed()
        elif weight.value > 0 and (not self.flipped or weight.value != int(weight.value)):
            self.warn(
                f"the gradient penalty has weight {weight.value:g}; the toolkit "
                + ("would cut that off to a whole number" if self.flipped else "leaves it out")
                + ("" if self.flipped else " where w_loss is 0"),
                weight.key,
            )
        if weight.value > 0:
            self.gradient_penalty(weight)
        if clip.value > 0:
            self.draft.add_penalty("weight_clipping", "limit", clip.value, clip)
        if clip.value > 0 and weight.value > 0:
            self.warn(
                f"clipping to {clip.value:g} and a gradient penalty work against each other; both "
                "are kept",
                clip.key,
                help="take one of them out of `penalties`: WGAN has the first, WGAN-GP the second",
                code="ibm-advice",
            )

    def no_bounds(self, clip: Setting, weight: Setting) -> None:
        """Leave out what only a Wasserstein critic needs."""
        if clip.value > 0:
            self.warn(
                f"the weights are not clipped to {clip.value:g}: that belongs to a Wasserstein "
                f"critic, and a discriminator with {OBJECTIVES[self.loss]} would hardly learn",
                clip.key,
                "generator.choice",
            )
        if weight.value > 0 and self.flipped:
            self.warn(
                f"there is no gradient penalty (lambda_gp {weight.value:g}): that belongs to a "
                "Wasserstein critic",
                weight.key,
                "generator.choice",
            )

    def borrowed(self) -> tuple[Setting, Setting]:
        """The bound of the discriminator's own template, where GAN_model has none."""
        source = self.lender
        keys = (f"{MODEL}.clip_value", f"{MODEL}.lambda_gp")
        clip, weight = (default_of(source, k, TEMPLATES[source][k], self.config) for k in keys)
        what = f"clip_value {clip.value:g}" if clip.value > 0 else f"lambda_gp {weight.value:g}"
        self.warn(
            f"{what} comes from the {source} template: the toolkit has GAN_model from the "
            f"generator's, {self.config['generator.choice']}, which leaves the critic without a "
            "Lipschitz bound",
            *keys,
            "discriminator.choice",
        )
        return clip, weight

    @property
    def lender(self) -> str:
        """The template that knows how to train a Wasserstein critic."""
        choice = self.config["discriminator.choice"]
        return str(choice) if choice in ("wgan", "wgan_gp") else "wgan"

    def gradient_penalty(self, weight: Setting) -> None:
        """One norm for each sample; no batch norm, by which samples see each other."""
        self.draft.add_penalty("gradient_penalty", "weight", float(weight.value), weight)
        self.warn(
            "the gradient penalty's norm is that of a whole sample; the toolkit's is over the "
            "channels of each pixel alone",
            weight.key,
            "discriminator.choice",
        )
        if has_batch_norm(self.config, "discriminator"):
            self.draft.set("discriminator.batch_norm", False, "discriminator.choice")
            self.warn(
                "the discriminator is without batch norm: the gradient penalty is of each sample "
                "on its own (WGAN-GP, section 4)",
                weight.key,
                "discriminator.choice",
            )

    def steps(self) -> None:
        """As many discriminator steps as n_critic says."""
        setting = self.config.settings[f"{MODEL}.n_critic"]
        borrows = self.wasserstein and not self.flipped and setting.template is not None
        if borrows and setting.value < 1:
            value = TEMPLATES[self.lender][setting.key]
            setting = default_of(self.lender, setting.key, value, self.config)
        steps = max(setting.value, 1)
        self.draft.set("training.d_steps", steps, setting)
        if steps > 1:
            whose = f" (of the {setting.template} template)" if setting.template else ""
            self.warn(
                f"the discriminator makes n_critic{whose} = {steps} steps for each of the "
                "generator's; in the toolkit n_critic has no effect",
                setting.key,
                "generator.choice",
            )

    def labels(self) -> None:
        """Fakes are judged with the labels that they are made with."""
        if is_conditional(self.config):
            self.draft.set(
                "training.fake_labels", "random", note="as in the toolkit, but judged so"
            )
            self.warn(
                "fakes are judged with the labels that they are made with; the toolkit's "
                "discriminator sees the real batch's",
                "discriminator.choice",
            )
        elif self.config[f"{MODEL}.data_label"] == 1:
            self.warn(
                "the labels of the data are not used: neither network takes any (the toolkit "
                "fails when it evaluates this)",
                f"{MODEL}.data_label",
            )

    def batches(self) -> None:
        """No batch of one sample, on which batch norm fails."""
        self.draft.set("training.batches", "straddle")
        self.warn(
            "every batch is full: one that an epoch cannot fill goes on in the next; the "
            "toolkit's last batch may be a single sample, and batch norm fails on it",
            f"{MODEL}.mini_batch_size",
        )

    def optimizers(self) -> None:
        """Adam with legal decays."""
        roles = ("generator", "discriminator")
        wrong = [role for role in roles if not betas_are_legal(self.config, role)]
        for role in wrong:
            keys = [f"{role}.optimizer.{key}" for key in ("b1", "b2", "choice")]
            b1, b2 = (self.config[key] for key in keys[:2])
            self.warn(f"Adam has betas 0.5 and 0.999: it cannot take {b1:g} and {b2:g}", *keys)
        add_optimizers(self.draft, dict.fromkeys(wrong, USUAL_BETAS))
