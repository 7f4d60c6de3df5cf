"""How the step of sequence GANs is spelt: what the templates of this folder ask."""

from collections.abc import Mapping
from typing import Any

from gangen.contracts import Code
from gangen.text import literal

PORTS = {  # what a term of the discriminator's loss can be given
    "real_logits": "real_logits.float()",
    "fake_logits": "fake_logits.float()",
    "module": "discriminator",
    "step": "step",
    "steps": "config.steps",
}


def wires(view: Any, slot: str) -> Mapping[str, str]:
    """How the step spells each port of a component."""
    return PORTS


def facts(spec: Any, view: Any) -> Mapping[str, Any]:
    """What the templates of this folder ask."""
    length, vocabulary = view.plan.ports["token_logits"].shape
    advantage = "rewards - rewards.mean(dim=0)" if spec.training.baseline else "rewards"
    tokens = f"int64 [batch, {length}], from 0 to {vocabulary - 1}; what is not known yet is 0"
    end = spec.data.component.constant("END")
    path = view.data.values.replace("config.", "arguments.")
    return {
        "length": length,
        "vocabulary": vocabulary,
        "logits_note": Code(f"[B, {length}, {vocabulary}]"),
        "advantage": Code(advantage),
        "losses": [],
        "state": ["rollout"],
        "scored": Code("config.eval_samples"),
        "model_functions": ["draw_token"],
        "fixed": Code("vocabulary"),
        "first_batch": Code("batches_before(start, config)"),
        "batches_per_step": Code(""),
        "samples_per_step": Code("config.batch_size"),
        "export_inputs": [Code(f'"tokens": {literal(tokens)}')],
        "example_inputs": Code(f"(torch.randint({vocabulary}, (count, {length})),)"),
        "some_text": Code("0 1" if end is None else "the"),
        "data_values": Code(path),
        "data_flags": view.data.test_flag,
        "ends": end is not None,
    }
