"""The level of the last look of a hypothesis that was looked at before.

The interim looks are taken to have been held as planned, and to have stopped nothing; what they spent is gone. At the
last look the spending time is 1 whatever the number of events, and how the statistics of the looks go together follows
from the events that there are (Lan and DeMets 1983, Biometrika 70:659): with 165 and 330 planned and 345 seen, 0.025
is reached at z = 1.969346. What the interim looks really were is the business of `equipoise monitor`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from equipoise.design.levels import Level

if TYPE_CHECKING:
    from equipoise.design.efficacy import Efficacy
    from equipoise.protocol.designs import Design
    from equipoise.protocol.protocol import Protocol

__all__ = ["FinalLook", "PlannedLooks", "final_look", "planned_looks"]


@dataclass(frozen=True, slots=True)
class PlannedLooks:
    """What the plan says of the looks of one hypothesis.

    Attributes:
        design: The declared design.
        path: Its place in the protocol.
        fractions: Information fractions of its bounds.
        counts: Events, or patients of a response, planned at the looks.
        what: `events` or `patients`.
        follows: What the last bound follows: the `events` there are; the plan as `planned`, where information is not
            counted in events; or `rest`, what the interim looks left of alpha, where bounds are of a largest statistic.
    """

    design: Design
    path: str
    fractions: tuple[float, ...]
    counts: tuple[float, ...]
    what: Literal["events", "patients"]
    follows: Literal["events", "planned", "rest"]

    @property
    def looks(self) -> int:
        """Planned looks."""
        return len(self.fractions)


class FinalLook(NamedTuple):
    """The level of the last look.

    Attributes:
        level: The level to compare P with.
        text: What was done, in words.
        why: Why the data are not those of the last look; "" where they are.
    """

    level: Level
    text: str = ""
    why: str = ""


def planned_looks(protocol: Protocol, name: str) -> PlannedLooks | None:
    """The planned looks of a hypothesis; None where it has no design, or one look.

    Events that every look waits for are taken as declared; otherwise what is expected under the assumed scenario.

    Args:
        protocol: The declared trial.
        name: Name of the hypothesis.

    Raises:
        PlanError: When the design can't be computed.
    """
    design = protocol.design.get(name)
    if design is None or len(design.looks) < 2:
        return None
    analysis = protocol.analysis[protocol.hypotheses[name].analysis]
    path = f"design.{name}"
    kind = analysis.test.kind if analysis.kind == "time_to_event" and design.statistic is None else ""
    given = [look.events for look in design.looks]
    if kind == "log_rank" and all(events is not None for events in given):
        counts = tuple(float(events or 0) for events in given)
        return PlannedLooks(design, path, tuple(one / counts[-1] for one in counts), counts, "events", "events")
    from equipoise.design.plan import plan_of

    plan = plan_of(protocol, name)
    if analysis.kind != "time_to_event":
        return PlannedLooks(design, path, plan.fractions, plan.planned.enrolled, "patients", "planned")
    follows: Literal["events", "planned", "rest"] = (
        "events" if kind == "log_rank" else "rest" if kind == "max_combo" else "planned"
    )
    return PlannedLooks(design, path, plan.fractions, plan.planned.events, "events", follows)


def final_look(planned: PlannedLooks, level: Level, count: int | None) -> FinalLook:
    """The level of the last look, when a hypothesis has a level for all of its looks.

    Args:
        planned: Its planned looks.
        level: Its whole level.
        count: Events, or patients, in the data; None where that is not known, which is taken for as planned.

    Raises:
        PlanError: When the declared bounds can't have this level.
    """
    seen = planned.counts[-1] if count is None else float(count)
    nearest = min(range(planned.looks), key=lambda look: abs(planned.counts[look] - seen))
    if nearest < planned.looks - 1:
        why = (
            f"the data have {seen:.10g} {planned.what}, as at the planned look {nearest + 1} of {planned.looks} "
            f"({planned.counts[nearest]:.4g}) and not the last ({planned.counts[-1]:.4g}); interim looks are read by "
            "`equipoise monitor`"
        )
        return FinalLook(level, why=why)
    one_side, label = _last(planned, level, seen)
    before = " and ".join(f"{value:.4g}" for value in planned.counts[:-1])
    text = (
        f"that of the last of {planned.looks} looks ({label}), {level.alpha:.6g} for all of them; interim looks "
        f"assumed held as planned, at {before} {planned.what}, without stopping"
    )
    if planned.follows == "events":
        text += (
            f"; spending time 1, correlation by the {seen:.10g} events of this look ({planned.counts[-1]:.4g} planned)"
        )
    elif planned.follows == "rest":
        text += "; tested at what the interim looks left of it (Bonferroni)"
    return FinalLook(level._replace(alpha=one_side * level.sides), text)


def _last(planned: PlannedLooks, level: Level, seen: float) -> tuple[float, str]:
    """Level of one side of the last look, and the name of the bounds."""
    import numpy as np

    from equipoise.design.boundaries import efficacy_boundaries
    from equipoise.kernels.distributions import norm_sf
    from equipoise.kernels.group_sequential import upper_bounds

    alpha = level.one_side
    kind = _kind(planned.design, alpha)
    active = [look.efficacy for look in planned.design.looks]
    if planned.design.efficacy == "none":
        active = [False] * (planned.looks - 1) + [True]
    bounds = efficacy_boundaries(planned.fractions, alpha, kind, sides=level.sides, active=active)
    spent = np.array([*bounds.alpha_spent[:-1], alpha])
    if planned.follows == "rest":
        return float(alpha - spent[-2]), bounds.efficacy_label
    z = bounds.efficacy[-1]
    if planned.follows == "events" and not _stays(kind):
        information = np.array([*planned.counts[:-1], seen])
        z = float(upper_bounds(information, spent, two_sided=level.sides == 2, active=active)[-1])
    return float(norm_sf(z)), bounds.efficacy_label


def _kind(design: Design, alpha: float) -> Efficacy:
    """The declared bounds at a level: alpha listed by look is spent in proportion."""
    from equipoise.design.specs import efficacy_of
    from equipoise.protocol.designs import ListedAlpha

    declared = design.efficacy
    if isinstance(declared, ListedAlpha):
        share = alpha / declared.alpha[-1]
        declared = declared.model_copy(update={"alpha": tuple(value * share for value in declared.alpha)})
    return efficacy_of(declared, len(design.looks), alpha)


def _stays(kind: Efficacy) -> bool:
    """Whether the last bound is as declared, whatever was spent before."""
    from equipoise.design.efficacy import FixedZ, HaybittlePeto

    return isinstance(kind, FixedZ) or (isinstance(kind, HaybittlePeto) and kind.final == "unadjusted")
