"""`equipoise convert IN --to FORMAT --out DIR`: tables from one format into another."""

from __future__ import annotations

from pathlib import Path

import click

from equipoise.cli.options import json_option
from equipoise.cli.output import print_problems, problems_as_json
from equipoise.errors import EquipoiseError, Problem, UsageError, Where

_KINDS = ("xpt", "dataset-json", "ndjson", "parquet", "csv")


@click.command("convert", short_help="Convert tables.")
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.option("--to", "kind", type=click.Choice(_KINDS), required=True, help="The format to write.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the files.")
@click.option("--text", multiple=True, metavar="COLUMN", help="Keep a column of CSV as text; may be repeated.")
@click.option("--missing", multiple=True, metavar="STRING", help='A string that means "missing"; may be repeated.')
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    source: Path,
    kind: str,
    out: Path,
    text: tuple[str, ...],
    missing: tuple[str, ...],
    *,
    force: bool,
    as_json: bool,
) -> None:
    """Convert IN, a table or a folder of tables, to another format. Every table is checked before one is written.

    xpt is SAS transport version 5, dataset-json and ndjson are CDISC Dataset-JSON 1.1.
    """
    try:
        lines, notes = _convert(source, kind, out, text, missing, force=force)
    except EquipoiseError as error:
        if not as_json:
            raise
        click.echo(problems_as_json(error.problems))
        ctx.exit(error.exit_code)
    if as_json:
        click.echo(problems_as_json(notes))
        return
    print_problems(notes, closing="the files were written")
    for line in lines:
        click.echo(line)


def _convert(
    source: Path, kind: str, out: Path, text: tuple[str, ...], missing: tuple[str, ...], *, force: bool
) -> tuple[list[str], list[Problem]]:
    from equipoise.data.convert import plan_conversion
    from equipoise.results.bundle import atomic_directory

    planned = plan_conversion(source, kind, text=text, missing=missing)
    if out.exists() and not out.is_dir():
        message = "the target is a file"
        raise UsageError(Problem("usage.exists", message, Where(file=str(out)), cure="choose a folder for --out"))
    there = [one.target for one in planned if (out / one.target).exists()]
    if there and not force:
        cure = "choose another folder, or overwrite with --force"
        message = f"{len(there)} of the files are there already"
        raise UsageError(Problem("usage.exists", message, Where(file=str(out)), ", ".join(there[:8]), cure))
    with atomic_directory(out) as scratch:
        for one in planned:
            one.write(scratch)
    lines = [f"{one.source} -> {out / one.target}: {one.frame.height:,} rows" for one in planned]
    total = sum(one.frame.height for one in planned)
    tables = f"{len(planned)} table{'s' if len(planned) != 1 else ''}"
    lines.append(f"{tables}, {total:,} rows written to {out} as {kind}")
    return lines, [note for one in planned for note in one.notes]
