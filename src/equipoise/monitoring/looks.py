"""Which look this is: the plan of each hypothesis, the looks held before, and what contradicts them.

What earlier looks used (information, spending time, bound) is read from their bundle and never changes. A history that
can't be true, fewer events than before, an earlier cut, another design, is refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equipoise.errors import PlanError, Problem, UsageError, Where
from equipoise.monitoring.boundaries import HeldLook, MonitoredDesign

if TYPE_CHECKING:
    from equipoise.design.plan import Plan
    from equipoise.protocol.protocol import Protocol

__all__ = [
    "NO_HISTORY",
    "Choice",
    "History",
    "PastLook",
    "check_history",
    "choose",
    "monitored",
    "monitored_design",
    "read_history",
]

_SECTIONS = ("trial", "time", "arms", "endpoints", "analysis", "hypotheses", "multiplicity", "scenarios", "design")
_SIX = 6


@dataclass(frozen=True, slots=True)
class PastLook:
    """A look as an earlier bundle recorded it.

    Attributes:
        held: What it used.
        cut: Its data cut, ISO date.
        z: The statistic, where the look was unblinded; None where it was not.
    """

    held: HeldLook
    cut: str
    z: float | None = None

    def to_dict(self, *, unblinded: bool) -> dict[str, Any]:
        """As plain JSON values, infinite bounds as null; z only where it may be told."""
        held = self.held
        out: dict[str, Any] = {
            "planned": held.planned,
            "final": held.final,
            "cut": self.cut,
            "information": held.information,
            "spending_time": held.spending_time,
            "efficacy_z": held.efficacy_z if math.isfinite(held.efficacy_z) else None,
            "alpha_spent": held.alpha_spent,
            "futility_z": held.futility_z if math.isfinite(held.futility_z) else None,
            "how": held.how,
        }
        return out | ({"z": self.z} if unblinded else {})

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> PastLook:
        """What `to_dict` wrote.

        Args:
            content: Its values.
        """
        efficacy, futility = content["efficacy_z"], content["futility_z"]
        held = HeldLook(
            information=float(content["information"]),
            spending_time=float(content["spending_time"]),
            efficacy_z=math.inf if efficacy is None else float(efficacy),
            alpha_spent=float(content["alpha_spent"]),
            futility_z=-math.inf if futility is None else float(futility),
            planned=content["planned"],
            final=bool(content["final"]),
            how=str(content["how"]),
        )
        return cls(held, str(content["cut"]), content.get("z"))


@dataclass(frozen=True, slots=True)
class History:
    """Looks held so far.

    Attributes:
        looks: Hypothesis → its looks, in order.
        rejected: Hypotheses rejected at them.
        cut: Date of the latest data cut, "" for none.
        unblinded: Whether the bundle tells what looks showed.
        enrolled: Patients at the latest cut.
        events: Hypothesis → events at the latest cut.
    """

    looks: Mapping[str, tuple[PastLook, ...]]
    rejected: tuple[str, ...] = ()
    cut: str = ""
    unblinded: bool = False
    enrolled: int = 0
    events: Mapping[str, int] | None = None

    def of(self, hypothesis: str) -> tuple[PastLook, ...]:
        """Looks of a hypothesis.

        Args:
            hypothesis: Its name.
        """
        return tuple(self.looks.get(hypothesis, ()))

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values, for the manifest."""
        out: dict[str, Any] = {
            "view": "unblinded" if self.unblinded else "blinded",
            "cut": self.cut,
            "enrolled": self.enrolled,
            "events": dict(self.events or {}),
            "looks": {
                name: [look.to_dict(unblinded=self.unblinded) for look in looks] for name, looks in self.looks.items()
            },
        }
        return out | ({"rejected": list(self.rejected)} if self.unblinded else {})


NO_HISTORY = History({})


