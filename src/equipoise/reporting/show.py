"""One statistic in words for the terminal, and the headline at the end of a run."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from equipoise.errors import Problem, UsageError, Where
from equipoise.reporting.context import Context, confirmatory
from equipoise.reporting.report import context_of
from equipoise.results import Statistic
from equipoise.results import display as d
from equipoise.results.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from equipoise.results.bundle import Bundle

__all__ = ["describe", "headline", "suggestions"]

_WIDTH = 15


def headline(bundle: Bundle) -> str:
    """The primary result in sentences, one a line.

    Args:
        bundle: A bundle as read.
    """
    from equipoise.reporting.sections.answer import headline_sentences

    context = context_of(bundle)
    return "\n".join(one.text.replace("\u00a0", " ") for one in headline_sentences(context))


def suggestions(bundle: Bundle, wanted: str, *, most: int = 5) -> list[str]:
    """Identifiers that look like `wanted`: those that contain all of its parts first, then those spelled alike.

    Args:
        bundle: A bundle as read.
        wanted: What was asked for.
        most: How many to give.
    """
    known = sorted((row.id for row in bundle.results), key=len)
    pieces = sorted({piece for name in known for piece in name.split(".")})
    parts = [part for part in wanted.split(".") if part]
    # A slip in one part should not hide that the others are right.
    mended = [(difflib.get_close_matches(part, pieces, n=1, cutoff=0.6) or [part])[0] for part in parts]
    found: list[str] = []
    for asked in (parts, mended):
        found += [name for name in known if all(part.lower() in name.lower() for part in asked)]
    alike = difflib.get_close_matches(wanted, known, n=most, cutoff=0.5)
    return list(dict.fromkeys([*found, *alike]))[:most]


def describe(stat: Statistic | str, bundle: Bundle) -> str:
    """A statistic with its context, method and origin, as text for a terminal.

    Args:
        stat: The statistic, or its identifier.
        bundle: The bundle that holds it.

    Returns:
        Lines of "name  content".

    Raises:
        UsageError: On an identifier that the bundle does not have; it suggests the nearest.
    """
    if isinstance(stat, str):
        found = bundle.results.get(stat)
        if found is None:
            near = suggestions(bundle, stat)
            cure = f"`equipoise show {bundle.path}` lists all identifiers"
            if near:
                cure = f"did you mean {', '.join(near)}?"
            raise UsageError(
                Problem(code="show.unknown", message="no statistic has this identifier", value=stat, cure=cure,
                        where=Where(file=str(bundle.path)))
            )  # fmt: skip
        stat = found
    context = context_of(bundle)
    term = VOCABULARY.get(stat.key.statistic)
    lines = [term.label if term else stat.key.statistic, stat.id, ""]
    pairs = [*_numbers(context, stat), ("", ""), *_about(context, stat), ("", ""), *_origin(context, stat)]
    for name, content in pairs:
        if not name:
            lines.append("")
        elif content:
            lines.append(f"{name:<{_WIDTH}}{content}")
    return "\n".join(lines)


def _numbers(context: Context, stat: Statistic) -> list[tuple[str, str]]:
    printed = _printed(context, stat)
    pairs = [("printed", printed), ("value", _full(stat, "value"))]
    if stat.lower is not None or stat.upper is not None or stat.why("lower") or stat.why("upper"):
        pairs += [("lower limit", _full(stat, "lower")), ("upper limit", _full(stat, "upper"))]
    pairs += [
        ("confidence", f"{d.format_fraction(stat.conf_level)}" if stat.conf_level is not None else ""),
        ("standard error", d.full_precision(stat.se)),
        ("n", "" if stat.n is None else str(stat.n)),
        ("events", "" if stat.events is None else str(stat.events)),
        ("denominator", d.full_precision(stat.denominator)),
        ("df", "" if stat.df is None else d.format_plain(stat.df)),
        ("sides", d.sides_words(stat.sides)),
        ("unit", stat.unit),
    ]
    return pairs


def _full(stat: Statistic, name: str) -> str:
    number: float | None = getattr(stat, name)
    if number is not None:
        return d.full_precision(number)
    if name == "value" and stat.text:
        return stat.text
    return f"none: {d.format_missing(stat.why(name))}" if stat.why(name) else "none"


def _printed(context: Context, stat: Statistic) -> str:
    if stat.key.statistic in ("p_value", "interaction_p_value") and stat.value is not None:
        key = stat.key
        found = context.find(key.analysis, "significance_level", key.arm, key.versus, hypothesis=key.hypothesis)
        shown = d.format_p(stat.value, level=found.value if found and key.hypothesis else None)
        sides = d.sides_words(stat.sides)
        text = f"{shown} ({sides})" if sides else shown
        return text if confirmatory(stat) else f"{text}; {stat.multiplicity}: no dossier shows it"
    return context.estimate(stat, words=True, unit=True).text


def _about(context: Context, stat: Statistic) -> list[tuple[str, str]]:
    key = stat.key
    endpoint = context.protocol.endpoints.get(key.endpoint)
    unit = context.protocol.time.unit
    pairs = [
        ("stage", key.stage),
        ("analysis", _named(key.analysis, context.analysis_label(key.analysis))),
        ("endpoint", _named(key.endpoint, endpoint.label if endpoint else "")),
        ("population", _named(key.population, context.population(key.population))),
        ("arm", _named(key.arm, context.arm(key.arm))),
        ("versus", _named(key.versus, context.arm(key.versus))),
        *((f"group: {name}", level) for name, level in key.groups),
        ("time", f"{d.format_plain(key.time)} {unit}" if key.time is not None else ""),
        ("hypothesis", key.hypothesis),
        ("scenario", key.scenario),
        ("look", "" if key.look is None else str(key.look)),
        ("data cut", key.data_cut),
        ("under", key.under),
        ("method", key.method),
        ("interval", key.interval),
        ("", ""),
        ("in words", stat.method_text),
        ("multiplicity", _MULTIPLICITY[stat.multiplicity]),
    ]
    return [pair for pair in pairs if pair[1] or not pair[0]]


_MULTIPLICITY = {
    "confirmatory": "confirmatory: part of the hierarchy of hypotheses",
    "nominal": "nominal: not adjusted for multiplicity",
    "descriptive": "descriptive: not adjusted for multiplicity",
}


def _named(name: str, label: str) -> str:
    if not name:
        return ""
    return f"{name} ({label})" if label and label != name else name


def _origin(context: Context, stat: Statistic) -> list[tuple[str, str]]:
    manifest, protocol = context.bundle.manifest, context.bundle.protocol
    pairs = [
        ("origin", stat.origin),
        ("made with", f"equipoise {manifest.get('equipoise', 'unknown')}, {manifest.get('created', 'time unknown')}"),
        ("protocol", f"{manifest.get('protocol_file', '')} {protocol.get('hash', '')}".strip()),
    ]
    if stat.printed is not None:
        pairs.append(("as printed", f"{stat.printed.characters} ({stat.printed.source})"))
    files = manifest.get("data", [])
    for item in files if isinstance(files, list) else []:
        pairs.append(("data", f"{item.get('path', '')} {item.get('sha256', '')}".strip()))
    return pairs
