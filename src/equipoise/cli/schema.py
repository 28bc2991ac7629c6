"""`equipoise schema`: JSON Schema of the protocol, for editors."""

from __future__ import annotations

import json

import click


@click.command("schema", short_help="Print the JSON Schema of trial.yaml.")
def command() -> None:
    """Print the JSON Schema of trial.yaml, for editors that complete and check YAML."""
    from equipoise.protocol.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
