"""From a file to a text: encodings, HTML, and what no text is."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Literal

from equipoise.errors import EvidenceError, Problem, Where
from equipoise.evidence.document import Document

__all__ = ["LARGEST", "document_of", "read_document"]

LARGEST = 8_000_000
"""Bytes. A trial's longest report, with its tables, is under a tenth of that."""
_TITLE = 120
_SNIFFED = 4096
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SOME_CONTROL = 0.01
_BYTE_ORDER = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([a-zA-Z0-9_-]{2,40})", re.IGNORECASE)
_HTML = re.compile(
    r"\s*(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|body|article|div|p|section|main)\b", re.I | re.S
)
_BINARY = {
    b"%PDF": ("a PDF", "save its text: `pdftotext -layout paper.pdf paper.txt`, then check paper.txt"),
    b"PK\x03\x04": ("a ZIP archive, such as a DOCX file", "save it as plain text or HTML"),
    b"\xd0\xcf\x11\xe0": ("an old Office file", "save it as plain text or HTML"),
    b"{\\rtf": ("an RTF file", "save it as plain text or HTML"),
    b"\x89PNG": ("a picture", "type its text, or have it recognized"),
    b"\xff\xd8\xff": ("a picture", "type its text, or have it recognized"),
    b"\x1f\x8b": ("a compressed file", "unpack it"),
}


def read_document(path: Path | str) -> Document:
    """Read a text to check.

    Args:
        path: Text, Markdown or HTML; `-` for standard input.

    Returns:
        The document; of HTML what a reader sees.

    Raises:
        EvidenceError: There is no such file, it is empty, too large, or no text.
    """
    name = str(path)
    try:
        if name == "-":
            data = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(path).open("rb") as stream:
                data = stream.read(LARGEST + 1)
    except FileNotFoundError:
        raise _refused(name, "evidence.no_file", "there is no such file", "", "check the path") from None
    except IsADirectoryError:
        cure = "name the files in it: `equipoise check FOLDER/*.txt`"
        raise _refused(name, "evidence.no_file", "this is a folder, not a file", "", cure) from None
    except OSError as reason:
        said = f"the file can't be read: {reason.strerror}"
        raise _refused(name, "evidence.no_file", said, "", "check its permissions") from None
    return document_of(data, name)


def document_of(data: bytes, name: str = "-") -> Document:
    """The document in some bytes.

    Args:
        data: Content of a file.
        name: Name of the file; its ending tells HTML and Markdown apart from text.

    Raises:
        EvidenceError: As `read_document`.
    """
    if len(data) > LARGEST:
        message = f"this is larger than {LARGEST // 1_000_000} MB, which no report of a trial is"
        raise _refused(name, "evidence.too_large", message, "", "check the article alone, one file each")
    for magic, (what, cure) in _BINARY.items():
        if data.startswith(magic):
            raise _refused(name, "evidence.not_text", f"this is {what}, and no text", "", cure)
    text, note = _decoded(data, name)
    if not text.strip():
        raise _refused(name, "evidence.empty", "there is nothing in it", "", "check that the text was saved")
    notes = (note,) if note else ()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kind = _kind(name, text)
    if kind == "html":
        from equipoise.evidence.visible import visible_text

        shown = visible_text(text)
        if not shown.text.strip():
            cure = "save the page as text; pages that scripts fill have none in their file"
            raise _refused(name, "evidence.empty", "the page shows no text", "", cure)
        return Document(name, shown.text, "html", _title(shown.title or shown.text), shown.marks, notes)
    return Document(name, text, kind, _title(text), (), notes)


def _kind(name: str, text: str) -> Literal["text", "markdown", "html"]:
    ending = Path(name).suffix.lower()
    if ending in (".html", ".htm", ".xhtml") or _HTML.match(text[:_SNIFFED]):
        return "html"
    return "markdown" if ending in (".md", ".markdown") else "text"


def _decoded(data: bytes, name: str) -> tuple[str, str]:
    """The characters of a file, and what had to be guessed."""
    for mark, encoding in _BYTE_ORDER:
        if data.startswith(mark):
            try:
                return data.decode(encoding), ""
            except UnicodeDecodeError:
                break
    if len(_CONTROL.findall(data)) > _SOME_CONTROL * len(data):
        raise _refused(name, "evidence.not_text", "this is no text", "", "save it as plain text in UTF-8, or as HTML")
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError as reason:
        said = _CHARSET.search(data[:_SNIFFED])
        for encoding in (said.group(1).decode() if said else "", "windows-1252"):
            try:
                return data.decode(encoding), f"read as {encoding}: it is not UTF-8"
            except (UnicodeDecodeError, LookupError):
                continue
        line = data.count(b"\n", 0, reason.start) + 1
        problem = Problem(
            "evidence.encoding", "the characters can't be read", Where(file=name, line=line),
            repr(data[reason.start : reason.end]),
            "save it as UTF-8",
        )  # fmt: skip
        raise EvidenceError(problem) from None


def _title(text: str) -> str:
    for line in text.splitlines():
        words = line.strip(" #*_|-\t")
        if words and not words.startswith(("http://", "https://")):
            return words if len(words) <= _TITLE else words[:_TITLE].rsplit(" ", 1)[0] + "\u2026"
    return ""


def _refused(name: str, code: str, message: str, value: str, cure: str) -> EvidenceError:
    return EvidenceError(Problem(code, message, Where(file="standard input" if name == "-" else name), value, cure))
