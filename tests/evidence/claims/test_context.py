"""Which arm, endpoint, population, time and source numbers belong to, in small texts of our own."""

from __future__ import annotations

import re

import pytest

from equipoise.evidence.claims import find_arms, place
from equipoise.evidence.document import Document
from equipoise.evidence.model import Claim, Lexicon, Number, Reading

MARK = re.compile(r"<(?P<quote>[^<>|]+)\|(?P<measure>\w+)>")
KINDS = {
    "median", "hazard_ratio", "risk_reduction", "p_value", "proportion", "rate", "arm_size", "sample_size", "follow_up",
    "age", "adverse_event_rate",
}  # fmt: skip


def marked(text: str) -> tuple[str, list[Claim]]:
    """A text without its marks `<44.3 months|median>`, and the claims that these marks stand for."""
    plain, claims, last = "", [], 0
    for match in MARK.finditer(text):
        plain += text[last : match.start()]
        quote, measure = match["quote"], match["measure"]
        start = len(plain)
        plain += quote
        last = match.end()
        digits = re.search(r"\d[\d,]*(?:\.\d+)?", quote)
        assert digits
        number = Number(digits[0], float(digits[0].replace(",", "")), 0, start + digits.start(), start + digits.end())
        unit = "%" if "%" in quote else "months" if "month" in quote else ""
        kind = measure if measure in KINDS else "other"
        claims.append(
            Claim(start=start, end=start + len(quote), quote=quote, kind=kind, measure=measure, value=number, unit=unit)
        )
    return plain + text[last:], claims


def read(text: str, lexicon: Lexicon | None = None) -> Reading:
    plain, claims = marked(text)
    return place(Document("test", plain), claims, lexicon)


def arms(reading: Reading) -> list[str]:
    return [f"{c.arm} vs {c.versus}" if c.versus else c.arm for c in reading]


def endpoints(reading: Reading) -> list[str]:
    return [c.endpoint for c in reading]


HEAD = "Patients were randomly assigned to receive olaparib or placebo. "
THREE = "Patients were assigned to axitinib, sunitinib, or placebo. "


class TestArms:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                "Patients were randomly assigned in a 1:1 ratio to olaparib or placebo.",
                [("olaparib", "experimental"), ("placebo", "control")],
            ),
            (
                "Olaparib versus placebo in 300 women.",
                [("olaparib", "experimental"), ("placebo", "control")],
            ),
            (
                "They received either placebo or olaparib (300 mg twice daily).",
                [("placebo", "control"), ("olaparib", "experimental")],
            ),
            (
                "The trial compared olaparib plus letrozole with letrozole alone.",
                [("olaparib_plus_letrozole", "experimental"), ("letrozole_alone", "control")],
            ),
            (
                "Letrozole with or without olaparib was given to 400 women.",
                [("letrozole_plus_olaparib", "experimental"), ("letrozole_alone", "control")],
            ),
            (
                "Response was seen in 40% of the olaparib group and 20% of the control group.",
                [("olaparib", "experimental"), ("control", "control")],
            ),
            (
                "The olaparib (n=261) and capecitabine (n=257) groups were alike.",
                [("olaparib", "experimental"), ("capecitabine", "control")],
            ),
            (
                "Patients were assigned to axitinib, sunitinib, or placebo.",
                [("axitinib", "experimental"), ("sunitinib", "experimental"), ("placebo", "control")],
            ),
            (
                "| | Olaparib (n=442) | Sunitinib (n=444) |\n|---|---|---|\n| Deaths | 109 | 129 |\n",
                [("olaparib", "experimental"), ("sunitinib", "control")],
            ),
            (
                "Early surgery or watchful waiting: 120 patients were randomized to early surgery and 118 to watchful "
                "waiting.",
                [("early_surgery", "experimental"), ("watchful_waiting", "control")],
            ),
        ],
    )
    def test_found(self, text: str, expected: list[tuple[str, str]]) -> None:
        plain, claims = marked(text)
        assert [(arm.name, arm.role) for arm in find_arms(plain, claims)] == expected

    @pytest.mark.parametrize(
        "text",
        [
            "Median age was 62 years, and 40% had diabetes or hypertension.",
            "Rates were higher in the older age group than in the younger age group.",
            "In the study group, the European Oncology Group reports, 45% with diabetes responded.",
            "The weather was fine in May and bad in June.",
            "",
        ],
    )
    def test_none(self, text: str) -> None:
        assert find_arms(text, []) == ()

    def test_names_merge(self) -> None:
        text = (
            "In all, 261 patients were assigned to palbociclib plus endocrine therapy and 257 to endocrine therapy "
            "alone. Response: 33% in the palbociclib group, 25% in the standard-therapy group."
        )
        assert len(find_arms(text, [])) == 2

    def test_sizes(self) -> None:
        reading = read(HEAD + "Olaparib (<n=261|arm_size>) and placebo (<n=257|arm_size>).")
        assert [(arm.name, arm.size) for arm in reading.arms] == [("olaparib", ("c1",)), ("placebo", ("c2",))]


