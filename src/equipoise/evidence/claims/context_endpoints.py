"""Of which endpoint each number is, sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from equipoise.evidence.claims.context_arms import CONTRASTS
from equipoise.evidence.claims.context_words import Mention, Text, slug, within
from equipoise.evidence.model import Claim

__all__ = ["assign_endpoints", "clean_label", "of_measure", "own_words"]

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
    r"(?:for|of|in|the|a|an|risk|rate|rates|relative|reduction|lower|decrease|increase|improvement|hazard|incidence|odds|likelihood|chance|on|from|with|"
    r"patients?|participants?|people|had|have|has|were|was|are|been|being|achieved|experienced|reported|developed|suffered|who|still|to|any|either|"
    r"confirmed|his|her|their|by|as|over|against|efficacy|effectiveness|protection|months?|years?|days?|at|proportion|percentage|points?|did|not|without|being|more|less|fewer|those|%)"
)
_AFTER = re.compile(rf"^[\s,)\]%]*(?:{_LINKS}[\s,-]+){{1,8}}$", re.IGNORECASE)
_ADJACENT = re.compile(r"^[\s)\]%]*$")
_BRACKETED = re.compile(r"\([^()]{0,160}\)|\[[^\[\]]{0,160}\]")
_CONDITION = re.compile(
    r"\b(?:(?:patients?|people|adults|participants|those|men|women|individuals|inpatients|persons|children) (?:with|after|at risk of|having|who have)|after|following|history of|treatment of|because of|due to|risk factors for|surviving|prior|previous|laid to) (?:an? |the |acute |chronic |recent |severe |serious |active |heavy )*$",
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

_TIME_WORDS = re.compile(
    r"(?i)\b(?:within|at|by|through|after|over|in|up to|during|before|until)\s+(?:the )?(?:first )?(?:day |week |month |year )?\d[\d.,]*(?:[- ]?(?:days?|d|weeks?|wk|months?|mo|years?|yr?s?|h|hours?))?\b"
)
_STATS = re.compile(
    r"(?i)\b(?:median|mean|rates?|no\.?|number|percent|percentage|proportion|of patients|patients|participants|hr|hazard ratio|odds ratio|risk ratio|relative risk|or|rr|ci|95|stratified|unstratified|one|two|sided|p|value|n|%|months?|mo|years?|yr|estimated|difference|confidence interval|incidence|risk|event|events|episodes?|cases?|ratio|in|on|to|a|an|the|with|by|for|at|and|from|up|follow-up|(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*)\b|[()%,;:=|*]"
)
_LABEL = re.compile(
    r"(?:^\s*(?:[-*\u2022#]\s*)?(?:\d+\.\s)?|[;.,)\]]\s+)([A-Za-z][^:;|()\[\]]{2,80}?)(?:\s*\([^()]{0,60}\))?\s*:\s*$"
)
_FOR = re.compile(r"^[\s)\]%]*for (?:the |an? )?([A-Za-z][\w-]*(?: [A-Za-z][\w-]*){0,5})")
_SUBJECT = re.compile(
    r"(?:^|[,;:.)]\s+|\band )(?:(?:an?|the)\s+)?([A-Za-z][\w/+-]*(?: [\w/+-]+){0,5}?) (?:had |has |have )?(?:been |was |were )?(?:also )?"
    r"(?:occurred|reported|observed|seen|reached|achieved|arose|developed|attained|noted|recorded|experienced|met|found|documented|claimed|struck|totall?ed|befell|hit|came|happened|appeared|affected|bothered|made up|turned up|was|were)\b[^.;:]{0,60}$",
    re.IGNORECASE,
)
_BRACKET = re.compile(r"([A-Za-z][\w-]*(?: [A-Za-z][\w-]*){0,5})\s*[(\[]\s*$")
_PREDICATE = re.compile(
    r"^[\s)\]%,]*(?:of )?(?:the )?(?:patients|participants|people|women|men|of them|adults|mothers)?\s*(?:had|were|was|have|are|has|is|went|got)\s+([A-Za-z][\w-]*(?: [\w-]+){0,4})",
    re.IGNORECASE,
)
_CUTS = frozenset(
    "and or in with versus vs was were is are had has of by to from at on for while but than among the a an compared after respectively during which who when per as respective".split()
)
_EMPTY = frozenset(
    "efficacy effectiveness protection respectively drug drugs of it's i.e. per which when where rest did not trouble superiority noninferiority non-inferiority interaction trend all both each any every patients participants this that these those it difference comparison effect heterogeneity them one two lower higher better results data ratio ratios hazard median months years who".split()
)
_SHRINK = frozenset(
    "less more lower higher fewer reduced increased improved better worse longer shorter greater rarer went up down significantly also only of the a an no was were is for new and in with".split()
)


@dataclass(slots=True)
class _State:
    """The endpoint that a sentence is about at a place, and where it was said."""

    name: str = ""
    term: str = ""
    at: int = -1
    end: int = -1


def own_words(plain: str, start: int, claim: Claim) -> str:
    """The endpoint of a number in the text's own words, as a slug; "" where no phrase gives it.

    Args:
        plain: The text, normalized, names of arms blanked.
        start: Where its sentence, or the part of it that is looked at, begins.
        claim: The number.
    """
    before = plain[max(start, claim.start - 220) : claim.start]
    found = _SUBJECT.search(before)
    if found and (name := clean_label(found[1])):
        return name
    found = _BRACKET.search(before)
    return clean_label(" ".join(_shrunk(found[1].split()))) if found else ""


def _tied(plain: str, start: int, claim: Claim) -> tuple[str, int]:
    """The text's own words that are tied to a number: its label, "for ..." or "had ..." behind it; and where."""
    before = plain[max(start, claim.start - 120) : claim.start]
    after = plain[claim.end : claim.end + 90]
    if claim.measure == "events" and claim.value is not None:
        inner = clean_label(plain[max(claim.start, claim.value.end) : claim.end])
        if inner:
            return inner, claim.start
    found = _FOR.match(after)
    if found and claim.measure in CONTRASTS and (name := _cut(found[1])):
        return name, claim.start
    found = _LABEL.search(before)
    if found and (name := clean_label(found[1])):
        return name, claim.start - len(before) + found.start(1)
    if claim.measure not in CONTRASTS and claim.unit in ("%", "patients", "participants", ""):
        found = _PREDICATE.match(after)
        if found and (name := _cut(found[1])):
            return name, claim.start
    return "", -1


