"""Populations, arms, factors and other groups of rows, in the words of CDISC's Analysis Results Standard."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from equipoise.protocol.data import AdamData
from equipoise.reporting.context import Context
from equipoise.results import Statistic
from equipoise.results.key import slug

__all__ = ["IDENTIFIER", "Groupings", "analysis_sets"]

IDENTIFIER = "StatisticId"
"""The grouping whose groups are the identifiers of rows."""

# `ITTFL = 'Y'`, the one kind of condition that the standard's own words are used for; others are in the label.
_SIMPLE = re.compile(r"^\s*([A-Za-z_]\w*)\s*=\s*'([^']*)'\s*$")
# Where the groups of adverse events come from.
_VARIABLES = {"soc": ("ADAE", "AEBODSYS", "System organ class"), "term": ("ADAE", "AEDECOD", "Preferred term")}
_FIELDS = ("time", "hypothesis", "scenario", "look", "data_cut", "under")
_LABELS = {"time": "Time, in the trial's unit", "data_cut": "Data cut", IDENTIFIER: "Identifier in results.json"}


def analysis_sets(context: Context) -> list[dict[str, Any]]:
    """The declared populations.

    Args:
        context: Bundle and protocol.
    """
    out = []
    for order, (name, population) in enumerate(context.protocol.populations.items(), start=1):
        one: dict[str, Any] = {"id": slug(name), "label": context.population(name), "level": 1, "order": order}
        simple = _SIMPLE.match(population.where or "")
        if simple:
            one["condition"] = _is(simple[1], simple[2])
        elif population.where:
            one["label"] += f" ({population.where})"
        out.append(one)
    return out


def _is(variable: str, value: str, dataset: str = "ADSL") -> dict[str, Any]:
    return {"dataset": dataset, "variable": variable, "comparator": "EQ", "value": [value]}


class Groupings:
    """Groupings of a bundle's rows: those of subjects (arms, factors) are declared, the others read off the rows."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._data: dict[str, dict[str, Any]] = {}
        for row in context.bundle.results:
            for part in self.of(row):
                if "groupValue" in part:
                    self._data.setdefault(part["groupingId"], self._driven(part["groupingId"]))

    def of(self, row: Statistic) -> list[dict[str, str]]:
        """The groups of a row.

        Args:
            row: The row.
        """
        key = row.key
        out = []
        for grouping, name in (("Arm", key.arm), ("ReferenceArm", key.versus)):
            if name in self._context.protocol.arms:
                out.append({"groupingId": grouping, "groupId": f"{grouping}.{slug(name)}"})
            elif name:
                out.append({"groupingId": f"Other{grouping}", "groupValue": name})
        groups = dict(key.groups)
        factor, level = groups.get("factor", ""), groups.get("level", "")
        declared = self._context.protocol.factors.get(factor)
        if declared is not None and level in declared.level_values:
            out.append({"groupingId": f"Factor.{slug(factor)}", "groupId": f"Factor.{slug(factor)}.{slug(level)}"})
            groups = {name: value for name, value in groups.items() if name not in ("factor", "level")}
        out += [{"groupingId": f"Group.{slug(name)}", "groupValue": value} for name, value in groups.items()]
        for field in _FIELDS:
            value = getattr(key, field)
            if value not in ("", None):
                text = f"{value:.10g}" if isinstance(value, float) else str(value)
                out.append({"groupingId": f"Group.{field}", "groupValue": text})
        out.append({"groupingId": IDENTIFIER, "groupValue": row.id})
        return out

    def names(self, rows: Iterable[Statistic]) -> list[str]:
        """The groupings that rows use, in order.

        Args:
            rows: Rows of one analysis.
        """
        return list(dict.fromkeys(part["groupingId"] for row in rows for part in self.of(row)))

    def subjects(self) -> list[dict[str, Any]]:
        """Groupings of subjects: arm, arm of reference, and every declared factor with levels."""
        protocol = self._context.protocol
        arm_of = {population.arm for population in protocol.populations.values()}
        variable = "TRT01A" if arm_of == {"actual"} else "TRT01P"
        out = []
        for name, label in (("Arm", "Arm"), ("ReferenceArm", "Arm of reference of a comparison")):
            groups = [
                {
                    "id": f"{name}.{slug(arm)}",
                    "label": declared.label,
                    "level": 1,
                    "order": order,
                    "condition": _is(variable, str(declared.value if declared.value is not None else declared.label)),
                }
                for order, (arm, declared) in enumerate(protocol.arms.items(), start=1)
            ]
            out.append(self._grouping(name, label, variable, groups))
        for factor, one in protocol.factors.items():
            if not one.level_values:
                continue
            base = f"Factor.{slug(factor)}"
            groups = [
                {
                    "id": f"{base}.{slug(level)}",
                    "label": level,
                    "level": 1,
                    "order": order,
                    "condition": _is(one.column, value),
                }
                for order, (level, value) in enumerate(one.level_values.items(), start=1)
            ]
            out.append(self._grouping(base, one.label, one.column, groups))
        return out

    def _grouping(self, name: str, label: str, variable: str, groups: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": name,
            "label": label,
            "groupingDataset": "ADSL",
            "groupingVariable": variable,
            "dataDriven": False,
            "groups": groups,
        }

    def data(self) -> list[dict[str, Any]]:
        """Groupings by what the rows say: system organ class, term, category, time."""
        return list(self._data.values())

    def _driven(self, name: str) -> dict[str, Any]:
        short = name.removeprefix("Group.")
        dataset, variable, label = _VARIABLES.get(short, ("", "", ""))
        label = label or _LABELS.get(short) or short.replace("_", " ").capitalize()
        out: dict[str, Any] = {"id": name, "label": label, "dataDriven": True}
        if dataset and isinstance(self._context.protocol.data, AdamData):
            out |= {"groupingDataset": dataset, "groupingVariable": variable}
        return out
