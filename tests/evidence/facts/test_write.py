"""facts.yaml of a text: it loads, its numbers are those of the text, and nothing of the text is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from equipoise.errors import EvidenceError
from equipoise.evidence.claims import extract
from equipoise.evidence.document import Document
from equipoise.evidence.facts.numbers import number_of
from equipoise.evidence.facts.read import loads_facts, statistics_of
from equipoise.evidence.facts.write import facts_text
from equipoise.evidence.model import Arm, Claim, Interval, Number, PValue, Reading
from equipoise.evidence.reading import read_document

ARTICLES = Path(__file__).parents[2] / "reference" / "articles"
TEXTS = sorted([*(ARTICLES / "reference").glob("*.txt"), *(ARTICLES / "development").glob("*.txt")])


def number(text, value=None, **fields):
    found = number_of(text)
    return Number(text, found.value if value is None else value, found.decimals if found else 0, **fields)


ARMS = (Arm("drug", "Drug A", "experimental"), Arm("usual", "Usual care", "control"))


def reading(*claims, text="", arms=ARMS):
    numbered = tuple(
        Claim(**{name: getattr(claim, name) for name in claim.__dataclass_fields__} | {"id": f"c{at}"})
        for at, claim in enumerate(claims, start=1)
    )
    return Reading(Document("a.txt", text or "Text.", title="A trial: of drugs"), numbered, arms)


def claim(measure, **fields):
    kinds = {"survival": "rate"}
    fields = {"start": 0, "end": 4, "quote": "Text", "kind": kinds.get(measure, "other")} | fields
    return Claim(measure=measure, **fields)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_the_facts_of_a_text_load(path):
    found = extract(read_document(path))
    text = facts_text(found)
    if "Not one can be used" in text:  # numbers of other trials than one
        assert "\n  - {" not in text
        with pytest.raises(EvidenceError, match="must be a list"):
            loads_facts(text)
        return
    file = loads_facts(text)
    assert len(statistics_of(file)) == len(file.facts.facts)
    printed = {one.value for claim in found.claims for one in _numbers(claim)}
    for one in file.printed.values():
        assert one.value in printed, one
    # A claim is a fact, one that was left out with its reason, or listed at the end.
    for one in found.claims:
        assert f"characters {one.start} to {one.end}:" in text


def _numbers(claim):
    limits = (claim.interval.lower, claim.interval.upper) if claim.interval else ()
    p = claim.p.number if claim.p else None
    return [one for one in (claim.value, claim.count, *limits, p) if one is not None]


def test_numbers_as_printed():
    found = reading(
        claim("hazard_ratio", value=number(".60"), arm="drug", versus="usual", endpoint="overall_survival",
              interval=Interval(number("0.5"), None, missing="NE"), p=PValue(number("0.001", bound="<"), 2)),
        claim("rate", value=number("46.50"), unit="%", time=number("4"), time_unit="years", arm="drug",
              endpoint="progression_free_survival", interval=Interval(number("40"), number("53"), 0.9)),
        claim("median", value=number("12,467"), unit="days", arm="usual", endpoint="overall_survival"),
        claim("follow_up", value=number("5.5"), unit="years"),
        claim("adverse_event_rate", value=number("79.7"), unit="%", arm="drug", grade="3+", term="neutropenia",
              count=number("200"), denominator=number("251")),
        claim("median", missing="not_reached", arm="drug", endpoint="overall_survival"),
        claim("sample_size", value=number("a third", 1 / 3), of="randomized"),
    )  # fmt: skip
    text = facts_text(found)
    for line in (
        "endpoint: overall_survival, arm: drug, versus: usual, value: .60, lower: 0.5, upper: NE}",
        "arm: drug, versus: usual, value: <0.001, sides: 2}",
        "time: 4, value: 46.50%, lower: 40%, upper: 53%, conf_level: 0.9}",
        'endpoint: overall_survival, arm: usual, value: "12,467", unit: days}',
        'groups: {term: neutropenia, grade: "3+"}, value: 79.7%, n: 251, events: 200}',
        "statistic: median, endpoint: overall_survival, arm: drug, value: NR}",
        "  # - {statistic: subjects, value: 0.333333333333333}",
    ):
        assert line in text, text
    file = loads_facts(text)
    assert file.facts.unit == "years"
    assert [row.key.statistic for row in statistics_of(file)] == [
        "hazard_ratio", "p_value", "survival", "median", "follow_up_median", "ae_proportion", "median",
    ]  # fmt: skip


def test_what_contradicts_is_left_out_with_its_reason():
    found = reading(
        claim("sample_size", value=number("518"), of="randomized"),
        claim("sample_size", value=number("519"), of="randomized"),
        claim("proportion", value=number("25.7"), unit="%", count=number("109"), denominator=number("442"),
              arm="drug", endpoint="death"),
        claim("date", date="2024-10-15"),
    )  # fmt: skip
    text = facts_text(found)
    assert "# left out: the fact at characters 0 to 4 says otherwise of the same subjects in the same data cut" in text
    assert "# left out: 109 of 442 is 24.66%, not 25.7%" in text
    assert "# No results that can be compared:" in text
    assert len(loads_facts(text).facts.facts) == 1


def test_names_that_yaml_or_names_would_take_for_something_else():
    found = reading(
        claim("median", value=number("7"), unit="months", arm="no", endpoint="2_year_x", quote='a "b": #c\n\x07d'),
        claim("median", value=number("5"), unit="months", arm="x: {", endpoint="2_year_x"),
        arms=(Arm("no", "no", "experimental"), Arm("x: {", 'x: {"', "")),
    )
    file = loads_facts(facts_text(found))
    assert list(file.endpoints) == ["x_2_year_x"]
    assert [arm.label for arm in file.arms.values()] == ["no", 'x: {"']
    assert [fact.value for fact in file.facts.facts] == [7, 5]


def test_a_contrast_of_a_text_without_arms():
    found = reading(claim("hazard_ratio", value=number("0.7"), endpoint="death"), arms=())
    (row,) = statistics_of(loads_facts(facts_text(found)))
    assert (row.key.arm, row.key.versus) == ("experimental", "control")


def test_a_text_without_results():
    with pytest.raises(EvidenceError, match="no result of a trial"):
        facts_text(reading())
    with pytest.raises(EvidenceError, match="no result of a trial"):
        facts_text(reading(claim("date", date="2024-10-15")))


def test_texts_agree_with_their_own_facts():
    """Written, read again and compared: numbers come back, and hardly any (3%) is taken for another one's."""
    from equipoise.evidence.against import compare
    from equipoise.evidence.naming import lexicon_of_facts

    verdicts = []
    for path in TEXTS[::3]:
        document = read_document(path)
        file = loads_facts(facts_text(extract(document)))
        lexicon = lexicon_of_facts(file)
        found = compare(extract(document, lexicon), statistics_of(file), lexicon, name="facts")
        verdicts += [finding.verdict for finding in found]
    assert len(verdicts) > 200
    assert verdicts.count("consistent") > 0.6 * len(verdicts)
    assert verdicts.count("contradicted") < 0.03 * len(verdicts)
