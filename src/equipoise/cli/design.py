"""`equipoise design trial.yaml`: events, patients, looks and boundaries, as a section of a protocol."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from equipoise.cli.options import json_option
from equipoise.cli.output import print_problems, problems_as_json, terminal_columns
from equipoise.errors import EquipoiseError

if TYPE_CHECKING:
    from equipoise.design.workflow import Designed
    from equipoise.protocol.protocol import Protocol

_WIDTH = 100
_UNKNOWNS = ("events", "patients", "accrual", "follow_up", "power", "hazard_ratio")


@click.command("design", short_help="Events, patients, looks and boundaries.")
@click.argument("protocol", type=click.Path(path_type=Path))
@click.argument("others", type=click.Path(path_type=Path), nargs=-1, metavar="[OTHER]...")
@click.option("--hypothesis", metavar="NAME", help="Only the design of this hypothesis.")
@click.option("--solve", type=click.Choice(_UNKNOWNS), help="The unknown, the others given; as declared if absent.")
@click.option("--compare", is_flag=True, help="Declared design, its alternatives and OTHER files side by side.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the bundle; nothing is written without it.")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    protocol: Path,
    others: tuple[Path, ...],
    hypothesis: str | None,
    solve: Any,
    out: Path | None,
    *,
    compare: bool,
    as_json: bool,
) -> None:
    """Compute the designs that PROTOCOL declares, and print them as a section of a protocol.

    With --compare the declared designs, their alternatives and those of OTHER files stand side by side.
    """
    if others and not compare:
        message = "several protocols are compared with --compare"
        raise click.UsageError(message, ctx)
    try:
        # The others come first: nothing is written if one of them can't be designed.
        beside = [_designed(path, hypothesis, solve, None) for path in others]
        found = [_designed(protocol, hypothesis, solve, out), *beside]
    except EquipoiseError as error:
        if not as_json:
            raise
        click.echo(problems_as_json(error.problems))
        ctx.exit(error.exit_code)
    if as_json:
        click.echo(_json(found[0][2]))
        return
    print_problems([note for _, _, designed in found for note in designed.notes], closing="")
    if compare:
        from equipoise.cli.design_tables import compared

        click.echo("\n".join(compared([(path, one, designed.results) for path, one, designed in found])))
    else:
        for line in section(found[0][1], found[0][2]):
            click.echo(line)
    if out is not None:
        results = found[0][2].results
        click.echo(f"{out}: {len(results)} statistics, {len(results.curves)} curves")
        click.echo(f"next:  equipoise report {out}")


def _designed(path: Path, hypothesis: str | None, solve: Any, out: Path | None) -> tuple[Path, Protocol, Designed]:
    from equipoise.design.workflow import designs_of_trial
    from equipoise.trial import Trial

    trial = Trial.load(path)
    designed = designs_of_trial(trial.protocol, trial.path, hypothesis=hypothesis, solve=solve, out=out)
    return path, trial.protocol, designed


def _json(designed: Designed) -> str:
    content = {
        "ok": True,
        "problems": [note.to_dict() for note in designed.notes],
        "statistics": [row.to_dict() for row in designed.results],
        "texts": [paragraph._asdict() for paragraph in designed.paragraphs],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def section(protocol: Protocol, designed: Designed) -> list[str]:
    """All designs as lines of text: words, looks, totals, words for the analysis plan.

    Args:
        protocol: The declared trial.
        designed: Its designs.
    """
    from equipoise.cli.design_tables import look_table, sensitivity_table, total_table

    lines: list[str] = []
    for name in dict.fromkeys(paragraph.hypothesis for paragraph in designed.paragraphs):
        words = {one.heading: one.text for one in designed.paragraphs if one.hypothesis == name}
        title = f"{protocol.trial.id}, design for {name}"
        lines += [title, "=" * len(title), "", *_wrapped(words["Protocol"]), ""]
        rows = [
            row for row in designed.results
            if row.key.hypothesis == name and not row.key.group("design") and not row.key.group("vary")
        ]  # fmt: skip
        lines += [*look_table(protocol, rows), "", *total_table(protocol, rows), ""]
        varied = [row for row in designed.results if row.key.hypothesis == name and row.key.group("vary")]
        if varied:
            lines += [*sensitivity_table(protocol, varied), ""]
        lines += ["For the statistical analysis plan", "", *_wrapped(words["Statistical analysis plan"]), ""]
    return lines


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, terminal_columns(_WIDTH), break_long_words=False, break_on_hyphens=False)
