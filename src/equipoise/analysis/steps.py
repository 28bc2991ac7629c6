"""What an analysis is made of: steps, compiled from the protocol, run on data, each yielding rows.

A step is a frozen value that says what it will do (`label`) and does it (`run`). It holds everything that the protocol
decides and nothing that the data decide, so a plan can be printed, or read by something other than data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from equipoise.data import Datasets
    from equipoise.protocol.protocol import Protocol as Trial
    from equipoise.results import Curve, Statistic

__all__ = ["Context", "Row", "Step"]

T = TypeVar("T")

if TYPE_CHECKING:
    Row = Statistic | Curve
else:
    Row = object


@dataclass(frozen=True, slots=True)
class Context:
    """What a step may read while it runs.

    Attributes:
        protocol: The declared trial.
        data: Its checked tables.
        rows: Statistics of the steps that ran before, in order; the engine appends to it, steps only read.
    """

    protocol: Trial
    data: Datasets
    rows: list[Statistic] = field(default_factory=list)
    _shared: dict[Any, Any] = field(default_factory=dict, repr=False)

    def shared(self, key: object, make: Callable[[], T]) -> T:
        """A value that several steps need (a frame, a curve), made once.

        Args:
            key: Any hashable value that says what it is.
            make: Makes it.

        Returns:
            The value; treat it as read-only.
        """
        if key not in self._shared:
            self._shared[key] = make()
        return cast("T", self._shared[key])


class Step(Protocol):
    """One part of a plan."""

    @property
    def label(self) -> str:
        """What the step does, in a few words, for progress and the printed plan."""

    def run(self, context: Context) -> Iterable[Row]:
        """Rows and curves of the step.

        `data_cut` is left empty in the keys: the engine sets it on all of them.

        Args:
            context: Protocol, data and earlier rows.
        """
