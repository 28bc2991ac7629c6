"""One fact after another: does each say something that can be read, of something that is declared."""

from __future__ import annotations

import datetime
import re
from typing import Final

from equipoise.evidence.facts.draft import NUMBERS, Draft
from equipoise.evidence.facts.meaning import ALIASES, CONTRASTS, KINDS_OF, LANDMARKS, NO_ENDPOINT, PERCENT_UNITS
from equipoise.evidence.facts.model import Fact
from equipoise.evidence.facts.numbers import absent, is_percent
from equipoise.evidence.model import Number
from equipoise.protocol.suggest import known, nearest
from equipoise.results.vocabulary import VOCABULARY
from equipoise.units import DAYS_PER_UNIT, DAYS_PER_YEAR

__all__ = ["check_facts", "check_head", "real_value"]

_DATED: Final = ("data_cut", "planned_date", "enrollment_start", "enrollment_end")
_DAY: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_LONGEST: Final = 100
"""Years: no trial has followed anybody for longer."""


def check_head(draft: Draft) -> None:
    """Checks sources, cuts, arms and endpoints.

    Args:
        draft: The file; problems are added to it.
    """
    for name, cut in draft.cuts.items():
        _named(draft, cut.source, "sources", ("cuts", name, "source"), "source")
        if isinstance(cut.date, str) and not is_date(cut.date):
            draft.report("facts.date", "this is not a date that exists", ("cuts", name, "date"),
                         "write year-month-day, year-month or the year: 2024-10-15")  # fmt: skip
    if draft.protocol is not None:
        for section, declared in (("arms", draft.protocol.arms), ("endpoints", draft.protocol.endpoints)):
            node = draft.root.child(section)
            for name in node.content if node is not None and isinstance(node.content, dict) else ():
                if name not in declared:
                    draft.report("facts.dangling", f"the protocol declares no `{name}` under `{section}`",
                                 (section, name), nearest(name, declared) or known(f"its {section}", declared),
                                 value=str(name))  # fmt: skip
    controls = [name for name, arm in draft.arms.items() if arm.role == "control"]
    if len(controls) > 1:
        draft.report("facts.arm", "more than one arm is the control", ("arms", controls[1], "role"),
                     f"keep the role for one of {', '.join(controls)}")  # fmt: skip


def check_facts(draft: Draft) -> None:
    """Checks each valid fact by itself.

    Args:
        draft: The file; problems are added to it.
    """
    for position, fact in draft.facts.items():
        path = ("facts", position)
        _check_names(draft, fact, path)
        if fact.statistic not in VOCABULARY:
            alias = ALIASES.get(fact.statistic.casefold())
            cure = f"did you mean `{alias}`?" if alias else nearest(fact.statistic, VOCABULARY)
            cure = cure or "names are those of the vocabulary: `equipoise show` of a bundle lists them"
            draft.report("facts.statistic", "no statistic has this name", (*path, "statistic"), cure)
            continue
        _check_place(draft, fact, path)
        _check_numbers(draft, fact, position)
        _check_counts(draft, fact, position)


def _named(draft: Draft, name: str | None, section: str, path: tuple[str | int, ...], noun: str) -> None:
    declared = draft.names.get(section)
    if name is None or declared is None or name in declared:
        return
    draft.report("facts.dangling", f"no {noun} is called `{name}`", path,
                 nearest(name, declared) or known(f"declared under {section}", declared))  # fmt: skip


def _check_names(draft: Draft, fact: Fact, path: tuple[str | int, ...]) -> None:
    for field, section, noun in (
        ("endpoint", "endpoints", "endpoint"), ("arm", "arms", "arm"), ("versus", "arms", "arm"),
        ("source", "sources", "source"), ("via", "sources", "source"), ("cut", "cuts", "cut"),
    ):  # fmt: skip
        _named(draft, getattr(fact, field), section, (*path, field), noun)
    declared = _populations(draft)
    if declared and fact.population is not None and fact.population not in declared:
        draft.report("facts.dangling", f"no population is called `{fact.population}`", (*path, "population"),
                     nearest(fact.population, declared) or known("declared under populations", declared))  # fmt: skip
    known_cut = draft.cut_of(fact) in draft.cuts
    if known_cut and not draft.source_of(fact) and draft.names.get("sources"):
        draft.report("facts.source", "the fact has no source, and its cut names none", path,
                     "add `source:` here, or to its cut", value="")  # fmt: skip