def _shrunk(words: list[str]) -> list[str]:
    """The last words of a phrase, from behind its last comparing word on."""
    for i in range(len(words) - 1, -1, -1):
        if words[i].lower() in _SHRINK:
            return words[i + 1 :]
    return words if len(words) < 4 else words[-3:]


def _cut(words: str) -> str:
    """Words up to the first that ends a phrase, as a slug."""
    kept: list[str] = []
    for word in words.split():
        if word.lower() in _CUTS and kept:
            break
        if word.lower() not in _CUTS:
            kept.append(word)
    if not kept or kept[0].lower() in _EMPTY:
        return ""
    return slug(" ".join(kept))


def clean_label(words: str) -> str:
    """The words of a label that name something, as a slug.

    Args:
        words: The label ("Symptomatic haemorrhage at 24 h", "PFS, median months").
    """
    bare = _STATS.sub(" ", _TIME_WORDS.sub(" ", words))
    parts = [w for w in bare.split() if w.lower() not in _EMPTY and not w.isdigit()]
    if not parts or len(parts) > 7 or len("".join(parts)) < 2:
        return ""
    return slug(" ".join(parts))


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
    if claim.measure == "median" and claim.unit in ("months", "years", "weeks", "days") and name in _NOT_MEDIAN:
        return False
    return True


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
    plain = _blanked(text.plain, arms)
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
            _one(text, plain, out, i, named, arms, state, text.spans[at], following)
        _share(text, out, groups[at])
        if not named and before[0] == at - 1:
            _from_before(text, out, groups[at], text.spans[at], before)
        names = {(out[i].endpoint, out[i].term) for i in groups[at] if out[i].endpoint}
        last = names.pop() if len(names) == 1 else ("", "")
        before = (at, *last)
    return [
        replace(c, endpoint=of_measure(c.endpoint, c, hazards=hazards)) if c.endpoint == "death" else c for c in out
    ]


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
    for _ in range(2):
        gap = _BRACKETED.sub(" ", gap)
    return gap


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
) -> None:
    """Give one number its endpoint."""
    claim = out[i]
    fitting = [m for m in named if _fits(claim, m)]
    inside = next((m for m in fitting if claim.start <= m.start and m.end <= claim.end), None)
    behind = next((m for m in fitting if m.start >= claim.end), None)
    if inside is not None:
        _name(out, i, inside, state)
        return
    if behind is not None and behind.start < following:
        gap = _gap(text, claim.end, behind.start, arms)
        if _AFTER.match(gap) or (claim.measure == "events" and _ADJACENT.match(gap)):
            _name(out, i, behind, state)
            return
    last = next((m for m in reversed(fitting) if m.end <= claim.start and claim.start - m.end < 300), None)
    own, at = _tied(plain, span[0], claim)
    if own and (last is None or last.end <= at or at >= claim.start):
        _set(out, i, own, "", state, claim.start)
        return
    if state.end > (last.end if last else 0) and (fresh := _fresh(plain[state.end : claim.start])) is not None:
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
    if own:
        _set(out, i, own, "", state, claim.start)
    elif (
        last is not None
        and last.start >= state.at
        and _BARE_START.match(text.plain[text.plain.rfind(";", span[0], claim.start) + 1 : claim.start])
    ):
        _name(out, i, last, state)


