"""What a statistic needs to be told apart: a time, an endpoint of some kind, one arm or two."""

from __future__ import annotations

from typing import Final

__all__ = ["ALIASES", "CONTRASTS", "KINDS_OF", "LANDMARKS", "NO_ENDPOINT", "PERCENT_UNITS"]

CONTRASTS: Final = frozenset({
    "hazard_ratio", "hazard_reduction", "survival_difference", "incidence_difference", "rmst_difference", "rmst_ratio",
    "average_hazard_ratio", "subdistribution_hazard_ratio", "risk_difference", "risk_ratio", "odds_ratio",
    "number_needed", "ls_mean_difference", "ae_rate_difference", "ae_rate_ratio", "ae_incidence_rate_difference",
    "ae_incidence_rate_ratio", "mean_count_difference", "rate_ratio",
})  # fmt: skip
"""Statistics of an arm against another."""

LANDMARKS: Final = frozenset({
    "survival", "survival_difference", "cumulative_incidence", "incidence_difference", "at_risk", "rmst",
    "rmst_difference", "rmst_ratio", "duration_survival", "mean_count", "mean_count_difference",
})  # fmt: skip
"""Statistics that mean nothing without a time."""

NO_ENDPOINT: Final = frozenset({
    "subjects", "sites", "enrollment_start", "enrollment_end", "follow_up_median", "data_cut", "enrolled",
    "exposure_total", "exposure_median", "ae_subjects",
    "ae_proportion", "ae_events", "ae_rate", "ae_rate_difference", "ae_rate_ratio", "ae_incidence_rate",
    "ae_incidence_rate_difference", "ae_incidence_rate_ratio", "planned_time", "planned_date", "planned_events",
    "planned_enrolled", "significance_level", "accrual_duration", "maximum_patients",
})  # fmt: skip
"""Statistics that need no endpoint; those of the baseline neither."""

_SURVIVAL: Final = (
    "survival", "survival_difference", "median", "quantile", "hazard_ratio", "hazard_reduction", "rmst",
    "rmst_difference", "rmst_ratio", "average_hazard_ratio", "censored", "at_risk",
)  # fmt: skip
_RESPONSE: Final = ("best_response", "responders", "response_rate", "disease_control_rate", "clinical_benefit_rate")
KINDS_OF: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(_SURVIVAL, ("time_to_event",)),
    **dict.fromkeys(_RESPONSE, ("response",)),
    **dict.fromkeys(("duration_median", "duration_events", "duration_survival"), ("response", "time_to_event")),
    **dict.fromkeys(("ae_subjects", "ae_proportion", "ae_events", "ae_rate"), ("adverse_events",)),
}
"""Statistic → kinds of endpoint that it can be of; others can be of any."""

ALIASES: Final = {
    "hr": "hazard_ratio", "or": "odds_ratio", "rr": "risk_ratio", "nnt": "number_needed", "orr": "response_rate",
    "objective_response": "response_rate", "cbr": "clinical_benefit_rate", "dcr": "disease_control_rate",
    "arm_size": "subjects", "sample_size": "subjects", "n": "subjects", "patients": "subjects",
    "randomized": "subjects", "deaths": "events", "p": "p_value", "follow_up": "follow_up_median",
    "risk_reduction": "hazard_reduction", "rate": "survival", "os": "survival", "pfs": "survival",
    "survival_rate": "survival", "landmark": "survival", "median_survival": "median", "dor": "duration_median",
    "duration_of_response": "duration_median", "adverse_events": "ae_proportion", "ae_percent": "ae_proportion",
    "adverse_event_rate": "ae_proportion",
}  # fmt: skip
"""What a writer may look for → its name in the vocabulary."""

PERCENT_UNITS: Final = ("%", "percent", "percentage points", "points")
"""Words of `unit` that say what a percent sign says."""
