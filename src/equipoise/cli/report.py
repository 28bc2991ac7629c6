"""`equipoise report OUT`: dossier, tables and figures from a bundle."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("report", short_help="Write the dossier.")
@click.argument("out", type=click.Path(path_type=Path))
def command(out: Path) -> None:
    """Write dossier.html, tables (CSV) and figures (SVG) into the bundle OUT."""
    from equipoise.reporting.report import write_report

    click.echo(f"wrote {write_report(out)}")
