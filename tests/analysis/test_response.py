"""Response on sets small enough to solve by hand, and contrasts against frozen results of R."""

from __future__ import annotations

import polars as pl
import pytest

from equipoise.analysis.response import outcomes, response_rows
from equipoise.analysis.response_duration import duration_rows
from equipoise.protocol.loading import loads_protocol
from equipoise.results import Results

TRIAL = """
equipoise: 1
trial: {{id: T, title: A trial}}
time: {{unit: months, data_unit: days}}
arms:
  new: {{label: New, role: experimental}}
  old: {{label: Old, role: control}}{third}
factors:
  site: {{label: Site, column: SITE, levels: [A, B, C]}}
populations:
  itt: {{arm: planned}}
endpoints:
  pfs: {{kind: time_to_event, label: PFS, source: {{table: ADTTE, PARAMCD: PFS}}}}
  dor: {{kind: time_to_event, label: Duration, source: {{table: ADTTE, PARAMCD: DOR}}}}
  orr:
    kind: response
    label: Response
    source: {{table: ADRS, PARAMCD: BOR}}
    denominator: itt
    disease_control: [CR, PR, SD]
    clinical_benefit: {{stable: [SD], minimum: {{value: 24, unit: weeks}}, measured_by: pfs}}
    duration: dor
analysis:
  orr_main: {{endpoint: orr, population: itt{options}}}
"""


def declare(*, third: bool = False, options: str = ""):
    arm = "\n  mid: {label: Middle, role: experimental}" if third else ""
    return loads_protocol(TRIAL.format(third=arm, options=options))


def subjects_of(*groups: tuple[int, str, int], site: str = "A") -> pl.DataFrame:
    """(arm, response, how many) as one row a subject."""
    rows = [(arm, response) for arm, response, count in groups for _ in range(count)]
    return pl.DataFrame(
        {
            "USUBJID": [f"S{i:03d}" for i in range(len(rows))],
            "arm": [arm for arm, _ in rows],
            "response": [response for _, response in rows],
            "site": [site] * len(rows),
        }
    )


NO_TIMES = pl.DataFrame(
    {"USUBJID": [], "time": [], "status": []}, schema={"USUBJID": pl.String, "time": pl.Float64, "status": pl.Int8}
)


@pytest.fixture
def results(rules):
    """Rows of a response analysis, held against the rules of rows."""

    def run(protocol, frame, times=NO_TIMES) -> Results:
        found = Results.of(response_rows(protocol, "orr_main", frame, times))
        rules(protocol, found)
        return found

    return run


def test_published_example_of_two_proportions(results):
    # 56/70 against 48/80: Newcombe (1998), Stat Med 17:873, table II, case (a): methods 10 (0.0524, 0.3339) and
    # Miettinen-Nurminen, method 6 (0.0528, 0.3382).
    found = results(declare(), subjects_of((0, "CR", 20), (0, "PR", 36), (0, "PD", 14), (1, "PR", 48), (1, "SD", 32)))
    for interval, limits in (("miettinen_nurminen.95", (0.0528, 0.3382)), ("newcombe.95", (0.0524, 0.3339))):
        row = found.one(statistic="risk_difference", groups={"response": "objective"}, interval=interval)
        assert row.value == pytest.approx(0.2, abs=1e-12)
        assert (round(row.lower, 4), round(row.upper, 4)) == limits
        assert (row.key.arm, row.key.versus, row.n, row.events) == ("new", "old", 150, 104)
    needed = found.one(statistic="number_needed", groups={"response": "objective"})
    assert needed.value == pytest.approx(5.0, abs=1e-9)
    assert needed.lower == pytest.approx(1 / 0.3382, abs=1e-3)


