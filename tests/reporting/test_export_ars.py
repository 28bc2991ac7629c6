"""Results as CDISC ARS: valid, complete, consistent in itself, and the same every time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from equipoise.reporting.export import export_bundle
from equipoise.results.bundle import read_bundle

SCHEMA = json.loads((Path(__file__).parents[1] / "reference" / "ars_1_0.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=["two_arms", "oncology"])
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("ars") / request.param
    shutil.copytree(request.getfixturevalue(request.param), out)
    return out


@pytest.fixture(scope="module")
def event(bundle: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(export_bundle(bundle, "ars").read_text(encoding="utf-8"))
    return content


def values(event: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Identifier of a statistic → the result that gives its value; fails where one has two."""
    out: dict[str, dict[str, Any]] = {}
    for analysis in event["analyses"]:
        for result in analysis["results"]:
            if result["operationId"].endswith(".value"):
                name = next(g["groupValue"] for g in result["resultGroups"] if g["groupingId"] == "StatisticId")
                assert name not in out
                out[name] = result
    return out


def test_fits_the_schema(event: dict[str, Any]) -> None:
    # A few results of each analysis: the others have the same shape, and there are thousands.
    some = [analysis | {"results": analysis["results"][:20]} for analysis in event["analyses"]]
    jsonschema.validate(event | {"analyses": some}, SCHEMA, jsonschema.Draft202012Validator)


def test_the_schema_can_refuse(event: dict[str, Any]) -> None:
    analysis = {key: value for key, value in event["analyses"][0].items() if key != "methodId"}
    broken = event | {"analyses": [analysis]}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, SCHEMA, jsonschema.Draft202012Validator)


def test_every_statistic_appears_exactly_once_with_its_value(bundle: Path, event: dict[str, Any]) -> None:
    found = values(event)
    rows = read_bundle(bundle).results.statistics
    assert set(found) == {row.id for row in rows}
    for row in rows:
        raw = found[row.id].get("rawValue")
        if row.value is not None:
            assert raw is not None
            assert float(raw) == row.value
        else:
            assert raw == (row.text or None)


def test_limits_and_counts_are_there_too(bundle: Path, event: dict[str, Any]) -> None:
    parts: dict[tuple[str, str], dict[str, Any]] = {}
    for analysis in event["analyses"]:
        for result in analysis["results"]:
            name = next(g["groupValue"] for g in result["resultGroups"] if g["groupingId"] == "StatisticId")
            field = result["operationId"].rsplit(".", 1)[1]
            assert (name, field) not in parts
            parts[name, field] = result
    for row in read_bundle(bundle).results.statistics:
        for field in ("lower", "upper", "conf_level", "se", "n", "events", "denominator", "df", "sides"):
            number = getattr(row, field)
            found = parts.get((row.id, field), {})
            assert (float(found["rawValue"]) if "rawValue" in found else None) == number
            assert ("formattedValue" in found) == (number is None and bool(row.why(field)))


def test_every_reference_leads_somewhere(event: dict[str, Any]) -> None:
    operations = {one["id"]: method["id"] for method in event["methods"] for one in method["operations"]}
    groupings = {one["id"]: one for one in (*event["analysisGroupings"], *event["dataGroupings"])}
    sets = {one["id"] for one in event["analysisSets"]}
    documents = {one["id"] for one in event["referenceDocuments"]}
    identifiers = [one["id"] for key in ("methods", "analyses", "outputs", "analysisSets") for one in event[key]]
    identifiers += [*operations, *groupings]
    assert len(identifiers) == len(set(identifiers))
    for analysis in event["analyses"]:
        assert analysis.get("analysisSetId", next(iter(sets))) in sets
        assert {one["referenceDocumentId"] for one in analysis["documentRefs"]} <= documents
        named = [one["groupingId"] for one in analysis["orderedGroupings"]]
        for result in analysis["results"]:
            assert operations[result["operationId"]] == analysis["methodId"]
            # All results of an analysis are told apart by the same groupings.
            assert [part["groupingId"] for part in result["resultGroups"]] == named
            for part in result["resultGroups"]:
                grouping = groupings[part["groupingId"]]
                assert grouping["dataDriven"] == ("groupValue" in part)
                if "groupId" in part:
                    assert part["groupId"] in {group["id"] for group in grouping["groups"]}


def test_the_list_of_contents_names_every_output_and_analysis(event: dict[str, Any]) -> None:
    items = event["mainListOfContents"]["contentsList"]["listItems"]
    below = [one for item in items for one in item.get("sublist", {}).get("listItems", [])]
    assert [item["order"] for item in items] == list(range(1, len(items) + 1))
    assert {item["outputId"] for item in items if "outputId" in item} == {one["id"] for one in event["outputs"]}
    assert {one["analysisId"] for one in below} == {one["id"] for one in event["analyses"]}


def test_outputs_are_the_tables_of_the_dossier(bundle: Path, event: dict[str, Any]) -> None:
    names = {one["displays"][0]["display"]["name"] for one in event["outputs"]}
    assert names == {path.stem for path in (bundle / "tables").glob("*.csv")}
    for output in event["outputs"]:
        for file in output["fileSpecifications"]:
            assert (bundle / "export" / file["location"]).is_file()


def test_only_a_p_that_a_reached_hypothesis_owns_is_formatted(bundle: Path, event: dict[str, Any]) -> None:
    found = values(event)
    rows = [row for row in read_bundle(bundle).results.statistics if row.key.statistic.endswith("p_value")]
    for row in rows:
        shown = "formattedValue" in found[row.id]
        if row.value is not None:
            assert shown == (bool(row.key.hypothesis) and row.multiplicity == "confirmatory")


def test_the_same_bundle_gives_the_same_file(two_arms: Path, tmp_path: Path) -> None:
    out = shutil.copytree(two_arms, tmp_path / "out")
    first = export_bundle(out, "ars").read_bytes()
    assert export_bundle(out, "ars").read_bytes() == first


def test_conditions_of_populations_and_arms(bundle: Path, event: dict[str, Any]) -> None:
    protocol = read_bundle(bundle).protocol["protocol"]
    for one in event["analysisSets"]:
        where = protocol["populations"][one["id"]].get("where")
        if where and where.count("'") == 2:
            assert one["condition"]["value"] == [where.split("'")[1]]
    arms = event["analysisGroupings"][0]
    assert [group["label"] for group in arms["groups"]] == [arm["label"] for arm in protocol["arms"].values()]
    assert all(group["condition"]["comparator"] == "EQ" for group in arms["groups"])
