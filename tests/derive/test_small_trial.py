"""A small trial from files to results: records, decisions, the cut, the tables that are written, the command."""

from __future__ import annotations

import datetime
import json

import polars as pl
import pytest

from equipoise.analysis.method_paragraphs import method_paragraphs
from equipoise.data import load_data, responses, time_to_event
from equipoise.data.derive.adam import adam_tables, decision_counts
from equipoise.protocol import loads_protocol
from equipoise.trial import Trial

# Worked by hand from the courses in conftest.py: schedule 56, 112, ... with a window of 7 days; day 1 is randomization.
PFS = {
    "01": (225.0, 1, "Progression", "fda.progression"),
    "02": (57.0, 0, "2 or more missed assessments before progression", "fda.missed_visits"),
    "03": (151.0, 1, "Death", "fda.death"),
    "04": (57.0, 0, "New anticancer therapy before progression", "fda.new_therapy"),
    "05": (41.0, 1, "Death", "fda.death"),
    "06": (1.0, 0, "No adequate assessment after baseline", "fda.no_assessment"),
    "07": (1.0, 0, "No adequate baseline assessment", "fda.no_baseline"),
    "08": (169.0, 0, "No progression or death", "fda.no_event"),
}
EMA = {"02": (225.0, 1), "04": (113.0, 1), "07": (113.0, 1)}
BEST = {"01": "CR", "02": "SD", "03": "SD", "04": "SD", "05": "MISSING", "06": "MISSING", "07": "NE", "08": "SD"}


def test_progression_free_survival_by_both_conventions(small_trial):
    data = small_trial.load()
    fda = data.derived["pfs"].select("USUBJID", "time", "status", "reason", "rule").rows()
    assert {subject: tuple(rest) for subject, *rest in fda} == PFS
    ema = data.derived["pfs_ema"].select("USUBJID", "time", "status").rows()
    assert {subject: tuple(rest) for subject, *rest in ema} == {
        subject: EMA.get(subject, found[:2]) for subject, found in PFS.items()
    }


def test_one_line_says_why(small_trial):
    decisions = dict(small_trial.load().derived["pfs"].select("USUBJID", "decision").rows())
    assert decisions["02"] == (
        "progression on 2020-08-22 (day 225) after 2 missed assessments (day 57 to 225): censored at last adequate "
        "assessment 2020-03-07 (day 57), rule fda.missed_visits"
    )
    assert decisions["04"] == (
        "new anticancer therapy on 2020-04-10 (day 71) before progression on 2020-05-22: censored at last adequate "
        "assessment 2020-03-27 (day 57), rule fda.new_therapy"
    )
    assert decisions["05"] == "death on 2020-03-21 (day 41) without progression: event, rule fda.death"


def test_the_frames_of_an_analysis(small_trial):
    data = small_trial.load()
    protocol = small_trial.protocol
    frame = time_to_event(protocol, data, "pfs", "itt")
    assert dict(frame.select("USUBJID", "reason").rows()) == {subject: found[2] for subject, found in PFS.items()}
    assert frame.get_column("arm").to_list() == [0, 1] * 4
    best = responses(protocol, data, "orr", "itt")
    assert dict(best.select("USUBJID", "response").rows()) == BEST
    assert data.conventions["pfs"].plus_one
    dor = time_to_event(protocol, data, "dor", "itt")
    assert dor.select("USUBJID", "time", "status").rows() == [
        ("01", 169.0, 1)
    ]  # from the PR of day 57, which the CR confirms
    ttr = time_to_event(protocol, data, "ttr", "itt")
    competing = {subject for subject, status in ttr.select("USUBJID", "status").rows() if status == 2}
    assert competing == {"03", "05"}
    benefit = responses(protocol, data, "cbr", "itt").filter(pl.col("response") == "Y")
    assert benefit.get_column("USUBJID").to_list() == ["01", "08"]


def test_a_cut_derives_anew(small_trial):
    """At the cut the progression of 01 on day 224 is not known: censored at the assessment before, not at the cut."""
    data = small_trial.load(cut=datetime.date(2020, 7, 1))
    frame = data.derived["pfs"].filter(pl.col("USUBJID") == "01")
    assert frame.select("time", "status", "reason").rows() == [(169.0, 0, "No progression or death")]
    assert data.records["pfs"].height == 8
    survival = dict(data.derived["os"].select("USUBJID", "ADT").rows())
    assert survival["01"] == datetime.date(2020, 7, 1)
    before = small_trial.load(cut=datetime.date(2020, 1, 25)).derived["pfs"]
    assert before.get_column("USUBJID").to_list() == ["01", "02", "03"]
    assert before.get_column("status").sum() == 0


