"""Data sources: every option and layout, and every bad file with what is said about it."""

from __future__ import annotations

import ast
import gzip
import importlib.util
import inspect
import io
import math
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from loading_module import loading
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

DATA = Path(__file__).parents[1] / "templates" / "data"
SOURCES = sorted(path.stem for path in DATA.glob("[a-z]*.py"))
WITH_PATH = ["folder", "idx", "npz", "pairs", "patches", "text"]
RED, BLUE = (255, 0, 0), (0, 0, 255)


def component(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"data_{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # For the private library _files, and for a family's module with what that imports.
    needed = [str(DATA), str(DATA.parent / "families" / "sequence"), str(DATA.parent / "project")]
    sys.path[:0] = needed
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.path[: len(needed)]
    return module


loading()
MODULES = {name: component(DATA / f"{name}.py") for name in SOURCES}
STAND_INS = {name: component(DATA / "stand_in" / f"{name}.py") for name in WITH_PATH}
FILES = sys.modules["_files"]
DataError = FILES.DataError


def load(source: str, **options: Any) -> tuple[Tensor, Tensor]:
    loader: Callable[..., tuple[Tensor, Tensor]] = getattr(MODULES[source], f"load_{source}")
    options = {key: str(value) if key == "path" else value for key, value in options.items()}
    return loader(**options)


def stand_in(source: str, path: Path, **options: Any) -> None:
    STAND_INS[source].write_stand_in(path, **options)


def error(source: str, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        load(source, **options)
    return str(caught.value)


def fills(image: Tensor, colour: tuple[int, ...], tolerance: int = 0) -> bool:
    """Whether an image [C, H, W] has one colour."""
    expected = torch.tensor(colour).view(-1, 1, 1)
    return bool(((image.int() - expected).abs() <= tolerance).all())


# ------------------------------------------------------------------ the contract of a data source


@pytest.mark.parametrize("source", SOURCES)
def test_a_loader_has_options_with_descriptions(source: str) -> None:
    loader = getattr(MODULES[source], f"load_{source}")
    parameters = inspect.signature(loader).parameters.values()
    assert {p.kind for p in parameters} == {inspect.Parameter.KEYWORD_ONLY}
    described = re.findall(r"^ {4}(\w+): \S", inspect.getdoc(loader) or "", re.MULTILINE)
    assert [p.name for p in parameters] == [name for name in described if name != "DataError"]


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("digits", {"image_size": (8, 8)}),
        ("digits", {"image_size": (10, 16)}),
        ("folder", {"image_size": (6, 9), "channels": 1, "classes": 0}),
        ("folder", {"image_size": (9, 6), "channels": 3, "classes": 3}),
        ("folder", {"image_size": (5, 5), "channels": 4, "classes": 70}),
        ("pairs", {"image_size": (6, 9), "channels": 3, "source_channels": 1}),
        ("pairs", {"image_size": (8, 8), "channels": 1, "layout": "side_by_side"}),
        ("patches", {"image_size": (6, 9), "channels": 3}),
        ("patches", {"image_size": (8, 8), "channels": 1, "stride": 4}),
        ("npz", {"shape": (3, 4, 5), "classes": 0}),
        ("npz", {"shape": (1, 6, 6), "classes": 70, "samples_key": "x", "labels_key": "y"}),
        ("npz", {"shape": (7,), "classes": 2}),
        ("idx", {"image_size": (28, 28), "classes": 10}),
        ("idx", {"image_size": (5, 7), "classes": 0}),
        ("npz", {"shape": (2, 9), "classes": 3}),
        ("npz", {"shape": (1, 4, 5, 6), "classes": 2}),
        ("gaussian_1d", {}),
        ("swissroll", {"samples": 500}),
        ("waves", {"length": 256, "samples": 100}),
        ("solids", {"size": 8, "samples": 100}),
        ("ring", {"modes": 5}),
        ("grid", {"side": 3}),
        ("oracle", {"vocabulary": 30, "length": 5, "samples": 40}),
        ("text", {"vocabulary": 12, "length": 6}),
        ("text", {"vocabulary": 30, "length": 5, "tokens": "characters"}),
    ],
)
def test_samples_are_what_the_constants_promise(
    source: str, options: dict[str, Any], tmp_path: Path
) -> None:
    if source in WITH_PATH:
        given = inspect.signature(STAND_INS[source].write_stand_in).parameters
        path = tmp_path / "deep" / "data"
        stand_in(source, path, **{k: v for k, v in options.items() if k in given})
        samples, labels = load(source, path=path, **options)
        options = {"attributes": 0, "classes": 0, "source_channels": 3, **options}
        if source == "patches":  # 16 images of two by two tiles, the last ones overlap
            assert len(samples) == 16 * (9 if "stride" in options else 6)
        else:
            assert len(samples) == max(64, options["classes"])
    else:
        samples, labels = load(source, **options)
    module = MODULES[source]
    shape, classes, bounds = (
        eval(f"({getattr(module, name)})", {}, dict(options))
        for name in ("SHAPE", "CLASSES", "RANGE")
    )
    is_image = len(shape) == 3
    assert tuple(samples.shape[1:]) == tuple(shape)
    words = eval(getattr(module, "VOCABULARY", "0"), {}, dict(options))
    kind = torch.int64 if words else torch.float32
    assert samples.dtype == (torch.uint8 if is_image else kind)
    assert not words or 0 <= samples.min() < samples.max() < words
    assert bounds == (None if len(shape) == 1 else (-1.0, 1.0))
    if bounds and not is_image:
        assert samples.abs().max() <= 1
    assert labels.dtype == torch.int64
    assert labels.shape == (len(samples),)
    assert labels.bincount(minlength=classes).min() > 0
    assert labels.max() == max(0, classes - 1)
    assert samples.is_contiguous()
    samples[0] = 0  # the memory is its own, and can be written to


@pytest.mark.parametrize("source", WITH_PATH)
def test_a_stand_in_has_the_loader_s_options_and_is_always_the_same(
    source: str, tmp_path: Path
) -> None:
    known = inspect.signature(getattr(MODULES[source], f"load_{source}")).parameters
    given = inspect.signature(STAND_INS[source].write_stand_in).parameters
    assert set(given) <= set(known)
    assert [p for p in given if p != "path" and given[p].default != known[p].default] == []
    options: dict[str, Any] = {"image_size": (4, 4)}
    options = {"npz": {"shape": (1, 4, 4)}}.get(source, options)
    options = {"text": {"length": 5, "vocabulary": 9}}.get(source, options)
    options |= {"classes": 2} if "classes" in given else {}
    for name in ("a", "b"):
        stand_in(source, tmp_path / name, **options)
    first, second = (load(source, path=tmp_path / n, **options) for n in ("a", "b"))
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])


# ------------------------------------------------------------------ digits


