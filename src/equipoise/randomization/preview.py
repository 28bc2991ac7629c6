"""A preview of the declared randomization: what it gives away, how balanced it is, and what is probably not meant.

Exact where one sequence is drawn (no strata, no sites); else by simulated trials, each figure with its Monte Carlo
error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from equipoise.errors import Problem, Problems, UsageError, Where
from equipoise.protocol.randomization_text import procedure_text
from equipoise.randomization import rules
from equipoise.randomization.exact import one_sequence
from equipoise.randomization.mix import mix_of, site_names
from equipoise.randomization.scheme import Scheme, scheme_of
from equipoise.randomization.simulated import Trials, simulate

if TYPE_CHECKING:
    from equipoise.protocol.analysis import Analysis
    from equipoise.protocol.annex import Annex
    from equipoise.protocol.protocol import Protocol

__all__ = ["Figure", "Preview", "compare", "planned_patients", "preview"]

Progress = Callable[[str, int, int], None]
_MOST = 100_000  # patients a trial
_GAP_POSITIONS = 60


class Figure(NamedTuple):
    """One number of a preview.

    Attributes:
        name: Its name, for programs.
        label: Its name, for people.
        value: The value; a probability, a share, or patients.
        error: Monte Carlo standard error; 0 where exact.
        high: 95th percentile over trials; None where there is none.
        largest: Largest that was seen, or where exact that can be; None where there is none.
    """

    name: str
    label: str
    value: float
    error: float = 0.0
    high: float | None = None
    largest: float | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a randomization gives away and how balanced it is.

    Attributes:
        procedure: The procedure in words, without block sizes.
        n: Patients.
        strata: Number of strata; 1 under minimization.
        sites: Number of sites.
        trials: Simulated trials; 0 where exact.
        figures: The numbers.
        warnings: What is probably not meant.
    """

    procedure: str
    n: int
    strata: int
    sites: int
    trials: int
    figures: tuple[Figure, ...]
    warnings: Problems

    def one(self, name: str) -> Figure:
        """One of the numbers.

        Args:
            name: Its name.

        Raises:
            KeyError: When there is none of that name.
        """
        for figure in self.figures:
            if figure.name == name:
                return figure
        raise KeyError(name)


def planned_patients(protocol: Protocol) -> int | None:
    """How many patients the trial plans: `trial.planned`, else those of the first scenario that says it.

    Args:
        protocol: The declared trial.
    """
    if protocol.trial.planned is not None:
        return protocol.trial.planned
    enrollments = (scenario.enrollment for scenario in protocol.scenarios.values())
    return next((enrollment.patients for enrollment in enrollments if enrollment is not None), None)


def preview(
    protocol: Protocol,
    *,
    annex: Annex | None = None,
    n: int | None = None,
    sites: Sequence[str] = (),
    scenario: str | None = None,
    trials: int = 500,
    seed: int = 1,
    progress: Progress | None = None,
) -> Preview:
    """Preview the declared randomization.

    Args:
        protocol: The declared trial.
        annex: Its annex, which permuted blocks need.
        n: Patients; as planned where absent.
        sites: Names of the sites; those of the scenario where absent, else one site.
        scenario: Scenario whose shares of strata and sites patients have; equal chances where absent.
        trials: Simulated trials, where it is not exact.
        seed: Seed of the simulation.
        progress: Called with (label, step, steps).

    Returns:
        The preview.

    Raises:
        UsageError: When nothing is declared, or n or trials make no sense.
    """
    sites = sites or site_names(protocol, scenario)
    scheme = scheme_of(protocol, annex=annex, sites=sites)
    mix = mix_of(protocol, scheme, max(1, len(sites)), scenario)
    patients = n if n is not None else planned_patients(protocol)
    if patients is None or not 1 <= patients <= _MOST:
        raise UsageError(
            Problem("usage.n", "how many patients?", value="" if patients is None else str(patients),
                    cure=f"add `--n 520`, or `planned:` to the trial; at most {_MOST}")
        )  # fmt: skip
    if not 2 <= trials <= 1_000_000:
        raise UsageError(
            Problem("usage.n", "a preview simulates from 2 to 1,000,000 trials", value=str(trials),
                    cure="write `--trials 1000`")
        )  # fmt: skip
    single = scheme.strata == 1 and not scheme.rule.levels and len(sites) <= 1
    figures = _exact(scheme, patients, progress) if single else None
    simulated = figures is None
    if figures is None:
        seen = simulate(scheme, patients, trials, sites=max(1, len(sites)), seed=seed, mix=mix,
                        progress=progress)  # fmt: skip
        labels = {name: factor.label for name, factor in protocol.factors.items()}
        figures = _summaries(scheme, seen, max(1, len(sites)), labels)
    shares = scheme.rule.ratio
    free = Figure("unaided", "correct guesses without looking", max(shares) / sum(shares))
    return Preview(procedure_text(protocol), patients, scheme.strata, max(1, len(sites)), trials if simulated else 0,
                   (*figures, free), Problems(_warnings(protocol, scheme, patients)))  # fmt: skip


