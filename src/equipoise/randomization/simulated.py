"""What a stratified rule or minimization gives away and how balanced it is, by simulated trials.

Patients come to sites, and have levels, with equal chances or as a scenario says. Every trial has streams of its own:
the answer for a seed does not depend on how many trials there are after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import NamedTuple

from equipoise.randomization.exact import behind, imbalance
from equipoise.randomization.keyed import assign
from equipoise.randomization.mix import Mix
from equipoise.randomization.scheme import SITE, Scheme
from equipoise.randomization.steps import allocate, candidates
from equipoise.rng import stream

__all__ = ["Simulated", "Trials", "simulate"]

Progress = Callable[[str, int, int], None]
_WORDS = 8  # a patient; the words of a patient do not depend on those of others


class Simulated(NamedTuple):
    """A mean over trials.

    Attributes:
        value: The mean.
        error: Its Monte Carlo standard error.
        high: The 95th percentile over trials.
        largest: The largest of all trials.
    """

    value: float
    error: float
    high: float
    largest: float


@dataclass(slots=True)
class Trials:
    """What was seen, one number a trial.

    Attributes:
        own_site: Share of correct guesses of those who know the patients of their own site (in the patient's stratum).
        site_totals: The same of those who count the arms of their site and do not mind strata.
        all_sites: Share of correct guesses of those who know all patients.
        forced: Share of allocations that the procedure decided with probability 1.
        overall: Final imbalance of the trial.
        level: Largest final imbalance among the levels of all factors but site.
        site: Mean final imbalance of the sites.
        worst_site: Largest final imbalance among the sites.
        unfinished: Strata whose block was not finished at the end.
        factors: Factor but site → largest final imbalance among its levels.
    """

    own_site: list[float] = field(default_factory=list)
    site_totals: list[float] = field(default_factory=list)
    all_sites: list[float] = field(default_factory=list)
    forced: list[float] = field(default_factory=list)
    overall: list[float] = field(default_factory=list)
    level: list[float] = field(default_factory=list)
    site: list[float] = field(default_factory=list)
    worst_site: list[float] = field(default_factory=list)
    unfinished: list[float] = field(default_factory=list)
    factors: dict[str, list[float]] = field(default_factory=dict)

    def summary(self, name: str) -> Simulated:
        """Mean, error, 95th percentile and largest of one of them.

        Args:
            name: Name of the attribute; `factor NAME` for one of the factors.
        """
        kind, _, factor = name.partition(" ")
        values = sorted(self.factors[factor] if kind == "factor" else getattr(self, name))
        n = len(values)
        mean = sum(values) / n
        spread = sqrt(sum((value - mean) ** 2 for value in values) / max(n - 1, 1))
        return Simulated(mean, spread / sqrt(n), values[min(n - 1, (95 * n) // 100)], values[-1])


def simulate(
    scheme: Scheme,
    n: int,
    trials: int,
    *,
    sites: int = 1,
    seed: int = 1,
    mix: Mix | None = None,
    progress: Progress | None = None,
) -> Trials:
    """Run the declared procedure over trials.

    Args:
        scheme: The procedure and its strata.
        n: Patients a trial.
        trials: Number of trials.
        sites: Number of sites, whether or not they are strata.
        seed: Seed of the streams.
        mix: How often sites and levels occur; equal chances where absent.
        progress: Called with (label, step, steps).

    Returns:
        One number a trial of each measure.
    """
    seen = Trials()
    who = mix or Mix((1.0,) * sites)
    for trial in range(trials):
        _one_trial(scheme, n, who, seed, trial, seen)
        if progress is not None:
            progress("Simulating", trial + 1, trials)
    return seen


def _one_trial(scheme: Scheme, n: int, mix: Mix, seed: int, trial: int, seen: Trials) -> None:
    sites = len(mix.site_shares)
    ratio, plan, sizes = scheme.rule.ratio, scheme.rule.plan, [len(levels) for levels in scheme.factors.values()]
    at = mix.sites(n, seed, trial)
    own = SITE if scheme.by_site else None  # the factor that is the site, the last one
    columns = [*mix.levels(scheme, n, seed, trial), *([at] if own else [])]
    words = stream(seed, "randomize", "words", trial).integers(0, 2**32, (n, _WORDS), dtype="uint32").tolist()
    state = scheme.start()
    zeros = (0,) * len(ratio)
    by_site = [list(zeros) for _ in range(sites)]
    by_level = [[list(zeros) for _ in range(size)] for size in sizes]
    known: dict[tuple[int, ...], list[int]] = {}
    totals, near, plain, all_, forced = list(zeros), 0.0, 0.0, 0.0, 0
    for patient in range(n):
        levels = [column[patient] for column in columns]
        cell = scheme.cell(levels)
        here = by_site[at[patient]] if scheme.rule.levels else known.setdefault((at[patient], *cell), list(zeros))
        guess_own, guess_site = behind(here, ratio), behind(by_site[at[patient]], ratio)
        guess_all = _guess_all(scheme, state, cell)

        def supply(digest: int, patient: int = patient) -> list[int]:
            if digest == 0:
                return words[patient]  # type: ignore[no-any-return]
            more = stream(seed, "randomize", "words", trial, patient, digest)
            return more.integers(0, 2**32, _WORDS, dtype="uint32").tolist()  # type: ignore[no-any-return]

        arm, used = assign(allocate, plan, state, cell, supply)
        forced += used == 0
        near += guess_own.count(arm) / len(guess_own)
        plain += guess_site.count(arm) / len(guess_site)
        all_ += guess_all.count(arm) / len(guess_all)
        totals[arm] += 1
        by_site[at[patient]][arm] += 1
        if not scheme.rule.levels:
            here[arm] += 1
        for factor, level in enumerate(levels):
            by_level[factor][level][arm] += 1
    seen.own_site.append(near / n)
    seen.site_totals.append(plain / n)
    seen.all_sites.append(all_ / n)
    seen.forced.append(forced / n)
    seen.overall.append(imbalance(totals, ratio))
    worst = {name: max(imbalance(counts, ratio) for counts in rows)
             for name, rows in zip(scheme.factors, by_level, strict=True) if name != own}  # fmt: skip
    for name, value in worst.items():
        seen.factors.setdefault(name, []).append(value)
    seen.level.append(max(worst.values(), default=0.0))
    seen.site.append(sum(imbalance(counts, ratio) for counts in by_site) / sites)
    seen.worst_site.append(max(imbalance(counts, ratio) for counts in by_site))
    if scheme.rule.kind == "permuted_blocks":
        seen.unfinished.append(sum(row[2 * len(ratio) + 1] > 0 for row in state[:-1]))


def _guess_all(scheme: Scheme, state: list[list[int]], cell: Sequence[int]) -> list[int]:
    """The arms that somebody guesses who knows all patients: those behind, or those that minimization would favour."""
    arms = len(scheme.rule.ratio)
    if not scheme.rule.levels:
        return behind(state[cell[0]][:arms], scheme.rule.ratio)
    candidates(scheme.rule.plan, state, cell)
    pseudo = scheme.rule.plan[2 + arms]
    return [scheme.rule.plan[3 + arms + place] for place in range(pseudo) if state[-1][place]]
