"""What the templates of families with several stages ask, whatever a stage does."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from _facts import facts as plain_facts

from gangen.contracts import Code
from gangen.printed import batch


def stage_facts(spec: Any, view: Any, noise: Sequence[int], *, taken: bool) -> Mapping[str, Any]:
    """What they ask; `noise` is how many values of z each stage takes, `taken` whether
    generators take the condition.
    """
    whole = spec.latent.model_copy(update={"dim": sum(noise)})
    count, condition = len(noise), view.condition
    given = view.plan.players["discriminator"].takes_condition
    return {
        **plain_facts(spec.model_copy(update={"latent": whole}), view, conditioned=taken),
        "stage_count": count,
        "sizes": Code(", ".join(str(size) for size in sizes(view))),
        "stage_names": Code(", ".join(f"Stage{number}" for number in range(1, count + 1))),
        "judge_union": Code(" | ".join(f"Discriminator{n}" for n in range(1, count + 1))),
        "judge_names": Code(", ".join(f"Discriminator{n}" for n in range(1, count + 1))),
        "channels": view.plan.ports["data"].shape[0],
        "test_condition": Code(test_condition(view) if taken else ""),
        "judge": Code("DISCRIMINATORS[-1]"),
        "real_given": Code(f", {condition}" if given else ""),
        "model_functions": [
            "sample_latent",
            "at_stage",
            "Generator",
            "STAGES",
            "DISCRIMINATORS",
            "SIZES",
        ],
    }


def sizes(view: Any) -> list[tuple[int, ...]]:
    """Height and width of the images that each stage makes."""
    ports, found = view.plan.ports, []
    while f"data_{len(found) + 1}" in ports:
        found.append(ports[f"data_{len(found) + 1}"].shape[1:])
    return found


def parts(noise: Sequence[int]) -> list[Code]:
    """How each stage's share of z [B, N] is spelt."""
    ends = list(accumulate(noise))
    shares = zip(ends, noise, strict=True)
    return [Code(f"z[:, {end - length}:{end}]") for end, length in shares]


def test_condition(view: Any) -> str:
    """Conditions of three samples, for a test."""
    if view.labelled:
        return f"torch.arange(3) % {view.classes}"
    return f"torch.rand(3, {view.attributes})"


def said(view: Any, noise: int, condition: str, coarse: str, made: Any) -> Code:
    """What goes in and out, in words."""
    given = f"{condition} {view.data.condition_note}" if condition else ""
    return Code(f"z [B, {noise}]{given}{coarse} -> {made.name} {batch(made.shape)}")