class TestArmsOfNumbers:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Response: <40%|rate> with olaparib and <20%|rate> with placebo.", ["olaparib", "placebo"]),
            ("Response: <40%|rate> in the olaparib group vs <20%|rate>.", ["olaparib", "placebo"]),
            ("Response: <40%|rate>, compared with <20%|rate> for placebo.", ["olaparib", "placebo"]),
            ("With placebo and olaparib <20%|rate> and <40%|rate> responded, respectively.", ["placebo", "olaparib"]),
            ("Response was <20%|rate> and <40%|rate> in the placebo and olaparib groups.", ["placebo", "olaparib"]),
            ("Response: placebo, <20%|rate>; olaparib, <40%|rate>.", ["placebo", "olaparib"]),
            ("Response (olaparib: <40%|rate>; placebo: <20%|rate>).", ["olaparib", "placebo"]),
            ("Among patients given placebo, <20%|rate> responded.", ["placebo"]),
            ("In the placebo arm <20%|rate> responded.", ["placebo"]),
            ("In the control group <20%|rate> responded.", ["placebo"]),
            ("Of those in the olaparib group, <40%|rate> responded and <10%|proportion> stopped.", ["olaparib"] * 2),
            ("Response: <40%|rate> vs. <20%|rate>.", ["olaparib", "placebo"]),
            ("The hazard ratio for death was <0.75|hazard_ratio>.", ["olaparib vs placebo"]),
            (
                "Nausea struck <40%|adverse_event_rate> and <20%|adverse_event_rate>, respectively.",
                ["olaparib", "placebo"],
            ),
            ("Response came in <40%|rate> with olaparib, in the other group in <20%|rate>.", ["olaparib", "placebo"]),
            (
                "There were <47 events|events> (olaparib: <7|events>; placebo: <40|events>).",
                ["", "olaparib", "placebo"],
            ),
        ],
    )
    def test_tied(self, text: str, expected: list[str]) -> None:
        assert arms(read(HEAD + text)) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "Overall, <40%|rate> were women.",
            "Median age was <62 years|age>.",
            "A total of <518 patients|sample_size> were enrolled.",
            "More patients than with placebo, <40%|proportion>, had nausea.",
            "Of all patients, <40%|proportion> had visceral disease.",
        ],
    )
    def test_of_none(self, text: str) -> None:
        assert arms(read(HEAD + text)) == [""]

    def test_both_arms(self) -> None:
        (claim,) = read(HEAD + "Deaths were <1.5%|proportion> in both groups.")
        assert (claim.arm, claim.of) == ("", "both_arms")

    def test_order_is_that_of_the_last_names(self) -> None:
        text = (
            "Death came to 8% on placebo and 6% on olaparib. Stroke came to <8.1%|rate> and <8.7%|rate>, respectively."
        )
        assert arms(read(HEAD + text)) == ["placebo", "olaparib"]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Response: <40%|rate>, <30%|rate>, and <20%|rate>, respectively.", ["axitinib", "sunitinib", "placebo"]),
            ("Response was <40%|rate> with axitinib and <20%|rate> with placebo.", ["axitinib", "placebo"]),
            ("Axitinib versus sunitinib: hazard ratio, <0.75|hazard_ratio>.", ["axitinib vs sunitinib"]),
            ("With axitinib, the hazard ratio for death was <0.75|hazard_ratio>.", ["axitinib vs placebo"]),
            ("The hazard ratio for death was <0.75|hazard_ratio>.", [""]),
            ("Response: <40%|rate> vs <20%|rate>.", ["", ""]),
        ],
    )
    def test_three_arms(self, text: str, expected: list[str]) -> None:
        assert arms(read(THREE + text)) == expected

    def test_table(self) -> None:
        text = (
            "| | Olaparib (<n=442|arm_size>) | Sunitinib (<n=444|arm_size>) |\n|---|---|---|\n"
            "| Deaths, n (%) | <109 (24.7%)|proportion> | <129 (29.1%)|proportion> |\n"
            "| PFS, median months | <13.3|median> | <8.0|median> |\n"
            "| PFS, HR (95% CI) | <0.69|hazard_ratio> | |\n"
        )
        reading = read(text)
        assert arms(reading) == ["olaparib", "sunitinib"] * 3 + ["olaparib vs sunitinib"]
        assert endpoints(reading)[2:] == ["death"] * 2 + ["progression_free_survival"] * 3

    def test_table_of_studies_names_no_arms(self) -> None:
        text = (
            "| | DAPA-HF | EMPEROR-Reduced |\n|---|---|---|\n| Agent | dapagliflozin | empagliflozin |\n"
            "| CV death | <0.82|hazard_ratio> | <0.92|hazard_ratio> |\n"
        )
        reading = read(text)
        assert [c.source for c in reading] == ["dapa_hf", "emperor_reduced"]
        assert arms(reading) == ["", ""]


