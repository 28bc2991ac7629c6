"""Figures for notebooks and papers: matplotlib, on axes of your own or on new ones.

    from equipoise import plot
    plot.kaplan_meier(results, "pfs_main", protocol=trial.protocol)
    plot.kaplan_meier(results, "pfs_main", ax=ax)
    plot.boundaries(bundle, "h_pfs", scale="hazard_ratio")

Every function takes results (or a bundle, which brings its protocol), the name of an analysis (of a hypothesis, for
designs and interim looks) and optionally `ax`; it returns the figure, and draws finished numbers only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from equipoise.plot.curves import cumulative_incidence, kaplan_meier, mean_cumulative_count
    from equipoise.plot.designs import accrual, boundaries, conditional_power, power_curve, prediction, spending
    from equipoise.plot.diagnostics import log_minus_log, schoenfeld
    from equipoise.plot.effects import forest
    from equipoise.plot.means import visit_means

__all__ = [
    "accrual",
    "boundaries",
    "conditional_power",
    "cumulative_incidence",
    "forest",
    "kaplan_meier",
    "log_minus_log",
    "mean_cumulative_count",
    "power_curve",
    "prediction",
    "schoenfeld",
    "spending",
    "visit_means",
]

_HOMES = {
    "accrual": "designs",
    "boundaries": "designs",
    "conditional_power": "designs",
    "cumulative_incidence": "curves",
    "forest": "effects",
    "kaplan_meier": "curves",
    "log_minus_log": "diagnostics",
    "mean_cumulative_count": "curves",
    "power_curve": "designs",
    "prediction": "designs",
    "schoenfeld": "diagnostics",
    "spending": "designs",
    "visit_means": "means",
}


def __getattr__(name: str) -> Any:
    # Lazy: `import equipoise.plot` must not pay for matplotlib.
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
