"""Words that results do not carry: one list with the reason and what to say instead.

It follows what has been counted as spin in reports of trials (Boutron and others, JAMA 2010;303:2058-2064; Yavchitz and
others, PLoS Medicine 2012;9:e1001308) and as superlatives in news of cancer drugs (Abola and Prasad, JAMA Oncology
2016;2:139-141).
"""

from __future__ import annotations

import re
from bisect import bisect_right, insort
from dataclasses import dataclass, replace

from equipoise.evidence.claims.normal import normalize, sentence_of, sentences
from equipoise.evidence.model import Finding

__all__ = ["RULES", "WordingRule", "promotional", "wording"]

NAME = "wording"


@dataclass(frozen=True, slots=True)
class WordingRule:
    """A word or phrase that says more than results can.

    Attributes:
        name: What the remark is about.
        stems: Small letters of which a text has some wherever the pattern matches: it is not tried without.
        pattern: Regular expression, read without case.
        reason: Why results do not carry it.
        instead: What to say instead.
        unless: Regular expression: where the same sentence has it, the words are in order.
    """

    name: str
    stems: tuple[str, ...]
    pattern: str
    reason: str
    instead: str
    unless: str = ""


_TESTED = (
    r"\bp\s?(?:[<>=\u2264]|value)|\bp\s+(?:was|of)\b|\bconfidence interval|\bci\b|\bhypothes[ie]s|\bnot significant"
)
_OF_TESTS = frozenset(("significant", "superior"))
_BREAK = "\n"
_SHOWN = 240
_NEGATED = r"\b(?:not|no|never|cannot|can't|without)\b"

