"""Which words beside a number name something that can be counted or measured, and which are only said along the way."""

from __future__ import annotations

import re
from collections.abc import Sequence

from equipoise.evidence.claims.context_lists import bag

__all__ = ["UNREAD", "named"]

UNREAD = "?"
"""What `named` gives for words that say something, but name nothing."""

_NOUNS_OF_VERBS = {
    "relapsed": "relapse",
    "relapsing": "relapse",
    "progressed": "progression",
    "recovered": "recovery",
    "recovering": "recovery",
    "bled": "bleeding",
    "fell": "falls",
    "vomited": "vomiting",
    "miscarried": "miscarriage",
    "conceived": "pregnancy",
    "smoked": "smoking",
    "completed": "completion",
    "finished": "completion",
    "vaccinated": "vaccination",
    "revascularized": "revascularization",
    "revascularised": "revascularization",
    "hospitalized": "hospitalization",
    "hospitalised": "hospitalization",
    "rehospitalized": "rehospitalization",
    "transfused": "transfusion",
    "intubated": "intubation",
    "crossed": "crossover",
    "stopped": "treatment_discontinuation",
}
"""Verbs that say of people what is counted → the noun for it."""

_ING_NOUNS = bag(
    """
    bleeding vomiting swelling itching wheezing coughing flushing bruising bloating burning clotting scarring sneezing
    tingling ringing functioning smoking breastfeeding walking drinking healing stiffening thickening hardening
    spotting cramping blistering peeling sweating aching retching drooling twitching screening wellbeing stunting
    wasting worsening housing gambling offspring morning ring spring king wing
    """
)
_ED_NOUNS = bag("bleed seed need speed breed feed weed red bed bleeds deed reed nosebleed unmarried wellfed")
_NO_HEAD = bag(
    """
    been be being was were is are am had has have having did does do done will would can could may might shall should
    must went gone go goes got get gets given gave give took taken take takes made make makes came come comes become
    became seen saw see said say told tell kept keep keeps held hold holds left leave found find felt feel thought
    laid lay lain lost lose won win met meet paid pay put set sat sit sits stood stand ran run runs fell fall rose
    rise sank sink grew grow drew draw drove drive hurt cut shook shake shrank shrink woke wake wore wear caught
    catch bought brought built sent spent slept split struck stuck swept thrown threw written wrote known knew
    shown show begun began broke broken chosen forgotten frozen hidden spoken stolen torn worn won kill killed die
    appear occur happen remain imply include resolve respond require need seem look live arise rise befall bother
    ache aches afterwards afterward before after above below away back down up out off over under again ago already
    also always almost altogether apart aside else even ever far further hardly here how however indeed instead
    just later less likely little long lowest lower highest higher maybe meanwhile merely more most mostly much
    nearly never next not nothing now often once only otherwise perhaps quite rather really recently respectively
    seldom simply since so sometimes somewhat soon still then there therefore thereafter though through thus
    together too twice usually very well when where whereas whether while why yet as if than that this these those
    it its itself they them themselves their he she his her him we us our you your who whom whose which what
    everyone everybody anyone someone nobody none some any all both each either neither other others another
    first second third fourth fifth last next one two three four five six seven eight nine ten eleven twelve
    fifties sixties seventies eighties forties thirties twenties half quarter dozen hundred thousand
    based composite cumulative pooled kaplan meier estimate estimates analysis analyses model finding findings
    early late early-onset new old big small large great good bad better best worse worst longest shorter shortest
    strict lax sick ill alike equal same similar different severe mild moderate moderate_severe average fatal
    partial consistent frequent common rare typical odds contacts counts without age laboratory lesser within elsewhere
    function standard low high inhibitor docetaxel egdt usual early middling vascular black white asian hispanic
    nonwhite obese transgender positive negative
    people persons person patients patient participants participant men women man woman males females children child
    adults adult infants mothers newborns babies volunteers subjects individuals boys girls eaters reporter author
    authors investigators researchers doctors readers everyone partner partners sorts sort kind kinds lot lots set
    sets pair pairs group groups arm arms trial trials study studies cohort total number numbers share shares part
    parts rest matter thing things something way ways case plan plans target background history maintenance
    baseline visit use test induction seconds harm reason reasons yes no
    placebo sham dummy drug drugs pill pills tablet tablets vaccine vaccines shot shots jab jabs dose doses infusion
    infusions treatment treatments therapy therapies regimen chemotherapy hormone hormones antibody antibodies
    injection course courses medicine medicines oxygen catheter operation stent salt water
    brain lung liver heart hip bone bones tumor tumour tumors tumours hormone disease target pressure stone
    """
)
"""Words that name no outcome by themselves, so that none of these is all of a name or the last word of it, except
those in `_MODIFIED`."""

