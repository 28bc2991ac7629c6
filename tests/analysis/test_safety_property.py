"""Safety tables of random events against counting with sets, one subject and one event at a time."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.analysis.safety import safety_rows
from equipoise.protocol.loading import loads_protocol
from equipoise.results import Results

PROTOCOL = loads_protocol("""
equipoise: 1
trial: {id: T, title: A trial}
arms:
  new: {label: New, role: experimental}
  old: {label: Old, role: control}
populations:
  safety: {arm: actual}
endpoints:
  ae: {kind: adverse_events, label: Adverse events, source: {table: ADAE}}
analysis:
  ae_main: {endpoint: ae, population: safety}
""")
ARMS = ("new", "old")
FLAGS = ("serious", "related", "discontinuation", "fatal")
SUBJECTS = [f"S{i}" for i in range(9)]
ARM = {who: i % 2 for i, who in enumerate(SUBJECTS)}
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "USUBJID": st.sampled_from(SUBJECTS[:7]),  # two subjects never have one
            "soc": st.sampled_from(["Gut", "Skin"]),
            "term": st.sampled_from(["a", "b", "c"]),
            "grade": st.sampled_from([None, 1, 2, 3, 4, 5]),
            **{flag: st.booleans() for flag in FLAGS},
        }
    ),
    max_size=25,
)
SCHEMA = {"USUBJID": pl.String, "soc": pl.String, "term": pl.String, "grade": pl.Int64} | dict.fromkeys(
    FLAGS, pl.Boolean
)


def analyze(events: list[dict]) -> Results:
    frame = pl.DataFrame(events, schema=SCHEMA).with_columns(
        pl.col("USUBJID").replace_strict(ARM, return_dtype=pl.Int64).alias("arm"),
        pl.lit(None, dtype=pl.Date).alias("start"),
    )
    people = pl.DataFrame({"USUBJID": SUBJECTS, "arm": [ARM[who] for who in SUBJECTS]})
    return Results.of(safety_rows(PROTOCOL, "ae_main", people, frame, scale="grade"))


def worst_of(events: list[dict]) -> dict[str, int | None]:
    worst: dict[str, int | None] = {}
    for event in events:
        known = [g for g in (worst.get(event["USUBJID"]), event["grade"]) if g is not None]
        worst[event["USUBJID"]] = max(known) if known else None
    return worst


def expected(events: list[dict], groups: dict[str, str]) -> list[set[str]] | None:
    """Subjects by arm, or None where nothing can be said."""
    worst = worst_of(events)
    level = groups.get("worst_grade")
    if level is not None:
        found = {who for who in SUBJECTS if (str(worst[who] or "missing") if who in worst else "none") == level}
    else:
        high = "grade" in groups or groups.get("category", "").startswith("grade")
        if high and events and all(event["grade"] is None for event in events):
            return None
        found = {event["USUBJID"] for event in events if belongs(event, groups, worst)}
    return [{who for who in found if ARM[who] == arm} for arm in (0, 1)]


def belongs(event: dict, groups: dict[str, str], worst: dict[str, int | None]) -> bool:
    category = groups.get("category", "any")
    if category in FLAGS:
        return event[category]
    if category == "grade_3_plus" or "grade" in groups:
        if (event["grade"] or 0) < 3:
            return False
    elif category.startswith("grade_"):
        return event["grade"] == worst[event["USUBJID"]] == int(category[-1])
    return all(event[name] == groups[name] for name in ("soc", "term") if name in groups)


@settings(max_examples=60, deadline=None)
@given(EVENTS)
def test_every_row_is_what_counting_with_sets_gives(events):
    found = analyze(events)
    rows = found.select(statistic="ae_subjects")
    assert len({row.key.groups for row in rows}) == len(rows) / 2
    for row in rows:
        wanted = expected(events, dict(row.key.groups))
        size = None if wanted is None else len(wanted[ARMS.index(row.key.arm)])
        assert row.value == size, row.id
    pairs = {(event["soc"], event["term"]) for event in events}
    assert {(row.key.group("soc"), row.key.group("term")) for row in rows if row.key.group("term")} == pairs
    for index, arm in enumerate(ARMS):
        total = found.one(statistic="ae_events", arm=arm, groups={"category": "any"})
        assert total.value == sum(ARM[event["USUBJID"]] == index for event in events)


@settings(max_examples=30, deadline=None)
@given(EVENTS, st.randoms(use_true_random=False))
def test_duplicates_and_order_do_not_change_who_counts(events, random):
    before = {row.id: row.value for row in analyze(events).select(statistic="ae_subjects")}
    twice = events + events
    random.shuffle(twice)
    assert {row.id: row.value for row in analyze(twice).select(statistic="ae_subjects")} == before
