"""ADaM conventions and conditions: event codes, the two ways of counting days, units, `where`."""

from __future__ import annotations

import polars as pl
import pytest

from equipoise.data import Convention, adverse_events, time_to_event, validate_data
from equipoise.data.adam import unit_of_text
from equipoise.data.conditions import condition
from equipoise.errors import DataError


def frame_of(small, endpoint="pfs", **options):
    return time_to_event(small.protocol, small.load(), endpoint, "itt", **options)


def test_cnsr_0123_equals_01(small):
    """Positive integers are reasons for censoring: the times and statuses are those of CNSR 0/1."""
    many = frame_of(small)
    assert len(set(many.filter(pl.col("status") == 0)["reason"])) == 3
    codes = "ADTTE: PFS: censored by CNSR 1 Ongoing (1), 2 Lost (1), 3 Withdrawn (1)"
    assert codes in map(str, small.load().findings)
    for row in small.tables["ADTTE"]:
        row["CNSR"] = "0" if row["CNSR"] == "0" else "1"
    one = frame_of(small)
    assert many.drop("reason").equals(one.drop("reason"))


def test_cnsr_written_as_a_float(small):
    expected = frame_of(small)
    for row in small.tables["ADTTE"]:
        row["CNSR"] += ".0"
    assert frame_of(small).equals(expected)


def test_a_code_of_any_size_is_a_code(small):
    small.set("ADTTE", 7, CNSR="99999999999999999999", EVNTDESC="")
    assert frame_of(small)["reason"][3].startswith("code ")


def test_reasons_come_from_evntdesc_then_cnsdtdsc_then_the_code(small):
    for row in small.tables["ADTTE"]:
        row["CNSDTDSC"] = "Last contact" if row["USUBJID"] == "0008" else ""
    small.set("ADTTE", 15, EVNTDESC="")  # subject 0008, PFS, code 2
    small.set("ADTTE", 23, EVNTDESC="")  # subject 0012, PFS, code 3
    reasons = frame_of(small).filter(pl.col("status") == 0)["reason"].to_list()
    assert reasons == ["Ongoing", "Last contact", "code 3"]


def test_codes_that_share_a_description_stay_apart(small):
    for row in small.tables["ADTTE"]:
        row["EVNTDESC"] = "Event" if row["CNSR"] == "0" else "Censored"
    reasons = frame_of(small).filter(pl.col("status") == 0)["reason"].to_list()
    assert reasons == ["Censored (code 1)", "Censored (code 2)", "Censored (code 3)"]


def test_days_counted_from_zero_are_learned(small):
    for row in small.tables["ADTTE"]:
        row["AVAL"] = str(int(row["AVAL"]) - 1)
    data = small.load()
    assert "ADTTE: PFS: AVAL = ADT - STARTDT (12 of 12 rows)" in map(str, data.findings)
    assert data.conventions["pfs"].plus_one is False
    assert Convention(None).offset == 0


def test_parameters_that_count_differently_are_a_warning(small):
    for row in small.tables["ADTTE"]:
        if row["PARAMCD"] == "OS":
            row["AVAL"] = str(int(row["AVAL"]) - 1)
    notes = [p for p in small.load().notes if p.code == "data.time_convention"]
    assert [p.message for p in notes] == ["pfs count the day of the start as day 1, and os as day 0"]


@pytest.mark.parametrize(("unit", "days"), [("months", 30.4375), ("years", 365.25), ("weeks", 7.0)])
def test_other_units_agree_with_dates_within_half_a_day(small, unit, days):
    """Two decimals of a month are 0.15 days off at most: no error; the times stay as recorded."""
    small.drop("ADTTE", "PARAM")
    small.replace("data_unit: days", f"data_unit: {unit}")
    for row in small.tables["ADTTE"]:
        row["AVAL"] = f"{int(row['AVAL']) / days:.4f}"
    frame = frame_of(small)
    assert frame["time"].to_list() == [float(row["AVAL"]) for row in small.tables["ADTTE"] if row["PARAMCD"] == "PFS"]
    small.set("ADTTE", 9, AVAL=f"{(113 + 1.6) / days:.4f}")
    [problem] = [p for p in small.problems() if p.severity == "error"]
    assert (problem.code, problem.where.row) == ("data.time_dates", 9)
    assert "within half a day" in problem.cure


@pytest.mark.parametrize(
    ("text", "unit"),
    [("DAYS", "days"), ("Months", "months"), ("Overall Survival (Months)", "months"), ("Time to event [yr]", "years"),
     ("PFS (weeks)", "weeks"), ("Progression Free Survival", None), ("OS (blinded)", None), ("Days to relapse", None)],
)  # fmt: skip
def test_units_in_texts(text, unit):
    assert unit_of_text(text) == unit


def test_avalu_must_agree(small):
    small.drop("ADTTE", "PARAM")
    for row in small.tables["ADTTE"]:
        row["AVALU"] = "MONTHS"
    problems = [p for p in small.problems() if p.severity == "error"]
    assert {(p.code, p.where.column, p.value) for p in problems} == {("data.unit", "AVALU", "'MONTHS'")}


