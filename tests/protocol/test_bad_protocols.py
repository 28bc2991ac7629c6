"""Each way to get a protocol wrong: exactly the expected problems, on the expected lines, with a cure.

Lines are marked in the text itself: a comment `#!` at the end of a line says that a problem is expected there, once for
each exclamation mark.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

from equipoise.errors import ProtocolError
from equipoise.protocol import loads_protocol


class Bad(NamedTuple):
    id: str
    edits: list[tuple[str, str]]
    code: str
    phrase: str
    cure: str
    value: str | None = None


ARM_NEW = "  new: {label: New treatment, role: experimental}"
ARM_OLD = "  old: {label: Old treatment, role: control}"
ARM_MIDDLE = ARM_OLD + "\n  middle: {label: Middle dose, role: experimental}"
STAGE = "  stage: {label: Stage, column: STAGE, levels: [III, IV]}"
SEX = "  sex: {label: Sex, column: SEX, levels: {Female: F, Male: M}}"
AGE = "  age: {label: Age, column: AGE, continuous: true, unit: years}"
TEST = "    test: {kind: log_rank, strata: [stage]}"
COX = "    estimate: {kind: cox, strata: [stage]}"
SUB = "    subgroups: [stage, sex]"
POLICY = "        new_therapy: {strategy: treatment_policy}"
PLAIN = "  plain: {like: main, sensitivity_to: main, why: No strata, test: {kind: log_rank}, estimate: {kind: cox}}"
H_PFS = "  h_pfs: {analysis: main, alpha_two_sided: 0.05}"
H_OS = "  h_os: {analysis: os_main, after: [h_pfs]}"
OS = "  os: {kind: time_to_event, label: Overall survival, death: true, source: {table: ADTTE, PARAMCD: OS}}"
EITHER = "  either: {kind: time_to_event, label: Either, source: {first_of: [progression, os]}}"
BENEFIT = "    clinical_benefit: {minimum: {value: 24, unit: weeks}, measured_by: pfs}"
ASSUME = "      pfs: {old: {median: 12}, new: {hazard_ratio: 0.7}}"
DELAYED = "    endpoints: {pfs: {new: {hazard_ratio: [{until: 3, value: 1}, {value: 0.6}]}}}"
DESIGN = "  h_pfs: {assume: planned, efficacy: {spending: obrien_fleming}, looks: [{events: 140}, {events: 280}]}"
ENROLL = "    enrollment: {patients: 400, per_month: [{until: 6, rate: 10}, {rate: 20}]}"
RANDOMIZE = "randomization: {procedure: {kind: permuted_blocks}, strata: [stage], annex: private/annex.yaml}"
TRIAL = 'trial: {id: DEMO, title: A demonstration, phase: "3"}'
HARM = "  harm: {endpoint: ae, population: safety}"
DATA = "data: {format: adam}"
THREE_ARMS = [
    (H_PFS, H_PFS[:-1] + ", arm: new}"),
    (H_OS, H_OS[:-1] + ", arm: new}"),
    (ASSUME, ASSUME[:-1] + ", middle: {hazard_ratio: 0.8}}"),
]
MAPPED = """data:
  format: mapped
  tables:
    ADSL: {file: a.csv, columns: {USUBJID: id, TRT01P: arm}}
    ADTTE: {file: b.csv, columns: {USUBJID: id, AVAL: days}}
    ADRS: {file: c.csv, columns: {USUBJID: id, AVALC: best}}
    ADAE: {file: d.csv, columns: {USUBJID: id, AEDECOD: term}}"""

BAD = [
    # ---- keys and types
    Bad("unknown key", [(TRIAL, 'trial: {id: DEMO, title: A demonstration, fase: "3"} #!')],
        "protocol.unknown_key", "`fase` is not a key of `trial`", "did you mean `phase`?", "fase"),
    Bad("unknown section", [("eligibility:", "eligibilty: #!")], "protocol.unknown_key", "`eligibilty`",
        "did you mean `eligibility`?"),
    Bad("unknown key far from any", [(DATA, "data: {format: adam, colour: red} #!")], "protocol.unknown_key",
        "`colour`",
        "known keys: `format`, `files`, `cut`"),
    Bad("misspelled required key is one problem", [(ARM_NEW, "  new: {lable: New treatment, role: experimental} #!")],
        "protocol.unknown_key", "`lable`", "did you mean `label`?"),
    Bad("missing key", [("analysis: main, alpha_two_sided", "alpha_two_sided"), ("  h_pfs: {alpha", "  h_pfs: {alpha"),
        ("0.05}", "0.05} #!")], "protocol.missing_key", "`analysis` is missing in `hypotheses.h_pfs`",
        "add `analysis: ..."),
    Bad("missing kind", [("    kind: response\n", ""), ("  orr:\n", "  orr: #!\n")], "protocol.missing_key",
        "`kind` is missing in `endpoints.orr`", "one of `adverse_events`, `continuous`, `response` or `time_to_event`"),
    Bad("version", [("equipoise: 1", "equipoise: 2 #!")], "protocol.choice", "`equipoise` must be `1`", "write 1", "2"),
    Bad("no version", [("equipoise: 1\n", ""), (TRIAL, TRIAL + " #!")], "protocol.missing_key",
        "`equipoise` is missing",
        "begin the file with `equipoise: 1`"),
    Bad("number for text", [("title: A demonstration", "title: 12"), ('"3"}', '"3"} #!')], "protocol.wrong_type",
        "`trial.title` must be text", 'quote it: "12"', "12"),
    Bad("phase without quotes", [('phase: "3"}', "phase: 3} #!")], "protocol.choice", "`trial.phase` must be `1`",
        'quote it: "3"'),
    Bad("ratio 1:1", [(ARM_NEW, ARM_NEW[:-1] + ", ratio: 1:1} #!")], "protocol.wrong_type",
        "`ratio` must be a whole number", "`ratio: 1`", "1:1"),
    Bad("ratio 0", [(ARM_NEW, ARM_NEW[:-1] + ", ratio: 0} #!")], "protocol.range", "`ratio` must be at least 1",
        "every arm receives somebody", "0"),
    Bad("ratio 1.5", [(ARM_NEW, ARM_NEW[:-1] + ", ratio: 1.5} #!")], "protocol.wrong_type",
        "`ratio` must be a whole number", "without quotes: 1", "1.5"),
    Bad("yes is text in YAML 1.2", [("continuous: true, unit: years}", "continuous: yes, unit: years} #!")],
        "protocol.wrong_type", "`continuous` must be `true` or `false`", "in YAML 1.2 `yes` is text", "yes"),
    Bad("word for list", [(SUB, "    subgroups: stage #!")], "protocol.wrong_type", "`subgroups` must be a list",
        "[stage]", "stage"),
    Bad("list for mapping", [("    source: {table: ADTTE, PARAMCD: PFS}", "    source: [ADTTE, PFS] #!")],
        "protocol.wrong_type", "`source` must be a mapping", "{key: value}", "[ADTTE, PFS]"),
    Bad("nothing for mapping", [("  safety: {arm: actual}", "  safety: #!")], "protocol.wrong_type",
        "`populations.safety` must be a mapping", "{key: value}", "nothing"),
    Bad("choice", [("data_unit: days}", "data_unit: day} #!")], "protocol.choice", "`time.data_unit` must be `days`",
        "did you mean `days`?", "day"),
    Bad("test that does not exist", [(TEST, "    test: {kind: logrank, strata: [stage]} #!")], "protocol.choice",
        "`kind` must be `fleming_harrington`, `log_rank`, `max_combo` or `modestly_weighted`",
        "did you mean `log_rank`?", "logrank"),
    Bad("table that does not exist", [("{table: ADRS, PARAMCD: BOR}", "{table: ADRES, PARAMCD: BOR} #!")],
        "protocol.choice", "`table` must be", "did you mean `ADRS`?", "ADRES"),
    Bad("name with a space", [(HARM, '  "any harm": {endpoint: ae, population: safety} #!')], "protocol.name",
        "can't be a name", "letters, digits and `_`", "any harm"),
    Bad("number as name", [(HARM, "  1: {endpoint: ae, population: safety} #!")], "protocol.name",
        "a name must be text", 'quote it: "1"', "1"),
    Bad("conf_level 95", [("survival: {times: [12, 24]}", "survival: {conf_level: 95} #!")], "protocol.range",
        "`conf_level` must be less than 1", "did you mean 0.95 (95%)?", "95"),
    Bad("negative landmark", [("times: [12, 24]}", "times: [12, -24]} #!")], "protocol.range", "`times[1]` must be",
        "at least 0", "-24"),
    Bad("infinite horizon", [("survival: {times: [12, 24]}", "rmst: {horizon: .inf} #!")], "protocol.range",
        "`horizon` must be a finite number", "0.5", ".inf"),
    Bad("empty text", [("label: Either", 'label: ""'), ("os]}}", "os]}} #!")], "protocol.too_short", "`label` is empty",
        "fill it in", '""'),
    Bad("quoted date", [(DATA, 'data: {format: adam, cut: "2026-06-30"} #!')], "protocol.wrong_type",
        "`data.cut` must be a date", "without quotes: 2026-06-30", '"2026-06-30"'),
    Bad("time of day for date", [(DATA, "data: {format: adam, cut: 2026-06-30T12:00:00} #!")], "protocol.wrong_type",
        "`data.cut` must be a date", "2026-06-30", "2026-06-30T12:00:00"),
    Bad("kind of an analysis", [(HARM, HARM[:-1] + ", kind: adverse_events} #!")], "protocol.unknown_key",
        "`kind` is not a key of `analysis.harm`", "follows from its endpoint"),
    Bad("key of another kind of analysis", [(HARM, HARM[:-1] + ", subgroups: [stage]} #!")], "protocol.unknown_key",
        "`subgroups`", "known keys: `like`, `endpoint`"),
    Bad("fraction as percent", [(HARM, HARM[:-1] + ", list_at_least: 5} #!")], "protocol.range", "`list_at_least`",
        "did you mean 0.05 (5%)?"),
    Bad("undeclared meaning of a code", [(OS,
        "  os: {kind: time_to_event, label: OS, source: {file: a.csv, subject: id, "
        "time: t, status: s, codes: {1: event, 2: lost}}} #!")], "protocol.choice",
        "must be `event`, `censored` or `competing`", "write `event`", "lost"),
    Bad("no code is the event", [(OS, "  os: {kind: time_to_event, label: OS, source: {file: a.csv, subject: id, "
        "time: t, status: s, codes: {1: censored, 2: {as: competing}}}} #!")], "protocol.codes", "no code",
        "`1: event`"),
    Bad("block sizes", [(RANDOMIZE, "randomization: {procedure: {kind: permuted_blocks, sizes: [4, 6]}} #!")],
        "protocol.unknown_key", "`sizes` is not a key of `randomization.procedure`", "block sizes live in the annex"),
    Bad("seed", [(RANDOMIZE, RANDOMIZE[:-1] + ", seed: 1} #!")], "protocol.unknown_key", "`seed`",
        "options of a run"),
    # ---- arms and factors
    Bad("two controls", [(ARM_NEW, "  new: {label: New treatment, role: control}"), (ARM_OLD, ARM_OLD + " #!"),
        ("new: {hazard_ratio: 0.7}", "new: {median: 12}"), ("new: {hazard_ratio: [{until: 3, value: 1}, {value: 0.6}]}",
        "new: {median: 9}")], "protocol.control", "there are two controls: `new` and `old`",
        "declare one arm as control"),
    Bad("no control", [("arms:\n", "arms: #!\n"), (ARM_OLD, "  old: {label: Old treatment, role: experimental}"),
        ("main, alpha_two", "main, arm: new, alpha_two"), ("os_main, after", "os_main, arm: new, after")],
        "protocol.control", "no arm is the control", "`role: control`"),
    Bad("same label", [(ARM_OLD, "  old: {label: new treatment, role: control} #!")], "protocol.same_label",
        "`new` and `old` have the same label", "label of its own"),
    Bad("same value in the data", [(ARM_NEW, ARM_NEW[:-1] + ", value: old} "), (ARM_OLD, ARM_OLD + " #!")],
        "protocol.same_value", "`old` in the data could mean arm `new` or arm `old`", "give each arm the `value`"),
    Bad("names differing in case", [(STAGE, STAGE + "\n  Stage: {label: Stage again, column: ST2, levels: [a, b]} #!")],
        "protocol.same_name", "differ only in case", "rename one", "Stage"),
    Bad("levels and continuous", [(AGE, "  age: {label: Age, column: AGE, continuous: true, levels: [old, young]} #!")],
        "protocol.factor_levels", "a continuous factor has no levels", "remove `levels`"),
    Bad("neither levels nor continuous", [(AGE, "  age: {label: Age, column: AGE} #!")], "protocol.factor_levels",
        "neither levels nor", "`continuous: true`"),
    Bad("one level", [(AGE, "  age: {label: Age, column: AGE, levels: [adult]} #!")], "protocol.factor_levels",
        "fewer than two levels", "list every level"),
    Bad("duplicate level", [(STAGE, "  stage: {label: Stage, column: STAGE, levels: [III, IV, III]} #!")],
        "protocol.duplicate", "listed twice", "keep one", "III"),
    Bad("two levels with one code", [(SEX, "  sex: {label: Sex, column: SEX, levels: {Female: F, Male: F}} #!")],
        "protocol.duplicate", "`Female` and `Male` are the same value in the data", "code", "F"),
    # ---- references
    Bad("dangling stratum", [(TEST, "    test: {kind: log_rank, strata: [stag]} #!")], "protocol.dangling",
        "`stag` is not declared as a factor", "did you mean `stage`?", "stag"),
    Bad("dangling covariate", [(COX, "    estimate: {kind: cox, covariates: [ages]} #!")], "protocol.dangling",
        "`ages` is not declared", "did you mean `age`?"),
    Bad("dangling subgroup", [(SUB, "    subgroups: [stage, gender] #!")], "protocol.dangling", "`gender`",
        "declared under factors: `stage`, `sex`, `age`"),
    Bad("dangling population", [(HARM, "  harm: {endpoint: ae, population: safty} #!")], "protocol.dangling", "`safty`",
        "did you mean `safety`?"),
    Bad("dangling endpoint", [(HARM, "  harm: {endpoint: aes, population: safety} #!")], "protocol.dangling",
        "`aes` is not declared as an endpoint", "did you mean `ae`?", "aes"),
    Bad("dangling analysis", [(H_PFS, "  h_pfs: {analysis: mian, alpha_two_sided: 0.05} #!")], "protocol.dangling",
        "`mian` is not declared as an analysis", "did you mean `main`?"),
    Bad("dangling after", [(H_OS, "  h_os: {analysis: os_main, after: [h_psf]} #!")], "protocol.dangling",
        "`h_psf` is not declared as a hypothesis", "did you mean `h_pfs`?"),
    Bad("dangling like", [(PLAIN, "  plain: {like: mainly, why: x} #!")], "protocol.dangling",
        "no analysis of this name",
        "did you mean `main`?", "mainly"),
    Bad("dangling sensitivity_to", [("sensitivity_to: main", "sensitivity_to: mains"), ("{kind: cox}}",
        "{kind: cox}} #!")],
        "protocol.dangling", "`mains`", "did you mean `main`?"),
    Bad("dangling extends", [("    extends: planned", "    extends: planed #!")], "protocol.dangling",
        "no scenario of this name", "did you mean `planned`?"),
    Bad("dangling first_of", [(EITHER, EITHER.replace("progression, os", "progresion, os") + " #!")],
        "protocol.dangling", "not declared as a time-to-event endpoint", "did you mean `progression`?"),
    Bad("first_of a response", [(EITHER, EITHER.replace("progression, os", "orr, os") + " #!")], "protocol.kind",
        "`orr` is not a time-to-event endpoint", "`kind: time_to_event`"),
    Bad("dangling measured_by", [("measured_by: pfs}", "measured_by: pf} #!")], "protocol.dangling", "`pf`",
        "did you mean `pfs`?"),
    Bad("dangling denominator", [("    denominator: itt", "    denominator: it #!")], "protocol.dangling", "`it`",
        "did you mean `itt`?"),
    Bad("dangling duration", [("    denominator: itt", "    denominator: itt\n    duration: dor #!")],
        "protocol.dangling", "`dor` is not declared as a time-to-event endpoint",
        "`pfs`, `os`, `progression`, `either`"),
    Bad("dangling randomization stratum", [("strata: [stage], annex: private/annex.yaml}", "strata: [centre]} #!")],
        "protocol.dangling", "`centre` is not declared as a factor", "declared under factors"),
    Bad("dangling assume", [("assume: planned", "assume: plan"), ("{events: 280}]}", "{events: 280}]} #!")],
        "protocol.dangling", "`plan` is not declared as a scenario", "did you mean `planned`?"),
    Bad("design of no hypothesis", [(DESIGN, DESIGN.replace("h_pfs", "h_psf") + " #!")], "protocol.dangling",
        "`h_psf` is not declared as a hypothesis", "did you mean `h_pfs`?"),
    Bad("dangling arm in a scenario", [(ASSUME,
        "      pfs: {old: {median: 12}, new: {median: 9}, newer: {median: 8}} #!")],
        "protocol.dangling", "`newer` is not declared as an arm", "did you mean `new`?"),
    Bad("dangling endpoint in a scenario", [(ASSUME, ASSUME + "\n      dfs: {old: {median: 1}, new: {median: 2}} #!")],
        "protocol.dangling", "`dfs` is not declared as an endpoint", "did you mean `pfs`?"),
    Bad("dangling baseline factor", [(DATA, DATA + "\nbaseline: {factors: [stage, race]} #!")], "protocol.dangling",
        "`race`", "declared under factors"),
    # ---- circles
    Bad("circle of like", [(PLAIN, "  plain: {like: os_main, why: x} #"), ("  os_main: {like: main, endpoint: os}",
        "  os_main: {like: plain, endpoint: os} #!")], "protocol.cycle", "plain → os_main → plain",
        "write one of them out without `like`"),
    Bad("circle of after", [(H_PFS, "  h_pfs: {analysis: main, alpha_two_sided: 0.05, after: [h_os]} #!")],
        "protocol.cycle", "h_pfs → h_os → h_pfs", "remove its `after`"),
    Bad("after itself", [(H_OS, "  h_os: {analysis: os_main, after: [h_os]} #!")], "protocol.cycle", "after itself",
        "did you mean `h_pfs`?"),
    Bad("circle of first_of", [(OS, "  os: {kind: time_to_event, label: OS, source: {first_of: [either, pfs]}} #!")],
        "protocol.cycle", "os → either → os", "read one of them from a table"),
    Bad("circle of extends", [(ENROLL, ENROLL + "\n    extends: delayed"), ("    extends: planned",
        "    extends: planned #!")], "protocol.cycle", "planned → delayed → planned", "without `extends`"),
    Bad("sensitivity to itself", [("sensitivity_to: main", "sensitivity_to: plain"), ("{kind: cox}}",
        "{kind: cox}} #!")],
        "protocol.cycle", "of itself", "name the analysis that it probes"),
    Bad("name of a table that is always there", [(HARM, "  disposition: {endpoint: ae, population: safety} #!")],
        "protocol.reserved_name", "a table that every trial has", "another name", "disposition"),
    Bad("misspelled source", [("{table: ADTTE, PARAMCD: TTP}}", "{tabel: ADTTE}} #!")], "protocol.unknown_key",
        "`tabel`", "did you mean `table`?"),
    # ---- models that can't be fitted
    Bad("continuous subgroup", [(SUB, "    subgroups: [stage, age] #!")], "protocol.continuous",
        "`age` is continuous and has no levels for subgroups", "declare a second factor"),
    Bad("continuous stratum", [(TEST, "    test: {kind: log_rank, strata: [age]} #!")], "protocol.continuous",
        "`age` is continuous", "declare a second factor"),
    Bad("stratum and covariate", [(COX, "    estimate: {kind: cox, strata: [stage], covariates: [age, stage]} #!")],
        "protocol.covariate", "`stage` is both a stratum and a covariate", "keep one"),
    Bad("stratum twice", [(TEST, "    test: {kind: log_rank, strata: [stage, stage]} #!")], "protocol.duplicate",
        "`stage` is listed twice", "keep one"),
    Bad("landmark twice", [("times: [12, 24]}", "times: [12, 12.0]} #!")], "protocol.duplicate", "`12` is listed twice",
        "keep one"),
    Bad("strata as verified without columns", [(PLAIN, "  plain: {like: main, why: x, strata_as: verified} #!")],
        "protocol.verified", "none of its strata (stage) has a verified level", "`verified: ...`"),
    # ---- weighted tests
    Bad("modest weights without end", [(TEST, "    test: {kind: modestly_weighted, strata: [stage]} #!")],
        "protocol.t_star", "needs `t_star` or `s_star`", "add `t_star: 12`", "neither"),
    Bad("modest weights with two ends", [(TEST, "    test: {kind: modestly_weighted, t_star: 6, s_star: 0.5} #!")],
        "protocol.t_star", "one of `t_star` and `s_star`, not both", "remove one"),
    Bad("s_star of 1", [(TEST, "    test: {kind: modestly_weighted, s_star: 1} #!")], "protocol.range",
        "`s_star` must be less than 1", "", "1"),
    Bad("t_star of 0", [(TEST, "    test: {kind: modestly_weighted, t_star: 0} #!")], "protocol.range",
        "`t_star` must be more than 0", "", "0"),
    Bad("weight twice", [(TEST, "    test: {kind: max_combo, weights: [[0, 0], [0, 1], [0, 0.0]]} #!")],
        "protocol.duplicate", "the weight [0, 0] is listed twice", "keep one", "[0, 0]"),
    Bad("one weight", [(TEST, "    test: {kind: max_combo, weights: [[0, 1]]} #!")], "protocol.too_short",
        "`weights`", ""),
    Bad("weight of three numbers", [(TEST, "    test: {kind: max_combo, weights: [[0, 0], [0, 1, 2]]} #!")],
        "protocol.too_long", "`weights[1]` has more than 2 entries", "leave out", "[0, 1, 2]"),
    Bad("weight of one number", [(TEST, "    test: {kind: max_combo, weights: [[0, 0], [1]]} #!")],
        "protocol.too_short", "`weights[1]` needs more entries", "add what is missing", "[1]"),
    Bad("nine weights", [(TEST, "    test: {kind: max_combo, weights: [" + ", ".join(f"[0, {i / 2}]" for i in range(9))
        + "]} #!")], "protocol.too_long", "`weights` has more than 8 entries", "leave out"),
    Bad("weight below 0", [(TEST, "    test: {kind: max_combo, weights: [[0, 0], [0, -1]]} #!")], "protocol.range",
        "must be at least 0", "", "-1"),
    Bad("stratum of a supportive weighted test", [(SUB, SUB + "\n    also: [{kind: max_combo, strata: [stag]}] #!")],
        "protocol.dangling", "`stag` is not declared", "did you mean `stage`?"),
    Bad("trend of two arms", [(SUB, SUB + "\n    also: [{kind: trend}] #!")], "protocol.trend",
        "three or more arms, and there are 2", "with two arms it is the log-rank test", "new, old"),
    Bad("trend as the main test", [(TEST, "    test: {kind: trend} #!")], "protocol.choice",
        "`kind` must be `fleming_harrington`, `log_rank`, `max_combo` or `modestly_weighted`",
        "write `fleming_harrington`", "trend"),
    Bad("trend without a score for an arm", [(ARM_OLD, ARM_MIDDLE), (SUB, SUB +
        "\n    also: [{kind: trend, scores: {new: 2, old: 0}}] #!"), *THREE_ARMS], "protocol.trend",
        "no score is declared for `middle`", "give every arm a score", "new, old"),
    Bad("trend with a score for no arm", [(ARM_OLD, ARM_MIDDLE), (SUB, SUB +
        "\n    also: [{kind: trend, scores: {new: 2, old: 0, midle: 1}}] #!"), *THREE_ARMS], "protocol.dangling",
        "`midle` is not declared as an arm", "did you mean `middle`?", "midle"),
    Bad("trend with equal scores", [(ARM_OLD, ARM_MIDDLE), (SUB, SUB +
        "\n    also: [{kind: trend, scores: {new: 1, old: 1, middle: 1}}] #!"), *THREE_ARMS], "protocol.trend",
        "all arms have one score", "different scores", "1"),
    Bad("average hazard ratio up to 0", [(SUB, SUB + "\n    also: [{kind: average_hazard_ratio, horizon: 0}] #!")],
        "protocol.range", "`horizon` must be more than 0", "", "0"),
    Bad("strata of an average hazard ratio", [(SUB, SUB +
        "\n    also: [{kind: average_hazard_ratio, strata: [stage]}] #!")], "protocol.unknown_key", "`strata`",
        "horizon"),
    # ---- estimands
    Bad("nothing implements the event", [(POLICY, "        new_therapy: {strategy: hypothetical} #!")],
        "protocol.intercurrent", "nothing implements the strategy `hypothetical` for `new_therapy`",
        "`parameter` or `censor_at`"),
    Bad("two things implement the event", [(POLICY, "        new_therapy: {strategy: hypothetical, parameter: PFS, "
        "censor_at: NEWTRTDT} #!")], "protocol.intercurrent", "two things implement `new_therapy`", "exactly one"),
    Bad("treatment policy that censors", [(POLICY, POLICY[:-1] + ", censor_at: NEWTRTDT} #!")], "protocol.intercurrent",
        "`censor_at` can't implement the strategy `treatment_policy`", "remove `censor_at`"),
    Bad("hypothetical that counts", [(POLICY, "        new_therapy: {strategy: hypothetical, event_at: NEWTRTDT} #!")],
        "protocol.intercurrent", "`event_at` can't implement", "`parameter` or `censor_at`"),
    Bad("component that is none", [(POLICY, "        death: {strategy: composite, component: os} #!")],
        "protocol.intercurrent", "this endpoint has no components", "`first_of`"),
    Bad("two parameters for one estimand", [(POLICY, "        gap: {strategy: hypothetical, parameter: PFS}\n"
        "        death: {strategy: composite, parameter: PFSD} #!")], "protocol.intercurrent",
        "`death` is handled by the records of PFSD, `gap` by those of PFS", "declare a second endpoint", "PFSD"),
    Bad("another parameter than the estimand's", [(POLICY, POLICY + "\n        death: {strategy: composite, "
        "parameter: PFS}"), (PLAIN, PLAIN[:-1] + ",\n    intercurrent: {new_therapy: {strategy: hypothetical, "
        "parameter: PFSX}}} #!")], "protocol.intercurrent", "`death` by those of PFS", "one parameter for all"),
    Bad("principal stratum that is not analyzed", [(POLICY, "        switch: {strategy: principal_stratum, "
        "population: safety} #!")], "protocol.intercurrent", "the principal stratum is `safety`, but `itt` is analyzed",
        "`population: safety`"),
    Bad("responses from another parameter", [("    denominator: itt", "    denominator: itt\n    estimand:\n"
        "      {population: itt, treatment: a, variable: b, summary: risk_difference, intercurrent: {death: "
        "{strategy: composite,\n      parameter: CBOR}}} #!")], "protocol.intercurrent",
        "responses are read from BOR, whatever CBOR holds", "`parameter: BOR`", "CBOR"),
    Bad("principal stratum nobody declared", [(POLICY,
        "        switch: {strategy: principal_stratum, population: ip} #!")],
        "protocol.dangling", "`ip` is not declared as a population", "declared under populations"),
    Bad("estimand nobody estimates", [("      population: itt\n", "      population: safety #!\n")],
        "protocol.estimand_population", "no analysis of `pfs` is done in the estimand's population", "analyze `pfs`"),
    Bad("summary of another kind", [("summary: hazard_ratio", "summary: odds_ratio #!")], "protocol.summary",
        "`odds_ratio` does not summarize", "`hazard_ratio`"),
    Bad("strategy for an event the estimand does not have", [(SUB, SUB + "\n    intercurrent:\n"
        "      new_therapie: {strategy: hypothetical, censor_at: NEWTRTDT} #!")], "protocol.dangling",
        "has no intercurrent event `new_therapie`", "did you mean `new_therapy`?"),
    # ---- hypotheses
    Bad("alpha in percent", [(H_PFS, "  h_pfs: {analysis: main, alpha_one_sided: 2.5} #!")], "protocol.range",
        "`alpha_one_sided` must be less than 0.5", "did you mean 0.025 (2.5%)?", "2.5"),
    Bad("both alphas", [(H_PFS, H_PFS[:-1] + ", alpha_one_sided: 0.025} #!")], "protocol.alpha",
        "both a one-sided and a two-sided alpha", "keep exactly one"),
    Bad("no alpha", [(H_PFS, "  h_pfs: {analysis: main} #!")], "protocol.alpha", "no level",
        "add `alpha_one_sided: 0.025`"),
    Bad("which arm", [(ARM_OLD, ARM_OLD + "\n  mid: {label: Half, role: experimental}"), (H_PFS, H_PFS + " #!"),
        (H_OS, H_OS[:-1] + ", arm: new}"), ("new: {hazard_ratio: 0.7}", "new: {median: 14}, mid: {median: 13}")],
        "protocol.missing_key", "`arm` is missing in `hypotheses.h_pfs`", "`new`, `mid`"),
    Bad("the control's own hypothesis", [(H_PFS, H_PFS[:-1] + ", arm: old} #!")], "protocol.control",
        "the control, which is not compared with itself", "`new`"),
    Bad("hypothesis of adverse events", [(H_PFS, "  h_pfs: {analysis: harm, alpha_two_sided: 0.05} #!"),
        (DESIGN + "\n", "  {}\n")], "protocol.kind", "which has no test", "name an analysis"),
    Bad("the same hypothesis twice", [(H_OS, H_OS + "\n  h_again: {analysis: main, after: [h_os]} #!")],
        "protocol.duplicate", "`h_pfs` and `h_again` test the same thing", "remove one"),
    # ---- conditions
    Bad("condition that can't be read", [("AGE >= 18}", "AGE >=} #!")], "protocol.condition", "can't be read",
        "in SQL"),
    Bad("condition without a column", [("where: \"ITTFL = 'Y'\"}", "where: 1 = 1} #!")], "protocol.condition",
        "names no column", "compare a column"),
    # ---- endpoints
    Bad("times from the wrong table", [("{table: ADTTE, PARAMCD: TTP}}", "{table: ADRS, PARAMCD: TTP}} #!")],
        "protocol.table", "times to an event are read from ADTTE", "`table: ADTTE`", "ADRS"),
    Bad("no PARAMCD", [("{table: ADTTE, PARAMCD: TTP}}", "{table: ADTTE}} #!")], "protocol.missing_key",
        "`PARAMCD` is missing", "add `PARAMCD:`"),
    Bad("responder not in order", [("    denominator: itt", "    denominator: itt\n    responders: [CR, PRu] #!")],
        "protocol.responses", "`PRu` is not one of the responses in `order`", "did you mean `PR`?"),
    Bad("responders outside disease control", [("    denominator: itt", "    denominator: itt\n"
        "    disease_control: [CR, SD] #!")], "protocol.responses", "not all part of disease control: PR",
        "responders included"),
    Bad("stable response that is a response", [(BENEFIT, BENEFIT.replace("{minimum",
        "{stable: [PR, SD], minimum") + " #!")],
        "protocol.responses", "`PR` is a response already", "lasted long enough"),
    Bad("mapped without subjects", [(DATA,
        MAPPED.replace("    ADSL: {file: a.csv, columns: {USUBJID: id, TRT01P: arm}}\n",
        "").replace("tables:", "tables: #!"))], "protocol.missing_key", "`ADSL` is missing", "one row a subject"),
    Bad("mapped without arm", [(DATA, MAPPED.replace(", TRT01P: arm}}", "}} #!"))], "protocol.missing_key",
        "`TRT01P` is missing", "the planned arm"),
    Bad("table not mapped", [(DATA, MAPPED.replace("    ADAE: {file: d.csv, columns: {USUBJID: id, AEDECOD: term}}",
        "")),
        ("source: {table: ADAE}}", "source: {table: ADAE}} #!")], "protocol.dangling",
        "`ADAE` is not mapped under `data.tables`", "add `ADAE:`"),
    # ---- scenarios, design, randomization
    Bad("control with hazard ratio", [(ASSUME, "      pfs: {old: {hazard_ratio: 1}, new: {hazard_ratio: 0.7}} #!")],
        "protocol.control", "the control has no hazard ratio", "`median` or `hazard`"),
    Bad("two assumptions of one arm", [(ASSUME,
        "      pfs: {old: {median: 12, hazard: 0.1}, new: {hazard_ratio: 0.7}} #!")],
        "protocol.assumption", "2 things are assumed of arm `old`", "write one of", "median, hazard"),
    Bad("nothing assumed of an arm", [(ASSUME, "      pfs: {old: {}, new: {hazard_ratio: 0.7}} #!")],
        "protocol.assumption", "nothing is assumed of arm `old`", "write one of"),
    Bad("an arm left out", [(ASSUME, "      pfs: {old: {median: 12}} #!"),
        (DELAYED, "    endpoints: {pfs: {new: {median: 3}}}")],
        "protocol.missing_key", "nothing is assumed of arm `new`", "add `new:`"),
    Bad("rate of a time", [(ASSUME, "      pfs: {old: {median: 12}, new: {rate: 0.7}} #!")], "protocol.assumption",
        "`rate` does not describe an endpoint of this kind", "`hazard_ratio`"),
    Bad("pieces that go back", [(DELAYED, "    endpoints: {pfs: {new: {hazard_ratio: [{until: 6, value: 1}, "
        "{until: 3, value: 0.8}, {value: 0.6}]}}} #!")], "protocol.steps", "ends before it begins, at 6", "increase"),
    Bad("pieces that end", [(DELAYED, "    endpoints: {pfs: {new: {hazard_ratio: [{until: 6, value: 1}]}}} #!")],
        "protocol.steps", "nothing is said of the time after the last piece", "remove `until`"),
    Bad("enrollment without end in the middle", [(ENROLL, "    enrollment: {patients: 400, per_month: [{rate: 10}, "
        "{rate: 20}]} #!")], "protocol.steps", "only the last piece can go on", "`until: ...`"),
    Bad("looks out of order", [("looks: [{events: 140}, {events: 280}]}", "looks: [{events: 280}, {events: 140}]} #!")],
        "protocol.looks", "`events` must increase", "in order", "140"),
    Bad("look for two things", [("looks: [{events: 140}, {events: 280}]}",
        "looks: [{events: 140, information: 0.5}, {events: 280}]} #!")], "protocol.looks",
        "both events and information", "exactly one of"),
    Bad("clusters without the robust variance",
        [(COX, "    estimate: {kind: cox, strata: [stage], cluster: SITEID} #!")],
        "protocol.cox_options", "clusters need the robust variance", "add `variance: robust`"),
    Bad("profile limits of a robust variance",
        [(COX, "    estimate: {kind: cox, variance: robust, interval: profile} #!")],
        "protocol.cox_options", "know nothing of a robust variance", "`interval: wald`"),
    Bad("discrete ties with weights", [(COX, "    estimate: {kind: cox, ties: discrete, weights: IPW} #!")],
        "protocol.cox_options", "`ties: discrete` can't be combined with case weights", "`ties: efron`", "discrete"),
    Bad("exact ties with Firth", [(COX, "    estimate: {kind: cox, ties: exact, penalty: firth} #!")],
        "protocol.cox_options", "`ties: exact` can't be combined with Firth's penalty", "`ties: efron`"),
    Bad("Firth with robust variance", [(COX, "    estimate: {kind: cox, penalty: firth, variance: robust} #!")],
        "protocol.cox_options", "Firth's penalty can't be combined with the robust variance", "remove one"),
    Bad("unknown ties", [(COX, "    estimate: {kind: cox, ties: exakt} #!")], "protocol.choice", "`ties` must be",
        "did you mean `exact`?"),
    Bad("time-dependent on nothing", [(COX, "    estimate: {kind: cox, time_dependent: [progresion]} #!")],
        "protocol.dangling", "not declared as a time-to-event endpoint", "did you mean `progression`?"),
    Bad("time-dependent on a response", [(COX, "    estimate: {kind: cox, time_dependent: [orr]} #!")],
        "protocol.kind", "`orr` is not a time-to-event endpoint", "kind: time_to_event"),
    Bad("time-dependent on the outcome", [(COX, "    estimate: {kind: cox, time_dependent: [pfs]} #!")],
        "protocol.covariate", "part of the outcome", "before the outcome"),
    Bad("proportional hazards with discrete ties", [(COX, "    estimate: {kind: cox, ties: discrete}\n"
        "    proportional_hazards: {transform: km} #!")], "protocol.cox_options", "test of proportional hazards",
        "ties: efron"),
    Bad("proportional hazards along an unknown function",
        [(COX, COX + "\n    proportional_hazards: {transform: sqrt} #!")],
        "protocol.choice", "`transform` must be", "write `km`"),
    Bad("last look without all information", [("looks: [{events: 140}, {events: 280}]}",
        "looks: [{information: 0.5}, {information: 0.9}]} #!")], "protocol.looks",
        "does not have all the information", "`information: 1`"),
    Bad("more events than patients", [("{events: 280}]}", "{events: 480}]} #!")], "protocol.looks",
        "more events than the 400 patients", "enroll more"),
    Bad("spending without its parameter", [("{spending: obrien_fleming}", "{spending: kim_demets}"),
        ("{events: 280}]}", "{events: 280}]} #!")], "protocol.missing_key", "`parameter` is missing",
        "add `parameter:`"),
    Bad("sample-size re-estimation", [("{events: 280}]}", "{events: 280}], reestimation: {at: 1}} #!")],
        "protocol.unknown_key", "`reestimation` is not a key", "with inverse-normal weights is not offered"),
    Bad("scenario silent on the endpoint", [("  h_pfs: {assume", "  h_os: {assume"), ("{events: 280}]}",
        "{events: 280}]} #!")], "protocol.assumption", "assumes nothing of `os`", "add `os:`"),
    Bad("minimization of nothing", [(RANDOMIZE, "randomization: {procedure: {kind: minimization}} #!")],
        "protocol.randomization", "none is named", "add `strata: [...]`"),
]  # fmt: skip


def expected_lines(text: str) -> list[int]:
    lines: list[int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        mark = re.search(r"#(!+)$", line)
        lines += [number] * len(mark.group(1)) if mark else []
    return lines


@pytest.mark.parametrize("bad", BAD, ids=[bad.id for bad in BAD])
def test_one_problem_with_line_value_and_cure(bad: Bad, edited: Callable[..., str]) -> None:
    text = edited(*bad.edits)
    with pytest.raises(ProtocolError) as caught:
        loads_protocol(text, file="bad.yaml")
    problems = caught.value.problems
    assert [(problem.code, problem.where.line) for problem in problems] == [
        (bad.code, line) for line in expected_lines(text)
    ], caught.value
    (problem,) = problems
    assert bad.phrase in problem.message
    assert bad.cure in problem.cure
    assert bad.value is None or problem.value == bad.value
    assert problem.where.file == "bad.yaml"
    assert problem.where.path
    assert problem.severity == "error"


def test_the_cases_are_distinct_and_many() -> None:
    assert len({bad.id for bad in BAD}) == len(BAD) >= 45
    assert len({tuple(bad.edits) for bad in BAD}) == len(BAD)


@pytest.mark.parametrize("bad", BAD, ids=[bad.id for bad in BAD])
def test_nothing_of_the_machinery_is_shown(bad: Bad, edited: Callable[..., str]) -> None:
    with pytest.raises(ProtocolError) as caught:
        loads_protocol(edited(*bad.edits))
    shown = str(caught.value).lower()
    for word in ("pydantic", "http", "input should", "extra inputs", "valueerror", "polars"):
        assert word not in shown
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_good_protocol_is_good(good: str) -> None:
    assert loads_protocol(good).contrasts == (("new", "old"),)
