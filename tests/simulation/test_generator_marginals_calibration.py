"""Marginal distributions of generated patients against closed forms: every family, arm, stratum and state."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from generated import MONTH, protocol, smirnov, trials

from equipoise.simulation.truth_arrays import truth_arrays

LN2 = np.log(2.0)
ENROLLMENT = "enrollment: {patients: 500, per_month: [{until: 6, rate: 20}, {until: 8, rate: 0}, {rate: 40}]ARRIVALS}\n"
ENOUGH = 1e-4
"""Of some fifty tests with fixed seeds, none should come near."""

Values = np.ndarray[Any, Any]


def generated(scenario: str, count: int = 24, enrollment: str = "", **options: Any) -> dict[str, Any]:
    truth = truth_arrays(protocol(ENROLLMENT.replace("ARRIVALS", enrollment) + scenario), "s", **options)
    return {"truth": truth, **trials(truth, count)}


def steps(t: Values, ends: list[float], values: list[float]) -> Values:
    total, start = np.zeros_like(t), 0.0
    for end, value in zip(ends, values, strict=True):
        total += value * np.clip(t - start, 0.0, end - start)
        start = end
    return total


def weibull(t: Values, shape: float, median: float) -> Values:
    return LN2 * (t / median) ** shape


FAMILIES = {
    "exponential": ("median: 10", lambda t: LN2 * t / 10, 0.0, 0.0),
    "steps": (
        "hazard: [{until: 3, value: 0.2}, {until: 8, value: 0.02}, {value: 0.1}]",
        lambda t: steps(t, [3.0, 8.0, np.inf], [0.2, 0.02, 0.1]),
        0.0,
        0.0,
    ),
    "weibull": ("weibull: {shape: 1.7, median: 12}", lambda t: weibull(t, 1.7, 12), 0.0, 0.0),
    "weibull by scale": ("weibull: {shape: 0.6, scale: 12}", lambda t: (t / 12) ** 0.6, 0.0, 0.0),
    "log-logistic": ("log_logistic: {shape: 2, median: 9}", lambda t: np.log1p((t / 9) ** 2), 0.0, 0.0),
    "cure": ("{median: 10, cure: 0.3}", lambda t: LN2 * t / 10, 0.3, 0.0),
    "frailty": ("{median: 10, frailty: 0.8}", lambda t: LN2 * t / 10, 0.0, 0.8),
    "strong frailty and cure": (
        "{weibull: {shape: 1.3, median: 8}, frailty: 2.5, cure: 0.1}",
        lambda t: weibull(t, 1.3, 8),
        0.1,
        2.5,
    ),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_family(family: str) -> None:
    """The control's own law, and an arm whose hazard ratio is late and crosses."""
    written, cumulative, cure, frailty = FAMILIES[family]
    old = written if written.startswith("{") else "{" + written + "}"
    new = "{hazard_ratio: [{until: 4, value: 1.5}, {until: 10, value: 1}, {value: 0.4}]}"
    found = generated(f"endpoints: {{pfs: {{old: {old}, new: {new}}}}}\ndropout: {{probability: 0.2, by: 12}}")
    time, arm = found["time"][:, 0].ravel() / MONTH, found["arm"].ravel()

    def late(t: Values) -> Values:
        knots = [cumulative(np.minimum(t, end)) for end in (4.0, 10.0, np.inf)]
        return 1.5 * knots[0] + (knots[1] - knots[0]) + 0.4 * (knots[2] - knots[1])

    for own, hazard in ((1, cumulative), (0, late)):
        here = time[arm == own]
        assert abs(np.isinf(here).mean() - cure) <= 4 * np.sqrt(cure * (1 - cure) / here.size)
        here = here[np.isfinite(here)]
        at = hazard(here)
        alive = np.exp(-at) if frailty == 0.0 else (1 + frailty * at) ** (-1 / frailty)
        assert smirnov(here, 1 - alive) > ENOUGH
    lost = found["dropout"].ravel() / MONTH
    assert smirnov(lost, 1 - 0.8 ** (lost / 12)) > ENOUGH


