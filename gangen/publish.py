"""Publishing: the files of a project reach its folder as one set, or not at all.

First everything is compared and nothing is touched: the lock tells a file that gangen wrote from
one that a person edited or added. Then `swap` exchanges the whole set.
"""

import os
import stat
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from gangen.errors import ConflictError, OutputError, printable
from gangen.lock import (
    Lock,
    LockedFile,
    Stamp,
    compress,
    make_lock,
    read_base,
    read_lock,
    unchanged,
)
from gangen.paths import (
    BASE_NAME,
    LOCK_NAME,
    check_names,
    exists,
    folded,
    output_error,
    read_file,
    safe_join,
)
from gangen.staging import inside
from gangen.swap import Swap, create_folder, recover, replace_files

__all__ = [
    "Change",
    "Published",
    "Stamp",
    "State",
    "WouldLoseFiles",
    "plan_changes",
    "publish",
    "recover",
    "unchanged",
]

State = Literal["create", "update", "same", "delete", "keep", "foreign", "edited", "edited-orphan"]

CONFLICTS = frozenset({"foreign", "edited", "edited-orphan"})
WRITES = frozenset({"create", "update", "delete"})


@dataclass(frozen=True, slots=True)
class Change:
    """What a build does to one file; `before` and `after` are sha256 digests, None for no file."""

    path: str
    state: State
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Published:
    """What a build did, or would do to every file, by path; and the lock that goes with them."""

    changes: tuple[Change, ...]
    lock: Lock


class WouldLoseFiles(ConflictError):
    """Files that a person wrote or edited stand where the build would write or delete."""

    def __init__(self, root: Path, conflicts: Iterable[Change]) -> None:
        self.conflicts = tuple(conflicts)
        super().__init__(
            f"the build would lose {len(self.conflicts)} file(s) in {root}; nothing was written",
            help="to have a file written anew, move yours away or delete it; "
            "to keep it as it is, build into another folder with -o",
        )

    def __str__(self) -> str:
        return self.render()

    def render(self, color: bool = False) -> str:
        """The error with one line for every file: none of them may go unseen."""
        first, *rest = super().render(color).split("\n")
        files = [
            f"   {conflict.state:<14} {printable(conflict.path)}" for conflict in self.conflicts
        ]
        return "\n".join([first, *files, *rest])


def publish(
    root: Path,
    files: Mapping[str, bytes],
    stamp: Stamp,
    *,
    once: Collection[str] = (),
    dry_run: bool = False,
) -> Published:
    """Make `root` hold exactly these generated files, leaving every other file alone.

    `files` maps relative POSIX paths to contents. Those named in `once` are written when they are
    missing and belong to the user from then on. A `dry_run` reads and writes nothing.

    Raises:
        ConflictError: a file would be lost (WouldLoseFiles names each), the lock is damaged, or
            another build is at work in `root`. Nothing was written.
        OutputError: the disk refused, or a path leads out of `root`. The tree is as it was.
    """
    try:
        if not dry_run:
            recover(root)
        elif exists(inside(root)):
            raise ConflictError(
                f"another build is at work in {root}, or one was interrupted",
                help="build without --dry-run: that repairs what an interrupted build left",
            )
        is_new = not _is_folder(root)
        changes = plan_changes(root, files, read_lock(root), once=once)
        lock, base = make_lock(files, stamp, once)
        contents = {**files, BASE_NAME: compress(base), LOCK_NAME: lock.to_text().encode()}
        swaps = _swaps(root, [*changes, *_plan_records(root, lock, base)])
        if swaps and not dry_run:
            if is_new:
                create_folder(root, contents)
            else:
                replace_files(root, swaps, contents)
        return Published(tuple(changes), lock)
    except OSError as error:
        raise output_error(error, "write the project", root) from error


def plan_changes(
    root: Path, files: Mapping[str, bytes], lock: Lock | None, *, once: Collection[str] = ()
) -> list[Change]:
    """Compare a set of files with what `lock` and the disk hold; conflicts are among the states.

    Raises:
        OutputError: a path is not safe, names collide, or a file cannot be read.
    """
    check_names(files)
    locked = lock.files if lock else {}
    spelled = {folded(path): root / path for path in files}
    changes = []
    for path in sorted({*files, *locked}):
        target = safe_join(root, path)
        try:
            disk = read_file(target)
        except OSError as error:
            raise output_error(error, "read the project", target) from error
        before, after = _digest(disk), _digest(files.get(path))
        state = _state(before, after, locked.get(path), path in once)
        successor = spelled.get(folded(path))
        if state == "delete" and successor and exists(successor) and successor.samefile(target):
            continue  # only the case of the name changed, and this disk has no case
        if state is not None:
            changes.append(Change(path, state, before, after))
    return changes


def _swaps(root: Path, changes: list[Change]) -> list[Swap]:
    conflicts = [change for change in changes if change.state in CONFLICTS]
    if conflicts:
        raise WouldLoseFiles(root, conflicts)
    return [Swap(c.path, c.before, c.after) for c in changes if c.state in WRITES]


def _state(
    before: str | None, after: str | None, locked: LockedFile | None, once: bool
) -> State | None:
    """What becomes of one file; None when it is none of our business (any more)."""
    untouched = locked is not None and before == locked.sha256
    if after is None:
        if before is None or locked is None or locked.owner == "once":
            return None
        return "delete" if untouched else "edited-orphan"
    if before is None:
        return "create"
    if before == after:
        return "same"
    if once:
        return "keep"
    if locked is None:
        return "foreign"
    return "update" if untouched else "edited"


def _plan_records(root: Path, lock: Lock, base: bytes) -> list[Change]:
    """What becomes of the base and of the lock, the last of the set.

    The base counts as equal when it decompresses to the same: compressed bytes differ between
    builds of zlib.
    """
    changes = []
    old_base = read_file(safe_join(root, BASE_NAME))
    old_lock = read_file(safe_join(root, LOCK_NAME))
    if old_base is None or read_base(root) != base:
        state: State = "create" if old_base is None else "update"
        if state == "update" and old_lock is None and read_base(root) is None:
            state = "foreign"  # neither a lock beside it nor a base inside it: not ours
        changes.append(Change(BASE_NAME, state, _digest(old_base), _digest(compress(base))))
    text = lock.to_text().encode()
    if old_lock != text:
        state = "create" if old_lock is None else "update"
        changes.append(Change(LOCK_NAME, state, _digest(old_lock), _digest(text)))
    return changes


def _is_folder(root: Path) -> bool:
    """Whether `root` exists; a link to a folder is the user's choice."""
    try:
        mode = os.stat(root).st_mode
    except FileNotFoundError:
        if not os.path.islink(root):
            return False
        raise OutputError(
            f"{root} is a symlink to nothing", help="delete it, or build elsewhere with -o"
        ) from None
    if not stat.S_ISDIR(mode):
        raise OutputError(f"{root} is a file", help="build into a folder, with -o")
    return True


def _digest(data: bytes | None) -> str | None:
    return None if data is None else sha256(data).hexdigest()