def _exact(scheme: Scheme, n: int, progress: Progress | None) -> tuple[Figure, ...] | None:
    found = one_sequence(scheme.rule, n, progress)
    if found is None:
        return None
    return (
        Figure("guess_all_sites", "correct guesses, knowing all before", found.guess),
        Figure("forced", "allocations that are decided", found.forced),
        Figure("imbalance", "imbalance at the end, mean", found.mean, largest=found.largest),
        Figure("imbalance_sd", "imbalance at the end, root mean square", found.sd),
    )


def _summaries(scheme: Scheme, seen: Trials, sites: int, labels: Mapping[str, str]) -> tuple[Figure, ...]:
    wanted = [("guess_all_sites", "all_sites", "correct guesses, knowing all sites"),
              ("forced", "forced", "allocations that are decided"),
              ("imbalance", "overall", "imbalance at the end, overall"),
              *((f"imbalance_level_{name}", f"factor {name}", f"imbalance at the end, worst level of {labels[name]}")
                for name in seen.factors)]  # fmt: skip
    if sites > 1 and scheme.strata > 1:
        wanted.insert(0, ("guess_site_totals", "site_totals", "the same, without regard to strata"))
    if sites > 1:
        wanted.insert(0, ("guess_own_site", "own_site", "correct guesses, knowing the own site"))
        wanted += [("imbalance_site", "site", "imbalance at the end, mean of sites"),
                   ("imbalance_worst_site", "worst_site", "imbalance at the end, worst site")]  # fmt: skip
    if scheme.rule.kind == "permuted_blocks":
        wanted.append(("unfinished", "unfinished", "strata with an unfinished block"))
    figures = []
    for name, attribute, label in wanted:
        found = seen.summary(attribute)
        counted = name.startswith(("imbalance", "unfinished"))
        more = (found.high, found.largest) if counted else (None, None)
        figures.append(Figure(name, label, found.value, found.error, *more))
    return tuple(figures)


def _warnings(protocol: Protocol, scheme: Scheme, n: int) -> list[Problem]:
    out: list[Problem] = []
    block, ratio = _largest_block(scheme.rule), scheme.rule.ratio
    where = Where(path="randomization.strata")
    if block and n / scheme.strata < 2 * block:
        out.append(Problem("protocol.thin_strata", f"a stratum has {n / scheme.strata:.1f} patients on average, fewer "
                           "than two of the largest blocks: most blocks stay unfinished, as if coins were tossed",
                           where, str(scheme.strata), "use fewer strata, or `minimization`", "warning"))  # fmt: skip
    if scheme.rule.kind == "permuted_blocks" and sum(ratio) in _sizes(scheme.rule):
        out.append(Problem("protocol.small_blocks", "blocks of the smallest size that the ratio allows are the easiest "
                           "to foresee", Where(path="randomization.annex"),
                           cure="leave the smallest size out of the annex", severity="warning"))  # fmt: skip
    if scheme.rule.kind == "block_urn" and len(set(ratio)) > 1:
        found = one_sequence(scheme.rule, min(n, _GAP_POSITIONS))
        if found is not None and found.ratio_gap > 0:
            out.append(Problem("protocol.ratio_drift", "a block urn with unequal shares does not keep them at every "
                               f"position: a probability is off by up to {found.ratio_gap:.3f}",
                               Where(path="randomization.procedure"),
                               cure="choose `brick_tunnel` or `permuted_blocks`", severity="warning"))  # fmt: skip
    if protocol.randomization is not None:
        out += _unadjusted(protocol, protocol.randomization.strata)
    return out


