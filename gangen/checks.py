"""Semantic rules: what each component needs, gives and forbids, held against the whole plan.

The sets of capabilities are written in the components; here they are only intersected, and the YAML
line is blamed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gangen.capabilities import BOUNDED, blame, bounding, capabilities, components
from gangen.catalogue import KINDS, Catalogue, Component
from gangen.errors import Place, Problems, did_you_mean, dotted, one_of
from gangen.marks import Marks
from gangen.plan import Plan
from gangen.shapes import evaluate
from gangen.spec import Chosen, Path

CONDITIONS = ("labels", "attributes")  # what data can carry beside its samples
JUDGING = ("logits", "head")  # where a conditioning acts that a network of logits alone can have
CARRIED = {"labels": "classes", "attributes": "attributes"}  # how many of them there are
WORDS = {
    BOUNDED: "a bounded output",
    "batch_statistics": "statistics over the batch",
    "lipschitz": "a Lipschitz bound",
    "energy": "an energy (minus a reconstruction error)",
    "batch_comparison": "a comparison within the batch",
    "condition": "a condition",
    "codes": "codes",
    "unequal_batches": "batches of unequal size",
}


@dataclass(frozen=True)
class Case:
    """What the rules look at; `complete` is False when parts of the spec could not be read."""

    plan: Plan
    catalogue: Catalogue
    marks: Marks
    problems: Problems
    complete: bool = True

    def where(self, path: Path) -> str:
        """A place in words, for notes."""
        place = self.marks.key(path)
        if place.source.name == "defaults.yaml":
            return "by default"
        return f"{dotted(path)}, line {place.line} of {place.source.name}"


def check(case: Case) -> None:
    """Run every rule; all findings are reported together."""
    for rule in RULES:
        rule(case)


def condition_is_there(case: Case) -> None:
    """A condition must be something that the data carries."""
    plan, wanted = case.plan, case.plan.spec.condition
    place = case.marks.value(("condition",))
    if wanted is not None and wanted not in CONDITIONS:
        guess = did_you_mean(wanted, CONDITIONS)
        case.problems.add(
            "unknown-name",
            f'there is no condition "{wanted}"' + (f'; did you mean "{guess}"?' if guess else ""),
            place,
            help=None if guess else f"write {one_of(CONDITIONS)}, or take the key out",
        )
    elif wanted is not None and not getattr(plan, CARRIED[wanted]):
        case.problems.add(
            "condition",
            f"the networks are to see {wanted}, but data source {plan.data.name} has none",
            place,
            notes=(f"{plan.data.name} ({case.where(plan.data.path)})",),
            help=_carrying_help(plan.data, wanted),
        )


def needs_are_met(case: Case) -> None:
    """What a component NEEDS must be given by some other."""
    given = {capability for capability, _ in capabilities(case.plan)}
    for chosen in components(case.plan) if case.complete else ():
        when = chosen.component.constant("NEEDS_WHEN", {})
        for capability, reason in chosen.component.constant("NEEDS", {}).items():
            if capability in given or not _known(case.plan, capability):
                continue
            if not evaluate(when.get(capability, "True"), chosen.options):
                continue
            subject, _, word = capability.partition(":")
            case.problems.add(
                "needs",
                f"{chosen.name} needs {_words(word)} of the {subject}: {reason}",
                _named(case.marks, chosen),
                help=_givers(case.catalogue, subject, word),
            )


def forbidden_is_absent(case: Case) -> None:
    """What a component FORBIDS must not be given by any other."""
    given = list(capabilities(case.plan))
    once = {id(chosen.component): chosen for chosen in reversed(list(components(case.plan)))}
    for chosen in once.values():
        for capability, reason in chosen.component.constant("FORBIDS", {}).items():
            for layer in [giver for found, giver in given if found == capability][:1]:
                subject, _, word = capability.partition(":")
                place, advice = blame(case.plan, case.marks, layer)
                case.problems.add(
                    "conflict",
                    f"{chosen.name} forbids {_words(word)} ({layer.name}) in the {subject}: "
                    f"{reason}",
                    place,
                    notes=(f"{chosen.name} ({case.where(chosen.path)})",),
                    help=f"{advice}, or choose something else than {chosen.name}",
                )


def output_covers_data(case: Case) -> None:
    """A network that writes data must be able to reach all of its values."""
    for network in case.plan.networks.values():
        bounds, wanted = network.output_range, network.target.range
        last = bounding(network)
        if last is None or network.target.name != "data" or bounds == wanted:
            continue
        place, advice = blame(case.plan, case.marks, last)
        case.problems.add(
            "range",
            f"the {network.name} ends in {last.name}, values {_interval(bounds)}, "
            f"but the data is {_interval(wanted)}",
            place,
            notes=(f"{case.plan.data.name} ({case.where(case.plan.data.path)})",),
            help=(
                advice if wanted is None else f"end it in values {_interval(wanted)}, or unbounded"
            ),
        )


def terms_are_distinct(case: Case) -> None:
    """The same penalty twice would overwrite its own knobs."""
    seen: dict[str, Path] = {}
    for chosen in [*(case.plan.spec.penalties or ()), *(case.plan.spec.augment or ())]:
        name = chosen.name
        if name in seen:
            case.problems.add(
                "duplicate",
                f"{KINDS[chosen.component.kind]} {name} is given twice "
                f"(first at {case.where(seen[name])})",
                _named(case.marks, chosen),
                help="keep one of them",
            )
        seen.setdefault(name, chosen.path)


def batches_divide(case: Case) -> None:
    """An augmentation that joins samples needs batches that it can share out."""
    training = case.plan.spec.training  # type: ignore[attr-defined]
    sizes = (
        {}
        if training is None
        else {name: value for name, value in training if name.endswith("batch_size") and value}
    )
    for chosen in case.plan.spec.augment or ():
        joined = int(evaluate(chosen.component.constant("BATCH", "1"), chosen.options))
        for name, size in sizes.items():
            if size % joined:
                path = ("training", name)
                case.problems.add(
                    "range",
                    f"{chosen.name} joins {joined} samples, and {size} do not split evenly",
                    (
                        case.marks.value(path)
                        if name in training.model_fields_set
                        else case.marks.key(chosen.path)
                    ),
                    notes=(f"{chosen.name} ({case.where(chosen.path)})",),
                    help=f"set training.{name} to {max(size // joined, 1) * joined}",
                )


def heads_have_features(case: Case) -> None:
    """Further outputs are computed from what stands before a network's last layer."""
    for network in case.plan.networks.values():
        late = network.heads or network.addend or network.gives_features
        if late and len(network.stages) < 2:
            case.problems.add(
                "needs",
                f"the {network.name} has one layer with weights, and nothing before it that "
                "a further output could be computed from",
                case.marks.key(network.path),
                help="give it one more layer",
            )


