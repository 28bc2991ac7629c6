"""A set of results: statistics and curves, with look-ups that refuse ambiguity."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from equipoise.errors import BundleError, Problem, UsageError
from equipoise.results.curve import Curve
from equipoise.results.key import Key
from equipoise.results.statistic import Statistic
from equipoise.results.vocabulary import VOCABULARY

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

__all__ = ["Results"]


@dataclass(frozen=True, slots=True, repr=False)
class Results:
    """Statistics, one per row, and curves.

    Raises:
        BundleError: When two statistics, or two curves, share an identifier.
    """

    statistics: tuple[Statistic, ...] = ()
    curves: tuple[Curve, ...] = ()
    _by_id: dict[str, Statistic] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for row in self.statistics:
            if row.id in self._by_id:
                _collision("statistics", row.id)
            self._by_id[row.id] = row
        seen: set[str] = set()
        for curve in self.curves:
            if curve.id in seen:
                _collision("curves", curve.id)
            seen.add(curve.id)

    def __repr__(self) -> str:
        # The rows of a trial would fill a screen a thousand times.
        return f"Results({len(self.statistics)} statistics, {len(self.curves)} curves)"

    def _repr_html_(self) -> str:
        from equipoise.results.notebook import results_html

        return results_html(self)

    def __iter__(self) -> Iterator[Statistic]:
        return iter(self.statistics)

    def __len__(self) -> int:
        return len(self.statistics)

    def __add__(self, other: Results) -> Results:
        return Results(self.statistics + other.statistics, self.curves + other.curves)

    def get(self, statistic_id: str) -> Statistic | None:
        """The statistic with this identifier, or None."""
        return self._by_id.get(statistic_id)

    def select(self, **fields: Any) -> list[Statistic]:
        """Statistics whose key fields equal the given ones, in order.

        Args:
            **fields: Key fields (`statistic="hazard_ratio"`, `arm="palbo"`). `groups` may be a mapping that the key's
                groups must contain; `groups=()` asks for none.

        Raises:
            UsageError: On a field that keys do not have, or a statistic that is not in the vocabulary.
        """
        groups = fields.pop("groups", None)
        _check_fields(fields)
        _check_name(fields.get("statistic"))
        found = []
        for row in self.statistics:
            if any(getattr(row.key, name) != value for name, value in fields.items()):
                continue
            if groups is not None:
                own = dict(row.key.groups)
                if (not groups and own) or any(own.get(a) != b for a, b in dict(groups).items()):
                    continue
            found.append(row)
        return found

    def one(self, **fields: Any) -> Statistic | None:
        """The only statistic that `select` finds, or None.

        Args:
            **fields: As for `select`.

        Raises:
            BundleError: When several match: the question was not precise enough to print one number.
            UsageError: As `select`.
        """
        found = self.select(**fields)
        if len(found) > 1:
            raise BundleError(
                Problem(
                    code="results.ambiguous",
                    message=f"{len(found)} statistics match {fields}",
                    value=", ".join(row.id for row in found[:4]),
                    cure="name more fields of the key",
                )
            )
        return found[0] if found else None

    def curves_of(self, curve: str, **fields: Any) -> list[Curve]:
        """Curves by name and key fields, in order.

        Args:
            curve: Name of the curve.
            **fields: Key fields.

        Raises:
            UsageError: On a field that keys do not have.
        """
        _check_fields(fields)
        return [c for c in self.curves if c.curve == curve and all(getattr(c.key, k) == v for k, v in fields.items())]

    def to_polars(self) -> pl.DataFrame:
        """Statistics as a polars frame, one row each."""
        from equipoise.results.frames import statistics_frame

        return statistics_frame(self.statistics)

    def curves_to_polars(self) -> pl.DataFrame:
        """Curves as one long polars frame."""
        from equipoise.results.frames import curves_frame

        return curves_frame(self.curves)

    def to_pandas(self) -> pd.DataFrame:
        """Statistics as a pandas frame (extra `[pandas]`).

        Raises:
            UsageError: When pandas or pyarrow is not installed.
        """
        return _as_pandas(self.to_polars())

    def curves_to_pandas(self) -> pd.DataFrame:
        """Curves as one long pandas frame (extra `[pandas]`).

        Raises:
            UsageError: When pandas or pyarrow is not installed.
        """
        return _as_pandas(self.curves_to_polars())

    @classmethod
    def of(cls, rows: Iterable[Statistic | Curve]) -> Results:
        """Results from a mixed stream of statistics and curves, order kept."""
        items = list(rows)
        return cls(
            tuple(item for item in items if isinstance(item, Statistic)),
            tuple(item for item in items if isinstance(item, Curve)),
        )


def _check_fields(fields: Iterable[str]) -> None:
    known = ("id", *Key.__dataclass_fields__)
    unknown = [name for name in fields if name not in known]
    if unknown:
        cure = f"name fields of the key: {', '.join(known)}"
        raise UsageError(Problem("usage.key_field", "a key has no such field", value=", ".join(unknown), cure=cure))


def _check_name(name: str | None) -> None:
    if name is None or name in VOCABULARY:
        return
    near = difflib.get_close_matches(name, VOCABULARY, n=1)
    cure = f"did you mean {near[0]!r}?" if near else f"names are {', '.join(VOCABULARY)}"
    raise UsageError(Problem("usage.statistic", "no statistic has this name", value=repr(name), cure=cure))


def _collision(what: str, identifier: str) -> None:
    raise BundleError(
        Problem(
            code="results.collision",
            message=f"two {what} have one identifier; their keys must differ",
            value=identifier,
            cure="this is a defect of equipoise or of a name in trial.yaml: rename the analysis, or report it",
        )
    )


def _as_pandas(frame: pl.DataFrame) -> pd.DataFrame:
    try:
        return frame.to_pandas()
    except ModuleNotFoundError as error:
        raise UsageError(
            Problem(
                code="usage.pandas",
                message=f"a pandas frame needs the package {error.name}, which is not installed here",
                cure='pip install "equipoise[pandas]", or use the polars frame',
            )
        ) from None
