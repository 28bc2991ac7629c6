"""A brief's text without its marks, against its results: by what it says nothing is contradicted, mistakes are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from equipoise.evidence.against import compare
from equipoise.evidence.brief import write_brief
from equipoise.evidence.claims import extract
from equipoise.evidence.naming import lexicon_of
from equipoise.evidence.reading import read_document
from equipoise.protocol.loading import protocol_from_canonical
from equipoise.results.bundle import read_bundle
from equipoise.trial import Trial

COLON = Path(__file__).parents[2] / "examples" / "colon"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    out = tmp_path_factory.mktemp("brief") / "out"
    Trial.load(COLON).analyze(out=out)
    return read_bundle(out)


@pytest.fixture(scope="module")
def told(bundle):
    """A function from the style of a brief to its text, without marks."""
    return lambda style: replace(read_document(write_brief(bundle.path, style)), marks=())


@pytest.fixture(scope="module")
def verdicts(bundle):
    """A function from a text to what the results say of it."""
    lexicon = lexicon_of(protocol_from_canonical(bundle.protocol))
    return lambda document: compare(extract(document, lexicon), bundle.results, lexicon, name="results")


@pytest.mark.parametrize("style", ["news", "lay", "abstract"])
def test_by_what_it_says(style, told, verdicts):
    found = verdicts(told(style))
    assert [one for one in found if one.verdict == "contradicted"] == []
    assert sum(one.verdict == "consistent" for one in found) >= 15


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("59.2% in the Levamisole + fluorouracil group", "59.2% in the Observation group", "value of lev_5fu"),
        ("310 to the Levamisole group", "315 to the Levamisole group", "value of obs"),
        ("6.44 years", "6.44 months", "right in years"),
        ("6.44 years", "6.45 years", "6.44"),
        ("At 5 years, disease-free survival was 59.2%", "At 4 years, disease-free survival was 59.2%", "at 5 years"),
        ("0.50 to 0.78", "0.50 to 0.87", "upper limit 0.87"),
        ("0.96 (95% CI, 0.79 to 1.18", "0.96 (90% CI, 0.79 to 1.18", "level 90%"),
        ("two-sided P=0.71", "two-sided P=0.07", "0.71"),
        ("At 5 years, overall survival was", "Among women, at 5 years, overall survival was", "not in women"),
    ],
)
def test_mistakes(told, verdicts, old, new, said):
    story = told("news")
    assert old in story.text
    found = [one for one in verdicts(replace(story, text=story.text.replace(old, new, 1)))
             if one.verdict == "contradicted"]  # fmt: skip
    assert any(said in one.sentence for one in found), found


def test_a_dossier_is_confirmed(bundle, verdicts):
    """929 marked numbers in sentences and tables, of which 400 and more are read as claims."""
    from equipoise.reporting.report import write_report

    page = read_document(write_report(bundle.path))
    found = verdicts(page)
    assert [one for one in found if one.verdict in ("contradicted", "remark")] == []
    assert sum(one.verdict == "consistent" for one in found) >= 350
