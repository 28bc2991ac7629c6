"""From a bundle to the dossier: one page, its tables as CSV, its figures as SVG, written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise.errors import BundleError, Problem, Where
from equipoise.pages import Contents, Html, element, join, shell
from equipoise.reporting.blinding import mark_of, marked
from equipoise.reporting.blocks import Figure, Section, contents, section_html, walk
from equipoise.reporting.context import Context
from equipoise.reporting.tables import table_csv
from equipoise.results.bundle import Bundle, atomic_directory, read_bundle

if TYPE_CHECKING:
    from equipoise.protocol.protocol import Protocol

__all__ = ["LARGEST", "context_of", "render", "sections_of", "write_report"]

LARGEST = 5_000_000
"""Most bytes that dossier.html may have."""


def write_report(out: Path, *, expect: Protocol | None = None) -> Path:
    """Write dossier.html, tables/ and figures/ into a bundle.

    Args:
        out: Folder of the bundle.
        expect: The protocol that the bundle must have been made from; any where absent.

    Returns:
        Path of dossier.html.

    Raises:
        BundleError: When the bundle is missing, damaged, or its files belong to different protocols.
    """
    out = Path(out)
    context = context_of(read_bundle(out))
    if expect is not None and expect != context.protocol:
        raise BundleError(
            Problem(
                code="report.other_protocol",
                message="the bundle was made from another protocol, or from an earlier version of this one",
                where=Where(file=str(out)),
                value=context.protocol.trial.id,
                cure="analyze again, then report",
            )
        )
    page, parts = render(context)
    size = len(page.encode())
    if size > LARGEST:
        raise BundleError(
            Problem(
                code="report.size",
                message=f"the dossier would have {size} bytes, more than {LARGEST}",
                where=Where(file=str(out)),
                cure="raise list_at_least of the safety analysis, so that fewer terms are listed",
            )
        )
    with atomic_directory(out) as scratch:
        (scratch / "tables").mkdir()
        (scratch / "figures").mkdir()
        for part in walk(parts):
            if isinstance(part, Figure):
                from equipoise.reporting.figures import standalone

                (scratch / "figures" / f"{part.name}.svg").write_text(
                    standalone(part.alone or part.svg), encoding="utf-8"
                )
            else:
                (scratch / "tables" / f"{part.name}.csv").write_text(table_csv(part), encoding="utf-8", newline="")
        (scratch / "dossier.html").write_text(page, encoding="utf-8", newline="\n")
    return out / "dossier.html"


def context_of(bundle: Bundle) -> Context:
    """What sections read, from a bundle.

    Args:
        bundle: The bundle as read.

    Raises:
        BundleError: When protocol.json was altered after the analysis.
    """
    from equipoise.results.declared import declared

    return Context(bundle, declared(bundle))


def _sections(context: Context) -> tuple[Section, ...]:
    from equipoise.reporting.sections import (
        baseline,
        continuous,
        design,
        efficacy,
        flow,
        forest,
        hypotheses,
        methods,
        monitoring,
        proportional_hazards,
        provenance,
        response,
        safety,
        sensitivity,
        simulation,
    )

    makers: tuple[Callable[[Context], Section | None], ...] = (
        flow.flow,
        baseline.baseline,
        efficacy.efficacy,
        response.response,
        continuous.continuous_endpoints,
        forest.subgroups,
        safety.safety,
        sensitivity.sensitivity,
        proportional_hazards.proportional_hazards,
        hypotheses.hypotheses,
        monitoring.monitoring,
        design.design,
        simulation.simulation,
        methods.methods,
        provenance.data_notes,
        provenance.provenance,
    )
    return tuple(section for section in (make(context) for make in makers) if section is not None)


def sections_of(context: Context) -> tuple[Section, ...]:
    """All sections of the dossier, the first screen among them.

    Args:
        context: Bundle and protocol.
    """
    from equipoise.reporting.sections.answer import answer
    from equipoise.reporting.sections.design import design_answer
    from equipoise.reporting.sections.monitoring import monitoring_answer
    from equipoise.reporting.sections.simulation import simulation_answer

    first = None
    if not context.analyzed:
        first = monitoring_answer(context) or design_answer(context) or simulation_answer(context)
    made = (first or answer(context), *_sections(context))
    return marked(made, mark_of(context.bundle))


def render(context: Context) -> tuple[str, tuple[Section, ...]]:
    """The page, and the sections whose tables and figures become files.

    Args:
        context: Bundle and protocol.

    Returns:
        HTML text, and all sections (the first screen among them).
    """
    from equipoise.reporting.sections.answer import identity

    first, *rest = sections_of(context)
    trial = context.protocol.trial
    entries = (Contents(first.anchor, first.title), *contents(tuple(rest)))
    mark = mark_of(context.bundle)
    page = shell(
        f"{mark} {trial.id}: {trial.title}".strip(),
        join([section_html(first, css="answer"), *[section_html(section) for section in rest]], Html("\n")),
        header=identity(context),
        footer=_footer(context),
        contents=entries,
        description=f"{'Results' if context.analyzed else first.title} of the randomized trial {trial.id}.",
        mark=mark,
    )
    return page, (first, *rest)


def _footer(context: Context) -> Html:
    manifest = context.bundle.manifest
    origin = "from data analyzed" if context.analyzed else "on"
    made = f"Made with equipoise {manifest.get('equipoise', '')} {origin} {manifest.get('created', '')}."
    return element("p", made, " Every number on this page carries the identifier of its statistic.")
