"""Populations and subgroups that a text speaks of, and other studies or analyses that it cites."""

from __future__ import annotations

import re
from collections.abc import Sequence

from equipoise.evidence.claims.context_lists import bag
from equipoise.evidence.claims.context_words import Mention, Text, build_trie, longest, slug, within
from equipoise.evidence.model import Lexicon

__all__ = ["population_mentions", "sources"]

_SETS = {
    "itt": r"(?:modified )?intent(?:ion)?[- ]to[- ]treat|m?itt|full[- ]analysis set|fas",
    "safety": r"safety (?:population|set|analysis set|cohort|analysis)|safety[- ]evaluable|"
    r"as[- ]treated (?:population|set|analysis)",
    "per_protocol": r"per[- ]protocol|treated as planned",
    "efficacy": r"efficacy[- ](?:set|population|analysis set|evaluable)",
    "exposed": r"exposed (?:set|population)",
    "immunogenicity": r"immunogenicity (?:set|population|subset)",
}
_SET = re.compile("|".join(rf"(?P<{name}>\b(?:{words})\b)" for name, words in _SETS.items()))
_HINTS = (
    "intent",
    "itt",
    "fas",
    "analysis",
    "safety",
    "protocol",
    "planned",
    "efficacy",
    "exposed",
    "immuno",
    "as-treated",
)
_PEOPLE = (
    r"(?:patients|participants|people|those|women|men|adults|children|persons|subjects|individuals|mothers|infants)"
)
_IN = re.compile(r"\b(?:among|amongst|in|for|within|of) (?:the )?")
_WORD = r"[A-Za-z\u2265\u2264<>=+\d][\w+/%.\u2265\u2264<>=-]*"
_TAILS = (
    re.compile(rf"({_WORD}(?: {_WORD}){{0,4}}) (?:sub)?(?:group|population|cohort|stratum|subset)s?\b", re.IGNORECASE),
    re.compile(rf"([a-z][a-z\d]*(?:-[a-z\d]+)*) {_PEOPLE}\b", re.IGNORECASE),
    re.compile(
        rf"(?:\d[\d,]* )?{_PEOPLE} ((?:with|without|aged|who|whose|younger|older|not|at|from|having|on|given)\b"
        r"[^.;,:()\[\]|]{2,70})",
        re.IGNORECASE,
    ),
    re.compile(r"(women|men|children|adolescents|smokers|nonsmokers|never-smokers)\b", re.IGNORECASE),
)
_OTHER = re.compile(
    r"\b(?:(?:in|from) (?:an? |the )?(?:earlier|previous|prior|another|other|separate|similar|"
    r"pivotal)(?: [a-z\d-]{1,20}){0,3} (?:trials?|study|studies)"
    r"|meta-analysis|real-world)\b",
)
_TRIAL = re.compile(
    r"\b(?=[A-Zst])(?:(?!COVID|SARS)[A-Z]{4,}(?:-[A-Z]+){0,3}-\d{1,3}\b|[A-Z]{4,}-[A-Z][A-Za-z]+(?:\d+)?|"
    r"[A-Z][a-z]+[A-Z][a-z]+[- ]?\d\w*|[A-Z]{5,}\d|[A-Z]{7,}|[Tt]rial \d|[Ss]tudy \d)\b"
)
_ANALYSIS = re.compile(
    r"\b(first|second|third|earlier|previous|initial|interim|final|updated|later|latest|last|present|current|prior) "
    r"(?:[a-z-]{1,20} ){0,3}?(?:look|analys[ei]s|data cut|cut-?off|readout|report|results)\b",
)
_BESIDE_NAME = re.compile(
    r"\s*(?:\(|,)?\s*(?:trial|study|investigators|final|enrolled|randomi[sz]ed|phase|showed|met|program|researchers|results)\b",
    re.IGNORECASE,
)
_IN_NAME = re.compile(r"\b(?:in|from|and|called|named|with the|of the|the)\s$", re.IGNORECASE)
_HEADLINE = re.compile(r"\s*(?::|- |[A-Z]{2,}\b|\Z)")  # "CHICAGO - ", "METHODS:", a line in capitals
_HEADINGS = bag(
    """
    BACKGROUND METHODS RESULTS CONCLUSION CONCLUSIONS OBJECTIVE OBJECTIVES FINDINGS INTERPRETATION FUNDING DESIGN
    SETTING PARTICIPANTS IMPORTANCE INTERVENTION INTERVENTIONS MEASURES PURPOSE RATIONALE SUMMARY INTRODUCTION
    DISCUSSION REGISTRATION LIMITATIONS PATIENTS OUTCOMES SAFETY EFFICACY MONDAY TUESDAY WEDNESDAY THURSDAY SATURDAY
    JANUARY FEBRUARY SEPTEMBER OCTOBER NOVEMBER DECEMBER
    """
)
_NOW = frozenset(("final", "updated", "latest", "last", "present", "current", "later"))
_NEAR_START = 70  # characters of a sentence in which a name is its subject
_STOP = bag(
    """
    prespecified similar respective various several the a an this that these both each all treatment study placebo
    control other either two three trial same whole entire overall intention combined combination experimental
    intervention vaccine standard total general active first-ever randomized randomised enrolled treated eligible
    evaluable assigned more most some many fewer which respective respectively such those them of in for and or full
    our single one remaining adult hospitalized
    """
)
_NO_GROUP = bag(
    """
    group arm arms groups treatment versus vs than was were had median respectively and or respective compared
    """
)


