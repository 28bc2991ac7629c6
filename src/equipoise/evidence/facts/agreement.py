"""All facts together: nothing said twice, and nothing that another fact of the same data cut rules out."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Final

from equipoise.evidence.facts.checks import real_value
from equipoise.evidence.facts.draft import Draft
from equipoise.evidence.facts.model import Fact
from equipoise.evidence.facts.rows import cut_word, fact_key
from equipoise.results.key import Key
from equipoise.results.vocabulary import VOCABULARY

__all__ = ["check_agreement"]

_CURE: Final = "compare both with their sources; give facts of different data cuts different `cut:`"
_DOUBT: Final = 0.05
"""Half a digit is what rounding leaves open, and 5% of it what rounding twice does."""

Box = tuple[float, float]


def check_agreement(draft: Draft) -> None:
    """Checks facts against each other.

    Args:
        draft: A file whose facts are valid one by one; problems are added to it.
    """
    keys = {
        position: fact_key(fact, experimental=draft.experimental, control=draft.control,
                           cut=cut_word(draft.cut_of(fact), draft.cuts.get(draft.cut_of(fact))))
        for position, fact in draft.facts.items()
    }  # fmt: skip
    _twice(draft, keys)
    _sums(draft, keys)
    _curves(draft, keys)
    _reductions(draft, keys)
    _sizes(draft, keys)
    _dates(draft)


def _line(draft: Draft, position: int) -> int:
    return draft.node("facts", position).place.line


def _same(draft: Draft, one: int, other: int) -> bool:
    """Whether two facts print the same numbers."""
    first, second = draft.facts[one], draft.facts[other]
    if first.text != second.text:
        return False
    for name in ("value", "lower", "upper"):
        if getattr(first, name) is None or getattr(second, name) is None:
            continue  # only one of them prints it
        left, right = _box(draft, one, name), _box(draft, other, name)
        if (left is None) != (right is None):
            return False
        if left is not None and right is not None and (left[0] > right[1] or right[0] > left[1]):
            return False
    return True


def _twice(draft: Draft, keys: dict[int, Key]) -> None:
    first: dict[Key, int] = {}
    for position, key in keys.items():
        before = first.setdefault(key, position)
        if before == position:
            continue
        line, name = _line(draft, before), draft.facts[position].statistic
        if _same(draft, before, position):
            draft.report("facts.duplicate", f"the same fact is on line {line}", ("facts", position),
                         "keep one of them; a second source of the same number can be named in `note`",
                         value=name)  # fmt: skip
        else:
            message = f"line {line} says otherwise of the same {VOCABULARY[name].label.lower()} in the same data cut"
            draft.report("facts.contradiction", message, ("facts", position), _CURE, value=_shown(draft, position))


def _shown(draft: Draft, position: int) -> str:
    fact = draft.facts[position]
    number = draft.printed.get((position, "value"))
    return number.text if number is not None else str(fact.value or fact.text or "")


def _box(draft: Draft, position: int, name: str = "value") -> Box | None:
    """What a printed number leaves open, in the unit of its statistic; None where it is none or a bound."""
    number = draft.printed.get((position, name))
    if number is None or number.bound:
        return None
    fact = draft.facts[position]
    if VOCABULARY[fact.statistic].display == "time" and fact.unit not in (None, draft.unit):
        return None
    value = real_value(number, fact)
    scale = value / number.value if number.value else (0.01 if number.text.endswith("%") else 1.0)
    whole = VOCABULARY[fact.statistic].display == "count"
    half = 0.0 if whole else 0.5 * 10.0**-number.decimals * abs(scale) * (1 + _DOUBT)
    return value - half, value + half


def _groups(keys: dict[int, Key], statistics: tuple[str, ...], *fields: str) -> Iterator[list[int]]:
    """Positions of facts of some statistics that agree in fields of their keys."""
    found: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for position, key in keys.items():
        if key.statistic in statistics:
            found[tuple(getattr(key, name) for name in fields)].append(position)
    yield from found.values()


def _sums(draft: Draft, keys: dict[int, Key]) -> None:
    """Subjects and events of all arms are those of the trial."""
    shared = ("statistic", "endpoint", "population", "groups", "time", "data_cut")
    for positions in _groups(keys, ("subjects", "events", "ae_subjects", "responders"), *shared):
        arms = {keys[at].arm: at for at in positions if keys[at].arm}
        totals = [at for at in positions if not keys[at].arm]
        if not totals or set(arms) != set(draft.arms) or len(arms) < 2:
            continue
        boxes = [_box(draft, at) for at in arms.values()]
        total = _box(draft, totals[0])
        if total is None or any(box is None for box in boxes):
            continue
        numbers = [box[0] for box in boxes if box is not None]
        if sum(numbers) != total[0]:
            parts = " + ".join(f"{number:g}" for number in numbers)
            draft.report("facts.contradiction", f"the arms add up to {parts} = {sum(numbers):g}",
                         ("facts", totals[0], "value"), _CURE)  # fmt: skip


def _curves(draft: Draft, keys: dict[int, Key]) -> None:
    """A survival curve does not rise, an incidence does not fall, and the median is where the curve is at a half."""
    shared = ("endpoint", "population", "arm", "groups", "data_cut")
    for positions in _groups(keys, ("survival", "cumulative_incidence"), "statistic", *shared):
        ordered = sorted(positions, key=lambda at: keys[at].time or 0.0)
        falls = keys[ordered[0]].statistic == "survival"
        for before, after in pairwise(ordered):
            left, right = _box(draft, before), _box(draft, after)
            if left is None or right is None or keys[before].time == keys[after].time:
                continue
            if (right[0] > left[1]) if falls else (left[0] > right[1]):
                word = "rises" if falls else "falls"
                said = f"{_shown(draft, before)} (line {_line(draft, before)})"
                message = f"the curve {word}: at {keys[before].time:g} {draft.unit} it is {said}"
                draft.report("facts.contradiction", message, ("facts", after, "value"), _CURE)
    for positions in _groups(keys, ("survival", "median"), *shared):
        for median in (at for at in positions if keys[at].statistic == "median"):
            _median(draft, keys, median, [at for at in positions if keys[at].statistic == "survival"])


def _median(draft: Draft, keys: dict[int, Key], median: int, landmarks: list[int]) -> None:
    box = _box(draft, median)
    for at in landmarks:
        share, time = _box(draft, at), keys[at].time or 0.0
        if box is None or share is None:
            continue
        early, late = time < box[0] and share[1] < 0.5, time > box[1] and share[0] > 0.5
        if early or late:
            where = "below" if early else "above"
            said = f"the median is {_shown(draft, median)} (line {_line(draft, median)})"
            message = f"at {time:g} {draft.unit} the curve is {where} a half, and {said}"
            draft.report("facts.contradiction", message, ("facts", at, "value"), _CURE)


def _reductions(draft: Draft, keys: dict[int, Key]) -> None:
    """A reduction in hazard is one less the hazard ratio."""
    shared = ("endpoint", "population", "arm", "versus", "groups", "data_cut")
    for positions in _groups(keys, ("hazard_ratio", "hazard_reduction"), *shared):
        for one, other in combinations(positions, 2):
            if keys[one].statistic == keys[other].statistic:
                continue
            ratio, reduction = (one, other) if keys[one].statistic == "hazard_ratio" else (other, one)
            left, right = _box(draft, ratio), _box(draft, reduction)
            if left is None or right is None or keys[one].method != keys[other].method:
                continue
            if 1 - left[1] > right[1] or 1 - left[0] < right[0]:
                draft.report("facts.contradiction", f"the hazard ratio on line {_line(draft, ratio)} is "
                             f"{_shown(draft, ratio)}", ("facts", reduction, "value"), _CURE)  # fmt: skip


def _sizes(draft: Draft, keys: dict[int, Key]) -> None:
    """Nobody has an event who is not there: events, and numbers that facts rest on, against the size of the arm."""
    sizes: dict[tuple[str, str], tuple[float, int]] = {}
    for at, key in keys.items():
        box = _box(draft, at)
        if key.statistic == "subjects" and box is not None and set(dict(key.groups).values()) <= {"randomized"}:
            sizes.setdefault((key.arm, key.data_cut), (box[0], at))
    for at, key in keys.items():
        size = sizes.get((key.arm, key.data_cut)) if not key.versus else None
        if size is None or at == size[1]:
            continue
        fact = draft.facts[at]
        found = _count(draft, at, fact)
        if found is not None and found[1] > size[0]:
            draft.report("facts.contradiction", f"more than the {size[0]:g} subjects of line {_line(draft, size[1])}",
                         ("facts", at, found[0]), _CURE)  # fmt: skip


def _count(draft: Draft, at: int, fact: Fact) -> tuple[str, float] | None:
    box = _box(draft, at)
    if fact.statistic in ("events", "responders", "ae_subjects", "duration_events", "subjects") and box is not None:
        return "value", box[0]
    if fact.n is not None:
        return "n", float(fact.n)
    return ("events", float(fact.events)) if fact.events is not None else None


def _dates(draft: Draft) -> None:
    """What was published was cut before; enrollment began before it ended."""
    dates = {(fact.statistic, draft.cut_of(fact)): (at, fact.text) for at, fact in draft.facts.items() if fact.text}
    for (statistic, which), (at, end) in dates.items():
        began = dates.get(("enrollment_start", which))
        if statistic == "enrollment_end" and began is not None and str(end) < str(began[1])[: len(str(end))]:
            draft.report("facts.contradiction", f"enrollment began {began[1]} (line {_line(draft, began[0])})",
                         ("facts", at, "text"), "correct one of the dates")  # fmt: skip
    for name, cut in draft.cuts.items():
        source = draft.sources.get(cut.source or "")
        if source is None or source.date is None or not isinstance(cut.date, datetime.date):
            continue
        published = source.date if isinstance(source.date, datetime.date) else datetime.date(int(source.date), 12, 31)
        if cut.date > published:
            draft.report("facts.contradiction", f"the cut is later than {cut.source}, which was published "
                         f"{source.date}", ("cuts", name, "date"), "correct one of the dates")  # fmt: skip
