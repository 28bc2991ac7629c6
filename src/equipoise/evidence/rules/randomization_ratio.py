"""Arm sizes fit the ratio of randomization."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from equipoise.evidence.model import Claim, Finding, Reading
from equipoise.evidence.rules._common import exact, finding, num, planned

__all__ = ["NAME", "REFERENCE", "SENTENCE", "check"]

NAME = "randomization_ratio"
SENTENCE = "Arm sizes lie near the ratio in which the text says that patients were randomized."
REFERENCE = (
    "Schulz KF, Grimes DA. Unequal group sizes in randomised trials: guarding against guessing. Lancet "
    "2002;359:966-970."
)
_RATIO = re.compile(r"(\d+)\s*(?::|to)\s*(\d+)(?:\s*(?::|to)\s*(\d+))?(?:\s*(?::|to)\s*(\d+))?")
_REMARK = 3.5


def check(reading: Reading) -> Iterator[Finding]:
    """Sizes of all arms of those randomized, with the printed ratio, in whatever order fits best.

    More than 3.5 standard deviations of simple randomization is a remark, and never more than that: chance makes sizes.

    Args:
        reading: What was read.

    Yields:
        A finding, if the text gives both.
    """
    ratios = [(c, found) for c in reading.claims if c.measure == "randomization_ratio" and (found := _ratio(c))]
    if not ratios or len({tuple(sorted(found)) for _, found in ratios}) > 1:
        return
    claim, parts = ratios[0]
    arms: dict[str, Claim] = {}
    for one in reading.claims:
        if (
            (
                one.measure == "arm_size"
                and one.arm
                and exact(one.value)
                and one.source == claim.source
                and not planned(one)
            )
            and one.of in ("", "randomized", "assigned", "allocated")
            and not one.population
        ):
            arms.setdefault(one.arm, one)
    if len(arms) != len(parts):
        return
    yield _judge(claim, parts, sorted(arms.values(), key=lambda c: exact(c.value) or 0))


def _ratio(claim: Claim) -> tuple[int, ...]:
    match = _RATIO.search(claim.quote)
    parts = tuple(int(g) for g in match.groups() if g) if match else ()
    return parts if parts and all(0 < part <= 20 for part in parts) else ()


def _judge(claim: Claim, parts: tuple[int, ...], arms: list[Claim]) -> Finding:
    """The largest arm gets the largest part: what order the text means does not matter."""
    sizes = [exact(c.value) or 0 for c in arms]
    total, shares = sum(sizes), [part / sum(parts) for part in sorted(parts)]
    worst = max(
        ((n - total * s) / math.sqrt(total * s * (1.0 - s)) for n, s in zip(sizes, shares, strict=True)), key=abs
    )
    expected = " and ".join(num(total * s, 4) for s in shares)
    text = (
        f"Of {total:,}, {':'.join(map(str, sorted(parts)))} would be {expected}; the arms have "
        f"{' and '.join(f'{n:,}' for n in sizes)}, {num(abs(worst), 2)} standard deviations of simple "
        f"randomization away."
    )
    if abs(worst) <= _REMARK:
        return finding(NAME, "consistent", [claim, *arms], "The arms fit the ratio of randomization.", text)
    return finding(NAME, "remark", [claim, *arms], "The arms do not fit the ratio of randomization.", text, expected)
