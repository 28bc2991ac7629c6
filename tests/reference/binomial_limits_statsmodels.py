"""Limits of a proportion by statsmodels, frozen as tests/reference/binomial_limits_statsmodels.json.

    python -m venv /tmp/oracle && /tmp/oracle/bin/pip install statsmodels
    cd tests/reference
    /tmp/oracle/bin/python binomial_limits_statsmodels.py > binomial_limits_statsmodels.json

Its Jeffreys limits are not 0 and 1 at counts of none and all, where Brown, Cai and DasGupta (2001) put them: left out
there.
"""

from __future__ import annotations

import json

import statsmodels
from statsmodels.stats.proportion import proportion_confint

METHODS = {
    "clopper_pearson": "beta", "wilson": "wilson", "agresti_coull": "agresti_coull", "jeffreys": "jeffreys",
    "wald": "normal",
}  # fmt: skip
AT = (
    (76, 231, 0.95), (57, 230, 0.95), (232, 261, 0.9), (208, 257, 0.9695), (0, 20, 0.95), (29, 29, 0.99),
    (1, 300, 0.992), (299, 300, 0.8), (3, 7, 0.97), (50, 100, 0.9503),
)  # fmt: skip


def main() -> None:
    """Print the answers."""
    rows = []
    for k, n, level in AT:
        for name, method in METHODS.items():
            if name == "jeffreys" and k in (0, n):
                continue
            low, high = proportion_confint(k, n, 1.0 - level, method=method)
            rows.append([name, k, n, level, float(low), float(high)])
    text = ",\n".join("    " + json.dumps(row) for row in rows)
    print(f'{{\n  "source": "statsmodels {statsmodels.__version__}",\n  "limits": [\n{text}\n  ]\n}}')


if __name__ == "__main__":
    main()
