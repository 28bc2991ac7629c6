"""From a bundle to a brief, and to the files that hold it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise.evidence.brief.model import STYLES
from equipoise.evidence.brief.page import brief_html, brief_text
from equipoise.results.bundle import read_bundle, write_text

if TYPE_CHECKING:
    from equipoise.evidence.brief.model import Brief, Style
    from equipoise.results.bundle import Bundle

__all__ = ["brief_of", "write_brief"]


def brief_of(bundle: Bundle, style: Style = "news") -> Brief:
    """The story of a trial, in words and numbers that each name their statistic.

    Args:
        bundle: The bundle as read.
        style: `news` (300 to 400 words), `lay` (plain language, in the order of the lay summaries of Regulation (EU)
            536/2014, Annex V) or `abstract` (the items of CONSORT for Abstracts).

    Raises:
        BundleError: When there are no results of an analysis, or they are those of an interim look.
        UsageError: On another style.
    """
    from equipoise.errors import Problem, UsageError
    from equipoise.evidence.brief.setting import doi_of, mark_of
    from equipoise.evidence.brief.story import story_of

    if style not in STYLES:
        cure = f"choose one of {', '.join(STYLES)}"
        raise UsageError(Problem("usage.brief_style", "a brief has no such style", value=repr(style), cure=cure))
    story = story_of(bundle, level="CI" if style == "abstract" else "confidence interval")
    if style == "abstract":
        from equipoise.evidence.brief.abstract import abstract

        brief = abstract(story)
    elif style == "lay":
        from equipoise.evidence.brief.lay import lay

        brief = lay(story)
    else:
        from equipoise.evidence.brief.news import news

        brief = news(story)
    said = bundle.manifest
    made = f"Made with equipoise {said.get('equipoise', '')} from results of {said.get('created', '')}."
    return replace(brief, mark=mark_of(story), doi=doi_of(story), made=made)


def write_brief(out: Path, style: Style = "news") -> Path:
    """Write OUT/brief-STYLE.html, and the same as brief-STYLE.md.

    Args:
        out: Folder of the bundle.
        style: As `brief_of`.

    Returns:
        Path of the page.

    Raises:
        BundleError: When the bundle is missing, damaged, or holds nothing to tell.
    """
    out = Path(out)
    brief = brief_of(read_bundle(out), style)
    write_text(out / f"brief-{style}.md", brief_text(brief))
    page = out / f"brief-{style}.html"
    write_text(page, brief_html(brief))
    return page
