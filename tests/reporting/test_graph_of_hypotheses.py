"""The dossier of a graph with a margin: what was tested, at which level, and no P of what was not reached."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from equipoise.trial import Trial

ROOT = Path(__file__).parents[2]
GRAPH = """hypotheses:
  h_dfs:     {analysis: dfs_main, arm: lev_5fu}
  h_os_ni:   {analysis: os_main, arm: lev_5fu, margin: 1.25}
  h_dfs_lev: {analysis: dfs_main, arm: lev}
  h_os_lev:  {analysis: os_main, arm: lev}
multiplicity:
  alpha_one_sided: 0.025
  weights: {h_dfs: 1, h_os_ni: 0, h_dfs_lev: 0, h_os_lev: 0}
  transitions: {h_dfs: {h_os_ni: 0.4, h_dfs_lev: 0.6}, h_os_ni: {h_dfs_lev: 1}, h_dfs_lev: {h_os_lev: 1}}
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, parse: Callable[..., Any]) -> Any:
    folder = tmp_path_factory.mktemp("graph")
    text = (ROOT / "examples" / "colon" / "trial.yaml").read_text(encoding="utf-8")
    (folder / "trial.yaml").write_text(text[: text.index("hypotheses:")] + GRAPH, encoding="utf-8")
    trial = Trial.load(folder / "trial.yaml")
    trial.analyze(ROOT / "examples" / "colon" / "data", out=folder / "out")
    trial.report(folder / "out")
    return parse(folder / "out" / "dossier.html")


def test_the_section_says_that_it_is_a_graph(page: Any) -> None:
    section = page.all("section", id="hypotheses")[0].text
    assert "Hypotheses share one alpha." in section
    assert "Share of alpha at the start" in section
    assert "Graph of hypotheses." in section


def test_non_inferiority_is_called_so_wherever_its_p_stands(page: Any) -> None:
    found = re.findall(r"P[  ][=<>][^)]{0,60}non-inferiority, margin 1\.25, one-sided, level 0\.01\)", page.text)
    assert found, re.findall(r"P[  ][=<>].{80}", page.text)
    assert "non-inferiority, margin 1.25: null hypothesis rejected" in page.text


def test_superiority_has_no_words_about_a_margin(page: Any) -> None:
    assert re.search(r"P[  ][=<>][^(]{0,9}\(one-sided, level 0\.025\)", page.text)
    assert "(, " not in page.text


def test_what_no_share_reached_has_no_p(page: Any) -> None:
    section = page.all("section", id="hypotheses")[0].text
    assert "not tested" in section
    assert "because no share of alpha reached it" in page.text
    methods = page.text
    assert "The share of a rejected hypothesis went on, from h_dfs 0.4 to h_os_ni and 0.6 to h_dfs_lev" in methods
