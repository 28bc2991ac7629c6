"""Claims of a text: every number that it states, and what each is about."""

from __future__ import annotations

from equipoise.evidence.claims.arms import find_arms
from equipoise.evidence.claims.context import place
from equipoise.evidence.document import Document
from equipoise.evidence.model import Lexicon, Reading

__all__ = ["extract", "find_arms", "place"]


def extract(document: Document, lexicon: Lexicon | None = None) -> Reading:
    """The claims of a document; the default `Extractor`.

    Args:
        document: The text.
        lexicon: Known names of arms, endpoints and populations, from a protocol or a facts file.
    """
    from equipoise.evidence.claims.statements import find_statements

    return place(document, find_statements(document.text), lexicon)
