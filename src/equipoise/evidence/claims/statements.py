"""All numeric claims of a text: the families put together."""

from __future__ import annotations

import re
from typing import Final

from equipoise.evidence.claims.amounts import read_amount
from equipoise.evidence.claims.cells import read_cell, read_cell_p
from equipoise.evidence.claims.date_roles import with_date_roles
from equipoise.evidence.claims.design import read_design
from equipoise.evidence.claims.echoes import read_echo
from equipoise.evidence.claims.flat import read_flat
from equipoise.evidence.claims.intervals import find_intervals
from equipoise.evidence.claims.joins import attach_intervals, attach_near_p, attach_p, attach_row_p, join_cells
from equipoise.evidence.claims.p_values import PNode, find_p_values
from equipoise.evidence.claims.phrases import find_phrases
from equipoise.evidence.claims.proportions import read_percent
from equipoise.evidence.claims.ratios import read_needed, read_ratio
from equipoise.evidence.claims.settle import settle_sizes, settle_units
from equipoise.evidence.claims.sizes import read_size
from equipoise.evidence.claims.stacked import read_stacked
from equipoise.evidence.claims.sums import add_by_sums
from equipoise.evidence.claims.tables import Tables
from equipoise.evidence.claims.texts import Text, tokenize
from equipoise.evidence.claims.times import read_missing, read_time
from equipoise.evidence.claims.views import View
from equipoise.evidence.model import Claim

__all__ = ["find_statements"]

_FAMILIES: Final = (
    read_cell_p,
    read_stacked,
    read_needed,
    read_design,
    read_missing,
    read_percent,
    read_cell,
    read_echo,
    read_time,
    read_amount,
    read_ratio,
    read_size,
)
_RATIO: Final = re.compile(r"[1-5](?: ?: ?[1-5])+")


def find_statements(text: str) -> tuple[Claim, ...]:
    """Every numeric claim of a text, in order, without arm, endpoint and population.

    The time that this takes grows with the length of the text and no faster.

    Args:
        text: Any text.
    """
    parsed = tokenize(text)
    intervals = find_intervals(parsed)
    p_values = find_p_values(parsed)
    phrases = find_phrases(parsed)
    tables = Tables(parsed)
    attach_intervals(parsed, phrases, intervals)
    attach_near_p(parsed, phrases, p_values)
    phrases = join_cells(phrases, tables)
    claims, flat = read_flat(parsed, phrases, tables)
    lonely = _lonely(parsed, tables)
    ends: list[tuple[int, int, int]] = []
    unread: list[View] = []
    for index, phrase in enumerate(phrases):
        after = phrases[index + 1] if index + 1 < len(phrases) else None
        home = parsed.home[phrase.first]
        if after is not None and parsed.home[after.first] != home:
            after = None
        if (
            home in flat
            or (lonely[home] and phrase.count is None and phrase.interval is None)
            or (tables.in_label(phrase.first) and phrase.form != "label" and not _after_colon(parsed, phrase.first))
        ):
            continue
        if phrase.form in ("time", "percent") and tables.in_header(phrase.first) and phrase.count is None:
            continue
        view = View(parsed, phrase, tables, claims, after)
        claim = _read(view)
        if claim is None:
            unread.append(view)
        else:
            claims.append(claim)
            last = phrase.interval.last if phrase.interval is not None else phrase.last
            ends.append((phrase.first, max(last, phrase.last), len(claims) - 1))
    claims = add_by_sums(attach_p(parsed, claims, ends, p_values), unread)
    claims.sort(key=lambda claim: (claim.start, claim.end))
    claims = settle_units(settle_sizes(claims))
    claims += [_p_claim(parsed, node) for node in p_values if not node.taken]
    claims += _others(parsed, tables)
    claims.sort(key=lambda claim: (claim.start, claim.end))
    claims = with_date_roles(parsed.plain, claims)
    if not tables.any:
        return tuple(claims)
    places = tables.places([claim.start if claim.value is None else claim.value.start for claim in claims])
    return tuple(attach_row_p(claims, places))


def _after_colon(text: Text, at: int) -> bool:
    """Whether a colon stands before a token: the value of a row's name, `Analyzed: 412 | 409`."""
    return at > 0 and text.tokens[at - 1].word == ":"


def _read(view: View) -> Claim | None:
    """The claim of a phrase by the first family that knows it."""
    for read in _FAMILIES:
        claim = read(view)
        if claim is not None:
            return claim
    return None


def _lonely(text: Text, tables: Tables) -> list[bool]:
    """Of each sentence whether it holds numbers and no word: ticks of an axis, numbers of a page."""
    out = []
    for index in range(len(text.spans)):
        first, last = tables.token_span(index)
        row = first < last and tables.is_row(first)
        out.append(not row and not any(token.kind == "word" for token in text.tokens[first:last]))
    return out


def _p_claim(text: Text, node: PNode) -> Claim:
    """The claim of a P value that stands by itself, a threshold where the words around it say so."""
    start, end = text.tokens[node.first].start, text.tokens[node.last - 1].end
    near = text.tokens[max(0, node.first - 5) : node.first] + text.tokens[node.last : node.last + 5]
    words = {token.word for token in near}
    article = node.first > 0 and text.tokens[node.first - 1].word in ("a", "any") and bool(node.p.number.bound)
    threshold = article or any(token.tag == "threshold" for token in near) or (
        bool(words & {"considered", "significant", "significance"}) and bool(node.p.number.bound)
    )  # fmt: skip
    return Claim(
        start=start, end=end, quote=text.raw[start:end], kind="other" if threshold else "p_value",
        measure="threshold" if threshold else "p_value", value=node.p.number, p=node.p,
        sentence=text.spans[text.home[node.first]],
    )  # fmt: skip


def _others(text: Text, tables: Tables) -> list[Claim]:
    """Dates and ratios of randomization."""
    out = []
    for at, token in enumerate(text.tokens):
        if token.kind == "date":
            out.append(
                Claim(
                    start=token.start, end=token.end, quote=text.raw[token.start : token.end], kind="other",
                    measure="date", unit="date", date=token.iso, sentence=text.spans[text.home[at]],
                )
            )  # fmt: skip
        elif token.kind == "ratio":
            first, last = tables.token_span(text.home[at])
            near = text.tokens[max(first, at - 25) : min(last, at + 12)]
            ratio = at + 1 < last and text.tokens[at + 1].word in (
                "ratio",
                "randomization",
                "randomisation",
                "allocation",
            )
            drawn = any(one.tag == "randomized" or one.word in ("ratio", "versus", "placebo") for one in near)
            clock = len(token.raw) > 4 and ":" in token.raw and not ratio and token.raw.count(":") == 1
            if clock or (not ratio and not drawn and not _RATIO.fullmatch(token.raw)):
                continue
            end = text.tokens[at + 1].end if ratio else token.end
            out.append(
                Claim(
                    start=token.start, end=end, quote=text.raw[token.start : end], kind="other",
                    measure="randomization_ratio", sentence=text.spans[text.home[at]],
                )
            )  # fmt: skip
    return out
