"""Arguments that several commands share."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

__all__ = ["cut_option", "data_option", "json_option"]


def _date(_ctx: click.Context, _param: click.Parameter, value: str | None) -> datetime.date | None:
    if value is None:
        return None
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        message = f"{value!r} is not a date; write it as 2026-06-30"
        raise click.BadParameter(message) from None


data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Folder or file with the data; `data` beside the protocol if absent.",
)
cut_option = click.option(
    "--cut", callback=_date, metavar="DATE", help="Cut follow-up at this date (2026-06-30); later records re-censor."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print problems as JSON, for programs.")
