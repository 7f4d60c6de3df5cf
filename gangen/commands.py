"""What each command does. Nothing here prints: a command returns its Answer.

Every heavy import happens inside the command that needs it; `verify` of a folder must run where
only PyTorch is installed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gangen.errors import (
    ConflictError,
    Problem,
    SpecError,
    UsageError,
    printable,
)

if TYPE_CHECKING:
    from argparse import Namespace

    from gangen.catalogue import Catalogue
    from gangen.verification import Verification

Note = Callable[[str], None]

STANDARD = "-"  # standard input, or standard output
SCHEMA_FILE = "gangen.schema.json"
FAILED = 6


@dataclass(frozen=True)
class Answer:
    """What a command says: `text` is its result, `problems` and `note` are for people."""

    text: str = ""
    code: int = 0
    problems: tuple[Problem, ...] = ()
    note: str = ""


def run(chosen: Namespace, note: Note) -> Answer:
    """Run the chosen command; `note` says how far it is. Raises GangenErrors."""
    return COMMANDS[chosen.command](chosen, note)


def _init(chosen: Namespace, note: Note) -> Answer:
    """Write a spec to start from."""
    from gangen.listing import check_name
    from gangen.starter import starter

    catalogue = _catalogue(chosen)
    if chosen.preset is not None:
        check_name("preset", chosen.preset, catalogue.names("presets"))
    name = "spec.yaml" if chosen.output == STANDARD else chosen.output
    text = starter(catalogue, chosen.preset, name, SCHEMA_FILE)
    if chosen.output == STANDARD:
        return Answer(text)
    try:
        with Path(name).open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise ConflictError(
            f"{name} exists already, and gangen overwrites no spec",
            help="give another name with -o, or move it away",
        ) from None
    return Answer(f"wrote {printable(name)}; next: gangen build {printable(name)}\n")


def _validate(chosen: Namespace, note: Note) -> Answer:
    """Find everything that is wrong with some specs."""
    from gangen.reports import document, github, sarif

    found = {name: _findings(name, chosen) for name in dict.fromkeys(chosen.specs)}
    problems = tuple(problem for of_one in found.values() for problem in of_one)
    wrong = [name for name, of_one in found.items() if _is_wrong(of_one)]
    if chosen.format == "json":
        specs = [
            {"spec": name, "ok": name not in wrong, "problems": [p.as_dict() for p in of_one]}
            for name, of_one in found.items()
        ]
        result = document("validate", ok=not wrong, specs=specs)
    elif chosen.format == "text":
        result = "".join(f"{printable(name)}: valid\n" for name in found if name not in wrong)
    else:
        result = {"github": github, "sarif": sarif}[chosen.format](problems)
    summary = SpecError(problems).summary if problems else ""
    return Answer(result, 2 if wrong else 0, problems, summary)


def _build(chosen: Namespace, note: Note) -> Answer:
    """Compile a spec into a project."""
    if chosen.verify and chosen.dry_run:
        raise UsageError(
            "--verify needs the project, and --dry-run writes none", help="leave one of them out"
        )
    from gangen.build import build
    from gangen.reports import build_data, build_text, document

    text = _standard_input(chosen.spec)
    root = None if chosen.output is None else Path(chosen.output)
    built = build(
        Path(chosen.spec),
        root,
        _catalogue(chosen),
        chosen.assignments,
        text=text,
        dry_run=chosen.dry_run,
    )
    verification = _verification(built.root, chosen.device, note) if chosen.verify else None
    ok = verification is None or verification.ok
    if chosen.format == "json":
        data = build_data(built, chosen.dry_run)
        data["verification"] = None if verification is None else _verification_data(verification)
        result = document("build", ok=ok, **data)
    else:
        result = build_text(built, chosen.dry_run)
        result += "" if verification is None else f"\n{verification.as_text()}\n"
    return Answer(result, 0 if ok else FAILED, built.warnings)


def _verify(chosen: Namespace, note: Note) -> Answer:
    """Run projects in earnest; a spec's in a temporary folder."""
    found = []
    for name in dict.fromkeys(chosen.targets):
        if name != STANDARD and Path(name).is_dir():
            found.append(_verification(Path(name), chosen.device, note))
        else:
            found.append(_verified_spec(name, chosen, note))
    ok = all(verification.ok for verification in found)
    if chosen.format == "json":
        from gangen.reports import document

        text = document("verify", ok=ok, projects=[_verification_data(v) for v in found])
    elif chosen.format == "junit":
        from gangen.verification import junit

        text = junit(found)
    else:
        text = "\n\n".join(verification.as_text() for verification in found) + "\n"
    return Answer(text, 0 if ok else FAILED)