def test_strata_and_arms() -> None:
    """Each arm of each true stratum, whatever is recorded."""
    found = generated(
        """
strata: {a: {share: 0.2}, b: {share: 0.5}, c: {share: 0.3}}
wrong_strata: 0.1
endpoints:
  pfs:
    old: {strata: {a: {median: 4}, b: {median: 8}, c: {log_logistic: {shape: 1.5, median: 20}}}}
    new: {strata: {a: {hazard_ratio: 0.5}, b: {median: 16}, c: {hazard_ratio: [{until: 6, value: 1}, {value: 2}]}}}
"""
    )
    time, arm, stratum = found["time"][:, 0].ravel() / MONTH, found["arm"].ravel(), found["stratum"].ravel()
    odds = lambda t: np.log1p((t / 20) ** 1.5)  # noqa: E731
    laws = {
        (1, 0): lambda t: LN2 * t / 4, (0, 0): lambda t: LN2 * t / 8,
        (1, 1): lambda t: LN2 * t / 8, (0, 1): lambda t: LN2 * t / 16,
        (1, 2): odds, (0, 2): lambda t: odds(np.minimum(t, 6.0)) + 2 * (odds(t) - odds(np.minimum(t, 6.0))),
    }  # fmt: skip
    for (own, s), law in laws.items():
        here = time[(arm == own) & (stratum == s)]
        assert smirnov(here, 1 - np.exp(-law(here))) > ENOUGH
    shares = np.bincount(stratum) / stratum.size
    np.testing.assert_allclose(shares, [0.2, 0.5, 0.3], atol=4 * 0.5 / np.sqrt(stratum.size))
    recorded = found["recorded"].ravel()
    wrong = recorded != stratum
    assert abs(wrong.mean() - 0.1) < 4 * 0.3 / np.sqrt(stratum.size)
    # of those in a, the others are recorded as b or c as 5 to 3
    of_a = recorded[wrong & (stratum == 0)]
    assert abs((of_a == 1).mean() - 0.625) < 4 * 0.5 / np.sqrt(of_a.size)


def expected(t: Values) -> Values:
    return np.where(t < 6, 20 * t, np.where(t < 8, 120.0, 120 + 40 * (t - 8)))


@pytest.mark.parametrize("arrivals", ["uniform", "poisson", "fixed"])
def test_arrivals(arrivals: str) -> None:
    found = generated("endpoints: {pfs: {old: {median: 4}, new: {median: 4}}}", enrollment=f", arrivals: {arrivals}")
    entry = found["entry"] / MONTH
    assert not ((entry > 6) & (entry < 8)).any()
    if arrivals == "uniform":
        assert smirnov(entry.ravel(), expected(entry.ravel()) / 500) > ENOUGH
        assert entry.max() <= 8 + 380 / 40
    elif arrivals == "poisson":
        gaps = np.diff(expected(entry), prepend=0.0).ravel()
        assert smirnov(gaps, 1 - np.exp(-gaps)) > ENOUGH
        assert (np.diff(entry) > 0).all()
    else:
        np.testing.assert_allclose(expected(entry), np.broadcast_to(np.arange(500) + 0.5, entry.shape), rtol=1e-12)


def test_sites() -> None:
    """By share, among those that are open."""
    found = generated(
        "endpoints: {pfs: {old: {median: 4}, new: {median: 4}}}",
        enrollment=", sites: {a: {share: 3}, b: {opens: 10}, c: {closes: 3}}",
    )
    entry, site = found["entry"].ravel() / MONTH, found["site"].ravel()
    assert not site[entry < 3].tolist().count(1)
    assert (entry[site == 1] >= 10).all()
    assert (entry[site == 2] < 3).all()
    for here, share in ((entry < 3, 0.75), ((entry >= 3) & (entry < 10), 1.0), (entry >= 10, 0.75)):
        assert abs((site[here] == 0).mean() - share) <= 4 * np.sqrt(share * (1 - share) / here.sum())


def test_rates_end() -> None:
    """Where rates end too early, those who are left are never enrolled, and the others come as the rates say."""
    scenario = "enrollment: {patients: 500, per_month: [{until: 10, rate: 40}]}\n"
    scenario += "endpoints: {pfs: {old: {median: 4}, new: {median: 4}}}"
    truth = truth_arrays(protocol(scenario), "s")
    entry = trials(truth, 40)["entry"] / MONTH
    enrolled = np.isfinite(entry)
    assert abs(enrolled.mean() - 0.8) < 4 * 0.4 / np.sqrt(enrolled.size)
    here = entry[enrolled]
    assert smirnov(here, here / 10) > ENOUGH


