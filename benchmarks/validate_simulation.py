"""Simulated operating characteristics beside rpact, a second simulator and the design's own formulas.

    python benchmarks/validate_simulation.py [--trials 1000000] [--freeze] [--write]

`--freeze` runs the second simulator (`independent_simulator.py`, plain numpy, nothing shared) and rpact, and writes
their answers into tests/reference/simulation_peers.json; `--write` writes docs/calibration/simulation.md.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
import sys
import tempfile
import time
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from independent_simulator import Seen, Setting, invert, setting_of, simulate
from numpy.typing import NDArray
from simulated_settings import LABELS, SETTINGS, TESTS, design_cases, simulated_as, yaml_of

__all__ = ["Measured", "gaps", "independent", "ours", "peers"]

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "tests" / "reference" / "simulation_peers.json"
PAGE = ROOT / "docs" / "calibration" / "simulation.md"
CRITICAL = 1.959963984540054
TWO_LOOKS = (2.96258804272755, 1.96859564632177)  # rpact, O'Brien-Fleming type, looks at 0.5 and 1
FLEMING_HARRINGTON = {"log_rank": (0.0, 0.0), "fh_0_half": (0.0, 0.5), "fh_0_1": (0.0, 1.0), "fh_1_1": (1.0, 1.0)}
COMBO = ("log_rank", "fh_0_1", "fh_1_1")


class Measured(NamedTuple):
    """One number from simulated trials and its Monte Carlo error."""

    value: float
    error: float


def share(hits: NDArray[np.bool_]) -> Measured:
    """How often something happened."""
    p = float(hits.mean())
    return Measured(p, math.sqrt(p * (1.0 - p) / hits.size))


def mean(values: NDArray[np.float64]) -> Measured:
    """A mean."""
    return Measured(float(values.mean()), float(values.std() / math.sqrt(values.size)))


# The second simulator -------------------------------------------------------------------------------------------------


def _rejected(z: list[NDArray[Any]], held: list[NDArray[Any]], sign: float) -> NDArray[np.bool_]:
    bounds = TWO_LOOKS if len(z) == 2 else (CRITICAL,)
    return np.any([(sign * one >= b) & h for one, b, h in zip(z, bounds, held, strict=True)], axis=0)


def measured(looks: list[Seen], test: str, *, as_rpact: tuple[int, ...] = ()) -> dict[str, Measured]:
    """What is compared, of one test.

    Args:
        looks: What the second simulator found.
        test: Name of the test.
        as_rpact: Events at the looks, to end trials as rpact 3.3.4 does: without rejection at a look whose planned
            event would be the last of all, or never comes.
    """
    last = looks[-1]
    if as_rpact:
        held = [one.possible > planned for one, planned in zip(looks, as_rpact, strict=True)]
    else:
        held = [np.ones_like(one.reached) for one in looks]
    if test == "max_combo":
        return {"power": share(last.max_combo <= 0.025)}
    z = [one.z[test] for one in looks]
    found = {"power": share(_rejected(z, held, 1.0)), "lower": share(_rejected(z, held, -1.0))}
    if len(looks) > 1:
        found["first"] = share(z[0] >= TWO_LOOKS[0])
    found["log_ratio"] = mean(last.log_ratio)
    return found | {"time": mean(last.cut), "events": mean(last.events), "reached": share(held[-1] & last.reached)}


def independent(name: str, trials: int, seed: int = 20_261_123, **changes: Any) -> dict[str, dict[str, Measured]]:
    """Test -> what the second simulator finds in a setting.

    Args:
        name: Name of the setting.
        trials: Number of trials.
        seed: Of its generator.
        **changes: Of the setting: conventions of a peer.
    """
    setting: Setting = setting_of(SETTINGS[name], **changes)
    weights = FLEMING_HARRINGTON if "max_combo" in TESTS[name] else {"log_rank": (0.0, 0.0)}
    looks = simulate(setting, trials, seed, weights=weights, combo=COMBO if "max_combo" in TESTS[name] else ())
    out = {test: measured(looks, test) for test in TESTS[name]}
    for test in out:
        if "unstratified" in test:
            out[test].pop("log_ratio")  # its Cox model is stratified
    return out


def rpact_as(name: str, trials: int, seed: int = 20_261_124) -> dict[str, Measured]:
    """A setting in the second simulator by rpact's conventions.

    Args:
        name: Name of the setting.
        trials: Number of trials.
        seed: Of its generator.
    """
    looks = simulate(setting_of(SETTINGS[name], arrivals="fixed", subtract=True), trials, seed)
    return measured(looks, "log_rank", as_rpact=tuple(SETTINGS[name]["looks"]))


# Ours -----------------------------------------------------------------------------------------------------------------


@cache
def ours(
    yaml: str, trials: int, *, scenario: str = "base", under: str = "h1", seed: int = 1, block: int = 0
) -> dict[str, Measured]:
    """What our trials find, by the same names.

    Args:
        yaml: A protocol with one hypothesis.
        trials: Number of trials.
        scenario: Its scenario.
        under: `h1` or `h0`.
        seed: Of the run.
        block: Size of permuted blocks; 0 for exact shares in random order.
    """
    from concurrent.futures import ThreadPoolExecutor

    from equipoise.protocol.annex import Annex
    from equipoise.protocol.loading import loads_protocol
    from equipoise.simulation.decisions import decide
    from equipoise.simulation.engine import unit
    from equipoise.simulation.study import study_of

    protocol = loads_protocol(yaml + ("randomization: {procedure: {kind: permuted_blocks}}\n" if block else ""))
    annex = Annex(block_sizes=(block,)) if block else None
    study = study_of(protocol, scenario=scenario, under=under, seed=seed, annex=annex)
    ends = [*range(0, trials, 4096), trials]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda span: unit(study, *span), pairwise(ends)))
    decisions = [decide(study, one) for one in found]
    rejected = np.concatenate([one.rejected[:, 0] for one in decisions])
    z, cut, estimate = (np.concatenate([getattr(one, k) for one in found]) for k in ("z", "cut", "estimate"))
    events = np.concatenate([one.events.sum(axis=2) for one in found])
    reached = np.concatenate([one.reached for one in found]).astype(bool)
    held = np.concatenate([one.held for one in found]).astype(bool)
    bounds = TWO_LOOKS if z.shape[1] == 2 else (CRITICAL,)
    low = np.any((z <= -np.array(bounds)) & held, axis=1)
    out = {"power": share(rejected > 0), "lower": share(low), "log_ratio": mean(estimate[:, -1])}
    if z.shape[1] > 1:
        out["first"] = share(rejected == 1)
    days = protocol.time.days_per_month
    return out | {
        "time": mean(cut[:, -1] / days),
        "events": mean(events[:, -1].astype(float)),
        "reached": share(reached[:, -1]),
    }


def ours_of(name: str, test: str, trials: int, *, as_rpact: bool = False) -> dict[str, Measured]:
    """What our trials find in a setting.

    Args:
        name: Name of the setting.
        test: Name of the test.
        trials: Number of trials.
        as_rpact: Patients at even distances, arms in blocks of the smallest size: rpact has them in turn.
    """
    scenario, under = simulated_as(SETTINGS[name])
    yaml = yaml_of(SETTINGS[name], TESTS[name][test], arrivals="fixed" if as_rpact else "uniform")
    return ours(yaml, trials, scenario=scenario, under=under, block=sum(SETTINGS[name]["ratio"]) if as_rpact else 0)


def gaps(one: dict[str, Measured], other: dict[str, Measured]) -> dict[str, float]:
    """Differences in combined Monte Carlo errors, of what both have.

    Args:
        one: Numbers by name.
        other: Others.
    """
    out = {}
    for name in one:
        if name in other:
            error = math.hypot(one[name].error, other[name].error)
            gap = one[name].value - other[name].value
            out[name] = gap / error if error > 0.0 else (0.0 if abs(gap) < 1e-12 else math.inf)
    return out


# References -----------------------------------------------------------------------------------------------------------


def peers() -> dict[str, Any]:
    """The frozen answers."""
    return json.loads(REFERENCE.read_text(encoding="utf-8"))


def rpact(trials: int) -> tuple[str, dict[str, dict[str, Any]]] | None:
    """Answers of rpact, computed now: how they were made, and by setting; None where it is not there."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"settings": SETTINGS}, file)
        file.flush()
        command = ["Rscript", str(REFERENCE.with_suffix(".R")), file.name, str(trials)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None
    found = json.loads(done.stdout)
    return found["made_with"][0], found["answers"]


def freeze(trials: int) -> None:
    """Run both peers and keep their answers."""
    answers = rpact(trials)
    kept = json.loads(REFERENCE.read_text(encoding="utf-8")) if REFERENCE.exists() else {}
    made, theirs = answers or (kept["provenance_rpact"], kept["rpact"])
    second = {}
    for name in SETTINGS:
        started = time.perf_counter()
        second[name] = independent(name, trials)
        print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    content = {
        "provenance": "Settings in months, by benchmarks/simulated_settings.py; each number with its Monte Carlo error",
        "provenance_rpact": made if "simulation_peers.R" in made else f"{made}, by simulation_peers.R",
        "provenance_independent": f"benchmarks/independent_simulator.py, {trials:,} trials each",
        "trials": trials,
        "settings": SETTINGS,
        "yaml": {name: {test: yaml_of(SETTINGS[name], how) for test, how in TESTS[name].items()} for name in SETTINGS},
        "simulated_as": {name: simulated_as(spec) for name, spec in SETTINGS.items()},
        "independent": second,
        "independent_as_rpact": {name: rpact_as(name, trials) for name in ("reference", "reference_two_looks")},
        "rpact": {name: {k: v[0] if k == "trials" and isinstance(v, list) else v for k, v in one.items()}
                  for name, one in theirs.items()},
    }  # fmt: skip
    REFERENCE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def of_rpact(name: str, kept: dict[str, Any]) -> dict[str, Measured]:
    """Rpact's numbers of a setting, with their errors.

    Args:
        name: Name of the setting.
        kept: The frozen answers.
    """
    one = kept["rpact"][name]
    n = one["trials"]

    def rate(p: float) -> Measured:
        return Measured(p, math.sqrt(p * (1.0 - p) / n))

    found = {"power": rate(sum(one["upper"])), "lower": rate(sum(one["lower"]))}
    if len(one["upper"]) > 1:
        return found | {"first": rate(one["upper"][0])}
    held = one["held"][0]
    # rpact places patient i where i are expected, ours (`arrivals: fixed`) where i - 1/2 are.
    spec = SETTINGS[name]
    later = 0.5 * float(invert(setting_of(spec).accrual, np.array([spec["patients"]]))[0]) / spec["patients"]
    time_of_look = Measured(one["mean_time"][0] - later, one["sd_time"][0] / math.sqrt(n * held))
    return found | ({"time": time_of_look} if held > 0.9999 else {})  # else of trials that had the events


# Designs --------------------------------------------------------------------------------------------------------------


def design_gaps(trials: int) -> list[tuple[str, float, Measured, float]]:
    """What is planned, its power by formula and as simulated, and what is allowed.

    Args:
        trials: Number of trials.
    """
    from equipoise.design.plan import plan_of
    from equipoise.protocol.loading import loads_protocol

    found = []
    for what, yaml, allowed in design_cases():
        planned = plan_of(loads_protocol(yaml), "h").probabilities.power
        found.append((what, planned, ours(yaml, trials)["power"], allowed))
    return found


# The page -------------------------------------------------------------------------------------------------------------


def comparisons(trials: int) -> list[tuple[str, str, str, str, Measured, Measured]]:
    """Setting, test, peer, what, our number, the peer's.

    Args:
        trials: Our trials of each setting.
    """
    kept, rows = peers(), []
    for name in SETTINGS:
        for test in TESTS[name]:
            mine = ours_of(name, test, trials)
            second = {k: Measured(*v) for k, v in kept["independent"][name][test].items()}
            others = [("second simulator", mine, second)]
            if test == "log_rank" and name in kept["rpact"] and not name.startswith("reference"):
                others.append(("rpact", ours_of(name, test, trials, as_rpact=True), of_rpact(name, kept)))
            for peer, own, other in others:
                rows += [(name, test, peer, k, own[k], other[k]) for k in other if k in own]
    return rows


def gap_of(one: Measured, other: Measured) -> float:
    """Difference in combined errors."""
    return gaps({"": one}, {"": other})[""]


def _table(rows: list[tuple[str, str, str, str, Measured, Measured]]) -> list[str]:
    lines = ["| setting | test | beside | what | ours | theirs | errors apart |", "|---|---|---|---|---|---|---|"]
    for name, test, peer, what, mine, other in rows:
        if mine.error == other.error == 0.0:
            continue
        lines.append(
            f"| {LABELS[name]} | {TEST_LABELS[test]} | {peer} | {WORDS[what]} | {mine.value:.4f} | {other.value:.4f} | "
            f"{gap_of(mine, other):+.1f} |"
        )
    return lines


def page(trials: int) -> str:
    """The page of the documentation."""
    kept = peers()
    rows = comparisons(trials)
    apart = [abs(gap_of(mine, other)) for *_, mine, other in rows if mine.error > 0.0 or other.error > 0.0]
    designs = design_gaps(trials)
    convention = []
    for name in ("reference", "reference_two_looks"):
        theirs, second = of_rpact(name, kept), kept["independent_as_rpact"][name]
        mine = ours_of(name, "log_rank", trials, as_rpact=True)
        convention.append(
            f"| {LABELS[name]} | {mine['power'].value:.4f} | {kept['independent'][name]['log_rank']['power'][0]:.4f} | "
            f"{theirs['power'].value:.4f} | {second['power'][0]:.4f} | "
            f"{gap_of(theirs['power'], Measured(*second['power'])):+.1f} |"
        )
    lines = [
        f"| {what} | {planned:.4f} | {found.value:.4f} | {found.value - planned:+.4f} | {allowed} | "
        f"{'yes' if abs(found.value - planned) <= allowed else '**no**'} |"
        for what, planned, found, allowed in designs
    ]
    return (ROOT / "benchmarks" / "simulation.md.in").read_text(encoding="utf-8").format(
        trials=f"{trials:,}", their=f"{kept['trials']:,}", count=len(apart),
        beyond=sum(gap > 3.0 for gap in apart), expected=f"{0.0027 * len(apart):.1f}",
        rpact=kept["provenance_rpact"].split(", ")[1],
        table="\n".join(_table(rows)), convention="\n".join(convention), designs="\n".join(lines),
    )  # fmt: skip


def main() -> int:
    """Run, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1_000_000)
    parser.add_argument("--freeze", type=int, metavar="TRIALS", help="run the peers anew with so many trials")
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    if chosen.freeze:
        freeze(chosen.freeze)
        return 0
    text = page(chosen.trials)
    print(text)
    if chosen.write:
        PAGE.write_text(text, encoding="utf-8")
    return int("**no**" in text)


WORDS = {"power": "rejected", "lower": "other tail", "first": "rejected at the first look", "log_ratio":
         "mean log hazard ratio", "time": "months until the last look", "events": "events", "reached":
         "events reached"}  # fmt: skip
TEST_LABELS = {"log_rank": "log-rank", "fh_0_half": "FH(0, 0.5)", "max_combo": "MaxCombo",
               "log_rank unstratified": "log-rank, unstratified"}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
