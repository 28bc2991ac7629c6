"""Monitoring: there is a design to monitor, scans are of its endpoints, and sites have patients to enroll."""

from __future__ import annotations

from itertools import pairwise

from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.endpoints import TimeToEventEndpoint
from equipoise.protocol.suggest import known
from equipoise.source import YamlPath

__all__ = ["check_monitoring"]


def check_monitoring(draft: Draft) -> None:
    """Everything that `monitoring` names exists, and its lists are in order.

    Args:
        draft: The protocol under examination.
    """
    monitoring = draft.monitoring
    if monitoring is None:
        return
    path: YamlPath = ("monitoring",)
    if not draft.names["design"] and "design" in draft.whole:
        draft.report("monitoring", "there is no design to monitor", path, "add `design:` with the looks, or remove it")
    times = [name for name, endpoint in draft.endpoints.items() if isinstance(endpoint, TimeToEventEndpoint)]
    for name, scans in monitoring.prediction.scans.items():
        here: YamlPath = (*path, "prediction", "scans", name)
        if draft.refer("endpoints", name, here, among=times) and name not in times and name in draft.endpoints:
            draft.report("kind", f"`{name}` is not a time to an event", here, known("name one of", times))
        if any(b <= a for a, b in pairwise(scans)):
            draft.report("monitoring", "the times of scans do not increase", here, "list them in order: [8, 16, 24]")
    if monitoring.sites and monitoring.site is None:
        draft.report("monitoring", "sites are to open, but no column says at which site a patient is",
                     (*path, "sites"), "add `site: SITEID`")  # fmt: skip
    ends = monitoring.enrollment_ends
    for position, opening in enumerate(monitoring.sites):
        if ends is not None and opening.opens >= ends:
            draft.report("monitoring", "the site opens when enrollment has ended", (*path, "sites", position, "opens"),
                         f"open it before {ends}, or remove it", value=opening.opens)  # fmt: skip
