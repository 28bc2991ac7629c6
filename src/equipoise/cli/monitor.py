"""`equipoise monitor trial.yaml --data CUT --out OUT [--unblinded]`: an interim look."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from equipoise.cli.notes import bundle_notes
from equipoise.cli.options import cut_option, data_option
from equipoise.cli.output import print_problems, progress_bar


@click.command("monitor", short_help="An interim look.")
@click.argument("protocol", type=click.Path(path_type=Path))
@data_option
@cut_option
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the bundle of this look.")
@click.option(
    "--after", type=click.Path(path_type=Path), help="Bundle of the look before; without it this is the first."
)
@click.option("--unblinded", is_flag=True, help="Read the arms: z, hazard ratio, decision. All output is marked.")
@click.option("--hypothesis", multiple=True, help="Hypothesis that is looked at; the next one in turn if absent.")
@click.option("--look", type=click.IntRange(1, 20), help="The planned look that this is; the next one if absent.")
@click.option("--final", is_flag=True, help="This is the final look, whatever the number of events.")
@click.option("--unplanned", is_flag=True, help="This look was not planned.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the draws of the prediction.")
@click.option("--draws", type=int, default=2000, show_default=True, help="Posterior draws of the prediction.")
def command(
    protocol: Path,
    data: Path | None,
    cut: datetime.date | None,
    out: Path,
    after: Path | None,
    hypothesis: tuple[str, ...],
    look: int | None,
    seed: int,
    draws: int,
    *,
    unblinded: bool,
    final: bool,
    unplanned: bool,
) -> None:
    """Hold an interim look of PROTOCOL's design on the data of a cut, and write its bundle to --out.

    Without --unblinded no column of arms is read: the bound to apply, events, and when more will come.
    """
    from equipoise.cli.monitor_words import report_lines
    from equipoise.trial import Trial

    trial = Trial.load(protocol)
    with progress_bar() as progress:
        found = trial.monitor(
            data,
            out=out,
            after=after,
            cut=cut,
            unblinded=unblinded,
            hypothesis=hypothesis,
            look=look,
            final=final,
            unplanned=unplanned,
            seed=seed,
            draws=draws,
            progress=progress,
        )
    print_problems(bundle_notes(out), closing="recorded in the bundle")
    click.echo("\n".join(report_lines(trial.protocol, found)))
    mark = "UNBLINDED  " if unblinded else ""
    click.echo(f"{mark}{out}: {len(found.results)} statistics, {len(found.results.curves)} curves")
