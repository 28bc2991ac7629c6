"""Of which endpoint each number is, sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from equipoise.evidence.claims.context_changes import changed
from equipoise.evidence.claims.context_nouns import UNREAD
from equipoise.evidence.claims.context_own import fresh_words, own_words, tied_words
from equipoise.evidence.claims.context_ties import CONTRASTS, SHARES, without_brackets
from equipoise.evidence.claims.context_words import Mention, Text, within
from equipoise.evidence.model import Claim

__all__ = ["assign_endpoints", "of_measure", "without_unread"]
_NONE = frozenset(
    (
        "sample_size",
        "arm_size",
        "randomization_ratio",
        "date",
        "design_value",
        "threshold",
        "age",
        "follow_up",
        "duration",
    )
)
_LINKS = (
    r"(?:for|of|in|the|a|an|risk|rate|rates|relative|reduction|lower|decrease|increase|improvement|hazard|incidence|"
    r"odds|likelihood|chance|on|from|with|"
    r"patients?|participants?|people|had|have|has|were|was|are|been|being|achieved|experienced|reported|developed|"
    r"suffered|who|still|to|any|either|"
    r"confirmed|his|her|their|by|as|over|against|efficacy|effectiveness|protection|months?|years?|days?|at|"
    r"proportion|percentage|points?|did|not|without|being|allocated|assigned|randomi[sz]ed|receiving|received|given|taking|treated|groups?|arms?|more|less|fewer|those|%)"
)
_AFTER = re.compile(rf"^[\s)\]%]*(?:{_LINKS}[\s,-]+){{1,8}}$", re.IGNORECASE)
_ADJACENT = re.compile(r"^[\s)\]%]*$")
_BRACKETED = re.compile(r"\([^()]{0,160}\)|\[[^\[\]]{0,160}\]")
_CONDITION = re.compile(
    r"\b(?:(?:patients?|people|adults|participants|those|men|women|individuals|inpatients|persons|children) (?:with|"
    r"after|at risk of|having|who have)|after|following|history of|treatment of|because of|due to|risk factors for|"
    r"surviving|prior|previous|laid to) (?:an? |the |acute |chronic |recent |severe |serious |active |heavy )*$",
    re.IGNORECASE,
)
_WEAK = frozenset(
    (
        "stroke",
        "ischemic_stroke",
        "myocardial_infarction",
        "sepsis",
        "bleeding",
        "hospitalization",
        "revascularization",
        "body_weight",
        "female",
        "male",
        "kidney_failure",
        "venous_thromboembolism",
        "hba1c",
        "blood_pressure",
    )
)
_NO_TIME = frozenset(("female", "male", "hba1c", "body_weight"))
_NOT_MEDIAN = frozenset(
    (
        "objective_response",
        "adverse_events",
        "complete_response",
        "partial_response",
        "disease_control",
        "clinical_benefit",
    )
)
_PEOPLE_SEX = frozenset(("female", "male"))


@dataclass(slots=True)
class _State:
    """The endpoint that a sentence is about at a place, and where it was said."""

    name: str = ""
    term: str = ""
    at: int = -1
    end: int = -1


def of_measure(name: str, claim: Claim, *, hazards: bool) -> str:
    """The endpoint that a word means for a measure: the hazard of death is that of overall survival."""
    if name == "death" and (
        claim.measure in ("hazard_ratio", "median") or (claim.measure == "risk_reduction" and hazards)
    ):
        return "overall_survival"
    return name


def _fits(claim: Claim, mention: Mention) -> bool:
    """Whether a number of this measure can be of an endpoint."""
    name = mention.name
    if claim.measure in ("hazard_ratio", "risk_reduction", "median", "number_needed") and name in _PEOPLE_SEX:
        return False
    timed = claim.measure == "median" and claim.unit in ("months", "years", "weeks", "days")
    return not (timed and name in _NOT_MEDIAN)


def assign_endpoints(
    text: Text, claims: Sequence[Claim], mentions: Sequence[Mention], arms: Sequence[Mention], skip: frozenset[int]
) -> list[Claim]:
    """Claims with their endpoint, and with the term of an adverse event.

    The endpoint is the one inside the number's own words, or tied to it by those behind ("0.84 for cardiovascular
    death", "had died"), or the last one named in its sentence. Failing those, a label or a subject in the text's own
    words. A ratio or a P value without any takes that of the number before it.

    Args:
        text: The text.
        claims: Its claims in order.
        mentions: Where endpoints are named.
        arms: Where arms are named.
        skip: Indices of claims that have their endpoint from a table.
    """
    out = list(claims)
    plain = _blanked(text.low, arms)
    hazards = any(claim.measure == "hazard_ratio" for claim in claims)
    usable = [m for m in mentions if not _is_condition(text, m)]
    per: dict[int, list[Mention]] = {}
    for mention in usable:
        per.setdefault(text.sentence(mention.start), []).append(mention)
    groups: dict[int, list[int]] = {}
    for i, claim in enumerate(claims):
        if i not in skip and claim.measure not in _NONE and not claim.endpoint:
            groups.setdefault(text.sentence(claim.start), []).append(i)
    before: tuple[int, str, str] = (-2, "", "")
    for at in sorted(groups):
        named = per.get(at, [])
        state = _State()
        for place, i in enumerate(groups[at]):
            following = claims[groups[at][place + 1]].start if place + 1 < len(groups[at]) else text.spans[at][1]
            _one(
                text,
                plain,
                out,
                i,
                named,
                arms,
                state,
                text.spans[at],
                following,
                [out[j] for j in groups[at][max(0, place - 3) : place]],
            )
        _share(text, out, groups[at], arms)
        if not named and before[0] == at - 1:
            _from_before(text, out, groups[at], text.spans[at], before)
        names = {(out[i].endpoint, out[i].term) for i in groups[at] if out[i].endpoint}
        last = names.pop() if len(names) == 1 else ("", "")
        before = (at, *last)
    return [
        changed(c, endpoint=of_measure(c.endpoint, c, hazards=hazards)) if c.endpoint == "death" else c for c in out
    ]


def without_unread(claims: Sequence[Claim]) -> list[Claim]:
    """Claims whose own words name nothing, without an endpoint, but apart from others: of a population unread.

    Args:
        claims: Claims with endpoints and populations.
    """
    seen: dict[str, int] = {}
    out = list(claims)
    for i, claim in enumerate(claims):
        if claim.endpoint.startswith(UNREAD):
            mark = f"unread_{chr(97 + seen.setdefault(claim.endpoint, len(seen)) % 26)}"
            out[i] = changed(claim, endpoint="", population=f"{claim.population}_{mark}".strip("_"))
    return out


def _blanked(plain: str, arms: Sequence[Mention]) -> str:
    """A text with blanks for names of arms."""
    parts, place = [], 0
    for arm in arms:
        if arm.start >= place and not arm.name.startswith("*"):
            parts += [plain[place : arm.start], " " * (arm.end - arm.start)]
            place = arm.end
    return "".join((*parts, plain[place:]))


def _is_condition(text: Text, mention: Mention) -> bool:
    """Whether a mention is of what patients have, and not of what is counted."""
    if mention.name not in _WEAK and mention.form != "term":
        return False
    return bool(_CONDITION.search(text.plain[max(0, mention.start - 60) : mention.start]))


def _gap(text: Text, start: int, end: int, arms: Sequence[Mention]) -> str:
    """Text between a number and a mention without brackets and without names of arms."""
    if end - start > 240:
        return "?" * 30
    parts, place = [], start
    for arm in within(arms, start, end):
        if arm.end <= end:
            parts.append(text.plain[place : arm.start])
            place = arm.end
    parts.append(text.plain[place:end])
    gap = " ".join(parts)
    return without_brackets(gap)


_VERSUS = re.compile(
    r"[\s,;)\]%]*(?:(?:of|in|with|on|for|among|the|patients?|participants?|months?|years?|and)\s+)*"
    r"(?:vs\.?|versus|v\.?|(?:as )?compared (?:with|to)|as opposed to|against)"
    r"(?:\s+(?:an?|the|only|just|median|of|with|in|on|for))*\s*$",
    re.IGNORECASE,
)


def _one(
    text: Text,
    plain: str,
    out: list[Claim],
    i: int,
    named: Sequence[Mention],
    arms: Sequence[Mention],
    state: _State,
    span: tuple[int, int],
    following: int,
    taken: Sequence[Claim],
) -> None:
    """Give one number its endpoint."""
    claim = out[i]
    fitting = [m for m in named if _fits(claim, m)]
    inside = _in_quote(text, claim, fitting)
    behind = next((m for m in fitting if m.start >= claim.end), None)
    if inside is not None:
        _name(out, i, inside, state)
        return
    if behind is not None and behind.start < following:
        gap = _gap(text, claim.end, behind.start, arms)
        if _AFTER.match(gap) or (_ADJACENT.match(gap) and (claim.measure == "events" or behind.name in _PEOPLE_SEX)):
            _name(out, i, behind, state)
            return
    if state.name and _VERSUS.match(_gap(text, state.end, claim.start, arms)):
        _set(out, i, state.name, state.term, state, state.at)
        return
    last = _last_named(claim, fitting, taken)
    own, at = tied_words(plain, span[0], claim)
    if own and (last is None or last.end <= at or at >= claim.start):
        _set(out, i, own, "", state, claim.start)
        return
    if state.end > (last.end if last else 0) and (fresh := fresh_words(plain[state.end : claim.start])) is not None:
        _set(out, i, fresh, "", state, claim.start)
        return
    if (
        last is not None
        and last.start >= state.at
        and (claim.measure in CONTRASTS or not _parted(text, last.end, claim))
    ):
        _name(out, i, last, state)
        return
    if state.name and (claim.measure in CONTRASTS or not _parted(text, state.at, claim)):
        _set(out, i, state.name, state.term, state, state.at)
        return
    begin = max(span[0], state.at, last.end if last else 0)
    own = own_words(plain, begin, claim)
    segment = text.plain[text.plain.rfind(";", span[0], claim.start) + 1 : claim.start]
    if own:
        _set(out, i, own, "", state, claim.start)
    elif last is not None and last.start >= state.at and len(segment) < 60 and _BARE_START.match(segment):
        _name(out, i, last, state)


def _in_quote(text: Text, claim: Claim, named: Sequence[Mention]) -> Mention | None:
    """The endpoint in the quote of a number; of "death from cancer (341 deaths)" the one before the bracket."""
    inside = next((m for m in named if claim.start <= m.start and m.end <= claim.end), None)
    whole = next((m for m in reversed(named) if m.end <= claim.start), None)
    if inside and whole and whole.name.startswith(f"{inside.name}_"):
        return whole if text.plain[whole.end : claim.start].strip() == "(" else inside
    return inside


def _last_named(claim: Claim, named: Sequence[Mention], taken: Sequence[Claim]) -> Mention | None:
    """The endpoint named last before a number, but not in the quotes of the numbers before it."""
    for mention in reversed(named):
        if mention.end > claim.start or mention.name in _PEOPLE_SEX:
            continue
        if claim.start - mention.end >= 300:
            return None
        if not any(one.start <= mention.start < one.end for one in taken):
            return mention
    return None


_BARE_START = re.compile(
    r"(?i)\s*(?:grade|and|in|at|with|for|(?:one|two|three|four|five)?[- ]?(?:year|month))?\b[^a-z]*(?:or (?:higher|"
    r"worse|greater)|years?|months?|in|at|\s)*$"
)


def _parted(text: Text, start: int, claim: Claim) -> bool:
    """Whether a clause ends between a place and a number."""
    return ";" in text.plain[start : claim.start]


def _name(out: list[Claim], i: int, mention: Mention, state: _State) -> None:
    claim = out[i]
    if mention.form == "term":
        adverse = claim.kind == "adverse_event_rate"
        _set(
            out, i, "adverse_events" if adverse else mention.name, mention.name if adverse else "", state, mention.start
        )
    else:
        _set(out, i, mention.name, "", state, mention.start)


def _set(out: list[Claim], i: int, name: str, term: str, state: _State, at: int) -> None:
    claim = out[i]
    if name == UNREAD:
        name = f"{UNREAD}{claim.start}"
    if name == "serious":  # "serious events"
        name = "serious_adverse_events" if claim.kind == "adverse_event_rate" else ""
    if claim.term and not term and name != "adverse_events":
        name = "adverse_events"
    out[i] = changed(claim, endpoint=name, term=claim.term or term)
    carried = "" if name in _PEOPLE_SEX else name  # who took part says nothing of the next number
    state.name, state.term, state.at, state.end = carried, term, at, claim.end


_SIDE = re.compile(
    r"(?i)^[\s,;:()\[\]%]*(?:(?:and|vs\.?|versus|with|in|on|for|of|the|patients?|group|arm|compared|"
    r"to)[\s,;:()\[\]%]*)*$"
)


def _share(text: Text, out: list[Claim], group: list[int], arms: Sequence[Mention]) -> None:
    """Numbers side by side share an endpoint ("198 and 226 patients died"), and so do a total and its parts."""
    for i, j in zip(reversed(group[:-1]), reversed(group[1:]), strict=True):
        a, b = out[i], out[j]
        gap = text.plain[a.end : b.start]
        if (
            not a.endpoint
            and b.endpoint
            and (a.measure == b.measure or {a.measure, b.measure} <= SHARES)
            and ";" not in gap
            and not fresh_words(_gap(text, a.end, b.start, arms))
        ):
            out[i] = changed(a, endpoint=b.endpoint, term=a.term or b.term)
    for i, j in pairwise(group):
        a, b = out[i], out[j]
        gap = text.plain[a.end : b.start]
        inside = gap.count("(") > gap.count(")") or gap.count("[") > gap.count("]")
        if (
            a.endpoint and a.measure == "events" and inside and b.measure in ("events", "proportion") and len(gap) < 60
        ) or (
            a.endpoint
            and a.measure == b.measure == "events"
            and (not b.endpoint or inside)
            and len(gap) < 60
            and _SIDE.match(re.sub(r"[A-Z][\w-]*", "", gap))
        ):
            out[j] = changed(b, endpoint=a.endpoint, term=a.term)


_GOES_ON = re.compile(
    r"(?i)^\W*(?:the |this |that |an? |unadjusted |adjusted |stratified )*(?:hazard|odds|risk|rate|relative|"
    r"difference|hr\b|or\b|rr\b|p\b|absolute|95)"
)


def _from_before(
    text: Text, out: list[Claim], group: list[int], span: tuple[int, int], before: tuple[int, str, str]
) -> None:
    """Ratios and P values of a sentence that goes on from the one before it take its endpoint."""
    if (
        not before[1]
        or not _GOES_ON.match(text.plain[span[0] : span[0] + 80])
        or "\n\n" in text.raw[max(0, span[0] - 2) : span[0] + 2]
    ):
        return
    for i in group:
        if out[i].measure in CONTRASTS and not out[i].endpoint:
            out[i] = changed(out[i], endpoint=before[1], term=before[2])
