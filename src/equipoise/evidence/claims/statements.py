"""All numeric claims of a text: the families put together."""

from __future__ import annotations

import re
from dataclasses import replace

from equipoise.evidence.claims.amounts import read_amount
from equipoise.evidence.claims.cells import read_cell, read_cell_p
from equipoise.evidence.claims.design import read_design
from equipoise.evidence.claims.flat import read_flat
from equipoise.evidence.claims.intervals import IntervalNode, find_intervals
from equipoise.evidence.claims.p_values import PNode, find_p_values
from equipoise.evidence.claims.phrases import Phrase, find_phrases
from equipoise.evidence.claims.proportions import read_percent
from equipoise.evidence.claims.ratios import read_needed, read_ratio
from equipoise.evidence.claims.sizes import read_size
from equipoise.evidence.claims.tables import Tables
from equipoise.evidence.claims.texts import Text, tokenize
from equipoise.evidence.claims.times import read_missing, read_time
from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Claim

__all__ = ["find_statements"]

_CONTRASTS = word_set(
    """
    hazard_ratio odds_ratio risk_ratio rate_ratio risk_reduction risk_difference median_difference
    mean_difference number_needed number
    """
)


def find_statements(text: str) -> tuple[Claim, ...]:
    """Every numeric claim of a text, in order, without arm, endpoint and population.

    Args:
        text: Any text.
    """
    parsed = tokenize(text)
    intervals = find_intervals(parsed)
    p_values = find_p_values(parsed)
    phrases = find_phrases(parsed)
    _attach_intervals(parsed, phrases, intervals)
    _attach_near_p(parsed, phrases, p_values)
    tables = Tables(parsed)
    lonely = _lonely(parsed, tables)
    claims, flat = read_flat(parsed, phrases, tables)
    ends: list[tuple[int, int, int]] = []
    for index, phrase in enumerate(phrases):
        after = phrases[index + 1] if index + 1 < len(phrases) else None
        if after is not None and parsed.home[after.first] != parsed.home[phrase.first]:
            after = None
        view = View(parsed, phrase, tables, claims, after)
        if tables.in_label(phrase.first) and phrase.form != "label":
            continue
        claim = None if lonely[parsed.home[phrase.first]] or parsed.home[phrase.first] in flat else _read(view)
        if claim is not None:
            claims.append(claim)
            last = phrase.interval.last if phrase.interval is not None else phrase.last
            ends.append((phrase.first, max(last, phrase.last), len(claims) - 1))
    claims = _attach_p(parsed, claims, ends, p_values)
    claims += [_p_claim(parsed, node) for node in p_values if not node.taken]
    claims += _others(parsed, tables)
    claims.sort(key=lambda claim: (claim.start, claim.end))
    return tuple(claims)


_FAMILIES = (
    read_cell_p,
    read_needed,
    read_design,
    read_missing,
    read_percent,
    read_cell,
    read_time,
    read_amount,
    read_ratio,
    read_size,
)  # fmt: skip


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


def _attach_intervals(text: Text, phrases: list[Phrase], nodes: list[IntervalNode]) -> None:
    """Give each interval to the number before it that it fits."""
    at = 0
    for node in nodes:
        while at < len(phrases) and phrases[at].last <= node.first:
            at += 1
        for phrase in reversed(phrases[max(0, at - 4) : at]):
            if text.home[phrase.first] != text.home[node.first] or node.first - phrase.last > 25:
                break
            if phrase.interval is not None or phrase.form in ("people", "label") or not _fits(phrase, node):
                if node.first - phrase.last <= 2:
                    break
                continue
            phrase.interval = node
            node.taken = True
            break


def _fits(phrase: Phrase, node: IntervalNode) -> bool:
    """Whether an interval can be that of a number by its form."""
    if node.percent and phrase.form != "percent":
        return False
    if node.unit and phrase.form not in ("time", "plain", "missing"):
        return False
    if phrase.value is None:
        return phrase.form == "missing" or phrase.count is not None
    if node.interval.kind == "sd":
        return node.first - phrase.last <= 3
    if phrase.form in ("percent", "time") or node.first - phrase.last <= 3:
        return True
    lower, upper = node.interval.lower, node.interval.upper
    return (lower is None or lower.value <= phrase.value.value * 1.5) and (
        upper is None or upper.value >= phrase.value.value / 1.5
    )