def test_not_evaluable_and_missing_stay_in_the_denominator_as_non_responders(results):
    found = results(declare(), subjects_of((0, "CR", 1), (0, "PR", 2), (0, "NE", 3), (0, "MISSING", 4), (1, "PD", 5)))
    rate = found.one(statistic="response_rate", arm="new", interval="clopper_pearson.95")
    assert (rate.events, rate.denominator, rate.value) == (3, 10.0, 0.3)
    control = found.one(statistic="disease_control_rate", arm="new", interval="wilson.95")
    assert (control.events, control.denominator) == (3, 10.0)
    best = {row.key.group("response"): row.value for row in found.select(statistic="best_response", arm="new")}
    assert best == {"CR": 1, "PR": 2, "SD": 0, "NON-CR/NON-PD": 0, "PD": 0, "NE": 3, "NA": 0, "MISSING": 4}
    assert sum(best.values()) == found.one(statistic="subjects", arm="new", groups=()).value


def test_rates_have_both_intervals(results):
    # R 4.2.2: binom.test(3, 10)$conf.int; prop.test(3, 10, correct = FALSE)$conf.int
    found = results(declare(), subjects_of((0, "PR", 3), (0, "PD", 7), (1, "PR", 1)))
    exact = found.one(statistic="response_rate", arm="new", interval="clopper_pearson.95")
    score = found.one(statistic="response_rate", arm="new", interval="wilson.95")
    assert (exact.lower, exact.upper) == pytest.approx((0.06673951, 0.65245285), abs=1e-8)
    assert (score.lower, score.upper) == pytest.approx((0.10779127, 0.60322185), abs=1e-8)


def test_zero_responders_in_an_arm(results):
    found = results(declare(), subjects_of((0, "PR", 4), (0, "PD", 6), (1, "PD", 10)))
    zero = found.one(statistic="response_rate", arm="old", interval="clopper_pearson.95")
    assert (zero.value, zero.lower) == (0.0, 0.0)
    assert zero.upper == pytest.approx(1 - 0.025 ** (1 / 10), rel=1e-12)  # closed form at x = 0
    ratio = found.one(statistic="odds_ratio", groups={"response": "objective"}, interval="wald.95")
    assert ratio.value is None
    assert "not finite" in ratio.why("value")
    assert ratio.why("lower")
    assert found.one(statistic="risk_difference", groups={"response": "objective"}, interval="newcombe.95").value == 0.4


def test_empty_arm_gives_reasons_not_numbers(results):
    found = results(declare(), subjects_of((0, "PR", 4), (0, "PD", 6)))
    rate = found.one(statistic="response_rate", arm="old", interval="wilson.95")
    assert rate.value is None
    assert rate.why("value") == "no subjects"
    z = found.one(statistic="z", groups={"response": "objective"})
    assert z.value is None
    assert "both arms" in z.why()
    assert all(row.value is not None or row.text or row.why("value") for row in found)


def test_everybody_responds_or_nobody_does(results):
    for response in ("CR", "PD"):
        found = results(declare(), subjects_of((0, response, 5), (1, response, 5)))
        p = found.one(statistic="p_value", groups={"response": "objective"}, method="cochran_mantel_haenszel.two_sided")
        assert p.value is None
        assert p.why("value")
        assert p.sides == 2


@pytest.mark.parametrize(
    ("response", "time", "benefit"),
    [
        ("SD", 168.0, True),  # 24 weeks exactly
        ("SD", 167.999, False),
        ("SD", 400.0, True),
        ("SD", None, False),  # no record of PFS
        ("PR", 10.0, True),  # a responder needs no minimum
        ("PD", 400.0, False),
        ("NE", 400.0, False),
        ("MISSING", 400.0, False),
        ("NON-CR/NON-PD", 400.0, False),  # not declared stable
    ],
)
def test_clinical_benefit_needs_the_minimum(response, time, benefit):
    protocol = declare()
    frame = subjects_of((0, response, 1))
    times = pl.DataFrame({"USUBJID": ["S000"], "time": [time], "status": [1]}, schema=NO_TIMES.schema)
    if time is None:
        times = NO_TIMES
    *_, last = outcomes(protocol, protocol.endpoints["orr"], frame, times)
    assert last.name == "clinical_benefit"
    assert last.hit.tolist() == [benefit]
    assert ("without a record of pfs" in last.definition) is (response == "SD" and time is None)


