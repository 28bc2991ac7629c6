"""Are hazards proportional: the score test by term, and what its pictures need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from equipoise.analysis.cox_models import Column, Model, design_of, fitted_contrast
from equipoise.analysis.events import events_of
from equipoise.analysis.methods_text import arms_text, cox_text
from equipoise.analysis.rows import Scope, estimate, p_values
from equipoise.analysis.survival import curves_of
from equipoise.protocol.method_names import cox_method
from equipoise.results import Curve

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context, Row
    from equipoise.kernels.proportional_hazards import ProportionalHazards
    from equipoise.protocol.analysis import ProportionalHazardsSpec, TimeToEventAnalysis

__all__ = ["ProportionalHazardsStep", "proportional_hazards_text"]

_NAN = float("nan")
_LEVEL = 0.95
_TIME = {
    "km": "one minus the Kaplan-Meier estimate of all compared subjects together",
    "rank": "the rank of the event time",
    "identity": "time itself",
    "log": "the logarithm of time",
}


def proportional_hazards_text(spec: ProportionalHazardsSpec) -> str:
    """The method of the test, without its model and arms.

    Args:
        spec: What the analysis declares.
    """
    return f"Score test of proportional hazards (Grambsch and Therneau) along {_TIME[spec.transform]}"


@dataclass(frozen=True, slots=True)
class ProportionalHazardsStep:
    """The score test of the declared Cox model, by contrast; log-minus-log curves by arm; scaled residuals.

    The model's coefficients are let vary as `b + g * h(t)`, h the declared function of time; the test is Rao's of g = 0
    for each term and for all of them. Scaled Schoenfeld residuals are for the picture only: the test that correlates
    them with time is an approximation of this one.
    """

    name: str
    analysis: TimeToEventAnalysis
    spec: ProportionalHazardsSpec

    @property
    def label(self) -> str:
        """What the step does."""
        return f"{self.name}: proportional hazards"

    def run(self, context: Context) -> Iterator[Row]:
        """Chi-square and p by term, scaled residuals and their smooth, log-minus-log curves.

        Args:
            context: Protocol, data and earlier rows.
        """
        protocol = context.protocol
        scope = Scope(self.name, self.analysis.endpoint, self.analysis.population)
        yield from self._log_minus_log(context, scope)
        declared = self.analysis.estimate
        method = f"{cox_method(declared)}.proportional_hazards.{self.spec.transform}"
        for arm, versus in protocol.contrasts:
            model = fitted_contrast(context, self.name, self.analysis, declared, arm, versus)
            text = f"{proportional_hazards_text(self.spec)}; {cox_text(protocol, declared, self.analysis.strata_as)}"
            text += f"; {arms_text(protocol, arm, versus)}"
            key = {"arm": arm, "versus": versus}
            terms = _terms(model.columns)
            found, reason = self._test(model, [number for number, term in enumerate(terms) for _ in term[2]])
            counts: dict[str, Any] = {"n": model.used.n, "events": model.used.n_events}
            for number, (groups, words, _) in enumerate(terms):
                values = (_NAN, 0.0, _NAN)
                if found is not None:
                    values = (found.chi_square[number], found.df[number], found.p[number])
                why = reason if found is None else found.reasons[number]
                yield from _rows(scope, method, {**key, "groups": groups}, values, f"{text}; {words}", why, counts)
            if len(terms) > 1:
                values = (_NAN, 0.0, _NAN)
                if found is not None:
                    values = (found.global_chi_square, found.global_df, found.global_p)
                groups = (("test", "global"),)
                yield from _rows(
                    scope, method, {**key, "groups": groups}, values, f"{text}; all terms together", reason, counts
                )
            if found is not None:
                yield from _curves(scope, {**key, "method": method}, found, protocol.time.data_unit)

    def _test(self, model: Model, terms: list[int]) -> tuple[ProportionalHazards | None, str]:
        from equipoise.kernels.proportional_hazards import proportional_hazards_test

        declared = self.analysis.estimate
        if model.fit is None or model.reason:
            return None, model.reason
        if not all(np.isfinite(model.fit.coef)):
            return None, next(why for why in model.fit.reasons if why)
        # The protocol lets no other ties be tested.
        ties: Literal["efron", "breslow"] = "breslow" if declared.ties == "breslow" else "efron"
        design = design_of(model.used, declared, model.columns)
        found = proportional_hazards_test(
            design.time,
            design.event,
            design.x,
            model.fit.coef,
            ties=ties,
            transform=self.spec.transform,
            terms=terms,
            **design.options,
        )
        return found, found.reason

    def _log_minus_log(self, context: Context, scope: Scope) -> Iterator[Curve]:
        """log(-log S(t)) by arm: under proportional hazards the curves of two arms keep their distance."""
        events = events_of(context, self.name, self.analysis)
        for arm, km in zip(context.protocol.arms, curves_of(context, self.name, events), strict=True):
            inside = (km.survival > 0.0) & (km.survival < 1.0) & (km.n_event > 0)
            yield Curve(
                key=scope.key("survival", arm=arm),
                curve="log_minus_log",
                x=np.asarray(km.time[inside], dtype=np.float64),
                y=np.log(-np.log(km.survival[inside])),
                unit=context.protocol.time.data_unit,
            )


def _terms(columns: list[Column]) -> list[tuple[tuple[tuple[str, str], ...], str, list[int]]]:
    """Treatment, then one term a covariate: key groups, words, and columns of the design."""
    found: list[tuple[tuple[tuple[str, str], ...], str, list[int]]] = [((), "treatment", [0])]
    for number, column in enumerate(columns, start=1):
        name = dict(column.groups)["covariate"]
        groups = (("covariate", name),)
        if found[-1][0] == groups:
            found[-1][2].append(number)
        else:
            found.append((groups, name, [number]))
    return found


def _rows(
    scope: Scope,
    method: str,
    key: dict[str, Any],
    values: tuple[float, float, float],
    text: str,
    reason: str,
    counts: dict[str, Any],
) -> Iterator[Row]:
    chi_square, df, p = (float(value) for value in values)
    degrees = df if np.isfinite(chi_square) else None
    yield estimate(
        scope.key("chi_square", method=method, **key),
        chi_square,
        reason=reason,
        df=degrees,
        multiplicity="nominal",
        method_text=f"{text}.",
        **counts,
    )
    yield from p_values(
        scope, method, two_sided=p, reason=reason, key=key, df=degrees, method_text=f"{text}; two-sided.", **counts
    )


def _curves(scope: Scope, key: dict[str, Any], found: ProportionalHazards, unit: str) -> Iterator[Curve]:
    """Scaled Schoenfeld residuals of treatment, and their smooth with 95% limits, by event time."""
    from equipoise.kernels.distributions import z_of_level
    from equipoise.kernels.smooth_effect import smooth_effect

    place = scope.key("hazard_ratio", **key)
    order = np.argsort(found.time, kind="stable")
    time, scaled = found.time[order], found.scaled[order, 0]
    yield Curve(key=place, curve="scaled_schoenfeld", kind="points", x=time, y=scaled, unit=unit)
    along = found.transformed[order]
    if not np.isfinite(along).all():
        return  # an event at time 0 has no logarithm: the rows say so
    smooth = smooth_effect(along, scaled, found.variance[:1, :1], width=z_of_level(_LEVEL))
    if not smooth.reasons[0]:
        # The function of time rises with it, so that the grid goes back to times by interpolation.
        yield Curve(
            key=place, curve="schoenfeld_smooth", kind="line", x=np.interp(smooth.x, along, time),
            y=smooth.effect[:, 0], lower=smooth.lower[:, 0], upper=smooth.upper[:, 0], unit=unit,
        )  # fmt: skip
