"""Loading: copies are resolved, all problems come at once, and the examples are valid."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from equipoise.errors import ProtocolError
from equipoise.protocol import load_protocol, loads_protocol
from equipoise.protocol.checks import protocol_warnings
from equipoise.protocol.loading import protocol_file
from equipoise.protocol.template import TEMPLATE


def problems_of(text: str) -> list[tuple[str, int | None, str]]:
    with pytest.raises(ProtocolError) as caught:
        loads_protocol(text)
    return [(problem.code, problem.where.line, problem.where.path) for problem in caught.value.problems]


def line_of(text: str, fragment: str) -> int:
    (line,) = [number for number, line in enumerate(text.splitlines(), start=1) if fragment in line]
    return line


def test_many_problems_in_one_run_in_the_order_of_lines(edited: Callable[..., str]) -> None:
    text = edited(
        ('phase: "3"}', "phase: 3, id: AGAIN}"),
        ("role: control}", "role: control, ratio: 0}"),
        ("levels: [III, IV]}", "levels: [III, IV, III]}"),
        ("    denominator: itt", "    denominator: everybody"),
        ("strata: [stage]}\n    estimate", "strata: [stages]}\n    estimate"),
        ("alpha_two_sided: 0.05}", "alpha_two_sided: 5}"),
        ("{analysis: os_main, after", "{analysis: os_mein, after"),
        ("events: 280}]}", "events: 100}]}"),
        ("procedure: {kind: permuted_blocks}", "procedure: {kind: permuted_blocks, blocks: [4]}"),
    )
    assert problems_of(text) == [
        ("yaml.duplicate_key", 2, "trial.id"),
        ("protocol.choice", 2, "trial.phase"),
        ("protocol.range", 6, "arms.old.ratio"),
        ("protocol.duplicate", 8, "factors.stage.levels[2]"),
        ("protocol.dangling", line_of(text, "everybody"), "endpoints.orr.denominator"),
        ("protocol.dangling", line_of(text, "[stages]"), "analysis.main.test.strata[0]"),
        ("protocol.range", line_of(text, "sided: 5}"), "hypotheses.h_pfs.alpha_two_sided"),
        ("protocol.dangling", line_of(text, "os_mein"), "hypotheses.h_os.analysis"),
        ("protocol.looks", line_of(text, "events: 100"), "design.h_pfs.looks[1].events"),
        ("protocol.unknown_key", line_of(text, "blocks: [4]"), "randomization.procedure.blocks"),
    ]


def test_references_are_checked_beside_other_problems_of_the_same_entry(edited: Callable[..., str]) -> None:
    text = edited(
        ("subgroups: [stage, sex]", "subgroups: [stage, age, gender]\n    colour: red"),
        ("alpha_two_sided: 0.05}", "alpha_two_sided: 5, after: [h_so]}"),
        ("strata: [stage], annex: private/annex.yaml}", "strata: [stages], seed: 1}"),
        ("    denominator: itt", "    denominator: everybody\n    confirmation: 3"),
    )
    assert problems_of(text) == [
        ("protocol.dangling", line_of(text, "everybody"), "endpoints.orr.denominator"),
        ("protocol.choice", line_of(text, "confirmation"), "endpoints.orr.confirmation"),
        ("protocol.continuous", line_of(text, "gender"), "analysis.main.subgroups[1]"),
        ("protocol.dangling", line_of(text, "gender"), "analysis.main.subgroups[2]"),
        ("protocol.unknown_key", line_of(text, "colour"), "analysis.main.colour"),
        ("protocol.range", line_of(text, "sided: 5"), "hypotheses.h_pfs.alpha_two_sided"),
        ("protocol.dangling", line_of(text, "h_so"), "hypotheses.h_pfs.after[0]"),
        ("protocol.unknown_key", line_of(text, "seed"), "randomization.seed"),
        ("protocol.dangling", line_of(text, "stages"), "randomization.strata[0]"),
    ]


def test_names_of_categories_are_taken(edited: Callable[..., str]) -> None:
    text = edited(
        ("source: {table: ADAE}}", "source: {table: ADAE}, of_interest: {fatal: AESER = 'Y', skin: AESER = 'Y'}}")
    )
    assert problems_of(text) == [
        ("protocol.reserved_name", line_of(text, "of_interest"), "endpoints.ae.of_interest.fatal")
    ]


def test_a_problem_in_copied_content_is_told_once_where_the_text_stands(edited: Callable[..., str]) -> None:
    text = edited(("subgroups: [stage, sex]", "subgroups: [stage, gender]"))
    assert problems_of(text) == [("protocol.dangling", line_of(text, "gender"), "analysis.main.subgroups[1]")]


def test_copies(edited: Callable[..., str], good: str) -> None:
    trial = loads_protocol(good)
    main, plain, other = (trial.analysis[name] for name in ("main", "plain", "os_main"))
    assert plain.test.strata == plain.estimate.strata == ()  # a mapping that names its kind replaces the copied one
    assert plain.survival == main.survival
    assert (other.endpoint, other.test, other.sensitivity_to) == ("os", main.test, None)
    assert trial.scenarios["delayed"].enrollment == trial.scenarios["planned"].enrollment
    assumed = trial.scenarios["delayed"].endpoints["pfs"]
    assert assumed["old"].median == 12
    assert [piece.value for piece in assumed["new"].hazard_ratio] == [1, 0.6]

    partial = edited(("{like: main, endpoint: os}", "{like: plain, endpoint: os, survival: {times: []}}"))
    copied = loads_protocol(partial).analysis["os_main"]
    assert copied.survival.times == ()
    assert copied.test.strata == ()
    assert (copied.why, copied.sensitivity_to) == (None, None)  # what tells analyses apart is not copied

    source = edited(
        (
            "  progression: {kind: time_to_event, label: Progression, source: {table: ADTTE, PARAMCD: TTP}}",
            "  progression: {like: os, label: Progression, source: {PARAMCD: TTP}, death: false}",
        )
    )
    endpoint = loads_protocol(source).endpoints["progression"]
    assert (endpoint.kind, endpoint.source.table, endpoint.source.PARAMCD, endpoint.death) == (
        "time_to_event", "ADTTE", "TTP", False,
    )  # fmt: skip

    unlabelled = source.replace("label: Progression, source: {PARAMCD", "source: {PARAMCD")
    assert problems_of(unlabelled) == [
        ("protocol.missing_key", line_of(unlabelled, "like: os"), "endpoints.progression.label")
    ]


def test_codes_are_text_however_they_are_written(edited: Callable[..., str]) -> None:
    line = "source: {file: a.csv, subject: id, time: t, status: s, codes: {%s: event, %s: {as: censored, reason: x}}}"
    old = "  progression: {kind: time_to_event, label: Progression, source: {table: ADTTE, PARAMCD: TTP}}"
    new = "  progression: {kind: time_to_event, label: Progression, " + line + "}"
    numbers, texts = (loads_protocol(edited((old, new % codes))) for codes in ((1, 0), ('"1"', '"0"')))
    assert list(numbers.endpoints["progression"].source.codes) == ["1", "0"]
    assert numbers == texts


@pytest.mark.parametrize("name", ["colon", "patina"])
def test_examples_load_without_warning(name: str, examples: Path) -> None:
    path = examples / name / "trial.yaml"
    assert protocol_warnings(load_protocol(path), path) == ()
    assert protocol_file(path.parent) == protocol_file(path) == path
    assert load_protocol(str(path.parent)) == load_protocol(path)


def test_every_example_loads(examples: Path) -> None:
    for path in examples.glob("*/trial.yaml"):
        assert load_protocol(path).trial.id


def test_patina_says_what_the_trial_is(examples: Path) -> None:
    trial = load_protocol(examples / "patina" / "trial.yaml")
    assert (trial.trial.registry, trial.trial.planned, trial.trial.masking, trial.trial.phase) == (
        "NCT02947685", 518, "open", "3",
    )  # fmt: skip
    assert {arm.ratio for arm in trial.arms.values()} == {1}
    assert trial.contrasts == (("palbo", "standard"),)
    assert trial.randomization is not None
    strata = trial.randomization.strata
    assert strata == ("pertuzumab", "prior_her2", "induction", "endocrine")
    assert trial.analysis["pfs_main"].test.strata == strata
    assert trial.endpoints["pfs"].role == "primary"
    assert {name for name, endpoint in trial.endpoints.items() if endpoint.role == "secondary"} == {"os", "orr", "ae"}
    assert set(trial.endpoints["pfs"].estimand.intercurrent) == {
        "new_therapy", "discontinuation", "missed_assessments", "death",
    }  # fmt: skip
    probe = trial.analysis["pfs_censored_at_new_therapy"]
    assert probe.sensitivity_to == "pfs_main"
    assert probe.intercurrent["new_therapy"].censor_at == "NEWTRTDT"
    assert probe.test.strata == strata  # a full analysis
    assert trial.analysis["pfs_strata_verified"].strata_as == "verified"


def test_a_shorthand_declaration_with_every_section_loads() -> None:
    trial = load_protocol(Path(__file__).with_name("design_page.yaml"))
    assert trial.scenarios["delayed"].endpoints["pfs"]["standard"].median == 29.1
    assert trial.design["h_pfs"].looks[1].events == 379
    assert [warning.code for warning in protocol_warnings(trial)] == [
        "protocol.not_analyzed",
        "protocol.looks",  # a day without the start of enrollment
    ]


def test_template_loads_as_it_is_and_with_everything_uncommented() -> None:
    trial = loads_protocol(TEMPLATE)
    assert protocol_warnings(trial) == ()
    head, tail = TEMPLATE.split("# How subjects are allocated.")
    later = loads_protocol(head + tail.split("\n# ", 1)[1])
    assert set(later.scenarios) == {"planned", "delayed"}
    assert later.design["h_pfs"].looks[-1].events == 280
    assert later.randomization is not None


def test_template_with_a_file_of_your_own() -> None:
    text = TEMPLATE.replace("data:\n  format: adam\n", "").replace("# data:\n", "data:\n")
    own = TEMPLATE[TEMPLATE.index("#   format: mapped") : TEMPLATE.index("endpoints:\n")]
    for line in [line.removeprefix("# ") for line in own.strip().splitlines()]:
        assert text.count(f"# {line}\n") == 1
        text = text.replace(f"# {line}\n", f"{line}\n")
    text = text.replace("    source: {table: ADTTE, PARAMCD: PFS}\n", "")
    text = text.replace("    # source:\n    #   {file", "    source:\n      {file")
    text = text.replace("        death: {strategy: composite, parameter: PFS, label: Death before progression}\n", "")
    for section, end in (("  os:", "  # The earliest"), ("  orr:", "analysis:")):
        start = text.index(section)
        text = text[:start] + text[text.index(end, start) :]
    for entry in ("os_main", "orr_main", "safety: {endpoint", "h_os"):
        text = "\n".join(line for line in text.splitlines() if not line.strip().startswith(entry))
    trial = loads_protocol(text)
    assert trial.data.format == "mapped"
    assert trial.endpoints["pfs"].source.codes == {"1": "event", "0": "censored"}


def test_warnings_have_lines_and_cures(edited: Callable[..., str], tmp_path: Path) -> None:
    path = tmp_path / "trial.yaml"
    text = edited(
        ("why: No strata, ", ""),
        ("times: [12, 24]", "times: [12, 730]"),
        ("alpha_two_sided: 0.05}", "alpha_two_sided: 0.05}\n  h_r: {analysis: response, alpha_one_sided: 0.01}"),
        ("  safety: {arm: actual}", "  safety: {arm: planned}"),
        ("where: AGE >= 18", 'where: SEX = "F"'),
        ('phase: "3"}', 'phase: "3", planned: 500}'),
        ("label: Either,", "label: progression,"),
        ("{until: 6, rate: 10}, {rate: 20}", "{until: 6, rate: 10}"),
    )
    path.write_text(text)
    warnings = protocol_warnings(load_protocol(path), path)
    assert [(warning.code, warning.where.line) for warning in warnings] == [
        ("protocol.condition_quotes", 12),
        ("protocol.same_label", line_of(text, "label: progression")),
        ("protocol.far_time", line_of(text, "730")),
        ("protocol.no_why", line_of(text, "plain:")),
        ("protocol.arm", line_of(text, "harm:")),
        ("protocol.total_alpha", line_of(text, "h_r:")),
        ("protocol.enrollment", line_of(text, "patients: 400")),
        ("protocol.planned", line_of(text, "assume: planned")),
    ]
    assert all(warning.severity == "warning" and warning.cure for warning in warnings)
    assert "0.07" in warnings[5].message
    assert [warning.code for warning in protocol_warnings(load_protocol(path))]  # without a file, without lines


def test_an_estimand_that_nothing_computes_is_a_warning(edited: Callable[..., str]) -> None:
    for summary, extra, expected in (
        ("survival_difference", "", 0),
        ("median_difference", "", 1),
        ("rmst_difference", "\n    rmst: null", 1),
    ):
        text = edited(("summary: hazard_ratio", f"summary: {summary}"), ("[12, 24]}", "[12, 24]}" + extra))
        warnings = protocol_warnings(loads_protocol(text))
        assert [warning.code for warning in warnings] == ["protocol.summary_not_computed"] * expected


def test_no_hypothesis_is_a_warning(edited: Callable[..., str]) -> None:
    start = edited().index("hypotheses:")
    trial = loads_protocol(edited()[:start])
    assert [warning.code for warning in protocol_warnings(trial)] == ["protocol.no_hypothesis"]


def test_importing_the_package_costs_nothing() -> None:
    code = ("import sys, equipoise.protocol, equipoise.source; "
            "bad = {'pydantic', 'ruamel', 'ruamel.yaml', 'polars'} & set(sys.modules); assert not bad, bad; "
            "from equipoise.protocol import load_protocol; assert 'pydantic' in sys.modules")  # fmt: skip
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_attribute() -> None:
    import equipoise.protocol

    with pytest.raises(AttributeError, match="nothing_here"):
        _ = equipoise.protocol.nothing_here
    assert set(equipoise.protocol.__all__) <= set(dir(equipoise.protocol))
    for name in equipoise.protocol.__all__:
        assert getattr(equipoise.protocol, name).__doc__