RULES: tuple[WordingRule, ...] = (
    WordingRule(
        name="breakthrough",
        stems=("break",),
        pattern=r"\bbreak-?throughs?\b",
        reason="one trial's results do not tell that",
        instead="say what was found",
    ),
    WordingRule(
        name="game changer",
        stems=("game",),
        pattern=r"\bgame[- ]chang(?:er|ers|ing)\b",
        reason="whether practice changes is not a result",
        instead="say what was found",
    ),
    WordingRule(
        name="miracle",
        stems=(
            "mirac",
            "wonder",
            "magic",
        ),
        pattern=r"\b(?:miracles?|miraculous(?:ly)?|wonder drugs?|magic bullets?)\b",
        reason="it promises what no result can",
        instead="say how many people had the outcome",
    ),
    WordingRule(
        name="revolution",
        stems=(
            "revolution",
            "paradigm",
            "transformative",
        ),
        pattern=r"\b(?:revolutionary|revolutioni[sz]\w+|paradigm[- ]shift\w*|transformative)\b",
        reason="whether practice changes is not a result",
        instead="say what was found",
    ),
    WordingRule(
        name="unprecedented",
        stems=(
            "unprecedented",
            "ground",
            "never seen",
            "first of",
        ),
        pattern=r"\b(?:unprecedented|ground-?breaking|never seen before|first of its kind)\b",
        reason="one trial can't be compared with all before it",
        instead="say what was found",
    ),
    WordingRule(
        name="cure",
        stems=("cure",),
        pattern=r"\b(?:cures|cured|a cure)\b(?! rate| fraction| model)",
        reason="freedom from an event up to a time is no cure",
        instead="say how many people were free of it, and at which time",
    ),
    WordingRule(
        name="dramatic",
        stems=(
            "dramatic",
            "striking",
            "remarkabl",
            "spectacular",
            "astonish",
            "stunning",
            "impressive",
            "astound",
        ),
        pattern=r"\b(?:dramatic|striking|remarkable|spectacular|astonishing|stunning|impressive|"
        r"astounding)(?:ally|ly)?\b",
        reason="it judges where a number would tell",
        instead="give the difference with its interval",
    ),
    WordingRule(
        name="huge",
        stems=(
            "huge",
            "massive",
            "enormous",
            "overwhelming",
        ),
        pattern=r"\b(?:huge|massive|enormous|overwhelming)(?:ly)?\b (?:benefits?|effects?|improvements?|"
        r"reductions?|gains?|differences?|advances?)",
        reason="it judges where a number would tell",
        instead="give the difference with its interval",
    ),
    WordingRule(
        name="proof",
        stems=(
            "prove",
            "proof",
            "definitive",
            "conclusive",
            "doubt",
        ),
        pattern=r"\b(?:proves?|proved|proven|proof|definitive(?:ly)?|conclusive(?:ly)?|beyond doubt)\b",
        reason="a trial estimates with an error; it proves nothing",
        instead="say what was found and how sure it is",
        unless=_NEGATED,
    ),
    WordingRule(
        name="safe",
        stems=("safe",),
        pattern=r"\b(?:safe|safely)\b(?! (?:set|population|data))",
        reason="a trial can't show the absence of harm",
        instead="say which harms were seen, in how many people of each group",
    ),
    WordingRule(
        name="well tolerated",
        stems=(
            "tolera",
            "safety",
            "toxicity",
            "side",
        ),
        pattern=r"\b(?:well|better|generally|easily)[- ]tolerated\b|\b(?:excellent|good|favou?rable|acceptable|"
        r"manageable|tolerable|benign) (?:safety|tolerability|toxicity|side[- ]effects?)\b|\b(?:safety|"
        r"tolerability|toxicity)(?: profile)? (?:was|were|is) (?:manageable|acceptable|tolerable|"
        r"favou?rable|good|excellent)\b",
        reason="it judges harms in place of counting them",
        instead="say which harms were seen, in how many people of each group",
    ),
    WordingRule(
        name="no side effects",
        stems=(
            "side",
            "toxicit",
            "adverse",
        ),
        pattern=r"\b(?:no|without|free of|zero) (?:any )?(?:side[- ]effects?|toxicit(?:y|ies)|adverse (?:events|"
        r"effects))\b",
        reason="none was seen in this many people, which is not the same as none",
        instead="say how many people were observed",
    ),
    WordingRule(
        name="significant",
        stems=("significan",),
        pattern=r"\b(?:highly |extremely |very )?significan(?:t|tly)\b(?! other)",
        reason="no test, P or interval stands beside it",
        instead="give the P and its level, or leave the word out",
        unless=_TESTED,
    ),
    WordingRule(
        name="significance by degrees",
        stems=("significan",),
        pattern=r"\b(?:highly|extremely|very|strongly|borderline|marginally|nearly|almost) (?:statistically "
        r")?significant(?:ly)?\b",
        reason="a hypothesis is rejected or not; a P is no size of an effect",
        instead="give the P and the size of the effect",
    ),
    WordingRule(
        name="trend",
        stems=(
            "trend",
            "significance",
        ),
        pattern=r"\b(?:a |strong |clear |positive |favou?rable |encouraging )?trends? (?:toward|towards|to|for|in "
        r"favou?r)\b|\b(?:approach(?:ed|ing)|near(?:ed|ing)|just (?:missed|short of)|trend\w*) "
        r"(?:statistical )?significance\b",
        reason="a test that did not reject is told as if it had",
        instead="say that no difference was shown, and give the interval",
    ),
    WordingRule(
        name="saves lives",
        stems=("lives",),
        pattern=r"\b(?:saves?|saved|saving) (?:\w+ ){0,2}lives\b",
        reason="it tells a difference between groups as what happened to people",
        instead="say how many people of each group were alive, and at which time",
    ),
    WordingRule(
        name="extends life",
        stems=(
            "life",
            "lives",
        ),
        pattern=r"\b(?:extends?|extended|extending|prolongs?|prolonged|prolonging|lengthens?) (?:\w+ "
        r"){0,2}(?:life|lives)\b",
        reason="it tells a difference between groups as what happened to people",
        instead="say how many people of each group were alive, and at which time",
    ),
    WordingRule(
        name="hope",
        stems=(
            "hope",
            "promising",
            "exciting",
            "encouraging",
            "unexpectedly",
        ),
        pattern=r"\b(?:new|fresh|real|great|renewed|offers?|offering|gives?|giving|brings?|bringing) hope\b|"
        r"\b(?:promising|exciting|encouraging|unexpectedly good)\b",
        reason="it is a feeling about results",
        instead="say what was found",
    ),
    WordingRule(
        name="superior",
        stems=(
            "superior",
            "outperform",
            "beat",
            "trounce",
        ),
        pattern=r"\b(?:superior(?:ity)?|outperform\w*|beat|beats|trounce\w*)\b",
        reason="superiority is what a rejected hypothesis shows",
        instead="name the test and its P, or say how the groups differed",
        unless=_TESTED
        + r"|\b(?:no|not|whether|test(?:ed|s)? (?:of|for)|hypothesis of)\b|\bsuperior (?:vena|mesenteric)",
    ),
    WordingRule(
        name="best in class",
        stems=(
            "class",
            "gold",
            "state",
            "cutting",
        ),
        pattern=r"\b(?:best[- ]in[- ]class|first[- ]in[- ]class|gold[- ]standard|state[- ]of[- ]the[- ]art|"
        r"cutting[- ]edge|world[- ]class)\b",
        reason="it is advertising",
        instead="leave it out",
    ),
    WordingRule(
        name="powerful",
        stems=(
            "powerful",
            "potent",
            "super",
            "robust",
        ),
        pattern=r"\b(?:powerful|potent|super-?charged?|robust(?:ly)?) (?:drug|drugs|treatment|therapy|effects?|"
        r"results?|benefits?|efficacy|activity|improvements?)\b",
        reason="it judges where a number would tell",
        instead="give the difference with its interval",
    ),
    WordingRule(
        name="clinically meaningful",
        stems=("clinically",),
        pattern=r"\bclinically (?:meaningful|relevant|important|significant)\b",
        reason="no result says how much matters",
        instead="name the difference that was declared to matter, and who declared it",
        unless=r"\b(?:minimal|minimum|minimally|defined as|prespecified|pre-specified|declared|threshold)\b",
    ),
    WordingRule(
        name="thanks to",
        stems=(
            "thanks",
            "owing",
            "attributable",
            "because of",
            "due to",
        ),
        pattern=r"\b(?:thanks to|owing to|attributable to|because of|due to) (?:the )?(?:drug|treatment|therapy|"
        r"pill|medicine|combination)\b",
        reason="that a treatment caused what happened to a person is not observed",
        instead="compare the groups",
    ),
    WordingRule(
        name="doubled",
        stems=(
            "doubl",
            "tripl",
            "quadrupl",
        ),
        pattern=r"\b(?:doubl|tripl|quadrupl)(?:ed|es|ing) (?:the |their )?(?:chances?|odds|survival|life|time)\b",
        reason="a relative number without its absolute one",
        instead="give the number of each group",
    ),
)
"""The list, in the order in which remarks are made."""

