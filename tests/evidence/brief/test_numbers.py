"""Each number of a brief is that of its row, as print has it, and no number stands beside them."""

from __future__ import annotations

import re

import pytest

from equipoise.evidence.brief import brief_html, brief_of, brief_text
from equipoise.evidence.brief.model import STYLES
from equipoise.evidence.brief.story import story_of
from equipoise.results import display as d

DECISIONS = {
    "rejected": {"longer", "shorter", "higher", "lower", "differed", "was shown"},
    "not rejected": {"did not show", "was not shown"},
    "not tested": {"not tested"},
}


def printed(told, row, protocol):
    style = {"time_unit": protocol.time.unit, "days_per_month": protocol.time.days_per_month}
    if told.field == "decision":
        assert told.text in DECISIONS[row.text]
        return told.text
    if told.field == "interval":
        return d.format_interval(row, **style)
    if told.field == "conf_level":
        return d.format_fraction(row.conf_level)
    if told.field == "time":
        return d.format_plain(row.key.time)
    if told.field in ("events", "denominator"):
        return d.format_count(getattr(row, told.field))
    if told.field == "per_hundred":
        text = d.format_percent(row.value, digits=0, sign=False)
        return text.replace("<", "fewer than ").replace(">", "more than ")
    if row.value is None:
        assert row.why() == "not_reached"
        return "not reached"
    if row.key.statistic == "p_value":
        assert row.multiplicity == "confirmatory"
        return d.format_p(row.value, level=0.05 if row.sides == 2 else 0.025)
    return d.format_value(row, **style)


@pytest.mark.parametrize("style", STYLES)
def test_each_number_is_that_of_its_row(bundle, style):
    brief = brief_of(bundle, style)
    protocol = story_of(bundle).protocol
    told = list(brief.told())
    assert len(told) >= 6
    for number in told:
        row = bundle.results.get(number.stat_id)
        assert row is not None, number
        assert row.key.stage == "analysis"
        whole = {printed(number, row, protocol), d.format_value(row, digits=0)}
        assert number.text in whole, (number, whole)


def declared(protocol):
    """Texts of the declaration, in which any number may stand."""
    trial = protocol.trial
    texts = [trial.id, trial.title, trial.registry, trial.condition, trial.reference, trial.sponsor]
    texts += [arm.label for arm in protocol.arms.values()] + [arm.treatment for arm in protocol.arms.values()]
    texts += [one.label for one in protocol.endpoints.values()] + [one.text for one in protocol.eligibility]
    texts += [one.label for one in (*protocol.analysis.values(), *protocol.factors.values())]
    texts += [one.at for one in protocol.analysis.values() if one.kind == "continuous"]
    found = [text.rstrip(".") for text in texts if text]
    return sorted({*found, *(text[0].lower() + text[1:] for text in found)}, key=len, reverse=True)


@pytest.mark.parametrize("style", STYLES)
def test_no_number_stands_beside_them(bundle, style):
    protocol = story_of(bundle).protocol
    words = declared(protocol)
    for sentence in brief_of(bundle, style).sentences():
        text = "".join(piece for piece in sentence.pieces if isinstance(piece, str))
        for known in (*words, f"hase {protocol.trial.phase}", "grade 3 or higher", "out of 100 "):
            text = text.replace(known, "")
        assert not re.search(r"\d", text), sentence.text


@pytest.mark.parametrize("style", STYLES)
def test_page_carries_the_numbers(bundle, style, parse):
    brief = brief_of(bundle, style)
    root = parse(brief_html(brief))
    spans = [
        (node.text, node.attributes["data-stat"], node.attributes["data-field"])
        for node in root.all(data_stat="")
        if node.attributes["data-field"] != "declared"
    ]
    assert spans == [(one.text, one.stat_id, one.field) for one in brief.told()]


@pytest.mark.parametrize("style", STYLES)
def test_text_lists_the_statistics(bundle, style):
    brief = brief_of(bundle, style)
    text, _, sources = brief_text(brief).partition("## Numbers and their statistics")
    for sentence in brief.sentences():
        assert sentence.text in text
    for told in brief.told():
        assert f"`{told.stat_id}`" in sources
    assert "Numbers and their statistics" not in brief_text(brief, sources=False)


def test_a_number_that_is_not_there_is_not_told(two, change):
    """Without a row its sentence goes; nothing is computed in its place."""
    gone = ("hazard_reduction", "survival_difference", "risk_difference")
    brief = brief_of(change(two, lambda row: None if row.key.statistic in gone else row))
    text = brief_text(brief, sources=False)
    assert "percentage points" not in text
    assert "the hazard ratio for progression-free survival was 0.74" in text
    assert "lower in the Xenopril + standard group than" in text
    assert "26.0%" not in text


def test_a_ratio_that_could_not_be_estimated_says_so(read):
    text = brief_text(brief_of(read("oncology")), sources=False)
    assert "the hazard ratio could not be estimated" in text


def test_a_median_that_was_not_reached_says_so(read):
    brief = brief_of(read("colon"), "abstract")
    told = [one for one in brief.told() if one.text == "not reached"]
    assert [one.stat_id for one in told] == ["dfs_main.median.lev_5fu.kaplan_meier.log_log.95"]


def test_p_of_no_tested_hypothesis_is_told(bundle):
    nominal = {
        row.id for row in bundle.results if row.key.statistic == "p_value" and row.multiplicity != "confirmatory"
    }
    for style in STYLES:
        assert not nominal & {told.stat_id for told in brief_of(bundle, style).told()}