def test_time_zero_is_legal(small):
    small.set("ADTTE", 1, AVAL="0", ADT="")
    assert [p for p in small.problems() if p.severity == "error"] == []
    assert frame_of(small)["time"][0] == 0.0


def test_flags_null_or_empty_mean_no_in_conditions():
    frame = pl.DataFrame({"TRTEMFL": ["Y", None, "N"], "n": [1, 2, 3]})

    def where(text):
        return condition(frame, text, path="p", table="T").to_list()

    assert where("TRTEMFL = 'Y'") == [True, False, False]
    assert where("TRTEMFL <> 'Y'") == [False, True, True]
    assert where("TRTEMFL = 'N'") == [False, True, True]
    assert where("TRTEMFL IS NULL") == [False, True, False]
    assert where("TRTEMFL IS NOT NULL") == [True, False, True]


def test_conditions_compare_as_a_user_expects():
    frame = pl.DataFrame({
        "etype": ["1", "2", None], "SITEID": ["007", "010", "7"], "day": [1.0, 2.0, 30.0],
        "RANDDT": pl.Series(["2020-01-01", "2020-06-01", None]).str.to_date(), "word": ["a", "b", "c"],
    })  # fmt: skip

    def where(text):
        return condition(frame, text, path="p", table="T").to_list()

    assert where("etype = 1") == [True, False, False]
    assert where("etype = '1'") == [True, False, False]
    assert where("etype IN (1, 2)") == [True, True, False]
    assert where("SITEID = '007'") == [True, False, False]
    assert where("SITEID = 7") == [True, False, True]
    assert where("day BETWEEN 2 AND 40") == [False, True, True]  # 30 is more than 4, which text would deny
    assert where("day = '30'") == [False, False, True]
    assert where("RANDDT < '2020-03-01'") == [True, False, False]
    assert where("word LIKE 'a%' OR etype = 2") == [True, True, False]
    assert where("ETYPE = 1 AND SITEID = '007'") == [True, False, False]  # case, and one column each way


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [("etype = = 1", "data.condition", "can't be read"), ("1 = 1", "data.condition", "names no column"),
     ("etype", "data.condition", "not true or false"), ("SUM(etype) > 1", "data.condition", "not true or false"),
     ("etyp = 1", "data.unknown_column", "there is no column 'etyp'")],
)  # fmt: skip
def test_conditions_that_are_none(text, code, part):
    frame = pl.DataFrame({"etype": ["1", "2"]})
    with pytest.raises(DataError, match=part) as raised:
        condition(frame, text, path="populations.itt.where", table="ADSL")
    assert raised.value.problems[0].code == code
    assert raised.value.problems[0].where.path == "populations.itt.where"


def test_a_condition_is_placed_at_its_line_of_the_protocol(small):
    small.replace("ITTFL = 'Y'", "ITFL = 'Y'")
    file = small.folder.parent / "trial.yaml"
    file.write_text(small.yaml)
    [problem] = [p for p in small.problems(protocol_file=file) if p.severity == "error"]
    line = next(n for n, text in enumerate(small.yaml.splitlines(), 1) if "ITFL" in text)
    assert (problem.where.file, problem.where.line) == (str(file), line)
    assert problem.where.path == "populations.itt.where"


def test_two_unknown_columns_are_two_problems():
    with pytest.raises(DataError) as raised:
        condition(pl.DataFrame({"a": [1]}), "x = 1 AND y = 2", path="p", table="T")
    assert [p.where.column for p in raised.value.problems] == ["x", "y"]


def test_source_conditions_pick_rows(small):
    """Two records a subject are fine where `where` says which."""
    for row in list(small.tables["ADTTE"]):
        small.tables["ADTTE"].append({**row, "AVAL": "1", "EVNTDESC": "by site"})
    assert any(p.code == "data.duplicate_record" for p in small.problems())
    small.replace("PARAMCD: PFS}", "PARAMCD: PFS, where: \"EVNTDESC <> 'by site'\"}")
    small.replace("PARAMCD: OS}", "PARAMCD: OS, where: \"EVNTDESC <> 'by site'\"}")
    assert frame_of(small)["time"].to_list() == [61.0 + 13 * i for i in range(12)]


@pytest.mark.parametrize("scale", ["AETOXGR", "AESEV"])
def test_missing_grades_are_legal_and_stay_missing(small, scale):
    small.set("ADAE", 2, AETOXGR="")
    events = adverse_events(small.protocol, small.load(), "ae", "safety")
    assert events["grade"].null_count() == 1


def test_planned_and_actual_may_be_empty_for_those_never_randomized(small):
    small.set("ADSL", 13, TRT01P="", TRT01A="")
    small.write()
    assert [p for p in validate_data(small.protocol, small.folder) if p.severity == "error"] == []
