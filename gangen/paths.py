"""The single place where the relative path of a generated file becomes a path on disk.

A generated path, a path in `gangen.lock` and a path in the journal of an interrupted build are all
joined here, and only here, so that none of them can leave the output folder: not by `..`, not by a
symlink that a cloned repository brought along, not by a name that another system reads differently.
"""

import errno
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path
from unicodedata import normalize

from gangen.errors import OutputError

LOCK_NAME = "gangen.lock"
BASE_NAME = "gangen.base"
STAGING_NAME = ".gangen-staging"

MAX_COMPONENT = 255  # bytes in UTF-8: the limit of every common file system
# Names that Windows gives to devices, with or without an extension.
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)", re.I)
# What a file system that ignores case or has short names takes for the repository itself.
_REPOSITORY = frozenset({".git", "git~1"})
_MOUNT_POINT = 0xA0000003  # IO_REPARSE_TAG_MOUNT_POINT: a Windows junction, no symlink to lstat
_BINARY = getattr(os, "O_BINARY", 0)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)

_ADVICE = {
    errno.EACCES: "check its permissions, or build into another folder with -o",
    errno.EPERM: "check its permissions, or build into another folder with -o",
    errno.EROFS: "that disk is read-only: build into another folder with -o",
    errno.ENOSPC: "the disk is full: free some space, then build again",
    errno.EDQUOT: "your disk quota is used up: free some space, then build again",
    errno.ENAMETOOLONG: "that path is too long: build into a folder with a shorter one, with -o",
    errno.ENOTDIR: "a file stands where a folder must go: move it away, or build elsewhere with -o",
    errno.ENOTEMPTY: "another program wrote there at the same time: build again",
}


def safe_join(root: Path, relative: str) -> Path:
    """`root / relative`, once it is certain that it names a plain file (or nothing yet) in `root`.

    `relative` is a POSIX path. `root` itself is the user's choice and may be a symlink.

    Raises:
        OutputError: the path is not a portable relative path, a component of it is a symlink,
            a folder stands where the file must go or a file where a folder must go.
    """
    reason = _unportable(relative)
    if reason is not None:
        raise OutputError(
            f"the path {relative!r} is refused: {reason}",
            help="generated paths are plain relative names such as src/train.py",
        )
    *folders, name = relative.split("/")
    path = root
    for folder in folders:
        path /= folder
        mode = _mode(path)
        if mode is None:
            return root.joinpath(relative)
        if not stat.S_ISDIR(mode):
            raise _in_the_way(path, "a file stands where a folder must go")
    path /= name
    mode = _mode(path)
    if mode is not None and not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "a special file"
        raise _in_the_way(path, f"{what} stands where a file must go")
    return path


def check_names(paths: Iterable[str]) -> None:
    """Refuse a set of generated paths that some file system cannot hold side by side.

    Two names collide when they differ only in case or in Unicode normal form, when one is a file
    and the other its folder, or when one is a name that gangen keeps for itself.

    Raises:
        OutputError: names both paths.
    """
    spelled: dict[str, str] = {}
    files = {folded(name): name for name in (LOCK_NAME, BASE_NAME, STAGING_NAME)}
    folders: set[str] = set()
    for path in paths:
        if folded(path) in files:
            raise _collision(path, files[folded(path)])
        files[folded(path)] = path
        parts = path.split("/")
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            other = spelled.setdefault(folded(folder), folder)
            if other != folder:
                raise _collision(folder, other)
            folders.add(folded(folder))
    for folder in sorted(files.keys() & folders):
        raise _collision(f"{spelled[folder]}/", files[folder])


def exists(path: Path) -> bool:
    """Whether anything is at `path`, be it a dangling symlink.

    Unlike `os.path.lexists`, not knowing is no "no": what is decided by it may be deleted.

    Raises:
        OSError: it cannot be found out.
    """
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def read_file(path: Path, limit: int | None = None) -> bytes | None:
    """The content of `path`; None when there is no such file.

    Raises:
        ValueError: the file is larger than `limit` bytes.
        OSError: the file is there and cannot be read.
    """
    try:
        with open(path, "rb") as file:
            data = file.read() if limit is None else file.read(limit + 1)
    except FileNotFoundError:
        return None
    if limit is not None and len(data) > limit:
        raise ValueError(f"it is larger than {limit} bytes")
    return data


def write_new_file(path: Path, data: bytes) -> None:
    """Write `data` to `path`, which must not exist, down to the disk; mode 0644 less the umask.

    Raises:
        OSError: the file exists (a symlink counts), or the disk refuses it.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY | _NO_FOLLOW
    descriptor = os.open(path, flags, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable; a file system that cannot do it is left alone."""
    if os.name == "nt":  # folders cannot be opened there
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def output_error(error: OSError, action: str, path: Path) -> OutputError:
    """The OutputError that tells a user what `error` means: what failed, where, what to do next."""
    where = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else str(path)
    reason = error.strerror or type(error).__name__
    advice = _ADVICE.get(error.errno or 0, "see to that path, then build again")
    return OutputError(f"cannot {action}: {where}: {reason}", help=advice)


def _unportable(relative: str) -> str | None:
    """Why `relative` does not name the same file on every system; None when it does."""
    if not relative.isprintable():  # controls, NUL, lone surrogates, invisible and bidi marks
        return "it holds a character that cannot be printed"
    if relative.startswith("/"):
        return "it is absolute"
    if bad := sorted(set(relative) & set('\\:<>"|?*')):
        return f"it holds {bad[0]!r}"
    return next(filter(None, map(_unportable_component, relative.split("/"))), None)


def _unportable_component(name: str) -> str | None:
    if name in ("", ".", ".."):
        return f"{name!r} is not a name"
    if name[-1] in ". " or name[0] == " ":
        return f"{name!r} begins or ends with a space, or ends with a dot"
    if _DEVICE.match(name):
        return f"{name!r} is a device on Windows"
    if folded(name) in _REPOSITORY:
        return f"{name!r} belongs to git"
    if len(name.encode()) > MAX_COMPONENT:
        return f"a name in it is longer than {MAX_COMPONENT} bytes"
    return None


def _mode(path: Path) -> int | None:
    """The mode of what is at `path`, which must not be a symlink; None when nothing is."""
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise output_error(error, "look at the output folder", path) from error
    junction = getattr(status, "st_reparse_tag", 0) == _MOUNT_POINT
    if stat.S_ISLNK(status.st_mode) or junction:
        raise _in_the_way(path, "a symlink could lead out of the output folder")
    return status.st_mode


def folded(path: str) -> str:
    """What two paths have in common that a file system without case cannot tell apart."""
    return normalize("NFC", normalize("NFC", path).casefold())


def _in_the_way(path: Path, reason: str) -> OutputError:
    help = "move it away, or build into another folder with -o"
    return OutputError(f"{path}: {reason}", help=help)


def _collision(path: str, other: str) -> OutputError:
    return OutputError(
        f"the generated path {path!r} collides with {other!r}",
        help="rename one of the two: some file systems cannot tell them apart",
    )
