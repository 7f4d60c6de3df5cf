"""How the step of inference GANs is spelt, where it differs from that of noise-to-data GANs."""

from collections.abc import Mapping
from typing import Any

from _facts import facts as plain_facts
from _facts import judging
from _facts import wires as plain_wires

from gangen.contracts import Code

EXCHANGED = "exchanged"  # the slot of the loss of generator and encoder


def wires(view: Any, slot: str) -> Mapping[str, str]:
    """How the step spells each port of a component."""
    judge = judging(view)
    found = {
        **plain_wires(view, slot),
        "discriminator": f"partial({judge}, z=codes)",
        "fake_discriminator": f"partial({judge}, z=z)",
    }
    if slot == EXCHANGED:
        found["real_logits"], found["fake_logits"] = found["fake_logits"], found["real_logits"]
    return found


def facts(spec: Any, view: Any) -> Mapping[str, Any]:
    """What the templates of this folder and of noise-to-data GANs ask."""
    encoder = view.plan.networks["encoder"]
    codes = "draw_codes(E(real))" if spec.latent.drawn else "E(real)"
    return {
        **plain_facts(spec, view),
        "real_given": Code(", codes"),
        "fake_given": Code(", z"),
        "encoded": Code(codes),
        "drawn": spec.latent.drawn,
        "code_size": encoder.target.shape[0],
        "step_says": Code("Discriminator: raise D(x, E(x)), lower D(G(z), z)."),
        "late_step_says": Code(
            "Generator and encoder: the reverse, with D held fixed (Donahue et al. 2017, eq. 3)."
        ),
        "exchanges": True,
        "exchanged": view.step.loss("discriminator_loss", EXCHANGED),
        "late_loss": Code("discriminator_loss"),
        "mean_of_codes": Code(".chunk(2, dim=1)[0]  # their means" if spec.latent.drawn else ""),
        "pairs_said": Code(
            "samples made from codes lie over those that were encoded"
            if len(view.plan.ports["data"].shape) == 1
            else "each sample stands beside what its code becomes"
        ),
        "late_call": 4,
        "judgements": Code("2 * config.steps"),
        "model_functions": ["sample_latent"] + ["draw_codes"] * spec.latent.drawn,
    }
