"""How samples are drawn and looked at: what sample.py, latent.py and the exported sampler ask."""

from collections.abc import Mapping
from typing import Any

from gangen.contracts import Code
from gangen.text import literal


def sample_facts(latent: Any, view: Any, *, made: bool) -> Mapping[str, Any]:
    """What sample.py, latent.py and the exported sampler ask; `made`: of the condition too."""
    shape = view.plan.ports["data"].shape
    size, normal = latent.dim, latent.distribution in ("normal", "truncated_normal")
    noise = {
        "normal": f"rng.standard_normal((count, {size}))",
        "uniform": f"rng.uniform(-1, 1, (count, {size}))",
        "unit_uniform": f"rng.random((count, {size}))",
        "truncated_normal": f"rng.standard_normal((count, {size}))",
    }
    given = {
        "labels": f"torch.arange(count) % {view.classes}",
        "attributes": f"torch.randn(count, {view.attributes})",
    }
    categories = "torch.eye(sizes[code])"
    line = "torch.linspace(-2, 2, 9)[:, None]"
    sweeps = ["all categories of a categorical code"] * bool(latent.categorical)
    sweeps += ["-2 to 2 for a continuous one, twice as far as in training"] * bool(
        latent.continuous
    )
    some_attributes = Code(",".join(["0.5"] * view.attributes))
    limit = latent.truncation if latent.distribution == "truncated_normal" else None
    return {
        "raw_typed": Code(", *, raw: bool = False" if view.averaged else ""),
        "raw_given": Code(", raw=arguments.raw" if view.averaged else ""),
        "default_columns": Code(str(_columns(latent, view))),
        "picture": Code("grid.png" if view.images else "picture.png"),
        "rows_name": Code("_" if len(shape) == 1 else "rows"),
        "arcs": normal and size > 1,
        "truncates": normal,
        "noise_part": Code("z[:, : Generator.noise_dim]" if latent.codes else "z"),
        "noise_of_both": Code(
            "(z[:, None, : Generator.noise_dim] for z in (start, end))"
            if latent.codes
            else "start[:, None], end[:, None]"
        ),
        "both_codes": bool(latent.categorical and latent.continuous),
        "code_values": Code(categories if latent.categorical else line),
        "code_count": len(latent.categorical) + latent.continuous,
        "sweep_said": Code(f"They are {'; '.join(sweeps)} (Chen et al. 2016, figure 2)."),
        "real_part": Code("real[part].float() / 127.5 - 1" if view.images else "real[part]"),
        "distance_said": Code("pixels in [-1, 1]" if view.images else "as they are generated"),
        "inputs": Code(f"(z, {view.condition})" if made else "(z,)"),
        "example_inputs": Code(
            f"(sample_latent(count, CPU), {given[view.condition]})"
            if made
            else "(sample_latent(count, CPU),)"
        ),
        "export_inputs": _export_inputs(latent, view, made),
        "noise_of_cut": Code(
            "(x[:, : Generator.noise_dim] for x in (cut, z))" if latent.codes else "cut, z"
        ),
        "all_real": Code("real.float() / 127.5 - 1" if view.images else "real"),
        "some_attributes": some_attributes,
        "data_flags": view.data.test_flag,
        "data_flags_alone": Code(view.data.test_flag.removeprefix(", ")),
        "sampler_flags": Code(
            ', "--attributes"' + ', "0.5"' * view.attributes if made and not view.labelled else ""
        ),
        "numpy_noise": Code(noise[latent.distribution]),
        "numpy_limit": Code(f"{limit:g}" if limit else "math.inf"),
        "numpy_sizes": literal(latent.categorical),
        "numpy_continuous": latent.continuous,
        "numbers": shape == (1,),
        "waves": len(shape) == 2,
        "gray_or_color": len(shape) == 3 and shape[0] in (1, 3, 4),
    }


def _columns(latent: Any, view: Any) -> int:
    """Columns of a picture in which classes or categories take turns; 0: as many as rows."""
    if view.labelled:
        return int(view.classes)
    return latent.categorical[0] if latent.categorical else 0


def _export_inputs(latent: Any, view: Any, made: bool) -> list[Code]:
    """The inputs of an exported generator: `"name": "type, shape and meaning"`, as source."""
    said = {
        "normal": "normal",
        "uniform": "uniform in [-1, 1]",
        "unit_uniform": "uniform in [0, 1]",
        "truncated_normal": f"normal within +-{latent.truncation:g}",
    }
    z = f"float32 [batch, {latent.dim + latent.codes}], {said[latent.distribution]}"
    z += "".join(f", then one of {count} as one-hot" for count in latent.categorical)
    z += f", then {latent.continuous} uniform in [-1, 1]" if latent.continuous else ""
    given = {
        "labels": f"int64 [batch], classes 0 to {view.classes - 1}",
        "attributes": f"float32 [batch, {view.attributes}], as in the data",
    }
    inputs = {"z": z} | ({str(view.condition): given[view.condition]} if made else {})
    return [Code(f"{literal(name)}: {literal(text)}") for name, text in inputs.items()]
