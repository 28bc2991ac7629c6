"""`equipoise check FILE...`: are the numbers that are said of a trial possible, and do they agree with its results?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from equipoise.cli.output import print_problems, printable, progress_bar, terminal_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from equipoise.evidence.model import Claim, Finding
    from equipoise.evidence.workflow import Checked

_ALIKE = 2  # remarks of one rule and sentence that are printed; --all prints every one
_COLOURS = {"contradicted": "red", "remark": "yellow", "consistent": "green", "unverifiable": None}


@click.command("check", short_help="Check what is said about a trial.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--facts", type=click.Path(path_type=Path), help="Compare with published facts (facts.yaml).")
@click.option("--against", metavar="OUT", type=click.Path(path_type=Path), help="Compare with a results bundle.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for claims.json and a page with each claim marked."
)
@click.option("--all", "everything", is_flag=True, help="Print consistent claims too, each with its calculation.")
@click.option("--json", "as_json", is_flag=True, help="Print claims and findings as JSON, for programs.")
def command(
    files: tuple[Path, ...],
    facts: Path | None,
    against: Path | None,
    out: Path | None,
    *,
    everything: bool,
    as_json: bool,
) -> int:
    """Check the numbers in texts (plain text, Markdown, HTML; - is standard input).

    Exit code 0: nothing is contradicted; 1: something is; 2: a file can't be read.
    """
    from equipoise.evidence.workflow import SCHEMA, check_files, check_target, write_checked

    if out is not None:
        check_target(out)
    with progress_bar() as progress:
        checked, problems = check_files(files, facts=facts, against=against, progress=progress)
    if as_json:
        click.echo(json.dumps({"schema": SCHEMA, "texts": [one.to_dict() for one in checked]}))
    else:
        for one in checked:
            _print(one, everything=everything)
    if out is not None and checked:
        page = write_checked(checked, out)
        click.echo(f"claims: {out / 'claims.json'}\npage:   {page}", err=as_json)
    if problems:
        others = f"{len(checked)} other text{'s were' if len(checked) > 1 else ' was'} checked"
        print_problems(problems, closing=others if checked else "nothing was checked")
        return 2
    return 1 if any(one.contradicted for one in checked) else 0


def _print(one: Checked, *, everything: bool) -> None:
    from equipoise.evidence.page import summary_line

    name = "standard input" if one.document.name == "-" else one.document.name
    click.echo(click.style(printable(name), bold=True) + f": {summary_line(one)}")
    for note in one.document.notes:
        click.echo(f"  note: {note}")
    claims = {claim.id: claim for claim in one.reading.claims}
    alike: dict[tuple[str, str], list[Finding]] = {}
    for finding in one.findings:
        own = alike.setdefault((finding.rule, finding.sentence), [])
        own.append(finding)
        if everything or finding.verdict == "contradicted" or (finding.verdict == "remark" and len(own) <= _ALIKE):
            _print_finding(one, finding, claims)
    for own in alike.values():
        if not everything and own[0].verdict == "remark" and len(own) > _ALIKE:
            first = (next(filter(None, map(claims.get, finding.claims)), None) for finding in own[_ALIKE:][:12])
            lines = ", ".join(str(one.line(claim)) for claim in first if claim is not None)
            place = f", line {lines}" if lines else ""
            more = f"{len(own) - _ALIKE} more remarks like these{place}: {own[0].sentence} [{own[0].rule}]"
            click.echo(_wrapped(more, "  "))
    missing = [item.item for item in one.omissions if not item.found]
    if missing and everything:
        click.echo(_wrapped("not found of what CONSORT for Abstracts asks for: " + ", ".join(missing), "  "))


def _print_finding(one: Checked, finding: Finding, claims: Mapping[str, Claim]) -> None:
    known = [claim for claim in map(claims.get, finding.claims) if claim is not None]
    quotes = " ; ".join(f"\u201c{' '.join(claim.quote.split())}\u201d" for claim in known[:3])
    more = f" and {len(known) - 3} more" if len(known) > 3 else ""
    line = f"line {one.line(known[0])}: " if known else "the text as a whole"
    verdict = click.style(f"{finding.verdict:<12}", fg=_COLOURS[finding.verdict], bold=True)
    click.echo(f"  {verdict} {line}{printable(quotes)}{more}".rstrip())
    said = f"{finding.sentence} {finding.arithmetic} [{finding.rule}]".replace("  ", " ")
    click.echo(_wrapped(printable(said), " " * 15))


def _wrapped(text: str, indent: str) -> str:
    import textwrap

    width = terminal_columns(110)
    return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