def test_responses() -> None:
    found = generated(
        "endpoints: {pfs: {old: {median: 4}, new: {median: 4}}, orr: {old: {rate: 0.25}, new: {rate: 0.4}}}"
    )
    response, arm = found["response"][:, 0].ravel(), found["arm"].ravel()
    for own, rate in ((0, 0.4), (1, 0.25)):
        here = response[arm == own]
        assert abs(here.mean() - rate) < 4 * 0.5 / np.sqrt(here.size)
    time = found["time"][:, 0].ravel()
    assert abs(np.corrcoef(response, np.argsort(np.argsort(time)))[0, 1]) < 4 / np.sqrt(time.size)


def survival(t: Values, a: float, b: float, c: float, ratio: float = 1.0) -> Values:
    """Survival of an illness-death course with constant hazards; after progression c times the ratio."""
    left, after = a + b, c * ratio
    return np.exp(-left * t) + a * (np.exp(-after * t) - np.exp(-left * t)) / (left - after)


def test_course() -> None:
    """Progression-free survival is exponential with the sum of hazards; survival has its closed form."""
    declared = """
courses:
  disease:
    progression_free: pfs
    survival: os
    arms:
      old: {progression: 0.08, death: 0.02, death_after: 0.05, switching: {probability: 0.4, hazard_ratio: 0.5}}
      new: {hazard_ratio: {progression: 0.5, death: 0.8, death_after: 1}}
"""
    found = generated(declared, count=30)
    free, death = found["time"][:, 0].ravel() / MONTH, found["time"][:, 1].ravel() / MONTH
    arm = found["arm"].ravel()
    for own, a, b, switched in ((1, 0.08, 0.02, 0.4), (0, 0.04, 0.016, 0.0)):
        t, d = free[arm == own], death[arm == own]
        assert smirnov(t, 1 - np.exp(-(a + b) * t)) > ENOUGH
        assert abs((t == d).mean() - b / (a + b)) < 4 * 0.5 / np.sqrt(t.size)
        alive = (1 - switched) * survival(d, a, b, 0.05) + switched * survival(d, a, b, 0.05, 0.5)
        assert smirnov(d, 1 - alive) > ENOUGH
        assert (d >= t).all()
        progressed = d > t
        gap = (d - t)[progressed]
        alive = (1 - switched) * np.exp(-0.05 * gap) + switched * np.exp(-0.025 * gap)
        assert smirnov(gap, 1 - alive) > ENOUGH


def test_course_by_steps_with_frailty() -> None:
    """Hazards by steps of time since randomization, against integration; a frailty that all hazards share."""
    found = generated(
        """
courses:
  disease:
    progression_free: pfs
    survival: os
    frailty: 0.5
    arms:
      old: {progression: [{until: 6, value: 0.1}, {value: 0.03}], death: [{until: 3, value: 0}, {value: 0.02}],
            death_after: [{until: 12, value: 0.02}, {value: 0.15}]}
      new: {hazard_ratio: {}}
""",
        count=20,
    )
    free, death = found["time"][:, 0].ravel() / MONTH, found["time"][:, 1].ravel() / MONTH

    def leaving(t: Values) -> Values:
        return steps(t, [6.0, np.inf], [0.1, 0.03]) + steps(t, [3.0, np.inf], [0.0, 0.02])

    def after(t: Values) -> Values:
        return steps(t, [12.0, np.inf], [0.02, 0.15])

    assert smirnov(free, 1 - (1 + 0.5 * leaving(free)) ** -2.0) > ENOUGH
    # P(D > t) = E[exp(-V L(t))] + the integral over u of a(u) E[V exp(-V (L(u) + C(t) - C(u)))], by the midpoint rule
    grid, gaps = np.linspace(1, 200, 100), []
    for t in grid:
        u = (np.arange(4000) + 0.5) * t / 4000
        x = leaving(u) + after(np.full_like(u, t)) - after(u)
        inside = np.where(u < 6, 0.1, 0.03) * (1 + 0.5 * x) ** -3.0
        alive = (1 + 0.5 * leaving(np.array([t]))[0]) ** -2.0 + inside.mean() * t
        gaps.append(abs((death > t).mean() - alive))
    # Kolmogorov's 99.99% point is 2.23; the grid is finer than what could hide between
    assert max(gaps) < 2.23 / np.sqrt(death.size)


