"""How figures look: colours, dashes, sizes. One place, no global state of matplotlib is ever changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

__all__ = [
    "ARMS",
    "AXIS",
    "FONTS",
    "GRID",
    "INK",
    "MUTED",
    "RC",
    "RESPONSES",
    "ArmStyle",
    "Width",
    "arm_style",
    "ink_on",
    "response_fills",
    "sheet",
]

Width = Literal["wide", "narrow"]
"""`wide` for desktop and print, `narrow` for a phone: the same content, drawn for about 380 px."""

INK: Final = "#1a1a1a"
MUTED: Final = "#5a5a5a"
AXIS: Final = "#444444"
GRID: Final = "#e6e6e6"

# The reader's browser picks the first that it has. Layout is measured in DejaVu Sans, which matplotlib brings along on
# every machine and which is wider than all the others: text can only come out narrower than the room kept for it.
FONTS: Final = "Helvetica Neue, Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif"


@dataclass(frozen=True, slots=True)
class ArmStyle:
    """Colour and dash of an arm, and the marker that tells it apart in grey print.

    Attributes:
        color: Hexadecimal colour; at least 4.5:1 against white, so that it may colour text too.
        dash: On and off lengths in line widths' units; () is solid.
        marker: `circle`, `square`, `triangle`, `diamond`, `ring` or `cross`.
    """

    color: str
    dash: tuple[float, ...]
    marker: str


# Okabe and Ito's colour-blind safe hues, darkened until they can be read as text on white.
ARMS: Final = (
    ArmStyle("#0b6bb0", (), "circle"),
    ArmStyle("#bb4a00", (7, 2.5), "square"),
    ArmStyle("#00735a", (2.5, 2), "triangle"),
    ArmStyle("#8b3a78", (9, 2.5, 2, 2.5), "diamond"),
    ArmStyle("#333333", (1.2, 1.8), "ring"),
    ArmStyle("#80600a", (5, 1.8, 1.2, 1.8, 1.2, 1.8), "cross"),
)

# Best responses: blue is good, brown is progression, grey is not known; neighbours differ in grey print too.
RESPONSES: Final = {
    "CR": "#08467f",
    "PR": "#3d84bd",
    "SD": "#c3dbed",
    "NON-CR/NON-PD": "#dfeaf4",
    "PD": "#d9935f",
    "NE": "#e4e4e4",
    "MISSING": "#f8f8f8",
}

# Only for the time of one drawing (`matplotlib.rc_context`). No mathtext: a "$" in a label is a dollar.
RC: Final[dict[str, Any]] = {
    "font.family": ["DejaVu Sans"],
    "path.simplify": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "equipoise",
    "svg.id": None,
    "text.parse_math": False,
    "text.usetex": False,
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """Measures of a figure, in units of its viewBox (CSS pixels at its natural size).

    Attributes:
        width: Width of the viewBox.
        font: Size of text.
        small: Size of secondary text.
        line: Width of a curve.
    """

    width: float
    font: float
    small: float
    line: float


_SHEETS: Final[dict[str, Sheet]] = {
    "wide": Sheet(width=760, font=13, small=12, line=2.0),
    "narrow": Sheet(width=380, font=12, small=11, line=1.8),
}


def sheet(width: Width) -> Sheet:
    """Measures for a width.

    Args:
        width: `wide` or `narrow`.
    """
    return _SHEETS[width]


def response_fills(categories: Sequence[str]) -> dict[str, str]:
    """Fill by response; names that RECIST doesn't know get the colours that are left, dark first.

    Args:
        categories: Responses, best first.
    """
    free = [fill for name, fill in RESPONSES.items() if name not in categories]
    known = {name: RESPONSES[name] for name in categories if name in RESPONSES}
    return {name: known.get(name) or (free.pop(0) if free else RESPONSES["MISSING"]) for name in categories}


def ink_on(fill: str) -> str:
    """White or dark, whichever is read better on `fill`.

    Args:
        fill: Hexadecimal colour.
    """
    red, green, blue = (int(fill[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return "#ffffff" if 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 < 0.25 else INK


def arm_style(index: int) -> ArmStyle:
    """Style of the arm at this place; from the seventh on colours repeat with the next dash.

    Args:
        index: 0-based place of the arm in the trial's declaration.
    """
    base = ARMS[index % len(ARMS)]
    shift = index // len(ARMS)
    return base if not shift else ArmStyle(base.color, ARMS[(index + shift) % len(ARMS)].dash, base.marker)