def test_treatment_may_start_the_clock(small_trial):
    small_trial.replace("    rules: fda", "    rules: fda\n    start: treatment\n    first_day: 0")
    frame = small_trial.load().derived["pfs"].filter(pl.col("USUBJID") == "01")
    assert frame.get_column("time").to_list() == [223.0]


def test_codes_and_sdtm_columns(small_trial):
    small_trial.replace("PARAMCD: OVRLRESP", "where: \"RSTESTCD = 'OVRLRESP'\"\n    value: RSSTRESC\n    date: RSDTC\n"
                        "    codes: {Progressed: PD}")  # fmt: skip
    names = {"PARAMCD": "RSTESTCD", "AVALC": "RSSTRESC", "ADT": "RSDTC"}
    rows = [{names.get(key, key): value for key, value in row.items()} for row in small_trial.tables["ADRS"]]
    for row in rows:
        row["RSSTRESC"] = row["RSSTRESC"].replace("PD", "Progressed")
    small_trial.tables["ADRS"] = rows
    frame = small_trial.load().derived["pfs"]
    assert {
        subject: tuple(rest) for subject, *rest in frame.drop("STARTDT", "ADT", "_row", "decision", "place").rows()
    } == PFS


def test_visits_of_several_days(small_trial):
    """One visit, scans on two days: the first dates the progression, the last one any other assessment."""
    small_trial.replace("PARAMCD: OVRLRESP", "PARAMCD: OVRLRESP\n    visit: VISIT")
    small_trial.tables["ADRS"] += [
        {"USUBJID": "01", "PARAMCD": "OVRLRESP", "AVALC": "PD", "ADT": "2020-08-15", "VISIT": "DAY 224"},
        {"USUBJID": "08", "PARAMCD": "OVRLRESP", "AVALC": "SD", "ADT": "2020-08-30", "VISIT": "DAY 168"},
    ]
    frame = dict(small_trial.load().derived["pfs"].select("USUBJID", "time").rows())
    assert frame["01"] == 225.0
    assert frame["08"] == 173.0


def test_tables_hold_what_was_decided(small_trial):
    data = small_trial.load()
    tables = adam_tables(small_trial.protocol, data)
    adtte = tables["adtte"].filter(pl.col("PARAMCD") == "PFS")
    assert adtte.select("USUBJID", "AVAL", "EVNTDESC", "RULE").rows() == [
        (s, t, r, rule) for s, (t, _, r, rule) in PFS.items()
    ]
    assert adtte.get_column("CNSR").to_list() == [0, 5, 0, 4, 0, 2, 3, 1]
    assert adtte.get_column("CNSDTDSC").null_count() == 3
    assert tables["adtte"].get_column("CNSR").null_count() == 0
    assert dict(tables["adrs"].filter(pl.col("PARAMCD") == "ORR").select("USUBJID", "AVALC").rows()) == BEST
    assert tables["decisions"].get_column("USUBJID").is_sorted()
    assert sum(number for *_, number in decision_counts(data)) == tables["decisions"].height


def test_written_tables_are_read_back_alike(small_trial, run):
    """The analysis of the written ADTTE and ADRS is the analysis of the derived endpoints."""
    folder = small_trial.write()
    done = run("derive", folder / "trial.yaml", "--out", folder / "derived")
    assert done.code == 0, done.err
    (folder / "derived" / "adsl.csv").write_text((folder / "data" / "adsl.csv").read_text())
    text = small_trial.yaml
    text = text[: text.index("assessments:")] + text[text.index("endpoints:") :]
    text = "\n".join(line for line in text.splitlines() if "rules: ema}}" not in line)
    start, end = text.index("  pfs:"), text.index("analysis:")
    text = (
        text[:start]
        + (
            "  pfs: {kind: time_to_event, label: PFS, source: {table: ADTTE, PARAMCD: PFS}}\n"
            "  dor: {kind: time_to_event, label: Duration, source: {table: ADTTE, PARAMCD: DOR}}\n"
            "  orr: {kind: response, label: Best response, source: {table: ADRS, PARAMCD: ORR}, duration: dor,\n"
            "        confirmation: required, denominator: itt}\n"
        )
        + text[end:]
    )
    data = load_data(loads_protocol(text), folder / "derived")
    ours = small_trial.load()
    for name in ("pfs", "dor"):
        columns = ["USUBJID", "time", "status", "reason", "STARTDT", "ADT"]
        assert data.records[name].select(columns).equals(ours.records[name].select(columns))
    best = dict(responses(loads_protocol(text), data, "orr", "itt").select("USUBJID", "response").rows())
    assert best == BEST


