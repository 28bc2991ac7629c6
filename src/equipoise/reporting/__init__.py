"""The dossier: a page, tables and figures, made from results and the protocol only. No page computes a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from equipoise.reporting.report import write_report
    from equipoise.reporting.show import describe, headline

__all__ = ["describe", "headline", "write_report"]

_HOMES = {"write_report": "report", "describe": "show", "headline": "show"}


def __getattr__(name: str) -> Any:
    # Lazy: `equipoise --help` must not pay for polars, pydantic and great-tables.
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
