"""The bundle on disk: what a run writes and every other room reads. Nothing is ever half-written.

OUT/protocol.json     the declaration in canonical form, with its hashes
OUT/manifest.json     hashes of inputs, versions, time, and what was noticed in the data
OUT/results.json      {"schema": "equipoise.results/1", "statistics": [...]}   (analysis)
OUT/results.parquet   the same rows as a table
OUT/design.json       the same of the design, and so on: simulation.json, monitoring.json
OUT/curves.parquet    all curves of all stages, one long table

Stages of one protocol live together: writing one leaves the others as they are. The manifest is that of all, with what
each stage said under `stages`.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from equipoise.errors import BundleError, Problem, Where
from equipoise.results.curve import Curve
from equipoise.results.frames import curves_frame, curves_from_frame, statistics_frame
from equipoise.results.results import Results
from equipoise.results.statistic import Statistic

__all__ = ["SCHEMA", "SUMS", "Bundle", "atomic_directory", "read_bundle", "read_manifest", "write_bundle", "write_text"]

SCHEMA = "equipoise.results/1"
# A new analysis makes every page of the old one wrong, so they go with it.
_STALE = (
    "dossier.html",
    "tables",
    "figures",
    "export",
    *(f"brief-{style}.{kind}" for style in ("news", "lay", "abstract") for kind in ("html", "md")),
)
_STAGES = {"design": "design", "simulation": "simulation", "monitoring": "monitoring", "results": "analysis"}
# Name of a file → stage of its keys, in the order in which they are read.
SUMS = "simulation-sums"
"""Folder in which a simulation keeps what is done; it may be there before the bundle is."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle as read.

    Attributes:
        path: Its folder.
        protocol: Content of protocol.json.
        manifest: Content of manifest.json.
        results: Statistics and curves of all stages that are there, joined.
    """

    path: Path
    protocol: Mapping[str, Any]
    manifest: Mapping[str, Any]
    results: Results

    def _repr_html_(self) -> str:
        from equipoise.results.notebook import bundle_html

        return bundle_html(self)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` by way of a temporary file beside it, so that readers see all of it or none.

    Args:
        path: Target file; its folder must exist.
        text: Content, written as UTF-8.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def atomic_directory(target: Path) -> Iterator[Path]:
    """A scratch folder beside `target` whose entries replace those of `target` when the block ends without error.

    Args:
        target: The folder to fill; made when it does not exist.

    Yields:
        The scratch folder.
    """
    parent = target.resolve().parent
    parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=parent, prefix=f".{target.name}."))
    try:
        yield scratch
        target.mkdir(exist_ok=True)
        for entry in sorted(scratch.iterdir()):
            place = target / entry.name
            if entry.is_dir() and place.is_dir():
                shutil.rmtree(place)
            os.replace(entry, place)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def check_target(out: Path) -> None:
    """Refuse a target that is a file, or a folder holding something other than a bundle.

    Args:
        out: The bundle's folder.

    Raises:
        BundleError: When writing there could destroy somebody's files.
    """
    if out.is_dir() and ({place.name for place in out.iterdir()} <= {SUMS} or (out / "manifest.json").is_file()):
        return
    file = next((place for place in (out, *out.parents) if place.is_file()), None)
    if out.exists() or file is not None:
        kind = "a folder that is not a bundle" if out.is_dir() else "a file" if file == out else "inside a file"
        raise BundleError(
            Problem(
                code="bundle.target",
                message=f"the target is {kind}",
                where=Where(file=str(out if file is None else file)),
                cure="choose a new or empty folder for --out",
            )
        )


def write_bundle(
    out: Path,
    *,
    protocol: Mapping[str, Any],
    manifest: Mapping[str, Any],
    results: Results,
    stage: str = "results",
    head: Mapping[str, str] | None = None,
) -> None:
    """Write a bundle, or replace the one that is there.

    Args:
        out: Folder of the bundle.
        protocol: Canonical protocol with its hashes.
        manifest: Hashes of inputs, versions, time, notes.
        results: Statistics and curves.
        stage: Name of the results file: `results` (analysis), `design`, `simulation`, `monitoring`.
        head: What the results file says before its statistics, such as `{"view": "blinded"}`.

    Raises:
        BundleError: When the target is not a bundle, or holds results of another protocol beside which these can't be.
    """
    check_target(out)
    others = _others(out, str(protocol.get("hash")), stage)
    with atomic_directory(out) as scratch:
        (scratch / f"{stage}.json").write_text(_statistics_text(results, head or {}), encoding="utf-8")
        (scratch / "protocol.json").write_text(_dump(protocol), encoding="utf-8")
        (scratch / "manifest.json").write_text(_dump(_joined(others.manifests, manifest, stage)), encoding="utf-8")
        statistics_frame(results.statistics).write_parquet(scratch / f"{stage}.parquet")
        curves_frame((*others.curves, *results.curves)).write_parquet(scratch / "curves.parquet")
        stale = [f"{name}.{kind}" for name in others.stale for kind in ("json", "parquet")]
        for name in (*_STALE, *stale):
            place = out / name
            if place.is_dir():
                shutil.rmtree(place)
            else:
                place.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Others:
    """What a bundle keeps of other stages, and what it loses.

    Attributes:
        manifests: Stage → what its run said.
        curves: Their curves.
        stale: Stages of another protocol, which go.
    """

    manifests: Mapping[str, Mapping[str, Any]]
    curves: tuple[Curve, ...] = ()
    stale: tuple[str, ...] = ()


def _others(out: Path, protocol_hash: str, stage: str) -> _Others:
    there = tuple(name for name in _STAGES if name != stage and (out / f"{name}.json").is_file())
    if not there:
        return _Others({})
    manifest = read_manifest(out)
    if manifest.get("protocol_hash") != protocol_hash:
        if stage == "results":
            return _Others({}, stale=there)
        raise BundleError(
            Problem(
                code="bundle.other_protocol",
                message="the folder holds results of another protocol, or of an earlier version of this one",
                where=Where(file=str(out)),
                value=", ".join(f"{name}.json" for name in there),
                cure="choose a new folder for --out, or analyze again first",
            )
        )
    said = manifest.get("stages", {there[0]: manifest})
    kept = {_STAGES[name] for name in there}
    curves = tuple(curve for curve in _curves(out) if curve.key.stage in kept)
    return _Others({name: said.get(name, {}) for name in there}, curves)


def _joined(others: Mapping[str, Mapping[str, Any]], manifest: Mapping[str, Any], stage: str) -> Mapping[str, Any]:
    """The manifest of all stages: lists are joined, and of the rest the analysis' word counts."""
    if not others:
        return manifest
    stages = {name: manifest if name == stage else others[name] for name in _STAGES if name in others or name == stage}
    joined: dict[str, Any] = {}
    for own in stages.values():
        for name, content in own.items():
            if isinstance(content, list):
                before = joined.get(name) or []
                joined[name] = [*before, *[item for item in content if item not in before]]
            elif content is not None or name not in joined:
                joined[name] = content
    return {**joined, "stages": stages}


