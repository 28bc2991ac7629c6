"""Whether printed numbers are those of a row, each at its own precision."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, cast

from equipoise.evidence.boxes import Box, box, p_box
from equipoise.evidence.facts.numbers import is_percent, number_of
from equipoise.evidence.model import Claim, Lexicon, Number
from equipoise.evidence.sought import Sought
from equipoise.results.statistic import Statistic
from equipoise.results.vocabulary import VOCABULARY
from equipoise.units import DAYS_PER_UNIT, TimeUnit, days_per

__all__ = ["Check", "Outcome", "checks_of", "number_check", "p_check", "row_box", "value_text", "worst"]

Outcome = Literal["fits", "margin", "differs", "open"]
_RANK: Final[dict[Outcome, int]] = {"differs": 3, "margin": 2, "fits": 1, "open": 0}
_PRINTED: Final = re.compile(r"(?P<value>[^()]*?)(?: ?\((?P<lower>[^()]*?) to (?P<upper>[^()]*?)\))?")
_SHARES: Final = ("percent", "points")


@dataclass(frozen=True, slots=True)
class Check:
    """One printed number against one of a row.

    Attributes:
        what: `value`, `lower limit`, `upper limit`, `P`, `count`, `denominator`.
        said: What the text prints.
        holds: The row's number in full precision, in the text's unit, with the conversion where there was one; or what
            gives it, since most rows that are tried are never told of.
        outcome: `fits`; `margin` only if the number was rounded twice or cut off; `differs`; `open` where the row has
            no such number.
    """

    what: str
    said: str
    holds: str | Callable[[], str]
    outcome: Outcome

    @property
    def found(self) -> str:
        """The row's number in words."""
        return self.holds if isinstance(self.holds, str) else self.holds()


def worst(checks: list[Check]) -> Outcome:
    """What holds for several numbers together: the worst of them."""
    return max((check.outcome for check in checks), key=lambda outcome: _RANK[outcome], default="open")


def row_box(row: Statistic, field: str = "value") -> Box | None:
    """What a row leaves open of one of its numbers: a point, or, of a published one, what its digits leave open.

    Args:
        row: The row.
        field: `value`, `lower` or `upper`.

    Returns:
        The box in the row's unit; None where the row has no such number.
    """
    number: float | None = getattr(row, field)
    if row.printed is None:
        return None if number is None else Box(number, number)
    found = _PRINTED.fullmatch(row.printed.characters)
    printed = number_of((found[field] or "").strip()) if found else None
    if printed is None:
        return None if number is None else Box(number, number)
    percent = is_percent(printed) or (number is not None and abs(number) < 0.5 * abs(printed.value))
    return box(printed, margin=0.0, percent=percent and VOCABULARY[row.key.statistic].display in _SHARES)


def checks_of(claim: Claim, sought: Sought, row: Statistic, lexicon: Lexicon, size: float | None = None) -> list[Check]:
    """Value, limits and counts of a claim against a row; its P is another row's.

    Args:
        claim: The claim.
        sought: What it states.
        row: The row.
        lexicon: Known names, with the unit of time.
        size: Subjects of whom the row counts.

    Returns:
        One check a number that both have, or that one says does not exist.
    """
    if sought.way == "share":
        return _share_checks(claim, row, size)
    found = []
    if claim.value is not None or claim.missing:
        found.append(_value_check(claim, sought, row, lexicon))
    interval = claim.interval
    if interval is not None and interval.kind in ("confidence", "credible"):
        low, high = ("upper", "lower") if _turned(sought, claim, row) else ("lower", "upper")
        both = (("lower limit", interval.lower, low), ("upper limit", interval.upper, high))
        limits = [_limit_check(what, number, field, claim, sought, row, lexicon) for what, number, field in both]
        found += _of_level(claim, row, [check for check in limits if check is not None])
    return found + _count_checks(claim, row)


def _of_level(claim: Claim, row: Statistic, limits: list[Check]) -> list[Check]:
    """Limits of the same level; of another level they can't be compared, unless they are those of the row's level."""
    interval, level = claim.interval, row.conf_level
    if interval is None or level is None or not interval.stated or abs(interval.level - level) < 1e-6:
        return limits
    if limits and all(check.outcome == "fits" for check in limits):
        return [*limits, Check("level", f"{100 * interval.level:.10g}%", f"{100 * level:.10g}%", "differs")]
    return []


def _turned(sought: Sought, claim: Claim, row: Statistic) -> bool:
    """Whether what the text gives as the lower limit is the row's upper one."""
    return (sought.way in ("complement", "reduction")) != (sought.swapped != _negated(claim, row))


def _negated(claim: Claim, row: Statistic) -> bool:
    """Whether a text gives the size of a difference that is negative: "5 percentage points lower"."""
    return (
        VOCABULARY[row.key.statistic].display == "points"
        and claim.value is not None
        and row.value is not None
        and claim.value.value > 0 > row.value
    )


