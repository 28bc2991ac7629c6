"""Tables whose bars were lost: a line that names columns, and lines that end with their numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from equipoise.evidence.claims.intervals import IntervalNode
from equipoise.evidence.claims.phrases import Phrase
from equipoise.evidence.claims.tables import Tables
from equipoise.evidence.claims.texts import Text
from equipoise.evidence.model import Claim, Interval, Kind, Measure, PValue

__all__ = ["read_flat"]

_COLUMNS: Final[dict[str, tuple[Measure, Kind]]] = {
    "hr": ("hazard_ratio", "hazard_ratio"), "odds_ratio": ("odds_ratio", "other"),
    "risk_ratio": ("risk_ratio", "other"), "rate_ratio": ("rate_ratio", "other"), "median": ("median", "median"),
}  # fmt: skip
_ROWS: Final = 40


def _columns(text: Text, first: int, last: int) -> list[str]:
    """The columns that a line names, in order: `n`, `median`, `hr`, `p`; empty if it is no such line."""
    out: list[str] = []
    interval = False
    for at in range(first, last):
        token = text.tokens[at]
        before = text.tokens[at - 1].word if at > first else ""
        if token.kind == "number" and not token.percent:
            return []
        if token.word in ("ci", "cis"):
            interval = True
        elif token.word == "n" and "n" not in out:
            out.append("n")
        elif token.tag in _COLUMNS and before not in ("for", "of") and token.tag not in out:
            out.append(token.tag)
        elif token.tag == "p_word" and "p" not in out:
            out.append("p")
        elif token.word in (".", ";") or token.tag in ("people", "randomized"):
            return []
    return out if len(out) >= 2 and (interval or len(out) >= 3) else []


def _interval(phrase: Phrase, after: Phrase | None) -> IntervalNode | None:
    """The interval of a number: its own, or the range that follows it."""
    if phrase.interval is not None:
        node = phrase.interval
        return IntervalNode(node.first, node.last, replace(node.interval, kind="confidence", stated=False))
    if (
        after is not None
        and after.interval is not None
        and after.interval.interval.kind == "range"
        and after.form == "plain"
    ):
        low, high = after.interval.interval.lower, after.interval.interval.upper
        return IntervalNode(after.first, after.last, Interval(low, high, stated=False))
    return None


def _row(text: Text, phrases: list[Phrase], columns: list[str], unit: str) -> list[Claim]:
    """Claims of one line."""
    out: list[Claim] = []
    left = list(columns)
    skip = False
    for index, phrase in enumerate(phrases):
        after = phrases[index + 1] if index + 1 < len(phrases) else None
        before = text.tokens[phrase.first - 1] if phrase.first else None
        if (
            before is not None
            and before.raw.isupper()
            and len(before.raw) > 3
            and phrase.value
            and phrase.value.value > 20000
        ):
            continue  # the number of a trial, "CALGB 90206"
        if skip or phrase.form not in ("plain", "time", "people") or phrase.value is None:
            skip = False
            continue
        number = phrase.value
        if "p" in left and number.value <= 1 and (number.bound or left == ["p"]) and phrase.interval is None:
            if out and out[-1].measure in ("hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio"):
                end = text.tokens[phrase.last - 1].end
                out[-1] = replace(out[-1], p=PValue(number), end=end, quote=text.raw[out[-1].start : end])
            continue
        while left and (left[0] == "p" or (left[0] == "n" and number.decimals)):
            left.pop(0)
        if not left:
            break
        column = left.pop(0)
        node = _interval(phrase, after) if column != "n" else None
        skip = node is not None and phrase.interval is None
        start = text.tokens[phrase.anchor].start
        end = max(text.tokens[phrase.last - 1].end, text.tokens[node.last - 1].end if node else 0)
        measure, kind = ("arm_size", "arm_size") if column == "n" else _COLUMNS[column]
        out.append(
            Claim(
                start=start, end=end, quote=text.raw[start:end], kind=kind, measure=measure, value=number,  # type: ignore[arg-type]
                unit={"n": "patients", "median": unit}.get(column, ""), interval=node.interval if node else None,
                sentence=text.spans[text.home[phrase.first]],
            )
        )  # fmt: skip
    return out


def read_flat(text: Text, phrases: list[Phrase], tables: Tables) -> tuple[list[Claim], set[int]]:
    """Claims of tables without bars, and the sentences that they are in.

    Args:
        text: The text.
        phrases: Its numbers.
        tables: Its sentences.
    """
    claims: list[Claim] = []
    done: set[int] = set()
    by_home: dict[int, list[Phrase]] | None = None
    for index in range(len(text.spans)):
        first, last = tables.token_span(index)
        if index in done or not 3 <= last - first <= 40 or tables.is_row(first):
            continue
        columns = _columns(text, first, last)
        if not columns:
            continue
        if by_home is None:
            by_home = {}
            for phrase in phrases:
                by_home.setdefault(text.home[phrase.first], []).append(phrase)
        header = text.plain[text.spans[index][0] : text.spans[index][1]].lower()
        unit = next((unit for unit in ("months", "years", "weeks", "days") if unit[:-1] in header), "months")
        for row in range(index + 1, min(len(text.spans), index + _ROWS)):
            low, high = text.spans[row]
            if "\n\n" in text.raw[low : min(high, low + 3)] or high - low > 160:
                break
            found = _row(text, by_home.get(row, []), columns, unit)
            if found:
                claims += found
                done.add(row)
    return claims, done
