"""A P is shown only where the hierarchy of hypotheses reached it: on the page, in tables, in figures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from equipoise.reporting.context import Context
from equipoise.reporting.report import context_of
from equipoise.reporting.show import headline
from equipoise.results import Key, Statistic
from equipoise.results.bundle import read_bundle

P_TEXT = re.compile(r"\b[Pp](?:[ \u00a0-]?values?)?[ \u00a0]*[=<>\u2264\u2265][ \u00a0]*>?<?[ \u00a0]*[01]?\.\d+")
TESTS = {"p_value", "interaction_p_value", "z", "t", "f", "chi_square", "interaction_chi_square"}


def statistics(out: Path) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in json.loads((out / "results.json").read_text(encoding="utf-8"))["statistics"]}


def shown_tests(out: Path, page: Any) -> list[dict[str, Any]]:
    known = statistics(out)
    ids = [node.attributes["data-stat"] for node in page.all("span", data_stat="")]
    return [known[one] for one in ids if known[one]["key"]["statistic"] in TESTS]


def everything_written(out: Path, page: Any) -> str:
    files = [path.read_text(encoding="utf-8") for folder in ("tables", "figures") for path in (out / folder).iterdir()]
    return "\n".join([page.text, *files])


def test_the_pattern_finds_what_it_should() -> None:
    for text in ("P = 0.02", "P <0.001", "p=0.3", "P\u00a0=\u00a00.04", "P-value < 0.05", "P value = .03", "P >0.99"):
        assert P_TEXT.search(text), text
    assert not P_TEXT.search("hazard ratio 0.75 (0.59 to 0.96)")


def test_a_page_whose_primary_is_not_significant_has_no_p_below_it(
    not_significant: Path, parse: Callable[..., Any]
) -> None:
    page = parse(not_significant / "dossier.html")
    nominal = [row for row in statistics(not_significant).values() if row["key"]["statistic"] == "p_value"
               and row["multiplicity"] == "nominal"]  # fmt: skip
    assert len(nominal) >= 5, "the bundle has P values that must stay hidden"
    shown = shown_tests(not_significant, page)
    assert shown
    assert {row["key"]["statistic"] for row in shown} == {"p_value"}
    assert {row["key"]["hypothesis"] for row in shown} == {"h_pfs"}
    found = [match.group() for match in P_TEXT.finditer(everything_written(not_significant, page))]
    assert found
    assert all(text.endswith("0.14") for text in found), found
    second = page.all("section", id="efficacy-os_main")[0].text
    assert "not tested" in second
    assert not P_TEXT.search(second)


@pytest.mark.parametrize("name", ["two_arms", "three_arms"])
def test_all_shown_p_values_are_confirmatory(
    name: str, request: pytest.FixtureRequest, parse: Callable[..., Any]
) -> None:
    out = request.getfixturevalue(name)
    page = parse(out / "dossier.html")
    shown = shown_tests(out, page)
    assert {row["key"]["hypothesis"] for row in shown} == set(read_bundle(out).protocol["protocol"]["hypotheses"])
    assert {row["multiplicity"] for row in shown} == {"confirmatory"}
    printed = {"0.02", "0.08"} if name == "two_arms" else {"0.001", "0.62"}
    texts = [match.group() for match in P_TEXT.finditer(everything_written(out, page))]
    assert {re.search(r"[\d.]+$", text).group() for text in texts} == printed  # type: ignore[union-attr]


def test_sides_and_level_stand_beside_each_p_in_a_sentence(two_arms: Path) -> None:
    assert "P = 0.02 (two-sided, level 0.05)" in headline(read_bundle(two_arms))


def test_a_trial_without_hypotheses_has_no_p(
    make_bundle: Callable[..., Path], two_arm_text: str, two_arm_fill: Callable[..., Any], parse: Callable[..., Any]
) -> None:
    from equipoise.reporting.report import write_report

    text = two_arm_text[: two_arm_text.index("hypotheses:")]

    def fill(protocol: Any) -> Any:
        return two_arm_fill(protocol, decide=False)

    out = make_bundle(text, fill)
    page = parse(write_report(out))
    assert not P_TEXT.search(everything_written(out, page))
    assert not shown_tests(out, page)
    assert "declares no hypothesis" in page.all("section", id="answer")[0].text


def test_no_section_can_print_a_p_by_mistake(context: Context) -> None:
    nominal = Statistic(key=Key(analysis="a", statistic="p_value", method="m"), value=0.03, multiplicity="nominal")
    with pytest.raises(AssertionError, match=r"Context\.p"):
        context.value(nominal)
    with pytest.raises(AssertionError, match=r"Context\.p"):
        context.estimate(nominal)
    assert context.p(nominal).parts == ()
    posing = Statistic(
        key=Key(analysis="a", statistic="p_value", hypothesis="h_pfs"), value=0.03, multiplicity="nominal"
    )
    assert context.p(posing).parts == ()


def test_the_p_of_a_decision_keeps_its_side_of_the_level(context: Context) -> None:
    key = Key(analysis="a", statistic="p_value", hypothesis="h_pfs")
    level = Statistic(key=Key(analysis="a", statistic="significance_level", hypothesis="h_pfs"), value=0.05)
    close = Statistic(key=key, value=0.0496, multiplicity="confirmatory")
    assert context.p(close, level=level).text == "0.0496"
    assert context_of(context.bundle).p(close).text == "0.0496"
