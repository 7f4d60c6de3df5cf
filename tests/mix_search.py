"""Which values of two slots go together, and mixes that have all such pairs in them.

The compiler is the only judge. The search is greedy and always the same: it starts from the
plainest value of every slot, changes one or two until a value is legal ("homes" of the value), lays
the homes of two values over each other, and fills the other slots with pairs still missing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, islice, product

from mix import (
    CATALOGUE,
    FAMILY_NAME,
    NONE,
    ROLES,
    Mix,
    Value,
    axes,
    compiled,
    spec_of,
    tidy,
    values_of,
)

from gangen.compose import Compiled, shipped_defaults
from gangen.errors import SpecError

Pair = frozenset[Value]

HOMES = 6  # kept of a value
MERGED = 12  # tried for a pair
TWO = 100  # changes of two slots that are tried for a value


def verdict(mix: Mix) -> SpecError | None:
    """Why the compiler refuses a mix; None when it does not."""
    result = compiled(spec_of(mix))
    return None if isinstance(result, Compiled) else result


def pairs_of(mix: Mix) -> set[Pair]:
    """Every two values that are mixed."""
    return {frozenset(two) for two in combinations(sorted(values_of(mix)), 2)}


def changes(*values: Value) -> Mix:
    """The slots that values go into; a second penalty goes beside the first."""
    changed: Mix = {}
    for value in values:
        changed["second penalty" if value.axis in changed else value.axis] = value
    if any(slot.endswith(" conditioning") for slot in changed):
        changed.setdefault("condition", axes()["condition"][1])
    return changed


@dataclass
class Search:
    """The values of some slots; the others stay plain."""

    slots: tuple[str, ...]
    seed: int = 0
    patience: int = 1  # values that are tried on a slot to fill a mix
    refused: dict[Pair, SpecError] = field(default_factory=dict)
    errors: dict[str, SpecError] = field(default_factory=dict)  # every refusal, by spec
    homeless: set[Pair] = field(default_factory=set)  # of a value that no mix here allows
    _homes: dict[Value, list[Mix]] = field(default_factory=dict)

    @cached_property
    def plain(self) -> Mix:
        """The plainest mix: defaults, and the networks and the data that fit most of the others."""
        said = shipped_defaults(CATALOGUE, FAMILY_NAME).data
        wanted = {"loss": said["objective"]["loss"]}
        wanted |= {f"{role} conditioning": said[role]["conditioning"] for role in ROLES}
        mix = {
            slot: next((v for v in values if v.name == wanted.get(slot)), values[0])
            for slot, values in axes().items()
        }
        named = {v.name: v for v in axes()["discriminator"]}
        both = [(g, named[g.name]) for g in axes()["generator"] if g.name in named]
        rows = {
            (g, d): [
                verdict({**mix, "data": data, "generator": g, "discriminator": d}) is None
                for data in axes()["data"]
            ]
            for g, d in both
        }
        most = max(sum(row) for row in rows.values())
        wide = [pair for pair in both if sum(rows[pair]) == most]
        generator, discriminator = min(wide, key=lambda pair: self._size(mix, *pair))
        counts = [sum(column) for column in zip(*rows.values(), strict=True)]
        data = axes()["data"][counts.index(max(counts))]
        return {**mix, "data": data, "generator": generator, "discriminator": discriminator}

    @staticmethod
    def _size(mix: Mix, generator: Value, discriminator: Value) -> int:
        """Parameters of both networks on the first data that they fit."""
        for data in axes()["data"]:
            networks = {"generator": generator, "discriminator": discriminator}
            result = compiled(spec_of({**mix, **networks, "data": data}))
            if isinstance(result, Compiled):
                return sum(network.parameters for network in result.plan.networks.values())
        return 0

    @property
    def values(self) -> list[Value]:
        """Every value that is to be mixed."""
        return list(dict.fromkeys(v for s in self.slots for v in axes()[s] if v.name != NONE))

    def homes(self, value: Value) -> list[Mix]:
        """Legal mixes that are plain but for this value, and for what it cannot do without."""
        if value not in self._homes:
            start = changes(value)
            if self._legal({**self.plain, **start}):
                self._homes[value] = [start]
            else:
                self._homes[value] = self._repaired(start)
        return self._homes[value]

    def lonely(self, value: Value) -> SpecError:
        """Why a value without a home is refused."""
        error = verdict({**self.plain, **changes(value)})
        assert error is not None
        return error

    def _repaired(self, start: Mix) -> list[Mix]:
        """The changes with one more, or two where the first leaves less to complain about."""
        first = list(self._one_more(start))
        found = [change for change in first if self._legal({**self.plain, **change})]
        if found:
            return self._apart(found)
        worst = len(self.errors[spec_of({**self.plain, **start})].problems)
        better = [c for c in first if self._complaints(c) <= worst]
        better.sort(key=self._complaints)
        pairs = ({**a, **b} for a, b in combinations(better, 2) if set(a) != set(b))
        tried = islice(pairs, TWO)
        return [c for c in tried if self._legal({**self.plain, **c})][:HOMES]

    def _one_more(self, start: Mix) -> Iterator[Mix]:
        for slot in axes():
            if slot not in start:
                for value in axes()[slot]:
                    yield {**changes(value), slot: value, **start}

    @staticmethod
    def _apart(found: list[Mix]) -> list[Mix]:
        """Homes that differ in the slot that is changed come first."""
        by_slot: dict[frozenset[str], list[Mix]] = {}
        for change in found:
            by_slot.setdefault(frozenset(change), []).append(change)
        longest = max(map(len, by_slot.values()))
        rows = [row[i] for i in range(longest) for row in by_slot.values() if i < len(row)]
        return rows[:HOMES]

    def _complaints(self, change: Mix) -> int:
        error = verdict({**self.plain, **change})
        return len(error.problems) if error else 0

    def _legal(self, mix: Mix) -> bool:
        error = verdict(mix)
        if error is not None:
            self.errors[spec_of(mix)] = error
        return error is None

    # ------------------------------------------------------------------ pairs

    def witness(self, pair: Pair) -> Mix | None:
        """A legal mix with both values, as plain as it is found."""
        first, second = sorted(pair)
        fixed = changes(first, second)
        tried = ({**one, **other, **fixed} for one, other in self._sides(first, second))
        error = None
        for change in islice(tried, MERGED):
            mix = {**self.plain, **change}
            if not pair <= values_of(mix):
                continue
            if self._legal(mix):
                return mix
            error = error or self.errors[spec_of(mix)]
        late = [slot for slot in axes() if slot.endswith(" conditioning") and slot not in fixed]
        for slot, (one, other) in product(late, self._sides(first, second)):
            mix = {**self.plain, **one, **other, **fixed}
            if mix["condition"].name == NONE:
                continue
            for value in axes()[slot]:
                if self._legal({**mix, slot: value}):
                    return {**mix, slot: value}
        if "data" not in fixed:
            one, other = next(self._sides(first, second), ({}, {}))
            for value in axes()["data"]:  # what a network has in it depends on the shape
                mix = {**self.plain, **one, **other, **fixed, "data": value}
                if pair <= values_of(mix) and self._legal(mix):
                    return mix
        if error is not None:
            self.refused[pair] = error
        else:
            self.homeless.add(pair)
        return None

    def _sides(self, first: Value, second: Value) -> Iterator[tuple[Mix, Mix]]:
        homes = self.homes(first), self.homes(second)
        for one, other in product(*homes):
            yield one, other
            yield other, one

    def pairs(self) -> list[Pair]:
        """Every two values of two slots, in an order that is mixed but always the same."""
        penalty = [s for s in self.slots if s == "second penalty"]
        found = [
            frozenset(two)
            for two in combinations(self.values, 2)
            if two[0].axis != two[1].axis or (penalty and two[0].axis == "penalty")
        ]
        found = [pair for pair in found if not self._idle(pair)]
        random.Random(self.seed).shuffle(found)
        return found

    @staticmethod
    def _idle(pair: Pair) -> bool:
        """How a condition is taken, where there is none."""
        named = {value.axis: value.name for value in pair}
        late = any(axis.endswith(" conditioning") for axis in named)
        return late and named.get("condition") == NONE

    # ------------------------------------------------------------------ mixes

    def mixes(self, most: int | None = None) -> Iterator[Mix]:
        """Legal mixes that have every legal pair in one of them, or the first `most` of these."""
        missing = dict.fromkeys(self.pairs())
        seen: set[Value] = set()
        count = 0
        while missing and (most is None or count < most):
            pair = max(islice(missing, 200), key=lambda pair: len(pair - seen))
            mix = self.witness(pair)
            if mix is None:
                del missing[pair]
                continue
            mix = tidy(self._filled(mix, pair, missing))
            for covered in pairs_of(mix):
                missing.pop(covered, None)
                self.refused.pop(covered, None)  # other data may allow it
            missing.pop(pair, None)
            seen |= values_of(mix)
            count += 1
            yield mix

    def _filled(self, mix: Mix, pair: Pair, missing: Mapping[Pair, None]) -> Mix:
        """The mix with as many missing pairs as it takes, slot by slot."""
        slots = [slot for slot in self.slots if mix[slot] not in pair]
        random.Random(len(missing)).shuffle(slots)
        for slot in slots:
            gains = {
                value: len(pairs_of({**mix, **changes(value), slot: value}) & missing.keys())
                for value in axes()[slot]
                if pair <= values_of({**mix, slot: value})
            }
            now = len(pairs_of(mix) & missing.keys())
            best = sorted(gains, key=lambda value: -gains[value])[: self.patience]
            for value in best:
                changed = {**mix, slot: value}
                if gains[value] > now and self._legal(changed):
                    mix = changed
                    break
        return mix