class TestEndpoints:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Median overall survival was <44.3 months|median>.", ["overall_survival"]),
            ("The hazard ratio for death was <0.75|hazard_ratio>.", ["overall_survival"]),
            ("By then <60 patients|events> had died.", ["death"]),
            ("Progression-free survival (PFS) was longer (HR <0.75|hazard_ratio>).", ["progression_free_survival"]),
            ("The iDFS rate was <90.7%|rate>.", ["invasive_disease_free_survival"]),
            (
                "Hazard ratios were <0.84|hazard_ratio> for cardiovascular death, <0.91|hazard_ratio> for MI.",
                ["cardiovascular_death", "myocardial_infarction"],
            ),
            ("Objective response was seen in <40%|proportion>, clinical benefit in <60%|proportion>.",
             ["objective_response", "clinical_benefit"]),
            ("PFS: HR <0.75|hazard_ratio>; OS: HR <0.86|hazard_ratio>.",
             ["progression_free_survival", "overall_survival"]),
            ("Median PFS, the primary endpoint, was 9 months. The primary endpoint was met (HR <0.75|hazard_ratio>).",
             ["progression_free_survival"]),
            ("The primary outcome was a composite of stroke, MI, or death. It came to <8%|rate>.", [""]),
            ("The primary composite outcome occurred in <8%|rate>.", ["primary_endpoint"]),
            ("Cardiovascular death or hospitalization for heart failure: <914 patients (21.8%)|proportion>.",
             ["cardiovascular_death_or_heart_failure_hospitalization"]),
            ("A second attack or death at 30 days: <16.9%|proportion>.", ["second_attack_or_death"]),
            ("Death from the heart came to <5%|proportion>.", ["death_from_heart"]),
            ("Lower respiratory tract disease (LRTD) was rare. For LRTD efficacy was <94%|risk_reduction>.",
             ["lower_respiratory_tract_disease"]),
            ("Vascular occlusion: <168 (1.7%)|proportion>.", ["vascular_occlusion"]),
            ("A score of 0 to 1 had been reached by <296 (36.9%)|proportion>.", ["score_0_1"]),
            ("Symptomatic hypotension in <3.6%|proportion> and worsening renal function in <5.9%|proportion>.",
             ["hypotension", "worsening_renal_function"]),
            ("Symptomatic skeletal event-free survival (<40%|rate>).", ["symptomatic_skeletal_event_free_survival"]),
        ],
    )  # fmt: skip
    def test_named(self, text: str, expected: list[str]) -> None:
        assert endpoints(read(text)) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "Among patients with stroke, <45%|proportion> took part.",
            "They had a history of bleeding in <12%|proportion>.",
            "It rained on <12%|proportion>.",
        ],
    )
    def test_conditions_are_none(self, text: str) -> None:
        assert endpoints(read(text))[0] not in ("stroke", "bleeding", "rain")

    def test_adverse_events(self) -> None:
        text = (
            "Grade 3 or higher neutropenia occurred in <60%|adverse_event_rate>. Treatment-related grade 3/4 adverse "
            "events: <70%|adverse_event_rate>. Serious adverse events: <20%|adverse_event_rate>."
        )
        got = [(c.endpoint, c.term, c.grade) for c in read(text)]
        assert got == [
            ("adverse_events", "neutropenia", "3+"),
            ("treatment_related_adverse_events", "", "3-4"),
            ("serious_adverse_events", "", ""),
        ]

    def test_a_sentence_does_not_give_one_number_two_values(self) -> None:
        text = (
            HEAD
            + "MRD was gone in <75.2%|proportion> on olaparib at 10-5 and in <65.1%|proportion> on olaparib at 10-6."
        )
        one, two = read(text)
        assert one.endpoint == two.endpoint
        assert one.population != two.population