_COMPILED = tuple(
    (rule, re.compile(rule.pattern, re.IGNORECASE), re.compile(rule.unless, re.IGNORECASE) if rule.unless else None)
    for rule in RULES
)


def wording(text: str) -> tuple[Finding, ...]:
    """Words of a text that results do not carry, as remarks in the order of the text; none is ever a contradiction.

    Args:
        text: Any text.

    Returns:
        Findings of the rule `wording`, without claims: `sentence` names the words, the reason and what to say instead,
        `arithmetic` is the sentence that they stand in.
    """
    return tuple(finding for _, _, finding in _found(text))


def promotional(text: str) -> tuple[Finding, ...]:
    """As `wording`, for texts of others, each with its line; without the words that need a test to stand beside them.

    Whether a P or an interval belongs to "significant" or "superior" can't be told well in texts that are not ours.

    Args:
        text: Any text.
    """
    return tuple(
        replace(
            finding, arithmetic=f"Line {text.count(_BREAK, 0, start) + 1}: {_short(finding.arithmetic)}", expected=""
        )
        for start, rule, finding in _found(text)
        if rule.name not in _OF_TESTS
    )


def _short(said: str) -> str:
    return said if len(said) <= _SHOWN else said[:_SHOWN].rsplit(" ", 1)[0] + "\u2026"


def _found(text: str) -> list[tuple[int, WordingRule, Finding]]:
    """Where, by which rule, and what is said, in the order of the text."""
    plain = normalize(text)
    spans: list[tuple[int, int]] = []
    found: list[tuple[int, WordingRule, Finding]] = []
    taken: list[tuple[int, int]] = []
    small = plain.lower()
    for rule, pattern, unless in _COMPILED:
        if not any(stem in small for stem in rule.stems):
            continue
        for match in pattern.finditer(plain):
            spans = spans or sentences(text)
            start, end = spans[sentence_of(spans, match.start())]
            said = plain[start:end]
            if unless is not None and unless.search(said):
                continue
            place = bisect_right(taken, match.span())
            around = taken[max(0, place - 1) : place + 1]
            if any(a < match.end() and match.start() < b for a, b in around):
                continue
            insort(taken, match.span())
            found.append((match.start(), rule, _finding(rule, match[0].strip(), " ".join(said.split()))))
    return sorted(found, key=lambda item: item[0])


def _finding(rule: WordingRule, words: str, said: str) -> Finding:
    return Finding(
        rule=NAME,
        verdict="remark",
        claims=(),
        sentence=f"\u201c{words}\u201d: {rule.reason}; {rule.instead}.",
        arithmetic=said,
        expected=rule.instead,
    )
