"""The catalogue as `gangen list` shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from gangen.catalogue import KINDS, Catalogue, shipped
from gangen.errors import Problems, TemplateError, UsageError, did_you_mean, one_of, shown
from gangen.load import load


def open_catalogue(folders: Sequence[str]) -> Catalogue:
    """The catalogue with a user's folders in front; raises UsageError when one is missing."""
    for name in folders:
        if not Path(name).is_dir():
            raise UsageError(
                f"--catalogue {name} is no folder",
                help="name a folder that holds kinds of components, like the shipped templates/",
            )
    return Catalogue((*map(Path, folders), shipped()))


def check_name(what: str, name: str, known: Iterable[str], told: Iterable[str] = ()) -> None:
    """Raise UsageError when `name` is not known; `told` are the names to tell, else all."""
    known = list(known)
    if name not in known:
        guess = did_you_mean(name, known)
        raise UsageError(
            f"there is no {what} {shown(name)}" + (f"; did you mean {guess}?" if guess else ""),
            help=f"the {what}s are {one_of(list(told) or known, limit=100)}",
        )


def entries(catalogue: Catalogue, word: str | None) -> Mapping[str, str]:
    """Members of a kind and what they are, or the kinds and how many members they have."""
    if word is None:
        return {kind: str(len(catalogue.names(folder))) for kind, folder in kinds().items()}
    known = {**{folder: folder for folder in kinds().values()}, **kinds()}
    plain = word.replace("-", "_").replace(" ", "_")
    plain = f"{plain}s" if plain not in known and f"{plain}s" in known else plain
    check_name("kind", plain, known, kinds())
    return summaries(catalogue, known[plain])


def kinds() -> Mapping[str, str]:
    """What users call a kind, and its name in the catalogue: presets, families, layers, …"""
    words = {kind: kind for kind in ("presets", "families")}
    for kind, noun in KINDS.items():
        words[kind if kind[:2] == noun[:2] else f"{noun}s"] = kind
    return words


def summaries(catalogue: Catalogue, kind: str) -> Mapping[str, str]:
    """One line for every member of a kind."""
    names = catalogue.names(kind)
    if kind == "families":
        return {name: catalogue.family(name).doc for name in names}
    if kind == "presets":
        return {name: str(preset(catalogue, name).get("title", "")) for name in names}
    return {name: catalogue.get(kind, name).summary for name in names}


def preset(catalogue: Catalogue, name: str) -> Mapping[str, object]:
    """A preset's file: `title`, `summary`, `spec`, `sources`. Raises TemplateError."""
    path, problems = catalogue.path("presets", name), Problems()
    data: Mapping[str, object] = load(path.read_text(encoding="utf-8"), str(path), problems).data
    if problems:
        raise TemplateError(f"{path}: {problems.errors[0].message}")
    return data
