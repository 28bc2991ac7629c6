"""Tables as RTF and DOCX: every cell and footnote of the dossier is there, and another program opens them."""

from __future__ import annotations

import builtins
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import docx
import pytest

from equipoise.errors import UsageError
from equipoise.reporting.export import export_bundle
from equipoise.reporting.export.displays import Display, displays_of
from equipoise.reporting.report import context_of, sections_of
from equipoise.results.bundle import read_bundle

SOFFICE = shutil.which("soffice")


@pytest.fixture(scope="module", params=["two_arms", "oncology"])
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("documents") / request.param
    shutil.copytree(request.getfixturevalue(request.param), out)
    return out


@pytest.fixture(scope="module")
def displays(bundle: Path) -> tuple[Display, ...]:
    context = context_of(read_bundle(bundle))
    return displays_of(context, sections_of(context))


@pytest.fixture(scope="module")
def rtf(bundle: Path) -> Path:
    return export_bundle(bundle, "rtf")


@pytest.fixture(scope="module")
def word(bundle: Path) -> Path:
    return export_bundle(bundle, "docx")


def squeezed(text: str) -> str:
    """Text without space, as a page may break a line anywhere."""
    return re.sub(r"\s+", "", text)


def rtf_text(path: Path) -> str:
    """What a reader of RTF shows, good enough for files without pictures."""
    return rtf_text_of(path.read_text(encoding="ascii"))


def rtf_text_of(text: str) -> str:
    """The same, of the file's content."""
    text = re.sub(r"\\u(-?\d+)\?", lambda found: chr(int(found[1]) % 65536), text)
    text = re.sub(r"\\(line|cell|row|par|page)\b ?", "\n", text)
    text = text.replace("\\{", "\x01").replace("\\}", "\x02").replace("\\\\", "\x03")
    text = re.sub(r"\\\*?[a-z]+-?\d* ?|[{}]", "", text)
    return text.replace("\x01", "{").replace("\x02", "}").replace("\x03", "\\")


def words_of(display: Display) -> list[str]:
    """Everything that a table says."""
    table = display.table
    cells = [cell.text for row in table.rows for cell in row.cells]
    labels = [text for row in table.rows for text in (row.group, row.label)]
    heads = [text for column in table.columns for text in (column.spanner, column.label)]
    around = [display.title, display.caption, display.population, *table.notes, *display.source, table.stub]
    return [text for text in (*cells, *labels, *heads, *around) if text]


def test_tables_are_those_of_the_dossier(bundle: Path, displays: tuple[Display, ...], rtf: Path) -> None:
    names = {path.stem for path in (bundle / "tables").glob("*.csv")}
    assert {display.table.name for display in displays} == names
    assert {path.stem for path in rtf.iterdir()} == names


def test_titles_are_numbered_and_each_its_own(displays: tuple[Display, ...]) -> None:
    titles = [display.title for display in displays]
    assert [title.split(". ")[0] for title in titles] == [f"Table {place}" for place in range(1, len(titles) + 1)]
    words = [title.split(". ", 1)[1] for title in titles]
    assert len(set(words)) == len(words)
    assert not [title for title in titles if title[-1] in ".,:"]


def test_rtf_has_every_cell_and_footnote(displays: tuple[Display, ...], rtf: Path) -> None:
    for display in displays:
        text = squeezed(rtf_text(rtf / f"{display.table.name}.rtf"))
        for words in words_of(display):
            assert squeezed(words) in text, (display.table.name, words)


def test_long_tables_repeat_their_headings_and_keep_a_group_with_its_rows(
    displays: tuple[Display, ...], tmp_path: Path
) -> None:
    from dataclasses import replace

    from equipoise.reporting.export.rtf import write_rtf

    display = max(displays, key=lambda display: len(display.table.rows))
    for before in range(28, 58):
        row = replace(display.table.rows[0], indent=0)
        rows = (
            *(replace(row, label=f"first {place}", group="") for place in range(before)),
            *(replace(row, label=f"then {place}", group="A GROUP") for place in range(30)),
        )
        write_rtf(replace(display, table=replace(display.table, rows=rows)), tmp_path / "long.rtf")
        pages = (tmp_path / "long.rtf").read_text(encoding="ascii").split("\\page{")
        assert len(pages) > 1
        assert all("A GROUP" not in page.rsplit("\\row", 2)[-2] for page in pages[:-1])
        heading = display.table.columns[-1].label
        assert all(heading in rtf_text_of(page) for page in pages)


def test_wide_tables_lie_on_the_wide_page(displays: tuple[Display, ...], rtf: Path, word: Path) -> None:
    assert {display.landscape for display in displays} == {True, False}
    for display in displays:
        text = (rtf / f"{display.table.name}.rtf").read_text(encoding="ascii")
        assert ("\\landscape" in text) == display.landscape
    sections = docx.Document(str(word)).sections
    shapes = [section.page_width > section.page_height for section in sections]  # type: ignore[operator]
    assert shapes == [False, *(display.landscape for display in displays)]


