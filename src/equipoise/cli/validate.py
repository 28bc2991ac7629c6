"""`equipoise validate trial.yaml [--data DIR]`: all problems at once."""

from __future__ import annotations

from pathlib import Path

import click

from equipoise.cli.options import json_option
from equipoise.cli.output import print_problems, problems_as_json
from equipoise.errors import ProtocolError


@click.command("validate", short_help="Check a protocol, or a protocol and its data.")
@click.argument("protocol", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), help="Folder or file with the data, to be checked too.")
@json_option
@click.pass_context
def command(ctx: click.Context, protocol: Path, data: Path | None, *, as_json: bool) -> None:
    """Check PROTOCOL (trial.yaml or its folder) and, with --data, the data against it."""
    from equipoise.analysis.workflow import examine
    from equipoise.trial import Trial

    try:
        trial = Trial.load(protocol)
    except ProtocolError as error:
        if not as_json:
            raise
        click.echo(problems_as_json(error.problems))
        ctx.exit(2)
    found = examine(trial.protocol, trial.path, data=data)
    problems = found.problems
    failed = any(problem.severity == "error" for problem in problems)
    if as_json:
        click.echo(problems_as_json(problems))
        ctx.exit(2 if failed else 0)
    print_problems(problems, closing="")
    for finding in found.findings:
        click.echo(f"found   {finding}")
    if failed:
        ctx.exit(2)
    declared = trial.protocol
    what = "protocol and data are" if data is not None else "the protocol is"
    counted = (
        (len(declared.arms), "arm", "arms"),
        (len(declared.endpoints), "endpoint", "endpoints"),
        (len(declared.analysis), "analysis", "analyses"),
        (len(declared.hypotheses), "hypothesis", "hypotheses"),
    )
    counts = ", ".join(f"{n} {one if n == 1 else many}" for n, one, many in counted)
    click.echo(f"{trial.path}: {what} valid ({declared.trial.id}: {counts})")
