"""Arms, factors, populations, the baseline table and the data section."""

from __future__ import annotations

from collections.abc import Iterable

from equipoise.protocol.arms import Arm, Factor
from equipoise.protocol.checks.draft import NAMED, Draft
from equipoise.protocol.data import MappedData
from equipoise.source import YamlPath

__all__ = ["check_subjects"]


def check_subjects(draft: Draft) -> None:
    """Who is in the trial, in which arms, and how they are described.

    Args:
        draft: The protocol under examination.
    """
    _similar_names(draft)
    _control(draft)
    _arms_told_apart(draft)
    for name, factor in draft.factors.items():
        _factor(draft, name, factor)
    if draft.baseline is not None:
        if draft.baseline.population is not None:
            draft.refer("populations", draft.baseline.population, ("baseline", "population"))
        each_once(draft, draft.baseline.factors or (), ("baseline", "factors"))
        for position, name in enumerate(draft.baseline.factors or ()):
            draft.refer("factors", name, ("baseline", "factors", position))
    if isinstance(draft.data, MappedData):
        _mapped(draft, draft.data)


def each_once(draft: Draft, names: Iterable[str], path: YamlPath) -> None:
    """Report names that stand in a list twice.

    Args:
        draft: The protocol under examination.
        names: The list.
        path: Where it stands.
    """
    seen: set[str] = set()
    for position, name in enumerate(names):
        if name in seen:
            draft.report("duplicate", f"`{name}` is listed twice", (*path, position), "keep one of them")
        seen.add(name)


def _similar_names(draft: Draft) -> None:
    for section in NAMED:
        first: dict[str, str] = {}
        for name in draft.names[section]:
            other = first.setdefault(name.casefold(), name)
            if other != name:
                draft.report("same_name", f"`{name}` and `{other}` differ only in case", (section, name),
                             "rename one, so that a reader can't mistake it for the other", value=name,
                             on_key=True)  # fmt: skip


def _control(draft: Draft) -> None:
    controls = [name for name, arm in draft.arms.items() if arm.role == "control"]
    for name in controls[1:]:
        draft.report("control", f"there are two controls: `{controls[0]}` and `{name}`", ("arms", name, "role"),
                     "declare one arm as control; the others are compared with it")  # fmt: skip
    if not controls and draft.arms and "arms" in draft.whole:
        draft.report("control", "no arm is the control", ("arms",),
                     "write `role: control` for the arm that the others are compared with")  # fmt: skip


def _arms_told_apart(draft: Draft) -> None:
    labels: dict[str, str] = {}
    values: dict[str, str] = {}
    for name, arm in draft.arms.items():
        other = labels.setdefault(arm.label.strip().casefold(), name)
        if other != name:
            draft.report("same_label", f"arms `{other}` and `{name}` have the same label", ("arms", name, "label"),
                         "give each arm a label of its own")  # fmt: skip
            continue
        for value in _data_values(name, arm):
            owner = values.setdefault(value, name)
            if owner != name:
                path = ("arms", name, "value") if arm.value is not None else ("arms", name)
                draft.report("same_value", f"`{value}` in the data could mean arm `{owner}` or arm `{name}`", path,
                             "give each arm the `value` that the data have for it", value=value)  # fmt: skip


def _data_values(name: str, arm: Arm) -> tuple[str, ...]:
    return (str(arm.value),) if arm.value is not None else tuple(dict.fromkeys((arm.label, name)))


def _factor(draft: Draft, name: str, factor: Factor) -> None:
    path: YamlPath = ("factors", name)
    if factor.levels is not None and factor.continuous:
        draft.report("factor_levels", "a continuous factor has no levels", (*path, "levels"),
                     "remove `levels`, or remove `continuous: true`")  # fmt: skip
        return
    if factor.levels is None:
        if not factor.continuous:
            draft.report("factor_levels", f"`factors.{name}` has neither levels nor `continuous: true`", path,
                         "list the levels, `levels: [low, high]`, or write `continuous: true`")  # fmt: skip
        return
    levels = list(factor.level_values.items())
    if len(factor.levels) < 2:
        draft.report("factor_levels", f"`factors.{name}` has fewer than two levels", (*path, "levels"),
                     "list every level that the data can have")  # fmt: skip
    mapping = isinstance(factor.levels, dict)
    printed = [str(level) for level in factor.levels]
    if not mapping:
        each_once(draft, [text.strip().casefold() for text in printed], (*path, "levels"))
        return
    codes: dict[str, str] = {}
    for level, code in levels:
        other = codes.setdefault(code, level)
        if other != level:
            draft.report("duplicate", f"levels `{other}` and `{level}` are the same value in the data",
                         (*path, "levels", level), "give each level the code that the data have for it")  # fmt: skip


def _mapped(draft: Draft, data: MappedData) -> None:
    path: YamlPath = ("data", "tables")
    subjects = data.tables.get("ADSL")
    if subjects is None:
        draft.report("missing_key", "`ADSL` is missing in `data.tables`", path,
                     "add `ADSL: {file: ..., columns: {USUBJID: ..., TRT01P: ...}}`: one row a subject")  # fmt: skip
    for name, table in data.tables.items():
        for column in ("USUBJID", "TRT01P") if name == "ADSL" else ("USUBJID",):
            if column not in table.columns:
                what = "the subject" if column == "USUBJID" else "the planned arm"
                draft.report("missing_key", f"`{column}` is missing in `data.tables.{name}.columns`",
                             (*path, name, "columns"), f"add `{column}:`, the file's column with {what}")  # fmt: skip
