"""How many events, when to look, where the boundaries are: the design of a trial, before there are data.

Small verbs on frozen values. Names are imported on first use (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from equipoise.design.assumed import assumptions_of, pair_of
    from equipoise.design.assumptions import (
        Accrual,
        Assumptions,
        Group,
        Steps,
    )
    from equipoise.design.boundaries import Boundaries, efficacy_boundaries
    from equipoise.design.efficacy import (
        Efficacy,
        FixedZ,
        HaybittlePeto,
        OBrienFleming,
        Pocock,
        Spend,
        WangTsiatis,
    )
    from equipoise.design.expected import (
        Expected,
        most_events,
        quantiles_of_event,
        time_of_events,
        times_of_events,
    )
    from equipoise.design.futility import (
        Futility,
        FutilityConditionalPower,
        FutilityHazardRatio,
        FutilityZ,
        NoFutility,
        SpendBeta,
    )
    from equipoise.design.graph import Graph, GraphResult, GraphStep, fixed_sequence, holm
    from equipoise.design.harm import HarmHazardRatio, HarmProbabilities, HarmZ, harm_bounds, harm_probabilities
    from equipoise.design.information import require_effect
    from equipoise.design.max_combo_information import MaxComboPower, max_combo_bounds, max_combo_power
    from equipoise.design.multiplicity import GraphDecision, LookDecision, Rejection, sequential_graph
    from equipoise.design.plan import Plan, plan_of
    from equipoise.design.rates import rate_information
    from equipoise.design.sequential import SequentialDesign, sequential_design
    from equipoise.design.sequential_p import SequentialHypothesis, bounds_at, sequential_p_value, sequential_p_values
    from equipoise.design.sizing import Sized, Test, design, info, power
    from equipoise.design.spending import (
        ExponentialType,
        HwangShihDeCani,
        KimDeMets,
        ListedAlpha,
        OBrienFlemingType,
        PocockType,
        UserSpending,
    )
    from equipoise.design.statistics import (
        FlemingHarrington,
        Information,
        LogRank,
        MaxCombo,
        Milestone,
        ModestlyWeighted,
        RateDifference,
        RestrictedMean,
    )
    from equipoise.design.text import Paragraph, paragraphs
    from equipoise.design.timing import LookRule
    from equipoise.design.workflow import design_trial


# One line a name: its module in this room.
_HOME = {
    "Graph": "graph",
    "GraphResult": "graph",
    "GraphStep": "graph",
    "fixed_sequence": "graph",
    "holm": "graph",
    "HarmHazardRatio": "harm",
    "HarmProbabilities": "harm",
    "HarmZ": "harm",
    "harm_bounds": "harm",
    "harm_probabilities": "harm",
    "GraphDecision": "multiplicity",
    "LookDecision": "multiplicity",
    "Rejection": "multiplicity",
    "sequential_graph": "multiplicity",
    "SequentialHypothesis": "sequential_p",
    "bounds_at": "sequential_p",
    "sequential_p_value": "sequential_p",
    "sequential_p_values": "sequential_p",
    "Sized": "sizing",
    "Test": "sizing",
    "design": "sizing",
    "info": "sizing",
    "power": "sizing",
    "LookRule": "timing",
    "Plan": "plan",
    "plan_of": "plan",
    "design_trial": "workflow",
    "Paragraph": "text",
    "paragraphs": "text",
    "assumptions_of": "assumed",
    "pair_of": "assumed",
    "MaxComboPower": "max_combo_information",
    "max_combo_bounds": "max_combo_information",
    "max_combo_power": "max_combo_information",
    "Accrual": "assumptions",
    "Assumptions": "assumptions",
    "Group": "assumptions",
    "Steps": "assumptions",
    "Expected": "expected",
    "most_events": "expected",
    "quantiles_of_event": "expected",
    "time_of_events": "expected",
    "times_of_events": "expected",
    "require_effect": "information",
    "rate_information": "rates",
    "FlemingHarrington": "statistics",
    "Information": "statistics",
    "LogRank": "statistics",
    "MaxCombo": "statistics",
    "Milestone": "statistics",
    "ModestlyWeighted": "statistics",
    "RateDifference": "statistics",
    "RestrictedMean": "statistics",
    "Boundaries": "boundaries",
    "Efficacy": "efficacy",
    "FixedZ": "efficacy",
    "HaybittlePeto": "efficacy",
    "OBrienFleming": "efficacy",
    "Pocock": "efficacy",
    "Spend": "efficacy",
    "WangTsiatis": "efficacy",
    "efficacy_boundaries": "boundaries",
    "Futility": "futility",
    "FutilityConditionalPower": "futility",
    "FutilityHazardRatio": "futility",
    "FutilityZ": "futility",
    "NoFutility": "futility",
    "SpendBeta": "futility",
    "SequentialDesign": "sequential",
    "sequential_design": "sequential",
    "ExponentialType": "spending",
    "HwangShihDeCani": "spending",
    "KimDeMets": "spending",
    "ListedAlpha": "spending",
    "OBrienFlemingType": "spending",
    "PocockType": "spending",
    "UserSpending": "spending",
}

__all__ = [
    "Accrual",
    "Assumptions",
    "Boundaries",
    "Efficacy",
    "Expected",
    "ExponentialType",
    "FixedZ",
    "FlemingHarrington",
    "Futility",
    "FutilityConditionalPower",
    "FutilityHazardRatio",
    "FutilityZ",
    "Graph",
    "GraphDecision",
    "GraphResult",
    "GraphStep",
    "Group",
    "HarmHazardRatio",
    "HarmProbabilities",
    "HarmZ",
    "HaybittlePeto",
    "HwangShihDeCani",
    "Information",
    "KimDeMets",
    "ListedAlpha",
    "LogRank",
    "LookDecision",
    "LookRule",
    "MaxCombo",
    "MaxComboPower",
    "Milestone",
    "ModestlyWeighted",
    "NoFutility",
    "OBrienFleming",
    "OBrienFlemingType",
    "Paragraph",
    "Plan",
    "Pocock",
    "PocockType",
    "RateDifference",
    "Rejection",
    "RestrictedMean",
    "SequentialDesign",
    "SequentialHypothesis",
    "Sized",
    "Spend",
    "SpendBeta",
    "Steps",
    "Test",
    "UserSpending",
    "WangTsiatis",
    "assumptions_of",
    "bounds_at",
    "design",
    "design_trial",
    "efficacy_boundaries",
    "fixed_sequence",
    "harm_bounds",
    "harm_probabilities",
    "holm",
    "info",
    "max_combo_bounds",
    "max_combo_power",
    "most_events",
    "pair_of",
    "paragraphs",
    "plan_of",
    "power",
    "quantiles_of_event",
    "rate_information",
    "require_effect",
    "sequential_design",
    "sequential_graph",
    "sequential_p_value",
    "sequential_p_values",
    "time_of_events",
    "times_of_events",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
