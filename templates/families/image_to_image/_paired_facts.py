"""How the step of image-to-image GANs is spelt: what the templates of this folder ask."""

from collections.abc import Mapping
from typing import Any

from _facts import judging, step_facts

from gangen.contracts import Code
from gangen.expressions import call
from gangen.pieces import Collection
from gangen.printed import batch
from gangen.step_view import changed
from gangen.text import literal

FUNCTIONS = {"l1": "l1_loss", "l2": "mse_loss"}
MODES = (1, 3, 4)  # numbers of channels of image files
SHOWN = 16  # samples in a picture


def wires(view: Any, slot: str) -> Mapping[str, str]:
    """How the step spells each port of a component: what is judged are images, or pairs."""
    judge = judging(view)
    both = view.plan.spec.translation.judged == "pairs"
    made = "made.float()" if slot == "generator_loss" else "made.detach().float()"
    found = {
        "discriminator": judge,
        "fake_discriminator": judge,
        "module": "generator" if slot == "generator_loss" else "discriminator",
        "real": "real" if both else "target",
        "fake": "fake.float()" if both else made,
        "made": "made.float()",
        "target": "target",
        "step": "step",
        "steps": "config.steps",
    }
    for output in view.plan.networks["discriminator"].outputs:
        found[f"real_{output}"] = f"real_{output}.float()"
        found[f"fake_{output}"] = f"fake_{output}.float()"
    return found


def facts(spec: Any, view: Any) -> Mapping[str, Any]:
    """What the templates of this folder ask."""
    training, said, given = spec.training, spec.translation, spec.translation.given.component
    both = said.judged == "pairs"
    detached = ".detach()" if training.shared_noise else ""
    found = step_facts(spec, view)
    adversarial = view.step.losses["generator_loss"]
    if training.adversarial_weight != 1:
        adversarial = f"config.adversarial_weight * {adversarial}"
    pixels = " + config.pixel_weight * pixel_loss" if training.pixel_weight else ""
    return {
        **found,
        **varying_facts(view, said),
        **pair_facts(view, said.given),
        **file_facts(view, "generator", "source", made=not given.constant("PAIRS", False)),
        "imported": Code(
            "side_by_side, source_and_target, spread_out"
            + ", varied" * (said.crop is not None or said.flip)
            + ", centred" * (said.crop is not None)
        ),
        "paired": True,
        "two_way": False,
        "inverse_given": Code(""),
        "generator_given": Code(
            "arguments.checkpoint, device" + ", raw=arguments.raw" * view.averaged
        ),
        "step_says": Code(
            "Discriminator: raise D(source, target), lower D(source, G(source))."
            if both
            else "Discriminator: raise D(target), lower D(G(source))."
        ),
        "late_step_says": Code(
            f"Generator: raise D({'source, ' * both}G(source)) with D held fixed, near the target."
        ),
        "losses": ["d_loss", "g_loss"] + ["pixel_loss"] * bool(training.pixel_weight),
        "both": both,
        "real_judged": Code("real" if both else "target"),
        "fake_judged": Code("fake" if both else f"made{detached}"),
        "late_judged": Code("fake" if both else "made"),
        "detached": Code(detached),
        "halves": training.discriminator_weight != 1,
        "joint_backward": Code(
            "d_loss.backward()"
            if training.discriminator_weight == 1
            else "(config.discriminator_weight * d_loss).backward()"
        ),
        "weighs_pixels": training.pixel_weight > 0,
        "pixel_function": Code(FUNCTIONS[training.pixel_loss]),
        "weighted_loss": Code(f"{adversarial}{pixels}"),
        "weighs_adversarial": training.adversarial_weight != 1,
        "pretrains": training.pretrain_steps > 0,
        "kind": Code("step < config.pretrain_steps, " if training.pretrain_steps else ""),
        "late_call": 1 if training.pretrain_steps else 2,
        "judgements": Code(
            found["judgements"].replace(
                "config.steps", "(config.steps - 1)" if training.pretrain_steps else "config.steps"
            )
        ),
        "fixed": Code("*shown"),
        "scored": Code("len(evaluator.samples)"),
        "grid_samples": SHOWN,
        "model_functions": [],
    }