def read_history(previous: Path, protocol: Protocol) -> History:
    """The looks that an earlier bundle of `monitor` holds.

    Args:
        previous: Its folder.
        protocol: The declared trial, which must be the one monitored then, as far as the design goes.

    Raises:
        BundleError: When there is no bundle.
        PlanError: When the bundle is of another trial or design, or of no interim look (`monitor.after`).
    """
    from equipoise.protocol.canonical import section_hashes
    from equipoise.results.bundle import read_bundle

    bundle = read_bundle(previous)
    where = Where(file=str(previous))
    content = bundle.manifest.get("monitoring")
    if not isinstance(content, Mapping):
        cure = "name the folder that `equipoise monitor --out` wrote at the look before"
        raise PlanError(Problem("monitor.after", "the bundle holds no interim look", where, cure=cure))
    known = bundle.protocol.get("protocol", {}).get("trial", {}).get("id")
    if known != protocol.trial.id:
        cure = f"name the bundle of the last look of {protocol.trial.id}"
        raise PlanError(Problem("monitor.after", "the bundle is of another trial", where, str(known), cure))
    then, now = bundle.protocol.get("sections", {}), section_hashes(protocol)
    changed = [name for name in _SECTIONS if name != "trial" and then.get(name) != now[name]]
    if changed:
        message = f"the protocol has changed since: {', '.join(changed)}"
        cure = "monitor with the protocol of the earlier looks; bounds of an amended design are not those of this one"
        raise PlanError(Problem("monitor.after_design", message, where, ", ".join(changed), cure))
    try:
        looks = {str(name): tuple(PastLook.from_dict(one) for one in rows) for name, rows in content["looks"].items()}
        return History(
            looks,
            tuple(content.get("rejected", ())),
            str(content["cut"]),
            content["view"] == "unblinded",
            int(content["enrolled"]),
            {str(name): int(count) for name, count in content["events"].items()},
        )
    except (KeyError, TypeError, ValueError) as error:
        cure = "write the earlier look again"
        raise PlanError(
            Problem("monitor.after", "its record of looks can't be read", where, str(error), cure)
        ) from None


