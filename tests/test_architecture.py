"""The compiler's own rules: imports point one way, it knows no GAN, rooms stay small."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gangen.catalogue import KINDS, Catalogue, shipped

PACKAGE = Path(__file__).parents[1] / "gangen"
FILES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}

# The data flow, left to right. A module imports what is in its own stage or left of it.
STAGES = {
    "nouns": ["errors", "text", "sizes", "shapes"],
    "load": ["marks", "yaml_text", "yaml_write", "load", "assign"],
    "catalogue": ["contracts", "signature", "catalogue"],
    "spec": ["describe", "wording", "spec", "choices", "resolve"],
    "lower": [
        *("plan", "layering", "networks", "lower", "compose"),
        *("case", "capabilities", "checks", "run_checks", "evaluation"),
    ],
    "schema": ["schema", "listing", "explain"],
    "render": [
        *("expressions", "fold", "pieces", "printed", "forward"),
        *("network_view", "data_view", "run_view", "step_view", "loss_test"),
        *("evaluation_view", "export_view", "about"),
        *("gather", "view", "render"),
    ],
    "format": ["formatter", "format"],
    "publish": ["paths", "staging", "lock", "swap", "publish"],
    "build": ["build"],
    "verify": ["verification", "child", "probe", "project_source", "verify"],
    "import": ["importers"],  # a package: other tools' files to specs
    "cli": [
        *("show", "starter", "reports"),
        *("arguments", "completion", "commands", "cli", "__main__"),
    ],
}
ORDER = {name: stage for stage, names in enumerate(STAGES.values()) for name in names}
CLI = {"__main__", "cli"}
IMPORTERS = "importers"

# Third-party packages, and who may import them. PyTorch: nobody, the projects have their own.
PACKAGES = {
    "yaml": {"load", "yaml_text"},
    "pydantic": {
        "build",
        "catalogue",
        "choices",
        "describe",
        "resolve",
        "schema",
        "signature",
        "spec",
        "wording",
    },
    "annotated_types": {"catalogue", "describe", "signature"},
    "jinja2": {"render"},
    "numpy": {"importers.ibm_data", "importers.resizing"},  # of the pictures that are imported
    "black": {"formatter"},
}

# Files of a project and of the catalogue are touched by these alone; all paths that come from
# outside pass through `paths.py`.
READERS = {
    "build": "assets of the catalogue; what was there before, to count changed lines",
    "catalogue": "components",
    "child": "what the child process reports",
    "cli": "os.devnull, in place of a closed stdout",
    "commands": "a schema that is to be replaced",
    "compose": "presets and defaults",
    "importers.files": "the file that is imported",
    "listing": "presets",
    "probe": "its own peak memory",
    "lock": "the lock",
    "paths": "everything in an output folder",
    "pieces": "private libraries of the catalogue",
    "render": "files that are copied as they are",
    "schema": "presets and defaults",
    "staging": "the journal",
    "swap": "the journal",
    "project_source": "the project that is verified",
    "verify": "the project that is verified",
    "data_view": "stand-ins of the catalogue",
    "gather": "tests of the penalties",
    "yaml_text": "the spec",
}
WRITERS = {
    "child": "a scratch folder",
    "commands": "the one file that `init` or `schema` is asked for",
    "importers.files": "what the disk refused half of",
    "paths": "everything in an output folder",
    "probe": "its report, inside the child process",
    "staging": "the staging folder",
    "swap": "the swap",
    "verify": "a scratch folder",
}
READS = {"open", "read_text", "read_bytes"}
WRITES = {
    *("write_text", "write_bytes", "mkdir", "makedirs", "unlink", "rmdir", "rmtree", "touch"),
    *("rename", "renames", "symlink", "symlink_to", "hardlink_to", "chmod", "copyfile", "copytree"),
}

OF_THE_SYSTEM = {"open", "remove", "replace", "link", "truncate", "copy", "copy2", "move"}

# Names of components that are also words of the compiler's own.
PLAIN_WORDS = {
    "constant",  # of a component's file
    "conv",  # the size algebra that shape rules are written in
    "conv_transpose",
    "cosine",  # of an angle
    "digits",  # of numbers
    "flatten",  # Tensor.flatten
    "folder",  # of a disk
    "gan",  # what all of this is about
    "images",  # samples with three axes
    "vectors",  # samples with one
    "voxels",  # samples with four
    "linear",  # PyTorch's interpolation along one axis
    "normal",  # usual
    "pairs",  # of keys and values
    "patches",  # of a map that is judged
    "npz",  # NumPy's file format
    "scale",  # how much larger a map becomes
    "sequence",  # what can be counted through
    "step",  # one update of every network; of a verification
    "text",  # what is written
}


def module(path: Path) -> str:
    """gangen/commands/build.py -> commands.build"""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno}: relative import"
            assert node.module is not None
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            found = [name for name in inside if own(name) in map(module, FILES)]
            yield from found or [node.module]


def own(name: str) -> str:
    """gangen.spec -> spec; empty for what is not the compiler's."""
    return name.removeprefix("gangen.") if name.startswith("gangen.") else ""


