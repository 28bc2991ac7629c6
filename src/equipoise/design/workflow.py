"""From a protocol to the rows of its designs, and to a bundle."""

from __future__ import annotations

import datetime
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from equipoise.errors import EquipoiseError, PlanError, Problem, Where
from equipoise.results.curve import Curve
from equipoise.results.results import Results
from equipoise.results.statistic import Statistic
from equipoise.source import place_problems

if TYPE_CHECKING:
    from equipoise.design.plan import Plan
    from equipoise.design.sizing import Unknown
    from equipoise.design.text import Paragraph
    from equipoise.protocol.protocol import Protocol

__all__ = ["Designed", "design_trial", "designs_of_trial"]

_UNEQUAL = 0.01  # difference in power that is worth a warning
_MISSED = 1e-6  # a power that a search has found may lie below by its last digits


class Designed(NamedTuple):
    """Designs of a trial.

    Attributes:
        results: Statistics and curves.
        paragraphs: Each declared design in words.
        notes: Warnings.
    """

    results: Results
    paragraphs: tuple[Paragraph, ...]
    notes: tuple[Problem, ...]


def design_trial(
    protocol: Protocol,
    path: Path | None = None,
    *,
    hypothesis: str | None = None,
    solve: Unknown | None = None,
    out: Path | None = None,
) -> Results:
    """Compute all designs of a protocol and, where `out` is given, write them into a bundle.

    Args:
        protocol: The declared trial.
        path: Its file, for the lines of problems.
        hypothesis: Only this one.
        solve: The unknown of the declared designs; as declared where absent.
        out: Folder of the bundle; an analysis of the same protocol that is there stays.

    Returns:
        Statistics and curves of the declared designs and of their alternatives.

    Raises:
        PlanError: When nothing is designed, or a design can't be as declared; with all problems of all designs.
        BundleError: When `out` holds something else, or results of another protocol.
    """
    return designs_of_trial(protocol, path, hypothesis=hypothesis, solve=solve, out=out).results


def designs_of_trial(
    protocol: Protocol,
    path: Path | None = None,
    *,
    hypothesis: str | None = None,
    solve: Unknown | None = None,
    out: Path | None = None,
) -> Designed:
    """As `design_trial`, with the designs in words; arguments and errors are the same.

    Args:
        protocol: The declared trial.
        path: Its file.
        hypothesis: Only this one.
        solve: The unknown.
        out: Folder of the bundle.
    """
    from equipoise.design.text import paragraphs

    if out is not None:
        from equipoise.results.bundle import check_target

        check_target(out)
    plans = _plans(protocol, path, hypothesis, solve)
    rows: list[Statistic | Curve] = []
    for plan in plans:
        rows += _rows(protocol, plan)
    declared = [plan for plan in plans if not plan.alternative]
    designed = Designed(
        Results.of(rows),
        tuple(paragraph for plan in declared for paragraph in paragraphs(protocol, plan)),
        tuple(place_problems([note for plan in declared for note in _notes(protocol, plan)], path)),
    )
    if out is not None:
        _write(protocol, path, designed, out)
    return designed


def _plans(protocol: Protocol, path: Path | None, hypothesis: str | None, solve: Unknown | None) -> list[Plan]:
    """Plans of all designs; every problem of every design before any is raised."""
    from equipoise.design.plan import plan_of

    if not protocol.design:
        message, cure = "the protocol declares no design", "add `design:`, with a scenario, bounds and looks"
        raise PlanError(place_problems([Problem("plan.no_design", message, Where(path="design"), cure=cure)], path))
    names = list(protocol.design) if hypothesis is None else [hypothesis]
    plans: list[Plan] = []
    wrong: list[Problem] = []
    for name in names:
        others = list(protocol.design[name].alternatives) if name in protocol.design else []
        for alternative in (None, *others):
            try:
                plans.append(plan_of(protocol, name, alternative=alternative, solve=None if alternative else solve))
            except EquipoiseError as error:
                wrong += error.problems
    if wrong:
        raise PlanError(place_problems(dict.fromkeys(wrong), path))
    return plans