def test_minimum_is_compared_in_the_unit_of_the_data():
    protocol = declare()
    endpoint = protocol.endpoints["orr"]
    benefit = endpoint.clinical_benefit.model_copy(
        update={"minimum": endpoint.clinical_benefit.minimum.model_copy(update={"value": 6.0, "unit": "months"})}
    )
    endpoint = endpoint.model_copy(update={"clinical_benefit": benefit})
    frame = subjects_of((0, "SD", 3))
    times = pl.DataFrame({"USUBJID": ["S000", "S001", "S002"], "time": [182.0, 182.625, 183.0], "status": [0, 0, 1]})
    *_, last = outcomes(protocol, endpoint, frame, times)
    assert last.hit.tolist() == [False, True, True]


def test_cmh_over_strata_against_r(results):
    # tests/reference/response_cmh.R
    frame = pl.concat(
        [
            subjects_of((0, "CR", 10), (0, "PD", 10), (1, "PR", 5), (1, "SD", 15), site="A"),
            subjects_of((0, "PR", 8), (0, "NE", 7), (1, "PR", 6), (1, "MISSING", 12), site="B"),
        ]
    ).with_columns(pl.int_range(pl.len()).cast(pl.String).alias("USUBJID"))
    protocol = declare(options=", test: {kind: cochran_mantel_haenszel, strata: [site]}")
    found = results(protocol, frame)
    objective = {"response": "objective"}
    method = "cochran_mantel_haenszel.stratified"
    assert found.one(statistic="chi_square", groups=objective, method=method).value == pytest.approx(
        3.832090415591351, rel=1e-12
    )
    two = found.one(statistic="p_value", groups=objective, method=f"{method}.two_sided")
    one = found.one(statistic="p_value", groups=objective, method=f"{method}.one_sided")
    assert two.value == pytest.approx(0.05028018717086243, rel=1e-10)
    assert one.value == pytest.approx(two.value / 2, rel=1e-10)  # more responders in the experimental arm
    assert (two.multiplicity, one.sides, two.sides) == ("nominal", 1, 2)
    assert found.one(statistic="z", groups=objective).value > 0
    common = found.one(statistic="odds_ratio", groups=objective, interval="mantel_haenszel.95")
    assert (common.value, common.lower, common.upper) == pytest.approx(
        (2.63963963963964, 1.001103949519591, 6.960013923130103), rel=1e-10
    )
    # A stratum with one arm says nothing.
    alone = subjects_of((0, "CR", 3), (0, "PD", 2), site="C").with_columns(
        pl.lit("X").alias("USUBJID") + pl.col("USUBJID")
    )
    more = results(protocol, pl.concat([frame, alone]))
    assert more.one(statistic="z", groups=objective).value == found.one(statistic="z", groups=objective).value


def test_cmh_without_strata_and_its_direction(results):
    groups = (0, "CR", 18), (0, "PD", 17), (1, "PR", 11), (1, "SD", 27)
    found = results(declare(), subjects_of(*groups))
    row = found.one(statistic="chi_square", groups={"response": "objective"}, method="cochran_mantel_haenszel")
    assert row.value == pytest.approx(3.792910175124332, rel=1e-12)
    assert row.df == 1
    swapped = results(declare(), subjects_of(*((1 - arm, response, n) for arm, response, n in groups)))
    assert swapped.one(statistic="z", groups={"response": "objective"}).value == pytest.approx(
        -(row.value**0.5), rel=1e-12
    )


