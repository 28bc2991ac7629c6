"""Problems as the command prints them: short where they are alike, and no value lost."""

from __future__ import annotations

import pytest

from equipoise.cli.output import print_problems
from equipoise.errors import Problem, Where


def _bad(row: int | None, message: str, value: str = "", column: str = "ARM") -> Problem:
    subject = f"S{row}" if row is not None else ""
    where = Where(file="adsl.csv", table="ADSL", row=row, column=column, subject=subject)
    return Problem("data.bad", message, where, value, "cure it")


def test_rows_that_are_alike_are_listed_after_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    print_problems([_bad(row, "no arm 'A'", "'A'") for row in range(1, 5)], closing="")
    assert capsys.readouterr().err.splitlines() == [
        "error   adsl.csv, ADSL, row 1, ARM, subject S1",
        "        no arm 'A'",
        "        cure: cure it",
        "        and 3 more like it, rows 2, 3, 4 (--json lists all)",
        "4 errors",
    ]


def test_few_values_are_shown_each_with_its_own_count(capsys: pytest.CaptureFixture[str]) -> None:
    found = []
    for arm, count in (("A", 30), ("B", 40)):
        found += [_bad(row, f"no arm {arm!r}", f"'{arm}'") for row in range(20)]
        found.append(_bad(None, f"{count} rows have this problem; the first 20 are listed"))
    print_problems(found)
    printed = capsys.readouterr().err
    assert printed.index("'A'") < printed.index("30 rows") < printed.index("'B'") < printed.index("40 rows")
    assert printed.count("cure it") == 2
    assert "lists all" not in printed  # JSON has the first 20 too


def test_a_value_on_each_row_is_one_problem(capsys: pytest.CaptureFixture[str]) -> None:
    values = [f"'{day:02}.01.2020'" for day in range(1, 13)]
    dates = [_bad(row, "not a date", value, "RANDDT") for row, value in enumerate(values, start=1)]
    print_problems([*dates, _bad(3, "no arm 'A'", "'A'")])
    printed = capsys.readouterr().err
    assert printed.count("not a date") == 1
    assert "not a date (found: '01.01.2020')" in printed
    assert "and 11 more like it, rows 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12; found '02.01.2020', '03.01.2020'" in printed
    assert "no arm 'A'" in printed
    assert printed.endswith("13 errors; nothing was written\n")