def test_digits_are_those_of_the_uci_test_set() -> None:
    images, labels = load("digits")
    assert images.shape == (1797, 1, 8, 8)
    assert labels.bincount().tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    first = torch.tensor(
        [
            [0, 0, 5, 13, 9, 1, 0, 0],
            [0, 0, 13, 15, 10, 15, 5, 0],
            [0, 3, 15, 2, 0, 11, 8, 0],
            [0, 4, 12, 0, 0, 8, 8, 0],
            [0, 5, 8, 0, 0, 9, 8, 0],
            [0, 4, 11, 0, 1, 12, 7, 0],
            [0, 2, 14, 5, 10, 12, 0, 0],
            [0, 0, 6, 13, 10, 0, 0, 0],
        ]
    )
    assert torch.equal((images[0, 0] * (16 / 255)).round().long(), first)
    assert images.max() == 255
    assert len(set(images.flatten().tolist())) == 17


def test_digits_are_enlarged_without_being_moved() -> None:
    small, labels = load("digits")
    large, same_labels = load("digits", image_size=(32, 16))
    assert large.shape == (1797, 1, 32, 16)
    assert torch.equal(labels, same_labels)
    back = torch.nn.functional.avg_pool2d(large.float(), (4, 2))
    assert (back - small).abs().mean() < 12  # of 255: bicubic interpolation rounds off strokes


def test_digits_asset_is_small_and_free_of_objects() -> None:
    asset = DATA / "assets" / "digits.npz"
    assert asset.stat().st_size < 50_000
    with np.load(asset, allow_pickle=False) as arrays:
        assert {name: arrays[name].dtype for name in arrays} == {"images": "u1", "labels": "u1"}
    notice = (DATA / "assets" / "digits.txt").read_text()
    assert re.search(r"Alpaydin.*Kaynak", notice)
    assert "CC BY 4.0" in notice
    assert "rescaled" in notice
    assert MODULES["digits"].ASSETS == ["digits.npz", "digits.txt"]


# ------------------------------------------------------------------ folder: which files


def save(path: Path, image: Image.Image | None = None, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    (image or Image.new("RGB", (4, 4), RED)).save(path, **options)
    return path


def test_folder_order_is_alphabetical_and_independent_of_creation(tmp_path: Path) -> None:
    for name, level in [("b/1.png", 30), ("a/2.PNG", 20), ("c.jpg", 40), ("a/1.bmp", 10)]:
        save(tmp_path / name, Image.new("L", (4, 4), level))
    images, labels = load("folder", path=tmp_path, image_size=(4, 4), channels=1)
    assert images[:, 0, 0, 0].tolist() == [10, 20, 30, 40]
    assert labels.tolist() == [0, 0, 0, 0]


def test_folder_labels_are_the_places_of_the_subfolders(tmp_path: Path) -> None:
    for name, level in [
        ("owl/x.png", 3),
        ("cat/1.png", 1),
        ("dog/deep/1.png", 2),
        ("cat/2.png", 1),
    ]:
        save(tmp_path / name, Image.new("L", (4, 4), level))
    save(tmp_path / "cover.png")  # beside the class folders, in none of them
    images, labels = load("folder", path=tmp_path, image_size=(4, 4), channels=1, classes=3)
    assert labels.tolist() == [0, 0, 1, 2]
    assert images[:, 0, 0, 0].tolist() == [1, 1, 2, 3]


def test_folder_ignores_hidden_files_and_other_kinds(tmp_path: Path) -> None:
    save(tmp_path / "a" / "1.png")
    for name in [".DS_Store", "a/._1.png", ".thumbnails/1.png", "a/notes.txt", "Thumbs.db"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"not an image")
    (tmp_path / "folder.png").mkdir()
    assert len(load("folder", path=tmp_path, image_size=(4, 4))[0]) == 1
    (tmp_path / "folder.png").rmdir()
    assert len(load("folder", path=tmp_path, image_size=(4, 4), classes=1)[0]) == 1


def test_folder_path_may_start_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "pictures" / "1.png")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert len(load("folder", path="~/pictures", image_size=(4, 4))[0]) == 1


def test_folder_that_is_missing_or_empty(tmp_path: Path) -> None:
    gone, file = tmp_path / "gone", tmp_path / "file"
    file.write_bytes(b"")
    options = {"image_size": (4, 4)}
    for classes in (0, 2):
        message = error("folder", path=gone, classes=classes, **options)
        assert message == (
            f"{gone}: no such folder; name the folder that holds the images with --data-path"
        )
        assert f"{file}: not a folder" in error("folder", path=file, classes=classes, **options)
    (tmp_path / ".hidden.png").write_bytes(b"")
    message = error("folder", path=tmp_path, **options)
    assert message.startswith(f"{tmp_path}: no images here (1 other files were ignored); put in")
    assert ".jpg" in message


def test_folder_with_another_number_of_classes(tmp_path: Path) -> None:
    options = {"path": tmp_path, "image_size": (4, 4)}
    assert "2 class folders expected, 0 found (none)" in error("folder", classes=2, **options)
    for name in ("dog", "cat", "owl", ".cache"):
        save(tmp_path / name / "1.png")
    message = error("folder", classes=2, **options)
    assert message.startswith(f"{tmp_path}: 2 class folders expected, 3 found (cat, dog, owl)")
    assert "set `classes` to 3" in message
    (tmp_path / "cat" / "1.png").unlink()
    assert f"{tmp_path / 'cat'}: no images here" in error("folder", classes=3, **options)
    for number in range(20):
        (tmp_path / f"z{number}").mkdir()
    assert "z13, z14, and 13 more)" in error("folder", classes=2, **options)


# ------------------------------------------------------------------ folder: every kind of image


def halves(mode: str, left: Any, right: Any, size: tuple[int, int] = (16, 8)) -> Image.Image:
    """An image of two colours side by side."""
    image = Image.new(mode, size, left)
    image.paste(right, (size[0] // 2, 0, *size))
    return image


def palette(transparent: bool) -> Image.Image:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 255, 0, *RED])
    if transparent:
        image.info["transparency"] = 1
    return image


def animation(path: Path) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, BLUE)]
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)


