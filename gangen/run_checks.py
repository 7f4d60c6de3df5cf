"""Semantic rules on the run: terms, batches, its length, what the family knows of its sections."""

from __future__ import annotations

from gangen.case import DEFAULTS, Case, named
from gangen.catalogue import ANNEAL, KINDS
from gangen.errors import Place
from gangen.shapes import evaluate
from gangen.spec import Path


def terms_are_distinct(case: Case) -> None:
    """The same penalty twice would overwrite its own knobs."""
    seen: dict[str, Path] = {}
    for chosen in [
        *(case.plan.spec.penalties or ()),
        *(case.plan.spec.augment or ()),
        *case.plan.metrics,
        *(case.plan.spec.launch or ()),
    ]:
        name = chosen.name
        if name in seen:
            case.problems.add(
                "duplicate",
                f"{KINDS[chosen.component.kind]} {name} is given twice "
                f"(first at {case.where(seen[name])})",
                named(case.marks, chosen),
                help="keep one of them",
            )
        seen.setdefault(name, chosen.path)


def batches_divide(case: Case) -> None:
    """An augmentation that joins samples needs batches that it can share out."""
    training = case.plan.spec.training  # type: ignore[attr-defined]
    for chosen in case.plan.spec.augment or () if training is not None else ():
        joined = int(evaluate(chosen.component.constant("BATCH", "1"), chosen.options))
        many = training.accumulate
        parts, share = joined * many, f" in each of {many} micro-batches" if many > 1 else ""
        for name, size in training:
            if name.endswith("batch_size") and size and size % parts:
                case.problems.add(
                    "range",
                    f"{chosen.name} joins {joined} samples{share}, "
                    f"and training.{name} {size} does not split evenly",
                    _said(case, name) or named(case.marks, chosen),
                    notes=(f"{chosen.name} ({case.where(chosen.path)})",),
                    help=f"set training.{name} to {max(size // parts, 1) * parts}",
                )
        if joined > 1 and training.batches == "per_epoch":
            case.problems.add(
                "conflict",
                f"{chosen.name} joins {joined} samples, "
                "and the last batch of an epoch may not split evenly",
                case.marks.value(("training", "batches")),
                notes=(f"{chosen.name} ({case.where(chosen.path)})",),
                help=f"set training.batches to straddle, or take {chosen.name} away",
            )


def graphs_repeat(case: Case) -> None:
    """A CUDA graph repeats the numbers that it was recorded with, the number of the step too."""
    training = case.plan.spec.training  # type: ignore[attr-defined]
    if training is None or not training.cuda_graphs:
        return
    terms = [(term.chosen, term.function.ports) for term in case.plan.terms]
    shown = [
        (chosen, [port for f in chosen.component.functions.values() for port in f.ports])
        for chosen in case.plan.spec.augment or ()
    ]
    for chosen, ports in [*terms, *shown]:
        anneals = chosen.options.get(ANNEAL.name, 1) != 1
        if anneals or "step" in ports:
            why = f"{chosen.name} is annealed" if anneals else f"{chosen.name} depends on the step"
            case.problems.add(
                "conflict",
                f"{why}, and a CUDA graph repeats the numbers that it was recorded with",
                case.marks.value(("training", "cuda_graphs")),
                notes=(f"{chosen.name} ({case.where(chosen.path)})",),
                help=f"take training.cuda_graphs out, or {chosen.name}",
            )


def length_is_said_once(case: Case) -> None:
    """Epochs replace the steps of a preset; whoever says both says one of them in vain."""
    training = case.plan.spec.training  # type: ignore[attr-defined]
    if training is None or training.epochs is None:
        return
    steps, epochs = _said(case, "steps"), _said(case, "epochs")
    if steps is not None and epochs is not None and _rank(case, steps) >= _rank(case, epochs):
        case.problems.add(
            "conflict",
            f"training.steps is {training.steps} and training.epochs {training.epochs}, "
            "and only one of them can be the length of a run",
            steps,
            notes=(f"training.epochs (line {epochs.line} of {epochs.source.name})",),
            help="take one of them out; `epochs: null` takes a preset's out",
        )


def _said(case: Case, key: str) -> Place | None:
    """Where a key of `training` is given; None where it is not."""
    training = case.plan.spec.training  # type: ignore[attr-defined]
    return case.marks.value(("training", key)) if key in training.model_fields_set else None


def _rank(case: Case, place: Place) -> int:
    """How much a place counts: what lies over another has the higher rank."""
    if place.source.name in (DEFAULTS, "--set"):
        return 0 if place.source.name == DEFAULTS else 3
    return 2 if place.source == case.marks.source else 1


def sections_agree(case: Case) -> None:
    """What the family finds wrong in its own sections."""
    for path, message, help in case.plan.family.faults(case.plan.spec) if case.complete else ():
        case.problems.add("conflict", message, case.marks.value(path), help=help)
