"""How endpoints were derived from tumor assessments, as paragraphs of the methods section."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from equipoise.analysis.methods_text import listing, number_text

if TYPE_CHECKING:
    from equipoise.protocol.assessments import AssessmentResponse, Assessments, AssessmentTimes, Rules, Schedule
    from equipoise.protocol.protocol import Protocol

__all__ = ["derivation_paragraphs"]

_DERIVED = {
    "progression_free_survival": "from {start} to progression or death",
    "time_to_progression": "from {start} to progression, deaths censored at the last adequate assessment",
    "duration_of_response": "from the first{confirmed} response to progression or death, among responders",
    "time_to_response": "from {start} to the first{confirmed} response",
    "overall_survival": "from {start} to death, censored on the last day known alive",
}


def derivation_paragraphs(protocol: Protocol) -> Iterator[tuple[str, str]]:
    """One paragraph for each reader and set of rules, and one for the responses of each reader.

    Args:
        protocol: The declared trial.

    Yields:
        Heading and paragraph.
    """
    from equipoise.protocol.assessments import AssessmentResponse, AssessmentTimes, chosen_rules

    times: dict[tuple[str, Rules | None], list[str]] = {}
    responses: dict[str, list[str]] = {}
    for endpoint in protocol.endpoints.values():
        source = endpoint.source
        if isinstance(source, AssessmentTimes):
            reader = protocol.assessments[source.reader]
            spec = source.rules if source.rules is not None else reader.rules
            rules = None if source.derive == "overall_survival" else chosen_rules(spec)
            times.setdefault((source.reader, rules), []).append(f"{endpoint.label} ({_time(reader, source)})")
        elif isinstance(source, AssessmentResponse):
            confirmed = getattr(endpoint, "confirmation", "") == "required"
            responses.setdefault(source.reader, []).append(
                f"{endpoint.label} ({_response(source, confirmed=confirmed)})"
            )
    for (name, rules), labels in times.items():
        reader = protocol.assessments[name]
        text = f"{_sentence(f'{listing(labels)}: derived from the overall responses of {reader.label or name}')}"
        said = [text, *(_sentence(part) for part in (_rules(reader, rules) if rules is not None else ()))]
        # Endpoints derived by different rules have a paragraph each, and each paragraph a heading of its own.
        yield f"Derived times: {listing([label.partition(' (')[0] for label in labels])}", " ".join(said)
    for name, labels in responses.items():
        reader = protocol.assessments[name]
        text = f"{_sentence(f'{listing(labels)}: derived by RECIST 1.1 from the visits of {reader.label or name}')} "
        heading = "Derived responses" if len(responses) == 1 else f"Derived responses: {reader.label or name}"
        yield heading, text + " ".join(_sentence(part) for part in _visits(reader))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _time(reader: Assessments, source: AssessmentTimes) -> str:
    start = "randomization" if reader.start == "randomization" else "the start of treatment"
    confirmed = " confirmed" if source.confirmation == "required" else ""
    words = _DERIVED[source.derive].format(start=start, confirmed=confirmed)
    if source.derive == "time_to_response":
        words += ", among responders" if source.among == "responders" else ", progression and death competing"
    return words


def _response(source: AssessmentResponse, *, confirmed: bool) -> str:
    response = "confirmed response" if confirmed else "response"
    if source.derive == "best_response":
        return f"best overall response, {'confirmed' if confirmed else 'confirmation not required'}"
    return f"{response}, or no progression at a visit at least {source.minimum_days} days after the start"


def _rules(reader: Assessments, rules: Rules) -> Iterator[str]:
    yield "Subjects without an event are censored at the last adequate assessment (not NE), or on the first day"
    missed = rules.missed_visits
    censored = [word for word in ("progression", "death") if getattr(missed, word) == "censor"]
    if censored and reader.schedule is not None:
        yield (
            f"a {' or '.join(censored)} after {missed.at_least} or more scheduled assessments were missed is "
            f"censored at the last adequate assessment ({_schedule(reader.schedule, missed.counted_by)})"
        )
    counted = [word for word in ("progression", "death") if getattr(missed, word) == "event"]
    if counted:
        yield f"a {' or '.join(counted)} counts however many assessments were missed before"
    yield {
        "censor": "Another anticancer therapy before the event censors at the last adequate assessment before it",
        "ignore": "Another anticancer therapy is ignored: subjects are followed to progression",
        "event": "Another anticancer therapy counts as an event",
    }[rules.new_therapy or "ignore"]
    if rules.no_baseline == "censor" and reader.baseline is not None:
        yield "Subjects without an adequate baseline assessment are censored on the first day, unless they die early"


def _schedule(schedule: Schedule, counted_by: str | None) -> str:
    if isinstance(schedule.every, tuple):
        pieces = [
            f"{number_text(piece.value)}" + (f" until {number_text(piece.until)}" if piece.until is not None else "")
            for piece in schedule.every
        ]
        every = f"every {', then every '.join(pieces)} {schedule.unit}"
    else:
        every = f"every {number_text(schedule.every)} {schedule.unit}"
    how = ", counted by the length of the gap" if counted_by == "gap" else ""
    return f"{every}, window {schedule.window_days} days{how}"


def _visits(reader: Assessments) -> Iterator[str]:
    rules = reader.response
    yield (
        f"a confirmation comes at least {rules.confirmation_days} days after the response, with at most "
        f"{rules.not_evaluable_between} visit{'' if rules.not_evaluable_between == 1 else 's'} not evaluable and "
        f"{rules.stable_between} of stable disease between"
    )
    yield f"stable disease is seen at least {rules.stable_days} days after the start"
    yield {
        "as_recorded": "Disease after a complete response is read as recorded",
        "progression": "Disease after a complete response is a progression then",
        "partial": "A complete response that is followed by a partial one was a partial one",
    }[rules.after_complete]
    if reader.new_therapy is not None:
        yield f"responses after another anticancer therapy are {rules.after_new_therapy}d"