def names() -> list[str]:
    """What the catalogue calls its members; of a preset also the part before and behind the @."""
    catalogue = Catalogue((shipped(),))
    members = [name for kind in (*KINDS, "families") for name in catalogue.names(kind)]
    presets = catalogue.names("presets")
    return sorted({*members, *presets, *(part for name in presets for part in name.split("@"))})


def ids(path: Path) -> str:
    return module(path)


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_imports_point_left(path: Path) -> None:
    name = module(path)
    if not name.replace("__init__", ""):
        assert not list(imports(path)), "the package itself imports nothing"
        return
    assert stage_of(name) in ORDER, f"give {name} a place among the STAGES"
    for found in filter(None, map(own, imports(path))):
        assert place(found) <= place(name), f"{name} imports {found} to its right"


def stage_of(name: str) -> str:
    """What stands for a module among the STAGES; the importers have one place together."""
    return IMPORTERS if is_importer(name) else name


def is_importer(name: str) -> bool:
    return name == IMPORTERS or name.startswith(f"{IMPORTERS}.")


def place(name: str) -> int:
    return ORDER[stage_of(name)]


def test_other_tools_are_known_to_the_command_line_alone() -> None:
    """And that through one module: what the compiler does never depends on an importer."""
    used = {
        (module(path), found)
        for path in FILES
        for found in filter(is_importer, map(own, imports(path)))
        if not is_importer(module(path))
    }
    assert used == {("arguments", "importers.grammar"), ("commands", "importers.grammar")}


def test_there_are_no_cycles() -> None:
    graph = {module(path): set(filter(None, map(own, imports(path)))) for path in FILES}
    while graph:
        leaves = {name for name, needed in graph.items() if not needed & graph.keys()}
        assert leaves, f"these import each other: {sorted(graph)}"
        graph = {name: needed for name, needed in graph.items() if name not in leaves}


def test_every_stage_is_there() -> None:
    there = {stage_of(module(path)) for path in FILES}
    assert set(ORDER) == {name for name in there if name in ORDER}


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_third_party_packages_stay_where_they_belong(path: Path) -> None:
    known = {*sys.stdlib_module_names, "gangen", *PACKAGES}
    for package in {name.split(".")[0] for name in imports(path)}:
        assert package in known, f"{module(path)} imports {package}"
        allowed = PACKAGES.get(package)
        assert allowed is None or module(path) in allowed, f"{module(path)} imports {package}"


