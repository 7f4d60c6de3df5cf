"""A folder of images with captions beside them, and the text encoder that reads these.

Beside `bird.jpg` lies `bird.txt`, a caption a line in UTF-8. The encoder is a file of torch.export
(`torch.export.save`): of the bytes of captions, int64 [N, length] with zeros behind their ends, it
makes float [N, attributes]. An image's attributes are the mean over its captions.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import torch
from _files import DataError, decoded, first_ten, image_files
from annotated_types import Ge, MinLen
from torch import Tensor

from loading import collected

SHAPE = "channels, *image_size"
CLASSES = "0"
ATTRIBUTES = "attributes"
RANGE = "(-1.0, 1.0)"

CAPTIONS_AT_ONCE = 256


def caption_files(root: Path, images: Sequence[Path]) -> list[Path]:
    """The file of captions beside each image.

    Raises:
        DataError: an image without captions, or captions without an image; it names them.
    """
    files = [image.with_suffix(".txt") for image in images]
    bare = [str(image) for image, file in zip(images, files, strict=True) if not file.is_file()]
    described = set(files)
    hidden = (p for p in root.rglob("*.txt") if not p.name.startswith("."))
    lost = sorted(str(path) for path in hidden if path not in described)
    problems = [f"{path}: no {Path(path).stem}.txt beside this image" for path in bare]
    problems += [f"{path}: no image of this name beside it" for path in lost]
    if problems:
        raise DataError(
            f"{len(bare)} of {len(images)} images have no captions, {len(lost)} files of captions "
            "no image; add what is missing, or remove the rest:\n  " + first_ten(problems, "\n  ")
        )
    return files


def read_captions(file: Path, length: int) -> list[bytes]:
    """The captions of one image, each in UTF-8.

    Raises:
        DataError: no text, none in it, or a caption longer than `length` bytes.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: cannot be read ({error}); save the captions as UTF-8") from error
    captions = []
    for number, line in enumerate(lines, 1):
        caption = line.strip().encode()
        if len(caption) > length:
            raise DataError(
                f"{file}:{number}: this caption has {len(caption)} bytes, the encoder reads "
                f"{length}; shorten it, or set `length` to what the encoder can read"
            )
        captions += [caption] if caption else []
    if not captions:
        raise DataError(f"{file}: no caption in it; write at least one, a line for each")
    return captions


def as_bytes(captions: Sequence[bytes], length: int) -> Tensor:
    """Captions as the encoder takes them: int64 [N, length], zeros behind their ends."""
    rows = torch.zeros(len(captions), length, dtype=torch.int64)
    for row, caption in zip(rows, captions, strict=True):
        row[: len(caption)] = torch.tensor(list(caption))
    return rows


def load_encoder(file: Path) -> Callable[[Tensor], Any]:
    """The text encoder.

    Raises:
        DataError: no such file, or none of torch.export.
    """
    if not file.is_file():
        raise DataError(
            f"{file.absolute()}: no such file; save a text encoder there, or set `encoder`"
        )
    try:
        return torch.export.load(file).module()
    except Exception as error:  # of many types
        raise DataError(
            f"{file}: no encoder of torch.export ({type(error).__name__}); write it with "
            "torch.export.save(torch.export.export(...), file)"
        ) from error


def encoded(encoder: Callable[[Tensor], Any], rows: Tensor, attributes: int, file: Path) -> Tensor:
    """What the encoder makes of captions [N, length]: float32 [N, attributes].

    Raises:
        DataError: it does not take them, or gives something else.
    """
    found = []
    for part in rows.split(CAPTIONS_AT_ONCE):
        try:
            with torch.no_grad():
                made = encoder(part)
        except Exception as error:  # of many types
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise DataError(
                f"{file}: does not take captions int64 {list(part.shape)} ({reason}); export it "
                "with a batch of any size, and set `length` to what it reads"
            ) from error
        if not isinstance(made, Tensor) or made.shape != (len(part), attributes):
            shape = list(made.shape) if isinstance(made, Tensor) else type(made).__name__
            raise DataError(
                f"{file}: makes {shape} of {len(part)} captions, expected "
                f"{[len(part), attributes]}; set `attributes` to how many numbers it gives for one"
            )
        found.append(made.float())
    result = torch.cat(found)
    if not result.isfinite().all():
        raise DataError(f"{file}: gives numbers that are not finite; check its weights")
    return result


def load_captions(
    *,
    path: str,
    image_size: tuple[Annotated[int, Ge(1)], Annotated[int, Ge(1)]],
    attributes: Annotated[int, Ge(1)],
    channels: Literal[1, 3, 4] = 3,
    resize: Literal["crop", "squash", "pad"] = "crop",
    encoder: Annotated[str, MinLen(1)] = "encoder.pt2",
    length: Annotated[int, Ge(1)] = 201,
    cache: Literal["auto", "device", "memory", "disk"] = "auto",
) -> tuple[Tensor, Tensor]:
    """Load images uint8 [N, channels, height, width], what is said of them [N, attributes].

    Args:
        path: the folder of images and captions, subfolders included.
        image_size: height and width to which every image is brought.
        attributes: how many numbers the encoder gives for a caption.
        channels: 1 for grey, 3 for RGB, 4 for RGBA; without alpha, transparency becomes white.
        resize: crop the centre, squash to the new proportions, or pad with white.
        encoder: file of the text encoder in that folder.
        length: bytes of a caption that the encoder reads; 201 are usual for encoders of letters.
        cache: where the decoded images are while training; auto decides by their size.

    Raises:
        DataError: a missing folder or encoder, an image without captions or the reverse, files that
            cannot be read, captions that are too long.
    """
    root = Path(path).expanduser()
    files = image_files(root)
    captions = [read_captions(file, length) for file in caption_files(root, files)]
    rows = as_bytes(list(chain.from_iterable(captions)), length)
    described = encoded(load_encoder(root / encoder), rows, attributes, root / encoder)
    counts = [len(of_one) for of_one in captions]
    means = torch.stack([of_one.mean(0) for of_one in described.split(counts)])
    blocks = partial(decoded, files, image_size=image_size, channels=channels, resize=resize)
    shape = (len(files), channels, *image_size)
    images = collected(blocks, shape, np.uint8, cache=cache, files=files, options=resize)
    return images, means
