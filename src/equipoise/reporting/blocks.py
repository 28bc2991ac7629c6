"""What a section is made of: HTML, tables, figures, and sections below it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from equipoise.pages import Contents, Html, element, join
from equipoise.reporting.tables import Table, table_html

__all__ = ["Block", "Figure", "Section", "Side", "contents", "paragraph", "section_html", "walk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure.

    Attributes:
        name: Anchor on the page and name of the SVG file.
        svg: The drawing.
        narrow: The same drawing for a phone; "" where one serves both.
        alone: The drawing as a file, where it needs what the page shows beside it; "" for the same one.
        title: First words of the caption, in bold; also the drawing's name for screen readers.
        caption: The rest of the caption.
        description: What the drawing shows, in words, for those who can't see it.
        curves: Identifiers of the curves that it draws.
        table: A table under the plot that shares its axis.
        ticks: Where the axis has its ticks, as fractions of the drawing's width; the table's columns stand there.
        ticks_narrow: The same for the narrow drawing.
        css: Class of the figure.
    """

    name: str
    svg: str
    narrow: str = ""
    alone: str = ""
    title: str
    caption: str = ""
    description: str = ""
    curves: tuple[str, ...] = ()
    table: Table | None = None
    ticks: tuple[float, ...] = ()
    ticks_narrow: tuple[float, ...] = ()
    css: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """Blocks beside each other where the page is wide, below each other where it is not."""

    blocks: tuple[Html | Table | Figure, ...]


Block = Html | Table | Figure | Side


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report under a heading.

    Attributes:
        anchor: Identifier of the heading.
        title: Its words.
        blocks: Content.
        inner: Sections below it.
    """

    anchor: str
    title: str
    blocks: tuple[Block, ...] = ()
    inner: tuple[Section, ...] = ()


def paragraph(*content: object, css: str | None = None) -> Html:
    """A paragraph; text is escaped.

    Args:
        *content: Text and HTML.
        css: Class.
    """
    return element("p", *content, cls=css)


def figure_html(figure: Figure) -> Html:
    """A figure with its caption above, its drawing, its table and its description in words.

    Args:
        figure: The figure.
    """
    caption_id = f"{figure.name}-caption"
    caption = element(
        "figcaption", element("b", figure.title), f" {figure.caption}" if figure.caption else "", id=caption_id
    )
    curves = " ".join(figure.curves) or None
    plot = element("div", Html(figure.svg), cls="plot wide" if figure.narrow else "plot", data_curve=curves)
    if figure.narrow:
        plot = join([plot, element("div", Html(figure.narrow), cls="plot narrow", data_curve=curves)])
    below = _aligned(figure) if figure.table else Html("")
    words = Html("")
    if figure.description:
        words = element("details", element("summary", "Description of the figure"), element("p", figure.description))
    return element(
        "figure", caption, plot, below, words, id=figure.name, cls=figure.css or None, aria_labelledby=caption_id
    )


def _aligned(figure: Figure) -> Html:
    """The figure's table with its columns under the ticks: a grid, whose tracks the style sheet reads."""
    assert figure.table is not None
    made = table_html(figure.table)
    if len(figure.ticks) < 2:
        return made
    style = f"--tracks: {_tracks(figure.ticks)}; --narrow: {_tracks(figure.ticks_narrow or figure.ticks)}"
    return element("div", made, cls="aligned", style=style)


def _tracks(ticks: tuple[float, ...]) -> str:
    """Widths of columns whose middles are the ticks, after one that fills the room before them."""
    edges = [(a + b) / 2 for a, b in pairwise(ticks)]
    edges = [2 * ticks[0] - edges[0], *edges, 2 * ticks[-1] - edges[-1]]
    return " ".join(f"{100 * width:.3f}%" for width in (max(edges[0], 0.0), *(b - a for a, b in pairwise(edges))))


def block_html(block: Block) -> Html:
    """A block as HTML.

    Args:
        block: The block.
    """
    if isinstance(block, Table):
        return table_html(block)
    if isinstance(block, Figure):
        return figure_html(block)
    if isinstance(block, Side):
        return element("div", *[block_html(part) for part in block.blocks], cls="side-by-side")
    return block


def section_html(section: Section, *, level: int = 2, css: str | None = None) -> Html:
    """A section with everything below it.

    Args:
        section: The section.
        level: Level of its heading.
        css: Class of the section.
    """
    heading_id = f"{section.anchor}-heading"
    heading = element(f"h{level}", section.title, id=heading_id)
    body = join([block_html(block) for block in section.blocks], Html("\n"))
    inner = join([section_html(part, level=level + 1) for part in section.inner], Html("\n"))
    # Only the parts of the page are landmarks; what is inside them is found by its heading.
    name = heading_id if level == 2 else None
    return element("section", heading, body, inner, id=section.anchor, cls=css, aria_labelledby=name)


def contents(sections: tuple[Section, ...]) -> tuple[Contents, ...]:
    """The table of contents, two levels deep.

    Args:
        sections: Sections of the page.
    """
    return tuple(
        Contents(part.anchor, part.title, tuple(Contents(below.anchor, below.title) for below in part.inner))
        for part in sections
    )


def walk(sections: tuple[Section, ...]) -> Iterator[Table | Figure]:
    """All tables and figures, tables under figures included, in order.

    Args:
        sections: Sections of the page.
    """
    for section in sections:
        for block in section.blocks:
            for part in block.blocks if isinstance(block, Side) else (block,):
                if isinstance(part, Table | Figure):
                    yield part
                if isinstance(part, Figure) and part.table:
                    yield part.table
        yield from walk(section.inner)
