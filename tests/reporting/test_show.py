"""`equipoise show` and the headline of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from equipoise.errors import UsageError
from equipoise.reporting import describe, headline
from equipoise.reporting.plan import order_of_hypotheses
from equipoise.reporting.report import context_of
from equipoise.reporting.sentences import p_phrase
from equipoise.reporting.show import suggestions
from equipoise.results import Results
from equipoise.results.bundle import read_bundle


def test_describe_has_printed_and_full_values_and_where_they_come_from(
    two_arms: Path, snapshot: Callable[[str, str], None]
) -> None:
    bundle = read_bundle(two_arms)
    text = describe("os_main.median.std.kaplan_meier.log_log.95", bundle)
    row = bundle.results.get("os_main.median.std.kaplan_meier.log_log.95")
    assert row is not None
    assert repr(row.value) in text
    snapshot("show.median.txt", text.replace(str(bundle.protocol["hash"]), "HASH") + "\n")
    assert describe(row, bundle) == text


def test_describe_says_that_a_nominal_p_is_not_adjusted(two_arms: Path) -> None:
    text = describe("pfs_main.p_value.xeno-vs-std.log_rank.stratified.two_sided", read_bundle(two_arms))
    assert "nominal: not adjusted for multiplicity" in text
    assert "0.02 (two-sided); nominal" in text


def test_describe_prints_a_p_on_its_side_of_its_own_level(two_arms: Path) -> None:
    bundle = read_bundle(two_arms)
    rows = [replace(row, value=0.0125) if row.key.statistic == "significance_level" else row for row in bundle.results]
    other = replace(bundle, results=Results.of(rows))
    p = next(row for row in rows if row.key.statistic == "p_value" and row.key.hypothesis)
    for value, text in ((0.0127, "0.013"), (0.01249, "0.01"), (0.0125, "0.0125")):
        assert f"{text} (" in describe(replace(p, value=value), other).splitlines()[3]


def test_a_test_that_cannot_be_done_has_no_p(two_arms: Path) -> None:
    bundle = read_bundle(two_arms)
    rows = [
        replace(row, value=None, missing=(("value", "no events"),))
        if row.key.statistic == "p_value" and row.key.hypothesis
        else row
        for row in bundle.results
    ]
    context = context_of(replace(bundle, results=Results.of(rows)))
    phrase = p_phrase(context, order_of_hypotheses(context)[0]).text
    assert phrase == "no P (no events)"
    assert "=" not in phrase


def test_describe_shows_groups_reasons_and_decisions(two_arms: Path) -> None:
    bundle = read_bundle(two_arms)
    missing = next(row for row in bundle.results if row.value is None and row.key.groups and row.missing)
    text = describe(missing, bundle)
    assert "fewer than 10 events" in text
    assert "group: factor" in text
    assert "rejected" in describe("pfs_main.decision.xeno-vs-std.h_pfs", bundle)


def test_every_row_can_be_described(two_arms: Path, three_arms: Path) -> None:
    for out in (two_arms, three_arms):
        bundle = read_bundle(out)
        for row in bundle.results:
            assert row.id in describe(row, bundle)


@pytest.mark.parametrize(
    ("wanted", "near"),
    [
        ("pfs_main.hazard_ratoi", "pfs_main.hazard_ratio.xeno-vs-std.cox.efron.wald.95"),
        ("os_main.medain.std", "os_main.median.std.kaplan_meier.log_log.95"),
        ("h_os", "os_main.decision.xeno-vs-std.h_os"),
    ],
)
def test_an_unknown_identifier_gets_the_nearest(two_arms: Path, wanted: str, near: str) -> None:
    bundle = read_bundle(two_arms)
    assert near in suggestions(bundle, wanted)
    with pytest.raises(UsageError) as error:
        describe(wanted, bundle)
    assert near in str(error.value)
    assert error.value.exit_code == 2


def test_headline(two_arms: Path, three_arms: Path, snapshot: Callable[[str, str], None]) -> None:
    snapshot("headlines.txt", "\n\n".join(headline(read_bundle(out)) for out in (two_arms, three_arms)) + "\n")
