"""How many articles a second `equipoise check` reads and judges, in one call of the command line.

    python benchmarks/check_speed.py [--texts 500]

The texts are the annotated articles of tests/reference/articles, repeated; time is that of the whole process, start and
claims.json included. No peer reads survival language: statcheck (R) knows t, F, r and chi-square, and isn't in Debian.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ARTICLES = Path(__file__).parents[1] / "tests" / "reference" / "articles"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=500, help="articles in one call")
    texts = parser.parse_args().texts
    sources = sorted(ARTICLES.glob("*/*.txt"))
    with tempfile.TemporaryDirectory() as room:
        paths = [Path(room) / f"{place:05d}.txt" for place in range(texts)]
        for place, path in enumerate(paths):
            shutil.copy(sources[place % len(sources)], path)
        characters = sum(path.stat().st_size for path in paths)
        for out in ([], ["--out", str(Path(room) / "checked")]):
            start = time.perf_counter()
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            command = [sys.executable, "-m", "equipoise", "check", *map(str, paths), *out]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if done.returncode not in (0, 1):
                sys.exit(done.stderr)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            what = "with claims.json and pages" if out else "terminal summary only"
            print(
                f"{texts} articles ({characters / texts:,.0f} bytes each), {what}: {texts / cpu:.0f} a second of CPU, "
                f"{texts / (time.perf_counter() - start):.0f} a second on the wall"
            )


if __name__ == "__main__":
    main()
