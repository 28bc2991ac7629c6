"""Slugs of declared methods: analysis writes them into keys, and pages look rows up by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equipoise.protocol.analysis import CoxEstimate, FineGray, GrayTest, MaxComboTest, SurvivalTest, TrendTest

__all__ = [
    "cox_interval",
    "cox_method",
    "fine_gray_method",
    "gray_method",
    "level_text",
    "limits_slug",
    "test_method",
    "usual_max_combo",
    "weight_slug",
]


def level_text(conf_level: float) -> str:
    """A confidence level as print has it: 0.95 is "95", 0.975 is "97.5".

    Args:
        conf_level: The level.
    """
    return f"{100.0 * conf_level:.6g}"


def limits_slug(name: str, conf_level: float) -> str:
    """Slug of an interval with its level: `wilson.95`; 0.975 gives `wilson.97p5`, as a dot would split the slug.

    Args:
        name: Name of the interval.
        conf_level: Its level.
    """
    return f"{name}.{level_text(conf_level).replace('.', 'p')}"


def cox_method(estimate: CoxEstimate) -> str:
    """Slug of a model: `cox.efron.stratified.adjusted`, `cox.efron.robust`.

    Args:
        estimate: The declared model.
    """
    parts: list[str] = ["cox", estimate.ties]
    parts += ["firth"] if estimate.penalty == "firth" else []
    parts += ["weighted"] if estimate.weights else []
    parts += ["delayed_entry"] if estimate.entry else []
    parts += ["clustered" if estimate.cluster else "robust"] if estimate.variance == "robust" else []
    parts += ["stratified"] if estimate.strata else []
    parts += ["adjusted"] if estimate.covariates else []
    parts += ["time_dependent"] if estimate.time_dependent else []
    return ".".join(parts)


def cox_interval(estimate: CoxEstimate) -> str:
    """Slug of a model's limits: `wald.95`, `profile.95`.

    Args:
        estimate: The declared model.
    """
    return limits_slug(estimate.interval, estimate.conf_level)


def test_method(test: SurvivalTest | TrendTest) -> str:
    """Slug of a test: `log_rank`, `fleming_harrington.r0.g1.stratified`, `modestly_weighted.t12`, `max_combo`.

    Args:
        test: The declared test.
    """
    parts: list[str] = [test.kind]
    if test.kind == "fleming_harrington":
        parts += [f"r{_number(test.rho)}", f"g{_number(test.gamma)}"]
    elif test.kind == "modestly_weighted":
        parts.append(f"t{_number(test.t_star)}" if test.t_star is not None else f"s{_number(test.s_star or 0.0)}")
    elif test.kind == "max_combo" and not usual_max_combo(test):
        parts.append("_".join(weight_slug(rho, gamma) for rho, gamma in test.weights))
    return ".".join([*parts, *(["stratified"] if test.strata else [])])


def usual_max_combo(test: MaxComboTest) -> bool:
    """Whether a MaxCombo test has the four weights that it has by default, in any order.

    Args:
        test: The declared test.
    """
    return set(test.weights) == {(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)}


def weight_slug(rho: float, gamma: float) -> str:
    """Slug of one weight of a MaxCombo test: `r0g1`, `r0g0p5`.

    Args:
        rho: Exponent of S(t-).
        gamma: Exponent of 1 - S(t-).
    """
    return f"r{_number(rho)}g{_number(gamma)}"


def gray_method(test: GrayTest) -> str:
    """Slug of Gray's test: `gray`, `gray.stratified`, `gray.r1`.

    Args:
        test: The declared test.
    """
    rho = [f"r{_number(test.rho)}"] if test.rho else []
    return ".".join(["gray", *rho, *(["stratified"] if test.strata else [])])


def fine_gray_method(model: FineGray) -> str:
    """Slug of a subdistribution hazard model: `fine_gray`, `fine_gray.adjusted`.

    Args:
        model: The declared model.
    """
    return "fine_gray.adjusted" if model.covariates else "fine_gray"


def _number(value: float) -> str:
    return f"{value:.10g}".replace(".", "p")
