"""The summary: exactly one page, in the dossier's own words; without a browser a cure and nothing written."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from equipoise.cli import main
from equipoise.errors import UsageError
from equipoise.reporting.export import export_bundle
from equipoise.reporting.export.pdf import find_browser, page_count, summary_html
from equipoise.reporting.report import context_of, sections_of
from equipoise.results.bundle import read_bundle

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")

DATES = rb"/(?:CreationDate|ModDate) \(D:[^)]*\)"


def _text(content: bytes, folder: Path) -> str:
    (folder / "printed.pdf").write_bytes(content)
    command = ["pdftotext", "-layout", str(folder / "printed.pdf"), "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode()


@pytest.fixture(params=["two_arms", "three_arms"])
def bundle(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return shutil.copytree(request.getfixturevalue(request.param), tmp_path / "out")


@pytest.mark.browser
def test_exactly_one_page_of_a4_with_what_matters(bundle: Path, tmp_path: Path) -> None:
    if not CHROMIUM:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed; continuous integration needs it")
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium; or set CHROMIUM)")
    path = export_bundle(bundle, "pdf")
    content = path.read_bytes()
    assert content.startswith(b"%PDF-")
    assert page_count(content) == 1
    assert [round(float(side)) for side in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", content)[0]] == [
        595,
        842,
    ]
    again = export_bundle(bundle, "pdf").read_bytes()
    # A browser may write the same objects in another order when the machine is busy: page and dates are the same.
    assert page_count(again) == 1
    assert re.findall(DATES, again) == re.findall(DATES, content) != []
    if shutil.which("pdftotext"):
        shown = _text(content, bundle)
        assert _text(again, bundle) == shown, "the same bundle gives the same page"
        context = context_of(read_bundle(bundle))
        said = " ".join(shown.split())
        # Printed lines break where they may; a title is short enough to find by its first words.
        for words in (context.protocol.trial.id, "Question.", "Benefit beside harm.", "Protocol", "equipoise"):
            assert words in said
    if shutil.which("pdfinfo"):
        told = subprocess.run(["pdfinfo", str(path)], check=True, capture_output=True).stdout.decode()
        assert re.search(r"^Pages:\s+1$", told, re.M)


def test_it_is_made_of_the_first_screen_and_every_number_keeps_its_identifier(bundle: Path) -> None:
    context = context_of(read_bundle(bundle))
    sections = sections_of(context)
    dossier = (bundle / "dossier.html").read_text(encoding="utf-8")
    ids = set(re.findall(r'data-stat="([^"]+)"', dossier))
    for large in (True, False):
        page = summary_html(context, sections, large=large)
        found = set(re.findall(r'data-stat="([^"]+)"', page))
        assert found
        assert found <= ids
        assert page.count("<h1>") == 1
        names = re.findall(r' id="([^"]+)"', page)
        assert len(names) == len(set(names))


def test_pages_are_counted() -> None:
    assert page_count(b"/Type /Pages /Type /Page\n/Type /Page >> /Type/Page/ /Type /PageLabel") == 3


def without_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr("shutil.which", lambda _name: None)


def test_without_a_browser_the_cure_is_said(two_arms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = shutil.copytree(two_arms, tmp_path / "out")
    without_browser(monkeypatch)
    with pytest.raises(UsageError) as raised:
        export_bundle(out, "pdf")
    (problem,) = raised.value.problems
    assert problem.code == "export.browser_absent"
    assert "apt-get install chromium" in problem.cure
    assert not (out / "export").exists()


def test_a_browser_that_is_named_and_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(UsageError, match="/nowhere/chromium"):
        find_browser()


def test_a_browser_that_fails(two_arms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = shutil.copytree(two_arms, tmp_path / "out")
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho 'no display' >&2\nexit 1\n")
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CHROMIUM", str(broken))
    with pytest.raises(UsageError) as raised:
        export_bundle(out, "pdf")
    assert [(p.code, p.value) for p in raised.value.problems] == [("export.browser_failed", "no display")]
    assert not (out / "export").exists()


def test_a_summary_that_never_fits(two_arms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = shutil.copytree(two_arms, tmp_path / "out")
    long = tmp_path / "chromium"
    long.write_text(
        '#!/bin/sh\nfor a in "$@"; do case $a in --print-to-pdf=*) '
        "printf '%%PDF- /Type /Page /Type /Page ' > \"${a#*=}\";; esac; done\n"
    )
    long.chmod(long.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CHROMIUM", str(long))
    with pytest.raises(UsageError) as raised:
        export_bundle(out, "pdf")
    assert [problem.code for problem in raised.value.problems] == ["export.pdf_long"]


# The command ---------------------------------------------------------------------------------------------------------


def export(*arguments: object) -> int:
    with pytest.raises(SystemExit) as raised:
        main(["export", *map(str, arguments)])
    return int(str(raised.value.code))


def test_the_command_writes_several_and_replaces_what_is_there(
    two_arms: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = shutil.copytree(two_arms, tmp_path / "out")
    (out / "export" / "rtf").mkdir(parents=True)
    (out / "export" / "rtf" / "old.rtf").write_text("x")
    (out / "export" / "mine.txt").write_text("stays")
    assert export(out, "--as", "ars", "--as", "rtf", "--as", "docx") == 0
    assert capsys.readouterr().out.count("wrote ") == 3
    assert {path.name for path in (out / "export").iterdir()} == {"ars.json", "rtf", "tables.docx", "mine.txt"}
    assert not (out / "export" / "rtf" / "old.rtf").exists()
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("damage", ["none", "empty", "altered", "cut", "file"])
@pytest.mark.parametrize("kind", ["ars", "rtf"])
def test_what_is_no_bundle_is_refused_and_left_alone(
    two_arms: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str, kind: str
) -> None:
    out = tmp_path / "out"
    if damage == "empty":
        out.mkdir()
    elif damage == "file":
        out.write_text("x")
    elif damage != "none":
        shutil.copytree(two_arms, out)
        path = out / ("protocol.json" if damage == "altered" else "results.json")
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("Xenopril", "Other") if damage == "altered" else text[:500], encoding="utf-8")
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    assert export(out, "--as", kind, "--json") == 2
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert said["ok"] is False
    assert said["problems"][0]["code"].split(".")[0] in ("bundle", "report")
    assert said["problems"][0]["cure"]
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before


def test_wrong_calls(two_arms: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(two_arms) == 2
    assert export(two_arms, "--as", "xlsx") == 2
    assert "xlsx" in capsys.readouterr().err
    with pytest.raises(UsageError):
        export_bundle(two_arms, "xlsx")  # type: ignore[arg-type]
