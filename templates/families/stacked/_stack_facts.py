"""How the stages of a stacked GAN are spelt."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from _facts import outputs
from _facts import wires as plain_wires
from _stage_facts import said, sizes, stage_facts

from gangen.contracts import Code
from gangen.printed import batch

WRONG = "wrong"  # the slot of the loss of real images with others' conditions


def wires(view: Any, slot: str) -> Mapping[str, str]:
    """How the step spells each port of a component."""
    found = {name: code for name, code in plain_wires(view, slot).items() if name != "generator"}
    if slot == WRONG:
        return {
            name: code.replace("fake", "wrong", 1) if name.startswith("fake_") else code
            for name, code in found.items()
        }
    return found


def facts(spec: Any, view: Any) -> Mapping[str, Any]:
    """What the templates of this folder and of those that it builds on ask."""
    code, count = spec.augmentation.dim, len(sizes(view))
    noise = [spec.latent.dim + code, *[code] * (count - 1)]
    condition = str(view.condition)
    late = view.step.asked["generator_loss"]
    judge = view.plan.players["discriminator"]
    return {
        **stage_facts(spec, view, noise, taken=True),
        "model_functions": [
            *["sample_latent", "resized", "draw_code", "divergence", "Generator", "STAGES"],
            *["DISCRIMINATORS", "SIZES"],
        ],
        "stages": _stages(spec, view, noise, f", {condition}"),
        "whole_said": said(view, sum(noise), f", {condition}", "", view.plan.ports["data"]),
        "step_says": Code("Discriminator: raise D(x, c), lower D(G(z, c), c) and D(x, another c)."),
        "late_step_says": Code("Generator: raise D(G(z, c), c) with D held fixed."),
        "condition_typed": Code(f", {condition}: Tensor"),
        "condition_given": Code(f", {condition}"),
        "described": Code(
            f"nn.Embedding({view.classes}, {2 * code})"
            if view.labelled
            else f"nn.Linear({view.attributes}, {2 * code})"
        ),
        "statistics_size": 2 * code,
        "code_size": code,
        "first_part": Code(f"z[:, :{spec.latent.dim}]"),
        "made": Code(f", {condition}, *given"),
        "picked": Code("[0]"),
        "anew_said": Code(", then every stage behind it, which was trained on what it made"),
        "mismatched": Code(
            f"({condition} + torch.randint_like({condition}, 1, {view.classes})) % {view.classes}"
            if view.labelled
            else f"{condition}.roll(1, 0)"
        ),
        "mismatched_said": Code("another class" if view.labelled else "another image's"),
        "wrong_outputs": outputs(judge, "wrong", view.step.asked["discriminator_loss"]),
        "wrong_loss": view.step.loss("discriminator_loss", WRONG),
        "shown": Code("seen(fake)" if spec.augment else "fake"),
        "real_again": any(port.startswith("real_") for port in late),
        "fixed": Code(f"fixed_z, fixed_{condition}, fixed_given"),
        "save_parameters": Code(
            f"generator: nn.Module, z: Tensor, {condition}: Tensor, given: list[Tensor]"
        ),
    }


def _stages(spec: Any, view: Any, noise: list[int], condition: str) -> list[SimpleNamespace]:
    """The stages as models.py prints them."""
    found, ports, start = [], view.plan.ports, spec.latent.dim
    for number in range(1, len(noise) + 1):
        coarse = f", coarse {batch(ports[f'data_{number - 1}'].shape)}" if number > 1 else ""
        found.append(
            SimpleNamespace(
                number=number,
                name=Code(f"Stage{number}"),
                doc=said(view, sum(noise), condition, coarse, ports[f"data_{number}"]),
                part=Code(f"z[:, {start}:{start + spec.augmentation.dim}]"),
                refines=number > 1,
            )
        )
        start += spec.augmentation.dim
    return found
