"""What CONSORT for Abstracts asks for, found in the text or not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from equipoise.evidence.model import Claim, Reading
from equipoise.evidence.rules._common import DIFFERENCES, RATIOS, planned

__all__ = ["REFERENCE", "Omission", "omissions"]

REFERENCE = (
    "Hopewell S, Clarke M, Moher D, et al. CONSORT for reporting randomized controlled trials in journal and "
    "conference "
    "abstracts: explanation and elaboration. PLoS Med 2008;5:e20."
)
_SEARCHED = 60_000  # characters of a text that are searched: an abstract has 2,000


@dataclass(frozen=True, slots=True)
class Omission:
    """An item of CONSORT for Abstracts, and whether the text has it.

    Attributes:
        item: Its name, short.
        asked: What is asked for, in words that continue "the text does not say ..." or name it.
        found: Whether something of it was found.
        start: Where it was found: first character; 0 where it was not.
        end: One past the last.
        quote: The characters there.
    """

    item: str
    asked: str
    found: bool
    start: int = 0
    end: int = 0
    quote: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The item as plain JSON values."""
        out: dict[str, Any] = {"item": self.item, "asked": self.asked, "found": self.found}
        return out | ({"start": self.start, "end": self.end, "quote": self.quote} if self.found else {})


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_RANDOMIZED = _words(r"\brandomi[sz](?:ed|ation|ing|e)\b|\brandomly\b|\bat random\b|\bRCT\b|\bby lot\b|\bcoin toss\b")
_DESIGN = _words(
    r"\bparallel[- ]group|\bcross-?over (?:trial|study|design)|\bcluster[- ]randomi[sz]ed|\bfactorial\b|"
    r"\bnon-?inferiority\b|\bsuperiority\b|\bequivalence (?:trial|study)|\bphase (?:[1-4]|I{1,3}V?|IV)\b|"
    r"\badaptive\b|\bplacebo-controlled|\bopen-label|\bdouble-blind|\b\d ?: ?\d\b"
)
_PARTICIPANTS = _words(
    r"\b(?:patients|participants|women|men|adults|children|infants|people|persons|subjects|volunteers|individuals)\b"
    r"[^.;\n]{0,40}\b(?:with|who|whose|aged|from|at risk|having|after|undergoing|in whom)\b|"
    r"\baged? \d|\byears (?:of age|old|or older)|\beligib|\binclusion criteria"
)
_SETTING = _words(
    r"\b\d[\d,]{0,9} (?:\w{1,20} ){0,3}(?:hospitals|cent(?:er|re)s|sites|countries|clinics|practices)\b|"
    r"\bmulticent|\bsingle-cent|"
    r"\b(?:hospitals|clinics|primary care|practices|sites|intensive care units)\b"
)
_INTERVENTIONS = _words(
    r"\b\d[\d.,]{0,9} ?(?:mg|g|µg|μg|mcg|ml|mL|IU|Gy|mg/kg|mg/m2|mg/m²)\b|\b(?:once|twice|three times) (?:a|per|"
    r"daily|weekly)|"
    r"\bdaily\b|\bweekly\b|\bevery \w+ (?:days|weeks|months|hours)\b|\bplacebo\b|\bstandard (?:care|therapy|"
    r"treatment|maintenance)\b|"
    r"\busual care\b|\bsurgery\b|\bchemotherapy\b|\bto receive\b|\bplus\b|\bversus\b|\bvs\b"
)
_OBJECTIVE = _words(
    r"\b(?:aim|objective|purpose|goal|hypothes)\w*\b|\bto (?:assess|determine|evaluate|compare|test|investigate|"
    r"examine|"
    r"find out|establish)\b|\bwhether\b|\bwe (?:asked|tested|compared|evaluated|assessed|hypothes)\w*|"
    r"\basked (?:if|how)\b|"
    r"\bput to (?:the|a) (?:[\w-]+ )?test\b|\btested\b|\bcompared?\b"
)
_OUTCOME = _words(
    r"\b(?:co-)?primary (?:efficacy |safety |composite )?(?:out-?come|end ?-?point|measure)|\bmain (?:outcome|"
    r"end ?-?point)|"
    r"\bprimary analysis\b|\bprincipal (?:outcome|end ?-?point)"
)
_BLINDING = _words(
    r"\b(?:single|double|triple|observer|assessor|investigator|evaluator)-?\s?(?:blind|mask)\w*|\bopen[- ]?label|"
    r"\bunblind|"
    r"\bunmasked|\bmask(?:ed|ing)\b|\bblind(?:ed|ing)?\b"
)
_STATUS = _words(
    r"\b(?:enrol\w*|recruit\w*|randomi[sz]ed|accrual)\b[^.;\n]{0,80}\b(?:19|20)\d\d\b|\b(?:between|"
    r"from) [^.;\n]{0,30}\b(?:19|20)\d\d\b|"
    r"\bstopped early|\bhalted|\bterminated early|\bcomplet\w+ (?:enrol|recruit)|\bdata cut-?\s?off|"
    r"\btrial (?:is )?ongoing"
)
_HARMS = _words(
    r"\badverse (?:event|effect|reaction)s?\b|\bside[- ]effects?\b|\btoxicit|\bharms?\b|\bsafety\b|\bserious events?\b|"
    r"\bwell tolerated\b|\btolerability\b|\bcomplications?\b|\b(?:AE|TEAE|SAE)s?\b|\bgrade [3-5]\b|\bbleeding\b|"
    r"\bneutropenia\b"
)
_CONCLUSION = _words(
    r"\bconclu\w+|\bthese (?:results|findings|data)\b|\bour (?:results|findings)\b|\bthe (?:results|"
    r"findings) (?:show|suggest|support|"
    r"indicate)|\binterpretation\b|\bsuggest(?:s|ing)?\b|\bbottom line\b|\bsupports? (?:the )?use|\bshould be\b|"
    r"\bdoes not show\b"
)
_REGISTRY = _words(
    r"\bNCT\s?0?\d{7,8}\b|\bISRCTN\s?\d{6,8}\b|\bEudraCT\b[^.\n]{0,20}\d{4}-\d{6}-\d{2}|\b20\d\d-\d{6}-\d{2}\b|"
    r"\bACTRN\s?\d{10,14}|"
    r"\bChiCTR[-\w]{0,12}\d|\bCTRI/\d{4}/|\bjRCT\w?\d+|\bUMIN\d+|\bDRKS\d{8}|\bNTR\s?\d+|\bPACTR\d+|\bTCTR\d+|"
    r"\bclinicaltrials\.gov\b"
)
_FUNDING = _words(
    r"\bfund(?:ed|ing|er|ers)\b|\bsponsor\w*|\bsupported by\b|\bgrants? from\b|\bfinanc\w+|\bpaid for by\b|"
    r"\bbankrolled\b"
)


