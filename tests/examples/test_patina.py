"""PATINA as declared runs from end to end on data of its shape, which are made up here: no number of them is real."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from equipoise import Results, Trial

PROTOCOL = Path(__file__).parents[2] / "examples" / "patina" / "trial.yaml"
START = np.datetime64("2017-06-01")
TERMS = {"Neutropenia": "Blood", "Fatigue": "General", "Diarrhoea": "Gut", "Stomatitis": "Gut"}


def made_up(folder: Path, n: int = 518, seed: int = 38) -> None:
    """ADaM tables of `n` subjects: hazard ratio 0.75, control median near 29 months, many neutropenias of grade 3."""
    rng = np.random.default_rng(seed)
    subjects = np.array([f"P-{i:04d}" for i in range(1, n + 1)])
    new = np.arange(n) % 2 == 0
    arm = np.where(new, "Palbociclib + maintenance", "Maintenance")
    randomized = START + rng.integers(0, 1400, n)
    cut = START + 3000

    def pick(*levels: str) -> np.ndarray:
        return rng.choice(levels, n)

    def recorded(hazard_ratio: float, median: float) -> tuple[np.ndarray, np.ndarray]:
        time = rng.exponential(median / np.log(2), n) / np.where(new, hazard_ratio, 1.0)
        follow_up = (cut - randomized).astype(int)
        return np.ceil(np.minimum(time, follow_up)).astype(int), (time > follow_up).astype(int)

    death, alive = recorded(0.86, 2300)
    progression, free = recorded(0.75, 900)
    pfs, censored = np.minimum(progression, death), free & alive
    treated = rng.uniform(size=n) > 0.01
    switched = rng.uniform(size=n) < 0.05
    start, end = randomized + 3, randomized + np.maximum(pfs, 5)
    strata = {
        "PERTUZ": pick("yes", "no"), "PRHER2": pick("yes", "no"), "INDRESP": pick("CR or PR", "SD"),
        "ENDOCR": pick("Aromatase inhibitor", "Fulvestrant"),
    }  # fmt: skip
    flag = np.where(treated, "Y", "N")
    adsl = pl.DataFrame(
        {
            "USUBJID": subjects, "TRT01P": arm, "TRT01A": np.where(treated, arm, ""), "RANDFL": "Y", "ITTFL": "Y",
            "SAFFL": flag, "RANDDT": randomized, "AGE": rng.integers(30, 85, n), "CYCLES": rng.integers(4, 9, n),
            "TRTSDT": start, "TRTEDT": end, "NEWTRTDT": randomized + pfs // 2,
            "DTHFL": np.where(alive == 0, "Y", ""), "DTHDT": randomized + death, **strata,
            **{f"{name}V": values for name, values in strata.items()},
        }
    )  # fmt: skip
    adsl = adsl.with_columns(
        pl.when(pl.Series(treated)).then("TRTSDT"), pl.when(pl.Series(treated)).then("TRTEDT"),
        pl.when(pl.Series(alive == 0)).then("DTHDT"), pl.when(pl.Series(switched)).then("NEWTRTDT"),
    )  # fmt: skip
    adsl.write_csv(folder / "adsl.csv")
    times = []
    for parameter, time, cnsr in (("PFS", pfs, censored), ("OS", death, alive)):
        times.append(
            pl.DataFrame(
                {
                    "USUBJID": subjects, "PARAMCD": parameter, "STARTDT": randomized, "ADT": randomized + time,
                    "AVAL": time, "CNSR": cnsr, "EVNTDESC": np.where(cnsr == 0, "Event", ""),
                    "CNSDTDSC": np.where(cnsr == 1, "Alive without event at the cut", ""),
                }
            )
        )  # fmt: skip
    pl.concat(times).write_csv(folder / "adtte.csv")
    response = rng.choice(["CR", "PR", "SD", "PD", "NE"], n, p=[0.05, 0.25, 0.5, 0.15, 0.05])
    pl.DataFrame({"USUBJID": subjects, "PARAMCD": "BOR", "AVALC": response}).write_csv(folder / "adrs.csv")
    rows = []
    for i in np.flatnonzero(treated):
        for term, system in TERMS.items():
            if rng.uniform() < (0.8 if new[i] and term == "Neutropenia" else 0.2):
                grade = int(rng.choice([1, 2, 3, 4], p=[0.2, 0.2, 0.5, 0.1] if new[i] else [0.4, 0.4, 0.18, 0.02]))
                day = str(start[i])
                rows.append((str(subjects[i]), system, term, grade, "Y", "N", "RELATED", "NONE", "RECOVERED", day))
    names = ("USUBJID", "AEBODSYS", "AEDECOD", "AETOXGR", "TRTEMFL", "AESER", "AEREL", "AEACN", "AEOUT", "ASTDT")
    pl.DataFrame(rows, schema=names, orient="row").write_csv(folder / "adae.csv")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Results, Path]:
    folder = tmp_path_factory.mktemp("patina")
    (folder / "data").mkdir()
    made_up(folder / "data")
    trial = Trial.load(PROTOCOL)
    results = trial.analyze(folder / "data", out=folder / "out")
    return results, trial.report(folder / "out")


def test_the_declared_analyses_all_have_their_numbers(made):
    results, _ = made
    ratio = results.one(
        analysis="pfs_main", statistic="hazard_ratio", method="cox.efron.stratified", groups=(), interval="wald.95"
    )
    assert 0.55 < ratio.value < 1.0
    assert ratio.n == 518
    for analysis in ("pfs_unstratified", "pfs_strata_verified", "pfs_censored_at_new_therapy", "os_main"):
        assert results.select(analysis=analysis, statistic="hazard_ratio", groups=())[0].value is not None
    verified = results.one(analysis="pfs_strata_verified", statistic="z", method="log_rank.stratified")
    declared = results.one(analysis="pfs_main", statistic="z", method="log_rank.stratified")
    assert verified.value == declared.value  # the made-up strata were recorded without error
    switched = results.select(analysis="pfs_censored_at_new_therapy", statistic="events", groups=())
    assert sum(row.value for row in switched) < sum(
        row.value for row in results.select(analysis="pfs_main", statistic="events", groups=())
    )


def test_clinical_benefit_and_grades_are_there(made):
    results, _ = made
    benefit = results.select(analysis="orr_main", statistic="clinical_benefit_rate", arm="palbo")
    response = results.select(analysis="orr_main", statistic="response_rate", arm="palbo")
    assert benefit[0].value > response[0].value
    worst = results.select(analysis="safety", statistic="ae_proportion", groups={"category": "grade_3"})
    assert {row.key.arm: row.value for row in worst}["palbo"] > 0.3


def test_the_dossier_has_each_part(made):
    _, page = made
    text = page.read_text()
    for words in (
        "Progression-free survival",
        "Clinical benefit",
        "Neutropenia",
        "New anticancer therapy",
        "Sensitivity",
    ):
        assert words in text
    assert len(text) < 5_000_000
