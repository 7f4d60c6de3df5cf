"""Export the trained generator for other programs.

python export.py                                   # runs/digits-wgan-gp/last.pt, into exported/
python export.py --checkpoint elsewhere/best.pt --out there --formats onnx safetensors

generator.onnx with sample_onnx.py: for every runtime of ONNX; needs no PyTorch
generator.pt2: torch.export, for PyTorch without this project's code
generator.safetensors: the weights, for this project's code
README.md: the model card

Before anything is put in place, all files are read again and compared with PyTorch.
"""

import argparse
import importlib.util
import json
import logging
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from config import Config
from model_card import model_card
from models import Generator, sample_latent
from runtime import CheckpointError, load_checkpoint

CPU = torch.device("cpu")
HERE = Path(__file__).resolve().parent
# The formats, and the packages that each needs.
FORMATS = {"onnx": ["onnx", "onnxscript"], "torch_export": [], "safetensors": ["safetensors"]}
INPUTS = {
    "z": "float32 [batch, 128], normal",
    "labels": "int64 [batch], classes 0 to 9",
}
DATA = "1797 handwritten 8 x 8 digits, bundled (E. Alpaydin and C. Kaynak, UCI, 1998, CC BY 4.0)"
TRACED = 3  # samples in the batch that the generator is traced with
COMPARED = (1, 5)  # samples in the batches that it is compared with
TOLERANCE = 1e-4  # of a value, or of the greatest value where that is above 1


class ExportError(RuntimeError):
    """The generator cannot be exported; the message says why and what to do."""


def example_inputs(count: int) -> tuple[Tensor, ...]:
    """What the generator takes for `count` samples."""
    return (sample_latent(count, CPU), torch.arange(count) % 10)


def export(checkpoint: Path, out: Path, formats: Sequence[str]) -> dict[str, str]:
    """Write the files into `out`: all of them, or none.

    Returns:
        What the comparison of each file with PyTorch found.

    Raises:
        CheckpointError: of load_checkpoint.
        ExportError: a package is missing, the generator cannot be exported in a format, or a file
            gives other samples than PyTorch.
    """
    require({package for name in formats for package in FORMATS[name]})
    generator = Generator()
    step, knobs = load_checkpoint(checkpoint, {"ema": generator}, CPU)
    generator.requires_grad_(False).eval()
    found = {}
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".export-", dir=out) as folder:
        new = Path(folder)
        if "safetensors" in formats:
            found["generator.safetensors"] = write_safetensors(generator, new, step)
        if "onnx" in formats or "torch_export" in formats:
            program = trace(generator)
        if "torch_export" in formats:
            found["generator.pt2"] = write_torch_export(program, new, generator)
        if "onnx" in formats:
            found["generator.onnx"] = write_onnx(program, new, generator)
        card = model_card(
            json.loads((HERE / "about.json").read_text(encoding="utf-8")),
            exported="generator",
            exported_class="Generator",
            data=DATA,
            inputs=INPUTS,
            output="samples",
            step=step,
            weights="ema",
            knobs=knobs,
            scores=checkpoint.parent / "evaluation.jsonl",
            files=found,
        )
        (new / "README.md").write_text(card, encoding="utf-8")
        for path in sorted(new.iterdir()):
            path.replace(out / path.name)
    return found


def require(packages: set[str]) -> None:
    """Raises ExportError when a package is not installed."""
    missing = sorted(name for name in packages if importlib.util.find_spec(name) is None)
    if missing:
        raise ExportError(
            f"{' and '.join(missing)} not installed: pip install -e \".[export]\"; "
            "`--formats torch_export` needs PyTorch alone"
        )


@contextmanager
def refused(what: str, instead: str) -> Iterator[None]:
    """Whatever goes wrong in PyTorch becomes an ExportError of one line."""
    logging.getLogger("torch").setLevel(logging.CRITICAL)  # it names what it can do without
    try:
        with redirect_stderr(StringIO()):  # there it prints the graph as far as it got
            yield
    except Exception as error:  # of many types, with a page of advice, around the first one
        cause: BaseException = error
        while cause.__cause__:
            cause = cause.__cause__
        reason = (str(cause).strip() or type(cause).__name__).splitlines()[0]
        raise ExportError(f"{what}: {reason}; change models.py, or choose {instead}") from error


