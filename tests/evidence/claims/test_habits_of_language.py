"""Numbers told in the habits of news, letters, notes and lists."""

from __future__ import annotations

import pytest

from equipoise.evidence.claims.statements import find_statements


def _read(text: str) -> list[tuple[str, float | None]]:
    return [(c.measure, c.value.value if c.value is not None else None) for c in find_statements(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # arms and samples that only their sum tells
        (
            "It was given to 9361 people. A computer sent 4678 down one road and the remaining 4683 down the usual.",
            [("sample_size", 9361), ("arm_size", 4678), ("arm_size", 4683)],
        ),
        ("An 18,201-patient trial.", [("sample_size", 18201)]),
        ("* 12,927 took vitamin D", [("arm_size", 12927)]),
        ("N 146, degenerative tear", [("sample_size", 146)]),
        # events that a sum tells
        (
            "Cancer: 1617 diagnoses; 793 among those on vitamin D, 824 among those on placebo",
            [("events", 1617), ("events", 793), ("events", 824)],
        ),
        ("Four had died.", [("events", 4)]),
        # percentages
        ("Per year that is 1.65% against 2.19%.", [("number", 1.65), ("number", 2.19)]),
        ("90-day mortality (%): drug 31.9; placebo 33.7", [("proportion", 31.9), ("proportion", 33.7)]),
        ("The odds reduction was 25% for death.", [("risk_reduction", 25)]),
        ("That is a protection of 96 percent.", [("risk_reduction", 96)]),
        ("The risk of fracture sank by 41%.", [("risk_reduction", 41)]),
        ("Side effects: about a quarter (24%) had some.", [("adverse_event_rate", 24)]),
        # ages and follow-up
        ("On average they were nearly 68 (67.9 years, SD 9.4).", [("age", 67.9)]),
        ("Women 30 to 60 had a median age of 50, a mean index of 2.1 and 1.8 years of median follow-up.", None),
        ("Three years on average after the first shot.", [("follow_up", 3)]),
        ("Follow-up at the time of this analysis was 50 months.", [("follow_up", 50)]),
        ("Patients were observed for 34.1\u00b113.4 months.", [("follow_up", 34.1)]),
        # medians
        ("Half of the men were alive at 57.6 months.", [("median", 57.6)]),
        (
            "With a median follow-up of 20.5 months, survival was 14.7 months v 9.6 months at the median.",
            [("follow_up", 20.5), ("median", 14.7), ("median", 9.6)],
        ),
        (
            "Progression-free survival improved by 6.3 months (18.7 vs. 12.4).",
            [("median_difference", 6.3), ("median", 18.7), ("median", 12.4)],
        ),
        ("The 15.7-month advantage is large.", [("median_difference", 15.7)]),
        # ratios, means
        (
            "The odds went up: 1.14 (95% CI 1.02-1.28; p = 0.02).",
            [("odds_ratio", 1.14)],
        ),
        ("Hazard ratio 0.04, its confidence interval goes from 0.01 to 0.27.", [("hazard_ratio", 0.04)]),
        ("To keep one person well, 6.9 persons have to be coached.", [("number_needed", 6.9)]),
        ("Treat 61 people this way and one of them is spared.", [("number_needed", 61)]),
        ("The pressure was 2 mm Hg higher with the drug.", [("mean_difference", 2)]),
        # no claims
        ("It starts at [14:50].", []),
        ("They lost half of their kidney function.", []),
        ("Three wins: (1) fewer strokes; (2) less bleeding; (3) fewer deaths.", []),
    ],
)
def test_habits(text: str, expected: list[tuple[str, float]] | None) -> None:
    read = _read(text)
    if expected is None:
        assert ("follow_up", 1.8) in read
        assert ("age", 2.1) not in read
    else:
        assert read == expected


def test_cells_a_line_each() -> None:
    text = (
        "Outcome\nDrug\nPlacebo\nRandomized, n\n1395\n1394\nDeaths\n67\n94\nPer 100 person-years\n3.9\n5.0\n"
        "Alive at 5 years\n52%\n44%\n\nThe trial was stopped."
    )
    assert _read(text) == [
        ("arm_size", 1395), ("arm_size", 1394), ("events", 67), ("events", 94), ("number", 3.9), ("number", 5.0),
        ("rate", 52), ("rate", 44),
    ]  # fmt: skip


def test_ticks_of_an_axis_are_no_cells() -> None:
    assert _read("Survival\n100 %\n80 %\n60 %\n40 %\n20 %\n0 %") == []
