"""Each way to get assessments or their declaration wrong: the problem, its place, its row and its cure."""

from __future__ import annotations

import pytest

from equipoise.errors import DataError, ProtocolError
from equipoise.protocol import loads_protocol

# id, what is done to the trial, code, severity, row, words of the message, words of the cure
DATA = [
    (
        "schedule in another unit",
        lambda t: t.replace("{every: 8, unit: weeks", "{every: 8, unit: months"),
        "data.assessment_schedule",
        "warning",
        None,
        "0 of 15 assessments",
        "unit",
    ),
    (
        "assessment of a screen failure",
        lambda t: (t.set("ADSL", 6, RANDFL="N"), t.add("06", "SD", "2020-04-01")),
        "data.assessment_not_randomized",
        "warning",
        16,
        "not randomized",
        "screen failures",
    ),
    (
        "unknown response",
        lambda t: t.set("ADRS", 2, AVALC="Complete"),
        "data.assessment_unknown",
        "error",
        2,
        "not an overall response",
        "assessments.investigator.codes",
    ),
    (
        "response in lower case",
        lambda t: t.set("ADRS", 2, AVALC="cr"),
        "data.assessment_unknown",
        "error",
        2,
        "upper and lower case",
        "write one of CR, PR",
    ),
    (
        "response without a date",
        lambda t: t.set("ADRS", 3, ADT=""),
        "data.assessment_undated",
        "error",
        3,
        "no date",
        "imputed",
    ),
    (
        "NE without a date",
        lambda t: t.set("ADRS", 13, ADT=""),
        "data.assessment_not_done",
        "warning",
        13,
        "no date",
        "missed",
    ),
    (
        "no response",
        lambda t: t.set("ADRS", 1, AVALC=""),
        "data.assessment_empty",
        "warning",
        1,
        "no response",
        "nothing",
    ),
    (
        "two responses on one day",
        lambda t: t.add("01", "SD", "2020-02-26"),
        "data.assessment_conflict",
        "error",
        1,
        "PR and SD",
        "where",
    ),
    (
        "the same twice",
        lambda t: t.add("01", "PR", "2020-02-26"),
        "data.assessment_repeated",
        "warning",
        16,
        "twice",
        "repetitions",
    ),
    (
        "assessment after death",
        lambda t: t.add("03", "SD", "2020-09-01"),
        "data.assessment_after_death",
        "error",
        16,
        "after the death",
        "dates",
    ),
    (
        "baseline assessment",
        lambda t: t.add("01", "SD", "2019-12-20"),
        "data.assessment_early",
        "warning",
        16,
        "not after the start",
        "baseline",
    ),
    (
        "response after progression",
        lambda t: t.add("02", "PR", "2020-09-30"),
        "data.assessment_after_progression",
        "warning",
        16,
        "follow a progression",
        "RECIST",
    ),
    (
        "disease after a CR",
        lambda t: t.set("ADRS", 3, AVALC="PR"),
        "data.assessment_lost_response",
        "warning",
        3,
        "disease follow a CR",
        "after_complete",
    ),
    (
        "no date of randomization",
        lambda t: t.set("ADSL", 5, RANDDT=""),
        "data.assessment_no_start",
        "error",
        5,
        "date of randomization",
        "RANDDT",
    ),
    (
        "flag of the baseline",
        lambda t: t.set("ADSL", 5, BASEFL="yes"),
        "data.flag",
        "error",
        5,
        "neither Y, N",
        "write Y",
    ),
    (
        "impossible date",
        lambda t: t.set("ADRS", 5, ADT="2020-02"),
        "data.date",
        "error",
        5,
        "possible date",
        "YYYY-MM-DD",
    ),
    (
        "unknown parameter",
        lambda t: t.replace("PARAMCD: OVRLRESP", "PARAMCD: OVRLRSP"),
        "data.unknown_parameter",
        "error",
        None,
        "OVRLRSP",
        "OVRLRESP",
    ),
    (
        "column of responses",
        lambda t: t.replace("PARAMCD: OVRLRESP", "PARAMCD: OVRLRESP\n    value: RSSTRESC"),
        "data.missing_column",
        "error",
        None,
        "RSSTRESC",
        "AVALC",
    ),
    (
        "column of dates",
        lambda t: t.replace("PARAMCD: OVRLRESP", "PARAMCD: OVRLRESP\n    date: RSDT"),
        "data.missing_column",
        "error",
        None,
        "RSDT",
        "ADT",
    ),
    (
        "column of the therapy",
        lambda t: t.replace("new_therapy: NACTDT", "new_therapy: NEWDT"),
        "data.missing_column",
        "error",
        None,
        "NEWDT",
        "NACTDT",
    ),
    (
        "column of the baseline",
        lambda t: t.replace("baseline: BASEFL", "baseline: BLFL"),
        "data.missing_column",
        "error",
        None,
        "BLFL",
        "BASEFL",
    ),
    (
        "column of last alive",
        lambda t: t.replace("baseline: BASEFL", "last_alive: ALIVEDT"),
        "data.missing_column",
        "error",
        None,
        "ALIVEDT",
        "LSTALVDT",
    ),
    (
        "condition",
        lambda t: t.replace("PARAMCD: OVRLRESP", "where: READER = 'A'"),
        "data.unknown_column",
        "error",
        None,
        "READER",
        "the table has",
    ),
    (
        "therapy before randomization",
        lambda t: t.set("ADSL", 4, NACTDT="2019-06-01"),
        "data.before_randomization",
        "warning",
        4,
        "before RANDDT",
        "dates",
    ),
]


