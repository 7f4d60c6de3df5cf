"""A toolkit configuration as the toolkit understands it: casts, defaults, who drives what.

Priority: a command-line flag, the file, the template of the network's name. `GAN_model` always
takes its defaults from the generator's template, whatever the discriminator is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from gangen.errors import Place, Problems, Source, did_you_mean, one_of, shown
from gangen.importers.ibm_keys import (
    CHOICES,
    FLAGS,
    KEYS,
    OPTIMIZER,
    SECTIONS,
    TEMPLATES,
    TOP_DEFAULTS,
    Key,
)
from gangen.marks import Document, Marks

RUNNABLE = tuple(TEMPLATES)
OPTIMIZERS_OF = tuple(f"{section}.{OPTIMIZER}" for section in SECTIONS[1:])
SECTION_HELP = 'write it as {"choice": "gan"}'


@dataclass(frozen=True)
class Setting:
    """One value in force, and where it came from: `template` names its default's template."""

    key: str
    value: Any
    place: Place
    template: str | None = None
    flag: str = ""

    @property
    def origin(self) -> str:
        """As a comment says it: the key, and whose default it is if it is one."""
        if self.flag:
            return f"--{self.flag}"
        if self.template is None:
            return self.key
        whose = f"gangen: {self.template}"
        if self.template in TEMPLATES:
            whose = f"default of the toolkit's {self.template} template"
        elif not self.template:
            whose = "default of the toolkit"
        return f"{self.key}: {whose}"


class Config:
    """The effective configuration: settings by dotted key; a key that is nowhere is missing."""

    def __init__(self, settings: Mapping[str, Setting], source: Source) -> None:
        self.settings, self.source = dict(settings), source

    def __getitem__(self, key: str) -> Any:
        return self.settings[key].value

    def get(self, key: str) -> Any:
        """A value, None where there is none."""
        return self.settings[key].value if key in self.settings else None

    def said(self, key: str) -> bool:
        """Whether the file or a flag says it, not a template."""
        return key in self.settings and self.settings[key].template is None

    def place(self, *keys: str) -> Place:
        """Where the first of the keys stands that somebody wrote."""
        written = [key for key in keys if self.said(key)]
        return self.settings[written[0] if written else keys[-1]].place

    def lines(self) -> list[str]:
        """The settings in force, a line for each section; `*` marks a default."""
        texts: dict[str, list[str]] = {}
        for key, setting in self.settings.items():
            if setting.value is not None and key != "data_path":
                section, _, name = key.partition(".") if "." in key else ("", "", key)
                star = "*" if setting.template is not None else ""
                texts.setdefault(section, []).append(f"{name}{star} {_short(setting.value)}")
        return [f"{section or 'top'}: {', '.join(of)}" for section, of in texts.items()]


def read_config(
    document: Document, flags: Mapping[str, str], problems: Problems, *, faithful: bool = False
) -> Config | None:
    """The effective configuration, or None after problems that leave none."""
    found = _written(document, problems)
    for flag, text in _with_copies(flags, bool(document.source.text), faithful).items():
        name = flag if flag in flags else f"g_{flag[2:]}"
        place = Place(Source(f"--{name}", text), 1, 1, max(1, len(text)))
        found[FLAGS[flag]] = (text, place, name)
    settings = {}
    for key, (value, place, flag) in found.items():
        cast = _cast(KEYS[key], key, value, place, problems)
        if cast is not None:
            settings[key] = Setting(key, cast, place, flag=flag)
    _check_presence(settings, set(found), document, problems)
    _check_choices(settings, problems)
    if problems:
        return None
    return Config(_filled(settings, document.marks), document.source)


def _with_copies(flags: Mapping[str, str], has_file: bool, faithful: bool) -> dict[str, str]:
    """Without a file the toolkit gives the discriminator the generator's flags, over its own."""
    if has_file:
        return dict(flags)
    copies = {f"d_{flag[2:]}": text for flag, text in flags.items() if flag.startswith("g_")}
    copies = {flag: text for flag, text in copies.items() if flag in FLAGS}
    return {**flags, **copies} if faithful else {**copies, **flags}


def _written(document: Document, problems: Problems) -> dict[str, tuple[Any, Place, str]]:
    """Every known key that the file gives a value to; the unknown ones are reported."""
    found: dict[str, tuple[Any, Place, str]] = {}

    def walk(data: Mapping[str, Any], path: tuple[str, ...]) -> None:
        prefix = "".join(f"{part}." for part in path)
        for name, value in data.items():
            key, here = prefix + name, (*path, name)
            if key in SECTIONS or key in OPTIMIZERS_OF:
                if isinstance(value, dict):
                    walk(value, here)
                elif value is not None:
                    message = f"{key} must be an object, not {shown(value)}"
                    place = document.marks.value(here)
                    problems.add("wrong-type", message, place, help=SECTION_HELP)
            elif key not in KEYS or "." in name:
                _unknown(path, name, document.marks.key(here), problems)
            elif value not in (None, "") or key == "data_path":
                found[key] = (value, document.marks.value(here), "")

    walk(document.data, ())
    return found


