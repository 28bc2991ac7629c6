"""Words for cures: the nearest known name, and lists of choices."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["choices", "known", "nearest"]


def nearest(found: object, names: Iterable[str]) -> str:
    """`did you mean `pfs`?` where one of `names` is close to what was found, else "".

    Args:
        found: What the user wrote.
        names: What could have been meant.

    Returns:
        The question, or an empty string.
    """
    names = list(names)
    folded = {name.casefold(): name for name in reversed(names)}
    word = str(found).strip().casefold()
    hits = difflib.get_close_matches(word, list(folded), n=1, cutoff=0.6)
    if not hits and len(word) > 2:
        hits = [name for name in folded if name.startswith(word) or word.startswith(name)][:1]
    return f"did you mean `{folded[hits[0]]}`?" if hits else ""


def known(what: str, names: Iterable[str]) -> str:
    """`declared under arms: a, b, c`, or that there are none.

    Args:
        what: The words before the colon.
        names: The names, shown in order.

    Returns:
        The sentence.
    """
    listed = ", ".join(f"`{name}`" for name in names)
    return f"{what}: {listed or 'nothing yet'}"


def choices(values: Iterable[object]) -> str:
    """`a, b or c`.

    Args:
        values: The choices in order.

    Returns:
        The words.
    """
    words = [f"`{value}`" for value in values]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else ""
