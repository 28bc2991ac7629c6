"""Runs the pages: commands with the output they show, files they name, and Python.

In a page, `<!-- file: NAME -->` before a block writes the block to NAME; a `console` block runs each `$ ` line and
compares what it prints (standard output and error) with the lines below it, `...` standing for anything. Each page runs
in a folder of its own, where `colon`, `curve` and `patina` are copies of the examples.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

from sybil import Sybil
from sybil.example import Example
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

BIN = Path(sys.executable).parent
NAMED = re.compile(r"<!-- file: (\S+) -->\s*$")


def run_console(example: Example) -> str | None:
    """Run the `$ ` lines of a console block; return how the output differs, or None."""
    folder = Path(example.namespace["folder"])
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1", "COLUMNS": "100"}
    for chunk in re.split(r"^\$ ", str(example.parsed), flags=re.M)[1:]:
        command, _, expected = chunk.partition("\n")
        if command.startswith("cd "):
            example.namespace["folder"] = folder = folder / command[3:].strip()
            continue
        done = subprocess.run(
            command,
            shell=True,
            cwd=folder,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        if not doctest.OutputChecker().check_output(expected.strip() + "\n", done.stdout.strip() + "\n", flags):
            return f"$ {command}\nexpected:\n{expected}\ngot:\n{done.stdout}"
    return None


def write_file(example: Example) -> None:
    """Write a block to the file that the comment above it names; other blocks are only shown."""
    named = NAMED.search(example.document.text[: example.region.start])
    if named:
        target = Path(example.namespace["folder"]) / named[1]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(str(example.parsed))


def _start(namespace: dict) -> None:
    import shutil
    import tempfile

    namespace["before"] = Path.cwd()
    namespace["folder"] = tempfile.mkdtemp(prefix="equipoise-docs-")
    for name in ("colon", "curve", "patina"):
        shutil.copytree(Path(__file__).parents[1] / "examples" / name, Path(namespace["folder"]) / name)
    os.chdir(namespace["folder"])  # Python blocks run where the console is


def _stop(namespace: dict) -> None:
    import shutil

    os.chdir(namespace["before"])
    shutil.rmtree(namespace["folder"], ignore_errors=True)


pytest_collect_file = Sybil(
    parsers=[
        CodeBlockParser("console", run_console),
        CodeBlockParser("csv", write_file),
        CodeBlockParser("yaml", write_file),
        PythonCodeBlockParser(),
    ],
    patterns=["*.md"],
    setup=_start,
    teardown=_stop,
).pytest()