def test_extreme_frailty() -> None:
    """A variance of 100: most patients have next to no hazard, and times beyond what doubles hold are infinite."""
    for body in (
        """
courses:
  disease:
    progression_free: pfs
    survival: os
    frailty: 100
    arms:
      old: {progression: 0.1, death: 0.02, death_after: 0.15}
      new: {hazard_ratio: {}}
""",
        "endpoints: {pfs: {old: {weibull: {shape: 3, median: 9}, frailty: 100}, new: {hazard_ratio: 0.5}}}",
        "endpoints: {pfs: {old: {log_logistic: {shape: 3, median: 9}, frailty: 100}, new: {hazard_ratio: 0.5}}}",
    ):
        time = generated(body)["time"]
        assert not np.isnan(time).any()
        assert (time > 0).all()
        assert 0 < np.isinf(time).mean() < 0.9
        if "courses" in body:
            assert (time[:, 1] >= time[:, 0]).all()
            free = time[:, 0].ravel() / MONTH
            finite = np.isfinite(free)
            assert abs((free < 50).mean() - (1 - (1 + 100 * 0.12 * 50) ** -0.01)) < 4 * 0.5 / np.sqrt(finite.size)


def test_medians_of_a_course() -> None:
    """Medians and the share of deaths come out as they were put in."""
    found = generated(
        """
courses:
  disease:
    progression_free: pfs
    survival: os
    arms:
      old: {progression_free_median: 6, survival_median: 20, deaths_first: 0.15}
      new: {progression_free_median: 9, survival_median: 22, deaths_first: 0.2}
""",
        count=30,
    )
    arm = found["arm"].ravel()
    for own, free, survival_, deaths in ((1, 6, 20, 0.15), (0, 9, 22, 0.2)):
        t, d = (found["time"][:, e].ravel()[arm == own] / MONTH for e in (0, 1))
        error = 4 * 0.5 / np.sqrt(t.size)
        assert abs((t > free).mean() - 0.5) < error
        assert abs((d > survival_).mean() - 0.5) < error
        assert abs((t == d).mean() - deaths) < error


@pytest.mark.parametrize(
    ("vary", "old", "new"),
    [
        ((("hazard_ratio", 0.5),), lambda t: LN2 * t / 10, lambda t: 0.5 * LN2 * t / 10),
        ((("control_median", 20.0),), lambda t: LN2 * t / 20, lambda t: 0.7 * LN2 * t / 20),
        (
            (("delay", 6.0),),
            lambda t: LN2 * t / 10,
            lambda t: LN2 / 10 * (np.minimum(t, 6) + 0.7 * np.maximum(t - 6, 0)),
        ),
        (
            (("delay", 6.0), ("hazard_ratio", 0.5)),
            lambda t: LN2 * t / 10,
            lambda t: LN2 / 10 * (np.minimum(t, 6) + 0.5 * np.maximum(t - 6, 0)),
        ),
    ],
)  # fmt: skip
def test_vary(vary: tuple[tuple[str, float], ...], old: Any, new: Any) -> None:
    scenario = "endpoints: {pfs: {old: {median: 10}, new: {hazard_ratio: 0.7}}}"
    found, plain = generated(scenario, vary=vary), generated(scenario)
    time, arm = found["time"][:, 0].ravel() / MONTH, found["arm"].ravel()
    for own, law in ((1, old), (0, new)):
        here = time[arm == own]
        assert smirnov(here, 1 - np.exp(-law(here))) > ENOUGH
    # common random numbers: who is entered when, and what the varied hazard is not about, stays
    np.testing.assert_array_equal(found["entry"], plain["entry"])
    np.testing.assert_array_equal(found["dropout"], plain["dropout"])


def test_null() -> None:
    """Every arm as the control, courses and switching too; loss stays by arm."""
    found = generated(
        """
dropout: {arms: {old: {hazard: 0.02}, new: {hazard: 0.05}}}
courses:
  disease:
    progression_free: pfs
    survival: os
    arms:
      old: {progression: 0.08, death: 0.02, death_after: 0.05, switching: {probability: 1, hazard_ratio: 0.5}}
      new: {hazard_ratio: {progression: 0.5}}
""",
        under="h0",
    )
    arm = found["arm"].ravel()
    for own, loss in ((0, 0.05), (1, 0.02)):
        free, death = (found["time"][:, e].ravel()[arm == own] / MONTH for e in (0, 1))
        lost = found["dropout"].ravel()[arm == own] / MONTH
        assert smirnov(free, 1 - np.exp(-0.1 * free)) > ENOUGH
        assert smirnov(death, 1 - survival(death, 0.08, 0.02, 0.025)) > ENOUGH
        assert smirnov(lost, 1 - np.exp(-loss * lost)) > ENOUGH
