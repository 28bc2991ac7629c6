"""The facts of one data cut as goals: for each printed number the values that may have been printed so."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from equipoise.evidence.boxes import Box, box, p_box
from equipoise.evidence.facts.numbers import absent, is_percent
from equipoise.results.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from equipoise.evidence.facts.model import Fact
    from equipoise.evidence.facts.read import FactsFile
    from equipoise.evidence.model import Number

__all__ = ["Goal", "Goals", "Part", "day_of", "goals_of", "latest_day"]

Part = Literal["value", "lower", "upper"]


@dataclass(frozen=True, slots=True)
class Goal:
    """One printed number.

    Attributes:
        position: Position of its fact in the file.
        part: Which of its numbers.
        fact: The fact.
        arm: Arm, of a contrast the experimental one; "" of all.
        versus: Control of a contrast.
        printed: Its characters.
        box: Values that round to it, in days for times and as a fraction for percent; None where it was not reached.
        wide: The same with the margin for double rounding.
        missing: `not_reached` or `not_evaluable` where it is printed as that.
    """

    position: int
    part: Part
    fact: Fact
    arm: str
    versus: str
    printed: str
    box: Box | None
    wide: Box | None
    missing: str = ""

    @property
    def name(self) -> str:
        """What it is of, in words for messages: `median of pfs in palbo, upper limit`."""
        words = [self.fact.statistic]
        words += [f"of {self.fact.endpoint}"] if self.fact.endpoint else []
        words += [f"in {self.arm}" + (f" against {self.versus}" if self.versus else "")] if self.arm else []
        words += [f"at {self.fact.time:g}"] if self.fact.time is not None else []
        words += [f"{name} {level}" for name, level in self.fact.groups.items()]
        return " ".join(words) + ("" if self.part == "value" else f", {self.part} limit")


@dataclass(frozen=True, slots=True)
class Goals:
    """What is printed of one data cut.

    Attributes:
        cut: Name of the cut.
        arms: Names of the arms in declared order.
        control: The control arm.
        goals: The printed numbers.
        texts: What is printed as text: (statistic, text).
        sizes: Arm → subjects.
        size_notes: What was supposed about sizes.
        days_per_month: Length of a month.
        unit: Unit of times.
        others: Sizes printed of other cuts: (population, arm) → subjects; nothing else of them is used.
    """

    cut: str
    arms: tuple[str, ...]
    control: str
    goals: tuple[Goal, ...]
    texts: tuple[tuple[str, str], ...]
    sizes: dict[str, int]
    size_notes: tuple[str, ...]
    days_per_month: float
    unit: str
    others: dict[tuple[str, str], int] = field(default_factory=dict)

    def of(self, statistic: str, **where: object) -> Iterator[Goal]:
        """Goals of a statistic.

        Args:
            statistic: Its name.
            **where: `endpoint`, `arm`, `versus`, `part`, `population`, `time`.
        """
        for goal in self.goals:
            if goal.fact.statistic != statistic:
                continue
            for name, wanted in where.items():
                found = getattr(goal, name) if name in ("arm", "versus", "part") else getattr(goal.fact, name)
                if (found or None) != (wanted or None):
                    break
            else:
                yield goal

    def text(self, statistic: str) -> str:
        """A printed text, "" where there is none.

        Args:
            statistic: Its name.
        """
        return next((text for name, text in self.texts if name == statistic), "")


def goals_of(file: FactsFile) -> Goals:
    """The goals of the first data cut that is to be rebuilt.

    Args:
        file: The facts.
    """
    from equipoise.units import DAYS_PER_MONTH

    cuts = [name for name, cut in file.facts.cuts.items() if cut.use == "reconstruct"]
    cut = cuts[0] if cuts else ""
    days = file.protocol.time.days_per_month if file.protocol is not None else DAYS_PER_MONTH
    mine = [(at, fact) for at, fact in enumerate(file.facts.facts) if file.cut_of(fact) == cut]
    goals = tuple(goal for at, fact in mine for goal in _goals(file, at, fact, days))
    arms = tuple(file.arms)
    sizes, notes = _sizes(file, arms, goals)
    others = {
        (fact.population or "", fact.arm or ""): int(file.printed[at, "value"].value)
        for at, fact in enumerate(file.facts.facts)
        if file.cut_of(fact) != cut and fact.statistic == "subjects" and (at, "value") in file.printed
    }
    texts = tuple((fact.statistic, fact.text) for _, fact in mine if fact.text)
    return Goals(cut, arms, file.control, goals, texts, sizes, notes, days, file.facts.unit, others)


def _goals(file: FactsFile, position: int, fact: Fact, days: float) -> Iterator[Goal]:
    key = file.key_of(fact)
    for part in ("value", "lower", "upper"):
        content = getattr(fact, part)
        if content is None:
            continue
        number = file.printed.get((position, part))
        if number is None:
            word = absent(str(content))
            if word:
                yield Goal(position, part, fact, key.arm, key.versus, str(content), None, None, word)
            continue
        boxes = (_box(file, fact, number, days, margin) for margin in (0.0, 0.05))
        yield Goal(position, part, fact, key.arm, key.versus, number.text, *boxes)  # type: ignore[arg-type]


def _box(file: FactsFile, fact: Fact, number: Number, days: float, margin: float) -> Box:
    display = VOCABULARY[fact.statistic].display
    if display == "p":
        low, high = p_box(number, margin=margin)
        # Cut off or rounded: for the goal rounded to nearest, which both ways of printing allow half of the time.
        return Box(low, high if number.bound else number.value + (0.5 + margin) * 10.0**-number.decimals)
    if display == "count":
        return Box(number.value, number.value)
    share = display in ("percent", "points") and (is_percent(number) or (fact.unit or "") in ("%", "percent"))
    found = box(number, margin=margin, percent=share)
    if display == "time":
        from equipoise.units import days_per

        per = days_per(fact.unit or file.facts.unit, days_per_month=days)  # type: ignore[arg-type]
        return Box(found.lower * per, found.upper * per)
    return found


def _sizes(file: FactsFile, arms: tuple[str, ...], goals: tuple[Goal, ...]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Subjects of the arms: printed, or the total shared by the ratio of randomization, which is then said."""
    sizes: dict[str, int] = {}
    total = 0
    for goal in goals:
        if goal.fact.statistic != "subjects" or goal.box is None or goal.fact.population not in (None, "itt"):
            continue
        if goal.fact.groups and set(goal.fact.groups.values()) != {"randomized"}:
            continue
        if goal.arm:
            sizes.setdefault(goal.arm, round(goal.box.lower))
        else:
            total = total or round(goal.box.lower)
    notes: list[str] = []
    for goal in goals:
        if (
            goal.arm
            and not goal.versus
            and goal.arm not in sizes
            and goal.fact.n
            and goal.fact.population in (None, "itt")
        ):
            sizes[goal.arm] = goal.fact.n
            notes.append(f"size of {goal.arm} taken from the denominator of its {goal.fact.statistic}")
    lacking = [arm for arm in arms if arm not in sizes]
    left = total - sum(sizes.values())
    if lacking and left >= len(lacking):
        ratios = {arm: (file.protocol.arms[arm].ratio if file.protocol else 1) for arm in lacking}
        whole = sum(ratios.values())
        for arm in lacking[:-1]:
            sizes[arm] = round(left * ratios[arm] / whole)
        sizes[lacking[-1]] = left - sum(sizes[arm] for arm in lacking[:-1])
        if len(lacking) > 1:
            shared = ", ".join(f"{arm} {sizes[arm]}" for arm in lacking)
            notes.append(f"only the total of {total} is printed; by the ratio of randomization: {shared}")
    return sizes, tuple(notes)


def day_of(text: str) -> datetime.date | None:
    """First day that a printed date may mean: of `2017-06` June 1; None for what is no date.

    Args:
        text: Year, year-month or year-month-day.
    """
    parts = text.split("-")
    try:
        numbers = [int(part) for part in parts]
        return datetime.date(*[*numbers, 1, 1][:3])
    except (ValueError, TypeError):
        return None


def latest_day(text: str) -> datetime.date | None:
    """Last day that a printed date may mean: of `2021-07` July 31.

    Args:
        text: Year, year-month or year-month-day.
    """
    first = day_of(text)
    if first is None:
        return None
    given = text.count("-")
    month = 12 if given == 0 else first.month
    last = calendar.monthrange(first.year, month)[1]
    return first if given == 2 else datetime.date(first.year, month, last)
