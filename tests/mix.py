"""Every value that a slot of a spec can take, read from the catalogue, and specs made of them.

A `Value` is one choice on one axis: a component, or a key of `latent` or `training`. A mix has one
value for each axis. Adding a component to the catalogue adds its values; what is written down here
is only how options are made small, by the option's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import yaml

from gangen.capabilities import BOUNDED
from gangen.catalogue import NETWORK_LOSS, Catalogue, Component, shipped
from gangen.checks import CONDITIONS
from gangen.compose import Compiled, compile_spec
from gangen.errors import SpecError
from gangen.shapes import Unfit

CATALOGUE = Catalogue((shipped(),))
FAMILY_NAME = "noise_to_data"
FAMILY = CATALOGUE.family(FAMILY_NAME)
ROLES = ("generator", "discriminator")
BATCH = 8
STEPS = 2
NONE = "-"

Fragment = Mapping[str, Any]  # a piece of a spec

SMALL: dict[str, dict[str, Any]] = {  # kind -> option -> a value that makes it fast
    "architectures": {
        "width": 8,
        "max_width": 16,
        "hidden": [8, 8],
        "code": 4,
        "convolutions": 1,
        "blocks": 1,
        "widths": [16, 16, 16],
    },
    "data": {"samples": 64, "image_size": [16, 16], "size": 8, "length": 256, "path": "data"},
    "conditioning": {"embedding_dim": 4, "dim": 8},
    "penalties": {"hidden": 8, "start": 0},
    "optimizers": {"lr": 1e-6, "momentum": 0.5},  # plain steps diverge early
}
SHAPES = ([6], [2, 64], [1, 16, 16], [3, 12, 20], [1, 8, 8, 8])  # where a source reads any shape
CARRIED = {"labels": {"classes": 3}, "attributes": {"attributes": 4}}  # options of such a source
KEYS: dict[str, Any] = {  # values of `training` that are neither a switch nor a choice
    "d_steps": 2,
    "g_steps": 2,
    "d_warmup": {"steps": 1, "every": 2, "d_steps": 2},
    "g_batch_size": BATCH // 2,
    "accumulate": 2,
    "clip_grad_norm": 0.5,
    "epochs": 1,
    "ema": 0.0,
    "ema_start": 1,
}
INSTEAD_OF = {"epochs": "steps"}  # keys that take the place of others
LEFT_ALONE = (  # keys of `training` that have an axis of their own, or nothing to mix with
    *("steps", "batch_size", "seed", "compile", "optimizer", "schedule"),
    *("log_every", "sample_every", "checkpoint_every"),
)


@dataclass(frozen=True, order=True)
class Value:
    """One choice; the `fragments` are spellings of it, the first one the plainest."""

    axis: str
    name: str
    fragments: tuple[Fragment, ...] = field(compare=False, default=({},))

    def __str__(self) -> str:
        return f"{self.axis}: {self.name}"


Mix = dict[str, Value]

# ------------------------------------------------------------------ values


@cache
def axes() -> dict[str, list[Value]]:
    """Every axis and its values; the first value is the plainest."""
    found = {
        "data": list(_data()),
        "condition": [_value("condition", NONE), *map(_condition, CONDITIONS)],
        "latent": list(_latent()),
        "loss": [
            _value("loss", c.name, *_spellings(c, lambda o, c=c: _objective(c, o)))
            for c in CATALOGUE.all("losses")
        ],
        "penalty": [_value("penalty", NONE), *_listed("penalty", "penalties")],
        "second penalty": [_value("second penalty", NONE), *_listed("penalty", "penalties")],
        "augmentation": [_value("augmentation", NONE), *_listed("augmentation", "augment")],
        "optimizer": list(_per_role("optimizer", "optimizers")),
        "schedule": list(_per_role("schedule", "schedules")),
        "training": [_value("training", "default"), *_training()],
    }
    for role in ROLES:
        found[f"{role} conditioning"] = list(_in_network(role, "conditioning", "conditioning"))
        wrappers = [
            _value(f"{role} reparametrization", c.name, {role: {c.name: True}})
            for c in CATALOGUE.all("reparametrizations")
        ]
        found[f"{role} reparametrization"] = [
            _value(f"{role} reparametrization", NONE),
            *wrappers,
        ]
    found["initializer"] = [_value("initializer", NONE), *_initializers()]
    return found | {role: list(_architectures(role)) for role in ROLES}


def _value(axis: str, name: str, *fragments: Fragment) -> Value:
    return Value(axis, name, fragments or ({},))


def small(component: Component, function: str = "") -> dict[str, Any]:
    """Options that make a component fast, or that it cannot do without."""
    sizes = SMALL.get(component.kind, {})
    return {name: sizes[name] for name in component.options(function) if name in sizes}


def _turned(component: Component, function: str = "") -> Iterator[dict[str, Any]]:
    """Each switch and each choice among words set to something else than by default."""
    for option in component.options(function).values():
        if option.type is bool:
            yield {option.name: not option.default}
        elif get_origin(option.type) is Literal:
            yield from ({option.name: v} for v in get_args(option.type) if v != option.default)
    if component.constant("LAZY"):
        yield {"every": 2}


def _spellings(component: Component, write: Any) -> list[Fragment]:
    return [write(small(component) | turned) for turned in ({}, *_turned(component))]


def _objective(component: Component, options: Fragment) -> Fragment:
    return {"objective": {"loss": component.name, **options}}


def _data() -> Iterator[Value]:
    for component in CATALOGUE.all("data"):
        if not mixes(component):
            continue
        options = small(component)
        if "shape" not in component.options():
            yield _value("data", component.name, {"data": {"source": component.name, **options}})
            continue
        for shape in SHAPES:
            source = {"source": component.name, **options, "shape": shape}
            yield _value("data", f"{component.name} {shape}", {"data": source})


def mixes(component: Component) -> bool:
    """Whether a source is for this family, and can be written without a trained encoder."""
    return not component.constant("VOCABULARY") and "encoder" not in component.options()


def _condition(word: str) -> Value:
    return _value("condition", word, {"condition": word})


def _latent() -> Iterator[Value]:
    fields = FAMILY.sections["latent"].model_fields
    yield _value("latent", "default", {"latent": {"dim": 8}})
    for name, known in fields.items():
        if get_origin(known.annotation) is Literal:
            for word in get_args(known.annotation):
                if word != known.default:
                    yield _value("latent", str(word), {"latent": {"dim": 8, name: word}})
    codes = {"dim": 8, "categorical": [3, 4], "continuous": 1}
    yield _value("latent", "codes", *({"latent": codes | c} for c in ({}, {"categorical": []})))


def _listed(axis: str, section: str) -> Iterator[Value]:
    kind = "penalties" if section == "penalties" else "augmentations"
    for component in CATALOGUE.all(kind):
        spellings = [small(component) | turned for turned in ({}, *_turned(component))]
        if NETWORK_LOSS in [slot for slots in component.slots.values() for slot in slots]:
            spellings = [s | {"network": role} for s in spellings for role in ROLES]
        yield _value(axis, component.name, *({section: [{component.name: s}]} for s in spellings))


def _in_network(role: str, key: str, kind: str) -> Iterator[Value]:
    for component in CATALOGUE.all(kind):
        spellings = _spellings(component, lambda o, c=component: {role: {key: {c.name: o}}})
        yield _value(f"{role} {key}", component.name, *spellings)


def _initializers() -> Iterator[Value]:
    for component in CATALOGUE.all("initializers"):
        entry = {"init": {component.name: small(component)}}
        yield _value("initializer", component.name, _both(entry))


def _per_role(key: str, kind: str) -> Iterator[Value]:
    for component in CATALOGUE.all(kind):
        spellings = _spellings(
            component,
            lambda o, c=component: {"training": {key: _both({c.name: o})}},
        )
        yield _value(key, component.name, *spellings)


def _both(said: Any) -> dict[str, Any]:
    return dict.fromkeys(ROLES, said)


def _training() -> Iterator[Value]:
    for name, known in FAMILY.training.model_fields.items():
        if name in LEFT_ALONE:
            continue
        if known.annotation is bool:
            values: Sequence[Any] = [not known.default]
        elif get_origin(known.annotation) is Literal:
            values = [v for v in get_args(known.annotation) if v != known.default]
        else:
            values = [KEYS[name]]  # a new key needs a value there
        without = {INSTEAD_OF[name]: None} if name in INSTEAD_OF else {}
        for value in values:
            said = f"{name}: {value}" if len(values) > 1 else name
            yield _value("training", said, {"training": {name: value} | without})


def _architectures(role: str) -> Iterator[Value]:
    """Each architecture, and each spelling of it that others can tell apart.

    Components see of a network the capabilities that its layers give: a spelling with others than
    the plain one is a value of its own.
    """
    builder = FAMILY.roles[role].builder
    for component in CATALOGUE.all("architectures"):
        if builder not in component.functions:
            continue
        entries = []
        for turned in ({}, *_turned(component, builder)):
            options = {"architecture": component.name, **small(component, builder), **turned}
            given = _given(role, options)
            said = ", ".join(f"{key}: {value}" for key, value in turned.items())
            entries.append(
                (given, f"{component.name} ({said})" if said else component.name, options)
            )
        groups: dict[Any, tuple[str, list[Fragment]]] = {}
        for given, name, options in entries:
            key = entries[0][0] if given is None else given
            groups.setdefault(key, (name, []))[1].append({role: options})
        for name, spellings in groups.values():
            yield _value(role, name, *spellings)


def _given(role: str, options: Fragment) -> frozenset[str] | None:
    """What a network's layers give, for the first shape that it fits; None if it fits none."""
    component = CATALOGUE.get("architectures", options["architecture"])
    rest = {name: value for name, value in options.items() if name != "architecture"}
    rest = {n: tuple(v) if isinstance(v, list) else v for n, v in rest.items()}
    build = getattr(component.python, FAMILY.roles[role].builder)
    for shape in SHAPES:
        ends = ((8,), tuple(shape)) if role == "generator" else (tuple(shape), (1,))
        try:
            layers = build(*ends, (-1.0, 1.0), **rest)
        except Unfit:
            continue
        blocks = [CATALOGUE.get("blocks", name) for name in _names(layers)]
        words = {word for block in blocks for word in block.constant("GIVES", [])}
        bounds = blocks[-1].constant("RANGE")
        return frozenset(words | ({BOUNDED} if bounds and bounds != "keeps" else set()))
    return None


