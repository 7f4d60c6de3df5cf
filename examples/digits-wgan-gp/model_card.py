"""The model card: what an exported generator is, from what, how good, and what it is not for."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

CARD = """# {name}

{description}{title}. The weights are those of step {step}{averaged}.

## Files

| file | for | compared with PyTorch |
| --- | --- | --- |
{files}

The files were made from one set of weights and compared at batches of other sizes than the one they
were traced with.

## How to use it

The {exported} takes{inputs}

and gives `{output}`, as many as the batch is long.

```sh
pip install numpy onnxruntime pillow
python sample_onnx.py --help     # draws from generator.onnx
```

```python
import torch

generator = torch.export.load("generator.pt2").module()
{output} = generator({arguments})
```

```python
from safetensors.torch import load_file

from models import {network_class}  # in the folder of the project

generator = {network_class}().eval()
generator.load_state_dict(load_file("generator.safetensors"))
```

## Data

{data}.

## Network

{network}

## Training

{step} steps with these knobs:

| knob | value |
| --- | --- |
{knobs}

Sources:

{sources}

## Evaluation

{evaluation}

## Intended use and limits

- It is meant for drawing samples that look like its training data, and for studying how GANs do.
- It knows nothing but that data: gaps and biases are passed on, and a GAN may leave out more.
- Samples can be copies. `python sample.py --neighbours 5` in the project shows what is nearest in
  the training data.
- What the data's licence asks for may hold for samples too.
- Nothing is known of inputs that are drawn in another way than in training; truncated noise, and
  codes beyond their range, are for looking around.
- No sample is evidence of anything. Where a decision about people is made, this is the wrong model.
"""
USES = {
    "generator.onnx": "any runtime of ONNX",
    "generator.pt2": "PyTorch, without the project's code",
    "generator.safetensors": "the project's code",
}


def model_card(
    about: Mapping[str, Any],
    *,
    exported: str,
    exported_class: str,
    data: str,
    inputs: Mapping[str, str],
    output: str,
    step: int,
    weights: str,
    knobs: Mapping[str, str],
    scores: Path,
    files: Mapping[str, str],
) -> str:
    """The card as Markdown.

    Args:
        about: about.json.
        exported: name of the network.
        exported_class: its class in models.py.
        data: what the data is, with whom it is from.
        inputs: what the generator takes, by name.
        output: name of what it gives.
        step: of the weights, "ema" or "raw" `weights`.
        knobs: of the run.
        scores: evaluation.jsonl, which may be missing.
        files: what was found when each file was compared.
    """
    names = ("name", "key")  # stages of one network have a key in common
    networks = [n for n in about["networks"] if exported in [n[name] for name in names]]
    return CARD.format(
        name=about["name"],
        description=f"{plain(about['description'])}\n\n" if about["description"] else "",
        title=plain(about["title"]),
        step=step,
        averaged=", averaged over the training (EMA)" if weights == "ema" else "",
        files=table([(f"`{name}`", USES[name], said) for name, said in files.items()]),
        inputs="".join(f"\n- `{name}`: {said}" for name, said in inputs.items()),
        arguments=", ".join(inputs),
        output=output,
        exported=exported,
        data=plain(data),
        network="\n\n".join(map(layers, networks)),
        network_class=exported_class,
        knobs=table([(name, plain(value)) for name, value in knobs.items()]),
        sources="\n".join(f"- {plain(line)}" for line in about["sources"]),
        evaluation=evaluation(scores, step),
    )


def layers(network: Mapping[str, Any]) -> str:
    """The network's title and the table of its layers."""
    rows = [(plain(str(a)), f"`{b}`", str(c)) for a, b, c in network["layers"]]
    return (
        f"{plain(network['title'])}, {network['parameters']:,} parameters.\n\n"
        f"| layer | output | parameters |\n| --- | --- | ---: |\n{table(rows)}"
    )


def evaluation(path: Path, step: int) -> str:
    """The last scores up to a step, with all that has to be known to compare them."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    records = [record for record in map(json.loads, lines) if record["step"] <= step]
    if not records:
        return "These weights were not evaluated."
    record = records[-1]
    features = record["features"]
    seen = f"features {features['name']} ({features['sha256']})" if features else "no features"
    floor = record["floor"]
    rows = [
        (name, f"{value:.5g}", f"{floor[name]:.5g}" if name in floor else "")
        for name, value in record["scores"].items()
    ]
    return (
        f"{record['samples']} samples of step {record['step']} ({record['weights']} weights) "
        f"against {record['real_samples']} real ones; {plain(seen)}, resized: "
        f"{plain(record['resize'])}; seed {record['seed']}, {record['device']}, "
        f"PyTorch {record['torch']}. The floor is what one half of the real samples scores "
        "against the other.\n\n"
        f"| score | value | floor |\n| --- | ---: | ---: |\n{table(rows)}"
    )


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows of a table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def plain(text: str) -> str:
    """Text in which Markdown finds no mark-up."""
    return re.sub(r"([\\`*_{}\[\]<>#|!&~$])", r"\\\1", " ".join(text.split()))
