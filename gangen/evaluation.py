"""How samples are scored: what the spec chose, or what suits the data, and whether it fits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set

from gangen.case import Case, named
from gangen.catalogue import Catalogue, Component
from gangen.errors import did_you_mean, one_of
from gangen.signature import Function
from gangen.spec import Chosen, Evaluation

FEATURES = {"real_features", "fake_features"}
CLASS_LOGITS = {"real_class_logits", "fake_class_logits"}
LABELS = {"real_labels", "fake_labels"}
WAYS = ("lower", "higher")  # or "closer to <number>"


def metrics(said: Evaluation, catalogue: Catalogue, data: Set[str]) -> tuple[Chosen, ...]:
    """The metrics of the spec; where it names none, those that suit the data by themselves."""
    if said.metrics is not None:
        return tuple(said.metrics)
    return tuple(_unasked(c, "metrics") for c in _suiting("metrics", catalogue, data))


def features(
    said: Evaluation, catalogue: Catalogue, data: Set[str], chosen: Iterable[Chosen]
) -> Chosen | None:
    """What the metrics see of a sample; None where none of them looks at features."""
    if not ports(chosen) & (FEATURES | CLASS_LOGITS):
        return None
    if said.features is not None:
        given: Chosen = said.features
        return given
    found = next(_suiting("features", catalogue, data), None)
    return None if found is None else _unasked(found, "features")


def function(component: Component) -> Function:
    """The function of a metric or an extractor is named as its file."""
    return component.functions[component.name]


def ports(chosen: Iterable[Chosen]) -> set[str]:
    """Everything that metrics or extractors are given."""
    return {port for one in chosen for port in function(one.component).ports}


def scores(chosen: Iterable[Chosen]) -> Mapping[str, str]:
    """Every score by its name, and which way it gets better."""
    ways = [one.component.constant("BETTER", {}) for one in chosen]
    return {name: way for found in ways for name, way in found.items()}


def _suiting(kind: str, catalogue: Catalogue, data: Set[str]) -> Iterator[Component]:
    for component in catalogue.all(kind):
        if data & set(component.constant("DEFAULT", [])):
            yield component


def _unasked(component: Component, key: str) -> Chosen:
    defaults = {name: option.default for name, option in component.options().items()}
    return Chosen(component, defaults, ("evaluation", key))


# ------------------------------------------------------------------ rules


def metrics_get_what_they_look_at(case: Case) -> None:
    """Class logits come from some extractors only, labels of fakes from a condition."""
    plan = case.plan
    classifies = plan.features is not None and plan.features.component.constant("CLASS_LOGITS")
    for chosen in plan.metrics:
        wanted = ports([chosen])
        if wanted & CLASS_LOGITS and not classifies:
            kinds = case.catalogue.all("features")
            able = [c.name for c in kinds if c.constant("CLASS_LOGITS")]
            case.problems.add(
                "needs",
                f"{chosen.name} looks at what is said of the samples' classes, and "
                f"{plan.features.name if plan.features else 'nothing'} only gives features",
                named(case.marks, chosen),
                help=f"set evaluation.features to {one_of(able)}",
            )
        if wanted & LABELS and plan.spec.condition != "labels":
            case.problems.add(
                "needs",
                f"{chosen.name} compares samples with the labels that they were made with, and "
                "the networks are not conditioned on labels",
                named(case.marks, chosen),
                help="add `condition: labels`, or take the metric out",
            )


def best_is_a_score(case: Case) -> None:
    """The score that picks the best weights is computed, and while training."""
    said, known = case.plan.spec.evaluation, scores(case.plan.metrics)
    if said is None:
        return
    if said.best is not None and said.best not in known:
        guess = did_you_mean(said.best, known)
        case.problems.add(
            "unknown-name",
            f'no metric gives a score "{said.best}"'
            + (f'; did you mean "{guess}"?' if guess else ""),
            case.marks.value(("evaluation", "best")),
            help=None if guess else f"write {one_of(known)}, or add its metric",
        )
    if said.best is not None and not said.every:
        case.problems.add(
            "conflict",
            f"the best weights by {said.best} are to be kept, and nothing is evaluated in training",
            case.marks.value(("evaluation", "best")),
            help="set evaluation.every to a number of steps",
        )
    if said.patience and said.best is None:
        case.problems.add(
            "conflict",
            f"patience {said.patience} waits for a new best, and no score says which is best",
            case.marks.value(("evaluation", "patience")),
            help=f"set evaluation.best to {one_of(known)}" if known else "name a metric",
        )
