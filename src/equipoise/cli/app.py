"""The `equipoise` command: finds its subcommands by name and turns errors into messages and exit codes.

Exit codes: 0 fine, 1 a check found contradictions, 2 bad input or usage, 70 a crash (a defect of equipoise).
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from importlib import import_module
from pathlib import Path

import click

from equipoise.cli.output import print_problems
from equipoise.errors import EquipoiseError, Problem, Where

__all__ = ["main"]

# Name → what `--help` says; kept here so that help imports no command.
_COMMANDS = {
    "init": "Start a trial: a commented trial.yaml to edit.",
    "validate": "Check a protocol, or a protocol and its data: all problems at once.",
    "design": "Events, patients, looks and boundaries, as a section of a protocol.",
    "simulate": "Run the declared trial many times: power, error, duration, bias.",
    "derive": "Derive endpoints from tumor assessments: best response, PFS, duration.",
    "analyze": "Analyze data as declared; write the results bundle.",
    "monitor": "An interim look: bounds, events to come; blinded unless asked for otherwise.",
    "report": "Write dossier.html, tables (CSV) and figures (SVG) into a bundle.",
    "run": "All of it: validate, analyze, report; ends in the headline result.",
    "show": "Explain one statistic of a bundle: context, method, origin.",
    "check": "Check what is said about a trial: in itself, against facts, against results.",
    "facts": "The claims of a text as facts.yaml, to edit.",
    "reconstruct": "Synthetic patients from a digitized curve, or a cohort from published facts.",
    "brief": "Tell a bundle's results in words: news story, plain summary, structured abstract.",
    "export": "Write a bundle's results as CDISC ARS JSON, its tables as RTF or DOCX, a page as PDF.",
    "randomize": "Allocation: what a procedure gives away, a sealed-envelope list, its replay.",
    "convert": "Convert tables: CSV, Parquet, SAS transport, CDISC Dataset-JSON.",
    "schema": "Print the JSON Schema of trial.yaml, for editors.",
}
_WRITING = (
    "init", "design", "derive", "analyze", "monitor", "report", "reconstruct", "brief", "run", "export", "convert",
    "randomize",
)  # fmt: skip


class _Lazy(click.Group):
    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"equipoise.cli.{name}").command
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # The reader of our output went away (`| head`): not an error of ours, and nothing can be said to it.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], _COMMANDS, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else f" Commands: {', '.join(_COMMANDS)}."
            message = f"no such command '{args[0]}'.{hint}"
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="equipoise", prog_name="equipoise")
def app() -> None:
    """A randomized trial as code: declare it once in trial.yaml, then analyze, report and check it.

    Start with: equipoise init my-trial
    """


_NEAREST = {
    "\u2212": "-", "\u2013": "-", "\u2014": "-", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2026": "...",
    "\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'", "\u00b7": ".", "\u2264": "<=", "\u2265": ">=",
}  # fmt: skip


def _nearest(error: UnicodeError) -> tuple[str, int]:
    """What a terminal gets for signs that it lacks (cp1252 has no true minus): the nearest sign, never a crash."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_NEAREST.get(sign, "?") for sign in lacking), error.end


def _of_system(error: OSError) -> Problem:
    """What the file system refused, under the name that the caller gave and not that of a scratch file beside it."""
    path = Path(str(error.filename or "the file system"))
    if path.name.startswith(".") and "." in path.name[1:]:
        path = path.with_name(path.name[1:].rpartition(".")[0])
    cure = "check that its folder exists, that you may write there, and that the disk is not full"
    return Problem("usage.file", error.strerror or str(error), Where(file=str(path)), cure=cure)


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit with its code.

    Args:
        args: Arguments; those of the process where absent.
    """
    codecs.register_error("nearest", _nearest)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="nearest")
    try:
        colour = False if os.environ.get("NO_COLOR") else None
        code = app.main(args=args, prog_name="equipoise", standalone_mode=False, color=colour)
    except click.exceptions.Abort:
        click.echo("stopped; nothing half-written was left behind", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except EquipoiseError as error:
        command = (sys.argv[1:] if args is None else args)[0]
        print_problems(error.problems, closing="nothing was written" if command in _WRITING else "")
        sys.exit(error.exit_code)
    except OSError as error:
        print_problems([_of_system(error)])
        sys.exit(2)
    except Exception:
        import traceback

        traceback.print_exc()
        click.echo(
            "\nThis is a defect of equipoise, not of your input. Please report it with the lines above "
            "(they hold no patient data beyond what they show).",
            err=True,
        )
        sys.exit(70)
    sys.exit(code if isinstance(code, int) else 0)