SIXTEEN_BITS = Image.fromarray(np.full((4, 4), 0x8001, np.uint16))
KINDS: dict[str, tuple[str, Callable[[Path], Any], tuple[int, ...]]] = {
    "rgb": ("1.png", lambda path: save(path), (*RED, 255)),
    "grey": ("1.png", lambda path: save(path, Image.new("L", (4, 4), 7)), (7, 7, 7, 255)),
    "bilevel": ("1.png", lambda path: save(path, Image.new("1", (4, 4), 1)), (255,) * 4),
    "grey, alpha": (
        "1.png",
        lambda path: save(path, Image.new("LA", (4, 4), (0, 0))),
        (0, 0, 0, 0),
    ),
    "rgba": (
        "1.png",
        lambda path: save(path, Image.new("RGBA", (4, 4), (*RED, 51))),
        (*RED, 51),
    ),
    "palette": ("1.gif", lambda path: save(path, palette(False)), (*RED, 255)),
    "palette, transparent": ("1.png", lambda path: save(path, palette(True)), (*RED, 0)),
    "rgb with a transparent colour": (
        "1.png",
        lambda path: save(path, transparency=RED),
        (*RED, 0),
    ),
    "16 bits": ("1.png", lambda path: save(path, SIXTEEN_BITS), (128, 128, 128, 255)),
    "16 bits, tiff": ("1.tif", lambda path: save(path, SIXTEEN_BITS), (128, 128, 128, 255)),
    "16 bits, pgm": ("1.pgm", lambda path: save(path, SIXTEEN_BITS), (128, 128, 128, 255)),
    "cmyk": (
        "1.tif",
        lambda path: save(path, Image.new("CMYK", (4, 4), (0, 255, 255, 0))),
        (*RED, 255),
    ),
    "ycbcr": (
        "1.tiff",
        lambda path: save(path, Image.new("YCbCr", (4, 4), (9, 128, 128))),
        (9,) * 3,
    ),
    "animated gif": ("1.gif", animation, (*RED, 255)),
    "animated png": ("1.png", animation, (*RED, 255)),
    "animated webp": ("1.webp", animation, (*RED, 255)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_folder_reads_every_kind_of_image(kind: str, tmp_path: Path) -> None:
    name, write, (red, green, blue, *rest) = KINDS[kind]
    alpha = (rest or [255])[0]
    write(tmp_path / name)
    images, _ = load("folder", path=tmp_path, image_size=(4, 4), channels=4)
    visible = (red, green, blue) if alpha else tuple(images[0, :3, 0, 0].tolist())
    assert fills(images[0], (*visible, alpha))
    images, _ = load("folder", path=tmp_path, image_size=(4, 4), channels=3)
    on_white = [round(255 + (value - 255) * alpha / 255) for value in (red, green, blue)]
    assert fills(images[0], tuple(on_white), tolerance=1)
    images, _ = load("folder", path=tmp_path, image_size=(4, 4), channels=1)
    r, g, b = on_white
    assert fills(images[0], (round(0.299 * r + 0.587 * g + 0.114 * b),), tolerance=1)


def test_folder_turns_photos_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise: its left becomes its top
    save(tmp_path / "1.png", halves("RGB", RED, BLUE), exif=exif)
    save(tmp_path / "2.jpg", halves("RGB", RED, BLUE, (512, 256)), exif=exif, quality=95)
    images, _ = load("folder", path=tmp_path, image_size=(16, 8))
    for image in images:
        assert fills(image[:, :6], RED, tolerance=4)
        assert fills(image[:, 10:], BLUE, tolerance=4)


def test_folder_reduces_a_large_jpeg_as_exactly_as_a_png(tmp_path: Path) -> None:
    rows, columns = np.mgrid[0:800, 0:1200]
    waves = 127 + 120 * np.sin(rows / 60) * np.cos(columns / 45)
    image = Image.fromarray(waves.astype(np.uint8))
    save(tmp_path / "1.jpg", image, quality=98)
    save(tmp_path / "2.png", image)
    for resize in ("crop", "squash", "pad"):
        (a, b), _ = load("folder", path=tmp_path, image_size=(48, 40), channels=1, resize=resize)
        assert (a.int() - b.int()).abs().max() <= 3


def test_folder_resizing(tmp_path: Path) -> None:
    stripes = Image.new("RGB", (32, 8), "black")  # black, red, blue, black
    stripes.paste(RED, (8, 0, 16, 8))
    stripes.paste(BLUE, (16, 0, 24, 8))
    save(tmp_path / "1.png", stripes)

    def row(resize: str, image_size: tuple[int, int], channels: int = 3) -> Tensor:
        images, _ = load(
            "folder", path=tmp_path, image_size=image_size, resize=resize, channels=channels
        )
        return images[0]

    cropped = row("crop", (8, 16))
    assert fills(cropped[:, :, :8], RED)
    assert fills(cropped[:, :, 8:], BLUE)
    assert torch.equal(cropped, row("crop", (8, 16)))
    squashed = row("squash", (8, 8))
    assert fills(squashed[:, :, :1], (0, 0, 0), tolerance=30)
    assert fills(squashed[:, :, 2:3], RED, tolerance=60)
    padded = row("pad", (64, 32))
    assert fills(padded[:, :28], (255, 255, 255))
    assert torch.equal(padded[:, 28:36], row("squash", (8, 32)))
    assert fills(padded[:, 36:], (255, 255, 255))
    assert fills(row("pad", (64, 32), channels=4)[3, :28][None], (0,))
    assert fills(row("pad", (64, 32), channels=1)[:, :28], (255,))


def test_folder_upscales_and_survives_extreme_proportions(tmp_path: Path) -> None:
    save(tmp_path / "1.png", Image.new("RGB", (2, 2), BLUE))
    save(tmp_path / "2.png", Image.new("RGB", (500, 1), BLUE))
    save(tmp_path / "3.png", Image.new("RGB", (1, 1), BLUE))
    for resize in ("crop", "squash"):
        images, _ = load("folder", path=tmp_path, image_size=(20, 30), resize=resize)
        assert all(fills(image, BLUE) for image in images)
    assert load("folder", path=tmp_path, image_size=(20, 30), resize="pad")[0].shape[0] == 3


# ------------------------------------------------------------------ folder: bad files


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header promises many more pixels than the file has."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0"))


def test_folder_names_every_bad_file_at_once(tmp_path: Path) -> None:
    save(tmp_path / "good.png")
    noise = Image.fromarray(
        np.random.default_rng(0).integers(256, size=(64, 64, 3), dtype=np.uint8)
    )
    for name in ("cut.jpg", "cut.png"):
        whole = save(tmp_path / name, noise).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.png").write_text("this is not an image")
    (tmp_path / "empty.gif").write_bytes(b"")
    (tmp_path / "bomb.png").write_bytes(png_of_size(60_000, 60_000))
    (tmp_path / "link.png").symlink_to(tmp_path / "gone.png")
    save(tmp_path / "float.tif", Image.new("F", (4, 4)))
    save(tmp_path / "int32.tif", Image.new("I", (4, 4), 70_000))
    message = error("folder", path=tmp_path, image_size=(4, 4))
    first, *lines = message.splitlines()
    assert first == "8 of 9 images cannot be read; repair or remove them:"
    reasons = dict(line.strip().removeprefix(f"{tmp_path}/").split(": ", 1) for line in lines)
    assert list(reasons) == sorted(reasons)
    expected = {
        "cut.jpg": "truncated",
        "cut.png": "truncated",
        "text.png": "not an image",
        "empty.gif": "not an image",
        "bomb.png": "decompression bomb",
        "link.png": "No such file",
        "float.tif": "has floating-point pixels; save it with 8 or 16 bits",
        "int32.tif": "has 32-bit pixels; save it with 8 or 16 bits",
    }
    assert reasons.keys() == expected.keys()
    assert [name for name in expected if expected[name] not in reasons[name]] == []


def test_folder_names_ten_bad_files_and_counts_the_rest(tmp_path: Path) -> None:
    for number in range(13):
        (tmp_path / f"{number:02}.png").write_bytes(b"broken")
    lines = error("folder", path=tmp_path, image_size=(4, 4)).splitlines()
    assert lines[0].startswith("13 of 13 images cannot be read")
    assert [line.split(": ")[0].strip() for line in lines[1:-1]] == [
        str(tmp_path / f"{number:02}.png") for number in range(10)
    ]
    assert lines[-1].strip() == "and 3 more"


# ------------------------------------------------------------------ npz


