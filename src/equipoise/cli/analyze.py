"""`equipoise analyze trial.yaml --data DIR [--cut DATE] --out OUT`: the results bundle."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from equipoise.cli.notes import bundle_notes
from equipoise.cli.options import cut_option, data_option, json_option
from equipoise.cli.output import print_problems, problems_as_json, progress_bar
from equipoise.errors import EquipoiseError


@click.command("analyze", short_help="Analyze data as declared.")
@click.argument("protocol", type=click.Path(path_type=Path))
@data_option
@cut_option
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the results bundle.")
@json_option
@click.pass_context
def command(
    ctx: click.Context, protocol: Path, data: Path | None, cut: datetime.date | None, out: Path, *, as_json: bool
) -> None:
    """Analyze data as PROTOCOL declares and write the bundle to --out. Nothing is written when anything is wrong."""
    from equipoise.trial import Trial

    try:
        with progress_bar(quiet=as_json) as progress:
            results = Trial.load(protocol).analyze(data, cut=cut, out=out, progress=progress)
    except EquipoiseError as error:
        if not as_json:
            raise
        click.echo(problems_as_json(error.problems))
        ctx.exit(error.exit_code)
    if as_json:
        click.echo(problems_as_json(()))
        return
    print_problems(bundle_notes(out), closing="recorded in the bundle")
    click.echo(f"{out}: {len(results)} statistics, {len(results.curves)} curves")
    click.echo(f"next:  equipoise report {out}")
