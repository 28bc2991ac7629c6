"""Functions of time that are written in pieces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from equipoise.protocol.scenarios import LossPiece, Piece, RatePiece

if TYPE_CHECKING:
    from equipoise.protocol.checks.draft import Draft
    from equipoise.source import YamlPath

__all__ = ["check_steps"]


def check_steps(draft: Draft, declared: object, path: YamlPath, *, open_end: bool = True) -> None:
    """Pieces go forward; all but the last end, and a hazard's last piece does not.

    Args:
        draft: The protocol under examination.
        declared: Pieces; anything else has none that could be wrong.
        path: Where they stand.
        open_end: Whether the last piece has to go on for ever.
    """
    if not isinstance(declared, tuple):
        return
    pieces: Sequence[Piece | RatePiece | LossPiece] = declared
    before = 0.0
    for position, piece in enumerate(pieces):
        last = position == len(pieces) - 1
        here: YamlPath = (*path, position)
        if piece.until is None:
            if not last:
                draft.report("steps", "only the last piece can go on for ever", here,
                             "say when it ends, `until: ...`")  # fmt: skip
            continue
        if piece.until <= before:
            draft.report("steps", f"this piece ends before it begins, at {before:g}", (*here, "until"),
                         "let `until` increase from piece to piece")  # fmt: skip
        if last and open_end:
            draft.report("steps", "nothing is said of the time after the last piece", (*here, "until"),
                         "remove `until` from the last piece, or add one without it")  # fmt: skip
        before = max(before, piece.until)
