"""Readings made by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from equipoise.evidence.document import Document
from equipoise.evidence.model import Arm, Claim, Finding, Interval, Number, PValue, Reading
from equipoise.evidence.rules import RULES, judge

KINDS = {
    "hazard_ratio": "hazard_ratio", "median": "median", "rate": "rate", "proportion": "proportion",
    "adverse_event_rate": "adverse_event_rate", "arm_size": "arm_size", "sample_size": "sample_size",
    "risk_reduction": "risk_reduction", "follow_up": "follow_up", "age": "age", "p_value": "p_value",
}  # fmt: skip


def number(text: str | None) -> Number | None:
    """`"<0.001"`, `"~80"`, `"12,467"`, `"52."`, `"-2·6"` as printed."""
    if text is None:
        return None
    plain = text.replace("·", ".").replace(",", "").replace("−", "-").strip("%")
    approximate, plain = plain.startswith("~"), plain.lstrip("~")
    bound = next((b for b in ("<=", ">=", "<", ">") if plain.startswith(b)), "")
    digits = plain[len(bound) :]
    decimals = len(digits.partition(".")[2])
    return Number(text.lstrip("~<>="), float(digits), decimals, bound=bound, approximate=approximate)  # type: ignore[arg-type]


def claim(
    measure: str,
    value: str | None = None,
    ci: tuple[str | None, str | None] | None = None,
    p: str | None = None,
    **more: Any,
) -> Claim:
    """A claim; `level`, `stated`, `ci_method`, `ci_kind` go to its interval, `sides`, `p_method` to its P value."""
    interval = None
    level, stated = more.pop("level", 0.95), more.pop("stated", True)
    ci_method, ci_kind = tuple(more.pop("ci_method", ())), more.pop("ci_kind", "confidence")
    if ci is not None:
        interval = Interval(number(ci[0]), number(ci[1]), level, stated, ci_kind, "NR" if None in ci else "", ci_method)
    sides, p_method = more.pop("sides", None), tuple(more.pop("p_method", ()))
    tested = None if p is None else PValue(number(p), sides, p_method)  # type: ignore[arg-type]
    for name in ("count", "denominator", "time"):
        if isinstance(more.get(name), (str, int)):
            more[name] = number(str(more[name]))
    quote = more.pop("quote", f"{measure} {value}")
    if measure in ("proportion", "rate", "adverse_event_rate", "risk_reduction"):
        more.setdefault("unit", "%")
    start = more.pop("start", 0)
    return Claim(
        start=start, end=more.pop("end", start + len(quote)), quote=quote, kind=KINDS.get(measure, "other"),  # type: ignore[arg-type]
        measure=measure, value=number(value), interval=interval, p=tested, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def reading(
    *claims: Claim, text: str = "", arms: tuple[str, ...] | None = None, roles: tuple[str, ...] = ()
) -> Reading:
    """Claims numbered in order; arms are those that they name, the first one experimental."""
    named = tuple(dict.fromkeys(c.arm for c in claims if c.arm)) if arms is None else arms
    given = roles or ("experimental", *["control"] * (len(named) - 1))
    told = tuple(Arm(name, name, role) for name, role in zip(named, given, strict=False))  # type: ignore[arg-type]
    one = tuple(replace(c, id=f"c{i}") for i, c in enumerate(claims, 1))
    return Reading(Document("hand", text), one, told)


@pytest.fixture
def found() -> Callable[..., list[Finding]]:
    """Findings of one rule about claims."""

    def of(rule: Any, *claims: Claim, **more: Any) -> list[Finding]:
        read = reading(*claims, **more)
        own = list(rule.check(read))
        assert all(rule in RULES for rule in (rule,))
        assert [f for f in judge(read) if f.rule == rule.NAME] == own
        assert all(f.arithmetic and f.sentence.endswith((".", "?")) and f.claims and all(f.claims) for f in own)
        return own

    return of


@pytest.fixture
def verdict(found: Callable[..., list[Finding]]) -> Callable[..., str]:
    """The verdict of the only finding; "" where there is none."""

    def of(rule: Any, *claims: Claim, **more: Any) -> str:
        own = found(rule, *claims, **more)
        assert len(own) <= 1, own
        return own[0].verdict if own else ""

    return of


@pytest.fixture(name="claim")
def claim_fixture() -> Callable[..., Claim]:
    """`claim("hazard_ratio", "0.75", ci=("0.59", "0.96"), p="0.02")`."""
    return claim


@pytest.fixture(name="reading")
def reading_fixture() -> Callable[..., Reading]:
    """`reading(claim(...), ...)`."""
    return reading
