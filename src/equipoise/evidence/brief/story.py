"""What every sentence of a brief is made from: the bundle's rows, found by key, and printed with their identifiers.

Nothing here computes a number. A row that is not there, or has no value, gives no words, and the sentence that needed
it is left out or says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from equipoise.errors import BundleError, Problem, Where
from equipoise.evidence.brief.model import Told, Words, say
from equipoise.results import Statistic
from equipoise.results import display as d
from equipoise.results.lookup import only

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from equipoise.evidence.brief.model import Field, Piece
    from equipoise.protocol.protocol import Protocol
    from equipoise.results.bundle import Bundle

__all__ = ["Story", "listed", "lower_first", "story_of"]

_Groups = tuple[tuple[str, str], ...]
_NOT_REACHED = "not reached"
_BRACKETED = re.compile(r"\s+\([A-Za-z ,-]+\)$")


@dataclass(frozen=True, slots=True)
class Story:
    """A bundle and its protocol, with look-ups that refuse ambiguity and numbers that know their statistic.

    Attributes:
        bundle: The bundle as read.
        protocol: The protocol rebuilt from it.
        level: How limits are introduced: "CI", or "confidence interval" for readers who don't know the letters.
    """

    bundle: Bundle
    protocol: Protocol
    level: str = "CI"
    _index: dict[tuple[str, str, str, str, _Groups], list[Statistic]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for row in self.bundle.results:
            key = row.key
            if key.stage == "analysis":
                place = (key.analysis, key.statistic, key.arm, key.versus, key.groups)
                self._index.setdefault(place, []).append(row)

    # Rows

    def find(
        self,
        analysis: str,
        statistic: str,
        arm: str = "",
        versus: str = "",
        *,
        groups: _Groups = (),
        time: float | None = None,
        method: str | None = None,
        interval: str | None = None,
        hypothesis: str = "",
    ) -> Statistic | None:
        """The row with exactly these key fields, or None.

        Args:
            analysis: Name of the analysis.
            statistic: Name of the statistic.
            arm: Arm, "" for all jointly.
            versus: Arm of reference.
            groups: Groups, exactly.
            time: Landmark; None for a row without one.
            method: Method, exactly; None for any.
            interval: First words of the interval's slug; None for any.
            hypothesis: Hypothesis, exactly.

        Raises:
            BundleError: When several match: a sentence has room for one number.
        """
        rows = self._index.get((analysis, statistic, arm, versus, groups), ())
        return only(rows, room="place of the brief", time=time, method=method, interval=interval, hypothesis=hypothesis)

    def has(self, analysis: str, statistic: str = "") -> bool:
        """Whether an analysis has rows.

        Args:
            analysis: Name of the analysis.
            statistic: Name of the statistic; any where absent.
        """
        return any(place[0] == analysis and statistic in ("", place[1]) for place in self._index)

    def groups(self, analysis: str, statistic: str) -> list[_Groups]:
        """Groups by which an analysis has a statistic, in order.

        Args:
            analysis: Name of the analysis.
            statistic: Name of the statistic.
        """
        return list(dict.fromkeys(place[4] for place in self._index if place[:2] == (analysis, statistic)))

    # Numbers

    @property
    def time_style(self) -> dict[str, Any]:
        """Arguments of `results.display` that put times in the trial's unit."""
        return {"time_unit": self.protocol.time.unit, "days_per_month": self.protocol.time.days_per_month}

    def value(self, row: Statistic, *, unit: bool = True, digits: int | None = None) -> Words:
        """A row's value and its unit in words.

        Args:
            row: The row.
            unit: Whether a unit other than percent follows.
            digits: Decimals, where the default does not suit.

        Raises:
            AssertionError: On a P that no hypothesis carries: a defect of the sentence that asked for it.
        """
        if row.key.statistic.endswith("p_value") and row.multiplicity != "confirmatory":
            message = f"{row.id}: only the P of a tested hypothesis may be told"
            raise AssertionError(message)
        if row.value is None and row.why() == "not_reached":
            return (Told(_NOT_REACHED, row.id),)
        text = d.format_value(row, digits=digits, **self.time_style)
        words = d.printed_unit(row, time_unit=self.protocol.time.unit)
        follows = unit and row.value is not None and words not in ("", "%")
        return say(Told(text, row.id), f" {words}" if follows else "")

    def limits(self, row: Statistic | None, *, before: str = " (", after: str = ")", most: str = "") -> Words:
        """A row's limits in brackets with their level: " (95% CI, 0.50 to 0.78)"; nothing where it has none.

        Args:
            row: The row.
            before: What stands before.
            after: What stands after.
            most: Words between level and limits; a comma where absent.
        """
        if row is None or row.value is None or row.conf_level is None:
            return ()
        text = d.format_interval(row, **self.time_style)
        if not text or text == d.NE:
            return ()
        level = Told(d.format_fraction(row.conf_level), row.id, "conf_level")
        return say(before, level, f" {self.level}", most or ", ", Told(text, row.id, "interval"), after)

    def per_hundred(self, row: Statistic) -> Words:
        """A proportion as whole people of a hundred: "about 59", "fewer than 1".

        Args:
            row: A row with a proportion.
        """
        if row.value is None:
            return self.value(row)
        text = d.format_percent(row.value, digits=0, sign=False)
        before = {"<": "fewer than ", ">": "more than "}.get(text[0], "")
        return say("" if before else "about ", Told(before + text.lstrip("<>"), row.id, "per_hundred"))

    def part_of(self, row: Statistic, what: Field) -> Words:
        """One of a proportion's whole numbers.

        Args:
            row: The row.
            what: `events` or `denominator`.
        """
        number = row.events if what == "events" else row.denominator
        return () if number is None else (Told(d.format_count(number), row.id, what),)

    def at(self, row: Statistic) -> Words:
        """The landmark of a row with its unit: "5 years".

        Args:
            row: A row whose key has a time.
        """
        time = row.key.time
        if time is None:
            return ()
        unit = self.protocol.time.unit
        return (Told(d.format_plain(time), row.id, "time"), f" {unit[:-1] if time == 1 else unit}")

    # Words

    @property
    def people(self) -> str:
        """What those in the trial are called."""
        return "patients" if self.protocol.trial.condition else "participants"

    def arm(self, name: str) -> str:
        """Label of an arm.

        Args:
            name: Its name.
        """
        return self.protocol.arms[name].label if name in self.protocol.arms else name

    def group(self, name: str) -> str:
        """An arm as a group of people: "the Observation group".

        Args:
            name: Its name.
        """
        label = self.arm(name)
        return f"the {label}" if label.lower().endswith((" group", " arm")) else f"the {label} group"

    def population(self, name: str) -> str:
        """A population in the middle of a sentence.

        Args:
            name: Its name.
        """
        found = self.protocol.populations.get(name)
        label = found.label if found and found.label else ""
        if not label and name in ("itt", "ITT"):
            return f"all randomized {self.people}"
        words = lower_first(label or name.replace("_", " "))
        known = ("patients", "participants", "subjects", "people", "population", "set")
        return words if words.endswith(known) or "intention to treat" in words else f"{words} population"

    def endpoint(self, analysis: str, *, whole: bool = False) -> str:
        """What an analysis is about, in the middle of a sentence.

        Args:
            analysis: Its name.
            whole: Whether words in brackets at its end, "(investigator)", are told too.
        """
        declared = self.protocol.analysis[analysis]
        label = declared.label or self.protocol.endpoints[declared.endpoint].label
        return lower_first(label if whole else _BRACKETED.sub("", label))

    def by_group(self, values: Sequence[tuple[str, Words]]) -> Words:
        """Values of arms as a list: "59.2% in the A group and 42.4% in the B group".

        Args:
            values: Arm and its number.
        """
        return listed([say(words, f" in {self.group(arm)}") for arm, words in values])


