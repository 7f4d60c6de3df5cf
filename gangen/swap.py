"""Swapping a set of files into a folder: all of them, or none.

A new folder is written beside its place and renamed into it. In an existing folder the set goes
through `.gangen-staging/`:

    owner           which process is at work; a second one refuses
    new/            every file to come, written and synced before anything else is touched
    journal.json    what is about to be swapped: from here on, a crash can be undone
    old/            the files that are replaced or deleted, moved here one by one

Removing the journal is the commit. Whatever happens before it, be it an error, Ctrl-C or a crash,
is undone by what lies on the disk: at once, or by the next build, and by the same code. After it
only the staging folder is left to remove.
"""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from gangen.errors import ConflictError, OutputError
from gangen.paths import (
    BASE_NAME,
    LOCK_NAME,
    STAGING_NAME,
    check_names,
    exists,
    output_error,
    read_file,
    safe_join,
    sync_folder,
    write_new_file,
)
from gangen.staging import JOURNAL, NEW, OLD, beside, empty, folders_of, inside, owned, write_tree

JOURNAL_VERSION = 1
MAX_JOURNAL_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Swap:
    """One file to exchange; `before` and `after` are sha256 digests, None for no file."""

    path: str
    before: str | None
    after: str | None


def create_folder(root: Path, contents: Mapping[str, bytes]) -> None:
    """Create `root`, its missing parents included, with these files in it.

    Raises:
        OSError, ConflictError, OutputError: nothing was created.
    """
    place = Path(os.path.realpath(root))
    missing = [folder for folder in place.parents if not exists(folder)]
    staging = beside(root)
    try:
        for folder in reversed(missing):
            os.mkdir(folder, 0o755)
        with owned(staging):
            empty(staging)
            write_tree(staging / NEW, contents)
            try:
                os.rename(staging / NEW, place)
                sync_folder(place.parent)
            except BaseException:
                if not exists(staging / NEW):  # it is ours that stands there
                    os.rename(place, staging / NEW)
                raise
    except BaseException:
        for folder in missing:
            with suppress(OSError):
                os.rmdir(folder)
        raise


def replace_files(root: Path, swaps: Iterable[Swap], contents: Mapping[str, bytes]) -> None:
    """Exchange files of the folder `root` for those in `contents`, as the swaps tell.

    Folders that a deletion leaves empty are removed after the commit.

    Raises:
        OSError, ConflictError, OutputError: the old tree is back as it was; or the error says that
            it is not, and the next build will see to it.
    """
    swaps = tuple(swaps)
    with owned(inside(root)) as staging:
        try:
            _stage(root, staging, swaps, contents)
            _exchange(root, swaps)
            os.unlink(staging / JOURNAL)
        except BaseException:
            if exists(staging / JOURNAL):
                _undo(root)
            raise
        for folder in reversed(folders_of(swap.path for swap in swaps if swap.after is None)):
            with suppress(OSError):  # most often because it is not empty
                os.rmdir(root / folder)


def recover(root: Path) -> bool:
    """Undo what a build that was killed left in `root`; whether there was anything.

    Raises:
        ConflictError: that build is still at work, or a file was edited since.
        OutputError: the staging folder is not what a build leaves, or the disk refuses.
    """
    found = False
    try:
        for staging in (inside(root), beside(root)):
            if exists(staging):
                found = True
                with owned(staging):
                    if staging == inside(root) and exists(staging / JOURNAL):
                        _undo(root)
                    empty(staging)
    except OSError as error:
        raise output_error(error, "repair an interrupted build", root) from error
    return found


