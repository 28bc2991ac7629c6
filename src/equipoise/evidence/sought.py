"""Which statistic a claim states: its name in the vocabulary, and the rest of its key."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, cast

from equipoise.evidence.model import Claim, Lexicon, Measure
from equipoise.results.key import Key
from equipoise.units import DAYS_PER_UNIT, TimeUnit, convert

__all__ = ["GENERIC_CONTRAST", "Sought", "base_of", "of_the_trial", "seek"]

Way = Literal["itself", "complement", "share", "reduction"]

_DIRECT: Final[dict[Measure, tuple[str, ...]]] = {
    "hazard_ratio": ("hazard_ratio", "subdistribution_hazard_ratio", "average_hazard_ratio"),
    "odds_ratio": ("odds_ratio",),
    "risk_ratio": ("risk_ratio", "hazard_ratio"),
    "rate_ratio": ("rate_ratio", "ae_rate_ratio", "hazard_ratio"),
    "number_needed": ("number_needed",),
    "p_value": ("p_value",),
    "follow_up": ("follow_up_median",),
}
GENERIC_CONTRAST: Final = frozenset({
    "hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio", "number_needed", "p_value", "risk_reduction",
    "risk_difference", "median_difference", "mean_difference",
})  # fmt: skip
"""Measures that compare two arms."""
_RESPONSES: Final = {
    "objective_response": ("response_rate", "objective"),
    "clinical_benefit": ("clinical_benefit_rate", "clinical_benefit"),
    "disease_control": ("disease_control_rate", "disease_control"),
}
_BEST: Final = {
    "complete_response": "CR",
    "partial_response": "PR",
    "stable_disease": "SD",
    "progressive_disease": "PD",
}
_EVENTS: Final = {
    "serious_adverse_events": "serious", "treatment_related_adverse_events": "related",
    "treatment_discontinuation": "discontinuation", "treatment_related_death": "fatal", "adverse_events": "any",
    "fatal_adverse_events": "fatal", "severe_adverse_events": "severe",
}  # fmt: skip
"""Kind of adverse event as texts name it → category of the analysis."""
_FLOW: Final = {
    "": "randomized", "randomized": "randomized", "enrolled": "randomized", "assigned": "randomized",
    "analyzed": "analyzed", "treated": "treated", "screened": "screened",
}  # fmt: skip


_ANY: Final = ("", "primary_endpoint", "safety_endpoint")
"""What a text calls an endpoint that it does not name."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A statistic that a claim may state.

    Attributes:
        key: Its key, of stage `published`.
        way: How the claim's number comes from it: itself, one less it, its events of its subjects, or 1 - a ratio.
        swapped: Whether the text names the control as the first of the two arms.
        kind: Of an adverse event: (category, term, grade), each "" where it is not said; no category is any at all.
    """

    key: Key
    way: Way = "itself"
    swapped: bool = False
    kind: tuple[str, str, str] | None = None


def of_the_trial(claims: Iterable[Claim], trial: str = "") -> tuple[Claim, ...]:
    """Claims with no source where it is the trial that the text is about.

    A text may name the trial with every number, or tell of several trials: then the one that is asked for is meant,
    else the one that most numbers are of.

    Args:
        claims: Claims of a text.
        trial: Name of the trial.

    Returns:
        The claims, in order; those of other trials keep their source.
    """
    claims = tuple(claims)
    named = Counter(claim.source for claim in claims)
    wanted = re.sub(r"[^a-z0-9]+", "_", trial.lower()).strip("_")
    main = wanted if wanted in named else named.most_common(1)[0][0] if named else ""
    return tuple(replace(claim, source="") if claim.source == main else claim for claim in claims)


def seek(claim: Claim, lexicon: Lexicon, names: Mapping[str, str]) -> tuple[Sought, ...]:
    """What a claim can be about.

    Args:
        claim: The claim.
        lexicon: Known names.
        names: Endpoint as texts name it → the lexicon's name.

    Returns:
        Statistics, the likeliest first; none for what results do not hold.
    """
    if claim.source or {"planned", "design"} & set(claim.method):
        return ()
    base = base_of(claim, lexicon, names)
    if claim.measure in ("sample_size", "arm_size"):
        return _sizes(claim, base)
    if claim.measure == "events":
        return (Sought(replace(base.key, statistic="events", time=None)),) if base.key.endpoint else ()
    if claim.measure in ("proportion", "rate", "adverse_event_rate"):
        return tuple(_shares(claim, lexicon, base))
    if claim.measure == "median":
        name = "duration_median" if claim.endpoint == "duration_of_response" else "median"
        return (Sought(replace(base.key, statistic=name, time=None)),)
    if claim.measure == "age":
        key = replace(base.key, endpoint="", groups=(("factor", "age"),), time=None)
        return tuple(Sought(replace(key, statistic=name)) for name in ("baseline_median", "baseline_mean"))
    if claim.measure == "risk_reduction":
        return tuple(_reductions(base))
    if claim.measure == "risk_difference":
        return tuple(_differences(claim, lexicon, base))
    if claim.measure == "mean_difference":
        return (replace(base, key=replace(base.key, statistic="ls_mean_difference", time=None)),)
    if claim.measure in ("odds_ratio", "risk_ratio") and lexicon.kinds.get(base.key.endpoint) == "response":
        key = replace(base.key, statistic=claim.measure, groups=(("response", _response(claim)[1]),))
        return (replace(base, key=key), replace(base, key=replace(key, groups=())))
    time = base.key.time if claim.measure in ("number_needed", "p_value") else None
    return tuple(
        replace(base, key=replace(base.key, statistic=one, time=time)) for one in _DIRECT.get(claim.measure, ())
    )


def base_of(claim: Claim, lexicon: Lexicon, names: Mapping[str, str]) -> Sought:
    """Endpoint, arms, population and time of a claim, in the names of the lexicon.

    Args:
        claim: The claim.
        lexicon: Known names.
        names: Endpoint as texts name it → the lexicon's name.

    Returns:
        A key without a statistic.
    """
    endpoint = claim.endpoint if claim.endpoint in lexicon.endpoints else names.get(claim.endpoint, "")
    if not endpoint and claim.endpoint == "death":
        endpoint = names.get("overall_survival", "")
    if not endpoint and claim.endpoint in (*_RESPONSES, *_BEST, "duration_of_response"):
        endpoint = _only(lexicon, "response")
    if not endpoint and (
        claim.endpoint in _EVENTS or claim.measure == "adverse_event_rate" or claim.term or claim.grade
    ):
        endpoint = _only(lexicon, "adverse_events")
    if not endpoint and claim.endpoint not in _ANY:
        endpoint = claim.endpoint  # one that the trial does not have
    arm, versus, swapped = _arms(claim, lexicon)
    time = None
    if claim.time is not None:
        unit = claim.time_unit if claim.time_unit in DAYS_PER_UNIT else lexicon.unit
        time = convert(claim.time.value, cast("TimeUnit", unit), lexicon.unit, days_per_month=lexicon.days_per_month)
        time = float(f"{time:.10g}")
    key = Key(stage="published", statistic="", endpoint=endpoint, population=claim.population, arm=arm, versus=versus,
              time=time)  # fmt: skip
    return Sought(key, swapped=swapped)


def _only(lexicon: Lexicon, kind: str) -> str:
    found = [name for name, own in lexicon.kinds.items() if own == kind]
    return found[0] if len(found) == 1 else ""


def _arms(claim: Claim, lexicon: Lexicon) -> tuple[str, str, bool]:
    """Arm and arm of reference; of a contrast that names none the only pair, and the control always second."""
    if claim.measure not in GENERIC_CONTRAST:
        return claim.arm, "", False
    control = [name for name, role in lexicon.roles.items() if role == "control"]
    experimental = [name for name, role in lexicon.roles.items() if role == "experimental"]
    if claim.versus and control == [claim.arm]:
        return claim.versus, claim.arm, True
    arm = claim.arm or (experimental[0] if len(experimental) == 1 else "")
    if arm in control:
        arm = experimental[0] if len(experimental) == 1 else ""
    return arm, claim.versus or (control[0] if len(control) == 1 else ""), False


def _sizes(claim: Claim, base: Sought) -> tuple[Sought, ...]:
    if claim.of not in _FLOW or claim.endpoint in _EVENTS:
        return ()
    key = replace(base.key, statistic="subjects", endpoint="", time=None)
    if claim.population or claim.of == "analyzed":
        return (Sought(replace(key, groups=(("flow", "analyzed"),))), Sought(key))
    return (Sought(replace(key, groups=(("flow", _FLOW[claim.of]),))),)


def _response(claim: Claim) -> tuple[str, str]:
    return _RESPONSES.get(claim.endpoint, ("response_rate", "objective"))


def _kind(claim: Claim, lexicon: Lexicon) -> tuple[str, str, str] | None:
    """Category, term and grade of adverse events that a claim is about; None where it is about none.

    No category is one that the text does not tell: the share of those with some adverse event.
    """
    if claim.measure != "adverse_event_rate" and claim.endpoint not in _EVENTS and not claim.term and not claim.grade:
        return None
    grade = "" if claim.grade in ("any", "all") else claim.grade
    term = claim.term if claim.term not in ("any", "all") else ""
    if claim.endpoint in _EVENTS or lexicon.kinds.get(claim.endpoint) == "adverse_events":
        return _EVENTS.get(claim.endpoint, "any"), term, grade
    if not term and claim.endpoint:
        term = claim.endpoint  # the text's own words
    return "any" if term or grade or claim.term else "", term, grade


def _shares(claim: Claim, lexicon: Lexicon, base: Sought) -> list[Sought]:
    key, kind = base.key, _kind(claim, lexicon)
    of = lexicon.kinds.get(key.endpoint)
    if kind is not None and of in (None, "adverse_events"):
        return [Sought(replace(key, statistic="ae_proportion", time=None), kind=kind)]
    if claim.endpoint in _BEST:
        key = replace(key, groups=(("response", _BEST[claim.endpoint]),), time=None)
        return [
            Sought(replace(key, statistic="response_rate")),
            Sought(replace(key, statistic="best_response"), "share"),
        ]
    if claim.endpoint == "duration_of_response":
        return [Sought(replace(key, statistic="duration_survival"))] if key.time is not None else []
    if of == "response" or claim.endpoint in _RESPONSES:
        return [Sought(replace(key, statistic=_response(claim)[0], time=None))]
    if of == "continuous":
        return []
    free = Sought(replace(key, statistic="survival"))
    had = [Sought(free.key, "complement"), Sought(replace(key, statistic="cumulative_incidence"))]
    share = [Sought(replace(key, statistic="event_proportion", time=None)),
             Sought(replace(key, statistic="events", time=None), "share")]  # fmt: skip
    if claim.count is not None and key.endpoint:
        return [*share, free, *had] if key.time is not None else [*share, free]
    if claim.endpoint == "death" and claim.endpoint not in lexicon.endpoints:
        return [*had, *share] if key.time is not None else [*share, *had]
    if key.time is not None:
        return [free, *had]
    # "64.8% vs. 53.6%" of a survival are those without an event, of "pain progression" those with one.
    named = "survival" in claim.endpoint or any(
        "survival" in word.lower() for word in lexicon.endpoints.get(key.endpoint, ())
    )
    return [free, *share, *had] if named else [*share, free, *had]


def _reductions(base: Sought) -> list[Sought]:
    key = replace(base.key, time=None)
    names = ("hazard_ratio", "risk_ratio", "odds_ratio", "ae_rate_ratio")
    return [
        replace(base, key=replace(key, statistic="hazard_reduction")),
        *(replace(base, key=replace(key, statistic=name), way="reduction") for name in names),
    ]  # fmt: skip


def _differences(claim: Claim, lexicon: Lexicon, base: Sought) -> list[Sought]:
    kind = _kind(claim, lexicon)
    of = lexicon.kinds.get(base.key.endpoint)
    if kind is not None and of in (None, "adverse_events"):
        return [replace(base, key=replace(base.key, statistic="risk_difference", time=None), kind=kind)]
    if of == "response" or claim.endpoint in _RESPONSES:
        key = replace(base.key, statistic="risk_difference", time=None)
        return [replace(base, key=replace(key, groups=(("response", _response(claim)[1]),))), replace(base, key=key)]
    names = ("survival_difference", "incidence_difference", "risk_difference")
    return [replace(base, key=replace(base.key, statistic=name)) for name in names]
