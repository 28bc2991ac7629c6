"""Samples, arms, events."""

from __future__ import annotations

import pytest

from equipoise.evidence.claims.statements import find_statements


def _read(text: str) -> list[tuple[str, float | None]]:
    kept = ("sample_size", "arm_size", "events")
    return [(c.measure, c.value.value) for c in find_statements(text) if c.measure in kept and c.value is not None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The trial enrolled 4,747 patients.", [("sample_size", 4747)]),
        ("5101 women and men were assigned to a drug or not.", [("sample_size", 5101)]),
        ("Three hundred five patients were randomly allotted.", [("sample_size", 305)]),
        ("We put 20 211 adult trauma patients on a drug.", [("sample_size", 20211)]),
        ("drug (n=2,366) and placebo (n=2,379)", [("arm_size", 2366), ("arm_size", 2379)]),
        ("the drug (n5341) or a dummy (n5344)", [("arm_size", 341), ("arm_size", 344)]),
        ("Out of 2549 patients in the ribociclib arm some left.", [("arm_size", 2549)]),
        (
            "1,600 patients were randomised to A (n=816) or B (n=784); the ITT population was 1577.",
            [("sample_size", 1600), ("arm_size", 816), ("arm_size", 784), ("sample_size", 1577)],
        ),
        (
            "Of 612 patients screened, 457 underwent randomization (305 to the drug and 152 to placebo).",
            [("sample_size", 612), ("sample_size", 457), ("arm_size", 305), ("arm_size", 152)],
        ),
        (
            "Enrolment totalled 26,664 participants, of whom 24,966 (vaccine: 12,467; placebo: 12,499) were exposed.",
            [("sample_size", 26664), ("sample_size", 24966), ("arm_size", 12467), ("arm_size", 12499)],
        ),
        (
            "730 patients could be assessed, 366 of whom had gemcitabine, 364 gemcitabine plus capecitabine.",
            [("sample_size", 730), ("arm_size", 366), ("arm_size", 364)],
        ),
        ("In China (456 patients, 231 and 225):", [("sample_size", 456), ("arm_size", 231), ("arm_size", 225)]),
        ("There were 509 iDFS events.", [("events", 509)]),
        (
            "47 RSV-confirmed LRTD episodes arose (vaccine: 7; placebo: 40)",
            [("events", 47), ("events", 7), ("events", 40)],
        ),
        ("Worsening events totalled 842 with finerenone and 1024 with placebo.", [("events", 842), ("events", 1024)]),
        ("73 patients in the first arm and 96 in the second had died.", [("events", 73), ("events", 96)]),
        ("both drugs had 608 grade 3\u20134 events", [("events", 608)]),
        ("any illness: 52 v 155", [("events", 52), ("events", 155)]),
        ("Metastases appeared in 97 and 122 of the two arms, respectively.", [("events", 97), ("events", 122)]),
    ],
)
def test_people_and_events(text: str, expected: list[tuple[str, float]]) -> None:
    assert _read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "114 hospitals in 22 countries took part.",
        "They received 12 cycles of treatment over 36 weeks at 200 mg.",
        "CheckMate 067 and KEYNOTE-716 and PALOMA-3 had told so, as had DAPA ACT HF-TIMI 68.",
        "By day 28 and at weeks 4, 8 and 12 blood was drawn.",
        "The committee met 4 times in 2022.",
        "Grade 3 or 4 was common, as was stage IIIB to 4.",
        "Treatment for 14 days or for 7 was compared.",
        "said Prof. Jane Doe, 54, of the university",
    ],
)
def test_no_people(text: str) -> None:
    assert _read(text) == []


def test_sums_settle_what_is_an_arm() -> None:
    text = "5522 patients with coronary disease, 2762 on colchicine, 2760 on placebo."
    assert _read(text) == [("sample_size", 5522), ("arm_size", 2762), ("arm_size", 2760)]
    after = "T-DXd ( n = 261) and T-DM1 ( n = 263), 524 patients in all"
    assert [measure for measure, _ in _read(after)] == ["arm_size", "arm_size", "sample_size"]
