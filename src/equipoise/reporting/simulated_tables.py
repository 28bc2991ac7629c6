"""Tables of simulations: operating characteristics by scenario, what happens at each look, estimates."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from equipoise.reporting.cells import EMPTY, Cell, cell
from equipoise.reporting.context import Context
from equipoise.reporting.design_words import scenario_label, vary_label
from equipoise.reporting.simulated import Kind, Simulated, Tests, whole
from equipoise.reporting.simulated_cells import DASH, bare, span, with_error, with_spread
from equipoise.reporting.tables import Column, Row, Table
from equipoise.results import Statistic

__all__ = ["ERRORS", "characteristics", "estimate_table", "look_table", "together", "varied_tables"]

ERRORS = "In parentheses: Monte Carlo standard errors, of percentages in percentage points."
_MOST_COLUMNS = 6

# Label, name of the statistic, under; the heading stands above.
_Line = tuple[str, str, str]
_CHARACTERISTICS: tuple[tuple[str, tuple[_Line, ...]], ...] = (
    (
        "If the scenario is true",
        (
            ("Power", "power", "h1"),
            ("by the design's formula", "analytic_power", "h1"),
            ("Simulated less formula, percentage points", "power_gap", "h1"),
            ("Power when futility is ignored", "power_ignoring_futility", "h1"),
            ("Trials in which it is tested", "tested_share", "h1"),
            ("Expected events", "expected_events", "h1"),
            ("by the design", "analytic_expected_events", "h1"),
            ("Expected patients", "expected_patients", "h1"),
            ("by the design", "analytic_expected_patients", "h1"),
            ("Expected duration, {unit}", "expected_duration", "h1"),
            ("by the design", "analytic_expected_duration", "h1"),
            ("Duration, 5% to 95% of trials, {unit}", "duration_quantile", "h1"),
            ("Trials without a statistic", "degenerate_trials", "h1"),
            ("Simulated trials", "trials", "h1"),
        ),
    ),
    (
        "If the null hypothesis is true",
        (
            ("Type I error, one side", "type_one_error", "h0"),
            ("by the design", "analytic_type_one_error", "h0"),
            ("Type I error when futility is ignored", "type_one_error_ignoring_futility", "h0"),
            ("Type I error, the other tail", "type_one_error_lower", "h0"),
            ("Expected events ", "expected_events", "h0"),
            ("by the design ", "analytic_expected_events", "h0"),
            ("Expected patients ", "expected_patients", "h0"),
            ("by the design ", "analytic_expected_patients", "h0"),
            ("Expected duration, {unit} ", "expected_duration", "h0"),
            ("by the design ", "analytic_expected_duration", "h0"),
            ("Trials without a statistic ", "degenerate_trials", "h0"),
            ("Simulated trials ", "trials", "h0"),
        ),
    ),
)
_PLAIN = ("trials", "degenerate_trials")
_BESIDE = "by the design"  # rows that stand below the simulated number
_Find = Callable[[Simulated, str, str], Cell]


def characteristics(context: Context, tests: Tests) -> tuple[Table, ...]:
    """Power, error and what is to be expected, scenarios beside each other; several tables of many scenarios.

    Args:
        context: Bundle and protocol.
        tests: A hypothesis under its scenarios.
    """

    def found(one: Simulated, statistic: str, under: str) -> Cell:
        if statistic == "trials":
            row = whole(context, "trials", one.scenario, under)
            return bare(context, row) if row is not None and under in one.unders() else EMPTY
        if statistic == "duration_quantile":
            low, high = (one.find(statistic, under=under, probability=p) for p in ("0.05", "0.95"))
            return span(context, low, high)
        row = one.find(statistic, under=under)
        if statistic.endswith("ignoring_futility") and not _stops_for_futility(one):
            return EMPTY  # the same number again
        if statistic in _PLAIN or statistic.startswith("analytic"):
            return EMPTY if row is None else bare(context, row)
        return EMPTY if row is None else _flagged(context, row)

    tables = []
    for start in range(0, len(tests.scenarios), _MOST_COLUMNS):
        some = tests.scenarios[start : start + _MOST_COLUMNS]
        suffix = f"-{start + 1}" if start else ""
        rows = _lines(context, some, _CHARACTERISTICS, found)
        if rows:
            tables.append(
                Table(
                    name=f"simulated-{tests.hypothesis}{suffix}",
                    title="Operating characteristics.",
                    caption=ERRORS,
                    columns=tuple(Column(scenario_label(context, one.scenario)) for one in some),
                    rows=rows,
                )
            )
    return tuple(tables)


def _stops_for_futility(one: Simulated) -> bool:
    return any(one.find("stop_futility", look=look, under=under) for look in one.looks for under in one.unders())


def _flagged(context: Context, row: Statistic) -> Cell:
    made = with_error(context, row)
    return cell(made, ": differs") if row.text == "differs" else made


def _lines(
    context: Context, some: Sequence[Simulated], lines: tuple[tuple[str, tuple[_Line, ...]], ...], found: _Find
) -> tuple[Row, ...]:
    rows = []
    for heading, members in lines:
        for label, statistic, under in members:
            cells = tuple(found(one, statistic, under) for one in some)
            if any(one.parts for one in cells):
                words = label.format(unit=context.protocol.time.unit).strip()
                shown = tuple(one if one.parts else DASH for one in cells)
                rows.append(Row(words, shown, group=heading, indent=int(words.startswith(_BESIDE))))
    return tuple(rows)


_TOGETHER: tuple[_Line, ...] = (
    ("Any hypothesis rejected", "disjunctive_power", "h1"),
    ("All hypotheses rejected", "conjunctive_power", "h1"),
    ("Expected patients", "expected_patients", "h1"),
    ("Expected duration, {unit}", "expected_duration", "h1"),
    ("Family-wise type I error, one side", "family_wise_error", "h0"),
)


def together(context: Context, scenarios: Sequence[str]) -> Table | None:
    """What is said of all hypotheses together; None where there is one.

    Args:
        context: Bundle and protocol.
        scenarios: The scenarios that were simulated.
    """
    rows = []
    for label, statistic, under in _TOGETHER:
        found = [whole(context, statistic, scenario, under) for scenario in scenarios]
        if any(row is not None for row in found):
            words = label.format(unit=context.protocol.time.unit)
            rows.append(Row(words, tuple(with_error(context, row) for row in found)))
    if not rows:
        return None
    columns = tuple(Column(scenario_label(context, one)) for one in scenarios)
    return Table(name="simulated-together", title="All hypotheses together.", caption=ERRORS, columns=columns,
                 rows=tuple(rows))  # fmt: skip


_LOOK_LINES: tuple[tuple[str, tuple[_Line, ...]], ...] = (
    (
        "When",
        (
            ("Mean time (SD), {unit}", "look_time", "h1"),
            ("by the design", "analytic_look_time", "h1"),
            ("5% to 95% of trials, {unit}", "look_time_quantile", "h1"),
            ("Trials in which it takes place", "look_held", "h1"),
            ("Trials with the events that it waits for", "reached_events", "h1"),
            ("Events", "look_events", "h1"),
            ("Patients", "look_patients", "h1"),
        ),
    ),
    (
        "If the scenario is true",
        (
            ("To stop for efficacy at this look", "stop_efficacy", "h1"),
            ("To stop for futility at this look", "stop_futility", "h1"),
            ("To have shown efficacy by then (power)", "cumulative_power", "h1"),
            ("by the design", "analytic_cumulative_power", "h1"),
            ("Mean of z", "mean_z", "h1"),
        ),
    ),
    (
        "If the null hypothesis is true",
        (
            ("Mean time (SD), {unit} ", "look_time", "h0"),
            ("by the design", "analytic_look_time", "h0"),
            ("To stop for efficacy at this look ", "stop_efficacy", "h0"),
            ("To stop for futility at this look ", "stop_futility", "h0"),
            ("To have rejected by then (error)", "cumulative_error", "h0"),
            ("Standard deviation of z", "sd_z", "h0"),
        ),
    ),
)
_MOST_LOOKS = 8


def look_table(context: Context, one: Simulated) -> tuple[Table, ...]:
    """What happens at each look; several tables where there are many looks.

    Args:
        context: Bundle and protocol.
        one: A hypothesis under a scenario.
    """
    tables, looks = [], one.looks
    for start in range(0, len(looks), _MOST_LOOKS):
        some = looks[start : start + _MOST_LOOKS]
        rows = []
        for heading, lines in _LOOK_LINES:
            for label, statistic, under in lines:
                rows += _look_row(context, one, some, label, statistic, under, heading)
        if rows:
            suffix = f"-{some[0]}" if start else ""
            tables.append(
                Table(
                    name=f"simulated-looks-{one.anchor}{suffix}",
                    title="Looks.",
                    caption=f"Times are since the start of enrollment. {ERRORS}",
                    columns=tuple(Column(f"Look {look}") for look in some),
                    rows=tuple(rows),
                )
            )
    return tuple(tables)


def _look_row(
    context: Context, one: Simulated, looks: Sequence[int], label: str, statistic: str, under: str, heading: str
) -> list[Row]:
    cells = tuple(_look_cell(context, one, statistic, look, under) for look in looks)
    if not any(made.statistics for made in cells):
        return []
    words = label.format(unit=context.protocol.time.unit).strip()
    rows = [Row(words, cells, group=heading, indent=int(words.startswith(_BESIDE)))]
    if statistic != "look_events":
        return rows
    for arm in context.protocol.arms:
        found = [one.find("look_events", look=look, under=under, arm=arm) for look in looks]
        if any(row is not None for row in found):
            own = tuple(bare(context, row) for row in found)
            rows.append(Row(context.arm(arm), own, group=heading, indent=1))
    return rows


_BARE = ("look_events", "look_patients", "mean_z", "look_held", "reached_events")


def _look_cell(context: Context, one: Simulated, statistic: str, look: int, under: str) -> Cell:
    row = one.find(statistic, look=look, under=under)
    if statistic == "look_time":
        return with_spread(context, row, one.find("look_time_sd", look=look, under=under))
    if statistic == "look_time_quantile":
        low, high = (one.find(statistic, look=look, under=under, probability=p) for p in ("0.05", "0.95"))
        return span(context, low, high) if low is not None else DASH
    if statistic in _BARE or statistic.startswith("analytic"):
        return bare(context, row)
    return with_error(context, row)


_ESTIMATES: dict[Kind, tuple[str, tuple[tuple[str, str], ...]]] = {
    "naive": ("As estimated", (("Mean", "mean_estimate"), ("True", "true_value"), ("Bias", "bias"),
                               ("Coverage", "coverage"))),
    "adjusted": ("Median-unbiased", (("Mean", "mean_estimate"), ("Bias", "bias"), ("Above true", "above_true"),
                                     ("Coverage", "coverage"))),
}  # fmt: skip


def estimate_table(context: Context, one: Simulated, *, under: str, mean: str) -> Table | None:
    """Mean, bias and coverage of the estimates when testing ends; None where there are none.

    Args:
        context: Bundle and protocol.
        one: A hypothesis under a scenario.
        under: `h1` or `h0`.
        mean: What is estimated, and how its mean is taken.
    """
    kinds: list[Kind] = ["naive", "adjusted"]
    places: list[tuple[str, int | None]] = [("All trials, when testing ends", None)]
    places += [(f"Testing ends at look {look}", look) for look in one.looks] if len(one.looks) > 1 else []
    columns, rows = [], []
    there = [kind for kind in kinds if one.find("mean_estimate", under=under, kind=kind) is not None]
    for kind in there:
        spanner, members = _ESTIMATES[kind]
        columns += [Column(label, spanner) for label, _ in members]
    for label, look in places:
        cells = tuple(
            with_error(context, one.find(name, look=look, under=under, ended=look is not None, kind=kind))
            if name not in ("true_value", "mean_estimate")
            else bare(context, one.find(name, look=look, under=under, ended=look is not None, kind=kind))
            for kind in there
            for _, name in _ESTIMATES[kind][1]
        )
        rows.append(Row(label, cells))
    if not there:
        return None
    return Table(
        name=f"simulated-estimates-{one.anchor}",
        title="Estimates.",
        caption=f"{mean} {ERRORS}",
        stub="",
        columns=tuple(columns),
        rows=tuple(rows),
        notes=("Bias is the mean less the true value for the dates of the cuts.",),
    )


_VARIED: tuple[tuple[str, str], ...] = (
    ("Power", "power"),
    ("By the design's formula", "analytic_power"),
    ("Type I error", "type_one_error"),
    ("Expected events", "expected_events"),
    ("Expected duration, {unit}", "expected_duration"),
)
_VARIED_NAMES = tuple(name for _, name in _VARIED)


def varied_tables(context: Context, tests: Tests) -> tuple[Table, ...]:
    """What becomes of a test where assumptions are others, a table for each scenario.

    Args:
        context: Bundle and protocol.
        tests: A hypothesis under its scenarios.
    """
    made = (_varied(context, one, several=len(tests.scenarios) > 1) for one in tests.scenarios)
    return tuple(table for table in made if table is not None)


def _varied(context: Context, one: Simulated, *, several: bool) -> Table | None:
    points: dict[tuple[tuple[str, str], ...], dict[str, Statistic]] = {}
    for row in one.varied:
        meant = row.key.under == ("h0" if row.key.statistic == "type_one_error" else "h1")
        if meant and row.key.look is None and row.key.statistic in _VARIED_NAMES:
            points.setdefault(row.key.groups, {}).setdefault(row.key.statistic, row)
    if not points:
        return None
    there = [(label, name) for label, name in _VARIED if any(name in found for found in points.values())]
    rows = tuple(
        Row(_point_words(context, groups), tuple(_varied_cell(context, found.get(name)) for _, name in there))
        for groups, found in points.items()
    )
    return Table(
        name=f"simulated-varied-{one.anchor}",
        title="If an assumption is another.",
        caption=f"{scenario_label(context, one.scenario)}. {ERRORS}" if several else ERRORS,
        stub="Assumption",
        columns=tuple(Column(label.format(unit=context.protocol.time.unit)) for label, _ in there),
        rows=rows,
    )


def _varied_cell(context: Context, row: Statistic | None) -> Cell:
    if row is not None and row.key.statistic == "analytic_power":
        return bare(context, row) if row.value is not None else DASH
    return with_error(context, row)


def _point_words(context: Context, groups: tuple[tuple[str, str], ...]) -> str:
    names = [level for name, level in groups if name.startswith("vary")]
    values = [level for name, level in groups if name.startswith("value")]
    return ", ".join(vary_label(context, name, value) for name, value in zip(names, values, strict=True))
