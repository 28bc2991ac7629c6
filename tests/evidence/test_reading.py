"""Files of all sorts become text, or are refused with a cure; HTML becomes what a reader sees."""

from __future__ import annotations

import pytest

from equipoise.errors import EvidenceError
from equipoise.evidence.reading import LARGEST, document_of, read_document
from equipoise.evidence.visible import visible_text


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.txt", "evidence.empty"),
        (b" \n\t ", "a.txt", "evidence.empty"),
        (b"\xef\xbb\xbf", "a.txt", "evidence.empty"),
        (b"%PDF-1.7 ...", "a.txt", "evidence.not_text"),
        (b"PK\x03\x04....", "a.docx", "evidence.not_text"),
        (b"{\\rtf1 x}", "a.rtf", "evidence.not_text"),
        (bytes(range(32)) * 40, "a.bin", "evidence.not_text"),
        ("HR 0.75".encode("utf-16-le"), "a.txt", "evidence.not_text"),
        (b"a" * (LARGEST + 1), "a.txt", "evidence.too_large"),
        (
            b"<html><head><title>t</title></head><body><script>var hr=0.75</script></body></html>",
            "a.html",
            "evidence.empty",
        ),
    ],
)
def test_what_is_no_text_is_refused_with_a_cure(data: bytes, name: str, code: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        document_of(data, name)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.where.file == name
    assert problem.cure


@pytest.mark.parametrize("name", ["missing.txt", "."])
def test_no_file(name: str, tmp_path) -> None:
    with pytest.raises(EvidenceError) as caught:
        read_document(tmp_path / name)
    assert caught.value.problems[0].code == "evidence.no_file"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_encodings(encoding: str) -> None:
    text = "Hazard ratio 0\u00b772 (95% CI 0\u00b757\u20130\u00b792)"
    document = document_of(text.encode(encoding), "a.txt")
    assert document.text == text
    assert bool(document.notes) == (encoding == "windows-1252")


def test_line_ends_are_one_sign_and_a_title_is_found() -> None:
    document = document_of(b"https://example.org/x\r\n# A trial of two drugs\rHR 0.75\n", "a.md")
    assert document.text == "https://example.org/x\n# A trial of two drugs\nHR 0.75\n"
    assert document.kind == "markdown"
    assert document.title == "A trial of two drugs"


PAGE = """<!DOCTYPE html><html><head><title>News &amp; views</title><style>p{color:red}</style></head><body>
<nav>Home 1 2 3</nav><script>alert("HR 0.1")</script><h1>A drug <em>works</em></h1>
<p>The hazard ratio was <b>0.75</b><sup>12</sup> (95%&nbsp;CI, 0.59&ndash;0.96);
   P&lt;.001<br>and <span data-stat="os.median.a" data-field="value">44.3 months</span>.</p>
<p style="display: none">hidden 99%</p><p hidden>also 98%</p>
<table><tr><th>Arm</th><th>n</th></tr><tr><td>A</td><td>10</td></tr></table>
<ul><li>one<li>two</ul></body>"""


def test_html_is_what_a_reader_sees() -> None:
    document = document_of(PAGE.encode(), "news.html")
    assert document.kind == "html"
    assert document.title == "News & views"
    assert "A drug works\n" in document.text
    assert "0.75\u00b9\u00b2 (95%\u00a0CI, 0.59\u20130.96); P<.001\nand 44.3 months." in document.text
    assert "Arm | n\nA | 10\n" in document.text
    assert "one\ntwo" in document.text
    for unseen in ("alert", "color", "hidden", "also", "Home"):
        assert unseen not in document.text
    (mark,) = document.marks
    assert document.text[mark.start : mark.end] == "44.3 months"
    assert (mark.stat, mark.field) == ("os.median.a", "value")


@pytest.mark.parametrize(
    "page",
    [
        "<p><b>x</p></b></div>y",
        "<div" * 500 + ">x",
        "<p>" * 5000 + "x",
        "</p>" * 5000 + "x",
        "<!-- x",
        "x<y and 3 < 4 x",
        "<p>x&#0;&bogus;",
    ],
)
def test_broken_html_is_read_as_far_as_it_goes(page: str) -> None:
    shown = visible_text(page)
    for mark in shown.marks:
        assert 0 <= mark.start < mark.end <= len(shown.text)


def test_a_page_that_is_no_html_file_is_known_by_its_beginning() -> None:
    assert document_of(b"<html><body><p>HR 0.75</p></body></html>", "-").kind == "html"
    assert document_of(b"P<0.001 and p>0.5", "-").kind == "text"
