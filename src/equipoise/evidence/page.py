"""A checked text as one page: each claim marked where it stands, its calculation one click away. No scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise.pages import Html, element, join, shell

if TYPE_CHECKING:
    from equipoise.evidence.model import Claim, Finding, Verdict
    from equipoise.evidence.workflow import Checked

__all__ = ["SIGNS", "WORDS", "about", "index_page", "summary_line", "text_page"]

WORDS: dict[Verdict, str] = {
    "contradicted": "contradicted",
    "remark": "remark",
    "consistent": "consistent",
    "unverifiable": "can't be verified",
}
SIGNS: dict[Verdict, str] = {"contradicted": "\u2717", "remark": "!", "consistent": "\u2713", "unverifiable": "?"}
_EXPLAINED: dict[Verdict, str] = {
    "contradicted": "no value that the printed digits allow fits",
    "remark": "unusual, or fits only under a condition that is named",
    "consistent": "fits what else is printed or computed",
    "unverifiable": "nothing in the text or the data it was compared with says more of it",
}
_KIND = {"p_value": "P value", "adverse_event_rate": "adverse events", "other": ""}


_WRAPPED = 60
"""A line with fewer characters ends where its writer wanted it to."""
_OWN_LINE = re.compile(r"\s*(?:[-*\u2022#|>]|\d{1,2}[.)]\s)")


def summary_line(checked: Checked) -> str:
    """What was found in a text, in one line: `14 claims: 1 contradicted, 2 remarks, 9 consistent, 2 can't be verified`.

    Args:
        checked: A text that was checked.
    """
    counts = checked.counts()
    total = sum(counts.values())
    if not total:
        return "no numeric claim about a trial was found, so nothing was checked"
    words = {**WORDS, "remark": "remark" if counts["remark"] == 1 else "remarks"}
    said = [f"{n} {words[verdict]}" for verdict, n in counts.items() if n]
    return f"{total} claim{'s' if total > 1 else ''}: {', '.join(said)}"


def text_page(checked: Checked, *, back: str = "") -> str:
    """The page of one text.

    Args:
        checked: The text, its claims and findings.
        back: Address of the list of texts; "" where there is none.

    Returns:
        A complete HTML page that asks the network for nothing.
    """
    name = "standard input" if checked.document.name == "-" else Path(checked.document.name).name
    title = checked.document.title or name
    compared = "; ".join(f"compared with {what} in {path}" for what, path in checked.references)
    meta = [element("span", name), *([element("span", compared)] if compared else [])]
    meta += [element("span", note) for note in checked.document.notes]
    header = join(
        [
            element("p", "Are its numbers possible?", cls="kicker"),
            element("h1", title),
            element("p", *meta, cls="meta"),
            element("p", element("a", "All texts", href=back), cls="meta") if back else "",
        ]
    )
    body = join([_answer(checked), _beside(checked), _omitted(checked)], Html("\n"))
    footer = element(
        "p",
        "Each printed number is taken as the range that rounds to it. A contradiction is claimed only where no value in"
        " these ranges fits; whether a number is true is another question.",
    )
    return shell(f"Check of {title}", body, header=header, footer=footer, description=summary_line(checked))


def _answer(checked: Checked) -> Html:
    counts = checked.counts()
    items = [
        element("li", _sign(verdict, str(n)), f" {WORDS[verdict]}: {_EXPLAINED[verdict]}")
        for verdict, n in counts.items()
        if n
    ]
    lead = element("p", summary_line(checked).capitalize() + ".", cls="lead")
    return element(
        "section", element("h2", "What was found"), lead, element("ul", *items, cls="findings"), cls="answer"
    )


def _sign(verdict: Verdict, text: str = "") -> Html:
    return element("span", f"{SIGNS[verdict]} {text or WORDS[verdict]}", cls=f"sign {verdict}")


def _beside(checked: Checked) -> Html:
    text = element("section", element("h2", "The text"), element("div", *_marked(checked), cls="checked-text"))
    cards = [_card(checked, claim) for claim in checked.reading.claims]
    known = {claim.id for claim in checked.reading.claims}
    loose = [finding for finding in checked.findings if not known.intersection(finding.claims)]
    if loose:
        items = [element("li", *_said(finding)) for finding in loose]
        cards.insert(
            0, element("article", element("h3", "The text as a whole"), element("ul", *items), cls="calculation")
        )
    if not cards:
        return text
    calculations = element(
        "section", element("h2", "Claims and calculations"), *cards, cls="calculations", tabindex="0"
    )
    return element("div", text, calculations, cls="beside")


def _marked(checked: Checked) -> Iterator[Html | str]:
    """The text in pieces; a piece inside claims is a link to the calculation of the shortest of them."""
    text, claims = _unwrapped(checked.document.text), checked.reading.claims
    status = checked.status()
    edges = sorted({0, len(text), *(claim.start for claim in claims), *(claim.end for claim in claims)})
    active: list[Claim] = []
    named: set[str] = set()
    waiting = sorted(claims, key=lambda claim: claim.start, reverse=True)
    for start, end in pairwise(edges):
        active = [claim for claim in active if claim.end > start]
        while waiting and waiting[-1].start <= start:
            active.append(waiting.pop())
        piece = text[start:end]
        if not active:
            yield piece
            continue
        claim = min(active, key=lambda one: (one.end - one.start, one.start))
        verdict = status[claim.id]
        sign = element("sup", SIGNS[verdict], aria_hidden="true") if end == claim.end else ""
        place = None if claim.id in named else f"text-{claim.id}"
        named.add(claim.id)
        said = f"{claim.id}: {WORDS[verdict]}"
        yield element("a", piece, sign, cls=f"claim {verdict}", href=f"#{claim.id}", title=said, id=place)


def _unwrapped(text: str) -> str:
    """The text with spaces for the breaks inside its paragraphs, made for another width; as long as before."""
    lines = text.split("\n")
    joined = [lines[0]]
    for before, line in pairwise(lines):
        breaks = not line.strip() or not before.strip() or len(before) < _WRAPPED or _OWN_LINE.match(line) is not None
        joined += ["\n" if breaks or "|" in before else " ", line]
    return "".join(joined)


def about(claim: Claim) -> str:
    """What a claim is of, in words: `hazard ratio, palbociclib against placebo, progression free survival`.

    Args:
        claim: A claim.
    """
    kind = (
        claim.measure.replace("_", " ")
        if claim.kind == "other"
        else _KIND.get(claim.kind, claim.kind.replace("_", " "))
    )
    arms = f"{claim.arm} against {claim.versus}" if claim.versus else claim.arm
    time = f"at {claim.time.text} {claim.time_unit}".strip() if claim.time is not None else ""
    grade = f"grade {claim.grade}" if claim.grade else ""
    parts = (kind, arms, claim.endpoint, claim.term, grade, time, claim.population, claim.of, claim.source)
    return ", ".join(part.replace("_", " ") for part in parts if part)


def _card(checked: Checked, claim: Claim) -> Html:
    verdict = checked.status()[claim.id]
    findings = [finding for finding in checked.findings if claim.id in finding.claims]
    items = [element("li", *_said(finding)) for finding in sorted(findings, key=_weight)]
    quote = " ".join(claim.quote.split())
    return element(
        "article",
        element("h3", _sign(verdict), f" \u201c{quote}\u201d"),
        element(
            "p", element("a", f"line {checked.line(claim)}", href=f"#text-{claim.id}"), f", {about(claim)}", cls="about"
        ),
        element("ul", *items) if items else element("p", "No rule could say anything about it."),
        cls="calculation",
        id=claim.id,
    )


def _weight(finding: Finding) -> int:
    return list(WORDS).index(finding.verdict)


def _said(finding: Finding) -> list[Html | str]:
    expected = f" Expected: {finding.expected}." if finding.expected else ""
    own = f" ({finding.rule.replace('_', ' ')})"
    arithmetic = element("span", " " + finding.arithmetic, cls="note") if finding.arithmetic else ""
    verdict = element("b", WORDS[finding.verdict].capitalize() + ": ")
    return [verdict, finding.sentence, expected, arithmetic, element("span", own, cls="note")]


def _omitted(checked: Checked) -> Html:
    missing = [one for one in checked.omissions if not one.found]
    if not checked.reading.claims or not checked.omissions:
        return Html("")
    have = len(checked.omissions) - len(missing)
    head = element("h2", "What the text omits")
    lead = element(
        "p", f"Of {len(checked.omissions)} things that CONSORT for Abstracts asks for, {have} were found. "
        "A news story need not have them all; an abstract should.",
    )  # fmt: skip
    items = element("ul", *[element("li", element("b", one.item), f": {one.asked}") for one in missing])
    return element("section", head, lead, items if missing else "")


def index_page(checked: Sequence[Checked], pages: Sequence[str]) -> str:
    """The list of several texts, those with contradictions first.

    Args:
        checked: Texts that were checked.
        pages: Address of the page of each.
    """
    rows = []
    order = sorted(range(len(checked)), key=lambda place: (-checked[place].counts()["contradicted"], place))
    for place in order:
        one, counts = checked[place], checked[place].counts()
        cells = [element("td", _sign(verdict, str(n)) if n else "", cls="num") for verdict, n in counts.items()]
        link = element("a", Path(one.document.name).name, href=pages[place])
        rows.append(element("tr", element("th", link, scope="row"), *cells, element("td", one.document.title)))
    heads = [element("th", head, scope="col") for head in ("Text", *[WORDS[v].capitalize() for v in WORDS], "Title")]
    table = element("table", element("thead", element("tr", *heads)), element("tbody", *rows))
    bad = sum(one.contradicted for one in checked)
    lead = element(
        "p", f"{len(checked)} texts were checked; {bad} contain{'s' if bad == 1 else ''} a contradiction.", cls="lead"
    )
    body = element(
        "section", element("h2", "What was found"), lead, element("div", table, cls="table", tabindex="0"), cls="answer"
    )
    header = join([element("p", "Are their numbers possible?", cls="kicker"), element("h1", "Check of texts")])
    return shell("Check of texts", body, header=header)
