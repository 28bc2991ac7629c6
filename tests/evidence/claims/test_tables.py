"""Tables: labels of rows and headers of columns say what a number is."""

from __future__ import annotations

from equipoise.evidence.claims.statements import find_statements
from equipoise.evidence.model import Claim

BARS = """\
Efficacy summary | Drug (n=442) | Control (n=444)
Deaths, n (%) | 109 (25.7) | 129 (29.1)
OS, median months (95% CI) | NR (30, NE) | 27.4 (24, NE)
OS, stratified HR (95% CI) | 0.8 (0.616 to 1.027)
OS, one-sided p | 0.0392
Grade>3 TEAEs, % | 71.6 | 71.5
"""
MARKDOWN = """\
| Endpoint | Drug | Placebo | HR | 95% CI | P value |
|---|---|---|---|---|---|
| Stroke, % per year | 1.27 | 1.60 | 0.79 | 0.66-0.95 | .01 |
| Death, n | 603 | 669 | 0.89 | 0.80-0.998 | .047 |
"""
FLAT = """\
Treatment N Median PFS (months) 95% CI HR 95% CI P-value
Bevacizumab plus IFN 327 10.2 9.0\u201311.1 0.63 0.52\u20130.75 <0.0001
IFN 322 5.4
"""


def _by_quote(text: str) -> dict[str, Claim]:
    return {claim.quote: claim for claim in find_statements(text)}


def test_labels_of_rows() -> None:
    found = _by_quote(BARS)
    deaths = found["109 (25.7)"]
    assert deaths.count is not None
    assert deaths.value is not None
    assert (deaths.count.value, deaths.value.value, deaths.kind) == (109, 25.7, "proportion")
    missing = next(claim for quote, claim in found.items() if quote.startswith("NR (30"))
    assert (missing.measure, missing.missing, missing.unit) == ("median", "not_reached", "months")
    ratio = next(claim for quote, claim in found.items() if quote.startswith("0.8 (0.616"))
    assert ratio.measure == "hazard_ratio"
    assert "stratified" in ratio.method
    assert ratio.p is not None  # of the row below
    assert (ratio.p.number.value, ratio.p.sides) == (0.0392, 1)
    harms = [claim for claim in found.values() if claim.kind == "adverse_event_rate"]
    assert [claim.value.value for claim in harms if claim.value] == [71.6, 71.5]
    sizes = [claim for claim in found.values() if claim.kind == "arm_size"]
    assert [claim.value.value for claim in sizes if claim.value] == [442, 444]


def test_headers_of_columns() -> None:
    claims = find_statements(MARKDOWN)
    ratios = [claim for claim in claims if claim.measure == "hazard_ratio"]
    assert [claim.value.value for claim in ratios if claim.value] == [0.79, 0.89]
    for ratio, lower, p in zip(ratios, (0.66, 0.80), (0.01, 0.047), strict=True):
        assert ratio.interval is not None
        assert ratio.interval.lower is not None
        assert ratio.interval.lower.value == lower
        assert ratio.p is not None
        assert ratio.p.number.value == p
    assert [claim.measure for claim in claims].count("p_value") == 2
    assert [claim.value.value for claim in claims if claim.measure == "events" and claim.value] == [603, 669]


def test_tabs_part_cells() -> None:
    text = "Endpoint\tDrug (n=20)\tPlacebo (n=21)\nMedian OS, months\t21.4\t17.9\n"
    medians = [claim for claim in find_statements(text) if claim.measure == "median"]
    assert [(claim.value.value, claim.unit) for claim in medians if claim.value] == [(21.4, "months"), (17.9, "months")]


def test_cells_of_html_that_stands_in_the_text() -> None:
    text = (
        "<tr><td></td><td>A (N=6015)</td><td>B (N=6076)</td></tr>\n"
        "<tr><td>Bleeding, %/yr</td><td>2.71 (P=0.003)</td><td>3.11</td></tr>"
    )
    found = find_statements(text)
    assert [claim.value.value for claim in found if claim.value] == [6015, 6076, 2.71, 3.11]


def test_a_table_whose_bars_were_lost() -> None:
    found = find_statements(FLAT)
    assert [claim.measure for claim in found] == ["arm_size", "median", "hazard_ratio", "arm_size", "median"]
    ratio = found[2]
    assert ratio.interval is not None
    assert ratio.p is not None
    assert ratio.p.number.bound == "<"


def test_ticks_of_an_axis_are_no_claims() -> None:
    text = "Primary outcome\n64.8\n53.6\n64.8 %\n48.6 %\n0.0 %\nNNT = 8\n"
    assert [claim.measure for claim in find_statements(text)] == ["number_needed"]