def _unadjusted(protocol: Protocol, strata: Sequence[str]) -> list[Problem]:
    """Factors that allocation balances and the analysis of a hypothesis ignores."""
    out = []
    for name, hypothesis in protocol.hypotheses.items():
        missing = [factor for factor in strata if factor not in _adjusted(protocol.analysis[hypothesis.analysis])]
        if missing:
            out.append(Problem("protocol.unadjusted_factors",
                               f"the analysis of `{name}` leaves out {', '.join(missing)}, which allocation balances",
                               Where(path=f"analysis.{hypothesis.analysis}"),
                               cure="name them as strata or covariates of the test and the model",
                               severity="warning"))  # fmt: skip
    return out


def _adjusted(analysis: Analysis) -> set[str]:
    parts = (getattr(analysis, name, None) for name in ("test", "estimate", "model"))
    return {factor for part in parts for key in ("strata", "covariates") for factor in getattr(part, key, ())}


def _sizes(rule: rules.Rule) -> tuple[int, ...]:
    count = rule.plan[2 + len(rule.ratio)]
    begin = 3 + len(rule.ratio) + count
    return tuple(multiple * sum(rule.ratio) for multiple in rule.plan[begin : begin + count])


def _largest_block(rule: rules.Rule) -> int:
    """Largest block, or the fewest patients that a rule can balance; 0 where there is none."""
    if rule.kind == "permuted_blocks":
        return max(_sizes(rule))
    if rule.kind == "block_urn":
        return rule.plan[-1] * sum(rule.ratio)
    return 0 if rule.kind in ("minimization", "complete") else sum(rule.ratio)


def compare(ratio: Sequence[int], n: int) -> tuple[tuple[str, float, float, float, float], ...]:
    """Usual procedures side by side, exactly, for one sequence of n allocations.

    Args:
        ratio: Whole numbers from 1, an arm each.
        n: Number of allocations.

    Returns:
        Name, probability of a correct guess, share of decided allocations, root mean square of the final imbalance and
        largest imbalance at any time, for each procedure that can use the ratio and be followed.
    """
    from fractions import Fraction

    shares = rules.reduced(ratio)
    least = sum(shares)
    menu = {"complete": rules.complete(shares)}
    for sizes in ((2 * least,), (3 * least,), (2 * least, 3 * least)):
        menu[f"permuted blocks of {' or '.join(map(str, sizes))}"] = rules.permuted_blocks(shares, sizes)
    menu["block urn, 2 sets"] = rules.block_urn(shares, 2)
    if len(shares) <= 3:
        menu["brick tunnel"] = rules.brick_tunnel(shares)
    if shares == (1, 1):
        menu |= {"big stick 3": rules.big_stick(3), "big stick 4": rules.big_stick(4),
                 "Efron 2/3": rules.biased_coin(Fraction(2, 3)), "Chen 2/3, 3": rules.chen(Fraction(2, 3), 3),
                 "Wei's urn": rules.wei_urn()}  # fmt: skip
    out = []
    for name, rule in menu.items():
        found = one_sequence(rule, n)
        if found is not None:
            out.append((name, found.guess, found.forced, found.sd, found.largest))
    return tuple(out)
