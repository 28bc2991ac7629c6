"""A second derivation of progression-free survival: a subject is lived through, day by day.

It shares nothing with the package but the declared choices. Every planned assessment has a window; at the end of the
day on which a window closes without an adequate assessment standing for it, one more was missed in a row.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ADEQUATE = ("CR", "PR", "SD", "NON-CR/NON-PD")


@dataclass
class Life:
    """One subject in days after randomization, and the choices."""

    visits: dict[int, str]
    death: int | None
    therapy: int | None
    baseline: bool
    every: int
    window: int
    at_least: int
    progression: str
    dead: str
    new_therapy: str
    no_baseline: str
    horizon: int = 700
    planned: list[int] = field(default_factory=list)


def live(life: Life) -> tuple[int, int, str]:
    """Day, event or not, and what was decided."""
    life.planned = list(range(0, life.horizon + 2 * life.every, life.every))
    judged = life.baseline or life.no_baseline == "ignore"
    last, in_a_row, stands_for, treated = 0, 0, 0, False
    seen = False
    for today in range(1, life.horizon):
        response = life.visits.get(today) if judged else None
        if response in ADEQUATE:
            last, in_a_row, seen = today, 0, True
            # Half-way between two planned days the later one takes over.
            stands_for = sum(2 * today >= a + b for a, b in zip(life.planned, life.planned[1:], strict=False))
        for happened, choice in (
            ("progression" if response == "PD" else "", life.progression),
            ("death" if life.death == today else "", life.dead),
        ):
            if happened:
                if in_a_row >= life.at_least and choice == "censor":
                    return (last, 0, "missed") if judged else (0, 0, "baseline")
                return today, 1, happened
        if life.therapy == today and life.new_therapy != "ignore":
            treated = True
            if life.new_therapy == "event":
                return today, 1, "therapy"
            return (last, 0, "therapy") if judged else (0, 0, "baseline")
        closed = [number for number, day in enumerate(life.planned) if day + life.window == today and number > 0]
        in_a_row += sum(number > stands_for for number in closed)
    assert not treated
    if not judged:
        return 0, 0, "baseline"
    return (last, 0, "followed") if seen else (0, 0, "never assessed")


def confirmed_response(visits: dict[int, str], days: int, unknown: int, stable: int) -> str:
    """CR, PR or none: some pair of visits confirms, whatever lies between is allowed and rare enough."""
    seen = sorted(visits.items())
    ends = [number for number, (_, response) in enumerate(seen) if response == "PD"]
    seen = seen[: ends[0]] if ends else seen
    found = set()
    for i in range(len(seen)):
        for j in range(i + 1, len(seen)):
            (first, kind), (second, witness) = seen[i], seen[j]
            between = [response for _, response in seen[i + 1 : j]]
            nothing = sum(response in ("NE", "ND", "NA") for response in between)
            held = sum(response in ("SD", "NON-CR/NON-PD") for response in between)
            if second - first < days or nothing > unknown:
                continue
            if kind == witness == "CR" and set(between) <= {"CR", "NE", "ND", "NA"}:
                found.add("CR")
            if kind == "PR" and witness in ("PR", "CR") and held <= stable:
                found.add("PR")
    return "CR" if "CR" in found else "PR" if "PR" in found else "none"