def test_the_analysis_reads_them(small_trial, tmp_path):
    folder = small_trial.write()
    trial = Trial.load(folder)
    results = trial.analyze(out=tmp_path / "bundle")
    rows = [row for row in results.statistics if row.key.analysis == "pfs_main"]
    events = {row.key.arm: row.value for row in rows if row.key.statistic == "events" and not row.key.groups}
    assert events == {"new": 3, "old": 0}
    reasons = {
        (row.key.arm, row.key.groups[0][1]): row.value
        for row in rows
        if row.key.statistic == "censored" and row.key.groups and row.key.groups[0][0] == "reason"
    }
    assert reasons["old", "New anticancer therapy before progression"] == 1
    page = trial.report(tmp_path / "bundle").read_text(encoding="utf-8")
    assert "derived from the assessments of investigator" in page
    manifest = json.loads((tmp_path / "bundle" / "manifest.json").read_text())
    assert "ADRS" in {table for file in manifest["data"] for table in file["table"].split(", ")}


def test_the_command_writes_tables_and_counts(small_trial, run):
    folder = small_trial.write()
    done = run("derive", folder / "trial.yaml", "--out", folder / "derived", "--subject", "02")
    assert done.code == 0, done.err
    assert "fda.missed_visits" in done.out
    assert "02  pfs: progression on 2020-08-22" in done.out
    files = sorted(str(path.relative_to(folder / "derived")) for path in (folder / "derived").rglob("*.*"))
    assert files == ["adrs.csv", "adtte.csv", "decisions.csv"] + [
        f"parquet/{name}.parquet" for name in ("adrs", "adtte", "decisions")
    ]
    for name in ("adrs", "adtte", "decisions"):
        written = pl.read_csv(folder / "derived" / f"{name}.csv", infer_schema=False)
        kept = pl.read_parquet(folder / "derived" / "parquet" / f"{name}.parquet")
        assert (written.columns, written.height) == (kept.columns, kept.height)
    again = run("derive", folder / "trial.yaml", "--out", folder / "derived")
    assert again.code == 0


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        (lambda t: None, ["--out", "data"], "other files"),
        (lambda t: None, ["--out", "trial.yaml"], "a file"),
        (lambda t: None, ["--out", "derived", "--subject", "99"], "no such subject"),
        (lambda t: t.set("ADRS", 2, AVALC="Complete"), ["--out", "derived"], "not an overall response"),
        (lambda t: None, ["--out", "derived", "--cut", "2019-01-01"], "before anybody was randomized"),
    ],
)
def test_the_command_refuses(small_trial, run, change, options, words):
    change(small_trial)
    folder = small_trial.write()
    before = sorted(path.name for path in folder.rglob("*"))
    options = [str(folder / one) if at == 1 else one for at, one in enumerate(options)]
    done = run("derive", folder / "trial.yaml", *options)
    assert done.code == 2
    assert words in done.err
    assert sorted(path.name for path in folder.rglob("*")) == before, "something was written"


def test_nothing_to_derive(run, tmp_path, small_trial):
    text = small_trial.yaml
    text = text[: text.index("assessments:")] + "endpoints: {}\n"
    folder = small_trial.write()
    (folder / "trial.yaml").write_text(text)
    done = run("derive", folder / "trial.yaml", "--out", tmp_path / "derived")
    assert done.code == 2
    assert "no endpoint is derived" in done.err
    assert not (tmp_path / "derived").exists()


def test_the_methods_section_says_how(small_trial):
    """Each choice is a sentence; the two conventions are told apart, and survival has no rules."""
    paragraphs = [text for heading, text in method_paragraphs(small_trial.protocol) if heading.startswith("Derived")]
    fda, ema, survival, responses_ = paragraphs
    assert "A progression or death after 2 or more scheduled assessments were missed is censored" in fda
    assert "(every 8 weeks, window 7 days)" in fda
    assert "Another anticancer therapy is ignored" in ema
    assert "counts however many assessments were missed" in ema
    assert survival.startswith("Survival (from randomization to death, censored on the last day known alive)")
    assert "missed" not in survival
    assert "at least 28 days after the response" in responses_
    assert "at least 168 days after the start" in responses_
    declared = "{preset: fda, new_therapy: event, missed_visits: {death: event, counted_by: gap}}"
    small_trial.replace("    rules: fda", f"    rules: {declared}")
    small_trial.replace("{every: 8, unit", "{every: [{until: 24, value: 8}, {value: 12}], unit")
    text = next(
        text for heading, text in method_paragraphs(small_trial.protocol) if heading.startswith("Derived times")
    )
    assert "every 8 until 24, then every 12 weeks, window 7 days, counted by the length of the gap" in text
    assert "A death counts however many" in text
    assert "Another anticancer therapy counts as an event" in text


