"""Exported files: they make the samples that PyTorch makes, whatever the batch."""

import functools
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import export
import sample_onnx
from models import Generator
from pictures import save_picture
from runtime import save_checkpoint

Made = tuple[Path, nn.Module]  # a folder of exported files, the generator they are of
WANTED = 'needs pip install -e ".[export]"'


def nowhere(name: str) -> None:
    """Stands in for find_spec where no package is installed."""


def untrained(checkpoint: Path) -> nn.Module:
    """The generator of a checkpoint at step 7, in which every input counts."""
    torch.manual_seed(0)
    generator = Generator().requires_grad_(False)
    for parameter in generator.parameters():
        parameter.add_(0.05 * torch.randn_like(parameter))  # what starts at zero too
    state = {"ema": generator}
    save_checkpoint(checkpoint, state, step=7, config={"batch_size": "4"})
    return generator.eval()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """All files, of one export for all tests: tracing takes seconds."""
    for package in ("onnx", "onnxscript", "onnxruntime", "safetensors"):
        pytest.importorskip(package, reason=WANTED)
    folder = tmp_path_factory.mktemp("export")
    generator = untrained(folder / "last.pt")
    scores = {"step": 7, "weights": "ema", "samples": 9, "real_samples": 8, "features": None}
    scores |= {"resize": "none", "seed": 1, "device": "cpu", "torch": "2"}
    record = scores | {"scores": {"distance": 1.25}, "floor": {"distance": 0.5}}
    (folder / "evaluation.jsonl").write_text(json.dumps(record) + "\n")
    found = export.export(folder / "last.pt", folder / "out", list(export.FORMATS))
    assert all(said.startswith("differs by") for said in found.values())
    return folder / "out", generator


