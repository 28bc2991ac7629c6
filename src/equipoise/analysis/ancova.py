"""Rows of an analysis of covariance: least-squares means, differences, tests of terms, dose response."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.analysis.ancova_text import ancova_text, margins_text, trend_text
from equipoise.analysis.count_rows import level_text, limits_slug
from equipoise.analysis.rows import Limits, Scope, estimate, p_values

if TYPE_CHECKING:
    from equipoise.analysis.ancova_design import Design
    from equipoise.kernels.linear_model import FTest, Functions, LinearFit
    from equipoise.protocol.continuous import ContinuousAnalysis
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Statistic

__all__ = ["Model", "contrasts_of", "model_of", "model_text"]


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted analysis of covariance, and what its rows share.

    Attributes:
        protocol: The declared trial.
        spec: The analysis.
        scope: What the keys share.
        design: The design.
        fit: The fit.
        text: The model in words, who is left out included.
    """

    protocol: Protocol
    spec: ContinuousAnalysis
    scope: Scope
    design: Design
    fit: LinearFit
    text: str

    @property
    def unit(self) -> str:
        """Unit of the measurement."""
        entry: Any = self.protocol.endpoints[self.spec.endpoint]
        return entry.unit or ""

    @property
    def interval(self) -> str:
        """Slug of the limits."""
        return limits_slug("t", self.spec.conf_level)

    def rows(self) -> Iterator[Statistic]:
        """All rows of the model at the visit."""
        yield from self._means()
        for pair in contrasts_of(self.protocol, self.spec):
            yield from self.contrast(pair, ())
        yield from self._terms()
        yield self._residual()
        if self.spec.trend is not None:
            yield from self._trend()

    def contrast(self, pair: tuple[str, str], groups: tuple[tuple[str, str], ...]) -> Iterator[Statistic]:
        """Difference, t and P of two arms.

        Args:
            pair: Arm and versus.
            groups: Groups of the keys.
        """
        from equipoise.kernels.linear_model import linear_functions

        names = list(self.protocol.arms)
        i, j = (names.index(name) for name in pair)
        found = linear_functions(self.fit, self.design.difference(i, j), conf_level=self.spec.conf_level)
        reason = self._nobody(i, j) or found.reasons[0]
        counts = self.design.counts
        against = " against ".join(self.protocol.arms[name].label for name in pair)
        key: dict[str, Any] = {"arm": pair[0], "versus": pair[1], "groups": groups}
        common: dict[str, Any] = {"n": int(counts[i] + counts[j])}
        yield self._function(
            "ls_mean_difference", found, 0, reason, {**key, "interval": self.interval},
            f"{self.text}. Difference in least-squares means, {against}, {level_text(self.spec.conf_level)}% t limits.",
            common,
        )  # fmt: skip
        if groups:
            return
        yield from self._tests(found, reason, key, f"{self.text}. t test of {against}.", common)

    def _means(self) -> Iterator[Statistic]:
        from equipoise.kernels.linear_model import linear_functions

        rows = np.vstack([self.design.mean_of(index) for index in range(len(self.protocol.arms))])
        found = linear_functions(self.fit, rows, conf_level=self.spec.conf_level)
        margins = margins_text(self.protocol, self.spec)
        text = f"{self.text}. {margins}, {level_text(self.spec.conf_level)}% t limits."
        for index, name in enumerate(self.protocol.arms):
            reason = self._nobody(index) or found.reasons[index]
            key = {"arm": name, "interval": self.interval}
            yield self._function("ls_mean", found, index, reason, key, text, {"n": int(self.design.counts[index])})

    def _function(
        self, statistic: str, found: Functions, index: int, reason: str, key: dict[str, Any], text: str,
        common: dict[str, Any], *, method: str = "",
    ) -> Statistic:  # fmt: skip
        nan = float("nan")
        nobody = reason == _NOBODY
        value, se, lower, upper = (
            nan if nobody else float(numbers[index]) for numbers in (found.estimate, found.se, found.lower, found.upper)
        )
        return estimate(
            self.scope.key(statistic, method=method or self.spec.method, **key),
            value,
            limits=Limits(lower, upper, self.spec.conf_level, reason),
            se=se,
            reason=reason,
            df=float(found.df) if found.df > 0 else None,
            unit=self.unit,
            method_text=text,
            **common,
        )

    def _tests(
        self, found: Functions, reason: str, key: dict[str, Any], text: str, common: dict[str, Any], *,
        method: str = "", sided: bool = True,
    ) -> Iterator[Statistic]:  # fmt: skip
        """The t of a function, its sign that of the function, and its P; one-sided in favour of what is better."""
        entry: Any = self.protocol.endpoints[self.spec.endpoint]
        method = method or self.spec.method
        dead = float("nan") if reason else 1.0
        common = {**common, "df": float(found.df) if found.df > 0 else None}
        key = {**key, "method": method}
        yield estimate(
            self.scope.key("t", **key), float(found.t[0]) * dead, reason=reason, multiplicity="nominal",
            method_text=text, **common,
        )  # fmt: skip
        favour = found.p_lower if entry.better == "lower" else found.p_upper
        del key["method"]
        yield from p_values(
            self.scope,
            method,
            two_sided=float(found.p_two_sided[0]) * dead,
            one_sided=float(favour[0]) * dead if sided else None,
            reason=reason,
            key=key,
            method_text=text,
            **common,
        )

    def _terms(self) -> Iterator[Statistic]:
        """F of treatment over all arms, where there are more than two, and of each covariate."""
        from equipoise.kernels.linear_model import f_test, term_functions

        arms = len(self.protocol.arms)
        if arms > 2:
            control = list(self.protocol.arms).index(self.protocol.control)
            pairs = [self.design.difference(i, control) for i in range(arms) if i != control]
            reason = self._nobody(*range(arms))
            yield from self.joint(f_test(self.fit, np.vstack(pairs)), (), "Any difference among the arms", reason)
        for term, columns in self.design.terms.items():
            words = self.protocol.factors[term].label if term in self.protocol.factors else "Value at baseline"
            if not columns:
                found = f_test(self.fit, np.zeros((0, self.design.x.shape[1])))
                yield from self.joint(found, (("term", term),), words, "the factor has one level")
                continue
            found = f_test(self.fit, term_functions(self.design.x, columns))
            yield from self.joint(found, (("term", term),), words, "")

    def joint(
        self, found: FTest, groups: tuple[tuple[str, str], ...], words: str, reason: str, *, method: str = ""
    ) -> Iterator[Statistic]:
        """F and P of a joint test.

        Args:
            found: The test.
            groups: Groups of the keys.
            words: What is tested.
            reason: Why it can't be done, where the arms say so.
            method: Slug, where it is not the model's own; `interaction_p_value` is the P then.
        """
        why = reason or found.reason
        dead = float("nan") if why else 1.0
        common: dict[str, Any] = {
            "df": float(found.df) if not why else None,
            "denominator": float(found.residual_df) if not why else None,
            "n": int(self.design.y.size),
            "method_text": f"{self.text}. {words}: type III F with {found.df} and {found.residual_df} df.",
        }
        name = method or self.spec.method
        key = self.scope.key("f", method=name, groups=groups)
        yield estimate(key, found.f * dead, reason=why, multiplicity="nominal", **common)
        if method:
            key = self.scope.key("interaction_p_value", method=name, groups=groups)
            yield estimate(key, found.p * dead, reason=why, sides=2, multiplicity="nominal", **common)
            return
        yield from p_values(self.scope, name, two_sided=found.p * dead, reason=why, key={"groups": groups}, **common)

    def _residual(self) -> Statistic:
        reason = self.fit.reason if not np.isfinite(self.fit.variance) else ""
        return estimate(
            self.scope.key("residual_sd", method="ancova"),
            float(np.sqrt(self.fit.variance)),
            reason=reason,
            df=float(self.fit.df) if self.fit.df > 0 else None,
            n=int(self.design.y.size),
            unit=self.unit,
            method_text=f"{self.text}. Root of the residual variance.",
        )

    def _trend(self) -> Iterator[Statistic]:
        """The slope over dose, with the same covariates."""
        from equipoise.kernels.linear_model import fit_linear, linear_functions

        assert self.spec.trend is not None
        doses = np.array([self.spec.trend[arm] for arm in self.protocol.arms], dtype=np.float64)
        x = self.design.with_dose(doses)
        fit = fit_linear(x, self.design.y, variance=self.spec.model.variance)
        row = np.zeros(x.shape[1])
        row[1] = 1.0
        found = linear_functions(fit, row, conf_level=self.spec.conf_level)
        text = f"{trend_text(self.protocol, self.spec)}{_left(self.text)}"
        common: dict[str, Any] = {"n": int(self.design.y.size)}
        method = f"{self.spec.method}.trend"
        limits = f"{level_text(self.spec.conf_level)}% t limits"
        yield self._function(
            "slope", found, 0, found.reasons[0], {"interval": self.interval},
            f"{text}. Change per unit of dose, {limits}.", common, method=method,
        )  # fmt: skip
        yield from self._tests(
            found, found.reasons[0], {}, f"{text}. t test of the slope.", common, method=method, sided=False
        )

    def _nobody(self, *arms: int) -> str:
        return "" if all(self.design.counts[arm] for arm in arms) else _NOBODY


