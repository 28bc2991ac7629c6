"""Helpers of the worked cases, and small trials with assessments on disk."""

from __future__ import annotations

import csv
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from equipoise.cli.app import main
from equipoise.data import load_data, validate_data
from equipoise.protocol import loads_protocol

NAME = "derive_helpers"


def _helpers() -> ModuleType:
    if NAME not in sys.modules:
        spec = importlib.util.spec_from_file_location(NAME, Path(__file__).parent / "helpers.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[NAME] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[NAME])
    return sys.modules[NAME]


_helpers()


@pytest.fixture(scope="session")
def derive_helpers() -> ModuleType:
    """Days, visits and plans of worked cases."""
    return _helpers()


SMALL = """
equipoise: 1
trial: {id: ASSESSED, title: A small trial with tumor assessments}
arms:
  new: {label: New, role: experimental}
  old: {label: Old, role: control}
populations: {itt: {arm: planned}}
assessments:
  investigator:
    PARAMCD: OVRLRESP
    new_therapy: NACTDT
    baseline: BASEFL
    schedule: {every: 8, unit: weeks, window_days: 7}
    rules: fda
endpoints:
  pfs: {kind: time_to_event, label: PFS, source: {derive: progression_free_survival, from: investigator}}
  pfs_ema: {kind: time_to_event, label: PFS (EMA), source: {derive: progression_free_survival, from: investigator,
            rules: ema}}
  dor: {kind: time_to_event, label: Duration, source: {derive: duration_of_response, from: investigator,
        confirmation: required}}
  ttr: {kind: time_to_event, label: Time to response, source: {derive: time_to_response, from: investigator,
        among: all}}
  os: {kind: time_to_event, label: Survival, source: {derive: overall_survival, from: investigator}}
  orr: {kind: response, label: Best response, source: {derive: best_response, from: investigator}, duration: dor,
        confirmation: required, denominator: itt}
  cbr: {kind: response, label: Benefit, source: {derive: clinical_benefit, from: investigator, minimum_days: 168},
        responders: ["Y"], order: ["Y", "N"], denominator: itt}
analysis:
  pfs_main: {endpoint: pfs, population: itt}
  orr_main: {endpoint: orr, population: itt}
"""

# Subject → visits (days after randomization), death, another therapy, last day known alive, flag of the baseline.
COURSES: dict[str, tuple[dict[int, str], int | None, int | None, int, str]] = {
    "01": ({56: "PR", 112: "CR", 168: "CR", 224: "PD"}, 300, None, 300, "Y"),
    "02": ({56: "SD", 224: "PD"}, None, None, 260, "Y"),
    "03": ({56: "SD", 112: "SD"}, 150, None, 150, "Y"),
    "04": ({56: "SD", 112: "PD"}, None, 70, 200, "Y"),
    "05": ({}, 40, None, 40, "Y"),
    "06": ({}, None, None, 30, "Y"),
    "07": ({56: "SD", 112: "PD"}, None, None, 200, ""),
    "08": ({56: "NE", 112: "SD", 168: "SD"}, None, None, 190, "Y"),
}


@dataclass
class SmallTrial:
    """Eight subjects on disk; change `tables` and `yaml`, then `load()`, `problems()` or `write()`."""

    folder: Path
    yaml: str = SMALL
    tables: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        day = _helpers().day
        adsl, adrs = [], []
        for number, (subject, (visits, death, therapy, alive, baseline)) in enumerate(COURSES.items()):
            start = 10 * number

            def date(at: int | None, start: int = start) -> str:
                return "" if at is None else day(start + at).isoformat()

            adsl.append({
                "USUBJID": subject, "TRT01P": "New" if number % 2 == 0 else "Old", "RANDFL": "Y", "RANDDT": date(0),
                "TRTSDT": date(1), "DTHFL": "Y" if death else "", "DTHDT": date(death), "NACTDT": date(therapy),
                "LSTALVDT": date(alive), "BASEFL": baseline,
            })  # fmt: skip
            for at, response in visits.items():
                adrs.append({
                    "USUBJID": subject, "PARAMCD": "OVRLRESP", "AVALC": response, "ADT": date(at), "VISIT": f"DAY {at}",
                })  # fmt: skip
        self.tables = {"ADSL": adsl, "ADRS": adrs}

    def set(self, table: str, number: int, **values: str) -> None:
        """Changes cells of the 1-based data row of a table."""
        assert set(values) <= set(self.tables[table][number - 1])
        self.tables[table][number - 1].update(values)

    def add(self, subject: str, response: str, date: str) -> None:
        """Adds an assessment."""
        row = {"USUBJID": subject, "PARAMCD": "OVRLRESP", "AVALC": response, "ADT": date, "VISIT": f"ON {date}"}
        self.tables["ADRS"].append(row)

    def replace(self, old: str, new: str) -> None:
        """Changes the protocol."""
        assert old in self.yaml
        self.yaml = self.yaml.replace(old, new)

    def write(self) -> Path:
        """Writes protocol and tables."""
        (self.folder / "trial.yaml").write_text(self.yaml, encoding="utf-8")
        (self.folder / "data").mkdir(exist_ok=True)
        for table, rows in self.tables.items():
            with (self.folder / "data" / f"{table.lower()}.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        return self.folder

    @property
    def protocol(self) -> Any:
        return loads_protocol(self.yaml)

    def load(self, **options: Any) -> Any:
        """The data."""
        return load_data(self.protocol, self.write() / "data", **options)

    def problems(self) -> Any:
        """What is wrong with the data, errors and warnings."""
        return validate_data(self.protocol, self.write() / "data", protocol_file=self.folder / "trial.yaml")


@pytest.fixture
def small_trial(tmp_path: Path) -> SmallTrial:
    """Eight subjects, each with another fate."""
    return SmallTrial(tmp_path)


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Runs the command line."""

    def call(*args: object) -> Done:
        with pytest.raises(SystemExit) as stopped:
            main([str(arg) for arg in args])
        return Done(int(stopped.value.code or 0), *capsys.readouterr())

    return call