def as_onnx(path: Path) -> Callable[..., Tensor]:
    """What ONNX Runtime makes of the inputs."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path / "generator.onnx")
    return lambda *inputs: torch.from_numpy(
        session.run(None, dict(zip(export.INPUTS, (x.numpy() for x in inputs), strict=True)))[0]
    )


def as_graph(path: Path) -> Callable[..., Tensor]:
    """What the graph of torch.export makes of them."""
    module: Callable[..., Tensor] = torch.export.load(path / "generator.pt2").module()
    return module


@pytest.mark.parametrize("load", [as_onnx, as_graph])
def test_batches_of_any_size(made: Made, load: Callable[[Path], Callable[..., Tensor]]) -> None:
    path, generator = made
    exported = load(path)
    for count in (1, 2, 7):
        inputs = export.example_inputs(count)
        samples = exported(*inputs)
        assert samples.shape == (count, *(1, 16, 16))
        limit = export.TOLERANCE
        assert torch.allclose(samples, generator(*inputs), rtol=limit, atol=limit)


def test_every_input_counts(made: Made) -> None:
    exported, inputs = as_onnx(made[0]), export.example_inputs(3)
    samples = exported(*inputs)
    for index in range(len(inputs)):
        others = [x.roll(1, 0) if i == index else x for i, x in enumerate(inputs)]
        assert not torch.equal(exported(*others), samples)


def test_weights_load_into_the_project(made: Made) -> None:
    from safetensors import safe_open
    from safetensors.torch import load_file

    path, generator = made
    loaded = load_file(path / "generator.safetensors")
    assert loaded.keys() == generator.state_dict().keys()
    assert all(torch.equal(value, loaded[name]) for name, value in generator.state_dict().items())
    with safe_open(path / "generator.safetensors", "pt") as file:
        assert file.metadata()["name"] == "digits-wgan-gp"
        assert file.metadata()["step"] == "7"


def test_the_sampler_draws_what_pytorch_draws(made: Made, tmp_path: Path) -> None:
    path, generator = made
    flags = ["--count", "11", "--seed", "3"]
    command = [sys.executable, str(path / "sample_onnx.py"), *flags]
    subprocess.run([*command, "--out", str(tmp_path / "grid.png")], check=True, cwd=tmp_path)
    inputs = sample_onnx.draw_inputs(sample_onnx.parse_args(flags))
    expected = generator(*(torch.from_numpy(inputs[name]) for name in export.INPUTS))
    save_picture(expected, tmp_path / "expected.png", columns=10)
    drawn, wanted = (
        np.asarray(Image.open(tmp_path / name), np.int16) for name in ("grid.png", "expected.png")
    )
    assert np.abs(drawn - wanted).max() <= 1  # a grey level


def test_the_card_says_what_it_is(made: Made) -> None:
    path, _ = made
    weights = [f"generator.{ending}" for ending in ("onnx", "pt2", "safetensors")]
    names = ["README.md", *weights, "sample_onnx.py"]
    assert sorted(file.name for file in path.iterdir()) == names
    card = (path / "README.md").read_text(encoding="utf-8")
    assert card.startswith("# digits-wgan-gp\n")
    assert "The weights are those of step 7" in card
    assert "| distance | 1.25 | 0.5 |" in card
    assert "| batch_size | 4 |" in card
    assert all(f"`{name}`: {said}" in card for name, said in export.INPUTS.items())


def test_a_file_that_differs_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("safetensors", reason=WANTED)
    untrained(tmp_path / "last.pt")
    monkeypatch.setattr(export, "TOLERANCE", -1.0)
    with pytest.raises(export.ExportError, match="gives other samples"):
        export.export(tmp_path / "last.pt", tmp_path / "out", ["safetensors"])
    assert list((tmp_path / "out").iterdir()) == []


def test_what_cannot_be_traced_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("safetensors", reason=WANTED)
    forward = Generator.forward

    @functools.wraps(forward)  # torch.export looks at the names of its arguments
    def branching(generator: Generator, *inputs: Tensor) -> Tensor:
        samples = forward(generator, *inputs)
        return samples if samples.sum() > 0 else -samples

    untrained(tmp_path / "last.pt")
    monkeypatch.setattr(Generator, "forward", branching)
    flags = ["--checkpoint", str(tmp_path / "last.pt"), "--out", str(tmp_path / "out")]
    monkeypatch.setattr(
        sys, "argv", ["export.py", *flags, "--formats", "safetensors", "torch_export"]
    )
    with pytest.raises(SystemExit, match=r"^error: .* cannot be traced: .*--formats safetensors\Z"):
        export.main()
    assert capfd.readouterr().err == ""
    assert list((tmp_path / "out").iterdir()) == []


def test_what_onnx_does_not_know_is_said_in_one_line(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, generator = made

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("step 3 of 3") from ValueError("no such operator\nand more about it")

    monkeypatch.setattr(torch.onnx, "export", fail)
    program = torch.export.load(path / "generator.pt2")
    with pytest.raises(export.ExportError, match=r"ONNX: no such operator; .* safetensors\Z"):
        export.write_onnx(program, tmp_path, generator)
    assert list(tmp_path.iterdir()) == []


def test_without_onnx_runtime_nothing_is_claimed(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, generator = made
    monkeypatch.setattr(importlib.util, "find_spec", nowhere)
    assert "not compared" in export.compare_onnx(path / "generator.onnx", generator)


def test_other_samples_are_noticed() -> None:
    generator = Generator().eval()
    with pytest.raises(export.ExportError, match="differ by"):
        export.compare("file", lambda *inputs: generator(*inputs) + 0.01, generator)
    with pytest.raises(export.ExportError, match="differ by"):
        export.compare("file", lambda *inputs: generator(*inputs) * float("nan"), generator)


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", nowhere)
    with pytest.raises(export.ExportError, match="onnxscript not installed: pip"):
        export.export(tmp_path / "last.pt", tmp_path, ["onnx"])


def test_without_a_checkpoint_the_next_step_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    flags = ["--checkpoint", str(tmp_path / "last.pt"), "--out", str(tmp_path / "out")]
    monkeypatch.setattr(sys, "argv", ["export.py", *flags, "--formats", "torch_export"])
    with pytest.raises(SystemExit, match=r"python train\.py"):
        export.main()
    assert not (tmp_path / "out").exists()