@pytest.mark.parametrize(
    ("entry", "absent"),
    [
        ("compose", ["torch", "numpy", "jinja2", "black"]),
        ("build", ["torch", "numpy", "jinja2", "black"]),  # a build without changes stays quick
        ("render", ["torch", "numpy", "black"]),
        ("format", ["torch", "numpy", "jinja2", "black"]),
        ("publish", ["torch", "jinja2", "black", "yaml", "pydantic"]),
        ("verify", ["torch", "jinja2", "black", "yaml", "pydantic"]),
        ("probe", ["torch", "jinja2", "black", "yaml", "pydantic"]),
    ],
)
def test_what_an_import_pulls_in(entry: str, absent: list[str]) -> None:
    code = f"import sys, gangen.{entry}; print(*(n for n in {absent} if n in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_the_compiler_names_no_member_of_the_catalogue(path: Path) -> None:
    words = [name for name in names() if name not in PLAIN_WORDS]
    pattern = re.compile(rf"(?<![\w@-])({'|'.join(map(re.escape, words))})(?![\w@-])", re.I)
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    found = [
        f"{path.name}:{number}: {line.strip()}" for number, line in lines if pattern.search(line)
    ]
    assert is_importer(module(path)) or found == []


def test_the_plain_words_are_still_needed() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in FILES)
    assert {word for word in PLAIN_WORDS if word in names()} == PLAIN_WORDS
    assert {word for word in PLAIN_WORDS if re.search(rf"\b{word}\b", text)} == PLAIN_WORDS


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_modules_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_functions_are_short(path: Path) -> None:
    functions = [x for x in ast.walk(TREES[path]) if isinstance(x, ast.FunctionDef)]
    long = {f.name: n for f in functions if (n := (f.end_lineno or 0) - f.lineno + 1) > 40}
    assert long == {}


def calls(path: Path) -> Iterator[tuple[int, str, str]]:
    """(line, what it is called on, name) of every call."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(name):
                    yield node.lineno, "", name
                case ast.Attribute(value, name):
                    yield node.lineno, ast.unparse(value), name


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_only_the_command_line_prints_and_exits(path: Path) -> None:
    # formatter.py is a program of its own that runs in a child process
    if module(path) in CLI or module(path) == "formatter":
        return
    for line, owner, name in calls(path):
        said = f"{owner}.{name}".lstrip(".")
        assert said not in ("print", "exit", "quit", "input", "sys.exit", "os._exit"), line
        assert not owner.startswith(("sys.stdout", "sys.stderr")), line
    raised = [ast.unparse(x) for x in ast.walk(TREES[path]) if isinstance(x, ast.Raise)]
    assert not [text for text in raised if "SystemExit" in text]


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_files_are_touched_in_few_places(path: Path) -> None:
    for line, owner, name in calls(path):
        where = f"{module(path)}:{line}: {owner}.{name}"
        if name in READS and owner != "os":
            assert module(path) in READERS, where
        if name in WRITES or (owner in ("os", "shutil") and name in OF_THE_SYSTEM):
            assert module(path) in WRITERS, where


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_no_shell_no_network_no_pickle(path: Path) -> None:
    modules = {name.split(".")[0] for name in imports(path) if name != "urllib.parse"}
    forbidden = {"pickle", "marshal", "shelve", "socket", "urllib", "http", "ftplib", "requests"}
    assert not modules & forbidden
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.keyword) and node.arg == "shell":
            pytest.fail(f"{path.name}:{node.value.lineno}: shell=")
    for line, owner, name in calls(path):
        assert (owner, name) not in {("os", "system"), ("os", "popen"), ("", "exec")}, line
        if (owner, name) == ("", "eval"):  # of the catalogue's expressions and annotations
            assert module(path) in {"shapes", "signature"}, line


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_everything_public_has_a_docstring(path: Path) -> None:
    assert ast.get_docstring(TREES[path]), path.name
    for node in public(TREES[path]):
        assert ast.get_docstring(node), f"{path.name}:{node.lineno}: {node.name}"


def public(
    tree: ast.Module | ast.ClassDef,
) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Public functions, classes and methods; not those that override an interface of a library."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            if not node.name.startswith("visit_"):
                yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node)
