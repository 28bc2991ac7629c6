"""Who is in the trial: arms as planned and as given, who was randomized, who is in each population."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from equipoise.data.columns import lookup, missing_column
from equipoise.data.conditions import condition
from equipoise.data.report import Report, Rule, show
from equipoise.errors import DataError, Where
from equipoise.protocol.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "NO_ARM",
    "arm_index",
    "declared_arms",
    "hint_at_text",
    "members",
    "missing_subject_columns",
    "prepare_subjects",
]

NO_ARM: Final = frozenset(
    {
        "SCREEN FAILURE",
        "SCREEN FAIL",
        "SCRNFAIL",
        "NOT ASSIGNED",
        "NOTASSGN",
        "NOT TREATED",
        "NOTTRT",
        "UNASSIGNED",
        "NOT RANDOMIZED",
        "NOT RANDOMISED",
    }
)
"""What ADSL writes in place of an arm (upper case)."""


def arm_index(protocol: Protocol) -> dict[str, int]:
    """How the data write an arm → its index in `list(protocol.arms)`: its `value`, else its label or its name.

    Args:
        protocol: The declared trial.

    Returns:
        The mapping.
    """
    out: dict[str, int] = {}
    for index, (name, arm) in enumerate(protocol.arms.items()):
        if arm.value is not None:
            out[str(arm.value)] = index
        else:
            out.setdefault(arm.label, index)
            out.setdefault(name, index)
    return out


def declared_arms(protocol: Protocol) -> str:
    """The arms as the data should write them, for messages.

    Args:
        protocol: The declared trial.

    Returns:
        `'Placebo', 'Active'`.
    """
    return ", ".join(repr(str(arm.value) if arm.value is not None else arm.label) for arm in protocol.arms.values())


def hint_at_text(text: str, declared: list[str]) -> str:
    """Says when a text differs from a declared one in case or blanks only.

    Args:
        text: What the data write.
        declared: What is declared.

    Returns:
        A sentence part, or "".
    """
    for candidate in declared:
        if text.strip() == candidate.strip():
            return f"it differs from {candidate!r} in blanks only"
        if text.strip().casefold() == candidate.strip().casefold():
            return f"it differs from {candidate!r} in upper and lower case only"
    return ""


def prepare_subjects(protocol: Protocol, adsl: pl.DataFrame, file: str, report: Report) -> pl.DataFrame:
    """Adds `_planned`, `_actual`, `_randomized` and `_relevant` (randomized or in a population) to ADSL.

    Args:
        protocol: The declared trial.
        adsl: ADSL, typed, one row a subject.
        file: Its file.
        report: Takes undeclared and missing arms (errors) and what was assumed (findings).

    Returns:
        ADSL with the four columns.
    """
    import polars as pl

    arms = arm_index(protocol)
    planned, _ = lookup(adsl.get_column("TRT01P"), arms, pl.Int32)
    if "TRT01A" in adsl.columns:
        actual, _ = lookup(adsl.get_column("TRT01A"), arms, pl.Int32)
    else:
        actual = planned
        if any(population.arm == "actual" for population in protocol.populations.values()):
            report.find("there is no TRT01A: the actual treatment is taken to be the planned one", "ADSL")
    adsl = adsl.with_columns(planned.alias("_planned"), actual.alias("_actual"))
    adsl = adsl.with_columns(_randomized(adsl, report).fill_null(value=False).alias("_randomized"))
    _check_arms(protocol, adsl, file, report)
    relevant = adsl.get_column("_randomized")
    for name in protocol.populations:
        try:
            relevant = relevant | members(protocol, adsl, name)
        except DataError as error:
            report.extend(error.problems)
    adsl = adsl.with_columns(relevant.alias("_relevant"))
    _check_populations(protocol, adsl, file, report)
    return adsl


def members(protocol: Protocol, adsl: pl.DataFrame, population: str) -> pl.Series:
    """Who is in a population.

    Those that its condition picks; without a condition everybody randomized (and treated, if it counts the actual arm).

    Args:
        protocol: The declared trial.
        adsl: ADSL as `prepare_subjects` gives it.
        population: Name of the population.

    Returns:
        Boolean, one value a row of ADSL.

    Raises:
        DataError: The condition can't be applied to ADSL.
    """
    declared = protocol.populations[population]
    if declared.where is not None:
        columns = [c for c in adsl.columns if not c.startswith("_")]
        return condition(adsl.select(columns), declared.where, path=f"populations.{population}.where", table="ADSL")
    randomized = adsl.get_column("_randomized")
    if declared.arm == "planned":
        return randomized
    if "TRTSDT" in adsl.columns and adsl.get_column("TRTSDT").null_count() < adsl.height:
        return randomized & adsl.get_column("TRTSDT").is_not_null()
    return randomized & adsl.get_column("_actual").is_not_null()


def _randomized(adsl: pl.DataFrame, report: Report) -> pl.Series:
    if "RANDFL" in adsl.columns:
        return adsl.get_column("RANDFL") == "Y"
    assigned = adsl.get_column("_planned").is_not_null()
    how = "a declared planned arm"
    if "RANDDT" in adsl.columns and adsl.get_column("RANDDT").null_count() < adsl.height:
        assigned = assigned & adsl.get_column("RANDDT").is_not_null()
        how += " and a date of randomization"
    report.find(
        f"there is no RANDFL: the {assigned.sum():,} of {adsl.height:,} subjects with {how} are randomized", "ADSL"
    )
    return assigned


def _check_arms(protocol: Protocol, adsl: pl.DataFrame, file: str, report: Report) -> None:
    import polars as pl

    known = "RANDFL" in adsl.columns
    for column, index in (("TRT01P", "_planned"), ("TRT01A", "_actual")):
        if column not in adsl.columns:
            continue
        text = pl.col(column)
        no_arm = text.is_null() | text.str.strip_chars().str.to_uppercase().is_in(sorted(NO_ARM))
        concerned = pl.col("_randomized") if known else pl.lit(value=True)
        undeclared = adsl.filter(concerned & pl.col(index).is_null() & ~no_arm)
        _report_undeclared(protocol, undeclared, column, file, report)
        if column == "TRT01P":
            randomized = pl.col("_randomized")
            if not known and "RANDDT" in adsl.columns and adsl.get_column("_randomized").any():
                # Without RANDFL an arm makes a subject randomized; a day of randomization says that one is missing.
                randomized = randomized | pl.col("RANDDT").is_not_null()
            lacking = adsl.filter(randomized & no_arm)
            message, code = "a randomized subject has no planned arm", "data.missing_arm"
        elif "TRTSDT" in adsl.columns:
            lacking = adsl.filter(pl.col("_randomized") & pl.col("TRTSDT").is_not_null() & no_arm)
            message, code = "a subject treated since {TRTSDT} has no actual arm", "data.missing_actual_arm"
        else:
            continue
        report.rows(lacking, Rule(code, "ADSL", column, message, f"write one of {declared_arms(protocol)}", file=file))
    if "TRT01A" in adsl.columns:
        differ = adsl.filter(pl.col("_randomized") & (pl.col("_planned") != pl.col("_actual")))
        if differ.height:
            row = differ.row(0, named=True)
            report.warn(
                "data.arm_differs",
                f"{differ.height:,} randomized subjects got another arm than planned",
                "nothing, if so it was: efficacy counts the planned arm, safety the actual one",
                where=Where(file=file, table="ADSL", row=row["_row"], column="TRT01A", subject=row["USUBJID"]),
                value=f"{show(row['TRT01P'])} planned, {show(row['TRT01A'])} given",
            )


def _report_undeclared(protocol: Protocol, bad: pl.DataFrame, column: str, file: str, report: Report) -> None:
    import polars as pl

    declared = list(arm_index(protocol))
    for value in bad.get_column(column).unique(maintain_order=True).to_list():
        hint = hint_at_text(value, declared)
        report.rows(
            bad.filter(pl.col(column) == value),
            Rule(
                "data.undeclared_arm",
                "ADSL",
                column,
                f"the arm {{{column}}} is not declared" + (f": {hint}" if hint else ""),
                f"write one of {declared_arms(protocol)}, or give an arm in `arms` this `value`",
                file=file,
            ),
        )


def _check_populations(protocol: Protocol, adsl: pl.DataFrame, file: str, report: Report) -> None:
    if not adsl.get_column("_randomized").any():
        _report_nobody(adsl, file, report)
        return
    for name, population in protocol.populations.items():
        try:
            inside = members(protocol, adsl, name)
        except DataError:
            continue
        path = f"populations.{name}"
        if not inside.any():
            report.error(
                "data.empty_population",
                f"nobody is in the population {name!r}",
                "correct its condition",
                where=Where(path=f"{path}.where", table="ADSL", file=file),
                value=population.where or "",
            )
        index = "_planned" if population.arm == "planned" else "_actual"
        there = set(adsl.filter(inside).get_column(index).drop_nulls().to_list())
        for arm in [arm for i, arm in enumerate(protocol.arms) if there and i not in there]:
            report.warn(
                "data.empty_arm",
                f"nobody of the population {name!r} is in the arm {arm!r}: it has no results",
                "correct the data or the condition of the population, or remove the arm from `arms`",
                where=Where(path=path, table="ADSL", file=file),
                value=arm,
            )
        report.rows(
            adsl.filter(inside & ~adsl.get_column("_randomized")),
            Rule(
                "data.population_not_randomized",
                "ADSL",
                "USUBJID",
                f"a subject of the population {name!r} was not randomized",
                "correct RANDFL or the flag of the population",
                "warning",
                file=file,
            ),
        )
        column = "TRT01P" if population.arm == "planned" or "TRT01A" not in adsl.columns else "TRT01A"
        report.rows(
            adsl.filter(inside & adsl.get_column(index).is_null() & ~_reported(adsl, column)),
            Rule(
                "data.population_without_arm",
                "ADSL",
                column,
                f"a subject of the population {name!r} has no {population.arm} arm",
                "correct the flag or the arm",
                file=file,
            ),
        )


def _report_nobody(adsl: pl.DataFrame, file: str, report: Report) -> None:
    column, cure = "RANDFL", "set RANDFL to Y for the randomized"
    if "RANDFL" not in adsl.columns:
        if any(problem.code == "data.undeclared_arm" for problem in report.errors):
            return  # without RANDFL the randomized are those with a declared arm: the same problem, said already
        dated = adsl.get_column("_planned").is_not_null().any()
        column = "RANDDT" if dated else "TRT01P"
        cure = "give the randomized a date in RANDDT" if dated else "give the randomized their planned arm in TRT01P"
    where = Where(file=file, table="ADSL", column=column)
    report.error("data.nobody_randomized", "no subject of ADSL is randomized", cure, where=where)


def _reported(adsl: pl.DataFrame, column: str) -> pl.Series:
    """Rows whose arm another check has reported already."""
    import polars as pl

    text = pl.col(column)
    no_arm = text.is_null() | text.str.strip_chars().str.to_uppercase().is_in(sorted(NO_ARM))
    if column == "TRT01P":
        missing = pl.col("_randomized") & no_arm
    elif "TRTSDT" in adsl.columns:
        missing = pl.col("_randomized") & pl.col("TRTSDT").is_not_null() & no_arm
    else:
        missing = pl.lit(value=False)
    undeclared = ~no_arm & (pl.col("_randomized") if "RANDFL" in adsl.columns else pl.lit(value=True))
    return adsl.select((missing | undeclared).alias("_")).to_series()


def missing_subject_columns(adsl: pl.DataFrame, file: str, report: Report) -> bool:
    """Whether ADSL lacks a column that nothing works without; reports them.

    Args:
        adsl: ADSL under ADaM names.
        file: Its file.
        report: Takes the problems.

    Returns:
        True if one is missing.
    """
    lacking = [column for column in ("USUBJID", "TRT01P") if column not in adsl.columns]
    for column in lacking:
        message, cure = missing_column(column, adsl.columns, "every analysis")
        report.error("data.missing_column", message, cure, where=Where(file=file, table="ADSL", column=column))
    return bool(lacking)