def _rows(protocol: Protocol, plan: Plan) -> Iterator[Statistic | Curve]:
    from equipoise.design.curves import curves_of
    from equipoise.design.rows import rows_of
    from equipoise.design.sensitivity import sensitivity_rows

    yield from rows_of(plan)
    yield from curves_of(plan)
    if not plan.alternative:
        declared = protocol.design[plan.hypothesis].sensitivity
        if declared is not None:
            yield from sensitivity_rows(plan, declared)


def _unequal_average(plan: Plan, path: str) -> Iterator[Problem]:
    """Warning: with unequal arms the average hazard ratio's variance is off where hazards are not proportional."""
    from equipoise.design.information import information
    from equipoise.design.sizing import power
    from equipoise.design.statistics import LogRank

    statistic, assumptions = plan.statistic, plan.assumptions
    if not isinstance(statistic, LogRank) or assumptions is None or abs(assumptions.ratio - 1.0) < 1e-9:
        return
    if statistic.method != "average_hazard_ratio":
        return
    score = information(assumptions, replace(statistic, method="score"), plan.information.times)
    other = power(score, plan.test, fractions=plan.fractions).power
    if abs(other - plan.probabilities.power) > _UNEQUAL:
        yield Problem(
            "plan.average_unequal",
            "with unequal arms and hazards that are not proportional the average hazard ratio is a rough guide: its "
            f"power is {plan.probabilities.power:.3f}, that of the score's own mean and variance {other:.3f}",
            Where(path=f"{path}.method"),
            "average_hazard_ratio",
            "write `method: score`",
            severity="warning",
        )


def _notes(protocol: Protocol, plan: Plan) -> Iterator[Problem]:
    """Warnings: a power that is not reached, an effect in the wrong direction, a latest day that can't be placed."""
    design = protocol.design[plan.hypothesis]
    path = f"design.{plan.hypothesis}"
    if plan.target is not None and plan.probabilities.power < plan.target - _MISSED:
        yield Problem(
            "plan.power_missed",
            f"the design is to have a power of {plan.target:g} and has {plan.probabilities.power:.4f}",
            Where(path=f"{path}.power"),
            cure="let `solve:` find the events or the patients, or look later",
            severity="warning",
        )
    if plan.information.mean[-1] < 0.0:
        name, null = plan.information.effect_name.replace("_", " "), plan.information.null_effect
        yield Problem(
            "plan.wrong_direction",
            f"the assumed {name} is on the wrong side of the null hypothesis, {null:g}: the power is below the level",
            Where(path=f"{path}.assume"),
            f"{plan.information.effect[-1]:g}",
            "assume an effect that favours the experimental arm, unless this is what you ask",
            severity="warning",
        )
    yield from _unequal_average(plan, path)
    for position, look in enumerate(design.looks):
        if look.latest is not None and plan.start is None:
            yield Problem(
                "plan.latest_unplaced",
                f"the latest day can't be placed, since scenario {plan.scenario} does not say when enrollment starts; "
                "the look is planned without it",
                Where(path=f"{path}.looks[{position}].latest"),
                look.latest.isoformat(),
                "add `start:` to the scenario's enrollment, or write `latest_at:`",
                severity="warning",
            )


def _write(protocol: Protocol, path: Path | None, designed: Designed, out: Path) -> None:
    from equipoise.protocol.canonical import protocol_document
    from equipoise.results.bundle import write_bundle

    document = protocol_document(protocol)
    facts = _manifest(document["hash"], path, designed.notes, designed.paragraphs)
    write_bundle(out, protocol=document, manifest=facts, results=designed.results, stage="design")


def _manifest(
    protocol_hash: str, path: Path | None, notes: Sequence[Problem], paragraphs: Sequence[Paragraph]
) -> dict[str, Any]:
    import equipoise

    return {
        "equipoise": equipoise.__version__,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": " ".join(["equipoise", *sys.argv[1:]]) if Path(sys.argv[0]).stem == "equipoise" else "",
        "protocol_hash": protocol_hash,
        "protocol_file": "" if path is None else path.name,
        "data": [],
        "cut": None,
        "notes": [problem.to_dict() for problem in notes],
        "findings": [],
        "methods": [],
        "design_texts": [paragraph._asdict() for paragraph in paragraphs],
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "scipy", "polars", "pydantic")},
        },
    }
