"""Facts as statistics: the same rows as an analysis writes, of stage `published`."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING

from equipoise.evidence.facts.checks import real_value
from equipoise.evidence.facts.meaning import CONTRASTS
from equipoise.evidence.facts.model import Cut, Fact
from equipoise.evidence.facts.numbers import absent
from equipoise.results.key import Key
from equipoise.results.results import Results
from equipoise.results.statistic import Printed, Statistic
from equipoise.results.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from equipoise.evidence.facts.read import FactsFile

__all__ = ["characters", "cut_word", "fact_key", "statistics_of"]

_PAIRED = ("p_value", "z", "chi_square")
"""Tests: of two arms where there are two, of all jointly where there are more."""


def cut_word(name: str, cut: Cut | None) -> str:
    """How keys name a cut: its ISO date where the day is known, else its name.

    Args:
        name: Name of the cut.
        cut: The cut.
    """
    date = cut.date if cut is not None else None
    if isinstance(date, datetime.date):
        return date.isoformat()
    return date if isinstance(date, str) and len(date) == 10 else name


def fact_key(fact: Fact, *, experimental: list[str], control: str, cut: str) -> Key:
    """The key of a fact.

    Args:
        fact: The fact.
        experimental: Names of the experimental arms.
        control: Name of the control arm.
        cut: The cut as keys name it.

    Returns:
        A key of stage `published`. A contrast that names no arms is of the only experimental arm against the control.
        Sides of a P value, and a level of limits other than 95%, tell rows apart as they do in an analysis.
    """
    arm, versus = fact.arm or "", fact.versus or ""
    if fact.statistic in CONTRASTS or (fact.statistic in _PAIRED and (arm or len(experimental) == 1)):
        arm = arm or (experimental[0] if len(experimental) == 1 else "")
        versus = versus or control
    method = fact.method or ""
    if fact.sides is not None:
        method = ".".join(part for part in (method, "one_sided" if fact.sides == 1 else "two_sided") if part)
    limits = fact.lower is not None or fact.upper is not None
    return Key(
        stage="published", statistic=fact.statistic, endpoint=fact.endpoint or "", population=fact.population or "",
        arm=arm, versus=versus, groups=tuple(fact.groups.items()), time=fact.time, data_cut=cut, method=method,
        interval=f"{100 * fact.conf_level:.10g}" if limits and fact.conf_level != 0.95 else "",
    )  # fmt: skip


def statistics_of(file: FactsFile) -> Results:
    """Published facts as statistics.

    Args:
        file: The facts.

    Returns:
        One row a fact, those of the first data cut first: stage and origin `published`, proportions as fractions,
        times in the unit that the facts declare (print's unit: a conversion to days would make its last digit look
        exact), the characters of the value and their source in `printed`. A number that was printed as a bound
        (`<0.001`) has no value and the characters as its text; limits that were not reached are missing as such.
    """
    cuts = list(file.facts.cuts)
    ordered = sorted(enumerate(file.facts.facts), key=lambda item: cuts.index(file.cut_of(item[1])))
    return Results(tuple(_statistic(file, position, fact) for position, fact in ordered))


def _statistic(file: FactsFile, position: int, fact: Fact) -> Statistic:
    display = VOCABULARY[fact.statistic].display
    values: dict[str, float] = {}
    missing: list[tuple[str, str]] = []
    text = fact.text or ""
    for name in ("value", "lower", "upper"):
        number, content = file.printed.get((position, name)), getattr(fact, name)
        if number is not None and not number.bound:
            values[name] = real_value(number, fact)
        elif number is not None:
            missing.append((name, f"printed as {number.text}"))
            text = text or (number.text if name == "value" else "")
        elif isinstance(content, str):
            missing.append((name, absent(content)))
        elif name == "value" and not text:
            missing.append((name, "not printed"))
    source = file.facts.sources[file.source_of(fact)]
    limits = "lower" in values or "upper" in values
    return Statistic(
        key=file.key_of(fact),
        value=values.get("value"),
        text=text if values.get("value") is None else "",
        lower=values.get("lower"),
        upper=values.get("upper"),
        conf_level=fact.conf_level if limits else None,
        n=fact.n,
        events=fact.events,
        denominator=float(fact.n) if display == "percent" and fact.n is not None else None,
        sides=fact.sides,
        unit=file.facts.unit if display == "time" and fact.unit is None else "" if _share(fact) else fact.unit or "",
        method_text=fact.note or "",
        missing=tuple(missing),
        origin="published",
        printed=Printed(characters(file, position), source.cite),
    )


def _share(fact: Fact) -> bool:
    return VOCABULARY[fact.statistic].display in ("percent", "points")


def characters(file: FactsFile, position: int) -> str:
    """Value and limits of a fact as they are written: "0.75 (0.59 to 0.96)".

    Args:
        file: The facts.
        position: Position of the fact.
    """
    fact = file.facts.facts[position]
    shown: Mapping[str, str] = {
        name: number.text if (number := file.printed.get((position, name))) is not None else str(content)
        for name in ("value", "lower", "upper")
        if (content := getattr(fact, name)) is not None
    }
    value = shown.get("value", fact.text or "")
    if "lower" not in shown and "upper" not in shown:
        return value
    limits = f"({shown.get('lower', '?')} to {shown.get('upper', '?')})"
    return f"{value} {limits}".strip()
