"""One page for those who read one page: the first screen of the dossier on paper, printed by Chromium."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from equipoise.errors import Problem, UsageError
from equipoise.pages import Html, element, join, shell
from equipoise.reporting.blinding import mark_of
from equipoise.reporting.blocks import Block, Figure, Section, Side, section_html, walk
from equipoise.reporting.cells import cell, listed
from equipoise.reporting.context import Context, lower_first
from equipoise.reporting.export.displays import provenance_line
from equipoise.reporting.plan import primary_analysis

__all__ = ["find_browser", "page_count", "summary_html", "write_pdf"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
_SIZES = (9.0, 8.5, 8.0, 7.5, 7.0, 6.5, 6.0)
"""Sizes of the text in points, tried until the page is one; smaller would not be read."""
_LARGE = 8.0
"""The large figure, with its numbers at risk, is given up for the small one rather than have smaller text than this."""
_SECONDS = 120
_STYLE = """
@media print {
  @page { size: A4; margin: 11mm 13mm; }
  html { font-size: SIZEpt; }
  .page-header { padding-top: 0; }
  h1 { font-size: 1.55rem; margin: 0 0 0.2rem; }
  .answer > h2 { display: none; }
  .answer .lead { font-size: 1.2rem; line-height: 1.35; max-width: none; }
  p.question { font-size: 1.05rem; max-width: none; margin: 0.6rem 0 0.4rem; }
  .answer p { max-width: none; }
  .side-by-side { display: grid; grid-template-columns: minmax(0, 19rem) minmax(0, 1fr); gap: 0 1.2rem; }
  .page-footer { margin-top: 0.8rem; padding-top: 0.3rem; font-size: 0.85rem; }
}
"""


def write_pdf(context: Context, sections: tuple[Section, ...], path: Path) -> None:
    """Prints the summary as exactly one page of A4.

    Args:
        context: Bundle and protocol.
        sections: Sections of the dossier, its first screen first.
        path: Target; its folder must exist.

    Raises:
        UsageError: There is no browser, it fails, or the summary does not fit a page at a size that can be read.
    """
    browser = find_browser()
    with tempfile.TemporaryDirectory(prefix="equipoise-") as folder:
        source, target = Path(folder) / "summary.html", Path(folder) / "summary.pdf"
        tries = [(size, True) for size in _SIZES if size >= _LARGE] + [(size, False) for size in _SIZES]
        for size, large in tries:
            source.write_text(summary_html(context, sections, size=size, large=large), encoding="utf-8")
            content = _print(browser, source, target)
            if page_count(content) == 1:
                path.write_bytes(_dated(content, str(context.bundle.manifest.get("created", ""))))
                return
    message = f"the summary does not fit a page, even with text of {_SIZES[-1]:g} points"
    cure = "read the dossier instead; a trial with fewer analyses of primary interest has a shorter first screen"
    raise UsageError(Problem("export.pdf_long", message, cure=cure))


def find_browser() -> str:
    """Path of a Chromium, Chrome or Edge: the environment variable CHROMIUM, else where they usually are.

    Raises:
        UsageError: There is none.
    """
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else [*_NAMES, *_PLACES]
    for name in candidates:
        found = shutil.which(name)
        if found:
            return found
    message = f"CHROMIUM names {named!r}, which is no program" if named else "no Chromium or Chrome was found"
    cure = "install Chromium (Debian: apt-get install chromium), or name it in the environment variable CHROMIUM"
    raise UsageError(Problem("export.browser_absent", f"PDF is printed by a browser: {message}", cure=cure))


def _print(browser: str, source: Path, target: Path) -> bytes:
    target.unlink(missing_ok=True)
    command = [
        browser,
        "--headless",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-extensions",
        "--no-first-run",
        "--no-pdf-header-footer",
        f"--user-data-dir={target.parent / 'profile'}",
        f"--print-to-pdf={target}",
        source.as_uri(),
    ]
    if sys.platform == "linux" and os.geteuid() == 0:
        command.insert(1, "--no-sandbox")  # the sandbox refuses to work for root, as in containers
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
        said = done.stderr.decode(errors="replace").strip().splitlines()
    except subprocess.TimeoutExpired:
        said = [f"it did not end within {_SECONDS} s"]
    except OSError as error:
        said = [str(error)]
    if target.is_file():
        return target.read_bytes()
    message = "the browser printed nothing"
    cure = "try another one by the environment variable CHROMIUM, or print dossier.html yourself"
    raise UsageError(Problem("export.browser_failed", message, value=(said or ["no reason"])[-1][:200], cure=cure))


def page_count(content: bytes) -> int:
    """Pages of a PDF that a browser printed.

    Args:
        content: Its bytes.
    """
    return len(re.findall(rb"/Type\s*/Page(?![s\w])", content))


def _dated(content: bytes, created: str) -> bytes:
    """The PDF with the time of the analysis as its own, so that the same bundle gives the same page."""
    digits = re.sub(r"\D", "", created)[:14].ljust(14, "0") if created else "0" * 14
    return re.sub(rb"(/(?:CreationDate|ModDate) \(D:)\d{14}", rb"\g<1>" + digits.encode(), content)


def summary_html(
    context: Context, sections: tuple[Section, ...], *, size: float = _SIZES[0], large: bool = True
) -> str:
    """The summary as a page: identity, question, and the dossier's first screen with its provenance.

    Args:
        context: Bundle and protocol.
        sections: Sections of the dossier, its first screen first.
        size: Size of the text in points.
        large: Whether the figure is the large one with its numbers at risk, where there is such a one.
    """
    from equipoise.reporting.sections.answer import identity

    trial = context.protocol.trial
    first = _with_large_figure(sections) if large else sections[0]
    # CSS is ours and constant; escaping it would break it.
    style = Html(f"<style>{_STYLE.replace('SIZE', f'{size:g}')}</style>")
    question = _question(context)
    asked = element("p", element("b", "Question. "), question, cls="question") if question else ""
    return shell(
        f"{trial.id}: summary",
        join([style, asked, section_html(first, css="answer")], Html("\n")),
        header=identity(context),
        footer=element("p", f"{provenance_line(context)}. All results: dossier.html of the same bundle."),
        mark=mark_of(context.bundle),
    )


def _with_large_figure(sections: tuple[Section, ...]) -> Section:
    """The first screen with the figure of the same curves that has its numbers at risk, above the words beside it."""
    first = sections[0]
    small = next((part for part in walk((first,)) if isinstance(part, Figure) and part.curves), None)
    if small is None:
        return first
    found = (part for part in walk(sections[1:]) if isinstance(part, Figure) and part.table)
    large = next((part for part in found if set(small.curves) <= set(part.curves)), None)
    if large is None:
        return first
    blocks: list[Block] = []
    for block in first.blocks:
        for part in block.blocks if isinstance(block, Side) and small in block.blocks else (block,):
            blocks.append(large if part == small else part)
    return replace(first, blocks=tuple(blocks))


def _question(context: Context) -> str:
    """The primary question as declared: who, what against what, in what."""
    analysis = context.protocol.analysis.get(primary_analysis(context))
    if analysis is None:
        return ""
    arms = listed([cell(context.arm(arm)) for arm, _ in context.protocol.contrasts]).text
    outcome = lower_first(context.protocol.endpoints[analysis.endpoint].label)
    condition = context.protocol.trial.condition
    among = f"In {lower_first(condition.rstrip('.'))}, how" if condition else "How"
    verb = "does" if len(context.protocol.contrasts) == 1 else "do"
    return f"{among} {verb} {arms} compare with {context.arm(context.protocol.control)} in {outcome}?"