def write_npz(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


PIXELS = np.random.default_rng(0).integers(256, size=(6, 3, 4, 5), dtype=np.uint8)


@pytest.mark.parametrize(
    ("array", "shape"),
    [
        (PIXELS, (3, 4, 5)),
        (PIXELS.transpose(0, 2, 3, 1), (3, 4, 5)),
        (PIXELS[:, 0], (1, 4, 5)),
        (PIXELS[:, :1], (1, 4, 5)),
        (PIXELS[:, 0, :, :, None], (1, 4, 5)),
        (PIXELS[:, :1, :1, :1], (1, 1, 1)),
        (PIXELS[:, :, :4, :3], (3, 4, 3)),
    ],
)
def test_npz_layouts(array: NDArray[Any], shape: tuple[int, ...], tmp_path: Path) -> None:
    path = write_npz(tmp_path / "x.npz", images=array)
    images, labels = load("npz", path=path, shape=shape)
    channels, height, width = shape
    assert torch.equal(images, torch.from_numpy(PIXELS[:, :channels, :height, :width].copy()))
    assert images.is_contiguous()
    assert labels.tolist() == [0] * 6


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4"])
def test_npz_floats_from_0_to_1_become_bytes(dtype: str, tmp_path: Path) -> None:
    path = write_npz(tmp_path / "x.npz", images=(PIXELS / 255).astype(dtype))
    images, _ = load("npz", path=path, shape=(3, 4, 5))
    assert torch.equal(images, torch.from_numpy(PIXELS))


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f8", "i8", "u1"])
def test_npz_vectors_become_float32(dtype: str, tmp_path: Path) -> None:
    vectors = np.arange(12).reshape(4, 3).astype(dtype)
    path = write_npz(tmp_path / "x.npz", x=vectors, y=np.array([0, 1, 1, 0], "i1"))
    samples, labels = load("npz", path=path, shape=(3,), samples_key="x", labels_key="y", classes=2)
    assert samples.dtype == torch.float32
    assert samples.tolist() == vectors.tolist()
    assert labels.tolist() == [0, 1, 1, 0]


def test_npz_reads_npy_and_compressed_files(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", PIXELS)
    np.savez_compressed(tmp_path / "x.npz", images=PIXELS)
    for name in ("x.npy", "x.npz"):
        images, _ = load("npz", path=tmp_path / name, shape=(3, 4, 5))
        assert torch.equal(images, torch.from_numpy(PIXELS))
    message = error("npz", path=tmp_path / "x.npy", shape=(3, 4, 5), classes=2)
    assert "no array 'labels', only images" in message
    stand_in("npz", tmp_path / "y.npy", shape=(3, 4, 5))
    assert isinstance(np.load(tmp_path / "y.npy"), np.ndarray)


@pytest.mark.parametrize("kind", ["npz", "compressed", "npy"])
@pytest.mark.parametrize(
    ("array", "shape"),
    [
        (PIXELS, (3, 4, 5)),
        (PIXELS.transpose(0, 2, 3, 1) / 255, (3, 4, 5)),
        (np.arange(12.0).reshape(4, 3), (3,)),
        (np.linspace(-1, 1, 24, dtype="f4").reshape(4, 2, 3), (2, 3)),
        (np.arange(24, dtype="i2").reshape(4, 3, 2), (2, 3)),
        (np.arange(72).reshape(3, 2, 3, 4) % 3 == 1, (1, 2, 3, 4)),
    ],
    ids=["bytes", "channels last", "vectors", "waves", "sound", "voxels"],
)
def test_npz_stored_by_columns(
    array: NDArray[Any], shape: tuple[int, ...], kind: str, tmp_path: Path
) -> None:
    def loaded(array: NDArray[Any]) -> Tensor:
        path = tmp_path / ("x.npy" if kind == "npy" else "x.npz")
        if kind == "npy":
            np.save(path, array)
        else:
            (np.savez if kind == "npz" else np.savez_compressed)(path, images=array)
        return load("npz", path=path, shape=shape)[0]

    by_columns = np.asfortranarray(array)
    assert not by_columns.flags.c_contiguous
    assert torch.equal(loaded(by_columns), loaded(np.ascontiguousarray(array)))
    if kind == "npy":
        path = tmp_path / "x.npy"
        np.save(path, by_columns)
        path.write_bytes(path.read_bytes()[:-1])
        assert "damaged" in error("npz", path=path, shape=shape)


def test_npz_ignores_the_labels_of_an_unlabelled_run(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "x.npz", images=PIXELS, labels=np.array(["a"] * 6))
    assert load("npz", path=path, shape=(3, 4, 5))[1].tolist() == [0] * 6


HOLES = PIXELS / 255
HOLES[2, 1, 3, 4] = np.nan
HOLES[5, 0, 0, :2] = -np.inf


def bad(array: Any, shape: tuple[int, ...], *says: str) -> Any:
    return pytest.param(array, shape, says, id=says[0])


@pytest.mark.parametrize(
    ("array", "shape", "says"),
    [
        bad(PIXELS, (3, 5, 4), "the images are [6, 3, 4, 5]", "[N, 3, 5, 4]", "[N, 5, 4, 3]"),
        bad(PIXELS[:, 0], (3, 4, 5), "the images are [6, 4, 5]", "set `shape`"),
        bad(PIXELS[:, :, :3, :3], (3, 3, 3), "channels first or last", "resize the samples"),
        bad(PIXELS / 127.5 - 1, (3, 4, 5), "floats from -1.0 to 1.0", "scale them to 0 to 1"),
        bad(PIXELS * 1.0, (3, 4, 5), "floats from 0.0 to 255.0", "or save uint8"),
        bad(np.float32(1.0000001) * np.ones((2, 1, 2, 2), "f4"), (1, 2, 2), "to 1.0000001"),
        bad(PIXELS.astype("i8"), (3, 4, 5), "the images are int64", "save uint8"),
        bad(PIXELS > 99, (3, 4, 5), "the images are bool"),
        bad(HOLES, (3, 4, 5), "2 of 6 samples have NaN", "first sample 2; remove or repair"),
        bad(np.zeros((0, 3, 4, 5), "u1"), (3, 4, 5), "'images' is empty"),
        bad(np.float32(3), (3,), "'images' is empty"),
        bad(np.ones((4, 3)), (2,), "the samples are float64 [4, 3], expected numbers [N, 2]"),
        bad(np.ones(4), (1,), "the samples are float64 [4], expected numbers [N, 1]"),
        bad(np.array([["a", "b"]]), (2,), "the samples are <U1 [1, 2]"),
        bad(np.ones((4, 3), "c8"), (3,), "the samples are complex64"),
        bad(np.array([[1.0], [np.inf], [np.nan]]), (1,), "2 of 3 samples", "first sample 1"),
        bad(np.array([[1.0], [1e300]]), (1,), "1 of 2 samples", "remove or repair"),
        bad(np.ones((4, 3, 2)), (3, 4), "the samples are [4, 3, 2], expected [N, 3, 4] or"),
        bad(np.ones((4, 3, 3)), (3, 3), "channels first or last", "resize the samples"),
        bad(np.ones((4, 9)) * 1.01, (1, 9), "floats from 1.01 to 1.01; scale them to -1 to 1"),
        bad(np.ones((4, 9), "u1"), (1, 9), "are uint8; save floats from -1 to 1, int16 or bool"),
        bad(np.full((4, 9), np.nan), (1, 9), "4 of 4 samples have NaN"),
        bad(np.ones((4, 5, 6)), (1, 4, 5, 6), "expected [N, 1, 4, 5, 6] or [N, 4, 5, 6, 1]"),
    ],
)
def test_npz_refuses_samples(
    array: NDArray[Any], shape: tuple[int, ...], says: tuple[str, ...], tmp_path: Path
) -> None:
    path = write_npz(tmp_path / "x.npz", images=array)
    message = error("npz", path=path, shape=shape)
    assert [part for part in says if part not in message] == []
    assert str(path) in message


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ([0, 1, 2], "the labels are int64 [3]; save one integer for each sample, [6]"),
        ([[0], [1], [0], [1], [0], [1]], "the labels are int64 [6, 1]"),
        ([0.0, 1, 0, 1, 0, 1], "the labels are float64 [6]"),
        (["a"] * 6, "the labels are <U1 [6]"),
        ([1, 2, 3, 1, 2, 3], "the labels go from 1 to 3, but 3 classes are numbered 0 to 2"),
        ([0, 1, 2, 0, 1, -1], "the labels go from -1 to 2"),
    ],
)
def test_npz_refuses_labels(labels: list[Any], says: str, tmp_path: Path) -> None:
    path = write_npz(tmp_path / "x.npz", images=PIXELS, labels=np.array(labels))
    message = error("npz", path=path, shape=(3, 4, 5), classes=3)
    assert message.startswith(f"{path}: {says}")