def conditioning_fits(case: Case) -> None:
    """A conditioning must know what to do with the kind of condition that there is."""
    wanted = case.plan.spec.condition
    for network in case.plan.networks.values():
        chosen = network.conditioning.chosen if network.conditioning else None
        if chosen is None or not network.conditioning:
            continue
        if network.conditioning.flow in JUDGING and not network.target.scalar:
            case.problems.add(
                "conflict",
                f"{chosen.name} adds to what a network says of a sample, "
                f"and the {network.name} makes samples",
                case.marks.value(chosen.path),
                help=f"choose another conditioning for the {network.name}",
            )
        elif wanted == "attributes" and not chosen.component.constant("VECTOR_SHAPES"):
            able = [
                c.name for c in case.catalogue.all("conditioning") if c.constant("VECTOR_SHAPES")
            ]
            case.problems.add(
                "conflict",
                f"{chosen.name} takes class labels, and the condition is a vector of attributes",
                case.marks.value(chosen.path),
                help=f"choose {one_of(able)}",
            )


def sections_agree(case: Case) -> None:
    """What the family finds wrong in its own sections."""
    for path, message, help in case.plan.family.faults(case.plan.spec) if case.complete else ():
        case.problems.add("conflict", message, case.marks.value(path), help=help)


RULES: Sequence[Callable[[Case], None]] = (
    condition_is_there,
    needs_are_met,
    forbidden_is_absent,
    output_covers_data,
    terms_are_distinct,
    batches_divide,
    heads_have_features,
    conditioning_fits,
    sections_agree,
)


def _givers(catalogue: Catalogue, subject: str, word: str) -> str | None:
    """Every component that gives a capability, by kind."""
    found = {
        kind: [c.name for c in catalogue.all(kind) if {f"{subject}:{word}", word} & _gives(c)]
        for kind in ("penalties", "reparametrizations")
    }
    texts = [f"the {KINDS[kind]} {one_of(names)}" for kind, names in found.items() if names]
    return f"add {', or '.join(texts)}" if texts else None


def _gives(component: Component) -> set[str]:
    return set(component.constant("GIVES", []))


def _named(marks: Marks, chosen: Chosen) -> Place:
    """Where a component's name stands: a key, an item of a list, or a value under its tag."""
    tag = KINDS[chosen.component.kind]
    tagged = len(chosen.path) == 1  # a section
    return marks.value((*chosen.path, tag)) if tagged else marks.key(chosen.path)


def _known(plan: Plan, capability: str) -> bool:
    """False when the network in question is missing because of an earlier problem."""
    subject = capability.partition(":")[0]
    return subject not in plan.family.roles or subject in plan.networks


def _words(word: str) -> str:
    return WORDS.get(word, word.replace("_", " "))


def _interval(bounds: tuple[float, float] | None) -> str:
    return "unbounded" if bounds is None else f"in [{bounds[0]:g}, {bounds[1]:g}]"


def _carrying_help(data: Chosen, wanted: str) -> str:
    option = CARRIED[wanted]
    if option in data.options:
        return f"say how many {option} there are: `{dotted((*data.path, option))}: …`"
    return f"take `condition` out, or choose a data source with {wanted}"
