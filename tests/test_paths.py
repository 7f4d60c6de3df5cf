"""One way from a generated path to a file: nothing unportable, nothing through a symlink."""

import errno
import os
from pathlib import Path

import pytest

from gangen.errors import OutputError
from gangen.paths import check_names, output_error, read_file, safe_join, write_new_file

UNSAFE = [
    "",
    "/",
    "/etc/passwd",
    "//host/share",
    "..",
    "../x.py",
    "a/../x.py",
    "a/..",
    ".",
    "./x.py",
    "a//b",
    "a/",
    "a\\b",
    "..\\x.py",
    "C:\\x",
    "C:x",
    "a:b",
    "x.py::$DATA",
    "a\0b",
    "a\nb",
    "a\rb",
    "a\x7fb",
    "a\u2028b",
    "a\u200db",
    "a\u202egnp.py",
    "a\udc80",
    "x.",
    "x ",
    "x./y",
    "x /y",
    "...",
    " x",
    "CON",
    "con.txt",
    "a/NUL",
    "aux.tar.gz",
    "com1",
    "LPT9.py",
    "com¹.txt",
    "con .txt",
    "CONIN$",
    "a?b",
    "a*b",
    "<a>",
    "a|b",
    'a"b',
    ".git/config",
    ".GIT/hooks/x",
    "sub/.git",
    "git~1/config",
    "é" * 128,
]
SAFE = [
    "train.py",
    "src/train.py",
    ".gitignore",
    "console.py",
    "com.py",
    "a b/c d.txt",
    "é.txt",
    "..x",
]


@pytest.mark.parametrize("relative", UNSAFE)
def test_an_unportable_path_is_refused(tmp_path: Path, relative: str) -> None:
    with pytest.raises(OutputError) as caught:
        safe_join(tmp_path, relative)
    assert caught.value.help
    caught.value.render().encode()


@pytest.mark.parametrize("relative", SAFE)
def test_a_plain_path_is_joined(tmp_path: Path, relative: str) -> None:
    target = safe_join(tmp_path, relative)
    assert target == tmp_path.joinpath(*relative.split("/"))
    target.parent.mkdir(exist_ok=True)
    target.touch()
    assert safe_join(tmp_path, relative) == target


@pytest.mark.parametrize("kind", ["file", "dangling", "folder", "inside"])
def test_a_symlink_is_refused_as_file_and_as_parent(tmp_path: Path, kind: str) -> None:
    root = tmp_path / "root"
    (root / "real").mkdir(parents=True)
    (tmp_path / "file").touch()
    goal = {"file": "file", "dangling": "none", "folder": "", "inside": "root/real"}[kind]
    (root / "link").symlink_to(tmp_path / goal)
    for relative in ("link", "link/x.py", "link/x/y.py"):
        with pytest.raises(OutputError, match="symlink"):
            safe_join(root, relative)


def test_the_root_itself_may_be_a_symlink(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert safe_join(tmp_path / "link", "a/b.py") == tmp_path / "link/a/b.py"


def test_a_folder_for_a_file_and_a_file_for_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match="a folder stands"):
        safe_join(tmp_path, "folder")
    with pytest.raises(OutputError, match="a file stands"):
        safe_join(tmp_path, "file/x.py")
    with pytest.raises(OutputError, match="special file"):
        safe_join(tmp_path, "pipe")


def test_what_cannot_be_looked_at_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "lstat", refuse)
    with pytest.raises(OutputError, match=r"a: Permission denied"):
        safe_join(tmp_path, "a/b.py")


@pytest.mark.parametrize(
    "paths",
    [
        ["Train.py", "train.py"],
        ["é.py", "e\u0301.py"],
        ["straße.py", "STRASSE.py"],
        ["src/a.py", "SRC/b.py"],
        ["a", "a/b.py"],
        ["A/b.py", "a"],
        ["a/b", "a/b/c/d"],
        ["gangen.lock"],
        ["Gangen.Base"],
        [".gangen-staging/new/x"],
        [".gangen-staging"],
    ],
)
def test_colliding_names_are_refused_in_any_order(paths: list[str]) -> None:
    for order in (paths, paths[::-1]):
        with pytest.raises(OutputError, match="collides with"):
            check_names(order)


def test_names_that_differ_are_accepted() -> None:
    check_names(["a/b.py", "a/c.py", "b/a.py", "a.py", "sub/gangen.lock", "sub/.gangen-staging/x"])


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"1234")
    assert read_file(tmp_path / "none") is None
    assert read_file(tmp_path / "f", 4) == b"1234"
    with pytest.raises(ValueError, match="larger than 3 bytes"):
        read_file(tmp_path / "f", 3)


def test_a_new_file_never_replaces_one_nor_follows_a_symlink(tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    (tmp_path / "link").symlink_to("elsewhere")
    for name in ("there", "link"):
        with pytest.raises(FileExistsError):
            write_new_file(tmp_path / name, b"x")
    assert not (tmp_path / "elsewhere").exists()


def test_a_short_write_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    write_new_file(tmp_path / "f", b"0123456789")
    assert (tmp_path / "f").read_bytes() == b"0123456789"


@pytest.mark.parametrize("code", [errno.EACCES, errno.ENOSPC, errno.EROFS, errno.EIO])
def test_every_os_error_says_where_and_what_next(code: int) -> None:
    error = output_error(OSError(code, os.strerror(code), "/x/y"), "write", Path("/x"))
    assert error.exit_code == 5
    assert error.message == f"cannot write: /x/y: {os.strerror(code)}"
    assert error.help
