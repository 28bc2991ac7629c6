"""facts.yaml: every mistake found, all at once, with its line; right files become statistics."""

from __future__ import annotations

from pathlib import Path

import pytest

from equipoise.errors import EvidenceError
from equipoise.evidence.facts.read import load_facts, loads_facts, statistics_of

HEAD = """\
equipoise_facts: 1
trial: Example
unit: months
sources:
  paper: {cite: "Journal 2026;1:1-9", doi: 10.1000/x.1, date: 2026-02-01}
  news: {cite: A news page, kind: news}
cuts:
  first: {label: primary analysis, date: 2024-10-15, source: paper}
  second: {label: update, source: news, use: compare}
arms:
  drug: {label: Drug A, role: experimental}
  usual: {label: Usual care, role: control, names: [control]}
endpoints:
  pfs: {label: Progression-free survival}
  os: {label: Overall survival, death: true}
  orr: {label: Objective response, kind: response}
facts:
"""
FIRST_LINE = HEAD.count("\n") + 1


def file_of(*facts, head=HEAD):
    return loads_facts(head + "".join(f"  - {{{fact}}}\n" for fact in facts))


def problems_of(*facts, head=HEAD):
    with pytest.raises(EvidenceError) as caught:
        file_of(*facts, head=head)
    return caught.value.problems


def one(*facts, head=HEAD):
    problems = problems_of(*facts, head=head)
    assert len(problems) == 1, problems
    return problems[0]


def test_numbers_keep_their_characters():
    file = file_of(
        "statistic: hazard_ratio, endpoint: pfs, value: 0.60, lower: .5, upper: 0·72",
        "statistic: p_value, endpoint: pfs, value: <0.001, sides: 2",
        "statistic: survival, endpoint: pfs, arm: drug, time: 48, value: 46.5%, lower: 40.0, upper: 53",
        "statistic: median, endpoint: os, arm: drug, value: NR, lower: 30, upper: NE",
    )
    assert file.printed[0, "value"].text == "0.60"
    assert file.printed[0, "value"].decimals == 2
    assert file.printed[0, "upper"].value == 0.72
    assert file.printed[1, "value"].bound == "<"
    assert file.printed[2, "value"].value == 46.5
    assert (3, "value") not in file.printed
    assert file.lines == {0: 18, 1: 19, 2: 20, 3: 21}
    assert file.control == "usual"
    assert file.experimental == ("drug",)


def test_facts_are_statistics_of_stage_published():
    rows = list(statistics_of(file_of(
        "statistic: hazard_ratio, endpoint: pfs, value: 0.60, lower: 0.5, upper: 0.72",
        "statistic: p_value, endpoint: pfs, value: <0.001, sides: 2, method: log_rank",
        "statistic: survival, endpoint: pfs, arm: drug, time: 48, value: 46.5%, lower: 40.0, upper: 53",
        "statistic: median, endpoint: os, arm: drug, value: NR, lower: 30, upper: NE",
        "statistic: hazard_ratio, endpoint: pfs, value: 0.58, cut: second, note: by way of a news page",
        "statistic: risk_difference, endpoint: orr, value: -8.1%",
    )))  # fmt: skip
    assert [row.id for row in rows] == [
        "published.pfs.hazard_ratio.drug-vs-usual.cut2024-10-15",
        "published.pfs.p_value.drug-vs-usual.cut2024-10-15.log_rank.two_sided",
        "published.pfs.survival.drug.t48.cut2024-10-15",
        "published.os.median.drug.cut2024-10-15",
        "published.orr.risk_difference.drug-vs-usual.cut2024-10-15",
        "published.pfs.hazard_ratio.drug-vs-usual.cutsecond",
    ]
    assert {row.origin for row in rows} == {"published"}
    ratio, p, survival, median, difference, second = rows
    assert (ratio.value, ratio.lower, ratio.upper, ratio.conf_level) == (0.6, 0.5, 0.72, 0.95)
    assert (ratio.printed.characters, ratio.printed.source) == ("0.60 (0.5 to 0.72)", "Journal 2026;1:1-9")
    assert (p.value, p.text, p.why(), p.sides) == (None, "<0.001", "printed as <0.001", 2)
    assert (survival.value, survival.lower, survival.upper) == (0.465, 0.4, 0.53)
    assert (median.value, median.why(), median.lower, median.why("upper")) == (None, "not_reached", 30, "not_evaluable")
    assert median.unit == "months"
    assert second.printed.source == "A news page"
    assert difference.value == pytest.approx(-0.081)


