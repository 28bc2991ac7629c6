"""What the rules for printed numbers say of published facts: print may contradict itself, so these are warnings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from equipoise.errors import Problem, Where
from equipoise.evidence.document import Document
from equipoise.evidence.facts.numbers import absent, is_percent
from equipoise.evidence.matching.rows import event_kind
from equipoise.evidence.model import Arm, Claim, Interval, Kind, Measure, Number, PValue, Reading
from equipoise.evidence.naming import generic_names, lexicon_of_facts
from equipoise.results.statistic import Statistic
from equipoise.results.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from equipoise.evidence.facts.model import Fact
    from equipoise.evidence.facts.read import FactsFile

__all__ = ["notes_of", "reading_of"]

_MEASURES: Final[dict[str, tuple[Kind, Measure]]] = {
    "hazard_ratio": ("hazard_ratio", "hazard_ratio"), "odds_ratio": ("other", "odds_ratio"),
    "risk_ratio": ("other", "risk_ratio"), "rate_ratio": ("other", "rate_ratio"),
    "hazard_reduction": ("risk_reduction", "risk_reduction"), "number_needed": ("other", "number_needed"),
    "risk_difference": ("other", "risk_difference"), "survival_difference": ("other", "risk_difference"),
    "median": ("median", "median"), "duration_median": ("median", "median"), "survival": ("rate", "rate"),
    "response_rate": ("proportion", "proportion"), "disease_control_rate": ("proportion", "proportion"),
    "clinical_benefit_rate": ("proportion", "proportion"), "event_proportion": ("proportion", "proportion"),
    "ae_proportion": ("adverse_event_rate", "adverse_event_rate"), "events": ("other", "events"),
    "p_value": ("p_value", "p_value"), "follow_up_median": ("follow_up", "follow_up"),
}  # fmt: skip
_ENDPOINTS: Final = {
    "duration_median": "duration_of_response", "clinical_benefit_rate": "clinical_benefit",
    "disease_control_rate": "disease_control",
}  # fmt: skip


def notes_of(file: FactsFile) -> tuple[Problem, ...]:
    """Contradictions and oddities that print holds in itself, each at the line of its fact.

    Args:
        file: The facts.

    Returns:
        Warnings: an interval that its estimate is not in the middle of, a P that the interval can't have, a percentage
        with limits that no count gives. They may be mistakes of copying, or of print.
    """
    from equipoise.evidence.rules import judge

    found: list[Problem] = []
    for cut in file.facts.cuts:
        reading = reading_of(file, cut)
        for finding in judge(reading):
            if finding.verdict not in ("contradicted", "remark") or not finding.claims:
                continue
            position = int(finding.claims[0][1:]) - 1
            where = Where(file=str(file.path), line=file.lines[position], path=f"facts[{position}]")
            code = "facts.print_contradicts" if finding.verdict == "contradicted" else "facts.print_odd"
            cure = f"compare it with its source: {finding.arithmetic}"
            found.append(Problem(code, finding.sentence, where, file.characters(position), cure, "warning"))
    return tuple(dict.fromkeys(found))


def reading_of(file: FactsFile, cut: str) -> Reading:
    """Facts of one data cut as claims, in the terms of texts; `c1` is the first fact of the file.

    Args:
        file: The facts.
        cut: Name of the cut.
    """
    names = generic_names(lexicon_of_facts(file))
    arms = tuple(Arm(name, arm.label, arm.role) for name, arm in file.arms.items())
    claims: list[Claim] = []
    text = ""
    for position, fact in enumerate(file.facts.facts):
        if file.cut_of(fact) != cut:
            continue
        line = f"{fact.statistic} {file.characters(position)}. "
        claim = _claim(file, position, fact, names, len(text), line)
        text += line
        if claim is not None:
            claims.append(claim)
    document = Document(str(file.path), text, title=file.facts.trial)
    return Reading(document, tuple(_with_p(claims)), arms)


def _claim(file: FactsFile, position: int, fact: Fact, names: dict[str, str], start: int, line: str) -> Claim | None:
    sizes: tuple[Kind, Measure] = ("arm_size", "arm_size") if fact.arm else ("sample_size", "sample_size")
    known = sizes if fact.statistic == "subjects" else _MEASURES.get(fact.statistic)
    if known is None:
        return None
    kind, measure = known
    value, lower, upper = (file.printed.get((position, name)) for name in ("value", "lower", "upper"))
    key = file.key_of(fact)
    limits = fact.lower is not None or fact.upper is not None
    share = VOCABULARY[fact.statistic].display in ("percent", "points")
    percent = share and value is not None and (is_percent(value) or fact.unit == "%")
    category, term, grade = event_kind(Statistic(key=key)) if fact.statistic == "ae_proportion" else ("", "", "")
    end = start + len(line)
    return Claim(
        id=f"c{position + 1}", start=start, end=end - 2, quote=line[:-2], kind=kind, measure=measure,
        value=_plain(value), unit="%" if percent else file.facts.unit if kind in ("median", "follow_up") else "",
        interval=Interval(_plain(lower), _plain(upper), fact.conf_level) if limits else None,
        p=PValue(value, fact.sides, tuple((fact.method or "").split("."))) if kind == "p_value" and value else None,
        count=_whole(fact.events), denominator=_whole(fact.n), arm=key.arm, versus=key.versus,
        endpoint=_ENDPOINTS.get(fact.statistic) or names.get(fact.endpoint or "", fact.endpoint or ""),
        population=fact.population or "", time=None if fact.time is None else Number(f"{fact.time:g}", fact.time),
        time_unit=file.facts.unit if fact.time is not None else "", grade=grade,
        term=term or (category if category not in ("", "any") else ""),
        missing=absent(str(fact.value or "")), of="randomized" if fact.statistic == "subjects" else "",
        method=tuple((fact.method or "").split(".")) if fact.method else (), sentence=(start, end),
    )  # fmt: skip


def _plain(number: Number | None) -> Number | None:
    return None if number is None else replace(number, text=number.text.removesuffix("%"))


def _whole(count: int | None) -> Number | None:
    return None if count is None else Number(str(count), float(count))


def _with_p(claims: list[Claim]) -> list[Claim]:
    """Ratios with the P of the same endpoint and arms, as print has them together."""
    out = list(claims)
    for at, claim in enumerate(claims):
        if claim.measure not in ("hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio"):
            continue
        for other in claims:
            same = (other.endpoint, other.arm, other.versus, other.population) == (
                claim.endpoint, claim.arm, claim.versus, claim.population)  # fmt: skip
            if other.measure == "p_value" and same:
                out[at] = replace(claim, p=other.p)
    return out
