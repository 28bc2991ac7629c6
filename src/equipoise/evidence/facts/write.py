"""The facts of a text as facts.yaml: what was read in it, structured, for a person to check and complete."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal, cast

from equipoise.errors import EvidenceError, Problem, Where
from equipoise.evidence.claims.endpoints import ENDPOINTS
from equipoise.evidence.facts.meaning import CONTRASTS, KINDS_OF
from equipoise.evidence.facts.numbers import number_of
from equipoise.evidence.facts.read import loads_facts
from equipoise.evidence.matching.rows import UNREAD
from equipoise.evidence.model import Claim, Lexicon, Number, Reading
from equipoise.evidence.sought import Sought, of_the_trial, seek
from equipoise.results.vocabulary import VOCABULARY
from equipoise.units import DAYS_PER_UNIT, TimeUnit

__all__ = ["facts_text"]

_NAME: Final = re.compile(r"[^A-Za-z0-9_]+")
_PLAIN: Final = re.compile(r"<?=?[-+]?(?:\d+\.?\d*|\.\d+)%?")
_PLAIN_WORD: Final = re.compile(r"[A-Za-z][\w+./()-]*(?: [\w+./()-]+)*")
_RESERVED: Final = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n", "none"})
_LINE: Final = re.compile(r"\bline (\d+)\b")
_QUOTE: Final = 150
_SAME: Final = {
    ("death", "events"): "overall_survival",
    ("clinical_benefit", "clinical_benefit_rate"): "objective_response",
    ("disease_control", "disease_control_rate"): "objective_response",
}
"""(endpoint as a text calls it, statistic) → the endpoint that a trial declares for it: one patient, one story."""
_MOST: Final = 1_000  # facts; no report of a trial has so many, and a person has to read them
_SHORT: Final = 24  # an arm's name is written in many lines
_DATES: Final = ("enrollment_start", "enrollment_end", "data_cut")
_Role = Literal["experimental", "control", ""]
_Arms = dict[str, tuple[str, str, _Role]]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One fact to be written: its keys in order, and the claim that it comes from."""

    claim: Claim
    fields: tuple[tuple[str, str], ...]
    kind: str
    reason: str = ""

    @property
    def text(self) -> str:
        return "{" + ", ".join(f"{name}: {value}" for name, value in self.fields) + "}"

    def field(self, name: str) -> str:
        return dict(self.fields).get(name, "")


def facts_text(reading: Reading) -> str:
    """facts.yaml of a text.

    Args:
        reading: The text and its claims.

    Returns:
        The file: arms and endpoints as the text names them, and a fact for each claim, with numbers as printed and, as
        a comment, the quote and where it stands. Facts that repeat or contradict an earlier one are commented out, with
        the reason; claims that are no results (dates, assumptions) are listed at the end.

    Raises:
        EvidenceError: When the text has no claim that is a fact.
    """
    reading = replace(reading, claims=of_the_trial(reading.claims))
    unit = _unit(reading.claims)
    arms = _arms(reading)
    entries = [entry for claim in reading.claims for entry in _entries(claim, arms, unit)][:_MOST]
    if not entries:
        raise EvidenceError(
            Problem("facts.nothing", "no result of a trial was found in the text",
                    Where(file=reading.document.name), cure="check that this is the text of an article about a trial")
        )  # fmt: skip
    head, where = _head(reading, arms, _endpoints(entries), unit), _places(reading)
    while True:
        text, lines = _body(reading, head, entries, where)
        try:
            loads_facts(text, file="facts.yaml")
        except EvidenceError as error:
            reasons = {
                lines[problem.where.line]: _LINE.sub(partial(_told, entries, lines), problem.message)
                for problem in error.problems
                if problem.where.line in lines
            }
            if not reasons:
                raise
            entries = [replace(entry, reason=reasons.get(at, entry.reason)) for at, entry in enumerate(entries)]
            if all(entry.reason for entry in entries):
                return _body(reading, head, entries, where)[0]
        else:
            return text


def _told(entries: list[_Entry], lines: dict[int, int], found: re.Match[str]) -> str:
    """Where another fact was read, instead of the line that it had for a moment."""
    at = lines.get(int(found[1]))
    return found[0] if at is None else f"the fact at characters {entries[at].claim.start} to {entries[at].claim.end}"


def _unit(claims: Iterable[Claim]) -> TimeUnit:
    """The unit of time that a text uses most."""
    said = Counter(
        claim.unit for claim in claims if claim.measure in ("median", "follow_up") and claim.unit in DAYS_PER_UNIT
    )
    said.update(claim.time_unit for claim in claims if claim.time_unit in DAYS_PER_UNIT)
    return cast("TimeUnit", said.most_common(1)[0][0]) if said else "months"


def _name(words: str) -> str:
    plain = _NAME.sub("_", words).strip("_")
    return (plain if plain[:1].isalpha() else f"x_{plain}")[:40].rstrip("_")


