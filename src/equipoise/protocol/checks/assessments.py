"""Assessments and what is derived from them: every choice is made, and what a choice needs is there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from equipoise.protocol.assessments import (
    PRESETS,
    RESPONSES,
    AssessmentResponse,
    Assessments,
    AssessmentTimes,
    Rules,
    chosen_rules,
    derived_code,
)
from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.data import MappedData
from equipoise.protocol.endpoints import ResponseEndpoint
from equipoise.protocol.scenarios import Piece
from equipoise.source import YamlPath, dotted

__all__ = ["check_assessments"]

_OPTIONS: Final[dict[str, tuple[str, ...]]] = {
    "confirmation": ("duration_of_response", "time_to_response"),
    "among": ("time_to_response",),
    "minimum_days": ("clinical_benefit",),
}
"""Options of a derived source → the derivations that read them."""


def check_assessments(draft: Draft) -> None:
    """Readers are complete, and derived endpoints name one.

    Args:
        draft: The protocol under examination.
    """
    for name, reader in draft.assessments.items():
        path: YamlPath = ("assessments", name)
        _place(draft, reader, path)
        _rules(draft, reader, chosen_rules(reader.rules), (*path, "rules"))
        if reader.schedule is not None and isinstance(reader.schedule.every, tuple):
            _pieces(draft, reader.schedule.every, (*path, "schedule", "every"))
        for code, meaning in reader.codes.items():
            if code in RESPONSES and code != meaning:
                draft.report("codes", f"`{code}` is a response of RECIST and can't mean `{meaning}`",
                             (*path, "codes", code), "remove it", on_key=True)  # fmt: skip
    codes: dict[tuple[str, str], str] = {}
    for name, source in _derived(draft):
        _source(draft, name, source)
        code = derived_code(name, source)
        if re.fullmatch("[A-Z][A-Z0-9]*", code) is None:
            draft.report("derived_code", f"`{code}` can't be a PARAMCD", ("endpoints", name, "source", "code"),
                         "write up to eight capital letters and digits, a letter first")  # fmt: skip
        other = codes.setdefault((type(source).__name__, code), name)
        if other != name:
            draft.report("duplicate_code", f"endpoints `{other}` and `{name}` are both {code} in the derived table",
                         ("endpoints", name, "source"), "write a `code:` for one of them", value=code)  # fmt: skip


def _derived(draft: Draft) -> Iterator[tuple[str, AssessmentTimes | AssessmentResponse]]:
    for name, endpoint in draft.endpoints.items():
        if isinstance(endpoint.source, AssessmentTimes | AssessmentResponse):
            yield name, endpoint.source


def _place(draft: Draft, reader: Assessments, path: YamlPath) -> None:
    """Where the rows are."""
    mapped = draft.data.tables.get("ADRS") if isinstance(draft.data, MappedData) else None
    if isinstance(draft.data, MappedData) and mapped is None:
        draft.report("dangling", "`ADRS` is not mapped under `data.tables`", path,
                     "add `ADRS:` with its file and columns under `data.tables`")  # fmt: skip
    one_kind = mapped is not None and "PARAMCD" not in mapped.columns
    if reader.PARAMCD is None and reader.where is None and not one_kind:
        draft.report("missing_key", f"`PARAMCD` is missing in `{dotted(path)}`", path,
                     "ADRS can hold several parameters: add `PARAMCD:` of the responses, or `where:`")  # fmt: skip


def _rules(draft: Draft, reader: Assessments, rules: Rules, path: YamlPath) -> None:
    """Each choice is made; what a choice needs is declared by the reader."""
    names = ("new_therapy", "no_baseline", "progression_date", "assessment_date")
    left = [name for name in names if getattr(rules, name) is None]
    left += [f"missed_visits.{name}" for name, value in rules.missed_visits if value is None]
    if left:
        draft.report("rules", f"nothing is said about {', '.join(f'`{name}`' for name in left)}", path,
                     f"make each choice, or start from a preset: `preset: {' | '.join(PRESETS)}`")  # fmt: skip
    if rules.new_therapy in ("censor", "event") and reader.new_therapy is None:
        draft.report("rules", f"another anticancer therapy is to {_words(rules.new_therapy)}, and no column dates it",
                     path, "name a date column of ADSL as `new_therapy`, or write `new_therapy: ignore` in the rules",
                     value=rules.new_therapy)  # fmt: skip
    missed = rules.missed_visits
    if "censor" in (missed.progression, missed.death) and reader.schedule is None:
        draft.report("rules", "missed assessments are to censor, and no schedule says what was missed", path,
                     "add `schedule: {every: 8, unit: weeks, window_days: 7}` to the reader",
                     value="missed_visits")  # fmt: skip


def _words(choice: str | None) -> str:
    return "censor" if choice == "censor" else "count as an event"


def _pieces(draft: Draft, pieces: Sequence[Piece], path: YamlPath) -> None:
    before = 0.0
    for position, piece in enumerate(pieces):
        last = position == len(pieces) - 1
        if piece.until is None and not last:
            draft.report("steps", "only the last piece can go on for ever", (*path, position),
                         "say when it ends, `until: ...`")  # fmt: skip
        if piece.until is not None and last:
            draft.report("steps", "nothing is said of the time after the last piece", (*path, position, "until"),
                         "remove `until` from the last piece, or add one without it")  # fmt: skip
        if piece.until is not None and piece.until <= before:
            draft.report("steps", f"this piece ends before it begins, at {before:g}", (*path, position, "until"),
                         "let `until` increase from piece to piece")  # fmt: skip
        before = max(before, piece.until or 0.0)


def _source(draft: Draft, name: str, source: AssessmentTimes | AssessmentResponse) -> None:
    path: YamlPath = ("endpoints", name, "source")
    known = draft.refer("assessments", source.reader, (*path, "from"))
    reader = draft.assessments.get(source.reader) if known else None
    if reader is not None and source.rules is not None:
        _rules(draft, reader, chosen_rules(source.rules), (*path, "rules"))
    for option, readers in _OPTIONS.items():
        if option in source.model_fields_set and source.derive not in readers:
            draft.report("derive_option", f"`{source.derive}` does not read `{option}`", (*path, option), "remove it",
                         on_key=True)  # fmt: skip
    endpoint = draft.endpoints[name]
    if isinstance(endpoint, ResponseEndpoint) and isinstance(source, AssessmentResponse):
        _response(draft, name, endpoint, source)


def _response(draft: Draft, name: str, endpoint: ResponseEndpoint, source: AssessmentResponse) -> None:
    path: YamlPath = ("endpoints", name)
    if source.derive == "clinical_benefit":
        if source.minimum_days is None:
            draft.report("missing_key", f"`minimum_days` is missing in `endpoints.{name}.source`", (*path, "source"),
                         "say how long stable disease has to last: `minimum_days: 168` (24 weeks)")  # fmt: skip
        if set(endpoint.order) != {"Y", "N"} or endpoint.responders != ("Y",):
            draft.report("responses", "clinical benefit is Y or N", (*path, "order"),
                         'write `responders: ["Y"]` and `order: ["Y", "N"]`')  # fmt: skip
    else:
        lacking = [response for response in (*RESPONSES[:6], "MISSING") if response not in endpoint.order]
        if lacking:
            draft.report("responses", f"`order` lacks {', '.join(lacking)}", (*path, "order"),
                         "list every response that can be derived, or remove `order`")  # fmt: skip
    linked = draft.endpoints.get(endpoint.duration) if endpoint.duration is not None else None
    duration = linked.source if linked is not None else None
    if isinstance(duration, AssessmentTimes) and source.derive == "best_response":
        if duration.derive != "duration_of_response":
            draft.report("kind", f"`{endpoint.duration}` is not a duration of response", (*path, "duration"),
                         "name an endpoint with `derive: duration_of_response`")  # fmt: skip
        elif (duration.reader, duration.confirmation) != (source.reader, endpoint.confirmation):
            draft.report("confirmation", f"`{endpoint.duration}` is the duration of other responses",
                         (*path, "duration"),
                         f"derive it from `{source.reader}` with `confirmation: {endpoint.confirmation}`")  # fmt: skip
