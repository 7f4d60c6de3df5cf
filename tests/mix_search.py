"""Which values of two slots go together, and mixes that have all such pairs in them.

The compiler is the only judge. The search is greedy and always the same: it starts from the
plainest value of every axis, changes one or two until a value is legal ("homes" of that value), puts
the homes of two values together, and fills the other axes with pairs that are still missing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations, islice

import yaml
from mix import CATALOGUE, NONE, Mix, Value, axes, compiled, spec_of, tidy, values_of

from gangen.compose import Compiled
from gangen.compose import DEFAULTS as DEFAULTS_FILE
from gangen.errors import SpecError

Pair = frozenset[Value]

HOMES = 6  # that are kept of a value
FILL = 3  # values that are tried on an axis to fill a mix


def verdict(mix: Mix) -> SpecError | None:
    """Why the compiler refuses a mix; None when it does not."""
    result = compiled(spec_of(mix))
    return None if isinstance(result, Compiled) else result


@cache
def _plain() -> tuple[Value, ...]:
    said = yaml.safe_load(CATALOGUE.find(DEFAULTS_FILE).read_text(encoding="utf-8"))
    wanted = {"loss": said["objective"]["loss"]}
    for role in ("generator", "discriminator"):
        wanted[f"{role} conditioning"] = said[role]["conditioning"]
    found = {
        axis: next((v for v in values if v.name == wanted.get(axis)), values[0])
        for axis, values in axes().items()
    }
    return tuple(_fitting(found).values())


def _fitting(mix: Mix) -> Mix:
    """The mix with the networks that fit the most data, and the first data that most fit."""

    def fits(data: Value, generator: Value, discriminator: Value) -> bool:
        changed = {"data": data, "generator": generator, "discriminator": discriminator}
        return verdict({**mix, **changed}) is None

    sources = axes()["data"]
    firsts = {role: [v for v in axes()[role] if " (" not in v.name] for role in ("generator", "discriminator")}
    both = [
        (g, d)
        for g in firsts["generator"]
        for d in firsts["discriminator"]
        if g.name == d.name
    ]
    counts = {pair: [fits(data, *pair) for data in sources] for pair in both}
    networks = max(both, key=lambda pair: sum(counts[pair]))
    data = max(range(len(sources)), key=lambda i: sum(row[i] for row in counts.values()))
    chosen = {"data": sources[data], "generator": networks[0], "discriminator": networks[1]}
    return {**mix, **chosen}


def plain() -> Mix:
    """The plainest mix there is."""
    return {value.axis if value.axis in axes() else NONE: value for value in _plain()}


def with_values(mix: Mix, *values: Value) -> Mix:
    """The mix with other values; a second penalty goes beside the first."""
    changed = dict(mix)
    for value in values:
        if value.axis == "penalty" and "penalty" in {v.axis for v in values if v is not value}:
            first = next(v for v in values if v.axis == "penalty")
            changed["penalty" if value is first else "second penalty"] = value
        else:
            changed[value.axis] = value
        if value.axis.endswith(" conditioning") and changed["condition"].name == NONE:
            changed["condition"] = axes()["condition"][1]
    return changed
