"""`equipoise facts article.txt > facts.yaml`: the claims of a text as structured, editable facts."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("facts", short_help="The claims of a text as facts.yaml.")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write; the terminal if absent.")
def command(file: Path, out: Path | None) -> None:
    """Print what FILE (text, Markdown, HTML; - is standard input) claims, as a facts.yaml to edit."""
    from equipoise.errors import EvidenceError, Problem, Where
    from equipoise.evidence.claims import extract
    from equipoise.evidence.facts.write import facts_text
    from equipoise.evidence.reading import read_document
    from equipoise.results.bundle import write_text

    reading = extract(read_document(file))
    if not reading.claims:
        cure = "name a text about a trial"
        problem = Problem(
            "evidence.no_claims", "no numeric claim about a trial was found", Where(file=str(file)), cure=cure
        )
        raise EvidenceError(problem)
    text = facts_text(reading)
    if out is None:
        click.echo(text, nl=False)
        return
    if out.exists():
        cure = "name a new file: facts that somebody edited are not written over"
        raise EvidenceError(Problem("evidence.target", "the file exists", Where(file=str(out)), cure=cure))
    write_text(out, text)
    click.echo(f"facts: {out}", err=True)