def _populations(draft: Draft) -> list[str]:
    """Populations of the protocol and those that the file adds; none where no protocol says which there are."""
    if draft.protocol is None:
        return []
    added = draft.root.child("populations")
    own = added.content if added is not None and isinstance(added.content, dict) else {}
    return [*draft.protocol.populations, *map(str, own)]


def _check_place(draft: Draft, fact: Fact, path: tuple[str | int, ...]) -> None:
    """Time, endpoint and arms that a statistic needs."""
    name = fact.statistic
    if fact.time is None and name in LANDMARKS:
        draft.report("facts.time", f"`{name}` says nothing without its time", path,
                     f"add `time:`, in {draft.unit}", value=name)  # fmt: skip
    if fact.time is not None and _too_long(draft, fact.time, fact):
        draft.report("facts.range", f"this is more than {_LONGEST} years", (*path, "time"), "compare it and `unit:`")
    if fact.endpoint is None and name not in NO_ENDPOINT and not name.startswith("baseline_"):
        draft.report("facts.missing_key", f"`endpoint` is missing: `{name}` is of an endpoint", path,
                     known("add `endpoint:`, one of those declared", draft.endpoints), value=name)  # fmt: skip
    endpoint = draft.endpoints.get(fact.endpoint or "")
    kinds = KINDS_OF.get(name)
    if endpoint is not None and kinds is not None and endpoint.kind not in kinds:
        fitting = [other for other, entry in draft.endpoints.items() if entry.kind in kinds]
        draft.report("facts.endpoint_kind", f"`{name}` is not of an endpoint of kind {endpoint.kind}",
                     (*path, "endpoint"), known("endpoints of its kind", fitting))  # fmt: skip
    _check_arms(draft, fact, path)


def _check_arms(draft: Draft, fact: Fact, path: tuple[str | int, ...]) -> None:
    name, contrast = fact.statistic, fact.statistic in CONTRASTS
    if fact.arm is not None and fact.arm == fact.versus:
        draft.report("facts.arm", "an arm is compared with itself", (*path, "versus"), "name the other arm")
    elif contrast and fact.arm is None and len(draft.experimental) != 1:
        draft.report("facts.arm", f"`{name}` compares arms, and none is named", path,
                     known("add `arm:`, one of", draft.experimental), value=name)  # fmt: skip
    elif contrast and fact.versus is None and not draft.control:
        draft.report("facts.arm", f"`{name}` compares arms, and no arm is the control", path,
                     "add `versus:`, or give one arm `role: control`", value=name)  # fmt: skip
    elif contrast and fact.versus is None and fact.arm is not None and fact.arm == draft.control:
        draft.report("facts.arm", f"`{name}` is of the experimental arm against the control", (*path, "arm"),
                     known("write one of", draft.experimental))  # fmt: skip
    elif not contrast and fact.versus is not None and name not in ("p_value", "z", "chi_square", "decision"):
        draft.report("facts.arm", f"`{name}` is of one arm: `versus` has no meaning", (*path, "versus"), "remove it")


def _check_numbers(draft: Draft, fact: Fact, position: int) -> None:
    path = ("facts", position)
    display = VOCABULARY[fact.statistic].display
    if fact.value is None and fact.text is None and fact.lower is None and fact.upper is None:
        draft.report("facts.value", "the fact has no value", path, "add `value:` as printed, NR for not reached",
                     value=fact.statistic)  # fmt: skip
    if display == "text":
        if fact.value is not None:
            draft.report("facts.value", f"`{fact.statistic}` is no number", (*path, "value"), "write it under `text:`")
        if fact.statistic in _DATED and fact.text is not None and not is_date(fact.text):
            draft.report("facts.date", "this is not a date that exists", (*path, "text"),
                         'write year-month-day, year-month or the year in quotes: "2024-10-15"')  # fmt: skip
        return
    for name in NUMBERS:
        content = getattr(fact, name)
        number = draft.printed.get((position, name))
        if content is None or (isinstance(content, str) and absent(content)):
            continue
        if number is None:
            draft.report("facts.number", f"`{name}` can't be read as a number", (*path, name),
                         "write it as printed: 0.75, 46.5%, <0.001; NR or NE where there is none")  # fmt: skip
        else:
            _check_size(draft, fact, number, (*path, name))
    _check_limits(draft, fact, position)


