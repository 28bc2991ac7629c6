"""Best overall response of one subject by RECIST 1.1 (Eisenhauer et al. 2009, Eur J Cancer 45:228, section 4.4).

Without confirmation the best response of any visit until progression counts; with confirmation (their table 3) a CR or
PR counts when a later visit confirms it, and else as stable disease.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple

from equipoise.data.derive.timeline import Assessment, Course

__all__ = ["Best", "best_response", "clinical_benefit", "first_response"]


class Best(NamedTuple):
    """A response that was decided.

    Attributes:
        response: The response.
        date: Day of the first assessment that shows it, or None.
        rule: Name of the rule that decided.
        decision: One line for a reader.
    """

    response: str
    date: datetime.date | None
    rule: str
    decision: str


def best_response(course: Course, *, confirmed: bool) -> Best:
    """Best overall response.

    Args:
        course: The subject as the rules read it.
        confirmed: Whether a CR or PR has to be confirmed.

    Returns:
        CR, PR, SD, NON-CR/NON-PD, PD, NE (assessed, nothing of it counts) or MISSING (never assessed).
    """
    if not course.usable:
        return Best("NE", None, "recist.no_baseline", "no adequate baseline assessment: NE")
    seen = _until_progression(course)
    if not seen:
        return Best("MISSING", None, "recist.no_assessment", "no assessment after baseline: MISSING")
    for kind in ("CR", "PR"):
        for position, one in enumerate(seen):
            if one.response == kind:
                witness = confirmation(course, seen, position)
                if confirmed and witness is None:
                    continue
                by = f", confirmed on {course.said(witness)}" if confirmed and witness is not None else ""
                rule = "recist.confirmed" if confirmed else "recist.best"
                return Best(kind, one.date, rule, f"{kind} on {course.said(one.date)}{by}: {kind}")
    return _not_response(course, seen)


def _not_response(course: Course, seen: list[Assessment]) -> Best:
    least = course.plan.response.stable_days
    shown = {one.response for one in seen}
    word = "NON-CR/NON-PD" if "NON-CR/NON-PD" in shown and not shown & {"PR", "SD"} else "SD"
    late = _stable(course, seen, least)
    if late is not None:
        what = late.response if late.response in ("SD", "NON-CR/NON-PD") else f"unconfirmed {late.response}"
        decision = f"{what} on {course.said(late.date)}, at least {least} days after the start: {word}"
        return Best(word, late.date, "recist.stable", decision)
    early = [one for one in seen if one.response in ("CR", "PR", "SD", "NON-CR/NON-PD")]
    before = f"{early[-1].response} on {course.said(early[-1].date)} is before {least} days, " if early else ""
    if course.progression is not None and seen[-1].response == "PD":
        return Best("PD", seen[-1].date, "recist.progression", f"{before}PD on {course.said(seen[-1].date)}: PD")
    if early:
        return Best("NE", early[0].date, "recist.too_early", f"{before}nothing later: NE")
    return Best("NE", seen[0].date, "recist.not_evaluable", "no visit could be evaluated: NE")


def _until_progression(course: Course) -> list[Assessment]:
    """Visits that count: the first progression included, those after it and after another therapy not."""
    out: list[Assessment] = []
    therapy = course.line.new_therapy
    for one in course.assessments:
        if therapy is not None and one.date > therapy and course.plan.response.after_new_therapy == "exclude":
            break
        out.append(one)
        if one.response == "PD":
            break
    return out


def _stable(course: Course, seen: list[Assessment], least: int) -> Assessment | None:
    """The first visit without progression that is late enough for stable disease."""
    for one in seen:
        if one.adequate and one.response != "PD" and (one.date - course.line.start).days >= least:
            return one
    return None


def confirmation(course: Course, seen: list[Assessment], position: int) -> datetime.date | None:
    """The visit that confirms a response.

    A CR is confirmed by a CR, with nothing but CR and NE between; a PR by a PR or CR, with PR, CR, NE and, as declared,
    SD between. The confirming visit comes at least `confirmation_days` later.

    Args:
        course: The subject.
        seen: Its visits until progression.
        position: Which of them is the response.

    Returns:
        Date of the visit, or None.
    """
    rules = course.plan.response
    first = seen[position]
    agrees = ("CR",) if first.response == "CR" else ("CR", "PR")
    unknown = stable = 0
    for later in seen[position + 1 :]:
        if later.response in agrees:
            if (later.date - first.date).days >= rules.confirmation_days:
                return later.date
        elif not later.adequate:
            unknown += 1
        elif first.response == "PR" and later.response in ("SD", "NON-CR/NON-PD"):
            stable += 1
        else:
            return None
        if unknown > rules.not_evaluable_between or stable > rules.stable_between:
            return None
    return None


def first_response(course: Course, *, confirmed: bool) -> tuple[Assessment, datetime.date | None] | None:
    """The first CR or PR, and what confirms it.

    Args:
        course: The subject.
        confirmed: Whether it has to be confirmed.

    Returns:
        The visit and the date of its confirmation (None where none is needed), or None for a non-responder.
    """
    seen = _until_progression(course)
    for position, one in enumerate(seen):
        if one.response in ("CR", "PR"):
            witness = confirmation(course, seen, position) if confirmed else None
            if witness is not None or not confirmed:
                return one, witness
    return None


def clinical_benefit(course: Course, *, minimum_days: int, confirmed: bool) -> Best:
    """Whether a subject responded, or was without progression at a visit late enough.

    Args:
        course: The subject.
        minimum_days: Days from the start.
        confirmed: Whether a response has to be confirmed.

    Returns:
        Y or N.
    """
    response = first_response(course, confirmed=confirmed)
    late = _stable(course, _until_progression(course), minimum_days)
    if response is not None and (late is None or response[0].date <= late.date):
        one = response[0]
        return Best("Y", one.date, "recist.response", f"{one.response} on {course.said(one.date)}: benefit")
    if late is not None:
        said = f"{late.response} on {course.said(late.date)}, at least {minimum_days} days after the start: benefit"
        return Best("Y", late.date, "recist.stable", said)
    if not course.usable:
        return Best("N", None, "recist.no_baseline", "no adequate baseline assessment: no benefit")
    said = f"no response, and no visit without progression after {minimum_days} days: no benefit"
    return Best("N", None, "recist.no_benefit", said)
