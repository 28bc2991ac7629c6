"""From published numbers to a synthetic cohort that gives them: patients who never were, to check and to plan with.

One data cut at a time. The cohort is built without luck: subjects leave at the quantiles of hazards that run through
the printed curve, and what is not printed is turned until equipoise's own analysis of the cohort gives every printed
number at the printed precision, or comes as near as it can, with each miss stated. Such a cohort is not unique: others
that fit as well are built beside it, and all that was not printed is shown as the range over them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equipoise.errors import EvidenceError, Problem, Where

if TYPE_CHECKING:
    import polars as pl

    from equipoise.evidence.facts.read import FactsFile
    from equipoise.evidence.reconstruct.cohort_build import Built
    from equipoise.evidence.reconstruct.cohort_goals import Goals
    from equipoise.evidence.reconstruct.cohort_reproduce import Reproduced
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Results

__all__ = ["COHORTS", "Reconstruction", "data_of_facts", "reconstruct_facts", "summary_lines"]

COHORTS = 20
"""Equally fitting cohorts beside the first one."""

_TRIES = 3  # cohorts tried for each one that is wanted

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """A synthetic cohort as it was written.

    Attributes:
        out: Its folder: trial.yaml, data, reproduction.json, reproduction.md, ranges.json.
        trial: Name of the trial.
        cut: Label of the data cut.
        subjects: Subjects by arm.
        reproduced: Each printed number beside what the cohort's own analysis gives.
        notes: What was supposed or recovered, in sentences.
        cohorts: Equally fitting cohorts behind the ranges, the first one included; 0 without ranges.
    """

    out: Path
    trial: str
    cut: str
    subjects: dict[str, int]
    reproduced: tuple[Reproduced, ...]
    notes: tuple[str, ...]
    cohorts: int = 0

    @property
    def misses(self) -> tuple[Reproduced, ...]:
        """Printed numbers that the cohort does not give."""
        return tuple(one for one in self.reproduced if one.status in ("miss", "not_rebuilt"))


def reconstruct_facts(
    path: Path | str, out: Path | str, *, progress: Progress | None = None, cohorts: int = COHORTS
) -> Reconstruction:
    """Build a synthetic cohort from a facts file.

    Nothing in it is random: the same facts give the same bytes.

    Args:
        path: The facts file.
        out: Folder to make; one that holds earlier synthetic patients is replaced.
        progress: Called with (label, step, steps).
        cohorts: Equally fitting cohorts to build beside it for the ranges; 0 for none.

    Returns:
        What was written.

    Raises:
        EvidenceError: The facts can't be read, contradict each other, or say too little; everything that is in the way.
        UsageError: The folder holds something else.
    """
    from equipoise.evidence.facts.read import load_facts
    from equipoise.evidence.reconstruct.cohort_feasible import check_feasible
    from equipoise.evidence.reconstruct.cohort_goals import goals_of
    from equipoise.evidence.reconstruct.cohort_protocol import protocol_of, protocol_text
    from equipoise.evidence.reconstruct.folder import check_folder
    from equipoise.protocol.loading import loads_protocol

    out = Path(out)
    check_folder(out)
    file = load_facts(path)
    goals = goals_of(file)
    check_feasible(file, goals)
    source = f"published results of {file.facts.trial} ({Path(path).name}, {goals.cut})"
    content = protocol_of(file, goals, source)
    text = protocol_text(content, source)
    protocol = loads_protocol(text)
    steps = cohorts + 1
    _tell(progress, "Building the cohort", 0, steps)
    first, results, given = _one(file, goals, content, protocol, 0)
    others = _others(file, goals, content, protocol, first, given, cohorts, progress)
    _tell(progress, "Writing the cohort", cohorts, steps)
    made = Reconstruction(
        out, file.facts.trial, file.facts.cuts[goals.cut].label, {one.people.arm: one.people.n for one in first.arms},
        given, _notes(first, goals), len(others) + 1 if others else 0,
    )  # fmt: skip
    _write(made, goals, first.tables, text, source, [results, *others])
    _tell(progress, "Writing the cohort", steps, steps)
    return made


def data_of_facts(
    path: Path | str, out: Path | str, *, progress: Progress | None = None, cohorts: int = COHORTS
) -> Path:
    """The synthetic cohort of a folder that holds facts and no data, as `equipoise run` asks for it.

    Args:
        path: Facts file, or a folder with `facts.yaml`.
        out: Folder to make.
        progress: Called with (label, step, steps).
        cohorts: As in `reconstruct_facts`.

    Returns:
        The folder, with `trial.yaml` and `data` in it.

    Raises:
        EvidenceError: As `reconstruct_facts`.
        UsageError: The folder holds something else.
    """
    path = Path(path)
    facts = path / "facts.yaml" if path.is_dir() else path
    return reconstruct_facts(facts, out, progress=progress, cohorts=cohorts).out


def summary_lines(made: Reconstruction) -> list[str]:
    """What the terminal says of a reconstruction.

    Args:
        made: What was written.
    """
    sizes = ", ".join(f"{arm} {n}" for arm, n in made.subjects.items())
    counts = {name: sum(one.status == name for one in made.reproduced) for name in ("hit", "margin")}
    lines = [
        "SYNTHETIC DATA: these are not patients",
        f"{made.trial}, {made.cut}: {sum(made.subjects.values())} synthetic subjects ({sizes})",
        f"{counts['hit']} of {len(made.reproduced)} printed numbers reproduced at the printed precision"
        + (f", {counts['margin']} more if rounded twice" if counts["margin"] else ""),
    ]
    for one in made.misses:
        word = "not rebuilt" if one.status == "not_rebuilt" else f"gives {one.found}"
        lines.append(f"  {one.name}: printed {one.printed}, {word} ({one.cause})")
    if made.cohorts:
        lines.append(f"ranges of everything else over {made.cohorts} cohorts that fit alike: data/ranges.json")
    return [*lines, f"cohort: {made.out}"]


def _tell(progress: Progress | None, label: str, step: int, steps: int) -> None:
    if progress is not None:
        progress(label, step, steps)


def _one(
    file: FactsFile, goals: Goals, content: dict[str, Any], protocol: Protocol, number: int
) -> tuple[Built, Results, tuple[Reproduced, ...]]:
    """A cohort, its analysis, and its printed numbers."""
    from equipoise.evidence.reconstruct.cohort_build import build
    from equipoise.evidence.reconstruct.cohort_ranges import analyzed
    from equipoise.evidence.reconstruct.cohort_reproduce import reproduced

    built = build(file, goals, content, number)
    results = analyzed(protocol, built.tables)
    return built, results, reproduced(file, goals, results, built.missed)


def _others(
    file: FactsFile,
    goals: Goals,
    content: dict[str, Any],
    protocol: Protocol,
    first: Built,
    given: tuple[Reproduced, ...],
    wanted: int,
    progress: Progress | None,
) -> list[Results]:
    """Analyses of cohorts that fit as well as the first one."""
    from equipoise.evidence.reconstruct.cohort_build import build
    from equipoise.evidence.reconstruct.cohort_ranges import analyzed, as_good
    from equipoise.evidence.reconstruct.cohort_reproduce import reproduced

    found: list[Results] = []
    for number in range(1, _TRIES * wanted + 1):
        if len(found) == wanted:
            break
        _tell(progress, "Building cohorts that fit alike", len(found) + 1, wanted + 1)
        built = build(file, goals, content, number)
        if len(built.missed) > len(first.missed) or built.depth < min(0.0, first.depth):
            continue
        results = analyzed(protocol, built.tables)
        if as_good(reproduced(file, goals, results, built.missed), given):
            found.append(results)
    if wanted and not found:
        message = "no other cohort fits as well, so that nothing can be said of what was not printed"
        raise EvidenceError(Problem("facts.no_other_cohort", message, Where(file=str(file.path)),
                                    cure="build one without ranges: cohorts=0"))  # fmt: skip
    return found


def _notes(first: Built, goals: Goals) -> tuple[str, ...]:
    texts = [f"{name} {text}, as printed" for name, text in goals.texts]
    return (*first.notes, *texts, *first.missed)


def _write(
    made: Reconstruction,
    goals: Goals,
    tables: dict[str, pl.DataFrame],
    text: str,
    source: str,
    results: list[Results],
) -> None:
    import json

    from equipoise.evidence.reconstruct.cohort_ranges import ranges_of
    from equipoise.evidence.reconstruct.cohort_report import reproduction, reproduction_text
    from equipoise.evidence.reconstruct.folder import write_folder

    texts = {
        "trial.yaml": text,
        "reproduction.json": json.dumps(reproduction(made, source), indent=1, ensure_ascii=False) + "\n",
        "reproduction.md": reproduction_text(made, source),
    }
    if made.cohorts:
        ranges = ranges_of(goals, results)
        texts["data/ranges.json"] = json.dumps(ranges, indent=1, ensure_ascii=False) + "\n"
    write_folder(made.out, tables, texts, source=source, made={"trial": made.trial, "cohorts": made.cohorts})
