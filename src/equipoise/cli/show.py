"""`equipoise show OUT ID`: one statistic, explained."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("show", short_help="Explain one statistic.")
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("statistic_id", metavar="[ID]", required=False)
def command(out: Path, statistic_id: str | None) -> None:
    """Explain the statistic ID of the bundle OUT: context, method, origin. Without ID, list all identifiers."""
    from equipoise.reporting.blinding import mark_of
    from equipoise.reporting.show import describe
    from equipoise.results.bundle import read_bundle

    bundle = read_bundle(out)
    if statistic_id is None:
        for row in bundle.results:
            click.echo(row.id)
        return
    if mark := mark_of(bundle):
        click.echo(mark)
    click.echo(describe(statistic_id, bundle))