def listed(items: Iterable[Iterable[Piece]], *, last: str = " and ") -> Words:
    """A list in a sentence: "a, b and c".

    Args:
        items: Its items.
        last: What stands before the last.
    """
    done = [tuple(item) for item in items]
    parts: list[Iterable[Piece]] = []
    for place, item in enumerate(done):
        if place:
            parts.append((last if place == len(done) - 1 else ", ",))
        parts.append(item)
    return say(*parts)


def lower_first(text: str) -> str:
    """Text for the middle of a sentence: the first letter small, unless the word is an acronym.

    Args:
        text: A label.
    """
    return text[0].lower() + text[1:] if len(text) > 1 and text[1].islower() else text


def story_of(bundle: Bundle, *, level: str = "CI") -> Story:
    """What sentences are made from.

    Args:
        bundle: The bundle as read.
        level: How limits are introduced.

    Raises:
        BundleError: When there are no results to tell, when they are those of an interim look, or when protocol.json
            was altered after the analysis.
    """
    from equipoise.results.declared import declared

    _refuse(bundle)
    return Story(bundle, declared(bundle), level)


def _refuse(bundle: Bundle) -> None:
    """An interim look is for those who hold it, and a design has no story yet.

    Raises:
        BundleError: With the reason.
    """
    stages = {row.key.stage for row in bundle.results}
    where = Where(file=str(bundle.path))
    if "monitoring" in stages or bundle.manifest.get("view"):
        raise BundleError(
            Problem(
                code="report.brief_interim",
                message="the bundle holds an interim look, which is not for the public: no brief is written from it",
                where=where,
                cure="when the trial has ended, analyze it into a folder of its own and brief from there",
            )
        )
    if "analysis" not in stages:
        there = ", ".join(sorted(stages))
        raise BundleError(
            Problem(
                code="report.brief_no_results",
                message="the bundle holds no results of an analysis, so there is nothing to tell",
                where=where,
                value=f"stages: {there}" if there else "",
                cure="run `equipoise analyze trial.yaml --data DIR --out OUT`, then `equipoise brief OUT`",
            )
        )
