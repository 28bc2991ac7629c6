"""`equipoise randomize preview | list | verify`: what a procedure gives away, a sealed list, and its replay."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from equipoise.cli.output import print_problems, progress_bar

if TYPE_CHECKING:
    from equipoise.protocol.annex import Annex
    from equipoise.randomization.preview import Figure
    from equipoise.trial import Trial

_protocol = click.argument("protocol", type=click.Path(path_type=Path))
_annex = click.option(
    "--annex", type=click.Path(path_type=Path), help="File with the block sizes; what the protocol names if absent."
)
_sites = click.option("--sites", metavar="N|NAMES", default="", help="How many sites, or their names with commas.")
_key = click.option(
    "--key", type=click.Path(path_type=Path), help="File of the key; what the annex names if absent."
)  # fmt: skip


@click.group("randomize", short_help="Preview a procedure, draw a list, verify it.")
def command() -> None:
    """Allocation by the procedure that trial.yaml declares under `randomization`.

    Block sizes come from the annex, a file of its own, and are never printed. Nothing about arms is printed.
    """


@command.command("preview", short_help="What the procedure gives away, and how balanced it is.")
@_protocol
@click.option("--n", "n", type=int, help="Patients; as planned if absent.")
@_sites
@click.option("--trials", type=int, default=500, show_default=True, help="Simulated trials, where not exact.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the simulation.")
@click.option("--scenario", metavar="NAME", help="Strata and sites occur as this scenario says; equally if absent.")
@click.option("--compare", "compared", is_flag=True, help="Other procedures beside it, for one sequence.")
@_annex
def preview(
    protocol: Path,
    n: int | None,
    sites: str,
    trials: int,
    seed: int,
    scenario: str | None,
    annex: Path | None,
    *,
    compared: bool,
) -> None:
    """Preview the randomization of PROTOCOL: how often allocations are foreseen, and how unequal the arms become.

    The guesser names the arm that is behind (Blackwell and Hodges), and tosses a coin when none is. Imbalance is the
    largest difference between two arms, in patients per unit of the ratio. Patients come to sites, and have levels,
    with equal chances, or as often as --scenario says.
    """
    from equipoise.randomization.preview import preview as look

    trial, known = _load(protocol, annex)
    with progress_bar() as progress:
        found = look(trial.protocol, annex=known, n=n, sites=_names(sites), scenario=scenario, trials=trials, seed=seed,
                     progress=progress)  # fmt: skip
    click.echo(f"{found.procedure}; {_many(found.n, 'patient')}, {_many(found.strata, 'stratum', 'strata')}, "
               f"{_many(found.sites, 'site')}")  # fmt: skip
    click.echo(f"{found.trials:,} simulated trials, seed {seed}" if found.trials else "exact, nothing simulated")
    click.echo("")
    width = max(len(figure.label) for figure in found.figures)
    for figure in found.figures:
        click.echo(f"{figure.label:<{width}}  {_shown(figure)}")
    if compared:
        _print_comparison([arm.ratio for arm in trial.protocol.arms.values()], max(1, found.n // found.strata))
    print_problems(found.warnings, closing="about the design")


def _shown(figure: Figure) -> str:
    digits = 2 if figure.name.startswith(("imbalance", "unfinished")) else 4
    text = f"{figure.value:9.{digits}f}"
    if figure.error:
        text += f"  error {figure.error:.{digits + 1}f}"
    if figure.high is not None and figure.largest is not None:
        text += f"  95% of trials up to {figure.high:.3g}, largest {figure.largest:.3g}"
    elif figure.largest is not None:
        text += f"  at most {figure.largest:.3g} at any time"
    return text


def _print_comparison(ratio: list[int], n: int) -> None:
    from equipoise.randomization.preview import compare

    rows = [("one sequence of " + _many(n, "patient"), "guessed", "decided", "imbalance (RMS)", "at most")]
    rows += [(name, f"{guess:.4f}", f"{forced:.2f}", f"{sd:.2f}", f"{largest:g}")
             for name, guess, forced, sd, largest in compare(ratio, n)]  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    click.echo("")
    for first, *rest in rows:
        cells = (f"{cell:>{width}}" for cell, width in zip(rest, widths[1:], strict=True))
        click.echo("  ".join((f"{first:<{widths[0]}}", *cells)))


def _many(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


@command.command("list", short_help="Draw a sealed-envelope list.")
@_protocol
@click.option("--n", "n", type=int, required=True, help="Allocations in each stratum.")
@_key
@click.option("--new-key", is_flag=True, help="Make the key first, in a file that does not exist yet.")
@_sites
@_annex
@click.option("--out", type=click.Path(path_type=Path), required=True, help="CSV file to write; it must not exist.")
def list_(
    protocol: Path, n: int, key: Path | None, sites: str, annex: Path | None, out: Path, *, new_key: bool
) -> None:
    """Draw a sealed-envelope list for PROTOCOL from a key: a sequence of N allocations for each stratum.

    The same protocol, annex, key, sites and N give the same list, always. Only its owner can read the file.
    """
    from equipoise.randomization.keyed import make_key, read_key
    from equipoise.randomization.lists import check_target, make_list, write_list

    trial, known = _load(protocol, annex)
    place = _key_file(trial, known, annex, key)
    check_target(out)
    secret = make_key(place) if new_key else read_key(place)
    _warn_of_readers(place)
    try:
        with progress_bar() as progress:
            made = make_list(
                trial.protocol, key=secret, n=n, annex=known, sites=_names(sites), progress=progress
            )  # fmt: skip
        write_list(made, out)
    except BaseException:
        if new_key:
            place.unlink(missing_ok=True)  # a key that nothing was drawn with
        raise
    if new_key:
        click.echo(f"{place}: a new key; keep it from everybody who enrolls, and keep a copy")
    strata = len(made.rows) // n
    sequences = "sequence" if strata == 1 else "sequences"
    click.echo(f"{out}: {len(made.rows):,} allocations, {strata:,} {sequences} of {n:,}")
    click.echo(f"key {made.head['key'][:16]}, randomization {made.head['randomization'][:16]}")


@command.command("verify", short_help="Replay a list with its key.")
@_protocol
@click.option("--list", "path", type=click.Path(path_type=Path), required=True, help="The list, a CSV file.")
@_key
@_annex
@click.pass_context
def verify(ctx: click.Context, protocol: Path, path: Path, key: Path | None, annex: Path | None) -> None:
    """Replay a list of PROTOCOL with its key; the first row that differs is named, and the exit code is 1."""
    from equipoise.errors import Problem, Where
    from equipoise.randomization.keyed import read_key
    from equipoise.randomization.lists import read_list, verify_list

    trial, known = _load(protocol, annex)
    secret = read_key(_key_file(trial, known, annex, key))
    found = read_list(path)
    with progress_bar() as progress:
        differences = verify_list(found, trial.protocol, key=secret, annex=known, progress=progress)
    if not differences:
        click.echo(f"{path}: all {len(found.rows):,} allocations are what the key gives")
        return
    print_problems(
        [Problem("usage.list", f"the list is not what the key gives: {difference.what}",
                 Where(file=str(path), line=difference.line or None),
                 cure="compare with the copy that was put away when the list was drawn")
         for difference in differences], closing=""
    )  # fmt: skip
    ctx.exit(1)


def _load(protocol: Path, given: Path | None) -> tuple[Trial, Annex | None]:
    """The trial and its annex, where there is one to be read."""
    from equipoise.protocol.annex import annex_file, load_annex
    from equipoise.trial import Trial

    trial = Trial.load(protocol)
    file = annex_file(trial.protocol, trial.path, given)
    needed = (
        trial.protocol.randomization is not None and trial.protocol.randomization.procedure.kind == "permuted_blocks"
    )
    if file is None or (given is None and not needed and not file.exists()):
        return trial, None
    return trial, load_annex(file, trial.protocol)


def _key_file(trial: Trial, annex: Annex | None, given_annex: Path | None, given: Path | None) -> Path:
    from equipoise.errors import Problem, UsageError
    from equipoise.protocol.annex import annex_file

    if given is not None:
        return given
    file = annex_file(trial.protocol, trial.path, given_annex)
    if annex is None or annex.key is None or file is None:
        raise UsageError(
            Problem("usage.key", "no key file is named", cure="add `--key FILE`, or `key: FILE` to the annex")
        )
    return file.parent / annex.key


def _warn_of_readers(key: Path) -> None:
    """Say when others than its owner can read a key (where the system has owners)."""
    import os
    import stat

    from equipoise.errors import Problem, Where

    if os.name == "posix" and stat.S_IMODE(key.stat().st_mode) & 0o077:
        print_problems([Problem("usage.key", "others than its owner can read the key", Where(file=str(key)),
                                cure=f"chmod 600 {key}", severity="warning")], closing="")  # fmt: skip


def _names(sites: str) -> tuple[str, ...]:
    """Names of sites: 1 to N with leading zeros, or those that are given."""
    from equipoise.errors import Problem, UsageError

    text = sites.strip()
    if not text:
        return ()
    if text.lstrip("+-").isdecimal():
        count = int(text)
        if not 1 <= count <= 10_000:
            raise UsageError(Problem("usage.sites", "there are from 1 to 10,000 sites", value=text,
                                     cure="write `--sites 20`"))  # fmt: skip
        return tuple(f"{site:0{len(str(count))}d}" for site in range(1, count + 1))
    names = tuple(name.strip() for name in text.split(","))
    if not all(name.isprintable() and name for name in names):
        raise UsageError(Problem("usage.sites", "a site has no name", value=text, cure="write `--sites Bergen,Oslo`"))
    return names
