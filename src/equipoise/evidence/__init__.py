"""What is said of a trial: claims and their verdicts, published facts, patients rebuilt from print, the plain story."""

from __future__ import annotations

from equipoise.evidence.document import Document
from equipoise.evidence.model import Arm, Claim, Extractor, Finding, Lexicon, Reading
from equipoise.evidence.reading import document_of, read_document
from equipoise.evidence.workflow import Checked, check_document, check_files, references, write_checked

__all__ = [
    "Arm",
    "Checked",
    "Claim",
    "Document",
    "Extractor",
    "Finding",
    "Lexicon",
    "Reading",
    "check_document",
    "check_files",
    "document_of",
    "read_document",
    "references",
    "write_checked",
]