_SPLIT = re.compile(r"[,;()\[\]]|\b(?:and|but|while|whereas)\b")


def _fresh(gap: str) -> str | None:
    """What words between two numbers are newly about: a slug, "" where that can't be told, None where they are about nothing.

    "3.6% vs 2.2% and worsening renal function in" is about renal function; "; hazard ratio" and ", respectively" are not.
    """
    for _ in range(2):
        gap = _BRACKETED.sub(" ", gap)
    if not _content(gap):
        return None
    parts = [part for part in _SPLIT.split(gap) if part.strip()]
    words = _content(parts[-1]) or (
        _content(parts[-2]) if gap.rstrip().endswith(("(", "[", ":")) and len(parts) > 1 else []
    )
    return slug(" ".join(words[:5]))


def _content(words: str) -> list[str]:
    """The words that can name an endpoint."""
    bare = _STATS.sub(" ", _TIME_WORDS.sub(" ", words))
    return [
        w
        for w in re.findall(r"[A-Za-z][\w-]*", bare)
        if len(w) > 2 and w.lower() not in _FILLER and w.lower() not in _CUTS and w.lower() not in _EMPTY
    ]


_FILLER = frozenset(
    """patients participants people women men adults children group groups arm arms recipients those these them given
    receiving received treated assigned taking therapy treatment alone plus respectively significant significantly
    statistically clinically meaningful difference differences favored favoured favoring favouring favors translating
    corresponding representing meaning benefit improvement reduction increase decrease relative absolute risk lower
    higher greater longer shorter less more fewer adjusted unadjusted stratified unstratified log-rank two-sided one-sided
    superiority noninferiority non-inferiority margin nominal estimate estimated observed median mean mo months years
    weeks days year month week day wk yr time point points percentage percent number needed treat nnt value values hazard
    odds rate ratio ratios confidence interval credible bound limit upper lower one two three first second third half
    twice other others both each also only just about approximately nearly almost even still that which was were had has
    have did not over under since until when where versus compared comparison against did met crossed missed boundary
    threshold showing showed yielding giving gave for with without from into out total overall final interim analysis
    data cutoff cut-off study trial control experimental i.e that is rose fell dropped went came stood ran reached
    per 100 person-years patient-years person years ci hr rr or irr vs v total namely said corresponding respectively after during
    within least most best rather than part parts same all any every such thus hence therefore an in at of on to as by be the""".split()
)


_BARE_START = re.compile(
    r"(?i)\s*(?:grade|and|in|at|with|for|(?:one|two|three|four|five)?[- ]?(?:year|month))?\b[^a-z]*(?:or (?:higher|worse|greater)|years?|months?|in|at|\s)*$"
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
    if claim.term and not term and name != "adverse_events":
        name = "adverse_events"
    out[i] = replace(claim, endpoint=name, term=claim.term or term)
    state.name, state.term, state.at, state.end = name, term, at, claim.end


_SIDE = re.compile(
    r"(?i)^[\s,;:()\[\]%]*(?:(?:and|vs\.?|versus|with|in|on|for|of|the|patients?|group|arm|compared|to)[\s,;:()\[\]%]*)*$"
)


def _share(text: Text, out: list[Claim], group: list[int]) -> None:
    """Numbers side by side share an endpoint ("198 and 226 patients died"), and so do a total and its parts."""
    for i, j in zip(reversed(group[:-1]), reversed(group[1:]), strict=True):
        a, b = out[i], out[j]
        gap = text.plain[a.end : b.start]
        if not a.endpoint and b.endpoint and a.measure == b.measure and ";" not in gap and len(gap) < 90:
            out[i] = replace(a, endpoint=b.endpoint, term=a.term or b.term)
    for i, j in zip(group, group[1:], strict=False):
        a, b = out[i], out[j]
        gap = text.plain[a.end : b.start]
        inside = gap.count("(") > gap.count(")") or gap.count("[") > gap.count("]")
        if a.endpoint and a.measure == "events" and inside and b.measure in ("events", "proportion") and len(gap) < 60:
            out[j] = replace(b, endpoint=a.endpoint, term=a.term)
        elif (
            a.endpoint
            and a.measure == b.measure == "events"
            and (not b.endpoint or inside)
            and len(gap) < 60
            and _SIDE.match(re.sub(r"[A-Z][\w-]*", "", gap))
        ):
            out[j] = replace(b, endpoint=a.endpoint, term=a.term)


_GOES_ON = re.compile(
    r"(?i)^\W*(?:the |this |that |an? |unadjusted |adjusted |stratified )*(?:hazard|odds|risk|rate|relative|difference|hr\b|or\b|rr\b|p\b|absolute|95)"
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
            out[i] = replace(out[i], endpoint=before[1], term=before[2])
