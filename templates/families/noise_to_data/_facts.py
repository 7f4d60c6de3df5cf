"""How the step of noise-to-data GANs is spelt: what the templates of this folder ask."""

from collections.abc import Mapping
from typing import Any

from _sample_facts import sample_facts

from gangen.contracts import Code


def wires(view: Any, slot: str) -> Mapping[str, str]:
    """How the step spells each port of a component."""
    given, networks = view.condition, view.plan.players
    judge = judging(view)
    takes = networks["discriminator"].takes_condition
    made = _fakes(view, slot) if networks["generator"].takes_condition else ""
    found = {
        "discriminator": _bound(judge, given, given if takes else ""),
        "fake_discriminator": _bound(judge, given, _judged(view, slot) if takes else ""),
        "generator": _bound("generator", given, made),
        "module": "generator" if slot == "generator_loss" else "discriminator",
        "real": "real",
        "fake": "fake.float()",
        "z": "z",
        "labels": given,
        "fake_labels": _fakes(view, slot),
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


def judging(view: Any) -> str:
    """The call that gives the discriminator's logits alone."""
    several = len(view.plan.players["discriminator"].outputs) > 1
    return "discriminator.logits" if several else "discriminator"


def _bound(function: str, condition: str, value: str) -> str:
    return f"partial({function}, {condition}={value})" if value else function


def _fakes(view: Any, slot: str) -> str:
    """The variable of the condition that fakes are made with in a network's update."""
    drawn = view.plan.spec.training.fake_labels != "batch"
    drawn = drawn or (slot == "generator_loss" and _unequal(view.plan.spec))
    return f"fake_{view.condition}" if drawn and view.condition else str(view.condition)


def _judged(view: Any, slot: str) -> str:
    """The variable of the condition that fakes are judged with."""
    mismatched = view.plan.spec.training.fake_labels == "mismatched"
    return str(view.condition) if mismatched and slot != "generator_loss" else _fakes(view, slot)


def _unequal(spec: Any) -> bool:
    """Whether the generator's update has not the conditions of a real batch at hand."""
    return spec.training.g_batch_size is not None or spec.training.accumulate > 1


def step_facts(spec: Any, view: Any, *, conditioned: bool | None = None) -> Mapping[str, Any]:
    """How the step is spelt, wherever samples come from; `conditioned`: whether made of them."""
    given = view.condition
    fakes, late_fakes = _fakes(view, "discriminator_loss"), _fakes(view, "generator_loss")
    generator, judge = (view.plan.players[name] for name in ("generator", "discriminator"))
    taken = generator.takes_condition if conditioned is None else conditioned
    judged = _judged(view, "discriminator_loss")
    return {
        "made": _given(fakes, taken),
        "real_given": _given(given, judge.takes_condition),
        "fake_given": _given(judged, judge.takes_condition),
        "late_fake": _late_fake(spec, _given(late_fakes, taken)),
        "g_given": _given(late_fakes, judge.takes_condition),
        "draws_conditions": fakes != given,
        "g_draws_conditions": late_fakes != given,
        "condition_made": _given(given, taken),
        **_update_facts(spec, view, _many(spec.training)),
        "several_outputs": len(judge.outputs) > 1,
    }


def facts(spec: Any, view: Any, *, conditioned: bool | None = None) -> Mapping[str, Any]:
    """What the templates of this folder ask; whether generators take the condition can be said."""
    given, generator = view.condition, view.plan.players["generator"]
    taken = generator.takes_condition if conditioned is None else conditioned
    reference = Code("") if len(view.plan.ports["data"].shape) > 1 else Code(", real[:2_500]")
    return {
        **step_facts(spec, view, conditioned=conditioned),
        **_latent_facts(spec.latent),
        **sample_facts(spec.latent, view, made=taken),
        "fixed": Code(
            "fixed_z"
            + (f", fixed_{given}" if taken else "")
            + ("" if not reference else ", samples[:2_500]")
        ),
        "save_parameters": Code(
            "generator: nn.Module, z: Tensor"
            + (f", {given}: Tensor" if taken else "")
            + (", real: Tensor" if reference else "")
        ),
        "saved_condition": (Code(f", {given}=inputs[1].numpy()") if taken else Code("")),
        "conditioned": taken,
        "fakes_said": Code(f"fakes, made with the real samples' {given}" if taken else "fakes"),
        "by_label": taken and view.labelled,
        "by_attributes": taken and not view.labelled,
        "data_values": Code(
            view.data.values.replace("config.data_path", "arguments.data_path").replace(
                "config.", "Config()."
            )
        ),
        "points": len(view.plan.ports["data"].shape) == 1,
        "averaged_note": Code(", weights averaged over training") if view.averaged else Code(""),
    }


def _given(name: str, taken: bool) -> Code:
    return Code(f", {name}" if taken else "")


def _many(training: Any) -> bool:
    """Whether the discriminator has several updates in a step."""
    return bool(training.d_steps > 1 or training.d_warmup.steps > 0)


def _reuses_fake(training: Any) -> bool:
    """Whether both updates can share what the generator made, and not only the noise."""
    return bool(training.shared_noise and training.g_steps == 1 and not _many(training))


def _late_fake(spec: Any, condition: Code) -> Code:
    """What the generator's update has the discriminator judge."""
    made = "generated" if _reuses_fake(spec.training) else f"G(z{condition})"
    return Code(f"seen({made})" if spec.augment else made)


def _update_facts(spec: Any, view: Any, many: bool) -> Mapping[str, Any]:
    training = spec.training
    judge = view.plan.players["discriminator"]
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
        "step_says": Code("Discriminator: raise D(real), lower D(G(z))."),
        "late_step_says": Code("Generator: raise D(G(z)) with D held fixed."),
        "late_loss": Code("generator_loss"),
        "judge": Code("Discriminator"),
        "scored": Code("config.eval_samples"),  # fakes, in a test
        "kind": Code(""),  # what else Python decides from step to step
        "losses": ["d_loss", "g_loss"],
        "many_d_steps": many,
        "many_g_steps": training.g_steps > 1,
        "warmup": warm,
        "warmup_steps": training.d_warmup.steps,
        "warmup_every": training.d_warmup.every,
        "warmup_d_steps": training.d_warmup.d_steps,
        "d_steps": Code(d_steps),
        "first_batch": Code(first + " * config.accumulate" * parts),
        "batches_now": Code((d_steps if many else "1") + " * config.accumulate" * parts),
        "samples_per_step": Code("config.batch_size" + per_step),
        "batches_per_step": Code(per_step.replace("*", "/")),
        "plain": len(judge.outputs) == 1,
        "real_outputs": outputs(judge, "real", early | ({"real_logits"} if updates else set())),
        "fake_outputs": outputs(judge, "fake", early),
        "g_outputs": outputs(judge, "fake", late),
        "real_again": any(port.startswith("real_") for port in late),
        "g_real_outputs": outputs(judge, "real", late),
        "keeps_fake": "fake" in late,
        "augmented": augmented,
        "updates": updates,
        "differentiates": "discriminator" in asked["discriminator_loss"],
        "separate": training.d_update == "separate",
        "fake_again": outputs(judge, "fake", set()),
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
        "reuses_fake": _reuses_fake(training),
        "g_count": Code(count),
        "own_g_batch": training.g_batch_size is not None,
        "g_batch_size": training.g_batch_size or 0,
        "late_call": 2 * training.accumulate * (2 if training.g_steps > 1 else 1),
        "draws": _draws(training, many, warm),
        "judgements": _judgements(training, late),
    }


