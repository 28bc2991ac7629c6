"""What a notebook shows of trials, sections, results, statistics, curves, bundles, problems and errors."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from equipoise import ProtocolError, Results
from equipoise.errors import Problem, Problems, Where
from equipoise.protocol import loads_protocol

VOID = {"br", "hr", "meta"}


class Balanced(HTMLParser):
    """Fails on an element that is not closed in order; keeps the text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def _text(html: str) -> str:
    parser = Balanced()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return " ".join(parser.words)


def test_a_statistic_shows_its_value_limits_method_and_identifier(bundle):
    row = bundle.results.one(analysis="main", statistic="hazard_ratio", method="cox.efron", groups=())
    text = _text(row._repr_html_())
    assert "Hazard ratio" in text
    assert f"{row.value:.2f}" in text
    assert row.id in text
    assert row.method_text in text.replace("&", "&")
    assert "new vs old" in text


def test_a_missing_value_shows_its_reason(bundle):
    missing = [row for row in bundle.results if row.missing]
    assert missing
    for row in missing:
        text = _text(row._repr_html_())
        assert ("NR" if row.missing[0][1] == "not_reached" else row.missing[0][1].replace("_", " ")) in text


def test_every_statistic_and_curve_of_a_trial_renders(bundle):
    for item in (*bundle.results, *bundle.results.curves):
        assert item.id in _text(item._repr_html_())


def test_results_are_listed_by_analysis_and_shortened(bundle):
    html = bundle.results._repr_html_()
    text = _text(html)
    assert f"{len(bundle.results)} statistics" in text
    assert "main:" in text
    assert html.count("<tr>") < 400
    assert "0 statistics, 0 curves" in _text(Results()._repr_html_())


def test_a_bundle_shows_where_it_is_and_what_it_was_made_from(bundle):
    text = _text(bundle._repr_html_())
    assert str(bundle.path) in text
    assert "data.csv" in text


def test_protocols_and_their_sections_render_escaped(trial):
    html = trial._repr_html_()
    assert "<with>" not in html
    text = _text(html)
    assert "PLOTS: A trial <with> signs & marks" in text
    assert "New & improved" in text
    assert "Progression-free survival" in _text(trial.protocol.endpoints._repr_html_())
    assert "experimental" in _text(trial.protocol.arms["new"]._repr_html_())
    assert _text(trial.protocol._repr_html_()) == text


def test_problems_are_a_table_and_an_error_shows_them_instead_of_frames(trial):
    found = Problems([Problem("data.x", "a < b", Where(table="ADSL", row=3), "1", "write <2>")])
    text = _text(found._repr_html_())
    for part in ("a < b", "ADSL", "write <2>", "error"):
        assert part in text
    assert _text(Problems()._repr_html_()) == "no problems"
    assert isinstance(trial.validate(), Problems)
    with pytest.raises(ProtocolError) as caught:
        loads_protocol("equipoise: 2\n")
    lines = caught.value._render_traceback_()
    assert lines[0] == f"ProtocolError: {len(caught.value.problems)} problems"
    assert any("write 1, the only version" in line for line in lines)