def _arms(reading: Reading) -> _Arms:
    """Name in the text → name in the file, label, role; where the text names no two arms, arms by their roles."""
    roles: dict[str, _Role] = {arm.name: arm.role for arm in reading.arms}
    controls = [name for name, role in roles.items() if role == "control"] or list(roles)[1:][-1:]
    found: _Arms = {}
    for arm in reading.arms:
        taken = {name for name, _, _ in found.values()}
        name = _name(arm.name)
        name = name if len(name) <= _SHORT else name[:_SHORT].rpartition("_")[0] or name[:_SHORT]
        name = name if name not in taken else f"{name[:36]}_{len(found) + 1}"
        found[arm.name] = (name, arm.label[:200], "control" if arm.name in controls[:1] else "experimental")
    have = {role for _, _, role in found.values()}
    for role in ("experimental", "control"):
        if role not in have:
            found[f"({role})"] = (role, f"{role.capitalize()} arm", role)
    return found


def _entries(claim: Claim, arms: _Arms, unit: TimeUnit) -> list[_Entry]:
    """Facts of a claim: its number with limits, and its P."""
    lexicon = Lexicon(
        arms=dict.fromkeys(arms, ()),
        roles={name: role for name, (_, _, role) in arms.items()},
        endpoints={claim.endpoint: ()} if claim.endpoint else {},
        populations={},
        unit=unit,
    )
    found: list[_Entry | None] = []
    if claim.measure == "date" and claim.of in _DATES and claim.date:
        found.append(_Entry(claim, (("statistic", claim.of), ("text", f'"{claim.date}"')), ""))
    asked = [one for one in seek(claim, lexicon, {}) if one.way in ("itself", "share")]
    if asked and claim.measure != "p_value":
        found.append(_number_entry(claim, asked, arms, unit))
    if claim.p is not None and not {"interaction", "noninferiority"} & set(claim.p.method):
        asked = list(seek(replace(claim, measure="p_value", kind="p_value"), lexicon, {}))
        if asked:
            found.append(_p_entry(claim, asked[0], arms))
    return [entry for entry in found if entry is not None]


def _number_entry(claim: Claim, asked: list[Sought], arms: _Arms, unit: TimeUnit) -> _Entry | None:
    sought = asked[0]
    counted = [one for one in asked if one.way == "share" and one.key.statistic == "events"]
    if sought.key.statistic == "event_proportion" and claim.value is None and claim.count is not None and counted:
        sought = counted[0]
    name = sought.key.statistic
    display = VOCABULARY[name].display
    number = claim.count if sought.way == "share" else claim.value
    if number is None and not claim.missing:
        return None
    value = _printed(number, claim.unit if number is claim.value else "", display) if number else _absent(claim.missing)
    fields = [*_place(claim, sought, arms), ("value", value)]
    interval = claim.interval
    if interval is not None and interval.kind in ("confidence", "credible"):
        for field, limit in (("lower", interval.lower), ("upper", interval.upper)):
            missing = interval.missing if _PLAIN_WORD.fullmatch(interval.missing) else "NR"
            fields.append((field, _printed(limit, claim.unit, display) if limit else missing))
        if interval.level != 0.95:
            fields.append(("conf_level", f"{interval.level:.10g}"))
    if display == "percent" and claim.count is not None and claim.denominator is not None:
        fields += [("n", f"{claim.denominator.value:.0f}"), ("events", f"{claim.count.value:.0f}")]
    if display == "time" and claim.unit and claim.unit != unit:
        fields.append(("unit", _text(claim.unit)))
    method = [one for one in claim.method if one in ("stratified", "unstratified", "adjusted", "weighted")]
    if method:
        fields.append(("method", ".".join(method)))
    return _Entry(claim, tuple(fields), _kind_of(name))


def _p_entry(claim: Claim, sought: Sought, arms: _Arms) -> _Entry | None:
    assert claim.p is not None
    fields = [*_place(claim, sought, arms), ("value", _printed(claim.p.number, "", "p"))]
    if claim.p.sides is not None:
        fields.append(("sides", str(claim.p.sides)))
    method = [one for one in claim.p.method if one in ("log_rank", "stratified", "unstratified", "wald", "fisher")]
    if method:
        fields.append(("method", ".".join(method)))
    return _Entry(claim, tuple(fields), "")


def _place(claim: Claim, sought: Sought, arms: _Arms) -> list[tuple[str, str]]:
    """What a fact is of: statistic, endpoint, arms, population, time, groups."""
    key = sought.key
    fields = [("statistic", key.statistic)]
    endpoint = key.endpoint or (claim.endpoint if key.statistic not in ("subjects", "follow_up_median") else "")
    if sought.kind is not None:
        endpoint = "adverse_events"
    endpoint = _SAME.get((endpoint, key.statistic), endpoint)
    if endpoint and not key.statistic.startswith("baseline_"):
        fields.append(("endpoint", _name(endpoint)))
    if key.arm in arms:
        fields.append(("arm", arms[key.arm][0]))
    if key.versus in arms and (key.statistic in CONTRASTS or key.arm in arms):
        fields.append(("versus", arms[key.versus][0]))
    population = claim.population.split(UNREAD)[0].strip("_")
    if population:
        fields.append(("population", _name(population)))
    if key.time is not None:
        fields.append(("time", f"{key.time:.10g}"))
    groups = dict(key.groups)
    if sought.kind is not None:
        category, term, grade = sought.kind
        groups |= {"category": category} if category != "any" else {}
        groups |= {"term": term} if term else {}
        groups |= {"grade": grade} if grade else {}
    if groups and groups != {"flow": "randomized"}:
        fields.append(
            ("groups", "{" + ", ".join(f"{_name(one)}: {_text(level)}" for one, level in groups.items()) + "}")
        )
    return fields


