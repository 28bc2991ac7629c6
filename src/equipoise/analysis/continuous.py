"""Continuous endpoints: means by arm and visit, an analysis of covariance at one visit, subgroups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from equipoise.analysis.ancova import Model, model_of, model_text
from equipoise.analysis.ancova_design import BASELINE, design_of, lacking, numbers, used_rows, visit_frame
from equipoise.analysis.continuous_means import mean_rows
from equipoise.analysis.count_rows import Bools, arm_column, by_arm, count_row, many
from equipoise.analysis.rows import Scope
from equipoise.errors import Problem, Where

if TYPE_CHECKING:
    import polars as pl

    from equipoise.analysis.steps import Context, Row, Step
    from equipoise.protocol.continuous import ContinuousAnalysis
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Statistic

__all__ = ["ContinuousStep", "ContinuousSubgroupStep", "check", "notes", "steps"]


def steps(_protocol: Protocol, name: str, spec: ContinuousAnalysis) -> tuple[Step, ...]:
    """The steps of one analysis.

    Args:
        _protocol: The declared trial.
        name: Name of the analysis.
        spec: The analysis.
    """
    subgroups = (ContinuousSubgroupStep(name, spec, factor) for factor in spec.subgroups)
    return (ContinuousStep(name, spec), *subgroups)


def check(context: Context, name: str, spec: ContinuousAnalysis) -> Iterator[Problem]:
    """Errors: what makes the analysis impossible as declared.

    Args:
        context: Protocol and data.
        name: Name of the analysis.
        spec: The analysis.
    """
    where = Where(path=f"analysis.{name}")
    if not used_rows(context.protocol, visit_frame(context, spec, spec.at), spec).height:
        message = f"no subject of {spec.population} has a value at {spec.at} and all that the model needs"
        cure = "correct the visit, the conditions, or the covariates"
        yield Problem("plan.nobody", message, where, spec.at, cure)


def notes(context: Context, name: str, spec: ContinuousAnalysis) -> Iterator[Problem]:
    """Warnings: subjects who are left out of the model, or of subgroups.

    Args:
        context: Protocol and data.
        name: Name of the analysis.
        spec: The analysis.
    """
    where = Where(path=f"analysis.{name}")
    frame = visit_frame(context, spec, spec.at)
    for term, without in lacking(context.protocol, frame, spec).items():
        if without.any():
            message = (
                f"{many(int(without.sum()), 'subject')} with a value at {spec.at} without {term}, left out of the "
            )
            message += "model"
            cure = "complete it in the data, or leave it out of the model"
            yield Problem("plan.missing_covariate", message, where, _some(frame, without), cure, "warning")
    used = used_rows(context.protocol, frame, spec)
    for factor in spec.subgroups:
        missing = used[factor].is_null().to_numpy()
        if missing.any():
            message = f"{many(int(missing.sum()), 'subject')} without a level of {factor}, in none of its subgroups"
            yield Problem("plan.missing_subgroup", message, where, _some(used, missing), "", "warning")


@dataclass(frozen=True, slots=True)
class ContinuousStep:
    """Means at each visit, and the model at one."""

    name: str
    spec: ContinuousAnalysis

    @property
    def label(self) -> str:
        """What the step does, for progress."""
        return f"{self.name}: means and analysis of covariance"

    def run(self, context: Context) -> Iterable[Row]:
        """Rows of the analysis."""
        protocol, spec = context.protocol, self.spec
        scope = Scope(self.name, spec.endpoint, spec.population)
        for visit in dict.fromkeys((*spec.visits, spec.at)):
            yield from mean_rows(protocol, spec, scope, visit_frame(context, spec, visit), visit)
        frame = visit_frame(context, spec, spec.at)
        used = used_rows(protocol, frame, spec)
        yield from _in_model(protocol, scope, frame, used)
        model = model_of(protocol, spec, scope, design_of(protocol, spec, used), left=_left_out(protocol, frame, spec))
        yield from model.rows()


@dataclass(frozen=True, slots=True)
class ContinuousSubgroupStep:
    """The differences within each level of a factor, and their interaction with it."""

    name: str
    spec: ContinuousAnalysis
    factor: str

    @property
    def label(self) -> str:
        """What the step does, for progress."""
        return f"{self.name}: subgroups by {self.factor}"

    def run(self, context: Context) -> Iterable[Row]:
        """Rows of the subgroups."""
        protocol, spec = context.protocol, self.spec
        scope = Scope(self.name, spec.endpoint, spec.population)
        used = used_rows(context.protocol, visit_frame(context, spec, spec.at), spec)
        declared = protocol.factors[self.factor]
        words = f", within each level of {declared.label}"
        levels = used[self.factor].cast(str)
        for level in declared.level_values:
            groups = (("factor", self.factor), ("level", level))
            part = used.filter(levels == level)
            counts = by_arm(arm_column(part), len(protocol.arms))
            for index, arm in enumerate(protocol.arms):
                yield count_row(scope.key("subjects", arm=arm, groups=groups), int(counts[index]), n=int(counts[index]),
                                method_text=f"Subjects in the model{words}.")  # fmt: skip
            if part.height:
                design = design_of(protocol, spec, part, without=(self.factor,))
                model = model_of(protocol, spec, scope, design, left={}, words=words)
                for pair in protocol.contrasts:
                    yield from model.contrast(pair, groups)
        yield from self._interaction(protocol, scope, used.filter(levels.is_not_null()))

    def _interaction(self, protocol: Protocol, scope: Scope, used: pl.DataFrame) -> Iterator[Statistic]:
        """F of the products of arm and level, each given the arms, the levels and all other covariates."""
        from equipoise.kernels.linear_model import f_test, fit_linear, term_functions

        if not used.height:
            return
        spec = self.spec
        design = design_of(protocol, spec, used, without=(self.factor,))
        said = used[self.factor].cast(str).to_numpy().astype(str)
        present = [level for level in protocol.factors[self.factor].level_values if (said == level).any()]
        own = [(said == level).astype(np.float64) for level in present[1:]]
        arms = [design.x[:, index] for index in range(1, len(protocol.arms))]
        products = [arm * level for level in own for arm in arms]
        x = np.column_stack([design.x, *own, *products])
        fit = fit_linear(x, design.y, variance=spec.model.variance)
        columns = range(x.shape[1] - len(products), x.shape[1])
        rows = term_functions(x, np.array(columns)) if products else np.zeros((0, x.shape[1]))
        text = model_text(protocol, spec, words=f" and their interaction with {protocol.factors[self.factor].label}")
        model = Model(protocol, spec, scope, design, fit, text)
        reason = "" if products else "fewer than two levels have subjects"
        yield from model.joint(
            f_test(fit, rows), (("factor", self.factor),), f"Interaction of treatment with the factor {self.factor}",
            reason, method=f"{spec.method}.interaction",
        )  # fmt: skip


def _in_model(protocol: Protocol, scope: Scope, frame: pl.DataFrame, used: pl.DataFrame) -> Iterator[Statistic]:
    """Subjects in the model by arm, out of those in the population."""
    inside, everybody = (by_arm(arm_column(one), len(protocol.arms)) for one in (used, frame))
    for index, arm in enumerate(protocol.arms):
        yield count_row(
            scope.key("subjects", arm=arm), int(inside[index]), denominator=int(everybody[index]),
            n=int(everybody[index]), method_text="Subjects in the model, out of the population.",
        )  # fmt: skip


def _left_out(protocol: Protocol, frame: pl.DataFrame, spec: ContinuousAnalysis) -> dict[str, int]:
    """Why subjects are not in the model → how many."""
    out = {"without a value at the visit": int((~np.isfinite(numbers(frame, "value"))).sum())}
    gone = np.zeros(frame.height, dtype=bool)
    for term, without in lacking(protocol, frame, spec).items():
        words = "without the value at baseline" if term == BASELINE else f"without {term}"
        out[words] = int((without & ~gone).sum())
        gone |= without
    return out


def _some(frame: pl.DataFrame, which: Bools) -> str:
    named = cast("list[str]", frame["USUBJID"].to_numpy()[which].tolist())
    return ", ".join(named[:5]) + (f" and {len(named) - 5} more" if len(named) > 5 else "")