def _unknown(path: tuple[str, ...], name: str, place: Place, problems: Problems) -> None:
    prefix = "".join(f"{part}." for part in path)
    inside = [key.removeprefix(prefix) for key in KEYS if key.startswith(prefix)]
    known = list(dict.fromkeys(key.partition(".")[0] for key in inside))
    guess = did_you_mean(name, known)
    owner = prefix.rstrip(".") or "the configuration"
    problems.add(
        "unknown-key",
        f"{owner} has no key {shown(name)}" + (f'; did you mean "{guess}"?' if guess else ""),
        place,
        help=None if guess else f"the toolkit reads {one_of(known, 30)}",
    )


def _cast(key: Key, name: str, value: Any, place: Place, problems: Problems) -> Any:
    """The value as the toolkit casts it; None after a problem."""
    wanted = {"whole": "a whole number", "number": "a number", "text": "a text"}
    wanted["truth"] = "true or false"
    result: Any = value
    if key.kind in ("whole", "number"):
        result = _number(value)
        if result is not None and key.kind == "whole":
            result = int(result) if result == int(result) else None
        if result is not None and key.least is not None and result < key.least:
            message = f"{name} must be at least {key.least:g}, not {shown(value)}"
            problems.add("value", message, place, help="a default applies when you take it out")
            return None
    elif key.kind == "truth":
        result = {"true": True, "false": False}.get(str(value).lower())
    elif key.kind == "text":
        result = value if isinstance(value, str) else None
    if result is None:
        message = f"{name} must be {wanted[key.kind]}, not {shown(value)}"
        problems.add("wrong-type", message, place, help="correct it, or take it out")
    elif key.words and result not in key.words:
        guess = did_you_mean(result, key.words)
        ending = f'; did you mean "{guess}"?' if guess else ""
        message = f"{name} cannot be {shown(value)}{ending}"
        problems.add("unknown-name", message, place, help=f"choose {one_of(key.words)}")
        return None
    return result


def _number(value: Any) -> float | None:
    """A finite number, perhaps written as a text."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if not isinstance(value, int | float) or not -1e15 < value < 1e15:
        return None
    return float(value) if math.isfinite(value) else None


def _check_choices(settings: Mapping[str, Setting], problems: Problems) -> None:
    """Both networks must be of those that the toolkit can make, and gangen knows."""
    for section in SECTIONS[1:]:
        setting = settings.get(f"{section}.choice")
        if setting is None or setting.value in RUNNABLE:
            continue
        if setting.value == "custom":
            message = "the toolkit has no networks for the choice custom: it stops with a KeyError"
            help = "describe yours with `layers:` in a spec; `gangen explain generator` says how"
        else:
            message = "seq_gan writes sequences of words; gangen has no family of them yet"
            help = f"of the toolkit's networks it imports {one_of(RUNNABLE)}"
        problems.add("ibm-cannot-import", message, setting.place, help=help)


def _check_presence(
    settings: Mapping[str, Setting], written: Set[str], document: Document, problems: Problems
) -> None:
    """What the toolkit insists on: both networks and the data."""
    for key in ("generator.choice", "discriminator.choice", "data_path"):
        if key in settings and settings[key].value:
            continue
        if key in written and key not in settings:
            continue  # it is there, and reported already
        section, _, name = key.rpartition(".")
        what = "does not say which network it is" if section else "names no data"
        example = CHOICES[0] if section else "datasets/dataset1.p"
        flag = f"--{section[:1]}_{name}" if section else f"--{name}"
        place = document.marks.key((section,) if section else (key,))
        problems.add(
            "missing-key",
            f"{key} is missing: the configuration {what}",
            place if document.source.text else Place(Source("command line", ""), 1, 1),
            help=f'write "{name}": "{example}", or give {flag}',
        )


def _filled(settings: dict[str, Setting], marks: Marks) -> dict[str, Setting]:
    """The settings with the toolkit's defaults, in the order of its keys."""
    generator, discriminator = (settings[f"{s}.choice"].value for s in SECTIONS[1:])
    driver = {"GAN_model": generator, "generator": generator, "discriminator": discriminator}
    if settings.get("sample_interval") and settings["sample_interval"].value == 0:
        del settings["sample_interval"]  # 0 means the default as well
    filled = {}
    for key in KEYS:
        section = key.partition(".")[0]
        template = driver.get(section, "")
        defaults: Mapping[str, Any] = TEMPLATES[template] if template else TOP_DEFAULTS
        if key in settings:
            filled[key] = settings[key]
        elif key in defaults:
            near = f"{template and section}.choice" if section != "GAN_model" else "GAN_model"
            place = marks.key((*near.split("."),) if template else ())
            filled[key] = Setting(key, defaults[key], place, template)
    return filled


def _short(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