@pytest.mark.parametrize(
    ("fact", "code", "said"),
    [
        ("statistic: hazard_ration, endpoint: pfs, value: 0.7", "facts.statistic", "hazard_ratio"),
        ("statistic: HR, endpoint: pfs, value: 0.7", "facts.statistic", "hazard_ratio"),
        ("statistic: arm_size, arm: drug, value: 7", "facts.statistic", "subjects"),
        ("statistic: hazard_ratio, endpoint: psf, value: 0.7", "facts.dangling", "pfs"),
        ("statistic: median, endpoint: pfs, arm: drgu, value: 7", "facts.dangling", "drug"),
        ("statistic: median, endpoint: pfs, arm: drug, value: 7, source: papers", "facts.dangling", "paper"),
        ("statistic: median, endpoint: pfs, arm: drug, value: 7, cut: frist", "facts.dangling", "first"),
        ("statistic: median, endpoint: pfs, arm: drug, value: seven", "facts.number", "as printed"),
        ("statistic: median, endpoint: pfs, arm: drug, value: 0x1F", "facts.number", "as printed"),
        ("statistic: median, endpoint: pfs, arm: drug", "facts.value", "value"),
        ("statistic: median, endpoint: pfs, arm: drug, value: true", "facts.wrong_type", ""),
        ("statistic: median, endpoint: pfs, arm: drug, value: -3", "facts.range", ""),
        ("statistic: median, endpoint: pfs, arm: drug, value: 40%", "facts.percent", "without %"),
        ("statistic: survival, endpoint: pfs, arm: drug, time: 12, value: 46.5", "facts.percent", "46.5%"),
        ("statistic: survival, endpoint: pfs, arm: drug, time: 12, value: 146.5%", "facts.range", ""),
        ("statistic: survival, endpoint: pfs, arm: drug, time: 12, value: 0.4, upper: 50%", "facts.percent", "alike"),
        ("statistic: survival, endpoint: pfs, arm: drug, value: 46.5%", "facts.time", "months"),
        ("statistic: hazard_ratio, endpoint: pfs, value: 0.75, lower: 0.79, upper: 0.96", "facts.limits", "three"),
        ("statistic: hazard_ratio, endpoint: pfs, value: 0.75, lower: 0.96, upper: 0.59", "facts.limits", "exchange"),
        ("statistic: hazard_ratio, endpoint: pfs, arm: usual, value: 0.75", "facts.arm", "drug"),
        ("statistic: hazard_ratio, endpoint: pfs, arm: drug, versus: drug, value: 0.75", "facts.arm", "other"),
        ("statistic: hazard_ratio, endpoint: orr, value: 0.75", "facts.endpoint_kind", "pfs"),
        ("statistic: hazard_ratio, value: 0.75", "facts.missing_key", "pfs"),
        ("statistic: median, endpoint: pfs, arm: drug, versus: usual, value: 7", "facts.arm", "remove"),
        ("statistic: response_rate, endpoint: orr, arm: drug, value: 40%, events: 8, n: 7", "facts.events", ""),
        ("statistic: response_rate, endpoint: orr, arm: drug, value: 25.7%, events: 109, n: 442",
         "facts.contradiction", "leave out"),
        ("statistic: subjects, arm: drug, value: 26.5", "facts.range", ""),
        ("statistic: data_cut, text: 2024-13-01", "yaml.date", ""),
        ('statistic: data_cut, text: "2024-13-01"', "facts.date", "2024-10-15"),
        ("statistic: data_cut, value: 2024", "facts.value", "text"),
        ("statistic: median, endpoint: pfs, arm: drug, value: 7, arms: drug", "facts.unknown_key", "arm"),
        ("statistic: median, endpoint: pfs, arm: drug, value: 7, conf_level: 95", "facts.range", "0.95"),
        ("endpoint: pfs, arm: drug, value: 7", "facts.missing_key", "statistic"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_one_fact(fact, code, said):
    problem = one("statistic: subjects, value: 500", fact)
    assert problem.code == code
    assert problem.where.line == FIRST_LINE + 1
    assert problem.where.file == "facts.yaml"
    assert said in problem.cure


@pytest.mark.parametrize(
    ("facts", "code", "said"),
    [
        (("statistic: subjects, value: 518", "statistic: subjects, value: 518"), "facts.duplicate", "line 18"),
        (("statistic: subjects, value: 518", "statistic: subjects, value: 519"), "facts.contradiction", "line 18"),
        (("statistic: subjects, value: 518", "statistic: subjects, arm: drug, value: 261",
          "statistic: subjects, arm: usual, value: 258"), "facts.contradiction", "261 + 258 = 519"),
        (("statistic: events, endpoint: pfs, value: 300", "statistic: events, endpoint: pfs, arm: drug, value: 150",
          "statistic: events, endpoint: pfs, arm: usual, value: 149"), "facts.contradiction", "299"),
        (("statistic: subjects, arm: drug, value: 20", "statistic: events, endpoint: os, arm: drug, value: 21"),
         "facts.contradiction", "20 subjects"),
        (("statistic: survival, endpoint: pfs, arm: drug, time: 12, value: 40.0%",
          "statistic: survival, endpoint: pfs, arm: drug, time: 24, value: 41.0%"), "facts.contradiction", "rises"),
        (("statistic: survival, endpoint: pfs, arm: drug, time: 12, value: 40%",
          "statistic: median, endpoint: pfs, arm: drug, value: 14"), "facts.contradiction", "below a half"),
        (("statistic: hazard_ratio, endpoint: pfs, value: 0.75",
          "statistic: hazard_reduction, endpoint: pfs, value: 35%"), "facts.contradiction", "0.75"),
        (("statistic: enrollment_start, text: 2021-07", 'statistic: enrollment_end, text: "2021-06-30"'),
         "facts.contradiction", "began 2021-07"),
        (("statistic: median, endpoint: os, arm: drug, value: NR",
          "statistic: median, endpoint: os, arm: drug, value: 70"), "facts.contradiction", "otherwise"),
    ],
)  # fmt: skip
def test_facts_that_contradict_each_other(facts, code, said):
    problem = one(*facts)
    assert problem.code == code
    assert said in problem.message


def test_facts_of_two_cuts_contradict_nothing():
    file = file_of(
        "statistic: hazard_ratio, endpoint: pfs, value: 0.75",
        "statistic: hazard_ratio, endpoint: pfs, value: 0.70, cut: second",
        "statistic: hazard_reduction, endpoint: pfs, value: 25%",
        "statistic: survival, endpoint: pfs, arm: drug, time: 12, value: 40%",
        "statistic: survival, endpoint: pfs, arm: drug, time: 24, value: 40%",
        "statistic: survival, endpoint: pfs, arm: usual, time: 36, value: 41%",
        "statistic: median, endpoint: pfs, arm: drug, value: 11.2",
    )
    assert len(statistics_of(file)) == 7


def test_all_problems_come_at_once_in_order_of_lines():
    head = HEAD.replace("source: news, use", "source: gossip, use").replace("2026-02-01", "2024-02-01")
    problems = problems_of(
        "statistic: hazard_ratio, endpoint: psf, value: 0.7, colour: red",
        "statistic: median, endpoint: pfs, arm: drug, value: seven",
        "statistic: survival, endpoint: pfs, arm: drug, value: 46.5%",
        "statistic: subjects, arm: drug, value: 7, value: 8",
        head=head,
    )
    assert [(problem.code, problem.where.line) for problem in problems] == [
        ("facts.dangling", 9), ("facts.unknown_key", 18), ("facts.number", 19), ("facts.time", 20),
        ("yaml.duplicate_key", 21),
    ]  # fmt: skip


def test_a_cut_after_publication():
    problem = one("statistic: subjects, value: 5", head=HEAD.replace("2026-02-01", "2024-02-01"))
    assert problem.code == "facts.contradiction"
    assert problem.where.path == "cuts.first.date"


def test_a_cut_without_a_day():
    head = HEAD.replace("date: 2024-10-15, ", 'date: "2024-10", ')
    rows = list(statistics_of(file_of("statistic: subjects, value: 5", head=head)))
    assert rows[0].key.data_cut == "first"
    assert one("statistic: subjects, value: 5", head=HEAD.replace("2024-10-15", "soon")).code == "facts.date"


def test_a_fact_without_a_source():
    problem = one("statistic: subjects, value: 5", head=HEAD.replace(", source: paper}", "}"))
    assert problem.code == "facts.source"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "yaml.empty"), ("- 1", "yaml.not_a_mapping"), ("a: [1", "yaml.syntax"), ("a: b\n\tc: d", "yaml.tab"),
        ("equipoise_facts: 2", "facts.choice"), ("trial: x", "facts.missing_key"), ("facts: none", "facts.wrong_type"),
        ("facts: []", "facts.too_short"), ("arms: [1]", "facts.wrong_type"), ("a: \x01", "yaml.character"),
    ],
)  # fmt: skip
def test_what_is_no_facts_file(text, code):
    with pytest.raises(EvidenceError) as caught:
        loads_facts(text)
    assert code in {problem.code for problem in caught.value.problems}
    assert not any("protocol" in f"{problem.message} {problem.cure}" for problem in caught.value.problems)


