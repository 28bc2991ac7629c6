"""A bundle's results in CDISC's Analysis Results Standard, version 1.0, as JSON: one reporting event.

An analysis of the standard is what rows of results share: analysis, statistic, method and interval. Its method has an
operation for each number that a row can hold (value, limits, standard error, counts); its results are the rows, told
apart by groups: arm and arm of reference, factors, time, category. Every row has one result of the operation that gives
its value, and the grouping `StatisticId` carries the row's identifier, so that results can be joined to results.json.

Source: CDISC, Analysis Results Standard v1.0, logical model (ars_ldm).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from equipoise.reporting.context import Context, confirmatory
from equipoise.reporting.export.ars_groups import IDENTIFIER, Groupings, analysis_sets
from equipoise.reporting.export.displays import Display, provenance_line
from equipoise.results import Statistic
from equipoise.results import display as d
from equipoise.results.key import slug
from equipoise.results.vocabulary import VOCABULARY

__all__ = ["reporting_event"]

# What a row can hold besides its value: operation, its label, its field.
_PARTS = (
    ("lower", "Lower confidence limit"),
    ("upper", "Upper confidence limit"),
    ("conf_level", "Confidence level"),
    ("se", "Standard error"),
    ("n", "Subjects"),
    ("events", "Events"),
    ("denominator", "Denominator"),
    ("df", "Degrees of freedom"),
    ("sides", "Sides of the test"),
)
_PURPOSES = {"primary": "PRIMARY OUTCOME MEASURE", "secondary": "SECONDARY OUTCOME MEASURE"}


def reporting_event(context: Context, displays: Iterable[Display]) -> dict[str, Any]:
    """The reporting event: plain JSON values, attributes in the standard's words.

    Args:
        context: Bundle and protocol.
        displays: The dossier's tables, which become outputs.
    """
    groupings = Groupings(context)
    families: dict[str, list[Statistic]] = {}
    for row in context.bundle.results:
        families.setdefault(_analysis_id(groupings, row), []).append(row)
    analyses = [_analysis(context, groupings, name, rows) for name, rows in families.items()]
    methods = [_method(rows) for rows in _merged(families).values()]
    displays = tuple(displays)
    trial = context.protocol.trial
    return {
        "id": slug(trial.id),
        "version": 1,
        "name": f"{trial.id}: {trial.title}",
        "description": provenance_line(context),
        "mainListOfContents": _contents(groupings, displays, families),
        "referenceDocuments": [
            {"id": "protocol", "name": "Declared trial", "location": "protocol.json"},
            {"id": "results", "name": "Results, one statistic a row", "location": "results.json"},
            {"id": "manifest", "name": "Hashes of the inputs, versions, notes", "location": "manifest.json"},
        ],
        "terminologyExtensions": [
            {
                "id": "file-types",
                "enumeration": "OutputFileTypeEnum",
                "sponsorTerms": [
                    {"id": "csv", "submissionValue": "csv", "description": "One line a statistic, full precision"}
                ],
            }
        ],
        "analysisSets": analysis_sets(context),
        "analysisGroupings": groupings.subjects(),
        "dataGroupings": groupings.data(),
        "methods": methods,
        "analyses": analyses,
        "outputs": [_output(display) for display in displays],
    }


def _method_id(row: Statistic) -> str:
    key = row.key
    return "Mth." + ".".join(part for part in (slug(key.statistic), key.method, key.interval) if part)


def _analysis_id(groupings: Groupings, row: Statistic) -> str:
    key = row.key
    names = [slug(value) for value in (key.stage, key.analysis, key.endpoint, key.population) if value]
    names += [slug(key.statistic), *(part for part in (key.method, key.interval) if part)]
    # Rows that are told apart by the same groupings are one analysis.
    factors = [name for name in groupings.names((row,)) if name != IDENTIFIER]
    return "An." + ".".join([*names, *(["by", "-".join(factors)] if factors else [])])


def _merged(families: dict[str, list[Statistic]]) -> dict[str, list[Statistic]]:
    out: dict[str, list[Statistic]] = {}
    for rows in families.values():
        out.setdefault(_method_id(rows[0]), []).extend(rows)
    return out


def _method(rows: list[Statistic]) -> dict[str, Any]:
    """The method of rows that share statistic, method and interval; an operation for each field that any has."""
    first, name = rows[0], _method_id(rows[0])
    term = VOCABULARY.get(first.key.statistic)
    label = term.label if term else first.key.statistic
    operations = [{"id": f"{name}.value", "name": "value", "label": label, "order": 1}]
    for field, words in _PARTS:
        if any(getattr(row, field) is not None or row.why(field) for row in rows):
            operations.append({"id": f"{name}.{field}", "name": field, "label": words, "order": len(operations) + 1})
    out: dict[str, Any] = {"id": name, "name": name.removeprefix("Mth."), "label": label, "operations": operations}
    texts = dict.fromkeys(row.method_text for row in rows if row.method_text)
    if texts:
        out["description"] = " ".join(texts)
    return out


def _analysis(context: Context, groupings: Groupings, name: str, rows: list[Statistic]) -> dict[str, Any]:
    key = rows[0].key
    term = VOCABULARY.get(key.statistic)
    endpoint = context.protocol.endpoints.get(key.endpoint)
    role = str(getattr(endpoint, "role", "") or "")
    label = term.label if term else key.statistic
    about = context.analysis_label(key.analysis) if key.analysis else key.stage
    out: dict[str, Any] = {
        "id": name,
        "version": 1,
        "name": f"{about}: {label}",
        "reason": {"controlledTerm": "SPECIFIED IN PROTOCOL"},
        "purpose": {"controlledTerm": _PURPOSES.get(role, "EXPLORATORY OUTCOME MEASURE")},
        "methodId": _method_id(rows[0]),
        "documentRefs": [{"referenceDocumentId": "results"}],
    }
    if key.population in context.protocol.populations:
        out["analysisSetId"] = slug(key.population)
    source = getattr(endpoint, "source", None)
    if table := getattr(source, "table", None):
        out["dataset"] = str(table)
    out["orderedGroupings"] = [
        {"order": place, "groupingId": grouping, "resultsByGroup": True}
        for place, grouping in enumerate(groupings.names(rows), start=1)
    ]
    out["results"] = [result for row in rows for result in _results(context, groupings, row)]
    return out


def _results(context: Context, groupings: Groupings, row: Statistic) -> list[dict[str, Any]]:
    """A row as results: its value first; what it can't give has its reason in words and no raw value."""
    method, groups = _method_id(row), groupings.of(row)
    value: dict[str, Any] = {"operationId": f"{method}.value", "resultGroups": groups}
    raw = d.full_precision(row.value) if row.value is not None else row.text
    if raw:
        value["rawValue"] = raw
    shown = _formatted(context, row)
    if shown:
        value["formattedValue"] = shown
    out = [value]
    for field, _ in _PARTS:
        number = getattr(row, field)
        if number is None and row.why(field):
            text = d.format_missing(row.why(field))
            out.append({"operationId": f"{method}.{field}", "formattedValue": text, "resultGroups": groups})
        elif number is not None:
            text = str(number) if isinstance(number, int) else d.full_precision(number)
            out.append({"operationId": f"{method}.{field}", "rawValue": text, "resultGroups": groups})
    return out