def _check_size(draft: Draft, fact: Fact, number: Number, path: tuple[str | int, ...]) -> None:
    term = VOCABULARY[fact.statistic]
    share = term.display in ("percent", "points")
    if (is_percent(number) or fact.unit in PERCENT_UNITS) and not share:
        draft.report("facts.percent", f"`{fact.statistic}` is no proportion", path,
                     "write the number without %, or name another statistic")  # fmt: skip
        return
    value = real_value(number, fact)
    low, high = term.lowest, term.highest
    if term.display == "points":
        low, high = -1.0, 1.0
    if share and not is_percent(number) and fact.unit not in PERCENT_UNITS and abs(number.value) > 1:
        draft.report("facts.percent", "a proportion above 1 without a percent sign", path,
                     f"write {number.text}%, or the fraction {number.value / 100:.10g}")  # fmt: skip
    elif (low is not None and value < low) or (high is not None and value > high):
        least = "" if low is None else f" at least {low:g}"
        most = "" if high is None else f" at most {high:g}"
        draft.report("facts.range", f"`{fact.statistic}` is{' and'.join(part for part in (least, most) if part)}", path,
                     "write the number as printed")  # fmt: skip
    elif term.display == "time" and _too_long(draft, value, fact):
        draft.report("facts.range", f"this is more than {_LONGEST} years", path, "compare it and `unit:`")
    elif term.display == "count" and (number.decimals or value != int(value)):
        draft.report("facts.range", f"`{fact.statistic}` is a whole number", path, "write the number as printed")


def _too_long(draft: Draft, time: float, fact: Fact) -> bool:
    unit = fact.unit if fact.unit in DAYS_PER_UNIT else draft.unit
    return time * DAYS_PER_UNIT[unit] > _LONGEST * DAYS_PER_YEAR


def real_value(number: Number, fact: Fact) -> float:
    """A printed number in the unit of its statistic: percent as a fraction.

    Args:
        number: The number.
        fact: Its fact.
    """
    percent = is_percent(number) or fact.unit in PERCENT_UNITS
    return number.value / 100 if percent and _is_share(fact) else number.value


def _is_share(fact: Fact) -> bool:
    return VOCABULARY[fact.statistic].display in ("percent", "points")


def _check_limits(draft: Draft, fact: Fact, position: int) -> None:
    path = ("facts", position)
    value, lower, upper = (draft.printed.get((position, name)) for name in NUMBERS)
    signs = {is_percent(number) for number in (value, lower, upper) if number is not None}
    if len(signs) > 1 and fact.unit not in PERCENT_UNITS and _is_share(fact):
        draft.report("facts.percent", "a limit has a percent sign, and the value has none", path,
                     "write all of them alike", value="")  # fmt: skip
        return
    if lower is not None and upper is not None and lower.value > upper.value:
        draft.report("facts.limits", "the lower limit is above the upper one", (*path, "lower"), "exchange them")
    elif value is not None and not value.bound:
        below = lower is not None and value.value < lower.value
        above = upper is not None and value.value > upper.value
        if below or above:
            shown = f"{value.text} ({lower.text if lower else '?'} to {upper.text if upper else '?'})"
            draft.report("facts.limits", "the limits do not contain the value", path,
                         "compare the three numbers with their source", value=shown)  # fmt: skip


def _check_counts(draft: Draft, fact: Fact, position: int) -> None:
    path = ("facts", position)
    if fact.events is not None and fact.n is not None and fact.events > fact.n:
        draft.report("facts.events", f"more events than subjects, of whom there are {fact.n}", (*path, "events"),
                     "exchange `events` and `n`, or correct one")  # fmt: skip
        return
    number = draft.printed.get((position, "value"))
    if number is None or number.bound or VOCABULARY[fact.statistic].display != "percent" or not fact.n:
        return
    if fact.events is None or fact.statistic in LANDMARKS:  # with censoring no proportion
        return
    scale = 100 if is_percent(number) or fact.unit in PERCENT_UNITS else 1
    exact = scale * fact.events / fact.n
    if abs(exact - number.value) > 0.5 * 10**-number.decimals * 1.05:
        share = f"{exact:.{number.decimals + 1}f}{'%' if scale == 100 else ''}"
        draft.report("facts.contradiction", f"{fact.events} of {fact.n} is {share}, not {number.text}",
                     (*path, "value"),
                     "compare them with their source; where it prints them so, leave out `events`")  # fmt: skip


def is_date(text: str) -> bool:
    """Whether `text` is a day, a month or a year that exists: 2024-10-15, 2024-10, 2024.

    Args:
        text: The characters.
    """
    found = _DAY.fullmatch(text)
    if found is None:
        return False
    year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
    try:
        return datetime.date(year, month, day).year >= 1900
    except ValueError:
        return False
