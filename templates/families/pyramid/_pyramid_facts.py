"""How the stages of a Laplacian pyramid are spelt."""

from collections.abc import Mapping
from math import prod
from types import SimpleNamespace
from typing import Any

from _facts import wires as plain_wires
from _stage_facts import parts, said, sizes, stage_facts

from gangen.contracts import Code
from gangen.printed import batch


def wires(view: Any, slot: str) -> Mapping[str, str]:
    """How the step spells each port of a component."""
    return {name: code for name, code in plain_wires(view, slot).items() if name != "generator"}


def facts(spec: Any, view: Any) -> Mapping[str, Any]:
    """What the templates of this folder and of noise-to-data GANs ask."""
    noise = [spec.latent.dim, *(prod(size) for size in sizes(view)[1:])]
    taken = view.plan.players["generator"].takes_condition
    found = stage_facts(spec, view, noise, taken=taken)
    condition = f", {view.condition}" if taken else ""
    fixed = f"fixed_z{condition.replace(', ', ', fixed_')}, fixed_given"
    late = f"G(z{condition}, *given)"
    typed = f", {view.condition}: Tensor" if taken else ""
    return {
        **found,
        "stages": _stages(view, noise, condition),
        "whole_said": said(view, sum(noise), condition, "", view.plan.ports["data"]),
        "condition_typed": Code(typed),
        "condition_given": Code(condition),
        "made": Code(f"{condition}, *given"),
        "late_fake": Code(f"seen({late})" if spec.augment else late),
        "fixed": Code(fixed),
        "save_parameters": Code(f"generator: nn.Module, z: Tensor{typed}, given: list[Tensor]"),
        "picked": Code(""),
        "anew_said": Code("; the others stay as they are"),
        "sorts_fixed": taken and view.labelled,
    }


def _stages(view: Any, noise: list[int], condition: str) -> list[SimpleNamespace]:
    """The stages as models.py prints them."""
    found, ports = [], view.plan.ports
    for number, (size, part) in enumerate(zip(sizes(view), parts(noise), strict=True), 1):
        coarse = f", coarse {batch(ports[f'data_{number - 1}'].shape)}" if number > 1 else ""
        found.append(
            SimpleNamespace(
                number=number,
                name=Code(f"Stage{number}"),
                doc=said(view, sum(noise), condition, coarse, ports[f"data_{number}"]),
                part=part,
                size=Code(f"({', '.join(map(str, size))})"),
                map=Code(f"1, {', '.join(map(str, size))}"),
                refines=number > 1,
            )
        )
    return found
