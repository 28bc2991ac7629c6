"""How often the rules contradict numbers of simulated trials that are right, and numbers that were changed.

10,000 trials are simulated, analyzed and printed (simulated_claims.py); what is printed right must never be
contradicted. Then single numbers are changed, and what share the rules notice is counted by kind and size.

    python benchmarks/claim_rules.py --trials 10000 --write      writes docs/calibration/claim-rules.md
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from simulated_claims import EVENTS, as_reading, simulated_claims

from equipoise.evidence.model import Claim, Number
from equipoise.evidence.rules import judge

SEED, BLOCK, ALTERED = 20261123, 100, 6
PAGE = Path(__file__).parents[1] / "docs" / "calibration" / "claim-rules.md"
Rng = np.random.Generator
Change = Callable[[Number, Rng], Number | None]


def number_like(value: float, like: Number) -> Number | None:
    """A number printed as another one is; None where that changes nothing."""
    text = f"{value:.{like.decimals}f}"
    if like.decimals == 0 and "," in like.text:
        text = f"{value:,.0f}"
    new = Number(text, float(text.replace(",", "")), like.decimals)
    return None if new.value == like.value else new


def swapped(number: Number, rng: Rng) -> Number | None:
    """Two neighbouring digits in each other's place."""
    text = number.text.replace(",", "")
    places = [i for i, c in enumerate(text) if c.isdigit()]
    places = places[1:] if text.lstrip("-").startswith("0.") else places
    pairs = [(i, j) for i, j in pairwise(places) if text[i] != text[j]]
    if not pairs:
        return None
    i, j = pairs[int(rng.integers(len(pairs)))]
    moved = list(text)
    moved[i], moved[j] = text[j], text[i]
    return number_like(float("".join(moved)), number)


def off_by(amount: float) -> Change:
    """So much more or less, at least one of the last digit."""
    return lambda number, rng: number_like(number.value + amount * rng.choice([-1.0, 1.0]), number)


def last_digit(by: int) -> Change:
    """So many units of the last digit more or less."""
    return lambda number, rng: number_like(number.value + by * 10.0**-number.decimals * rng.choice([-1.0, 1.0]), number)


def times(factor: float) -> Change:
    """Multiplied or divided by a factor."""
    return lambda number, rng: number_like(number.value * factor ** rng.choice([-1.0, 1.0]), number)


def times_p(factor: float) -> Change:
    """A P value multiplied or divided, with the digits that it needs."""

    def change(number: Number, rng: Rng) -> Number | None:
        if number.bound or number.value <= 0.0:
            return None
        value = number.value * factor ** rng.choice([-1.0, 1.0])
        if value >= 1.0:
            return None
        decimals = max(number.decimals, 1 - math.floor(math.log10(value)))
        return Number(f"{value:.{decimals}f}", round(value, decimals), decimals)

    return change


def inverted(number: Number, _: Rng) -> Number | None:
    """1 over it."""
    return number_like(1.0 / number.value, number) if number.value > 0.0 else None


def without_sign(number: Number, _: Rng) -> Number | None:
    """The minus lost."""
    return number_like(-number.value, number) if number.value < 0.0 else None


KINDS: tuple[tuple[str, str, tuple[tuple[str, Change], ...]], ...] = (
    ("Hazard ratio", "hazard_ratio.value",
     (("last digit by 1", last_digit(1)), ("last digit by 3", last_digit(3)), ("10%", times(1.1)),
      ("25%", times(1.25)), ("digits swapped", swapped), ("inverted", inverted))),
    ("A limit of it", "hazard_ratio.limit",
     (("last digit by 1", last_digit(1)), ("10%", times(1.1)), ("25%", times(1.25)), ("50%", times(1.5)),
      ("digits swapped", swapped))),
    ("P value", "hazard_ratio.p", (("2 times", times_p(2)), ("10 times", times_p(10)), ("100 times", times_p(100)))),
    ("Odds ratio", "odds_ratio.value", (("10%", times(1.1)), ("25%", times(1.25)), ("digits swapped", swapped))),
    ("Events of an arm", "proportion.count",
     (("by 1", off_by(1)), ("by 5", off_by(5)), ("10%", times(1.1)), ("digits swapped", swapped))),
    ("Events in all", "events.value", (("by 1", off_by(1)), ("10%", times(1.1)), ("50%", times(1.5)))),
    ("Size of an arm", "arm_size.value", (("by 1", off_by(1)), ("by 10", off_by(10)), ("digits swapped", swapped))),
    ("Percentage with its count", "proportion.value",
     (("last digit by 1", last_digit(1)), ("1 point", off_by(1)), ("digits swapped", swapped))),
    ("Reduction", "risk_reduction.value",
     (("1 point", off_by(1)), ("3 points", off_by(3)), ("10 points", off_by(10)), ("digits swapped", swapped))),
    ("Median", "median.value", (("10%", times(1.1)), ("25%", times(1.25)), ("digits swapped", swapped))),
    ("A limit of a median", "median.limit", (("10%", times(1.1)), ("50%", times(1.5)), ("digits swapped", swapped))),
    ("Survival at a time", "rate.value",
     (("1 point", off_by(1)), ("10 points", off_by(10)), ("digits swapped", swapped))),
    ("Difference in survival", "risk_difference.value",
     (("last digit by 1", last_digit(1)), ("1 point", off_by(1)), ("10 points", off_by(10)))),
    ("Difference in medians", "median_difference.value",
     (("last digit by 1", last_digit(1)), ("1 month", off_by(1)), ("10 months", off_by(10)))),
    ("Limit of a response", "response.limit",
     (("1 point", off_by(1)), ("5 points", off_by(5)), ("digits swapped", swapped))),
    ("Difference in response", "response_difference.limit",
     (("sign of a limit lost", without_sign), ("5 points", off_by(5)))),
    ("Number needed to treat", "number_needed.value",
     (("by 1", off_by(1)), ("25%", times(1.25)), ("2 times", times(2)))),
)  # fmt: skip


