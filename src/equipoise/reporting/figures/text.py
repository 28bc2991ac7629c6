"""Text in figures: how wide it is, where it wraps, how it is shortened."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any

__all__ = ["clean", "measure", "shorten", "wrap"]

_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def clean(text: str) -> str:
    """`text` on one line and without characters that XML can't hold.

    Args:
        text: Any text.
    """
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") else c for c in text)
    return " ".join(kept.split())


@lru_cache(maxsize=4)
def _font(weight: str) -> tuple[Any, frozenset[int]]:
    from pathlib import Path

    import matplotlib
    from matplotlib.ft2font import FT2Font

    name = "DejaVuSans-Bold.ttf" if weight == "bold" else "DejaVuSans.ttf"
    font = FT2Font(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name))
    font.set_size(100, 72)
    return font, frozenset(font.get_charmap())


@lru_cache(maxsize=4096)
def _width_in_em(text: str, weight: str) -> float:
    font, known = _font(weight)
    plain = "".join(c for c in text if ord(c) in known)
    foreign = sum(
        1.0 if unicodedata.east_asian_width(c) in "WF" else 0.7
        for c in text
        if ord(c) not in known and not unicodedata.combining(c)
    )
    if not plain:
        return foreign
    font.set_text(plain, 0.0)
    return float(font.get_width_height()[0]) / 64 / 100 + foreign


def measure(text: str, size: float, *, weight: str = "normal") -> float:
    """Width of `text` in DejaVu Sans, the widest font that a reader is likely to have.

    Args:
        text: One line.
        size: Font size in units of the viewBox.
        weight: `normal` or `bold`.

    Returns:
        Width in units of the viewBox.
    """
    return _width_in_em(text, weight) * size if text else 0.0


def shorten(text: str, size: float, room: float, *, weight: str = "normal") -> str:
    """`text`, or as much of it as fits into `room`, with an ellipsis.

    Args:
        text: One line.
        size: Font size.
        room: Width that there is, same units.
        weight: `normal` or `bold`.
    """
    if measure(text, size, weight=weight) <= room:
        return text
    low, high = 1, len(text)
    while low < high:  # the longest beginning that fits
        middle = (low + high + 1) // 2
        if measure(text[:middle].rstrip() + _ELLIPSIS, size, weight=weight) <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip(" ,;-") + _ELLIPSIS


def wrap(text: str, size: float, room: float, *, lines: int = 3, weight: str = "normal") -> list[str]:
    """`text` in at most `lines` lines of at most `room`; what doesn't fit the last line is cut with an ellipsis.

    Args:
        text: Any text.
        size: Font size.
        room: Width of a line, same units.
        lines: Most lines.
        weight: `normal` or `bold`.
    """
    words = clean(text).split(" ")
    out: list[str] = []
    while words and len(out) < lines - 1:
        count = 1
        while count < len(words) and measure(" ".join(words[: count + 1]), size, weight=weight) <= room:
            count += 1
        out.append(shorten(" ".join(words[:count]), size, room, weight=weight))
        words = words[count:]
    if words:
        out.append(shorten(" ".join(words), size, room, weight=weight))
    return out
