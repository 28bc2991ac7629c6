"""Answers of statsmodels, frozen as tests/reference/proportions_statsmodels.json.

    python -m venv /tmp/oracle && /tmp/oracle/bin/pip install statsmodels
    /tmp/oracle/bin/python tests/reference/proportions_statsmodels.py > tests/reference/proportions_statsmodels.json

Its score limits of a difference are left out on purpose: statsmodels 0.15.0 gives 0.0526 to 0.3440 for 56/70 - 48/80,
where Newcombe (1998) prints 0.0528 to 0.3382 for Miettinen and Nurminen; its restricted proportions do not maximise the
likelihood.
"""

from __future__ import annotations

import json

import numpy as np
import statsmodels
from statsmodels.stats.contingency_tables import StratifiedTable, Table2x2
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.rates import confint_poisson, confint_poisson_2indep

NAMES = {
    "Table2x2": Table2x2,
    "StratifiedTable": StratifiedTable,
    "confint_proportions_2indep": confint_proportions_2indep,
    "proportion_confint": proportion_confint,
    "confint_poisson": confint_poisson,
    "confint_poisson_2indep": confint_poisson_2indep,
}
STRATA = {
    "four": ([25, 34, 28, 52], [33, 50, 50, 67], [4, 17, 15, 22], [17, 25, 25, 33]),
    "migraine": ([16, 12], [27, 28], [5, 7], [25, 26]),
}


def expressions() -> dict[str, str]:
    """Name of each case and what is evaluated for it."""
    out = {}
    for x, n, alpha in ((81, 263, 0.05), (0, 20, 0.05), (29, 29, 0.05), (2, 100000, 0.01)):
        for name, method in (("exact", "beta"), ("wilson", "wilson")):
            out[f"{name}_{x}_{n}_{alpha}"] = f"proportion_confint({x}, {n}, alpha={alpha}, method='{method}')"
    for a, m, b, n in ((56, 70, 48, 80), (9, 10, 3, 10), (5, 56, 0, 29), (0, 10, 3, 20)):
        call = f"confint_proportions_2indep({a}, {m}, {b}, {n}, method="
        out[f"newcombe_{a}_{m}_{b}_{n}"] = call + "'newcomb')"
        out[f"wald_{a}_{m}_{b}_{n}"] = call + "'wald')"
        if a and b:
            table = f"Table2x2([[{a}, {m - a}], [{b}, {n - b}]])"
            out[f"odds_{a}_{m}_{b}_{n}"] = f"{table}.oddsratio_confint()"
            out[f"risk_{a}_{m}_{b}_{n}"] = f"{table}.riskratio_confint()"
    for name, (x1, n1, x0, n0) in STRATA.items():
        tables = [[[a, m - a], [b, n - b]] for a, m, b, n in zip(x1, n1, x0, n0, strict=True)]
        table = f"StratifiedTable({tables})"
        test = f"{table}.test_null_odds(correction=False)"
        out[f"mh_{name}"] = f"[{test}.statistic, {test}.pvalue]"
        out[f"mh_odds_{name}"] = f"[{table}.oddsratio_pooled, *{table}.oddsratio_pooled_confint()]"
    for events, exposure in ((0, 10), (10, 1), (137, 2419.5)):
        out[f"rate_{events}_{exposure}"] = f"confint_poisson({events}, {exposure}, method='exact-c')"
    pair = "confint_poisson_2indep(41, 28010, 15, 19017"
    out["rate_ratio_log"] = f"{pair}, method='wald-log', compare='ratio')"
    out["rate_difference"] = f"{pair}, method='wald', compare='diff')"
    return out


def value(text: str) -> list[float]:
    """The expression's value as a flat list."""
    found = eval(text, NAMES)
    return [float(number) for number in np.ravel(found)]


if __name__ == "__main__":
    rows = [f"    {json.dumps(k)}: {json.dumps({'python': v, 'value': value(v)})}" for k, v in expressions().items()]
    print(
        '{\n  "source": "statsmodels ' + statsmodels.__version__ + '",\n  "cases": {\n' + ",\n".join(rows) + "\n  }\n}"
    )
