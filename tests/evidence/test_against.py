"""Claims against rows: confirmed, contradicted with both values, or not held; at printed precision, in any unit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from equipoise.evidence.against import compare
from equipoise.evidence.document import Document, Marked
from equipoise.evidence.facts.numbers import number_of
from equipoise.evidence.facts.read import loads_facts, statistics_of
from equipoise.evidence.model import Claim, Interval, Lexicon, Number, PValue, Reading
from equipoise.evidence.naming import lexicon_of_facts
from equipoise.results import Key, Results, Statistic

LEXICON = Lexicon(
    arms={"drug": ("Drug A", "drug"), "usual": ("Usual care", "control")},
    roles={"drug": "experimental", "usual": "control"},
    endpoints={"pfs": ("progression-free survival", "PFS"), "os": ("overall survival", "OS"),
               "orr": ("objective response",), "ae": ("adverse events",)},
    populations={"itt": ("ITT",), "safety": ("safety population",)},
    unit="months",
    kinds={"pfs": "time_to_event", "os": "time_to_event", "orr": "response", "ae": "adverse_events"},
)  # fmt: skip
MONTH = 30.4375


def row(statistic, value=None, **fields):
    names = set(Key.__dataclass_fields__)
    key = {name: content for name, content in fields.items() if name in names}
    rest = {name: content for name, content in fields.items() if name not in names}
    return Statistic(key=Key(statistic=statistic, **key), value=value, **rest)


PFS = {"analysis": "pfs_main", "endpoint": "pfs", "population": "itt"}
PAIR = {"arm": "drug", "versus": "usual"}
LIMITS = {"conf_level": 0.95, "interval": "wald.95"}
ROWS = Results((
    row("subjects", 300, analysis="disposition", groups=(("flow", "randomized"),)),
    row("subjects", 151, analysis="disposition", arm="drug", groups=(("flow", "randomized"),)),
    row("subjects", 149, analysis="disposition", arm="usual", groups=(("flow", "randomized"),)),
    row("subjects", 147, analysis="disposition", arm="drug", groups=(("flow", "analyzed"), ("population", "safety"))),
    row("follow_up_median", 53.5 * MONTH, analysis="follow_up", unit="days", endpoint="os", population="itt"),
    row("events", 90, arm="drug", n=151, **PFS),
    row("events", 101, arm="usual", n=149, **PFS),
    row("median", 44.312 * MONTH, arm="drug", unit="days", lower=32.4 * MONTH, upper=56.84 * MONTH, **LIMITS, **PFS),
    row("median", 29.07 * MONTH, arm="usual", unit="days", lower=23.3 * MONTH, missing=(("upper", "not_reached"),),
        **LIMITS, **PFS),
    row("survival", 0.4651, arm="drug", time=48.0, lower=0.381, upper=0.545, **LIMITS, **PFS),
    row("survival", 0.3834, arm="usual", time=48.0, lower=0.301, upper=0.465, **LIMITS, **PFS),
    row("survival_difference", -0.0817, time=48.0, **PAIR, **PFS),
    row("hazard_ratio", 0.75321, method="cox.efron.stratified", lower=0.5912, upper=0.9597, **LIMITS, **PAIR, **PFS),
    row("hazard_reduction", 0.24679, method="cox.efron.stratified", lower=0.0403, upper=0.4088, **PAIR, **PFS),
    row("p_value", 0.0214, sides=2, method="log_rank.stratified.two_sided", **PAIR, **PFS),
    row("p_value", 0.0107, sides=1, method="log_rank.stratified.one_sided", **PAIR, **PFS),
    row("hazard_ratio", 0.7712, method="cox.efron", lower=0.6099, upper=0.9751, **LIMITS, **PAIR, **PFS),
    row("p_value", 0.0301, sides=2, method="log_rank.two_sided", **PAIR, **PFS),
    row("hazard_ratio", 0.61, groups=(("factor", "sex"), ("level", "Female")), method="cox.efron", **PAIR, **PFS),
    row("median", arm="drug", analysis="os_main", endpoint="os", population="itt", unit="days",
        missing=(("value", "not_reached"), ("lower", "not_reached"), ("upper", "not_reached"))),
    row("median", 70 * MONTH, arm="usual", analysis="os_main", endpoint="os", population="itt", unit="days"),
    row("hazard_ratio", 0.86, analysis="os_main", endpoint="os", population="itt", lower=0.61, upper=1.23, **LIMITS,
        **PAIR),
    row("response_rate", 50 / 151, arm="drug", analysis="orr_main", endpoint="orr", population="itt", events=50,
        denominator=151, lower=0.2568, upper=0.4122, conf_level=0.95, interval="clopper_pearson.95"),
    row("response_rate", 50 / 151, arm="drug", analysis="orr_main", endpoint="orr", population="itt", events=50,
        denominator=151, lower=0.2610, upper=0.4095, conf_level=0.95, interval="wilson.95"),
    row("ae_proportion", 120 / 147, arm="drug", analysis="safety", endpoint="ae", population="safety", events=120,
        denominator=147, groups=(("category", "grade_3_plus"),)),
    row("ae_proportion", 81 / 147, arm="drug", analysis="safety", endpoint="ae", population="safety", events=81,
        denominator=147, groups=(("soc", "Blood"), ("term", "Neutropenia"), ("grade", "3+"))),
    row("ae_proportion", 40 / 147, arm="usual", analysis="safety", endpoint="ae", population="safety", events=40,
        denominator=147, groups=(("category", "grade_3_plus"),)),
    row("baseline_median", 61.2, arm="", analysis="baseline", population="itt", groups=(("factor", "age"),)),
))  # fmt: skip


def number(text, start=0):
    if text is None:
        return None
    found = number_of(text)
    return replace(found, text=text.lstrip("<>"), start=start, end=start + len(text) if start else 0)


def claim(measure, value=None, limits=(), p=None, sides=None, level=0.95, **fields):
    given = {"id": "c1", "start": 0, "end": 1, "quote": "1", "kind": "other", "value": number(value)} | fields
    for name in ("count", "denominator", "time"):
        if name in given:
            given[name] = number(str(given[name]))
    interval = Interval(number(limits[0]), number(limits[1]), level) if limits else None
    return Claim(measure=measure, interval=interval, p=PValue(number(p), sides) if p else None, **given)


def found(*claims, results=ROWS, lexicon=LEXICON, text="", marks=()):
    reading = Reading(Document("a.html", text, marks=marks), tuple(claims))
    return compare(reading, results, lexicon, name="results")


def only(one, **more):
    findings = found(one, **more)
    assert len(findings) == 1, findings
    return findings[0]


HR = {"endpoint": "pfs", **PAIR}
MEDIAN = {"unit": "months", "endpoint": "pfs", "arm": "drug"}
RATE = {"unit": "%", "endpoint": "pfs", "arm": "drug", "time": 48, "time_unit": "months"}


@pytest.mark.parametrize(
    ("stated", "identifier"),
    [
        (claim("sample_size", "300", of="randomized"), "disposition.subjects.flow-randomized"),
        (claim("arm_size", "151", arm="drug"), "disposition.subjects.drug.flow-randomized"),
        (claim("arm_size", "147", arm="drug", population="safety"), "flow-analyzed.population-safety"),
        (claim("follow_up", "53.5", unit="months"), "follow_up.follow_up_median"),
        (claim("follow_up", "4.5", unit="years"), "follow_up.follow_up_median"),
        (claim("median", "44.3", ("32.4", "56.8"), **MEDIAN), "pfs_main.median.drug"),
        (claim("median", "3.7", **(MEDIAN | {"unit": "years"})), "pfs_main.median.drug"),
        (claim("median", "192.7", **(MEDIAN | {"unit": "weeks"})), "pfs_main.median.drug"),
        (claim("median", "29.1", ("23.3", None), **(MEDIAN | {"arm": "usual"})), "pfs_main.median.usual"),
        (claim("median", missing="not_reached", endpoint="os", arm="drug"), "os_main.median.drug"),
        (claim("rate", "46.5", ("38.1", "54.5"), **RATE), "pfs_main.survival.drug.t48"),
        (claim("rate", "47", **RATE), "pfs_main.survival.drug.t48"),
        (claim("rate", "46.5", **(RATE | {"time": 4, "time_unit": "years"})), "pfs_main.survival.drug.t48"),
        (claim("rate", "53.5", **RATE), "pfs_main.survival.drug.t48"),  # who had an event by then
        (claim("proportion", "59.6", unit="%", count=90, denominator=151, endpoint="pfs", arm="drug"),
         "pfs_main.events.drug"),
        (claim("events", "101", endpoint="pfs", arm="usual"), "pfs_main.events.usual"),
        (claim("risk_difference", "-8.2", unit="percentage points", endpoint="pfs", time=48, time_unit="months"),
         "survival_difference"),
        (claim("risk_difference", "8.2", unit="percentage points", endpoint="pfs", time=48, time_unit="months"),
         "survival_difference"),
        (claim("hazard_ratio", "0.75", ("0.59", "0.96"), **HR), "cox.efron.stratified"),
        (claim("hazard_ratio", "1.33", ("1.04", "1.69"), endpoint="pfs", arm="usual", versus="drug"),
         "cox.efron.stratified"),
        (claim("hazard_ratio", "0.8", endpoint="pfs"), "cox.efron.stratified"),
        (claim("hazard_ratio", "0.61", population="female", **HR), "factor-sex.level-Female"),
        (claim("risk_reduction", "25", ("4", "41"), unit="%", **HR), "hazard_reduction"),
        (claim("risk_reduction", "14", unit="%", endpoint="death"), "os_main.hazard_ratio"),
        (claim("p_value", "0.02", p="0.02", endpoint="pfs"), "log_rank.stratified.two_sided"),
        (claim("p_value", "0.05", p="<0.05", endpoint="pfs"), "log_rank.stratified.two_sided"),
        (claim("p_value", "0.011", p="0.011", sides=1, endpoint="pfs"), "log_rank.stratified.one_sided"),
        (claim("proportion", "33.1", ("25.7", "41.2"), unit="%", endpoint="orr", arm="drug", count=50, denominator=151),
         "clopper_pearson"),
        (claim("adverse_event_rate", "81.6", unit="%", arm="drug", grade="3+"), "category-grade_3_plus"),
        (claim("adverse_event_rate", "55", unit="%", arm="drug", grade="3+", term="neutropenia"), "term-Neutropenia"),
        (claim("age", "61", unit="years"), "baseline_median"),
    ],
)  # fmt: skip
def test_what_the_results_confirm(stated, identifier):
    finding = only(stated)
    assert finding.verdict == "consistent", finding
    assert identifier in finding.arithmetic
    assert (finding.rule, finding.claims) == ("results", ("c1",))


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        (claim("arm_size", "150", arm="drug"), "151"),
        (claim("arm_size", "149", arm="drug"), "That is the value of usual"),
        (claim("sample_size", "301", of="randomized"), "300"),
        (claim("follow_up", "54.5", unit="months"), "53.5"),
        (claim("median", "44.3", **(MEDIAN | {"unit": "weeks"})), "The number is right in months"),
        (claim("median", "29.1", **MEDIAN), "That is the value of usual"),
        (claim("median", "44.4", **MEDIAN), "44.3"),
        (claim("median", "44.3", ("32.4", "58.6"), **MEDIAN), "upper limit 58.6"),
        (claim("median", "29.1", ("23.3", "40.1"), **(MEDIAN | {"arm": "usual"})), "upper limit 40.1"),
        (claim("median", "60.1", endpoint="os", arm="drug", unit="months"), "NR"),
        (claim("median", missing="not_reached", endpoint="pfs", arm="drug"), "44.3"),
        (claim("rate", "56.4", **RATE), "46.5"),
        (claim("rate", "38.3", **RATE), "That is the value of usual"),
        (claim("rate", "46.5", **(RATE | {"time": 36})), "at 48 months"),
        (claim("proportion", "59.6", unit="%", count=91, denominator=151, endpoint="pfs", arm="drug"), "count 91"),
        (claim("proportion", "59.6", unit="%", count=90, denominator=152, endpoint="pfs", arm="drug"), "denominator"),
        (claim("hazard_ratio", "0.65", ("0.59", "0.96"), **HR), "0.75"),
        (claim("hazard_ratio", "0.86", ("0.61", "1.23"), **HR), "That is the value of os"),
        (claim("hazard_ratio", "0.75", ("0.59", "0.96"), level=0.90, **HR), "level 90%"),
        (claim("hazard_ratio", "0.70", ("0.50", "0.90"), endpoint="pfs", arm="usual", versus="drug"), "1.327651"),
        (claim("hazard_ratio", "0.75", ("0.59", "0.96"), population="female", **HR), "in itt, not in female"),
        (claim("risk_reduction", "35", unit="%", **HR), "24.7"),
        (claim("p_value", "0.002", p="0.002", endpoint="pfs"), "0.02"),
        (claim("p_value", "0.01", p="<0.01", sides=2, endpoint="pfs"), "0.02"),
        (claim("proportion", "43.1", unit="%", endpoint="orr", arm="drug"), "33.1"),
        (claim("adverse_event_rate", "71.6", unit="%", arm="drug", grade="3+"), "81.6"),
        (claim("risk_difference", "10.2", unit="percentage points", endpoint="pfs", time=48), "8.2"),
    ],
)  # fmt: skip
def test_what_the_results_contradict(stated, said):
    finding = only(stated)
    assert finding.verdict == "contradicted", finding
    assert said in f"{finding.sentence} {finding.expected}"
    assert "differs" in finding.arithmetic or "48 months" in finding.sentence


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        (claim("hazard_ratio", "0.77", ("0.61", "0.98"), **HR), "cox.efron, not cox.efron.stratified"),
        (claim("proportion", "33.1", ("26.1", "41.0"), unit="%", endpoint="orr", arm="drug"),
         "wilson.95, not clopper_pearson.95"),
        (claim("p_value", "0.03", p="0.03", endpoint="pfs"), "log_rank.two_sided, not"),
        (claim("p_value", "0.011", p="0.011", endpoint="pfs"), "one-sided test"),
        (claim("hazard_ratio", "0.75", ("0.59", "0.96"), endpoint="pfs", arm="usual", versus="drug"), "the reverse"),
    ],
)  # fmt: skip
def test_what_is_a_remark(stated, said):
    finding = only(stated)
    assert finding.verdict == "remark", finding
    assert said in finding.sentence


def test_a_number_of_another_method_that_the_text_names():
    stated = claim("hazard_ratio", "0.77", ("0.61", "0.98"), method=("unstratified",), **HR)
    assert only(stated).verdict == "consistent"


def test_what_fits_only_after_rounding_twice_is_a_remark():
    results = Results((row("hazard_ratio", 0.7549, endpoint="os", **PAIR), row("subjects", 1)))
    stated = claim("hazard_ratio", "0.76", endpoint="os", **PAIR)  # 0.7549 goes by 0.755 to 0.76
    assert only(stated, results=results).verdict == "remark"
    results = Results((row("p_value", 0.0079, sides=2, endpoint="os", **PAIR),))
    finding = only(claim("p_value", "0.007", p="0.007", endpoint="os"), results=results)
    assert (finding.verdict, "cut off" in finding.sentence) == ("remark", True)


@pytest.mark.parametrize(
    "stated",
    [
        claim("median", "17.3", unit="months", arm="drug"),  # of which endpoint?
        claim("median", "17.3", unit="months", endpoint="pfs"),  # of which arm?
        claim("rate", "17.3", unit="%", endpoint="pfs", arm="drug"),  # at what time?
        claim("sample_size", "77"),  # of whom?
        claim("odds_ratio", "2.3", endpoint="orr"),  # not computed
        claim("adverse_event_rate", "17", unit="%", arm="drug", term="nausea"),
        claim("rate", "61.3", **(RATE | {"time": 12})),
        claim("hazard_ratio", "0.5", ("0.3", "0.7"), level=0.95, endpoint="distant_recurrence", **PAIR),
    ],
)
def test_what_cannot_be_told(stated):
    assert only(stated).verdict == "unverifiable"


def test_what_no_results_hold_gets_no_finding():
    assert found(claim("date", date="2024-10-15"), claim("hazard_ratio", "0.7", method=("planned",), **HR)) == ()


def test_numbers_of_another_trial_are_left_alone():
    own = claim("hazard_ratio", "0.75", source="this_trial", **HR)
    other = replace(claim("hazard_ratio", "0.55", source="other_trial", **HR), id="c2")
    again = replace(own, id="c3")
    assert [finding.claims for finding in found(own, other, again)] == [("c1",), ("c3",)]
    lexicon = replace(LEXICON, trial="Other trial")
    assert [finding.claims for finding in found(own, other, again, lexicon=lexicon)] == [("c2",)]


def test_value_and_p_are_compared_each():
    stated = claim("hazard_ratio", "0.75", ("0.59", "0.96"), "0.03", **HR)
    assert [finding.verdict for finding in found(stated)] == ["consistent", "remark"]
    stated = claim("hazard_ratio", "0.75", ("0.59", "0.96"), "0.2", **HR)
    assert [finding.verdict for finding in found(stated)] == ["consistent", "contradicted"]


def test_two_of_three_numbers_tell_what_is_meant():
    stated = claim("hazard_ratio", "0.68", ("0.59", "0.96"))  # no endpoint, no arms
    finding = only(stated)
    assert (finding.verdict, finding.expected) == ("contradicted", "0.75")


FACTS = """
equipoise_facts: 1
trial: Example
sources: {paper: {cite: A paper}}
cuts: {first: {label: First}, later: {label: Later, use: compare}}
arms: {drug: {label: Drug A, role: experimental}, usual: {label: Usual care, role: control}}
endpoints: {pfs: {label: PFS}, os: {label: OS, death: true}}
facts:
  - {statistic: hazard_ratio, endpoint: pfs, value: 0.70, cut: later}
  - {statistic: hazard_ratio, endpoint: pfs, value: 0.75, lower: 0.59, upper: 0.96}
  - {statistic: p_value, endpoint: pfs, value: <0.001}
  - {statistic: survival, endpoint: pfs, arm: drug, time: 60, value: 43.2%, cut: later}
  - {statistic: survival, endpoint: pfs, arm: drug, time: 48, value: 46.5%}
  - {statistic: event_proportion, endpoint: os, arm: drug, value: 23%, n: 261, events: 60}
  - {statistic: subjects, arm: usual, value: 257}
  - {statistic: events, endpoint: os, arm: usual, value: 63}
  - {statistic: median, endpoint: os, arm: drug, value: NR, lower: 58.1, upper: NE}
