"""A simulation in a bundle: beside what other stages of the same protocol say, and beside other scenarios."""

from __future__ import annotations

import datetime
import platform
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equipoise.errors import BundleError, Problem, Where
from equipoise.results.bundle import read_bundle, read_manifest, write_bundle
from equipoise.results.results import Results

if TYPE_CHECKING:
    from equipoise.protocol.protocol import Protocol
    from equipoise.results.key import Key
    from equipoise.simulation.checkpoint import Identity

__all__ = ["check_seed", "joined", "write_simulation"]


def check_seed(out: Path, identity: Identity) -> None:
    """Refuse a bundle that holds a simulation of another seed, or anything of another protocol.

    Args:
        out: Folder of the bundle.
        identity: Whose simulation is to come.

    Raises:
        BundleError: When there is one.
    """
    if not (out / "manifest.json").is_file():
        return
    manifest = read_manifest(out)
    if manifest.get("protocol_hash") != identity.protocol:
        raise BundleError(
            Problem(
                "bundle.other_protocol",
                "the folder holds results of another protocol, or of an earlier version of this one",
                Where(file=str(out)),
                cure="choose a new folder for --out",
            )
        )
    seed = manifest.get("simulation", {}).get("seed")
    if (out / "simulation.json").is_file() and seed != identity.seed:
        raise BundleError(
            Problem(
                "bundle.other_simulation",
                f"the folder holds trials of another seed: {seed} there, {identity.seed} asked for",
                Where(file=str(out)),
                cure="choose another folder for --out, or the seed of this one",
            )
        )


def joined(out: Path, results: Results) -> Results:
    """Results and, of a simulation that the bundle holds, those of other scenarios and points.

    Args:
        out: Folder of the bundle.
        results: What was simulated now.
    """
    if not (out / "simulation.json").is_file():
        return results
    before = read_bundle(out).results
    new = {_study(row.key) for row in results.statistics}
    statistics = tuple(row for row in before.statistics if _stays(row.key, new))
    names = {curve.curve for curve in results.curves}  # a curve of a sweep stays when there is no sweep now
    curves = tuple(
        curve for curve in before.curves
        if curve.key.stage == "simulation" and (_stays(curve.key, new) or curve.curve not in names)
    )  # fmt: skip
    return Results(statistics, curves) + results


def _stays(key: Key, new: set[tuple[object, ...]]) -> bool:
    return key.stage == "simulation" and _study(key) not in new


def _study(key: Key) -> tuple[object, ...]:
    return key.scenario, key.under, tuple(pair for pair in key.groups if pair[0].startswith(("vary", "value")))


def write_simulation(
    out: Path,
    protocol: Protocol,
    path: Path | None,
    results: Results,
    notes: Sequence[Problem],
    asked: Mapping[str, Any],
) -> None:
    """Write the stage `simulation` of a bundle.

    Args:
        out: Folder of the bundle.
        protocol: The declared trial.
        path: Its file.
        results: What was found.
        notes: Warnings.
        asked: Seed, trials, and what ran.
    """
    import equipoise
    from equipoise.protocol.canonical import protocol_document

    document = protocol_document(protocol)
    facts = {
        "equipoise": equipoise.__version__,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": " ".join(["equipoise", *sys.argv[1:]]) if Path(sys.argv[0]).stem == "equipoise" else "",
        "protocol_hash": document["hash"],
        "protocol_file": "" if path is None else path.name,
        "data": [],
        "cut": None,
        "notes": [problem.to_dict() for problem in notes],
        "findings": [],
        "methods": [],
        "simulation": dict(asked),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "scipy", "numba", "polars", "pydantic")},
        },
    }
    write_bundle(out, protocol=document, manifest=facts, results=results, stage="simulation")