def read_bundle(out: str | Path) -> Bundle:
    """Read a bundle: every stage that is there, joined.

    Args:
        out: Folder of the bundle.

    Raises:
        BundleError: When files are missing, damaged, of another schema, or of different protocols.
    """
    out = Path(out)
    protocol = _load(out / "protocol.json", out)
    manifest = read_manifest(out)
    expected = manifest.get("protocol_hash")
    if expected is not None and expected != protocol.get("hash"):
        raise BundleError(
            Problem(
                code="bundle.protocol_hash",
                message="protocol.json is not the protocol that these results were computed from",
                where=Where(file=str(out / "protocol.json")),
                value=str(protocol.get("hash")),
                cure="run `equipoise analyze` again",
            )
        )
    statistics: list[Statistic] = []
    for stage in _STAGES:
        if (out / f"{stage}.json").is_file():
            statistics += _statistics(out / f"{stage}.json", out)
    return Bundle(path=out, protocol=protocol, manifest=manifest, results=Results(tuple(statistics), _curves(out)))


def _curves(out: Path) -> tuple[Curve, ...]:
    """All curves of a bundle.

    Raises:
        BundleError: When their file is damaged.
    """
    place = out / "curves.parquet"
    if not place.is_file():
        return ()
    import polars as pl

    try:
        return curves_from_frame(pl.read_parquet(place))
    except (pl.exceptions.PolarsError, OSError, KeyError) as error:
        raise _damaged(place, str(error)) from error


def read_manifest(out: Path) -> dict[str, Any]:
    """Read a bundle's manifest alone, for those who need no statistics.

    Args:
        out: Folder of the bundle.

    Raises:
        BundleError: When the manifest is missing or damaged.
    """
    return _load(out / "manifest.json", out)


def _statistics(path: Path, out: Path) -> list[Statistic]:
    document = _load(path, out)
    if document.get("schema") != SCHEMA:
        raise BundleError(
            Problem(
                code="bundle.schema",
                message=f"results are not in the schema {SCHEMA}",
                where=Where(file=str(path)),
                value=str(document.get("schema")),
                cure="analyze again with this version",
            )
        )
    try:
        return [Statistic.from_dict(row) for row in document["statistics"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, str(error)) from error


def _statistics_text(results: Results, head: Mapping[str, str]) -> str:
    """The file of statistics, one a line: a sixth smaller than indented, and a changed number is one changed line."""
    rows = ",\n".join(json.dumps(row.to_dict(), ensure_ascii=False, allow_nan=False) for row in results.statistics)
    said = "".join(f", {json.dumps(name)}: {json.dumps(text)}" for name, text in head.items())
    return f'{{"schema": {json.dumps(SCHEMA)}{said}, "statistics": [\n{rows}\n]}}\n'


def _dump(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _load(path: Path, out: Path) -> dict[str, Any]:
    if not path.is_file():
        raise BundleError(
            Problem(
                code="bundle.missing",
                message=f"{out} is not a bundle: {path.name} is not there",
                where=Where(file=str(path)),
                cure="make the bundle with `equipoise analyze trial.yaml --data DIR --out OUT`",
            )
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_constant)
    except ValueError as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(content, dict):
        raise _damaged(path, "not a JSON object")
    return content


def _no_constant(name: str) -> None:
    message = f"{name} is no number"
    raise ValueError(message)


def _damaged(path: Path, detail: str) -> BundleError:
    verbs = {"design.json": "design", "monitoring.json": "monitor", "simulation.json": "simulate"}
    verb = verbs.get(path.name, "analyze")
    return BundleError(
        Problem(
            code="bundle.damaged",
            message=f"can't read {path.name}: {detail}",
            where=Where(file=str(path)),
            cure=f"run `equipoise {verb}` again",
        )
    )
