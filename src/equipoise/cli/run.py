"""`equipoise run FOLDER [--out OUT]`: validate, analyze, report, and say the headline result."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from equipoise.cli.notes import bundle_notes
from equipoise.cli.options import cut_option, data_option
from equipoise.cli.output import count_problems, print_problems, progress_bar
from equipoise.cli.run_published import facts_of, run_published


@click.command("run", short_help="All of it.")
@click.argument("folder", type=click.Path(path_type=Path))
@data_option
@cut_option
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the dossier; NAME-dossier here if absent.")
@click.option("--warnings", is_flag=True, help="Print each warning about the data, not only their number.")
def command(folder: Path, data: Path | None, cut: datetime.date | None, out: Path | None, *, warnings: bool) -> None:
    """Analyze and report the trial in FOLDER (or a trial.yaml), and end in its headline result.

    Where FOLDER has facts.yaml and no data, patients are rebuilt from the published facts, and the texts in
    FOLDER/texts are checked.
    """
    from equipoise.trial import Trial

    trial = Trial.load(folder)
    # Two protocols in one folder must not overwrite each other's dossier.
    name = trial.path.resolve().parent.name if trial.path.stem == "trial" else trial.path.stem
    out = out or Path(f"{name}-dossier")
    facts = None if data is not None or cut is not None else facts_of(trial)
    if facts is not None:
        run_published(trial, facts, out)
        return
    with progress_bar() as progress:
        results = trial.analyze(data, cut=cut, out=out, progress=progress)
        progress("Writing the dossier", 1, 1)
        page = trial.report(out)
    notes = bundle_notes(out)
    if warnings:
        print_problems(notes, closing="recorded in the dossier")
    print_headline(out)
    noticed = f"; {count_problems(notes)} about the data, in the dossier" if notes else ""
    click.echo(f"{len(results)} statistics, {len(results.curves)} curves{noticed}")
    click.echo(f"dossier: {page}")


def print_headline(out: Path) -> None:
    """Print the headline result of a bundle, marked where it has a mark.

    Args:
        out: Folder of the bundle.
    """
    from equipoise.reporting.blinding import mark_of
    from equipoise.reporting.show import headline
    from equipoise.results.bundle import read_bundle

    bundle = read_bundle(out)
    if mark := mark_of(bundle):
        click.echo(mark)
    click.echo(headline(bundle))
    click.echo("")
