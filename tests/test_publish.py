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
from hashlib import sha256
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
    assert states(publish(root, OLD, STAMP)) == {
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


def test_a_name_that_changes_only_its_case_is_not_deleted_with_the_old_one(root: Path) -> None:
    (root / "Train.py").hardlink_to(root / "train.py")  # as a file system without case shows it
    files = {"Train.py" if path == "train.py" else path: OLD[path] for path in OLD}
    found = states(publish(root, files, STAMP))
    assert (found["Train.py"], found.get("train.py")) == ("same", None)
    assert (root / "Train.py").exists()
    (root / "train.py").unlink()
    assert states(publish(root, OLD, STAMP))["Train.py"] == "delete"


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


def test_a_disk_that_stays_broken_is_repaired_by_the_next_build(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, real, calls = tree(root), os.replace, iter(range(100))

    def fail_for_ever(source: Path, target: Path) -> None:
        if next(calls) >= 5:
            raise OSError(errno.EIO, "Input/output error", str(target))
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail_for_ever)
        with pytest.raises(OutputError, match="could not be undone") as caught:
            publish(root, NEW, LATER)
    assert "build again" in (caught.value.help or "")
    assert tree(root) != old
    assert not (root / ".gangen-staging/owner").exists()
    assert recover(root)
    assert tree(root) == old
    assert not recover(root)


# Crashes

KILLED = f"""
import os, signal, sys
from pathlib import Path
from gangen.publish import Stamp, publish, recover
root, act, left = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def deadly(real):
    def call(*args, **kwargs):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)
    return call

for name in ("replace", "rename", "unlink", "rmdir"):
    setattr(os, name, deadly(getattr(os, name)))
recover(root) if act == "recover" else publish(root, {NEW!r}, {LATER!r})
"""


def killed(root: Path, act: str, n: int) -> bool:
    """Run a build or a repair in a process that dies at its n-th change; whether it got there."""
    command = [sys.executable, "-c", KILLED, str(root), act, str(n)]
    child = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert child.returncode in (0, -signal.SIGKILL), child.stderr
    return child.returncode != 0


def test_a_killed_update_is_undone_or_complete(root: Path, tmp_path: Path) -> None:
    old = tree(root)
    shutil.copytree(root, tmp_path / "copy", symlinks=True)
    publish(tmp_path / "copy", NEW, LATER)
    new = tree(tmp_path / "copy")
    shutil.copytree(root, tmp_path / "pristine", symlinks=True)
    seen, n = set(), 1
    while killed(root, "publish", n):
        staged = (root / ".gangen-staging").exists()
        assert not (staged and unchanged(root, read_lock(root), LATER))
        recover(root)
        found = tree(root)
        if "src/gone/deep.py" not in found:
            found.pop("src/gone", None)  # emptied, and killed before removing it
        assert found in (old, new), n
        seen.add(found == old)
        publish(root, NEW, LATER)
        assert {path: (root / path).read_bytes() for path in NEW} == NEW
        assert not (root / ".gangen-staging").exists()
        shutil.rmtree(root)
        shutil.copytree(tmp_path / "pristine", root, symlinks=True)
        n += 1
    assert n > 12
    assert seen == {True, False}


def test_a_repair_that_is_killed_is_repaired(root: Path) -> None:
    old, n = tree(root), 1
    while True:
        assert killed(root, "publish", 12)
        assert tree(root) != old
        died = killed(root, "recover", n)
        recover(root)
        assert tree(root) == old
        if not died:
            break
        n += 1
    assert n > 8


def test_a_killed_first_build_leaves_no_project_and_is_swept(tmp_path: Path) -> None:
    root = tmp_path / "new/project"
    assert killed(root, "publish", 1)
    assert not root.exists()
    assert beside(root).exists()
    publish(root, NEW, LATER)
    assert os.listdir(root.parent) == ["project"]


def test_a_dry_run_refuses_to_judge_a_half_swapped_tree(root: Path) -> None:
    assert killed(root, "publish", 8)
    before = tree(root)
    with pytest.raises(ConflictError, match="interrupted") as caught:
        publish(root, NEW, LATER, dry_run=True)
    assert "without --dry-run" in (caught.value.help or "")
    assert tree(root) == before


def test_edits_made_after_a_crash_are_not_overwritten(root: Path) -> None:
    assert killed(root, "publish", 10)
    assert (root / "train.py").read_bytes() == NEW["train.py"]
    (root / "lib/b.bin").write_bytes(b"mine, created by the crashed build\n")
    (root / "train.py").write_bytes(b"mine\n")
    (root / ".gangen-staging/owner").unlink()
    before = tree(root)
    with pytest.raises(ConflictError, match=r"train\.py was edited") as caught:
        publish(root, NEW, LATER)
    assert tree(root) == before
    kept = root / ".gangen-staging/old/train.py"
    assert str(kept) in (caught.value.help or "")
    kept.unlink()
    recover(root)
    assert (root / "train.py").read_bytes() == b"mine\n"
    assert (root / "src/models.py").read_bytes() == OLD["src/models.py"]
    assert (root / "lib/b.bin").read_bytes() == b"mine, created by the crashed build\n"


# Builds at the same time


def test_a_second_build_is_refused_while_one_is_at_work(root: Path) -> None:
    before = tree(root)
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = root / ".gangen-staging/owner"
    owner.parent.mkdir()
    owner.write_text(json.dumps({"pid": sleeper.pid, "host": os.uname().nodename}))
    try:
        for act in (lambda: publish(root, NEW, LATER), lambda: recover(root)):
            with pytest.raises(ConflictError, match="another build is at work") as caught:
                act()
            assert str(owner) in (caught.value.help or "")
            assert owner.exists()
    finally:
        sleeper.communicate(b"\n")
    publish(root, OLD, STAMP)  # the process is gone: its folder is taken over
    assert tree(root) == before


@pytest.mark.parametrize(
    ("record", "age", "busy"),
    [
        (b"", 0, True),
        (b"", 60, False),
        (b"{", 60, False),
        (b"[" * 4000, 60, False),
        (b'{"pid": "x", "host": ""}', 60, False),
        (b'{"pid": 0, "host": "HOST"}', 0, False),
        (b'{"pid": -1, "host": "HOST"}', 0, False),
        (b'{"pid": 99999999999999999999, "host": "HOST"}', 0, False),
        (b'{"pid": OWN, "host": "HOST"}', 0, False),
        (b'{"pid": 1, "host": "HOST"}', 60, True),
        (b'{"pid": OWN, "host": "another machine"}', 3600, True),
    ],
)
def test_who_is_at_work(root: Path, record: bytes, age: int, busy: bool) -> None:
    record = record.replace(b"HOST", os.uname().nodename.encode())
    owner = root / ".gangen-staging/owner"
    owner.parent.mkdir()
    owner.write_bytes(record.replace(b"OWN", str(os.getpid()).encode()))
    os.utime(owner, (owner.stat().st_mtime - age,) * 2)
    if busy:
        with pytest.raises(ConflictError, match="at work"):
            publish(root, NEW, LATER)
    else:
        publish(root, NEW, LATER)
        assert not owner.parent.exists()


def test_a_second_thread_is_refused(root: Path) -> None:
    caught: list[BaseException] = []

    def build() -> None:
        try:
            publish(root, NEW, LATER)
        except ConflictError as error:
            caught.append(error)

    with owned(root / ".gangen-staging"):
        thread = threading.Thread(target=build)
        thread.start()
        thread.join()
        assert (root / ".gangen-staging/owner").exists()
    assert "at work" in str(caught[0])
    build()
    assert len(caught) == 1


def test_an_owner_that_another_build_evicted_first_is_given_back(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = root / ".gangen-staging/owner"
    owner.parent.mkdir()
    owner.write_text('{"pid": 0, "host": ""}')
    os.utime(owner, (0, 0))
    real = os.replace

    def meanwhile(source: Path, target: Path) -> None:
        if source == owner:
            owner.write_text("the other build")
        real(source, target)

    monkeypatch.setattr("gangen.staging._is_at_work", lambda *_: False)
    monkeypatch.setattr(os, "replace", meanwhile)
    with pytest.raises(ConflictError, match="at work"):
        publish(root, NEW, LATER)
    assert owner.read_text() == "the other build"


@pytest.mark.parametrize("path", ["train.py", "lib/b.bin", "src/gone/deep.py"])
def test_a_file_that_changes_during_the_build_is_not_lost(
    root: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """The edit comes after the plan and before the swap."""
    real = os.replace

    def edit(source: Path, target: Path) -> None:
        real(source, target)
        if Path(target).name == "journal.json":
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(b"edited meanwhile\n")

    monkeypatch.setattr(os, "replace", edit)
    with pytest.raises((ConflictError, OutputError)):
        publish(root, NEW, LATER)
    assert (root / path).read_bytes() == b"edited meanwhile\n"
    assert (root / "src/models.py").read_bytes() == OLD["src/models.py"]
    assert not (root / ".gangen-staging").exists()


def test_a_folder_that_appears_during_a_first_build_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, real = tmp_path / "project", os.rename

    def appear(source: Path, target: Path) -> None:
        root.mkdir()
        (root / "mine").touch()
        real(source, target)

    monkeypatch.setattr(os, "rename", appear)
    with pytest.raises(OutputError, match="not empty"):
        publish(root, NEW, STAMP)
    assert list(tree(tmp_path)) == ["project", "project/mine"]


# Attacks


def test_files_and_parents_that_are_symlinks_are_refused(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b.bin").write_bytes(b"precious")
    for name, goal in (("lib", outside), ("train.py", outside / "b.bin"), ("lib", "/nowhere")):
        shutil.copytree(root, tmp_path / "attacked", symlinks=True)
        attacked = tmp_path / "attacked" / name
        attacked.unlink(missing_ok=True)
        attacked.symlink_to(goal)
        before = tree(tmp_path)
        with pytest.raises(OutputError, match="symlink"):
            publish(tmp_path / "attacked", NEW, LATER)
        assert tree(tmp_path) == before
        shutil.rmtree(tmp_path / "attacked")


def test_a_folder_or_a_file_in_the_way_is_refused(root: Path) -> None:
    (root / "lib").touch()
    with pytest.raises(OutputError, match="a file stands where a folder"):
        publish(root, NEW, LATER)
    (root / "lib").unlink()
    (root / "lib/b.bin").mkdir(parents=True)
    with pytest.raises(OutputError, match="a folder stands where a file"):
        publish(root, NEW, LATER)


@pytest.mark.parametrize(
    "files",
    [{"../x": b""}, {"/x": b""}, {"a": b"", "A": b""}, {"gangen.lock": b""}, {".git/config": b""}],
)
def test_hostile_names_write_nothing(root: Path, tmp_path: Path, files: dict[str, bytes]) -> None:
    before = tree(tmp_path)
    for place in (root, tmp_path / "fresh"):
        with pytest.raises(OutputError):
            publish(place, files, LATER)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("where", ["inside", "beside"])
@pytest.mark.parametrize("kind", ["symlink", "dangling", "file", "socket"])
def test_a_hostile_staging_folder_is_refused(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, kind: str
) -> None:
    outside = tmp_path / "outside"
    (outside / "new").mkdir(parents=True)
    (outside / "journal.json").write_text("{}")
    staging = root / ".gangen-staging" if where == "inside" else beside(root)
    if kind == "file":
        staging.touch()
    elif kind == "socket":
        monkeypatch.chdir(staging.parent)
        socket.socket(socket.AF_UNIX).bind(staging.name)
    else:
        staging.symlink_to(outside if kind == "symlink" else "/nowhere")
    before = tree(tmp_path)
    with pytest.raises(OutputError, match="no build leaves a symlink or a file there"):
        publish(root, NEW, LATER)
    assert tree(tmp_path) == before


def test_symlinks_inside_the_staging_folder_are_removed_not_followed(
    root: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_bytes(b"precious")
    for staging in (root / ".gangen-staging", beside(root), beside(tmp_path / "fresh")):
        staging.mkdir()
        for name in ("new", "old", "other", "journal.json.new"):
            (staging / name).symlink_to(outside)
        (staging / "sub").mkdir()
        (staging / "sub/link").symlink_to(outside)
    publish(root, NEW, LATER)
    publish(tmp_path / "fresh", NEW, LATER)
    assert (outside / "precious").read_bytes() == b"precious"
    assert not list(tmp_path.rglob("*.gangen-staging"))


def test_a_symlinked_owner_is_refused(root: Path, tmp_path: Path) -> None:
    (root / ".gangen-staging").mkdir()
    (root / ".gangen-staging/owner").symlink_to(tmp_path / "outside")
    with pytest.raises(OutputError, match="owner"):
        publish(root, NEW, LATER)
    assert not (tmp_path / "outside").exists()


SWAP = {"path": "train.py", "before": None, "after": "a" * 64}
JOURNALS: dict[str, object] = {
    "not json": b"{",
    "empty": b"",
    "deep": b"[" * 100_000,
    "list": [],
    "version": {"journal_version": 2, "swaps": [], "folders": []},
    "no swaps": {"journal_version": 1, "folders": []},
    **{
        f"path {path!r}": {
            "journal_version": 1,
            "swaps": [SWAP, {**SWAP, "path": path}],
            "folders": [],
        }
        for path in (
            "../outside.txt",
            "/etc/passwd",
            "src/../../outside.txt",
            "away/outside.txt",
            ".gangen-staging/owner",
            ".git/config",
            "train.py",
            "src",
            None,
            ["x"],
        )
    },
    "extra": {"journal_version": 1, "swaps": [{**SWAP, "run": "x"}], "folders": []},
    "folder": {"journal_version": 1, "swaps": [], "folders": ["../empty"]},
    "folder link": {"journal_version": 1, "swaps": [], "folders": ["away/empty"]},
}


@pytest.mark.parametrize("name", JOURNALS)
def test_a_hostile_journal_is_refused_and_nothing_moves(
    root: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "home/outside.txt").write_bytes(b"precious")
    (tmp_path / "home/empty").mkdir()
    (root / "away").symlink_to(root.parent)
    old = root / ".gangen-staging/old"
    old.mkdir(parents=True)
    (old / "outside.txt").write_bytes(b"evil")
    (old / "away").symlink_to(root.parent)
    journal = JOURNALS[name]
    data = journal if isinstance(journal, bytes) else json.dumps(journal).encode()
    (old.parent / "journal.json").write_bytes(data)
    before = tree(tmp_path)
    with pytest.raises(OutputError, match="is not a journal that gangen wrote") as caught:
        publish(root, NEW, LATER)
    assert "delete that folder" in (caught.value.help or "")
    assert tree(tmp_path) == before


def test_a_hostile_journal_cannot_move_symlinks_or_delete_unknown_files(
    root: Path, tmp_path: Path
) -> None:
    staging = root / ".gangen-staging"
    (staging / "old").mkdir(parents=True)
    (staging / "old/train.py").symlink_to(tmp_path)
    journal = {"journal_version": 1, "swaps": [SWAP], "folders": ["src"]}
    (staging / "journal.json").write_text(json.dumps(journal))
    with pytest.raises(OutputError, match="symlink"):
        recover(root)
    (staging / "old/train.py").unlink()
    before = tree(root)
    recover(root)  # the digest of train.py is not the one in the journal: it stays
    assert tree(root) == {path: found for path, found in before.items() if ".gangen" not in path}


def test_a_repair_leaves_alone_what_the_build_had_not_placed_yet(root: Path) -> None:
    """Its own copy still waits in the staging folder, so the equal file is someone else's."""
    staging = root / ".gangen-staging"
    (staging / "new").mkdir(parents=True)
    (staging / "new/train.py").write_bytes(OLD["train.py"])
    swap = {**SWAP, "after": sha256(OLD["train.py"]).hexdigest()}
    journal = {"journal_version": 1, "swaps": [swap], "folders": []}
    (staging / "journal.json").write_text(json.dumps(journal))
    recover(root)
    assert (root / "train.py").read_bytes() == OLD["train.py"]
    assert not staging.exists()


# What the system refuses


def test_a_root_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "dangling").symlink_to("nowhere")
    for place, message in (
        ("file", "is a file"),
        ("file/sub", "Not a directory"),
        ("dangling", "symlink to nothing"),
        ("x" * 300, "File name too long"),
        ("x" * 250, "File name too long"),
    ):
        with pytest.raises(OutputError, match=message) as caught:
            publish(tmp_path / place, OLD, STAMP)
        assert caught.value.help
    assert sorted(os.listdir(tmp_path)) == ["dangling", "file"]


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.EDQUOT])
def test_a_folder_that_cannot_be_written_is_an_output_error(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(path: Path, mode: int = 0o777) -> None:
        raise OSError(code, os.strerror(code), str(path))

    before = tree(tmp_path)
    monkeypatch.setattr(os, "mkdir", refuse)
    for place in (root, tmp_path / "fresh", tmp_path / "a/b/c"):
        with pytest.raises(OutputError, match=os.strerror(code)) as caught:
            publish(place, NEW, LATER)
        assert str(tmp_path) in caught.value.message
        assert caught.value.help
    assert tree(tmp_path) == before


def test_a_file_that_cannot_be_read_is_an_output_error(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, limit: int | None = None) -> bytes | None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    lock = read_lock(root)
    monkeypatch.setattr("gangen.publish.read_file", refuse)
    monkeypatch.setattr("gangen.lock.read_file", refuse)
    with pytest.raises(OutputError, match=r"b\.bin: Permission denied"):
        plan_changes(root, NEW, lock)
    with pytest.raises(OutputError, match="cannot read the lock"):
        read_lock(root)
    assert not unchanged(root, lock, STAMP)