_MODIFIED = bag(
    """
    disease pressure infusion injection course transfusion use stone test operation visit case oxygen death hip heart
    function bone bones falls rise pain infusions dose shots drugs
    """
)
"""Words of `_NO_HEAD` that other words before them make a name: "severe disease", "rescue drugs"."""

_PLAIN = bag(
    """
    people persons person patients patient participants participant men women males females adults adult everyone
    volunteers subjects individuals group groups arm arms pair pairs set sets eaters
    placebo sham dummy drug drugs pill pills tablet tablets vaccine vaccines shot shots jab jabs dose doses infusion
    infusions treatment treatments therapy therapies regimen chemotherapy hormone hormones antibody injection course
    medicine medicines salt water standard low high strict lax old new once twice weekly daily first second
    based composite cumulative pooled kaplan meier estimate estimates analysis been
    """
)
"""Words that are about nobody and nothing but those who are counted anyway."""

_CUT = bag("who whom whose which that when where while because although though if than but whether as so")
_LEADING = bag(
    """
    also more less most least slightly just only still been being be had has have was were is are some any all other
    new_ it they we of and or not almost nearly about over under after before during experienced suffered developed
    underwent required requiring needed needing got getting having reported counted observed documented attributed
    including showed showing finished received receiving given taking taken there then such as once twice weekly daily
    cumulative composite pooled based lasting used using whose average mostly especially quicker followed
    """
)
_FINITE = bag(
    """
    was were is are did do does had has have went will would can could may might should must shook gained sits sat
    needs need lies lay imply implies accounted became made makes gave came took arose occurred struck hit
    """
)
_LATE_VERB = re.compile(r"(?:ed|ly|n't)$")


def _no_head(word: str) -> bool:
    """Whether a word can't be the last one of a name."""
    if word in _NO_HEAD:
        return True
    if word in _ED_NOUNS or word in _ING_NOUNS:
        return False
    return bool(_LATE_VERB.search(word)) or (word.endswith("ing") and len(word) > 5)


def named(words: str) -> str:
    """A slug without the words that name nothing.

    Args:
        words: A slug of words of the text.

    Returns:
        "" where they are about patients and treatments only; `UNREAD` where they are about something unknown.
    """
    parts = [part for part in words.split("_") if part]
    kept = nominal(parts)
    if kept or all(part in _PLAIN or part.isdigit() for part in parts):
        return "_".join(kept)
    return UNREAD


def nominal(words: Sequence[str]) -> list[str]:
    """The words of a phrase that together can be the name of an outcome; none where they are verbs, adverbs or people.

    Args:
        words: Words in order.

    Returns:
        "incomplete recovery counted" → incomplete, recovery; "been operated", "lasting", "kaplan meier" → none.
    """
    kept: list[str] = []
    for word in words:
        low = word.lower().strip("-'_")
        if low in _CUT:
            if kept:
                break
            continue
        if low and (kept or not low[0].isdigit()):
            kept.append(low)
    if kept and kept[0] in ("without", "against", "versus"):
        return []
    if len(kept) == 1 and kept[0] in _NOUNS_OF_VERBS:
        return [_NOUNS_OF_VERBS[kept[0]]]
    verb = next((i for i, word in enumerate(kept) if i and word in _FINITE), len(kept))
    kept = kept[:verb]  # a subject; what is said of it is not its name
    while kept and kept[0] in _LEADING:
        kept = kept[1:]
    while kept and _no_head(kept[-1]) and not (len(kept) > 1 and kept[-1] in _MODIFIED):
        kept = kept[:-1]
    if len(kept) == 2 and kept[-1] in _MODIFIED and _no_head(kept[0]) and kept[0] not in _TELLING:
        return []
    return kept


_TELLING = bag("serious severe mild moderate new fatal partial vascular bone heart lung liver brain stone black blood")
