"""Bad data, one problem at a time: code, table, row, column, subject, value and cure of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from equipoise.errors import DataError


class Bad(NamedTuple):
    """One bad input. `row`, `subject` None: the problem belongs to no row."""

    name: str
    change: Callable[[Any], object]
    code: str
    table: str = ""
    row: int | None = None
    column: str = ""
    subject: str = ""
    value: str = ""
    cure: str = ""
    message: str = ""
    severity: str = "error"


def cells(table: str, row: int, **values: str) -> Callable[[Any], object]:
    return lambda small: small.set(table, row, **values)


def also(table: str, copy: int, **values: str) -> Callable[[Any], object]:
    """Appends a copy of a row."""
    return lambda small: small.tables[table].append({**small.row(table, copy), **values})


def drop(table: str, *columns: str) -> Callable[[Any], object]:
    return lambda small: small.drop(table, *columns)


def declare(old: str, new: str) -> Callable[[Any], object]:
    return lambda small: small.replace(old, new)


def both(*changes: Callable[[Any], object]) -> Callable[[Any], object]:
    return lambda small: [change(small) for change in changes]


ITT = """where: "ITTFL = 'Y'\""""
COMMON = "{kind: time_to_event, label: Progression-free survival, source: {table: ADTTE, PARAMCD: PFS}"
ESTIMAND = (
    ", estimand: {population: itt, treatment: as assigned, variable: time, summary: hazard_ratio, "
    "intercurrent: {therapy: {strategy: hypothetical, censor_at: NEWTHDTT}}}"
)

