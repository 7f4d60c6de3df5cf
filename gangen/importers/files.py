"""The files that importing reads and writes; it overwrites none."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from gangen.errors import ConflictError, Problem, UsageError
from gangen.paths import write_new_file
from gangen.yaml_text import MAX_BYTES

STANDARD = "-"


@dataclass(frozen=True)
class Imported:
    """What an import says: `text` is its result, `problems` and `note` are for people."""

    text: str
    problems: tuple[Problem, ...] = ()
    note: str = ""


def read_small(path: Path) -> bytes:
    """A configuration, or a little more than the longest allowed."""
    return _read(path, MAX_BYTES + 1)


def read_whole(path: Path) -> bytes:
    """A file of any size; a device or a pipe might never end."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise UsageError(f"{path} is no file", help="name the file itself")
    except (OSError, ValueError):
        pass  # which reading it will report
    return _read(path, -1)


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist; none is left behind when the disk refuses it.

    Raises:
        ConflictError: it exists.
        OSError: the disk refuses it.
    """
    try:
        write_new_file(path, data)
    except FileExistsError:
        raise ConflictError(
            f"{path} exists already, and gangen overwrites nothing that it did not build",
            help="give another name with -o, or move it away",
        ) from None
    except OSError:
        if path.is_file() and data.startswith(path.read_bytes()):  # ours, cut short
            path.unlink()
        raise


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except FileNotFoundError:
        raise UsageError(f"there is no file {path}", help="check the path") from None
    except (OSError, ValueError) as error:
        reason = "it is a folder" if path.is_dir() else getattr(error, "strerror", None) or error
        raise UsageError(f"cannot read {path}: {reason}", help="check the path") from None
