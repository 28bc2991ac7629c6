"""Populations and subgroups that a text speaks of, and other studies or analyses that it cites."""

from __future__ import annotations

import re
from collections.abc import Sequence

from equipoise.evidence.claims.context_words import Mention, Text, build_trie, longest, slug
from equipoise.evidence.model import Lexicon

__all__ = ["population_mentions", "source_mentions"]

_SETS = {
    "itt": r"(?:modified )?intent(?:ion)?[- ]to[- ]treat|m?ITT|full[- ]analysis set|FAS",
    "safety": r"safety (?:population|set|analysis set|cohort|analysis)|safety[- ]evaluable|as[- ]treated (?:population|set|analysis)",
    "per_protocol": r"per[- ]protocol|treated as planned",
    "efficacy": r"efficacy[- ](?:set|population|analysis set|evaluable)",
    "exposed": r"exposed (?:set|population)",
    "immunogenicity": r"immunogenicity (?:set|population|subset)",
}
_SET = re.compile("|".join(rf"(?P<{name}>\b(?:{words})\b)" for name, words in _SETS.items()), re.IGNORECASE)
_PEOPLE = r"(?:patients|participants|people|those|women|men|adults|children|persons|subjects|individuals|mothers|infants)"
_IN = r"\b(?:among|amongst|in|for|within|of) (?:the )?"
_WORD = r"[A-Za-z\u2265\u2264<>=+\d][\w+/%.\u2265\u2264<>=-]*"
_GROUP = re.compile(rf"{_IN}({_WORD}(?: {_WORD}){{0,4}}) (?:sub)?(?:group|population|cohort|stratum|subset)s?\b", re.IGNORECASE)
_FRONT = re.compile(rf"{_IN}([a-z][a-z\d]*(?:-[a-z\d]+)*) {_PEOPLE}\b", re.IGNORECASE)
_CLAUSE = re.compile(
    rf"{_IN}(?:\d[\d,]* )?{_PEOPLE} ((?:with|without|aged|who|whose|younger|older|not|at|from|having|on|given)\b[^.;,:()\[\]|]{{2,70}})", re.IGNORECASE
)
_PLAIN = re.compile(r"\b(?:among|in|for) (women|men|children|adolescents|smokers|nonsmokers|never-smokers)\b", re.IGNORECASE)
_OTHER = re.compile(
    r"\b(?:(?:in|from) (?:an? |the )?(?:earlier|previous|prior|another|other|separate|similar|pivotal)(?: [a-z\d-]{1,20}){0,3} (?:trials?|study|studies|analysis|look|report)"
    r"|meta-analysis|real-world)\b",
    re.IGNORECASE,
)
_TRIAL = re.compile(r"\b[A-Z][A-Za-z]*[A-Z][A-Za-z]*(?:[- ]?\d+[A-Za-z]*)?(?:-[A-Z][A-Za-z\d]*)*\b|\b[Tt]rial \d\b")
_INTERIM = re.compile(r"\b(?:(?:first|second|third|planned|prespecified|earlier|previous|initial) )?(?:interim|earlier|previous|initial) (?:analysis|look|report)\b", re.IGNORECASE)
_FINAL = re.compile(r"\b(?:final|updated|latest|longer|extended|current|later) (?:protocol-specified )?(?:[a-zA-Z-]{1,20} ){0,3}(?:analysis|follow-up|results|look|report)\b", re.IGNORECASE)
_STOP = frozenset(
    """the a an this that these both each all treatment study placebo control other either two three trial same whole
    entire overall intention combined combination experimental intervention vaccine standard total general active
    first-ever randomized randomised enrolled treated eligible evaluable assigned more most some many fewer which
    respective respectively such those them of in for and or full our single one remaining adult hospitalized""".split()
)
_NO_GROUP = frozenset("group arm arms groups treatment versus vs than was were had median respectively and or respective compared".split())


def population_mentions(text: Text, arms: Sequence[Mention], lexicon: Lexicon | None = None) -> list[Mention]:
    """Where a text names sets of analysis and subgroups, in order.

    Args:
        text: The text.
        arms: Where it names its arms: "patients given placebo" are no subgroup.
        lexicon: Known populations; its words come first.
    """
    found = list(_known(text, lexicon))
    for match in _SET.finditer(text.plain):
        found.append(Mention(match.start(), match.end(), match.lastgroup or "", "set"))
    for pattern in (_GROUP, _FRONT, _CLAUSE, _PLAIN):
        for match in pattern.finditer(text.plain):
            name = _named(match[1])
            if name:
                found.append(Mention(match.start(), match.end(), name, "subgroup"))
    out: list[Mention] = []
    place = 0
    for mention in sorted(found, key=lambda m: (m.start, -m.end)):
        while place < len(arms) and arms[place].end <= mention.start:
            place += 1
        arm = place < len(arms) and arms[place].start < mention.end and mention.form == "subgroup"
        if not arm and (not out or mention.start >= out[-1].end):
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
    if not low or low[0] in _STOP or low[-1] in _STOP or any(part in _NO_GROUP for part in low):
        return ""
    if low[0] in ("with", "who", "having", "on", "given", "from", "at", "not") and len(low) < 2:
        return ""
    while low and low[0] in ("with", "who", "whose", "having", "were", "are", "aged", "had"):
        low = low[1:]
    return slug(" ".join(low[:7]))


def source_mentions(text: Text, arms: Sequence[Mention]) -> list[Mention]:
    """Where a text names another study than its own, or one of several analyses of it.

    The study named first is the text's own. Analyses count only where the text tells of an earlier and a later one.

    Args:
        text: The text.
        arms: Where it names its arms, whose abbreviations are no names of studies.
    """
    out = [Mention(m.start(), m.end(), slug(m.group()), "study") for m in _OTHER.finditer(text.plain)]
    interim = [Mention(m.start(), m.end(), "earlier_analysis", "analysis") for m in _INTERIM.finditer(text.plain)]
    if interim and _FINAL.search(text.plain):
        out += interim
    return sorted(out + _trials(text))


def _trials(text: Text) -> list[Mention]:
    """Names of studies other than the first: those with a number in them, or with "in" before and "trial" behind."""
    named: list[Mention] = []
    for match in _TRIAL.finditer(text.plain):
        word = match.group()
        numbered = bool(re.search(r"[A-Za-z]{2}[- ]?\d", word)) and (len(re.findall(r"[A-Z]", word)) > 4 or word.lower().startswith("trial"))
        after = text.plain[match.end() : match.end() + 8].lower()
        if numbered or after.startswith((" trial", " study")):
            named.append(Mention(match.start(), match.end(), slug(word), "trial"))
    if not named:
        return []
    main = named[0].name
    others = {m.name for m in named if m.name != main}
    if not others:
        return []
    # Of trials side by side ("Trial 1", "Trial 2") none is the text's own.
    numbered = main.startswith("trial_")
    return [m if numbered or m.name != main else m._replace(name="") for m in named]