def test_npz_refuses_files(tmp_path: Path) -> None:
    def said(path: Path, **options: Any) -> str:
        return error("npz", path=path, shape=(3, 4, 5), **options).removeprefix(f"{path}: ")

    assert said(tmp_path / "gone.npz") == "no such file; name a .npz or .npy file with --data-path"
    assert said(tmp_path).startswith("no such file")
    good = write_npz(tmp_path / "good.npz", x=PIXELS, y=PIXELS)
    assert said(good).startswith("no array 'images', only x, y; set `samples_key`")
    assert "no array 'labels', only x, y" in said(good, samples_key="x", classes=2)
    assert "only an empty file" in said(write_npz(tmp_path / "none.npz"))
    content = good.read_bytes()
    damaged = bytearray(content)
    damaged[200:220] = bytes(20)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("images.npy", b"\x93NUMPY\x01\x00")
    for key, bad_content in [
        ("x", b""),
        ("x", b"text, not arrays"),
        ("x", content[: len(content) // 2]),
        ("x", bytes(damaged)),
        ("images", archive.getvalue()),
    ]:
        path = tmp_path / "bad.npz"
        path.write_bytes(bad_content)
        message = said(path, samples_key=key)
        assert re.match(r"cannot be read \(\w+\): damaged, not a NumPy file, or", message)


def test_npz_never_unpickles(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "exploded",))

    by_columns = np.asfortranarray([[Bomb(), Bomb()], [Bomb(), Bomb()]])
    for objects in (np.array([Bomb()], dtype=object), by_columns):
        path = write_npz(tmp_path / "x.npz", images=objects)
        np.save(tmp_path / "x.npy", objects, allow_pickle=True)
        for name in (path, tmp_path / "x.npy"):
            message = error("npz", path=name, shape=(1,))
            assert "Python objects, which are never unpickled; save numeric arrays" in message
            assert "allow_pickle" not in message
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("shape", [(2, 7), (1, 7), (2, 3, 4, 5), (1, 3, 4, 5)])
def test_npz_waves_and_voxels_become_float32(shape: tuple[int, ...], tmp_path: Path) -> None:
    values = np.random.default_rng(0).uniform(-1, 1, (6, *shape))
    expected = torch.from_numpy(values.astype(np.float32))
    layouts = [values, np.moveaxis(values, 1, -1), *([values[:, 0]] if shape[0] == 1 else [])]
    for array in layouts:
        for dtype in ("f4", "f8", ">f4"):
            path = write_npz(tmp_path / "x.npz", images=array.astype(dtype))
            samples, labels = load("npz", path=path, shape=shape)
            assert torch.equal(samples, expected)
            assert samples.is_contiguous()
            assert labels.tolist() == [0] * 6


def test_npz_scales_sound_and_occupancy(tmp_path: Path) -> None:
    sound = np.array([[-32768, 0, 16384]], np.int16)
    path = write_npz(tmp_path / "x.npz", images=sound, x=np.array([[[[True]]], [[[False]]]]))
    assert load("npz", path=path, shape=(1, 3))[0].tolist() == [[[-1.0, 0.0, 0.5]]]
    solid, _ = load("npz", path=path, shape=(1, 1, 1, 1), samples_key="x")
    assert solid.flatten().tolist() == [1.0, -1.0]
    assert solid.dtype == torch.float32


@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "?"])
def test_npz_attributes_take_the_place_of_labels(dtype: str, tmp_path: Path) -> None:
    given = np.array([[0, 1], [1, 1], [1, 0]] * 2).astype(dtype)
    path = write_npz(tmp_path / "x.npz", images=PIXELS, attributes=given, y=given)
    for options in ({}, {"classes": 3}, {"attributes_key": "y"}):  # no labels in the file
        samples, found = load("npz", path=path, shape=(3, 4, 5), attributes=2, **options)
        assert torch.equal(samples, torch.from_numpy(PIXELS))
        assert found.dtype == torch.float32
        assert found.tolist() == given.tolist()
    assert load("npz", path=path, shape=(3, 4, 5))[1].dtype == torch.int64
    constants = MODULES["npz"]
    assert eval(constants.ATTRIBUTES, {"attributes": 2}) == 2
    assert eval(constants.CLASSES, {"attributes": 2, "classes": 3}) == 0


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        (np.ones((6, 3)), "the attributes are float64 [6, 3], expected numbers [6, 2]; set `attr"),
        (np.ones((5, 2)), "the attributes are float64 [5, 2]"),
        (np.ones(6), "the attributes are float64 [6]"),
        (np.array([["a", "b"]] * 6), "the attributes are <U1 [6, 2]"),
        (np.array([[np.nan, 1]] * 6), "6 of 6 samples have NaN"),
    ],
)
def test_npz_refuses_attributes(attributes: NDArray[Any], says: str, tmp_path: Path) -> None:
    path = write_npz(tmp_path / "x.npz", images=PIXELS, attributes=attributes)
    message = error("npz", path=path, shape=(3, 4, 5), attributes=2)
    assert message.startswith(f"{path}: {says}")


def test_npz_stand_in_has_attributes(tmp_path: Path) -> None:
    stand_in("npz", tmp_path / "x.npz", shape=(1, 9), attributes=5, attributes_key="a")
    options = {"shape": (1, 9), "attributes": 5, "attributes_key": "a"}
    _, attributes = load("npz", path=tmp_path / "x.npz", **options)
    assert attributes.shape == (64, 5)
    message = error("npz", path=tmp_path / "x.npz", shape=(1, 9), attributes=5)
    assert "no array 'attributes', only images, a; set `samples_key`, `labels_key`" in message


# ------------------------------------------------------------------ idx

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def idx(array: NDArray[Any], kind: int = 8) -> bytes:
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, kind, array.ndim]) + sizes + array.tobytes()


