"""Curves and numbers at risk as people save them: the same patients from every form, and a record of changes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from equipoise.evidence.reconstruct.curve import CurveMade, CurveOptions, reconstruct_curves
from equipoise.trial import Trial

TIMES = np.linspace(0.5, 36.0, 45)
ARMS = {"New drug": 0.018, "Placebo": 0.034}
GRID = [0, 6, 12, 18, 24, 30]
AT_RISK = {"New drug": [120, 106, 92, 80, 70, 40], "Placebo": [118, 95, 77, 62, 50, 25]}


def _survival(arm: str) -> list[float]:
    return np.round(np.exp(-ARMS[arm] * TIMES), 4).tolist()


def _table(rows: Sequence[Sequence[object]], separator: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(rows)
    return out.getvalue()


LONG = _table(
    [("time", "survival", "arm"), *[(t, s, arm) for arm in ARMS for t, s in zip(TIMES, _survival(arm), strict=True)]]
)
RISK = _table(
    [("time", "at_risk", "arm"), *[(t, n, arm) for arm in ARMS for t, n in zip(GRID, AT_RISK[arm], strict=True)]]
)


def _made(folder: Path, curve: str | bytes, risk: str | bytes | None = RISK, **options: object) -> CurveMade:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("curve.csv", curve), ("risk.csv", risk)):
        if content is not None:
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    at_risk = folder / "risk.csv" if risk is not None else None
    return reconstruct_curves([folder / "curve.csv"], at_risk, folder / "out", CurveOptions(**options))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> CurveMade:
    return _made(tmp_path_factory.mktemp("plain"), LONG)


def _percent() -> str:
    rows = [(t, 100 * s, arm) for arm in ARMS for t, s in zip(TIMES, _survival(arm), strict=True)]
    return _table([("time", "survival", "arm"), *rows])


def _wide() -> str:
    return _table([("Months", *ARMS), *zip(TIMES, *(_survival(arm) for arm in ARMS), strict=True)])


def _pairs() -> str:
    heads = [[part for arm in ARMS for part in (arm, "")], ["X", "Y"] * len(ARMS)]
    body = [
        [part for arm, values in ((arm, _survival(arm)) for arm in ARMS) for part in (TIMES[k], values[k])]
        for k in range(len(TIMES))
    ]
    return _table([*heads, *body])


def _rising() -> str:
    rows = [(t, round(1 - s, 6), arm) for arm in ARMS for t, s in zip(TIMES, _survival(arm), strict=True)]
    return _table([("time", "failure", "arm"), *rows])


def _european() -> str:
    rows = [(f"{t:.6f}".replace(".", ","), f"{s:.4f}".replace(".", ","), arm)
            for arm in ARMS for t, s in zip(np.round(TIMES, 6), _survival(arm), strict=True)]  # fmt: skip
    return _table([("time", "survival", "arm"), *rows], ";")


def _shuffled() -> str:
    head, *rows = LONG.splitlines()
    order = np.random.default_rng(1).permutation(len(rows)).tolist()
    first = min(order, key=lambda k: "Placebo" in rows[k])  # the first arm stays the first
    return "\n".join([head, rows[first], *[rows[k] for k in order if k != first]]) + "\n"


FORMS: dict[str, tuple[Callable[[], str | bytes], str]] = {
    "percent": (_percent, "percent read as fractions"),
    "a column for each arm": (_wide, ""),
    "pairs of columns": (_pairs, ""),
    "rising": (_rising, "turned"),
    "decimal commas": (_european, ""),
    "shuffled": (_shuffled, ""),
    "byte order mark": (lambda: b"\xef\xbb\xbf" + LONG.encode(), ""),
    "UTF-16": (lambda: LONG.encode("utf-16"), ""),
    "Windows lines": (lambda: LONG.replace("\n", "\r\n"), ""),
    "no header": (lambda: LONG.split("\n", 1)[1], ""),
    "comments and blank lines": (lambda: "# clicked by hand\n\n" + LONG.replace("\n", "\n\n"), ""),
    "tabs": (lambda: LONG.replace(",", "\t"), ""),
    "points twice": (lambda: LONG + LONG.split("\n", 1)[1], "there twice left out"),
    "points missing": (lambda: LONG + "20,,New drug\n,0.5,Placebo\n", "without one coordinate left out"),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_curves_gives_the_same_patients(form: str, plain: CurveMade, tmp_path: Path) -> None:
    content, said = FORMS[form]
    made = _made(tmp_path, content())
    for own, other in zip(made.arms, plain.arms, strict=True):
        assert own.label == other.label
        assert own.rebuilt.time == pytest.approx(other.rebuilt.time, abs=2e-4)
        assert own.rebuilt.status.tolist() == other.rebuilt.status.tolist()
    if said:
        assert all(said in " ".join(arm.notes) for arm in made.arms)


RISKS = {
    "a column for each arm": _table([("time", *ARMS), *zip(GRID, *(AT_RISK[arm] for arm in ARMS), strict=True)]),
    "a row for each arm": _table([("", *GRID), *[(arm, *AT_RISK[arm]) for arm in ARMS]]),
    "other case": RISK.replace("Placebo", "PLACEBO").replace("New drug", "new_drug"),
    "no header": RISK.split("\n", 1)[1],
    "with a total besides": RISK
    + _table([(t, a + b, "Total") for t, a, b in zip(GRID, *AT_RISK.values(), strict=True)]),
    "not in order": "\n".join([RISK.splitlines()[0], *reversed(RISK.splitlines()[1:])]),
}


@pytest.mark.parametrize("form", RISKS)
def test_every_form_of_numbers_at_risk_gives_the_same_patients(form: str, plain: CurveMade, tmp_path: Path) -> None:
    made = _made(tmp_path, LONG, RISKS[form])
    for own, other in zip(made.arms, plain.arms, strict=True):
        assert own.rebuilt.time == pytest.approx(other.rebuilt.time)


def test_files_of_one_arm_each(plain: CurveMade, tmp_path: Path) -> None:
    files = []
    for arm in ARMS:
        files.append(tmp_path / f"{arm}.csv")
        files[-1].write_text(_table([("t", "S"), *zip(TIMES, _survival(arm), strict=True)]))
    (tmp_path / "risk.csv").write_text(RISK)
    made = reconstruct_curves(files, tmp_path / "risk.csv", tmp_path / "out")
    assert [arm.label for arm in made.arms] == list(ARMS)
    assert made.arms[1].rebuilt.time == pytest.approx(plain.arms[1].rebuilt.time)


def test_units_of_both_files_need_not_be_the_same(plain: CurveMade, tmp_path: Path) -> None:
    rows = [(t * 30.4375, n, arm) for arm in ARMS for t, n in zip(GRID, AT_RISK[arm], strict=True)]
    days = _table([("time (days)", "at_risk", "arm"), *rows])
    made = _made(tmp_path, LONG.replace("time", "time (months)", 1), days)
    assert made.unit == "months"
    assert made.arms[0].rebuilt.time == pytest.approx(plain.arms[0].rebuilt.time)
    assert "turned from days into months" in " ".join(made.arms[0].notes)


def test_a_total_over_arms_is_split(tmp_path: Path) -> None:
    total = _table([("time", "at_risk"), *[(t, a + b) for t, a, b in zip(GRID, *AT_RISK.values(), strict=True)]])
    made = _made(tmp_path, LONG, total)
    both = [arm.rebuilt for arm in made.arms]
    for k, time in enumerate(GRID):
        assert sum(int((one.time >= time).sum()) for one in both) == sum(numbers[k] for numbers in AT_RISK.values())
    assert [one.time.size for one in both] == [119, 119]
    assert "equally many were supposed" in " ".join(made.arms[0].notes)
    known = _made(tmp_path / "known", LONG, total, patients={"New drug": 120, "Placebo": 118})
    assert [arm.rebuilt.time.size for arm in known.arms] == [120, 118]
    for arm in known.arms:
        got = [int((arm.rebuilt.time >= t).sum()) for t in GRID]
        assert got == pytest.approx(AT_RISK[arm.label], abs=8)


def test_events_by_arm_and_in_all(tmp_path: Path) -> None:
    made = _made(tmp_path / "a", LONG, events={"New drug": 52, "placebo": 79})
    assert [arm.rebuilt.events for arm in made.arms] == [52, 79]
    made = _made(tmp_path / "b", LONG, events={"": 130})
    assert sum(arm.rebuilt.events for arm in made.arms) == 130
    assert "shared as the curves have them" in " ".join(made.notes)
    far = _made(tmp_path / "c", LONG, events={"Placebo": 40})
    assert far.arms[1].rebuilt.events == 40
    assert "40 events are reported, and the curve" in " ".join(far.arms[1].notes)


def test_a_cut_axis_is_read_from_its_ends(plain: CurveMade, tmp_path: Path) -> None:
    cut = [(t, round((s - 0.2) / 0.8, 6), arm) for arm in ARMS for t, s in zip(TIMES, _survival(arm), strict=True)]
    made = _made(tmp_path, _table([("time", "survival", "arm"), *cut]), axis=(0.2, 1.0))
    assert made.arms[0].rebuilt.time == pytest.approx(plain.arms[0].rebuilt.time, abs=1e-3)
    assert "axis from 0.2 to 1" in " ".join(made.arms[0].notes)


def test_errors_of_clicks_are_cleaned_and_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    rows = [(t + rng.normal(0, 0.1), s + rng.normal(0, 0.004), arm)
            for arm in ARMS for t, s in zip([-0.05, *TIMES], [1.004, *_survival(arm)], strict=True)]  # fmt: skip
    made = _made(tmp_path, _table([("time", "survival", "arm"), *rows]))
    said = " ".join(made.arms[0].notes)
    for words in (
        "just outside the axes moved onto them",
        "above the one before",
        "the point (0, 1) added",
        "smoothed",
    ):
        assert words in said
    assert made.arms[0].rebuilt.time.size == 120
    ratio = made.results.one(statistic="hazard_ratio")
    assert ratio is not None
    assert ratio.value == pytest.approx(ARMS["New drug"] / ARMS["Placebo"], rel=0.05)


def test_a_hole_in_the_clicks_is_pointed_at(tmp_path: Path) -> None:
    head, *rows = LONG.splitlines()
    kept = [row for row in rows if not 8.0 < float(row.split(",")[0]) < 18.0]
    made = _made(tmp_path, "\n".join([head, *kept]))
    assert "no points between 7" in made.arms[1].doubts[0]


def test_what_is_written_is_marked_and_can_be_analyzed(plain: CurveMade, tmp_path: Path) -> None:
    out = plain.out
    for name in ("trial.yaml", "quality.html", "quality.json", "curves.csv", "data/adsl.csv", "data/adtte.csv"):
        assert "SYNTHETIC" in (out / name).read_text(encoding="utf-8"), name
    results = Trial.load(out).analyze(out / "data", out=tmp_path / "bundle")
    assert {row.origin for row in results} == {"synthetic"}
    found = results.one(statistic="hazard_ratio", groups=())
    own = plain.results.one(statistic="hazard_ratio")
    assert found is not None
    assert own is not None
    assert (found.value, found.lower, found.upper) == pytest.approx((own.value, own.lower, own.upper), rel=1e-9)
    medians = {row.key.arm: row.value for row in results.select(statistic="median")}
    for row in plain.results.select(statistic="median"):
        assert medians[row.key.arm] == pytest.approx(row.value)
    document = json.loads((out / "quality.json").read_text(encoding="utf-8"))
    assert document["mark"] == "SYNTHETIC DATA"
    assert {row["origin"] for row in document["statistics"]} == {"synthetic"}
    assert [arm["clicks"] for arm in document["arms"]] == [45, 45]
    assert pl.read_csv(out / "data/adtte.csv").height == 238


def test_a_single_arm_is_rebuilt_without_a_protocol(tmp_path: Path) -> None:
    made = _made(tmp_path, _table([("time", "survival"), *zip(TIMES, _survival("Placebo"), strict=True)]),
                 _table([("time", "n"), *zip(GRID, AT_RISK["Placebo"], strict=True)]), events={"": 80})  # fmt: skip
    assert made.arms[0].rebuilt.events == 80
    assert not (made.out / "trial.yaml").exists()
    assert (made.out / "data/adtte.csv").exists()
    assert not made.results.select(statistic="hazard_ratio")


def test_names_are_escaped_on_the_page(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    made = _made(tmp_path, LONG.replace("New drug", evil), RISK.replace("New drug", evil), endpoint="<b>OS</b>")
    page = (made.out / "quality.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<b>OS</b>" not in page
    Trial.load(made.out).analyze(made.out / "data")