def _value_check(claim: Claim, sought: Sought, row: Statistic, lexicon: Lexicon) -> Check:
    own = row_box(row)
    if claim.value is None:
        if own is None:
            same = row.why() in ("", claim.missing)
            return Check("value", _absent(claim.missing), _absent(row.why()), "fits" if same else "open")
        return Check("value", _absent(claim.missing), value_text(row, lexicon), "differs")
    if own is None:
        reached = row.why() == "not_reached"
        return Check("value", _said(claim.value, claim.unit), _absent(row.why()), "differs" if reached else "open")
    return number_check("value", claim.value, claim.unit, own, row, lexicon, sought=sought, claim=claim)


def _absent(reason: str) -> str:
    return reason.replace("_", " ") or "no number"


def _said(number: Number, unit: str) -> str:
    if number.text.endswith("%") or unit == "%":
        return f"{number.text.removesuffix('%')}%"
    return f"{number.text} {unit}".strip()


def _limit_check(
    what: str, number: Number | None, field: str, claim: Claim, sought: Sought, row: Statistic, lexicon: Lexicon
) -> Check | None:
    own = row_box(row, field)
    if own is None and not row.why(field):
        return None
    if number is None:
        if own is None:
            return Check(what, "not reached", _absent(row.why(field)), "fits")
        return Check(what, "not reached", full_text(own, row, lexicon, claim.unit), "differs")
    if own is None:
        return Check(what, _said(number, claim.unit), _absent(row.why(field)), "differs")
    return number_check(what, number, claim.unit, own, row, lexicon, sought=sought, claim=claim)


def number_check(
    what: str,
    number: Number,
    unit: str,
    own: Box,
    row: Statistic,
    lexicon: Lexicon,
    *,
    sought: Sought | None = None,
    claim: Claim | None = None,
) -> Check:
    """One printed number against one of a row.

    Args:
        what: Which number it is.
        number: As printed.
        unit: Its unit in the text.
        own: The row's number.
        row: The row.
        lexicon: Known names, with the unit of time.
        sought: How the text's number comes from the row's.
        claim: The claim, of a difference that is printed without its sign.
    """
    turned = _transformed(own, row, sought, claim)
    scale = _scale(row, unit, number, lexicon)
    here = Box(turned.lower / scale, turned.upper / scale)
    outcome = _outcome(number, here)
    if outcome == "differs" and scale == 1.0 and not unit and VOCABULARY[row.key.statistic].display == "points":
        scale = 0.01  # a difference below one that says no unit may be in percentage points
        here = Box(turned.lower / scale, turned.upper / scale)
        outcome = _outcome(number, here)
    also = "" if turned is own else f", here {_plain(_center(turned) / scale)}{'%' if scale == 0.01 else ''}"

    def tell() -> str:
        return full_text(own, row, lexicon, unit, number) + also

    return Check(what, _said(number, unit), tell, outcome)


def _outcome(number: Number, here: Box) -> Outcome:
    """Whether a printed number is a row's: a number in full precision, or one that was itself printed."""
    unit = 10.0**-number.decimals
    far = here.upper == here.lower and abs(number.value - here.lower) > 2.0 * unit < abs(number.value)
    if far and not number.bound and not number.approximate:
        return "differs"  # as most rows that are tried
    inner = box(number, margin=0.0)
    if here.upper > here.lower:  # 0.755 ends what 0.75 leaves open, and begins what 0.76 does: they share no number
        shared = min(inner.upper, here.upper) - max(inner.lower, here.lower)
        return "fits" if shared > 1e-9 * max(1.0, abs(number.value)) else "differs"
    if inner.meets(here):
        return "fits"
    return "margin" if box(number).meets(here) else "differs"


def _transformed(own: Box, row: Statistic, sought: Sought | None, claim: Claim | None) -> Box:
    if sought is None:
        return own
    if sought.way in ("complement", "reduction"):
        own = Box(1.0 - own.upper, 1.0 - own.lower)
    if sought.swapped and VOCABULARY[row.key.statistic].display == "ratio":
        own = Box(1.0 / own.upper, 1.0 / own.lower) if own.lower > 0.0 else own
    elif sought.swapped:
        own = Box(-own.upper, -own.lower)
    if claim is not None and _negated(claim, row) and not sought.swapped:
        own = Box(-own.upper, -own.lower)
    return own


def _scale(row: Statistic, unit: str, number: Number, lexicon: Lexicon) -> float:
    """The row's units in one of the text's."""
    display = VOCABULARY[row.key.statistic].display
    if display in _SHARES:
        percent = unit in ("%", "percent", "percentage points", "points") or number.text.endswith("%")
        return 0.01 if percent or abs(number.value) > 1.0 else 1.0
    if display == "ratio":  # a reduction that is told of a ratio
        return 0.01 if unit == "%" else 1.0
    if display == "time" and row.unit in DAYS_PER_UNIT:
        told = unit if unit in DAYS_PER_UNIT else lexicon.unit
        month = lexicon.days_per_month
        return days_per(cast("TimeUnit", told), days_per_month=month) / days_per(
            cast("TimeUnit", row.unit), days_per_month=month
        )
    return 1.0