def monitored_design(plan: Plan) -> MonitoredDesign:
    """What monitoring needs of a plan.

    Information is the number of events for the log-rank test, the variance of the score for weighted ones.

    Args:
        plan: The plan of a hypothesis.

    Raises:
        PlanError: The statistic has no looks that this room can follow (`monitor.statistic`).
    """
    from equipoise.design.futility import FutilityHazardRatio, FutilityZ
    from equipoise.design.statistics import FlemingHarrington, LogRank, ModestlyWeighted

    found = plan.information
    if isinstance(plan.statistic, LogRank):
        information = tuple(round(d, _SIX) for d in found.events)
        ratios = plan.pair.ratios
        scale: float | None = math.sqrt(ratios[0] * ratios[1]) / (ratios[0] + ratios[1])
        null = plan.statistic.margin
    elif isinstance(plan.statistic, FlemingHarrington | ModestlyWeighted):
        information, scale, null = tuple(found.null_information), None, 1.0
    else:
        kind = type(plan.statistic).__name__
        message = (
            f"looks of {plan.hypothesis} can't be monitored: its statistic is neither a log-rank nor a weighted one"
        )
        cure = "analyze the data with `equipoise analyze`; bounds of this design are in `equipoise design`"
        where = Where(path=f"design.{plan.hypothesis}")
        raise PlanError(Problem("monitor.statistic", message, where, kind, cure))
    test, chances = plan.test, plan.probabilities
    futility = test.futility
    if scale is None and isinstance(futility, FutilityHazardRatio):
        # A weighted statistic has no hazard ratio of its own: what the plan made of it stays.
        futility = FutilityZ(chances.boundaries.futility)
    spent = chances.boundaries.beta_spent
    beta = spent[-1] if spent else 1.0 - chances.power
    return MonitoredDesign(
        information=information,
        alpha=test.alpha,
        efficacy=test.efficacy,
        sides=test.sides,
        active=test.active or (),
        futility=futility,
        futility_active=test.futility_active or (),
        binding=test.binding,
        mean=tuple(chances.mean),
        beta=beta,
        scale=scale,
        null_ratio=null,
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user said of this look.

    Attributes:
        hypotheses: Hypotheses that are looked at; () for those whose turn it is.
        look: The planned look, from 1; None for the next.
        final: Whether it is the last.
        unplanned: Whether it is none of those planned.
    """

    hypotheses: tuple[str, ...] = ()
    look: int | None = None
    final: bool = False
    unplanned: bool = False


def monitored(protocol: Protocol) -> list[str]:
    """Hypotheses with a design that are about a time to an event: looks are followed for these.

    Args:
        protocol: The declared trial.
    """
    kinds = {name: protocol.analysis[protocol.hypotheses[name].analysis].kind for name in protocol.design}
    return [name for name, kind in kinds.items() if kind == "time_to_event"]


def choose(protocol: Protocol, history: History, choice: Choice) -> dict[str, tuple[int | None, bool]]:
    """Which hypotheses are looked at now, and at which planned look each.

    Without a word of the user it is the next look of the first hypothesis that still has one, and with it the looks of
    others that are declared to be held at the same data cut (`same_as`).

    Args:
        protocol: The declared trial.
        history: Looks held before.
        choice: What the user said.

    Returns:
        Hypothesis → (planned look or None, whether it is final).

    Raises:
        UsageError: A hypothesis without a design, options that contradict each other, or nothing left to look at.
    """
    designs = monitored(protocol)
    if not designs:
        cure = "declare `design:` with the looks of a hypothesis about a time to an event"
        message = "the protocol has no design that can be monitored"
        raise UsageError(Problem("monitor.no_design", message, cure=cure))
    unknown = [name for name in choice.hypotheses if name not in designs]
    if unknown:
        cure = f"designs of times to events are declared for {', '.join(designs)}"
        message = "this hypothesis has no design that can be monitored"
        raise UsageError(Problem("monitor.no_design", message, value=unknown[0], cure=cure))
    if sum((choice.look is not None, choice.final, choice.unplanned)) > 1:
        cure = "give one of --look, --final and --unplanned"
        raise UsageError(Problem("monitor.options", "the options contradict each other", cure=cure))
    done = {name: _done(history, name) for name in designs}
    open_now = [
        name
        for name in designs
        if done[name] < len(protocol.design[name].looks) and not _final(history, name) and name not in history.rejected
    ]
    wanted = list(choice.hypotheses) or open_now[:1]
    if not wanted:
        cure = "analyze the data with `equipoise analyze`"
        raise UsageError(Problem("monitor.after_final", "the final look of every hypothesis was held", cure=cure))
    out: dict[str, tuple[int | None, bool]] = {}
    for name in wanted:
        planned = None if choice.unplanned else choice.look or done[name] + 1
        if _final(history, name):
            cure = "the bounds are used up: analyze the data without a claim, `equipoise analyze`"
            raise UsageError(Problem("monitor.after_final", "the final look was held already", value=name, cure=cure))
        out[name] = (None if choice.final else planned, choice.final)
    if not choice.hypotheses and not choice.unplanned:
        out |= _companions(protocol, out, open_now, done)
    return out


def _companions(
    protocol: Protocol, out: Mapping[str, tuple[int | None, bool]], open_now: Sequence[str], done: Mapping[str, int]
) -> dict[str, tuple[int | None, bool]]:
    """Looks of other hypotheses that are declared to be held with those chosen."""
    (first, (planned, final)), *_ = out.items()
    number = len(protocol.design[first].looks) if final else planned
    found: dict[str, tuple[int | None, bool]] = {}
    for name in open_now:
        same = protocol.design[name].looks[done[name]].same_as
        if name not in out and same is not None and (same.hypothesis, same.look) == (first, number):
            found[name] = (done[name] + 1, False)
    own = (
        protocol.design[first].looks[number - 1].same_as
        if number and number <= len(protocol.design[first].looks)
        else None
    )
    if own is not None and own.hypothesis in open_now and own.look == done[own.hypothesis] + 1:
        found.setdefault(own.hypothesis, (own.look, False))
    return found


def check_history(history: History, cut: str, enrolled: int, events: Mapping[str, int]) -> None:
    """Refuse data that contradict the looks held before.

    Args:
        history: Looks held before.
        cut: Date of this cut.
        enrolled: Patients now.
        events: Hypothesis → events now.

    Raises:
        PlanError: An earlier or equal cut, fewer patients, or fewer events than before (`monitor.history`).
    """
    found = []
    where = Where(file="--after")
    if history.cut and cut <= history.cut:
        cure = "give the data of a later cut, or name the look before this one in --after"
        message = f"the data cut is not after that of the last look, {history.cut}"
        found.append(Problem("monitor.history", message, where, cut, cure))
    if enrolled < history.enrolled:
        cure = "check that these are the data of the same trial"
        message = f"fewer patients than at the last look, {history.enrolled}"
        found.append(Problem("monitor.history", message, where, str(enrolled), cure))
    for name, before in (history.events or {}).items():
        if name in events and events[name] < before:
            cure = "check the data; where events were withdrawn, say so and hold the look before again with them"
            message = f"fewer events of {name} than at the last look, {before}"
            found.append(Problem("monitor.history", message, where, str(events[name]), cure))
    if found:
        raise PlanError(found)


def _done(history: History, name: str) -> int:
    return max((one.held.planned for one in history.of(name) if one.held.planned is not None), default=0)


def _final(history: History, name: str) -> bool:
    looks = history.of(name)
    return bool(looks) and looks[-1].held.final


def with_look(history: History, name: str, look: PastLook) -> History:
    """The history with one more look.

    Args:
        history: Looks held before.
        name: The hypothesis.
        look: The look.
    """
    return replace(history, looks={**history.looks, name: (*history.of(name), look)})
