"""A brief is confirmed by the results that it was told from and by no others; planted mistakes are found."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from equipoise.evidence.against import compare
from equipoise.evidence.brief import brief_html, brief_of
from equipoise.evidence.brief.model import STYLES
from equipoise.evidence.brief.story import story_of
from equipoise.evidence.claims import extract
from equipoise.evidence.naming import lexicon_of
from equipoise.evidence.reading import document_of
from equipoise.evidence.rules import judge
from equipoise.results import Results, Statistic
from equipoise.results import display as d

EXAMPLES = ("colon", "cdisc-pilot", "patina", "two", "three", "oncology")


def checked(bundle, page: str, results: Results | None = None):
    """Findings about a page, and the quotes of their claims."""
    lexicon = lexicon_of(story_of(bundle).protocol)
    reading = extract(document_of(page.encode(), "brief.html"), lexicon)
    found = compare(reading, bundle.results if results is None else results, lexicon, name="results")
    return reading, found


def contradicted(found):
    return [one for one in found if one.verdict == "contradicted"]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_each_number_is_confirmed(name, style, read):
    bundle = read(name)
    reading, found = checked(bundle, brief_html(brief_of(bundle, style)))
    assert [(one.sentence, one.arithmetic) for one in found if one.verdict != "consistent"] == []
    about = {identifier for one in found for identifier in one.claims}
    declared = [mark for mark in reading.document.marks if mark.field == "declared"]
    for claim in reading.claims:
        inside = any(mark.start <= claim.start and claim.end <= mark.end for mark in declared)
        assert inside or claim.id in about, claim
    assert len(about) >= 10


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", ["colon", "cdisc-pilot", "oncology"])
def test_numbers_of_analyzed_data_agree_with_each_other(name, style, read):
    """Results that were made up for tests need not: their P and their intervals are no pairs."""
    bundle = read(name)
    reading, _ = checked(bundle, brief_html(brief_of(bundle, style)))
    assert [(one.sentence, one.arithmetic) for one in judge(reading) if one.verdict == "contradicted"] == []


def other(bundle) -> Results:
    """Results of another trial of the same protocol: every number is another one."""

    def changed(row: Statistic) -> Statistic:
        def far(value: float | None) -> float | None:
            return None if value is None else value * 0.71 + (0.0 if value else 0.13)

        counts = {
            name: None if getattr(row, name) is None else type(getattr(row, name))(getattr(row, name) * 2 + 3)
            for name in ("events", "denominator")
        }
        value = far(row.value)
        if row.value is not None and d.display_of(row) == "count":
            value = row.value * 2 + 3
        return replace(row, value=value, lower=far(row.lower), upper=far(row.upper), **counts)

    return Results(tuple(changed(row) for row in bundle.results), ())


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", ["colon", "cdisc-pilot", "two"])
def test_other_results_contradict_every_number_that_differs(name, style, read):
    bundle = read(name)
    results = other(bundle)
    brief = brief_of(bundle, style)
    story = story_of(bundle)
    _, found = checked(bundle, brief_html(brief), results)
    wrong = " ".join(one.arithmetic for one in contradicted(found))
    for told in brief.told():
        if told.field in ("decision", "conf_level", "time") or told.text == "not reached":
            continue
        row = results.get(told.stat_id)
        assert row is not None
        if told.text in (
            d.format_value(row, **story.time_style),
            d.format_percent(row.value or 0, digits=0, sign=False),
        ):
            continue
        assert told.stat_id in wrong, told


def test_results_of_another_trial_know_none_of_its_rows(read):
    bundle = read("colon")
    _, found = checked(bundle, brief_html(brief_of(bundle)), read("cdisc-pilot").results)
    assert len(contradicted(found)) > 15
    assert not [one for one in found if one.verdict == "consistent"]


FIELDS = "value|interval|events|denominator|per_hundred|time"
SPAN = re.compile(rf'(<span data-stat="[^"]*" data-field="(?:{FIELDS})">)([^<]*\d[^<]*)(</span>)')


@pytest.mark.parametrize(("name", "style"), [("two", "news"), ("colon", "lay")])
def test_each_altered_number_is_found(name, style, read):
    """One number of the page at a time, its last digit another one."""
    bundle = read(name)
    page = brief_html(brief_of(bundle, style))
    found = list(SPAN.finditer(page))
    assert len(found) >= 25
    missed = []
    for match in found:
        digit = max(i for i, sign in enumerate(match[2]) if sign.isdigit())
        altered = match[2][:digit] + str((int(match[2][digit]) + 5) % 10) + match[2][digit + 1 :]
        if not contradicted(checked(bundle, page[: match.start(2)] + altered + page[match.end(2) :])[1]):
            missed.append((match[0], altered))
    assert missed == []


def planted(read, name: str, style: str, edit: Callable[[str], str]):
    bundle = read(name)
    page = brief_html(brief_of(bundle, style))
    changed = edit(page)
    assert changed != page
    return contradicted(checked(bundle, changed)[1])


def swap(one: str, other: str) -> Callable[[str], str]:
    return lambda page: page.replace(one, "\0").replace(other, one).replace("\0", other)


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("colon", "in the Levamisole group", "in the Observation group"),
        ("two", "in the Xenopril + standard group", "in the Standard care group"),
        ("patina", "in the Palbociclib + maintenance group", "in the Maintenance group"),
        ("cdisc-pilot", "in the Xanomeline low dose group", "in the Placebo group"),
    ],
)
@pytest.mark.parametrize("style", STYLES)
def test_arms_swapped_in_the_template_are_found(name, style, one, other, read):
    found = planted(read, name, style, swap(one, other))
    assert len(found) >= 4
    assert sum("the words around it say arm" in finding.sentence for finding in found) >= 4


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        (
            "colon",
            "For Levamisole compared with Observation",
            "For Levamisole + fluorouracil compared with Observation",
        ),
        ("two", "Xenopril + standard compared with Standard care", "Standard care compared with Xenopril + standard"),
    ],
)
def test_contrasts_swapped_in_the_template_are_found(name, style, one, other, read):
    assert planted(read, name, style, swap(one, other))


@pytest.mark.parametrize(
    ("name", "style", "one", "other"),
    [
        ("colon", "news", "</span> years, disease", "</span> months, disease"),
        ("colon", "abstract", "</span> years (", "</span> months ("),
        ("two", "abstract", "</span> months (", "</span> weeks ("),
        ("two", "news", "</span> months.", "</span> years."),
    ],
)
def test_units_swapped_in_the_template_are_found(name, style, one, other, read):
    assert planted(read, name, style, lambda page: page.replace(one, other))


@pytest.mark.parametrize(
    ("name", "style", "one", "other"),
    [
        ("cdisc-pilot", "news", "(efficacy population)", "(safety population)"),
        ("cdisc-pilot", "abstract", "(safety population)", "(efficacy population)"),
        ("two", "news", "(treated participants)", "(all randomized participants)"),
        ("two", "abstract", "(treated participants)", "(all randomized participants)"),
    ],
)
def test_a_wrong_population_in_the_template_is_found(name, style, one, other, read):
    assert planted(read, name, style, lambda page: page.replace(one, other))


@pytest.mark.parametrize(
    ("name", "style", "one", "other"),
    [
        ("colon", "news", "disease-free survival was <", "overall survival was <"),
        ("two", "abstract", "of grade 3 or higher were", "of grade 4 or higher were"),
        ("colon", "news", 'was <span data-stat="dfs_main.decision', 'was not <span data-stat="dfs_main.decision'),
        ("colon", "news", ">longer</span>", ">shorter</span>"),
        ("colon", "news", ">did not show</span>", ">showed</span>"),
        ("colon", "abstract", "+ fluorouracil group than in the Observation", "group than in the Observation"),
        ("colon", "lay", "between the Levamisole group", "between the Levamisole + fluorouracil group"),
    ],
)
def test_other_mistakes_of_a_template_are_found(name, style, one, other, read):
    """Endpoint and grade are read from the words; a decision has its words, its arms and its direction."""
    assert planted(read, name, style, lambda page: page.replace(one, other))


def test_direction_swapped_in_the_headline_is_found(read):
    """No number stands there: the words that rest on the decision name the arms in the wrong order."""
    one = "in the Levamisole + fluorouracil group than in the Observation group"

    def turned(page: str) -> str:
        head, mark, rest = page.partition("<h1>")
        return head + mark + rest.replace(one, _turned(one), 1)

    found = planted(read, "colon", "news", turned)
    assert [finding.claims for finding in found] == [()]
    assert "longer in obs than in lev_5fu" in found[0].sentence


def _turned(words: str) -> str:
    first, _, second = words.partition(" than ")
    return f"{second} than {first}"


@pytest.mark.parametrize(("against", "code"), [("two", 0), ("not_significant", 1), ("three", 1)])
def test_check_is_a_gate(against, code, folder, tmp_path, capsys):
    """The brief against its own results, against those of a trial that decided otherwise, and against another trial."""
    from equipoise.cli.app import main
    from equipoise.evidence.brief import write_brief

    out = tmp_path / "out"
    shutil.copytree(folder("two"), out)
    # P and interval of a made-up trial need not belong together: of that rule this is no test.
    page = write_brief(out, "lay")
    with pytest.raises(SystemExit) as done:
        main(["check", str(page), "--against", str(folder(against))])
    assert done.value.code == code, capsys.readouterr()
