"""Sums of trials that are done, kept in the bundle's folder, so that a run that was stopped goes on where it was.

OUT/simulation-sums/STUDY.npz    sums of the first whole units of one study, and whose they are

A file is written beside the old one and then takes its name: there is always a whole one. It stays when the run has
ended, for a later run with more trials; it is small and holds no patients. Whose sums they are is written with them,
and with a digest of the first unit's sums: that unit is simulated again before a run goes on, so that another
version, library, annex or processor that computes other digits is noticed, whatever it is.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equipoise.errors import BundleError, Problem, Where
from equipoise.results.bundle import SUMS
from equipoise.simulation.units import UNIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equipoise.simulation.accumulate import Accumulator

__all__ = ["Identity", "check_others", "digest", "read_sums", "sums_file", "trials_there", "write_sums"]

_FORMAT = 1
_ASK = {
    "seed": "choose another folder for --out, or the seed of this one",
    "protocol": "choose another folder for --out: these trials are of another protocol, or of an earlier version of it",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose sums they are: two runs with the same one simulate the same trials.

    Attributes:
        protocol: Hash of the protocol.
        seed: Seed of all random numbers.
        scenario: Name of the scenario.
        under: `h1` or `h0`.
        vary: What is assumed otherwise, as `hazard_ratio=0.7`; "" as declared.
        version: Version of equipoise.
    """

    protocol: str
    seed: int
    scenario: str
    under: str
    vary: str
    version: str


def sums_file(out: Path, identity: Identity) -> Path:
    """Where the sums of a study are kept.

    Args:
        out: Folder of the bundle.
        identity: Whose sums they are.
    """
    parts = [identity.scenario, identity.under, *([identity.vary] if identity.vary else [])]
    return out / SUMS / f"{'.'.join(parts).replace('=', '-').replace(',', '.')}.npz"


def digest(sums: Accumulator) -> str:
    """A digest of sums: the same where every bit is the same.

    Args:
        sums: The sums.
    """
    content = hashlib.sha256()
    for name, array in sorted(sums.to_arrays().items()):
        content.update(f"{name} {array.dtype.str} {array.shape}".encode())
        content.update(array.tobytes())
    return content.hexdigest()


def write_sums(path: Path, identity: Identity, sums: Accumulator, first: str) -> None:
    """Write sums by way of a temporary file, so that readers see the old ones or the new.

    Args:
        path: Where; its folder is made.
        identity: Whose sums they are.
        sums: Those of the first whole units.
        first: Digest of those of the first unit.
    """
    import numpy as np

    path.parent.mkdir(parents=True, exist_ok=True)
    head = json.dumps({"format": _FORMAT, "identity": asdict(identity), "first": first, "trials": sums.trials})
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, head=np.array(head), **sums.to_arrays())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_sums(path: Path, identity: Identity, kind: type[Accumulator]) -> tuple[Accumulator, str] | None:
    """The sums that are kept of a study.

    Args:
        path: Their file.
        identity: Whose sums they must be.
        kind: Class of the sums, whose `from_arrays` reads them.

    Returns:
        The sums and the digest of those of their first unit; None where there is no file.

    Raises:
        BundleError: When they are of another seed, protocol, scenario or version, or the file is damaged.
    """
    if not path.is_file():
        return None
    head, arrays = _load(path)
    _check(path, head, identity)
    try:
        sums = kind.from_arrays(arrays)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise _damaged(path, str(error)) from error
    if sums.trials != head.get("trials") or sums.trials < 1 or sums.trials % UNIT:
        raise _damaged(path, "its number of trials is not that of whole units")
    return sums, str(head.get("first"))


def trials_there(path: Path, identity: Identity) -> int:
    """How many trials are kept of a study, that a run with this version could go on from.

    Args:
        path: Their file.
        identity: Whose sums they must be.

    Raises:
        BundleError: When the file is damaged.
    """
    if not path.is_file():
        return 0
    head, _ = _load(path)
    same = head.get("format") == _FORMAT and head["identity"] == asdict(identity)
    return int(head.get("trials", 0)) if same else 0


def check_others(out: Path, identity: Identity) -> None:
    """Refuse a folder that holds sums of another seed or protocol, whatever the scenario.

    Args:
        out: Folder of the bundle.
        identity: Whose sums are to come.

    Raises:
        BundleError: When there are such sums.
    """
    for path in sorted((out / SUMS).glob("*.npz")):
        there = _load(path)[0]["identity"]
        for name, cure in _ASK.items():
            if there.get(name) != getattr(identity, name):
                raise _other(path, name, there.get(name), getattr(identity, name), cure)


def _load(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """What a file says of itself, and its arrays.

    Raises:
        BundleError: When it is damaged.
    """
    import numpy as np

    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            head = json.loads(str(file["head"]))
            arrays = {name: file[name] for name in file.files if name != "head"}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(head, dict) or not isinstance(head.get("identity"), dict):
        raise _damaged(path, "it does not say whose it is")
    return head, arrays


def _check(path: Path, head: Mapping[str, Any], identity: Identity) -> None:
    there = head["identity"]
    if head.get("format") != _FORMAT:
        raise _other(path, "format", head.get("format"), _FORMAT, "choose another folder for --out")
    for name, wanted in asdict(identity).items():
        if there.get(name) != wanted:
            raise _other(path, name, there.get(name), wanted, _ASK.get(name, "choose another folder for --out"))


def _other(path: Path, what: str, there: object, wanted: object, cure: str) -> BundleError:
    return BundleError(
        Problem(
            "bundle.other_simulation",
            f"the folder holds trials of another {what}: {_short(there)} there, {_short(wanted)} asked for",
            Where(file=str(path)),
            cure=cure,
        )
    )


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 24 else f"{text[:12]}..."


def _damaged(path: Path, detail: str) -> BundleError:
    return BundleError(
        Problem(
            "bundle.damaged_sums",
            f"can't read what was kept of the simulation: {detail}",
            Where(file=str(path)),
            cure="remove the file, and run again without --resume",
        )
    )
