"""What users may hand to `check`, `facts`, `reconstruct` and `brief`: each gets an answer, none a crash."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest

from equipoise.cli.app import main

FITS = (
    "In total, 200 patients were randomly assigned to drug (n=100) or placebo (n=100). The hazard ratio for death was "
    "0.75 (95% CI, 0.59 to 0.96; P=0.02).\n"
)
WRONG = FITS.replace("n=100", "n=110", 1)
CURVE = "time (months),survival\n" + "".join(f"{t},{0.97**t:.4f}\n" for t in range(0, 60, 2))
RISK = "time (months),at_risk\n0,100\n12,68\n24,45\n36,30\n48,20\n"
FACTS = """equipoise_facts: 1
trial: SMALL
unit: months
sources: {paper: {cite: "J 2026;1:1"}}
cuts: {final: {label: Final, source: paper}}
arms:
  new: {label: New, role: experimental}
  old: {label: Old, role: control}
endpoints: {os: {label: Overall survival, death: true}}
facts:
  - {statistic: subjects, arm: new, value: 100}
  - {statistic: subjects, arm: old, value: 100}
  - {statistic: median, endpoint: os, arm: new, value: 30.1}
  - {statistic: median, endpoint: os, arm: old, value: 20.2}
  - {statistic: hazard_ratio, endpoint: os, value: 0.75, lower: 0.55, upper: 1.02}
"""


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Runs the command line in an empty folder, and sees to it that nothing crashes or is left half-written."""
    monkeypatch.chdir(tmp_path)

    def call(*args: object, stdin: bytes | None = None) -> Done:
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as stopped:
            main([str(arg) for arg in args])
        done = Done(int(stopped.value.code or 0), *capsys.readouterr())
        assert done.code in (0, 1, 2), done.err
        assert "Traceback" not in done.err
        assert not [name for name in os.listdir() if name.startswith(".")]
        return done

    return call


def put(name: str, content: bytes | str) -> Path:
    """Writes a file into the folder that commands run in."""
    path = Path(name)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


