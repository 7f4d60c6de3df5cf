"""A folder of images, with one subfolder for each class or without labels."""

from itertools import chain
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
from _files import DataError, check_folder, decoded, first_ten, image_files
from annotated_types import Ge
from torch import Tensor

from loading import collected

SHAPE = "channels, *image_size"
CLASSES = "classes"
RANGE = "(-1.0, 1.0)"


def class_folders(folder: Path, classes: int) -> list[Path]:
    """Return the subfolders of `folder`, sorted by name: the first one is class 0.

    Raises:
        DataError: there are not `classes` of them.
    """
    check_folder(folder)
    found = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    folders = sorted(found, key=str)
    if len(folders) != classes:
        names = first_ten([path.name for path in folders], ", ") or "none"
        raise DataError(
            f"{folder}: {classes} class folders expected, {len(folders)} found ({names}); "
            f"set `classes` to {len(folders)}, or give the folder that holds the class folders"
        )
    return folders


def load_folder(
    *,
    path: str,
    image_size: tuple[Annotated[int, Ge(1)], Annotated[int, Ge(1)]],
    channels: Literal[1, 3, 4] = 3,
    classes: Annotated[int, Ge(0)] = 0,
    resize: Literal["crop", "squash", "pad"] = "crop",
    cache: Literal["auto", "device", "memory", "disk"] = "auto",
) -> tuple[Tensor, Tensor]:
    """Load all images: uint8 [N, channels, height, width], labels int64 [N] (0 if unlabelled).

    Args:
        path: the folder; with classes its subfolders are the classes, in alphabetical order.
        image_size: height and width to which every image is brought.
        channels: 1 for grey, 3 for RGB, 4 for RGBA; without alpha, transparency becomes white.
        classes: number of class subfolders; 0 takes all images in and below the folder, unlabelled.
        resize: crop the centre, squash to the new proportions, or pad with white.
        cache: where the decoded data are while training; auto decides by their size.

    Raises:
        DataError: a missing folder, no images, another number of classes, unreadable images.
    """
    root = Path(path).expanduser()
    of_classes = [image_files(f) for f in (class_folders(root, classes) if classes else [root])]
    labels = torch.repeat_interleave(torch.tensor([len(of_one) for of_one in of_classes]))
    files = list(chain.from_iterable(of_classes))
    images = collected(
        lambda: decoded(files, image_size=image_size, channels=channels, resize=resize),
        (len(files), channels, *image_size),
        np.uint8,
        cache=cache,
        files=files,
        options=resize,
    )
    return images, labels
