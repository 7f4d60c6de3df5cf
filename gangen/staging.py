"""The staging folder: where a build prepares its files, and the process that owns it meanwhile.

Its file `owner` is created exclusively, so a second build into the same place is refused. An owner
that crashed left its process id; when no such process runs any more, the folder is taken over.
"""

import json
import os
import shutil
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from gangen.errors import ConflictError, OutputError
from gangen.paths import STAGING_NAME, exists, read_file, sync_folder, write_new_file

OWNER, JOURNAL, NEW, OLD = "owner", "journal.json", "new", "old"
GRACE = 10.0  # seconds in which a process that created its owner file must have filled it
MAX_RECORD_BYTES = 4096

_held: set[str] = set()  # in this process: its own id says nothing about its other threads


def inside(root: Path) -> Path:
    """The staging folder of builds into an existing folder."""
    return root / STAGING_NAME


def beside(root: Path) -> Path:
    """The staging folder of a build that creates `root`: a sibling, so on the same file system."""
    place = Path(os.path.realpath(root))
    return place.with_name(f".{place.name}{STAGING_NAME}")


@contextmanager
def owned(staging: Path) -> Iterator[Path]:
    """Own a staging folder, created if need be; it is gone afterwards unless it holds a journal.

    Raises:
        ConflictError: a build that is still running owns it.
        OutputError: something else stands in its place.
        OSError: the disk refuses it.
    """
    if exists(staging) and not stat.S_ISDIR(os.lstat(staging).st_mode):
        raise OutputError(
            f"{staging}: no build leaves a symlink or a file there",
            help="move it away, then build again",
        )
    key = os.path.realpath(staging)
    if key in _held:
        raise _busy(staging)
    _held.add(key)
    try:
        _acquire(staging)
        yield staging
    finally:
        try:
            _release(staging)
        finally:
            _held.discard(key)


def empty(staging: Path) -> None:
    """Remove everything but the owner from a staging folder; symlinks are removed, not followed."""
    with os.scandir(staging) as entries:
        found = [entry for entry in entries if entry.name != OWNER]
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)


def write_tree(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Create `folder` with these files in it, down to the disk."""
    created = [folder, *(folder / name for name in folders_of(contents))]
    for path in created:
        os.mkdir(path, 0o755)
    for relative, data in contents.items():
        write_new_file(folder / relative, data)
    for path in reversed(created):
        sync_folder(path)


def folders_of(paths: Iterable[str]) -> list[str]:
    """Every folder that these relative paths go through, outer ones first."""
    found = set()
    for path in paths:
        parts = path.split("/")
        found |= {"/".join(parts[:depth]) for depth in range(1, len(parts))}
    return sorted(found)


def _acquire(staging: Path) -> None:
    with suppress(FileExistsError):
        os.mkdir(staging, 0o755)
    owner = staging / OWNER
    if exists(owner):
        _evict(staging)
    try:
        write_new_file(owner, _record())
    except FileExistsError:
        raise _busy(staging) from None
    except BaseException:
        with suppress(OSError):
            if _record().startswith(read_file(owner, MAX_RECORD_BYTES) or b""):
                os.unlink(owner)  # ours, perhaps cut short
        raise


def _release(staging: Path) -> None:
    """Give the folder up; what cannot be removed is swept by the next build."""
    try:
        _remove(staging)
    except BaseException as error:
        with suppress(OSError):
            _remove(staging)
        if not isinstance(error, OSError):
            raise


def _remove(staging: Path) -> None:
    """Remove the folder, or no more than the owner when a journal waits for its repair."""
    if read_file(staging / OWNER, MAX_RECORD_BYTES) == _record():
        if not exists(staging / JOURNAL):
            empty(staging)
        os.unlink(staging / OWNER)
    if exists(staging) and not os.listdir(staging):
        os.rmdir(staging)


def _evict(staging: Path) -> None:
    """Take the folder from an owner that is gone; refuse when it is still at work."""
    owner, moved = staging / OWNER, staging / f"{OWNER}.{os.getpid()}"
    if not stat.S_ISREG(os.lstat(owner).st_mode):
        raise OutputError(f"{owner}: no build leaves such a thing there", help="delete it")
    record = read_file(owner, MAX_RECORD_BYTES)
    if _is_at_work(record or b"", time.time() - os.lstat(owner).st_mtime):
        raise _busy(staging)
    os.replace(owner, moved)
    if read_file(moved, MAX_RECORD_BYTES) != record:  # another build was faster in evicting it
        os.replace(moved, owner)
        raise _busy(staging)
    os.unlink(moved)


def _record() -> bytes:
    return json.dumps({"host": _host(), "pid": os.getpid()}).encode()


def _host() -> str:
    """Process ids are the host's own: on a shared disk the name tells whose they are."""
    return os.uname().nodename if os.name == "posix" else os.environ.get("COMPUTERNAME", "")


def _is_at_work(record: bytes, age: float) -> bool:
    """Whether the process of an owner file runs; when in doubt it does."""
    try:
        data: Any = json.loads(record)
        pid, host = int(data["pid"]), data["host"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return age < GRACE
    if host != _host():
        return True
    if pid == os.getpid() or pid <= 0:
        return False  # had this process it, `_held` would have said so
    if os.name == "nt":  # there, os.kill(pid, 0) is a Ctrl-C
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _busy(staging: Path) -> ConflictError:
    return ConflictError(
        f"another build is at work in {staging.parent}",
        help=f"wait for it; if none is running, delete {staging / OWNER}, then build again",
    )