def belongs(claim: Claim, measure: str) -> bool:
    """Whether a claim is of the sort that a kind of change is about."""
    response = claim.endpoint == "objective_response"
    if measure == "response":
        return claim.measure == "proportion" and response
    if measure == "response_difference":
        return claim.measure == "risk_difference" and response
    return claim.measure == measure and (not response or measure == "odds_ratio")


def change(claims: list[Claim], where: str, how: Change, rng: Rng) -> tuple[list[Claim], int] | None:
    """Claims with one number changed, and which claim has it; None where there is no such number."""
    measure, _, field = where.partition(".")
    places = [i for i, claim in enumerate(claims) if belongs(claim, measure)]
    if not places:
        return None
    place = int(rng.choice(places))
    claim, new = claims[place], None
    if field == "limit" and claim.interval is not None:
        end = "lower" if rng.random() < 0.5 or claim.interval.upper is None else "upper"
        old = getattr(claim.interval, end)
        number = None if old is None else how(old, rng)
        new = None if number is None else replace(claim, interval=replace(claim.interval, **{end: number}))
    elif field == "p" and claim.p is not None:
        number = how(claim.p.number, rng)
        new = None if number is None else replace(claim, p=replace(claim.p, number=number))
    elif field in ("value", "count") and getattr(claim, field) is not None:
        number = how(getattr(claim, field), rng)
        new = (
            None
            if number is None or number.value < 0 < claims[place].value.value
            else replace(claim, **{field: number})
        )  # type: ignore[union-attr]
    return None if new is None else ([*claims[:place], new, *claims[place + 1 :]], place)


def swapped_dates(claims: list[Claim]) -> list[Claim]:
    """Start and end of enrollment in each other's place."""
    dates = {claim.of: claim.date for claim in claims if claim.measure == "date"}
    other = {"enrollment_start": dates["enrollment_end"], "enrollment_end": dates["enrollment_start"]}
    return [replace(c, date=other[c.of]) if c.measure == "date" and c.of in other else c for c in claims]


def verdicts(claims: list[Claim]) -> set[tuple[str, str, tuple[str, ...]]]:
    """What the rules say, but for what is consistent."""
    return {(f.rule, f.verdict, f.claims) for f in judge(as_reading(claims)) if f.verdict != "consistent"}


def block(first: int, trials: int, altered: int) -> Counter[tuple[str, ...]]:
    """Counts of some trials, each from a stream of its own."""
    found: Counter[tuple[str, ...]] = Counter()
    for trial in range(first, first + trials):
        rng = np.random.Generator(np.random.Philox(key=[SEED, trial]))
        got = simulated_claims(rng, EVENTS[trial % len(EVENTS)])
        if got is None:
            found["without", ""] += 1
            continue
        claims, style = got
        found["trials", str(EVENTS[trial % len(EVENTS)])] += 1
        found["strata", style.strata] += 1
        for finding in judge(as_reading(claims)):
            found["finding", finding.rule, finding.verdict] += 1
            if finding.verdict == "contradicted":
                found["contradicted", finding.rule, style.strata, str(trial)] += 1
        found.update(alterations(claims, rng, altered))
    return found


def alterations(claims: list[Claim], rng: Rng, altered: int) -> Counter[tuple[str, ...]]:
    """Some numbers changed, one at a time, and what was noticed."""
    found: Counter[tuple[str, ...]] = Counter()
    before = verdicts(claims)
    every = [(name, where, size, how) for name, where, sizes in KINDS for size, how in sizes]
    for index in rng.permutation(len(every))[:altered]:
        name, where, size, how = every[index]
        got = change(claims, where, how, rng)
        if got is not None:
            found.update(noticed(name, size, before, got[0]))
    if rng.random() < 0.1:
        found.update(noticed("Dates of enrollment", "swapped", before, swapped_dates(claims)))
    return found


