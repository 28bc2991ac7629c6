"""Draws docs/delayed-effects.svg: survival under early harm, and what an event counts by its time in three tests.

python benchmarks/delayed_effects_figure.py
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

TARGET = Path(__file__).parents[1] / "docs" / "delayed-effects.svg"
HAZARD, END, T_STAR = np.log(2) / 12, 30.0, 12.0
COLORS = ("#3b6ea5", "#c1502e", "#5a8f3c")


def main() -> None:
    """Draw and write; the same bytes each time."""
    t = np.linspace(0.0, END, 3001)
    ratio = np.where(t < 4, 4.0, np.where(t < 24, 0.4, 1.0))
    step = t[1] - t[0]
    control = np.exp(-HAZARD * t)
    treated = np.exp(-np.append(0.0, np.cumsum(HAZARD * ratio[:-1] * step)))
    pooled = 0.5 * (control + treated)
    hazard = -np.diff(np.log(pooled), append=np.log(pooled[-1]))
    weights = {
        "log-rank": np.ones_like(t),
        "Fleming-Harrington (0, 1)": 1.0 - pooled,
        "modestly weighted, t* 12": 1.0 / np.maximum(pooled, pooled[np.searchsorted(t, T_STAR)]),
    }
    with mpl.rc_context({"svg.hashsalt": "equipoise", "font.size": 9, "axes.spines.top": False,
                         "axes.spines.right": False, "svg.fonttype": "none"}):  # fmt: skip
        figure = Figure(figsize=(8.6, 3.4), layout="constrained")
        left, right = figure.subplots(1, 2)
        left.plot(t, control, color=COLORS[0], label="control")
        left.plot(t, treated, color=COLORS[1], label="new treatment")
        left.set(xlabel="Months", ylabel="Survival", ylim=(0, 1), xlim=(0, END), title="Never better")
        left.legend(frameon=False)
        for (name, weight), color, style in zip(weights.items(), COLORS, ("-", "-", "--"), strict=True):
            score = weight - np.cumsum(weight * hazard)
            right.plot(t, score / score.std(), color=color, linestyle=style, label=name)
        right.axhline(0.0, color="#999999", linewidth=0.6)
        right.set(
            xlabel="Months", ylabel="Score of an event (SD)", xlim=(0, END), title="What an event counts against an arm"
        )
        right.legend(frameon=False)
        figure.savefig(TARGET, format="svg", metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
