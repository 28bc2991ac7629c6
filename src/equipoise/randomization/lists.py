"""Sealed-envelope lists: one sequence a stratum, from a key, written once; and their replay."""

from __future__ import annotations

import csv
import io
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from equipoise.errors import Problem, UsageError, Where
from equipoise.protocol.canonical import protocol_hash, section_hashes
from equipoise.protocol.randomization_text import procedure_text
from equipoise.randomization.keyed import assign, fingerprint, keyed_words, seal
from equipoise.randomization.scheme import SITE, Scheme, scheme_of
from equipoise.randomization.steps import allocate

if TYPE_CHECKING:
    from equipoise.protocol.annex import Annex
    from equipoise.protocol.protocol import Protocol

__all__ = [
    "Difference", "Envelope", "EnvelopeList", "check_target", "make_list", "read_list", "verify_list", "write_list"
]  # fmt: skip

_FORMAT = "equipoise.randomization-list/1"
_MOST = 5_000_000  # rows
Progress = Callable[[str, int, int], None]


class Envelope(NamedTuple):
    """One row of a list.

    Attributes:
        number: Place in the list, from 1.
        levels: The stratum: one level a factor, the site last.
        position: Place in the stratum's sequence, from 1.
        arm: Name of the arm.
    """

    number: int
    levels: tuple[str, ...]
    position: int
    arm: str


@dataclass(frozen=True, slots=True)
class EnvelopeList:
    """A list with what it belongs to.

    Attributes:
        head: What stands above the rows: format, version, trial, hashes, procedure, sites, length.
        factors: Names of the factors.
        rows: The envelopes.
    """

    head: Mapping[str, str]
    factors: tuple[str, ...]
    rows: tuple[Envelope, ...]


class Difference(NamedTuple):
    """Where a list is not what the key gives; says nothing about arms.

    Attributes:
        line: Line in the file, from 1; 0 where the rows are not to blame.
        what: What differs, in words.
    """

    line: int
    what: str


def make_list(
    protocol: Protocol,
    *,
    key: bytes,
    n: int,
    annex: Annex | None = None,
    sites: Sequence[str] = (),
    progress: Progress | None = None,
) -> EnvelopeList:
    """Draw a list.

    Args:
        protocol: The declared trial.
        key: The key.
        n: Allocations in each stratum.
        annex: The annex, which permuted blocks need.
        sites: Names of the sites, where they are strata.
        progress: Called with (label, step, steps).

    Returns:
        The list: the same for the same arguments, always.

    Raises:
        UsageError: When the procedure has no list (minimization), n is not sensible, or something is missing.
    """
    scheme = scheme_of(protocol, annex=annex, sites=sites)
    if scheme.rule.levels:
        raise UsageError(
            Problem("usage.randomization", "minimization has no list: each allocation depends on the patients before",
                    Where(path="randomization.procedure"),
                    cure="allocate patient by patient, or declare another procedure")
        )  # fmt: skip
    if not 1 <= n * scheme.strata <= _MOST:
        raise UsageError(
            Problem("usage.n", f"{n} allocations in each of {scheme.strata} strata can't be listed", value=str(n),
                    cure=f"choose n so that there are from 1 to {_MOST} rows")
        )  # fmt: skip
    section = section_hashes(protocol)["randomization"]
    rows = tuple(_envelopes(scheme, key, section, n, progress))
    return EnvelopeList(_head(protocol, scheme, key, section, n, annex), tuple(scheme.factors), rows)


def _head(protocol: Protocol, scheme: Scheme, key: bytes, section: str, n: int, annex: Annex | None) -> dict[str, str]:
    from equipoise import __version__

    secret = {"block_sizes": None if annex is None or annex.block_sizes is None else list(annex.block_sizes)}
    return {
        "format": _FORMAT,
        "version": __version__,
        "trial": " ".join(protocol.trial.id.split()),
        "protocol": protocol_hash(protocol),  # for the record: a new title makes no new list
        "randomization": section,
        "procedure": procedure_text(protocol),
        "sites": ",".join(scheme.factors[SITE] if scheme.by_site else ()),
        "n": str(n),
        "key": fingerprint(key),
        "annex": seal(key, secret),
    }


def _envelopes(scheme: Scheme, key: bytes, section: str, n: int, progress: Progress | None) -> Iterator[Envelope]:
    state, number = scheme.start(), 0
    names = list(scheme.factors.values())
    for done, indices in enumerate(scheme.each_stratum()):
        levels = tuple(names[factor][level] for factor, level in enumerate(indices))
        stratum, cell = dict(zip(scheme.factors, levels, strict=True)), scheme.cell(indices)
        for position in range(1, n + 1):

            def supply(digest: int, stratum: dict[str, str] = stratum, position: int = position) -> list[int]:
                return keyed_words(key, "list", section, stratum, position, digest)

            number += 1
            arm, _ = assign(allocate, scheme.rule.plan, state, cell, supply)
            yield Envelope(number, levels, position, scheme.arms[arm])
        if progress is not None:
            progress("Drawing the list", done + 1, scheme.strata)