@pytest.mark.parametrize("case", DATA, ids=lambda case: case[0])
def test_data(small_trial, case):
    _, change, code, severity, row, words, cure = case
    change(small_trial)
    found = [problem for problem in small_trial.problems() if problem.code == code]
    assert found, [problem.code for problem in small_trial.problems()]
    problem = found[0]
    assert problem.severity == severity
    assert problem.where.row == row
    assert words in problem.message
    assert cure in problem.cure
    if severity == "error":
        with pytest.raises(DataError):
            small_trial.load()
    else:
        assert small_trial.load().derived["pfs"].height == (7 if "screen" in case[0] else 8)


def test_clean_data_have_only_counted_notes(small_trial):
    codes = {problem.code: problem.value for problem in small_trial.problems()}
    assert codes == {
        "data.assessment_none": "2",
        "data.assessment_after_therapy": "1",
        "data.assessment_no_baseline": "1",
    }


READER = "    rules: fda"
BAD = [
    (
        "reader",
        "from: investigator}}\n  pfs_ema",
        "from: investigators}}\n  pfs_ema",
        "protocol.dangling",
        "`investigator`",
    ),
    (
        "derivation",
        "derive: progression_free_survival, from: investigator}}\n  pfs_ema",
        "derive: progresion_free_survival, from: investigator}}\n  pfs_ema",
        "protocol.choice",
        "progression_free_survival",
    ),
    ("preset", READER, "    rules: fds", "protocol.choice", "`fda`"),
    ("choices left open", READER, "    rules: {new_therapy: ignore}", "protocol.rules", "preset"),
    ("no schedule", "    schedule: {every: 8, unit: weeks, window_days: 7}\n", "", "protocol.rules", "schedule"),
    ("no column of the therapy", "    new_therapy: NACTDT\n", "", "protocol.rules", "new_therapy: ignore"),
    (
        "pieces",
        "{every: 8, unit",
        "{every: [{until: 24, value: 8}, {until: 12, value: 12}, {value: 4}], unit",
        "protocol.steps",
        "until",
    ),
    ("an open piece", "{every: 8, unit", "{every: [{value: 8}, {value: 12}], unit", "protocol.steps", "until"),
    ("window", "window_days: 7", "window_days: -1", "protocol.range", "at least 0"),
    ("unknown key", "window_days: 7", "window: 7", "protocol.unknown_key", "window_days"),
    ("which rows", "    PARAMCD: OVRLRESP\n", "", "protocol.missing_key", "PARAMCD"),
    ("codes", READER, READER + "\n    codes: {PD: SD}", "protocol.codes", "remove"),
    ("meaning of a code", READER, READER + "\n    codes: {Progress: PROG}", "protocol.choice", "`PR`"),
    ("minimum of benefit", ", minimum_days: 168", "", "protocol.missing_key", "minimum_days: 168"),
    ("order of benefit", 'order: ["Y", "N"]', 'order: ["Y", "N", "NE"]', "protocol.responses", "Y"),
    (
        "option of another derivation",
        "label: PFS, source: {",
        "label: PFS, source: {among: all, ",
        "protocol.derive_option",
        "remove",
    ),
    (
        "another duration",
        "confirmation: required}}\n  ttr",
        "confirmation: not_required}}\n  ttr",
        "protocol.confirmation",
        "confirmation: required",
    ),
    ("one code twice", "rules: ema}}", "rules: ema, code: PFS}}", "protocol.duplicate_code", "code:"),
    ("a code that is none", "rules: ema}}", "rules: ema, code: pfs-ema}}", "protocol.derived_code", "capital letters"),
    ("a condition", "    PARAMCD: OVRLRESP\n", '    where: "READER = "\n', "protocol.condition", "SQL"),
    ("missed visits", READER, "    rules: {preset: fda, missed_visits: {at_least: 0}}", "protocol.range", "at least 1"),
    (
        "responses",
        "{kind: response, label: Best response,",
        "{kind: response, label: Best response, order: [CR, PR, SD],",
        "protocol.responses",
        "order",
    ),
]


