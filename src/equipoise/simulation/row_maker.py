"""Keys of simulated rows, and statistics that carry their Monte Carlo error."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from equipoise.results.key import Key
from equipoise.results.statistic import Statistic
from equipoise.simulation.summaries import share_error
from equipoise.units import days_per

if TYPE_CHECKING:
    from equipoise.simulation.study import Study, Tested
    from equipoise.simulation.summaries import Moments, Quantile

__all__ = ["Maker", "base_key", "trial_key"]


def trial_key(study: Study) -> Key:
    """The key of what is said of whole trials.

    Args:
        study: What is simulated.
    """
    pairs: list[tuple[str, str]] = []
    for number, (what, value) in enumerate(study.vary, start=1):
        suffix = "" if number == 1 else f"_{number}"
        pairs += [(f"vary{suffix}", what), (f"value{suffix}", f"{value:.10g}")]
    return Key(stage="simulation", scenario=study.scenario, under=study.under, groups=tuple(pairs))


def base_key(study: Study, tested: Tested) -> Key:
    """The key that all rows of a hypothesis share.

    A trial with two arms is the contrast; of one with more, the key names the two, as in the rows of a design.

    Args:
        study: What is simulated.
        tested: The hypothesis.
    """
    several = len(study.protocol.arms) > 2
    return replace(
        trial_key(study),
        hypothesis=tested.hypothesis,
        analysis=tested.analysis,
        endpoint=tested.endpoint,
        population=tested.population,
        method=tested.method,
        arm=tested.arm if several else "",
        versus=tested.versus if several else "",
    )


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes rows with one key and the differences of each.

    Attributes:
        study: What is simulated.
        key: What the rows share.
    """

    study: Study
    key: Key

    @property
    def unit(self) -> str:
        """Unit of times."""
        return self.study.protocol.time.unit

    @property
    def days(self) -> float:
        """Days in the unit of times."""
        time = self.study.protocol.time
        return days_per(time.unit, days_per_month=time.days_per_month)

    def at(self, **fields: object) -> Maker:
        """A maker whose key differs in some fields; `groups` are added to those that are there.

        Args:
            **fields: Fields of the key.
        """
        groups = (*self.key.groups, *fields.pop("groups", ()))  # type: ignore[misc]
        return Maker(self.study, replace(self.key, groups=groups, **fields))  # type: ignore[arg-type]

    def number(self, statistic: str, value: float, se: float | None, n: int, how: str, **fields: object) -> Statistic:
        """A row from a number that is there.

        Args:
            statistic: Name from the vocabulary.
            value: The number.
            se: Its Monte Carlo standard error; None where it has none.
            n: Trials that it rests on.
            how: The method in a sentence.
            **fields: Further fields of the statistic.
        """
        key = replace(self.key, statistic=statistic)
        return Statistic(key=key, value=value, se=se, n=n, method_text=how, origin="simulated", **fields)  # type: ignore[arg-type]

    def missing(self, statistic: str, reason: str, how: str, **fields: object) -> Statistic:
        """A row of a number that is not there.

        Args:
            statistic: Name from the vocabulary.
            reason: Why.
            how: The method in a sentence.
            **fields: Further fields of the statistic.
        """
        key = replace(self.key, statistic=statistic)
        return Statistic(key=key, missing=(("value", reason),), method_text=how, origin="simulated", **fields)  # type: ignore[arg-type]

    def share(self, statistic: str, count: int, n: int, how: str, *, sides: int | None = None) -> Statistic:
        """A share of trials.

        Args:
            statistic: Name from the vocabulary.
            count: Trials that have it.
            n: Trials.
            how: The method in a sentence.
            sides: Of an error.
        """
        if n == 0:
            return self.missing(statistic, "no such trial", how, sides=sides)
        return self.number(statistic, count / n, share_error(count, n), n, how, events=count, denominator=float(n),
                           sides=sides)  # fmt: skip

    def mean(
        self, statistic: str, found: Moments, how: str, *, time: bool = False, reason: str = "no such trial"
    ) -> Statistic:
        """A mean.

        Args:
            statistic: Name from the vocabulary.
            found: The moments, in days where they are of times.
            how: The method in a sentence.
            time: Whether they are of times, which are converted to the trial's unit.
            reason: Why there is none, where there is none.
        """
        unit, scale = (self.unit, self.days) if time else ("", 1.0)
        if found.n == 0 or not math.isfinite(found.mean):
            return self.missing(statistic, reason, how, unit=unit)
        return self.number(statistic, found.mean / scale, found.se / scale, found.n, how, unit=unit)

    def spread(self, statistic: str, found: Moments, how: str, *, days_error: float | None = None) -> Statistic:
        """A standard deviation, where there are two trials or more.

        Args:
            statistic: Name from the vocabulary.
            found: The moments.
            how: The method in a sentence.
            days_error: Of times, its standard error in days; without it that of normal values.
        """
        unit, scale = ("", 1.0) if days_error is None else (self.unit, self.days)
        if found.n < 2:
            return self.missing(statistic, "fewer than two such trials", how, unit=unit)
        error = found.sd_se if days_error is None else days_error
        return self.number(statistic, found.sd / scale, error / scale, found.n, how, unit=unit)

    def quantile(self, statistic: str, probability: float, found: Quantile | None, n: int, how: str) -> Statistic:
        """A quantile of times; its key has the group `probability`.

        Args:
            statistic: Name from the vocabulary.
            probability: Between 0 and 1.
            found: The quantile in days.
            n: Trials.
            how: The method in a sentence.
        """
        made = self.at(groups=(("probability", f"{probability:g}"),))
        if found is None:
            return made.missing(statistic, "no such trial", how, unit=self.unit)
        return made.number(statistic, found.value / self.days, found.se / self.days, n, how, unit=self.unit)
