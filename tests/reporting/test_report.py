"""The dossier as a file: complete, self-contained, escaped, and every number traceable."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from equipoise.errors import BundleError
from equipoise.reporting.report import LARGEST, write_report

BUNDLES = ("two_arms", "three_arms", "not_significant", "colon", "oncology")


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


@pytest.fixture(params=BUNDLES)
def out(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param)


def test_writes_page_tables_and_figures(out: Path) -> None:
    assert 10_000 < (out / "dossier.html").stat().st_size < LARGEST
    assert list((out / "tables").glob("*.csv"))
    figures = list((out / "figures").glob("*.svg"))
    assert figures
    for figure in figures:
        assert figure.read_text(encoding="utf-8").startswith("<?xml")


def test_every_number_is_a_statistic_of_the_bundle(out: Path, parse: Callable[..., Any]) -> None:
    known = {row["id"] for row in json.loads((out / "results.json").read_text(encoding="utf-8"))["statistics"]}
    page = parse(out / "dossier.html")
    shown = {one for node in page.all(data_stat="") for one in node.attributes["data-stat"].split()}
    assert len(shown) > 80
    assert shown <= known


def test_no_number_stands_in_a_result_cell_without_its_identifier(out: Path, parse: Callable[..., Any]) -> None:
    page = parse(out / "dossier.html")
    checked = 0
    for frame in page.all("div", role="group", tabindex="0"):
        name = frame.attributes["id"]
        if name in ("table-files", "table-sections", "table-populations", "table-estimands"):
            continue
        for cell in frame.all("td", headers=""):
            loose = "".join(child for child in cell.children if isinstance(child, str))
            if name == "table-hypotheses" and not cell.all("span", data_stat=""):
                continue
            assert not re.search(r"\d", loose), f"{name}: {cell.text}"
            checked += bool(cell.all("span", data_stat=""))
    assert checked > 50


def test_curves_are_those_of_the_bundle(out: Path, parse: Callable[..., Any]) -> None:
    from equipoise.results.bundle import read_bundle

    known = {curve.id for curve in read_bundle(out).results.curves}
    shown = {one for node in parse(out / "dossier.html").all("div", data_curve="") for one in
             node.attributes["data-curve"].split()}  # fmt: skip
    assert shown
    assert shown <= known


def test_asks_the_network_for_nothing(out: Path, parse: Callable[..., Any]) -> None:
    text = (out / "dossier.html").read_text(encoding="utf-8")
    page = parse(text)
    assert not page.all("script")
    assert not re.search(r"@import|url\(", text)
    for node in page:
        for name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
            value = node.attributes.get(name, "")
            assert value.startswith("#") or value in ("", "data:,"), (node.tag, name, value)


def test_anchors_and_identifiers(out: Path, parse: Callable[..., Any]) -> None:
    page = parse(out / "dossier.html")
    ids = [node.attributes["id"] for node in page if "id" in node.attributes]
    assert len(ids) == len(set(ids)), [one for one in set(ids) if ids.count(one) > 1]
    links = [node.attributes["href"] for node in page.all("a", href="")]
    assert len(links) > 20
    for link in links:
        assert link.removeprefix("#") in ids
    for node in page:
        for name in ("aria-labelledby", "headers"):
            for one in node.attributes.get(name, "").split():
                assert one in ids, (node.tag, name, one)


def test_structure_for_screen_readers(out: Path, parse: Callable[..., Any]) -> None:
    page = parse(out / "dossier.html")
    assert page.all("html")[0].attributes["lang"] == "en"
    for landmark in ("header", "main", "nav", "footer"):
        assert len(page.all(landmark)) == 1
    levels = [int(node.tag[1]) for node in page if re.fullmatch(r"h[1-6]", node.tag)]
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    tables = page.all("table")
    assert len(tables) > 5
    for table in tables:
        assert table.all("caption")[0].text.strip()
        assert all("scope" in head.attributes for head in table.all("th"))
    for svg in page.all("svg"):
        assert svg.attributes["role"] == "img"
        names = {node.attributes.get("id") for node in svg.all("title") + svg.all("desc")}
        assert set(svg.attributes["aria-labelledby"].split()) <= names
    for figure in page.all("figure"):
        assert figure.all("figcaption")[0].text.strip()


def test_values_of_data_and_protocol_are_escaped(
    make_bundle: Callable[..., Path], parse: Callable[..., Any], two_arm_text: str, two_arm_fill: Callable[..., Any]
) -> None:
    evil = "<script>alert('x')</script>&\""
    text = two_arm_text.replace("label: Xenopril + standard", f"label: {json.dumps(evil)}")
    text = text.replace("label: Sex", f"label: {json.dumps(evil)}").replace("Asia", '"<img src=x onerror=alert(1)>"')
    out = make_bundle(text, two_arm_fill, {"findings": [evil], "versions": {evil: evil}, "created": evil})
    page_file = write_report(out)
    page = parse(page_file)
    assert not page.all("script")
    assert not page.all("img")
    assert not [node for node in page if any(name.startswith("on") for name in node.attributes)]
    assert evil in page.all("section", id="provenance")[0].text
    assert "<script>alert('x')</script>" in page.all("section", id="efficacy")[0].text
    for figure in (out / "figures").glob("*.svg"):
        assert "<script" not in figure.read_text(encoding="utf-8")


def test_tables_as_csv_hold_full_precision(two_arms: Path) -> None:
    rows = read_csv(two_arms / "tables" / "table-pfs_main.csv")
    ratio = next(row for row in rows if row["statistic"] == "hazard_ratio")
    stats = json.loads((two_arms / "results.json").read_text(encoding="utf-8"))["statistics"]
    source = next(row for row in stats if row["id"] == ratio["id"])
    assert ratio["printed"] == "0.74 (0.59 to 0.94)"
    assert [float(ratio[name]) for name in ("value", "lower", "upper")] == [
        source["value"], source["lower"], source["upper"]
    ]  # fmt: skip
    upper = next(row for row in read_csv(two_arms / "tables" / "table-os_main.csv")
                 if row["statistic"] == "median" and "NR" in row["printed"])  # fmt: skip
    assert "upper: not_reached" in upper["missing"]
    assert upper["unit"] == "days"


def test_all_tables_on_the_page_are_files(out: Path, parse: Callable[..., Any]) -> None:
    page = parse(out / "dossier.html")
    names = {node.attributes["id"] for node in page.all("div", role="group", tabindex="0")}
    assert names == {path.stem for path in (out / "tables").glob("*.csv")}
    figures = {node.attributes["id"] for node in page.all("figure")}
    assert figures == {path.stem for path in (out / "figures").glob("*.svg")}


def test_refuses_a_protocol_that_was_changed_after_the_analysis(
    make_bundle: Callable[..., Path], two_arm_text: str, two_arm_fill: Callable[..., Any]
) -> None:
    out = make_bundle(two_arm_text, two_arm_fill)
    path = out / "protocol.json"
    path.write_text(path.read_text(encoding="utf-8").replace("Standard care", "Placebo"), encoding="utf-8")
    with pytest.raises(BundleError) as error:
        write_report(out)
    assert error.value.problems[0].code == "report.protocol_hash"
    assert not (out / "dossier.html").exists()
    assert not (out / "tables").exists()


def test_refuses_a_manifest_of_another_protocol(
    make_bundle: Callable[..., Path], two_arm_text: str, two_arm_fill: Callable[..., Any]
) -> None:
    out = make_bundle(two_arm_text, two_arm_fill, {"protocol_hash": "0" * 64})
    with pytest.raises(BundleError):
        write_report(out)


def test_writing_twice_gives_the_same_bytes(two_arms: Path) -> None:
    before = {path.name: path.read_bytes() for path in two_arms.rglob("*") if path.suffix in (".html", ".svg", ".csv")}
    write_report(two_arms)
    after = {path.name: path.read_bytes() for path in two_arms.rglob("*") if path.suffix in (".html", ".svg", ".csv")}
    assert before == after


def test_without_adverse_events_the_first_screen_says_so(three_arms: Path, parse: Callable[..., Any]) -> None:
    first = parse(three_arms / "dossier.html").all("section", id="answer")[0]
    assert "declares no analysis of adverse events" in first.text


def test_a_missing_number_says_why_in_its_cell(two_arms: Path, parse: Callable[..., Any]) -> None:
    table = parse(two_arms / "dossier.html").all("div", id="table-subgroups-pfs_main-xeno")[0]
    reasons = [node for node in table.all("span", cls="", data_stat="") if node.attributes.get("class") == "why"] or [
        node for node in table.all("span", data_stat="") if node.attributes.get("class") == "why"
    ]
    assert [node.text for node in reasons] == ["fewer than 10 events"]


def test_numbers_at_risk_stand_under_the_ticks(two_arms: Path, parse: Callable[..., Any]) -> None:
    page = parse(two_arms / "dossier.html")
    frame = page.all("figure", id="km-pfs_main")[0].all("div", class_="aligned")[0]
    style = frame.attributes["style"].split(";")[0].removeprefix("--tracks: ")
    tracks = [float(part.removesuffix("%")) for part in style.split()]
    ticks = [head.text for head in frame.all("th", scope="col")][1:]
    assert ticks == ["0", "6", "12", "18", "24", "30", "36", "42", "48"]
    assert len(tracks) == len(ticks) + 1
    # The middle of a column is where the drawing has its tick label of the same text.
    svg = page.all("figure", id="km-pfs_main")[0].all("svg")[0]
    width = float(svg.attributes["viewbox"].split()[2])
    labels = {"".join(c for c in node.children if isinstance(c, str)): float(node.attributes["x"])
              for node in svg.all("text") if node.attributes.get("text-anchor") == "middle"}  # fmt: skip
    edge = tracks[0]
    for tick, track in zip(ticks, tracks[1:], strict=True):
        assert 100 * labels[tick] / width == pytest.approx(edge + track / 2, abs=0.6)
        edge += track


def test_a_bundle_without_rows_still_gives_a_page(
    make_bundle: Callable[..., Path], two_arm_text: str, two_arm_fill: Callable[..., Any], parse: Callable[..., Any]
) -> None:
    def nothing(protocol: Any) -> Any:
        rows = two_arm_fill(protocol)
        rows.rows = []
        return rows

    page = parse(write_report(make_bundle(two_arm_text, nothing)))
    assert "no analysis of efficacy" in page.all("section", id="answer")[0].text
    assert page.all("section", id="methods")


GONE = (
    {"curves"},
    {"median", "rmst", "decision", "best_response"},
    {"hazard_ratio", "ae_proportion", "significance_level"},
    {"at_risk", "risk_difference", "p_value", "baseline_count"},
    {"survival", "subjects", "events", "response_rate"},
)


@pytest.mark.parametrize("gone", GONE, ids=lambda gone: "-".join(sorted(gone)))
def test_missing_rows_never_stop_the_page(
    gone: set[str], make_bundle: Callable[..., Path], two_arm_text: str, two_arm_fill: Callable[..., Any],
    parse: Callable[..., Any],
) -> None:  # fmt: skip
    def without(protocol: Any) -> Any:
        rows = two_arm_fill(protocol)
        rows.rows = [row for row in rows.rows if ("curves" if hasattr(row, "x") else row.key.statistic) not in gone]
        return rows

    page = parse(write_report(make_bundle(two_arm_text, without)))
    if "hazard_ratio" in gone:
        assert "not computed" in page.all("section", id="efficacy")[0].text


def test_sensitivity_analyses_of_response_stand_beside_what_they_probe(
    oncology: Path, parse: Callable[..., Any]
) -> None:
    table = parse(oncology / "dossier.html").all("div", id="sensitivity-bor_main")[0]
    assert [head.text for head in table.all("th", scope="row")] == [
        "As planned", "Does the interval matter?"
    ]  # fmt: skip
    ids = [node.attributes["data-stat"] for node in table.all("span", data_stat="")]
    assert [one.rsplit(".", 2)[1] for one in ids] == ["miettinen_nurminen"] * 2 + ["newcombe"] * 2
