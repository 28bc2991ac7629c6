"""What the models can't see: references, circles, and declarations that contradict each other.

One file a section; each check reads a `Draft` and notes problems. `protocol_warnings` lists what is allowed and
probably not meant.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from equipoise.protocol.checks.analyses import check_analyses
from equipoise.protocol.checks.assessments import check_assessments
from equipoise.protocol.checks.assumptions import check_scenarios
from equipoise.protocol.checks.conditions import check_conditions
from equipoise.protocol.checks.continuous import check_continuous
from equipoise.protocol.checks.designs import check_design
from equipoise.protocol.checks.draft import Draft, draft_of
from equipoise.protocol.checks.endpoints import check_endpoints
from equipoise.protocol.checks.estimands import check_estimands
from equipoise.protocol.checks.hypotheses import check_hypotheses
from equipoise.protocol.checks.incidence import check_incidence
from equipoise.protocol.checks.monitoring import check_monitoring
from equipoise.protocol.checks.multiplicity import check_multiplicity
from equipoise.protocol.checks.randomization import check_randomization
from equipoise.protocol.checks.safety import check_safety
from equipoise.protocol.checks.subjects import check_subjects
from equipoise.protocol.checks.survival_tests import check_survival_tests
from equipoise.protocol.checks.warnings import check_warnings

if TYPE_CHECKING:
    from equipoise.errors import Problem
    from equipoise.protocol.protocol import Protocol

__all__ = ["check", "protocol_warnings"]

_CHECKS = (
    check_subjects,
    check_assessments,
    check_endpoints,
    check_continuous,
    check_estimands,
    check_analyses,
    check_survival_tests,
    check_safety,
    check_incidence,
    check_hypotheses,
    check_multiplicity,
    check_scenarios,
    check_design,
    check_monitoring,
    check_randomization,
    check_conditions,
)


def check(draft: Draft) -> list[Problem]:
    """All errors of a draft that the models can't see.

    Args:
        draft: The entries that are valid on their own.

    Returns:
        Problems in no particular order.
    """
    for one in _CHECKS:
        one(draft)
    return draft.problems


def protocol_warnings(protocol: Protocol, path: Path | None = None) -> tuple[Problem, ...]:
    """What is allowed and probably not meant.

    Args:
        protocol: A valid protocol.
        path: Its file, so that the warnings have lines.

    Returns:
        Problems of severity `warning`, in the order of lines.
    """
    from equipoise.errors import EquipoiseError
    from equipoise.protocol.order import in_order
    from equipoise.protocol.resolve import resolve
    from equipoise.source import read_source

    root, file = None, ""
    if path is not None:
        try:
            root, file = resolve(read_source(path)).root, str(path)
        except EquipoiseError:  # the file is gone or was changed since: warn without lines
            root = None
    draft = draft_of(protocol, root=root, file=file)
    check_warnings(draft)
    return tuple(in_order(draft.problems))