def _attach_near_p(text: Text, phrases: list[Phrase], nodes: list[PNode]) -> None:
    """Give a bare number the P value that stands directly behind it: `0.77 (P = .0020)`."""
    starts = {node.first: node for node in nodes}
    for phrase in phrases:
        if phrase.form == "plain" and phrase.interval is None and phrase.last < len(text.tokens):
            step = int(text.tokens[phrase.last].word in ("(", "[", ",", ";"))
            phrase.p = starts.get(phrase.last + step)


def _attach_p(text: Text, claims: list[Claim], ends: list[tuple[int, int, int]], nodes: list[PNode]) -> list[Claim]:
    """Give each P value to the contrast before it in the same sentence, where only signs and few words are between."""
    out = list(claims)
    for node in nodes:
        for first, last, index in reversed(ends):
            if last > node.first:
                continue
            if text.home[first] != text.home[node.first] or node.first - last > 6:
                break
            claim = out[index]
            gap = text.tokens[last : node.first]
            if any(token.word in ("|", "and", "but", "respectively") for token in gap):
                break
            alone = len(gap) == 1 and gap[0].word == "(" and claim.interval is None
            if alone and claim.measure in ("risk_reduction", "risk_difference", "mean_difference", "median_difference"):
                break
            if claim.measure in _CONTRASTS and claim.p is None:
                end = text.tokens[node.last - 1].end
                if text.raw[node.last - 1 : end].count(")") and text.tokens[node.last - 1].word == ")":
                    end = text.tokens[node.last - 1].start
                out[index] = replace(claim, p=node.p, end=end, quote=text.raw[claim.start : end])
                node.taken = True
            break
    return out


def _p_claim(text: Text, node: PNode) -> Claim:
    """The claim of a P value that stands by itself."""
    start, end = text.tokens[node.first].start, text.tokens[node.last - 1].end
    near = text.tokens[max(0, node.first - 5) : node.first] + text.tokens[node.last : node.last + 5]
    here = text.home[node.first]
    words = {token.word for token in near}
    if any(token.tag == "threshold" for token in near) or (
        words & {"considered", "significant", "significance"} and node.p.number.bound
    ):
        return Claim(
            start=start, end=end, quote=text.raw[start:end], kind="other", measure="threshold", value=node.p.number,
            p=node.p, sentence=text.spans[here],
        )  # fmt: skip
    return Claim(
        start=start, end=end, quote=text.raw[start:end], kind="p_value", measure="p_value", value=node.p.number, p=node.p,
        sentence=text.spans[text.home[node.first]],
    )  # fmt: skip


def _others(text: Text, tables: Tables) -> list[Claim]:
    """Dates and ratios of randomization."""
    out = []
    for at, token in enumerate(text.tokens):
        first, last = tables.token_span(text.home[at])
        if token.kind == "date":
            out.append(
                Claim(start=token.start, end=token.end, quote=text.raw[token.start : token.end], kind="other", measure="date",
                      unit="date", date=token.iso, sentence=text.spans[text.home[at]])
            )  # fmt: skip
        elif token.kind == "ratio":
            near = text.tokens[max(first, at - 25) : min(last, at + 12)]
            ratio = at + 1 < last and text.tokens[at + 1].word in (
                "ratio",
                "randomization",
                "randomisation",
                "allocation",
            )
            if (
                not ratio
                and not re.fullmatch(r"[1-5](?::[1-5])+", token.raw)
                and not any(one.tag == "randomized" or one.word in ("ratio", "versus", "placebo") for one in near)
            ):
                continue
            end = text.tokens[at + 1].end if ratio else token.end
            out.append(
                Claim(start=token.start, end=end, quote=text.raw[token.start : end], kind="other", measure="randomization_ratio",
                      sentence=text.spans[text.home[at]])
            )  # fmt: skip
    return out
