"""A trial that goes on: simulated subjects, and the data folder as it is on the day of the k-th event."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import polars as pl

START = datetime.date(2026, 1, 5)

PROTOCOL = """\
equipoise: 1
trial: {id: INTERIM, title: A trial under way}
time: {unit: months, data_unit: days}
arms:
  new: {label: New, role: experimental, ratio: 1}
  old: {label: Old, role: control, ratio: 1}
factors:
  region: {label: Region, levels: [East, West], column: REGION}
populations: {itt: {arm: planned, where: "RANDFL = 'Y'"}}
endpoints:
  pfs: {kind: time_to_event, label: PFS, source: {table: ADTTE, PARAMCD: PFS}}
  os:  {kind: time_to_event, label: Overall survival, source: {table: ADTTE, PARAMCD: OS}}
analysis:
  pfs_main: {endpoint: pfs, population: itt, test: {kind: log_rank, strata: [region]},
             estimate: {kind: cox, ties: efron, strata: [region]}}
  os_main:  {endpoint: os, population: itt, like: pfs_main}
hypotheses:
  h_pfs: {analysis: pfs_main, alpha_one_sided: 0.025}
  h_os:  {analysis: os_main, after: [h_pfs]}
scenarios:
  planned:
    enrollment: {patients: 320, per_month: [{rate: 20}], start: 2026-01-05}
    dropout: {hazard: 0.005}
    endpoints:
      pfs: {old: {median: 9}, new: {hazard_ratio: 0.67}}
      os:  {old: {median: 20}, new: {hazard_ratio: 0.8}}
design:
  h_pfs:
    assume: planned
    efficacy: {spending: obrien_fleming}
    futility: {hazard_ratio: [1.0]}
    looks: [{events: 120}, {events: 240}]
  h_os:
    assume: planned
    efficacy: {spending: obrien_fleming}
    looks: [{same_as: {hypothesis: h_pfs, look: 2}}, {events: 230}]
    harm: {hazard_ratio: [1.3]}
monitoring:
  site: SITEID
  prior: {hazard_ratio: 0.9, events: 20}
"""


class Simulated:
    """Everything that will happen, whenever somebody looks. Days count from the first randomization."""

    def __init__(self, seed: int = 3, n: int = 320, ratio: float = 0.6) -> None:
        rng = np.random.default_rng(seed)
        self.n = n
        gaps = rng.exponential(30.4375 / 20.0, n)
        self.entry = np.floor(np.cumsum(gaps) - gaps[0]).astype(int)
        self.arm = np.resize([0, 1], n)
        rng.shuffle(self.arm)
        self.region = rng.integers(0, 2, n)
        self.site = rng.integers(0, 12, n)
        month = 30.4375
        pfs = rng.exponential(9 / np.log(2) * month, n) / np.where(self.arm == 1, ratio, 1.0)
        os = pfs + rng.exponential(12 / np.log(2) * month, n)
        lost = rng.exponential(month / 0.005, n)
        self.pfs, self.os, self.lost = (np.maximum(np.ceil(x), 1).astype(int) for x in (pfs, os, lost))

    def day_of(self, events: int, endpoint: str = "pfs") -> int:
        """Day of the k-th event."""
        time = getattr(self, endpoint)
        return int(np.sort((self.entry + time)[time <= self.lost])[events - 1])

    def date(self, day: int) -> datetime.date:
        return START + datetime.timedelta(days=day)

    def write(self, folder: Path, cut: int, *, arms: str = "shown") -> Path:
        """ADSL and ADTTE as known on a day.

        Args:
            folder: Made here.
            cut: The day.
            arms: `shown`, `masked`, `absent`, or `permuted`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        inside = np.flatnonzero(self.entry <= cut)
        names = {
            "shown": np.where(self.arm == 1, "New", "Old"),
            "permuted": np.where(np.random.default_rng(9).permutation(self.arm) == 1, "New", "Old"),
            "masked": np.full(self.n, "BLINDED"),
            "absent": np.full(self.n, ""),
        }[arms]
        left = self.entry + self.lost <= cut
        adsl = pl.DataFrame(
            {
                "USUBJID": [f"S{i:04d}" for i in inside],
                "SITEID": [f"{self.site[i]:02d}" for i in inside],
                "REGION": [("East", "West")[self.region[i]] for i in inside],
                "RANDFL": ["Y"] * inside.size,
                "RANDDT": [self.date(int(self.entry[i])).isoformat() for i in inside],
                "EOSSTT": ["DISCONTINUED" if left[i] and self.lost[i] < self.os[i] else "ONGOING" for i in inside],
                "TRT01P": names[inside],
                "TRT01A": names[inside],
            }
        )
        rows = []
        for code in ("PFS", "OS"):
            time = getattr(self, code.lower())
            for i in inside:
                end = min(int(time[i]), int(self.lost[i]), cut - int(self.entry[i]))
                event = time[i] == end and time[i] <= self.lost[i]
                day = int(self.entry[i]) + end
                rows.append(
                    {
                        "USUBJID": f"S{i:04d}",
                        "PARAMCD": code,
                        "AVAL": end + 1,
                        "CNSR": 0 if event else 1,
                        "STARTDT": self.date(int(self.entry[i])).isoformat(),
                        "ADT": self.date(day).isoformat(),
                        "EVNTDESC": "Event" if event else "Ongoing",
                        "TRTP": names[i],
                    }
                )
        adtte = pl.DataFrame(rows)
        if arms == "absent":
            adsl, adtte = adsl.drop("TRT01P", "TRT01A"), adtte.drop("TRTP")
        adsl.write_csv(folder / "adsl.csv")
        adtte.write_csv(folder / "adtte.csv")
        return folder