def check_target(path: Path) -> None:
    """Refuse a file that is there.

    Args:
        path: Where a list is to be written.

    Raises:
        UsageError: When the file exists.
    """
    if path.exists():
        raise UsageError(
            Problem("usage.exists", "there is a file already, and it is not overwritten", Where(file=str(path)),
                    cure="name another file; a list that was used must stay")
        )  # fmt: skip


def write_list(made: EnvelopeList, path: Path) -> None:
    """Write a list, readable by its owner only; a file that is there is never overwritten.

    Args:
        made: The list.
        path: A file that does not exist yet.

    Raises:
        UsageError: When the file exists.
    """
    check_target(path)
    text = io.StringIO()
    text.writelines(f"# {name}: {content}\n" for name, content in made.head.items())
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["number", *made.factors, "position", "arm"])
    writer.writerows([row.number, *row.levels, row.position, row.arm] for row in made.rows)
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text.getvalue())
            file.flush()
            os.fsync(file.fileno())
        os.link(scratch, path)  # unlike a renaming, it refuses a file that came in between
    except FileExistsError:
        check_target(path)
        raise
    finally:
        scratch.unlink(missing_ok=True)


def read_list(path: Path) -> EnvelopeList:
    """Read a list that `write_list` wrote.

    Args:
        path: The file.

    Returns:
        The list.

    Raises:
        UsageError: When it is no such list; the first line that is not as it should be is named.
    """
    if not path.is_file():
        raise UsageError(Problem("usage.list", "there is no such list", Where(file=str(path)), cure="check the path"))
    try:
        lines = path.read_text(encoding="utf-8-sig").rstrip("\n").split("\n")
    except UnicodeDecodeError:
        lines = []
    head: dict[str, str] = {}
    for line in lines:
        if not line.startswith("# "):
            break
        name, _, content = line[2:].partition(":")
        head[name] = content.strip()
    body = csv.reader(lines[len(head) :])
    columns = next(body, [])
    if head.get("format") != _FORMAT or columns[:1] + columns[-2:] != ["number", "position", "arm"]:
        raise UsageError(
            Problem("usage.list", "this is not a list that equipoise wrote", Where(file=str(path)),
                    cure="name the file that `equipoise randomize list` wrote, unchanged")
        )  # fmt: skip
    factors, rows = tuple(columns[1:-2]), []
    for cells in body:
        if len(cells) != len(columns) or not (cells[0].isdecimal() and cells[-2].isdecimal()):
            raise UsageError(
                Problem("usage.list", "this line is not a row of the list",
                        Where(file=str(path), line=len(head) + body.line_num),
                        cure="restore the file as `equipoise randomize list` wrote it")
            )  # fmt: skip
        rows.append(Envelope(int(cells[0]), tuple(cells[1:-2]), int(cells[-2]), cells[-1]))
    return EnvelopeList(head, factors, tuple(rows))


def verify_list(
    found: EnvelopeList,
    protocol: Protocol,
    *,
    key: bytes,
    annex: Annex | None = None,
    progress: Progress | None = None,
) -> tuple[Difference, ...]:
    """Replay a list with the key.

    Args:
        found: The list.
        protocol: The declared trial.
        key: The key.
        annex: The annex, which permuted blocks need.
        progress: Called with (label, step, steps).

    Returns:
        What is above the rows and differs; else the first row that differs; nothing when the list is what the key
        gives.
    """
    sites = tuple(name for name in found.head.get("sites", "").split(",") if name)
    n = found.head.get("n", "")
    if not n.isdecimal():
        return (Difference(0, "the length `n` above the rows is missing"),)
    made = make_list(protocol, key=key, n=int(n), annex=annex, sites=sites, progress=progress)
    words = {
        "trial": "the trial is another",
        "randomization": "the declared randomization is another: arms, ratio, strata, sites or procedure were changed",
        "key": "the key is another",
        "annex": "the block sizes of the annex are others",
    }
    above = [Difference(0, said) for name, said in words.items() if found.head.get(name) != made.head[name]]
    if above:
        return tuple(above)
    first = len(found.head) + 2
    for place, (have, want) in enumerate(zip(found.rows, made.rows, strict=False)):
        if have != want:
            return (Difference(first + place, f"row {place + 1} is not what the key gives"),)
    if len(found.rows) != len(made.rows):
        place = min(len(found.rows), len(made.rows))
        said = "is missing" if len(found.rows) < len(made.rows) else "is one too many"
        return (Difference(first + place, f"row {place + 1} {said}"),)
    if found.factors != made.factors:
        return (Difference(first - 1, "the columns are others"),)
    return ()