def _kind_of(statistic: str) -> str:
    kinds = KINDS_OF.get(statistic)
    return kinds[0] if kinds else "adverse_events" if statistic.startswith("ae_") else ""


def _printed(number: Number, unit: str, display: str) -> str:
    """A number as printed; of one in words, or one that our own rules can't read again, its value."""
    text = number.text.strip()
    if number_of(text) is None or number_of(text).value != number.value:  # type: ignore[union-attr]
        text = f"{number.value:.15g}"
    if number.bound and not text.startswith(("<", ">", "≤", "≥")):
        text = f"{number.bound}{text}"
    if (
        display in ("percent", "points")
        and not text.endswith("%")
        and (unit in ("%", "percentage points") or abs(number.value) > 1)
    ):
        text = f"{text}%"
    return text if _PLAIN.fullmatch(text) else f'"{text}"'


def _absent(missing: str) -> str:
    return "NR" if missing == "not_reached" else "NE"


def _text(words: str) -> str:
    """Text for a flow mapping: quoted where YAML would take it for something else."""
    plain = " ".join(words.split())
    if _PLAIN_WORD.fullmatch(plain) and plain.lower() not in _RESERVED:
        return plain
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    escaped = "".join(sign if sign.isprintable() else " " for sign in escaped)
    return f'"{escaped}"'


def _endpoints(entries: Iterable[_Entry]) -> dict[str, str]:
    """Name of an endpoint → its kind."""
    found: dict[str, str] = {}
    for entry in entries:
        name = entry.field("endpoint")
        if name:
            found[name] = found.get(name) or entry.kind
    return {name: kind or "time_to_event" for name, kind in found.items()}


def _head(reading: Reading, arms: _Arms, endpoints: dict[str, str], unit: str) -> list[str]:
    document = reading.document
    cite = document.title or document.name
    name = "standard input" if document.name == "-" else _comment(document.name)
    lines = [
        f"# Facts read by equipoise in {name}. Compare each with its quote; complete the source.",
        "equipoise_facts: 1",
        f"trial: {_text((document.title or document.name)[:200] or 'A trial')}",
        f"unit: {unit}",
        "sources:",
        f"  article: {{cite: {_text(cite[:300] or 'A text')}, kind: other}}",
        "cuts:",
        "  told: {label: As told in the text, source: article}",
        "arms:",
        *(f"  {name}: {{label: {_text(label or name)}, role: {role}}}" for name, label, role in arms.values()),
    ]
    if endpoints:
        lines.append("endpoints:")
    for name, kind in endpoints.items():
        death = ", death: true" if name in ("overall_survival", "death") and kind == "time_to_event" else ""
        label = ENDPOINTS.get(name, (name.replace("_", " "),))[0]
        label = label[:1].upper() + label[1:]
        lines.append(f"  {name}: {{label: {_text(label)}, kind: {kind}{death}}}")
    return [*lines, "facts:"]


def _body(
    reading: Reading, head: list[str], entries: list[_Entry], where: dict[str, str]
) -> tuple[str, dict[int, int]]:
    """The file, and line → position of the entry that stands there."""
    lines, places = list(head), {}
    if all(entry.reason for entry in entries):
        lines.append("  # Not one can be used as it stands: complete those that should be, and take off their #.")
    for at, entry in enumerate(entries):
        lines.append(f"  # {where[entry.claim.id]}")
        if entry.reason:
            lines.append(f"  # left out: {_comment(entry.reason)}")
            lines.append(f"  # - {entry.text}")
        else:
            lines.append(f"  - {entry.text}")
            places[len(lines)] = at
    used = {entry.claim.id for entry in entries}
    others = [claim for claim in reading.claims if claim.id not in used]
    if others:
        lines.append("# No results that can be compared:")
        said = [f"of {claim.source}" if claim.source else claim.measure.replace("_", " ") for claim in others]
        lines += [f"# {where[claim.id]} ({words})" for claim, words in zip(others, said, strict=True)]
    return "\n".join(lines) + "\n", places


def _places(reading: Reading) -> dict[str, str]:
    """Identifier of a claim → where it stands, and its quote."""
    breaks = [found.start() for found in re.finditer("\n", reading.document.text)]
    out = {}
    for claim in reading.claims:
        quote = _comment(claim.quote)
        shown = quote if len(quote) <= _QUOTE else quote[: _QUOTE - 1] + "…"
        line = bisect_left(breaks, claim.start) + 1
        out[claim.id] = f'line {line}, characters {claim.start} to {claim.end}: "{shown}"'
    return out


def _comment(words: str) -> str:
    """Text on one line, without characters that YAML forbids even in comments."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())
