"""Ways to get competing events wrong in a protocol: one problem each, on its line, with a cure."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from equipoise.errors import ProtocolError
from equipoise.protocol import loads_protocol
from equipoise.protocol.checks import protocol_warnings

EITHER = "  either: {kind: time_to_event, label: Either, source: {first_of: [progression, os]}}"
MAIN = "  either_main: {like: main, endpoint: either}"
COMPETES = EITHER.replace("[progression, os]", "[progression], competing: [os]")
ADAM, OWN = (
    "source: {table: ADTTE, PARAMCD: TTP}",
    "source: {file: a.csv, subject: s, time: t, status: d, codes: {CODES}}",
)


def incidence(text: str = "{}") -> tuple[str, str]:
    return MAIN, f"{MAIN[:-1]}, incidence: {text}}} #!"


@pytest.mark.parametrize(
    ("edits", "code", "phrase", "cure"),
    [
        ([incidence()], "no_competing", "nothing competes with the event of `either`", "add `competing: [...]`"),
        (
            [(MAIN, MAIN.replace("either}", "pfs, incidence: {}} #!"))],
            "no_competing",
            "nothing competes with the event of `pfs`",
            "first_of: [pfs], competing",
        ),
        (
            [
                (ADAM, OWN.replace("CODES", "1: event, 0: censored")),
                (MAIN, MAIN.replace("either}", "progression, incidence: {}} #!")),
            ],
            "no_competing",
            "nothing competes",
            "declare a code of d as `competing`",
        ),
        ([(EITHER, COMPETES.replace("[os]", "[oss]") + " #!")], "dangling", "`oss` is not declared", "`os`"),
        ([(EITHER, COMPETES.replace("[os]", "[orr]") + " #!")], "kind", "not a time-to-event endpoint", "kind:"),
        (
            [(EITHER, COMPETES.replace("[os]", "[progression]") + " #!")],
            "competing",
            "part of the event",
            "not under both",
        ),
        ([(EITHER, COMPETES.replace("[os]", "[either]") + " #!")], "cycle", "goes in a circle", "read one of them"),
        ([(EITHER, COMPETES.replace("[os]", "[os, os]") + " #!")], "duplicate", "twice", ""),
        ([(EITHER, COMPETES), incidence("{times: [12, 12]}")], "duplicate", "twice", ""),
        (
            [(EITHER, COMPETES), incidence("{test: {strata: [age]}}")],
            "continuous",
            "`age` is continuous",
            "second factor",
        ),
        ([(EITHER, COMPETES), incidence("{test: {strata: [stag]}}")], "dangling", "`stag` is not declared", "`stage`"),
        ([(EITHER, COMPETES), incidence("{regression: {covariates: [agee]}}")], "dangling", "`agee` is not", "`age`"),
        ([(EITHER, COMPETES), incidence("{se: greenwood}")], "choice", "`se` must be", "infinitesimal_jackknife"),
        ([(EITHER, COMPETES), incidence("{test: {rho: -1}}")], "range", "rho", ""),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_one_problem_with_line_and_cure(
    edits: list[tuple[str, str]], code: str, phrase: str, cure: str, edited: Callable[..., str]
) -> None:
    text = edited(*edits)
    with pytest.raises(ProtocolError) as caught:
        loads_protocol(text, file="bad.yaml")
    (problem,) = caught.value.problems
    assert problem.code == f"protocol.{code}"
    assert text.splitlines()[problem.where.line - 1].endswith("#!")
    assert phrase in problem.message + problem.where.path
    assert cure in problem.cure


@pytest.mark.parametrize(
    "edits",
    [
        [(EITHER, COMPETES), (MAIN, f"{MAIN[:-1]}, incidence: {{times: [12], se: infinitesimal_jackknife}}}}")],
        [(EITHER, COMPETES), (MAIN, f"{MAIN[:-1]}, incidence: {{test: null, regression: null}}}}")],
        # Competing by a code, directly and through a part.
        [(ADAM, OWN.replace("CODES", "1: event, 2: competing, 0: censored")),
         (MAIN, MAIN.replace("either}", "progression, incidence: {}}"))],
        [(ADAM, OWN.replace("CODES", "1: event, 2: competing, 0: censored")),
         (MAIN, f"{MAIN[:-1]}, incidence: {{}}}}")],
    ],
    ids=["derived", "curves only", "code", "code of a part"],
)  # fmt: skip
def test_what_is_allowed(edits: list[tuple[str, str]], edited: Callable[..., str]) -> None:
    assert any(analysis.kind == "time_to_event" and analysis.incidence
               for analysis in loads_protocol(edited(*edits)).analysis.values())  # fmt: skip


def test_far_landmarks_warn(edited: Callable[..., str]) -> None:
    protocol = loads_protocol(edited((EITHER, COMPETES), (MAIN, f"{MAIN[:-1]}, incidence: {{times: [12, 1826]}}}}")))
    assert [(one.code, one.where.path) for one in protocol_warnings(protocol)] == [
        ("protocol.far_time", "analysis.either_main.incidence.times[1]")
    ]
