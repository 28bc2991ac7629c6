"""Endpoints as a text names them: known ones by their words and abbreviations, others by the text's own words."""

from __future__ import annotations

import re
from collections.abc import Mapping

from equipoise.evidence.claims.context_words import (
    Mention,
    Text,
    Trie,
    abbreviations,
    build_trie,
    longest,
    slug,
    stem,
    within,
)
from equipoise.evidence.model import Lexicon

__all__ = ["ENDPOINTS", "TERMS", "endpoint_mentions", "terms"]

ENDPOINTS: dict[str, tuple[str, ...]] = {
    "overall_survival": ("overall survival", "OS", "mOS", "survival", "alive", "survived", "surviving", "survival rate", "median survival", "survival time", "lived"),
    "progression_free_survival": ("progression-free survival", "PFS", "mPFS", "progression-free time", "progression or death", "disease progression or death", "death or progression", "progression of disease or death", "death or disease progression", "progression-free", "free of progression", "free from progression", "time without progression", "growth of the tumor or death", "alive without progression", "alive and progression-free", "without progression", "tumor growth or death"),
    "radiographic_progression_free_survival": ("radiographic progression-free survival", "rPFS", "radiological progression-free survival"),
    "disease_free_survival": ("disease-free survival", "DFS", "free of disease", "disease-free", "time without disease"),
    "invasive_disease_free_survival": ("invasive disease-free survival", "iDFS", "invasive-disease-free survival"),
    "distant_disease_free_survival": ("distant disease-free survival", "DDFS"),
    "distant_recurrence_free_survival": ("distant recurrence-free survival", "distant relapse-free survival", "DRFS", "dRFI"),
    "distant_metastasis_free_survival": ("distant metastasis-free survival", "DMFS", "free of distant metastasis"),
    "metastasis_free_survival": ("metastasis-free survival", "MFS"),
    "recurrence_free_survival": ("recurrence-free survival", "relapse-free survival", "RFS", "recurrence or death", "relapse or death", "free of recurrence", "recurrence-free", "relapse-free", "death or recurrence", "free from recurrence"),
    "event_free_survival": ("event-free survival", "EFS"),
    "failure_free_survival": ("failure-free survival", "FFS"),
    "objective_response": ("objective response", "objective response rate", "overall response rate", "overall response", "ORR", "response rate", "tumor response", "confirmed response", "confirmed objective response", "responded", "response", "tumors shrank", "tumor shrank", "responding", "had an objective response"),
    "complete_response": ("complete response", "complete response rate", "complete remission", "CR", "complete ones", "complete metabolic response"),
    "pathologic_complete_response": ("pathologic complete response", "pathological complete response", "pCR"),
    "partial_response": ("partial response", "PR", "partial remission"),
    "stable_disease": ("stable disease", "SD"),
    "progressive_disease": ("progressive disease",),
    "clinical_benefit": ("clinical benefit", "clinical benefit rate", "CBR"),
    "disease_control": ("disease control", "disease control rate", "DCR"),
    "duration_of_response": ("duration of response", "DOR", "response duration", "response lasted", "duration of objective response", "duration of confirmed response"),
    "time_to_response": ("time to response", "median time to response"),
    "minimal_residual_disease": ("minimal residual disease", "MRD negativity", "MRD-negative", "MRD negative", "MRD", "measurable residual disease"),
    "death": ("death", "died", "dying", "death from any cause", "all-cause mortality", "all-cause death", "mortality", "death of any cause", "any-cause death", "any-cause mortality", "dead", "no longer alive", "case fatality", "lost their lives", "chance of dying", "risk of dying", "risk of death", "mortality rate", "death rate", "deaths from any causes", "death due to any cause", "fatality"),
    "cardiovascular_death": ("cardiovascular death", "death from cardiovascular causes", "cardiovascular mortality", "CV death", "CV mortality", "death from CV causes", "died of cardiovascular causes", "cardiac death", "cardiovascular-related death", "died from cardiovascular causes", "death due to cardiovascular causes"),
    "major_adverse_cardiovascular_events": ("MACE", "major adverse cardiovascular event", "major adverse cardiac event", "3-point MACE"),
    "myocardial_infarction": ("myocardial infarction", "heart attack", "MI", "infarction"),
    "nonfatal_myocardial_infarction": ("nonfatal myocardial infarction", "non-fatal myocardial infarction", "nonfatal MI", "heart attack that was not fatal", "nonfatal heart attack", "non-fatal heart attack"),
    "stroke": ("stroke", "any stroke"),
    "nonfatal_stroke": ("nonfatal stroke", "non-fatal stroke"),
    "ischemic_stroke": ("ischemic stroke",),
    "hemorrhagic_stroke": ("hemorrhagic stroke",),
    "stroke_or_systemic_embolism": ("stroke or systemic embolism", "stroke or embolism", "systemic embolism"),
    "heart_failure_hospitalization": ("heart failure hospitalization", "hospitalization for heart failure", "hospitalized for heart failure", "admission for heart failure", "HF hospitalization", "hospital stay for heart failure", "hospital admission for heart failure", "heart-failure hospitalization", "hospitalization due to heart failure"),
    "worsening_heart_failure": ("worsening heart failure", "worsening HF", "worsening of heart failure", "worsening heart failure event"),
    "hospitalization": ("hospitalization", "hospital admission", "admitted to hospital"),
    "urgent_hospitalization": ("urgent hospitalization", "urgent hospitalization for coronary revascularization", "urgent hospitalization for angina"),
    "resuscitated_cardiac_arrest": ("resuscitated cardiac arrest", "resuscitated arrest"),
    "cardiac_arrest": ("cardiac arrest",),
    "revascularization": ("revascularization", "coronary revascularization"),
    "kidney_failure": ("kidney failure", "end-stage kidney disease", "ESKD", "renal failure"),
    "major_bleeding": ("major bleeding", "serious bleeding", "severe bleeding", "major hemorrhage"),
    "intracranial_hemorrhage": ("intracranial hemorrhage", "intracranial bleeding", "ICH", "intracerebral hemorrhage"),
    "symptomatic_intracranial_hemorrhage": ("symptomatic intracranial hemorrhage", "symptomatic hemorrhage", "symptomatic ICH", "sICH", "symptomatic intracerebral hemorrhage", "symptomatic bleeding", "symptomatic brain hemorrhage"),
    "bleeding": ("bleeding", "any bleeding", "hemorrhage"),
    "death_due_to_bleeding": ("death due to bleeding", "death from bleeding", "bleeding death", "died of bleeding"),
    "venous_thromboembolism": ("venous thromboembolism", "VTE"),
    "pulmonary_embolism": ("pulmonary embolism",),
    "deep_vein_thrombosis": ("deep vein thrombosis", "deep-vein thrombosis", "DVT"),
    "functional_independence": ("functional independence", "functionally independent"),
    "annualized_relapse_rate": ("annualized relapse rate", "annual relapse rate", "ARR"),
    "hba1c": ("HbA1c", "glycated hemoglobin", "hemoglobin A1c", "glycated haemoglobin", "A1C"),
    "body_weight": ("body weight", "bodyweight", "weight", "weight loss", "body-weight"),
    "ldl_cholesterol": ("LDL cholesterol", "LDL-C", "low-density lipoprotein cholesterol"),
    "blood_pressure": ("blood pressure", "systolic blood pressure"),
    "sepsis": ("sepsis", "maternal sepsis"),
    "sepsis_or_death": ("sepsis or death", "sepsis or died"),
    "female": ("female", "women", "woman", "girls"),
    "male": ("male",),
    "primary_endpoint": ("primary endpoint", "primary end point", "primary outcome", "primary composite", "primary composite endpoint", "primary composite outcome", "composite endpoint", "composite end point", "composite outcome", "composite primary outcome", "composite primary endpoint", "principal outcome", "main outcome", "principal endpoint", "main endpoint", "primary-outcome event", "primary composite end point", "primary endpoint event", "primary end-point event", "composite primary end point", "primary efficacy endpoint", "primary efficacy outcome", "primary efficacy end point"),
    "safety_endpoint": ("primary safety endpoint", "primary safety outcome", "primary safety end point"),
    "adverse_events": ("adverse event", "AE", "TEAE", "side effect", "treatment-emergent adverse event", "any adverse event", "adverse reaction", "toxicity", "adverse effect", "adverse events of any cause", "all-cause adverse event"),
    "treatment_related_adverse_events": ("treatment-related adverse event", "TRAE", "drug-related adverse event", "treatment-related AE", "treatment-related toxicity", "drug-related trouble", "related adverse event"),
    "serious_adverse_events": ("serious adverse event", "SAE", "serious side effect", "serious AE", "serious adverse reaction"),
    "immune_mediated_adverse_events": ("immune-mediated adverse event", "immune-related adverse event", "imAE", "irAE"),
    "treatment_discontinuation": ("discontinued", "discontinuation", "stopped treatment", "discontinued treatment", "treatment discontinuation", "discontinued because of adverse events", "discontinuation due to adverse events", "adverse events leading to discontinuation", "discontinued due to adverse events", "discontinuation because of adverse events", "stopping for side effects", "stopped because of side effects", "stopped because of adverse events", "withdrew", "stopped for side effects", "adverse event leading to treatment discontinuation", "discontinued treatment because of adverse events", "discontinued treatment due to adverse events"),
    "treatment_related_death": ("treatment-related death", "treatment related mortality", "drug-related death"),
    "quality_of_life": ("quality of life", "QoL", "HRQoL"),
}  # fmt: skip
"""Endpoint → words that mean it, in any spelling and number."""

