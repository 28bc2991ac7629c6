"""What follows from rows although none holds it: differences of two arms, and dates that rows hold as text."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from equipoise.evidence.boxes import Box, box
from equipoise.evidence.matching.fit import row_box, value_text
from equipoise.evidence.matching.rows import Index, candidates
from equipoise.evidence.model import Claim, Finding, Lexicon
from equipoise.evidence.sought import Sought
from equipoise.results.statistic import Statistic

__all__ = ["date_finding", "difference_finding", "level_sought"]

_PARTS: Final = {"survival_difference": ("survival",), "incidence_difference": ("cumulative_incidence",),
                 "risk_difference": ("response_rate", "clinical_benefit_rate", "disease_control_rate", "ae_proportion",
                                     "event_proportion")}  # fmt: skip
_DATES: Final = ("enrollment_start", "enrollment_end", "data_cut")


def difference_finding(
    name: str, claim: Claim, asked: tuple[Sought, ...], index: Index, lexicon: Lexicon
) -> Finding | None:
    """A difference of two proportions against the rows of its two arms.

    Args:
        name: Name of the rule.
        claim: The claim.
        asked: What it can be about, none of which a row holds.
        index: The rows.
        lexicon: Known names.

    Returns:
        The finding; None where a row holds the difference itself, or the two arms are not both there.
    """
    if claim.measure != "risk_difference" or claim.value is None:
        return None
    pairs = [pair for one in asked for pair in _pairs(one, claim, index, lexicon)]
    if not pairs:
        return None
    first, second = pairs[0]
    left, right = row_box(first), row_box(second)
    if left is None or right is None:
        return None
    scale = 0.01 if claim.unit in ("%", "percentage points") or abs(claim.value.value) > 1.0 else 1.0
    size = left.minus(right)
    turned = size.upper < 0.0 < claim.value.value
    size = Box(-size.upper / scale, -size.lower / scale) if turned else Box(size.lower / scale, size.upper / scale)
    said = claim.value.text
    steps = f"{first.id} is {value_text(first, lexicon)}, {second.id} is {value_text(second, lexicon)}"
    low, high = f"{size.lower:.6g}", f"{size.upper:.6g}"
    between = low if low == high else f"between {low} and {high}"
    steps += f"; their difference is {between}{' percentage points' if scale == 0.01 else ''}, the text prints {said}."
    if box(claim.value).meets(size):
        sentence = "The difference follows from the two proportions."
        return Finding(name, "consistent", (claim.id,), sentence, steps)
    middle = f"{(size.lower + size.upper) / 2:.{claim.value.decimals}f}"
    sentence = f"The difference of the two proportions is {middle}, not {said}."
    return Finding(name, "contradicted", (claim.id,), sentence, steps, middle)


def _pairs(sought: Sought, claim: Claim, index: Index, lexicon: Lexicon) -> list[tuple[Statistic, Statistic]]:
    key = sought.key
    if not key.arm or not key.versus:
        return []
    found = []
    for statistic in _PARTS.get(key.statistic, ()):
        if statistic == "ae_proportion" and sought.kind is None:
            continue
        groups = () if statistic.endswith("_rate") else key.groups
        rows = []
        for arm in (key.arm, key.versus):
            one = replace(
                sought, key=replace(key, statistic=statistic, arm=arm, versus="", groups=groups), swapped=False
            )
            own = [each.row for each in candidates(index, one, claim, lexicon) if not each.misses and not each.open]
            rows += own[:1]
        if len(rows) == 2 and rows[0].key.data_cut == rows[1].key.data_cut:
            found.append((rows[0], rows[1]))
    return found


def date_finding(name: str, claim: Claim, index: Index) -> Finding | None:
    """A date against those that rows hold.

    Args:
        name: Name of the rule.
        claim: The claim.
        index: The rows.

    Returns:
        The finding. A date that does not say of what it is is confirmed by any; None where it is none of them.
    """
    if claim.measure != "date" or not claim.date:
        return None
    names = (claim.of,) if claim.of in _DATES else _DATES
    rows = [line.row for statistic in names for line in index.lines(statistic) if line.row.text]
    for row in rows:
        short = min(len(row.text), len(claim.date))
        if row.text[:short] == claim.date[:short]:
            what = row.key.statistic.replace("_", " ")
            return Finding(name, "consistent", (claim.id,), f"Confirmed: {what}.", f"{row.id} is {row.text}.")
    if claim.of not in _DATES or not rows:
        return None
    sentence = f"The {claim.of.replace('_', ' ')} is {rows[0].text}, not {claim.date}."
    return Finding(name, "contradicted", (claim.id,), sentence, f"{rows[0].id} is {rows[0].text}.", rows[0].text)


def level_sought(claim: Claim, asked: tuple[Sought, ...], index: Index) -> tuple[Sought, ...]:
    """What is sought by a share of patients with a baseline characteristic: "48% were women".

    Args:
        claim: The claim.
        asked: What it was taken for.
        index: The rows, which know the levels of factors.
    """
    level = index.level_of(claim.endpoint) if claim.measure in ("proportion", "rate") and asked else None
    if level is None:
        return asked
    groups = (("factor", level[0]), ("level", level[1]))
    key = replace(asked[0].key, statistic="baseline_proportion", endpoint="", groups=groups, time=None)
    return (Sought(key),)