CASES = [
    # Subjects
    Bad("subject twice", also("ADSL", 3), "data.duplicate_subject", "ADSL", 14, "USUBJID", "0003", "'0003'",
        "keep one row", "the first time in row 3"),
    Bad("subject missing", cells("ADSL", 4, USUBJID=""), "data.subject_missing", "ADSL", 4, "USUBJID", "", "missing",
        "USUBJID"),
    Bad("record of nobody", also("ADTTE", 1, USUBJID="7777"), "data.unknown_subject", "ADTTE", 25, "USUBJID", "7777",
        "'7777'", "add the subject to ADSL"),
    Bad("record without leading zeros", cells("ADAE", 2, USUBJID="2"), "data.unknown_subject", "ADAE", 2, "USUBJID",
        "2", "'2'", "ADSL writes '0002'"),
    Bad("record without subject", cells("ADRS", 5, USUBJID=""), "data.subject_missing", "ADRS", 5, "USUBJID", "",
        "missing"),
    Bad("nobody", lambda s: s.tables.update(ADSL=[dict.fromkeys(s.row("ADSL", 1), "")]), "data.no_rows", "ADSL"),
    Bad("nobody randomized", lambda s: [r.update(RANDFL="N") for r in s.tables["ADSL"]], "data.nobody_randomized",
        "ADSL", column="RANDFL", cure="set RANDFL"),
    # Arms, levels, factors
    Bad("undeclared arm", cells("ADSL", 2, TRT01P="High dose"), "data.undeclared_arm", "ADSL", 2, "TRT01P", "0002",
        "'High dose'", "'Active', 'Placebo'"),
    Bad("arm in capitals", cells("ADSL", 1, TRT01P="ACTIVE"), "data.undeclared_arm", "ADSL", 1, "TRT01P", "0001",
        "'ACTIVE'", "'Active'", "in upper and lower case only"),
    Bad("arm with a blank", cells("ADSL", 2, TRT01A="Placebo "), "data.undeclared_arm", "ADSL", 2, "TRT01A", "0002",
        "'Placebo '", "'Placebo'", "in blanks only"),
    Bad("no planned arm", cells("ADSL", 6, TRT01P=""), "data.missing_arm", "ADSL", 6, "TRT01P", "0006", "missing",
        "write one of 'Active', 'Placebo'"),
    Bad("randomized as screen failure", cells("ADSL", 6, TRT01P="Screen Failure"), "data.missing_arm", "ADSL", 6,
        "TRT01P", "0006", "'Screen Failure'"),
    Bad("treated without actual arm", cells("ADSL", 5, TRT01A=""), "data.missing_actual_arm", "ADSL", 5, "TRT01A",
        "0005", "missing", "write one of", "treated since 2020-02-11"),
    Bad("safety without any arm", cells("ADSL", 12, SAFFL="Y"), "data.population_without_arm", "ADSL", 12, "TRT01A",
        "0012", "missing", "correct the flag", "'safety'"),
    Bad("in a population and not randomized", cells("ADSL", 5, RANDFL="N"), "data.population_not_randomized", "ADSL", 5,
        "USUBJID", "0005", "'0005'", "RANDFL or the flag", "'itt' was not randomized", severity="warning"),
    Bad("undeclared level", cells("ADSL", 9, REGION="ASIA"), "data.undeclared_level", "ADSL", 9, "REGION", "0009",
        "'ASIA'", "factors.region.levels"),
    Bad("level in lower case", cells("ADSL", 7, SEX="f"), "data.undeclared_level", "ADSL", 7, "SEX", "0007", "'f'",
        "'F', 'M'", "'F' in upper and lower case only"),
    Bad("verified level undeclared", cells("ADSL", 7, SEXV="X"), "data.undeclared_level", "ADSL", 7, "SEXV", "0007",
        "'X'"),
    Bad("age in words", cells("ADSL", 3, AGE="sixty"), "data.not_a_number", "ADSL", 3, "AGE", "0003", "'sixty'",
        "data.missing_strings"),
    Bad("decimal comma", cells("ADSL", 3, AGE="60,5"), "data.not_a_number", "ADSL", 3, "AGE", "0003", "'60,5'",
        "decimal point"),
    Bad("no stratum", cells("ADSL", 8, SEX=""), "data.missing_stratum", "ADSL", 8, "SEX", "0008", "missing",
        "as randomized"),
    Bad("factor without column", declare("column: REGION", "column: REGIO"), "data.missing_column", "ADSL",
        column="REGIO", value="'REGIO'", cure="did you mean 'REGION'?"),
    Bad("factor with a taken name", declare("  age:    {", "  time:    {"), "data.reserved_name", value="'time'",
        cure="rename"),
    # Flags
    Bad("flag 1", cells("ADSL", 2, SAFFL="1"), "data.flag", "ADSL", 2, "SAFFL", "0002", "'1'",
        "write Y, N or leave it empty"),
    Bad("flag yes", cells("ADAE", 3, AESER="Yes"), "data.flag", "ADAE", 3, "AESER", "0003", "'Yes'", "write Y"),
    # Event codes
    Bad("CNSR negative", cells("ADTTE", 5, CNSR="-1"), "data.cnsr", "ADTTE", 5, "CNSR", "0003", "'-1'",
        "0 is an event", "negative"),
    Bad("CNSR fractional", cells("ADTTE", 5, CNSR="0.5"), "data.cnsr", "ADTTE", 5, "CNSR", "0003", "'0.5'",
        "0 is an event", "fractional"),
    Bad("CNSR missing", cells("ADTTE", 5, CNSR=""), "data.cnsr", "ADTTE", 5, "CNSR", "0003", "missing",
        "0 is an event"),
    Bad("CNSR text", cells("ADTTE", 5, CNSR="event"), "data.cnsr", "ADTTE", 5, "CNSR", "0003", "'event'",
        "0 is an event", "not a number"),
    Bad("CNSR without description", cells("ADTTE", 7, EVNTDESC=""), "data.cnsr_description", "ADTTE", 7, "CNSR", "",
        "1", "EVNTDESC", "CNSR 1 of PFS has no description in 1 rows", severity="warning"),
    # Times
    Bad("time negative", cells("ADTTE", 9, AVAL="-3"), "data.time_negative", "ADTTE", 9, "AVAL", "0005", "'-3'",
        "starts at randomization"),
    Bad("time missing", cells("ADTTE", 9, AVAL=""), "data.time_missing", "ADTTE", 9, "AVAL", "0005", "missing",
        "its time"),
    Bad("time infinite", cells("ADTTE", 9, AVAL="inf"), "data.time_infinite", "ADTTE", 9, "AVAL", "0005", "'inf'",
        "finite"),
    Bad("time text", cells("ADTTE", 9, AVAL="113 days"), "data.time_text", "ADTTE", 9, "AVAL", "0005", "'113 days'",
        "decimal point"),
    Bad("two records", also("ADTTE", 3, AVAL="80"), "data.duplicate_record", "ADTTE", 25, "USUBJID", "0002", "'0002'",
        "keep one record", "the first is row 3"),
    Bad("time against dates", cells("ADTTE", 9, AVAL="150"), "data.time_dates", "ADTTE", 9, "AVAL", "0005", "'150'",
        "AVAL must be ADT - STARTDT + 1", "ADT - STARTDT is 112 days"),
    Bad("the other way of counting", cells("ADTTE", 9, AVAL="112"), "data.time_convention", "ADTTE", 9, "AVAL",
        "0005", "'112'", "count days in one way", "ADT - STARTDT + 1 in most rows", severity="warning"),
    Bad("ends before it starts", cells("ADTTE", 9, ADT="2020-01-05"), "data.date_order", "ADTTE", 9, "ADT", "0005",
        "2020-01-05", "correct one of the dates", "before STARTDT 2020-02-10"),
    Bad("months said, days declared", lambda s: [r.update(PARAM="Progression (Months)") for r in s.tables["ADTTE"]],
        "data.unit", "ADTTE", 1, "PARAM", "0001", "'Progression (Months)'", "set time.data_unit to months"),
    Bad("days sold as months", both(drop("ADTTE", "PARAM"), declare("data_unit: days", "data_unit: months")),
        "data.unit", "ADTTE", 1, "AVAL", "0001", "'61' for 60 days", "set time.data_unit to days",
        "the dates say that PFS is in days"),
    Bad("days sold as months, undated",
        both(drop("ADTTE", "PARAM", "ADT"), declare("data_unit: days", "data_unit: years")), "data.unit_implausible",
        "ADTTE", column="AVAL", value="204 years", cure="the unit that the file has"),
    # Adverse events
    Bad("grade 6", cells("ADAE", 4, AETOXGR="6"), "data.grade", "ADAE", 4, "AETOXGR", "0004", "'6'",
        "1, 2, 3, 4 or 5"),
    Bad("grade 0", cells("ADAE", 4, AETOXGR="0"), "data.grade", "ADAE", 4, "AETOXGR", "0004", "'0'"),
    Bad("grade 2.5", cells("ADAE", 4, AETOXGR="2.5"), "data.grade", "ADAE", 4, "AETOXGR", "0004", "'2.5'"),
    Bad("grade in words", cells("ADAE", 4, AETOXGR="Grade 2"), "data.grade", "ADAE", 4, "AETOXGR", "0004",
        "'Grade 2'"),
    Bad("severity unknown",
        both(declare("{table: ADAE}", "{table: ADAE}, grading: severity"), cells("ADAE", 4, AESEV="STRONG")),
        "data.severity", "ADAE", 4, "AESEV", "0004", "'STRONG'", "MILD, MODERATE, SEVERE"),
    Bad("no grade at all", drop("ADAE", "AETOXGR", "AESEV"), "data.missing_column", "ADAE", column="AETOXGR",
        message="AETOXGR, ATOXGR, AESEV, ASEV"),
    Bad("no emergence", drop("ADAE", "TRTEMFL"), "data.missing_column", "ADAE", column="TRTEMFL",
        cure="endpoints.ae.treatment_emergent"),
    Bad("event ends early", cells("ADAE", 4, AENDT="2020-02-01"), "data.event_dates", "ADAE", 4, "AENDT", "0004",
        "2020-02-01", "correct one", "starts on 2020-02-20", severity="warning"),
    Bad("emergent before treatment", cells("ADAE", 4, ASTDT="2020-01-05"), "data.emergent_before_treatment", "ADAE",
        4, "ASTDT", "0004", "2020-01-05", "the flag or the date", "first dose on 2020-02-01", severity="warning"),
    Bad("fatal and not serious", cells("ADAE", 2, AEOUT="FATAL"), "data.fatal_not_serious", "ADAE", 2, "AESER",
        "0002", "missing", "set AESER to Y", severity="warning"),
    Bad("not coded", cells("ADAE", 2, AEDECOD=""), "data.not_coded", "ADAE", 2, "AEDECOD", "0002", "missing",
        "code the event", severity="warning"),
    # Deaths and dates
    Bad("death without date", cells("ADSL", 4, DTHDT=""), "data.death_without_date", "ADSL", 4, "DTHDT", "0004",
        "missing", "give the date of death"),
    Bad("date of death without flag", cells("ADSL", 2, DTHDT="2020-12-01"), "data.death_without_flag", "ADSL", 2,
        "DTHFL", "0002", "missing", "set DTHFL", severity="warning"),
    Bad("death that ADSL denies", cells("ADTTE", 4, CNSR="0"), "data.death_contradiction", "ADTTE", 4, "CNSR", "0002",
        "missing", "correct one", "os counts a death", severity="warning"),
    Bad("alive after death", cells("ADTTE", 2, CNSR="1"), "data.death_contradiction", "ADTTE", 2, "ADT", "0001",
        "2020-07-19", "correct one", "ADSL has a death on 2020-07-19", severity="warning"),
    Bad("impossible date", cells("ADSL", 4, RANDDT="2020-02-30"), "data.date", "ADSL", 4, "RANDDT", "0004",
        "'2020-02-30'", "YYYY-MM-DD"),
    Bad("partial date", cells("ADTTE", 4, ADT="2020-02"), "data.date", "ADTTE", 4, "ADT", "0002", "'2020-02'",
        "complete"),
    Bad("ambiguous date", cells("ADTTE", 4, ADT="01/02/2020"), "data.date", "ADTTE", 4, "ADT", "0002",
        "'01/02/2020'"),
    Bad("year 1020", cells("ADSL", 4, TRTSDT="1020-02-10"), "data.date", "ADSL", 4, "TRTSDT", "0004", "'1020-02-10'"),
    Bad("treated before randomization", cells("ADSL", 4, TRTSDT="2020-01-25"), "data.before_randomization", "ADSL", 4,
        "TRTSDT", "0004", "2020-01-25", "correct one", "before RANDDT 2020-01-31", severity="warning"),
    Bad("treatment ends before it starts", cells("ADSL", 4, TRTEDT="2020-01-31"), "data.treatment_dates", "ADSL", 4,
        "TRTEDT", "0004", "2020-01-31", "correct one", "starts on 2020-02-01"),
    Bad("after the declared cut", declare("data: {format: adam}", "data: {format: adam, cut: 2021-04-20}"),
        "data.after_cut", "ADTTE", 24, "ADT", "0012", "2021-05-12", "`--cut DATE` re-censors"),
    # Responses
    Bad("undeclared response", cells("ADRS", 3, AVALC="MR"), "data.undeclared_response", "ADRS", 3, "AVALC", "0003",
        "'MR'", "endpoints.orr.order"),
    Bad("response in lower case", cells("ADRS", 3, AVALC="sd"), "data.undeclared_response", "ADRS", 3, "AVALC",
        "0003", "'sd'", "'SD'", "'SD' in upper and lower case only"),
    Bad("two responses", also("ADRS", 3, AVALC="PR"), "data.duplicate_record", "ADRS", 13, "USUBJID", "0003",
        "'0003'", "keep one record", "the first is row 3"),
    Bad("no response column", drop("ADRS", "AVALC"), "data.missing_column", "ADRS", column="AVALC"),
    Bad("empty response", cells("ADRS", 3, AVALC=""), "data.missing_response", "ADRS", 3, "AVALC", "", "1",
        severity="warning"),
    # Protocol against data
    Bad("unknown parameter", declare("PARAMCD: PFS", "PARAMCD: PSF"), "data.unknown_parameter", "ADTTE",
        value="'PSF'", cure="did you mean 'PFS'? the table has OS, PFS"),
    Bad("no CNSR", drop("ADTTE", "CNSR"), "data.missing_column", "ADTTE", column="CNSR"),
    Bad("exposure of nobody", lambda s: s.tables.update(ADEX=[{"ASTDT": "2020-01-02", "AENDT": "2020-02-02"}]),
        "data.missing_column", "ADEX", column="USUBJID"),
    Bad("no TRT01P", drop("ADSL", "TRT01P"), "data.missing_column", "ADSL", column="TRT01P",
        cure="did you mean 'TRT01A'?"),
    Bad("condition on nothing", declare(ITT, """where: "ITFL = 'Y'\""""), "data.unknown_column", "ADSL",
        column="ITFL", value="ITFL = 'Y'", cure="did you mean 'ITTFL'?"),
    Bad("condition without comparison", declare(ITT, 'where: "AGE + 1"'), "data.condition", "ADSL", value="AGE + 1",
        message="not true or false"),
    Bad("condition over all rows", declare(ITT, 'where: "SUM(AGE) > 1"'), "data.condition", "ADSL",
        value="SUM(AGE) > 1"),
    Bad("double quotes", declare(ITT, """where: 'ITTFL = "Y"'"""), "data.unknown_column", "ADSL", column="Y",
        cure="single quotes: 'Y'"),
    Bad("text against a number", declare(ITT, 'where: "ITTFL > 3"'), "data.condition", "ADSL", value="ITTFL > 3",
        message="can't be applied"),
    Bad("empty population", declare(ITT, """where: "ITTFL = 'X'\""""), "data.empty_population", "ADSL",
        value="ITTFL = 'X'"),
    Bad("missing table", lambda s: s.tables.pop("ADRS"), "data.missing_table", "ADRS",
        cure="add adrs.csv, .parquet, .xpt or .json"),
    Bad("date column of an intercurrent event",
        declare(COMMON, COMMON + ESTIMAND),
        "data.missing_column", "ADSL", column="NEWTHDTT", cure="did you mean 'NEWTHDT'?"),
]  # fmt: skip


