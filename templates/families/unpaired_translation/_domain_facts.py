"""How the step between two domains is spelt: what the templates of this folder ask."""

from collections.abc import Mapping
from typing import Any

from _paired_facts import file_facts, varying_facts

from gangen.contracts import Code


def wires(view: Any, slot: str) -> Mapping[str, str]:
    """How the step spells each port of a component: the loop goes over the domains."""
    outputs = view.plan.networks["discriminator_a"].outputs
    judge = "discriminator.logits" if len(outputs) > 1 else "discriminator"
    found = {
        "discriminator": judge,
        "fake_discriminator": judge,
        "module": "generator" if slot == "generator_loss" else "discriminator",
        "real": "real",
        "fake": "fake.float()",
        "step": "step",
        "steps": "config.steps",
    }
    for output in outputs:
        found[f"real_{output}"] = f"real_{output}.float()"
        found[f"fake_{output}"] = f"fake_{output}.float()"
    return found


def facts(spec: Any, view: Any) -> Mapping[str, Any]:
    """What the templates of this folder ask."""
    training, said = spec.training, spec.translation
    judge = view.plan.networks["discriminator_a"]
    asked = view.step.asked
    early, late = asked["discriminator_loss"], asked["generator_loss"]
    weight = "" if training.discriminator_weight == 1 else "config.discriminator_weight * "
    again = any(port.startswith("real_") for port in late)
    learns = ["g_loss", "cycle_loss"] + ["identity_loss"] * bool(training.identity_weight)
    extra = " + config.identity_weight * identity_loss" * bool(training.identity_weight)
    return {
        **varying_facts(view, said),
        **file_facts(view, "generator_ab", "data", made=False),
        "paired": False,
        "two_way": True,
        "inverse_given": Code(", inverse"),
        "generator_given": Code(
            "arguments.checkpoint, device, back=arguments.back"
            + ", raw=arguments.raw" * view.averaged
        ),
        "raw_typed_after": Code(", raw: bool = False" if view.averaged else ""),
        "augmented": False,
        "updates": [],
        "imported": Code(
            "of_class, side_by_side, spread_out"
            + ", varied" * (said.crop is not None or said.flip)
            + ", centred" * (said.crop is not None)
        ),
        "domain_a": said.domains[0],
        "domain_b": said.domains[1],
        "plain": len(judge.outputs) == 1,
        "real_outputs": _outputs(judge, "real", early),
        "fake_outputs": _outputs(judge, "fake", early),
        "g_outputs": _outputs(judge, "fake", late),
        "g_real_outputs": _outputs(judge, "real", late),
        "real_again": again,
        "differentiates": "discriminator" in early,
        "d_backward": Code(f"({weight}d_loss).backward()" if weight else "d_loss.backward()"),
        "halves": bool(weight),
        "pools": training.pool_size > 0,
        "pool_size": training.pool_size,
        "state": ["pool_a", "pool_b"] * bool(training.pool_size),
        "identity": training.identity_weight > 0,
        "kept": Code(
            f"config.cycle_weight * (cycle_loss{extra})"
            if extra
            else "config.cycle_weight * cycle_loss"
        ),
        "clips": training.clip_grad_norm > 0,
        "many_d_steps": False,
        "pretrains": False,
        "losses": ["d_loss", *learns],
        "late_loss": Code("generator_loss"),
        "judge": Code("DiscriminatorA"),
        "judgements": Code("2 * config.steps" if again else "config.steps"),
        "late_call": 4,
        "first_batch": Code("start"),
        "batches_now": Code("1"),
        "samples_per_step": Code("2 * config.batch_size"),
        "batches_per_step": Code(""),
        "kind": Code(""),
        "scored": Code("len(evaluator.sources)"),
        "fixed": Code("generator_ba, shown_a, shown_b"),
        "grid_samples": 8,
        "model_functions": ["ImagePool"] * bool(training.pool_size),
        "draws_sources": False,
        "several_outputs": len(judge.outputs) > 1,
    }


def _outputs(network: Any, prefix: str, asked: set[str]) -> Code:
    """What the results of a call are assigned to; `_` where nobody asks."""
    found = [f"{prefix}_{output}" for output in network.outputs]
    return Code(", ".join(name if i == 0 or name in asked else "_" for i, name in enumerate(found)))
