"""Cox models: what they refer to, and options that contradict each other."""

from __future__ import annotations

from equipoise.protocol.analysis import CoxEstimate, TimeToEventAnalysis
from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.checks.subjects import each_once
from equipoise.protocol.endpoints import DerivedSource, TimeToEventEndpoint
from equipoise.source import YamlPath

__all__ = ["check_cox"]


def check_cox(draft: Draft, analysis: TimeToEventAnalysis, model: CoxEstimate, path: YamlPath) -> None:
    """A model can be fitted as declared: covariates exist, changes in time have times, options go together.

    Args:
        draft: The protocol under examination.
        analysis: The analysis that the model belongs to.
        model: The model.
        path: Where it stands.
    """
    each_once(draft, model.covariates, (*path, "covariates"))
    for position, name in enumerate(model.covariates):
        if draft.refer("factors", name, (*path, "covariates", position)) and name in model.strata:
            draft.report("covariate", f"`{name}` is both a stratum and a covariate of one model",
                         (*path, "covariates", position),
                         "keep one: within a stratum the covariate does not vary")  # fmt: skip
    _time_dependent(draft, analysis, model, path)
    _options(draft, model, path)
    if analysis.proportional_hazards is not None and model is analysis.estimate:
        what = f"`ties: {model.ties}`" if model.ties in ("discrete", "exact") else ""
        what = what or ("`penalty: firth`" if model.penalty == "firth" else "")
        if what:
            draft.report("cox_options", f"the test of proportional hazards is not defined for a model with {what}",
                         (*path[:2], "proportional_hazards"),
                         "declare it in an analysis whose `estimate` has `ties: efron`")  # fmt: skip


def _time_dependent(draft: Draft, analysis: TimeToEventAnalysis, model: CoxEstimate, path: YamlPath) -> None:
    each_once(draft, model.time_dependent, (*path, "time_dependent"))
    times = [name for name, endpoint in draft.endpoints.items() if isinstance(endpoint, TimeToEventEndpoint)]
    own = draft.endpoints.get(analysis.endpoint)
    source = own.source if isinstance(own, TimeToEventEndpoint) else None
    outcome = {analysis.endpoint, *(source.first_of if isinstance(source, DerivedSource) else ())}
    for position, name in enumerate(model.time_dependent):
        here: YamlPath = (*path, "time_dependent", position)
        if not draft.refer("endpoints", name, here, among=times, what="time-to-event endpoint"):
            continue
        if name in draft.endpoints and name not in times:
            draft.report("kind", f"`{name}` is not a time-to-event endpoint", here,
                         "name an endpoint of `kind: time_to_event`")  # fmt: skip
        elif name in outcome:
            draft.report("covariate", f"`{name}` is part of the outcome: after its event nobody is at risk", here,
                         "name an endpoint whose event happens before the outcome, such as a new therapy")  # fmt: skip
        elif name in model.covariates:
            draft.report("covariate", f"`{name}` is both a factor and an endpoint among the covariates of one model",
                         here, "rename one of them")  # fmt: skip


def _options(draft: Draft, model: CoxEstimate, path: YamlPath) -> None:
    """Combinations for which there is no accepted method, or none that is implemented."""
    robust, firth = model.variance == "robust", model.penalty == "firth"
    slow = model.ties in ("discrete", "exact")
    if model.cluster is not None and not robust:
        draft.report("cox_options", "clusters need the robust variance", (*path, "cluster"),
                     "add `variance: robust`")  # fmt: skip
    if robust and model.interval == "profile":
        draft.report("cox_options", "profile-likelihood limits know nothing of a robust variance",
                     (*path, "interval"), "write `interval: wald`, or `variance: model`")  # fmt: skip
    if slow and (robust or firth or model.weights is not None):
        other = "the robust variance" if robust else "Firth's penalty" if firth else "case weights"
        draft.report("cox_options", f"`ties: {model.ties}` can't be combined with {other}", (*path, "ties"),
                     "write `ties: efron` or `ties: breslow`", value=model.ties)  # fmt: skip
    if firth and (robust or model.weights is not None):
        other = "the robust variance" if robust else "case weights"
        draft.report("cox_options", f"Firth's penalty can't be combined with {other}", (*path, "penalty"),
                     "remove one of them")  # fmt: skip
