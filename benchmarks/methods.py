"""Runs the benchmarks of single methods one after another and writes docs/benchmarks-methods.md.

    python benchmarks/methods.py --write

Each is a script of its own that can be run alone: cox_ties.py, fine_gray.py, max_combo.py.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks-methods.md"
PARTS = (
    (
        "Cox's model: ways with ties",
        "cox_ties.py",
        ("--rounds", "2"),
        "Times in whole days over a year, so that hundreds of events tie at the larger size; see\n"
        "[methods](methods.md#coxs-model) for what `discrete` and `exact` mean. Seconds a fit; ratio: R's\n"
        "over ours. A dash: R has no such method (`exact`), or its fit ended without an answer (survival 3.5-3\n"
        "overflows its stack where hundreds of 100,000 subjects' events tie).",
    ),
    (
        "Fine and Gray's model",
        "fine_gray.py",
        ("--limit", "240"),
        "Treatment and two covariates, a third of the subjects censored. Seconds a fit. cmprsk is asked up to 10,000\n"
        "subjects, survival's `finegray` with `coxph` up to 100,000, and no more than four minutes each.",
    ),
    (
        "MaxCombo",
        "max_combo.py",
        (),
        "The whole test from the data, beside mvtnorm's integration alone, which is given the statistics and their\n"
        "correlation for nothing.",
    ),
)


def run(script: str, options: tuple[str, ...]) -> str:
    """What a benchmark prints.

    Args:
        script: Its file.
        options: Its options.
    """
    done = subprocess.run([sys.executable, str(HERE / script), *options], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def main() -> None:
    """Run, print, and write the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    parts = [
        "# Benchmarks of single methods",
        "",
        "Written by `python benchmarks/methods.py --write`, on "
        f"{os.cpu_count()} cores ({platform.machine()}, Python {platform.python_version()}). Peers take part where R",
        "and their package are installed. Numbers depend on the machine; ratios less so.",
    ]
    for title, script, extra, words in PARTS:
        print(f"== {title}", file=sys.stderr, flush=True)
        table = run(script, extra)
        print(table, flush=True)
        body = table if table.startswith("|") else f"```text\n{table}\n```"
        parts += ["", f"## {title}", "", words, "", body]
    if options.write:
        PAGE.write_text("\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