def write_idx(
    folder: Path, images: bytes | None = None, labels: bytes | None = None, suffix: str = ""
) -> Path:
    images = idx(PIXELS[:, 0]) if images is None else images
    labels = idx(np.array([0, 1, 2, 0, 1, 2], "u1")) if labels is None else labels
    (folder / f"{IMAGES}{suffix}").write_bytes(images)
    (folder / f"{LABELS}{suffix}").write_bytes(labels)
    return folder


def test_idx_reads_plain_and_gzipped_files(tmp_path: Path) -> None:
    options = {"image_size": (4, 5), "classes": 3}
    expected = torch.from_numpy(PIXELS[:, :1].copy())
    write_idx(tmp_path)
    for path in (tmp_path, tmp_path / IMAGES, tmp_path / f"{IMAGES}.gz"):
        images, labels = load("idx", path=path, **options)
        assert torch.equal(images, expected)
        assert labels.tolist() == [0, 1, 2, 0, 1, 2]
    content = (tmp_path / IMAGES).read_bytes()
    (tmp_path / IMAGES).unlink()
    (tmp_path / f"{IMAGES}.gz").write_bytes(gzip.compress(content))  # beside plain labels
    for path in (tmp_path, tmp_path / IMAGES, tmp_path / f"{IMAGES}.gz"):
        assert torch.equal(load("idx", path=path, **options)[0], expected)


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
        ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
        ("emnist-letters-train-images-idx3-ubyte.gz", "emnist-letters-train-labels-idx1-ubyte.gz"),
    ],
)
def test_idx_finds_the_labels_beside_any_images_file(
    images: str, labels: str, tmp_path: Path
) -> None:
    stand_in("idx", tmp_path / images, image_size=(3, 3), classes=4)
    assert sorted(path.name for path in tmp_path.iterdir()) == [images, labels]
    gzipped = (tmp_path / images).read_bytes()[:2] == b"\x1f\x8b"
    assert gzipped == images.endswith(".gz")
    assert load("idx", path=tmp_path / images, image_size=(3, 3), classes=4)[1].max() == 3


def test_idx_needs_no_labels_without_classes(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_bytes(idx(PIXELS[:, 0]))
    _, labels = load("idx", path=tmp_path / "pictures", image_size=(4, 5), classes=0)
    assert labels.tolist() == [0] * 6
    message = error("idx", path=tmp_path / "pictures", image_size=(4, 5), classes=3)
    assert "no name for its labels file; rename it to NAME-images-idx3-ubyte" in message


@pytest.mark.parametrize(
    ("images", "says"),
    [
        (b"", "starts with the bytes of an empty file, expected 00 00 08 03"),
        (b"P5 4 5", "starts with the bytes 50 35 20 34, expected 00 00 08 03; give an idx3 file"),
        (idx(PIXELS[:, 0, 0]), "starts with the bytes 00 00 08 02"),
        (idx(PIXELS[:, 0].astype(">f4"), 13), "starts with the bytes 00 00 0d 03"),
        (idx(PIXELS[:, 0])[:-1], "135 bytes where its header [6, 4, 5] means 136"),
        (idx(PIXELS[:, 0]) + b"\0", "137 bytes where its header [6, 4, 5] means 136"),
        (idx(PIXELS[:, 0])[:9], "its header [6, 0, 0] means that it is empty"),
        (idx(PIXELS[:0, 0]), "its header [0, 4, 5] means that it is empty; fetch the file again"),
        (
            bytes([0, 0, 8, 3]) + b"\xff" * 12,
            f"16 bytes where its header [{2**32 - 1}, {2**32 - 1}, {2**32 - 1}] means "
            f"{16 + (2**32 - 1) ** 3}",
        ),
        (gzip.compress(idx(PIXELS[:, 0]))[:-20], "cannot be read (Compressed file ended"),
        (b"\x1f\x8b" + bytes(30), "cannot be read (Unknown compression method"),
        (idx(PIXELS[:, 0, :, :4]), "the images are [4, 4], expected [4, 5]; set `image_size`"),
    ],
)
def test_idx_refuses_images(images: bytes, says: str, tmp_path: Path) -> None:
    write_idx(tmp_path, images)
    message = error("idx", path=tmp_path, image_size=(4, 5), classes=3)
    assert message.startswith(f"{tmp_path / IMAGES}: {says}")


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (idx(PIXELS[:, 0]), "starts with the bytes 00 00 08 03, expected 00 00 08 01"),
        (idx(np.zeros(5, "u1")), "the labels are uint8 [5]; save one integer for each sample, [6]"),
        (idx(np.arange(6, dtype="u1")), "the labels go from 0 to 5, but 3 classes are numbered"),
    ],
)
def test_idx_refuses_labels(labels: bytes, says: str, tmp_path: Path) -> None:
    write_idx(tmp_path, labels=labels)
    message = error("idx", path=tmp_path, image_size=(4, 5), classes=3)
    assert message.startswith(f"{tmp_path / LABELS}: {says}")


def test_idx_files_that_are_missing(tmp_path: Path) -> None:
    message = error("idx", path=tmp_path)
    assert message.startswith(
        f"{tmp_path / IMAGES}: no such file, nor {IMAGES}.gz; name its folder"
    )
    write_idx(tmp_path)
    (tmp_path / LABELS).unlink()
    message = error("idx", path=tmp_path, image_size=(4, 5))
    assert message.startswith(f"{tmp_path / LABELS}: no such file, nor {LABELS}.gz")


# ------------------------------------------------------------------ synthetic distributions


@pytest.mark.parametrize("source", ["gaussian_1d", "grid", "ring", "solids", "swissroll", "waves"])
def test_synthetic_data_have_a_generator_of_their_own(source: str) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = load(source, samples=1000)
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(2)
    again, other = load(source, samples=1000), load(source, samples=1000, seed=1)
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])
    expected = {"solids": 2_000, "waves": 4_000}.get(source, 100_000)
    assert len(load(source)[0]) == expected


def test_gaussian_1d_has_its_moments() -> None:
    numbers, labels = load("gaussian_1d")
    assert numbers.shape == (100_000, 1)
    assert abs(numbers.mean() - 4) < 0.02
    assert abs(numbers.std() - 1.25) < 0.02
    assert not labels.any()
    numbers, _ = load("gaussian_1d", mean=-2.0, std=0.5, samples=50_000, seed=3)
    assert numbers.shape == (50_000, 1)
    assert abs(numbers.mean() + 2) < 0.02
    assert abs(numbers.std() - 0.5) < 0.02


CASES: list[tuple[str, dict[str, Any], float]] = [
    ("ring", {}, 0.01),
    ("ring", {"modes": 3, "radius": 2.0, "std": 0.3}, 0.3),
    ("grid", {}, 0.05),
    ("grid", {"side": 2, "spacing": 3.0, "std": 0.4}, 0.4),
]


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize(("source", "options", "std"), CASES)
def test_mixtures_lie_around_their_modes(
    source: str, options: dict[str, Any], std: float, standardize: bool
) -> None:
    centres, width = getattr(MODULES[source], f"{source}_modes")(**options, standardize=standardize)
    points, labels = load(source, **options, standardize=standardize)
    assert centres.dtype == torch.float32
    noise = (points - centres[labels]) / width
    assert abs(noise.std() - 1) < 0.02
    assert noise.mean().abs() < 0.02
    high_quality = (noise.norm(dim=1) < 3).float().mean()  # 1 - exp(-4.5)
    assert abs(high_quality - 0.9889) < 0.002
    count = len(centres)
    assert labels.bincount(minlength=count).min() > 0.9 * len(points) / count
    if standardize:
        assert abs(points.square().mean().sqrt() - 1) < 0.01
    else:
        assert width == std


