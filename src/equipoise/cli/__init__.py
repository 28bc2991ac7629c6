"""The command line, one file a command; a command's imports happen when it is called."""

from __future__ import annotations

from equipoise.cli.app import main

__all__ = ["main"]
