"""A brief as a page and as plain text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from equipoise.evidence.brief.model import DECLARED, Quoted, Told
from equipoise.pages import Html, element, escape, join, shell

if TYPE_CHECKING:
    from equipoise.evidence.brief.model import Brief, Paragraph, Part, Piece, Sentence

__all__ = ["brief_html", "brief_text"]

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_KINDS = {"news": "News story", "lay": "Summary in plain language", "abstract": "Structured abstract"}


def brief_html(brief: Brief) -> str:
    """The brief as one self-contained page; each number stands in a span with `data-stat` and `data-field`.

    Args:
        brief: The brief.
    """
    header = join(
        [
            element("p", f"{brief.trial} · {_KINDS[brief.style]}", cls="kicker"),
            element("h1", *[_piece_html(piece) for piece in brief.headline.pieces]),
        ]
    )
    footer = element("p", brief.made, " Every number on this page carries the identifier of its statistic.")
    body = join([_part_html(part, first=place == 0) for place, part in enumerate(brief.parts)], Html("\n"))
    link = Html("")
    if brief.doi:
        link = element("p", "DOI: ", element("a", brief.doi, href=f"https://doi.org/{brief.doi}"))
    return shell(
        f"{brief.mark} {brief.headline.text}".strip(),
        element("article", body, link, cls="brief"),
        header=header,
        footer=footer,
        description=f"{_KINDS[brief.style]} about the randomized trial {brief.trial}.",
        mark=brief.mark,
    )


def _piece_html(piece: Piece) -> Html:
    if isinstance(piece, Told):
        return element("span", piece.text, data_stat=piece.stat_id, data_field=piece.field)
    if isinstance(piece, Quoted):
        return element("span", piece.text, data_stat=DECLARED, data_field=DECLARED)
    return escape(piece)


def _sentence_html(sentence: Sentence) -> Html:
    return join([_piece_html(piece) for piece in sentence.pieces])


def _part_html(part: Part, *, first: bool) -> Html:
    heading = element("h2", part.title) if part.title else Html("")
    blocks: list[Html] = []
    items: list[Html] = []
    for one in part.paragraphs:
        if one.item:
            items.append(element("li", _paragraph_html(one)))
            continue
        blocks += [element("ul", *items)] if items else []
        items = []
        blocks.append(
            element("p", _paragraph_html(one), cls="lead" if first and not part.title and not blocks else None)
        )
    blocks += [element("ul", *items)] if items else []
    return element("section", heading, *blocks)


def _paragraph_html(paragraph: Paragraph) -> Html:
    term = element("b", f"{paragraph.term}. ") if paragraph.term else Html("")
    return join([term, join([_sentence_html(one) for one in paragraph.sentences], " ")])


def brief_text(brief: Brief, *, sources: bool = True) -> str:
    """The brief as Markdown, at its end a list of its numbers with their statistics.

    Args:
        brief: The brief.
        sources: Whether that list is there.
    """
    lines = [f"**{brief.mark}**", ""] if brief.mark else []
    lines += [f"# {brief.headline.text}", ""]
    for part in brief.parts:
        lines += [f"## {part.title}", ""] if part.title else []
        for one in part.paragraphs:
            text = " ".join(sentence.text for sentence in one.sentences)
            term = f"**{one.term}.** " if one.term else ""
            lines += [f"{'- ' if one.item else ''}{term}{text}", ""]
    if brief.doi:
        lines += [f"DOI: https://doi.org/{brief.doi}", ""]
    lines += [brief.made, ""]
    text = "\n".join([*lines, *(_numbers(brief) if sources else ())]).rstrip() + "\n"
    # Markdown passes HTML on; a declared label may hold some. "P<0.001" is none.
    return _TAG.sub("&lt;", text)


def _numbers(brief: Brief) -> list[str]:
    """The list of numbers and statistics, each once."""
    numbers: dict[tuple[str, str], list[str]] = {}
    for told in brief.told():
        numbers.setdefault((told.stat_id, told.field), []).append(told.text)
    lines = ["## Numbers and their statistics", ""]
    for (stat_id, field), texts in numbers.items():
        lines.append(f"- {', '.join(dict.fromkeys(texts))} ({field}): `{stat_id}`")
    return lines
