"""`equipoise reconstruct`: synthetic patients from a digitized curve, or from published facts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from equipoise.cli.output import printable, progress_bar, terminal_columns
from equipoise.errors import Problem, UsageError

if TYPE_CHECKING:
    from equipoise.evidence.reconstruct.curve import CurveMade

_MOST = 100_000  # patients of an arm
_UNITS = ("days", "weeks", "months", "years")
_KINDS = ("auto", "survival", "failure", "incidence")


def _numbers(_ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for value in values:
        name, _, number = value.rpartition("=")
        if not number.strip().isascii() or not number.strip().isdigit():
            message = f"{value!r}: write N, or ARM=N for each arm"
            raise click.BadParameter(message)
        if int(number) > _MOST:
            message = f"{value!r}: at most {_MOST:,}"
            raise click.BadParameter(message)
        if name.strip() in found:
            message = f"{param.opts[0]} is given twice{' for ' + name if name else ''}"
            raise click.BadParameter(message)
        found[name.strip()] = int(number)
    return found


def _axis(
    _ctx: click.Context, _param: click.Parameter, value: tuple[float, float] | None
) -> tuple[float, float] | None:
    if value is not None and not 0.0 <= value[0] < value[1] <= 1.0:
        message = f"{value[0]:g} {value[1]:g}: write survival at the lower and at the upper end, as fractions: 0.4 1"
        raise click.BadParameter(message)
    return value


@click.command("reconstruct", short_help="Rebuild patients from a curve or facts.")
@click.argument("facts", required=False, type=click.Path(path_type=Path))
@click.option(
    "--curve", "curves", multiple=True, type=click.Path(path_type=Path),
    help="Points of a digitized Kaplan-Meier curve: time, survival [, arm]; once for each file.",
)  # fmt: skip
@click.option("--at-risk", type=click.Path(path_type=Path), help="Numbers at risk: time, at_risk [, arm].")
@click.option(
    "--events", multiple=True, callback=_numbers, metavar="[ARM=]N", help="Reported events; ARM=N for each arm."
)
@click.option(
    "--patients", multiple=True, callback=_numbers, metavar="[ARM=]N", help="Patients, without numbers at risk at 0."
)
@click.option("--censored", type=click.Path(path_type=Path), help="Times of the marks of censoring: time [, arm].")
@click.option("--unit", type=click.Choice(_UNITS), help="Unit of time of the curve, if its header does not say it.")
@click.option("--kind", type=click.Choice(_KINDS), default="auto", help="What the curve shows.")
@click.option(
    "--axis", nargs=2, type=float, callback=_axis, metavar="LOW HIGH",
    help="Survival at the ends of an axis read as 0 to 1.",
)  # fmt: skip
@click.option("--control", metavar="ARM", help="The arm of reference.")
@click.option("--endpoint", metavar="TEXT", default="Time to event", help="What the curve is of: Overall survival.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the synthetic patients.")
def command(facts: Path | None, curves: tuple[Path, ...], out: Path, **options: object) -> None:
    """Rebuild patients from a digitized curve (--curve), or a synthetic cohort from published FACTS (facts.yaml).

    Writes ADaM tables with a trial.yaml that `equipoise run` accepts. They are marked synthetic everywhere.
    """
    if (facts is None) == (not curves):
        cure = "name a facts.yaml, or a curve with --curve, not both"
        raise UsageError(Problem("usage.reconstruct", "there must be facts or a curve to rebuild from", cure=cure))
    if facts is not None:
        own = ("at_risk", "events", "patients", "censored", "axis", "control", "unit")
        given = [name for name in own if options[name]]
        if given:
            said = f"--{given[0].replace('_', '-')} belongs to --curve"
            raise UsageError(Problem("usage.reconstruct", said, cure="leave it out: facts.yaml says all of it"))
        _from_facts(facts, out)
        return
    _from_curves(curves, out, options)


def _from_facts(facts: Path, out: Path) -> None:
    from equipoise.evidence.reconstruct.cohort import reconstruct_facts, summary_lines

    with progress_bar() as progress:
        made = reconstruct_facts(facts, out, progress=progress)
    for line in summary_lines(made):
        click.echo(line)


def _from_curves(curves: tuple[Path, ...], out: Path, options: dict[str, object]) -> None:
    from equipoise.evidence.reconstruct.curve import CurveOptions, reconstruct_curves

    at_risk = options.pop("at_risk")
    chosen = {name: value for name, value in options.items() if value not in (None, "")}
    made = reconstruct_curves(curves, at_risk, out, CurveOptions(**chosen))  # type: ignore[arg-type]
    for line in _lines(made):
        click.echo(line)


def _lines(made: CurveMade) -> list[str]:
    from equipoise.results.display import format_estimate_ci, format_value

    rows = made.results
    lines = [f"SYNTHETIC DATA: {printable(made.endpoint)}, rebuilt from a curve; these are not patients"]
    for arm in made.arms:
        own = {row.key.statistic: row for row in rows.select(arm=arm.name, versus="")}
        median = format_estimate_ci(own["median"], unit=True)
        away = [format_value(own[name], digits=2) for name in ("curve_deviation", "curve_deviation_max")]
        patients, events = format_value(own["subjects"]), format_value(own["events"])
        lines.append(f"{printable(arm.label)}: {patients} patients, {events} events, median {median}")
        worst = format_value(own["at_risk_mismatch"])
        lines.append(f"  clicks lie {away[0]} of the axes from the rebuilt curve, at most {away[1]}")
        lines.append(f"  numbers at risk differ from those reported by at most {worst}")
        lines += [_wrapped(note) for note in arm.notes] + [_wrapped(f"look at this: {doubt}") for doubt in arm.doubts]
    labels = {arm.name: arm.label for arm in made.arms}
    for row in rows.select(statistic="hazard_ratio"):
        lines.append(f"hazard ratio, {labels[row.key.arm]} against {labels[row.key.versus]}: {format_estimate_ci(row)}")
    lines += [_wrapped(note) for note in made.notes]
    lines.append(f"written: {made.out}")
    if len(made.arms) > 1:
        lines.append(f"next:    equipoise run {made.out}")
    return lines


def _wrapped(text: str) -> str:
    import textwrap

    return textwrap.fill(
        text, terminal_columns(110), initial_indent="  - ", subsequent_indent="    ", break_on_hyphens=False
    )