@pytest.mark.parametrize("bad", CASES, ids=[case.name for case in CASES])
def test_bad_input(small, bad):
    bad.change(small)
    problems = small.problems()
    same = [p for p in problems if p.code == bad.code and (p.where.table, p.where.column) == (bad.table, bad.column)]
    assert same, "\n".join(map(str, problems))
    problem = same[0]
    assert (problem.where.row, problem.where.subject) == (bad.row, bad.subject), str(problem)
    assert problem.severity == bad.severity
    if bad.value:
        assert problem.value == bad.value
    assert bad.cure in problem.cure
    assert bad.message in problem.message
    assert problem.cure, "every problem has a cure"
    if bad.severity == "error":
        with pytest.raises(DataError) as raised:
            small.load()
        assert problem in raised.value.problems
        assert raised.value.exit_code == 2
    else:
        assert [str(p) for p in problems if p.severity == "error"] == []
        assert problem in small.load().notes


def test_each_bad_input_alone_breaks_nothing_else(small):
    """A single bad grade is one error, not an avalanche."""
    small.set("ADAE", 4, AETOXGR="6")
    assert [p.code for p in small.problems() if p.severity == "error"] == ["data.grade"]


def test_all_problems_at_once(small):
    small.set("ADSL", 2, TRT01P="High dose")
    small.set("ADSL", 4, DTHDT="", SEX="x")
    small.set("ADTTE", 5, CNSR="-1")
    small.set("ADTTE", 9, AVAL="-3")
    small.set("ADAE", 4, AETOXGR="6")
    small.set("ADRS", 3, AVALC="MR")
    errors = [p for p in small.problems() if p.severity == "error"]
    assert {p.code for p in errors} == {
        "data.undeclared_arm", "data.death_without_date", "data.undeclared_level", "data.cnsr", "data.time_negative",
        "data.grade", "data.undeclared_response",
    }  # fmt: skip
    with pytest.raises(DataError) as raised:
        small.load()
    assert set(errors) <= set(raised.value.problems)
    document = raised.value.problems[0].to_dict()
    assert document["where"]["table"] == "ADSL"
    assert {"code", "severity", "message", "value", "cure"} <= set(document)


def test_twenty_rows_are_listed_and_the_rest_counted(small):
    small.tables["ADAE"] = [{**small.row("ADAE", 1), "AETOXGR": "9"} for _ in range(57)]
    grades = [p for p in small.problems() if p.code == "data.grade"]
    assert len(grades) == 21
    assert [p.where.row for p in grades[:20]] == list(range(1, 21))
    assert grades[20].where.row is None
    assert grades[20].message == "57 rows have this problem; the first 20 are listed"