def pair_facts(view: Any, given: Any) -> Mapping[str, Any]:
    """How sources and targets are made of samples."""
    pieces, functions, calls = Collection(), given.component.functions, []
    for name in (given.name, f"{given.name}_target"):
        there = name in functions
        if there:
            pieces.add(given.component, name)
        options = changed(given, functions[name]) if there else {}
        calls.append(call(name, ["samples"], options) if there else Code("samples"))
    return {
        "pairs_imports": pieces.import_lines,
        "pairs_code": pieces.code,
        "source_call": calls[0],
        "target_call": calls[1],
        "source_shape": batch(view.plan.ports["source"].shape),
        "target_shape": batch(view.plan.ports["data"].shape),
    }


def varying_facts(view: Any, said: Any) -> Mapping[str, Any]:
    """How samples are varied while training, and which part of them is looked at otherwise."""
    crop = said.crop
    varies = crop is not None or said.flip
    return {
        "sample_shape": batch(view.plan.stored.shape),
        "crops": crop is not None,
        "crop_height": crop[0] if crop else 0,
        "crop_width": crop[1] if crop else 0,
        "flips": said.flip,
        "varies": varies,
        "batch": Code("varied(next(batches))" if varies else "next(batches)"),
        "centred": Code("centred(x)" if crop else "x"),
        "seen_height": (crop or view.plan.stored.shape[1:])[0],
        "seen_width": (crop or view.plan.stored.shape[1:])[1],
    }


def file_facts(view: Any, translator: str, start: str, *, made: bool) -> Mapping[str, Any]:
    """How images from files are translated: of which sizes, by which factor.

    `made` says whether what the generator starts from can be made of an image.
    """
    source, target = (view.plan.ports[name].shape for name in (start, "data"))
    maps = [
        shape
        for layer in view.plan.networks[translator].main_layers
        for inside in layer.walk()
        for shape in (inside.before, inside.after)
    ]
    free = all(len(shape) == 3 and min(shape[1:]) > 1 for shape in maps)
    scaled = target[1] * source[2] == target[2] * source[1] and target[1] % source[1] == 0
    coarsest = min(shape[1] for shape in maps)
    text = f"float32 [batch, {', '.join(map(str, source))}] in [-1, 1], what it starts from"
    return {
        "any_size": free and scaled,
        "multiple": 1 << (max(source[1] // coarsest, 1) - 1).bit_length(),
        "enlargement": max(target[1] // source[1], 1),
        "sample_channels": view.plan.stored.shape[0],
        "gray_or_color": target[0] in (1, 3, 4),
        "files_fit": source[0] in MODES,
        "degrades_files": made and view.plan.stored.shape[0] in MODES,
        "other_height": source[1] + 5,
        "other_width": source[2] + 3,
        "source_channels": source[0],
        "source_height": source[1],
        "source_width": source[2],
        "target_height": target[1],
        "target_width": target[2],
        "made_of_samples": made,
        "example_inputs": Code(f"(torch.rand(count, {', '.join(map(str, source))}) * 2 - 1,)"),
        "export_inputs": [Code(f'"x": {literal(text)}')],
        "raw_typed": Code(", *, raw: bool = False" if view.averaged else ""),
        "averaged_note": Code(", weights averaged over training") if view.averaged else Code(""),
        "data_values": Code(
            view.data.values.replace("config.data_path", "arguments.data_path").replace(
                "config.", "Config()."
            )
        ),
        "data_flags": view.data.test_flag,
        "data_flags_alone": Code(view.data.test_flag.removeprefix(", ")),
        "sampler_flags": Code(', "--input", str(picture)'),
        "points": False,
    }