TERMS: tuple[str, ...] = (
    "neutropenia", "febrile neutropenia", "anemia", "thrombocytopenia", "leukopenia", "lymphopenia", "diarrhea", "nausea",
    "vomiting", "fatigue", "rash", "hypertension", "hypotension", "hyperkalemia", "hypokalemia", "hypoglycemia",
    "hyperglycemia", "pneumonia", "pneumonitis", "interstitial lung disease", "stomatitis", "mucositis", "alopecia",
    "peripheral neuropathy", "neuropathy", "headache", "constipation", "abdominal pain", "cough", "dyspnea", "pyrexia",
    "fever", "chills", "injection site reaction", "injection-site reaction", "infusion reaction", "infusion-related reaction", "infection",
    "serious infection", "urinary tract infection", "upper respiratory tract infection", "arthralgia", "myalgia", "back pain", "dizziness",
    "insomnia", "pruritus", "hepatotoxicity", "transaminase elevation", "proteinuria", "hand-foot syndrome", "hypothyroidism",
    "colitis", "hepatitis", "myocarditis", "cytokine release syndrome", "atrial fibrillation", "acute kidney injury", "hot flash",
    "hot flush", "lymphedema", "edema", "peripheral edema", "decreased appetite", "weight gain", "dysgeusia", "dry mouth", "eye complication",
    "diabetic retinopathy", "pancreatitis", "gallbladder disorder", "amyloid-related imaging abnormality", "ARIA-E", "ARIA-H", "ARIA",
    "genital infection", "ketoacidosis", "diabetic ketoacidosis", "dyspepsia", "stomach upset", "hyponatremia", "QT prolongation",
)  # fmt: skip
"""Terms of adverse events."""