_NOBODY = "no subject of an arm is in the model"


def contrasts_of(protocol: Protocol, spec: ContinuousAnalysis) -> tuple[tuple[str, str], ...]:
    """Pairs (arm, versus): each experimental arm against the control, and those that the analysis adds.

    Args:
        protocol: The declared trial.
        spec: The analysis.
    """
    return (*protocol.contrasts, *spec.compare)


def model_of(
    protocol: Protocol, spec: ContinuousAnalysis, scope: Scope, design: Design, *, left: dict[str, int], words: str = ""
) -> Model:
    """Fit the model.

    Args:
        protocol: The declared trial.
        spec: The analysis.
        scope: What the keys share.
        design: The design.
        left: Why subjects are not in the model → how many.
        words: More about the model, in words.
    """
    from equipoise.kernels.linear_model import fit_linear

    fit = fit_linear(design.x, design.y, variance=spec.model.variance)
    return Model(protocol, spec, scope, design, fit, model_text(protocol, spec, left=left, words=words))


def model_text(
    protocol: Protocol, spec: ContinuousAnalysis, *, left: Mapping[str, int] | None = None, words: str = ""
) -> str:
    """A model in words, with who is not in it.

    Args:
        protocol: The declared trial.
        spec: The analysis.
        left: Why subjects are not in the model → how many.
        words: More about the model.
    """
    said = ", ".join(f"{count} {why}" for why, count in (left or {}).items() if count)
    return f"{ancova_text(protocol, spec)}{words}" + (f"; left out: {said}" if said else "")


def _left(text: str) -> str:
    """The part of a model's text that says who is left out."""
    _, mark, after = text.partition("; left out")
    return mark + after
