"""Problems survive being written and read: a bundle's warnings are printed as they were found."""

from __future__ import annotations

import pytest

from equipoise.errors import Problem, Where


@pytest.mark.parametrize(
    "problem",
    [
        Problem("data.code", "a message"),
        Problem("data.code", "m", Where(table="ADAE", row=3, column="AESER", subject="S1"), "'N'", "set it", "warning"),
        Problem("protocol.key", "m", Where(file="trial.yaml", line=7, path="arms.a.ratio"), "0", "write 1"),
    ],
)
def test_a_problem_survives_the_round_trip(problem):
    assert Problem.from_dict(problem.to_dict()) == problem