def test_no_file(tmp_path):
    with pytest.raises(EvidenceError, match="no such file"):
        load_facts(tmp_path / "facts.yaml")
    with pytest.raises(EvidenceError, match="folder"):
        load_facts(tmp_path)
    (tmp_path / "facts.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(EvidenceError, match="UTF-16"):
        load_facts(tmp_path / "facts.yaml")


@pytest.fixture(scope="module")
def patina():
    return Path(__file__).parents[3] / "examples" / "patina" / "trial.yaml"


def with_protocol(folder, protocol, *facts):
    head, _, _ = HEAD.partition("arms:")
    text = head.replace("unit: months", f"unit: months\nprotocol: {protocol}") + "facts:\n"
    path = folder / "facts.yaml"
    path.write_text(text + "".join(f"  - {{{fact}}}\n" for fact in facts), encoding="utf-8")
    return load_facts(path)


def test_names_of_the_protocol(tmp_path, patina):
    file = with_protocol(tmp_path, patina, "statistic: hazard_ratio, endpoint: pfs, population: itt, value: 0.75")
    assert file.protocol is not None
    assert (file.control, file.experimental) == ("standard", ("palbo",))
    assert file.endpoints["os"].death
    (row,) = statistics_of(file)
    assert row.id == "published.pfs.itt.hazard_ratio.palbo-vs-standard.cut2024-10-15"
    with pytest.raises(EvidenceError) as caught:
        with_protocol(tmp_path, patina, "statistic: hazard_ratio, endpoint: psf, population: ITT, value: 0.75")
    assert [problem.code for problem in caught.value.problems] == ["facts.dangling", "facts.dangling"]


def test_a_protocol_that_is_not_there_or_wrong(tmp_path):
    with pytest.raises(EvidenceError, match=r"no such file"):
        with_protocol(tmp_path, "trial.yaml", "statistic: subjects, value: 5")
    (tmp_path / "trial.yaml").write_text("equipoise: 1\n", encoding="utf-8")
    with pytest.raises(EvidenceError) as caught:
        with_protocol(tmp_path, "trial.yaml", "statistic: subjects, value: 5")
    assert caught.value.exit_code == 2
    assert {problem.code for problem in caught.value.problems} == {"protocol.missing_key"}


def test_what_print_contradicts_is_a_warning():
    file = file_of(
        "statistic: hazard_ratio, endpoint: pfs, value: 0.75, lower: 0.59, upper: 0.96",
        "statistic: p_value, endpoint: pfs, value: 0.0002, sides: 2",
        "statistic: hazard_ratio, endpoint: os, value: 0.86, lower: 0.61, upper: 1.23",
        "statistic: p_value, endpoint: os, value: 0.40, sides: 2",
        "statistic: hazard_ratio, endpoint: pfs, value: 0.70, lower: 0.55, upper: 0.90, cut: second",
    )
    notes = [note for note in file.notes if note.code == "facts.print_contradicts"]
    assert [(note.where.line, note.severity) for note in notes] == [(FIRST_LINE, "warning")]
    assert "0.0002" in notes[0].cure


def test_intervals_of_patina_that_come_from_no_obvious_count(patina):
    file = load_facts(patina.parent / "facts.yaml")
    told = {note.value: note.cure for note in file.notes}
    assert {"32.9% (26.9% to 39.4%)", "24.8% (19.3% to 30.0%)", "80.9% (75.6% to 85.6%)"} <= set(told)
    assert "1. 76 of 231 by Clopper-Pearson" in told["32.9% (26.9% to 39.4%)"]
    assert not any(note.code == "facts.print_contradicts" for note in file.notes)
