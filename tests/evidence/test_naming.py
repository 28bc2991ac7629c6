"""What trials call things, and which key a claim states."""

from __future__ import annotations

from pathlib import Path

import pytest

from equipoise.evidence.facts.read import loads_facts
from equipoise.evidence.model import Claim, Number, PValue
from equipoise.evidence.naming import key_of, lexicon_of, lexicon_of_facts
from equipoise.protocol import load_protocol

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def patina():
    return lexicon_of(load_protocol(EXAMPLES / "patina" / "trial.yaml"))


@pytest.fixture(scope="module")
def colon():
    return lexicon_of(load_protocol(EXAMPLES / "colon" / "trial.yaml"))


def claim(measure, value="1", **fields):
    given = {"start": 0, "end": 1, "quote": "1", "kind": "other", "value": Number(value, float(value))} | fields
    if "time" in given:
        given["time"] = Number(str(given["time"]), given["time"])
    return Claim(measure=measure, **given)


def test_words_of_arms_longest_first(patina, colon):
    assert patina.roles == {"palbo": "experimental", "standard": "control"}
    assert "Palbociclib + maintenance" in patina.arms["palbo"]
    assert "control group" in patina.arms["standard"]
    assert "control group" not in patina.arms["palbo"]
    for words in (*patina.arms.values(), *colon.arms.values()):
        assert list(words) == sorted(words, key=len, reverse=True)
    assert "lev 5fu" in colon.arms["lev_5fu"]


def test_words_of_endpoints(patina, colon):
    assert {"progression-free survival", "PFS", "progression or death"} <= set(patina.endpoints["pfs"])
    assert {"overall survival", "OS"} <= set(patina.endpoints["os"])
    assert {"objective response rate", "ORR"} <= set(patina.endpoints["orr"])
    assert not {"response", "responded"} & set(patina.endpoints["orr"])  # of which response?
    assert {"disease-free survival", "DFS", "recurrence or death"} <= set(colon.endpoints["dfs"])
    assert "overall survival" in colon.endpoints["death"]
    assert colon.kinds == {"dfs": "time_to_event", "death": "time_to_event", "recurrence": "time_to_event",
                           "recurrence_first": "time_to_event"}  # fmt: skip
    assert "intention-to-treat population" in patina.populations["itt"]
    assert (patina.unit, colon.unit, patina.trial) == ("months", "years", "PATINA")


@pytest.mark.parametrize(
    ("stated", "identifier"),
    [
        (claim("hazard_ratio", endpoint="progression_free_survival"), "pfs.hazard_ratio.palbo-vs-standard"),
        (claim("hazard_ratio", endpoint="os", arm="palbo", versus="standard"), "os.hazard_ratio.palbo-vs-standard"),
        (claim("hazard_ratio", endpoint="os", arm="standard", versus="palbo"), "os.hazard_ratio.palbo-vs-standard"),
        (claim("risk_reduction", endpoint="death"), "os.hazard_reduction.palbo-vs-standard"),
        (claim("median", endpoint="pfs", arm="palbo"), "pfs.median.palbo"),
        (claim("median", endpoint="duration_of_response", arm="palbo"), "orr.duration_median.palbo"),
        (claim("rate", endpoint="pfs", arm="standard", time=4, time_unit="years"), "pfs.survival.standard.t48"),
        (claim("rate", endpoint="pfs", arm="standard", time=48), "pfs.survival.standard.t48"),
        (claim("proportion", endpoint="objective_response", arm="palbo"), "orr.response_rate.palbo"),
        (claim("rate", endpoint="clinical_benefit", arm="palbo"), "orr.clinical_benefit_rate.palbo"),
        (claim("proportion", endpoint="complete_response", arm="palbo"), "orr.response_rate.palbo.response-CR"),
        (claim("proportion", endpoint="death", arm="palbo"), "os.event_proportion.palbo"),
        (claim("events", endpoint="death", arm="palbo", of="deaths"), "os.events.palbo"),
        (claim("adverse_event_rate", arm="palbo", grade="3"), "ae.ae_proportion.palbo"),
        (claim("risk_difference", endpoint="pfs", time=48), "pfs.survival_difference.palbo-vs-standard.t48"),
        (claim("risk_difference", endpoint="orr"), "orr.risk_difference.palbo-vs-standard.response-objective"),
        (claim("odds_ratio", endpoint="orr"), "orr.odds_ratio.palbo-vs-standard.response-objective"),
        (claim("number_needed", endpoint="pfs", time=48), "pfs.number_needed.palbo-vs-standard.t48"),
        (claim("p_value", endpoint="pfs", p=PValue(Number("0.02", 0.02))), "pfs.p_value.palbo-vs-standard"),
        (claim("arm_size", arm="palbo", of="randomized"), "subjects.palbo.flow-randomized"),
        (claim("sample_size", of="randomized"), "subjects.flow-randomized"),
        (claim("sample_size", population="safety"), "safety.subjects.flow-analyzed"),
        (claim("follow_up"), "follow_up_median"),
        (claim("age"), "baseline_median.factor-age"),
    ],
)  # fmt: skip
def test_the_key_that_a_claim_states(patina, stated, identifier):
    key = key_of(stated, patina)
    assert key is not None
    assert key.id == f"published.{identifier}"


