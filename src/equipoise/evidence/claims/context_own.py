"""Endpoints in a text"s own words: what stands as label, subject or predicate beside a number."""

from __future__ import annotations

import re

from equipoise.evidence.claims.context_lists import bag
from equipoise.evidence.claims.context_nouns import named
from equipoise.evidence.claims.context_ties import CONTRASTS, without_brackets
from equipoise.evidence.claims.context_words import slug
from equipoise.evidence.model import Claim

__all__ = ["clean_label", "fresh_words", "own_words", "tied_words"]

_TIME_WORDS = re.compile(
    r"\b(?:within|at|by|through|after|over|in|up to|during|before|until)\s+(?:the )?(?:first )?(?:day |week |"
    r"month |year )?\d[\d.,]*(?:[- ]?(?:days?|d|weeks?|wk|months?|mo|years?|yr?s?|h|hours?))?\b"
)
_STATS = re.compile(
    r"\b(?:median|mean|rates?|no\.?|number|percent|percentage|proportion|of patients|patients|participants|hrs?|"
    r"hazard ratio|odds ratio|risk ratio|relative risk|or|rr|ci|95|stratified|unstratified|one|two|sided|p|value|n|"
    r"%|months?|mo|years?|yr|estimated|difference|confidence interval|incidence|risk|event|events|episodes?|cases?|"
    r"log-?rank|wald|grades?|ratio|in|on|to|a|an|the|with|by|for|at|and|from|up|follow-up|(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|"
    r"nov|dec)[a-z]*)\b|[()%,;:=|*]"
)
_LABEL = re.compile(
    r"(?:^\s*(?:[-*\u2022#]\s*)?(?:\d+\.\s)?|[;.,)\]]\s+)([A-Za-z][^:;|()\[\]]{2,80}?)(?:\s*\([^()]{0,60}\))?\s*:\s*$"
)
_FOR = re.compile(r"^[\s)\]%]*for (?:the |an? )?([A-Za-z][\w-]*(?: [A-Za-z][\w-]*){0,5})")
_SUBJECT = re.compile(
    r"(?:^\s*|[,;:.)]\s+|\band )(?:(?:an?|the)\s+)?([A-Za-z][\w/+-]*(?: [\w/+-]+){0,5}?) (?:had |has |have )?(?:been |"
    r"was |were )?(?:also )?"
    r"(?:occurred|reported|observed|seen|reached|achieved|arose|developed|attained|noted|recorded|experienced|met|"
    r"found|documented|diagnosed|claimed|struck|totall?ed|befell|hit|came|happened|appeared|affected|bothered|made up|"
    r"turned up|was|were)\b[^.;:]{0,60}$",
)
_BRACKET = re.compile(r"([A-Za-z][\w-]*(?: [A-Za-z][\w-]*){0,5})\s*[(\[]\s*$")
_PREDICATE = re.compile(
    r"^[\s)\]%,]*(?:of )?(?:the )?(?:patients|participants|people|women|men|of them|adults|mothers)?\s*"
    r"(?:(?:of|in|on|with|for|given|receiving|assigned to|allocated) (?:those )?(?:the )?)?"
    r"(?:(?:had|were|was|have|are|has|is|went|got)\s+([A-Za-z][\w-]*(?: [\w-]+){0,4})|"
    r"((?:completed|stopped|discontinued|withdrew|finished|remained|continued|underwent|required|needed|relapsed|recovered|"
    r"developed|crossed|switched|still)\b(?: [\w-]+){0,4}))",
)
_CUTS = bag(
    "and or in with versus vs was were is are had has of by to from at on for while but than among "
    "the a an compared after respectively during which who when per as respective"
)
_EMPTY = bag(
    """
    between-group they it we
    group groups arm arms vs versus many worse overall trial study so then came day days common commoner frequent
    rare rarer similar alike included enrolled analyzed analysed assigned randomized randomised allocated efficacy
    effectiveness protection respectively drug drugs of it's i.e. per which when where rest did not trouble
    superiority noninferiority non-inferiority interaction trend all both each any every patients participants this
    that these those it difference comparison effect gap gain absolute relative reduction reductions reduced averted
    prevented avoided spared saved either among translates improvement increase decrease advantage margin points
    heterogeneity them one two lower higher better results data ratio ratios hazard median months years who
    """
)
_SHRINK = bag(
    "less more lower higher fewer reduced increased improved better worse longer shorter greater "
    "rarer went up down significantly also only of the a an no was were is for new and in with be likely to"
)


def own_words(plain: str, start: int, claim: Claim) -> str:
    """The endpoint of a number in the text's own words, as a slug; "" where no phrase gives it.

    Args:
        plain: The text, normalized, in small letters, names of arms blanked.
        start: Where its sentence, or the part of it that is looked at, begins.
        claim: The number.
    """
    before = _TIME_WORDS.sub(" ", plain[max(start, claim.start - 220) : claim.start])
    opened = before.rfind("(")
    if opened > before.rfind(")"):
        before = before[: opened + 1]  # inside brackets the subject is what stands before them
    found = _SUBJECT.search(before)
    if found and (name := named(clean_label(found[1]))):
        return name
    found = _BRACKET.search(before)
    return named(clean_label(" ".join(_shrunk(found[1].split())))) if found else ""