@pytest.mark.parametrize("case", BAD, ids=lambda case: case[0])
def test_protocol(small_trial, case):
    _, old, new, code, cure = case
    small_trial.replace(old, new)
    with pytest.raises(ProtocolError) as caught:
        loads_protocol(small_trial.yaml)
    problems = caught.value.problems
    assert [problem.code for problem in problems] == [code], [str(problem) for problem in problems]
    assert problems[0].where.line is not None
    assert cure in problems[0].cure


ESTIMAND = (
    "estimand: {{population: itt, treatment: as assigned, variable: time to progression or death, "
    "summary: hazard_ratio, intercurrent: {{{event}}}}}"
)


@pytest.mark.parametrize(
    ("rules", "event", "wrong"),
    [
        ("fda", "new_therapy: {strategy: hypothetical, rule: new_therapy}", ""),
        ("fda", "new_therapy: {strategy: treatment_policy}", "the rules of the derivation censor `new_therapy`"),
        ("ema", "new_therapy: {strategy: treatment_policy}", ""),
        ("ema", "switch: {strategy: treatment_policy, rule: new_therapy}", ""),
        ("ema", "new_therapy: {strategy: hypothetical, rule: new_therapy}", "the rules of the derivation ignore"),
        ("{preset: fda, new_therapy: event}", "new_therapy: {strategy: composite, rule: new_therapy}", ""),
        ("fda", "new_therapy: {strategy: composite, rule: new_therapy}", "the rules of the derivation censor"),
        ("fda", "missed: {strategy: hypothetical, rule: missed_visits}", ""),
        ("ema", "missed: {strategy: hypothetical, rule: missed_visits}", "the rules of the derivation ignore"),
        ("fda", "withdrawal: {strategy: treatment_policy}", ""),
    ],
)
def test_strategies_of_an_estimand_agree_with_the_rules(small_trial, rules, event, wrong):
    declared = ESTIMAND.format(event=event)
    small_trial.replace("label: PFS, source", f"label: PFS, {declared}, source")
    small_trial.replace("    rules: fda", f"    rules: {rules}")
    if not wrong:
        assert loads_protocol(small_trial.yaml).endpoints["pfs"].estimand is not None
        return
    with pytest.raises(ProtocolError, match="rules") as caught:
        loads_protocol(small_trial.yaml)
    assert [problem.code for problem in caught.value.problems] == ["protocol.intercurrent"]
    assert wrong in caught.value.problems[0].message


def test_a_rule_needs_a_derived_endpoint(small_trial):
    declared = ESTIMAND.format(event="new_therapy: {strategy: hypothetical, rule: new_therapy}")
    old = "{kind: time_to_event, label: PFS, source: {derive: progression_free_survival, from: investigator}}"
    small_trial.replace(old, f"{{kind: time_to_event, label: PFS, {declared}, source: {{table: ADTTE, PARAMCD: PFS}}}}")
    with pytest.raises(ProtocolError, match="not derived from assessments"):
        loads_protocol(small_trial.yaml)