def _stage(
    root: Path, staging: Path, swaps: tuple[Swap, ...], contents: Mapping[str, bytes]
) -> None:
    """Write everything that is to come, and last of all the journal."""
    empty(staging)
    coming = [swap.path for swap in swaps if swap.after is not None]
    write_tree(staging / NEW, {path: contents[path] for path in coming})
    os.mkdir(staging / OLD, 0o755)
    for folder in folders_of(swap.path for swap in swaps if swap.before is not None):
        os.mkdir(staging / OLD / folder, 0o755)
    journal = {
        "journal_version": JOURNAL_VERSION,
        "swaps": [asdict(swap) for swap in swaps],
        "folders": [folder for folder in folders_of(coming) if not exists(root / folder)],
    }
    write_new_file(staging / f"{JOURNAL}.new", json.dumps(journal, indent=1).encode())
    os.replace(staging / f"{JOURNAL}.new", staging / JOURNAL)
    sync_folder(staging)


def _exchange(root: Path, swaps: tuple[Swap, ...]) -> None:
    """Move the old files out and the new ones in; stop when a file is not what was planned for."""
    for folder in _read_journal(root)[1]:
        os.mkdir(folder, 0o755)
    for swap in swaps:
        target, staged, kept = _places(root, swap)
        if swap.before is not None:
            os.replace(target, kept)
        if swap.before != _digest(kept) or exists(target):
            raise ConflictError(f"{target} changed during the build", help="build again")
        if swap.after is not None:
            os.replace(staged, target)
    for path in {(root / swap.path).parent for swap in swaps}:
        sync_folder(path)


def _undo(root: Path) -> None:
    """Bring the old tree back by the journal; looks at everything before it touches anything."""
    try:
        swaps, folders = _read_journal(root)
        moves, strays = [], []
        for swap in reversed(swaps):
            target, staged, kept = _places(root, swap)
            now = _digest(target)
            if exists(kept):
                if now not in (None, swap.after):
                    raise ConflictError(
                        f"{target} was edited after a build that was interrupted",
                        help=f"its older content is {kept}: move one away, then build again",
                    )
                moves.append((kept, target))
            elif swap.before is None and now == swap.after and not exists(staged):
                strays.append(target)  # anything else in its place is the user's
        for kept, target in moves:
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(kept, target)
        for target in strays:
            with suppress(FileNotFoundError):
                os.unlink(target)
        for folder in reversed(folders):
            with suppress(OSError):  # not there yet, or the user put something in it
                os.rmdir(folder)
        os.unlink(inside(root) / JOURNAL)
    except OSError as error:
        raise OutputError(
            f"an interrupted build could not be undone: {error}; "
            f"the older files are in {inside(root) / OLD}",
            help="see to that path, then build again: that goes on with the repair",
        ) from error


def _read_journal(root: Path) -> tuple[list[Swap], list[Path]]:
    """The swaps and the folders to create of the journal, which may be hostile."""
    path = safe_join(root, f"{STAGING_NAME}/{JOURNAL}")
    try:
        data: Any = json.loads(read_file(path, MAX_JOURNAL_BYTES) or b"")
        if data["journal_version"] != JOURNAL_VERSION:
            raise ValueError("unknown journal_version")
        swaps = [Swap(**swap) for swap in data["swaps"]]
        folders = [safe_join(root, f"{folder}/-").parent for folder in data["folders"]]
        if len({swap.path for swap in swaps}) != len(swaps):
            raise ValueError("a path is given twice")
        for swap in swaps:
            _places(root, swap)
            if swap.path not in (BASE_NAME, LOCK_NAME):
                check_names([swap.path])  # one by one: a file may get a name that differs in case
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OutputError) as error:
        raise OutputError(
            f"{path} is not a journal that gangen wrote: {error}",
            help=f"save what you need from {path.parent}, delete that folder, then build again",
        ) from error
    return swaps, folders


def _places(root: Path, swap: Swap) -> tuple[Path, Path, Path]:
    """Where a file of the project is, where its successor waits, where its predecessor is kept."""
    staged, kept = (f"{STAGING_NAME}/{folder}/{swap.path}" for folder in (NEW, OLD))
    return safe_join(root, swap.path), safe_join(root, staged), safe_join(root, kept)


def _digest(path: Path) -> str | None:
    data = read_file(path)
    return None if data is None else sha256(data).hexdigest()
