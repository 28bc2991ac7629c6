"""Laws of the procedures written down again, from their descriptions: no code is shared with the package."""

from __future__ import annotations

import itertools
from collections import Counter
from decimal import Decimal, localcontext
from fractions import Fraction

HALF = Fraction(1, 2)


def arrangements(counts):
    """Every order of a multiset, each once."""
    if not any(counts):
        yield ()
        return
    for arm, count in enumerate(counts):
        if count:
            rest = tuple(n - (a == arm) for a, n in enumerate(counts))
            for tail in arrangements(rest):
                yield (arm, *tail)


def blocks(ratio, sizes, n):
    """Whole blocks are put in a row, then cut at n."""
    total = sum(ratio)
    orders = {size: list(arrangements(tuple(r * size // total for r in ratio))) for size in sizes}
    law, done = {(): Fraction(1)}, Counter()
    while law:
        later = Counter()
        for sequence, weight in law.items():
            for size in sizes:
                for order in orders[size]:
                    longer = (*sequence, *order)
                    share = weight / len(sizes) / len(orders[size])
                    if len(longer) >= n:
                        done[longer[:n]] += share
                    else:
                        later[longer] += share
        law = later
    return dict(done)


def by_history(n, arms, chances):
    """A law from the probabilities of the next arm given the counts so far (a Counter) and the sequence."""
    law = {(): Fraction(1)}
    for _ in range(n):
        law = {(*seq, arm): weight * p for seq, weight in law.items()
               for arm, p in zip(range(arms), chances(Counter(seq), seq), strict=True) if p}  # fmt: skip
    return law


def complete(ratio, n):
    return by_history(n, len(ratio), lambda *_: [Fraction(r, sum(ratio)) for r in ratio])


def coin(n, probability, mti):
    """Efron, big stick (probability 1/2) and Chen."""

    def chances(counts, _):
        d = counts[0] - counts[1]
        if d == 0:
            return HALF, HALF
        p_behind = Fraction(1) if mti and abs(d) == mti else probability
        return (1 - p_behind, p_behind) if d > 0 else (p_behind, 1 - p_behind)

    return by_history(n, 2, chances)


def wei(n, alpha, beta):
    def chances(counts, seq):
        balls = 2 * alpha + beta * len(seq)
        if not balls:
            return HALF, HALF
        return Fraction(alpha + beta * counts[1], balls), Fraction(alpha + beta * counts[0], balls)

    return by_history(n, 2, chances)


def block_urn(ratio, sets, n):
    """Two urns of balls, as Zhao and Weng describe it: no formula for the number of balls."""

    def chances(_, seq):
        active, used = [r * sets for r in ratio], [0] * len(ratio)
        for arm in seq:
            active[arm] -= 1
            used[arm] += 1
            if all(u >= r for u, r in zip(used, ratio, strict=True)):
                used = [u - r for u, r in zip(used, ratio, strict=True)]
                active = [a + r for a, r in zip(active, ratio, strict=True)]
        return [Fraction(a, sum(active)) for a in active]

    return by_history(n, len(ratio), chances)


def spread_of(values, measure):
    """Imbalance of one level, with 40 digits."""
    k, total = len(values), sum(values)
    if measure == "range":
        return Decimal(max(values) - min(values))
    if measure == "marginal":
        return Decimal(sum(abs(a - b) for a, b in itertools.combinations(values, 2))) / ((k - 1) * total)
    variance = sum((Decimal(v) - Decimal(total) / k) ** 2 for v in values) / (k - 1)
    return variance if measure == "variance" else variance.sqrt()


def minimization(ratio, patients, probability, measure, weights):
    """Levels of each patient, one a factor; pseudo-arms are followed, then merged."""
    owners = [arm for arm, r in enumerate(ratio) for _ in range(r)]
    k = len(owners)
    law = {(): Fraction(1)}
    with localcontext() as context:
        context.prec = 40
        for position, levels in enumerate(patients):
            later = Counter()
            for pseudo, weight in law.items():
                scores = []
                for candidate in range(k):
                    score = Decimal(0)
                    for factor, level in enumerate(levels):
                        counts = [0] * k
                        for other, arm in enumerate(pseudo):
                            counts[arm] += patients[other][factor] == level
                        counts[candidate] += 1
                        score += weights[factor] * spread_of(counts, measure)
                    scores.append(score)
                best = [c for c in range(k) if scores[c] - min(scores) < Decimal("1e-30")]
                for favoured in best:
                    for arm in range(k):
                        p = probability if arm == favoured else (1 - probability) / (k - 1)
                        later[*pseudo, arm] += weight * p / len(best)
            law = {key: value for key, value in later.items() if value}
            assert all(len(key) == position + 1 for key in law)
    out = Counter()
    for pseudo, weight in law.items():
        out[tuple(owners[arm] for arm in pseudo)] += weight
    return dict(out)
