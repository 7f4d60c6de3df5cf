"""What `verify` runs in a project: `python -c THIS_FILE COMMAND RESULT ARGUMENTS`.

RESULT is a JSON file, so that whatever the project prints cannot be taken for a finding.
"""

import importlib
import importlib.util
import json
import math
import os
import platform
import runpy
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def environment() -> Iterator[dict[str, Any]]:
    """The versions and the devices."""
    found = {"python": platform.python_version(), "torch": None, "cuda": False, "gpu": None}
    found["pytest"] = importlib.util.find_spec("pytest") is not None
    if importlib.util.find_spec("torch") is not None:
        torch: Any = importlib.import_module("torch")
        found["torch"] = torch.__version__
        found["cuda"] = torch.cuda.is_available()
        found["gpu"] = torch.cuda.get_device_name() if found["cuda"] else None
    yield found


def modules(*names: str) -> Iterator[dict[str, Any]]:
    """Import each module, after saying which one comes."""
    for name in names:
        yield {"importing": name}
        sys.argv = [f"{name}.py"]
        importlib.import_module(name)
    yield {"importing": None}


def train(
    kept: str, out_dir: str, name: str, device: str, script: str, *arguments: str
) -> Iterator[dict[str, Any]]:
    """Run a training script; keep its first checkpoint, count them, measure its memory.

    Its `name` counts, wherever in `out_dir` it lies; the folder `kept` gets it at the same place.

    Keeping the checkpoint of half the way is like a run that was killed there. A run with half the
    --steps would not do: a learning-rate schedule may depend on their number.
    """
    replace = os.replace
    saves = 0

    def replace_and_keep(source: Any, destination: Any, **options: Any) -> None:
        nonlocal saves
        replace(source, destination, **options)
        path = Path(os.fspath(destination)).absolute()
        if path.name == name and path.is_relative_to(out_dir):
            saves += 1
            if saves == 1:
                target = Path(kept) / path.relative_to(out_dir)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(destination, target)

    setattr(os, "replace", replace_and_keep)  # noqa: B010
    if device == "cuda":  # else atomic additions make two equal runs differ
        torch: Any = importlib.import_module("torch")
        torch.use_deterministic_algorithms(True, warn_only=True)
    sys.argv = [script, *arguments]
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        yield {"saves": saves, "peak_memory_mib": peak_memory(device)}


def peak_memory(device: str) -> float | None:
    """MiB that PyTorch's tensors took on the GPU, or this process in the main memory."""
    if device == "cuda":
        torch: Any = importlib.import_module("torch")
        return round(float(torch.cuda.max_memory_allocated()) / 2**20, 1)
    try:  # Linux: what getrusage calls this process's peak may be that of its parent
        with open("/proc/self/status", encoding="ascii") as file:
            peaks = [line.split()[1] for line in file if line.startswith("VmHWM:")]
        return round(int(peaks[0]) / 1024, 1)
    except (OSError, IndexError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    units = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * units / 2**20, 1)


def compare(first: str, second: str) -> Iterator[dict[str, Any]]:
    """How far two checkpoints are apart, without their `config`, which names their folders.

    `relative` is the L2 norm of the difference over that of the second, the greatest of all items.
    """
    torch: Any = importlib.import_module("torch")
    one, two = (torch.load(path, map_location="cpu", weights_only=True) for path in (first, second))
    unequal: list[str] = []
    relative = 0.0
    for item in sorted({*one, *two} - {"config"}):
        squares = [0.0, 0.0]
        left, right = dict(leaves(one.get(item), item)), dict(leaves(two.get(item), item))
        for name in sorted({*left, *right}):
            a: Any = left.get(name)
            b: Any = right.get(name)
            if torch.is_tensor(a) and torch.is_tensor(b) and a.shape == b.shape:
                unequal += [] if torch.equal(a, b) else [name]
                squares[0] += float((a.double() - b.double()).square().sum())
                squares[1] += float(b.double().square().sum())
            elif type(a) is not type(b) or torch.is_tensor(a) or a != b:
                unequal.append(name)
                squares[0] = math.inf
        if squares[0] != 0:
            ratio = (squares[0] / squares[1]) ** 0.5 if squares[1] else math.inf
            relative = max(relative, math.inf if math.isnan(ratio) else ratio)
    # JSON has no infinity.
    yield {"unequal": unequal, "relative": relative if math.isfinite(relative) else None}


def samples(folder: str) -> Iterator[dict[str, Any]]:
    """Count the samples: numbered files, or the rows of `samples` in an .npz file."""
    paths = [path for path in Path(folder).rglob("*") if path.is_file()]
    count = sum(path.stem.isdecimal() for path in paths)
    for path in paths:
        if path.suffix == ".npz":
            numpy: Any = importlib.import_module("numpy")
            with numpy.load(path, allow_pickle=False) as archive:
                count += len(archive["samples"])
    yield {"count": count}


def leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The tensors and plain values of nested containers, under dotted names."""
    if isinstance(value, dict | list | tuple):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            yield from leaves(inner, f"{name}.{key}")
    else:
        yield name, value


def main(command: str, result: str, *arguments: str) -> None:
    """Run one command; each finding that it yields replaces the one before."""
    sys.path[0] = os.getcwd()
    commands: dict[str, Any] = {
        "environment": environment,
        "modules": modules,
        "train": train,
        "compare": compare,
        "samples": samples,
    }
    for finding in commands[command](*arguments):
        Path(result).write_text(json.dumps(finding), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