class TestPlaces:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("At 48 months, PFS was <46.5%|rate>.", (48.0, "months")),
            ("The 3-year iDFS was <90.7%|rate>.", (3.0, "years")),
            ("PFS was <46.5%|rate> at 48 months.", (48.0, "months")),
            ("Two years on, <25%|rate> were alive.", (2.0, "years")),
            ("Deaths within 90 days: <15.3%|proportion>.", (90.0, "days")),
        ],
    )
    def test_time(self, text: str, expected: tuple[float, str]) -> None:
        (claim,) = read(text)
        assert claim.time is not None
        assert (claim.time.value, claim.time_unit) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "Over a median follow-up of 22.6 months stroke struck <5.5%|rate>.",
            "The hazard ratio at 48 months was <0.7|hazard_ratio>.",
        ],
    )
    def test_no_time(self, text: str) -> None:
        (claim,) = read(text)
        assert claim.time is None

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("In the intention-to-treat population the HR was <0.7|hazard_ratio>.", "itt"),
            ("Among first-line patients median PFS was <33.6 months|median>.", "first_line"),
            ("In patients with visceral disease, the HR was <0.7|hazard_ratio>.", "visceral_disease"),
            ("In the PD-L1-positive subgroup the HR was <0.7|hazard_ratio>.", "pd_l1_positive"),
            ("The HR for death was <0.7|hazard_ratio> in women.", "women"),
            ("Among patients assigned to olaparib the rate was <70%|rate>.", ""),
            ("In the olaparib group <70%|rate> were alive.", ""),
            ("The HR for death was <0.7|hazard_ratio>.", ""),
        ],
    )
    def test_population(self, text: str, expected: str) -> None:
        (claim,) = read(HEAD + text)
        assert claim.population == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("KEYNOTE-189 enrolled many. The HR was <0.7|hazard_ratio>; in KEYNOTE-407 it was <0.8|hazard_ratio>.",
             ["", "keynote_407"]),
            ("At the first look PFS had HR <0.28|hazard_ratio>. At the second look PFS had HR <0.33|hazard_ratio>.",
             ["first_analysis", "second_analysis"]),
            ("The final analysis gave HR <0.7|hazard_ratio>.", [""]),
            ("In an earlier trial the HR was <0.7|hazard_ratio>.", ["in_an_earlier_trial"]),
        ],
    )  # fmt: skip
    def test_source(self, text: str, expected: list[str]) -> None:
        assert [c.source for c in read(text)] == expected

    def test_identifiers_and_sentences(self) -> None:
        reading = read("PFS was <40%|rate>. OS was <50%|rate>.")
        assert [c.id for c in reading] == ["c1", "c2"]
        assert [reading.document.text[slice(*c.sentence)].strip() for c in reading] == ["PFS was 40%.", "OS was 50%."]


