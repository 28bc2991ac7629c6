"""What the analysis of a synthetic cohort gives for each printed number: hit, hit in the margin, or miss and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from equipoise.evidence.reconstruct.cohort_counts import count_of
from equipoise.evidence.reconstruct.cohort_goals import Goal, Goals
from equipoise.evidence.reconstruct.cohort_harms import readable
from equipoise.results.display import round_half_up
from equipoise.results.vocabulary import VOCABULARY
from equipoise.units import days_per

if TYPE_CHECKING:
    from equipoise.evidence.facts.read import FactsFile
    from equipoise.results import Results, Statistic

__all__ = ["Reproduced", "reproduced", "row_of"]

Status = Literal["hit", "margin", "miss", "not_rebuilt"]

_DESIGN = ("sites", "enrollment_start", "enrollment_end", "data_cut")
_TESTED = ("log_rank", "cochran_mantel_haenszel")


@dataclass(frozen=True, slots=True)
class Reproduced:
    """One printed number beside what the cohort's own analysis gives.

    Attributes:
        position: Position of the fact in the file.
        line: Its line.
        part: `value`, `lower` or `upper`.
        name: What it is of, in words.
        printed: As printed.
        found: What the analysis gives, at the printed precision.
        value: The same, unrounded; None where it is not reached.
        status: `hit`; `margin` where it rounds so only if it was rounded twice; `miss`; `not_rebuilt`.
        cause: Why it is no hit.
        stat: Identifier of the statistic.
    """

    position: int
    line: int
    part: str
    name: str
    printed: str
    found: str
    value: float | None
    status: Status
    cause: str = ""
    stat: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; empty fields are left out."""
        out = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in out.items() if value not in ("", None) or name == "value"}


def reproduced(
    file: FactsFile, goals: Goals, results: Results, missed: Sequence[str], contradictions: Sequence[str] = ()
) -> tuple[Reproduced, ...]:
    """Every printed number of the cut beside what was found.

    Args:
        file: The facts.
        goals: What is printed.
        results: Analysis of the cohort.
        missed: What could not be done, in sentences.
        contradictions: What printed numbers say against each other, in sentences.
    """
    return tuple(_one(file, goals, goal, results, (*missed, *contradictions)) for goal in goals.goals)


def row_of(goal: Goal, results: Results) -> Statistic | None:
    """The statistic that a printed number is of; None where the analysis has none.

    Args:
        goal: The printed number.
        results: Analysis of the cohort.
    """
    found = [row for row in results if _same(goal, row)]
    if goal.fact.statistic == "p_value":
        found.sort(key=lambda row: (bool(row.key.hypothesis), not row.key.method.startswith(_TESTED)))
    return found[0] if found else None


def _same(goal: Goal, row: Statistic) -> bool:
    key, fact = row.key, goal.fact
    if key.statistic != fact.statistic or key.arm != goal.arm or key.versus != goal.versus:
        return False
    if fact.statistic == "subjects":
        return key.analysis == "disposition" and dict(key.groups) == _flow(goal)
    if fact.statistic == "follow_up_median":
        return True
    if key.time != fact.time or (fact.endpoint and key.endpoint != fact.endpoint):
        return False
    if fact.statistic.startswith("ae_"):
        return key.groups == _harm_groups(goal) and key.population == (fact.population or "safety")
    if key.population != (fact.population or "itt") or key.interval.startswith("wilson"):
        return False
    if fact.statistic == "p_value":
        return row.sides == (fact.sides or 2) and key.method.startswith(_TESTED)
    return dict(key.groups) == dict(fact.groups)


def _flow(goal: Goal) -> dict[str, str]:
    population = goal.fact.population or "itt"
    if population == "itt":
        return {"flow": "randomized"}
    return {"flow": "analyzed", "population": population}


def _harm_groups(goal: Goal) -> tuple[tuple[str, str], ...]:
    what = readable(goal)
    if what is None:
        return (("?", ""),)
    if isinstance(what, str):
        return (("category", what),)
    term, grade, exact = what
    if not term:
        names = {(1, False): "any", (3, False): "grade_3_plus", (5, True): "grade_5", (5, False): "grade_5"}
        return (("category", names.get((grade, exact), f"grade_{grade}")),)
    named = (("soc", "Not published"), ("term", term))
    return named if grade == 1 and not exact else (*named, ("grade", f"{grade}+" if not exact else str(grade)))


def _one(file: FactsFile, goals: Goals, goal: Goal, results: Results, missed: Sequence[str]) -> Reproduced:
    line = file.lines.get(goal.position, 0)
    shared = (goal.position, line, goal.part, goal.name, goal.printed)
    if goal.fact.statistic in _DESIGN:
        return Reproduced(*shared, goal.printed, None, "hit", "taken as it is")
    row = row_of(goal, results)
    if row is None:
        return Reproduced(*shared, "", None, "not_rebuilt", "no statistic of the analysis is this one")
    value = getattr(row, goal.part)
    found = _shown(file, goals, goal, value, row.why(goal.part))
    if goal.box is None:
        status: Status = "hit" if value is None else "miss"
    elif value is None:
        status = "miss"
    else:
        status = "hit" if goal.box.holds(value) else "margin" if goal.wide and goal.wide.holds(value) else "miss"
    cause = "" if status == "hit" else _cause(goals, goal, status, missed)
    return Reproduced(*shared, found, value, status, cause, row.id)


def _shown(file: FactsFile, goals: Goals, goal: Goal, value: float | None, why: str) -> str:
    """A number at the printed precision and in the printed unit."""
    if value is None:
        return goal.printed if goal.box is None else "NR" if why == "not_reached" else "not estimable"
    number = file.printed.get((goal.position, goal.part))
    decimals = number.decimals if number is not None else 1
    display = VOCABULARY[goal.fact.statistic].display
    if display == "time":
        per = days_per(goal.fact.unit or goals.unit, days_per_month=goals.days_per_month)  # type: ignore[arg-type]
        return round_half_up(value / per, decimals)
    if display in ("percent", "points") and (goal.printed.endswith("%") or goal.fact.unit in ("%", "percent")):
        return round_half_up(100.0 * value, decimals) + ("%" if goal.printed.endswith("%") else "")
    return round_half_up(value, decimals)


def _cause(goals: Goals, goal: Goal, status: Status, missed: Sequence[str]) -> str:
    """Why a number is not given, with its arithmetic."""
    words = list(_counted(goals, goal))
    if status == "margin":
        return "; ".join(["it rounds so only if it was rounded twice", *words])
    for sentence in missed:
        if goal.arm and sentence.startswith(f"{goal.arm}: "):
            words.append(sentence.removeprefix(f"{goal.arm}: "))
    return "; ".join(words) or "the nearest of what was tried"


def _counted(goals: Goals, goal: Goal) -> Iterator[str]:
    from equipoise.kernels.proportions import clopper_pearson

    if goal.fact.statistic not in ("response_rate", "clinical_benefit_rate", "disease_control_rate"):
        return
    size = goals.sizes[goal.arm]
    best = count_of(list(goals.of(goal.fact.statistic, endpoint=goal.fact.endpoint, arm=goal.arm)), size)
    if best is None:
        return
    limits = clopper_pearson(best.x, best.n, conf_level=goal.fact.conf_level)
    yield (
        f"exact limits of {best.x} of {best.n} are {100 * limits.lower:.2f}% to {100 * limits.upper:.2f}%, and of all "
        f"counts of up to {size} none gives the printed proportion and both limits"
    )
