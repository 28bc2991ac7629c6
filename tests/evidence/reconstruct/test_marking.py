"""Synthetic patients are recognized however their files travel, and everything made of them says what they are."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from equipoise.data import load_data
from equipoise.data.convert import plan_conversion
from equipoise.data.simulated import MARK, read_mark
from equipoise.data.synthetic import FLAG, PREFIX, SOURCE, said_synthetic, synthetic
from equipoise.errors import UsageError
from equipoise.evidence.reconstruct.folder import write_folder
from equipoise.reporting.blinding import SYNTHETIC, is_synthetic, mark_of
from equipoise.results.bundle import read_bundle
from equipoise.trial import Trial

TRIAL = """\
equipoise: 1
trial: {id: X, title: Rebuilt}
time: {unit: months, data_unit: months, resolution: continuous}
arms: {new: {label: New, role: experimental, value: N}, old: {label: Old, role: control, value: O}}
populations: {itt: {arm: planned}}
data: {format: adam}
endpoints: {os: {kind: time_to_event, label: Survival, role: primary, death: true, source: {table: ADTTE, PARAMCD: OS}}}
analysis: {main: {endpoint: os, population: itt, test: {kind: log_rank}, estimate: {kind: cox}}}
hypotheses: {h: {analysis: main, alpha_two_sided: 0.05}}
"""


def _tables() -> dict[str, pl.DataFrame]:
    n = 40
    names = [f"{i:03d}" for i in range(n)]
    arms = ["N" if i % 2 else "O" for i in range(n)]
    adsl = pl.DataFrame({"USUBJID": names, "TRT01P": arms})
    times = [1.0 + (7 * i % 23) + 0.37 * (i % 2) for i in range(n)]
    adtte = pl.DataFrame(
        {
            "USUBJID": names,
            "PARAMCD": "OS",
            "PARAM": "Survival",
            "AVAL": times,
            "CNSR": [int(i % 5 == 0) for i in range(n)],
        }
    )
    return {"ADSL": adsl, "ADTTE": adtte.with_columns(pl.lit("").alias("EVNTDESC"))}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("synthetic") / "cohort"
    return write_folder(out, _tables(), {"trial.yaml": TRIAL}, source="published curve (curve.csv)")


def test_every_row_of_every_table_is_marked(cohort: Path) -> None:
    for file in (cohort / "data").glob("*.csv"):
        frame = pl.read_csv(file, infer_schema=False)
        assert frame.get_column(FLAG).unique().to_list() == ["Y"]
        assert frame.get_column(SOURCE).unique().to_list() == ["published curve (curve.csv)"]
        assert frame.get_column("USUBJID").str.starts_with(PREFIX).all()
    for folder in (cohort, cohort / "data"):
        mark = read_mark(folder, "synthetic")
        assert mark is not None
        assert mark["source"] == "published curve (curve.csv)"
        # `simulate --one` must not take it for a simulated trial that it may replace.
        assert read_mark(folder) is None


def test_statistics_pages_tables_and_figures_say_so(cohort: Path, tmp_path: Path) -> None:
    trial = Trial.load(cohort)
    out = tmp_path / "out"
    results = trial.analyze(cohort / "data", out=out)
    assert {row.origin for row in results} == {"synthetic"}
    trial.report(out)
    bundle = read_bundle(out)
    assert is_synthetic(bundle)
    assert mark_of(bundle) == SYNTHETIC
    page = (out / "dossier.html").read_text()
    assert f'<p class="page-mark">{SYNTHETIC}</p>' in page
    assert "rebuilt from what was published: they are not patients" in page
    made = [*(out / "tables").iterdir(), *(out / "figures").iterdir()]
    assert len(made) > 5
    for file in made:
        assert SYNTHETIC in file.read_text(), file.name
    assert [n["code"] for n in json.loads((out / "manifest.json").read_text())["notes"]].count("data.synthetic") == 1


def _no_mark(folder: Path) -> None:
    (folder / MARK).unlink()


def _no_columns(folder: Path) -> None:
    _no_mark(folder)
    for file in folder.glob("*.csv"):
        pl.read_csv(file, infer_schema=False).drop(FLAG, SOURCE).write_csv(file)


def _other_names(folder: Path) -> None:
    _no_mark(folder)
    for file in folder.glob("*.csv"):
        frame = pl.read_csv(file, infer_schema=False)
        bare = frame.with_columns(pl.col("USUBJID").str.strip_prefix(PREFIX))
        bare.rename({FLAG: FLAG.lower()}).write_csv(file)


def _only_the_mark(folder: Path) -> None:
    for file in folder.glob("*.csv"):
        frame = pl.read_csv(file, infer_schema=False).drop(FLAG, SOURCE)
        frame.with_columns(pl.col("USUBJID").str.strip_prefix(PREFIX)).write_csv(file)


def _converted(kind: str) -> Callable[[Path], None]:
    def convert(folder: Path) -> None:
        _no_mark(folder)
        for one in plan_conversion(folder, kind):
            one.write(folder)
        for file in folder.glob("*.csv"):
            file.unlink()

    return convert


@pytest.mark.parametrize(
    "change",
    [_no_mark, _no_columns, _other_names, _only_the_mark, _converted("xpt"), _converted("parquet"),
     _converted("dataset-json")],
)  # fmt: skip
def test_any_one_mark_is_enough(change: Callable[[Path], None], cohort: Path, tmp_path: Path) -> None:
    shutil.copytree(cohort / "data", tmp_path / "data")
    change(tmp_path / "data")
    trial = Trial.load(cohort)
    data = load_data(trial.protocol, tmp_path / "data")
    assert data.synthetic
    assert [note.code for note in data.notes].count("data.synthetic") == 1


def test_one_marked_row_among_patients_is_enough() -> None:
    frame = pl.DataFrame({"USUBJID": ["a", "b"]})
    mixed = pl.concat([frame, synthetic(frame, "paper").select("USUBJID")])
    assert said_synthetic([frame]) is None
    assert said_synthetic([frame, mixed]) == ""
    assert said_synthetic([frame, synthetic(mixed, "paper")]) == "paper"
    flags = frame.with_columns(pl.Series(FLAG, ["N", None]))
    assert said_synthetic([flags]) is None


def test_patients_keep_their_origin(cohort: Path, tmp_path: Path) -> None:
    shutil.copytree(cohort, tmp_path / "real")
    _only_the_mark(tmp_path / "real/data")
    (tmp_path / "real/data" / MARK).unlink()
    results = Trial.load(tmp_path / "real").analyze(tmp_path / "real/data", out=tmp_path / "out")
    assert {row.origin for row in results} == {"observed"}
    assert mark_of(read_bundle(tmp_path / "out")) == ""


def test_a_folder_is_replaced_only_where_it_is_ours(tmp_path: Path) -> None:
    out = tmp_path / "cohort"
    for _ in range(2):
        write_folder(out, _tables(), {"trial.yaml": TRIAL}, source="paper")
    (out / "notes.txt").write_text("mine")
    with pytest.raises(UsageError) as error:
        write_folder(out, _tables(), {"trial.yaml": TRIAL}, source="paper")
    assert [problem.code for problem in error.value.problems] == ["usage.folder_taken"]
    assert (out / "notes.txt").read_text() == "mine"
    with pytest.raises(UsageError):
        write_folder(out / "notes.txt" / "inner", _tables(), {}, source="paper")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cohort"]
