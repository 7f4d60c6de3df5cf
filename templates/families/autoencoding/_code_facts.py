"""How the step of adversarial autoencoders is spelt, beside what inference GANs share with it."""

from collections.abc import Mapping
from typing import Any

from _facts import wires as plain_wires
from _pair_facts import facts as pair_facts

from gangen.contracts import Code

FUNCTIONS = {"l1": "l1_loss", "l2": "mse_loss"}


def wires(view: Any, slot: str) -> Mapping[str, str]:
    """How the step spells each port of a component: what is judged are codes."""
    return {**plain_wires(view, slot), "real": "z", "fake": "codes.float()"}


def facts(spec: Any, view: Any) -> Mapping[str, Any]:
    """What the templates of this folder and of the families below it ask."""
    return {
        **pair_facts(spec, view),
        "step_says": Code("Discriminator: raise D(z), lower D(E(x))."),
        "late_step_says": Code("Autoencoder: rebuild x; encoder: raise D(E(x)) with D held fixed."),
        "late_loss": Code("generator_loss"),
        "exchanges": False,
        "late_call": 2,
        "losses": ["d_loss", "g_loss", "reconstruction_loss"],
        "judgements": Code("config.steps"),
        "reconstruction": Code(FUNCTIONS[spec.training.reconstruction]),
    }
