"""From files to verdicts: read, find claims, judge them, compare them, write claims.json and a page."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equipoise.errors import EvidenceError, Problem, Where
from equipoise.evidence.document import Document
from equipoise.evidence.model import Claim, Extractor, Finding, Reading, Verdict

if TYPE_CHECKING:
    from equipoise.evidence.model import Lexicon
    from equipoise.evidence.rules.omissions import Omission
    from equipoise.results import Results

__all__ = ["SCHEMA", "VERDICTS", "Checked", "Reference", "check_document", "check_files", "references", "write_checked"]

SCHEMA = "equipoise.claims/1"
VERDICTS: tuple[Verdict, ...] = ("contradicted", "remark", "consistent", "unverifiable")
"""From the one that counts most: a claim has the first that any finding about it has."""

_PAGE = re.compile(r"\d{3,}-[\w-]+\.html", re.ASCII)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that claims are compared with.

    Attributes:
        name: `facts` or `results`.
        results: Its statistics.
        lexicon: Its names of arms, endpoints and populations.
        path: The file or folder.
    """

    name: str
    results: Results
    lexicon: Lexicon
    path: Path


@dataclass(frozen=True, slots=True)
class Checked:
    """A text with what is to be said of it.

    Attributes:
        reading: The text and its claims.
        findings: What rules and comparisons say, in the order of the text.
        omissions: What CONSORT for Abstracts asks for, and whether it was found.
        references: Names and paths of what the claims were compared with.
    """

    reading: Reading
    findings: tuple[Finding, ...]
    omissions: tuple[Omission, ...] = ()
    references: tuple[tuple[str, str], ...] = ()

    @property
    def document(self) -> Document:
        """The text."""
        return self.reading.document

    def status(self) -> dict[str, Verdict]:
        """Identifier of a claim → its verdict; `unverifiable` where no rule could say anything."""
        found: dict[str, Verdict] = {claim.id: "unverifiable" for claim in self.reading.claims}
        rank = {verdict: place for place, verdict in enumerate(VERDICTS)}
        for finding in self.findings:
            for claim in finding.claims:
                if claim in found and rank[finding.verdict] < rank[found[claim]]:
                    found[claim] = finding.verdict
        return found

    def counts(self) -> dict[Verdict, int]:
        """Verdict → number of claims that have it."""
        have = list(self.status().values())
        return {verdict: have.count(verdict) for verdict in VERDICTS}

    @property
    def contradicted(self) -> bool:
        """Whether anything in the text is contradicted."""
        return any(finding.verdict == "contradicted" for finding in self.findings)

    def line(self, claim: Claim) -> int:
        """1-based line of the text on which a claim begins.

        Args:
            claim: One of its claims.
        """
        return self.document.text.count("\n", 0, claim.start) + 1

    def to_dict(self) -> dict[str, Any]:
        """The text's claims and findings as plain JSON values."""
        status = self.status()
        claims = [claim.to_dict() | {"verdict": status[claim.id]} for claim in self.reading.claims]
        return {
            "file": self.document.name,
            "kind": self.document.kind,
            "title": self.document.title,
            "characters": len(self.document.text),
            "notes": list(self.document.notes),
            "compared_with": [{"what": what, "path": path} for what, path in self.references],
            "verdict": ("contradicted" if self.contradicted else "not contradicted") if claims else "no claims",
            "counts": dict(self.counts()),
            "arms": [{"name": arm.name, "label": arm.label, "role": arm.role} for arm in self.reading.arms],
            "claims": claims,
            "findings": [finding.to_dict() for finding in self.findings],
            "omissions": [one.to_dict() for one in self.omissions],
        }


def check_document(
    document: Document, *, compared: Sequence[Reference] = (), extractor: Extractor | None = None
) -> Checked:
    """Check one text.

    Args:
        document: The text.
        compared: What its claims are compared with, beside themselves.
        extractor: Another way to find claims.

    Returns:
        Claims and findings.
    """
    from equipoise.evidence.brief.wording import promotional
    from equipoise.evidence.claims import extract
    from equipoise.evidence.rules import judge
    from equipoise.evidence.rules.omissions import omissions

    lexicon = compared[0].lexicon if compared else None
    reading = (extractor or extract)(document, lexicon)
    if not reading.claims:
        return Checked(reading, ())
    findings = list(judge(_plain_terms(reading, lexicon)))
    for place, reference in enumerate(compared):
        from equipoise.evidence.against import compare

        own = reading if place == 0 else (extractor or extract)(document, reference.lexicon)
        findings += compare(own, reference.results, reference.lexicon, name=reference.name)
    order = {claim.id: place for place, claim in enumerate(reading.claims)}
    findings.sort(key=lambda one: min((order.get(claim, len(order)) for claim in one.claims), default=len(order)))
    said = tuple((reference.name, str(reference.path)) for reference in compared)
    return Checked(reading, (*findings, *promotional(document.text)), omissions(reading), said)