def test_three_arms_have_pairwise_rows_and_one_for_all(results):
    frame = pl.concat(
        [
            subjects_of(
                (0, "CR", 18), (0, "PD", 17), (1, "PR", 11), (1, "SD", 27), (2, "PR", 9), (2, "PD", 11), site="A"
            ),
            subjects_of((0, "CR", 7), (0, "PD", 7), (1, "PR", 4), (1, "SD", 8), (2, "PR", 6), (2, "PD", 9), site="B"),
        ]
    ).with_columns(pl.int_range(pl.len()).cast(pl.String).alias("USUBJID"))
    found = results(declare(third=True, options=", test: {kind: cochran_mantel_haenszel, strata: [site]}"), frame)
    overall = found.one(statistic="chi_square", arm="", groups={"response": "objective"})
    assert (overall.value, overall.df) == (pytest.approx(4.518584298026925, rel=1e-10), 2.0)
    p = found.one(statistic="p_value", arm="", groups={"response": "objective"})
    assert p.value == pytest.approx(0.1044243754970765, rel=1e-10)
    assert {(row.key.arm, row.key.versus) for row in found.select(statistic="odds_ratio")} == {
        ("new", "old"),
        ("mid", "old"),
    }
    # A pairwise contrast knows nothing of the third arm.
    pair = results(
        declare(options=", test: {kind: cochran_mantel_haenszel, strata: [site]}"), frame.filter(pl.col("arm") < 2)
    )
    wanted = {"statistic": "z", "arm": "new", "groups": {"response": "objective"}}
    assert found.one(**wanted).value == pair.one(**wanted).value


def test_subgroups_by_declared_level(results):
    frame = pl.concat(
        [
            subjects_of((0, "CR", 3), (0, "PD", 2), (1, "PR", 1), (1, "SD", 4), site="A"),
            subjects_of((0, "PR", 2), (1, "NE", 2), site="B"),
        ]
    ).with_columns(pl.int_range(pl.len()).cast(pl.String).alias("USUBJID"))
    found = results(declare(options=", subgroups: [site]"), frame)
    rows = found.select(statistic="risk_difference", groups={"factor": "site"})
    assert [(row.key.group("level"), row.value) for row in rows] == [("A", pytest.approx(0.4)), ("B", 1.0), ("C", None)]
    assert rows[2].why("value") == "an arm has no subjects"
    assert found.one(statistic="responders", arm="new", groups={"level": "A"}).value == 3
    # Selecting a contrast by its response must not find the subgroups.
    assert found.one(statistic="risk_difference", groups={"response": "objective"}, interval="newcombe.95")


def test_duration_among_responders_only(rules):
    frame = subjects_of((0, "CR", 2), (0, "PR", 3), (0, "SD", 1), (1, "PD", 2))
    times = pl.DataFrame(
        {
            # S000-S004 respond; S004 has no record; S005 is stable and must not count.
            "USUBJID": ["S000", "S001", "S002", "S003", "S005"],
            "time": [100.0, 200.0, 200.0, 400.0, 1.0],
            "status": [1, 1, 0, 0, 1],
        }
    )
    found = Results.of(duration_rows(declare(), "orr_main", frame, times))
    rules(declare(), found)
    assert found.one(statistic="subjects", arm="new", groups={"duration": "missing"}).value == 1
    events = found.one(statistic="duration_events", arm="new")
    assert (events.value, events.n) == (2, 4)
    # S: 3/4 after 100, 3/4 * 2/3 = 1/2 after 200, where it stays: R's rule gives 200 (no later event).
    median = found.one(statistic="duration_median", arm="new")
    assert (median.value, median.unit) == (200.0, "days")
    assert median.why("upper") == "not_reached"
    half_year = found.one(statistic="duration_survival", arm="new", time=6.0)  # 182.625 days
    assert (half_year.value, half_year.n) == (0.75, 3)
    curve = found.curves_of("duration_of_response")[0]
    assert (curve.x[0], curve.y[0]) == (0.0, 1.0)
    assert curve.y.tolist() == [1.0, 0.75, 0.5, 0.5]
    assert curve.n_censor.tolist() == [0, 0, 1, 1]
    assert not [row for row in found if row.key.statistic in ("p_value", "z") or row.key.versus]
    nobody = found.one(statistic="duration_median", arm="old")
    assert nobody.value is None
    assert "no responders" in nobody.why()
