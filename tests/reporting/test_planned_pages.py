"""Pages of designs and interim looks: what they show, what a blinded one hides, and the mark of an unblinded one."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from equipoise.protocol import loads_protocol
from equipoise.reporting.blinding import MARK, is_unblinded
from equipoise.reporting.export.displays import displays_of, provenance_line
from equipoise.reporting.planned import designs_of, interims_of
from equipoise.reporting.report import context_of, sections_of, write_report
from equipoise.results import Key, Statistic
from equipoise.results.bundle import read_bundle

P_TEXT = re.compile(r"\b[Pp](?:[ \u00a0-]?values?)?[ \u00a0]*[=<>\u2264\u2265][ \u00a0]*[01]?\.\d+")
BUNDLES = ["designed", "blinded", "unblinded"]


def page_of(out: Path, parse: Callable[..., Any]) -> Any:
    return parse(out / "dossier.html")


def cells_of(table: Any) -> dict[str, list[str]]:
    """Texts of the cells by the label of their row."""
    rows = [node for node in table.all("tr") if node.all("td")]
    return {node.all("th")[0].text: [cell.text for cell in node.all("td")] for node in rows if node.all("th")}


def shown(page: Any) -> list[str]:
    return [node.attributes["data-stat"] for node in page.all("span", data_stat="")]


@pytest.mark.parametrize("name", BUNDLES)
def test_every_number_is_a_statistic_of_the_bundle(
    name: str, request: pytest.FixtureRequest, parse: Callable[..., Any]
) -> None:
    out = request.getfixturevalue(name)
    results = read_bundle(out).results
    ids = shown(page_of(out, parse))
    assert len(ids) > 25
    assert [one for one in ids if results.get(one) is None] == []


@pytest.mark.parametrize("name", BUNDLES)
def test_figures_name_their_curves_and_statistics_and_are_files(name: str, request: pytest.FixtureRequest) -> None:
    out = request.getfixturevalue(name)
    results = read_bundle(out).results
    curves = {curve.id for curve in results.curves}
    files = sorted((out / "figures").iterdir())
    assert files
    for path in files:
        root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
        assert set(root.get("data-curve", "").split()) <= curves
        assert all(results.get(one) is not None for one in root.get("data-stats", "").split()), path.name
        assert root.find("{http://www.w3.org/2000/svg}title") is not None
        assert len(root.findtext("{http://www.w3.org/2000/svg}desc") or "") > 30


def test_a_design_has_its_pictures(designed: Path) -> None:
    names = {path.stem for path in (designed / "figures").iterdir()}
    assert names == {"boundaries-h_pfs", "spending-h_pfs", "power-h_pfs", "accrual-h_pfs", "conditional-h_pfs"}
    power = (designed / "figures" / "power-h_pfs.svg").read_text(encoding="utf-8")
    assert "Pocock bounds" in power
    assert "assumed: 0.75" in power
    bounds = (designed / "figures" / "boundaries-h_pfs.svg").read_text(encoding="utf-8")
    assert all(text in bounds for text in (">2.963<", ">0.0015<", ">0.651<", ">0.710<"))
    assert bounds.count(">1.969<") == 1, "where two bounds meet the value is said once"


def test_no_p_of_data_is_shown_on_a_design_or_a_blinded_page(
    designed: Path, blinded: Path, parse: Callable[..., Any]
) -> None:
    for out in (designed, blinded):
        page = page_of(out, parse)
        files = [
            one.read_text(encoding="utf-8") for folder in ("tables", "figures") for one in (out / folder).iterdir()
        ]
        assert not P_TEXT.search("\n".join([page.text, *files]))
        results = read_bundle(out).results
        names = {found.key.statistic for one in shown(page) if (found := results.get(one)) is not None}
        assert "efficacy_p" in names
        assert names.isdisjoint({"p_value", "z", "chi_square"})


def test_a_p_of_an_interim_look_is_shown_where_its_look_is_and_nowhere_else(
    unblinded: Path, parse: Callable[..., Any]
) -> None:
    results = read_bundle(unblinded).results
    (p,) = results.select(stage="monitoring", statistic="p_value")
    page = page_of(unblinded, parse)
    places = page.all("span", data_stat=p.id)
    assert len(places) == 1
    inside = page.all("section", id="monitoring")[0].all("span", data_stat=p.id)
    assert inside == places
    assert inside[0].text == "0.0871"
    assert not P_TEXT.search(page.text)


def test_a_p_of_the_analysis_does_not_pass_as_one_of_an_interim_look(unblinded: Path) -> None:
    context = context_of(read_bundle(unblinded))
    stat = Statistic(key=Key(analysis="a", statistic="p_value", method="m"), value=0.03)
    with pytest.raises(AssertionError, match=r"Context\.p"):
        context.interim_p(stat)
    look = Statistic(key=Key(stage="monitoring", analysis="a", statistic="p_value", method="m"), value=0.03)
    with pytest.raises(AssertionError, match=r"Context\.p"):
        context.value(look)


def test_an_unblinded_look_is_marked_on_the_page_in_every_figure_and_in_every_line_of_every_table(
    unblinded: Path, parse: Callable[..., Any]
) -> None:
    text = (unblinded / "dossier.html").read_text(encoding="utf-8")
    page = parse(text)
    (mark,) = page.all("p", class_="page-mark")
    assert mark.text == MARK
    assert re.search(r'@page \{ @top-center \{ content: "UNBLINDED"', text)
    assert re.search(r"@media print.*\.page-mark \{\s*position: fixed", text, re.DOTALL)
    drawings = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(drawings) >= 10
    for svg in drawings:
        assert f">{MARK}</text>" in svg
        assert re.search(rf"<title [^>]*>{MARK}: ", svg)
    for path in (unblinded / "figures").iterdir():
        root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
        stamp = root.find("{http://www.w3.org/2000/svg}g[@class='stamp']")
        assert stamp is not None
        top = float((root.get("viewBox") or "").split()[1])
        assert top < 0
        assert "".join(stamp.itertext()) == MARK
    tables = sorted((unblinded / "tables").iterdir())
    assert len(tables) > 8
    for path in tables:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        assert {row["mark"] for row in rows} == {MARK}
        assert all(None not in row.values() and None not in row for row in rows), path.name


def test_a_blinded_look_says_so_has_no_mark_and_shows_nothing_by_arm(blinded: Path, parse: Callable[..., Any]) -> None:
    text = (blinded / "dossier.html").read_text(encoding="utf-8")
    page = parse(text)
    assert MARK not in re.sub(r"/\*.*?\*/", "", text)
    assert page.all("p", class_="blinded-note")[0].text.startswith("Blinded: pooled over arms")
    results = read_bundle(blinded).results
    keys = [found.key for one in shown(page) if (found := results.get(one)) is not None]
    assert {(key.arm, key.versus) for key in keys} == {("", "")}
    looks = page.all("section", id="monitoring")[0].text
    assert "Xenopril" not in looks
    assert "Standard care" not in looks
    assert "mark" not in (blinded / "tables" / "status-h_pfs-look1.csv").read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.parametrize("statistic", ["decision", "conditional_power", "z"])
def test_one_row_that_knows_the_arms_unblinds_a_bundle_whatever_its_manifest_says(
    statistic: str, planned: Any, tmp_path: Path
) -> None:
    made = planned.Plans(loads_protocol(planned.TRIAL))
    made.monitoring()
    assert not is_unblinded(read_bundle(planned.save(tmp_path / "a", made, "monitoring")))
    made.add(statistic, 0.5, stage="monitoring", hypothesis="h_pfs", look=1, data_cut="2029-11-30")
    assert is_unblinded(read_bundle(planned.save(tmp_path / "b", made, "monitoring")))


def test_events_by_arm_unblind_too(planned: Any, tmp_path: Path) -> None:
    made = planned.Plans(loads_protocol(planned.TRIAL))
    made.monitoring()
    made.add("events", 88, stage="monitoring", hypothesis="h_pfs", look=1, data_cut="2029-11-30", arm="xeno")
    out = planned.save(tmp_path / "a", made, "monitoring")
    write_report(out)
    assert 'class="page-mark"' in (out / "dossier.html").read_text(encoding="utf-8")


def test_exports_of_an_unblinded_look_are_marked(unblinded: Path, blinded: Path) -> None:
    context = context_of(read_bundle(unblinded))
    displays = displays_of(context, sections_of(context))
    assert displays
    assert all(one.title.startswith(f"{MARK}: Table ") and one.trial.startswith(MARK) for one in displays)
    assert provenance_line(context).startswith(MARK)
    assert any(one.source[0].startswith("Source: monitoring.json") for one in displays)
    context = context_of(read_bundle(blinded))
    assert MARK not in provenance_line(context)
    assert not any(MARK in one.title for one in displays_of(context, sections_of(context)))


def test_a_design_beside_an_analysis_follows_the_results(
    planned: Any, tmp_path: Path, two_arm_text: str, two_arm_fill: Callable[..., Any], parse: Callable[..., Any],
    make_bundle: Callable[..., Path],
) -> None:  # fmt: skip
    extra = planned.TRIAL[planned.TRIAL.index("scenarios:") :]
    text = two_arm_text.replace("alpha_two_sided: 0.05", "alpha_one_sided: 0.025", 1) + extra
    out = make_bundle(text, two_arm_fill)
    made = planned.Plans(loads_protocol(text))
    made.design(curves=False)
    planned.save(out, made, "design")
    page = parse(write_report(out))
    sections = [
        node.attributes["id"] for node in page.all("main")[0] if node.tag == "section" and node.parent.tag == "main"
    ]
    assert sections[0] == "answer"
    assert page.all("section", id="answer")[0].all("h2")[0].text == "Result"
    assert sections.index("efficacy") < sections.index("design") < sections.index("methods")
    assert "hypotheses" in sections
    assert "380 events in 518 patients" in page.all("section", id="design")[0].text


def test_many_looks_stand_in_several_tables_and_few_labels(planned: Any, tmp_path: Path) -> None:
    made = planned.Plans(loads_protocol(planned.TRIAL))
    base = {"stage": "design", "hypothesis": "h_pfs", "scenario": "planned", "analysis": "pfs_main"}
    for look in range(1, 21):
        for name, value in (
            ("planned_events", 20.0 * look), ("planned_time", 3.0 * look), ("efficacy_z", 9.0 / look**0.5),
            ("efficacy_p", 10.0 ** -(8 - look / 4)), ("information_fraction", look / 20),
        ):  # fmt: skip
            made.add(name, value, look=look, unit="months" if name == "planned_time" else "", **base)
    out = planned.save(tmp_path / "many", made, "design")
    write_report(out)
    names = [path.stem for path in (out / "tables").glob("looks-*.csv")]
    assert sorted(names) == ["looks-h_pfs", "looks-h_pfs-17", "looks-h_pfs-9"]
    svg = (out / "figures" / "boundaries-h_pfs.svg").read_text(encoding="utf-8")
    assert ">9.000<" in svg
    assert ">2.012<" in svg
    assert ">6.364<" not in svg
    assert "e\N{MINUS SIGN}0" not in svg


def test_a_look_without_a_bound_has_a_dash(planned: Any, tmp_path: Path, parse: Callable[..., Any]) -> None:
    made = planned.Plans(loads_protocol(planned.TRIAL))
    made.design(curves=False)
    gone = ("efficacy_z", "efficacy_p", "efficacy_hazard_ratio")
    made.rows = [row for row in made.rows if not (row.key.statistic in gone and row.key.look == 1)]
    page = parse(write_report(planned.save(tmp_path / "dash", made, "design")))
    table = page.all("div", id="looks-h_pfs")[0]
    (row,) = [node for node in table.all("tr") if node.all("th")[0].text == "z is at least"]
    assert [cell.text for cell in row.all("td")] == ["\N{EN DASH}", "1.969"]


def test_two_assumptions_at_a_time_are_a_grid(designed: Path, parse: Callable[..., Any]) -> None:
    table = page_of(designed, parse).all("div", id="sensitivity-h_pfs-hazard_ratio-control_median")[0]
    rows = cells_of(table)
    assert rows == {
        "Hazard ratio 0.7": ["93.6% (54.6)", "93.6% (66.1)"],
        "Hazard ratio 0.8": ["58.5% (50.9)", "58.5% (62.4)"],
    }


def test_an_arm_of_a_comparison_is_not_the_arm_alone(planned: Any, tmp_path: Path) -> None:
    made = planned.Plans(loads_protocol(planned.TRIAL))
    base = {"stage": "design", "hypothesis": "h_pfs", "scenario": "planned", "look": 1}
    made.add("planned_events", 100.0, arm="xeno", versus="std", **base)
    made.add("planned_events", 44.0, arm="xeno", **base)
    (one,) = designs_of(context_of(read_bundle(planned.save(tmp_path / "pair", made, "design"))))
    pair, alone = one.find("planned_events", look=1), one.find("planned_events", look=1, arm="xeno")
    assert pair is not None
    assert alone is not None
    assert (pair.value, alone.value) == (100.0, 44.0)


def test_the_latest_look_of_a_hypothesis_is_shown_and_earlier_bounds_stand_beside_it(
    planned: Any, tmp_path: Path, parse: Callable[..., Any]
) -> None:
    made = planned.Plans(loads_protocol(planned.TRIAL))
    base = {"stage": "monitoring", "hypothesis": "h_pfs", "analysis": "pfs_main"}
    for look, cut, z in ((1, "2029-11-30", 2.9626), (2, "2031-12-01", 1.9686)):
        at = {**base, "look": look, "data_cut": cut}
        made.add("efficacy_z", z, **at)
        made.add("spending_time", look / 2, **at)
    made.add("events", 381, look=2, data_cut="2031-12-01", **base)
    out = planned.save(tmp_path / "second", made, "monitoring")
    (look,) = interims_of(context_of(read_bundle(out)))
    assert (look.look, look.data_cut) == (2, "2031-12-01")
    table = parse(write_report(out)).all("div", id="bounds-h_pfs-look2")[0]
    rows = cells_of(table)
    assert rows["Data cut"] == ["2029-11-30", "2031-12-01"]
    assert rows["z is at least"] == ["2.963", "1.969"]


def test_a_real_design_becomes_a_report(planned: Any, tmp_path: Path, parse: Callable[..., Any]) -> None:
    from equipoise.design.workflow import design_trial

    protocol = loads_protocol(planned.REAL)
    out = tmp_path / "real"
    design_trial(protocol, out=out)
    page = parse(write_report(out))
    section = page.all("section", id="design")[0].text
    assert "Statistical analysis plan" in section
    assert "Delayed effect" in section
    rows = json.loads((out / "design.json").read_text(encoding="utf-8"))["statistics"]
    power = next(row for row in rows if row["key"]["statistic"] == "power" and "groups" not in row["key"])
    assert power["id"] in shown(page)
    assert {path.stem for path in (out / "figures").iterdir()} >= {"boundaries-h_pfs", "accrual-h_pfs", "power-h_pfs"}
