"""The laws written down again, as a fixture; the words that tests draw; trials that tests declare."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from equipoise.kernels.philox import philox4x32

TRIAL = """\
equipoise: 1
trial: {id: DEMO, title: A demonstration, planned: 120}
arms:
  new: {label: New treatment, role: experimental}
  old: {label: Old treatment, role: control}
factors:
  stage: {label: Stage, column: STAGE, levels: [III, IV]}
  sex: {label: Sex, column: SEX, levels: [F, M]}
populations: {itt: {arm: planned}}
endpoints: {os: {kind: time_to_event, label: Overall survival, source: {table: ADTTE, PARAMCD: OS}}}
analysis:
  main: {endpoint: os, population: itt, test: {kind: log_rank, strata: [stage]}, estimate: {kind: cox, strata: [stage]}}
hypotheses: {h: {analysis: main, alpha_one_sided: 0.025}}
randomization: {procedure: {kind: permuted_blocks}, strata: [stage], annex: private/annex.yaml}
"""
SECTION = TRIAL.splitlines()[-1]


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    spec = importlib.util.spec_from_file_location("randomization_oracle", Path(__file__).parent / "oracle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def words():
    """Words of a numbered unit: (seed, unit, how many) → list."""

    def make(seed: int, unit: int, count: int) -> list[int]:
        out: list[int] = []
        for block in range(-(-count // 4)):
            out += philox4x32(block, 0, unit & 0xFFFFFFFF, unit >> 32, seed, 0)
        return out[:count]

    return make


@pytest.fixture
def trial(tmp_path):
    """Write trial.yaml, with another section `randomization` and another annex: (section, annex, edits) → path."""

    def write(section: str = SECTION, annex: str = "block_sizes: [4, 6]\n", edits: tuple = ()) -> Path:
        text = TRIAL.replace(SECTION, section)
        for old, new in edits:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (tmp_path / "private").mkdir(exist_ok=True)
        (tmp_path / "private" / "annex.yaml").write_text(annex, encoding="utf-8")
        path = tmp_path / "trial.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