def test_modes_are_pacgan_s() -> None:
    centres, _ = MODULES["ring"].ring_modes()
    expected = [(math.cos(i * math.pi / 4), math.sin(i * math.pi / 4)) for i in range(8)]
    torch.testing.assert_close(centres, torch.tensor(expected))
    centres, _ = MODULES["grid"].grid_modes()
    axis = [-4.0, -2.0, 0.0, 2.0, 4.0]
    assert sorted(centres.tolist()) == [[x, y] for x in axis for y in axis]


@pytest.mark.parametrize("source", ["ring", "grid"])
def test_modes_have_the_loader_s_defaults(source: str) -> None:
    modes = inspect.signature(getattr(MODULES[source], f"{source}_modes")).parameters
    loader = inspect.signature(getattr(MODULES[source], f"load_{source}")).parameters
    assert {n: p.default for n, p in modes.items()}.items() <= {
        n: p.default for n, p in loader.items()
    }.items()


def test_swissroll_is_scikit_learn_s() -> None:
    points, labels = load("swissroll", noise=0.0)
    radius, angle = 7.5 * points.norm(dim=1), torch.atan2(points[:, 1], points[:, 0])
    assert 1.5 * math.pi <= radius.min() < 4.72
    assert 14.1 < radius.max() <= 4.5 * math.pi
    torch.testing.assert_close((radius - angle).cos(), torch.ones(100_000), atol=1e-4, rtol=0)
    histogram = torch.histc(radius, 10)
    assert histogram.min() > 9_500  # uniform along the angle
    assert not labels.any()
    noisy, _ = load("swissroll", scale=1.0, noise=0.5)
    assert abs((noisy - points * 7.5).std() - 0.5) < 0.01
    assert 0.85 < load("swissroll")[0].std() < 1


@pytest.mark.parametrize("length", [256, 1024, 4000])
def test_waves_are_of_four_kinds(length: int) -> None:
    waves, labels = load("waves", length=length, samples=400)
    waves = waves.squeeze(1)
    torch.testing.assert_close(waves.abs().amax(1), torch.full((400,), 0.9))
    loud = waves.square().unflatten(1, (4, -1)).mean(2)  # in each quarter
    assert (loud[labels == 0, 0] > 2 * loud[labels == 0, 3]).all()  # dies away
    assert (loud[labels == 3, 0] > 2 * loud[labels == 3, 3]).all()
    assert (loud[labels == 1] > 0.2).all()  # as loud throughout
    assert (waves[labels == 2] >= 0).all()
    spectrum = torch.fft.rfft(waves).abs().square()
    low = spectrum[:, 1:72].sum(1) / spectrum[:, 1:].sum(1)  # the highest pitch is 64
    assert low[labels < 3].min() > 0.95
    assert low[labels == 3].max() < (0.9 if length == 256 else 0.5)
    turns = (waves[:, 1:] * waves[:, :-1] < 0).unflatten(1, (-1, 3)) if length == 4000 else None
    if turns is not None:  # a chirp passes through 0 more often at its end
        halves = turns[labels == 1].flatten(1)
        assert (halves[:, :1333].sum(1) < halves[:, 2666:].sum(1)).all()


@pytest.mark.parametrize("size", [8, 16, 24])
def test_solids_are_of_three_kinds(size: int) -> None:
    solids, labels = load("solids", size=size, samples=150)
    inside = solids.squeeze(1) > 0
    share = inside.float().mean((1, 2, 3))
    assert share.min() > 0.002
    assert share.max() < 0.5
    axis = (torch.arange(size) + 0.5) * (2 / size) - 1
    places = torch.cartesian_prod(axis, axis, axis)
    for solid, label in zip(inside, labels.tolist(), strict=True):
        points = places[solid.flatten()]
        centre = points.mean(0)
        spread = torch.linalg.eigvalsh((points - centre).T @ (points - centre) / len(points)).sqrt()
        assert centre.abs().max() < 0.25
        nearest = (places - centre).norm(dim=1).argmin()
        middle = bool(solid.flatten()[nearest])
        if label == 0:  # as wide in every direction, and full
            assert middle
            assert spread[0] > 0.75 * spread[2]
            radius = (points - centre).norm(dim=1).max()
            assert abs(len(points) * (2 / size) ** 3 / (4 / 3 * math.pi * radius**3) - 1) < 0.5
        elif label == 2 and size > 8:  # flat, with a hole
            assert not middle
            assert spread[0] < 0.6 * spread[1]


# ------------------------------------------------------------------ pictures


def picture_of(name: str, samples: Tensor, path: Path, **options: Any) -> NDArray[Any]:
    folder = DATA.parent / "pictures"
    sys.path.insert(0, str(folder))  # for the private library _tiles
    try:
        component(folder / f"{name}.py").save_picture(samples, path / "deep" / "x.png", **options)
    finally:
        sys.path.remove(str(folder))
    return np.asarray(Image.open(path / "deep" / "x.png"))


def test_every_rank_of_samples_has_one_kind_of_picture() -> None:
    files = sorted((DATA.parent / "pictures").glob("[a-z]*.py"))
    sys.path.insert(0, str(DATA.parent / "pictures"))
    try:
        ranks = {path.stem: component(path).RANK for path in files}
    finally:
        sys.path.remove(str(DATA.parent / "pictures"))
    assert ranks == {"vectors": 1, "waves": 2, "images": 3, "voxels": 4}


def test_waves_are_drawn_as_lines(tmp_path: Path) -> None:
    flat, high, low = torch.zeros(1, 50), torch.ones(1, 50), torch.full((1, 50), -7.0)
    pixels = picture_of("waves", torch.stack([flat, high, low]), tmp_path, columns=3)
    assert pixels.shape == (64 + 4, 3 * 162 + 2)
    tiles = [pixels[2:66, 2 + 162 * i : 162 + 162 * i] for i in range(3)]
    dark = [np.flatnonzero((tile < 100).any(1)).tolist() for tile in tiles]
    assert dark[1:] == [[0], [63]]  # what is out of range lies at the edge
    assert dark[0] in ([31], [32])
    assert all((tile < 100).any(0).all() for tile in tiles)  # from end to end
    step = torch.cat([flat - 0.5, flat + 0.5], dim=1)[None]
    once = picture_of("waves", step, tmp_path)[2:66, 2:162] < 100
    rows = once.argmax(0)
    assert once[:, 81:].any()
    assert rows[10] > 40 > 20 > rows[-10]  # up is up, and time goes to the right


