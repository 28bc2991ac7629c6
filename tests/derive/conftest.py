"""Helpers of the worked cases, and small trials with assessments on disk."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

NAME = "derive_helpers"


def _helpers() -> ModuleType:
    if NAME not in sys.modules:
        spec = importlib.util.spec_from_file_location(NAME, Path(__file__).parent / "helpers.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[NAME] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[NAME])
    return sys.modules[NAME]


_helpers()


@pytest.fixture(scope="session")
def derive_helpers() -> ModuleType:
    """Days, visits and plans of worked cases."""
    return _helpers()
