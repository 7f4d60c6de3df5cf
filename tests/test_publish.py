"""Publishing is all or nothing, loses no file of the user's, and never leaves its folder."""

import errno
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gangen.errors import ConflictError, OutputError
from gangen.lock import Stamp, read_lock, unchanged
from gangen.publish import Published, WouldLoseFiles, plan_changes, publish, recover
from gangen.staging import beside, owned

STAMP = Stamp("0.1.0", "c" * 64, "26.3.1", "../spec.yaml", "d" * 64)
LATER = replace(STAMP, spec_digest="e" * 64)
OLD = {
    "train.py": b"print(1)\n",
    "src/models.py": b"x = 1\n",
    "src/gone/deep.py": b"y = 1\n",
    "same.txt": b"same\n",
}
NEW = {
    "train.py": b"print(2)\n",
    "src/models.py": b"x = 2\n",
    "same.txt": b"same\n",
    "lib/new/a.py": b"a = 1\n",
    "lib/b.bin": b"\xff\x00\r\n",
}
REPOSITORY = Path(__file__).parent.parent

Tree = dict[str, tuple[int, bytes | None]]


def tree(folder: Path) -> Tree:
    """Mode and content of everything below a folder; symlinks are not followed."""
    found: Tree = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        data = path.read_bytes() if stat.S_ISREG(mode) else None
        if stat.S_ISLNK(mode):
            data = os.fsencode(os.readlink(path))
        found[path.relative_to(folder).as_posix()] = (mode, data)
    return found