def _names(entries: Sequence[Any]) -> Iterator[str]:
    """Names of all layers that an architecture wrote."""
    for entry in entries:
        name, options = next(iter(entry.items())) if isinstance(entry, Mapping) else (entry, {})
        if name in ("block", "stage"):
            yield from _names(options["layers"])
            continue
        yield name
        for child in CATALOGUE.get("blocks", name).constant("CHILDREN", []):
            yield from _names(options.get(child, []))


# ------------------------------------------------------------------ specs

BASE: Fragment = {
    "gangen": 1,
    "name": "mix",
    "family": FAMILY_NAME,
    "training": {"steps": STEPS, "batch_size": BATCH, "log_every": 1, "checkpoint_every": 1000},
}


class Plain(yaml.SafeDumper):
    """Writes what is there twice a second time."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def text_of(fragments: Sequence[Fragment]) -> str:
    """The fragments laid over one another, as YAML; lists are joined."""
    return yaml.dump(_merged(*fragments), Dumper=Plain, sort_keys=False)


def _merged(*parts: Fragment) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            known = result.get(key)
            if value is None:
                result.pop(key, None)
            elif isinstance(known, Mapping) and isinstance(value, Mapping):
                result[key] = _merged(known, value)
            elif isinstance(known, list) and key in ("penalties", "augment"):
                result[key] = [*known, *value]
            else:
                result[key] = value
    return result


def spec_of(mix: Mix, turn: int = 0) -> str:
    """The spec of a mix; `turn` picks among the spellings of its values."""
    mix = tidy(mix)
    fragments = [value.fragments[turn % len(value.fragments)] for value in mix.values()]
    source = CATALOGUE.get("data", mix["data"].fragments[0]["data"]["source"])
    carried = CARRIED.get(mix["condition"].name, {})
    own = {k: v for k, v in carried.items() if source.options().get(k, None) is not None}
    own = {k: v for k, v in own.items() if source.options()[k].default == 0}
    return text_of([BASE, *fragments, {"data": own}])


def tidy(mix: Mix) -> Mix:
    """The mix without what would not be looked at: how a condition is taken where there is none."""
    if mix["condition"].name != NONE:
        return mix
    idle = {axis: _value(axis, NONE) for axis in mix if axis.endswith(" conditioning")}
    return {**mix, **idle}


def values_of(mix: Mix) -> frozenset[Value]:
    """What a mix mixes."""
    return frozenset(v for v in tidy(mix).values() if v.name != NONE or v.axis == "condition")


@cache
def compiled(text: str) -> Compiled | SpecError:
    """What the compiler makes of a spec; any other exception is a bug and comes through."""
    try:
        return compile_spec(Path("mix.yaml"), CATALOGUE, (), text)
    except SpecError as error:
        return error
