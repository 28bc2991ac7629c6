"""Keys: identifiers are derived, stable and never alike for different things."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.errors import BundleError
from equipoise.results import Key, Results, Statistic
from equipoise.results.key import slug


def test_id_reads_like_the_question():
    key = Key(
        analysis="pfs_main",
        statistic="hazard_ratio",
        endpoint="pfs",
        population="itt",
        arm="palbo",
        versus="standard",
        method="cox.efron.stratified",
        interval="wald.95",
    )
    assert key.id == "pfs_main.hazard_ratio.palbo-vs-standard.cox.efron.stratified.wald.95"


def test_stage_leads_the_id_unless_it_is_analysis():
    assert Key(stage="published", analysis="pfs_main", statistic="median").id == "published.pfs_main.median"


def test_without_an_analysis_endpoint_and_population_tell_rows_apart():
    one = Key(statistic="events", endpoint="pfs", population="itt")
    two = Key(statistic="events", endpoint="pfs", population="safety")
    assert (one.id, two.id) == ("pfs.itt.events", "pfs.safety.events")


@pytest.mark.parametrize(("a", "b"), [("<65", ">65"), ("A-B", "A/B"), ("Ünder", "Onder"), ("a b", "a.b"), ("≥3", "3")])
def test_values_that_differ_only_in_signs_have_different_slugs(a, b):
    assert slug(a) != slug(b)


def test_case_is_kept_so_that_a_term_in_two_spellings_is_two_rows():
    assert slug("Headache") != slug("HEADACHE")


@given(st.text(max_size=60))
def test_slugs_are_safe_in_html_and_file_names(value):
    assert all(c.isascii() and (c.isalnum() or c in "_+-") for c in slug(value))


text = st.text(alphabet="abcXYZ019_ <>/", min_size=1, max_size=8)


@given(
    st.builds(
        Key,
        analysis=text,
        statistic=text,
        arm=text,
        versus=text,
        groups=st.lists(st.tuples(text, text), max_size=2, unique_by=lambda p: p[0]).map(tuple),
        time=st.none() | st.floats(0, 1e4),
        look=st.none() | st.integers(1, 9),
    )
)
def test_keys_survive_the_round_trip(key):
    assert Key.from_dict(key.to_dict()) == key


def test_an_unknown_key_field_is_refused():
    with pytest.raises(BundleError, match="can't read"):
        Key.from_dict({"statistic": "median", "colour": "red"})


def test_two_rows_with_one_identifier_are_refused():
    row = Statistic(key=Key(analysis="a", statistic="median"), value=1.0)
    with pytest.raises(BundleError, match="one identifier"):
        Results((row, row))


def test_one_refuses_an_ambiguous_question():
    rows = tuple(Statistic(key=Key(analysis="a", statistic="median", arm=arm), value=1.0) for arm in "xy")
    results = Results(rows)
    assert results.one(statistic="median", arm="x") is rows[0]
    assert results.one(statistic="survival") is None
    with pytest.raises(BundleError, match="2 statistics match"):
        results.one(statistic="median")


def test_select_by_groups():
    plain = Statistic(key=Key(analysis="a", statistic="hazard_ratio"), value=1.0)
    sub = Statistic(
        key=Key(analysis="a", statistic="hazard_ratio", groups=(("factor", "sex"), ("level", "F"))), value=1.0
    )
    results = Results((plain, sub))
    assert results.select(groups=()) == [plain]
    assert results.select(groups={"factor": "sex"}) == [sub]


@pytest.mark.parametrize("field", ["value", "lower", "upper", "se"])
def test_nan_never_enters_a_statistic(field):
    with pytest.raises(AssertionError, match="missing"):
        Statistic(key=Key(statistic="median"), **{field: float("nan")})