def _formatted(context: Context, row: Statistic) -> str:
    """As the dossier prints it. A P that no reached hypothesis owns is not for display: it has its raw value only."""
    if row.key.statistic.endswith("p_value") and row.value is not None:
        return d.format_p(row.value) if confirmatory(row) else ""
    return d.format_value(row, unit=True, **context.time_style)


# Outputs -------------------------------------------------------------------------------------------------------------


def _output(display: Display) -> dict[str, Any]:
    table = display.table
    sections = [
        _section(table.name, "Title", (display.title, *((display.caption,) if display.caption else ()))),
        _section(table.name, "Rowlabel Header", (table.stub,) if table.stub else ()),
        _section(table.name, "Footnote", (*((display.population,) if display.population else ()), *table.notes)),
        _section(table.name, "Footer", display.source),
    ]
    return {
        "id": f"Out.{table.name}",
        "version": 1,
        "name": display.title,
        "fileSpecifications": [
            {
                "name": f"{table.name}.csv",
                "location": f"../tables/{table.name}.csv",
                "fileType": {"sponsorTermId": "csv"},
            }
        ],
        "displays": [
            {
                "order": 1,
                "display": {
                    "id": f"Disp.{table.name}",
                    "version": 1,
                    "name": table.name,
                    "displayTitle": display.title,
                    "displaySections": [section for section in sections if section["orderedSubSections"]],
                },
            }
        ],
    }


def _section(table: str, kind: str, texts: tuple[str, ...]) -> dict[str, Any]:
    base = f"{table}.{kind.split()[0].lower()}"
    parts = [
        {"order": place, "subSection": {"id": f"{base}.{place}", "text": text}}
        for place, text in enumerate(texts, start=1)
    ]
    return {"sectionType": kind, "orderedSubSections": parts}


def _contents(
    groupings: Groupings, displays: tuple[Display, ...], families: dict[str, list[Statistic]]
) -> dict[str, Any]:
    """Outputs in the dossier's order, each with the analyses that it shows; then the analyses that no table shows."""
    items: list[dict[str, Any]] = []
    shown: set[str] = set()
    for display in displays:
        cells = (cell for row in display.table.rows for cell in row.cells)
        names = list(dict.fromkeys(_analysis_id(groupings, stat) for cell in cells for stat in cell.statistics))
        shown.update(names)
        items.append(_item(display.title, names, {"outputId": f"Out.{display.table.name}"}))
    rest = [name for name in families if name not in shown]
    if rest:
        items.append(_item("Analyses that no table shows", rest, {}))
    for place, item in enumerate(items, start=1):
        item["order"] = place
    return {"name": "Dossier", "contentsList": {"listItems": items}}


def _item(name: str, analyses: list[str], refers: dict[str, str]) -> dict[str, Any]:
    out: dict[str, Any] = {"name": name, "level": 1, "order": 0, **refers}
    if analyses:
        below = [
            {"name": analysis, "level": 2, "order": place, "analysisId": analysis}
            for place, analysis in enumerate(analyses, start=1)
        ]
        out["sublist"] = {"listItems": below}
    return out