def states(published: Published) -> dict[str, str]:
    return {change.path: change.state for change in published.changes}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A published project with odd modes and with files that the user added."""
    root = tmp_path / "home" / "project"
    publish(root, OLD, STAMP)
    (root / "train.py").chmod(0o755)
    (root / "src").chmod(0o750)
    (root / "src/mine.py").write_bytes(b"mine\n")
    (root / "data").mkdir()
    (root / "data/link").symlink_to("/nowhere")
    return root


# What becomes of which file


def test_a_new_project_holds_the_files_the_lock_and_the_base(tmp_path: Path) -> None:
    root = tmp_path / "a/b/project"
    published = publish(root, NEW, STAMP)
    assert set(states(published).values()) == {"create"}
    assert {path.name for path in root.rglob("*") if path.is_file()} >= {
        "gangen.lock",
        "gangen.base",
    }
    assert {path: (root / path).read_bytes() for path in NEW} == NEW
    assert read_lock(root) == published.lock
    assert [path.name for path in root.parent.iterdir()] == ["project"]


def test_an_update_touches_only_what_it_must(root: Path) -> None:
    inode = (root / "same.txt").stat().st_ino
    assert states(publish(root, NEW, LATER)) == {
        "lib/b.bin": "create",
        "lib/new/a.py": "create",
        "same.txt": "same",
        "src/gone/deep.py": "delete",
        "src/models.py": "update",
        "train.py": "update",
    }
    assert (root / "same.txt").stat().st_ino == inode
    assert {path: (root / path).read_bytes() for path in NEW} == NEW
    assert not (root / "src/gone").exists()
    assert (root / "src/mine.py").read_bytes() == b"mine\n"
    assert (root / "data/link").is_symlink()
    assert not (root / ".gangen-staging").exists()
    assert unchanged(root, read_lock(root), LATER)


def test_a_second_build_writes_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(root)
    for name in ("mkdir", "replace", "rename", "unlink", "rmdir", "write"):
        monkeypatch.delattr(os, name)
    assert set(states(publish(root, OLD, STAMP)).values()) == {"same"}
    assert tree(root) == before


def test_an_update_gives_the_same_bytes_as_a_new_project(root: Path, tmp_path: Path) -> None:
    publish(root, NEW, LATER)
    publish(tmp_path / "fresh", NEW, LATER)
    for name in (*NEW, "gangen.lock", "gangen.base"):
        assert (root / name).read_bytes() == (tmp_path / "fresh" / name).read_bytes()


def test_only_the_lock_follows_a_stamp_without_effect(root: Path) -> None:
    before = tree(root)
    assert set(states(publish(root, OLD, LATER)).values()) == {"same"}
    after = tree(root)
    assert {path for path in after if after[path] != before[path]} == {"gangen.lock"}


def test_a_dry_run_writes_nothing(root: Path, tmp_path: Path) -> None:
    before = tree(tmp_path)
    would = publish(root, NEW, LATER, dry_run=True)
    publish(tmp_path / "none/at/all", NEW, LATER, dry_run=True)
    assert tree(tmp_path) == before
    assert would == publish(root, NEW, LATER)


def test_a_missing_file_is_written_again(root: Path) -> None:
    (root / "train.py").unlink()
    shutil.rmtree(root / "src/gone")
    changed = {path: state for path, state in states(publish(root, OLD, STAMP)).items()}
    assert changed == {
        "same.txt": "same",
        "src/gone/deep.py": "create",
        "src/models.py": "same",
        "train.py": "create",
    }
    (root / "src/gone/deep.py").unlink()
    assert "src/gone/deep.py" not in states(publish(root, NEW, STAMP))  # nothing left to delete


def test_a_file_written_once_belongs_to_the_user(tmp_path: Path) -> None:
    def build(text: bytes, **files: bytes) -> dict[str, str]:
        return states(publish(tmp_path, {"README.md": text, **files}, STAMP, once=["README.md"]))

    assert build(b"1") == {"README.md": "create"}
    assert build(b"2") == {"README.md": "keep"}
    (tmp_path / "README.md").write_bytes(b"mine")
    assert build(b"3") == {"README.md": "keep"}
    assert (tmp_path / "README.md").read_bytes() == b"mine"
    assert unchanged(tmp_path, read_lock(tmp_path), STAMP)
    assert states(publish(tmp_path, {"x.py": b""}, STAMP)) == {"x.py": "create"}
    assert (tmp_path / "README.md").read_bytes() == b"mine"
    assert build(b"4") == {"README.md": "keep", "x.py": "delete"}


def test_every_file_that_would_be_lost_is_named_and_nothing_is_written(root: Path) -> None:
    (root / "src/models.py").write_bytes(b"edited\n")
    (root / "src/gone/deep.py").write_bytes(b"edited\n")
    (root / "lib").mkdir()
    (root / "lib/b.bin").write_bytes(b"foreign\n")
    before = tree(root)
    with pytest.raises(WouldLoseFiles) as caught:
        publish(root, NEW, LATER)
    assert caught.value.exit_code == 3
    assert {conflict.path: conflict.state for conflict in caught.value.conflicts} == {
        "src/models.py": "edited",
        "src/gone/deep.py": "edited-orphan",
        "lib/b.bin": "foreign",
    }
    for text in (str(caught.value), caught.value.render(color=True)):
        assert all(conflict.path in text for conflict in caught.value.conflicts)
    assert "help: to have a file written anew, move yours away" in str(caught.value)
    assert tree(root) == before
    with pytest.raises(WouldLoseFiles):
        publish(root, NEW, LATER, dry_run=True)
    assert len(plan_changes(root, NEW, read_lock(root))) == 6


def test_a_hundred_conflicts_are_all_named(tmp_path: Path) -> None:
    files = {f"a_rather_long_name_for_a_file_{n}.py": b"1\n" for n in range(100)}
    for path in files:
        (tmp_path / path).write_bytes(b"mine\n")
    with pytest.raises(WouldLoseFiles) as caught:
        publish(tmp_path, files, STAMP)
    assert all(path in caught.value.render() for path in files)


def test_identical_content_is_no_conflict(root: Path) -> None:
    (root / "train.py").write_bytes(NEW["train.py"])
    (root / "lib").mkdir()
    (root / "lib/b.bin").write_bytes(NEW["lib/b.bin"])
    (root / "gangen.lock").unlink()
    (root / "src/models.py").write_bytes(NEW["src/models.py"])
    assert states(publish(root, NEW, LATER)) == {
        "lib/b.bin": "same",
        "lib/new/a.py": "create",
        "same.txt": "same",
        "src/models.py": "same",
        "train.py": "same",
    }
    assert (root / "src/gone/deep.py").exists()  # without a lock, nothing is known to be ours


def test_without_a_lock_nothing_is_overwritten(root: Path) -> None:
    (root / "gangen.lock").unlink()
    (root / "gangen.base").write_bytes(b"not a base")
    with pytest.raises(WouldLoseFiles) as caught:
        publish(root, NEW, LATER)
    paths = [conflict.path for conflict in caught.value.conflicts]
    assert paths == ["src/models.py", "train.py", "gangen.base"]


def test_building_into_an_empty_folder_keeps_that_folder(tmp_path: Path) -> None:
    root = tmp_path / "here"
    root.mkdir(mode=0o700)
    inode = root.stat().st_ino
    publish(root, OLD, STAMP)
    assert (root.stat().st_ino, stat.S_IMODE(root.stat().st_mode)) == (inode, 0o700)


def test_an_emptied_folder_with_a_file_of_the_user_stays(root: Path) -> None:
    (root / "src/gone/notes.txt").write_bytes(b"mine")
    publish(root, NEW, LATER)
    assert [path.name for path in (root / "src/gone").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("mask", [0o022, 0o002, 0o077])
def test_modes_follow_the_umask_and_contents_do_not(tmp_path: Path, mask: int) -> None:
    old = os.umask(mask)
    try:
        publish(tmp_path / "sub/p", OLD, STAMP)
        publish(tmp_path / "sub/p", NEW, LATER)
        publish(tmp_path / "fresh", NEW, LATER)
    finally:
        os.umask(old)
    for root in (tmp_path / "sub/p", tmp_path / "fresh"):
        for mode, data in tree(root).values():
            assert stat.S_IMODE(mode) == (0o755 if data is None else 0o644) & ~mask
        assert {path: (root / path).read_bytes() for path in NEW} == NEW


def test_the_root_may_be_relative_or_a_symlink(root: Path, monkeypatch: Any) -> None:
    (root.parent / "link").symlink_to(root)
    publish(root.parent / "link", NEW, LATER)
    assert unchanged(root, read_lock(root), LATER)
    monkeypatch.chdir(root)
    publish(Path(), OLD, STAMP)
    monkeypatch.chdir(root.parent)
    publish(Path("other"), OLD, STAMP)
    assert tree(root.parent / "other").keys() <= tree(root).keys()


# Failures at every step

CALLS = [
    "open",
    "write",
    "fsync",
    "mkdir",
    "replace",
    "rename",
    "unlink",
    "rmdir",
    "scandir",
    "lstat",
]


class Trap:
    """Raises at the n-th call of a function of `os`, before or after the call does its work."""

    def __init__(self, name: str, error: BaseException, when: str, n: int) -> None:
        self.name, self.error, self.when, self.left = name, error, when, n
        self.committed = False  # whether the new tree stood when the error was raised

    def wrap(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            live = self.left > 0
            self.left -= name == self.name
            hit = name == self.name and self.left == 0
            if hit and self.when == "before":
                raise self.error
            result = real(*args, **kwargs)
            ends = name == "unlink" and str(args[0]).endswith("journal.json")
            self.committed |= live and ends
            if hit:
                raise self.error
            return result

        return call

    @property
    def sprung(self) -> bool:
        return self.left <= 0


def sprung_traps(
    monkeypatch: pytest.MonkeyPatch, name: str, kind: str, act: Callable[[], object]
) -> Iterator[tuple[Trap, BaseException | None]]:
    """Run `act` with a trap at the first call of `os.<name>`, then at the second, to the last."""
    for n in range(1, 1000):
        when = "after" if kind.endswith("after") else "before"
        full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        trap = Trap(name, full if kind == "full" else KeyboardInterrupt(), when, n)
        raised: BaseException | None = None
        with monkeypatch.context() as patch:
            for call in CALLS:
                patch.setattr(os, call, trap.wrap(call, getattr(os, call)))
            try:
                act()
            except (OutputError, ConflictError, KeyboardInterrupt) as error:
                raised = error
        if not trap.sprung:
            return
        yield trap, raised
    raise AssertionError("the traps have no end")


@pytest.mark.parametrize("kind", ["full", "interrupt", "interrupt after"])
@pytest.mark.parametrize("name", CALLS)
def test_an_update_that_fails_anywhere_leaves_the_old_tree(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    pristine = tmp_path / "pristine"
    shutil.move(root.parent, pristine)
    old = tree(pristine)
    shutil.copytree(pristine, root.parent, symlinks=True)
    publish(root, NEW, LATER)
    new = tree(root.parent)

    shutil.rmtree(root.parent)
    shutil.copytree(pristine, root.parent, symlinks=True)
    rounds = 0
    for trap, raised in sprung_traps(monkeypatch, name, kind, lambda: publish(root, NEW, LATER)):
        rounds += 1
        found = tree(root.parent)
        if raised is None or trap.committed:
            found.pop(
                "project/src/gone", None
            )  # emptied: may stay when removing it was the failure
            assert found == new, (rounds, raised)
            assert raised is None or kind != "full"
        else:
            assert found == old, (rounds, raised)
        assert not isinstance(raised, OutputError) or raised.help
        shutil.rmtree(root.parent)
        shutil.copytree(pristine, root.parent, symlinks=True)
    assert rounds or name == "rename"


@pytest.mark.parametrize("kind", ["full", "interrupt", "interrupt after"])
@pytest.mark.parametrize("name", CALLS)
def test_a_first_build_that_fails_anywhere_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    root = tmp_path / "home/missing/project"
    (tmp_path / "home").mkdir()
    rounds = 0
    for _, raised in sprung_traps(monkeypatch, name, kind, lambda: publish(root, NEW, STAMP)):
        rounds += 1
        assert not list(tmp_path.rglob("*.gangen-staging*")), rounds
        if raised is None or root.exists():
            assert raised is None or kind != "full"
            assert unchanged(root, read_lock(root), STAMP)
            shutil.rmtree(root.parent)
        assert list(tree(tmp_path)) == ["home"], rounds
    assert rounds or name in ("replace",)
