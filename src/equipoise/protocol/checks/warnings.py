"""What is allowed and probably not meant."""

from __future__ import annotations

from equipoise.protocol.analysis import SafetyAnalysis, TimeToEventAnalysis
from equipoise.protocol.checks.analyses import strata_of
from equipoise.protocol.checks.conditions import conditions
from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.checks.multiplicity import multiplicity_notes
from equipoise.protocol.continuous import ContinuousAnalysis
from equipoise.source import YamlPath
from equipoise.units import days_per

__all__ = ["check_warnings"]

_LONG = 50.0  # years: a landmark beyond is in another unit than its author thought


def check_warnings(draft: Draft) -> None:
    """Note what is allowed and probably not meant.

    Args:
        draft: A valid protocol.
    """
    _levels(draft)
    multiplicity_notes(draft)
    _analyses(draft)
    _endpoints(draft)
    _summaries(draft)
    _times(draft)
    _randomization(draft)
    _plans(draft)
    for path, where in conditions(draft):
        if '"' in where:
            draft.warn("condition_quotes", "double quotes in a condition name a column, not a text", path,
                       "write text in single quotes: SAFFL = 'Y'", value=where)  # fmt: skip


def _levels(draft: Draft) -> None:
    if draft.analysis and not draft.hypotheses:
        draft.warn("no_hypothesis", "no hypothesis is declared: every P value will be nominal", ("hypotheses",),
                   "declare the primary hypothesis and its alpha under `hypotheses`")  # fmt: skip
    total = 0.0
    roots = []
    for name, hypothesis in draft.hypotheses.items():
        if hypothesis.alpha_one_sided is not None:
            total += 2 * hypothesis.alpha_one_sided
        total += hypothesis.alpha_two_sided or 0.0
        if hypothesis.alpha_one_sided is not None or hypothesis.alpha_two_sided is not None:
            roots.append(name)
        analysis = draft.analysis[hypothesis.analysis]
        if analysis.sensitivity_to is not None:
            draft.warn("sensitivity_hypothesis", f"`{name}` claims the result of a sensitivity analysis",
                       ("hypotheses", name, "analysis"), "test the analysis that it probes")  # fmt: skip
    if draft.multiplicity is not None:
        total += draft.multiplicity.alpha * (2 if draft.multiplicity.sides == 1 else 1)
        if total > 0.05 + 1e-9:
            draft.warn("total_alpha", f"the level of the graph is {total:g} two-sided, above 0.05", ("multiplicity",),
                       "declare 0.025 one-sided, or 0.05 two-sided")  # fmt: skip
    elif total > 0.05 + 1e-9:
        draft.warn("total_alpha", f"the levels of {', '.join(roots)} add up to {total:g} two-sided, above 0.05",
                   ("hypotheses", roots[-1]), "share 0.05 among them, or test them in order with `after`")  # fmt: skip


def _analyses(draft: Draft) -> None:
    claimed = {hypothesis.analysis for hypothesis in draft.hypotheses.values()}
    for name, analysis in draft.analysis.items():
        path: YamlPath = ("analysis", name)
        if analysis.sensitivity_to is not None and analysis.why is None:
            draft.warn("no_why", f"`{name}` is a sensitivity analysis that does not say what it asks", path,
                       "add `why:` with the question in words", value=name)  # fmt: skip
        population = draft.populations[analysis.population]
        if isinstance(analysis, SafetyAnalysis) and population.arm == "planned":
            draft.warn("arm", "adverse events are counted by planned arm", (*path, "population"),
                       f"write `arm: actual` for population `{analysis.population}`, or analyze another")  # fmt: skip
        efficacy = draft.endpoints[analysis.endpoint].role == "primary" or name in claimed
        if not isinstance(analysis, SafetyAnalysis) and efficacy and population.arm == "actual":
            draft.warn("arm", "efficacy is analyzed by actual treatment", (*path, "population"),
                       "analyze a population with `arm: planned`")  # fmt: skip
        if isinstance(analysis, TimeToEventAnalysis):
            _weights(draft, analysis, path)


def _weights(draft: Draft, analysis: TimeToEventAnalysis, path: YamlPath) -> None:
    models = {(*path, "estimate"): analysis.estimate}
    models |= {(*path, "also", i): part for i, part in enumerate(analysis.also) if part.kind == "cox"}
    for place, model in models.items():
        if model.weights is not None and model.variance == "model":
            draft.warn("weights", f"the variance takes the weights {model.weights} as counts of subjects",
                       (*place, "weights"), "add `variance: robust`, unless they are counts")  # fmt: skip


