"""Captions: what images and an encoder become, and every bad file with what is said about it."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from loading_module import loading
from PIL import Image
from test_data_components import component
from torch import Tensor, nn

DATA = Path(__file__).parents[1] / "templates" / "data"
loading()
SOURCE: ModuleType = component(DATA / "captions.py")
STAND_IN: ModuleType = component(DATA / "stand_in" / "captions.py")
LENGTH, SIZE = 12, 5


class Lengths(nn.Module):
    """A caption's number of bytes, and its first byte."""

    def forward(self, captions: Tensor) -> Tensor:
        return torch.stack([(captions > 0).sum(1), captions[:, 0]], dim=1).float()


class Infinite(Lengths):
    """Numbers that are not finite."""

    def forward(self, captions: Tensor) -> Tensor:
        return super().forward(captions) / 0


def save_encoder(file: Path, module: nn.Module, length: int = LENGTH) -> None:
    example = torch.ones(3, length, dtype=torch.int64)
    shapes = ({0: torch.export.Dim("captions")},)
    torch.export.save(torch.export.export(module, (example,), dynamic_shapes=shapes), file)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two images, one in a subfolder, with captions and the encoder."""
    (tmp_path / "sub").mkdir()
    for name, captions in (("a", "red\n\n bright \n"), ("sub/b", "grün")):
        Image.new("RGB", (8, 8), "red").save(tmp_path / f"{name}.png")
        (tmp_path / f"{name}.txt").write_text(captions, encoding="utf-8")
    save_encoder(tmp_path / "encoder.pt2", Lengths())
    return tmp_path


def load(folder: Path, **options: Any) -> tuple[Tensor, Tensor]:
    read: Callable[..., tuple[Tensor, Tensor]] = SOURCE.load_captions
    usual = {"image_size": (SIZE, SIZE), "attributes": 2, "length": LENGTH}
    return read(path=str(folder), **{**usual, **options})


def error(folder: Path, **options: Any) -> str:
    with pytest.raises(sys.modules["_files"].DataError) as caught:
        load(folder, **options)
    return str(caught.value)


def test_attributes_are_means_over_what_the_encoder_makes_of_captions(folder: Path) -> None:
    images, attributes = load(folder)
    assert images.shape == (2, 3, SIZE, SIZE)
    assert images.dtype is torch.uint8
    assert attributes.dtype is torch.float32
    # "red" and "bright"; "grün" has five bytes
    assert attributes.tolist() == [[4.5, (ord("r") + ord("b")) / 2], [5, ord("g")]]


def test_an_image_without_captions_and_captions_without_an_image_are_named(folder: Path) -> None:
    (folder / "sub" / "b.txt").rename(folder / "sub" / "c.txt")
    message = error(folder)
    assert "1 of 2 images have no captions, 1 files of captions no image" in message
    assert f"{folder / 'sub' / 'b.png'}: no b.txt" in message
    assert f"{folder / 'sub' / 'c.txt'}: no image" in message


def test_a_caption_that_is_too_long_is_named_with_its_line(folder: Path) -> None:
    (folder / "a.txt").write_text("short\n" + 13 * "x")
    assert error(folder).startswith(f"{folder / 'a.txt'}:2: this caption has 13 bytes")


@pytest.mark.parametrize(
    ("content", "said"), [(b"\n \n", "no caption in it"), (b"\xff\xfe\xff", "cannot be read")]
)
def test_a_file_without_captions_is_named(folder: Path, content: bytes, said: str) -> None:
    (folder / "a.txt").write_bytes(content)
    assert error(folder).startswith(f"{folder / 'a.txt'}: {said}")


def test_a_bad_encoder_is_named(folder: Path) -> None:
    assert "no such file" in error(folder, encoder="other.pt2")
    (folder / "other.pt2").write_bytes(b"nothing")
    assert "no encoder of torch.export" in error(folder, encoder="other.pt2")
    assert "makes [3, 2] of 3 captions, expected [3, 7]" in error(folder, attributes=7)
    assert "does not take captions" in error(folder, length=LENGTH + 1)
    save_encoder(folder / "encoder.pt2", Infinite())
    assert "not finite" in error(folder)


def test_the_stand_in_can_be_loaded(tmp_path: Path) -> None:
    options = {"image_size": (4, 6), "attributes": 5, "channels": 1, "length": 30}
    STAND_IN.write_stand_in(tmp_path / "data", **options)
    images, attributes = load(tmp_path / "data", **options)
    assert images.shape == (64, 1, 4, 6)
    assert attributes.shape == (64, 5)
    assert len(attributes.unique(dim=0)) > 5
