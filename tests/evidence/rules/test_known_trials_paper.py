"""Results of known trials, restated: ratios, reductions, differences and numbers needed as their papers print them.

Worked by hand beside each: what was printed fits, and one number changed by hand does not.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from equipoise.evidence.document import Document
from equipoise.evidence.model import Finding
from equipoise.evidence.workflow import check_document

TRIALS = {
    # N Engl J Med 2015;373:2103-2116. 100 / (6.8 - 5.2) = 62.5, from 100 / 1.7 = 58.8 to 100 / 1.5 = 66.7.
    "sprint": (
        "SPRINT assigned 9361 adults to intensive treatment (4678 patients) or standard treatment (4683 patients). The "
        "primary outcome occurred in 243 patients (5.2%) in the intensive-treatment group and in 319 (6.8%) in the "
        "standard-treatment group (hazard ratio, 0.75; 95% CI, 0.64 to 0.89; P<0.001), so that the number needed to "
        "treat to prevent one primary-outcome event was 61. Mortality was lower too (hazard ratio, 0.73; 95% CI, 0.60 "
        "to 0.90; P=0.003).",
        "number_needed",
        ("was 61", "was 16"),
    ),
    # N Engl J Med 2014;371:993-1004. 100 / (26.5 - 21.8) = 21.3, rounded 21; 914 / 4187 = 0.2183.
    "paradigm": (
        "The primary outcome occurred in 914 of 4187 patients (21.8%) in the LCZ696 group and in 1117 of 4212 (26.5%) "
        "in the enalapril group (hazard ratio, 0.80; 95% CI, 0.73 to 0.87; P<0.001), a number needed to treat of 21.",
        "number_needed",
        ("treat of 21", "treat of 12"),
    ),
    # N Engl J Med 2019;381:1995-2008. 100 / (21.2 - 16.3) = 20.4, rounded up 21.
    "dapa": (
        "The primary outcome occurred in 386 of 2373 patients (16.3%) in the dapagliflozin group and in 502 of 2371 "
        "patients (21.2%) in the placebo group (hazard ratio, 0.74; 95% confidence interval [CI], 0.65 to 0.85; "
        "P<0.001; number needed to treat, 21).",
        "number_needed",
        ("treat, 21", "treat, 32"),
    ),
    # N Engl J Med 2020;383:1413-1424. 100 / (24.7 - 19.4) = 18.9; the P of log(0.75) / 0.0713 is 5e-5.
    "emperor": (
        "A primary outcome event occurred in 361 of 1863 patients (19.4%) in the empagliflozin group and in 462 of "
        "1867 patients (24.7%) in the placebo group (hazard ratio, 0.75; 95% CI, 0.65 to 0.86; P<0.001).",
        "p_value",
        ("P<0.001", "P=0.04"),
    ),
    # N Engl J Med 2000;342:145-153. 1 - 0.78 = 22%; 651 / 4645 = 14.0%, 826 / 4652 = 17.8%.
    "hope": (
        "A total of 651 of 4645 patients who were assigned to ramipril (14.0 percent) reached the primary end point, "
        "as compared with 826 of 4652 who were assigned to placebo (17.8 percent) (relative risk, 0.78; 95 percent "
        "confidence interval, 0.70 to 0.86; P<0.001), a reduction in relative risk of 22 percent.",
        "reduction_ratio",
        ("risk of 22", "risk of 32"),
    ),
    # N Engl J Med 2008;359:2195-2207. 1 - 0.56 = 44%; sqrt(1/142 + 1/251) = 0.105, limits mean 0.103.
    "jupiter": (
        "The primary end point occurred in 142 of 8901 participants of the rosuvastatin group and 251 of 8901 of the "
        "placebo group (hazard ratio for rosuvastatin, 0.56; 95% CI, 0.46 to 0.69; P<0.00001), a 44% reduction in the "
        "hazard.",
        "reduction_ratio",
        ("44%", "34%"),
    ),
    # N Engl J Med 2015;373:2117-2128. Limits of 95.02% mean an error of 0.0742; z 2.03, P 0.042.
    "empa_reg": (
        "The primary outcome occurred in a lower percentage of patients in the empagliflozin group (490 of 4687 "
        "[10.5%]) than in the placebo group (282 of 2333 [12.1%]) (hazard ratio, 0.86; 95.02% CI, 0.74 to 0.99; P=0.04 "
        "for superiority).",
        "count_percent",
        ("10.5%", "11.5%"),
    ),
    # N Engl J Med 2015;372:724-734. 56.5 - 40.8 = 15.7; the middle of the limits is 0.686.
    "cleopatra": (
        "The median overall survival was 56.5 months (95% CI, 49.3 to not reached) in the pertuzumab group, as "
        "compared with 40.8 months (95% CI, 35.8 to 48.3) in the control group (hazard ratio favoring the pertuzumab "
        "group, 0.68; 95% CI, 0.56 to 0.84; P<0.001), a difference of 15.7 months.",
        "difference_parts",
        ("15.7 months", "17.5 months"),
    ),
    # N Engl J Med 2017;376:1713-1722. 1344 / 13,784 = 9.75%, 1563 / 13,780 = 11.34%; half the width is 0.076.
    "fourier": (
        "Evolocumab reduced the hazard of the primary end point (1344 of 13,784 patients [9.8%] vs. 1563 of 13,780 "
        "patients [11.3%]; hazard ratio, 0.85; 95% confidence interval [CI], 0.79 to 0.92; P<0.001).",
        "interval_contains",
        ("0.79 to 0.92", "0.87 to 0.92"),
    ),
    # Lancet 2003;361:1149-1158. sqrt(1/100 + 1/154) = 0.128, limits mean 0.129; z 3.45, P 0.00055.
    "ascot": (
        "By that time, 100 primary events had occurred in the atorvastatin group compared with 154 events in the "
        "placebo group (hazard ratio 0·64 [95% CI 0·50–0·83], p=0·0005).",
        "p_value",
        ("p=0·0005", "p=0·05"),
    ),
    # N Engl J Med 2016;375:1925-1936. log(0.58) / 0.114 is -4.8; two-sided P 2e-6.
    "paloma": (
        "The median progression-free survival was 24.8 months (95% CI, 22.1 to not estimable) in the "
        "palbociclib-letrozole group, as compared with 14.5 months (95% CI, 12.9 to 17.1) in the placebo-letrozole "
        "group (hazard ratio for disease progression or death, 0.58; 95% CI, 0.46 to 0.72; two-sided P<0.001).",
        "interval_symmetric",
        ("0.46 to 0.72", "0.46 to 1.02"),
    ),
}


APART = """Bleeding occurred in 1.9% of patients on zandelisib and 1.4% of those on placebo.

