"""Which studies a run is about: scenarios, with an effect or without, and what is assumed otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from equipoise.errors import EquipoiseError, PlanError, Problem, SimulationError, UsageError, Where
from equipoise.simulation.sweep import Point, declared_points, meant_under_h0
from equipoise.source import place_problems

if TYPE_CHECKING:
    from equipoise.protocol.annex import Annex
    from equipoise.protocol.protocol import Protocol
    from equipoise.simulation.study import Study, Under

__all__ = ["Both", "one_study", "studies_of"]

Both = Literal["h1", "h0", "both"]


def studies_of(
    protocol: Protocol,
    path: Path | None,
    scenarios: Sequence[str] | None,
    under: Both,
    seed: int,
    sweep: tuple[Point, ...],
    annex: Path | None,
    *,
    declared: bool,
) -> list[Study]:
    """All studies, made before any is run: every problem of every one is raised at once.

    Args:
        protocol: The declared trial.
        path: Its file.
        scenarios: Names of scenarios; those that designs assume where absent, all where there is no design.
        under: `h1`, `h0` or both.
        seed: Seed of all random numbers.
        sweep: Points at which the scenarios are simulated too.
        annex: File with the block sizes; what the protocol names where absent.
        declared: Whether the designs' `sensitivity` is simulated too.

    Raises:
        PlanError: When the protocol declares no scenario, or no hypothesis.
        UsageError: When it does not declare a scenario that is asked for, or no points where `declared`.
        SimulationError: When a scenario can't be simulated as declared.
    """
    from equipoise.simulation.study import study_of

    names = _scenarios(protocol, path, scenarios)
    known = _annex(protocol, path, annex)
    if declared and not any(declared_points(protocol, name) for name in names):
        cure = "declare `sensitivity:` beside the looks, or name the points with `--vary`"
        message = f"no design declares `sensitivity` under {', '.join(names)}, which `--sweep` simulates"
        raise UsageError(place_problems([Problem("usage.sweep", message, Where(path="design"), cure=cure)], path))
    studies: list[Study] = []
    wrong: list[Problem] = []
    for name in names:
        points = dict.fromkeys(((), *sweep, *(declared_points(protocol, name) if declared else ())))
        for point in points:
            for which in ("h1", "h0") if under == "both" else (under,):
                if which == "h0" and not meant_under_h0(point):
                    continue
                try:
                    studies.append(
                        study_of(protocol, scenario=name, under=which, seed=seed, vary=point, annex=known)
                    )  # fmt: skip
                except EquipoiseError as error:
                    wrong += error.problems
    if wrong:
        raise SimulationError(place_problems(dict.fromkeys(wrong), path))
    return studies


def one_study(
    protocol: Protocol,
    path: Path | None,
    scenarios: Sequence[str],
    under: Under,
    seed: int,
    points: Sequence[Point],
    annex: Path | None,
) -> Study:
    """The study that one trial is taken from: of the first scenario, at the point that is given.

    Args:
        protocol: The declared trial.
        path: Its file.
        scenarios: Name of the scenario, one at most; the first that a design assumes where absent.
        under: `h1` or `h0`.
        seed: Seed of all random numbers.
        points: What is assumed otherwise, one point at most.
        annex: File with the block sizes.

    Raises:
        UsageError: When several scenarios or points are named.
        SimulationError: When the scenario can't be simulated as declared.
    """
    if len(scenarios) > 1 or len(points) > 1:
        cure = "name one scenario, and one value of what is varied"
        raise UsageError(Problem("usage.one", "one trial is of one scenario and one point", cure=cure))
    first = _scenarios(protocol, path, scenarios)[:1]
    sweep = tuple(points)
    return studies_of(protocol, path, first, under, seed, sweep, annex, declared=False)[-1]


def _scenarios(protocol: Protocol, path: Path | None, asked: Sequence[str] | None) -> list[str]:
    """Names of the scenarios that are simulated.

    Raises:
        PlanError: When the protocol declares none, or no hypothesis.
        UsageError: When it does not declare one that is asked for.
    """
    missing = [
        Problem("simulation.nothing", f"the protocol declares no {name}, and nothing can be simulated without",
                Where(path=name), cure=f"add `{name}:`")
        for name in ("scenarios", "hypotheses") if not getattr(protocol, name)
    ]  # fmt: skip
    if missing:
        raise PlanError(place_problems(missing, path))
    unknown = [name for name in asked or () if name not in protocol.scenarios]
    if unknown:
        cure = f"scenarios are {', '.join(protocol.scenarios)}"
        raise UsageError([Problem("usage.scenario", "there is no such scenario", Where(path="scenarios"), name, cure)
                          for name in unknown])  # fmt: skip
    if asked:
        return list(dict.fromkeys(asked))
    assumed = {design.assume for design in protocol.design.values()}
    return [name for name in protocol.scenarios if name in assumed or not assumed]


def _annex(protocol: Protocol, path: Path | None, given: Path | None) -> Annex | None:
    """What the annex of the randomization says, where the procedure needs it or it is there."""
    from equipoise.protocol.annex import annex_file, load_annex

    if path is None and given is None:
        return None
    file = annex_file(protocol, path or Path(), given)
    needed = protocol.randomization is not None and protocol.randomization.procedure.kind == "permuted_blocks"
    if file is None or (given is None and not needed and not file.exists()):
        return None
    return load_annex(file, protocol)
