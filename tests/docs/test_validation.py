"""benchmarks/validate at small size: it notices a wrong number, and the page it wrote says what it must."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import math
import re
import sys

import pytest


@pytest.fixture(scope="module")
def validate(root):
    folder = str(root / "benchmarks")
    sys.path.insert(0, folder)
    try:
        loader = importlib.machinery.SourceFileLoader("validate_script", f"{folder}/validate")
        spec = importlib.util.spec_from_loader("validate_script", loader)
        module = importlib.util.module_from_spec(spec)
        sys.modules["validate_script"] = module
        loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(folder)


def test_families_against_frozen_answers_of_r(validate, monkeypatch):
    monkeypatch.setattr(validate, "live_r", lambda: None)
    families, source = validate.survival_families()
    assert "as kept by the tests" in source
    assert len(families) == 5  # all but survival at landmarks
    assert sum(family.compared for family in families) > 700
    for family in families:
        assert family.wrong == []


@pytest.mark.parametrize(
    ("ours", "theirs", "wrong"),
    [
        (1.0, 1.0, False),
        (1.0 + 1e-7, 1.0, True),
        (1.0 + 1e-9, 1.0, False),
        (None, None, False),
        (math.nan, None, False),
        (1.0, None, True),
        (math.nan, 1.0, True),
        (1e-15, 0.0, False),
        (1e-9, 0.0, True),
    ],
)
def test_a_wrong_number_is_noticed(validate, ours, theirs, wrong):
    family = validate.Family("one", "R", 1e-8)
    family.take("number", ours, theirs)
    assert family.compared == 1
    assert bool(family.wrong) is wrong


def test_exact_coverage_is_as_published(validate):
    import calibration

    rates = {rate.name.split(" limits")[0]: rate for rate in calibration.exact_coverage(lambda _: None)}
    assert set(rates) == {"Miettinen-Nurminen", "Newcombe", "Wilson", "Clopper-Pearson"}
    assert all(rate.fine for rate in rates.values())
    assert rates["Clopper-Pearson"].hits >= 0.95


def test_blocks_do_not_depend_on_each_other(validate):
    import calibration

    assert calibration.block(3, 5) == calibration.block(3, 5)
    assert not calibration.Rate("size", 0.05, 0.07, 10, (0.04, 0.06)).fine


def test_page_has_a_commit_and_no_disagreement(root):
    page = (root / "docs" / "validation.md").read_text(encoding="utf-8")
    assert re.search(r"^- Commit: `[0-9a-f]{40}( with local changes)?`$", page, re.M)
    compared = int(re.search(r"^([\d,]+) values were compared", page, re.M)[1].replace(",", ""))
    assert compared > 4000
    rows = re.findall(r"^\| .* \| ([\d,]+) \| \S+ \| \S+ \| (\d+) \|$", page, re.M)
    assert sum(int(values.replace(",", "")) for values, _ in rows) == compared
    assert {wrong for _, wrong in rows} == {"0"}
    assert "**off**" not in page
    assert page.count("| fine |") == 12
