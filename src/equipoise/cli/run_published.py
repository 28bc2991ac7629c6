"""What `equipoise run` does where a trial has published facts and no data: rebuild, analyze, tell, and check."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from equipoise.cli.output import progress_bar

if TYPE_CHECKING:
    from equipoise.evidence.workflow import Checked
    from equipoise.trial import Trial

__all__ = ["facts_of", "run_published"]

FACTS = "facts.yaml"
TEXTS = "texts"
"""Folder beside the protocol with texts about the trial."""
_ENDINGS = (".txt", ".md", ".html", ".htm")

Progress = Callable[[str, int, int], None]


def facts_of(trial: Trial) -> Path | None:
    """The facts file of a trial that has no data, None where it has some, or no facts.

    Args:
        trial: The trial.
    """
    folder = trial.path.parent
    facts = folder / FACTS
    return facts if facts.is_file() and not (folder / "data").exists() else None


def run_published(trial: Trial, facts: Path, out: Path) -> None:
    """Rebuild patients from published facts, analyze and report them, tell the story, and check it and the texts.

    Writes the dossier to `out`, the patients to `out`-patients and what was checked to `out`/checked.

    Args:
        trial: The trial as declared.
        facts: Its facts.
        out: Folder of the bundle.

    Raises:
        EquipoiseError: Facts that can't be used, patients that can't be rebuilt, or a folder that holds something else.
    """
    from equipoise.cli.run import print_headline
    from equipoise.evidence.brief import write_brief
    from equipoise.evidence.reconstruct.cohort import reconstruct_facts, summary_lines
    from equipoise.trial import Trial

    patients = out.with_name(f"{out.name}-patients")
    with progress_bar() as progress:
        made = reconstruct_facts(facts, patients, progress=progress)
        rebuilt = Trial.load(patients)
        results = rebuilt.analyze(patients / "data", out=out, progress=progress)
        progress("Writing the dossier", 1, 1)
        page = rebuilt.report(out)
        brief = write_brief(out, "news")
        said, texts = _checked(trial, facts, out, brief, progress)
    for line in summary_lines(made):
        click.echo(line)
    click.echo("")
    print_headline(out)
    click.echo(f"{len(results)} statistics, {len(results.curves)} curves of synthetic patients, in {patients}")
    click.echo(f"dossier: {page}")
    click.echo(f"brief:   {brief}")
    _print_checks(said, texts, out)


def _checked(
    trial: Trial, facts: Path, out: Path, brief: Path, progress: Progress
) -> tuple[Checked, tuple[Checked, ...]]:
    """The brief against the results it tells, and the texts beside the protocol against the facts."""
    from equipoise.evidence.workflow import check_files, write_checked

    progress("Checking what is said", 1, 1)
    (said,), _ = check_files([brief], against=out)
    folder = trial.path.parent / TEXTS
    paths = sorted(path for path in folder.glob("*") if path.suffix in _ENDINGS) if folder.is_dir() else []
    texts, _ = check_files(paths, facts=facts)
    write_checked((said, *texts), out / "checked")
    return said, texts


def _print_checks(said: Checked, texts: tuple[Checked, ...], out: Path) -> None:
    from equipoise.evidence.page import summary_line

    click.echo(f"checked: {out / 'checked' / 'check.html'}")
    for one in (said, *texts):
        click.echo(f"  {Path(one.document.name).name}: {summary_line(one)}")