def population_mentions(text: Text, arms: Sequence[Mention], lexicon: Lexicon | None = None) -> list[Mention]:
    """Where a text names sets of analysis and subgroups, in order.

    Args:
        text: The text.
        arms: Where it names its arms: "patients given placebo" are no subgroup.
        lexicon: Known populations; its words come first.
    """
    sets = list(_known(text, lexicon))
    if any(word in text.low for word in _HINTS):
        sets += [Mention(m.start(), m.end(), m.lastgroup or "", "set") for m in _SET.finditer(text.low)]
    groups = [
        Mention(start.start(), match.end(), name, "subgroup")
        for start in _IN.finditer(text.low)
        for pattern in _TAILS
        if (match := pattern.match(text.plain, start.end())) and (name := _named(match[1]))
    ]
    sets = _apart(sets, [])
    return sorted([*sets, *_apart(groups, sorted([*arms, *sets]))])


def _apart(found: Sequence[Mention], others: Sequence[Mention]) -> list[Mention]:
    """Mentions that overlap none before them, and none of others."""
    out: list[Mention] = []
    place = 0
    for mention in sorted(found, key=lambda m: (m.start, -m.end)):
        while place < len(others) and others[place].end <= mention.start:
            place += 1
        if place < len(others) and others[place].start < mention.end:
            continue
        if not out or mention.start >= out[-1].end:
            out.append(mention)
    return out


def _known(text: Text, lexicon: Lexicon | None) -> list[Mention]:
    """Mentions of the populations of a lexicon."""
    if lexicon is None or not lexicon.populations:
        return []
    trie = build_trie({name: (*words, name.replace("_", " ")) for name, words in lexicon.populations.items()})
    out, i = [], 0
    while i < len(text.words):
        name, end = longest(trie, text.words, i)
        if name:
            out.append(Mention(text.words[i].start, text.words[end - 1].end, name, "set"))
        i = max(end, i + 1)
    return out


