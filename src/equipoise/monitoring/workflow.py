"""From a data cut to an interim look: which look, what it may use, what it says, and the bundle that records it."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equipoise.errors import DataError, PlanError, Problem, UsageError, Where
from equipoise.monitoring.looks import (
    NO_HISTORY,
    Choice,
    History,
    PastLook,
    check_history,
    choose,
    monitored,
    with_look,
)
from equipoise.source import place_problems

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context
    from equipoise.data import Datasets
    from equipoise.monitoring.conditional import EffectPrior
    from equipoise.monitoring.rows import Sight
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Curve, Results, Statistic

__all__ = ["Look", "monitor", "monitor_files"]

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Look:
    """An interim look.

    Attributes:
        results: Rows and curves.
        history: Looks held, this one among them.
        sights: One a hypothesis with a design.
        notes: Warnings.
    """

    results: Results
    history: History
    sights: tuple[Sight, ...]
    notes: tuple[Problem, ...]


def monitor_files(
    protocol: Protocol,
    path: Path,
    *,
    data: Path | None = None,
    out: Path | None = None,
    after: Path | None = None,
    cut: datetime.date | None = None,
    unblinded: bool = False,
    choice: Choice | None = None,
    seed: int = 1,
    draws: int = 2000,
    progress: Progress | None = None,
) -> Look:
    """Hold an interim look on files and, where `out` is given, write its bundle.

    Args:
        protocol: The declared trial.
        path: Its file.
        data: Folder or file with the data; `data` beside the protocol where absent.
        out: Folder for the bundle.
        after: Bundle of the look before.
        cut: Date at which follow-up is cut.
        unblinded: Whether to read the arms; without it nothing is read or shown by arm.
        choice: Which look it is; the next one of the first hypothesis where absent.
        seed: Of the draws of the prediction.
        draws: Number of draws.
        progress: Called with (label, step, steps).

    Raises:
        DataError: With every problem of the data.
        PlanError: A look that can't be held as asked for (`monitor.*`).
        UsageError: Options that contradict each other.
        BundleError: `after` or `out` is no bundle.
    """
    from equipoise.analysis.workflow import data_place
    from equipoise.monitoring.blinded import narrowed
    from equipoise.monitoring.looks import read_history

    _check_cut(cut)
    tell = progress or (lambda _label, _step, _steps: None)
    history = NO_HISTORY if after is None else read_history(after, protocol)
    chosen = choose(protocol, history, choice or Choice())
    _check_view(protocol, history, unblinded=unblinded)
    place = data_place(protocol, path, data)
    _check_place(out, after, unblinded=unblinded)
    tell("Reading and checking data", 0, 3)
    small = narrowed(protocol, monitored(protocol), arms=unblinded)
    datasets = _loaded(small, place, path, cut, unblinded=unblinded)
    tell("Looking", 1, 3)
    try:
        look = monitor(small, datasets, history=history, chosen=chosen, unblinded=unblinded, seed=seed, draws=draws)
    except PlanError as error:
        problems = [_at_option(one) for one in error.problems]
        raise PlanError(place_problems(problems, path)) from None
    look = replace(look, notes=tuple(place_problems(look.notes, path)))
    if out is not None:
        tell("Writing", 2, 3)
        _write(protocol, path, datasets, look, out)
    tell("Done", 3, 3)
    return look


def monitor(
    protocol: Protocol,
    data: Datasets,
    *,
    history: History = NO_HISTORY,
    chosen: Mapping[str, tuple[int | None, bool]] | None = None,
    unblinded: bool = False,
    seed: int = 1,
    draws: int = 2000,
) -> Look:
    """Hold an interim look on loaded data.

    Args:
        protocol: The declared trial.
        data: Its data; blinded ones where `unblinded` is false.
        history: Looks held before.
        chosen: Hypothesis → (planned look or None, whether it is final); the next of the first where absent.
        unblinded: Whether arms may be read.
        seed: Of the draws.
        draws: Number of draws.

    Raises:
        PlanError: A look that can't be held as asked for; every such problem of the first hypothesis that has one.
    """
    from equipoise.analysis.steps import Context
    from equipoise.monitoring.rows import rows_of
    from equipoise.results import Results

    chosen = choose(protocol, history, Choice()) if chosen is None else chosen
    sights = _counted(protocol, data, history, chosen)
    events = {one.plan.hypothesis: one.pooled.events for one in sights}
    check_history(history, sights[0].pooled.cut.isoformat(), _enrolled(sights), events)
    context, first = Context(protocol, data), next(iter(chosen))
    for place, one in enumerate(sights):
        name = one.plan.hypothesis
        # Another hypothesis that is looked at along with it waits until it has events.
        if name in chosen and (one.pooled.events or name == first):
            sights[place] = _looked(context, one, chosen[name], unblinded=unblinded)
    if unblinded:
        sights = _decided(protocol, sights, history)
    sights = [replace(one, forecast=_forecast(protocol, one, seed=seed, draws=draws)) for one in sights]
    now = _recorded(history, sights, unblinded=unblinded)
    rows = [_from(data, row) for one in sights for row in rows_of(one)]
    notes = tuple(dict.fromkeys([*(note for one in sights for note in one.pooled.notes), *_skipped(sights)]))
    return Look(Results.of(rows), now, tuple(sights), notes)


def _from(data: Datasets, row: Statistic | Curve) -> Statistic | Curve:
    """A row with the origin of the data; what is assumed or simulated stays that."""
    observed = data.synthetic and getattr(row, "origin", "") == "observed"
    changed: dict[str, Any] = {"origin": "synthetic"} if observed else {}
    return replace(row, **changed)


def _at_option(problem: Problem) -> Problem:
    """A problem of what the call says, and not the protocol: it has no line there."""
    option = {"draws": "--draws", "cut": "--cut"}.get(problem.where.path)
    return problem if option is None else replace(problem, where=Where(file=option))


def _skipped(sights: Sequence[Sight]) -> Iterator[Problem]:
    """Warnings of looks that were to come before this one and are in no history: what they spent is not counted."""
    for one in sights:
        if one.look is None:
            continue
        plan, name = one.plan, one.plan.hypothesis
        number = plan.looks if one.look.final else one.look.planned or 1
        done = max((past.held.planned or 0 for past in one.past), default=0)
        bounds = plan.probabilities.boundaries.efficacy
        missed = [k for k in range(done + 1, number) if math.isfinite(bounds[k - 1])]
        if missed:
            which = f"look{'s' * (len(missed) > 1)} {', '.join(map(str, missed))}"
            yield Problem(
                "monitor.skipped",
                f"{which} of {name}, planned before this one, is taken as not held: no alpha was spent there",
                Where(path=f"design.{name}.looks"),
                cure="if it was held, name its bundle in --after: the bound depends on it",
                severity="warning",
            )


def _check_cut(cut: object) -> None:
    if cut is not None and type(cut) is not datetime.date:
        cure = "write datetime.date(2026, 6, 30)"
        raise UsageError(Problem("usage.cut", "the cut is not a date", value=repr(cut), cure=cure))


def _enrolled(sights: Sequence[Sight]) -> int:
    return max(one.pooled.enrolled for one in sights)


def _check_view(protocol: Protocol, history: History, *, unblinded: bool) -> None:
    """Refuse what the view can't tell: events of two of several arms, or a graph whose past is not told."""
    if unblinded and history.looks and not history.unblinded:
        message = "the look before was blinded: its bundle does not say what was rejected"
        cure = "hold the look before again with --unblinded, and name that bundle in --after"
        raise UsageError(Problem("monitor.after_blinded", message, Where(file="--after"), cure=cure))
    if not unblinded and len(protocol.experimental) > 1:
        message = "the events of one comparison of several can't be counted without the arms"
        cure = "ask for the unblinded view: --unblinded"
        raise UsageError(Problem("monitor.arms", message, Where(path="arms"), str(len(protocol.arms)), cure))


