"""How well `equipoise check` reads: recall and precision of claims, and verdicts, on annotated articles.

    python benchmarks/claims.py [--set development] [--misses] [--open] [--write]

Articles and their format: tests/reference/articles/README.md. An annotated number is matched with a claim that was
read if their spans overlap, the value agrees, and the kind does: strictly, or (lenient) with proportion, rate and
adverse event rate taken as one. Whoever writes the grammar leaves `held_back` shut: of it only counts are printed
without `--open`. `--write` writes docs/benchmarks-claims.md.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from annotated import (
    SETS,
    Article,
    Item,
    Scored,
    arm_right,
    articles,
    endpoint_right,
    interval_right,
    lower_bound,
    lower_by_texts,
    p_right,
    score,
)

from equipoise.evidence.model import KINDS, Claim

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks-claims.md"
NO_RESULT = frozenset({"duration", "number", "threshold", "design_value"})
COLUMNS = ("strict", "lenient")
INTRODUCTION = """\
# Claims read in articles

Written by `python benchmarks/claims.py --write`, on {machine}.

`equipoise check` against restated trial news in which every numeric claim was annotated by hand
(`tests/reference/articles`): eight reference texts, a development set that the grammar was written with, and a
held-back set that its writers did not read. An annotated number counts as read if a claim overlaps it, with the same
value and the same kind; *lenient* takes proportion, rate at a time and adverse event rate as one kind. Thresholds and
design values may be left out, but not read as results. Precision counts every claim that was read and matches nothing;
*results* leaves claims that were read as durations, plain numbers, thresholds or design values out of it.
Bounds are one-sided lower 90% ones: Wilson's, as if claims were independent, and over texts, whose claims succeed and
fail together.
"""


def percent(hits: int, total: int) -> str:
    """A share in percent; a dash of nothing."""
    return f"{100.0 * hits / total:.1f}" if total else "–"


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def counts(scored: Sequence[Scored], level: str, *, results: bool = False) -> tuple[list[tuple[int, int]], ...]:
    """Text by text, right and all: annotated numbers, claims."""
    recall = []
    for one in scored:
        wanted = [i for i, item in enumerate(one.article.items) if not item.optional]
        recall.append((sum(i in one.matched[level] for i in wanted), len(wanted)))
    precision = []
    for one in scored:
        claims = [c for c in one.article.reading.claims if not (results and c.measure in NO_RESULT)]
        precision.append((sum(c.id in one.true[level] for c in claims), len(claims)))
    return recall, precision


def total_rows(scored: Sequence[Scored]) -> Iterator[tuple[object, ...]]:
    """Recall and precision with their bounds."""
    for level in COLUMNS:
        recall, precision = counts(scored, level)
        _, results = counts(scored, level, results=True)
        for name, pairs in (("recall", recall), ("precision", precision), ("precision, results", results)):
            hits, total = sum(a for a, _ in pairs), sum(b for _, b in pairs)
            bounds = f"{100 * lower_bound(hits, total):.1f}", f"{100 * lower_by_texts(pairs):.1f}"
            yield f"{name}, {level}", f"{hits}/{total}", percent(hits, total), *bounds


def kind_rows(scored: Sequence[Scored]) -> Iterator[tuple[object, ...]]:
    """Recall and precision by kind; recall by the annotated kind, precision by the kind that was read."""
    for kind in KINDS:
        items = [
            (s, i)
            for s in scored
            for i, item in enumerate(s.article.items)
            if item.claim["kind"] == kind and not item.optional
        ]
        claims = [(s, c) for s in scored for c in s.article.reading.claims if c.kind == kind]
        cells: list[object] = [kind, len(items)]
        cells += [percent(sum(i in s.matched[level] for s, i in items), len(items)) for level in (*COLUMNS, "found")]
        cells += [len(claims)]
        cells += [percent(sum(c.id in s.true[level] for s, c in claims), len(claims)) for level in COLUMNS]
        yield tuple(cells)


def attribute_rows(scored: Sequence[Scored]) -> Iterator[tuple[object, ...]]:
    """Of the numbers matched leniently: how often interval, P, arm and endpoint agree."""
    checks: dict[str, Callable[[Scored], Callable[[Item, Claim], bool | None]]] = {
        "interval and level": lambda _: interval_right,
        "P value": lambda _: p_right,
        "arm (of one arm)": arm_right,
        "endpoint (by words)": lambda _: endpoint_right,
    }
    for name, check in checks.items():
        said = []
        for one in scored:
            judge_one = check(one)
            said += [judge_one(one.article.items[i], claim) for i, claim in one.matched["lenient"].items()]
        right = [answer for answer in said if answer is not None]
        yield name, f"{sum(right)}/{len(right)}", percent(sum(right), len(right))


def verdict_rows(scored: Sequence[Scored], *, named: bool) -> Iterator[tuple[object, ...]]:
    """Hard contradictions, text by text where there is something to say: annotated, found, missed, false."""
    sums = [0, 0, 0, 0]
    for one in scored:
        row = [len(one.article.truth["contradictions"]), len(one.found), len(one.missed), len(one.false)]
        sums = [a + b for a, b in zip(sums, row, strict=True)]
        if named and any(row):
            yield one.article.name, *row
    yield f"all {len(scored)} texts", *sums


def report(name: str, scored: Sequence[Scored], *, named: bool) -> str:
    """The tables of a set."""
    seconds = sum(one.article.seconds for one in scored)
    size = sum(not item.optional for one in scored for item in one.article.items)
    speed = len(scored) / seconds if seconds else 0.0
    return "\n\n".join([
        f"## {name.replace('_', '-').capitalize()} set: {len(scored)} texts, {size} numbers",
        table(("", "n", "%", "lower 90%, Wilson", "over texts"), list(total_rows(scored))),
        table(
            ("kind", "annotated", "recall strict", "lenient", "any kind", "read", "precision strict", "lenient"),
            list(kind_rows(scored)),
        ),
        table(("of those matched", "n", "% right"), list(attribute_rows(scored))),
        table(("hard contradictions", "annotated", "found", "missed", "false"), [*verdict_rows(scored, named=named)]),
        f"{speed:.0f} articles a second.",
    ])  # fmt: skip


def misses(one: Scored) -> Iterator[str]:
    """What was not read, what was read wrongly, and verdicts that are missing or false, line by line."""
    article: Article = one.article
    for i, item in enumerate(article.items):
        if i in one.matched["lenient"] or item.optional:
            continue
        wrong = one.matched["found"].get(i)
        as_what = f"; read as {wrong.kind}/{wrong.measure}" if wrong else ""
        what = f"{item.claim['kind']}/{item.claim['unit']} {item.value}"
        yield f"{article.name}: missed {what} in {item.claim['quote']!r}{as_what}"
    for claim in article.reading.claims:
        if claim.id not in one.true["lenient"]:
            value = "-" if claim.value is None else f"{claim.value.value:g}"
            yield f"{article.name}: false {claim.kind}/{claim.measure} {value} in {claim.quote!r}"
    agrees = arm_right(one)
    for i, claim in one.matched["lenient"].items():
        item = article.items[i]
        checks = {"interval": interval_right(item, claim), "P": p_right(item, claim), "arm": agrees(item, claim),
                  "endpoint": endpoint_right(item, claim)}  # fmt: skip
        bad = [name for name, right in checks.items() if right is False]
        if bad:
            said = f"arm {claim.arm!r} for {item.arm!r}, endpoint {claim.endpoint!r} for {item.claim['endpoint']!r}"
            yield f"{article.name}: wrong {', '.join(bad)} in {claim.quote!r} ({said})"
    for truth in one.missed:
        yield f"{article.name}: CONTRADICTION MISSED, {truth['rule']}: {truth['why']}"
    for finding in one.false:
        yield f"{article.name}: FALSE CONTRADICTION, {finding.rule}: {finding.arithmetic}"


def main() -> None:
    """Read the sets asked for, print their tables, and write the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=(*SETS, "all"), default="development")
    parser.add_argument("--misses", action="store_true", help="list what was missed or is false")
    parser.add_argument("--open", action="store_true", help="list it of the held-back set too")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks-claims.md, of all sets")
    options = parser.parse_args()
    machine = f"one of {os.cpu_count()} cores ({platform.machine()}, Python {platform.python_version()})"
    parts = [INTRODUCTION.format(machine=machine).strip()]
    for name in SETS if options.write or options.set == "all" else (options.set,):
        scored = [score(article) for article in articles(name)]
        parts.append(report(name, scored, named=name != "held_back" or options.open))
        print(parts[-1], end="\n\n", flush=True)
        if options.misses and (name != "held_back" or options.open):
            print("\n".join(line for one in scored for line in misses(one)), end="\n\n", flush=True)
    if options.write:
        PAGE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
