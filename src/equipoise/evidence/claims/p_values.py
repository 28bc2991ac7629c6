"""P values, with their sides and what they test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from equipoise.evidence.claims.texts import Text
from equipoise.evidence.claims.tokens import Token
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Bound, PValue

__all__ = ["PNode", "find_p_values"]

_SIGNS: Final[dict[str, Bound]] = {
    "=": "", "<": "<", ">": ">", "\u2264": "<=", "\u2265": ">=", ":": "", "|": "", ",": "", "~": "", "\u2248": "",
    "of": "", "was": "", "is": "", "were": "", "equals": "", "equal": "", "equalled": "", "equaled": "", "to": "",
}  # fmt: skip
_WORDS: Final = frozenset(("p", "pvalue", "p-value", "p-values", "ps", "pvalues"))
_SUBSCRIPTS: Final = {
    "pinteraction": "interaction", "pint": "interaction", "ptrend": "trend", "pheterogeneity": "trend",
    "p-trend": "trend", "p-interaction": "interaction", "p-heterogeneity": "trend",
    "p-noninferiority": "noninferiority",
    "pnoninferiority": "noninferiority", "psuperiority": "superiority", "pinter": "interaction", "plogrank": "log_rank",
}  # fmt: skip
_METHODS: Final = word_set(
    """
    log_rank stratified unstratified wald fisher interaction noninferiority superiority trend
    adjusted nominal
    """
)
_AROUND: Final = word_set(
    """
    significance for of the value values from by in test tests a an ( ) [ ] , interaction trend log rank exact
    two-sided one-sided 2-sided 1-sided two one sided nominal stratified unstratified interaction
    noninferiority superiority non-inferiority log-rank logrank descriptive adjusted difference
    heterogeneity cox fisher fisher's wald chi-square two-tailed one-tailed - both tail tailed less
    greater than
    """
)


@dataclass(slots=True)
class PNode:
    """A P value and where it stands, as tokens.

    Attributes:
        first: Index of its first token.
        last: One past that of its last.
        p: What it says.
        taken: Whether it belongs to a value already.
    """

    first: int
    last: int
    p: PValue
    taken: bool = False


def _is_p(token: Token) -> bool:
    """Whether a word begins a P value."""
    return (
        token.kind == "word"
        and (token.word in _WORDS or token.word in _SUBSCRIPTS or token.word[:-1] == "p-value")
        and not (token.glued and token.raw == "p")
    )


def _value(tokens: list[Token], at: int) -> tuple[PNode | None, int]:
    """The sign and the number after the words of a P value."""
    bound: Bound = ""
    signed = False
    for _ in range(4):
        if at >= len(tokens):
            return None, at
        word = tokens[at].word
        if word == "less" and at + 1 < len(tokens) and tokens[at + 1].word == "than":
            bound, signed, at = "<", True, at + 2
        elif word in ("lower", "below", "under", "smaller") and at + 1 < len(tokens):
            bound, signed, at = "<", True, at + 1 + int(tokens[at + 1].word == "than")
        elif word in ("greater", "more") and at + 1 < len(tokens) and tokens[at + 1].word == "than":
            bound, signed, at = ">", True, at + 2
        elif word in _SIGNS and not (word == "," and not tokens[at + 1 : at + 2]):
            if word == "," and signed:
                break
            if word == "," and at and tokens[at].start > tokens[at - 1].end:
                bound = "<"  # print that lost its sign: "P , .001"
            bound, signed, at = _SIGNS[word] or bound, True, at + 1
        else:
            break
    if at >= len(tokens):
        return None, at
    token = tokens[at]
    power, last = _power(tokens, at)
    if power is not None:
        return replace(power, p=replace(power.p, number=replace(power.p.number, bound=bound))), last
    if token.kind != "number" or token.number is None or token.number.value > 1 or token.percent:
        return None, at
    if not signed and token.number.decimals == 0:
        return None, at
    if token.number.decimals == 0 and bound == "":
        return None, at
    number = replace(token.number, bound=bound)
    return PNode(at, at + 1, PValue(number)), at + 1


def _power(tokens: list[Token], at: int) -> tuple[PNode | None, int]:
    """`7.8 x 10-22`, a P value with a power of ten."""
    if at + 4 >= len(tokens) or tokens[at + 1].word not in ("\u00d7", "x", "*") or tokens[at + 2].word != "10":
        return None, at
    end = at + 3 + int(tokens[at + 3].word == "^")
    if end + 1 >= len(tokens) or tokens[end].word != "-" or not whole_number(tokens[end + 1]):
        return None, at
    first, power = tokens[at].number, tokens[end + 1].number
    if first is None or power is None or power.value > 300:
        return None, at
    decimals = first.decimals + int(power.value)
    number = replace(
        first, value=round(first.value * 10.0**-power.value, min(decimals, 320)), decimals=decimals, end=power.end
    )
    return PNode(at, end + 2, PValue(number)), end + 2


def whole_number(token: Token) -> bool:
    """Whether a token is a whole number."""
    return token.kind == "number" and token.number is not None and token.number.decimals == 0


def _methods(tokens: list[Token]) -> tuple[Literal[1, 2] | None, tuple[str, ...]]:
    """Sides and methods that some words say."""
    sides: Literal[1, 2] | None = None
    method: list[str] = []
    for token in tokens:
        if token.tag == "one_sided":
            sides = 1
        elif token.tag == "two_sided":
            sides = 2
        elif token.tag in _METHODS:
            method.append(token.tag)
    return sides, tuple(dict.fromkeys(method))


def _one(text: Text, at: int) -> PNode | None:
    """The P value whose letter is at an index."""
    tokens = text.tokens
    start = at + 1
    for _ in range(10):
        if start >= len(tokens) or tokens[start].word not in _AROUND:
            break
        if tokens[start].word == "," and start + 1 < len(tokens) and tokens[start + 1].kind == "number":
            break
        if tokens[start].word == "less":
            break
        start += 1
    node, last = _value(tokens, start)
    if node is None:
        return None
    first = at
    while first > 0 and at - first < 4 and tokens[first - 1].tag in _METHODS | {"one_sided", "two_sided"}:
        first -= 1
    after = last
    if after < len(tokens) and tokens[after].word == "(":
        after += 1
    if after < len(tokens) and tokens[after].word == "," and after + 1 < len(tokens):
        after += int(tokens[after + 1].tag in ("one_sided", "two_sided"))
    end = after
    while end < len(tokens) and end - after < 3 and (
        tokens[end].tag in _METHODS | {"one_sided", "two_sided"} or tokens[end].word in ("for", "by", "the", "a", "an")
    ):  # fmt: skip
        end += 1
    while end > after and tokens[end - 1].word in ("for", "by", "the", "a", "an"):
        end -= 1
    glued = _SUBSCRIPTS.get(tokens[at].word)
    sides, method = _methods(tokens[max(0, first - 2) : end])
    method = (glued, *method) if glued and glued not in method else method
    if end > after:
        last = end + int(end < len(tokens) and tokens[after - 1].word == "(" and tokens[end].word == ")")
    return PNode(first, last, replace(node.p, sides=sides, method=method))


def _plural(text: Text, at: int) -> bool:
    """Whether the letter is followed by "values"."""
    return at + 1 < len(text.tokens) and text.tokens[at + 1].word == "values"


def _second(text: Text, node: PNode) -> PNode | None:
    """The second of `P values were .01 and .04`."""
    tokens, at = text.tokens, node.last
    if at + 1 >= len(tokens) or tokens[at].word != "and":
        return None
    number = tokens[at + 1].number
    if (
        tokens[at + 1].kind != "number"
        or number is None
        or number.value > 1
        or not number.decimals
        or tokens[at + 1].percent
    ):
        return None
    return PNode(at + 1, at + 2, replace(node.p, number=number))


def find_p_values(text: Text) -> list[PNode]:
    """The P values of a text; their tokens are marked as used.

    Args:
        text: A text's tokens.
    """
    nodes: list[PNode] = []
    at = 0
    while at < len(text.tokens):
        node = _one(text, at) if _is_p(text.tokens[at]) else None
        if node is None:
            at += 1
            continue
        for index in range(node.first, node.last):
            text.used[index] = True
        nodes.append(node)
        tail = (
            _second(text, node)
            if text.tokens[at].word in ("p-values", "ps", "pvalues", "values") or _plural(text, at)
            else None
        )
        if tail is not None:
            text.used[tail.first] = True
            nodes.append(tail)
        at = max(node.last, at + 1)
    return nodes
