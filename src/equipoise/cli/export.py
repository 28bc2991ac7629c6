"""`equipoise export OUT --as FORMAT`: a bundle's results and tables in formats of others."""

from __future__ import annotations

from pathlib import Path

import click

from equipoise.cli.options import json_option
from equipoise.cli.output import problems_as_json
from equipoise.errors import EquipoiseError

_KINDS = ("ars", "rtf", "docx", "pdf")


@click.command("export", short_help="Export results and tables.")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--as", "kinds", type=click.Choice(_KINDS), multiple=True, required=True, help="May be repeated.")
@json_option
@click.pass_context
def command(ctx: click.Context, out: Path, kinds: tuple[str, ...], *, as_json: bool) -> None:
    """Write results and tables of the bundle OUT, as the dossier has them, into OUT/export.

    ars: all results as CDISC's Analysis Results Standard 1.0 (JSON). rtf: a file for each table. docx: all tables in
    one document. pdf: one page with the answer, its figure, benefit beside harm, and provenance (needs Chromium).
    """
    from equipoise.reporting.export import export_bundle

    try:
        for kind in dict.fromkeys(kinds):
            path = export_bundle(out, kind)  # type: ignore[arg-type]  # click checked it
            if not as_json:
                click.echo(f"wrote {path}")
    except EquipoiseError as error:
        if not as_json:
            raise
        click.echo(problems_as_json(error.problems))
        ctx.exit(error.exit_code)
    if as_json:
        click.echo(problems_as_json(()))
