from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the simulated trial beside the tests


@pytest.fixture(scope="package")
def under_way(tmp_path_factory):
    """A folder with trial.yaml and cuts of a simulated trial: while it enrolls, at the first look, and at the last."""
    from interim import PROTOCOL, Simulated

    folder = tmp_path_factory.mktemp("under_way")
    (folder / "trial.yaml").write_text(PROTOCOL, encoding="utf-8")
    trial = Simulated()
    days = {"early": 240, "first": trial.day_of(122), "last": trial.day_of(245)}
    for name, day in days.items():
        trial.write(folder / name, day)
    for arms in ("permuted", "masked", "absent"):
        trial.write(folder / arms, days["first"], arms=arms)
    return folder, {name: trial.date(day) for name, day in days.items()}, trial