def test_word_has_every_table_cell_by_cell(displays: tuple[Display, ...], word: Path) -> None:
    document = docx.Document(str(word))
    assert len(document.tables) == len(displays)
    paragraphs = {paragraph.text for paragraph in document.paragraphs}
    for display, made in zip(displays, document.tables, strict=True):
        table = display.table
        expected = [tuple(cell.text for cell in row.cells) for row in table.rows]
        labels = [row.label for row in table.rows]
        found = [tuple(cell.text for cell in row.cells) for row in made.rows]
        body = [line for line in found if line[0] in labels and line[1:] in expected]
        assert [line[1:] for line in body[-len(expected) :]] == expected
        heads = [line for line in found if line == (table.stub, *(column.label for column in table.columns))]
        assert heads
        for text in (display.title, display.caption, display.population, *table.notes, *display.source):
            assert not text or text in paragraphs


def test_word_repeats_headings_and_keeps_rows_whole(word: Path) -> None:
    xml = docx.Document(str(word)).element.xml
    assert xml.count("<w:tblHeader/>") >= 1
    assert xml.count("<w:cantSplit/>") == xml.count("<w:tr>")


@pytest.mark.parametrize("kind", ["rtf", "docx"])
def test_the_same_bundle_gives_the_same_bytes(two_arms: Path, tmp_path: Path, kind: Any) -> None:
    out = shutil.copytree(two_arms, tmp_path / "out")

    def content() -> list[bytes]:
        path = export_bundle(out, kind)
        return [file.read_bytes() for file in sorted(path.iterdir() if path.is_dir() else [path])]

    assert content() == content()


def test_signs_of_rtf_and_of_all_the_world_survive(two_arms: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    from equipoise.reporting.cells import plain
    from equipoise.reporting.export.docx import write_docx
    from equipoise.reporting.export.rtf import write_rtf

    context = context_of(read_bundle(two_arms))
    display = displays_of(context, sections_of(context))[0]
    odd = r"a\b {c} \par 50% ≥ − é 𝛼 日本 <x> & \u8722?"
    rows = tuple(replace(row, label=odd, cells=tuple(plain(odd) for _ in row.cells)) for row in display.table.rows)
    display = replace(display, table=replace(display.table, rows=rows, notes=(odd, "x\x07y")))
    write_rtf(display, tmp_path / "odd.rtf")
    text = (tmp_path / "odd.rtf").read_text(encoding="ascii")
    assert r"a\\b \{c\} \\par 50% \u8805? \u8722? \u233? \u-10187?\u-8452? \u26085?\u26412? <x> & \\u8722?" in text
    write_docx(context, [display], tmp_path / "odd.docx")
    assert docx.Document(str(tmp_path / "odd.docx")).tables[0].rows[-1].cells[1].text == odd


@pytest.mark.parametrize(("kind", "package"), [("rtf", "rtflite"), ("docx", "docx")])
def test_without_the_package_the_cure_is_said_and_nothing_is_written(
    two_arms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Any, package: str
) -> None:
    out = shutil.copytree(two_arms, tmp_path / "out")
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name == package:
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.delitem(sys.modules, package, raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError) as raised:
        export_bundle(out, kind)
    (problem,) = raised.value.problems
    assert problem.code == f"export.{kind}_absent"
    assert "equipoise[documents]" in problem.cure
    assert not (out / "export").exists()


@pytest.mark.skipif(not SOFFICE, reason="LibreOffice is not installed (Debian: apt-get install libreoffice-writer)")
@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext is not installed (Debian: poppler-utils)")
def test_libreoffice_opens_them_and_shows_every_cell(
    displays: tuple[Display, ...], rtf: Path, word: Path, tmp_path: Path
) -> None:
    long = max(displays, key=lambda display: len(display.table.rows))
    wide = max(displays, key=lambda display: len(display.table.columns))
    files = [word, *{rtf / f"{display.table.name}.rtf" for display in (long, wide, displays[0])}]
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [str(SOFFICE), profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*command, *map(str, files)], check=True, capture_output=True, timeout=180)
    for file in files:
        pdf = tmp_path / f"{file.stem}.pdf"
        # -raw keeps the words of a cell together where a line breaks.
        shown = subprocess.run(["pdftotext", "-raw", str(pdf), "-"], check=True, capture_output=True).stdout.decode()
        text = squeezed(shown)
        for display in displays:
            if file == word or display.table.name == file.stem:
                cells = [cell.text for row in display.table.rows for cell in row.cells]
                for words in (display.title, *cells):
                    # A long text (a hash, prose) is broken over lines that others stand beside.
                    if words and len(words) < 20:
                        assert squeezed(words) in text, (file.name, display.table.name, words)
