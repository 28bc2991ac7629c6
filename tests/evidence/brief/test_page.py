"""The page: self-contained, escaped, marked; the files; what is refused."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from equipoise.errors import BundleError, UsageError
from equipoise.evidence.brief import brief_html, brief_of, brief_text, write_brief
from equipoise.evidence.brief.model import STYLES
from equipoise.results.bundle import read_bundle


@pytest.mark.parametrize("style", STYLES)
def test_page_asks_the_network_for_nothing_and_runs_nothing(bundle, style, parse):
    page = brief_html(brief_of(bundle, style))
    root = parse(page)
    assert root.all("script") == root.all("img") == root.all("iframe") == root.all("form") == []
    assert [node.attributes["href"] for node in root.all("link")] == ["data:,"]
    assert any(node.attributes.get("content", "").startswith("default-src 'none'") for node in root.all("meta"))
    assert not re.search(r"@import|url\(", page)
    assert not [node for node in root if any(name.startswith("on") or name == "src" for name in node.attributes)]


@pytest.mark.parametrize("style", STYLES)
def test_page_has_one_heading_and_parts_below_it(bundle, style, parse):
    brief = brief_of(bundle, style)
    root = parse(brief_html(brief))
    assert [node.text for node in root.all("h1")] == [brief.headline.text]
    assert [node.text for node in root.all("h2")] == [part.title for part in brief.parts if part.title]
    assert root.all("main")
    (html,) = root.all("html")
    assert html.attributes["lang"] == "en"


def test_mark_stands_on_the_page(two, change, parse):
    marked = change(two, lambda row: replace(row, origin="synthetic"))
    root = parse(brief_html(brief_of(marked)))
    assert [node.text for node in root.all(class_="page-mark")] == ["SYNTHETIC DATA"]
    assert root.all("title")[0].text.startswith("SYNTHETIC DATA")
    assert not parse(brief_html(brief_of(two))).all(class_="page-mark")


def test_doi_is_a_link(two):
    page = brief_html(replace(brief_of(two), doi="10.1056/NEJMoa2511218"))
    assert '<a href="https://doi.org/10.1056/NEJMoa2511218">10.1056/NEJMoa2511218</a>' in page
    assert "DOI: https://doi.org/10.1056/NEJMoa2511218" in brief_text(
        replace(brief_of(two), doi="10.1056/NEJMoa2511218")
    )


def test_declared_texts_are_escaped(two, parse):
    from equipoise.protocol.canonical import protocol_document, protocol_hash
    from equipoise.protocol.loading import protocol_from_canonical

    protocol = protocol_from_canonical(two.protocol)
    evil = "<script>alert(1)</script> & <b>"
    arms = {**protocol.arms, "xeno": protocol.arms["xeno"].model_copy(update={"label": evil})}
    trial = protocol.trial.model_copy(update={"title": evil, "condition": evil, "reference": evil, "sponsor": evil})
    dumped = {"arms": {name: arm.model_dump() for name, arm in arms.items()}, "trial": trial.model_dump()}
    changed = type(protocol).model_validate({**protocol.model_dump(by_alias=True), **dumped})
    document = protocol_document(changed)
    bundle = replace(two, protocol=document, manifest={**two.manifest, "protocol_hash": protocol_hash(changed)})
    for style in STYLES:
        page = brief_html(brief_of(bundle, style))
        assert "<script" not in page
        assert "&lt;script&gt;" in page
        assert not parse(page).all("script")
        assert "<script" not in brief_text(brief_of(bundle, style))


def test_files_are_written_beside_each_other(two, folder, tmp_path):
    import shutil

    out = tmp_path / "out"
    shutil.copytree(folder("two"), out)
    for style in STYLES:
        assert write_brief(out, style) == out / f"brief-{style}.html"
        assert (out / f"brief-{style}.html").read_text(encoding="utf-8") == brief_html(
            brief_of(read_bundle(out), style)
        )
        assert (out / f"brief-{style}.md").read_text(encoding="utf-8") == brief_text(brief_of(read_bundle(out), style))
    assert not [place for place in out.iterdir() if place.name.startswith(".")]


def test_a_new_analysis_takes_the_old_brief_away(two, save, folder, tmp_path):
    import shutil

    from equipoise.results.bundle import write_bundle

    out = tmp_path / "out"
    shutil.copytree(folder("two"), out)
    write_brief(out, "lay")
    write_bundle(out, protocol=two.protocol, manifest=two.manifest, results=two.results)
    assert not list(out.glob("brief-*"))


@pytest.mark.parametrize("unblinded", [False, True])
def test_an_interim_look_is_refused(plan, two, tmp_path, unblinded):
    made = plan.Plans(_plan_protocol(plan))
    made.monitoring(unblinded=unblinded)
    out = plan.save(tmp_path / "look", made, "monitoring")
    with pytest.raises(BundleError) as error:
        write_brief(out)
    assert error.value.problems[0].code == "report.brief_interim"
    assert not list(out.glob("brief-*"))
    # An analysis beside the look changes nothing: what is read from it may be of the look.
    joined = replace(two, results=two.results + read_bundle(out).results)
    with pytest.raises(BundleError, match="interim look"):
        brief_of(joined)


def test_a_design_alone_is_refused(plan, tmp_path):
    made = plan.Plans(_plan_protocol(plan))
    made.design()
    with pytest.raises(BundleError) as error:
        write_brief(plan.save(tmp_path / "designed", made, "design"))
    problem = error.value.problems[0]
    assert problem.code == "report.brief_no_results"
    assert "equipoise analyze" in problem.cure


def _plan_protocol(plan):
    from equipoise.protocol import loads_protocol

    return loads_protocol(plan.TRIAL)


def test_another_protocol_is_refused(two):
    with pytest.raises(BundleError) as error:
        brief_of(replace(two, manifest={**two.manifest, "protocol_hash": "0" * 64}))
    assert error.value.problems[0].code == "report.protocol_hash"


def test_another_style_is_refused(two):
    with pytest.raises(UsageError) as error:
        brief_of(two, "poem")
    assert error.value.problems[0].code == "usage.brief_style"


def test_two_rows_for_one_number_are_refused(two):
    """A second row with the same key but another interval: no number is picked silently."""
    row = next(one for one in two.results if one.key.statistic == "survival" and one.key.time == 24)
    twin = replace(row, key=replace(row.key, interval="plain.95"))
    doubled = replace(two, results=type(two.results)((*two.results.statistics, twin)))
    with pytest.raises(BundleError, match="could fill one place"):
        brief_of(doubled)


def test_command_prints_the_text_and_names_the_files(folder, tmp_path, capsys):
    import shutil

    from equipoise.cli.app import main

    out = tmp_path / "out"
    shutil.copytree(folder("two"), out)
    with pytest.raises(SystemExit) as done:
        main(["brief", str(out), "--style", "lay"])
    assert done.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith(brief_text(brief_of(read_bundle(out), "lay"), sources=False).rstrip())
    assert said.rstrip().endswith(f"wrote {out / 'brief-lay.html'} and {out / 'brief-lay.md'}")


def test_command_refuses_what_is_no_bundle(tmp_path, capsys):
    from equipoise.cli.app import main

    for target in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(SystemExit) as done:
            main(["brief", str(target)])
        assert done.value.code == 2
        assert "is not a bundle" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
