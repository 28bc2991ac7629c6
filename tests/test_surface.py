"""The public surface: small, lazy, and fast to start."""

from __future__ import annotations

import subprocess
import sys

import pytest

import equipoise


def test_all_names_exist_and_only_those_are_listed():
    assert dir(equipoise) == sorted(equipoise.__all__)
    for name in equipoise.__all__:
        assert getattr(equipoise, name) is not None


def _imported_by(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {line.split(".")[0] for line in done.stdout.splitlines()}


HEAVY = {"numpy", "scipy", "polars", "pydantic", "matplotlib", "great_tables", "rich", "ruamel", "pyreadstat"}


def test_import_brings_no_heavy_library():
    assert not HEAVY & _imported_by("import equipoise")


def test_help_brings_no_heavy_library():
    code = "from equipoise.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass"
    assert not HEAVY & _imported_by(code)


def test_an_unknown_attribute_says_so():
    with pytest.raises(AttributeError, match="nonsense"):
        equipoise.nonsense
