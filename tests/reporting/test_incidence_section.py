"""The part of the dossier about incidence with competing events."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equipoise.reporting import write_report
from equipoise.results.bundle import read_bundle
from equipoise.trial import Trial

NAME = "recurrence_incidence"
ANCHOR = f"efficacy-{NAME}-incidence"
TRIAL = """
equipoise: 1
trial: {id: SMALL, title: A small trial}
time: {unit: months, data_unit: days}
arms:
  trt: {label: Treatment, role: experimental, value: T}
  ctl: {label: Control, role: control, value: C}
factors:
  age: {label: Age, column: age, continuous: true, unit: years}
  sex: {label: Sex, column: sex, levels: [F, M]}
populations: {itt: {arm: planned}}
data:
  format: mapped
  tables: {ADSL: {file: data.csv, columns: {USUBJID: id, TRT01P: arm}}}
endpoints:
  relapse:
    kind: time_to_event
    label: Relapse
    source: {file: data.csv, subject: id, time: time, status: status, codes: {1: event, 2: competing, 0: censored}}
analysis:
  main: {endpoint: relapse, population: itt, incidence: INCIDENCE}
"""


@pytest.fixture
def dossier(tmp_path: Path, parse: Callable[..., Any]) -> Callable[[str], Any]:
    """The section of a small trial with this declaration."""

    def make(incidence: str) -> Any:
        rng = np.random.default_rng(5)
        folder = tmp_path / "trial"
        (folder / "data").mkdir(parents=True, exist_ok=True)
        (folder / "trial.yaml").write_text(TRIAL.replace("INCIDENCE", incidence), encoding="utf-8")
        with (folder / "data" / "data.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "arm", "time", "status", "age", "sex"])
            for i in range(80):
                numbers = (rng.integers(30, 800), rng.integers(0, 3), rng.integers(40, 80), "FM"[rng.integers(2)])
                writer.writerow([f"S{i}", "TC"[i % 2], *numbers])
        out = tmp_path / "out"
        Trial.load(folder).analyze(out=out)
        write_report(out)
        (section,) = parse(out / "dossier.html").all("section", id="efficacy-main-incidence")
        return section

    return make


@pytest.fixture
def section(colon: Path, parse: Callable[..., Any]) -> Any:
    (found,) = parse(colon / "dossier.html").all("section", id=ANCHOR)
    return found


def test_where_events_compete_no_sentence_says_how_many_were_free_of_events(
    colon: Path, parse: Callable[..., Any]
) -> None:
    page = parse(colon / "dossier.html")
    (found,) = page.all("section", id=f"efficacy-{NAME}")
    text = found.text
    assert "cumulative incidence by 5 years was 37.9% with Levamisole + fluorouracil and 54.4%" in text.replace(
        "\xa0", " "
    )
    assert "cause-specific hazard ratio 0.60 (95% CI, 0.48 to 0.76)" in text
    assert "had had no event" not in text
    assert "competing events are censored; ticks mark" in text
    assert "Event-free at 5 years, competing events censored" in text
    words = " ".join(page.text.split())
    assert "Incidence of recurrence: cumulative incidence by 5 years; cause-specific hazard ratio" in words


def test_subgroups_follow_the_endpoints_and_captions_begin_with_capitals(
    colon: Path, parse: Callable[..., Any]
) -> None:
    page = parse(colon / "dossier.html")
    order = [one.attributes.get("id") for one in page.all("section")]
    assert order.index("efficacy") < order.index("subgroups") < order.index("sensitivity")
    assert ". in parentheses" not in page.text


def test_caveat_and_sentences(section: Any) -> None:
    text = section.text
    assert "1 - Kaplan-Meier, which does so, overestimates incidence" in text
    assert "it is no ratio of hazards among those who are alive" in text
    assert "incidence by 5 years was 37.9% with Levamisole + fluorouracil and 54.4% with Observation" in text
    assert "subdistribution hazard ratio 0.60 (95% CI, 0.47 to 0.75)" in text
    assert " P " not in text
    assert "p_value" not in {
        part for node in section.all(data_stat="") for part in node.attributes["data-stat"].split(".")
    }


def test_numbers_carry_their_statistics(section: Any, colon: Path) -> None:
    results = {row.id: row for row in read_bundle(colon).results}
    found = [node.attributes["data-stat"] for node in section.all(data_stat="")]
    assert set(found) <= set(results)
    statistics = {results[one].key.statistic for one in found}
    assert statistics == {
        "cumulative_incidence", "incidence_difference", "subdistribution_hazard_ratio", "hazard_ratio", "at_risk",
    }  # fmt: skip
    assert {results[one].key.group("cause") for one in found if results[one].key.statistic == "hazard_ratio"} == {
        "competing"
    }


def test_figures(section: Any, colon: Path) -> None:
    curves = {curve.id for curve in read_bundle(colon).results.curves}
    event, competing = section.all("figure")
    for figure, svg in ((event, f"incidence-{NAME}.svg"), (competing, f"competing-{NAME}.svg")):
        drawn = {one for node in figure.all("div", data_curve="") for one in node.attributes["data-curve"].split()}
        assert len(drawn) == 3
        assert drawn <= curves
        assert figure.all("summary")[0].text == "Description of the figure"
        assert "By 5 years: Observation," in figure.all("details")[0].text
        file = (colon / "figures" / svg).read_text(encoding="utf-8")
        assert "No. at risk" in file
        assert "<title" in file
    assert len(event.all("div", class_="plot narrow")) == 1
    assert len(event.all("table")) == 1
    assert "The vertical axis is not that of the figure of the event." in competing.text


def test_tables_are_files(colon: Path) -> None:
    with (colon / "tables" / f"table-incidence-{NAME}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["statistic"] for row in rows] == ["cumulative_incidence"] * 9
    value = {(row["row"], row["column"]): float(row["value"]) for row in rows}
    assert value["Incidence at 5 years", "Observation"] == pytest.approx(0.5438952832317746, rel=1e-12)
    assert (colon / "tables" / f"table-competing-{NAME}.csv").is_file()
    assert (colon / "tables" / f"table-incidence-{NAME}-contrasts.csv").is_file()


def test_two_arms_adjusted(dossier: Callable[[str], Any]) -> None:
    section = dossier("{times: [12, 1], regression: {covariates: [age, sex]}, conf_level: 0.9}")
    (table,) = section.all("div", id="table-incidence-main")
    labels = [row.all("th")[0].text for row in table.all("tbody")[0].all("tr")]
    assert labels == [
        "Incidence at 12 months; difference, percentage points",
        "Incidence at 1 month; difference, percentage points",
        "Subdistribution hazard ratio",
        "Cause-specific hazard ratio of competing events",
        "Subdistribution hazard ratio of Age, per unit",
        "Subdistribution hazard ratio of Sex, M",
    ]
    assert "In parentheses, confidence intervals" in table.text or "90% confidence" in table.text


@pytest.mark.parametrize("incidence", ["{test: null, regression: null}", "{regression: null}", "{}"])
def test_less_declared_is_less_shown(dossier: Callable[[str], Any], incidence: str) -> None:
    section = dossier(incidence)
    assert len(section.all("figure")) == 2
    assert not section.all("div", id="table-competing-main")
    assert ("subdistribution hazard ratio 0" in section.text.lower()) == (incidence == "{}")
    assert "no estimate" not in section.text


def test_an_analysis_without_incidence_has_no_such_part(colon: Path, parse: Callable[..., Any]) -> None:
    page = parse(colon / "dossier.html")
    assert [node.attributes["id"] for node in page.all("section") if node.attributes["id"].endswith("-incidence")] == [
        ANCHOR
    ]
