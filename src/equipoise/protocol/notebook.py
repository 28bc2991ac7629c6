"""How a declaration looks in a notebook: every section as a table of what it says, nested ones opening on a click."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

__all__ = ["section_html"]

_STYLE = "text-align:left;vertical-align:top"


def section_html(section: Any, *, title: str = "") -> str:
    """A section, or a mapping of sections, as HTML.

    Args:
        section: A part of a protocol.
        title: Heading; the name of the section's type where absent.
    """
    heading = title or _title(section)
    return f"<div><b>{escape(heading)}</b>{_content(section, depth=0)}</div>"


def _title(section: Any) -> str:
    trial = getattr(section, "trial", None)
    if trial is not None and hasattr(trial, "id"):
        return f"{trial.id}: {trial.title}"
    label = getattr(section, "label", None)
    return str(label) if label else type(section).__name__ if not isinstance(section, Mapping) else "declared"


def _content(value: Any, *, depth: int) -> str:
    entries = _entries(value)
    if entries is None:
        return _text(value)
    rows = []
    for name, inner in entries:
        cell = _content(inner, depth=depth + 1)
        if depth < 1 and _entries(inner) is not None:
            count = len(_entries(inner) or ())
            cell = f"<details><summary>{count} {'entry' if count == 1 else 'entries'}</summary>{cell}</details>"
        rows.append(f'<tr><td style="{_STYLE}">{escape(name)}</td><td style="{_STYLE}">{cell}</td></tr>')
    return f"<table><tbody>{''.join(rows)}</tbody></table>"


def _entries(value: Any) -> list[tuple[str, Any]] | None:
    """Names and contents of what is not empty; None for a plain value."""
    from pydantic import BaseModel

    if isinstance(value, BaseModel):
        named = {info.alias or name: getattr(value, name) for name, info in type(value).model_fields.items()}
    elif isinstance(value, Mapping):
        named = {str(name): inner for name, inner in value.items()}
    elif isinstance(value, tuple) and any(isinstance(item, BaseModel | Mapping) for item in value):
        named = {str(number): inner for number, inner in enumerate(value, start=1)}
    else:
        return None
    return [(name, inner) for name, inner in named.items() if inner not in (None, (), {})]


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return escape(", ".join(str(item) for item in value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape(str(value))