def omissions(reading: Reading) -> tuple[Omission, ...]:
    """All items in the order of CONSORT for Abstracts, found or not.

    Words and claims are looked for, no more: "found" says that the text speaks of it, not that it says enough.

    Args:
        reading: What was read.

    Returns:
        The items; none for a text without any claim, which is about no trial.
    """
    if not reading.claims:
        return ()
    text = reading.document.text[:_SEARCHED]
    claims = [c for c in reading.claims if not planned(c)]
    return tuple(_item(item, asked, where(text, claims)) for item, asked, where in _ITEMS)


_Where = Callable[[str, list[Claim]], tuple[int, int, str] | None]


def _item(item: str, asked: str, at: tuple[int, int, str] | None) -> Omission:
    return Omission(item, asked, at is not None, *(at or (0, 0, "")))


def _text(pattern: re.Pattern[str]) -> _Where:
    def where(text: str, _: list[Claim]) -> tuple[int, int, str] | None:
        match = pattern.search(text)
        return None if match is None else (match.start(), match.end(), match.group())

    return where


def _claim(wanted: Callable[[Claim], bool], otherwise: re.Pattern[str] | None = None) -> _Where:
    def where(text: str, claims: list[Claim]) -> tuple[int, int, str] | None:
        for claim in claims:
            if wanted(claim):
                return claim.start, claim.end, claim.quote
        return None if otherwise is None else _text(otherwise)(text, claims)

    return where


def _by_arm(wanted: Callable[[Claim], bool]) -> _Where:
    """Claims of two arms; the first of them is quoted."""

    def where(_: str, claims: list[Claim]) -> tuple[int, int, str] | None:
        found = [c for c in claims if c.arm and wanted(c)]
        if len({c.arm for c in found}) < 2:
            return None
        return found[0].start, found[0].end, found[0].quote

    return where


def _size(claim: Claim) -> bool:
    return claim.measure == "arm_size" and claim.of in ("", "randomized", "assigned", "allocated", "enrolled")


def _analyzed(claim: Claim) -> bool:
    if claim.denominator is not None:
        return True
    return claim.measure in ("arm_size", "sample_size") and (
        claim.of in ("analyzed", "treated") or claim.population != ""
    )


def _result(claim: Claim) -> bool:
    return (
        claim.measure in ("median", "rate", "proportion", "mean", "events") and claim.grade == "" and claim.term == ""
    )


def _effect(claim: Claim) -> bool:
    return claim.measure in RATIOS | DIFFERENCES or (claim.measure == "risk_reduction" and claim.interval is not None)


def _precise(claim: Claim) -> bool:
    interval = claim.interval
    return _effect(claim) and interval is not None and interval.kind in ("confidence", "credible")


def _start_or_end(claim: Claim) -> bool:
    return claim.measure == "date" and claim.of in ("enrollment_start", "enrollment_end", "data_cut")


_ITEMS: tuple[tuple[str, str, _Where], ...] = (
    ("randomized", "that patients were randomized", _text(_RANDOMIZED)),
    ("trial design", "the design: parallel groups, clusters, noninferiority, phase", _text(_DESIGN)),
    ("participants", "who could take part", _text(_PARTICIPANTS)),
    ("setting", "where the data were collected", _text(_SETTING)),
    ("interventions", "what each group was given", _text(_INTERVENTIONS)),
    ("objective", "the objective or hypothesis", _text(_OBJECTIVE)),
    ("primary outcome", "which outcome was primary", _text(_OUTCOME)),
    ("blinding", "who was blinded, or that nobody was", _text(_BLINDING)),
    ("numbers randomized", "how many were randomized to each group", _by_arm(_size)),
    ("recruitment", "when patients were recruited, or whether recruitment goes on", _claim(_start_or_end, _STATUS)),
    ("numbers analyzed", "how many were analyzed in each group", _claim(_analyzed)),
    ("result of each group", "the result of each group", _by_arm(_result)),
    ("effect", "the size of the effect", _claim(_effect)),
    ("precision", "a confidence interval of the effect", _claim(_precise)),
    ("harms", "important adverse events", _claim(lambda c: c.measure == "adverse_event_rate", _HARMS)),
    ("conclusions", "what is concluded from the results", _text(_CONCLUSION)),
    ("registration", "the number in a registry of trials", _text(_REGISTRY)),
    ("funding", "who paid for the trial", _text(_FUNDING)),
)  # fmt: skip
