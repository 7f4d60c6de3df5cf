"""Spec → project on disk: the pipeline in one place, each arrow one call."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import BaseModel

from gangen import __version__
from gangen.catalogue import Catalogue
from gangen.compose import Compiled, compile_spec
from gangen.errors import ConflictError, Problem, one_of
from gangen.format import black_version, format_files
from gangen.lock import Stamp, read_lock, unchanged
from gangen.publish import publish, recover
from gangen.spec import Chosen, NetworkSpec

SPEC_COPY = "spec.yaml"


@dataclass(frozen=True)
class FileChange:
    """What happened to one file, and by how many lines."""

    path: str
    action: str  # create | update | same | delete
    added: int = 0
    removed: int = 0


@dataclass(frozen=True)
class Built:
    """What a build did; `skipped` when there was nothing to do."""

    root: Path
    changes: tuple[FileChange, ...]
    warnings: tuple[Problem, ...]
    seconds: float
    skipped: bool


def build(
    spec: Path,
    root: Path | None,
    catalogue: Catalogue,
    assignments: Sequence[str] = (),
    *,
    text: str | None = None,
    dry_run: bool = False,
) -> Built:
    """Compile a spec and publish the project in `root` (by default the spec's name, here).

    Raises SpecError, TemplateError, ConflictError or OutputError; the folder is then as it was.
    """
    started = time.perf_counter()
    compiled = compile_spec(spec, catalogue, assignments, text)
    root = root or Path(compiled.spec.name)
    stamp = make_stamp(compiled, catalogue, spec, root, assignments)
    if not dry_run:
        recover(root)
    lock = read_lock(root)
    if unchanged(root, lock, stamp) and _same_copy(root, compiled):
        assert lock is not None
        changes = tuple(FileChange(path, "same") for path in lock.files)
    else:
        files = project_files(compiled, catalogue)
        if lock is None:
            _refuse_foreign(root, files, spec)
        before = {path: _read(root / path) for path in files}
        published = publish(root, files, stamp, dry_run=dry_run)
        changes = tuple(
            _change(c.path, c.state, before.get(c.path, b""), files.get(c.path, b""))
            for c in published.changes
        )
    return Built(
        root,
        changes,
        compiled.problems.warnings,
        time.perf_counter() - started,
        all(change.action == "same" for change in changes),
    )


def _refuse_foreign(root: Path, files: Mapping[str, bytes], spec: Path) -> None:
    """A first build does not mix its files with a stranger's; hidden ones (.git) do not count."""
    own = {path.partition("/")[0] for path in files}
    names = sorted(entry.name for entry in root.iterdir()) if root.is_dir() else []
    foreign = [
        name
        for name in names
        if name not in own and not name.startswith(".") and not _is(root / name, spec)
    ]
    if foreign:
        raise ConflictError(
            f"{root} holds files that gangen did not write: {one_of(foreign)}; nothing was written",
            help="build into a new folder with -o",
        )


def _is(path: Path, spec: Path) -> bool:
    return spec.exists() and path.samefile(spec)


def project_files(compiled: Compiled, catalogue: Catalogue) -> dict[str, bytes]:
    """Every file of the project: a pure function of the spec and the catalogue."""
    from gangen.render import copied, render  # with Jinja, which a no-change build does not need

    files = format_files(render(compiled.plan, catalogue), copied(catalogue, compiled.spec.family))
    for name in compiled.spec.data.component.constant("ASSETS", []):
        files[f"assets/{name}"] = catalogue.find(f"data/assets/{name}").read_bytes()
    files[SPEC_COPY] = compiled.composed.written.source.text.encode()
    return files


def make_stamp(
    compiled: Compiled, catalogue: Catalogue, spec: Path, root: Path, assignments: Sequence[str]
) -> Stamp:
    """What two builds with equal output have in common."""
    return Stamp(
        gangen=__version__,
        catalogue=catalogue.digest(),
        black=black_version(),
        spec=_relative(spec, root),
        spec_digest=spec_digest(compiled),
        overrides=tuple(assignments),
    )


def spec_digest(compiled: Compiled) -> str:
    """sha256 of the resolved spec: comments, order of keys and spelling of numbers do not count."""
    resolved = plain({"family": compiled.composed.family, "spec": compiled.spec})
    return hashlib.sha256(json.dumps(resolved, sort_keys=True).encode()).hexdigest()


def plain(value: Any) -> Any:
    """A resolved spec as JSON data."""
    match value:
        case BaseModel():
            return {name: plain(getattr(value, name)) for name in type(value).model_fields}
        case Chosen():
            return {value.name: plain(value.options)}
        case NetworkSpec():
            return {
                "architecture": plain(value.architecture),
                "layers": [[plain(x.chosen), plain(x.children)] for x in value.layers],
                "init": plain(value.initializer),
                "conditioning": plain(value.conditioning),
                "reparametrizations": plain(value.reparametrizations),
            }
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _ if hasattr(value, "chosen"):
            return [plain(value.chosen), plain(value.children)]
    return value


def _relative(spec: Path, root: Path) -> str:
    """The spec's path as the lock writes it; only its name where no relative path exists."""
    try:
        return PurePosixPath(os.path.relpath(spec, root)).as_posix()
    except ValueError:
        return spec.name


def _same_copy(root: Path, compiled: Compiled) -> bool:
    return _read(root / SPEC_COPY) == compiled.composed.written.source.text.encode()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _change(path: str, action: str, before: bytes, after: bytes) -> FileChange:
    if action == "same" or b"\0" in before + after:
        return FileChange(path, action)
    import difflib

    old, new = (data.decode(errors="replace").splitlines() for data in (before, after))
    marks = [line[:1] for line in difflib.unified_diff(old, new, lineterm="", n=0)][2:]
    return FileChange(path, action, marks.count("+"), marks.count("-"))