def _check_place(out: Path | None, after: Path | None, *, unblinded: bool) -> None:
    """A blinded look has no place beside results by arm, and no look in the place of the one before."""
    from equipoise.results.bundle import check_target

    if out is None:
        return
    check_target(out)
    if after is not None and out.resolve() == after.resolve():
        message, cure = "the look before would be replaced by this one", "choose a folder of its own for --out"
        raise UsageError(Problem("monitor.out_after", message, Where(file=str(out)), cure=cure))
    if not unblinded and (out / "results.json").is_file():
        message = "the folder holds results by arm, and this look is blinded"
        cure = "choose a new folder for --out"
        raise UsageError(Problem("monitor.out_by_arm", message, Where(file=str(out)), cure=cure))


def _loaded(protocol: Protocol, place: Path, path: Path, cut: datetime.date | None, *, unblinded: bool) -> Datasets:
    from equipoise.data import load_data

    try:
        return load_data(protocol, place, cut=cut, protocol_file=path, blinded=not unblinded)
    except DataError as error:
        raise _said_why(error, unblinded=unblinded) from None


def _said_why(error: DataError, *, unblinded: bool) -> DataError:
    """Missing arms are the likeliest reason of an unblinded view that fails, so its cure comes along."""
    if not unblinded:
        return error
    arms = {"TRT01P", "TRT01A"}
    problems = [
        replace(one, cure=f"{one.cure}; without arms only the blinded view is possible: leave --unblinded out")
        if one.where.column in arms and one.code != "data.arm_differs" and one.severity == "error"
        else one
        for one in error.problems
    ]
    return DataError(problems)


def _counted(
    protocol: Protocol, data: Datasets, history: History, chosen: Mapping[str, tuple[int | None, bool]]
) -> list[Sight]:
    """Every hypothesis with a design that can be monitored, those chosen first: patients and events, no look yet."""
    from equipoise.design.plan import plan_of
    from equipoise.monitoring.blinded import pooled
    from equipoise.monitoring.looks import monitored_design
    from equipoise.monitoring.rows import Sight

    out: list[Sight] = []
    for name in [*chosen, *(other for other in monitored(protocol) if other not in chosen)]:
        plan = plan_of(protocol, name)
        try:
            design = monitored_design(plan)
        except PlanError:
            if name in chosen:
                raise
            continue
        codes = _codes(protocol, plan.pair.experimental, plan.pair.control)
        counted = pooled(protocol, data, plan, arms=codes)
        out.append(Sight(plan, design, counted, history.of(name), None, prior=_prior(protocol)))
    return out