_KNOWN: Trie = build_trie(ENDPOINTS)
_TERMS: Trie = build_trie({slug(term): (term,) for term in TERMS})
_CAPITALS = frozenset(("os", "mi", "cr", "pr", "sd", "ae", "arr", "ich", "mace", "dor", "mfs", "aria"))
_FREE = frozenset(("free",))
_DEFINES = re.compile(
    r"(?i)\b(?:co-?)?(?:primary|main|principal) (?:efficacy )?(?:end ?points?|outcomes?)(?: measure)?(?:,| was| were|:| is| of|,? defined as)\s+(?:the |an? )?"
)
_COMPOSITE = re.compile(r"(?i)\bcomposite (?:end ?point |outcome )?(?:of|was|comprising|included|\()[^.;:)]{3,220}")
_COMMA = re.compile(r"\s*,\s*(?:an? |the |from |for )?$")
_JOIN_OR = re.compile(r"\s*,?\s*(?:or|and/or)\s+(?:an? |the |from |for )?$")


def endpoint_mentions(text: Text, lexicon: Lexicon | None = None) -> list[Mention]:
    """Where a text names endpoints, in order; of overlapping ones the longest.

    Abbreviations that the text explains mean what it says; "X or Y" is one composite of both; the words "primary
    endpoint" mean the endpoint that the text says is primary.

    Args:
        text: The text.
        lexicon: Known endpoints; its words come first.
    """
    known = _trie_of(text, lexicon)
    found: list[Mention] = []
    i, words = 0, text.words
    while i < len(words):
        name, end = longest(known[0], words, i) if known[0] is not None else ("", i)
        form = "lexicon" if name else ""
        if not name and known[1] is not None:
            name, end = longest(known[1], words, i)
        if not name:
            name, end = longest(_KNOWN, words, i)
            if name and not _meant(words, i, end):
                name = ""
        if not name:
            name, end = longest(_TERMS, words, i)
            form = "term"
        if name:
            found.append(Mention(words[i].start, words[end - 1].end, name, form))
            i = end
        else:
            i += 1
    found = [_related(text, m) if m.name == "adverse_events" and not m.form else m for m in found]
    return _with_primary(text, _composites(text, _free_survivals(text, _causes(text, found))))


