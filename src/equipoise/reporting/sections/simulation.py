"""Simulations: power and error under each scenario, looks, estimates, beside what the design's formula says."""

from __future__ import annotations

from equipoise.pages import element
from equipoise.reporting.blocks import Block, Section, paragraph
from equipoise.reporting.cells import Cell, cell
from equipoise.reporting.context import Context, lower_first
from equipoise.reporting.design_words import hypothesis_label, scenario_label
from equipoise.reporting.simulated import Simulated, Tests, tests_of, whole
from equipoise.reporting.simulated_cells import bare, with_error
from equipoise.reporting.simulated_plots import (
    dates_figure,
    effect_label,
    estimates_figure,
    scenarios_figure,
    stopping_figure,
    sweep_figures,
)
from equipoise.reporting.simulated_tables import characteristics, estimate_table, look_table, together, varied_tables
from equipoise.results.vocabulary import term

__all__ = ["simulation", "simulation_answer", "simulation_sentence"]

_NOT_DATA = (
    "These are simulated trials: what is expected under stated assumptions. No number here is a result of the trial."
)

_MOST_DETAILED = 24  # scenarios, of all hypotheses together, whose looks and estimates a page has room for


def simulation(context: Context) -> Section | None:
    """The section; None where the bundle holds no simulation.

    Args:
        context: Bundle and protocol.
    """
    found = tests_of(context)
    if not found:
        return None
    scenarios = list(dict.fromkeys(one.scenario for tests in found for one in tests.scenarios))
    table = together(context, scenarios) if len(found) > 1 else None
    blocks: tuple[Block, ...] = (paragraph(_NOT_DATA, _seed(context)), *((table,) if table is not None else ()))
    detailed = max(1, _MOST_DETAILED // len(found))
    parts = [_hypothesis(context, tests, detailed) for tests in found]
    if len(parts) == 1:
        one = parts[0]
        name = element("p", element("b", f"{one.title}."))
        return Section("simulation", "Simulation", (*blocks, name, *one.blocks), one.inner)
    return Section("simulation", "Simulation", blocks, tuple(parts))


def _seed(context: Context) -> str:
    """With which the same trials can be simulated again."""
    told = context.bundle.manifest.get("simulation")
    return f" Seed {told['seed']}." if isinstance(told, dict) and "seed" in told else ""


def _hypothesis(context: Context, tests: Tests, detailed: int) -> Section:
    # The first screen of a bundle that holds nothing else has said it.
    said = [] if _alone(context) else [paragraph(simulation_sentence(context, tests).html)]
    blocks: list[Block] = [*said, *characteristics(context, tests)]
    figure = scenarios_figure(context, tests)
    blocks += [figure] if figure is not None else []
    blocks += sweep_figures(context, tests)
    blocks += varied_tables(context, tests)
    rest = [scenario_label(context, one.scenario) for one in tests.scenarios[detailed:]]
    if rest:
        blocks.append(paragraph(f"Looks and estimates of these are in the file of results alone: {', '.join(rest)}."))
    inner = [made for one in tests.scenarios[:detailed] if (made := _scenario(context, one)) is not None]
    words = _words(tests)
    if words:
        inner.append(Section(f"simulation-{tests.hypothesis}-words", "How the numbers were made", words))
    title = hypothesis_label(context, tests.hypothesis)
    return Section(f"simulation-{tests.hypothesis}", title, tuple(blocks), tuple(inner))


def _scenario(context: Context, one: Simulated) -> Section | None:
    if not one.unders():
        return None
    blocks: list[Block] = [*look_table(context, one)]
    for figure in (stopping_figure(context, one), dates_figure(one)):
        blocks += [figure] if figure is not None else []
    under = one.unders()[0]
    figure = estimates_figure(context, one, under=under)
    table = estimate_table(context, one, under=under, mean=_mean_words(one))
    blocks += [made for made in (figure, table) if made is not None]
    if not blocks:
        return None
    title = scenario_label(context, one.scenario)
    return Section(f"simulation-{one.anchor}", title, tuple(blocks))


def _mean_words(one: Simulated) -> str:
    label = effect_label(one)
    row = one.find("mean_estimate", under=one.unders()[0])
    unit = f" ({row.unit})" if row is not None and row.unit else ""
    ratio = row is not None and "log scale" in row.method_text
    return f"{label}{unit}; means are geometric." if ratio else f"{label}{unit}."


def _words(tests: Tests) -> tuple[Block, ...]:
    about: dict[str, dict[str, None]] = {}
    for one in tests.scenarios:
        for row in one.statistics:
            if row.method_text:
                about.setdefault(row.method_text, {}).setdefault(term(row.key.statistic).label)
    pairs = [part for text, labels in about.items() for part in (element("dt", "; ".join(labels)), element("dd", text))]
    return (element("dl", *pairs, cls="pairs"),) if pairs else ()


def simulation_sentence(context: Context, tests: Tests) -> Cell:
    """A hypothesis in a sentence: how many trials, power and error, and the formula's answer.

    Args:
        context: Bundle and protocol.
        tests: A hypothesis under its scenarios.
    """
    one = tests.scenarios[0]
    parts: list[str | Cell] = [f"{hypothesis_label(context, tests.hypothesis)}, "]
    parts.append(f"{lower_first(scenario_label(context, one.scenario))}: ")
    power, formula = one.find("power"), one.find("analytic_power")
    trials = whole(context, "trials", one.scenario, "h1")
    if power is not None and trials is not None:
        parts += ["in ", bare(context, trials), " simulated trials the power is ", with_error(context, power)]
        if formula is not None and formula.value is not None:
            parts += ["; the design\u2019s formula says ", bare(context, formula)]
            gap = one.find("power_gap")
            if gap is not None and gap.value is None:
                parts.append(" where it is tested whatever becomes of the others")
            elif gap is not None and gap.text == "differs":
                parts.append(", which differs by more than chance and a percentage point")
        parts.append(". ")
    error = one.find("type_one_error", under="h0")
    trials = whole(context, "trials", one.scenario, "h0")
    if error is not None and trials is not None:
        parts += ["Under the null hypothesis, in ", bare(context, trials), " trials, the type I error of one side is ",
                  with_error(context, error), "."]  # fmt: skip
    return cell(*parts)


def _alone(context: Context) -> bool:
    """Whether the bundle holds simulations and nothing else."""
    return {row.key.stage for row in context.bundle.results} == {"simulation"}


def simulation_answer(context: Context) -> Section | None:
    """The first screen of a bundle that holds simulations and neither results nor a design; None of others.

    Args:
        context: Bundle and protocol.
    """
    found = tests_of(context)
    if not found or not _alone(context):
        return None
    lead = element("div", *[paragraph(simulation_sentence(context, one).html) for one in found], cls="lead")
    return Section("answer", "In brief", (lead,))
