"""Words that the grammar knows, as data: what they are, not what is done with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = [
    "ADVERSE", "AMOUNTS", "MONTHS", "PHRASES", "RATE_UNITS", "SKIP_AFTER", "SKIP_BEFORE", "TAGS", "TIME_UNITS",
    "UPPER_TAGS", "VERBS", "word_set",
]  # fmt: skip


def word_set(text: str) -> frozenset[str]:
    """The words of a text, as a set.

    Args:
        text: Words with spaces between them.
    """
    return frozenset(text.split())


def _tags(**groups: str) -> dict[str, str]:
    """Word → tag, of lists of words."""
    return {word: tag for tag, words in groups.items() for word in words.split()}


TIME_UNITS: Final[Mapping[str, str]] = {
    **dict.fromkeys(["day", "days", "d"], "days"),
    **dict.fromkeys(["week", "weeks", "wk", "wks"], "weeks"),
    **dict.fromkeys(["month", "months", "mo", "mos", "mth", "mths"], "months"),
    **dict.fromkeys(["year", "years", "yr", "yrs", "y", "yoa"], "years"),
    **dict.fromkeys(["hour", "hours", "h", "hrs"], "hours"),
    **dict.fromkeys(["second", "seconds", "secs"], "seconds"),
    **dict.fromkeys(["minute", "minutes", "min", "mins"], "minutes"),
    **dict.fromkeys(["seconds", "secs"], "seconds"),
}
"""Word → unit of time."""

MONTHS: Final[Mapping[str, int]] = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), 1)
    for name in names.split()
}  # fmt: skip
"""Name of a month → its number."""

ADVERSE: Final = word_set(
    """
    neutropenia anemia anaemia thrombocytopenia leukopenia lymphopenia nausea vomiting diarrhea
    diarrhoea fatigue rash pruritus alopecia constipation headache pyrexia fever hypertension
    hypotension hypoglycemia hypoglycaemia hyperglycemia hyperglycaemia hyperkalemia hyperkalaemia
    pneumonitis colitis hepatitis neuropathy arthralgia myalgia stomatitis mucositis cough dyspnea
    dyspnoea bleeding hemorrhage haemorrhage infection infections pneumonia sepsis toxicity
    toxicities asthenia dizziness insomnia edema oedema hypothyroidism hyponatremia hepatotoxicity
    cardiotoxicity thromboembolism myocarditis reactogenicity proteinuria bradycardia ketoacidosis
    dyspepsia heartburn soreness sore swelling chills flushing itching hemorrhages haemorrhages bleeds reactions
    """
)
"""Words that name an adverse event by themselves."""

TAGS: Final[Mapping[str, str]] = {
    **_tags(
        people="""patients patient participants participant subjects people persons women men adults children infants
        individuals volunteers males females girls boys newborns neonates survivors adolescents pts residents
        recipients volunteer enrollees mothers veterans inpatients outpatients babies eyes person woman man couple
        couples households pupils students schoolchildren toddlers teenagers pensioners nurses smokers soldiers
        villagers pairs citizens boys-and-girls grown-ups sufferers entrants candidates americans britons
        germans spaniards italians swedes danes finns norwegians canadians australians japanese europeans brazilians
        indians koreans""",
        event="""events event deaths episodes strokes relapses recurrences progressions hospitalizations
        hospitalisations exacerbations fractures infarctions bleeds transplants fatalities admissions
        revascularizations dropouts withdrawals discontinuations responders responses seizures falls diagnoses
        revascularisations amputations miscarriages births pregnancies attacks complications conversions readmissions
        failures clots""",
        cases="cases case",
        death="death died dead mortality die dying killed fatal alive",
        hr="hrs ahr shr hazard hazards",
        odds_ratio="aor ors",
        vaccine="efficacy effectiveness ve",
        reduction="""reduction reductions reduced reduces reducing reduce lower lowered lowering lowers decrease
        decreased decreases cut cuts cutting fewer less decline declined drop improvement improved
        slashed curbed trimmed diminished slower rarer fell dropped falling sank sunk shrank shrunk shrinks plunged
        tumbled""",
        increase="increase increased increases increasing higher greater raised rise elevated excess",
        risk="risk risks chance chances likelihood odds probability hazard",
        difference="difference differences diff gap",
        absolute="absolute",
        points="points point",
        median="median medians",
        mean="mean means average averaged averaging averages",
        age="age aged ages old older yoa younger elderly",
        follow="follow-up followup",
        number_needed="nnt nnh nntb nnth",
        randomized="""randomized randomised randomly randomization randomisation assigned allocated allocation
        assignment randomize randomise randomizing randomising""",
        enrolled="""enrolled enrolment enrollment enroled recruited recruitment included enrolling enrols enrolls
        accrued accrual entered participated recruiting involved involving comprised comprising joined covered
        registered study trial cohort population participants-included consented tested""",
        analyzed="analyzed analysed evaluable assessable analysis evaluated assessed eligible contributed",
        treated="treated received receiving receive dosed given got vaccinated underwent getting took",
        screened="screened assessed-for-eligibility",
        arm="arm arms group groups cohort-arm",
        adverse="""adverse ae aes teae teaes trae traes sae saes toxicity toxicities irae iraes side-effects
        treatment-emergent treatment-related harm harms side-effect adverse-event reaction reactions thrombosis""",
        grade="grade grades",
        survival="""survival os pfs dfs efs idfs ifs rfs dmfs mfs rpfs ddfs ttp alive survived event-free
        disease-free progression-free relapse-free recurrence-free metastasis-free surviving""",
        response="""response orr responded responder dcr cbr remission pcr mrd-negative benefit responses
        responding crr""",
        rate="rate rates incidence proportion proportions percentage frequency prevalence cumulative percent",
        duration="""duration dor treatment-duration lasted lasting exposure time stay delay longer shorter prolonged
        extended interval ttr""",
        design="""powered power assumed assuming assumption assumptions hypothesized hypothesised planned
        calculated anticipated projected targeted expected detect detectable designed intended wanted""",
        threshold="margin margins boundary boundaries threshold thresholds alpha α significance-level criterion",
        avert="""avert averted averting prevent prevented preventing prevents avoid avoided avoiding avoids save saved
        spared""",
        respectively="respectively",
        sex="female male",
        one_sided="one-sided 1-sided one-tailed",
        two_sided="two-sided 2-sided two-tailed",
        score="score scores scale index ecog karnofsky",
        fold="fold twofold threefold fourfold fivefold tenfold",
        times="times",
        stratified="stratified",
        unstratified="unstratified",
        adjusted="adjusted multivariable multivariate covariate-adjusted",
        unadjusted="unadjusted crude univariate univariable",
        exact="exact clopper-pearson",
        bootstrap="bootstrap bootstrapped",
        bayesian="bayesian posterior credible cri",
        noninferiority="noninferiority non-inferiority noninferior non-inferior",
        subgroup="subgroup subgroups",
        interim="interim",
        weighted="weighted iptw",
        interaction="interaction",
        superiority="superiority",
        trend="trend heterogeneity",
        nominal="nominal",
        log_rank="log-rank logrank",
        wald="wald",
        fisher="fisher fisher's",
        p_word="p p-value pvalue p-values",
        annual="annualized annualised annual yearly",
        change="change changes changed rose",
    ),
    **dict.fromkeys(ADVERSE, "adverse"),
}
"""Word in small letters → tag."""

UPPER_TAGS: Final[Mapping[str, str]] = {
    "HR": "hr", "mPFS": "median", "mOS": "median", "mDOR": "median", "mDFS": "median",
    "mDoR": "median", "mEFS": "median", "mRFS": "median", "mTTP": "median", "mIDFS": "median", "mDOT": "median",
    "HRs": "hr", "OR": "odds_ratio",
    "RR": "risk_ratio", "IRR": "rate_ratio", "aHR": "hr", "aOR": "odds_ratio",
    "RRR": "relative_reduction", "ARR": "risk_difference", "ARD": "risk_difference", "RD": "risk_difference",
    "VE": "vaccine", "sHR": "hr", "SHR": "hr", "csHR": "hr", "aRR": "risk_ratio", "Rate-ratio": "rate_ratio",
    "NNT": "number_needed", "NNH": "number_needed", "FU": "follow", "MD": "mean_difference",
}  # fmt: skip
"""Abbreviations that mean something only as they are written."""

PHRASES: Final[Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]] = {
    "hazard": (
        (("ratio",), "hr"), (("ratios",), "hr"), (("rate", "ratio"), "hr"), (("reduction",), "reduction_risk"),
    ),
    "hazards": ((("ratio",), "hr"),),
    "odds": (
        (("ratio",), "odds_ratio"), (("ratios",), "odds_ratio"), (("reduction",), "reduction_risk"),
        (("reductions",), "reduction_risk"),
    ),
    "risk": (
        (("ratio",), "risk_ratio"), (("ratios",), "risk_ratio"), (("difference",), "risk_difference"),
        (("reduction",), "reduction_risk"), (("differences",), "risk_difference"),
    ),
    "relative": (
        (("risk", "reduction"), "relative_reduction"), (("risk", "reductions"), "relative_reduction"),
        (("risk",), "risk_ratio"), (("risks",), "risk_ratio"), (("rate",), "rate_ratio"),
        (("reduction",), "relative_reduction"), (("hazard",), "hr"), (("difference",), "relative_reduction"),
    ),
    "rate": ((("ratio",), "rate_ratio"), (("ratios",), "rate_ratio"), (("difference",), "risk_difference")),
    "prevalence": ((("ratio",), "risk_ratio"),),
    "absolute": (
        (("risk", "reduction"), "risk_difference"), (("risk", "difference"), "risk_difference"),
        (("difference",), "difference"), (("reduction",), "risk_difference"), (("improvement",), "risk_difference"),
        (("benefit",), "risk_difference"), (("increase",), "risk_difference"),
    ),
    "vaccine": ((("efficacy",), "vaccine"), (("effectiveness",), "vaccine")),
    "percentage": ((("points",), "pp"), (("point",), "pp"), (("change",), "change")),
    "percent": ((("points",), "pp"),),
    "number": ((("needed",), "number_needed"),),
    "follow": (
        (("up", "time"), "follow"), (("up", "period"), "follow"), (("up", "duration"), "follow"),
        (("up", "lasted"), "follow"), (("up",), "follow"), (("ups",), "follow"),
    ),
    "followed": ((("for",), "follow"), (("up",), "follow")),
    "kept": ((("away",), "avert"),),
    "watched": ((("for",), "follow"),),
    "observed": ((("for",), "follow"),),
    "tracked": ((("for",), "follow"),),
    "monitored": ((("for",), "follow"),),
    "follow-up": ((("time",), "follow"), (("period",), "follow"), (("duration",), "follow"), (("lasted",), "follow")),
    "observation": ((("time",), "follow"), (("period",), "follow")),
    "serious": ((("events",), "adverse"), (("event",), "adverse"), (("infection",), "adverse")),
    "side": ((("effect",), "adverse"), (("effects",), "adverse")),
    "adverse": (
        (("event",), "adverse"), (("events",), "adverse"), (("reactions",), "adverse"), (("effects",), "adverse"),
    ),
    "overall": ((("survival",), "survival"), (("response",), "response")),
    "objective": ((("response",), "response"),),
    "one": ((("sided",), "one_sided"),),
    "two": ((("sided",), "two_sided"),),
    "log": ((("rank",), "log_rank"),),
    "non": ((("inferiority",), "noninferiority"),),
    "significance": ((("level",), "threshold"), (("threshold",), "threshold"), (("boundary",), "threshold")),
    "type": ((("i", "error"), "threshold"), (("1", "error"), "threshold")),
    "median": ((("difference",), "difference"),),
    "mean": ((("difference",), "mean_difference"),),
    "least-squares": ((("mean",), "mean"),),
    "time": ((("to",), "duration"),),
    "progression": ((("free", "survival"), "survival"),),
    "disease": ((("free", "survival"), "survival"),),
    "event": ((("free", "survival"), "survival"),),
    "sample": ((("size",), "sample_size"),),
    "data": ((("cutoff",), "data_cut"), (("cut-off",), "data_cut"), (("cut",), "data_cut"), (("lock",), "data_cut")),
}  # fmt: skip
"""First word → (words after it, tag)."""

SKIP_BEFORE: Final = word_set(
    """
    phase phases stage stages table tables figure figures fig figs type types version volume vol issue page pages pp
    ref refs reference references section appendix chapter ecog class classes part parts level levels step question
    item module protocol amendment box supplement suite room building street nct isrctn eudract pmid pmcid id
    chromosome exon codon tel phone fax nyha asa kdigo grade grades factor omega interleukin covid version group-no
    cohort-no trial-no study-no visit-no
    """
)
"""Words after which a number is a name."""

SKIP_AFTER: Final = word_set(
    """
    mg mcg g ml l dl iu gy cgy \u00b5g \u03bcg ug u mg/kg kcal cal dollars usd eur gbp euros pounds cents tablets tablet
    capsules capsule doses dose injections injection cycles cycle sites site centers centres center centre countries
    country hospitals hospital clinics clinic practices st nd rd th ma kv fr gauge nm \u00b5m \u03bcm am pm lines
    line fractions fraction sessions session visits visit courses course genes gene authors pages trials trial studies
    study nations regions continents databases institutions arms groups strata clusters villages schools times
    copies cells million billion thousand degrees percentile mutations variants domains items questions
    categories levels stages phases b.i.d qd bid tid ppm mci kbq mbq mbps inch inches states provinces rounds looks
    analyses endpoints sided tailed armed drug drugs agents units subgroups factors criteria reasons ways
    """
)
"""Units and things whose number is no claim."""

AMOUNTS: Final = word_set(
    """
    kg mmhg mmol cm mm m mmol/l points point centiloids letters steps beats bpm kilograms pounds lb lbs meters metres
    units-score pg/ml ng/ml mg/dl g/dl kg/m2 ml/min
    """
)
"""Units of outcomes that are neither times nor parts of a whole."""

VERBS: Final = word_set(
    """
    died died. relapsed progressed progression dead die infected hospitalized hospitalised withdrew discontinued struck
    killed bled miscarried drowned worsened stopped quit
    """
)
"""What becomes of people that are counted by it."""

RATE_UNITS: Final = word_set(
    """
    person-years patient-years person-year patient-year child-years participant-years person-months subject-years
    woman-years women-years person-days patient-days
    """
)
"""Units of time at risk."""
