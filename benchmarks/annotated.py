"""Annotated articles beside what `equipoise check` reads in them: loading, matching, scores. Used by claims.py."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from equipoise.evidence.claims import extract
from equipoise.evidence.model import Claim, Finding, Reading
from equipoise.evidence.reading import read_document
from equipoise.evidence.rules import judge

__all__ = ["ROOT", "SETS", "Article", "Item", "Scored", "articles", "lower_bound", "lower_by_texts", "score"]

ROOT = Path(__file__).resolve().parents[1] / "tests" / "reference" / "articles"
SETS = ("reference", "development", "held_back")
LEVELS = ("strict", "lenient", "found")
SHARES = frozenset({"proportion", "rate", "adverse_event_rate"})
WORDS = 0.02  # a number in words ("a third") is right within that
MEASURES = (  # what a unit of an annotated claim of kind `other` stands for, first match
    ("randomisation", "randomization_ratio"), ("date", "date"), ("threshold", "threshold design_value"),
    ("design value", "design_value threshold"), ("odds ratio", "odds_ratio"), ("rate ratio", "rate_ratio"),
    ("risk ratio", "risk_ratio"), ("risk difference", "risk_difference"), ("number needed", "number_needed"),
    ("median difference", "median_difference"), ("difference", "mean_difference risk_difference median_difference"),
    ("ratio (in words)", "fold"), ("per ", "rate number mean"), ("mean", "mean number proportion"),
    ("months", "duration follow_up number"), ("event", "events"), ("patients", "events sample_size number"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One number of an annotated claim.

    Attributes:
        claim: The annotated claim.
        value: The number, a date or a ratio of randomization as text, None where only "not reached" is printed.
        arm: Arm of this number, where the text says it.
    """

    claim: dict[str, Any]
    value: Any
    arm: str | None

    @property
    def optional(self) -> bool:
        """Whether leaving it out is no miss: thresholds and design values only must not be read as results."""
        return self.claim["unit"] in ("threshold", "design value")

    @property
    def span(self) -> tuple[int, int]:
        """Half-open span in the text."""
        return self.claim["start"], self.claim["end"]


@dataclass(slots=True)
class Article:
    """A text, its annotations, and what was read in it.

    Attributes:
        name: Stem of its files.
        text: Its characters.
        items: Annotated numbers.
        truth: Lists `contradictions`, `arguable` and `remarks`.
        reading: What was read.
        findings: What the rules said.
        seconds: Time for both.
    """

    name: str
    text: str
    items: list[Item]
    truth: dict[str, list[dict[str, Any]]]
    reading: Reading
    findings: tuple[Finding, ...]
    seconds: float


@dataclass(slots=True)
class Scored:
    """What matched.

    Attributes:
        article: The article.
        matched: Level → pairs of position of an item and the claim that it matched at that level or a stricter one.
        true: Level → identifiers of claims that are right.
        found: Annotated contradictions that a finding hit.
        missed: Those that none did.
        false: Findings of contradictions that hit none.
    """

    article: Article
    matched: dict[str, dict[int, Claim]] = field(default_factory=dict)
    true: dict[str, set[str]] = field(default_factory=dict)
    found: list[dict[str, Any]] = field(default_factory=list)
    missed: list[dict[str, Any]] = field(default_factory=list)
    false: list[Finding] = field(default_factory=list)


def articles(name: str) -> Iterator[Article]:
    """The articles of a set, read and judged.

    Args:
        name: One of `SETS`.
    """
    folder = ROOT / name
    kept = json.loads((folder / "contradictions.json").read_text()) if name == "reference" else {}
    for path in sorted(folder.glob("*.txt")):
        stored = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        truth = kept[path.stem] if kept else stored
        document = read_document(path)
        began = time.perf_counter()
        reading = extract(document)
        findings = judge(reading)
        seconds = time.perf_counter() - began
        items = [item for claim in (stored if kept else stored["claims"]) for item in _items(claim)]
        lists = {key: truth[key] for key in ("contradictions", "arguable", "remarks")}
        yield Article(path.stem, document.text, items, lists, reading, findings, seconds)


def _items(claim: dict[str, Any]) -> Iterator[Item]:
    """The numbers of an annotated claim: "35% vs. 60%" is two, ages "5 to 36" are one."""
    value = claim["value"]
    if not isinstance(value, list) or claim["kind"] == "age":
        yield Item(claim, value, claim["arm"])
        return
    arms = (claim["arm"] or "").split(" vs ")
    for i, one in enumerate(value):
        yield Item(claim, one, arms[i] if len(arms) == len(value) else None)


def score(article: Article) -> Scored:
    """Match what was read with what was annotated.

    Args:
        article: Its annotations and its reading.
    """
    out = Scored(article)
    taken: dict[str, dict[str, Any]] = {}
    matched: dict[int, Claim] = {}
    for level in LEVELS:
        for position, item in enumerate(article.items):
            if position not in matched:
                best = _best(item, article.reading.claims, taken, level)
                if best is not None:
                    matched[position] = best
                    taken.setdefault(best.id, item.claim)
        out.matched[level] = dict(matched)
        out.true[level] = {claim.id for claim in matched.values()} | _split(article, taken)
    _verdicts(out)
    return out