def terms(text: Text) -> list[Mention]:
    """Where a text names terms of adverse events."""
    return [m for m in endpoint_mentions(text) if m.form == "term"]


def _meant(words: tuple, first: int, end: int) -> bool:
    """Whether words that mean an endpoint do so here: abbreviations in capitals, no "control" of a disease, no age."""
    word = words[first]
    if end == first + 1 and word.stem in _CAPITALS:
        return bool(word.text[:2].isupper() or word.text[-1:].isupper())
    before = words[first - 1].stem if first else ""
    if word.stem == "survival" and end == first + 1:
        return before != "free" and not (before == "-" and first > 1)
    return not (word.stem == "weight" and before in ("birth", "low"))


def _trie_of(text: Text, lexicon: Lexicon | None) -> tuple[Trie | None, Trie | None]:
    """Words of a lexicon, and abbreviations that the text explains."""
    own = None
    if lexicon is not None and lexicon.endpoints:
        own = build_trie({name: (*words, name.replace("_", " ")) for name, words in lexicon.endpoints.items()})
    explained: dict[str, list[str]] = {}
    for short, phrase in abbreviations(text).items():
        low = stem(short)
        if low in _KNOWN.children or (own is not None and low in own.children):
            continue
        explained.setdefault(_slug_of(phrase), []).append(short)
    for name, several in list(explained.items()):
        explained[name] = [*several, name.replace("_", " ")]
    return own, build_trie(explained) if explained else None


def _slug_of(phrase: str) -> str:
    """The endpoint that a phrase names, or its own slug."""
    from equipoise.evidence.claims.context_words import read_text

    words = read_text(phrase).words
    name, end = longest(_KNOWN, words, 0)
    return name if name and end == len(words) else slug(phrase)