@pytest.mark.parametrize(
    "stated",
    [
        claim("date", date="2024-10-15"),
        claim("randomization_ratio"),
        claim("design_value"),
        claim("threshold"),
        claim("hazard_ratio", endpoint="pfs", source="another_trial"),
        claim("hazard_ratio", endpoint="pfs", method=("planned",)),
        claim("sample_size", of="responders"),
    ],
)
def test_what_no_results_hold(patina, stated):
    assert key_of(stated, patina) is None


def test_three_arms_leave_a_contrast_open(colon):
    key = key_of(claim("hazard_ratio", endpoint="dfs"), colon)
    assert key is not None
    assert (key.arm, key.versus) == ("", "obs")
    key = key_of(claim("hazard_ratio", endpoint="dfs", arm="lev_5fu", versus="lev"), colon)
    assert key is not None
    assert (key.arm, key.versus) == ("lev_5fu", "lev")


def test_words_of_a_facts_file():
    file = loads_facts("""
equipoise_facts: 1
trial: Example
unit: weeks
sources: {paper: {cite: A paper}}
cuts: {one: {label: The only one}}
arms:
  drug: {label: Drug A, role: experimental, names: [alphamab]}
  usual: {label: Usual care, role: control}
endpoints: {ttp: {label: Time to progression, names: [TTP]}, death: {label: Overall survival, death: true}}
populations: {no_cr: Patients without a complete response}
facts: [{statistic: hazard_ratio, endpoint: ttp, value: 0.7, population: no_cr}]
""")
    lexicon = lexicon_of_facts(file)
    assert set(lexicon.arms["drug"]) == {"Drug A", "alphamab", "drug"}
    assert "TTP" in lexicon.endpoints["ttp"]
    assert "OS" in lexicon.endpoints["death"]
    assert lexicon.populations == {"no_cr": ("Patients without a complete response", "no cr")}
    assert (lexicon.unit, lexicon.trial, lexicon.kinds["ttp"]) == ("weeks", "Example", "time_to_event")


def test_words_of_a_facts_file_with_a_protocol(tmp_path, patina):
    from equipoise.evidence.facts.read import load_facts

    (tmp_path / "facts.yaml").write_text(f"""
equipoise_facts: 1
trial: PATINA
protocol: {EXAMPLES / "patina" / "trial.yaml"}
sources: {{paper: {{cite: A paper}}}}
cuts: {{one: {{label: The only one}}}}
arms: {{palbo: {{label: Ibrance, role: experimental, names: [PAL]}}}}
facts: [{{statistic: hazard_ratio, endpoint: pfs, value: 0.75}}]
""", encoding="utf-8")  # fmt: skip
    lexicon = lexicon_of_facts(load_facts(tmp_path / "facts.yaml"))
    assert {"Ibrance", "PAL", "Palbociclib + maintenance"} <= set(lexicon.arms["palbo"])
    assert lexicon.endpoints == patina.endpoints
