"""Who went where: from screening to analysis, as a CONSORT flow diagram counts it.

Only steps that the data can tell have rows. Arms are the planned ones, except for `analyzed`, where each population has
its own. Every reason is counted, and who has none is counted as "not recorded".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from equipoise.analysis.count_rows import Bools, Ints, arm_column, count_row, many, sentences
from equipoise.analysis.rows import Scope

if TYPE_CHECKING:
    import polars as pl

    from equipoise.analysis.steps import Context, Row
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Statistic

__all__ = ["DispositionStep", "analyzed_rows", "disposition_rows", "steps"]

SCOPE = Scope("disposition", "", "")
NOT_RECORDED = "not recorded"
_SCREENING_REASONS = ("SCRFREAS", "SFREAS", "DCSREAS", "ARMNRS")
# That a screen failure failed screening is no reason.
_NO_REASON = ("SCREEN FAILURE", "SCREEN FAILED", "SCREEN FAIL")
# Values of EOTSTT and EOSSTT (CDISC codelist SBJTSTAT), and the step that each is.
_STATUS = {"ONGOING": "ongoing", "COMPLETED": "completed", "DISCONTINUED": "discontinued"}


@dataclass(frozen=True, slots=True)
class DispositionStep:
    """The flow of subjects."""

    @property
    def label(self) -> str:
        """What the step does, for progress."""
        return "Disposition"

    def run(self, context: Context) -> Iterable[Row]:
        """Rows of the flow."""
        from equipoise.data import subjects

        protocol, data = context.protocol, context.data
        yield from disposition_rows(protocol, data.adsl)
        for name in protocol.populations:
            frame = context.shared(("subjects", name), lambda name=name: subjects(protocol, data, name))  # type: ignore[misc]
            yield from analyzed_rows(protocol, name, frame)


def steps(protocol: Protocol) -> tuple[DispositionStep, ...]:
    """The step of the flow of subjects.

    Args:
        protocol: The declared trial; any has subjects.
    """
    del protocol
    return (DispositionStep(),)


def analyzed_rows(protocol: Protocol, population: str, frame: pl.DataFrame) -> Iterator[Statistic]:
    """Subjects of one population, by its arms and together.

    Args:
        protocol: The declared trial.
        population: Name of the population.
        frame: One row a subject of it: arm.
    """
    groups = (("flow", "analyzed"), ("population", population))
    arm = arm_column(frame)
    rule = protocol.populations[population].arm
    text = "Arms as planned." if rule == "planned" else "Arms by the treatment that subjects took."
    for index, name in enumerate(protocol.arms):
        yield count_row(SCOPE.key("subjects", arm=name, groups=groups), int((arm == index).sum()), method_text=text)
    yield count_row(SCOPE.key("subjects", groups=groups), int(arm.size), method_text=text)


def disposition_rows(protocol: Protocol, adsl: pl.DataFrame) -> Iterator[Statistic]:
    """Rows of the flow from screening to the end of study.

    Args:
        protocol: The declared trial.
        adsl: One row a subject, screen failures included: `_randomized`, `_planned`, `_actual` (indices of arms), and
            of ADaM's columns those that there are.

    Yields:
        Counts for each arm, and for all (arm "").
    """
    randomized = adsl.filter(adsl["_randomized"])
    yield from _screening(adsl)
    flow = _Flow(protocol, randomized)
    yield from flow.rows("randomized", np.ones(randomized.height, dtype=bool))
    treated = _treated(randomized)
    if treated is not None:
        yield from flow.rows("treated", treated)
        yield from flow.rows("not_treated", ~treated)
    yield from _status(flow, "treatment", "EOTSTT", "DCTREAS")
    yield from _status(flow, "study", "EOSSTT", "DCSREAS")
    died = _died(randomized)
    if died is not None:
        yield from flow.rows("died", died)
    # Without TRT01A the actual arm is assumed, so the data cannot tell whether it differed.
    if {"_actual", "TRT01A"} <= set(adsl.columns) and randomized["_actual"].null_count() < randomized.height:
        differs = (randomized["_actual"] != randomized["_planned"]).fill_null(value=False)
        yield from flow.rows("arm_differs", cast("Bools", differs.to_numpy()))


@dataclass(frozen=True, slots=True)
class _Flow:
    """Randomized subjects and their planned arms."""

    protocol: Protocol
    frame: pl.DataFrame

    def rows(self, step: str, inside: Bools, *, reason: str = "", text: str = "") -> Iterator[Statistic]:
        """Counts of one step by planned arm and in all."""
        groups = (("flow", step), ("reason", reason)) if reason else (("flow", step),)
        planned = cast("Ints", self.frame["_planned"].fill_null(-1).to_numpy())
        for index, name in enumerate(self.protocol.arms):
            count = int((inside & (planned == index)).sum())
            yield count_row(SCOPE.key("subjects", arm=name, groups=groups), count, method_text=text)
        yield count_row(SCOPE.key("subjects", groups=groups), int(inside.sum()), method_text=text)


def _screening(adsl: pl.DataFrame) -> Iterator[Statistic]:
    """Screened and failed; nothing where everybody in the data was randomized, as screening is then not in them."""
    failed = adsl.filter(~adsl["_randomized"])
    if not failed.height:
        return
    yield count_row(SCOPE.key("subjects", groups=(("flow", "screened"),)), adsl.height)
    text = "Subjects who were not randomized."
    yield count_row(SCOPE.key("subjects", groups=(("flow", "screen_failure"),)), failed.height, method_text=text)
    columns = [name for name in _SCREENING_REASONS if name in adsl.columns]
    if not columns:
        return
    reasons = _text(failed, columns, but=_NO_REASON)
    if (reasons == NOT_RECORDED).all():
        return
    for reason, count in _by_size(reasons):
        groups = (("flow", "screen_failure"), ("reason", reason))
        yield count_row(SCOPE.key("subjects", groups=groups), count, denominator=failed.height, method_text=text)


def _treated(frame: pl.DataFrame) -> Bools | None:
    """Who took treatment: has a first dose; where the data have no dates of it, is in the safety population (SAFFL)."""
    if "TRTSDT" in frame.columns and frame["TRTSDT"].null_count() < frame.height:
        return cast("Bools", frame["TRTSDT"].is_not_null().to_numpy())
    if "SAFFL" in frame.columns:
        return _flag(frame, "SAFFL")
    return None


def _died(frame: pl.DataFrame) -> Bools | None:
    if "DTHFL" in frame.columns:
        died = _flag(frame, "DTHFL")
        return died | cast("Bools", frame["DTHDT"].is_not_null().to_numpy()) if "DTHDT" in frame.columns else died
    return cast("Bools", frame["DTHDT"].is_not_null().to_numpy()) if "DTHDT" in frame.columns else None


def _flag(frame: pl.DataFrame, column: str) -> Bools:
    return cast("Bools", (frame[column] == "Y").fill_null(value=False).to_numpy())


def _status(flow: _Flow, what: str, column: str, reason_column: str) -> Iterator[Statistic]:
    """Ongoing, completed and discontinued (with reasons) of the treatment or of the study."""
    import polars as pl

    frame = flow.frame
    if column not in frame.columns or frame[column].null_count() == frame.height:
        return
    status = frame[column].cast(pl.String).str.strip_chars().str.to_uppercase()
    silent = int(status.is_null().sum())
    text = sentences(f"as {column} says", f"{many(silent, 'randomized subject')} without it" if silent else "")
    for value, step in _STATUS.items():
        inside = cast("Bools", (status == value).fill_null(value=False).to_numpy())
        yield from flow.rows(f"{what}_{step}", inside, text=text)
        if step != "discontinued" or reason_column not in frame.columns:
            continue
        reasons = _text(frame, [reason_column])
        for reason, _ in _by_size(reasons.filter(pl.Series(inside))):
            with_reason = inside & cast("Bools", (reasons == reason).to_numpy())
            yield from flow.rows(f"{what}_{step}", with_reason, reason=reason, text=f"As {reason_column} says.")


def _text(frame: pl.DataFrame, columns: list[str], *, but: tuple[str, ...] = ()) -> pl.Series:
    """The first of the columns that says something, for each subject; `but` are texts (upper case) that say nothing."""
    import polars as pl

    texts = []
    for name in columns:
        text = pl.col(name).cast(pl.String).str.strip_chars().replace("", None)
        texts.append(pl.when(~text.str.to_uppercase().is_in(but)).then(text) if but else text)
    return frame.select(pl.coalesce(*texts).fill_null(NOT_RECORDED).alias("reason"))["reason"]


def _by_size(reasons: pl.Series) -> list[tuple[str, int]]:
    """Reasons and their counts, the most frequent first, ties in alphabetic order."""
    found = [(str(reason), int(count)) for reason, count in reasons.value_counts().iter_rows()]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))
