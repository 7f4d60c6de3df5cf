"""Decoded data in files: the same batches from everywhere, whole files or none, little memory."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np
import pytest
import torch
from loading_module import loading
from PIL import Image

ROOT = Path(__file__).parents[1]
DATA = ROOT / "templates" / "data"
LOADING = loading()
SHAPE = (40, 3, 8, 8)
CPU = torch.device("cpu")


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of cached files."""
    monkeypatch.setattr(LOADING, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    monkeypatch.syspath_prepend(str(DATA))
    modules = {}
    for name in ("folder", "npz"):
        spec = importlib.util.spec_from_file_location(f"cached_{name}", DATA / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(modules[name])
    return modules


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(SHAPE[0]):
        pixels = random.integers(256, size=(8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index:03}.png")
    return folder


def load_photos(sources: dict[str, ModuleType], photos: Path, cache: str) -> torch.Tensor:
    samples: torch.Tensor = sources["folder"].load_folder(
        path=str(photos), image_size=(8, 8), cache=cache
    )[0]
    return samples


def files_in(folder: Path) -> list[str]:
    return sorted(path.suffix for path in folder.iterdir() if path.suffix != ".lock")


def test_folder_is_the_same_from_memory_and_from_disk(
    sources: dict[str, ModuleType], photos: Path, caches: Path
) -> None:
    in_memory = load_photos(sources, photos, "memory")
    assert not caches.exists()
    assert torch.equal(load_photos(sources, photos, "disk"), in_memory)
    assert files_in(caches) == [".npy"]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["npz", "compressed", "npy"])
@pytest.mark.parametrize("block", [1, 1_000, 2**26])
def test_npz_is_the_same_from_memory_and_from_disk(
    sources: dict[str, ModuleType],
    tmp_path: Path,
    caches: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    block: int,
    order: Literal["C", "F"],
) -> None:
    pixels = np.random.default_rng(0).integers(256, size=SHAPE, dtype=np.uint8).copy(order)
    path = tmp_path / ("x.npy" if kind == "npy" else "x.npz")
    if kind == "npy":
        np.save(path, pixels)
    else:
        (np.savez if kind == "npz" else np.savez_compressed)(path, images=pixels)
    monkeypatch.setattr(LOADING, "BLOCK", block)
    for cache in ("memory", "disk", "disk"):
        samples, _ = sources["npz"].load_npz(path=str(path), shape=SHAPE[1:], cache=cache)
        assert np.array_equal(samples.numpy(), pixels)
    assert files_in(caches) == [".npy"]


def test_a_second_run_decodes_nothing(
    sources: dict[str, ModuleType],
    photos: Path,
    caches: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = load_photos(sources, photos, "disk")
    monkeypatch.setattr(sources["folder"], "decoded", lambda *_, **__: pytest.fail("decoded"))
    assert torch.equal(load_photos(sources, photos, "disk"), first)


@pytest.mark.parametrize("change", ["content", "name", "new", "option"])
def test_changed_files_or_options_make_another_cache(
    sources: dict[str, ModuleType], photos: Path, caches: Path, change: str
) -> None:
    load_photos(sources, photos, "disk")
    size = 8
    if change == "content":
        time.sleep(0.02)
        Image.new("RGB", (8, 8)).save(photos / "000.png")
    elif change == "name":
        (photos / "000.png").rename(photos / "999.png")
    elif change == "new":
        Image.new("RGB", (8, 8)).save(photos / "zzz.png")
    else:
        size = 4
    load = sources["folder"].load_folder
    in_memory, _ = load(path=str(photos), image_size=(size, size), cache="memory")
    on_disk, _ = load(path=str(photos), image_size=(size, size), cache="disk")
    assert torch.equal(in_memory, on_disk)
    assert files_in(caches) == [".npy", ".npy"]


@pytest.mark.parametrize("damage", ["empty", "half", "text", "header", "pixel", "end", "longer"])
def test_a_damaged_cache_is_written_again(
    sources: dict[str, ModuleType],
    photos: Path,
    caches: Path,
    damage: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = load_photos(sources, photos, "disk").clone()
    (file,) = caches.glob("*.npy")
    content = file.read_bytes()
    file.write_bytes(
        {
            "empty": b"",
            "half": content[: len(content) // 2],
            "text": b"not an array",
            "header": content[:20] + bytes(40) + content[60:],
            "pixel": content[:3000] + bytes([content[3000] ^ 1]) + content[3001:],
            "end": content[:-1],
            "longer": content + b"x",
        }[damage]
    )
    assert torch.equal(load_photos(sources, photos, "disk"), first)
    assert file.read_bytes() == content
    assert capsys.readouterr().err == f"{file} is damaged: decoding the data again\n"


def test_a_large_cache_is_not_read_through(
    sources: dict[str, ModuleType], photos: Path, caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But what is missing is noticed all the same."""
    first = load_photos(sources, photos, "disk").clone()
    (file,) = caches.glob("*.npy")
    content = file.read_bytes()
    monkeypatch.setattr(LOADING, "CHECKED", len(content) - 1)
    monkeypatch.setattr(LOADING, "is_whole", lambda _: pytest.fail("read through"))
    assert torch.equal(load_photos(sources, photos, "disk"), first)
    file.write_bytes(content[:-5])
    monkeypatch.setattr(LOADING, "CHECKED", len(content) - 6)
    assert torch.equal(load_photos(sources, photos, "disk"), first)
    assert file.read_bytes() == content


def test_a_bad_image_leaves_no_cache_behind(
    sources: dict[str, ModuleType], photos: Path, caches: Path
) -> None:
    (photos / "bad.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match="1 of 41 images cannot be read") as failure:
        load_photos(sources, photos, "disk")
    assert "bad.png" in str(failure.value)
    assert files_in(caches) == []
    (photos / "bad.png").unlink()
    assert load_photos(sources, photos, "disk").shape == SHAPE


def test_a_writer_that_is_killed_leaves_no_cache_behind(tmp_path: Path) -> None:
    """It dies between two blocks; the next one writes the file, and is not kept waiting."""
    program = f"""
import sys; sys.path.insert(0, {str(ROOT / "tests")!r})
import os, numpy
from pathlib import Path
from loading_module import loading
module = loading()
module.CACHE = Path({str(tmp_path)!r})
def blocks():
    yield numpy.ones((2, 3), "u1")
    if sys.argv[1] == "die":
        os.kill(os.getpid(), 9)
    yield numpy.full((2, 3), 2, "u1")
print(module.mapped(blocks, (4, 3), "u1", "x").sum())
"""
    run = [sys.executable, "-c", program]
    killed = subprocess.run([*run, "die"], capture_output=True, check=False)
    assert killed.returncode == -9
    assert not (tmp_path / "x.npy").exists()
    done = subprocess.run([*run, "live"], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["18"]


def test_several_processes_decode_once(tmp_path: Path) -> None:
    program = f"""
import sys; sys.path.insert(0, {str(ROOT / "tests")!r})
import time, numpy
from pathlib import Path
from loading_module import loading
module = loading()
module.CACHE = Path({str(tmp_path)!r})
def blocks():
    print("decoding", flush=True)
    time.sleep(0.3)
    yield numpy.ones((4, 3), "u1")
print(module.mapped(blocks, (4, 3), "u1", "x").sum())
"""
    processes = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = "".join(process.communicate(timeout=120)[0] for process in processes)
    assert said.count("decoding") == 1
    assert said.count("12") == 2


def test_a_full_disk_is_an_error_and_leaves_nothing(
    caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        LOADING.mapped(lambda: [np.ones((4, 3), "u1")], (4, 3), "u1", "x")
    assert files_in(caches) == []


def test_writing_to_samples_never_reaches_the_file(caches: Path) -> None:
    blocks = [np.ones((4, 3), np.uint8)]
    LOADING.mapped(lambda: blocks, (4, 3), np.uint8, "x")[:] = 7
    assert (LOADING.mapped(lambda: blocks, (4, 3), np.uint8, "x") == 1).all()


def test_auto_goes_to_disk_where_memory_is_short(
    caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def collect() -> None:
        LOADING.collected(
            lambda: [np.ones((4, 300), "u1")],
            (4, 300),
            "u1",
            cache="auto",
            files=[],
            options=None,
        )

    collect()
    assert not caches.exists()
    monkeypatch.setattr(LOADING, "free_memory", lambda: 2_399)
    collect()
    assert files_in(caches) == [".npy"]


def test_decoding_takes_no_more_memory_than_a_block(
    sources: dict[str, ModuleType],
    tmp_path: Path,
    caches: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """24 MiB of floats, which become 6 MiB of bytes, in blocks of 1 MiB."""
    np.save(tmp_path / "x.npy", np.zeros((100, 3, 128, 160), np.float32))
    monkeypatch.setattr(LOADING, "BLOCK", 2**20)
    tracemalloc.start()
    try:
        samples, _ = sources["npz"].load_npz(
            path=str(tmp_path / "x.npy"), shape=(3, 128, 160), cache="disk"
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert samples.shape == (100, 3, 128, 160)
    assert peak < 6 * 2**20


def test_one_ahead_gives_all_batches_in_order_and_reads_one_of_them_early() -> None:
    made: list[int] = []

    def batches() -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for number in range(100):
            made.append(number)
            yield torch.tensor([number]), torch.tensor([-number])

    ahead = LOADING.one_ahead(batches(), CPU)
    seen: list[Any] = [next(ahead) for _ in range(5)]
    assert [(int(a), int(b)) for a, b in seen] == [(n, -n) for n in range(5)]
    ahead.close()  # waits for the thread
    assert len(made) == 6


def test_an_error_while_reading_ahead_is_raised_where_the_batch_is_wanted() -> None:
    def batches() -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        yield torch.zeros(1), torch.zeros(1)
        raise OSError("the disk is gone")

    ahead = LOADING.one_ahead(batches(), CPU)
    next(ahead)
    with pytest.raises(OSError, match="the disk is gone"):
        next(ahead)


def test_only_sources_of_files_bring_the_machinery(tmp_path: Path) -> None:
    for name, wanted in [("digits-dcgan", False), ("photos-dcgan", True)]:
        folder = tmp_path / name
        spec = ROOT / "examples" / f"{name}.yaml"
        command = [sys.executable, "-m", "gangen", "build", str(spec), "-o", str(folder)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        assert (folder / "loading.py").exists() == wanted
        assert ("one_ahead" in (folder / "data.py").read_text()) == wanted
        assert ("cache:" in (folder / "config.py").read_text()) == wanted


def test_rows_per_block_is_never_nothing() -> None:
    assert LOADING.rows_per_block((3, 10**5, 10**5), np.uint8) == 1
    assert LOADING.rows_per_block((2,), np.float32) == 2**23
