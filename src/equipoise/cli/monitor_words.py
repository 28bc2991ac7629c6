"""The short report of a look for the terminal, from its rows: what those who monitor a trial ask first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.results.display import format_interval, format_p, format_value

if TYPE_CHECKING:
    from equipoise.monitoring.rows import Sight
    from equipoise.monitoring.workflow import Look
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Results, Statistic

__all__ = ["MARK", "report_lines"]

MARK = "UNBLINDED"
_UNDER = {"h0": "no effect", "design": "design", "trend": "trend"}


def report_lines(protocol: Protocol, look: Look) -> list[str]:
    """Lines of the report; every line of an unblinded one begins with the mark.

    Args:
        protocol: The declared trial.
        look: The look.
    """
    view = "unblinded" if look.history.unblinded else "blinded: all arms pooled, nothing is shown by arm"
    lines = [f"{protocol.trial.id}: interim look, data cut {look.history.cut}, {view}", ""]
    for sight in look.sights:
        lines += [*_sight(protocol, look.results, sight), ""]
    lines.append(f"next:  {_next(look)}")
    if not look.history.unblinded:
        return lines
    return [f"{MARK}  {line}".rstrip() for line in lines]


def _sight(protocol: Protocol, results: Results, sight: Sight) -> list[str]:
    plan = sight.plan
    label = protocol.endpoints[plan.endpoint].label
    rows = {
        row.key.statistic: row
        for row in results.select(hypothesis=plan.hypothesis, look=sight.keys.look, data_cut=sight.keys.data_cut)
        if not row.key.arm and not row.key.groups and row.key.time is None
    }
    lines = [f"{plan.hypothesis}  {label}{_which(sight)}"]
    planned = rows.get("planned_events")
    of = f" of {_count(planned)} planned for this look" if planned is not None and sight.look is not None else ""
    lines.append(f"  events       {_count(rows['events'])}{of}; {_count(rows['enrolled'])} patients enrolled")
    if sight.look is not None:
        lines += _bound(rows, sight)
    elif sight.no_bound:
        lines.append(f"  bound        none: {sight.no_bound}")
    if sight.seen is not None and sight.look is not None:
        lines += _effect(results, sight)
    return lines + _prediction(results, sight)


def _which(sight: Sight) -> str:
    look = sight.look
    if look is None:
        return "" if sight.no_bound else ": no look at this cut"
    number = len(sight.held)
    name = "final look" if look.final else f"look {number}"
    unplanned = ", unplanned" if look.planned is None else ""
    return f": {name}{unplanned} (planned: {sight.plan.looks})"


def _bound(rows: dict[str, Statistic], sight: Sight) -> list[str]:
    fraction, time = rows["information_fraction"], rows["spending_time"]
    lines = [f"  information  {_percent(fraction)}; spending time {_percent(time)}"]
    if rows["efficacy_z"].value is None:
        lines.append(f"  efficacy     no bound: {rows['efficacy_z'].why()}")
    else:
        lines.append(
            f"  efficacy     {_side(rows, 'efficacy', '>=')}; alpha spent {_chance(rows['alpha_spent'])} (one side)"
        )
    if "futility_z" in rows:
        binding = "binding" if sight.design is not None and sight.design.binding else "not binding"
        lines.append(f"  futility     {_side(rows, 'futility', '<=')} ({binding})")
    if "harm_z" in rows:
        lines.append(f"  harm         {_side(rows, 'harm', '<=')}")
    return lines


def _side(rows: dict[str, Statistic], side: str, sign: str) -> str:
    text = f"z {sign} {_number(rows[f'{side}_z'], 4)}"
    if f"{side}_p" in rows:
        text += f", one-sided P {_chance(rows[f'{side}_p'])}"
    ratio = rows.get(f"{side}_hazard_ratio")
    return f"{text}, hazard ratio about {format_value(ratio)}" if ratio is not None else text


def _effect(results: Results, sight: Sight) -> list[str]:
    own = results.select(hypothesis=sight.plan.hypothesis, look=sight.keys.look, data_cut=sight.keys.data_cut)
    pair = [row for row in own if row.key.versus]
    lines = (
        [f"  by arm       {'; '.join(f'{arm} {events}/{n} events' for arm, n, events in sight.seen.counts)}"]
        if sight.seen
        else []
    )
    z = next(row for row in pair if row.key.statistic == "z")
    lines.append(f"  observed     z {_number(z, 4)}")
    for row in pair:
        if row.key.statistic == "hazard_ratio":
            lines.append(f"  hazard ratio {_estimate(row)}")
    for row in pair:
        if row.key.statistic == "p_value" and row.value is not None:
            name = "stage-wise" if row.key.method == "stagewise" else "repeated"
            lines.append(f"  P            {format_p(row.value)} (one-sided, {name})")
    decision = next((row for row in pair if row.key.statistic == "decision"), None)
    if decision is not None:
        lines.append(f"  decision     {decision.text} ({decision.method_text.rstrip('.').lower()})")
    powers = [f"{_UNDER[row.key.under]} {_percent(row)}" for row in pair if row.key.statistic == "conditional_power"]
    powers += [
        f"predictive {_percent(row)} ({_prior_words(sight, row)})"
        for row in pair
        if row.key.statistic == "predictive_power"
    ]
    return [*lines, *([f"  cond. power  {'; '.join(powers)}"] if powers else [])]


def _prior_words(sight: Sight, row: Statistic) -> str:
    if sight.prior is None or row.key.method == "flat":
        return "flat"
    return f"prior: hazard ratio {sight.prior.hazard_ratio:g}, {sight.prior.events:g} events"


def _estimate(row: Statistic) -> str:
    kind = row.key.interval.split(".", 1)[0]
    words = {"repeated": "repeated interval", "stagewise": "median-unbiased, stage-wise interval"}.get(
        kind, f"declared model, {kind} interval not adjusted for looks"
    )
    if row.value is None:
        return f"none: {row.why()} ({words})"
    return f"{format_value(row)} ({format_interval(row)}; {words})"


def _prediction(results: Results, sight: Sight) -> list[str]:
    own = results.select(hypothesis=sight.plan.hypothesis, data_cut=sight.keys.data_cut)
    dates = [row for row in own if row.key.statistic == "predicted_date"]
    lines = []
    if dates:
        lines.append("  prediction   event  median      50%                       80%                       90%")
    for event in dict.fromkeys(row.key.group("event") for row in dates):
        texts = [row.text for row in dates if row.key.group("event") == event]
        cells = "  ".join(f"{text:<24}" for text in texts[1:])
        lines.append(f"               {event:>5}  {texts[0]:<10}  {cells}".rstrip())
    for name, word in (("predicted_events", "events"), ("predicted_enrolled", "enrolled")):
        rows = [row for row in own if row.key.statistic == name]
        for time in dict.fromkeys(row.key.time for row in rows):
            at = [row for row in rows if row.key.time == time]
            day = sight.pooled.day((time or 0.0) * sight.plan.days_per_unit).isoformat()
            spans = "; ".join(f"{row.key.interval.rsplit('.', 1)[-1]}% {row.lower:g} to {row.upper:g}" for row in at)
            lines.append(f"  on {day}  {at[0].value:g} {word} ({spans})")
    return lines


def _next(look: Look) -> str:
    """The look that comes next; of a hypothesis that is rejected none does."""
    ahead = [one for one in look.sights if one.rest and one.plan.hypothesis not in look.history.rejected]
    if not ahead:
        return "equipoise analyze, on the final data"
    one = ahead[0]
    coming, plan = one.rest[0], one.plan
    name = "the final look" if coming.final else f"look {len(one.held) + 1}"
    place = (plan.looks if coming.final else coming.planned or 1) - 1
    rule = plan.rules[place]
    day = plan.dates[place]
    when = [] if rule.events is None and rule.timed else [f"at {round(coming.information, 1):g} {_unit(one)}"]
    when += [f"planned for {day}"] if rule.timed and day is not None else []
    return f"{name} of {plan.hypothesis} {', '.join(when)}: equipoise monitor ... --after this bundle".replace(
        "  ", " "
    )


def _unit(sight: Sight) -> str:
    return "events" if sight.design is not None and sight.design.scale is not None else "of information"


def _count(row: Statistic | None) -> str:
    return "" if row is None or row.value is None else f"{round(row.value, 1):g}"


def _percent(row: Statistic) -> str:
    return "" if row.value is None else format_value(row)


def _chance(row: Statistic) -> str:
    value = row.value or 0.0
    return f"{value:.6f}" if value >= 1e-4 else f"{value:.1e}"


def _number(row: Statistic, digits: int) -> str:
    return "" if row.value is None else f"{row.value:.{digits}f}"
