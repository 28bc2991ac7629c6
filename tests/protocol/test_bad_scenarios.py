"""Ways to get what is simulated wrong: one problem each, on its line, with a cure; and what a copied scenario keeps."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from equipoise.design.assumed import assumptions_of, pair_of
from equipoise.errors import PlanError, ProtocolError
from equipoise.protocol import loads_protocol
from equipoise.protocol.schema import json_schema
from equipoise.source import parse_source

ENROLL = "    enrollment: {patients: 400, per_month: [{until: 6, rate: 10}, {rate: 20}]}"
ASSUME = "      pfs: {old: {median: 12}, new: {hazard_ratio: 0.7}}"
LOOKS = "looks: [{events: 140}, {events: 280}]}"
DESIGN = "design:\n"
STRATA = """\
    strata:
      early: {share: 0.6, levels: {stage: III}}
      late: {share: 0.4, levels: {stage: IV}}
"""
OLD = "          old: {progression_free_median: 12, survival_median: 30, deaths_first: 0.1}"
NEW = "          new: {hazard_ratio: {progression: 0.6, death: 0.8}, switching: {probability: 0.2, hazard_ratio: 1.3}}"
COURSE = f"""\
  course:
    enrollment: {{patients: 400, duration: 24, arrivals: poisson, sites: 20}}
    courses:
      disease:
        progression_free: pfs
        survival: os
        arms:
{OLD}
{NEW}
    scans: {{pfs: {{every: [{{until: 12, value: 2}}, {{value: 3}}], missed: 0.05}}}}
