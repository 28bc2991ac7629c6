"""`randomization:`, how subjects are allocated. Strict in what it accepts; the room that reads it comes later."""

from __future__ import annotations

from typing import Literal

from equipoise.protocol.base import Many, Name, Section

__all__ = ["Procedure", "Randomization"]


class Procedure(Section):
    """An allocation procedure. Block sizes and keys live in the annex, never here."""

    kind: Literal["complete", "permuted_blocks", "big_stick", "minimization", "biased_coin"]


class Randomization(Section):
    """How subjects are allocated."""

    procedure: Procedure
    strata: Many[Name] = ()
    annex: str | None = None