def _draws(training: Any, many: bool, warm: bool) -> Code:
    """How often a test's run draws noise, the pictures' aside."""
    draws = "config.steps * config.d_steps" if many else "config.steps"
    if warm:
        draws = "sum(train.discriminator_steps(step, config) for step in range(config.steps))"
    if training.g_steps > 1 and not training.shared_noise:
        draws = f"{draws} + config.steps * config.g_steps"
    elif not training.shared_noise:
        draws = f"{draws} + config.steps" if many else "2 * config.steps"
    return Code(f"config.accumulate * ({draws})" if training.accumulate > 1 else draws)


def _judgements(training: Any, ports: set[str]) -> Code:
    """How often the frozen discriminator is asked in a test's run."""
    factors = ["2"] if any(port.startswith("real_") for port in ports) else []
    factors += ["config.accumulate"] if training.accumulate > 1 else []
    factors += ["config.g_steps"] if training.g_steps > 1 else []
    return Code(" * ".join([*factors, "config.steps"]))


def outputs(network: Any, prefix: str, asked: set[str]) -> Code:
    """What the results of a call are assigned to; `_` where nobody asks."""
    found = [f"{prefix}_{output}" for output in network.outputs]
    return Code(", ".join(name if i == 0 or name in asked else "_" for i, name in enumerate(found)))


def _latent_facts(latent: Any) -> Mapping[str, Any]:
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
