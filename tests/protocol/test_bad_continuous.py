"""Continuous endpoints declared wrongly: each fault is one problem with its line, value and cure."""

from __future__ import annotations

import pytest

from equipoise.errors import ProtocolError
from equipoise.protocol import loads_protocol, protocol_warnings

GOOD = """\
equipoise: 1
trial: {id: CONT, title: A continuous endpoint}
arms:
  low:  {label: Low dose, role: experimental}
  high: {label: High dose, role: experimental}
  plac: {label: Placebo, role: control}
factors:
  site: {label: Site, column: SITE, levels: [a, b]}
  age:  {label: Age, column: AGE, continuous: true}
populations: {itt: {arm: planned}}
data: {format: adam, files: {ADQSADAS: scores.csv}}
endpoints:
  adas:
    kind: continuous
    label: Score
    role: primary
    source: {table: ADQSADAS, PARAMCD: ACTOT}
    better: lower
    estimand: {population: itt, treatment: as assigned, variable: change, summary: mean_difference}
analysis:
  main:
    endpoint: adas
    population: itt
    at: Week 24
    model: {kind: ancova, covariates: [site, age]}
    trend: {plac: 0, low: 54, high: 81}
    compare: [[high, low]]
    visits: [Week 8, Week 24]
    subgroups: [site]
hypotheses: {h: {analysis: main, arm: high, alpha_two_sided: 0.05}}
"""
SOURCE = "source: {table: ADQSADAS, PARAMCD: ACTOT}"
MODEL = "model: {kind: ancova, covariates: [site, age]}"
FILES = "{ADQSADAS: scores.csv}"
MAPPED = "data: {format: mapped, tables: {ADSL: {file: a.csv, columns: {USUBJID: id, TRT01P: arm}}}}"
CASES = [
    # edits, code, line, part of the message, part of the cure
    (
        "better is missing",
        [("    better: lower\n", "")],
        "missing_key",
        13,
        "`better` is missing",
        "`lower` or `higher`",
    ),
    ("no visit", [("    at: Week 24\n", "")], "missing_key", 21, "`at` is missing", "Visit that is analyzed"),
    (
        "a table without measurements",
        [("table: ADQSADAS", "table: ADSL"), (", files: " + FILES, "")],
        "table",
        17,
        "not a table of measurements",
        "ADQS, ADLB, ADVS",
    ),
    (
        "a table of no name",
        [("table: ADQSADAS", "table: adqs")],
        "choice",
        17,
        "there is no table `adqs`",
        "six capital letters",
    ),
    ("no PARAMCD", [(", PARAMCD: ACTOT", "")], "missing_key", 17, "`PARAMCD` is missing", "the one to read"),
    (
        "a misspelled table of the standard",
        [(FILES, "{ADQSADAS: scores.csv, ADSSL: b.csv}")],
        "choice",
        11,
        "there is no table `ADSSL`",
        "did you mean `ADSL`?",
    ),
    (
        "a table that nothing reads",
        [(FILES, "{ADQSADA: scores.csv}")],
        "choice",
        11,
        "there is no table `ADQSADA`",
        "did you mean `ADQSADAS`?",
    ),
    (
        "a table that is not mapped",
        [("data: {format: adam, files: " + FILES + "}", MAPPED)],
        "dangling",
        17,
        "not mapped under `data.tables`",
        "add `ADQSADAS:`",
    ),
    ("a mixed model", [(MODEL, "model: {kind: mmrm}")], "not_offered", 25, "`mmrm` is not offered", "R's package mmrm"),
    ("an unknown model", [(MODEL, "model: {kind: anova}")], "choice", 25, "`kind` must be `ancova`", "did you mean"),
    (
        "an unknown variance",
        [(MODEL, "model: {variance: hc1}")],
        "choice",
        25,
        "`model` or `hc3`",
        "did you mean `hc3`?",
    ),
    ("a covariate that is not declared", [("[site, age]", "[sight, age]")], "dangling", 25, "`sight`", "`site`"),
    ("a covariate twice", [("[site, age]", "[site, site]")], "duplicate", 25, "listed twice", "keep one"),
    (
        "a model without the baseline that it uses",
        [("    better: lower\n", "    better: lower\n    baseline: null\n")],
        "missing_key",
        26,
        "names no column with the value at baseline",
        "`model: {baseline: false}`",
    ),
    (
        "a value that is its baseline",
        [("    better: lower\n", "    better: lower\n    value: BASE\n")],
        "duplicate",
        19,
        "both the value and its baseline",
        "CHG",
    ),
    ("an arm without a dose", [("low: 54, ", "")], "missing_key", 26, "no dose for arm `low`", "add `low:`"),
    (
        "a dose of no arm",
        [("low: 54", "low: 54, lo: 3")],
        "dangling",
        26,
        "`lo` is not declared",
        "did you mean `low`?",
    ),
    (
        "doses that do not differ",
        [("plac: 0, low: 54, high: 81", "plac: 1, low: 1, high: 1")],
        "trend",
        26,
        "no slope over dose",
        "the dose that it receives",
    ),
    (
        "a comparison with the control",
        [("[[high, low]]", "[[high, plac]]")],
        "control",
        27,
        "with the control anyway",
        "two experimental arms",
    ),
    (
        "an arm against itself",
        [("[[high, low]]", "[[high, high]]")],
        "duplicate",
        27,
        "compared with itself",
        "two arms",
    ),
    (
        "a comparison twice",
        [("[[high, low]]", "[[high, low], [low, high]]")],
        "duplicate",
        27,
        "compared twice",
        "keep one",
    ),
    (
        "a comparison of three",
        [("[[high, low]]", "[[high, low, plac]]")],
        "too_long",
        27,
        "more than 2 entries",
        "leave out",
    ),
    (
        "a subgroup without levels",
        [("subgroups: [site]", "subgroups: [age]")],
        "continuous",
        29,
        "has no levels",
        "factor",
    ),
    (
        "a factor named like a column",
        [("  age:  {label", "  value: {label: V, column: V, continuous: true}\n  age:  {label")],
        "reserved_name",
        9,
        "`value` is a column",
        "another name",
    ),
    (
        "a summary of times",
        [("mean_difference", "hazard_ratio")],
        "summary",
        19,
        "does not summarize",
        "`mean_difference`",
    ),
    (
        "records that the endpoint does not read",
        [("summary: mean", "intercurrent: {stop: {strategy: hypothetical, parameter: OTHER}}, summary: mean")],
        "intercurrent",
        19,
        "handled by the records of OTHER",
        "PARAMCD of `source`",
    ),
    (
        "a condition that can't be read",
        [("    at: Week 24\n", '    at: Week 24\n    where: "DTYPE IS"\n')],
        "condition",
        25,
        "can't be read",
        "in SQL",
    ),
    (
        "a simulated measurement",
        [("hypotheses:", "scenarios: {s: {endpoints: {adas: {plac: {rate: 0.1}}}}}\nhypotheses:")],
        "kind",
        30,
        "not simulated",
        "remove it",
    ),
]


