"""Words of the language of trials, by what they do in a phrase. All are stems (`context_words.stem`)."""

from __future__ import annotations

from equipoise.evidence.claims.context_words import stem

__all__ = [
    "ALONE",
    "CONNECTORS",
    "CONTROLS",
    "DETERMINERS",
    "DOSES",
    "EXPERIMENTALS",
    "FILLERS",
    "GROUPS",
    "MEASURES",
    "NO_ARMS",
    "NUMBER_WORDS",
    "SCHEDULE",
    "SEPARATORS",
    "SHORT_FORMS",
    "STOPS",
    "WEAK",
    "bag",
]


def bag(words: str) -> frozenset[str]:
    """Words as a set, as they stand."""
    return frozenset(words.split())


def _set(words: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words.split())


DOSES = _set("mg g mcg µg ug kg iu gy ml mmhg mci gbq mmol")
"""Units of doses."""

MEASURES = _set(
    "dose bolus course infusion tablet pill capsule shot injection combination regimen strategy "
    "cycle week day month year hour single one two three loading low high weekly daily monthly"
)
"""Words before "of" that say how much of a treatment."""

SCHEDULE = _set(
    "fraction in over every week day month hour once twice daily weekly monthly per a two three four six for of time"
)
"""Words behind a name that say when it is given."""

GROUPS = _set("group arm recipient cohort user taker")
"""Nouns that make the words before them a name of an arm."""

DETERMINERS = _set(
    "once twice daily weekly monthly - a an the either receive receiving received receive take "
    "swallowed swallowing taking undergo get oral or to treatment with further adding added"
)
"""Words before the name of a treatment that are no part of it."""

CONNECTORS = _set("plus + / - combined combination with added on top of to in and add together ( )")
"""Words between two names of one combination."""

SEPARATORS = _set("or versus vs v")
"""Words between two arms."""

ALONE = _set("alone only itself monotherapy")
"""Words that say that nothing was added."""

FILLERS = _set(
    """
    fraction fractions therapy treatment care regimen tablet capsule injection infusion dose mg kg g mcg ug iu
    ml daily weekly monthly once twice day week month every oral intravenous subcutaneous iv sc po bid qd
    matching matched identical active background maintenance additional group arm recipient patient plus the a
    an of in and with to for by per new continued alone only itself monotherapy first line study trial drug
    combined combination + / - ( ) . ' " qw q2w q3w q4w bolu inhibitor inhibition hydrochloride acetate
    """
)
"""Words in the name of a treatment that tell no arm from another."""

CONTROLS = _set(
    "placebo sham control usual standard observation comparator conventional conservative watchful "
    "waitlist waiting soc routine deferred delayed pbo historical bsc no"
)
"""Words by which a control is known."""

EXPERIMENTALS = _set(
    """
    intervention experimental investigational active vaccine treatment combination intensive drug verum
    """
)
"""Words that stand for the experimental arm where nothing else does."""

WEAK = _set(
    """
    standard usual control early late high low intensive short long extended best supportive routine
    conventional medical delayed deferred dual single triple double observation waiting watchful conservative
    general local systemic dose active liberal restrictive lower higher immediate care target tight strict free
    fixed surgical surgery exercise diet education training counseling counselling support follow response risk
    """
)
"""Words of names of arms that also stand for something else: they need a noun behind them."""

SHORT_FORMS: dict[str, tuple[str, ...]] = {
    "soc": ("standard",),
    "dummy": ("placebo",),
    "inert": ("placebo",),
    "pbo": ("placebo",),
    "plb": ("placebo",),
    "chemo": ("chemotherapy",),
    "bsc": ("best", "supportive"),
    "asa": ("aspirin",),
    "adt": ("androgen", "deprivation"),
    "et": ("endocrine",),
    "rt": ("radiotherapy",),
}
"""Short forms that texts do not explain."""

NUMBER_WORDS = _set(
    """
    one two three four five six seven eight nine ten eleven twelve both each all every half third quarter
    """
)

STOPS = _set(
    """
    ratios mm hg mmhg mmol together regular older younger aged years old based here there they so before

    was were is are be been being had has have having did do does would could can may might will shall should in
    on at by for from of into over under after before during within among between through throughout until since
    across about per via upon toward towards against beyond as if when while whereas although though because
    that which who whom whose what where how than then there here this these those it they we he she its their
    our his her them i the a an and or nor but so yet not no any some each every both all either neither other
    another such same more most less least fewer many much few several also only even still already just again
    ever never however moreover respectively meanwhile overall total totally compared versus vs v relative
    patient participant people person subject adult child man woman men women children individual volunteer
    infant received receive receiving given giving give take taking took taken treated assigned assign
    randomized randomised allocated allocate randomly random ratio enrolled enroll included include including
    reached reach achieved achieve showed show shown led lead improved improve improves reduced reduce reduces
    increased increase cut lowered lower lowers prolonged prolong prolongs extended extend extends lengthened
    kept kept remained remain occurred occur seen reported report observed found find died die dying death lived
    live living alive survived survive survival progressed progress event rate risk hazard median mean average
    percent percentage proportion number month year week day hour follow trial study analysis endpoint end
    outcome result data benefit effect difference versus added adding add adds using used use favored favour
    favor favors better worse superior inferior experienced developed develop met meet meets came come comes
    went go goes gone became become got get gets made make makes had tested test tests compare compares
    comparing compared evaluated evaluate evaluating assessed assess investigated examined started start began
    begin stopped stop discontinued discontinue continued completed complete once twice daily weekly monthly out
    up down off versus ci p hr or rr ae os pfs to with significantly significant respectively approximately
    nearly almost around roughly until till unless whether without double blind blinded phase label efficacy
    safety primary secondary first second third final interim versus split divided spread between amid now today
    six seven eight nine ten eleven twelve january february march april june july august september october
    november december screened enrolled excluded eligible analyzed evaluated followed completed withdrew lost
    swallowed swallowing laid had took part who because yes thanks thank due according based
    """
)
"""Words that no name of a treatment contains: verbs, prepositions, people."""

NO_ARMS = _set(
    """
    pair age study working cooperative oncology steering research blood other same both each all treatment two three
    four patient risk sub subgroup comparison parallel older younger high low largest entire whole overall
    either this that these those another between safety analysis population disease stage mutation biomarker
    positive negative race sex ethnic gender racial consumer advocacy support trialist investigator
    collaborative international national intergroup respective second first third trial its their one cancer
    breast peer media single strong long short left right robotic
    """
)
"""Words before "group" or "arm" that name no arm."""