"""


@pytest.fixture(scope="module")
def facts():
    return loads_facts(FACTS)


@pytest.mark.parametrize(
    ("stated", "verdict"),
    [
        (claim("hazard_ratio", "0.75", ("0.59", "0.96"), **HR), "consistent"),
        (claim("hazard_ratio", "0.8", **HR), "consistent"),  # 0.75 can be rounded to it
        (claim("hazard_ratio", "0.754", **HR), "consistent"),  # and be the rounding of it
        (claim("hazard_ratio", "0.76", **HR), "contradicted"),
        (claim("hazard_ratio", "0.70", **HR), "remark"),  # of the other cut
        (claim("rate", "43.2", **(RATE | {"time": 60})), "remark"),
        (claim("rate", "46.5", **RATE), "consistent"),
        (claim("rate", "43.2", **RATE), "contradicted"),
        (claim("p_value", "0.0004", p="0.0004", endpoint="pfs"), "consistent"),
        (claim("p_value", "0.001", p="<0.001", endpoint="pfs"), "consistent"),
        (claim("p_value", "0.02", p="0.02", endpoint="pfs"), "contradicted"),
        (claim("proportion", "23", unit="%", endpoint="death", arm="drug"), "consistent"),
        (claim("proportion", "24.5", unit="%", endpoint="death", arm="usual"), "consistent"),  # 63 of 257
        (claim("proportion", "25.5", unit="%", endpoint="death", arm="usual"), "contradicted"),
        (claim("median", None, ("58.1", None), missing="not_reached", endpoint="os", arm="drug"), "consistent"),
        (claim("median", None, ("57.1", None), missing="not_reached", endpoint="os", arm="drug"), "contradicted"),
    ],
)  # fmt: skip
def test_against_facts_as_printed(facts, stated, verdict):
    finding = only(stated, results=statistics_of(facts), lexicon=lexicon_of_facts(facts))
    assert finding.verdict == verdict, finding
    if verdict == "remark":
        assert "data cut later" in finding.sentence


# Pages of ours ------------------------------------------------------------------------------------------------------

PAGE = "Median PFS was 44.3 months (95% CI, 32.4 to 56.8) with Drug A. HR 0.75."
DRUG, RATIO = "pfs_main.median.drug.wald.95", "pfs_main.hazard_ratio.drug-vs-usual.cox.efron.stratified.wald.95"


def page(text=PAGE, **stats):
    """The page, its marks, and its first claim."""
    given = {"44.3": (DRUG, "value"), "95%": (DRUG, "conf_level"), "32.4 to 56.8": (DRUG, "interval"),
             "0.75": (RATIO, "value")}  # fmt: skip
    given |= {name.replace("_", " "): content for name, content in stats.items()}
    marks = []
    for shown, (stat, field) in given.items():
        at = PAGE.index(shown)
        marks.append(Marked(at, at + len(shown), stat, field))
    return {"text": text, "marks": tuple(marks)}


def median(value="44.3", **fields):
    at = PAGE.index("44.3")
    stated = claim("median", value, ("32.4", "56.8"), start=at, end=PAGE.index(") with"), **(MEDIAN | fields))
    return replace(stated, value=number(value, at))


def test_a_marked_number_is_compared_with_its_row():
    finding = only(median(), **page())
    assert (finding.verdict, DRUG in finding.arithmetic) == ("consistent", True)
    findings = found(median(), **page(PAGE.replace("44.3", "44.6")))
    assert [one.verdict for one in findings] == ["contradicted"]
    assert "44.6" in findings[0].sentence
    assert found(median(), **page(PAGE.replace("32.4 to", "32.9 to")))[0].verdict == "contradicted"
    assert found(median(), **page(PAGE.replace("95%", "90%")))[0].verdict == "contradicted"


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        (median(arm="usual"), "arm usual"),
        (median(endpoint="overall_survival"), "endpoint os"),
        (median(population="safety"), "population safety"),
        (median(population="female"), "population female"),
    ],
)
def test_words_around_a_marked_number(stated, said):
    finding = only(stated, **page())
    assert finding.verdict == "contradicted"
    assert f"the words around it say {said}" in finding.sentence


def test_a_marked_number_in_another_unit():
    text = PAGE.replace("months", "weeks ")
    finding = found(median(unit="weeks"), **page(text))[0]
    assert finding.verdict == "contradicted"
    assert "weeks" in finding.sentence


def test_marked_numbers_that_are_in_no_claim():
    assert found(**page()) == ()
    findings = found(**page(PAGE.replace("0.75", "0.57")))
    assert [(one.verdict, one.claims) for one in findings] == [("contradicted", ())]


def test_a_mark_that_the_results_do_not_know():
    stats = {"44.3": ("other.median.drug", "value"), "32.4 to 56.8": ("other.median.drug", "interval"),
             "95%": ("other.median.drug", "conf_level")}  # fmt: skip
    given = page()
    given["marks"] = tuple(
        Marked(PAGE.index(shown), PAGE.index(shown) + len(shown), *content) for shown, content in stats.items()
    )
    assert only(median(), **given).verdict == "consistent"  # by what it says
    lost = only(median(endpoint="something_else"), **given)
    assert (lost.verdict, "do not hold" in lost.sentence) == ("contradicted", True)
    assert "other.median.drug" in lost.arithmetic
    assert only(median("43.3"), **given).verdict == "contradicted"
    assert {one.verdict for one in found(**given)} == {"contradicted"}


@pytest.mark.parametrize(
    ("shown", "field", "stat", "verdict"),
    [
        ("about 33", "per_hundred", "orr_main.response_rate.drug.clopper_pearson.95", None),
        ("about 34", "per_hundred", "orr_main.response_rate.drug.clopper_pearson.95", "contradicted"),
        ("50", "events", "orr_main.response_rate.drug.clopper_pearson.95", None),
        ("51", "events", "orr_main.response_rate.drug.clopper_pearson.95", "contradicted"),
        ("151", "denominator", "orr_main.response_rate.drug.clopper_pearson.95", None),
        ("48", "time", "pfs_main.survival.drug.t48.wald.95", None),
        ("47", "time", "pfs_main.survival.drug.t48.wald.95", "contradicted"),
        ("not reached", "value", "os_main.median.drug", None),
        ("70.0", "value", "os_main.median.drug", "contradicted"),
        ("longer", "decision", "pfs_main.decision", None),
        ("did not show", "decision", "pfs_main.decision", "contradicted"),
        ("P=0.02", "value", "pfs_main.p_value.drug-vs-usual.log_rank.stratified.two_sided", None),
        ("P<0.001", "value", "pfs_main.p_value.drug-vs-usual.log_rank.stratified.two_sided", "contradicted"),
    ],
)  # fmt: skip
def test_fields_of_marks(shown, field, stat, verdict):
    results = ROWS + Results((row("decision", analysis="pfs_main", text="rejected"),))
    findings = found(text=f"It was {shown} then.", marks=(Marked(7, 7 + len(shown), stat, field),), results=results)
    assert [one.verdict for one in findings] == ([verdict] if verdict else [])


def test_other_stages_are_not_compared():
    results = Results((row("hazard_ratio", 0.5, stage="design", endpoint="pfs", **PAIR),))
    assert only(claim("hazard_ratio", "0.7", **HR), results=results).verdict == "unverifiable"
    assert isinstance(Number("1", 1.0), Number)


# What follows from rows -----------------------------------------------------------------------------------------------

DERIVED = """
equipoise_facts: 1
trial: Example
sources: {paper: {cite: A paper}}
cuts: {first: {label: First}}
arms: {drug: {label: Drug A, role: experimental}, usual: {label: Usual care, role: control}}
endpoints: {pfs: {label: PFS}, orr: {label: ORR, kind: response}, ae: {label: Harms, kind: adverse_events}}
facts:
  - {statistic: survival, endpoint: pfs, arm: drug, time: 48, value: 46.5%}
  - {statistic: survival, endpoint: pfs, arm: usual, time: 48, value: 38.3%}
  - {statistic: response_rate, endpoint: orr, arm: drug, value: 32.9%}
  - {statistic: response_rate, endpoint: orr, arm: usual, value: 24.8%}
  - {statistic: ae_proportion, endpoint: ae, arm: drug, groups: {grade: 3}, value: 79.7%}
  - {statistic: ae_proportion, endpoint: ae, arm: usual, groups: {grade: 3}, value: 30.6%}
  - {statistic: enrollment_start, text: 2017-06}
  - {statistic: enrollment_end, text: "2021-07"}
  - {statistic: data_cut, text: "2024-10-15"}
