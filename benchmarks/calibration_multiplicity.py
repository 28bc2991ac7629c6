"""Family-wise errors of group-sequential graphs in simulated trials.

    python benchmarks/calibration_multiplicity.py --trials 1000000 --write

writes docs/calibration/multiplicity.md. Statistics of the looks are drawn from their joint normal distribution; one
more row simulates patients with progression and death. The peer is the multivariate normal integral (R, mvtnorm; its
numbers and its script are in tests/reference/multiplicity_errors.*).
"""

from __future__ import annotations

import argparse
import json
import math
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import monte_carlo
import numpy as np

from equipoise.design.boundaries import Efficacy, Pocock, Spend
from equipoise.design.graph import Graph, fixed_sequence, holm
from equipoise.design.multiplicity import sequential_graph
from equipoise.design.sequential_p import SequentialHypothesis, bounds_at
from equipoise.design.spending import HwangShihDeCani, OBrienFlemingType, PocockType
from equipoise.kernels.log_rank import log_rank

SEED, BLOCK, ALPHA, Z = 20261125, 50_000, 0.025, 1.959963984540054
ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "calibration" / "multiplicity.md"
PEER = ROOT / "tests" / "reference" / "multiplicity_errors.json"
OBF = Spend(OBrienFlemingType())


@dataclass(frozen=True)
class Case:
    """One graph in one truth: information at the looks of the trial, None where a hypothesis is not analyzed."""

    name: str
    graph: Graph
    information: dict[str, tuple[float | None, ...]]
    families: dict[str, Efficacy]
    effect: dict[str, float] = field(default_factory=dict)  # E(z) at information 1, per root of information
    shared: float = 0.3
    look_back: bool = False
    full: tuple[str, ...] = ()  # tested at the full level at each look once reached: the usual error

    def hypotheses(self) -> dict[str, SequentialHypothesis]:
        """Looks and bounds of each."""
        return {
            name: SequentialHypothesis(tuple(i for i in looks if i is not None), self.families[name])
            for name, looks in self.information.items()
        }


PFS_OS = {"pfs": (200.0, None), "os": (150.0, 300.0)}
TWO = {"pfs": (120.0, 240.0, None), "os": (60.0, 150.0, 260.0)}
THREE = dict.fromkeys("abc", (40.0, 70.0, 100.0))
HALF = -math.log(0.5) / 2.0
LOOP = Graph({"pfs": 0.8, "os": 0.2}, {"pfs": {"os": 1.0}, "os": {"pfs": 1.0}})
TREE = Graph({"a": 1.0, "b": 0.0, "c": 0.0}, {"a": {"b": 0.6, "c": 0.4}, "b": {"c": 1.0}, "c": {"b": 1.0}})
MIXED: dict[str, Efficacy] = {"a": OBF, "b": Spend(PocockType()), "c": Spend(HwangShihDeCani(-2.0))}
CASES = (
    Case("PFS HR 0.5, OS null; OS at the full 0.025 at both looks (the usual error)", fixed_sequence(("pfs", "os")),
         PFS_OS, {"pfs": OBF, "os": OBF}, {"pfs": HALF}, full=("os",)),
    Case("PFS HR 0.5, OS null; OS spends 0.025 on its own information", fixed_sequence(("pfs", "os")), PFS_OS,
         {"pfs": OBF, "os": OBF}, {"pfs": HALF}),
    Case("PFS and OS null, shares 0.8 and 0.2", LOOP, TWO, {"pfs": OBF, "os": OBF}),
    Case("PFS and OS null, shares 0.8 and 0.2, looking back", LOOP, TWO, {"pfs": OBF, "os": OBF}, look_back=True),
    Case("PFS HR 0.5, OS null, shares 0.8 and 0.2, looking back", LOOP, TWO, {"pfs": OBF, "os": OBF}, {"pfs": HALF},
         look_back=True),
    Case("Holm over three nulls with bounds of three kinds", holm(("a", "b", "c")), THREE, MIXED),
    Case("Gatekeeper false and rejected, two nulls behind it", TREE, THREE, MIXED, {"a": 1.5}),
    Case("Three nulls, Pocock's bounds, alike statistics", holm(("a", "b", "c")), THREE, dict.fromkeys("abc", Pocock()),
         shared=0.9),
)  # fmt: skip


def statistics(case: Case, rng: np.random.Generator, trials: int) -> dict[str, list[np.ndarray | None]]:
    """Statistics by hypothesis and look of the trial: Brownian motions in information whose steps hang together."""
    looks = len(next(iter(case.information.values())))
    common = rng.standard_normal((trials, looks))
    found: dict[str, list[np.ndarray | None]] = {}
    for name, information in case.information.items():
        sum_, before, rows = np.zeros(trials), 0.0, []
        for look, level in enumerate(information):
            own = rng.standard_normal(trials)
            if level is None:
                rows.append(None)
                continue
            step = math.sqrt(case.shared) * common[:, look] + math.sqrt(1.0 - case.shared) * own
            sum_ = sum_ + math.sqrt(level - before) * step
            before = level
            rows.append(sum_ / math.sqrt(level) + case.effect.get(name, 0.0) * math.sqrt(level))
        found[name] = rows
    return found


