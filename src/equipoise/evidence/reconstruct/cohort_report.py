"""The table of reproduction beside a synthetic cohort, as JSON and as a page to read; both carry the mark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from equipoise.evidence.reconstruct.cohort import Reconstruction
    from equipoise.evidence.reconstruct.cohort_reproduce import Reproduced

__all__ = ["reproduction", "reproduction_text"]

_WORDS = {"hit": "yes", "margin": "if rounded twice", "miss": "no", "not_rebuilt": "not rebuilt"}


def reproduction(made: Reconstruction, source: str) -> dict[str, Any]:
    """The table as plain JSON values.

    Args:
        made: The cohort.
        source: What it was rebuilt from.
    """
    return {
        "schema": "equipoise.reproduction/1", "synthetic": True, "note": "These are not patients.", "source": source,
        "trial": made.trial, "cut": made.cut, "subjects": made.subjects, "cohorts": made.cohorts,
        "notes": list(made.notes), "facts": [one.to_dict() for one in made.reproduced],
    }  # fmt: skip


def reproduction_text(made: Reconstruction, source: str) -> str:
    """The table as Markdown.

    Args:
        made: The cohort.
        source: What it was rebuilt from.
    """
    hits = sum(one.status == "hit" for one in made.reproduced)
    lines = [
        f"# SYNTHETIC DATA: {made.trial}",
        "",
        f"Rebuilt from {source}. **These are not patients.** They give the printed numbers, and nothing that was not "
        "printed can be learned from them: no subgroup, no new P. The cohort is not unique.",
        "",
        f"{hits} of {len(made.reproduced)} printed numbers come out as printed when this cohort is analyzed by the "
        "protocol beside it.",
    ]
    if made.cohorts:
        lines[-1] += (
            f" Everything else is shown as its range over {made.cohorts} cohorts that give these numbers alike "
            "(`data/ranges.json`)."
        )
    lines += ["", "| Fact (line) | Printed | Reproduced | As printed | Why not |", "|---|---|---|---|---|"]
    lines += [_row(one) for one in made.reproduced]
    if made.notes:
        lines += ["", "Supposed or recovered, as it is not printed:", "", *[f"- {note}" for note in made.notes]]
    return "\n".join(lines) + "\n"


def _row(one: Reproduced) -> str:
    cells = (f"{one.name} ({one.line})", one.printed, one.found, _WORDS[one.status], one.cause)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