_RELATED_BEFORE = re.compile(r"(?i)\b(treatment|drug|therapy|regimen)[- ]related\b[^.;:,()]{0,30}$")
_SERIOUS_BEFORE = re.compile(r"(?i)\bserious\b[^.;:,()]{0,20}$")
_RELATED_AFTER = re.compile(
    r"(?i)[^.;:,()]{0,30}?\b(?:related|attributed|attributable|laid|tied|linked|due) to (?:the |study |trial |any )*(?:treatment|drug|therapy|regimen|medication)\b"
)


def _related(text: Text, mention: Mention) -> Mention:
    """Adverse events as those related to treatment, or serious ones, where the words around them say so."""
    before = text.plain[max(0, mention.start - 50) : mention.start]
    if _RELATED_BEFORE.search(before) or _RELATED_AFTER.match(text.plain, mention.end):
        return mention._replace(name="treatment_related_adverse_events")
    if _SERIOUS_BEFORE.search(before):
        return mention._replace(name="serious_adverse_events")
    return mention


_CAUSE = re.compile(
    r"\s+(?:from|due to|caused by|attributed to|related to|laid to|of)\s+(?:the |an? )?((?:[A-Za-z][\w-]*)(?:\s(?!(?:or|and|in|at|was|were|came|had|befell|occurred|with|by|on|as)\b)[a-z][\w-]*)?)"
)
_BEFORE_DEATH = re.compile(
    r"\b(cardiac|cancer|cancer-specific|sudden(?: cardiac)?|maternal|neonatal|perinatal|stroke|heart|coronary|vascular|in-hospital|early|malaria|covid-19|"
    r"[a-z]+[- ]related|[a-z]+[- ]specific|non-?cardiovascular|other|infection|on-treatment|unexplained|toxic)\s+$",
    re.IGNORECASE,
)
_ANY_CAUSE = frozenset("any all whatever disease".split())
_NO_CAUSE = frozenset(
    "patients participants people those the in on with adults children women men hospital which whom".split()
)


def _causes(text: Text, found: list[Mention]) -> list[Mention]:
    """With deaths of a named cause as endpoints of their own: "death from the heart" is not death."""
    out: list[Mention] = []
    for mention in found:
        if mention.name == "death" and not mention.form:
            after = _CAUSE.match(text.plain, mention.end)
            before = _BEFORE_DEATH.search(text.plain, max(0, mention.start - 30), mention.start)
            if after and after[1].split()[0].lower() not in _ANY_CAUSE | _NO_CAUSE:
                out.append(Mention(mention.start, after.end(), slug(f"death from {after[1]}")))
                continue
            if before:
                out.append(Mention(before.start(), mention.end, slug(f"{before[1]} death")))
                continue
        out.append(mention)
    return out


_FREE_SURVIVAL = re.compile(r"\b((?:[a-z]+ ){0,2}[a-z]+)[- ]free[- ]survival\b", re.IGNORECASE)
_NO_MODIFIER = frozenset(
    """the of in and median less better longer for improved more worse shorter to an a on as was were with higher lower
    year month rate rates or estimated secondary primary endpoint had at by from their than superior significantly""".split()
)


def _free_survivals(text: Text, found: list[Mention]) -> list[Mention]:
    """With every "...-free survival" that is not known, by its own words."""
    new: list[Mention] = []
    dropped: set[Mention] = set()
    for match in _FREE_SURVIVAL.finditer(text.plain):
        over = [m for m in within(found, match.start(), match.end()) if m.name != "overall_survival"]
        known = [m for m in over if m.name.endswith("survival")]
        if known and known[0].name != "event_free_survival":
            continue
        words = match[1].split()
        while words and any(word.lower() in _NO_MODIFIER for word in words):
            words = words[1:]
        if not words or (known and words == ["event"]):
            continue
        dropped.update(within(found, match.start(), match.end()))
        new.append(Mention(match.start(), match.end(), slug(" ".join(words) + " free survival")))
    return sorted([*(m for m in found if m not in dropped), *new]) if new else found


