"""Claims with other contents: what `dataclasses.replace` does, in a third of its time."""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import Any

from equipoise.evidence.model import Claim

__all__ = ["changed"]

_NAMES = tuple(item.name for item in fields(Claim))
_CONTENTS = attrgetter(*_NAMES)
# A frozen class refuses assignment by name, not through the descriptors of its slots; a new object is nobody else's.
_SETTERS = {name: getattr(Claim, name).__set__ for name in _NAMES}
_IN_ORDER = tuple(_SETTERS[name] for name in _NAMES)


def changed(claim: Claim, **contents: Any) -> Claim:
    """A copy of a claim, some of its attributes with other contents.

    Args:
        claim: The claim; it stays as it is.
        **contents: Attributes by name.

    Raises:
        KeyError: An attribute that claims do not have.
    """
    made = object.__new__(Claim)
    for put, content in zip(_IN_ORDER, _CONTENTS(claim), strict=True):
        put(made, content)
    for name, content in contents.items():
        _SETTERS[name](made, content)
    return made