def _endpoints(draft: Draft) -> None:
    analyzed = {analysis.endpoint for analysis in draft.analysis.values()}
    parts: set[str] = set()
    for endpoint in draft.endpoints.values():
        parts.update(getattr(endpoint.source, "first_of", ()))
        parts.update(getattr(endpoint.source, "competing", ()))
        parts.update(name for name in (getattr(endpoint, "duration", None),) if name)
        benefit = getattr(endpoint, "clinical_benefit", None)
        if benefit is not None:
            parts.add(benefit.measured_by)
    labels: dict[str, str] = {}
    for name, endpoint in draft.endpoints.items():
        if name not in analyzed and name not in parts:
            draft.warn("not_analyzed", f"endpoint `{name}` is declared and never analyzed", ("endpoints", name),
                       "add an analysis of it", value=name)  # fmt: skip
        other = labels.setdefault(endpoint.label.strip().casefold(), name)
        if other != name:
            draft.warn("same_label", f"endpoints `{other}` and `{name}` have the same label",
                       ("endpoints", name, "label"), "give each a label of its own")  # fmt: skip


def _summaries(draft: Draft) -> None:
    """The number that an estimand asks for is computed by an analysis."""
    for name, endpoint in draft.endpoints.items():
        estimand = getattr(endpoint, "estimand", None)
        analyses = [item for item in draft.analysis.values() if item.endpoint == name]
        if estimand is None or not analyses:
            continue
        computed = {"hazard_ratio", "risk_difference", "odds_ratio", "risk_ratio"}
        for analysis in analyses:
            if isinstance(analysis, TimeToEventAnalysis):
                computed |= {"survival_difference"} if analysis.survival.times else set()
                computed |= {"rmst_difference"} if analysis.rmst is not None else set()
            elif isinstance(analysis, ContinuousAnalysis):
                computed.add("mean_difference")
        if estimand.summary not in computed:
            cure = {"survival_difference": "add landmarks: `survival: {times: [...]}`",
                    "rmst_difference": "remove `rmst: null`"}  # fmt: skip
            draft.warn("summary_not_computed", f"no analysis of `{name}` computes the {estimand.summary} it asks for",
                       ("endpoints", name, "estimand", "summary"),
                       cure.get(estimand.summary, "choose a summary that is computed: hazard_ratio"))  # fmt: skip


def _times(draft: Draft) -> None:
    years = days_per(draft.time.unit, days_per_month=draft.time.days_per_month) / 365.25
    for name, analysis in draft.analysis.items():
        found: list[tuple[YamlPath, float]] = []
        if isinstance(analysis, TimeToEventAnalysis):
            found += [(("survival", "times", position), time) for position, time in enumerate(analysis.survival.times)]
            incidence = analysis.incidence.times if analysis.incidence is not None else ()
            found += [(("incidence", "times", position), time) for position, time in enumerate(incidence)]
            horizon = analysis.rmst.horizon if analysis.rmst is not None else None
            found += [] if horizon is None else [(("rmst", "horizon"), horizon)]
        elif isinstance(analysis, SafetyAnalysis):
            asked = {"mean_cumulative_count": analysis.mean_cumulative_count, "first_event": analysis.first_event}
            for key, spec in asked.items():
                found += [((key, "times", position), time) for position, time in enumerate(spec.times if spec else ())]
        for path, time in found:
            if time * years > _LONG:
                draft.warn("far_time", f"{time:g} {draft.time.unit} are more than {_LONG:g} years",
                           ("analysis", name, *path),
                           f"write landmarks and horizons in {draft.time.unit}")  # fmt: skip


def _randomization(draft: Draft) -> None:
    if draft.randomization is None:
        return
    strata = set(draft.randomization.strata)
    for name, hypothesis in draft.hypotheses.items():
        missing = sorted(strata - set(strata_of(draft.analysis[hypothesis.analysis])))
        if missing and len(missing) == len(strata):
            draft.warn("unadjusted", f"`{name}` is tested without the strata of the randomization",
                       ("hypotheses", name, "analysis"), "name them as strata of the test and the model")  # fmt: skip


def _plans(draft: Draft) -> None:
    planned = draft.trial.planned if draft.trial is not None else None
    for name, design in draft.design.items():
        enrollment = draft.scenarios[design.assume].enrollment
        if enrollment is not None and planned is not None and enrollment.patients != planned:
            draft.warn("planned", f"the design of `{name}` enrolls {enrollment.patients}; the trial plans {planned}",
                       ("design", name, "assume"), "let `trial.planned` and the scenario agree")  # fmt: skip
        for position, look in enumerate(design.looks):
            if look.latest is not None and (enrollment is None or enrollment.start is None):
                draft.warn("looks", f"the plan leaves this day out: scenario `{design.assume}` does not say when "
                           "enrollment starts", ("design", name, "looks", position, "latest"),
                           f"add `start:` under `scenarios.{design.assume}.enrollment`")  # fmt: skip
    for name, scenario in draft.scenarios.items():
        if scenario.enrollment is None or not scenario.enrollment.per_month:
            continue
        start = total = 0.0
        for piece in scenario.enrollment.per_month:
            total += piece.rate * ((piece.until or float("inf")) - start) if piece.rate else 0.0
            start = piece.until or start
        if total < 0.99 * scenario.enrollment.patients:
            draft.warn("enrollment", f"the rates of `{name}` enroll {total:.0f} of {scenario.enrollment.patients}",
                       ("scenarios", name, "enrollment", "per_month"),
                       "go on for longer, or enroll faster")  # fmt: skip