For falls, 30 events per 1000 patients were prevented (number needed to treat 33)."""


def findings(text: str) -> Sequence[Finding]:
    return check_document(Document("known", text)).findings


@pytest.mark.parametrize("name", TRIALS)
def test_what_was_printed_is_not_contradicted(name: str) -> None:
    text, rule, _ = TRIALS[name]
    found = findings(text)
    assert [f for f in found if f.verdict == "contradicted"] == []
    assert "consistent" in {f.verdict for f in found if f.rule == rule}


@pytest.mark.parametrize("name", TRIALS)
def test_a_changed_number_is_noticed(name: str) -> None:
    text, rule, (old, new) = TRIALS[name]
    assert text.count(old) == 1
    changed = [f for f in findings(text.replace(old, new)) if f.rule == rule]
    assert any(f.verdict == "contradicted" for f in changed), [(f.verdict, f.arithmetic) for f in changed]


def test_a_number_needed_has_no_parts_in_another_paragraph() -> None:
    assert [f for f in findings(APART) if f.rule == "number_needed"] == []
    assert [f for f in findings(APART.replace("\n\n", " ")) if f.rule == "number_needed"] != []


def test_limits_that_only_rounding_puts_round_an_estimate() -> None:
    (one,) = (f for f in findings("The hazard ratio was 0.85 (95% CI, 0.85 to 0.92).") if f.rule == "interval_contains")
    assert (one.verdict, "rounding" in one.arithmetic) == ("consistent", False)
    (one,) = (f for f in findings("The hazard ratio was 0.85 (95% CI, 0.86 to 0.92).") if f.rule == "interval_contains")
    assert (one.verdict, "rounding" in one.arithmetic) == ("consistent", True)