"""
SITES = "arrivals: poisson, sites: 20}"
FREE = "        progression_free: pfs"
DEATH = "        survival: os"
SCANS = "    scans: {pfs: {every: [{until: 12, value: 2}, {value: 3}], missed: 0.05}}"


def assumed(text: str) -> str:
    return f"      pfs: {{old: {{{text}}}, new: {{hazard_ratio: 0.7}}}} #!"


CASES = [
    # ---- times
    ("two families", (ASSUME, assumed("weibull: {shape: 1, median: 12}, log_logistic: {shape: 1, median: 12}")),
     "assumption", "2 things are assumed of arm `old`", "`weibull`, `log_logistic`"),
    ("Weibull twice", (ASSUME, assumed("weibull: {shape: 1.2, median: 12, scale: 14}")), "assumption",
     "2 things are said of how long Weibull times are", "`median` and `scale`"),
    ("Weibull without a length", (ASSUME, assumed("weibull: {shape: 1.2}")), "assumption",
     "nothing is said of how long Weibull times are", "`median` and `scale`"),
    ("Weibull without a shape", (ASSUME, assumed("weibull: {median: 12}")), "missing_key", "`shape` is missing",
     "add `shape"),
    ("Weibull on a negative scale", (ASSUME, assumed("weibull: {shape: 1, scale: -2}")), "range", "`scale` must be",
     "more than 0"),
    ("log-logistic by a scale", (ASSUME, assumed("log_logistic: {shape: 1, median: 2, scale: 2}")), "unknown_key",
     "`scale` is not a key", ""),
    ("a frailty below 0", (ASSUME, assumed("median: 12, frailty: -0.5")), "range", "`frailty` must be", "at least 0"),
    ("a negative hazard", (ASSUME, assumed("hazard: -0.1")), "range", "must be", "more than 0"),
    ("a rate with a frailty", (ASSUME, ASSUME + "\n      orr: {old: {rate: 0.3, frailty: 0.5}, new: {rate: 0.4}} #!"),
     "assumption", "`frailty` does not describe an endpoint of this kind", "remove it"),
    ("a rate by Weibull", (ASSUME, ASSUME + "\n      orr: {old: {weibull: {shape: 1, scale: 1}}, new: {rate: 0.4}} #!"),
     "assumption", "`weibull` does not describe an endpoint of this kind", "write `rate`"),
    ("frailty beside strata", (ASSUME,
     STRATA.replace("    strata:", "\n    strata:").replace("\n    strata", "      pfs:\n        old:\n"
     "          frailty: 0.5 #!\n          strata: {early: {median: 20}, late: {median: 9}}\n"
     "        new: {hazard_ratio: 0.7}\n    strata", 1).rstrip("\n")), "assumption",
     "described by stratum and as a whole", "write it once"),
    # ---- who is enrolled
    ("one stratum recorded wrong", (ENROLL, ENROLL + "\n    wrong_strata: 0.05 #!"), "wrong_strata",
     "only if there are two", "declare `strata:`"),
    ("all strata recorded wrong", (ENROLL, f"{ENROLL}\n{STRATA}    wrong_strata: 1 #!"), "range", "must be less than 1",
     "less than 1"),
    ("no site", (SITES, "sites: {}} #!"), "sites", "there is no site", "their number"),
    ("0 sites", (SITES, "sites: 0} #!"), "range", "`sites` must be at least 1", "1"),
    ("a site that closes first", (SITES, "sites: {A: {opens: 6, closes: 6}, B: {}}} #!"), "opens",
     "site `A` closes before it opens, at 6", "a later time"),
    ("nobody open at first", (SITES, "sites: {A: {opens: 6}, B: {opens: 2}}} #!"), "opens",
     "no site is open at the start", "whenever subjects are enrolled"),
    ("a gap", (SITES, "sites: {A: {closes: 6}, B: {opens: 7}}} #!"), "opens", "no site is open at 6", "whenever"),
    ("all closed too early", (SITES, "sites: {A: {closes: 23}, B: {closes: 20}}} #!"), "opens",
     "no site is open at 23, and subjects are still to be enrolled", "whenever"),
    ("strata that close too early", (ENROLL, ENROLL + "\n" + STRATA.replace("strata:", "strata: #!").replace(
     "0.6,", "0.6, closes: 20,").replace("0.4,", "0.4, closes: 22.9,").rstrip("\n")), "opens",
     "no stratum is open at 22.9", "let a stratum be open"),
    ("a stratum that closes first", (ENROLL, ENROLL + "\n" + STRATA.replace("0.6,", "0.6, opens: 3, closes: 2,"
     ).replace("III}}", "III}} #!").rstrip("\n")), "opens", "stratum `early` closes before it opens, at 3", "later"),
    ("an arrival of another kind", (SITES, "arrivals: poison, sites: 20} #!"), "choice", "`arrivals` must be",
     "did you mean `poisson`?"),
    # ---- courses
    ("a course of an unknown endpoint", (DEATH, "        survival: oss #!"), "dangling", "`oss` is not declared",
     "did you mean `os`?"),
    ("a course of a response", (DEATH, "        survival: orr #!"), "kind", "`orr` is not a time-to-event", "name an"),
    ("one endpoint for both", (DEATH, "        survival: pfs #!"), "course", "are the same endpoint", "of death"),
    ("assumed twice", (FREE, "        progression_free: pfs #!\n"), "course",
     "`pfs` is assumed twice", "remove `pfs:`"),
    ("two courses", (SCANS, "      again:\n        progression_free: progression\n        survival: os #!\n"
     "        arms: {old: {progression: 0.1, death: 0, death_after: 0.1}, new: {hazard_ratio: {}}}"), "course",
     "`os` is part of two courses: `disease` too", "name another"),
    ("an unknown arm", (NEW, NEW + "\n          newer: {hazard_ratio: {death: 0.5}} #!"), "dangling",
     "`newer` is not declared as an arm", "did you mean `new`?"),
    ("an arm left out", ("        arms:\n" + OLD + "\n" + NEW, "        arms: #!\n" + OLD), "missing_key",
     "nothing is assumed of arm `new`", "add `new:`"),
    ("nothing of an arm", (NEW, "          new: {switching: {probability: 0.2, hazard_ratio: 1}} #!"), "course",
     "nothing is assumed of arm `new`", "or `hazard_ratio`"),
    ("two ways", (OLD, OLD[:-1] + ", progression: 0.1} #!"), "course", "2 ways are used to describe arm `old`",
     "`progression`, `death` and `death_after`"),
    ("a hazard missing", (OLD, "          old: {progression: 0.1, death_after: 0.1} #!"), "missing_key",
     "`death` is missing for arm `old`", "add `death`"),
    ("a share missing", (OLD, "          old: {progression_free_median: 12, survival_median: 30} #!"), "missing_key",
     "`deaths_first` is missing for arm `old`", "add `deaths_first`"),
    ("a control by ratio", (OLD, "          old: {hazard_ratio: {death: 0.5}} #!"), "control",
     "the control has no hazard ratio", "`survival_median`"),
    ("survival shorter than progression-free", (OLD, OLD.replace("30", "12") + " #!"), "course",
     "must be above that of progression-free survival, 12", "longer"),
    ("all die first", (OLD, OLD.replace("0.1}", "1} #!")), "range", "`deaths_first` must be less than 1", ""),
    ("a hazard that ends",
     (OLD, "          old: {progression: [{until: 6, value: 0.1}], death: 0, death_after: 0.1} #!"),
     "steps", "nothing is said of the time after the last piece", "remove `until`"),
    ("switching for certain and more", (NEW, NEW.replace("0.2", "1.2") + " #!"), "range",
     "`probability` must be at most 1", ""),
    ("no course at all", (f"{FREE}\n{DEATH}", DEATH), "missing_key", "`progression_free` is missing", "add `progr"),
    # ---- scans
    ("scans twice", (SCANS, "    scans: {pfs: {every: 2, times: [2, 4]}} #!"), "scans", "both an interval and times",
     "exactly one"),
    ("no scans", (SCANS, "    scans: {pfs: {missed: 0.1}} #!"), "scans", "nothing says when the scans are", "exactly"),
    ("scans out of order", (SCANS, "    scans: {pfs: {times: [2, 4, 4]}} #!"), "scans", "before it stands 4", "order"),
    ("scans that end", (SCANS, "    scans: {pfs: {every: [{until: 12, value: 2}]}} #!"), "steps",
     "nothing is said of the time", "remove `until`"),
    ("scans of an unknown endpoint", (SCANS, "    scans: {pfss: {every: 2}} #!"), "dangling", "`pfss` is not",
     "did you mean `pfs`?"),
    ("scans of a response", (SCANS, "    scans: {orr: {every: 2}} #!"), "kind", "`orr` is no time to an event",
     "remove"),
    ("scans of death", (SCANS, "    scans: {os: {every: 2}} #!"), "scans", "`os` is death here", "progression"),
    ("scans of what is not assumed", (SCANS, "    scans: {progression: {every: 2}} #!"), "assumption",
     "nothing is assumed of `progression`", "assume it"),
    # ---- looks
    ("the earlier of one thing", (LOOKS, "looks: [{events: 140, whichever: earlier}, {events: 280}]} #!"), "looks",
     "the earlier of what", "give two of"),
    ("the earlier of nothing", (LOOKS, "looks: [{events: 140, at: 20, whichever: early}, {events: 280}]} #!"), "choice",
     "`whichever` must be", "did you mean `earlier`?"),
]  # fmt: skip


@pytest.fixture
def simulated(edited: Callable[..., str]) -> str:
    return edited((DESIGN, COURSE + DESIGN))


@pytest.mark.parametrize(("name", "edit", "code", "phrase", "cure"), CASES, ids=[case[0] for case in CASES])
def test_one_problem_on_its_line(name, edit, code, phrase, cure, simulated):
    old, new = edit
    assert simulated.count(old) == 1, name
    text = simulated.replace(old, new)
    if name == "assumed twice":
        text = text.replace("  course:\n", "  course:\n    endpoints: {pfs: {old: {median: 12}, new: {median: 15}}}\n")
    with pytest.raises(ProtocolError) as caught:
        loads_protocol(text)
    lines = [i for i, line in enumerate(text.splitlines(), 1) for _ in re.findall("!", line[line.find("#!") + 1 :])
             if "#!" in line]  # fmt: skip
    (problem,) = caught.value.problems
    assert problem.code == f"protocol.{code}", problem
    assert lines in ([], [problem.where.line]), problem
    assert phrase in problem.message
    assert cure in problem.cure


def test_what_can_be_said_is_accepted(simulated):
    text = simulated.replace(SITES, "sites: {A: {share: 2, closes: 24}, B: {opens: 6}}}").replace(
        LOOKS, "looks: [{events: 140, at: 20, whichever: earlier}, {events: 280}]}"
    )
    protocol = loads_protocol(text)
    course = protocol.scenarios["course"].courses["disease"]
    assert course.arms["new"].hazard_ratio.death_after == 1.0
    assert protocol.scenarios["course"].enrollment.sites["A"].share == 2.0
    assert protocol.design["h_pfs"].looks[0].whichever == "earlier"
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator(json_schema()).validate(parse_source(text).value)


def copy_of(simulated: str, text: str):
    return loads_protocol(simulated.replace(DESIGN, f"  copy:\n    extends: {text}{DESIGN}")).scenarios["copy"]


def test_arms_of_a_course_are_copied_one_by_one(simulated):
    copied = copy_of(simulated, "course\n    courses: {disease: {frailty: 0.5, arms: {new: {hazard_ratio: {}}}}}\n")
    course = copied.courses["disease"]
    assert course.frailty == 0.5
    assert course.arms["old"].survival_median == 30.0
    # An arm is written anew: its switching is gone.
    assert course.arms["new"].switching is None
    assert course.arms["new"].hazard_ratio.progression == 1.0


def test_a_schedule_is_written_anew_and_its_misses_are_not(simulated):
    other = copy_of(simulated, "course\n    scans: {pfs: {times: [2, 4]}}\n").scans["pfs"]
    assert (other.every, other.times, other.missed) == (None, (2.0, 4.0), 0.0)
    other = copy_of(simulated, "course\n    scans: {pfs: {missed: 0.2}}\n").scans["pfs"]
    assert (len(other.every), other.missed) == (2, 0.2)


def test_a_course_takes_the_place_of_what_was_assumed_of_its_endpoints(simulated):
    course = COURSE[COURSE.index("    courses:") : COURSE.index("    scans:")]
    copied = copy_of(simulated, f"planned\n{course}")
    assert not copied.endpoints
    assert set(copied.courses) == {"disease"}
    # Said of the copy itself it is a contradiction.
    with pytest.raises(ProtocolError, match="assumed twice"):
        copy_of(simulated, f"planned\n    endpoints: {{pfs: {{new: {{hazard_ratio: 0.6}}}}}}\n{course}")


def test_sites_are_copied_and_each_is_written_anew(simulated):
    text = simulated.replace(SITES, "sites: {A: {share: 2, opens: 6}, B: {}}}")
    copied = copy_of(text, "course\n    enrollment: {sites: {A: {opens: 3}}}\n")
    assert copied.enrollment.sites["A"].share == 1.0
    assert set(copied.enrollment.sites) == {"A", "B"}
    assert copy_of(text, "course\n    enrollment: {sites: 5}\n").enrollment.sites == 5


def test_a_design_refuses_what_only_simulation_can_do(simulated):
    protocol = loads_protocol(simulated.replace(ASSUME, assumed("weibull: {shape: 2, median: 12}").removesuffix(" #!")))
    pair = pair_of(protocol, "h_pfs")
    with pytest.raises(PlanError, match=r"scenarios\.planned\.endpoints\.pfs\.old\.weibull.*this is weibull"):
        assumptions_of(protocol, "planned", "pfs", pair)
    with pytest.raises(PlanError, match="part of a course of disease"):
        assumptions_of(protocol, "course", "pfs", pair)
    assert loads_protocol(simulated.replace("assume: planned", "assume: course")).design["h_pfs"].assume == "course"
