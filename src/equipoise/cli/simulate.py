"""`equipoise simulate trial.yaml --trials N`: what is to be expected of the declared trial, by running it N times."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from equipoise.cli.options import json_option
from equipoise.cli.output import print_problems, problems_as_json
from equipoise.errors import EquipoiseError

if TYPE_CHECKING:
    from equipoise.simulation.workflow import Simulated
    from equipoise.trial import Trial

_PATIENCE = 2.0  # seconds before a bar is worth its space


def _trials(_ctx: click.Context, _param: click.Parameter, value: str) -> int:
    """A whole number that may be written 1e6, 1_000_000 or 1,000,000."""
    from decimal import Decimal, InvalidOperation

    try:
        number = Decimal(value.replace(",", "").strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number.adjusted() > 30 or number != number.to_integral_value():
        message = f"{value!r} is no whole number; write it as 100000 or 1e5"
        raise click.BadParameter(message)
    return int(number)


@click.command("simulate", short_help="Run the declared trial many times.")
@click.argument("protocol", type=click.Path(path_type=Path))
@click.option(
    "--trials", callback=_trials, metavar="N", default="1e5", show_default=True, help="Trials of each run, up to 1e12."
)
@click.option(
    "--scenario", "scenarios", multiple=True, metavar="NAME", help="May be repeated; what designs assume if absent."
)
@click.option("--under", type=click.Choice(["h1", "h0", "both"]), default="both", show_default=True,
              help="The scenario as it is, without any effect, or both.")  # fmt: skip
@click.option(
    "--vary", multiple=True, metavar="WHAT=VALUES", help="Also with hazard_ratio=0.6,0.7; several: all combinations."
)
@click.option("--sweep", is_flag=True, help="Also at the points of the designs' `sensitivity`.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of all random numbers.")
@click.option("--jobs", type=int, help="Threads; one a processor if absent.")
@click.option("--cluster", metavar="ADDRESS", help="Scheduler of an existing Dask cluster, tcp://HOST:8786.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the bundle; nothing is written without it.")
@click.option("--resume", is_flag=True, help="Go on where an earlier run in --out was.")
@click.option("--one", type=int, metavar="T", help="Write the patients of trial T (from 0) to --out instead.")
@click.option("--look", type=int, help="With --one: as seen at this look; the last if absent.")
@click.option(
    "--annex", type=click.Path(path_type=Path), help="File with the block sizes; what the protocol names if absent."
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    protocol: Path,
    trials: int,
    scenarios: tuple[str, ...],
    under: Any,
    vary: tuple[str, ...],
    seed: int,
    jobs: int | None,
    cluster: str | None,
    out: Path | None,
    one: int | None,
    look: int | None,
    annex: Path | None,
    *,
    sweep: bool,
    resume: bool,
    as_json: bool,
) -> None:
    """Simulate the trial that PROTOCOL declares: power, error, events, duration, estimates, each with its error.

    Each scenario is run as it is, and without any effect. The numbers depend on protocol, seed and number of trials
    alone: not on threads, workers or interruptions. Ctrl-C keeps what is done; --resume goes on from there.
    """
    _check(ctx, out, one, look, elsewhere=cluster is not None or sweep, resume=resume)
    try:
        from equipoise.simulation.sweep import points_of
        from equipoise.trial import Trial

        trial, points = Trial.load(protocol), points_of(vary)
        if one is not None:
            assert out is not None
            told = _write_one(trial, one, out, look, scenarios, under, seed, points, annex)
            click.echo(json.dumps({"ok": True, "problems": [], "out": str(out)}, indent=2) if as_json else told)
            return
        from equipoise.simulation.workflow import simulations_of_trial

        with trial_bar(quiet=as_json) as (progress, announce):
            found = simulations_of_trial(
                trial.protocol, trial.path, trials=trials, scenarios=scenarios, under=under, seed=seed, jobs=jobs,
                out=out, resume=resume, cluster=cluster, sweep=points, declared_sweep=sweep, annex=annex,
                progress=progress, announce=announce,
            )  # fmt: skip
    except EquipoiseError as error:
        if not as_json:
            raise
        click.echo(problems_as_json(error.problems))
        ctx.exit(error.exit_code)
    _tell(trial, found, out, seed, as_json=as_json)
    if found.stopped:
        ctx.exit(130)


def _check(
    ctx: click.Context, out: Path | None, one: int | None, look: int | None, *, elsewhere: bool, resume: bool
) -> None:
    """Refuse options that mean nothing without another."""
    message = ""
    if resume and out is None:
        message = "--resume goes on from the sums in a folder: name it with --out"
    elif one is not None and out is None:
        message = "--one writes a folder: name it with --out"
    elif look is not None and one is None:
        message = "--look belongs to --one"
    elif one is not None and resume:
        message = "--one writes one trial: there is nothing to resume"
    elif one is not None and elsewhere:
        message = "--one writes one trial, here: leave out --cluster and --sweep"
    if message:
        raise click.UsageError(message, ctx)


def _write_one(
    trial: Trial, number: int, out: Path, look: int | None, scenarios: tuple[str, ...], under: str, seed: int,
    points: tuple[Any, ...], annex: Path | None,
) -> str:  # fmt: skip
    """Write the patients of one trial, and say what is next."""
    from equipoise.kernels.sim.compile import is_compiled
    from equipoise.kernels.sim.patients import generate
    from equipoise.simulation.asked import one_study
    from equipoise.simulation.one_trial import write_one

    study = one_study(trial.protocol, trial.path, scenarios, "h0" if under == "h0" else "h1", seed, points, annex)
    if not is_compiled(generate):
        click.echo("compiling the loops, about half a minute, once: they are kept for later runs", err=True)
    place = write_one(study, number, out, look=look)
    analyze = f"equipoise analyze {trial.path} --data {place} --out OUT"
    return f"{place}: trial {number} of scenario {study.scenario}, seed {seed}\nnext:  {analyze}"


def _tell(trial: Trial, found: Simulated, out: Path | None, seed: int, *, as_json: bool) -> None:
    if as_json:
        content = {
            "ok": True,
            "problems": [note.to_dict() for note in found.notes],
            "runs": [dict(zip(("scenario", "under", "vary", "trials"), run, strict=True)) for run in found.trials],
            "statistics": [row.to_dict() for row in found.results],
        }
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
        return
    from equipoise.cli.simulate_tables import summary

    click.echo("\n".join(summary(trial.protocol, found, seed)))
    print_problems(found.notes, closing="" if out is None else "recorded in the bundle")
    if out is not None:
        click.echo(f"{out}: {len(found.results)} statistics, {len(found.results.curves)} curves")
        click.echo(f"next:  equipoise report {out}")


@contextmanager
def trial_bar(*, quiet: bool = False) -> Iterator[tuple[Callable[[str, int, int], None], Callable[[str], None]]]:
    """How a run says how far it is: after two seconds, on a terminal, a bar with rate and time left.

    Args:
        quiet: Nothing at all.

    Yields:
        A progress callback (label, trials done, trials), and one that says what takes time.
    """
    if quiet or not sys.stderr.isatty():
        yield (lambda _label, _done, _trials: None), (lambda text: None if quiet else click.echo(text, err=True))
        return
    bar = _Bar()
    try:
        yield bar.progress, lambda text: click.echo(text, err=True)
    finally:
        bar.close()


class _Bar:
    """A bar of rich that appears when it has become slow."""

    def __init__(self) -> None:
        self.start: tuple[float, int] | None = None
        self.bar: Any = None
        self.task: Any = None

    def progress(self, label: str, done: int, trials: int) -> None:
        """Called with what is being done, trials done and trials."""
        now = time.monotonic()
        if self.start is None or done < self.start[1]:
            self.start = (now, done)
        waited = now - self.start[0]
        if self.bar is None:
            if waited < _PATIENCE:
                return
            self._open(trials)
        self.bar.update(self.task, description=label[:40], completed=done, total=trials,
                        left=time_left(done, trials, waited, done - self.start[1]))  # fmt: skip

    def _open(self, trials: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        columns = (
            TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[left]}"),
        )  # fmt: skip
        self.bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self.bar.start()
        self.task = self.bar.add_task("", total=trials, left="")

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.stop()


def time_left(done: int, trials: int, seconds: float, own: int) -> str:
    """`94,000 trials a second, 1:20 left`.

    Args:
        done: Trials done.
        trials: Trials of all runs.
        seconds: Time since the start of this run.
        own: Trials done in it.
    """
    if own <= 0 or seconds <= 0.0:
        return ""
    rate = own / seconds
    left = round((trials - done) / rate)
    hours, minutes, rest = left // 3600, left // 60 % 60, left % 60
    clock = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return f"{rate:,.{0 if rate >= 10 else 1}f} trials a second, {clock} left"