def _plain_terms(reading: Reading, lexicon: Lexicon | None) -> Reading:
    """What the rules read: endpoints by the names that texts have for them."""
    if lexicon is None:
        return reading
    from equipoise.evidence.naming import in_plain_terms

    return in_plain_terms(reading, lexicon)


def references(facts: Path | None = None, against: Path | None = None) -> tuple[Reference, ...]:
    """What claims are compared with.

    Args:
        facts: A facts file.
        against: A results bundle.

    Raises:
        EvidenceError: When the facts can't be used.
        BundleError: When the bundle is missing or damaged.
    """
    found: list[Reference] = []
    if against is not None:
        from equipoise.evidence.naming import lexicon_of
        from equipoise.results.bundle import read_bundle
        from equipoise.results.declared import declared

        bundle = read_bundle(against)
        found.append(Reference("results", bundle.results, lexicon_of(declared(bundle)), against))
    if facts is not None:
        from equipoise.evidence.facts.read import load_facts, statistics_of
        from equipoise.evidence.naming import lexicon_of_facts

        file = load_facts(facts)
        found.append(Reference("facts", statistics_of(file), lexicon_of_facts(file), facts))
    return tuple(found)


def check_files(
    paths: Sequence[Path],
    *,
    facts: Path | None = None,
    against: Path | None = None,
    extractor: Extractor | None = None,
    progress: Progress | None = None,
) -> tuple[tuple[Checked, ...], tuple[Problem, ...]]:
    """Check files, each by itself.

    Args:
        paths: Texts; `-` is standard input.
        facts: A facts file to compare with.
        against: A results bundle to compare with.
        extractor: Another way to find claims.
        progress: Called with (label, step, steps).

    Returns:
        What could be checked, and why the rest could not be read.

    Raises:
        EvidenceError: When the facts can't be used.
        BundleError: When the bundle is missing or damaged.
    """
    from equipoise.evidence.reading import read_document

    compared = references(facts, against)
    done: list[Checked] = []
    problems: list[Problem] = []
    for place, path in enumerate(paths):
        if progress is not None:
            progress("Checking", place, len(paths))
        try:
            document = read_document(path)
        except EvidenceError as error:
            problems += error.problems
            continue
        done.append(check_document(document, compared=compared, extractor=extractor))
    return tuple(done), tuple(problems)


def check_target(out: Path) -> None:
    """Refuse a folder that holds something other than results of ours.

    Args:
        out: Where claims.json shall be written.

    Raises:
        EvidenceError: It is a file, or somebody else's folder.
    """
    if out.is_dir():
        names = {entry.name for entry in out.iterdir()}
        if not names or names & {"claims.json", "manifest.json"}:
            return
        what = "a folder with other files in it"
    elif out.exists() or any(parent.is_file() for parent in out.parents):
        what = "a file, or inside one"
    else:
        return
    cure = "choose a new or empty folder for --out, or a results bundle"
    raise EvidenceError(Problem("evidence.target", f"the target is {what}", Where(file=str(out)), cure=cure))


def write_checked(checked: Sequence[Checked], out: Path) -> Path:
    """Write claims.json, and the pages that show each text with its claims marked.

    Args:
        checked: Texts that were checked.
        out: Folder; new, empty, of an earlier check, or a results bundle.

    Returns:
        The page to open: that of the text, or the list of several.

    Raises:
        EvidenceError: The folder holds something else.
    """
    from equipoise.evidence.page import index_page, text_page
    from equipoise.results.bundle import atomic_directory

    check_target(out)
    content = {"schema": SCHEMA, "texts": [one.to_dict() for one in checked]}
    said = _clean(json.dumps(content, indent=1, ensure_ascii=False))
    with atomic_directory(out) as scratch:
        (scratch / "claims.json").write_text(said + "\n", encoding="utf-8")
        if len(checked) == 1:
            (scratch / "check.html").write_text(_clean(text_page(checked[0])), encoding="utf-8")
        else:
            pages = [
                f"texts/{place:03d}-{_plain(one.document.name)}.html" for place, one in enumerate(checked, start=1)
            ]
            (scratch / "texts").mkdir()
            for page, one in zip(pages, checked, strict=True):
                (scratch / page).write_text(_clean(text_page(one, back="../check.html")), encoding="utf-8")
            (scratch / "check.html").write_text(_clean(index_page(checked, pages)), encoding="utf-8")
    if len(checked) == 1:
        _drop_pages(out / "texts")
    return out / "check.html"


def _clean(text: str) -> str:
    """Text that UTF-8 can hold: names of files may have bytes that it can't."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _drop_pages(folder: Path) -> None:
    """Remove the pages of an earlier check of several texts, and nothing else."""
    if folder.is_dir() and all(_PAGE.fullmatch(entry.name) for entry in folder.iterdir()):
        shutil.rmtree(folder)


def _plain(name: str) -> str:
    stem = "".join(sign if sign.isalnum() and sign.isascii() else "-" for sign in Path(name).stem)
    return stem.strip("-")[:60] or "text"
