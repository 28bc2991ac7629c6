"""A small trial in ADaM, made anew for each test: twelve randomized subjects, one screen failure, two arms."""

from __future__ import annotations

import csv
import datetime
import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from equipoise.data import load_data, validate_data
from equipoise.protocol import loads_protocol

TRIAL = """
equipoise: 1
trial: {id: SMALL, title: A small trial}
time: {unit: months, data_unit: days}
arms:
  active:  {label: Active, role: experimental}
  placebo: {label: Placebo, role: control}
factors:
  sex:    {label: Sex, column: SEX, levels: {Female: F, Male: M}, verified: SEXV}
  region: {label: Region, column: REGION, levels: {North America: NA, Europe: EU}}
  age:    {label: Age, column: AGE, continuous: true, unit: years}
populations:
  itt:    {arm: planned, where: "ITTFL = 'Y'"}
  safety: {arm: actual, where: "SAFFL = 'Y'"}
data: {format: adam}
endpoints:
  pfs: {kind: time_to_event, label: Progression-free survival, source: {table: ADTTE, PARAMCD: PFS}}
  os:  {kind: time_to_event, label: Overall survival, source: {table: ADTTE, PARAMCD: OS}}
  orr: {kind: response, label: Response, source: {table: ADRS, PARAMCD: BOR}, denominator: itt}
  ae:  {kind: adverse_events, label: Adverse events, source: {table: ADAE}}
analysis:
  pfs_main: {endpoint: pfs, population: itt, test: {kind: log_rank, strata: [sex]}}
"""

EPOCH = datetime.date(2020, 1, 1)


def day(n: int) -> str:
    """ISO date, n days after the first of January 2020."""
    return (EPOCH + datetime.timedelta(days=n)).isoformat()


def small_tables() -> dict[str, list[dict[str, str]]]:
    """Rows of the small trial, all values text, "" where missing."""
    adsl: list[dict[str, str]] = []
    adtte: list[dict[str, str]] = []
    adrs: list[dict[str, str]] = []
    adae: list[dict[str, str]] = []
    best = ["CR", "PR", "SD", "PD", "NE", "PR", "SD", "PD", "SD", "PR", "PD", "SD"]
    for i in range(12):
        subject = f"00{i + 1:02d}"
        arm = "Active" if i % 2 == 0 else "Placebo"
        start, pfs, os_ = 10 * i, 60 + 13 * i, 200 + 17 * i
        died = i % 3 == 0
        treated = i != 11  # the last was randomized and never treated
        adsl.append({
            "USUBJID": subject, "TRT01P": arm, "TRT01A": arm if treated else "", "ENRLFL": "Y", "RANDFL": "Y",
            "RANDDT": day(start), "ITTFL": "Y", "SAFFL": "Y" if treated else "",
            "TRTSDT": day(start + 1) if treated else "",
            "TRTEDT": day(start + pfs) if treated else "", "EOSSTT": "DISCONTINUED" if died else "ONGOING",
            "EOSDT": day(start + os_) if died else "", "DCSREAS": "Death" if died else "",
            "EOTSTT": "DISCONTINUED" if treated else "", "DCTREAS": "Progression" if treated else "",
            "DTHFL": "Y" if died else "", "DTHDT": day(start + os_) if died else "",
            "SEX": "F" if i % 4 < 2 else "M", "SEXV": "F" if i % 4 < 2 else "M", "REGION": "NA" if i % 3 else "EU",
            "AGE": str(50 + i), "SITEID": "007" if i < 6 else "010", "NEWTHDT": day(start + 40) if i == 4 else "",
        })  # fmt: skip
        for code, time, event in (("PFS", pfs, i % 4 != 3), ("OS", os_, died)):
            adtte.append({
                "USUBJID": subject, "PARAMCD": code, "PARAM": f"{code} (days)", "AVAL": str(time + 1),
                "CNSR": "0" if event else str(1 + i % 3), "STARTDT": day(start), "ADT": day(start + time),
                "EVNTDESC": "Event" if event else ["Ongoing", "Lost", "Withdrawn"][i % 3],
            })  # fmt: skip
        adrs.append({"USUBJID": subject, "PARAMCD": "BOR", "AVALC": best[i], "ADT": day(start + 50)})
        if treated:
            adae.append({
                "USUBJID": subject, "AEBODSYS": "Gut", "AEDECOD": "Nausea", "AETOXGR": str(1 + i % 4), "AESEV": "",
                "TRTEMFL": "Y" if i != 5 else "", "AESER": "Y" if i == 3 else "", "AEREL": "RELATED", "AEACN": "",
                "AEOUT": "RECOVERED", "ASTDT": day(start + 20), "AENDT": day(start + 25),
            })  # fmt: skip
    screened = dict.fromkeys(adsl[0], "")
    screened |= {
        "USUBJID": "0099",
        "TRT01P": "Screen Failure",
        "ENRLFL": "Y",
        "RANDFL": "N",
        "REGION": "ASIA",
        "AGE": "70",
    }
    adsl.append(screened)
    return {"ADSL": adsl, "ADTTE": adtte, "ADRS": adrs, "ADAE": adae}


@functools.cache
def _protocol(text: str) -> Any:
    return loads_protocol(text)


@dataclass
class Small:
    """The small trial on disk; change `tables` and `yaml`, then `load()` or `problems()`."""

    folder: Path
    yaml: str = TRIAL
    tables: dict[str, list[dict[str, str]]] = field(default_factory=small_tables, repr=False)

    def row(self, table: str, number: int) -> dict[str, str]:
        """The 1-based data row of a table."""
        return self.tables[table][number - 1]

    def set(self, table: str, number: int, **values: str) -> None:
        """Changes cells of one row."""
        assert set(values) <= set(self.row(table, number)), "a misspelled column would test nothing"
        self.row(table, number).update(values)

    def drop(self, table: str, *columns: str) -> None:
        """Removes columns."""
        for row in self.tables[table]:
            for column in columns:
                del row[column]

    def replace(self, old: str, new: str) -> None:
        """Changes the protocol."""
        assert old in self.yaml, "a replacement that does nothing would test nothing"
        self.yaml = self.yaml.replace(old, new)

    def write(self) -> None:
        """Writes the tables as CSV."""
        for table, rows in self.tables.items():
            with (self.folder / f"{table.lower()}.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)

    @property
    def protocol(self) -> Any:
        return _protocol(self.yaml)

    def load(self, **options: Any) -> Any:
        """Writes and loads."""
        self.write()
        return load_data(self.protocol, self.folder, **options)

    def problems(self, **options: Any) -> Any:
        """Writes and validates."""
        self.write()
        return validate_data(self.protocol, self.folder, **options)


@pytest.fixture
def small(tmp_path: Path) -> Small:
    folder = tmp_path / "data"
    folder.mkdir()
    return Small(folder)
