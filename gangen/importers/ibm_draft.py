"""A spec in the making: values, the settings that each came from, and the text of it all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gangen.importers.ibm_config import Config, Setting
from gangen.yaml_write import KeyPath, Line, block, flow, written

TOP = (
    *("gangen", "name", "description", "data", "condition", "latent", "generator"),
    *("discriminator", "objective", "penalties", "training"),
)


class Draft:
    """A spec whose values know where they came from."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.data: dict[str, Any] = {}
        self.comments: dict[KeyPath, str] = {}
        self.settings: dict[KeyPath, tuple[Setting, ...]] = {}

    def set(
        self, path: str, value: Any, *origins: str | Setting, note: str = "", replace: bool = False
    ) -> None:
        """Give the value at a dotted path; its origins are settings, or keys of the toolkit's.

        With `replace` the note says all, and the origins only lead a flag to this value.
        """
        keys = tuple(path.split("."))
        inside = self.data
        for key in keys[:-1]:
            inside = inside.setdefault(key, {})
        inside[keys[-1]] = value
        self._remember(keys, origins, note, replace)

    def add_penalty(
        self, name: str, option: str, value: Any, origin: str | Setting, note: str = ""
    ) -> None:
        """Append a penalty with its one option."""
        penalties = self.data.setdefault("penalties", [])
        penalties.append({name: {option: value}})
        path = ("penalties", len(penalties) - 1, name, option)
        self._remember(path, (origin,), note, False)

    def _remember(
        self, path: KeyPath, origins: tuple[str | Setting, ...], note: str, replace: bool
    ) -> None:
        found = tuple(
            self.config.settings[o] if isinstance(o, str) else o
            for o in origins
            if not isinstance(o, str) or o in self.config.settings
        )
        self.settings[path] = found
        said = [] if replace else list(dict.fromkeys(setting.origin for setting in found))
        self.comments[path] = "; ".join([*_gathered(said), *([note] if note else [])])

    def text(self, header: str) -> str:
        """The spec as YAML, every value with where it came from."""
        ordered = {key: self.data[key] for key in TOP if key in self.data}
        parts = [header]
        for line in block(ordered):
            opens = len(line.path) == 1 and isinstance(ordered[str(line.path[0])], dict | list)
            parts.append("\n" if opens else "")
            parts.append(written([line], self._comment))
        return "".join(parts)

    def assignments(self) -> Iterator[tuple[str, str]]:
        """Each flag that has a say in the spec, and the `--set` that does the same to it."""
        for path, settings in self.settings.items():
            for flag in dict.fromkeys(setting.flag for setting in settings if setting.flag):
                yield flag, f"{'.'.join(map(str, path))}={flow(_at(self.data, path))}"

    def _comment(self, line: Line) -> str:
        return self.comments.get(line.path, "")


def _gathered(origins: list[str]) -> list[str]:
    """`a, b: default of …` instead of the same words twice."""
    by_reason: dict[str, list[str]] = {}
    for origin in origins:
        key, _, reason = origin.partition(": ")
        by_reason.setdefault(reason, []).append(key)
    return [
        ", ".join(keys) + (f": {reason}" if reason else "") for reason, keys in by_reason.items()
    ]


def _at(data: Mapping[str, Any], path: KeyPath) -> Any:
    value: Any = data
    for part in path:
        value = value[part]
    return value
