"""What README shows runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def readme(root):
    return (root / "README.md").read_text(encoding="utf-8")


def test_python_block_runs_and_finds_a_row(readme, root, monkeypatch):
    (block,) = re.findall(r"^```python\n(.*?)```", readme, re.S | re.M)
    monkeypatch.chdir(root)
    namespace = {}
    exec(block, namespace)
    (question,) = re.findall(r"^results\.one\(.*\)$", block, re.M)
    row = eval(question, namespace)
    assert row.key.statistic == "hazard_ratio"
    assert 0 < row.lower < row.value < row.upper


def test_commands_exist_with_the_options_shown(readme, tmp_path):
    commands = re.findall(r"^equipoise (\w+)(.*?)(?:\s+#.*)?$", readme, re.M)
    assert [name for name, _ in commands] == [
        "init", "design", "simulate", "monitor", "validate", "run", "show", "brief", "export",
        "check", "facts", "reconstruct", "reconstruct",
    ]  # fmt: skip
    program = [sys.executable, "-m", "equipoise"]
    for name, rest in commands:
        told = subprocess.run([*program, name, "--help"], capture_output=True, text=True, check=True).stdout
        for option in re.findall(r"--\w+", rest):
            assert option in told, (name, option)
    done = subprocess.run([*program, "init", "my-trial"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert (tmp_path / "my-trial" / "trial.yaml").is_file()
    done = subprocess.run([*program, "design", "my-trial"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "the power is" in " ".join(done.stdout.split())


def test_first_command_runs_the_example(readme, root, tmp_path):
    (line,) = re.findall(r"<!-- run -->\n```sh\n(.*?)\n```", readme, re.S)
    command = line.rsplit("&&", 1)[1].replace(".venv/bin/equipoise", f'"{sys.executable}" -m equipoise').strip()
    assert "run examples/colon" in command
    command = command.replace("examples/colon", str(root / "examples" / "colon"))
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (said,) = re.findall(r"writes `([^`]+\.html)`", readme)
    assert (tmp_path / said).is_file()
    assert done.stdout.rstrip().endswith(str(Path(said)))
