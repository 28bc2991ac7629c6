"""Intervals: two limits with what says what they are; also one spread (a standard deviation)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from equipoise.evidence.claims.texts import Text
from equipoise.evidence.claims.tokens import Token
from equipoise.evidence.claims.vocabulary import TIME_UNITS, word_set
from equipoise.evidence.model import Interval, Number

__all__ = ["IntervalNode", "bare_limits", "find_intervals", "missing_word", "open_limits"]

_MISSING: Final = frozenset(("nr", "ne", "na", "nc", "nd", "inf", "infinity", "\u221e", "n/a"))
_NOT: Final = word_set(
    """
    reached evaluable estimable reachable calculable available calculated estimated applicable
    attained met yet
    """
)
_QUALIFIERS: Final = {
    "wald": "", "exact": "exact", "clopper-pearson": "exact", "profile": "profile", "profile-likelihood": "profile",
    "likelihood": "profile", "bootstrap": "bootstrap", "bootstrapped": "bootstrap", "bayesian": "credible",
    "credible": "credible", "credibility": "credible", "repeated": "repeated", "adjusted": "adjusted",
    "stratified": "stratified", "unstratified": "unstratified", "one-sided": "one_sided", "1-sided": "one_sided",
    "two-sided": "", "2-sided": "", "confidence": "", "uncertainty": "", "multiplicity-adjusted": "adjusted",
    "simultaneous": "adjusted", "bonferroni-adjusted": "adjusted", "percentile": "bootstrap", "highest": "credible",
    "density": "credible", "wilson": "wilson", "nominal": "",
}  # fmt: skip
_NAMES: Final = frozenset(("ci", "cis", "cri", "interval", "intervals", "limits", "crl", "hdi", "ui", "cl"))
_SPREADS: Final[dict[str, Literal["iqr", "range", "sd"]]] = {
    "iqr": "iqr", "iqrs": "iqr", "interquartile": "iqr", "q1-q3": "iqr", "range": "range", "ranged": "range",
    "ranging": "range", "ranges": "range", "sd": "sd", "\u00b1": "sd", "se": "sd", "sem": "sd", "min-max": "range",
}  # fmt: skip
_BETWEEN: Final = frozenset((
    ",", ":", ";", "=", "of", "was", "is", "from", "between", "ranging", "were", "|", "goes", "runs", "running", "ran",
    "extends", "extending", "reaches", "reaching", "stretches", "stretching", "spans", "spanning", "going", "lies",
    "lying", "went", "spanned", "extended", "stretched", "being", "ranged", "ranges",
))  # fmt: skip
_JOINS: Final = frozenset(("to", "-", ",", "and", "through", ";", "until", "/", "~", "\u223c", "a", "bis"))
_LEVELLED: Final = {"ci95": 0.95, "ic95": 0.95, "ci90": 0.9, "ic90": 0.9, "ci99": 0.99, "ic99": 0.99}
_FOREIGN: Final = frozenset(("ic", "ki"))  # names of other languages, only beside a level: "IC 95%"


_STARTS: Final = frozenset(_LEVELLED) | _FOREIGN


@dataclass(slots=True)
class IntervalNode:
    """An interval and where it stands, as tokens.

    Attributes:
        first: Index of its first token.
        last: One past that of its last.
        interval: What it says.
        unit: Of its limits, where printed.
        percent: Whether a limit has a percent sign.
        taken: Whether it belongs to a value already.
    """

    first: int
    last: int
    interval: Interval
    unit: str = ""
    percent: bool = False
    taken: bool = False


@dataclass(slots=True)
class _Limits:
    lower: Number | None
    upper: Number | None
    missing: str
    last: int
    unit: str
    percent: bool


def missing_word(tokens: list[Token], at: int) -> tuple[str, int]:
    """What stands for a number that there is not, and how many tokens it takes: `NR`, `not reached`.

    Args:
        tokens: Of the text.
        at: Index to look at.
    """
    if at >= len(tokens):
        return "", 0
    token = tokens[at]
    if (token.raw.isupper() and token.word in _MISSING) or token.word == "\u221e":
        return token.raw, 1
    if (
        token.raw == "N"
        and at + 2 < len(tokens)
        and tokens[at + 1].word == "/"
        and tokens[at + 2].raw in ("A", "R", "E")
    ):
        return "N/" + tokens[at + 2].raw, 3
    if token.word in ("not", "non", "non-estimable", "nonestimable", "unreached", "inestimable", "undefined"):
        if token.word not in ("not", "non"):
            return token.raw, 1
        size = 1
        while size < 4 and at + size < len(tokens) and tokens[at + size].word in ("yet", "been", "-", "was", "be"):
            size += 1
        if at + size < len(tokens) and tokens[at + size].word in _NOT:
            return f"{token.raw} {tokens[at + size].raw}", size + 1
    return "", 0


def _limit(tokens: list[Token], at: int) -> tuple[Number | None, str, int, bool, str]:
    """A limit: number (with a minus, also a detached one), what is missing, tokens, percent, unit."""
    size, negative = 0, False
    while (
        at + size < len(tokens)
        and tokens[at + size].word in ("-", "+", ">", "<", "\u2265", "\u2264", "minus", "plus")
        and size < 2
    ):
        negative = negative or tokens[at + size].word in ("-", "minus")
        size += 1
    if at + size >= len(tokens):
        return None, "", 0, False, ""
    token = tokens[at + size]
    if token.kind == "number" and token.number is not None:
        number = token.number
        if negative:
            start = tokens[at].start if tokens[at].word in ("-", "minus") else number.start
            number = replace(number, text="-" + number.text, value=-number.value, start=start)
        size += 1
        if _trailing_point(tokens, at + size, number):
            number = replace(number, text=number.text + ".", end=number.end + 1)
            size += 1
        size += int(at + size < len(tokens) and tokens[at + size].word == "+" and tokens[at + size].start == number.end)
        unit = ""
        if at + size < len(tokens) and tokens[at + size].word in TIME_UNITS:
            unit = TIME_UNITS[tokens[at + size].word]
            size += 1
        elif at + size < len(tokens) and tokens[at + size].tag == "points":
            size += 1
        return number, "", size, token.percent, unit
    word, taken = missing_word(tokens, at + size)
    return None, word, size + taken if word else 0, False, ""


def _trailing_point(tokens: list[Token], at: int, number: Number) -> bool:
    """Whether the number was printed with a point and no decimals, `52. to 63.2`."""
    if number.decimals or at + 1 >= len(tokens) or tokens[at].word != "." or tokens[at].start != number.end:
        return False
    return tokens[at + 1].word in ("to", "-", ")", "]")


def _limits(tokens: list[Token], at: int) -> _Limits | None:
    """Two limits with something between them."""
    lower, missing, size, percent, unit = _limit(tokens, at)
    if not size:
        return None
    at += size
    if at >= len(tokens) or tokens[at].word not in _JOINS:
        return None
    join = tokens[at].word
    step = 1
    if at + 1 < len(tokens) and tokens[at + 1].word == "to" and join in ("-", ","):
        step = 2
    upper, missing_upper, size, percent_upper, unit_upper = _limit(tokens, at + step)
    if not size:
        return None
    if lower is None and upper is None and join == "/":
        return None
    if lower is not None and upper is not None and upper.value < lower.value:
        if join in ("-", "to") and upper.value < 0 and tokens[at + step].word == "-" and lower.value <= -upper.value:
            upper = replace(upper, text=upper.text[1:], value=-upper.value)  # a doubled dash is no sign
        elif join in (",", "and", ";", "/"):
            return None
    last = at + step + size
    return _Limits(lower, upper, missing or missing_upper, last, unit or unit_upper, percent or percent_upper)


def bare_limits(tokens: list[Token], at: int) -> IntervalNode | None:
    """An interval that says of itself only that it is two numbers in brackets: `(6.7 to 9.8)`.

    Args:
        tokens: Of the text.
        at: Index of the opening bracket.
    """
    if at >= len(tokens) or tokens[at].word not in ("(", "["):
        return None
    found = _limits(tokens, at + 1)
    if found is None or (found.lower is None and found.upper is None):
        return None
    after = tokens[found.last].word if found.last < len(tokens) else ")"
    if after not in (")", "]", ";", ","):
        return None
    interval = Interval(found.lower, found.upper, 0.95, stated=False, missing=found.missing)
    return IntervalNode(at + 1, found.last, interval, found.unit, found.percent)


def open_limits(tokens: list[Token], at: int, value: Number | None) -> IntervalNode | None:
    """An interval without brackets and without a name: `0.84, 0.68-1.02`, `0.63 0.52-0.75`.

    Args:
        tokens: Of the text.
        at: Index one past the number.
        value: The number, which must lie between the limits.
    """
    if value is None or not value.decimals:
        return None
    if at < len(tokens) and tokens[at].word in (",", ";", ":"):
        at += 1
    if at + 2 >= len(tokens) or tokens[at].kind != "number" or tokens[at + 1].word not in ("-", "to"):
        return None
    found = _limits(tokens, at)
    if found is None or found.lower is None or found.upper is None or not found.lower.decimals:
        return None
    if not found.lower.value <= value.value <= found.upper.value:
        return None
    interval = Interval(found.lower, found.upper, 0.95, stated=False)
    return IntervalNode(at, found.last, interval, found.unit, found.percent)


def _between(tokens: list[Token], at: int, most: int = 6) -> int:
    """Skip what stands between the name of an interval and its limits: `[CI]`, a comma, "of"."""
    for _ in range(most):
        if at >= len(tokens):
            break
        word = tokens[at].word
        if word in _BETWEEN or word in _NAMES:
            at += 1
        elif word in ("(", "[") and at + 2 < len(tokens) and tokens[at + 1].word in _NAMES | {"iqr", "sd"} \
                and tokens[at + 2].word in (")", "]"):  # fmt: skip
            at += 3
        else:
            break
    return at


def _level(token: Token) -> float | None:
    """Level of confidence that a number with a percent sign can be."""
    if token.number is None or not 50 <= token.number.value < 100:
        return None
    return round(token.number.value / 100, 10)


def _named(tokens: list[Token], at: int, level: float | None) -> tuple[int, float | None, list[str]] | None:
    """The name of an interval: index one past it, level, what is said of it; None where there is no name."""
    method: list[str] = []
    for _ in range(6):
        if at >= len(tokens):
            return None
        word = tokens[at].word
        after = [one.word for one in tokens[at + 1 : at + 3]]
        if word in ("1", "2") and after == ["-", "sided"]:
            at += 3
        elif word in _QUALIFIERS:
            method += [_QUALIFIERS[word]] if _QUALIFIERS[word] else []
            at += 1
        elif word in ("(", "[") and level is not None and after[:1] and after[0] in _NAMES:
            at += 1  # "0.56 95% (CI: 0.39 to 0.80"
        elif word in _LEVELLED:
            return at + 1 + int(after[:1] == ["%"]), level or _LEVELLED[word], method
        elif word in _NAMES or word in _FOREIGN:
            return at + 1, level, [*method, "credible"] if word in ("cri", "hdi") else method
        elif word == "-" or (
            level is not None and tokens[at].kind == "word" and after[:1] in (["interval"], ["intervals"])
        ):
            at += 1  # another word for confidence
        else:
            return None
    return None


def _confidence(text: Text, at: int) -> IntervalNode | None:
    """`95% CI 0.6 to 0.9`, `CI 0.6-0.9`, `95% repeated confidence interval [CI], 0.6, 0.9`."""
    tokens = text.tokens
    first = at
    level = _level(tokens[at]) if tokens[at].percent else None
    if tokens[at].percent and level is None:
        return None
    name = _named(tokens, at + int(tokens[at].percent), level)
    if name is None:
        return None
    at, level, method = name
    if level is None and at < len(tokens) and tokens[at].percent:
        level = _level(tokens[at])
        at += 1
    if level is None and tokens[at - 1].word in _FOREIGN:
        return None
    start = _between(tokens, at)
    found = _limits(tokens, start)
    if found is None and start < len(tokens) and tokens[start].word in ("(", "["):
        found = _limits(tokens, start + 1)
    if found is None or (found.lower is None and found.upper is None and not found.missing):
        return None
    if first and tokens[first - 1].tag == "one_sided":
        method.append("one_sided")
    interval = Interval(
        found.lower, found.upper, level or 0.95, level is not None,
        "credible" if "credible" in method else "confidence",
        found.missing, tuple(dict.fromkeys(one for one in method if one != "credible")),
    )  # fmt: skip
    return IntervalNode(first, found.last, interval, found.unit, found.percent)


def _spread(text: Text, at: int) -> IntervalNode | None:
    """`IQR 63-83`, `range, 18 to 85`, `SD 6.5`, a plus-minus sign."""
    tokens = text.tokens
    kind = _SPREADS.get(tokens[at].word)
    first = at
    if kind is None and tokens[at].word == "standard" and at + 1 < len(tokens):
        if tokens[at + 1].word not in ("deviation", "deviations", "error"):
            return None
        kind, at = "sd", at + 1
    if kind is None:
        return None
    at += 1
    if kind == "iqr" and at < len(tokens) and tokens[at].word == "range":
        at += 1
    start = _between(tokens, at)
    if kind == "sd":
        number, _, size, percent, unit = _limit(tokens, start)
        if number is None or not size:
            return None
        return IntervalNode(first, start + size, Interval(number, None, 0.95, stated=False, kind=kind), unit, percent)
    found = _limits(tokens, start)
    if found is None and start < len(tokens) and tokens[start].word in ("(", "["):
        found = _limits(tokens, start + 1)
    if found is None or (found.lower is None and found.upper is None):
        return None
    interval = Interval(found.lower, found.upper, 0.95, stated=False, kind=kind, missing=found.missing)
    return IntervalNode(first, found.last, interval, found.unit, found.percent)


def _bracketed_spread(text: Text, at: int) -> IntervalNode | None:
    """The number in brackets of `mean (SD) age, 45.2 (12.3) years`."""
    tokens = text.tokens
    if at + 3 >= len(tokens) or tokens[at + 1].word not in ("(", "[") or tokens[at + 3].word not in (")", "]"):
        return None
    inner = tokens[at + 2]
    if (
        inner.kind != "number"
        or inner.number is None
        or inner.percent
        or tokens[at].percent
        or tokens[at].number is None
    ):
        return None
    decimals = (tokens[at].number or inner.number).decimals
    for back in range(at - 1, max(-1, at - 26), -1):
        if text.home[back] != text.home[at]:
            break
        spread, after = tokens[back].raw, tokens[back + 1]
        said = spread in ("SD", "sd", "SE", "s.d") and after.word in (")", "]", ",", ":", "-")
        told = spread == "SD" and after.kind == "number" and at - back <= 9 and decimals > 0
        named = tokens[back].word in ("error", "deviation") and tokens[back - 1].word == "standard"
        if said or told or named:
            return IntervalNode(at + 2, at + 3, Interval(inner.number, None, 0.95, stated=False, kind="sd"))
    return None


def find_intervals(text: Text) -> list[IntervalNode]:
    """The intervals that say what they are; their tokens are marked as used.

    Args:
        text: A text's tokens.
    """
    nodes: list[IntervalNode] = []
    at = 0
    while at < len(text.tokens):
        token = text.tokens[at]
        node = None
        if token.percent or token.word in _NAMES or token.word in _QUALIFIERS or token.word in _STARTS:
            node = _confidence(text, at)
        if node is None and (token.word in _SPREADS or token.word == "standard"):
            node = _spread(text, at)
        if node is None and token.kind == "number" and not token.percent:
            node = _bracketed_spread(text, at)
        if node is None:
            at += 1
            continue
        for index in range(node.first, node.last):
            text.used[index] = True
        nodes.append(node)
        at = node.last
    return nodes
