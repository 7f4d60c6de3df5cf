"""Semantic rules: what each component needs, gives and forbids, held against the whole plan.

A capability reads "<subject>:<word>", e.g. "discriminator:batch_statistics" or "data:labels". The sets
are written in the components; here they are only intersected, and the YAML line is blamed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gangen.errors import Problems, dotted, one_of
from gangen.marks import Marks
from gangen.plan import Plan
from gangen.spec import Chosen, Path

BOUNDED = "bounded_output"


def check(plan: Plan, marks: Marks, problems: Problems) -> None:
    """Run every rule; all findings are reported together."""
    for rule in RULES:
        rule(plan, marks, problems)


def condition_is_there(plan: Plan, marks: Marks, problems: Problems) -> None:
    """A condition must be something that the data carries."""
    wanted = plan.spec.condition
    if wanted is None:
        return
    carried = ["labels"] if plan.classes else []
    if wanted not in carried:
        problems.add(
            "condition",
            f'condition "{wanted}" is wanted but data source {plan.data.name} carries '
            f"{one_of(carried) if carried else 'no labels'}",
            marks.value(("condition",)),
            notes=(f"{_where(marks, plan.data.path)}",),
            help=_labels_help(plan.data),
        )


def needs_are_met(plan: Plan, marks: Marks, problems: Problems) -> None:
    """What a component NEEDS must be given by some other."""
    given = {capability for capability, _ in capabilities(plan)}
    for chosen in components(plan):
        for capability, reason in chosen.component.constant("NEEDS", {}).items():
            if _known(plan, capability) and capability not in given:
                subject, _, word = capability.partition(":")
                problems.add(
                    "needs",
                    f"{chosen.name} needs a {subject} with {_words(word)}: {reason}",
                    marks.key(chosen.path),
                    help=chosen.component.constant("HELP"),
                )


def forbidden_is_absent(plan: Plan, marks: Marks, problems: Problems) -> None:
    """What a component FORBIDS must not be given by any other."""
    given = list(capabilities(plan))
    for chosen in components(plan):
        for capability, reason in chosen.component.constant("FORBIDS", {}).items():
            for path in [path for found, path in given if found == capability][:1]:
                subject, _, word = capability.partition(":")
                problems.add(
                    "conflict",
                    f"{chosen.name} forbids {_words(word)} in the {subject}: {reason}",
                    marks.key(path),
                    notes=(f"{chosen.name} ({_where(marks, chosen.path)})",),
                    help=f"take it out of the {subject}, or choose something else than {chosen.name}",
                )


def output_covers_data(plan: Plan, marks: Marks, problems: Problems) -> None:
    """A network that writes data must be able to reach all of its values."""
    for network in plan.networks.values():
        bounds, wanted = network.output_range, network.target.range
        if bounds is None or network.target.name != "data" or bounds == wanted:
            continue
        last = network.layers[-1]
        problems.add(
            "range",
            f"{network.name} ends in values {_interval(bounds)} but data is {_interval(wanted)}",
            marks.key(last.path),
            notes=(f"{_where(marks, plan.data.path)}",),
            help="end it in tanh" if wanted == (-1.0, 1.0) else "take the last activation away",
        )


def terms_are_distinct(plan: Plan, marks: Marks, problems: Problems) -> None:
    """The same penalty twice would overwrite its own knobs."""
    seen: dict[str, Path] = {}
    for term in plan.terms:
        name = term.chosen.name
        if name in seen:
            problems.add(
                "duplicate",
                f"penalty {name} is given twice (first at {_where(marks, seen[name])})",
                marks.key(term.chosen.path),
                help="keep one, with the sum of the weights",
            )
        seen.setdefault(name, term.chosen.path)


RULES: Sequence[Callable[[Plan, Marks, Problems], None]] = (
    condition_is_there,
    needs_are_met,
    forbidden_is_absent,
    output_covers_data,
    terms_are_distinct,
)


def components(plan: Plan) -> Iterator[Chosen]:
    """Every component whose NEEDS and FORBIDS count."""
    yield plan.spec.objective
    yield from (term.chosen for term in plan.terms)
    for network in plan.networks.values():
        yield from network.reparametrizations


def capabilities(plan: Plan) -> Iterator[tuple[str, Path]]:
    """Every capability that is given, with the spec path that gives it."""
    if plan.classes:
        yield "data:labels", plan.data.path
    for chosen in components(plan):
        for capability in chosen.component.constant("GIVES", []):
            if ":" in capability:
                yield capability, chosen.path
    for name, network in plan.networks.items():
        if network.output_range is not None:
            yield f"{name}:{BOUNDED}", network.layers[-1].path
        for word, path in network.capabilities():
            yield f"{name}:{word}", path


def _known(plan: Plan, capability: str) -> bool:
    """False when the network in question is missing because of an earlier problem."""
    subject = capability.partition(":")[0]
    return subject == "data" or subject in plan.networks


def _words(word: str) -> str:
    return word.replace("_", " ")


def _interval(bounds: tuple[float, float] | None) -> str:
    return "unbounded" if bounds is None else f"in [{bounds[0]:g}, {bounds[1]:g}]"


def _where(marks: Marks, path: Path) -> str:
    place = marks.key(path)
    return f"{dotted(path)}, line {place.line} of {place.source.name}"


def _labels_help(data: Chosen) -> str:
    if "classes" in data.options:
        return f"say how many there are: `{dotted((*data.path, 'classes'))}: N`"
    return "take `condition` away, or choose a data source with labels"
