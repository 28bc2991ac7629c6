"""The bundle on disk: complete or not there, and read back exactly."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from equipoise.errors import BundleError
from equipoise.results import Curve, Key, Printed, Results, Statistic
from equipoise.results.bundle import atomic_directory, read_bundle, write_bundle, write_text


@pytest.fixture
def results() -> Results:
    rows = (
        Statistic(key=Key(analysis="a", statistic="hazard_ratio", arm="x", versus="y"), value=0.1 + 0.2, lower=1e-300),
        Statistic(
            key=Key(analysis="a", statistic="median", arm="x", groups=(("factor", "<65"), ("level", "ja & nein"))),
            missing=(("value", "not_reached"), ("upper", "not_reached")),
            unit="days",
        ),
        Statistic(key=Key(analysis="a", statistic="decision", hypothesis="h"), text="rejected", sides=2),
        Statistic(key=Key(stage="published", statistic="median"), value=44.3, printed=Printed("44.3", "N Engl J Med")),
    )
    curve = Curve(
        key=Key(analysis="a", statistic="survival", arm="x"),
        curve="kaplan_meier",
        x=np.array([0.0, 1.0, 2.5]),
        y=np.array([1.0, 0.5, 0.25]),
        lower=np.array([1.0, 0.1, np.nan]),
        n_risk=np.array([4.0, 4.0, 2.0]),
        unit="days",
    )
    return Results(rows, (curve,))


@pytest.fixture
def out(tmp_path: Path, results: Results) -> Path:
    place = tmp_path / "out"
    write_bundle(place, protocol={"hash": "h"}, manifest={"protocol_hash": "h"}, results=results)
    return place


def test_round_trip_is_exact(out, results):
    back = read_bundle(out).results
    assert back.statistics == results.statistics
    (curve,) = back.curves
    assert curve.id == results.curves[0].id == "a.survival.x.kaplan_meier"
    np.testing.assert_array_equal(curve.lower, results.curves[0].lower)
    np.testing.assert_array_equal(curve.y, results.curves[0].y)
    assert len(curve.upper) == 0


def test_files_are_what_the_page_says(out):
    assert sorted(p.name for p in out.iterdir()) == [
        "curves.parquet", "manifest.json", "protocol.json", "results.json", "results.parquet",
    ]  # fmt: skip
    document = json.loads((out / "results.json").read_text())
    assert document["schema"] == "equipoise.results/1"
    assert document["statistics"][1]["missing"] == {"value": "not_reached", "upper": "not_reached"}
    assert pl.read_parquet(out / "results.parquet")["id"].to_list() == [r["id"] for r in document["statistics"]]
    # One statistic a line, so that the file is small and a difference of two runs is legible.
    lines = (out / "results.json").read_text().splitlines()
    assert [json.loads(line.rstrip(",")) for line in lines[1:-1]] == document["statistics"]


def test_frames_in_both_libraries(results):
    frame = results.to_polars()
    assert frame.filter(pl.col("statistic") == "hazard_ratio")["value"].item() == 0.1 + 0.2
    assert results.to_pandas().shape == frame.shape
    assert results.curves_to_polars().height == len(results.curves_to_pandas()) == 3


def test_a_new_analysis_removes_the_old_pages(out, results):
    (out / "dossier.html").write_text("old")
    (out / "tables").mkdir()
    (out / "tables" / "t.csv").write_text("old")
    write_bundle(out, protocol={"hash": "h"}, manifest={"protocol_hash": "h"}, results=results)
    assert not (out / "dossier.html").exists()
    assert not (out / "tables").exists()


def test_somebody_elses_folder_is_not_touched(tmp_path, results):
    place = tmp_path / "thesis"
    place.mkdir()
    (place / "chapter1.txt").write_text("precious")
    with pytest.raises(BundleError, match="not a bundle"):
        write_bundle(place, protocol={}, manifest={}, results=results)
    assert [p.name for p in place.iterdir()] == ["chapter1.txt"]


def test_a_file_as_target_is_refused(tmp_path, results):
    place = tmp_path / "out"
    place.write_text("x")
    with pytest.raises(BundleError, match="a file"):
        write_bundle(place, protocol={}, manifest={}, results=results)


def test_a_crash_while_writing_leaves_nothing(tmp_path):
    def crash():
        with atomic_directory(tmp_path / "out") as scratch:
            (scratch / "half").write_text("x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crash()
    assert list(tmp_path.iterdir()) == []


def test_write_text_leaves_no_temporary_file_behind(tmp_path, monkeypatch):
    def no_space(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", no_space)
    with pytest.raises(OSError, match="No space"):
        write_text(tmp_path / "x.html", "content")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda p: (p / "manifest.json").unlink(), "bundle.missing"),
        (lambda p: (p / "results.json").write_text("{"), "bundle.damaged"),
        (lambda p: (p / "results.json").write_text("[]"), "bundle.damaged"),
        (lambda p: (p / "results.json").write_text('{"schema": "other/9", "statistics": []}'), "bundle.schema"),
        (
            lambda p: (p / "results.json").write_text('{"schema": "equipoise.results/1", "statistics": [{}]}'),
            "bundle.damaged",
        ),
        (lambda p: (p / "curves.parquet").write_bytes(b"PAR1nonsense"), "bundle.damaged"),
        (lambda p: (p / "protocol.json").write_text('{"hash": "other"}'), "bundle.protocol_hash"),
    ],
)
def test_damaged_bundles_are_named(out, damage, code):
    damage(out)
    with pytest.raises(BundleError) as caught:
        read_bundle(out)
    assert caught.value.problems[0].code == code
    assert caught.value.problems[0].cure
