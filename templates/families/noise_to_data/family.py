"""Noise to data: a generator turns noise into samples, a discriminator tells them from real ones.

Goodfellow et al. 2014, arXiv:1406.2661. Data is an image, a vector, anything with a fixed shape;
with `condition` both networks also learn of labels (Mirza & Osindero 2014, arXiv:1411.1784) or of
attributes; with codes in the latent the generator's factors get names (Chen et al. 2016, InfoGAN,
arXiv:1606.03657).
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from gangen.catalogue import SpecModel
from gangen.contracts import Code, Family, Port, Role
from gangen.spec import Training

Size = Annotated[int, Field(ge=2, le=10_000)]


class Latent(SpecModel):
    """The noise that the generator starts from, and codes behind it."""

    dim: Annotated[int, Field(ge=1, le=65_536)] = Field(
        100, description="length of the noise vector z"
    )
    distribution: Literal["normal", "uniform", "unit_uniform", "truncated_normal"] = Field(
        "normal", description="of each value of z: N(0, 1), U(-1, 1), U(0, 1), or N(0, 1) cut off"
    )
    truncation: Annotated[float, Field(gt=0, le=10)] = Field(
        2.0, description="where truncated_normal is cut off, on both sides"
    )
    categorical: Annotated[tuple[Size, ...], Field(max_length=16)] = Field(
        (), description="numbers of categories of the categorical codes (InfoGAN)"
    )
    continuous: Annotated[int, Field(ge=0, le=4096)] = Field(
        0, description="number of continuous codes, each U(-1, 1) (InfoGAN)"
    )

    @property
    def codes(self) -> int:
        """Values of the codes, one-hot where they are categorical."""
        return sum(self.categorical) + self.continuous


class Warmup(SpecModel):
    """More discriminator updates at first, and again from time to time (WGAN's published code)."""

    steps: Annotated[int, Field(ge=0, le=10**9)] = Field(
        0, description="how many generator updates it lasts; 0 = none"
    )
    every: Annotated[int, Field(ge=1, le=10**9)] = Field(
        500, description="after how many generator updates it comes again, for one"
    )
    d_steps: Annotated[int, Field(ge=1, le=10_000)] = Field(
        100, description="discriminator updates per generator update in it"
    )


class NoiseToDataTraining(Training):
    """How long, how fast and how reproducibly to train."""

    d_steps: Annotated[int, Field(ge=1, le=1_000)] = Field(
        1, description="discriminator updates per generator update, each with fresh noise and data"
    )
    d_warmup: Warmup = Field(default_factory=Warmup, description=Warmup.__doc__)
    d_update: Literal["joint", "separate"] = Field(
        "joint", description="one update on real and fake samples, or one on each of them"
    )
    g_batch_size: Annotated[int, Field(ge=1, le=2**20)] | None = Field(
        None, description="fakes per generator update; by default as many as batch_size"
    )
    shared_noise: bool = Field(
        False,
        description="whether the generator's update sees the discriminator's last noise again",
    )
    fake_labels: Literal["batch", "random", "mismatched"] = Field(
        "batch",
        description="conditions that fakes are made with: the real batch's, or drawn from the data; "
        "mismatched: drawn, but judged with the real batch's (the IBM toolkit's mistake)",
    )


def ports(data: Port, sections: Mapping[str, Any]) -> Mapping[str, Port]:
    """What flows between the networks."""
    return {
        "latent": Port("latent", (sections["latent"].dim + sections["latent"].codes,)),
        "data": data,
        "logits": Port("logits", (1,), scalar=True),
    }


def names(sections: Mapping[str, Any]) -> Mapping[str, Any]:
    """Sizes of the codes, for components with a head that guesses them."""
    latent = sections["latent"]
    return {"categorical": latent.categorical, "continuous": latent.continuous}


def gives(spec: Any) -> Mapping[str, tuple[str, ...]]:
    """Capabilities of this family's own sections."""
    training, found = spec.training, {}
    if spec.latent is not None and spec.latent.codes:
        found["latent:codes"] = ("latent",)
    if training is not None and training.g_batch_size not in (None, training.batch_size):
        found["training:unequal_batches"] = ("training", "g_batch_size")
    return found


def faults(spec: Any) -> Iterable[tuple[tuple[str, ...], str, str]]:
    """Keys of `training` that do not go together."""
    training = spec.training
    parts = training.accumulate
    for key in ("batch_size", "g_batch_size"):
        size = getattr(training, key)
        if size is not None and size % parts:
            nearest = max(size // parts, 1) * parts
            message = f"{key} {size} does not split into {parts} equal micro-batches"
            yield ("training", "accumulate"), message, f"set training.{key} to {nearest}"
    if training.d_update == "separate":
        place = ("training", "d_update")
        if parts > 1:
            yield place, "separate updates cannot be accumulated", "set training.accumulate to 1"
        terms = [c.name for c in spec.penalties if "discriminator_loss" in _slots(c)]
        if terms:
            message = f"separate updates leave no place for {terms[0]}, which needs both batches"
            yield place, message, "set training.d_update to joint"
    if training.shared_noise and (training.g_batch_size or parts > 1):
        message = "the generator can only see the same noise in a batch of the same size"
        help = "take training.g_batch_size and training.accumulate out"
        yield ("training", "shared_noise"), message, help
    if training.fake_labels != "batch" and spec.condition is None:
        message = "fakes have no labels where there is no condition"
        yield ("training", "fake_labels"), message, "add `condition: labels`"


def _slots(chosen: Any) -> list[str]:
    return [slot for slots in chosen.component.slots.values() for slot in slots]


def wires(view: Any, slot: str) -> Mapping[str, str]:
    """How the step spells each port of a component."""
    given, networks = view.condition, view.plan.networks
    judge = (
        "discriminator.logits" if len(networks["discriminator"].outputs) > 1 else "discriminator"
    )
    found = {
        "discriminator": _bound(judge, given if networks["discriminator"].takes_condition else ""),
        "generator": _bound(
            "generator", _fakes(view) if networks["generator"].takes_condition else ""
        ),
        "module": "generator" if slot == "generator_loss" else "discriminator",
        "real": "real",
        "fake": "fake.float()",
        "z": "z",
        "labels": given,
        "fake_labels": _fakes(view),
        "step": "step",
        "steps": "config.steps",
        "categorical": "Generator.categorical",
        "continuous": "Generator.continuous",
    }
    detached = ".detach()" if slot == "real_half" else ""
    for output in networks["discriminator"].outputs:
        found[f"real_{output}"] = f"real_{output}.float()"
        found[f"fake_{output}"] = f"fake_{output}.float(){detached}"
    return found


def _bound(function: str, condition: str) -> str:
    return f"partial({function}, {condition}={condition})" if condition else function


def _fakes(view: Any) -> str:
    """The variable of the condition that fakes are made with."""
    drawn = view.plan.spec.training.fake_labels != "batch" or _unequal(view.plan.spec)
    return f"fake_{view.condition}" if drawn and view.condition else str(view.condition)


def _unequal(spec: Any) -> bool:
    """Whether the generator's update has not the conditions of a real batch at hand."""
    return spec.training.g_batch_size is not None or spec.training.accumulate > 1


def facts(spec: Any, view: Any) -> Mapping[str, Any]:
    """What the templates of this folder ask."""
    training, given = spec.training, view.condition
    fakes = _fakes(view)
    generator, judge = (view.plan.networks[name] for name in ("generator", "discriminator"))
    judged = given if training.fake_labels == "mismatched" else fakes
    many = training.d_steps > 1 or training.d_warmup.steps > 0
    made = _given(fakes, generator.takes_condition)
    reference = Code("") if len(view.plan.ports["data"].shape) > 1 else Code(", real[:2_500]")
    return {
        "made": made,
        "real_given": _given(given, judge.takes_condition),
        "fake_given": _given(judged, judge.takes_condition),
        "g_given": _given(fakes, judge.takes_condition),
        "draws_conditions": fakes != given,
        "fakes": Code(fakes),
        "condition_made": _given(given, generator.takes_condition),
        **_step_facts(spec, view, many),
        **_latent_facts(spec.latent),
        "fixed": Code(
            "fixed_z"
            + (f", fixed_{given}" if generator.takes_condition else "")
            + ("" if not reference else ", samples[:2_500]")
        ),
        "save_parameters": Code(
            "generator: nn.Module, z: Tensor"
            + (f", {given}: Tensor" if generator.takes_condition else "")
            + (", real: Tensor" if reference else "")
        ),
        "condition_typed": Code(f", {given}: Tensor") if generator.takes_condition else Code(""),
        "saved_condition": (
            Code(f", {given}={given}.cpu().numpy()") if generator.takes_condition else Code("")
        ),
        "conditioned": generator.takes_condition,
        "by_label": generator.takes_condition and view.labelled,
        "by_attributes": generator.takes_condition and not view.labelled,
        "data_values": Code("arguments.data_path" if view.data.stand_in else ""),
        "attribute_flags": Code(
            view.data.test_flag if generator.takes_condition and not view.labelled else ""
        ),
        "judge_conditioned": judge.takes_condition,
        "points": len(view.plan.ports["data"].shape) == 1,
        "averaged_note": Code(", weights averaged over training") if view.averaged else Code(""),
        "seen_shape": Code(repr(tuple(view.plan.ports["seen"].shape))),
        "judge_outputs": len(judge.outputs),
        "several_outputs": len(judge.outputs) > 1,
        "logits_method": Code(".logits" if len(judge.outputs) > 1 else ""),
        "any_conditioned": generator.takes_condition or judge.takes_condition,
        "some_made": _given(f"some_{given}(3)", generator.takes_condition),
        "some_judged": _given(f"some_{given}(3)", judge.takes_condition),
        "some_of_two": Code(f", some_{given}(2)"),
        "seen_rank": len(view.plan.ports["seen"].shape),
    }


def _given(name: str, taken: bool) -> Code:
    return Code(f", {name}" if taken else "")


def _step_facts(spec: Any, view: Any, many: bool) -> Mapping[str, Any]:
    training = spec.training
    judge = view.plan.networks["discriminator"]
    asked = view.step.asked
    early = asked["discriminator_loss"] | asked["after_discriminator_step"]
    late = asked["generator_loss"]
    augmented = bool(spec.augment)
    updates = [line.update for line in view.step.augmented if line.update]
    warm = training.d_warmup.steps > 0
    parts = training.accumulate > 1
    d_steps = "discriminator_steps(step, config)" if warm else "config.d_steps"
    count = "len(z)" if augmented else "len(real)"
    if training.g_batch_size is not None:
        count = "config.g_batch_size // " + (
            "(world_size * config.accumulate)" if parts else "world_size"
        )
    first = "start * config.d_steps" if many else "start"
    if warm:
        first = "sum(discriminator_steps(step, config) for step in range(start))"
    per_step = " * config.d_steps" if many else ""
    return {
        "many_d_steps": many,
        "warmup": warm,
        "warmup_steps": training.d_warmup.steps,
        "warmup_every": training.d_warmup.every,
        "warmup_d_steps": training.d_warmup.d_steps,
        "d_steps": Code(d_steps),
        "first_batch": Code(first + " * config.accumulate" * parts),
        "samples_per_step": Code("config.batch_size" + per_step),
        "batches_per_step": Code(per_step.replace("*", "/")),
        "plain": len(judge.outputs) == 1,
        "real_outputs": _outputs(judge, "real", early | ({"real_logits"} if updates else set())),
        "fake_outputs": _outputs(judge, "fake", early),
        "g_outputs": _outputs(judge, "fake", late),
        "real_again": any(port.startswith("real_") for port in late),
        "g_real_outputs": _outputs(judge, "real", late),
        "keeps_fake": augmented or "fake" in late,
        "augmented": augmented,
        "steps_seen": any("step" in line.call for line in view.step.augmented),
        "updates": updates,
        "separate": training.d_update == "separate",
        "real_half": view.step.loss("discriminator_loss", "real_half"),
        "parts": parts,
        "joint_backward": Code(
            "(d_loss / config.accumulate).backward()" if parts else "d_loss.backward()"
        ),
        "g_backward": Code(
            "(g_loss / config.accumulate).backward()" if parts else "g_loss.backward()"
        ),
        "clips": training.clip_grad_norm > 0,
        "fresh_noise": not training.shared_noise,
        "g_count": Code(count),
        "own_g_batch": training.g_batch_size is not None,
        "g_batch_size": training.g_batch_size or 0,
        "test_g_batch": Code(f"g_batch_size={view.test_batch},"),
        "draws": _draws(training, many, warm),
        "judgements": _judgements(training, late),
    }


def _draws(training: Any, many: bool, warm: bool) -> Code:
    """How often a test's run draws noise, the pictures' aside."""
    draws = "config.steps * config.d_steps" if many else "config.steps"
    if warm:
        draws = "sum(train.discriminator_steps(step, config) for step in range(config.steps))"
    if not training.shared_noise:
        draws = f"{draws} + config.steps" if many else "2 * config.steps"
    return Code(f"config.accumulate * ({draws})" if training.accumulate > 1 else draws)


def _judgements(training: Any, ports: set[str]) -> Code:
    """How often the frozen discriminator is asked in a test's run."""
    factors = ["2"] if any(port.startswith("real_") for port in ports) else []
    factors += ["config.accumulate"] if training.accumulate > 1 else []
    return Code(" * ".join([*factors, "config.steps"]))


def _outputs(network: Any, prefix: str, asked: set[str]) -> Code:
    """What the results of a call are assigned to; `_` where nobody asks."""
    found = [f"{prefix}_{output}" for output in network.outputs]
    return Code(", ".join(name if i == 0 or name in asked else "_" for i, name in enumerate(found)))


def _latent_facts(latent: Latent) -> Mapping[str, Any]:
    size = "Generator.noise_dim" if latent.codes else "Generator.latent_dim"
    draw = {
        "normal": f"torch.randn(count, {size}, device=device)",
        "uniform": f"2 * torch.rand(count, {size}, device=device) - 1",
        "unit_uniform": f"torch.rand(count, {size}, device=device)",
        "truncated_normal": f"nn.init.trunc_normal_(torch.empty(count, {size}, device=device), "
        f"a=-{latent.truncation}, b={latent.truncation})",
    }
    said = {
        "normal": "N(0, 1)",
        "uniform": "U(-1, 1)",
        "unit_uniform": "U(0, 1)",
        "truncated_normal": f"N(0, 1) within +-{latent.truncation:g}",
    }
    parts = ["noise"] + ["*categories"] * bool(latent.categorical)
    parts += ["continuous"] * bool(latent.continuous)
    sizes = [f"noise_dim = {latent.dim}", f"categorical = {latent.categorical}"]
    sizes += [f"continuous = {latent.continuous}"]
    return {
        "uniform": latent.distribution in ("uniform", "unit_uniform"),
        "latent_dim": latent.dim + latent.codes,
        "noise": Code(draw[latent.distribution]),
        "noise_said": Code(said[latent.distribution]),
        "codes": bool(latent.codes),
        "code_parts": Code(f"[{', '.join(parts)}]"),
        "code_sizes": [Code(size) for size in sizes] if latent.codes else [],
        "categories": bool(latent.categorical),
        "first_code": latent.categorical[0] if latent.categorical else 0,
        "continuous": bool(latent.continuous),
        "model_functions": ["sample_latent"] + ["with_category"] * bool(latent.categorical),
    }


FAMILY = Family(
    doc="noise (and labels) to samples: a generator against a discriminator",
    roles={
        "generator": Role(
            ports="latent -> data",
            builder="generator",
            argument="z",
            prefix="g",
            doc="the network that turns noise into samples",
        ),
        "discriminator": Role(
            ports="seen -> logits",
            builder="discriminator",
            argument="x",
            prefix="d",
            doc="the network that tells real samples from generated ones",
        ),
    },
    sections={"latent": Latent},
    training=NoiseToDataTraining,
    ports=ports,
    names=names,
    gives=gives,
    faults=faults,
    wires=wires,
    slots=("discriminator_loss", "after_discriminator_step", "generator_loss"),
    facts=facts,
    averaged="generator",
)
