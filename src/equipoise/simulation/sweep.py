"""Sweeps: the same trials under other assumptions. All points share their random numbers, so differences are paired."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, product
from typing import TYPE_CHECKING

from equipoise.errors import Problem, UsageError

if TYPE_CHECKING:
    from equipoise.protocol.protocol import Protocol

__all__ = ["VARIED", "Point", "declared_points", "meant_under_h0", "points_of", "words_of"]

VARIED = ("hazard_ratio", "control_median", "dropout", "accrual", "delay")
"""What can be varied: hazard ratio of the experimental arms, median of the control (`time.unit`), hazard of loss (per
`time.unit`), factor on the enrollment rates, time (`time.unit`) before which there is no effect."""
Point = tuple[tuple[str, float], ...]
"""What is assumed otherwise: pairs (what, value), at most one of each; () as declared."""

_MAY_BE_0 = ("dropout", "delay")
_EFFECTS = ("hazard_ratio", "delay")
_MOST_POINTS = 200


def points_of(texts: Iterable[str]) -> tuple[Point, ...]:
    """Points of `hazard_ratio=0.6,0.7`; with several such texts all combinations of their values.

    Args:
        texts: What to vary, as it is written on the command line.

    Raises:
        UsageError: With everything that is wrong with them.
    """
    wrong: list[Problem] = []
    grids: dict[str, list[Point]] = {}
    for text in texts:
        name, _, listed = (part.strip() for part in text.partition("="))
        if name not in VARIED or name in grids:
            twice = "is varied twice" if name in grids else "can't be varied"
            wrong.append(_problem(f"{name or 'nothing'} {twice}", text))
            continue
        grids[name] = [((name, value),) for value in _values(name, listed, text, wrong)]
    points = (
        tuple(_sorted(tuple(chain.from_iterable(pairs))) for pairs in product(*grids.values()))
        if grids and not wrong
        else ()
    )
    if len(points) > _MOST_POINTS:
        wrong.append(_problem(f"a sweep has at most {_MOST_POINTS} points", f"{len(points):,} points"))
    if wrong:
        raise UsageError(wrong)
    return points


def _values(name: str, listed: str, text: str, wrong: list[Problem]) -> Iterator[float]:
    seen: set[float] = set()
    for item in listed.split(","):
        try:
            value = float(item)
        except ValueError:
            wrong.append(_problem(f"{item.strip() or 'nothing'} is no number", text))
            continue
        if not math.isfinite(value) or value < 0.0 or (value == 0.0 and name not in _MAY_BE_0):
            wrong.append(_problem(f"{name} can't be {item.strip()}", text))
        elif value not in seen:
            seen.add(value)
            yield value


def _problem(message: str, value: str) -> Problem:
    cure = f"write `--vary hazard_ratio=0.6,0.7,0.8`; {', '.join(VARIED[:-1])} and {VARIED[-1]} can be varied"
    return Problem("usage.vary", message, value=value, cure=cure)


def declared_points(protocol: Protocol, scenario: str) -> tuple[Point, ...]:
    """The points that the designs under a scenario declare as `sensitivity`, as a design computes them.

    One value at a time, and each effect with each other value.

    Args:
        protocol: The declared trial.
        scenario: Name of the scenario.
    """
    points: dict[Point, None] = {}
    for design in protocol.design.values():
        declared = design.sensitivity
        if declared is None or design.assume != scenario:
            continue
        effects = [("hazard_ratio", value) for value in declared.hazard_ratio]
        others = [
            *(("control_median", value) for value in declared.control_median),
            *(("dropout", value) for value in declared.dropout),
            *(("accrual", value) for value in declared.accrual),
        ]
        points.update({(pair,): None for pair in (*effects, *others)})
        points.update({_sorted((effect, other)): None for effect in effects for other in others})
    return tuple(points)


def meant_under_h0(point: Point) -> bool:
    """Whether a point differs from the scenario when there is no effect: another effect does not.

    Args:
        point: What is assumed otherwise.
    """
    return not point or any(name not in _EFFECTS for name, _ in point)


def words_of(point: Point) -> str:
    """A point as `hazard_ratio=0.7,dropout=0.02`; "" as declared.

    Args:
        point: What is assumed otherwise.
    """
    return ",".join(f"{name}={value:.12g}" for name, value in point)


def _sorted(pairs: Sequence[tuple[str, float]]) -> Point:
    return tuple(sorted(pairs, key=lambda pair: VARIED.index(pair[0])))