def tied_words(plain: str, start: int, claim: Claim) -> tuple[str, int]:
    """The text's own words that are tied to a number: its label, "for ..." or "had ..." behind it; and where."""
    before = plain[max(start, claim.start - 120) : claim.start]
    after = " ".join(("|" + plain[claim.end : claim.end + 160]).split())[1:130]  # names of arms are blanks
    after = after.replace(", respectively,", "", 1)
    if claim.measure == "events" and claim.value is not None:
        inner = named(clean_label(plain[max(claim.start, claim.value.end) : claim.end]))
        if inner:
            return inner, claim.start
    found = _FOR.match(after)
    if found and claim.measure in CONTRASTS and (name := named(_cut(found[1]))):
        return name, claim.start
    found = _LABEL.search(before)
    if found and (name := named(clean_label(found[1]))):
        return name, claim.start - len(before) + found.start(1)
    if claim.measure not in CONTRASTS and claim.unit in ("%", "patients", "participants", ""):
        found = _PREDICATE.match(after)
        if found and (name := named(_cut(found[1] or found[2]))):
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
    while kept and kept[0].lower() in ("also", "more", "less", "most", "slightly", "just"):
        kept = kept[1:]
    if not kept or kept[0].lower() in _EMPTY:
        return ""
    return slug(" ".join(kept))


def clean_label(words: str) -> str:
    """The words of a label that name something, as a slug.

    Args:
        words: The label ("Symptomatic haemorrhage at 24 h", "PFS, median months").
    """
    bare = _STATS.sub(" ", _TIME_WORDS.sub(" ", words.lower()))
    parts = [w for w in bare.split() if w.lower() not in _EMPTY]
    if not any(c.isalpha() for part in parts for c in part) or len(parts) > 6 or len("".join(parts)) < 2:
        return ""
    return slug(" ".join(parts))


_SPLIT = re.compile(r"[,;()\[\]]|\b(?:and|but|while|whereas)\b")


def fresh_words(gap: str) -> str | None:
    """What words between two numbers are newly about, as a slug.

    "3.6% vs 2.2% and worsening renal function in" is about renal function; "; hazard ratio" and ", respectively" are
    about nothing new.

    Args:
        gap: The words, names of arms blanked.

    Returns:
        None where they are about nothing new; `UNREAD` where they are, but it can't be told about what.
    """
    gap = without_brackets(gap.lower())
    if not _content(gap):
        return None
    parts = [part for part in _SPLIT.split(gap) if part.strip()]
    words = _content(parts[-1]) or (
        _content(parts[-2]) if gap.rstrip().endswith(("(", "[", ":")) and len(parts) > 1 else []
    )
    return named(slug(" ".join(words[:5])))


def _content(words: str) -> list[str]:
    """The words that can name an endpoint."""
    bare = _STATS.sub(" ", _TIME_WORDS.sub(" ", words))
    return [
        w
        for w in re.findall(r"[A-Za-z][\w-]*", bare)
        if len(w) > 2 and w not in _FILLER and w not in _CUTS and w not in _EMPTY
    ]


_FILLER = bag(
    """
    between-group maturity showed mature immature stopped
    arose occurred struck befell hit so then came placebo sham dummy pill pills tablet tablets infusion infusions
    once weekly daily dose doses shot shots salt water regimen pair drug drugs persons person cumulative composite
    pooled kaplan meier kaplan-meier estimates based
    grade grades iii iv worst patients participants people women men adults children group groups arm arms
    recipients those these them given receiving received treated assigned taking therapy treatment alone plus
    respectively significant significantly statistically clinically meaningful difference differences favored
    favoured favoring favouring favors translating corresponding representing meaning benefit improvement reduction
    increase decrease relative absolute risk lower higher greater longer shorter less more fewer adjusted unadjusted
    stratified unstratified log-rank two-sided one-sided superiority noninferiority non-inferiority margin nominal
    estimate estimated observed median mean mo months years weeks days year month week day wk yr time point points
    percentage percent number needed treat nnt value values hazard odds rate ratio ratios confidence interval
    credible bound limit upper lower one two three first second third half twice other others both each also only
    just about approximately nearly almost even still that which was were had has have did not over under since
    until when where versus compared comparison against did met crossed missed boundary threshold showing showed
    yielding giving gave for with without from into out total overall final interim analysis data cutoff cut-off
    study trial control experimental i.e that is rose fell dropped went came stood ran reached per 100 person-years
    patient-years person years ci hr rr or irr vs v total namely said corresponding respectively after during within
    least most best rather than part parts same all any every such thus hence therefore an in at of on to as by be
    the
    """
)
