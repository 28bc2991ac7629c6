"""What a text says, and what is to be said of it: numbers as printed, claims, findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Protocol

from equipoise.evidence.document import Document
from equipoise.units import DAYS_PER_MONTH, TimeUnit

__all__ = [
    "KINDS",
    "Arm",
    "Bound",
    "Claim",
    "Extractor",
    "Finding",
    "Interval",
    "Kind",
    "Lexicon",
    "Measure",
    "Number",
    "PValue",
    "Reading",
    "Verdict",
]

Kind = Literal[
    "sample_size", "arm_size", "proportion", "rate", "median", "hazard_ratio", "risk_reduction", "p_value",
    "follow_up", "age", "adverse_event_rate", "other",
]  # fmt: skip
KINDS: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]
"""Coarse kinds, those of annotated articles; `Measure` is finer."""

Measure = Literal[
    "sample_size", "arm_size", "randomization_ratio", "events", "proportion", "rate", "adverse_event_rate", "median",
    "mean", "hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio", "risk_reduction", "risk_difference",
    "median_difference", "mean_difference", "number_needed", "p_value", "follow_up", "age", "date", "duration",
    "design_value", "threshold", "fold", "number",
]  # fmt: skip
"""What a claim measures. Of kind `other` are: randomization_ratio, events, mean, odds_ratio, risk_ratio, rate_ratio,
differences, number_needed, date, duration, design_value, threshold, fold ("twice as high"), number."""

Bound = Literal["", "<", "<=", ">", ">="]
Verdict = Literal["consistent", "contradicted", "remark", "unverifiable"]


@dataclass(frozen=True, slots=True)
class Number:
    """A number as printed.

    Attributes:
        text: Its characters, `.72`, `52.`, `12,467`, `a third`.
        value: What they mean; percent stays percent (34.5 of "34.5%").
        decimals: Decimals that are printed; of a number with a trailing mark (`52.`) 0.
        start: First character in the text.
        end: One past the last.
        bound: "<" of "P<0.001", ">" of "more than 80%".
        approximate: Said to be about that ("nearly", "approximately", "almost"), or in words ("a third").
    """

    text: str
    value: float
    decimals: int = 0
    start: int = 0
    end: int = 0
    bound: Bound = ""
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Interval:
    """Two limits as printed.

    Attributes:
        lower: Lower limit; None where it was not reached.
        upper: Upper limit; None where it was not reached.
        level: Confidence level, 0.95.
        stated: Whether the level is printed; otherwise 0.95 is supposed.
        kind: What it is; `iqr`, `range` and `sd` are no confidence intervals.
        missing: What stands in the place of a limit, `NR`, `NE`.
        method: Slugs of what the text says of it: `exact`, `profile`, `bootstrap`, `credible`, `adjusted`, `repeated`,
            `stratified`, `unstratified`, `one_sided`.
    """

    lower: Number | None
    upper: Number | None
    level: float = 0.95
    stated: bool = True
    kind: Literal["confidence", "credible", "iqr", "range", "sd"] = "confidence"
    missing: str = ""
    method: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PValue:
    """A P value as printed.

    Attributes:
        number: The number; its `bound` says "<" or ">".
        sides: 1 or 2 where the text says so.
        method: Slugs of what the text says of it: `log_rank`, `stratified`, `unstratified`, `wald`, `fisher`,
            `interaction`, `noninferiority`, `superiority`, `trend`, `adjusted`, `nominal`.
    """

    number: Number
    sides: Literal[1, 2] | None = None
    method: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One numeric claim of a text.

    A number that stands for two arms ("35% vs. 60%", "8.1% and 8.7%, respectively") is two claims, one an arm.

    Attributes:
        id: `c1`, `c2`, ... in the order of the text.
        start: First character of the quote in the text.
        end: One past its last.
        quote: The characters `text[start:end]`.
        kind: Coarse kind.
        measure: Finer kind.
        value: The number; None where only its absence is said ("median not reached"), or only the P is.
        unit: `%`, `months`, `years`, `patients`, `events`, `percentage points`, ... as normalized words; "" for ratios.
        interval: Its limits.
        p: Its P value; of a claim of kind `p_value` the P is here and in `value`.
        count: n of "n of N (x%)" or "n (x%)".
        denominator: N of "n of N"; only where the text prints it for this number.
        arm: Name of the arm (one of `Reading.arms`); of a contrast the experimental one. "" where unknown or all.
        versus: Arm of reference of a contrast.
        endpoint: Slug: `overall_survival`, `progression_free_survival`, `objective_response`, `death`, ... or a slug of
            the text's own words; "" where unknown.
        population: Slug of the population or subgroup: "" is the one that the text is about; `itt`, `safety`, or words.
        time: Landmark ("at 48 months"), with its unit in `time_unit`.
        time_unit: Unit of `time`.
        grade: Grade of an adverse event: `3`, `3+`, `4`, `any`.
        term: Adverse event's term as slug, `neutropenia`.
        date: ISO date of a date (`2021`, `2021-07`, `2021-07-21`).
        missing: `not_reached`, `not_evaluable` where the value is not a number.
        of: What a size, a date or a duration is of: `randomized`, `enrolled`, `analyzed`, `treated`, `screened`,
            `enrollment_start`, `enrollment_end`, `data_cut`, ...; for `events` the word counted.
        method: Slugs of what the text says of how it was computed: `stratified`, `unstratified`, `adjusted`,
            `weighted`, `exact`, `bootstrap`, `bayesian`, `one_sided`, `noninferiority`, `planned`, `subgroup`,
            `interim`.
        source: Which study or which report, where a text tells of several; "" for the one that it is about.
        sentence: Span (start, end) of its sentence.
    """

    id: str = ""
    start: int
    end: int
    quote: str
    kind: Kind
    measure: Measure
    value: Number | None = None
    unit: str = ""
    interval: Interval | None = None
    p: PValue | None = None
    count: Number | None = None
    denominator: Number | None = None
    arm: str = ""
    versus: str = ""
    endpoint: str = ""
    population: str = ""
    time: Number | None = None
    time_unit: str = ""
    grade: str = ""
    term: str = ""
    date: str = ""
    missing: str = ""
    of: str = ""
    method: tuple[str, ...] = ()
    source: str = ""
    sentence: tuple[int, int] = (0, 0)

    def to_dict(self) -> dict[str, Any]:
        """The claim as plain JSON values: value, limits and P as numbers, and as printed."""
        out: dict[str, Any] = {
            "id": self.id, "start": self.start, "end": self.end, "quote": self.quote, "kind": self.kind,
            "measure": self.measure, "value": None if self.value is None else self.value.value,
            "unit": self.unit or None,
            "lower": None, "upper": None, "conf_level": None, "p": None, "arm": self.arm or None,
            "endpoint": self.endpoint or None,
        }  # fmt: skip
        if self.interval is not None:
            low, high = self.interval.lower, self.interval.upper
            out |= {"lower": None if low is None else low.value, "upper": None if high is None else high.value}
            out["interval"] = self.interval.kind
            if self.interval.kind in ("confidence", "credible"):
                out["conf_level"] = self.interval.level
        if self.p is not None:
            out |= {"p": f"{self.p.number.bound}{self.p.number.value:.15g}", "sides": self.p.sides}
        for name in ("count", "denominator", "time"):
            number = getattr(self, name)
            if number is not None:
                out[name] = number.value
        for item in fields(self):
            content = getattr(self, item.name)
            if item.name not in out and item.name not in ("interval", "sentence") and content not in ("", (), None):
                out[item.name] = list(content) if isinstance(content, tuple) else content
        if self.value is not None:
            out["printed"] = self.value.text
        return out


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says of some claims.

    Attributes:
        rule: Name of the rule.
        verdict: `contradicted` only where no point of the printed boxes fits.
        claims: Identifiers of the claims that it is about; the one that it hangs on first.
        sentence: What was found, in one sentence.
        arithmetic: The calculation in words, with its numbers.
        expected: What would fit, short, where that can be said ("24.7%"); "" otherwise.
    """

    rule: str
    verdict: Verdict
    claims: tuple[str, ...]
    sentence: str
    arithmetic: str
    expected: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The finding as plain JSON values."""
        out: dict[str, Any] = {
            "rule": self.rule, "verdict": self.verdict, "claims": list(self.claims), "sentence": self.sentence,
            "arithmetic": self.arithmetic,
        }  # fmt: skip
        return out | ({"expected": self.expected} if self.expected else {})


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm as the text names it.

    Attributes:
        name: Slug used in `Claim.arm`; with a lexicon the name in trial.yaml or facts.yaml.
        label: Words of the text.
        role: `experimental`, `control` or "" where it can't be told.
        size: Identifiers of claims that give its size.
    """

    name: str
    label: str
    role: Literal["experimental", "control", ""] = ""
    size: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Names that are known beforehand, from a protocol or a facts file.

    Attributes:
        arms: Name → words that mean it, longest first; the label is one of them.
        roles: Name of an arm → its role.
        endpoints: Name → words that mean it.
        populations: Name → words that mean it.
        unit: Unit of time that the trial declares.
        kinds: Name of an endpoint → `time_to_event`, `response`, `adverse_events` or `continuous`, where it is known.
        days_per_month: Declared length of a month.
        trial: Name of the trial; numbers that a text gives of another one are not compared.
    """

    arms: Mapping[str, tuple[str, ...]]
    roles: Mapping[str, Literal["experimental", "control", ""]]
    endpoints: Mapping[str, tuple[str, ...]]
    populations: Mapping[str, tuple[str, ...]]
    unit: TimeUnit = "months"
    kinds: Mapping[str, str] = field(default_factory=dict)
    days_per_month: float = DAYS_PER_MONTH
    trial: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in a text.

    Attributes:
        document: The text.
        claims: Its claims, in order.
        arms: Arms that it names, in order of appearance.
    """

    document: Document
    claims: tuple[Claim, ...]
    arms: tuple[Arm, ...] = ()

    def __iter__(self) -> Iterator[Claim]:
        return iter(self.claims)

    def claim(self, identifier: str) -> Claim:
        """The claim called `identifier`.

        Raises:
            KeyError: There is none.
        """
        for one in self.claims:
            if one.id == identifier:
                return one
        raise KeyError(identifier)


class Extractor(Protocol):
    """The place for another way to find claims (a language model, an annotator): anything called like this.

    Quotes must be characters of the document, so that a claim can be shown where it stands.
    """

    def __call__(self, document: Document, lexicon: Lexicon | None = None) -> Reading:
        """The claims of a document.

        Args:
            document: The text.
            lexicon: Known names of arms, endpoints and populations.
        """
        ...
