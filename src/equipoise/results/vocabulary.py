"""Names of statistics: what each is called in print, its unit, its possible range and how it is displayed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["VOCABULARY", "Display", "Term", "term"]

Display = Literal["count", "percent", "points", "ratio", "time", "rate", "number", "p", "text"]
# percent: a fraction shown as %; points: a difference of fractions in percentage points; time: converted to the
# trial's display unit.


@dataclass(frozen=True, slots=True)
class Term:
    """One name of the vocabulary.

    Attributes:
        name: Slug used in keys.
        label: What print calls it.
        display: How `results.display` formats it.
        lowest: Smallest possible value, None for no bound.
        highest: Largest possible value, None for no bound.
    """

    name: str
    label: str
    display: Display
    lowest: float | None = None
    highest: float | None = None


def _terms(*rows: tuple[str, str, Display, float | None, float | None]) -> dict[str, Term]:
    return {row[0]: Term(*row) for row in rows}


VOCABULARY: dict[str, Term] = _terms(
    # Who was there
    ("subjects", "Subjects", "count", 0, None),  # groups: ("flow", ...), ("flow", ...)+("reason", ...)
    ("follow_up_median", "Median follow-up (reverse Kaplan-Meier)", "time", 0, None),
    ("data_cut", "Data cut", "text", None, None),
    ("enrollment_start", "Start of enrollment", "text", None, None),  # published facts: a date, or a month
    ("enrollment_end", "End of enrollment", "text", None, None),
    ("sites", "Sites", "count", 0, None),
    # Baseline; groups ("factor", f) and, for counts, ("level", l)
    ("baseline_n", "n", "count", 0, None),
    ("baseline_missing", "Missing", "count", 0, None),
    ("baseline_mean", "Mean", "number", None, None),
    ("baseline_sd", "SD", "number", 0, None),
    ("baseline_median", "Median", "number", None, None),
    ("baseline_q1", "Lower quartile", "number", None, None),
    ("baseline_q3", "Upper quartile", "number", None, None),
    ("baseline_min", "Minimum", "number", None, None),
    ("baseline_max", "Maximum", "number", None, None),
    ("baseline_count", "Subjects with level", "count", 0, None),
    ("baseline_proportion", "Proportion with level", "percent", 0, 1),
    # Time to event
    ("events", "Events", "count", 0, None),
    ("censored", "Censored", "count", 0, None),  # groups: () or ("reason", description)
    ("competing_events", "Competing events", "count", 0, None),
    ("at_risk", "At risk", "count", 0, None),  # time
    ("survival", "Event-free probability", "percent", 0, 1),  # time
    ("survival_difference", "Difference in event-free probability", "points", -1, 1),
    ("median", "Median", "time", 0, None),
    ("quantile", "Quantile", "time", 0, None),  # groups: ("probability", "0.25")
    ("observed_minus_expected", "Observed minus expected events", "number", None, None),
    ("z", "z (positive favours experimental)", "number", None, None),
    ("chi_square", "Chi-square", "number", 0, None),
    ("p_value", "P", "p", 0, 1),
    ("hazard_ratio", "Hazard ratio", "ratio", 0, None),
    ("hazard_reduction", "Reduction in hazard (1 - hazard ratio)", "percent", None, 1),
    ("covariate_hazard_ratio", "Hazard ratio of a covariate", "ratio", 0, None),  # groups: ("covariate", ...)
    ("rmst", "Restricted mean survival time", "time", 0, None),
    ("rmst_difference", "Difference in restricted mean survival time", "time", None, None),
    ("rmst_ratio", "Ratio of restricted mean survival times", "ratio", 0, None),
    ("rmst_horizon", "Horizon of restricted means", "time", 0, None),
    ("interaction_chi_square", "Interaction chi-square (likelihood ratio)", "number", 0, None),
    ("interaction_p_value", "Interaction P", "p", 0, 1),
    ("average_hazard_ratio", "Average hazard ratio", "ratio", 0, None),
    # Competing events and first events; groups ("cause", "event" | "competing") or ("category", ...)
    ("cumulative_incidence", "Cumulative incidence", "percent", 0, 1),  # time
    ("incidence_difference", "Difference in cumulative incidence", "points", -1, 1),  # time
    ("subdistribution_hazard_ratio", "Subdistribution hazard ratio", "ratio", 0, None),
    ("covariate_subdistribution_hazard_ratio", "Subdistribution hazard ratio of a covariate", "ratio", 0, None),
    # Continuous endpoints
    ("mean", "Mean", "number", None, None),
    ("sd", "SD", "number", 0, None),
    ("ls_mean", "Least-squares mean", "number", None, None),
    ("ls_mean_difference", "Difference in least-squares means", "number", None, None),
    ("value_median", "Median", "number", None, None),  # groups: ("visit", ...), ("measure", ...)
    ("value_min", "Minimum", "number", None, None),
    ("value_max", "Maximum", "number", None, None),
    ("residual_sd", "Residual SD", "number", 0, None),
    ("slope", "Change per unit of dose", "number", None, None),
    ("t", "t (sign of the difference)", "number", None, None),
    ("f", "F", "number", 0, None),
    # Response
    ("best_response", "Best overall response", "count", 0, None),  # groups: ("response", "CR")
    ("responders", "Responders", "count", 0, None),
    ("response_rate", "Response rate", "percent", 0, 1),
    ("disease_control_rate", "Disease control rate", "percent", 0, 1),
    ("clinical_benefit_rate", "Clinical benefit rate", "percent", 0, 1),
    ("risk_difference", "Difference in proportions", "points", -1, 1),
    ("risk_ratio", "Ratio of proportions", "ratio", 0, None),
    ("odds_ratio", "Odds ratio", "ratio", 0, None),
    ("number_needed", "Number needed to treat or harm", "number", None, None),
    ("duration_median", "Median duration of response", "time", 0, None),
    ("duration_events", "Responders whose response ended", "count", 0, None),
    ("duration_survival", "Responses lasting", "percent", 0, 1),  # time
    # Published facts only
    ("event_proportion", "Subjects with an event", "percent", 0, 1),
    ("rate_ratio", "Rate ratio", "ratio", 0, None),
    # Safety; groups ("category", ...), ("soc", ...), ("term", ...), ("grade", "3+")
    ("ae_subjects", "Subjects with adverse events", "count", 0, None),
    ("ae_proportion", "Subjects with adverse events", "percent", 0, 1),
    ("ae_events", "Adverse events", "count", 0, None),
    ("ae_rate", "Exposure-adjusted rate", "rate", 0, None),
    ("ae_rate_difference", "Difference in exposure-adjusted rates", "rate", None, None),
    ("ae_rate_ratio", "Ratio of exposure-adjusted rates", "ratio", 0, None),
    ("ae_incidence_rate", "Exposure-adjusted incidence rate", "rate", 0, None),
    ("ae_incidence_rate_difference", "Difference in exposure-adjusted incidence rates", "rate", None, None),
    ("ae_incidence_rate_ratio", "Ratio of exposure-adjusted incidence rates", "ratio", 0, None),
    ("mean_count", "Mean cumulative count", "number", 0, None),  # time
    ("mean_count_difference", "Difference in mean cumulative counts", "number", None, None),  # time
    ("exposure_total", "Total exposure", "time", 0, None),
    ("exposure_median", "Median exposure", "time", 0, None),
    # Hypotheses
    ("significance_level", "Significance level", "p", 0, 1),
    ("decision", "Decision", "text", None, None),  # text: rejected | not rejected | not tested
    # Design; look, under "h0" | "h1"
    ("planned_time", "Time since the first randomization", "time", 0, None),
    ("planned_date", "Date", "text", None, None),
    ("planned_events", "Events", "number", 0, None),
    ("planned_enrolled", "Enrolled", "number", 0, None),
    ("information_fraction", "Information fraction", "percent", 0, None),
    ("statistical_information", "Information", "number", 0, None),
    ("efficacy_z", "Efficacy bound (z)", "number", None, None),
    ("efficacy_p", "Efficacy bound (one-sided P)", "p", 0, 1),
    ("efficacy_hazard_ratio", "Efficacy bound (hazard ratio)", "ratio", 0, None),
    ("efficacy_estimate", "Efficacy bound (difference)", "number", None, None),
    ("alpha_spent", "Alpha spent (cumulative)", "p", 0, 1),
    ("futility_z", "Futility bound (z)", "number", None, None),
    ("futility_p", "Futility bound (one-sided P)", "p", 0, 1),
    ("futility_hazard_ratio", "Futility bound (hazard ratio)", "ratio", 0, None),
    ("futility_estimate", "Futility bound (difference)", "number", None, None),
    ("beta_spent", "Beta spent (cumulative)", "p", 0, 1),
    ("harm_z", "Harm bound (z)", "number", None, None),
    ("harm_hazard_ratio", "Harm bound (hazard ratio)", "ratio", 0, None),
    ("stop_efficacy", "Probability to stop for efficacy", "percent", 0, 1),
    ("stop_futility", "Probability to stop for futility", "percent", 0, 1),
    ("stop_harm", "Probability to cross the harm bound", "percent", 0, 1),
    ("cumulative_power", "Cumulative power", "percent", 0, 1),
    ("power", "Power", "percent", 0, 1),
    ("type_one_error", "Type I error", "p", 0, 1),
    ("type_one_error_ignoring_futility", "Type I error when futility is ignored", "p", 0, 1),
    ("maximum_events", "Events at the last look", "number", 0, None),
    ("maximum_patients", "Patients", "count", 0, None),
    ("possible_events", "Events that can ever be seen", "number", 0, None),
    ("fixed_sample_events", "Events of a design with one look", "number", 0, None),
    ("inflation_factor", "Inflation factor", "number", 0, None),
    ("accrual_duration", "Duration of enrollment", "time", 0, None),
    ("follow_up_after_accrual", "Follow-up after the last randomization", "time", 0, None),
    ("study_duration", "Time of the last look", "time", 0, None),
    ("expected_events", "Expected events", "number", 0, None),
    ("expected_patients", "Expected patients", "number", 0, None),
    ("expected_duration", "Expected duration", "time", 0, None),
    ("assumed_hazard_ratio", "Assumed hazard ratio", "ratio", 0, None),
    ("assumed_median", "Assumed median", "time", 0, None),
    ("assumed_rate", "Assumed response rate", "percent", 0, 1),
    ("assumed_difference", "Assumed difference", "number", None, None),
    ("noninferiority_margin", "Margin of non-inferiority", "number", None, None),
    ("solved", "Solved for", "text", None, None),
    # Simulation; scenario, under "h0" | "h1", look. Where the design has the same quantity, so have its names
    ("trials", "Simulated trials", "count", 0, None),
    ("degenerate_trials", "Trials without a statistic at the last look", "count", 0, None),
    ("power_ignoring_futility", "Power when futility is ignored", "percent", 0, 1),
    ("disjunctive_power", "Probability to reject any hypothesis", "percent", 0, 1),
    ("conjunctive_power", "Probability to reject all hypotheses", "percent", 0, 1),
    ("family_wise_error", "Family-wise type I error", "p", 0, 1),
    ("type_one_error_lower", "Type I error, lower tail", "p", 0, 1),
    ("cumulative_error", "Cumulative type I error", "p", 0, 1),
    ("tested_share", "Trials in which the hypothesis is tested", "percent", 0, 1),
    ("stop_neither", "Probability to end with neither", "percent", 0, 1),
    ("look_held", "Trials in which the look takes place", "percent", 0, 1),
    ("reached_events", "Trials with the events that the look waits for", "percent", 0, 1),
    ("look_events", "Events at the look", "number", 0, None),
    ("look_patients", "Patients at the look", "number", 0, None),
    ("look_time", "Time of the look", "time", 0, None),
    ("look_time_sd", "Standard deviation of the time of the look", "time", 0, None),
    ("look_time_quantile", "Quantile of the time of the look", "time", 0, None),  # groups: ("probability", "0.05")
    ("duration_sd", "Standard deviation of the duration", "time", 0, None),
    ("duration_quantile", "Quantile of the duration", "time", 0, None),  # groups: ("probability", "0.05")
    ("mean_z", "Mean of z", "number", None, None),
    ("sd_z", "Standard deviation of z", "number", 0, None),
    # groups: ("given", "ended") where testing ends at the look; of ratios geometric means, errors on the log scale
    ("mean_estimate", "Mean estimate", "number", None, None),
    ("sd_estimate", "Standard deviation of the estimate", "number", 0, None),
    ("true_value", "True value", "number", None, None),
    ("bias", "Bias", "number", None, None),
    ("median_bias", "Median bias", "number", None, None),
    ("coverage", "Coverage of the interval", "percent", 0, 1),
    ("above_true", "Estimates above the true value", "percent", 0, 1),
    ("analytic_power", "Power by the design's formula", "percent", 0, 1),
    ("analytic_type_one_error", "Type I error by the design", "p", 0, 1),
    ("analytic_cumulative_power", "Cumulative power by the design's formula", "percent", 0, 1),
    ("analytic_look_time", "Time of the look by the design", "time", 0, None),
    ("analytic_expected_events", "Expected events by the design", "number", 0, None),
    ("analytic_expected_patients", "Expected patients by the design", "number", 0, None),
    ("analytic_expected_duration", "Expected duration by the design", "time", 0, None),
    ("power_gap", "Simulated less analytic power", "points", -1, 1),  # text: "" | differs
    ("type_one_error_gap", "Simulated less analytic type I error", "points", -1, 1),  # text: "" | differs
    # Monitoring; look, data_cut
    ("spending_time", "Spending time", "percent", 0, 1),
    ("enrolled", "Enrolled", "count", 0, None),
    ("conditional_power", "Conditional power", "percent", 0, 1),  # under "h0" | "design" | "trend"
    ("predictive_power", "Predictive power", "percent", 0, 1),
    ("predicted_date", "Predicted date", "text", None, None),  # groups: ("event", "330")
    ("predicted_time", "Predicted time since the first randomization", "time", 0, None),  # groups: ("event", "330")
    ("predicted_events", "Predicted events", "number", 0, None),  # time
    ("predicted_enrolled", "Predicted enrolled", "number", 0, None),  # time
    ("probability_never", "Probability never to be reached", "percent", 0, 1),  # groups: ("event", "330")
    # Reconstruction from a digitized curve
    ("curve_deviation", "Distance of the clicks from the rebuilt curve (root mean square)", "percent", 0, 1),
    ("curve_deviation_max", "Largest distance of a click from the rebuilt curve", "percent", 0, 1),
    ("at_risk_mismatch", "Largest difference from the reported numbers at risk", "count", 0, None),
)


def term(name: str) -> Term:
    """The vocabulary's entry for `name`.

    Args:
        name: Name of a statistic.

    Raises:
        KeyError: On a name that the vocabulary does not have; rows with such names are defects.
    """
    return VOCABULARY[name]
