"""Rebuilt patients as ADaM tables, with the protocol that analyzes them, and the points of all curves."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

from equipoise.evidence.reconstruct.quality import staircase
from equipoise.kernels.kaplan_meier import kaplan_meier

if TYPE_CHECKING:
    import polars as pl

    from equipoise.evidence.reconstruct.curve import CurveMade

__all__ = ["ENDPOINT", "curve_protocol", "curve_table", "tables_of"]

ENDPOINT = "curve"
"""Name of the endpoint in the protocol; its PARAMCD is CURVE."""

_DEATH = re.compile(r"overall survival|^os$|^death", re.I)


def tables_of(made: CurveMade) -> dict[str, pl.DataFrame]:
    """ADSL and ADTTE.

    Args:
        made: What was rebuilt.
    """
    import polars as pl

    width = len(str(max(arm.rebuilt.time.size for arm in made.arms)))
    people: dict[str, list[Any]] = {"USUBJID": [], "TRT01P": [], "ITTFL": []}
    times: dict[str, list[Any]] = {"USUBJID": [], "PARAMCD": [], "PARAM": [], "AVAL": [], "CNSR": [], "EVNTDESC": []}
    for number, arm in enumerate(made.arms, start=1):
        n = arm.rebuilt.time.size
        names = [f"{number}-{i + 1:0{width}d}" for i in range(n)]
        people["USUBJID"] += names
        people["TRT01P"] += [arm.label] * n
        people["ITTFL"] += ["Y"] * n
        times["USUBJID"] += names
        times["PARAMCD"] += ["CURVE"] * n
        times["PARAM"] += [made.endpoint] * n
        times["AVAL"] += arm.rebuilt.time.tolist()
        times["CNSR"] += (1 - arm.rebuilt.status).tolist()
        times["EVNTDESC"] += ["Event" if one else "Censored" for one in arm.rebuilt.status]
    return {"ADSL": pl.DataFrame(people), "ADTTE": pl.DataFrame(times)}


def curve_protocol(made: CurveMade, source: str) -> str:
    """The protocol that analyzes the rebuilt patients: the curves, their medians, the hazard ratio; no hypothesis.

    Args:
        made: What was rebuilt.
        source: What the patients were rebuilt from.
    """
    words = made.endpoint
    about = f"Synthetic patients, rebuilt from {source}. They are not the patients of a trial"
    event = {
        "kind": "time_to_event", "label": words, "role": "primary", "event": f"event of the curve, {words.lower()}",
        "source": {"table": "ADTTE", "PARAMCD": "CURVE"},
    }  # fmt: skip
    death = {"death": True} if _DEATH.search(words) else {}
    analysis = {
        "endpoint": ENDPOINT, "population": "itt", "test": {"kind": "log_rank"},
        "estimate": {"kind": "cox", "ties": "efron"}, "survival": {"interval": "log_log"},
    }  # fmt: skip
    population = {"label": "All rebuilt patients", "arm": "planned", "where": "ITTFL = 'Y'"}
    arms = [
        f"  {arm.name}: {_yaml({'label': arm.label, 'role': _role(made, arm.name), 'value': arm.label})}"
        for arm in made.arms
    ]
    lines = [
        f"# SYNTHETIC DATA: rebuilt from {source}, not patients.",
        "# A curve and its numbers at risk determine what is analyzed here: no subgroup, no factor, no new test.",
        "equipoise: 1",
        f"trial: {_yaml({'id': 'SYNTHETIC', 'title': f'{words}: patients rebuilt from a curve', 'notes': about})}",
        f"time: {_yaml({'unit': made.unit, 'data_unit': made.unit, 'resolution': 'continuous'})}",
        "arms:",
        *arms,
        f"populations: {_yaml({'itt': population})}",
        "baseline: {factors: []}",
        "data: {format: adam}",
        f"endpoints:\n  {ENDPOINT}: {_yaml(event | death)}",
        f"analysis:\n  main: {_yaml(analysis)}",
    ]
    return "\n".join(lines) + "\n"


def _role(made: CurveMade, arm: str) -> str:
    return "control" if arm == made.control else "experimental"


def _yaml(content: dict[str, Any]) -> str:
    """A mapping in one line; JSON is YAML."""
    return json.dumps(content, ensure_ascii=False)


def curve_table(made: CurveMade) -> str:
    """Clicks, the line through them and the rebuilt estimate, as one CSV.

    Args:
        made: What was rebuilt.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["mark", "arm", "kind", f"time_{made.unit}", "survival"])
    for arm in made.arms:
        rebuilt = arm.rebuilt
        steps = staircase(kaplan_meier(rebuilt.time, rebuilt.status), float(rebuilt.time.max()))
        kinds = (
            ("click", arm.time, arm.survival),
            ("line", rebuilt.line.time, rebuilt.line.survival),
            ("rebuilt", *steps),
        )
        for kind, x, y in kinds:
            for a, b in zip(x.tolist(), y.tolist(), strict=True):
                writer.writerow(["SYNTHETIC DATA" if kind == "rebuilt" else "clicks", arm.name, kind, repr(a), repr(b)])
    return out.getvalue()