def _best(item: Item, claims: tuple[Claim, ...], taken: dict[str, dict[str, Any]], level: str) -> Claim | None:
    """The free claim that agrees and overlaps most; a claim may serve several numbers of one annotated quote."""
    best, most = None, 0.0
    for claim in claims:
        share = _overlap(item.span, (claim.start, claim.end))
        owner = taken.get(claim.id)
        free = owner is None or owner is item.claim or item.claim["kind"] == "p_value"
        if share > most and free and _same_value(item, claim, alone=owner is None) and _same_kind(item, claim, level):
            best, most = claim, share
    return best


def _split(article: Article, taken: dict[str, dict[str, Any]]) -> set[str]:
    """Claims that are right, only cut apart: a P annotated with its ratio, the size in "39 infections among 2,136"."""
    right = set()
    for claim in article.reading.claims:
        if claim.id in taken:
            continue
        for item in article.items:
            if not _overlap(item.span, (claim.start, claim.end)):
                continue
            printed, whole, furthest = item.claim["p"], item.claim.get("N"), item.claim.get("maximum")
            if claim.kind == "p_value" and printed and _same_p(printed, claim):
                right.add(claim.id)
            value = None if claim.value is None else claim.value.value
            part = item.claim.get("n") if claim.measure == "events" else None
            if value is not None and value in (whole if claim.measure.endswith("_size") else None, part, furthest):
                right.add(claim.id)
    return right


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Shared characters as part of the longer span."""
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return shared / max(one[1] - one[0], other[1] - other[0], 1) if shared > 0 else 0.0


def _same_value(item: Item, claim: Claim, *, alone: bool) -> bool:
    truth, annotated = item.value, item.claim
    if annotated["kind"] == "p_value":
        return _same_p(annotated["p"], claim)
    if isinstance(truth, str):
        plain = re.sub(r"\s*(?:to|:|∶)\s*", ":", claim.quote)
        return claim.date == truth or (annotated["unit"] == "randomisation ratio" and truth in plain)
    if truth is None:
        return claim.value is None or bool(claim.missing)
    if "computed" in str(annotated["unit"]):  # "39 infections among 2,136": one claim, or a count and a size
        count = claim.value if claim.measure == "events" else claim.count
        return count is not None and count.value == annotated.get("n")
    wanted = truth if isinstance(truth, list) else [truth]
    numbers = [] if claim.value is None else [claim.value.value]
    if claim.interval is not None and claim.interval.kind == "range" and (not alone or len(wanted) > 1):
        numbers += [limit.value for limit in (claim.interval.lower, claim.interval.upper) if limit is not None]
    words = "in words" in str(annotated.get("note", "")) or "in words" in str(annotated["unit"])
    near = WORDS if words else 1e-9
    return any(math.isclose(a, b, rel_tol=near, abs_tol=1e-12) for a in numbers for b in wanted)


def _same_p(printed: str, claim: Claim) -> bool:
    if claim.p is None:
        return False
    bound = "<" if printed.startswith("<") else ">" if printed.startswith(">") else ""
    return math.isclose(float(printed.lstrip("<>=")), claim.p.number.value, rel_tol=1e-9) and (
        bound == claim.p.number.bound[:1]
    )


def _same_kind(item: Item, claim: Claim, level: str) -> bool:
    if level == "found":
        return True
    kind, unit = item.claim["kind"], str(item.claim["unit"])
    if kind == "p_value" and claim.p is not None:
        return True
    if "computed" in unit and claim.measure == "events":
        return level == "lenient"
    if kind != "other":
        shares = level == "lenient" and kind in SHARES and claim.kind in SHARES
        return claim.kind == kind or shares
    allowed = next((measures for sign, measures in MEASURES if sign in unit), "").split()
    if claim.measure in allowed or (not allowed and claim.kind == "other"):
        return claim.kind == "other" or level == "lenient"
    return False


# Attributes of matched claims ---------------------------------------------------------------------------------------


def interval_right(item: Item, claim: Claim) -> bool | None:
    """Whether limits and level agree; None where none is annotated.

    Args:
        item: What was annotated.
        claim: What was read.
    """
    wanted = item.claim["ci"]
    if wanted is None:
        return None
    got = claim.interval
    if got is None or got.kind not in ("confidence", "credible"):
        return False
    limits = [math.inf if one is None else one.value for one in (got.lower, got.upper)]
    asked = [math.inf if one is None else one for one in wanted]
    same = all(math.isclose(a, b, abs_tol=1e-12) for a, b in zip(asked, limits, strict=True))
    return same and math.isclose(got.level * 100.0, item.claim["ci_level"])


def p_right(item: Item, claim: Claim) -> bool | None:
    """Whether the P value agrees; None where none stands in the quote.

    Args:
        item: What was annotated.
        claim: What was read.
    """
    wanted = item.claim["p"]
    if not wanted or not re.search(r"[Pp][\s,=<>5.]|p-value", item.claim["quote"]):
        return None
    return _same_p(wanted, claim)


def arm_right(scored: Scored) -> Callable[[Item, Claim], bool | None]:
    """Whether the arm agrees; None where the annotation has none or a contrast.

    Args:
        scored: Matches of one article; names are paired by the words they share, else by how often they meet.
    """
    labels = {arm.name: f"{arm.name} {arm.label}" for arm in scored.article.reading.arms}
    pairs = [(scored.article.items[i].arm, c.arm) for i, c in scored.matched["lenient"].items() if c.arm]
    names = {arm for item in scored.article.items if (arm := item.arm) and " vs " not in arm}

    def agrees(item: Item, claim: Claim) -> bool | None:
        arm = item.arm
        if arm is None or " vs " in arm or ";" in arm or "," in arm:
            return None
        if not claim.arm:
            return arm.startswith(("both", "all"))
        alike = {one: len(_stems(one) & _stems(labels.get(claim.arm, claim.arm))) for one in names}
        if max(alike.values(), default=0) > 0:
            return alike.get(arm, 0) == max(alike.values())
        met = [one for one, other in pairs if other == claim.arm and one]
        return bool(met) and max(set(met), key=met.count) == arm

    return agrees


def endpoint_right(item: Item, claim: Claim) -> bool | None:
    """Whether annotated and read endpoint share a word; None where none is annotated.

    Args:
        item: What was annotated.
        claim: What was read.
    """
    wanted = item.claim["endpoint"]
    if not wanted or item.claim["kind"] in ("sample_size", "arm_size", "age") or item.claim["unit"] in (
        "date", "threshold", "design value", "randomisation ratio",
    ):  # fmt: skip
        return None
    return bool(_stems(wanted) & _stems(f"{claim.endpoint} {claim.term} {claim.of}"))


SHORT = {
    "pfs": "progression-free survival", "os": "overall survival", "dfs": "disease-free survival",
    "idfs": "invasive disease-free survival", "efs": "event-free survival", "rfs": "recurrence-free survival",
    "orr": "objective response", "dmfs": "distant metastasis-free survival", "ae": "adverse event", "aes": "adverse",
    "mi": "myocardial infarction", "cv": "cardiovascular", "teae": "adverse event", "mrd": "minimal residual disease",
    "mace": "major adverse cardiovascular event primary", "ich": "hemorrhage", "deaths": "death", "died": "death",
}  # fmt: skip
STOP = frozenset(
    {"with", "from", "that", "years", "months", "days", "event", "events", "group", "plus", "grade", "arm"}
)


def _stems(words: str) -> set[str]:
    """First five letters of the words that mean something, short names spelled out."""
    plain = re.findall(r"[a-z0-9]+", words.lower().replace("haem", "hem"))
    spelled = " ".join(SHORT.get(word, word) for word in plain)
    return {word[:5] for word in re.findall(r"[a-z0-9]+", spelled) if len(word) > 1 and word not in STOP}


# Verdicts -----------------------------------------------------------------------------------------------------------


def _verdicts(out: Scored) -> None:
    """Which annotated contradictions were hit, and which findings hit none."""
    article = out.article
    hard = [f for f in article.findings if f.verdict == "contradicted"]
    spans = {f: [(c.start, c.end) for c in article.reading.claims if c.id in f.claims] for f in hard}
    hits: set[Finding] = set()
    for name in ("contradictions", "arguable"):
        for truth in article.truth[name]:
            places = [m.span() for quote in truth["quotes"] for m in re.finditer(re.escape(quote), article.text)]
            hit = {f for f in hard if any(_overlap(a, b) for a in spans[f] for b in places)}
            hits |= hit
            if name == "contradictions":
                (out.found if hit else out.missed).append(truth)
    out.false = [f for f in hard if f not in hits]


# Bounds -------------------------------------------------------------------------------------------------------------

Z90 = 1.2815515655446004


def lower_bound(hits: int, total: int) -> float:
    """Wilson's one-sided lower 90% bound of a share, counting claims as independent.

    Args:
        hits: How many were right.
        total: Of how many.
    """
    if not total:
        return math.nan
    share, z2 = hits / total, Z90 * Z90
    middle = share + z2 / (2 * total)
    return (middle - Z90 * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))) / (1 + z2 / total)


def lower_by_texts(counts: list[tuple[int, int]]) -> float:
    """One-sided lower 90% bound of a ratio of sums over texts, whose claims go together (linearized variance).

    Args:
        counts: Right and all, text by text.
    """
    hits, total, texts = sum(a for a, _ in counts), sum(b for _, b in counts), len(counts)
    if not total or texts < 2:
        return math.nan
    share = hits / total
    spread = sum((a - share * b) ** 2 for a, b in counts) * texts / (texts - 1)
    return share - Z90 * math.sqrt(spread) / total