def full_text(own: Box, row: Statistic, lexicon: Lexicon, unit: str, number: Number | None = None) -> str:
    """A row's number in full precision, with its conversion into the unit of the text.

    Args:
        own: The number.
        row: Its row.
        lexicon: Known names, with the unit of time.
        unit: The text's unit.
        number: The text's number, for percent.
    """
    display = VOCABULARY[row.key.statistic].display
    middle = own.lower if own.lower == own.upper else _center(own)
    if display in _SHARES:
        percent = f"{_plain(middle * 100)}%"
        return percent if row.printed is not None else f"{middle!r}, that is {percent}"
    plain = repr(middle) if row.printed is None and not float(middle).is_integer() else _plain(middle)
    plain = f"{plain} {row.unit}".strip()
    scale = _scale(row, unit, number or Number("", 0.0), lexicon) if display == "time" else 1.0
    return plain if scale == 1.0 else f"{plain}, that is {_plain(middle / scale)} {unit or lexicon.unit}"


def _center(own: Box) -> float:
    ends = [end for end in own if math.isfinite(end)]
    return sum(ends) / len(ends)


def _plain(value: float) -> str:
    return f"{value:.7g}"


def value_text(row: Statistic, lexicon: Lexicon, unit: str = "") -> str:
    """Value and limits of a row in full precision.

    Args:
        row: The row.
        lexicon: Known names, with the unit of time.
        unit: The text's unit.
    """
    if row.printed is not None:
        characters = row.printed.characters
        return f"{characters} {row.unit}" if row.unit and row.value is not None else characters
    own = row_box(row)
    if own is None:
        return row.text or _absent(row.why())
    text = full_text(own, row, lexicon, unit)
    low, high = row_box(row, "lower"), row_box(row, "upper")
    if low is None and high is None:
        return text
    ends = [_absent(row.why(name)) if one is None else full_text(one, row, lexicon, unit).split(", that is ")[-1]
            for name, one in (("lower", low), ("upper", high))]  # fmt: skip
    return f"{text} ({ends[0]} to {ends[1]})"


def _count_checks(claim: Claim, row: Statistic) -> list[Check]:
    if row.key.statistic in ("survival", "cumulative_incidence"):
        return []  # their n are those at risk
    found = []
    if claim.count is not None and row.events is not None:
        found.append(_whole("count", claim.count, row.events))
    below = row.denominator if row.denominator is not None else row.n
    if claim.denominator is not None and below is not None and not row.key.versus:
        found.append(_whole("denominator", claim.denominator, below))
    return found


def _whole(what: str, number: Number, own: float) -> Check:
    return Check(what, number.text, f"{own:g}", "fits" if number.value == own else "differs")


def _share_checks(claim: Claim, row: Statistic, below: float | None) -> list[Check]:
    """A count and its percentage, 109 of 442 (24.7%), against a row of events: their share is no row."""
    if row.value is None:
        return []
    found = []
    if claim.count is not None and (row.printed is None or row.n is not None or claim.count.value == row.value):
        found.append(
            _whole("count", claim.count, row.value)
        )  # printed events may be more than the patients who had them
    if claim.denominator is not None and below:
        found.append(_whole("denominator", claim.denominator, below))
    if claim.value is not None and below:
        share = row.value / below
        number = claim.value
        scale = 0.01 if claim.unit == "%" or is_percent(number) or number.value > 1.0 else 1.0
        here = Box(share / scale, share / scale)
        outcome = _outcome(number, here)
        told = f"{row.value:g} of {below:g}, that is {_plain(100 * share)}%"
        found.append(Check("value", _said(number, claim.unit), told, outcome))
    return found


def p_check(number: Number, row: Statistic) -> Check | None:
    """A printed P against a row's.

    Args:
        number: The P as printed.
        row: A row with a P.

    Returns:
        The check: cut off instead of rounded (0.0079 as 0.007) is `margin`. None where the row has no P.
    """
    own = row_box(row)
    if own is None:
        return None
    text = number.text.lstrip("<>=≤≥ ")
    said = f"P {number.bound}{text}" if number.bound else f"P = {text}"
    rounded = box(number, margin=0.0)
    if number.bound in ("<", "<="):
        rounded = Box(0.0, number.value)
    elif number.bound:
        rounded = Box(number.value, 1.0)
    outcome: Outcome = "fits" if rounded.meets(own) else "margin" if p_box(number).meets(own) else "differs"
    found = row.printed.characters if row.printed is not None else repr(row.value)
    return Check("P", said, found, outcome)
