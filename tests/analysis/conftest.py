"""Small trials from rows, and the rules that hold for every row of any analysis."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from equipoise.analysis.engine import analyze
from equipoise.data import load_data
from equipoise.protocol.loading import load_protocol
from equipoise.results import Results
from equipoise.results.vocabulary import VOCABULARY

ROOT = Path(__file__).parents[2]

TRIAL = """
equipoise: 1
trial: {{id: SMALL, title: A small trial}}
time: {{unit: {unit}, data_unit: {data_unit}}}
arms:
{arms}
factors:
  site: {{label: Site, column: site, levels: [A, B, C], verified: site2}}
  sex:  {{label: Sex, column: sex, levels: [F, M]}}
  age:  {{label: Age, column: age, continuous: true, unit: years}}
populations:
  itt: {{label: All randomized, arm: planned}}
{populations}
data:
  format: mapped
  tables:
    ADSL: {{file: data.csv, columns: {{USUBJID: id, TRT01P: arm}}}}
endpoints:
  pfs:
    kind: time_to_event
    label: Progression-free survival
    source:
      file: data.csv
      where: "{where}"
      subject: id
      time: time
      status: status
      codes: {{1: event, 0: {{as: censored, reason: In follow-up}}, 3: {{as: censored, reason: Lost}}, 2: competing}}
analysis:
  main: {{endpoint: pfs, population: {population}{options}}}
{more}
"""
ARMS = """
  trt: {label: Treatment, role: experimental, value: T}
  ctl: {label: Control, role: control, value: C}
"""
DEFAULTS = {"site": "A", "site2": "A", "sex": "F", "age": 60}


def write_trial(
    folder: Path,
    rows,
    *,
    options="",
    more="",
    arms=ARMS,
    unit="months",
    data_unit="days",
    population="itt",
    populations="",
    where="site IS NOT NULL OR site IS NULL",
) -> tuple[Path, Path]:
    """A protocol and its data: rows are dicts with arm, time, status and, where they differ, factors."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "trial.yaml"
    text = TRIAL.format(
        options=options,
        more=more,
        arms=arms.strip("\n"),
        unit=unit,
        data_unit=data_unit,
        population=population,
        populations=populations,
        where=where,
    )
    path.write_text(text)
    full = [{"id": f"S{i:04d}", **DEFAULTS, **row} for i, row in enumerate(rows)]
    with (folder / "data.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(full[0]))
        writer.writeheader()
        writer.writerows(full)
    return path, folder / "data.csv"


@pytest.fixture
def run(tmp_path):
    """Analyze rows as a small trial; every result is checked against the rules of rows."""
    count = iter(range(1000))

    def _run(rows, *, note=None, progress=None, cut=None, **options) -> Results:
        path, data = write_trial(tmp_path / str(next(count)), rows, **options)
        protocol = load_protocol(path)
        results = analyze(protocol, load_data(protocol, data, cut=cut), note=note, progress=progress)
        check_rows(protocol, results)
        return results

    return _run


@pytest.fixture(scope="session")
def colon():
    protocol = load_protocol(ROOT / "examples" / "colon" / "trial.yaml")
    return protocol, analyze(protocol, load_data(protocol, ROOT / "examples" / "colon" / "data"))


@pytest.fixture(scope="session")
def rules():
    return check_rows


def check_rows(protocol, results) -> None:
    """Rules of every row, whatever the analysis."""
    broken = [f"{row.id}: {rule}" for row in results for rule in _broken(protocol, row)]
    assert not broken, "\n".join(broken[:20])
    for curve in results.curves:
        sizes = {a.size for a in (curve.x, curve.y, curve.lower, curve.upper, curve.n_risk, curve.n_event) if a.size}
        assert len(sizes) == 1, curve.id
        assert (curve.x[1:] >= curve.x[:-1]).all(), curve.id


def _broken(protocol, row):
    key = row.key
    term = VOCABULARY.get(key.statistic)
    if term is None:
        yield "not in the vocabulary"
        return
    if key.stage != "analysis":
        yield "stage"
    if key.analysis not in {*protocol.analysis, "baseline", "disposition", "follow_up"}:
        yield "analysis"
    if key.arm and key.arm not in protocol.arms:
        yield "arm"
    compared = getattr(protocol.analysis.get(key.analysis), "compare", ())
    contrasts = (*protocol.contrasts, *compared)
    if key.versus and (key.arm, key.versus) not in contrasts:
        yield "contrast"
    reasons = dict(row.missing)
    if row.value is None and not row.text and not reasons.get("value"):
        yield "no value and no reason"
    for name in ("lower", "upper"):
        if (row.conf_level is not None) != (getattr(row, name) is not None or bool(reasons.get(name))):
            yield f"{name} without a level, or neither a limit nor a reason"
    numbers = [n for n in (row.lower, row.value, row.upper) if n is not None]
    if numbers != sorted(numbers):
        yield f"limits out of order: {numbers}"
    for number in numbers:
        if term.lowest is not None and number < term.lowest - 1e-12 and key.statistic not in ("rmst",):
            yield f"{number} below {term.lowest}"
        if term.highest is not None and number > term.highest + 1e-12:
            yield f"{number} above {term.highest}"
    if key.interval and row.conf_level is not None:
        level = key.interval.rsplit(".", 1)[-1].replace("p", ".")
        if not math.isclose(float(level) / 100, row.conf_level):
            yield "the interval's slug has another level"
    if key.statistic in ("p_value", "interaction_p_value", "significance_level") and row.sides not in (1, 2):
        yield "p without sides"
    if key.statistic == "p_value" and not key.method.endswith(("_sided",)):
        yield "p whose method does not say its sides"
    if (row.multiplicity == "confirmatory") != bool(key.hypothesis):
        yield "confirmatory without a hypothesis, or the reverse"
    tests = ("z", "chi_square", "p_value", "interaction_chi_square", "interaction_p_value")
    if key.statistic in tests and row.multiplicity == "descriptive":
        yield "a test that is not nominal"
    if term.display == "time" and row.value is not None and not row.unit:
        yield "a time without a unit"
    if term.display == "count" and row.value is not None and row.value != int(row.value):
        yield "a count that is not whole"
    if key.analysis not in ("baseline", "disposition") and not row.method_text.endswith("."):
        yield f"no sentence about the method: {row.method_text!r}"