def trace(generator: nn.Module) -> torch.export.ExportedProgram:
    """The generator as a graph, for batches of any size."""
    plain = Generator().requires_grad_(False).eval()
    plain.load_state_dict(generator.state_dict())
    for module in list(plain.modules()):  # spectral norm and the like become plain weights
        if parametrize.is_parametrized(module):
            for name, _ in list(module.get_submodule("parametrizations").named_children()):
                parametrize.remove_parametrizations(module, name)
    batch = torch.export.Dim("batch")
    shapes = tuple({0: batch} for _ in INPUTS)
    with refused("the generator cannot be traced", "--formats safetensors"):
        program = torch.export.export(plain, example_inputs(TRACED), dynamic_shapes=shapes)
    return program


def write_torch_export(
    program: torch.export.ExportedProgram, folder: Path, generator: nn.Module
) -> str:
    """Write generator.pt2; what comparing it with the generator found."""
    path = folder / "generator.pt2"
    torch.export.save(program, path)
    return compare(path.name, torch.export.load(path).module(), generator)


def write_onnx(program: torch.export.ExportedProgram, folder: Path, generator: nn.Module) -> str:
    """Write generator.onnx and what draws from it; what the comparison found."""
    path = folder / "generator.onnx"
    others = "--formats torch_export safetensors"
    with refused("the generator has no form in ONNX", others), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns of its own names
        written = torch.onnx.export(
            program,
            input_names=list(INPUTS),
            output_names=["samples"],
            dynamic_shapes=tuple({0: "batch"} for _ in INPUTS),
            dynamo=True,
            verbose=False,
        )
    assert written is not None
    written.save(path, external_data=False)
    shutil.copy(HERE / "sample_onnx.py", folder)
    return compare_onnx(path, generator)


def compare_onnx(path: Path, generator: nn.Module) -> str:
    """What comparing an ONNX file with the generator found, where ONNX Runtime is installed."""
    if importlib.util.find_spec("onnxruntime") is None:
        return 'not compared, for ONNX Runtime is missing: pip install -e ".[export]"'
    from onnxruntime import InferenceSession

    with refused(f"ONNX Runtime cannot run {path.name}", "--formats torch_export safetensors"):
        session = InferenceSession(path, providers=["CPUExecutionProvider"])

    def run(*inputs: Tensor) -> Tensor:
        given = {name: x.numpy() for name, x in zip(INPUTS, inputs, strict=True)}
        return torch.from_numpy(session.run(["samples"], given)[0])

    return compare(path.name, run, generator)


def write_safetensors(generator: nn.Module, folder: Path, step: int) -> str:
    """Write generator.safetensors; what comparing it with the generator found."""
    from safetensors.torch import load_file, save

    path = folder / "generator.safetensors"
    weights = {name: value.contiguous() for name, value in generator.state_dict().items()}
    metadata = {"name": "digits-wgan-gp", "step": str(step), "weights": "ema"}
    path.write_bytes(save(weights, metadata={"format": "pt", **metadata}))
    loaded = Generator().eval()
    loaded.load_state_dict(load_file(path))
    return compare(path.name, loaded, generator)


@torch.no_grad()
def compare(name: str, exported: Callable[..., Tensor], generator: nn.Module) -> str:
    """How far the exported samples are from the generator's, in words; raises ExportError."""
    greatest = 0.0
    for count in COMPARED:
        inputs = example_inputs(count)
        expected, found = generator(*inputs), exported(*inputs)
        if found.shape != expected.shape:
            raise ExportError(f"{name} makes {tuple(found.shape)} of {count} inputs; it is removed")
        scale = expected.abs().max().clamp(min=1)
        difference = ((found - expected).abs().max() / scale).item()
        if not difference <= TOLERANCE:  # nor is NaN
            raise ExportError(
                f"{name} gives other samples than PyTorch: they differ by {difference:.2g}, more "
                f"than {TOLERANCE:g}; it is removed. Train on until no weight is huge, or choose "
                "other --formats"
            )
        greatest = max(greatest, difference)
    return f"differs by {greatest:.2g} at most"


def parse_args(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What to export, from the command line."""
    parser = argparse.ArgumentParser(description="Export the trained generator.")
    last = Config().out_dir / "last.pt"
    parser.add_argument("--checkpoint", type=Path, default=last, help=f"default: {last}")
    parser.add_argument("--out", type=Path, default=Path("exported"), help="default: exported")
    known = list(FORMATS)
    parser.add_argument("--formats", nargs="+", choices=known, default=known, help="default: all")
    return parser.parse_args(arguments)


def main() -> None:
    arguments = parse_args()
    try:
        found = export(arguments.checkpoint, arguments.out, arguments.formats)
    except (CheckpointError, ExportError, OSError) as error:
        sys.exit(f"error: {error}")
    for name, said in found.items():
        print(f"{arguments.out / name}: {said}")
    print(f"{arguments.out / 'README.md'} tells what they are; the tolerance is {TOLERANCE:g}")


if __name__ == "__main__":
    main()
