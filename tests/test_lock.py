"""The lock: the same bytes everywhere, and nothing that it says is believed unchecked."""

import ast
import json
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gangen.errors import ConflictError, GangenError, OutputError
from gangen.lock import (
    LockedFile,
    Stamp,
    compress,
    make_lock,
    pristine_files,
    read_base,
    read_lock,
    unchanged,
)
from gangen.publish import publish

STAMP = Stamp("0.1.0", "c" * 64, "26.3.1", "../spec.yaml", "d" * 64, ("training.lr=1", "~latent"))
FILES = {
    "train.py": b"print('h\xc3\xa9')\n",
    "src/model.py": b"def f(x):\n    return x\n",
    "README.md": b"# hi\r\n",
    "assets/d.npz": b"\xff\x00\x01",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    publish(tmp_path / "project", FILES, STAMP, once=["README.md"])
    return tmp_path / "project"


def test_the_text_of_a_lock() -> None:
    lock, _ = make_lock({"b.txt": b"", "a.py": b"x = 1\n"}, STAMP)
    text = lock.to_text()
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"
    assert json.loads(text) == {
        "lock_version": 1,
        "gangen": "0.1.0",
        "catalogue": "c" * 64,
        "black": "26.3.1",
        "spec": "../spec.yaml",
        "spec_digest": "d" * 64,
        "overrides": ["training.lr=1", "~latent"],
        "base_sha256": lock.base_sha256,
        "files": {
            "a.py": {
                "sha256": lock.files["a.py"].sha256,
                "ast_sha256": lock.files["a.py"].ast_sha256,
                "owner": "generated",
            },
            "b.txt": {
                "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "owner": "generated",
            },
        },
    }


def test_a_lock_is_read_back_as_it_was_written(root: Path) -> None:
    assert read_lock(root) == make_lock(FILES, STAMP, ["README.md"])[0]
    assert read_lock(root.parent) is None


def test_lock_and_base_do_not_depend_on_order_or_hash_seed(root: Path) -> None:
    backwards = dict(reversed(FILES.items()))
    lock, base = make_lock(backwards, STAMP, ["README.md"])
    assert lock.to_text().encode() == (root / "gangen.lock").read_bytes()
    assert base == read_base(root)
    script = (
        "import sys; sys.path.insert(0, 'tests'); import test_lock as t\n"
        "lock, base = t.make_lock(t.FILES, t.STAMP, {'README.md'})\n"
        "sys.stdout.write(lock.to_text() + base.decode())"
    )
    for seed in ("1", "2"):
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": "."}
        child = subprocess.run(
            [sys.executable, "-c", script],
            env=environment,
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            check=True,
        )
        assert child.stdout == lock.to_text().encode() + base


def test_the_base_holds_every_file_byte_for_byte(root: Path) -> None:
    content = read_base(root)
    assert content is not None
    assert pristine_files(content) == FILES


def test_the_tree_digest_ignores_layout_and_sees_meaning() -> None:
    def digest(source: str) -> str | None:
        return make_lock({"a.py": source.encode()}, STAMP)[0].files["a.py"].ast_sha256

    plain = digest("def f(a, b=None):\n    return a\n")
    assert plain == digest("def f(\n    a,  # first\n    b = None,\n):\n\n    return (a)\n")
    others = [
        "def f(a, b=0): return a",
        "def f(a, c=None): return a",
        "async def f(a, b=None): return a",
    ]
    assert (
        len({plain, digest("x = 0"), digest("x = False"), digest("x = ''"), *map(digest, others)})
        == 7
    )
    assert digest("def f(:") is None
    assert digest("x = '\0'") is None
    assert digest("-" * 5000 + "1") is None


def test_the_tree_digest_is_the_same_in_every_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newer Pythons add fields that are empty for older code, such as `type_params`."""
    before = make_lock(FILES, STAMP)[0]
    monkeypatch.setattr(ast.FunctionDef, "_fields", (*ast.FunctionDef._fields, "a_new_field"))
    monkeypatch.setattr(ast.FunctionDef, "a_new_field", [], raising=False)
    assert make_lock(FILES, STAMP)[0] == before


@pytest.mark.parametrize(
    "change",
    [
        {"catalogue": "C" * 64},
        {"catalogue": "c" * 63},
        {"spec_digest": ""},
        {"spec_digest": None},
        {"spec": ""},
        {"spec": "/etc/passwd"},
        {"spec": "\\\\host\\share"},
        {"spec": "C:x.yaml"},
        {"spec": "a\0b"},
        {"spec": 1},
        {"gangen": None},
        {"overrides": (1,)},
    ],
)
def test_a_stamp_that_could_not_be_read_back_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is not"):
        replace(STAMP, **change)


def test_odd_overrides_and_spec_names_survive(tmp_path: Path) -> None:
    stamp = replace(STAMP, overrides=('a="\n\u2028\udc80\x00"',), spec="sub/é \udce9.yaml")
    publish(tmp_path / "p", FILES, stamp)
    lock = read_lock(tmp_path / "p")
    assert lock is not None
    assert lock.stamp == stamp
    assert (tmp_path / "p/gangen.lock").read_bytes().isascii()


def _without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda data: data.pop(key)


def _with(**values: object) -> Callable[[dict[str, Any]], object]:
    return lambda data: data.update(values)


def _with_file(path: str, **values: object) -> Callable[[dict[str, Any]], object]:
    entry = {"sha256": "a" * 64, "owner": "generated", **values}
    return lambda data: data["files"].update({path: entry})


HOSTILE = {
    "no version": _without("lock_version"),
    "version true": _with(lock_version=True),
    "version text": _with(lock_version="1"),
    "version 0": _with(lock_version=0),
    "newer": _with(lock_version=2),
    "no files": _without("files"),
    "files list": _with(files=[]),
    "file text": _with(files={"a.py": "x"}),
    "no base": _without("base_sha256"),
    "base number": _with(base_sha256=1),
    "extra key": _with(hooks=["rm -rf /"]),
    "missing key": _without("black"),
    "overrides text": _with(overrides="abc"),
    "overrides number": _with(overrides=[1]),
    "spec absolute": _with(spec="/etc/passwd"),
    "spec number": _with(spec=1),
    "digest": _with(catalogue="x" * 64),
    "file extra key": _with_file("a.py", run="x"),
    "file owner": _with_file("a.py", owner="root"),
    "file owner list": _with_file("a.py", owner=["once"]),
    "file digest": _with_file("a.py", sha256="../x"),
    "file tree digest": _with_file("a.py", ast_sha256=1),
    "parent": _with_file("../outside.txt"),
    "absolute": _with_file("/etc/passwd"),
    "repository": _with_file(".git/config"),
    "itself": _with_file("gangen.lock"),
    "staging": _with_file(".gangen-staging/new/x"),
    "collision": _with_file("TRAIN.py"),
    "through symlink": _with_file("link/outside.txt"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_lock_is_refused_and_nothing_moves(root: Path, name: str) -> None:
    outside = root.parent / "outside.txt"
    outside.write_bytes(b"")
    (root / "link").symlink_to(root.parent)
    data = json.loads((root / "gangen.lock").read_text())
    HOSTILE[name](data)
    (root / "gangen.lock").write_text(json.dumps(data))
    before = {path: path.read_bytes() for path in root.parent.rglob("*") if path.is_file()}
    for act in (lambda: read_lock(root), lambda: publish(root, {"x.py": b""}, STAMP)):
        with pytest.raises((ConflictError, OutputError)) as caught:
            act()
        assert caught.value.help
        assert caught.value.exit_code in (3, 5)
    assert before == {path: path.read_bytes() for path in root.parent.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe{}",
        b"<<<<<<< HEAD\n{}\n",
        b"[" * 100_000,
        b'{"lock_version": 1, "lock_version": 1}',
        b'{"lock_version": ' + b"9" * 5000 + b"}",
        b'{"lock_version": NaN}',
        b" " * (5 << 20),
    ],
)
def test_a_damaged_lock_is_a_conflict_with_a_way_out(root: Path, data: bytes) -> None:
    (root / "gangen.lock").write_bytes(data)
    with pytest.raises(ConflictError, match="is not a lock that gangen wrote") as caught:
        read_lock(root)
    assert "restore it" in (caught.value.help or "")


def test_a_newer_lock_says_upgrade(root: Path) -> None:
    text = (root / "gangen.lock").read_text()
    (root / "gangen.lock").write_text(text.replace('"lock_version": 1', '"lock_version": 99'))
    with pytest.raises(ConflictError, match="newer gangen") as caught:
        read_lock(root)
    assert "upgrade" in (caught.value.help or "")


@pytest.mark.parametrize("name", ["gangen.lock", "gangen.base"])
def test_a_symlinked_lock_or_base_is_refused(root: Path, name: str) -> None:
    (root / name).rename(root.parent / name)
    (root / name).symlink_to(root.parent / name)
    content = (root.parent / name).read_bytes()
    with pytest.raises(OutputError, match="symlink"):
        publish(root, {**FILES, "train.py": b"2\n"}, STAMP, once=["README.md"])
    assert (root.parent / name).read_bytes() == content


def test_a_lock_that_cannot_be_read_is_an_output_error(root: Path) -> None:
    (root / "gangen.lock").unlink()
    (root / "gangen.lock").mkdir()
    with pytest.raises(OutputError, match="folder"):
        read_lock(root)


@pytest.mark.parametrize(
    "base",
    [b"", b"x", zlib.compress(b"{}")[:-1], zlib.compress(b"{}") + b"x", zlib.compress(b"{}")],
)
def test_a_damaged_base_is_noticed_and_rewritten(root: Path, base: bytes) -> None:
    (root / "gangen.base").write_bytes(base)
    assert not unchanged(root, read_lock(root), STAMP)
    publish(root, FILES, STAMP, once=["README.md"])
    assert unchanged(root, read_lock(root), STAMP)


def test_a_base_that_claims_to_be_huge_is_not_unpacked(root: Path) -> None:
    (root / "gangen.base").write_bytes(compress(b" " * (65 << 20)))
    assert read_base(root) is None


@pytest.mark.parametrize("content", [b"[]", b"{", b'{"a": 1}', b'{"a": {"base64": "!"}}', b"\xff"])
def test_what_is_no_base_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's and binascii's own texts
        pristine_files(content)


def test_another_zlib_does_not_change_base_or_lock(root: Path) -> None:
    content = read_base(root)
    assert content is not None
    other = zlib.compress(content, 1)
    assert other != (root / "gangen.base").read_bytes()
    (root / "gangen.base").write_bytes(other)
    assert unchanged(root, read_lock(root), STAMP)
    published = publish(root, FILES, STAMP, once=["README.md"])
    assert {change.state for change in published.changes} == {"same"}
    assert (root / "gangen.base").read_bytes() == other


@pytest.mark.parametrize(
    "change",
    [
        {"gangen": "0.2.0"},
        {"catalogue": "e" * 64},
        {"black": "26.4"},
        {"spec": "spec.yaml"},
        {"spec_digest": "e" * 64},
        {"overrides": ()},
    ],
)
def test_another_stamp_is_a_change(root: Path, change: dict[str, Any]) -> None:
    lock = read_lock(root)
    assert unchanged(root, lock, STAMP)
    assert not unchanged(root, lock, replace(STAMP, **change))
    assert not unchanged(root, None, STAMP)


def test_a_touched_project_is_not_unchanged(root: Path) -> None:
    lock = read_lock(root)
    (root / "README.md").write_text("mine")  # written once: the user's
    (root / "mine.py").write_text("mine")
    assert unchanged(root, lock, STAMP)
    (root / ".gangen-staging").mkdir()
    assert not unchanged(root, lock, STAMP)
    (root / ".gangen-staging").rmdir()
    for name in ("train.py", "README.md", "gangen.base"):
        content = (root / name).read_bytes()
        (root / name).unlink()
        assert not unchanged(root, lock, STAMP)
        (root / name).symlink_to("mine.py")
        assert not unchanged(root, lock, STAMP)
        (root / name).unlink()
        (root / name).write_bytes(content)
    (root / "src/model.py").write_text("def f(x): return 2")
    assert not unchanged(root, lock, STAMP)


def test_a_locked_file_knows_its_owner() -> None:
    lock, _ = make_lock(FILES, STAMP, ["README.md"])
    assert lock.files["README.md"].owner == "once"
    assert lock.files["train.py"].owner == "generated"
    with pytest.raises(ValueError, match="owner"):
        LockedFile("a" * 64, None, "me")  # type: ignore[arg-type]
    with pytest.raises(GangenError):
        make_lock({"a": b"", "A": b""}, STAMP)


def test_a_no_change_build_imports_little() -> None:
    script = (
        "import sys, gangen.lock\n"
        "heavy = {'pydantic', 'yaml', 'jinja2', 'black', 'shutil', 'tempfile', 'socket', 'torch'}\n"
        "sys.exit(' '.join(heavy & sys.modules.keys()) or 0)"
    )
    root = Path(__file__).parent.parent
    subprocess.run([sys.executable, "-S", "-c", script], cwd=root, check=True)