def noticed(
    name: str, size: str, before: set[tuple[str, str, tuple[str, ...]]], claims: list[Claim]
) -> Counter[tuple[str, ...]]:
    """Whether a change is contradicted, or at least remarked."""
    new = verdicts(claims) - before
    hard = any(verdict == "contradicted" for _, verdict, _ in new)
    return Counter({("altered", name, size): 1, ("hard", name, size): int(hard), ("soft", name, size): int(bool(new))})


def measure(trials: int, altered: int, say: Callable[[str], None]) -> Counter[tuple[str, ...]]:
    """All counts; the answer does not depend on the number of workers."""
    starts = range(0, trials, BLOCK)
    total: Counter[tuple[str, ...]] = Counter()
    with ProcessPoolExecutor() as workers:
        sizes = [min(BLOCK, trials - start) for start in starts]
        for start, found in zip(starts, workers.map(block, starts, sizes, [altered] * len(sizes)), strict=True):
            total.update(found)
            if start % 1000 == 0:
                say(f"{start:,} of {trials:,} trials")
    return total


def contradictions(found: Counter[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Findings that contradict right numbers: there should be none."""
    return sorted(key for key in found if key[0] == "contradicted")


LEAD = """# Calibration: rules for printed numbers

Written by `python benchmarks/claim_rules.py --trials {asked} --write`.

{trials:,} trials with 20 to 600 events, 1:1, 2:1 and 3:1 in two strata, were simulated, analyzed (Cox model, log-rank
test, Kaplan-Meier, proportions by seven methods, odds ratio) and printed as an abstract prints them: rounded half up,
half to even, or twice; P values with two to four decimals, rounded or cut off, one- or two-sided, said or not, of a
log-rank or a Wald test; levels of 80, 90, 95, 95.03, 96.95, 97, 99 and 99.2%; interval and test with the same strata,
or an unstratified P value beside a stratified interval; reductions and differences from printed or from exact numbers.

## Numbers that are right

Contradicted: {wrong} of {said:,} trials (upper 95% bound {bound}). Of {unsaid:,} more, whose text has an unstratified P
value beside a stratified interval of strata with up to 3.5 times the hazard, and not a word about it, {silent}.

| Rule | consistent | remark | contradicted |
|---|---|---|---|
"""
ALTERED_LEAD = """
Remarks on right numbers are P values that differ from the interval's own (another test, one side), numbers that were
rounded twice, limits of a response whose number of people is not printed, and medians away from the hazard ratio.

## Numbers that were changed

In each trial {altered} numbers were changed, one at a time. Small changes are within rounding, or within what two
tests of one trial differ by: no rule can contradict them without accusing numbers that are right. A changed hazard
ratio is found by its limits, its P value and the reduction told beside it; a limit by the middle of the interval, the P
value and the number of events; a count by its percentage and the sums.

| What | Changed by | Changed | Contradicted | Contradicted or remarked |
|---|---|---|---|---|
"""


def page(found: Counter[tuple[str, ...]], altered: int) -> str:
    """The page of the documentation."""
    trials = sum(n for key, n in found.items() if key[0] == "trials")
    silent = sum(key[2] == "crossed" for key in contradictions(found))
    wrong, unsaid = len(contradictions(found)) - silent, found["strata", "crossed"]
    said = trials - unsaid
    bound = f"{100.0 * (wrong + 2.0 * math.sqrt(wrong) + 3.0) / max(said, 1):.2f}%"  # 3 of none: the rule of three
    text = LEAD.format(asked=trials + found["without", ""], trials=trials, wrong=wrong, said=said,
                       bound=bound, unsaid=unsaid, silent=silent)  # fmt: skip
    lines = []
    for rule in dict.fromkeys(key[1] for key in found if key[0] == "finding"):
        counts = [found["finding", rule, verdict] for verdict in ("consistent", "remark", "contradicted")]
        lines.append(f"| {rule} | {' | '.join(f'{n:,}' for n in counts)} |")
    text += "\n".join(lines) + "\n" + ALTERED_LEAD.format(altered=altered)
    lines = []
    for name, size in [(name, size) for name, _, sizes in KINDS for size, _ in sizes] + [
        ("Dates of enrollment", "swapped")
    ]:
        n = found["altered", name, size]
        if n:
            hard, soft = (100 * found[sort, name, size] / n for sort in ("hard", "soft"))
            lines.append(f"| {name} | {size} | {n:,} | {hard:.0f}% | {soft:.0f}% |")
    return text + "\n".join(lines) + "\n"


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--altered", type=int, default=ALTERED)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    found = measure(options.trials, options.altered, lambda text: print(text, file=sys.stderr))
    text = page(found, options.altered)
    print(text)
    for key in contradictions(found):
        print("contradicted:", *key[1:], file=sys.stderr)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    return 1 if any(key[2] != "crossed" for key in contradictions(found)) else 0


if __name__ == "__main__":
    raise SystemExit(main())
