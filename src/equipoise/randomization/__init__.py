"""Allocation: procedures as integer functions, their exact laws, lists from a key, what a design gives away."""

from __future__ import annotations

from equipoise.randomization.rules import Rule
from equipoise.randomization.scheme import Scheme, scheme_of
from equipoise.randomization.steps import allocate, rebuilt

__all__ = ["Rule", "Scheme", "allocate", "rebuilt", "scheme_of"]