def _composites(text: Text, found: list[Mention]) -> list[Mention]:
    """With "X, Y, or Z" as one mention of all, and the parts of "a composite of ..." as none."""
    inside = [(m.start(), m.end()) for m in _COMPOSITE.finditer(text.plain)]
    kept: list[Mention] = []
    place = 0
    for mention in sorted([*found, *(Mention(a, a + 9, "primary_endpoint") for a, _ in inside)]):
        while place < len(inside) and inside[place][1] < mention.end:
            place += 1
        within = place < len(inside) and inside[place][0] < mention.start
        if kept and mention.start < kept[-1].end:
            continue
        if not within or mention.name == "primary_endpoint":
            kept.append(mention)
    out: list[Mention] = []
    i = 0
    while i < len(kept):
        end = _list_end(text, kept, i)
        if end == i and not kept[i].form and kept[i].name not in _WHOLE and not kept[i].name.endswith("survival"):
            out.append(_with_unknown(text, kept[i]))
        elif end > i:
            out.append(
                Mention(kept[i].start, kept[end].end, "_or_".join(dict.fromkeys(m.name for m in kept[i : end + 1])))
            )
        else:
            out.append(kept[i])
        i = end + 1
    return out


_WHOLE = frozenset(("primary_endpoint", "adverse_events", "female", "male", "objective_response"))
_OR_BEFORE = re.compile(r"\b((?:[A-Za-z][\w-]* )?[A-Za-z][\w-]*),? (?:or|and/or) (?:an? |the |from |any )?$")
_OR_AFTER = re.compile(r"\s(?:or|and/or) (?:an? |the |any )?([a-z][\w-]*(?: [a-z][\w-]*)?)")
_NO_PART = frozenset(
    """the a an of in at on with by for from to and more less fewer higher lower worse better greater both either not no without
    those patients one two three four grade months years days was were is are had has any all other whether after before later
    earlier even placebo usual standard increased reduced less-than so as""".split()
)


def _with_unknown(text: Text, mention: Mention) -> Mention:
    """A known endpoint with the words that "or" joins to it: "a second attack or death" is not death."""
    before = _OR_BEFORE.search(text.plain, max(0, mention.start - 50), mention.start)
    if before:
        parts = [w for w in before[1].split() if w.lower() not in _NO_PART]
        if parts and parts[-1] == before[1].split()[-1] and not parts[-1][0].isdigit():
            name = slug(" ".join(parts))
            return Mention(before.start(1), mention.end, f"{name}_or_{mention.name}")
    after = _OR_AFTER.match(text.plain, mention.end)
    if after and after[1].split()[0] not in _NO_PART:
        parts = [w for w in after[1].split() if w not in _NO_PART]
        return Mention(mention.start, mention.end, f"{mention.name}_or_{slug(' '.join(parts))}")
    return mention


def _list_end(text: Text, found: list[Mention], first: int) -> int:
    """Index of the last mention of a list that ends with "or"; `first` where there is no list."""
    i, last = first, first
    while i + 1 < len(found) and i - first < 5 and not found[i].form:
        gap = text.plain[found[i].end : found[i + 1].start]
        if _JOIN_OR.match(gap):
            last = i + 1
        elif not _COMMA.match(gap):
            break
        i += 1
    return last


def _with_primary(text: Text, found: list[Mention]) -> list[Mention]:
    """With "primary endpoint" as the endpoint that the text says is primary."""
    means: Mapping[int, str] = {}
    name = ""
    for match in _DEFINES.finditer(text.plain):
        after = [m for m in found if match.end() <= m.start <= match.end() + 25 and m.name != "primary_endpoint"]
        if after and not after[0].form and "composite" not in text.plain[match.end() : after[0].start]:
            name = name or after[0].name
            if name != after[0].name:
                return found
    del means
    if not name:
        return found
    return [m._replace(name=name) if m.name == "primary_endpoint" else m for m in found]
