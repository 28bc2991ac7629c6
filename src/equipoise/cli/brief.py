"""`equipoise brief OUT`: the story of a trial, for people outside it."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("brief", short_help="Tell the results in words.")
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--style",
    type=click.Choice(["news", "lay", "abstract"]),
    default="news",
    show_default=True,
    help="News story, summary in plain language, or structured abstract.",
)
def command(out: Path, style: str) -> None:
    """Tell the results in the bundle OUT in words, every number tied to its statistic.

    Writes brief-STYLE.html and brief-STYLE.md into OUT, and prints the text.
    """
    from equipoise.evidence.brief.page import brief_text
    from equipoise.evidence.brief.write import brief_of, write_brief
    from equipoise.results.bundle import read_bundle

    page = write_brief(out, style)  # type: ignore[arg-type]
    click.echo(brief_text(brief_of(read_bundle(out), style), sources=False))  # type: ignore[arg-type]
    click.echo(f"wrote {page} and {page.with_suffix('.md')}")
