"""The annex of a randomization: what would let a reader foresee allocations, in a file of its own.

ICH E9, section 2.3.2: block sizes stay out of the protocol. Nothing here enters the canonical form of a protocol, its
hash, a dossier or a text about methods.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from equipoise.errors import Problem, ProtocolError, Where
from equipoise.protocol.base import Section
from equipoise.source import Source, dotted, read_source

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from equipoise.protocol.protocol import Protocol

__all__ = ["Annex", "annex_file", "load_annex"]

_CURE = "an annex holds `block_sizes: [4, 6]` and, if you like, `key: FILE`"


class Annex(Section):
    """What the annex holds.

    Attributes:
        block_sizes: Sizes that blocks can have, drawn with equal chances when a block begins.
        key: File of the key, beside the annex.
    """

    block_sizes: Annotated[
        tuple[Annotated[int, Field(ge=2, le=1000)], ...], Field(strict=False, min_length=1, max_length=20)
    ] | None = None  # fmt: skip
    key: Annotated[str, Field(min_length=1)] | None = None


def annex_file(protocol: Protocol, path: Path, given: Path | None = None) -> Path | None:
    """Where the annex is.

    Args:
        protocol: The declared trial.
        path: Its file; `annex:` is relative to it.
        given: A file that is named on the command line and comes first.

    Returns:
        The file, whether or not it exists; None where neither names one.
    """
    if given is not None:
        return given
    named = protocol.randomization.annex if protocol.randomization is not None else None
    return None if named is None else path.parent / named


def load_annex(path: Path, protocol: Protocol) -> Annex:
    """Read an annex and hold it against the protocol.

    Args:
        path: The annex file, YAML.
        protocol: The declared trial.

    Returns:
        The annex.

    Raises:
        ProtocolError: With every problem, its line and cure; block sizes that can't be are not repeated.
    """
    from pydantic import ValidationError

    source = read_source(path)
    if source.problems:
        raise ProtocolError(source.problems)
    try:
        annex = Annex.model_validate(source.value)
    except ValidationError as reason:
        found = {tuple(error["loc"][:1]): error for error in reason.errors(include_url=False)}
        raise ProtocolError([_problem(source, place, error) for place, error in found.items()]) from None
    problems = _against(annex, source, protocol)
    if problems:
        raise ProtocolError(problems)
    return annex


def _problem(source: Source, path: tuple[int | str, ...], error: ErrorDetails) -> Problem:
    node, _ = source.root.find(path)
    where = Where(file=source.file, line=node.at.line, path=dotted(path))
    if error["type"] == "extra_forbidden":
        return Problem("protocol.annex", f"`{path[-1]}` is not a key of an annex", where, str(path[-1]), _CURE)
    if path[0] == "block_sizes":
        return Problem("protocol.annex", "block sizes are whole numbers from 2 to 1000, in a list", where,
                       cure="write `block_sizes: [4, 6]`")  # fmt: skip
    return Problem("protocol.annex", f"`{dotted(path)}` must be text", where, cure=_CURE)


def _against(annex: Annex, source: Source, protocol: Protocol) -> list[Problem]:
    """Block sizes are multiples of the sum of the ratio, and there where blocks are declared."""
    from functools import reduce
    from math import gcd

    declared = protocol.randomization.procedure.kind if protocol.randomization is not None else ""
    node, _ = source.root.find(("block_sizes",))
    where = Where(file=source.file, line=node.at.line, path="block_sizes")
    if declared == "permuted_blocks" and annex.block_sizes is None:
        return [Problem("protocol.annex", "the procedure is permuted blocks, but no sizes are given",
                        Where(file=source.file), cure="add `block_sizes: [...]`")]  # fmt: skip
    if annex.block_sizes is None:
        return []
    if declared != "permuted_blocks":
        return [Problem("protocol.annex", f"block sizes are given, but the procedure is {declared or 'not declared'}",
                        where, cure="remove them, or declare `kind: permuted_blocks`")]  # fmt: skip
    shares = [arm.ratio for arm in protocol.arms.values()]
    least = sum(shares) // reduce(gcd, shares)
    if any(size % least for size in annex.block_sizes):
        return [Problem("protocol.annex", f"every block size must be a multiple of {least}, the sum of the ratio",
                        where, cure=f"choose from {least}, {2 * least}, {3 * least}, ...")]  # fmt: skip
    return []
