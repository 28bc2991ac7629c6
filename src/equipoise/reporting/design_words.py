"""What a design assumes and how it is bounded, in words, as declared in the protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equipoise.reporting.context import Context, lower_first
from equipoise.results.display import format_fraction, format_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equipoise.protocol.designs import Design
    from equipoise.protocol.scenarios import Loss, Scenario, StratumAssumption

__all__ = [
    "assumption_items",
    "bound_words",
    "design_label",
    "hypothesis_label",
    "method_label",
    "null_words",
    "rule_items",
    "scenario_label",
    "varied_label",
    "vary_label",
]

_NB = "\u00a0"
_SPENDING = {
    "obrien_fleming": "O'Brien-Fleming-type spending",
    "pocock": "Pocock-type spending",
    "hwang_shih_decani": "Hwang-Shih-DeCani spending",
    "kim_demets": "Kim-DeMets spending",
    "exponential": "exponential spending",
}
_PARAMETER = {"hwang_shih_decani": "gamma", "kim_demets": "rho", "exponential": "nu"}
_SHAPES = {
    "pocock": "Pocock's constant bound",
    "obrien_fleming": "O'Brien and Fleming's exact bound",
    "wang_tsiatis": "Wang and Tsiatis's bound",
    "haybittle_peto": "Haybittle-Peto bound",
}
_METHODS = {
    "schoenfeld": "Schoenfeld's formula",
    "freedman": "Freedman's formula",
    "hsieh_freedman": "Hsieh and Freedman's formula",
    "average_hazard_ratio": "the average hazard ratio",
    "score": "the score statistic's drift",
}
_VARIED = {
    "hazard_ratio": "Hazard ratio",
    "control_median": "Control median",
    "dropout": "Hazard of dropout",
    "accrual": "Enrollment rate, times",
    "delay": "No effect before",
}


def hypothesis_label(context: Context, name: str) -> str:
    """What a hypothesis is called on a page: its analysis, with the comparison where the trial has several.

    Args:
        context: Bundle and protocol.
        name: Name of the hypothesis.
    """
    declared = context.protocol.hypotheses.get(name)
    if declared is None:
        return name or "All hypotheses"
    label = context.analysis_label(declared.analysis)
    shared = sum(one.analysis == declared.analysis for one in context.protocol.hypotheses.values()) > 1
    return f"{label}: {context.contrast(declared.arm, context.protocol.control)}" if declared.arm and shared else label


def scenario_label(context: Context, name: str) -> str:
    """What a scenario is called.

    Args:
        context: Bundle and protocol.
        name: Its name.
    """
    declared = context.protocol.scenarios.get(name)
    return (declared.label if declared is not None else None) or name


def design_label(context: Context, hypothesis: str, name: str) -> str:
    """What a design is called beside others: its label, else its name.

    Args:
        context: Bundle and protocol.
        hypothesis: Its hypothesis.
        name: Name of the alternative; "" for the declared design.
    """
    declared = context.protocol.design.get(hypothesis)
    if not name:
        return (declared.label if declared is not None else None) or "As declared"
    other = declared.alternatives.get(name) if declared is not None else None
    return (other.label if other is not None else None) or scenario_label(context, name)


def vary_label(context: Context, name: str, value: str) -> str:
    """A value of a sensitivity analysis in words.

    Args:
        context: Bundle and protocol.
        name: What is varied.
        value: Its value.
    """
    unit = f" {context.protocol.time.unit}" if name in ("control_median", "delay") else ""
    return f"{varied_label(name)} {value}{unit}"


def varied_label(name: str) -> str:
    """What a sensitivity analysis varies.

    Args:
        name: Its name.
    """
    return _VARIED.get(name, name.replace("_", " ").capitalize())


def method_label(design: Design) -> str:
    """The formula that relates events to power.

    Args:
        design: The declared design.
    """
    return _METHODS.get(design.method or "", "")


def null_words(context: Context, hypothesis: str) -> str:
    """The null hypothesis, where it is one of non-inferiority; else "".

    Args:
        context: Bundle and protocol.
        hypothesis: Name of the hypothesis.
    """
    declared = context.protocol.hypotheses.get(hypothesis)
    if declared is None or declared.margin is None:
        return ""
    return f"Non-inferiority with a margin of {format_plain(declared.margin)}."


def assumption_items(context: Context, scenario: str, endpoint: str, arm: str | None = None) -> list[tuple[str, str]]:
    """Assumptions of a scenario about one endpoint, as names with their words.

    Args:
        context: Bundle and protocol.
        scenario: Name of the scenario.
        endpoint: Name of the endpoint.
        arm: The experimental arm that it is about, where there are several; None for all.
    """
    declared = context.protocol.scenarios.get(scenario)
    if declared is None:
        return []
    items = [("Scenario", scenario_label(context, scenario))]
    enrollment = declared.enrollment
    if enrollment is not None:
        items.append(("Enrollment", _enrollment(context, enrollment)))
    arms = context.protocol.arms
    ratio = ":".join(format_plain(arm.ratio) for arm in arms.values())
    items.append(("Allocation", f"{ratio} ({', '.join(arm.label for arm in arms.values())})"))
    for name, assumed in declared.endpoints.get(endpoint, {}).items():
        if arm is None or name in (arm, context.protocol.control):
            items.append((context.arm(name), _assumed_by_stratum(context, declared, assumed)))
    found = context.protocol.endpoints.get(endpoint)
    if found is not None and found.kind == "time_to_event":
        items.append(("Dropout", _dropout(context, declared)))
    return [(name, words) for name, words in items if words]


def _enrollment(context: Context, enrollment: Any) -> str:
    unit = context.protocol.time.unit
    words = f"{format_plain(enrollment.patients)} patients"
    if enrollment.duration is not None:
        words += f", evenly over {format_plain(enrollment.duration)} {unit}"
    if enrollment.per_month:
        pieces = [(piece.until, format_plain(piece.rate)) for piece in enrollment.per_month]
        words += f"; {_stepped(context, pieces, ' a month')}"
    if enrollment.start is not None:
        words += f"; first randomization on {enrollment.start.isoformat()}"
    return words


def _stepped(context: Context, pieces: Sequence[tuple[float | None, str]], per: str = "") -> str:
    """Steps in words: "5 until 6 months, then 11.3"."""
    unit = context.protocol.time.unit
    said = []
    for place, (until, value) in enumerate(pieces):
        last = place == len(pieces) - 1
        end = "" if until is None or (last and len(pieces) == 1) else f" until {format_plain(until)}{_NB}{unit}"
        said.append(f"{value}{per}{end}")
    return ", then ".join(said)


def _steps(context: Context, steps: Any) -> str:
    if isinstance(steps, tuple):
        return _stepped(context, [(piece.until, format_plain(piece.value)) for piece in steps])
    return format_plain(steps)


def _assumed(context: Context, assumed: StratumAssumption) -> str:
    unit = context.protocol.time.unit
    parts = []
    if assumed.median is not None:
        parts.append(f"median {format_plain(assumed.median)} {unit}")
    if assumed.hazard is not None:
        parts.append(f"hazard {_steps(context, assumed.hazard)} a {unit.removesuffix('s')}")
    if assumed.hazard_ratio is not None:
        parts.append(f"hazard ratio {_steps(context, assumed.hazard_ratio)}")
    if assumed.rate is not None:
        parts.append(f"response rate {format_fraction(assumed.rate)}")
    if assumed.cure:
        parts.append(f"cured {format_fraction(assumed.cure)}")
    return ", ".join(parts)


def _assumed_by_stratum(context: Context, scenario: Scenario, assumed: Any) -> str:
    parts = [_assumed(context, assumed)] if _assumed(context, assumed) else []
    for name, own in assumed.strata.items():
        share = scenario.strata.get(name)
        part = f" ({format_fraction(share.share)} of patients)" if share is not None else ""
        parts.append(f"stratum {name}{part}: {_assumed(context, own)}")
    return "; ".join(parts)


def _dropout(context: Context, scenario: Scenario) -> str:
    dropout = scenario.dropout
    if dropout is None:
        return "none"
    parts = [_loss(context, dropout)] if _loss(context, dropout) else []
    parts += [f"{context.arm(arm)}: {_loss(context, loss)}" for arm, loss in dropout.arms.items()]
    return "; ".join(parts) or "none"


def _loss(context: Context, loss: Loss) -> str:
    unit = context.protocol.time.unit
    if loss.probability is not None and loss.by is not None:
        return f"{format_fraction(loss.probability)} by {format_plain(loss.by)} {unit}"
    if loss.hazard is None or loss.hazard == 0:
        return ""
    return f"hazard {_steps(context, loss.hazard)} a {unit.removesuffix('s')}"


def bound_words(bound: Any) -> str:
    """How efficacy or futility is bounded.

    Args:
        bound: What the protocol declares of it.
    """
    if isinstance(bound, str):
        return "none"
    binding = ""
    if hasattr(bound, "binding"):
        binding = ", binding" if bound.binding else ", non-binding"
    return f"{_bound(bound)}{binding}"


def _bound(bound: Any) -> str:
    if hasattr(bound, "spending"):
        name = _SPENDING[bound.spending]
        if bound.parameter is not None:
            name += f", {_PARAMETER.get(bound.spending, 'parameter')} {_signed(bound.parameter)}"
        return name
    if hasattr(bound, "boundary"):
        name = _SHAPES[bound.boundary]
        if bound.parameter is not None:
            name += f", delta {_signed(bound.parameter)}"
        if bound.boundary == "haybittle_peto":
            kept = "final bound unadjusted" if bound.final == "unadjusted" else "final bound solved"
            name += f", interim z {format_plain(bound.interim_z or 3.0)}, {kept}"
        return name
    if hasattr(bound, "alpha"):
        return f"alpha listed by look: {', '.join(format_plain(value) for value in bound.alpha)}"
    if hasattr(bound, "hazard_ratio"):
        return f"hazard ratios listed by look: {_listed(bound.hazard_ratio)}"
    if hasattr(bound, "conditional_power"):
        under = {"design": "as designed", "trend": "under the current trend", "null": "under the null"}[bound.under]
        return f"conditional power {under} below {format_fraction(bound.conditional_power)}"
    return f"z listed by look: {_listed(bound.z)}"


def _listed(values: Sequence[float | None]) -> str:
    return ", ".join("none" if value is None else _signed(value) for value in values)


def _signed(value: float) -> str:
    return format_plain(value)


def rule_items(context: Context, hypothesis: str) -> list[tuple[str, str]]:
    """What the declared design prescribes, as names with their words.

    Args:
        context: Bundle and protocol.
        hypothesis: Name of the hypothesis.
    """
    declared = context.protocol.design.get(hypothesis)
    if declared is None:
        return []
    harm = declared.harm
    items = [
        ("Efficacy", bound_words(declared.efficacy)),
        ("Futility", bound_words(declared.futility)),
        (
            "Harm",
            _bound(harm) if harm is not None and harm.z is None else f"z: {_listed(harm.z)}" if harm and harm.z else "",
        ),
        ("Test", _statistic(context, hypothesis)),
        ("Null hypothesis", null_words(context, hypothesis)),
    ]
    return [(name, words[:1].upper() + words[1:]) for name, words in items if words]


def _statistic(context: Context, hypothesis: str) -> str:
    from equipoise.reporting.words import test_words

    declared = context.protocol.design[hypothesis]
    unit = context.protocol.time.unit
    if declared.statistic is not None:
        kinds = {
            "rmst": "difference in restricted mean survival time",
            "milestone": "difference in event-free probability",
        }
        return f"{kinds[declared.statistic.kind]} at {format_plain(declared.statistic.time)} {unit}"
    analysis = context.protocol.analysis[context.protocol.hypotheses[hypothesis].analysis]
    if analysis.kind != "time_to_event":
        return lower_first(f"Difference in response rates, {declared.rates.replace('_', '-')} variance")
    formula = method_label(declared)
    return test_words(context, analysis.test) + (f"; {formula}" if formula else "")
