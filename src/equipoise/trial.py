"""`Trial`: the declared trial and its verbs. Each is one line; the work is done in the rooms."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise.errors import Problems

if TYPE_CHECKING:
    from equipoise.design.sizing import Unknown
    from equipoise.monitoring.workflow import Look
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Results

__all__ = ["Trial"]

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, repr=False)
class Trial:
    """A trial as declared in one file.

    Attributes:
        protocol: The declaration, frozen.
        path: The file it was read from.
    """

    protocol: Protocol
    path: Path

    def __repr__(self) -> str:
        return f"Trial({self.protocol.trial.id!r}, {str(self.path)!r})"

    def _repr_html_(self) -> str:
        from equipoise.protocol.notebook import section_html

        return section_html(self.protocol)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Trial:
        """Read and check a protocol file.

        Args:
            path: trial.yaml, or the folder it is in.

        Raises:
            ProtocolError: With every problem of the file.
        """
        from equipoise.protocol.loading import load_protocol, protocol_file

        return cls(load_protocol(protocol_file(Path(path))), protocol_file(Path(path)))

    def validate(self, data: str | os.PathLike[str] | None = None) -> Problems:
        """Problems of the protocol and, when given, of its data; errors first, none raised.

        Args:
            data: Folder or file with the data.
        """
        from equipoise.analysis.workflow import examine

        return Problems(examine(self.protocol, self.path, data=None if data is None else Path(data)).problems)

    def design(
        self,
        *,
        hypothesis: str | None = None,
        solve: Unknown | None = None,
        out: str | os.PathLike[str] | None = None,
    ) -> Results:
        """Compute the declared designs: events, patients, looks and boundaries.

        Args:
            hypothesis: Only the design of this one.
            solve: The unknown: `events`, `patients`, `accrual`, `follow_up`, `power` or `hazard_ratio`; as declared
                where absent.
            out: Folder of a results bundle; nothing is written without it.

        Returns:
            Statistics and curves of all designs and their alternatives.

        Raises:
            PlanError: When a design can't be as declared, with every problem.
            BundleError: When `out` holds something other than a bundle, or results of another protocol.
        """
        from equipoise.design.workflow import design_trial

        where = None if out is None else Path(out)
        return design_trial(self.protocol, self.path, hypothesis=hypothesis, solve=solve, out=where)

    def analyze(
        self,
        data: str | os.PathLike[str] | None = None,
        *,
        cut: datetime.date | None = None,
        out: str | os.PathLike[str] | None = None,
        progress: Progress | None = None,
    ) -> Results:
        """Analyze data as declared.

        Args:
            data: Folder or file with the data; `data` beside the protocol where absent.
            cut: Date at which follow-up is cut, re-censoring what came later.
            out: Folder for the results bundle; nothing is written without it.
            progress: Called with (label, step, steps) as the work goes on.

        Returns:
            Statistics, one per row, and curves.

        Raises:
            DataError: With every problem of the data.
            PlanError: When an analysis can't be done as declared.
            BundleError: When `out` holds something other than a bundle.
        """
        from equipoise.analysis.workflow import analyze_files

        return analyze_files(
            self.protocol,
            self.path,
            data=None if data is None else Path(data),
            cut=cut,
            out=None if out is None else Path(out),
            progress=progress,
        )

    def monitor(
        self,
        data: str | os.PathLike[str] | None = None,
        *,
        out: str | os.PathLike[str] | None = None,
        after: str | os.PathLike[str] | None = None,
        cut: datetime.date | None = None,
        unblinded: bool = False,
        hypothesis: tuple[str, ...] = (),
        look: int | None = None,
        final: bool = False,
        unplanned: bool = False,
        seed: int = 1,
        draws: int = 2000,
        progress: Progress | None = None,
    ) -> Look:
        """Hold an interim look: blinded, unless asked for otherwise.

        Args:
            data: Folder or file with the data of the cut; `data` beside the protocol where absent.
            out: Folder for the bundle of this look; nothing is written without it.
            after: Bundle of the look before; without it this is the first.
            cut: Date at which follow-up is cut.
            unblinded: Read the arms, and show what the look says of the effect.
            hypothesis: Hypotheses that are looked at; the next one in turn where absent.
            look: The planned look that this is; the next one where absent.
            final: This is the final look, whatever the number of events.
            unplanned: This look was not planned.
            seed: Of the draws of the prediction.
            draws: Number of posterior draws.
            progress: Called with (label, step, steps).

        Returns:
            Rows and curves, the looks held so far, and warnings.

        Raises:
            DataError: With every problem of the data.
            PlanError: A look that can't be held as asked for.
            UsageError: Options that contradict each other.
            BundleError: When `after` or `out` is no bundle.
        """
        from equipoise.monitoring.looks import Choice
        from equipoise.monitoring.workflow import monitor_files

        return monitor_files(
            self.protocol,
            self.path,
            data=None if data is None else Path(data),
            out=None if out is None else Path(out),
            after=None if after is None else Path(after),
            cut=cut,
            unblinded=unblinded,
            choice=Choice(tuple(hypothesis), look, final, unplanned),
            seed=seed,
            draws=draws,
            progress=progress,
        )

    def report(self, out: str | os.PathLike[str]) -> Path:
        """Write the dossier, its tables and figures into a bundle that this trial's analysis wrote.

        Args:
            out: Folder of the bundle.

        Returns:
            Path of dossier.html.

        Raises:
            BundleError: When the bundle is missing, damaged, or of another protocol.
        """
        from equipoise.reporting.report import write_report

        return write_report(Path(out), expect=self.protocol)
