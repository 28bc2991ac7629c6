"""`equipoise derive trial.yaml --data DIR --out DIR`: endpoints from tumor assessments, as ADaM tables."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from equipoise.cli.options import cut_option, data_option
from equipoise.cli.output import print_problems

if TYPE_CHECKING:
    from equipoise.data import Datasets

_MARK = "decisions.csv"  # a folder that holds it was written by this command


@click.command("derive", short_help="Derive endpoints from tumor assessments.")
@click.argument("protocol", type=click.Path(path_type=Path))
@data_option
@cut_option
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the derived tables.")
@click.option("--subject", metavar="ID", help="Also print the decisions on one subject.")
def command(protocol: Path, data: Path | None, cut: datetime.date | None, out: Path, subject: str | None) -> None:
    """Derive the endpoints that PROTOCOL declares with `derive:`, and write them to --out.

    The tables are ADTTE, ADRS and decisions (one line a subject and endpoint), as CSV, and as Parquet in the
    folder parquet. Nothing is written when anything is wrong.
    """
    from equipoise.analysis.workflow import data_place
    from equipoise.data import load_data, write_table
    from equipoise.data.derive.adam import adam_tables
    from equipoise.errors import Problem, UsageError
    from equipoise.results.bundle import atomic_directory
    from equipoise.trial import Trial

    trial = Trial.load(protocol)
    place = data_place(trial.protocol, trial.path, data)
    _check_target(out, place)
    datasets = load_data(trial.protocol, place, cut=cut, protocol_file=trial.path)
    tables = adam_tables(trial.protocol, datasets)
    if not tables:
        cure = "declare a reader under `assessments`, and `source: {derive: ..., from: ...}` under `endpoints`"
        raise UsageError(Problem("usage.nothing_to_derive", "no endpoint is derived from assessments", cure=cure))
    if subject is not None and subject not in datasets.adsl.get_column("USUBJID"):
        raise UsageError(Problem("usage.unknown_subject", "there is no such subject", value=subject,
                                 cure="write USUBJID as ADSL has it"))  # fmt: skip
    with atomic_directory(out) as scratch:
        for name, table in tables.items():
            write_table(table, scratch / f"{name}.csv")
            write_table(table, scratch / "parquet" / f"{name}.parquet")  # apart: one folder, one ADTTE
    print_problems(datasets.notes, closing="about the data")
    _print_counts(datasets)
    if subject is not None:
        for name, frame in datasets.derived.items():
            for found, decision in frame.select("USUBJID", "decision").iter_rows():
                if found == subject:
                    click.echo(f"{subject}  {name}: {decision}")
    rows = ", ".join(f"{name} {table.height:,}" for name, table in tables.items())
    click.echo(f"{out}: {rows} rows")


def _check_target(out: Path, place: Path) -> None:
    """Refuse a target where a file of somebody else could be lost."""
    from equipoise.errors import Problem, UsageError, Where

    own = out.is_dir() and (not any(out.iterdir()) or (out / _MARK).is_file())
    same = out.resolve() in (place.resolve(), place.resolve().parent)
    if (out.exists() and not own) or (same and place.exists()):
        kind = "a file" if out.is_file() else "a folder with other files in it"
        raise UsageError(Problem("usage.target", f"the target is {kind}", Where(file=str(out)),
                                 cure="choose a new or empty folder for --out"))  # fmt: skip


def _print_counts(data: Datasets) -> None:
    from equipoise.data.derive.adam import decision_counts

    counts = decision_counts(data)
    widths = [max(len(str(row[column])) for row in counts) for column in range(4)]
    before = ""
    for name, result, rule, number in counts:
        shown = name if name != before else ""
        click.echo(f"{shown:<{widths[0]}}  {number:>{widths[3]}}  {result:<{widths[1]}}  {rule}".rstrip())
        before = name