def test_two_readers_of_one_table(small_trial):
    """A central reader sees the progression of 01 earlier; each endpoint reads its own rows."""
    for row in small_trial.tables["ADRS"]:
        row["READER"] = "INV"
    central = [dict(row, READER="IRC") for row in small_trial.tables["ADRS"]]
    for row in central:
        if (row["USUBJID"], row["VISIT"]) == ("01", "DAY 168"):
            row["AVALC"] = "PD"
    small_trial.tables["ADRS"] += central
    start = small_trial.yaml.index("  investigator:")
    end = small_trial.yaml.index("endpoints:")
    entry = small_trial.yaml[start:end]
    both = entry.replace("PARAMCD: OVRLRESP", "where: \"READER = 'INV'\"") + entry.replace(
        "investigator", "central"
    ).replace("PARAMCD: OVRLRESP", "where: \"READER = 'IRC'\"")
    small_trial.yaml = small_trial.yaml.replace(entry, both)
    small_trial.replace(
        "rules: ema}}", "rules: ema}}\n  pfs_irc: {like: pfs, label: PFS (IRC), source: {from: central}}"
    )
    data = small_trial.load()
    found = {name: dict(data.derived[name].select("USUBJID", "time").rows())["01"] for name in ("pfs", "pfs_irc")}
    assert found == {"pfs": 225.0, "pfs_irc": 169.0}


def test_tables_of_ones_own(small_trial):
    names = {"USUBJID": "patient", "AVALC": "response", "ADT": "scanned"}
    small_trial.tables["ADRS"] = [
        {names[key]: value for key, value in row.items() if key in names} for row in small_trial.tables["ADRS"]
    ]
    subjects = ", ".join(f"{name}: {name}" for name in ("USUBJID", "TRT01P"))
    mapped = ", ".join(f"{name}: {own}" for name, own in names.items())
    small_trial.replace("assessments:", "data:\n  format: mapped\n  tables:\n"
                        f"    ADSL: {{file: adsl.csv, columns: {{{subjects}}}}}\n"
                        f"    ADRS: {{file: adrs.csv, columns: {{{mapped}}}}}\nassessments:")  # fmt: skip
    small_trial.replace("    PARAMCD: OVRLRESP\n", "")
    frame = small_trial.load().derived["pfs"].select("USUBJID", "time", "status", "reason", "rule").rows()
    assert {subject: tuple(rest) for subject, *rest in frame} == PFS


def test_a_derived_time_may_be_part_of_another(small_trial):
    small_trial.replace(
        "  os: {", "  either: {kind: time_to_event, label: Either, source: {first_of: [pfs, os]}}\n  os: {"
    )
    frame = time_to_event(small_trial.protocol, small_trial.load(), "either", "itt")
    events = {subject: time for subject, time, status in frame.select("USUBJID", "time", "status").rows() if status}
    assert events == {"01": 225.0, "03": 151.0, "05": 41.0}


@pytest.mark.parametrize("days", [30, 70, 113, 160, 225, 400])
def test_a_cut_is_what_was_known_then(small_trial, days):
    """Cutting the data, and loading data in which nothing later was recorded, give the same."""
    cut = datetime.date(2020, 1, 1) + datetime.timedelta(days=days)
    whole = small_trial.load(cut=cut)
    known = cut.isoformat()
    small_trial.tables["ADRS"] = [row for row in small_trial.tables["ADRS"] if row["ADT"] <= known] or [
        dict(small_trial.tables["ADRS"][0], AVALC="NE", ADT="")
    ]
    small_trial.tables["ADSL"] = [row for row in small_trial.tables["ADSL"] if row["RANDDT"] <= known]
    for row in small_trial.tables["ADSL"]:
        for column in ("DTHDT", "NACTDT"):
            row[column] = row[column] if row[column] <= known else ""
        row["DTHFL"] = "Y" if row["DTHDT"] else ""
        row["LSTALVDT"] = min(row["LSTALVDT"], known)
    then = small_trial.load()
    for name, frame in whole.derived.items():
        assert frame.drop("_row").equals(then.derived[name].drop("_row")), name