@pytest.mark.parametrize("shape", [(5, 1, 1), (4, 2, 300), (1, 3, 20_000)])
def test_waves_of_any_size_are_drawn(shape: tuple[int, ...], tmp_path: Path) -> None:
    samples = torch.randn(shape, dtype=torch.bfloat16, requires_grad=True)
    pixels = picture_of("waves", samples, tmp_path)
    columns = math.ceil(math.sqrt(shape[0]))
    rows = math.ceil(shape[0] / columns)
    assert pixels.shape == (rows * (64 * shape[1] + 2) + 2, columns * 162 + 2)
    broken = torch.full(shape, math.nan)
    assert picture_of("waves", broken, tmp_path).shape == pixels.shape


def test_voxels_are_seen_from_three_sides(tmp_path: Path) -> None:
    voxels = -torch.ones(1, 1, 4, 8, 8)
    voxels[0, 0, 0, 1, 2] = 1.0  # in front, near the top, left of the middle
    voxels[0, 0, 3, 6, 2] = 0.5  # at the back
    pixels = picture_of("voxels", voxels, tmp_path)[2:-2, 2:-2]
    assert pixels.shape == (8 * 8, 8 * (9 + 9 + 9))
    small = pixels[::8, ::8]
    front, above, side = small[:, :8], small[:4, 9:17], small[:, 18:26]
    assert sorted(zip(*front.nonzero(), strict=True)) == [(1, 2), (6, 2)]
    assert front[1, 2] == 255
    assert front[6, 2] == 80  # the farthest, but not black
    assert sorted(zip(*above.nonzero(), strict=True)) == [(0, 2), (3, 2)]
    assert above[0, 2] > above[3, 2]
    assert np.count_nonzero(side) == 2


@pytest.mark.parametrize("shape", [(5, 1, 3, 5, 7), (4, 2, 16, 16, 16), (1, 1, 80, 70, 60)])
def test_voxels_of_any_size_are_drawn(shape: tuple[int, ...], tmp_path: Path) -> None:
    samples = torch.randn(shape, requires_grad=True)
    pixels = picture_of("voxels", samples, tmp_path, columns=2)
    assert pixels.max() == 255
    assert pixels.ndim == 2


# ------------------------------------------------------------------ how the files are written


@pytest.mark.parametrize("path", sorted(DATA.rglob("*.py")), ids=lambda path: path.stem)
def test_files_are_short_and_import_only_what_projects_have(path: Path) -> None:
    tree = ast.parse(path.read_text())
    allowed = {
        "numpy",
        "PIL",
        "torch",
        "annotated_types",
        "_files",
        "loading",
        "vocabulary",
    } | sys.stdlib_module_names
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] in allowed
        elif isinstance(node, ast.Import):
            assert {alias.name.split(".")[0] for alias in node.names} <= allowed
        elif isinstance(node, ast.FunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < 40, node.name
            # Nested functions explain themselves by their place.
            assert ast.get_docstring(node) or node not in tree.body, node.name


# ------------------------------------------------------------------ pairs


def test_pairs_are_partners_by_name(tmp_path: Path) -> None:
    for index, name in enumerate(["b", "a", "deep/c"]):
        save(tmp_path / "source" / f"{name}.png", Image.new("L", (4, 4), 10 * index))
        save(tmp_path / "target" / f"{name}.bmp", Image.new("RGB", (4, 4), (index, 0, 0)))
    images, _ = load("pairs", path=tmp_path, image_size=(4, 4), source_channels=1)
    assert images.shape == (3, 4, 4, 4)
    assert images[:, 0, 0, 0].tolist() == [10, 0, 20]  # in the order of their names
    assert images[:, 1, 0, 0].tolist() == [1, 0, 2]


@pytest.mark.parametrize("left", ["source", "target"])
def test_pairs_lie_side_by_side(tmp_path: Path, left: str) -> None:
    both = Image.new("RGB", (8, 4), RED)
    both.paste(BLUE, (4, 0, 8, 4))
    save(tmp_path / "one.png", both)
    images, _ = load("pairs", path=tmp_path, image_size=(4, 4), layout="side_by_side", left=left)
    source, target = images[0].split(3)
    assert fills(source, RED if left == "source" else BLUE)
    assert fills(target, BLUE if left == "source" else RED)


def test_pairs_that_are_none_are_named(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(tmp_path / "source" / f"{name}.png")
    assert "target: no such folder" in error("pairs", path=tmp_path, image_size=(4, 4))
    save(tmp_path / "target" / "a.png")
    message = error("pairs", path=tmp_path, image_size=(4, 4))
    assert message.startswith("1 images have no partner of the same name in ")
    assert message.endswith(str(tmp_path / "source" / "b.png"))
    save(tmp_path / "target" / "b.png", Image.new("RGB", (5, 4)))
    message = error("pairs", path=tmp_path, image_size=(4, 4))
    assert "1 pairs of images of different sizes" in message
    assert "b.png 4x4" in message
    assert message.endswith("b.png 5x4")
    save(tmp_path / "target" / "b.bmp", Image.new("RGB", (4, 4)))
    assert "differ in their ending alone" in error("pairs", path=tmp_path, image_size=(4, 4))


def test_damaged_pairs_are_named(tmp_path: Path) -> None:
    for folder in ("source", "target"):
        save(tmp_path / folder / "a.png")
        save(tmp_path / folder / "b.png")
    (tmp_path / "target" / "a.png").write_bytes(b"no picture")
    message = error("pairs", path=tmp_path, image_size=(4, 4))
    assert "1 of 2 images cannot be read" in message
    assert f"its partner {tmp_path / 'target' / 'a.png'} is not an image" in message


def test_halves_of_uneven_width_are_named(tmp_path: Path) -> None:
    save(tmp_path / "odd.png", Image.new("RGB", (9, 4)))
    message = error("pairs", path=tmp_path, image_size=(4, 4), layout="side_by_side")
    assert "odd.png: is 9 pixels wide, which does not halve" in message


# ------------------------------------------------------------------ patches


def test_patches_cover_every_pixel(tmp_path: Path) -> None:
    levels = np.arange(70, dtype=np.uint8).reshape(7, 10)
    save(tmp_path / "a.png", Image.fromarray(levels))
    images, _ = load("patches", path=tmp_path, image_size=(3, 4), channels=1)
    assert images.shape == (9, 1, 3, 4)  # rows 0, 3, 4 and columns 0, 3, 6 with a stride of 3
    assert set(images.flatten().tolist()) == set(range(70))
    assert torch.equal(images[-1, 0], torch.from_numpy(levels[4:, 6:]))


def test_patches_of_images_that_are_too_small_are_named(tmp_path: Path) -> None:
    save(tmp_path / "large.png", Image.new("RGB", (20, 20)))
    save(tmp_path / "small.png", Image.new("RGB", (20, 7)))
    message = error("patches", path=tmp_path, image_size=(8, 8))
    assert "1 of 2 images are smaller than a tile of 8x8" in message
    assert message.endswith("small.png: 7x20")


def test_patches_of_a_photo_on_its_side(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    save(tmp_path / "a.jpg", Image.new("RGB", (16, 8)), exif=exif)
    assert len(load("patches", path=tmp_path, image_size=(16, 8))[0]) == 1
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    assert "b.jpg" in error("patches", path=tmp_path, image_size=(16, 8))
