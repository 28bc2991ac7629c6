"""Whole short texts of our own: claims as the grammar finds them, with arm, endpoint and what else tells them apart."""

from __future__ import annotations

import pytest

from equipoise.evidence.claims import extract
from equipoise.evidence.document import Document
from equipoise.evidence.model import Claim, Reading

ABSTRACT = """
METHODS
We randomly assigned 6263 patients to receive dapagliflozin (at a dose of 10 mg once daily) or matching placebo. The
primary outcome was a composite of worsening heart failure or cardiovascular death.

RESULTS
Over a median of 2.3 years, the primary outcome occurred in 512 of 3131 patients (16.4%) in the dapagliflozin group
and in 610 of 3132 patients (19.5%) in the placebo group (hazard ratio, 0.82; 95% CI, 0.73 to 0.92; P<0.001).
Cardiovascular death occurred in 231 patients (7.4%) and 261 patients (8.3%), respectively (hazard ratio, 0.88; 95%
CI, 0.74 to 1.05).
"""
THREE = """
28-day mortality was 30% for the fixed-dose hydrocortisone group, 26% for the shock-dependent group, and 33% for the
no hydrocortisone group. The odds ratio for hospital survival was 1.43 (95% credible interval, 0.91-2.27) for
fixed-dose hydrocortisone compared with no hydrocortisone and 1.22 (95% credible interval, 0.76-1.94) for
shock-dependent dosing compared with no hydrocortisone.
"""
COMBINATION = """
At the interim analysis nivolumab plus relatlimab had a median progression-free survival of 10.1 months (95% CI, 6.4
to 15.7) compared with 4.6 months (95% CI, 3.4 to 5.6) for nivolumab alone; the hazard ratio was 0.75 (95% CI, 0.62
to 0.92). Grade 3 or 4 treatment-related adverse events hit 18.9% of the combination group and 9.7% of the
monotherapy group. In the updated analysis the HR for PFS was 0.78 (0.64-0.94).
"""
WITHOUT = """
Women who had surgery alone did as well as those who also had radiotherapy: at ten years 80.8% of the
no-radiotherapy group and 80.7% of the radiotherapy group were alive.
"""
DOSES = """
The drug came in three strengths: 10 mg (n=222), 30 mg (n=230) and 60 mg (n=235); 223 took placebo. Relief came to
55.6%, 58.7% and 60.8% on 10 mg, 30 mg and 60 mg, compared with 29.0% on placebo.
"""
SWAPPED = """
Of 1,202 women randomised to early or delayed cord clamping, 1,150 were analysed. Severe haemorrhage was less common
after delayed clamping (4.1% v 6.3%). Mortality was 6.4% in the delayed group and 9.0% in the early group.
"""
NEWS = """
Sotorasib improved PFS over docetaxel (median 5.6 v 4.5 months; HR 0.66, 95% CI 0.51-0.86; p=0.0017). OS did not
differ (HR 1.01, 95% CI 0.77-1.33). Fewer grade 3 or worse treatment-related adverse events were seen with sotorasib
than with docetaxel (33.1% v 40.4%).
"""


def reading(text: str) -> Reading:
    return extract(Document("test", text))


def find(text: str, start: str) -> Claim:
    """The claim whose value is printed so."""
    found = [c for c in reading(text) if c.value is not None and c.value.text == start]
    assert found, start
    return found[0]


@pytest.mark.parametrize(
    ("text", "printed", "arm", "endpoint"),
    [
        (ABSTRACT, "16.4", "dapagliflozin", "primary_endpoint"),
        (ABSTRACT, "19.5", "placebo", "primary_endpoint"),
        (ABSTRACT, "0.82", "dapagliflozin vs placebo", "primary_endpoint"),
        (ABSTRACT, "7.4", "dapagliflozin", "cardiovascular_death"),
        (ABSTRACT, "8.3", "placebo", "cardiovascular_death"),
        (ABSTRACT, "0.88", "dapagliflozin vs placebo", "cardiovascular_death"),
        (THREE, "30", "fixed_dose_hydrocortisone", "death"),
        (THREE, "26", "shock_dependent_dosing", "death"),
        (THREE, "33", "no_hydrocortisone", "death"),
        (THREE, "1.43", "fixed_dose_hydrocortisone vs no_hydrocortisone", "overall_survival"),
        (THREE, "1.22", "shock_dependent_dosing vs no_hydrocortisone", "overall_survival"),
        (COMBINATION, "10.1", "nivolumab_plus_relatlimab", "progression_free_survival"),
        (COMBINATION, "4.6", "nivolumab_alone", "progression_free_survival"),
        (COMBINATION, "18.9", "nivolumab_plus_relatlimab", "treatment_related_adverse_events"),
        (COMBINATION, "9.7", "nivolumab_alone", "treatment_related_adverse_events"),
        (WITHOUT, "80.8", "no_radiotherapy", "overall_survival"),
        (WITHOUT, "80.7", "radiotherapy", "overall_survival"),
        (DOSES, "58.7", "30_mg", None),
        (DOSES, "29.0", "placebo", None),
        (SWAPPED, "4.1", "delayed_cord_clamping", "bleeding"),
        (SWAPPED, "6.3", "early", "bleeding"),
        (SWAPPED, "6.4", "delayed_cord_clamping", "death"),
        (NEWS, "5.6", "sotorasib", "progression_free_survival"),
        (NEWS, "1.01", "sotorasib vs docetaxel", "overall_survival"),
        (NEWS, "40.4", "docetaxel", "treatment_related_adverse_events"),
    ],
)
def test_arm_and_endpoint(text: str, printed: str, arm: str, endpoint: str | None) -> None:
    claim = find(text, printed)
    assert (f"{claim.arm} vs {claim.versus}" if claim.versus else claim.arm) == arm
    if endpoint is not None:
        assert claim.endpoint == endpoint


def test_headings_are_no_studies() -> None:
    assert {claim.source for claim in reading(ABSTRACT)} == {""}


def test_two_analyses_are_told_apart() -> None:
    sources = {find(COMBINATION, printed).source for printed in ("0.75", "0.78")}
    assert len(sources) == 2


def test_grades() -> None:
    assert [find(NEWS, printed).grade for printed in ("33.1", "40.4")] == ["3+", "3+"]


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n", "No trial here, and no numbers either.", "12", "<b>", "|||\n|||", "(" * 99]
)
def test_texts_without_claims(text: str) -> None:
    assert reading(text).arms == ()
