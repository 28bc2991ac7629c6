"""Objective response by level of a baseline factor: counts by arm, and the difference of each contrast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from equipoise.analysis.count_rows import Bools, arm_column, by_arm, count_row, level_text, limits_slug, row, sentences

if TYPE_CHECKING:
    import polars as pl

    from equipoise.analysis.rows import Scope
    from equipoise.protocol.analysis import ResponseAnalysis
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Statistic

__all__ = ["response_subgroups"]


def response_subgroups(
    protocol: Protocol, spec: ResponseAnalysis, scope: Scope, hit: Bools, frame: pl.DataFrame, *, definition: str
) -> Iterator[Statistic]:
    """Rows of every declared subgroup.

    Args:
        protocol: The declared trial.
        spec: The analysis.
        scope: What its keys share.
        hit: (n,) who responded.
        frame: One row a subject: arm and the factors.
        definition: What counts as a response, in words.
    """
    arm, names = arm_column(frame), list(protocol.arms)
    for factor in spec.subgroups:
        text = f"within each level of {protocol.factors[factor].label}"
        for level in _levels(protocol, frame, factor):
            inside = cast("Bools", (frame[factor].cast(str) == level).fill_null(value=False).to_numpy())
            n = by_arm(arm, len(names), where=inside)
            x = by_arm(arm, len(names), where=inside & hit)
            groups = (("factor", factor), ("level", level))
            for index, name in enumerate(names):
                for statistic, count in (("subjects", n[index]), ("responders", x[index])):
                    key = scope.key(statistic, arm=name, groups=groups)
                    words = sentences(text, definition)
                    yield count_row(key, int(count), denominator=int(n[index]), n=int(n[index]), method_text=words)
            for contrast in protocol.contrasts:
                i, j = (names.index(name) for name in contrast)
                table = int(x[i]), int(n[i]), int(x[j]), int(n[j])
                yield _difference(spec, scope, contrast, groups, table, (text, definition))


def _difference(
    spec: ResponseAnalysis,
    scope: Scope,
    contrast: tuple[str, str],
    groups: tuple[tuple[str, str], ...],
    table: tuple[int, int, int, int],
    words: tuple[str, str],
) -> Statistic:
    from equipoise.kernels.two_by_two import difference_miettinen_nurminen

    level = spec.conf_level
    arm, versus = contrast
    slug = limits_slug("miettinen_nurminen", level)
    return row(
        scope.key("risk_difference", arm=arm, versus=versus, groups=groups, interval=slug),
        difference_miettinen_nurminen(*table, conf_level=level),
        conf_level=level,
        n=table[1] + table[3],
        events=table[0] + table[2],
        method_text=sentences(f"differences with {level_text(level)}% Miettinen-Nurminen limits, N/(N-1)", *words),
    )


def _levels(protocol: Protocol, frame: pl.DataFrame, factor: str) -> list[str]:
    """Declared levels, else those in the data, in order."""
    declared = list(protocol.factors[factor].level_values)
    return declared or sorted(str(level) for level in frame[factor].drop_nulls().unique())
