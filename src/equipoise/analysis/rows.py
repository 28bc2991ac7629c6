"""How steps make rows: keys of one analysis, and statistics whose gaps say why they are there."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from equipoise.results import Key, Statistic

__all__ = ["NOT_REACHED", "Limits", "Scope", "estimate", "p_values"]

NOT_REACHED = "not_reached"
"""Why a quantile, or a limit of one, has no value: follow-up ended before it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What the keys of one analysis share.

    Attributes:
        analysis: Name of the analysis in trial.yaml.
        endpoint: Name of its endpoint.
        population: Name of its population.
    """

    analysis: str
    endpoint: str
    population: str

    def key(self, statistic: str, **fields: Any) -> Key:
        """A key of this analysis.

        Args:
            statistic: Name from the vocabulary.
            **fields: Further fields of `Key`.
        """
        return Key(
            analysis=self.analysis,
            endpoint=self.endpoint,
            population=self.population,
            statistic=statistic,
            **fields,
        )


class Limits(NamedTuple):
    """A confidence interval; NaN is a limit that does not exist.

    Attributes:
        lower: Lower limit.
        upper: Upper limit.
        conf_level: Confidence level.
        reason: Why a limit does not exist.
    """

    lower: float
    upper: float
    conf_level: float
    reason: str = ""


def estimate(
    key: Key,
    value: float,
    *,
    limits: Limits | None = None,
    se: float | None = None,
    reason: str = "",
    **fields: Any,
) -> Statistic:
    """A statistic from numbers that may be NaN or infinite: those become None with their reason.

    Args:
        key: Its key.
        value: The estimate.
        limits: Its limits, where it has any.
        se: Its standard error, where it has one.
        reason: Why there is no estimate; also the reason of missing limits that have none of their own.
        **fields: Further fields of `Statistic`.
    """
    why = reason or "not estimable"
    missing: list[tuple[str, str]] = []

    def finite(name: str, number: float, cause: str) -> float | None:
        if math.isfinite(number):
            return float(number)
        missing.append((name, cause))
        return None

    numbers: dict[str, Any] = {"value": finite("value", value, why)}
    if limits is not None:
        cause = limits.reason or why
        numbers |= {
            "lower": finite("lower", limits.lower, cause),
            "upper": finite("upper", limits.upper, cause),
            "conf_level": limits.conf_level,
        }
    if se is not None:
        numbers["se"] = finite("se", se, reason or (limits.reason if limits is not None else "") or why)
    return Statistic(key=key, missing=tuple(missing), **numbers, **fields)


def p_values(
    scope: Scope,
    method: str,
    *,
    two_sided: float | None = None,
    one_sided: float | None = None,
    reason: str = "",
    key: dict[str, Any],
    **fields: Any,
) -> Iterable[Statistic]:
    """Rows of a test's p-values, each saying its sides.

    Args:
        scope: The analysis.
        method: Slug of the test; `.two_sided` or `.one_sided` is appended.
        two_sided: Two-sided p, None for no such row.
        one_sided: One-sided p in favour of the experimental arm, None for no such row.
        reason: Why a p that is NaN does not exist.
        key: Further fields of the key.
        **fields: Further fields of `Statistic`.
    """
    for name, sides, p in (("two_sided", 2, two_sided), ("one_sided", 1, one_sided)):
        if p is not None:
            yield estimate(
                scope.key("p_value", method=f"{method}.{name}", **key),
                p,
                reason=reason,
                sides=sides,
                multiplicity="nominal",
                **fields,
            )