class TestLexicon:
    lexicon = Lexicon(
        arms={"palbo": ("Palbociclib + standard", "palbociclib"), "standard": ("Standard maintenance",)},
        roles={"palbo": "experimental", "standard": "control"},
        endpoints={"pfs": ("PFS (investigator)", "progression-free survival"), "os": ("Overall survival", "death")},
        populations={"itt": ("intention to treat",)},
    )

    def test_names_are_those_of_the_lexicon(self) -> None:
        text = (
            "Progression-free survival was <44.3 months|median> with palbociclib, <29.1 months|median> with "
            "standard therapy (hazard ratio, <0.75|hazard_ratio>). Overall survival: hazard ratio, <0.86|hazard_ratio>."
        )
        reading = read(text, self.lexicon)
        assert arms(reading) == ["palbo", "standard", "palbo vs standard", "palbo vs standard"]
        assert endpoints(reading) == ["pfs", "pfs", "pfs", "os"]

    @pytest.mark.parametrize("control", ["the control group", "standard therapy", "standard maintenance", "usual care"])
    def test_general_words(self, control: str) -> None:
        reading = read(
            f"PFS was <44.3 months|median> in the palbociclib arm and <29.1 months|median> with {control}.",
            self.lexicon,
        )
        assert arms(reading) == ["palbo", "standard"]

    def test_words_of_the_text_join(self) -> None:
        text = (
            "They were assigned to palbociclib plus endocrine therapy or endocrine therapy alone. PFS was "
            "<29.1 months|median> with endocrine therapy alone."
        )
        assert arms(read(text, self.lexicon)) == ["standard"]

    def test_without_mentions_contrasts_still_have_arms(self) -> None:
        assert arms(read("The hazard ratio was <0.75|hazard_ratio>.", self.lexicon)) == ["palbo vs standard"]


def test_deterministic_and_total() -> None:
    """Every claim comes back, once, in order, with its own characters."""
    text = HEAD + "PFS was <44.3 months|median> and <29.1 months|median>; P<0.001 (<0.75|hazard_ratio>). " * 3
    one, two = read(text), read(text)
    assert one == two
    assert len(one.claims) == 9
    assert all(one.document.text[c.start : c.end] == c.quote for c in one)


@pytest.mark.parametrize(
    "piece", ["(", "a ", "in the ", "assigned to ", "A or placebo 4% vs 5% ", "| a ", "x-", "of 5% with b, "]
)
def test_hostile_texts_take_linear_time(piece: str) -> None:
    from time import process_time

    text = piece * (40_000 // len(piece))
    claims = [
        Claim(start=i, end=i + 2, quote=text[i : i + 2], kind="rate", measure="rate", unit="%")
        for i in range(0, len(text) - 2, 200)
    ]
    began = process_time()
    place(Document("test", text), claims)
    assert process_time() - began < 8.0
