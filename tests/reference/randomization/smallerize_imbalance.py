"""Imbalances of random histories with equal shares by smallerize 0.5.0 (PyPI), a package for minimization.

Run: pip install smallerize==0.5.0, then python tests/reference/randomization/smallerize_imbalance.py; it writes
smallerize_imbalance.json beside it: counts by arm at a level, the next patient's arm, four measures with that patient.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

from smallerize import smallerize


def main() -> None:
    random.seed(20261123)
    measures = {
        "range": smallerize._get_imbalance_range,
        "variance": smallerize._get_imbalance_variance,
        "sd": smallerize._get_imbalance_std_dev,
        "marginal": smallerize._get_imbalance_marginal_balance,
    }
    rows = []
    for _ in range(300):
        counts = [random.randrange(0, random.choice((3, 10, 60))) for _ in range(random.randrange(2, 6))]
        extra = random.randrange(len(counts))
        after = {f"arm{i}": count + (i == extra) for i, count in enumerate(counts)}
        rows.append([counts, extra, *(measure(after) for measure in measures.values())])
    path = Path(__file__).with_name("smallerize_imbalance.json")
    columns = ["counts", "extra", *measures]
    path.write_text(json.dumps({"package": "smallerize 0.5.0", "columns": columns, "rows": rows}) + "\n")


if __name__ == "__main__":
    main()
