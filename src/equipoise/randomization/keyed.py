"""Random words that only the holder of a key can compute: HMAC-SHA256 over what they are for.

Each allocation has words of its own, named by what the list is for, the hash of the declared randomization, the
stratum and the position in it. Asking twice gives the same words, so that nothing is gained by asking again; and
without the key, what was given says nothing about what comes.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from equipoise.errors import Problem, UsageError, Where
from equipoise.protocol.canonical import canonical_json

__all__ = ["assign", "fingerprint", "keyed_words", "make_key", "read_key", "seal"]

_DOMAIN = "equipoise.randomization/1"
_BYTES = 32


def keyed_words(
    key: bytes, purpose: str, section: str, stratum: Mapping[str, str], position: int, digest: int
) -> list[int]:
    """Eight words of 32 bits.

    Args:
        key: The key.
        purpose: What they are for: `list`.
        section: Hash of the declared randomization.
        stratum: Factor → level.
        position: Position in the stratum, from 1.
        digest: Which eight words, from 0; more are needed only where words are rejected.

    Returns:
        The words, first bytes first.
    """
    text = canonical_json([_DOMAIN, purpose, section, dict(stratum), position, digest])
    bits = hmac.new(key, text.encode("utf-8"), hashlib.sha256).digest()
    return [int.from_bytes(bits[i : i + 4], "big") for i in range(0, len(bits), 4)]


def assign(
    allocate: Callable[..., tuple[int, int]],
    plan: Sequence[int],
    state: list[list[int]],
    cell: Sequence[int],
    supply: Callable[[int], list[int]],
) -> tuple[int, int]:
    """One allocation with as many words as it takes.

    Args:
        allocate: `steps.allocate`, or the same compiled.
        plan: The rule's plan.
        state: Its state, changed in place.
        cell: The patient's rows.
        supply: Gives the words of digest 0, 1, ...

    Returns:
        The arm, from 0, and how many words it took: none where the procedure decided.
    """
    words = supply(0)
    digest = 0
    while True:
        arm, used = allocate(plan, state, cell, words, 0)
        if arm >= 0:
            return arm, used
        digest += 1
        words = [*words, *supply(digest)]


def seal(key: bytes, content: Any) -> str:
    """A mark of what must stay secret: says whether it is the same, to the holder of the key only.

    Args:
        key: The key.
        content: Plain JSON values.

    Returns:
        HMAC-SHA256 in hexadecimal.
    """
    return hmac.new(key, canonical_json([_DOMAIN, "seal", content]).encode("utf-8"), hashlib.sha256).hexdigest()


def fingerprint(key: bytes) -> str:
    """SHA-256 of a key, to tell keys apart in public.

    Args:
        key: The key.
    """
    return hashlib.sha256(key).hexdigest()


def make_key(path: Path) -> bytes:
    """Draw a key from the system's randomness and write it, readable by its owner only.

    Args:
        path: A file that does not exist yet.

    Returns:
        The key.

    Raises:
        UsageError: When the file exists.
    """
    key = secrets.token_bytes(_BYTES)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(
            Problem("usage.key", "there is a key already, and it is not overwritten", Where(file=str(path)),
                    cure="leave `--new-key` out to use it, or name another file")
        ) from None  # fmt: skip
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")
    return key


def read_key(path: Path) -> bytes:
    """Read a key.

    Args:
        path: A file that `make_key` wrote: 64 hexadecimal digits.

    Returns:
        The key.

    Raises:
        UsageError: When there is no such file, or no key in it. What is in it is not repeated.
    """
    cure = "add `--new-key` to make one; keep it from everybody who enrolls"
    if not path.exists():
        raise UsageError(Problem("usage.key", "there is no such key file", Where(file=str(path)), cure=cure))
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        raise UsageError(
            Problem("usage.key", "this is not a key: 64 hexadecimal digits are expected", Where(file=str(path)),
                    cure="name the file that `--new-key` wrote")
        )  # fmt: skip
    return key
