"""How results look in a notebook: tables as HTML, for the `_repr_html_` of statistics, curves, results and bundles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from equipoise.results import display
from equipoise.results.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from equipoise.results.bundle import Bundle
    from equipoise.results.curve import Curve
    from equipoise.results.results import Results
    from equipoise.results.statistic import Statistic

__all__ = ["bundle_html", "curve_html", "results_html", "statistic_html", "table"]

_ROWS_OPEN = 12
_ROWS = 300
_CELL = "text-align:left;vertical-align:top"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A plain table of escaped text; the notebook's own style decides how it looks.

    Args:
        header: Column heads; empty for none.
        rows: Cells, text.
    """
    head = ""
    if header:
        cells = "".join(f'<th scope="col" style="{_CELL}">{escape(h)}</th>' for h in header)
        head = f"<thead><tr>{cells}</tr></thead>"
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in row) + "</tr>" for row in rows
    )
    return f"<table>{head}<tbody>{body}</tbody></table>"


def statistic_html(stat: Statistic) -> str:
    """One statistic: its name, its value with limits, and all that is known of it.

    Args:
        stat: The statistic.
    """
    facts: list[tuple[str, str]] = [("value", _estimate(stat))]
    for name in ("se", "n", "events", "denominator", "df", "sides"):
        content = getattr(stat, name)
        if content is not None:
            facts.append((name, f"{content:.6g}" if isinstance(content, float) else str(content)))
    facts += [(f"no {name}", display.format_missing(reason)) for name, reason in stat.missing]
    facts += [("about", _about(stat)), ("method", stat.method_text), ("multiplicity", stat.multiplicity)]
    facts += [("origin", stat.origin), ("id", stat.id)]
    title = escape(_label(stat))
    return f"<div><b>{title}</b>{table((), [fact for fact in facts if fact[1]])}</div>"


def curve_html(curve: Curve) -> str:
    """A curve: what it is about and its first points.

    Args:
        curve: The curve.
    """
    columns = [name for name in ("x", "y", "lower", "upper", "n_risk") if getattr(curve, name).size]
    shown = min(5, curve.x.size)
    rows = [[f"{getattr(curve, name)[i]:.6g}" for name in columns] for i in range(shown)]
    if curve.x.size > shown:
        rows.append(["\N{HORIZONTAL ELLIPSIS}"] * len(columns))
    unit = f", x in {curve.unit}" if curve.unit else ""
    title = escape(f"{curve.curve} ({curve.x.size} points{unit})")
    return f"<div><b>{title}</b><div>{escape(curve.id)}</div>{table(columns, rows)}</div>"


def results_html(results: Results) -> str:
    """Results by analysis, each a table that opens on a click.

    Args:
        results: The results.
    """
    by_analysis: dict[str, list[Statistic]] = {}
    for stat in results:
        by_analysis.setdefault(stat.key.analysis, []).append(stat)
    parts = [f"<b>{len(results.statistics)} statistics, {len(results.curves)} curves</b>"]
    left = _ROWS
    for name, rows in by_analysis.items():
        shown = rows[: min(len(rows), max(left, _ROWS_OPEN))]
        left -= len(shown)
        body = table(
            ("Statistic", "About", "Value", "Method"),
            [(_label(stat), _about(stat), _estimate(stat), _method(stat)) for stat in shown],
        )
        if len(shown) < len(rows):
            body += f"<p>{len(rows) - len(shown)} more: <code>.select(analysis={escape(repr(name))})</code>, "
            body += "<code>.to_polars()</code></p>"
        summary = f"{escape(name or '(no analysis)')}: {len(rows)} statistics"
        parts.append(f"<details><summary>{summary}</summary>{body}</details>")
    return f"<div>{''.join(parts)}</div>"


def bundle_html(bundle: Bundle) -> str:
    """A bundle: where it is, what it was made from, and its results.

    Args:
        bundle: The bundle.
    """
    manifest = bundle.manifest
    facts = [
        ("folder", str(bundle.path)),
        ("protocol", str(manifest.get("protocol_file", ""))),
        ("analyzed", str(manifest.get("created", ""))),
        ("equipoise", str(manifest.get("equipoise", ""))),
        ("data", ", ".join(str(entry.get("path", "")) for entry in manifest.get("data", ()))),
    ]
    return f"<div>{table((), [fact for fact in facts if fact[1]])}{results_html(bundle.results)}</div>"


def _label(stat: Statistic) -> str:
    entry = VOCABULARY.get(stat.key.statistic)
    return entry.label if entry is not None else stat.key.statistic


def _estimate(stat: Statistic) -> str:
    if stat.key.statistic not in VOCABULARY:
        return str(stat.text or stat.value)
    if stat.text:
        return stat.text
    text = display.format_estimate_ci(stat, unit=True)
    sides = display.sides_words(stat.sides)
    return f"{text} ({sides})" if sides else text


def _about(stat: Statistic) -> str:
    key = stat.key
    parts = [f"{key.arm} vs {key.versus}" if key.versus else key.arm]
    parts += [f"{name}: {level}" for name, level in key.groups]
    parts += [f"at {key.time:g}"] if key.time is not None else []
    parts += [str(part) for part in (key.hypothesis, key.scenario) if part]
    return ", ".join(part for part in parts if part) or "all"


def _method(stat: Statistic) -> str:
    return ", ".join(part for part in (stat.key.method, stat.key.interval) if part)
