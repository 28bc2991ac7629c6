"""What a phrase sees around it: tags of words to its left and right, the header of its column."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from equipoise.evidence.claims.phrases import Phrase
from equipoise.evidence.claims.tables import Tables
from equipoise.evidence.claims.texts import Text
from equipoise.evidence.claims.tokens import Token
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Claim, Kind, Measure

__all__ = ["METHODS", "View"]

_CONTRASTS = frozenset(
    ("hr", "odds_ratio", "risk_ratio", "rate_ratio", "p_word", "vaccine", "difference", "risk_difference")
)
METHODS = word_set(
    """
    stratified unstratified adjusted unadjusted exact bootstrap bayesian noninferiority subgroup
    interim weighted one_sided
    """
)
_KINDS: dict[str, Kind] = {
    "sample_size": "sample_size", "arm_size": "arm_size", "proportion": "proportion", "rate": "rate",
    "median": "median", "hazard_ratio": "hazard_ratio", "risk_reduction": "risk_reduction", "p_value": "p_value",
    "follow_up": "follow_up", "age": "age", "adverse_event_rate": "adverse_event_rate",
}  # fmt: skip


@dataclass
class View:
    """A phrase and what stands around it.

    Attributes:
        text: The text.
        phrase: The phrase.
        tables: Rows and headers.
        done: Claims found before it.
        following: The next phrase, if it is in the same sentence.
    """

    text: Text
    phrase: Phrase
    tables: Tables
    done: list[Claim]
    following: Phrase | None = None
    sentence: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self.sentence = self.tables.token_span(self.text.home[self.phrase.first])

    @property
    def here(self) -> tuple[int, int]:
        """Span of the sentence."""
        return self.text.spans[self.text.home[self.phrase.first]]

    @cached_property
    def left(self) -> list[tuple[int, str]]:
        """(distance in tokens, tag) of tagged words to the left in the sentence, nearest first; then of the header."""
        first = self.phrase.first
        tokens = self.text.tokens
        found = [
            (first - at, tokens[at].tag)
            for at in range(first - 1, max(self.sentence[0], first - 70) - 1, -1)
            if tokens[at].tag
        ]
        if not self.tables.is_row(first):
            return found if found or not self._answers() else [(distance + 9, tag) for distance, tag in self.before]
        start = self.tables.cell_start(first)
        own = [(distance, tag) for distance, tag in found if first - distance >= start]
        label = [(40, tag) for tag in self.tables.label_tags(first)]
        header = [(60, tag) for tag in self.tables.header_tags(first)]
        if any(tag in _CONTRASTS for _, tag in header):
            return own + [(39, tag) for _, tag in header] + label
        return own + label + header

    def _answers(self) -> bool:
        """Whether the sentence answers a question: `Dead by day 90? 829 and 751.`"""
        home = self.text.home[self.phrase.first]
        return home > 0 and self.text.plain[
            self.text.spans[home - 1][0] : self.text.spans[home - 1][1]
        ].rstrip().endswith("?")

    @cached_property
    def right(self) -> list[tuple[int, str]]:
        """(distance, tag) of tagged words to the right in the sentence, nearest first."""
        last, tokens = self.phrase.last, self.text.tokens
        return [(at - last, tokens[at].tag) for at in range(last, min(self.sentence[1], last + 40)) if tokens[at].tag]

    @cached_property
    def before(self) -> list[tuple[int, str]]:
        """Tags of the sentence before, last first."""
        home = self.text.home[self.phrase.first]
        if home == 0:
            return []
        first, last = self.tables.token_span(home - 1)
        return [
            (last - at, self.text.tokens[at].tag)
            for at in range(last - 1, max(first, last - 60) - 1, -1)
            if self.text.tokens[at].tag
        ]

    def nearest(self, *tags: str, within: int = 70) -> str:
        """The nearest of some tags to the left, "" if there is none."""
        for distance, tag in self.left:
            if distance > within:
                return ""
            if tag in tags:
                return tag
        return ""

    def ahead(self, *tags: str, within: int = 6) -> str:
        """The nearest of some tags to the right."""
        for distance, tag in self.right:
            if distance >= within:
                return ""
            if tag in tags:
                return tag
        return ""

    def anywhere(self, *tags: str) -> str:
        """One of some tags in the sentence."""
        return self.nearest(*tags) or self.ahead(*tags, within=40)

    def token(self, offset: int) -> Token | None:
        """The token before the phrase (-1, -2, ...) or after it (0, 1, ...), in the same sentence."""
        at = self.phrase.first + offset if offset < 0 else self.phrase.last + offset
        return self.text.tokens[at] if self.sentence[0] <= at < self.sentence[1] else None

    def word(self, offset: int) -> str:
        """Word at an offset, "" outside the sentence."""
        token = self.token(offset)
        return token.word if token is not None else ""

    def row_has(self, sign: str) -> bool:
        """Whether the label of the row or the header of the column holds some characters."""
        return sign in self.tables.label(self.phrase.first)

    def claim(
        self, measure: Measure, unit: str = "", *, start: int | None = None, of: str = "", method: tuple[str, ...] = ()
    ) -> Claim:
        """The claim that the phrase makes.

        Args:
            measure: What it measures.
            unit: Its unit.
            start: Index of its first token, if it is before the phrase.
            of: What a size or a date is of.
            method: Slugs.
        """
        phrase, tokens = self.phrase, self.text.tokens
        first = tokens[phrase.first if start is None else start].start
        last = tokens[phrase.last - 1].end
        if phrase.interval is not None:
            last = max(last, tokens[phrase.interval.last - 1].end)
            phrase.interval.taken = True
        said = [tag for distance, tag in self.left if tag in METHODS and (distance <= 8 or distance == 40)]
        missing = ""
        if phrase.missing:
            missing = "not_evaluable" if phrase.missing.lower().lstrip("not ")[:1] in ("e", "a", "c") else "not_reached"
            missing = "not_evaluable" if phrase.missing in ("NE", "NC", "NA", "N/A", "N/E") else missing
        interval = phrase.interval.interval if phrase.interval else None
        before = self.done[-1] if self.done else None
        if interval is not None and not interval.stated and before is not None and before.interval is not None:
            kind = before.interval.kind
            if kind in ("iqr", "range") and before.measure == measure and before.sentence == self.here:
                interval = replace(interval, kind=kind)  # the second of two says it no more
        return Claim(
            start=first, end=last, quote=self.text.raw[first:last], kind=_KINDS.get(measure, "other"), measure=measure,
            value=phrase.value, unit=unit, interval=interval,
            count=phrase.count, denominator=phrase.denominator, missing=missing, of=of,
            method=tuple(dict.fromkeys([*method, *said])), sentence=self.text.spans[self.text.home[phrase.first]],
        )  # fmt: skip