UNREADABLE = {
    "empty": (b"", "nothing in it"),
    "white": (b" \n\t \n", "nothing in it"),
    "zeros": (b"\0" * 1000, "no text"),
    "binary": (bytes(range(256)) * 40, "no text"),
    "pdf": (b"%PDF-1.7\n1 0 obj", "a PDF"),
    "docx": (b"PK\x03\x04....", "DOCX"),
    "rtf": (b"{\\rtf1 0.75}", "an RTF file"),
    "gzip": (b"\x1f\x8b\x08", "unpack it"),
    "large": (b"word " * 1_700_000, "larger than 8 MB"),
    "utf16 without mark": (FITS.encode("utf-16-le"), "no text"),
    "no encoding": (FITS.encode() + b"\x81\x8d\xff", "save it as UTF-8"),
    "page of scripts": (b"<html><body><script>HR 0.75 (95% CI 0.8 to 0.9)</script></body></html>", "shows no text"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_text_is_refused_by_name(cli: Callable[..., Done], name: str) -> None:
    content, said = UNREADABLE[name]
    done = cli("check", put("a.txt", content), "--out", "out")
    assert done.code == 2
    assert said in done.err
    assert "a.txt" in done.err
    assert "cure:" in done.err
    assert done.out == ""
    assert not Path("out").exists()


READABLE = {
    "utf-8 with mark": FITS.encode("utf-8-sig"),
    "utf-16": FITS.encode("utf-16"),
    "utf-32": FITS.encode("utf-32"),
    "old Mac lines": FITS.replace(". ", ".\r").encode(),
    "windows-1252": (FITS + "caf\xe9").encode("cp1252"),
    "a zero byte": FITS.encode() + b"\0",
    "astral signs": ("\U0001f600" * 50 + FITS).encode(),
    "deep": ("<div>" * 3000 + FITS + "</div>" * 3000).encode(),
    "unclosed": ("<p><b><table><tr><td>" + FITS + "<td>3<tr>" * 50).encode(),
}


@pytest.mark.parametrize("name", READABLE)
def test_what_can_be_read_is_read(cli: Callable[..., Done], name: str) -> None:
    done = cli("check", put("a.txt", READABLE[name]), "--json")
    assert done.code == 0
    (text,) = json.loads(done.out)["texts"]
    assert text["counts"]["contradicted"] == 0
    assert {"hazard_ratio", "sample_size"} <= {claim["measure"] for claim in text["claims"]}


@pytest.mark.parametrize(
    "text", ["Roses are red.", "Dear mother, it rained 3 days and I paid 20 euros for a hat in 2019.", "7 " * 20_000]
)
def test_without_claims_there_is_no_verdict(cli: Callable[..., Done], text: str) -> None:
    done = cli("check", put("a.txt", text))
    assert (done.code, "so nothing was checked" in done.out) == (0, True)
    done = cli("check", "a.txt", "--json", "--out", "out")
    (said,) = json.loads(done.out)["texts"]
    assert (said["verdict"], said["claims"], said["findings"], said["omissions"]) == ("no claims", [], [], [])
    refused = cli("facts", "a.txt")
    assert (refused.code, refused.out) == (2, "")


def test_numbers_of_any_length_are_no_crash(cli: Callable[..., Done]) -> None:
    text = f"The hazard ratio was {'9' * 5000} (95% CI, {'1' * 400} to 1e999). 10 of {'8' * 500} patients (5%)."
    assert cli("check", put("a.txt", text), "--out", "out").code in (0, 1)


def test_a_missing_file_does_not_keep_the_others_from_being_checked(cli: Callable[..., Done]) -> None:
    put("a.txt", WRONG)
    put("b.txt", FITS)
    done = cli("check", "a.txt", "none.txt", "b.txt", "gone.txt", "--out", "out", "--json")
    assert done.code == 2
    assert [one["verdict"] for one in json.loads(done.out)["texts"]] == ["contradicted", "not contradicted"]
    assert done.err.count("no such file") == 2
    assert "2 other texts were checked" in done.err
    assert len(list(Path("out/texts").iterdir())) == 2
    assert cli("check", "none.txt", "--out", "other").code == 2
    assert not Path("other").exists()


def test_exit_code_says_whether_anything_is_contradicted(cli: Callable[..., Done]) -> None:
    put("a.txt", WRONG)
    put("b.txt", FITS)
    assert [cli("check", name).code for name in ("a.txt", "b.txt", "none.txt")] == [1, 0, 2]
    assert cli("check", "a.txt", "b.txt").code == 1
    assert cli("check", "-", stdin=WRONG.encode()).code == 1
    assert "standard input: " in cli("check", "-", stdin=FITS.encode()).out
    assert cli("check").code == 2


@pytest.mark.parametrize(
    "name", ["a b.txt", "-dash.txt", "\u00fc\u00f1\u4e2d.txt", "\"q'<b>&.txt", "a\nb.txt", "%s%d{}.txt"]
)
def test_odd_names(cli: Callable[..., Done], name: str) -> None:
    put(name, WRONG)
    done = cli("check", "--out", "out", "--", name)
    assert (done.code, done.err) == (1, "")
    assert json.loads(Path("out/claims.json").read_text(encoding="utf-8"))["texts"][0]["file"] == name


def test_a_name_that_is_no_utf8(cli: Callable[..., Done]) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    put(name, WRONG)
    assert cli("check", name, "--out", "out").code == 1
    assert Path("out/check.html").read_text(encoding="utf-8")
    assert cli("check", name, "--json").code == 1


def test_names_and_quotes_can_not_steer_a_terminal(cli: Callable[..., Done]) -> None:
    put("a\x1b[2J\u202etxt.md", WRONG.replace("0.75", "\x1b[31m0.75\x07"))
    done = cli("check", "a\x1b[2J\u202etxt.md", "no\x1b[2J.md")
    assert done.code == 2
    assert not {"\x1b", "\x07", "\u202e"} & set(done.out + done.err)


def test_where_the_page_goes(cli: Callable[..., Done]) -> None:
    put("a.txt", WRONG)
    put("b.txt", FITS)
    Path("mine").mkdir()
    put("mine/thesis.doc", "years of work")
    for target in ("b.txt", "b.txt/x", "mine"):
        done = cli("check", "a.txt", "--out", target)
        assert done.code == 2
        assert "cure:" in done.err
    assert (Path("b.txt").read_text(), os.listdir("mine")) == (FITS, ["thesis.doc"])
    cli("check", "a.txt", "b.txt", "--out", "out")
    assert sorted(os.listdir("out")) == ["check.html", "claims.json", "texts"]
    cli("check", "a.txt", "--out", "out")
    assert sorted(os.listdir("out")) == ["check.html", "claims.json"], "pages of the earlier check are gone"
    put("out/notes.txt", "mine")
    cli("check", "a.txt", "b.txt", "--out", Path("out").resolve())
    assert Path("out/notes.txt").read_text() == "mine"


class _Page(HTMLParser):
    """Elements that could act, and identifiers."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.active: list[object] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name.startswith("on") or (name != "xmlns" and (value or "").startswith(("javascript:", "http", "//"))):
                self.active.append((tag, name, value))
            if name == "id":
                self.ids.append(value or "")
            if name == "href" and (value or "").startswith("#"):
                self.links.append((value or "")[1:])
        if tag in ("script", "img", "iframe", "object", "embed", "form", "base"):
            self.active.append(tag)
        if tag not in ("meta", "link", "br", "hr"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        del self.open[-1:]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


HOSTILE = (
    '# </title><script>alert(1)</script> "onmouseover="alert(1)\n\n'
    + WRONG
    + '</style></script><img src=x onerror=alert(3)> [x](javascript:alert(1)) "<svg/onload=alert(9)>" '
    "&lt;b&gt; &#60;i> It was a breakthrough of <iframe src=//evil.example>.\n"
    + WRONG.replace("death", "<script>alert(4)</script> pain")
)


def test_nothing_in_a_text_can_act_on_its_page(cli: Callable[..., Done]) -> None:
    names = ["<img src=x onerror=alert(1)>.md", "b.md", "c.html"]
    put(names[0], HOSTILE)
    put(names[1], "\u202e\u2066" + HOSTILE)
    put(
        names[2],
        f"<html><title>x</style><script>alert(1)</script></title><body onload=alert(1)>{HOSTILE}</body></html>",
    )
    assert cli("check", *names, "--out", "out").code == 1
    pages = [Path("out/check.html"), *Path("out/texts").iterdir()]
    assert len(pages) == 4
    for path in pages:
        page = _Page(path.read_text(encoding="utf-8"))
        assert page.active == []
        assert page.open == []
        assert len(page.ids) == len(set(page.ids))
        assert set(page.links) <= set(page.ids)


def test_words_that_promote_are_remarks_on_the_whole_text(cli: Callable[..., Done]) -> None:
    put("a.txt", FITS + "\nDoctors spoke of a breakthrough. It was safe, and significantly so.\n")
    done = cli("check", "a.txt", "--out", "out")
    assert done.code == 0
    assert "[wording]" in done.out
    assert "Line 3: Doctors spoke of a breakthrough." in " ".join(done.out.split())
    page = Path("out/check.html").read_text(encoding="utf-8")
    assert "The text as a whole" in page
    (text,) = json.loads(Path("out/claims.json").read_text(encoding="utf-8"))["texts"]
    own = [finding for finding in text["findings"] if finding["rule"] == "wording"]
    assert [(one["verdict"], one["claims"]) for one in own] == [("remark", [])] * 2
    assert sum(text["counts"].values()) == len(text["claims"])


def test_colours_only_where_they_are_wanted(cli: Callable[..., Done], monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.txt", WRONG)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in cli("check", "a.txt", "none.txt").out


BAD_FACTS = {
    "empty": ("", "no declaration"),
    "tab": (FACTS.replace("  new:", "\tnew:"), "tab"),
    "list": ("- 1\n", "a list at its top level"),
    "cycle": ("a: &a [*a]\n", "alias"),
    "unknown key": (FACTS + "colour: red\n", "not a key"),
    "text for a number": (FACTS.replace("0.75", "abc"), "can't be read as a number"),
    "hazard ratio in percent": (FACTS.replace("value: 0.75", "value: 75%"), "no proportion"),
    "limits beside the value": (FACTS.replace("value: 0.75", "value: 0.5"), "do not contain"),
    "negative": (FACTS.replace("value: 30.1", "value: -30.1"), "at least 0"),
    "two hundred years": (FACTS.replace("value: 30.1", "value: 2400"), "more than 100 years"),
    "landmark in another unit": (
        FACTS + "  - {statistic: survival, endpoint: os, arm: new, time: 1826, value: 40%}\n", "more than 100 years",
    ),
    "above all": (FACTS + "  - {statistic: survival, endpoint: os, arm: new, time: 60, value: 140%}\n", "at most 1"),
    "twice": (FACTS + FACTS.splitlines(keepends=True)[-1], "the same fact"),
    "no protocol": (FACTS.replace("unit: months", "unit: months\nprotocol: none.yaml"), "no such file"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FACTS)
def test_facts_that_can_not_be_used(cli: Callable[..., Done], name: str) -> None:
    content, said = BAD_FACTS[name]
    put("a.txt", FITS)
    put("facts.yaml", content)
    for command in (("check", "a.txt", "--facts", "facts.yaml"), ("reconstruct", "facts.yaml")):
        done = cli(*command, "--out", "out")
        assert done.code == 2
        assert said in done.err
        assert done.out == ""
        assert not Path("out").exists()


TOO_LITTLE = {
    "no sizes": ("\n".join(line for line in FACTS.splitlines() if "subjects" not in line), "how many subjects"),
    "no times": ("\n".join(FACTS.splitlines()[:12]), "no time to an event"),
    "nobody": (FACTS.replace("value: 100", "value: 0"), "how many subjects"),
    "a billion": (FACTS.replace("arm: new, value: 100", "arm: new, value: 1000000000"), "at most"),
    "to compare only": (FACTS.replace("source: paper}}", "source: paper, use: compare}}"), "to be compared only"),
}


@pytest.mark.parametrize("name", TOO_LITTLE)
def test_facts_from_which_nobody_can_be_rebuilt(cli: Callable[..., Done], name: str) -> None:
    content, said = TOO_LITTLE[name]
    done = cli("reconstruct", put("facts.yaml", content), "--out", "out")
    assert (done.code, said in done.err, Path("out").exists()) == (2, True, False)


BAD_CURVES = {
    "empty": ("", RISK, "nothing in it"),
    "header": ("time,survival\n", RISK, "too few usable points"),
    "one point": ("time,survival\n10,0.5\n", RISK, "too few usable points"),
    "columns": (CURVE.replace("time (months),survival", "a,b"), RISK, "no column of times"),
    "text": (CURVE.replace("0.9409", "abc"), RISK, "no number"),
    "before 0": (CURVE.replace("\n2,", "\n-2,"), RISK, "before time 0"),
    "begins low": (CURVE.replace("\n0,1.0000", "\n0,0.2"), RISK, "begin"),
    "binary": ("\0" * 100, RISK, "no text"),
    "one line": ("time,survival\n0,1\n1," + "9" * 200_000 + "\n2,0.5\n", RISK, "characters"),
    "millions of points": (CURVE + "60,0.1\n" * 1_300_000, RISK, "leave points out"),
    "rising numbers": (CURVE, RISK.replace("45", "80"), "rises from 68 to 80"),
    "negative numbers": (CURVE, RISK.replace("45", "-4"), "not negative"),
    "nobody": (CURVE, "time (months),at_risk\n0,0\n12,0\n", "at risk"),
    "a billion": (CURVE, RISK.replace("0,100", "0,1000000000", 1), "100,000"),
    "other units": (CURVE, RISK.replace("48,", "1461,"), "other units"),
    "another arm": (
        "".join(f"{line},{'new' if k else 'arm'}\n" for k, line in enumerate(CURVE.splitlines())),
        "".join(f"{line},{'old' if k else 'arm'}\n" for k, line in enumerate(RISK.splitlines())), "no curve is of",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_CURVES)
def test_curves_that_can_not_be_rebuilt(cli: Callable[..., Done], name: str) -> None:
    curve, risk, said = BAD_CURVES[name]
    done = cli("reconstruct", "--curve", put("c.csv", curve), "--at-risk", put("r.csv", risk), "--out", "out")
    assert done.code == 2
    assert said in done.err
    assert done.err.count("error ") == 1, "one mistake, one problem"
    assert "cure:" in done.err
    assert not Path("out").exists()


@pytest.mark.parametrize(
    "more",
    [
        ("--axis", "1", "0"), ("--axis", "nan", "1"), ("--axis", "0", "100"), ("--events", "200"), ("--events", "x"),
        ("--events", "zz=10"), ("--patients", "50"), ("--patients", "1000000000"), ("--control", "zz"),
        ("--kind", "incidence"), ("--censored", "none.csv"), ("--at-risk", "none.csv"), ("--curve", "."),
    ],
    ids=" ".join,
)  # fmt: skip
def test_options_that_do_not_fit_the_curve(cli: Callable[..., Done], more: tuple[str, ...]) -> None:
    put("c.csv", CURVE)
    put("r.csv", RISK)
    done = cli("reconstruct", "--curve", "c.csv", "--at-risk", "r.csv", *more, "--out", "out")
    assert (done.code, done.out, Path("out").exists()) == (2, "", False)


def test_names_of_arms_and_endpoints_can_not_act(cli: Callable[..., Done]) -> None:
    rows = CURVE.splitlines()[1:]
    table = "time,survival,arm\n" + "".join(f'{row},<script>alert(1)</script>\n{row},"b\'&"\n' for row in rows)
    put("c.csv", table)
    done = cli(
        "reconstruct", "--curve", "c.csv", "--patients", "<script>alert(1)</script>=50", "--patients", "b'&=50",
        "--endpoint", "a\nb: <img src=x onerror=alert(1)>", "--control", "b'&", "--out", "out",
    )  # fmt: skip
    assert done.code == 0
    assert "SYNTHETIC DATA" in done.out
    page = _Page(Path("out/quality.html").read_text(encoding="utf-8"))
    assert page.active == []
    assert cli("validate", "out").code == 0


@pytest.mark.parametrize("what", ["none", "empty", "foreign", "file"])
def test_no_story_of_what_is_no_bundle(cli: Callable[..., Done], what: str) -> None:
    if what in ("empty", "foreign"):
        Path(what).mkdir()
    if what in ("foreign", "file"):
        put("foreign/notes.txt" if what == "foreign" else what, "mine")
    before = sorted(map(str, Path().rglob("*")))
    done = cli("brief", what)
    assert done.code == 2
    assert "is not a bundle" in done.err
    assert sorted(map(str, Path().rglob("*"))) == before
    assert cli("check", put("a.txt", FITS), "--against", what).code == 2
