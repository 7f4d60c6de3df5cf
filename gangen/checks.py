"""Semantic rules: what each component needs, gives and forbids, held against the whole plan.

The sets of capabilities are written in the components; here they are only intersected, and the YAML
line is blamed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gangen.capabilities import BOUNDED, blame, bounding, capabilities, components
from gangen.case import DEFAULTS, Case, named
from gangen.catalogue import KINDS, Component
from gangen.errors import did_you_mean, dotted, one_of
from gangen.evaluation import best_is_a_score, metrics_get_what_they_look_at
from gangen.plan import Plan
from gangen.run_checks import (
    batches_divide,
    graphs_repeat,
    length_is_said_once,
    sections_agree,
    terms_are_distinct,
)
from gangen.shapes import evaluate, show
from gangen.spec import Chosen

CONDITIONS = ("labels", "attributes")  # what data can carry beside its samples
JUDGING = ("logits", "head")  # where a conditioning acts that a network of logits alone can have
GIVERS = ("penalties", "reparametrizations", "blocks")  # kinds of what can be added to a spec
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
                named(case.marks, chosen),
                help=_givers(case, subject, word)
                or chosen.component.constant("HELP")
                or f"take {chosen.name} away",
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
                if place.source.name == DEFAULTS:
                    place = named(case.marks, chosen)
                case.problems.add(
                    "conflict",
                    f"{chosen.name} forbids {_words(word)} ({layer.name}) in the {subject}: "
                    f"{reason}",
                    place,
                    notes=(f"{chosen.name} ({case.where(chosen.path)})",),
                    help=f"{advice}, or choose something else than {chosen.name}",
                )


def weights_can_be_divided(case: Case) -> None:
    """What divides a weight by its size cannot wrap one that starts at zero."""
    for network in case.plan.networks.values():
        walked = (inside for outer in network.layers for inside in outer.walk())
        for layer in walked:
            zero = evaluate(layer.component.constant("STARTS_AT_ZERO", "False"), layer.values)
            for wrapper in layer.wrappers if zero else ():
                if wrapper.component.constant("DIVIDES"):
                    case.problems.add(
                        "conflict",
                        f"{wrapper.name} divides by the size of weights, and the {network.name} "
                        f"has some that start at zero ({layer.name})",
                        case.marks.key(wrapper.path),
                        notes=(f"{layer.name} ({case.where(layer.path)})",),
                        help=f"take {wrapper.name} away",
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


def conditioning_fits(case: Case) -> None:
    """What adds to a judgement has no place in a network that makes samples."""
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


def input_is_compared(case: Case) -> None:
    """A layer that sees the network's input comes last, and what comes to it is of one shape."""
    for network in case.plan.networks.values():
        walked = [inside for outer in network.main_layers for inside in outer.walk()]
        for layer in (x for x in walked if x.component.constant("SEES_INPUT")):
            trouble, help = "", ""
            if layer is not network.main_layers[-1]:
                trouble, help = "stands before others", "make it the last layer"
            elif layer.before != network.source.shape:
                trouble = f"is given {show(layer.before)}"
                help = f"end the layers before it in {show(network.source.shape)}"
            if trouble:
                case.problems.add(
                    "shape",
                    f"{layer.name} compares what comes to it with the {network.name}'s input "
                    f"{show(network.source.shape)}, and it {trouble}",
                    case.marks.key(layer.path),
                    help=help,
                )


RULES: Sequence[Callable[[Case], None]] = (
    condition_is_there,
    needs_are_met,
    forbidden_is_absent,
    weights_can_be_divided,
    output_covers_data,
    terms_are_distinct,
    batches_divide,
    graphs_repeat,
    length_is_said_once,
    input_is_compared,
    conditioning_fits,
    sections_agree,
    metrics_get_what_they_look_at,
    best_is_a_score,
)


def _givers(case: Case, subject: str, word: str) -> str | None:
    """Every component that gives a capability, by kind."""
    if subject == "data":
        return f"choose a data source that has {word}"
    wanted = {f"{subject}:{word}"} | ({word} if subject in case.plan.family.keys else set())
    found = {
        kind: [c.name for c in case.catalogue.all(kind) if wanted & _gives(c)] for kind in GIVERS
    }
    texts = [f"the {KINDS[kind]} {one_of(names)}" for kind, names in found.items() if names]
    built = [c.name for c in case.catalogue.all("architectures") if word in _gives(c)]
    ways = [f"choose the architecture {one_of(built)}"] if built else []
    ways += [f"add {', or '.join(texts)}"] if texts else []
    return ", or ".join(ways) or None


def _gives(component: Component) -> set[str]:
    return set(component.constant("GIVES", []))


def _known(plan: Plan, capability: str) -> bool:
    """False when the network in question is missing because of an earlier problem."""
    subject = capability.partition(":")[0]
    return subject not in plan.family.keys or subject in plan.players


def _words(word: str) -> str:
    return WORDS.get(word, word.replace("_", " "))


def _interval(bounds: tuple[float, float] | None) -> str:
    return "unbounded" if bounds is None else f"in [{bounds[0]:g}, {bounds[1]:g}]"


def _carrying_help(data: Chosen, wanted: str) -> str:
    option = CARRIED[wanted]
    if option in data.options:
        return f"say how many {option} there are: `{dotted((*data.path, option))}: …`"
    return f"take `condition` out, or choose a data source with {wanted}"
