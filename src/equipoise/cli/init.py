"""`equipoise init DIR`: a commented trial.yaml to edit."""

from __future__ import annotations

from pathlib import Path

import click

from equipoise.errors import Problem, UsageError, Where


@click.command("init", short_help="Start a trial.")
@click.argument("folder", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Make FOLDER with a commented trial.yaml to edit, and an empty data folder."""
    from equipoise.protocol.template import TEMPLATE
    from equipoise.results.bundle import write_text

    target = folder / "trial.yaml"
    if target.exists() or folder.is_file():
        raise UsageError(
            Problem(
                code="usage.exists",
                message="there is a file already; nothing was changed",
                where=Where(file=str(target if target.exists() else folder)),
                cure="choose another folder, or edit the trial.yaml that is there",
            )
        )
    (folder / "data").mkdir(parents=True, exist_ok=True)
    write_text(target, TEMPLATE)
    click.echo(f"wrote {target}")
    click.echo(f"next:  edit it, put your data into {folder / 'data'}, then: equipoise run {folder}")
