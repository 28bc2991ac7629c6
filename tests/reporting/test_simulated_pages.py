"""Pages of simulations: every number is a statistic, every figure names what it draws, and gaps are said."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from equipoise.reporting.report import context_of, sections_of
from equipoise.reporting.simulated import tests_of as hypotheses_of
from equipoise.reporting.simulated_cells import with_error
from equipoise.results import Key, Statistic
from equipoise.results.bundle import read_bundle

BUNDLES = ["simulated", "simulated_twice"]


def cells_of(table: Any) -> dict[str, list[str]]:
    """Texts of the cells by the label of their row; of a label that comes twice, the first."""
    found: dict[str, list[str]] = {}
    for node in table.all("tr"):
        if node.all("td") and node.all("th"):
            found.setdefault(node.all("th")[0].text, [cell.text for cell in node.all("td")])
    return found


@pytest.mark.parametrize("name", BUNDLES)
def test_every_number_is_a_statistic_of_the_bundle(
    name: str, request: pytest.FixtureRequest, parse: Callable[..., Any]
) -> None:
    out = request.getfixturevalue(name)
    results = read_bundle(out).results
    section = parse(out / "dossier.html").all("section", id="simulation")[0]
    ids = [node.attributes["data-stat"] for node in section.all("span", data_stat="")]
    assert len(ids) > 100
    assert [one for one in ids if results.get(one) is None] == []
    for body in section.all("tbody"):
        for cell in body.all("td"):
            words = re.sub(r"[\s\u2013]", "", cell.text)
            assert not words or cell.all("span", data_stat=""), f"a cell without a statistic: {cell.text}"


@pytest.mark.parametrize("name", BUNDLES)
def test_figures_name_their_curves_and_statistics_and_are_files(name: str, request: pytest.FixtureRequest) -> None:
    out = request.getfixturevalue(name)
    results = read_bundle(out).results
    curves = {curve.id for curve in results.curves}
    files = [path for path in sorted((out / "figures").iterdir()) if path.stem.startswith("simulated")]
    kinds = {re.sub(r"-h_.*", "", path.stem) for path in files}
    assert kinds == {"simulated-power", "simulated-power-hazard_ratio", "simulated-stopping", "simulated-dates",
                     "simulated-estimates-figure"}  # fmt: skip
    for path in files:
        root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
        named = root.get("data-curve", "").split()
        assert set(named) <= curves
        stats = root.get("data-stats", "").split()
        assert all(results.get(one) is not None for one in stats), path.name
        assert named or stats
        assert len(root.findtext("{http://www.w3.org/2000/svg}desc") or "") > 30


def test_numbers_are_those_of_the_rows(simulated: Path, parse: Callable[..., Any]) -> None:
    results = read_bundle(simulated).results
    page = parse(simulated / "dossier.html")
    cells = cells_of(page.all("div", id="simulated-h_pfs")[0])
    rows = [results.one(statistic="power", scenario=name, groups=()) for name in ("planned", "delayed")]
    for text, row in zip(cells["Power"], rows, strict=True):
        assert row is not None
        assert row.value is not None
        assert row.se is not None
        value, error = re.fullmatch(r"([\d.]+)% \(([\d.]+)\)", text).groups()  # type: ignore[union-attr]
        assert float(value) == pytest.approx(100 * row.value, abs=0.06)
        assert float(error) == pytest.approx(100 * row.se, rel=0.05)
    assert cells["Simulated trials"] == ["8192", "8192"]
    gaps = cells["Simulated less formula, percentage points"]
    assert [": differs" in text for text in gaps] == [False, True]
    assert "which differs" not in page.all("section", id="answer")[0].text


def test_looks_estimates_and_both_hypotheses_have_their_tables(
    simulated: Path, simulated_twice: Path, parse: Callable[..., Any]
) -> None:
    page = parse(simulated / "dossier.html")
    looks = cells_of(page.all("div", id="simulated-looks-h_pfs-planned")[0])
    assert looks["Trials with the events that it waits for"][0] == "100%"
    assert looks["Trials with the events that it waits for"][1].startswith("9")
    assert looks["To stop for futility at this look"][1] == "\u2013"
    estimates = cells_of(page.all("div", id="simulated-estimates-h_pfs-planned")[0])
    assert list(estimates) == ["All trials, when testing ends", "Testing ends at look 1", "Testing ends at look 2"]
    assert all(len(row) == 8 for row in estimates.values())
    assert estimates["Testing ends at look 1"][0] < estimates["Testing ends at look 2"][0], "stopped early: overstated"
    twice = parse(simulated_twice / "dossier.html")
    together = cells_of(twice.all("div", id="simulated-together")[0])
    assert list(together)[:2] == ["Any hypothesis rejected", "All hypotheses rejected"]
    second = cells_of(twice.all("div", id="simulated-h_os")[0])
    assert "Trials in which it is tested" in second
    assert "by the design's formula" not in second
    assert twice.all("section", id="design"), "the design's own section stays"
    titles = [section.title for section in sections_of(context_of(read_bundle(simulated_twice)))]
    assert titles.index("Design") < titles.index("Simulation")


def test_tables_are_written_with_full_precision(simulated: Path) -> None:
    results = read_bundle(simulated).results
    text = (simulated / "tables" / "simulated-h_pfs.csv").read_text(encoding="utf-8")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert {line["statistic"] for line in lines} >= {"power", "type_one_error", "expected_duration"}
    for line in lines:
        if line["printed"] == "\u2013":
            continue
        row = results.get(line["id"])
        assert row is not None
        assert line["value"] == ("" if row.value is None else repr(row.value))


def test_varied_assumptions_do_not_stand_in_for_the_scenario(simulated: Path) -> None:
    (tests,) = hypotheses_of(context_of(read_bundle(simulated)))
    assert [one.scenario for one in tests.scenarios] == ["planned", "delayed"]
    planned = tests.scenarios[0]
    power = planned.find("power")
    assert power is not None
    assert power.n == 8192
    assert {row.key.group("vary") for row in planned.varied} == {"hazard_ratio"}
    assert len(planned.curve("simulated_power_by_hazard_ratio")) == 1


@pytest.mark.parametrize(
    ("statistic", "value", "se", "unit", "text"),
    [
        ("power", 0.74032, 0.000439, "", "74.03% (0.044)"),
        ("power", 0.74032, 0.0139, "", "74.0% (1.4)"),
        ("power", 1.0, 0.0001, "", "100% (0.010)"),
        ("type_one_error", 0.02512, 0.000156, "", "0.0251 (0.00016)"),
        ("expected_duration", 52.579, 0.03, "months", "52.6 (0.030)"),
        ("power_gap", -0.0049, 0.0014, "", "\u22120.49 (0.14)"),
        ("bias", -0.00795, 0.00034, "", "\u22120.0080 (0.00034)"),
        ("look_events", 165.0, 0.0, "", "165.0"),
        ("trials", 1e6, None, "", "1,000,000"),
    ],
)
def test_errors_are_printed_in_the_unit_of_their_number(
    simulated: Path, statistic: str, value: float, se: float | None, unit: str, text: str
) -> None:
    context = context_of(read_bundle(simulated))
    row = Statistic(key=Key(stage="simulation", statistic=statistic), value=value, se=se, unit=unit)
    assert with_error(context, row).text == text