"""
POINTS = {"unit": "percentage points", **PAIR}


@pytest.mark.parametrize(
    ("stated", "verdict"),
    [
        (claim("risk_difference", "8.2", endpoint="pfs", time=48, **POINTS), "consistent"),
        (claim("risk_difference", "8.3", endpoint="pfs", time=4, time_unit="years", **POINTS), "consistent"),
        (claim("risk_difference", "8", endpoint="pfs", time=48, **POINTS), "consistent"),
        (claim("risk_difference", "18.2", endpoint="pfs", time=48, **POINTS), "contradicted"),
        (claim("risk_difference", "8.2", endpoint="pfs", time=36, **POINTS), "unverifiable"),
        (claim("risk_difference", "8.1", endpoint="orr", **POINTS), "consistent"),
        (claim("risk_difference", "-8.1", endpoint="orr", **POINTS), "contradicted"),
        (claim("risk_difference", "49.1", grade="3", endpoint="adverse_events", **POINTS), "consistent"),
        (claim("risk_difference", "39.1", grade="3", endpoint="adverse_events", **POINTS), "contradicted"),
        (claim("risk_difference", "8.2", endpoint="os", time=48, **POINTS), "unverifiable"),
        (claim("date", date="2017-06", of="enrollment_start"), "consistent"),
        (claim("date", date="2017-06-11", of="enrollment_start"), "consistent"),
        (claim("date", date="2017"), "consistent"),
        (claim("date", date="2018-06", of="enrollment_start"), "contradicted"),
        (claim("date", date="2024-10-16", of="data_cut"), "contradicted"),
    ],
)
def test_what_follows_from_facts(stated, verdict):
    file = loads_facts(DERIVED)
    finding = only(stated, results=statistics_of(file), lexicon=lexicon_of_facts(file))
    assert finding.verdict == verdict, finding


def test_a_date_that_says_nothing_of_itself_is_left_alone():
    file = loads_facts(DERIVED)
    assert found(claim("date", date="2019-01-01"), results=statistics_of(file), lexicon=lexicon_of_facts(file)) == ()


def test_levels_of_the_baseline():
    female = (("factor", "sex"), ("level", "Female"))
    results = Results((
        row("baseline_proportion", 0.479, analysis="baseline", population="itt", groups=female),
        row("baseline_proportion", 0.473, analysis="baseline", population="itt", arm="usual", groups=female),
    ))  # fmt: skip
    stated = claim("proportion", "47.9", unit="%", endpoint="female")
    assert only(stated, results=results).verdict == "consistent"
    assert only(replace(stated, value=number("48.9"), endpoint="women"), results=results).verdict == "contradicted"
    stated = claim("proportion", "47.3", unit="%", endpoint="female", arm="usual")
    assert only(stated, results=results).verdict == "consistent"
