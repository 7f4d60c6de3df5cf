"""`gangen.lock` and `gangen.base`: what the last build wrote, and from what.

The lock tells an edited file from an untouched one, and a stale project from a current one,
without rendering anything. The base beside it holds a pristine copy of every file, so that an edit
can be merged later without git, the old generator or the network. Both are functions of the files
and of the stamp alone: no time, no host, no version of Python shows in them.

A lock may come from a stranger's repository, so it is validated like a spec.
"""

import ast
import json
import re
import warnings
import zlib
from binascii import a2b_base64, b2a_base64
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, get_args

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
)

LOCK_VERSION = 1
MAX_LOCK_BYTES = 4 << 20
MAX_BASE_BYTES = 64 << 20  # decompressed: a few kilobytes can claim to be gigabytes

Owner = Literal["generated", "once"]

_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a build was made from; two builds with equal stamps write equal files.

    `spec` is the POSIX path of the spec file relative to the lock, `catalogue` and `spec_digest`
    are sha256 digests, `overrides` are the `--set` arguments in order.

    Raises:
        ValueError: a field could not be read back from a lock.
    """

    gangen: str
    catalogue: str
    black: str
    spec: str
    spec_digest: str
    overrides: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for text in (self.gangen, self.black, self.spec, *self.overrides):
            if not isinstance(text, str):
                raise ValueError(f"{text!r} is not text")
        _check_digest(self.catalogue)
        _check_digest(self.spec_digest)
        # The lock names a file that `check` opens: no network share, no device, no absolute path.
        if re.match(r"$|/|[A-Za-z]:", self.spec) or re.search(r"[\\\0]", self.spec):
            raise ValueError(f"the spec's path {self.spec!r} is not a relative POSIX path")


@dataclass(frozen=True, slots=True)
class LockedFile:
    """One file as it was written; `ast_sha256` is there for Python files that parse.

    A `generated` file follows the spec; a file written `once` belongs to the user from then on.
    """

    sha256: str
    ast_sha256: str | None = None
    owner: Owner = "generated"

    def __post_init__(self) -> None:
        _check_digest(self.sha256)
        if self.ast_sha256 is not None:
            _check_digest(self.ast_sha256)
        if self.owner not in get_args(Owner):
            raise ValueError(f"{self.owner!r} is not an owner")


@dataclass(frozen=True, slots=True)
class Lock:
    """The content of `gangen.lock`; `base_sha256` is of the decompressed base."""

    stamp: Stamp
    base_sha256: str
    files: Mapping[str, LockedFile]

    def __post_init__(self) -> None:
        _check_digest(self.base_sha256)
        check_names(self.files)

    def to_text(self) -> str:
        """Sorted JSON, LF, ASCII: the same bytes everywhere."""
        data = {"lock_version": LOCK_VERSION, **asdict(self.stamp), "base_sha256": self.base_sha256}
        data["files"] = {
            path: {key: value for key, value in asdict(file).items() if value is not None}
            for path, file in self.files.items()
        }
        return json.dumps(data, indent=2, sort_keys=True) + "\n"


def make_lock(
    files: Mapping[str, bytes], stamp: Stamp, once: Collection[str] = ()
) -> tuple[Lock, bytes]:
    """The lock of a set of files, and the decompressed content of its base."""
    content = _base_content(files)
    locked = {path: _locked(path, files[path], path in once) for path in sorted(files)}
    return Lock(stamp, sha256(content).hexdigest(), locked), content


def read_lock(root: Path) -> Lock | None:
    """The lock of the project in `root`; None when there is none.

    Raises:
        ConflictError: the lock is damaged, hostile or written by a newer gangen.
        OutputError: it cannot be read, or a path in it does not lead to a plain file inside `root`.
    """
    path = safe_join(root, LOCK_NAME)
    try:
        data = read_file(path, MAX_LOCK_BYTES)
        if data is None:
            return None
        lock = _parse(data.decode("utf-8"))
    except OSError as error:
        raise output_error(error, "read the lock", path) from error
    except (ValueError, RecursionError, OutputError) as error:
        raise ConflictError(
            f"{path} is not a lock that gangen wrote: {error}",
            help=f"restore it from version control; or delete it and {BASE_NAME} and build again, "
            "then no file that differs from the new one is overwritten",
        ) from error
    for relative in lock.files:
        safe_join(root, relative)
    return lock


def unchanged(root: Path, lock: Lock | None, stamp: Stamp) -> bool:
    """Whether a build with this stamp would write nothing, found out without rendering.

    False also when something cannot be read or an interrupted build waits for its repair: `publish`
    then does what is needed, or says what is wrong.
    """
    if lock is None or lock.stamp != stamp:
        return False
    try:
        if exists(root / STAGING_NAME):
            return False
        for relative, file in lock.files.items():
            data = read_file(safe_join(root, relative))
            if data is None or (file.owner == "generated" and _digest(data) != file.sha256):
                return False
        content = read_base(root)
        return content is not None and _digest(content) == lock.base_sha256
    except (OSError, OutputError):
        return False


def read_base(root: Path) -> bytes | None:
    """The decompressed base of the project in `root`; None when it is missing or damaged.

    Raises:
        OutputError: a symlink or a folder stands in its place.
        OSError: it is there and cannot be read.
    """
    try:
        data = read_file(safe_join(root, BASE_NAME), MAX_BASE_BYTES)
        return None if data is None else _decompress(data)
    except (ValueError, zlib.error):
        return None


def pristine_files(content: bytes) -> dict[str, bytes]:
    """The files in a decompressed base; check it against `Lock.base_sha256` before.

    Raises:
        ValueError: it is no base.
    """
    data = json.loads(content)
    if not isinstance(data, dict):
        raise ValueError("the base is not a JSON object")
    return {path: _from_json(value) for path, value in data.items()}


def compress(content: bytes) -> bytes:
    """A base as it lies on disk."""
    return zlib.compress(content, 9)


def _parse(text: str) -> Lock:
    data = _mapping(json.loads(text, object_pairs_hook=_without_duplicates))
    version = data.pop("lock_version", None)
    if type(version) is not int or version < 1:
        raise ValueError("it has no lock_version")
    if version > LOCK_VERSION:
        message = f"a newer gangen wrote {LOCK_NAME} (lock_version {version})"
        raise ConflictError(message, help="upgrade gangen, then build again")
    files = _mapping(data.pop("files", None))
    base = data.pop("base_sha256", None)
    header = [field.name for field in fields(Stamp)]
    if sorted(data) != sorted(header):
        raise ValueError(f"its keys are not lock_version, base_sha256, files, {', '.join(header)}")
    if not isinstance(data["overrides"], list):
        raise ValueError("its overrides are not a list")
    data["overrides"] = tuple(data["overrides"])
    return Lock(Stamp(**data), base, {path: _parse_file(files[path]) for path in sorted(files)})


def _parse_file(data: object) -> LockedFile:
    entry = _mapping(data)
    if not {"sha256", "owner"} <= entry.keys() <= {"sha256", "ast_sha256", "owner"}:
        raise ValueError("the keys of a file are not sha256, ast_sha256, owner")
    return LockedFile(**entry)


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key is given twice")
    return dict(pairs)


def _mapping(data: object) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ValueError("a JSON object is missing")
    return data


def _check_digest(text: object) -> None:
    if not isinstance(text, str) or not _DIGEST.fullmatch(text):
        raise ValueError(f"{text!r} is not a sha256 digest")


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _locked(path: str, data: bytes, once: bool) -> LockedFile:
    tree = _ast_digest(data) if path.endswith(".py") else None
    return LockedFile(_digest(data), tree, "once" if once else "generated")


def _ast_digest(source: bytes) -> str | None:
    """Digest of the syntax tree without positions: equal before and after reformatting.

    None when the source does not parse. `ast.dump` would not do: its text differs between versions
    of Python (which fields exist, whether empty ones show), and the lock must not.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _digest(_spelled(ast.parse(source)).encode())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _spelled(node: object) -> str:
    """A tree as text: of each node its type and its fields that are not empty."""
    if not isinstance(node, ast.AST):
        return f"[{', '.join(map(_spelled, node))}]" if isinstance(node, list) else ascii(node)
    fields = [(name, getattr(node, name, None)) for name in node._fields]
    inside = [f"('{n}', {_spelled(v)})" for n, v in fields if v is not None and v != []]
    return f"['{type(node).__name__}', [{', '.join(inside)}]]"


def _base_content(files: Mapping[str, bytes]) -> bytes:
    data = {path: _to_json(files[path]) for path in files}
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


def _to_json(data: bytes) -> str | dict[str, str]:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": b2a_base64(data, newline=False).decode("ascii")}


def _from_json(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8")
    return a2b_base64(str(_mapping(value).get("base64")), strict_mode=True)


def _decompress(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    content = stream.decompress(data, MAX_BASE_BYTES)
    if not stream.eof or stream.unused_data:
        raise ValueError("the base is cut short, too large, or followed by something else")
    return content