def _show(chosen: Namespace, note: Note) -> Answer:
    """Print what a spec means."""
    from gangen.compose import compile_spec
    from gangen.reports import document
    from gangen.show import Shown

    catalogue, text = _catalogue(chosen), _standard_input(chosen.spec)
    compiled = compile_spec(Path(chosen.spec), catalogue, chosen.assignments, text)
    seen = Shown(compiled, catalogue)
    forms = {
        "json": lambda: document("show", ok=True, **seen.as_dict()),
        "yaml": seen.as_yaml,
        "table": seen.as_table,
    }
    return Answer(forms[chosen.format](), problems=compiled.problems.warnings)


def _list(chosen: Namespace, note: Note) -> Answer:
    """List the kinds, or the members of one."""
    from gangen.listing import entries
    from gangen.reports import document

    listed = entries(_catalogue(chosen), chosen.kind)
    if chosen.format == "json":
        members = [{"name": name, "summary": said} for name, said in listed.items()]
        return Answer(document("list", ok=True, of=chosen.kind, members=members))
    width = max(map(len, listed), default=0)
    return Answer(
        "".join(f"{name:<{width}}  {said}".rstrip() + "\n" for name, said in listed.items())
    )


def _explain(chosen: Namespace, note: Note) -> Answer:
    """Say what a key or a name means."""
    from gangen.explain import Keys, explain
    from gangen.schema import spec_schema

    catalogue = _catalogue(chosen)
    return Answer(explain(chosen.path, catalogue, Keys(spec_schema(catalogue))))


def _schema(chosen: Namespace, note: Note) -> Answer:
    """Print or write the schema of specs."""
    import json

    from gangen.schema import TITLE, spec_schema

    text = json.dumps(spec_schema(_catalogue(chosen)), indent=1) + "\n"
    if chosen.output == STANDARD:
        return Answer(text)
    path = Path(chosen.output)
    if path.exists() and f'"title": "{TITLE}"' not in path.read_text("utf-8", "replace"):
        raise ConflictError(
            f"{path} exists and is no schema of gangen's", help="give another name with -o"
        )
    path.write_text(text, encoding="utf-8", newline="\n")
    return Answer(f"wrote {printable(str(path))}\n")


def _import(chosen: Namespace, note: Note) -> Answer:
    """Turn another tool's file into a spec or into data."""
    from gangen.importers.grammar import TOOLS

    imported = TOOLS[chosen.tool][2](chosen)
    return Answer(imported.text, problems=imported.problems, note=imported.note)


def _completion(chosen: Namespace, note: Note) -> Answer:
    """Print a completion script."""
    from gangen.completion import script

    return Answer(script(chosen.shell))


# ------------------------------------------------------------------ parts of commands


def _catalogue(chosen: Namespace) -> Catalogue:
    from gangen.listing import open_catalogue

    return open_catalogue(chosen.catalogue)


def _standard_input(name: str) -> str | None:
    """The spec on standard input when `name` is `-`."""
    if name != STANDARD:
        return None
    from gangen.yaml_text import MAX_BYTES

    if sys.stdin is None:
        raise UsageError("there is no standard input", help="name a file")
    # What is no UTF-8 becomes a character that YAML forbids, so that load says where it stands.
    return sys.stdin.buffer.read(MAX_BYTES + 1).decode("utf-8", "surrogateescape")


def _findings(name: str, chosen: Namespace) -> tuple[Problem, ...]:
    """Everything that is wrong with one spec."""
    from gangen.compose import compile_spec

    try:
        text = _standard_input(name)
        compiled = compile_spec(Path(name), _catalogue(chosen), chosen.assignments, text)
        return compiled.problems.warnings
    except SpecError as error:
        return error.problems
    except UsageError as error:
        return (Problem("usage", error.message, help=error.help),)


def _is_wrong(problems: tuple[Problem, ...]) -> bool:
    return any(problem.severity == "error" for problem in problems)


def _verification(project: Path, device: str, note: Note) -> Verification:
    from gangen.verify import verify

    return verify(project, device=device, progress=lambda step: note(f"verify {project}: {step}"))


def _verified_spec(name: str, chosen: Namespace, note: Note) -> Verification:
    import tempfile

    from gangen.build import build

    text = _standard_input(name)
    with tempfile.TemporaryDirectory(prefix="gangen-", ignore_cleanup_errors=True) as folder:
        root = Path(folder) / "project"
        note(f"verify {name}: build")
        build(Path(name), root, _catalogue(chosen), chosen.assignments, text=text)
        return replace(_verification(root, chosen.device, note), project=Path(name))


def _verification_data(verification: Verification) -> dict[str, Any]:
    data = verification.as_dict()
    return {key: data[key] for key in data if key not in ("schema_version", "kind")}


COMMANDS: Mapping[str, Callable[[Namespace, Note], Answer]] = {
    "init": _init,
    "validate": _validate,
    "build": _build,
    "verify": _verify,
    "show": _show,
    "list": _list,
    "explain": _explain,
    "schema": _schema,
    "import": _import,
    "completion": _completion,
}