def _named(words: str) -> str:
    """The slug of a subgroup's words; "" where they name none."""
    parts = words.replace("\u2265", " ge ").replace("\u2264", " le ").replace("<", " lt ").replace(">", " gt ").split()
    low = [part.lower().strip("-,") for part in parts]
    if not any(c.isalpha() for part in low for c in part) or re.match(r"\d+-?(?:day|week|month|year)", low[0]):
        return ""
    if not low or low[0] in _STOP or low[-1] in _STOP or any(part in _NO_GROUP for part in low):
        return ""
    if low[0] in ("with", "who", "having", "on", "given", "from", "at", "not") and len(low) < 2:
        return ""
    while low and low[0] in ("with", "who", "whose", "having", "were", "are", "aged", "had"):
        low = low[1:]
    return slug(" ".join(low[:7]))


def sources(text: Text, positions: Sequence[int], arms: Sequence[Mention] = ()) -> list[str]:
    """For each position the other study, or the other analysis, that the text speaks of there; "" for its own.

    Of several studies the one named first is the text's own, unless sentences begin with several: then each number
    belongs to the study named last. Analyses count only where the text tells of more than one.

    Args:
        text: The text.
        positions: Positions in the text, in order.
        arms: Where arms are named: a brand in capitals is no study.
    """
    trials = [
        Mention(m.start(), m.end(), slug(m.group()))
        for m in _TRIAL.finditer(text.plain)
        if (not m.group().isalpha() or _names_study(text, m))
        and not any(a.end > m.start() for a in within(arms, m.start() - 60, m.end()))
        and not any(a.end > m.start() for a in within(arms, m.start() - 60, m.end()))
    ]
    looks = [Mention(m.start(), m.end(), _look(m[1])) for m in _ANALYSIS.finditer(text.low)]
    others = [Mention(m.start(), m.end(), slug(m.group())) for m in _OTHER.finditer(text.low)]
    if len({m.name for m in trials}) < 2:
        trials = []
    if len({m.name for m in looks}) < 2:
        looks = []
    if not (trials or looks or others):
        return [""] * len(positions)
    of_trial = _last_named(text, positions, trials, own=trials[0].name if trials else "")
    of_look = _last_named(text, positions, looks, own="")
    inside = {text.sentence(m.start): m.name for m in others}
    return [
        "_".join(part for part in (a or inside.get(text.sentence(place), ""), b) if part)
        for place, a, b in zip(positions, of_trial, of_look, strict=True)
    ]


_NUMBERED = re.compile(r"(?:trial|study)_\d")  # of such the first is no more the text's own than the second


def _names_study(text: Text, word: re.Match[str]) -> bool:
    """Whether a word in capitals is the name of a study, and not a heading, a place or a brand."""
    if word.group() in _HEADINGS or _HEADLINE.match(text.plain, word.end(), word.end() + 24):
        return False
    before = _IN_NAME.search(text.plain, max(0, word.start() - 12), word.start())
    return bool(before or _BESIDE_NAME.match(text.plain, word.end(), word.end() + 24))


def _look(word: str) -> str:
    low = word.lower()
    return "" if low in _NOW else f"{low}_analysis"


def _last_named(text: Text, positions: Sequence[int], named: Sequence[Mention], *, own: str) -> list[str]:
    """For each position what was named last: in its sentence, or as the subject of one before it."""
    subjects = {m for m in named if m.start - text.spans[text.sentence(m.start)][0] < _NEAR_START}
    several = len({m.name for m in subjects}) > 1
    out: list[str] = []
    i = 0
    subject = ""
    within: Mention | None = None
    for place in positions:
        while i < len(named) and named[i].start <= place:
            within = named[i]
            if within in subjects:
                subject = within.name
            i += 1
        inside = within is not None and text.sentence(within.start) == text.sentence(place)
        ahead = named[i] if i < len(named) and text.sentence(named[i].start) == text.sentence(place) else None
        close = ahead is not None and ahead.start - place < 60 and ";" not in text.plain[place : ahead.start]
        name = within.name if within is not None and inside else ahead.name if ahead is not None and close else ""
        name = name or (subject if several else "")
        out.append("" if name == own and not _NUMBERED.match(name) else name)
    return out