def _looked(context: Context, sight: Sight, which: tuple[int | None, bool], *, unblinded: bool) -> Sight:
    """The look that is held now."""
    from equipoise.monitoring.boundaries import next_bound
    from equipoise.monitoring.unblinded import see

    name, design = sight.plan.hypothesis, sight.design
    assert design is not None
    if sight.pooled.events == 0:
        cure = "hold the look once there are events"
        where = Where(path=f"design.{name}")
        raise PlanError(Problem("monitor.no_events", f"{name} has no events yet", where, "0", cure))
    seen = see(context, sight.plan) if unblinded else None
    if seen is None and design.scale is None:
        return replace(sight, no_bound="the information of a weighted test is a variance, which needs the arms")
    information = float(sight.pooled.events) if seen is None else seen.information
    look = next_bound(design, [one.held for one in sight.past], information, planned=which[0], final=which[1])
    return replace(sight, look=look, seen=seen)


def _codes(protocol: Protocol, experimental: str, control: str) -> tuple[int, int] | None:
    """Codes of two of several arms; None where there are but two, and nobody need be read by arm."""
    arms = list(protocol.arms)
    return None if len(arms) == 2 else (arms.index(experimental), arms.index(control))


def _prior(protocol: Protocol) -> EffectPrior | None:
    from equipoise.monitoring.conditional import EffectPrior

    declared = protocol.monitoring.prior if protocol.monitoring is not None else None
    return None if declared is None else EffectPrior(declared.hazard_ratio, declared.events)


def _decided(protocol: Protocol, sights: Sequence[Sight], history: History) -> list[Sight]:
    from equipoise.monitoring.unblinded import Position, decide, harm_bound

    now = {
        one.plan.hypothesis: Position(
            one.design, one.held, one.seen.z, harm_bound(protocol, one.plan, one.design, one.look)
        )
        for one in sights
        if one.seen is not None and one.look is not None and one.design is not None
    }
    found = decide(protocol, now, history.rejected)
    return [
        replace(one, standing=found[one.plan.hypothesis], harm=now[one.plan.hypothesis].harm)
        if one.plan.hypothesis in found
        else one
        for one in sights
    ]


def _forecast(protocol: Protocol, sight: Sight, *, seed: int, draws: int) -> Any:
    """What is to come until the last look; None where it was held."""
    from equipoise.monitoring.blinded import forecast

    plan, design = sight.plan, sight.design
    held = sight.held
    if design is None or (held and held[-1].final) or sight.pooled.events == 0:
        return None
    done = max((one.planned for one in held if one.planned is not None), default=0)
    places = range(done, plan.looks)
    # Rules by time wait for no event; what they are to bring is predicted on their day.
    waits = [plan.rules[k].events is not None or plan.rules[k].fraction is not None for k in range(plan.looks)]
    targets = [math.ceil(plan.information.events[k] - 1e-6) for k in places if waits[k]]
    start = plan.start or sight.pooled.first
    shift = float((start - sight.pooled.first).days)
    planned = [plan.information.times[k] * plan.days_per_unit + shift for k in places]
    return forecast(protocol, plan, sight.pooled, targets, planned, seed=seed, draws=draws)


def _recorded(history: History, sights: Sequence[Sight], *, unblinded: bool) -> History:
    """The history with this look; what looks showed stays only where it may be told."""
    cut = sights[0].pooled.cut.isoformat()
    rejected = [*history.rejected]
    for one in sights:
        if one.look is not None:
            z = one.seen.z if one.seen is not None and unblinded else None
            history = with_look(history, one.plan.hypothesis, PastLook(one.look, cut, z))
        if one.standing is not None and one.standing.rejected:
            rejected.append(one.plan.hypothesis)
    return replace(
        history,
        rejected=tuple(rejected),
        cut=cut,
        unblinded=unblinded,
        enrolled=_enrolled(sights),
        events={one.plan.hypothesis: one.pooled.events for one in sights},
    )


def _write(protocol: Protocol, path: Path, data: Datasets, look: Look, out: Path) -> None:
    from equipoise.analysis.workflow import manifest
    from equipoise.protocol.canonical import protocol_document
    from equipoise.results.bundle import write_bundle

    document = protocol_document(protocol)
    facts = manifest(protocol, path, data, protocol_hash=document["hash"], noticed=look.notes)
    cut = look.history.cut
    view = "unblinded" if look.history.unblinded else "blinded"
    facts |= {"cut": cut, "view": view}
    facts["monitoring"] = look.history.to_dict()
    write_bundle(out, protocol=document, manifest=facts, results=look.results, stage="monitoring", head={"view": view})