def errors(index: int, number: int, trials: int) -> int:
    """Trials in which a true null hypothesis was rejected."""
    case = CASES[index]
    z = statistics(case, np.random.Generator(np.random.Philox(key=[SEED + index, number])), trials)
    declared = case.hypotheses()
    if case.full:
        pfs = z["pfs"][0] >= bounds_at(declared["pfs"], ALPHA)[0]
        return int((pfs & np.any([row >= Z for row in z["os"] if row is not None], axis=0)).sum())
    true = set(case.graph.names) - set(case.effect)
    # Nothing is rejected that does not cross the bound of all of alpha: these trials need no graph.
    maybe = np.zeros(trials, dtype=bool)
    for name in true:
        rows = [row for row in z[name] if row is not None]
        maybe |= np.any([row >= b for row, b in zip(rows, bounds_at(declared[name], ALPHA), strict=True)], axis=0)
    wrong = 0
    for i in np.flatnonzero(maybe):
        one = {name: [None if row is None else float(row[i]) for row in rows] for name, rows in z.items()}
        made = sequential_graph(case.graph, ALPHA, declared, one, look_back=case.look_back).rejected
        wrong += any(name in true for name, _ in made)
    return wrong


def patients(number: int, trials: int) -> tuple[int, int]:
    """Trials of patients in which OS, not affected, was rejected: at the full level twice, and by the graph.

    Progression has a hazard ratio of 0.5; death has one hazard in all patients and states. 360 patients enter over 12
    months, medians 8 months to progression in the control and 20 to death; looks at 200 events of PFS and 240 deaths.
    """
    rng = np.random.Generator(np.random.Philox(key=[SEED + 90, number]))
    n, graph, found = 360, fixed_sequence(("pfs", "os")), [0, 0]
    arm = np.arange(n) % 2
    for _ in range(trials):
        entry = rng.uniform(0.0, 12.0, n)
        progression = rng.exponential(8.0 / math.log(2.0), n) / np.where(arm == 1, 0.5, 1.0)
        death = rng.exponential(20.0 / math.log(2.0), n)
        pfs = np.minimum(progression, death)
        first, last = np.sort(entry + pfs)[199], np.sort(entry + death)[239]
        z, information = {"pfs": [], "os": []}, []
        for name, time, cut in (("pfs", pfs, first), ("os", death, first), ("os", death, last)):
            here = entry < cut
            event = (entry + time <= cut)[here]
            seen = np.minimum(time, cut - entry)[here]
            z[name].append(float(log_rank(seen, event.astype(int), arm[here]).z))
            information.append(float(event.sum()))
        declared = {
            "pfs": SequentialHypothesis((200.0,), OBF),
            "os": SequentialHypothesis((information[1], information[2]), OBF),
        }
        found[0] += z["pfs"][0] >= Z and max(z["os"]) >= Z
        held = {"pfs": (z["pfs"][0], None), "os": tuple(z["os"])}
        found[1] += any(name == "os" for name, _ in sequential_graph(graph, ALPHA, declared, held).rejected)
    return found[0], found[1]


def rates(trials: int, workers: int) -> list[tuple[monte_carlo.Rate, bool]]:
    """All rows, and whether each is an error that must not exceed its peer's value."""
    peer = json.loads(PEER.read_text(encoding="utf-8"))["errors"]
    blocks = [(k, min(BLOCK, trials - k * BLOCK)) for k in range(math.ceil(trials / BLOCK))]
    out = []
    with ProcessPoolExecutor(workers) as pool:
        for index, case in enumerate(CASES):
            jobs = [pool.submit(errors, index, *block) for block in blocks]
            rate = sum(job.result() for job in jobs) / trials
            exact = peer.get(case.name)
            out.append((monte_carlo.Rate(case.name, rate, exact, trials), bool(case.full)))
        few = max(trials // 100, 1)
        jobs = [pool.submit(patients, k, min(250, few - k * 250)) for k in range(math.ceil(few / 250))]
        sums = [sum(job.result()[i] for job in jobs) / few for i in (0, 1)]
    out.append(
        (monte_carlo.Rate("Patients: OS at the full 0.025 at both looks (the usual error)", sums[0], None, few), True)
    )
    out.append((monte_carlo.Rate("Patients: OS spends 0.025 on its own information", sums[1], None, few), False))
    return out


def fine(rate: monte_carlo.Rate, *, usual: bool) -> bool:
    """Within three Monte Carlo errors of the integral, and not above alpha by more."""
    return rate.fine and (usual or rate.rate <= ALPHA + 3.0 * math.sqrt(ALPHA * (1.0 - ALPHA) / rate.trials))


def page(rows: list[tuple[monte_carlo.Rate, bool]], trials: int) -> str:
    """The page."""
    lines = [
        "# Calibration: several hypotheses",
        "",
        f"{trials:,} simulated trials a row ({trials // 100:,} of patients), by",
        f"`python benchmarks/calibration_multiplicity.py --trials {trials} --write`: how often a true null",
        "hypothesis is rejected when one-sided 0.025 is shared by a graph whose hypotheses have looks of their own.",
        "An error is one Monte Carlo standard error. The integral is the multivariate normal's (R, mvtnorm), where one",
        "says it: with all nulls true the first rejection is at the shares of the start, and behind a hypothesis that",
        "is surely rejected those left have its share. A row passes within three errors of the integral, and not above",
        "0.025 by more than three.",
        "",
        "| Graph and truth | Rate | Error | Integral | Passes |",
        "|---|---|---|---|---|",
    ]
    for rate, usual in rows:
        exact = "" if rate.nominal is None else f"{rate.nominal:.5f}"
        passes = "" if usual and rate.nominal is None else "yes" if fine(rate, usual=usual) else "no"
        lines.append(f"| {rate.what} | {rate.rate:.5f} | {rate.error:.5f} | {exact} | {passes} |")
    return "\n".join([*lines, ""])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    rows = rates(arguments.trials, arguments.workers)
    text = page(rows, arguments.trials)
    print(text)
    if arguments.write:
        PAGE.write_text(text, encoding="utf-8")
    return int(not all(fine(rate, usual=usual) for rate, usual in rows))


if __name__ == "__main__":
    raise SystemExit(main())