@pytest.mark.parametrize(("name", "edits", "code", "line", "message", "cure"), CASES, ids=[case[0] for case in CASES])
def test_one_problem(name, edits, code, line, message, cure):
    text = GOOD
    for old, new in edits:
        assert text.count(old) == 1, (name, old)
        text = text.replace(old, new)
    with pytest.raises(ProtocolError) as caught:
        loads_protocol(text)
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.line) == (f"protocol.{code}", line), problem
    assert message in problem.message
    assert cure in problem.cure


def test_the_good_one_loads_without_a_warning():
    protocol = loads_protocol(GOOD)
    assert protocol.analysis["main"].kind == "continuous"
    assert protocol.analysis["main"].method == "ancova"
    assert protocol_warnings(protocol) == ()


def test_an_analysis_copies_another_and_keeps_its_own():
    more = "  robust: {like: main, sensitivity_to: main, why: Variances?, model: {kind: ancova, variance: hc3}}\n"
    protocol = loads_protocol(GOOD.replace("hypotheses:", more + "hypotheses:"))
    copied = protocol.analysis["robust"]
    assert (copied.at, copied.method, copied.model.covariates) == ("Week 24", "ancova.hc3", ())


def test_the_strata_of_the_randomization_are_covariates():
    text = GOOD + "randomization: {procedure: {kind: permuted_blocks}, strata: [site]}\n"
    assert protocol_warnings(loads_protocol(text)) == ()
    without = loads_protocol(text.replace("[site, age]", "[age]"))
    assert [problem.code for problem in protocol_warnings(without)] == ["protocol.unadjusted"]
