"""The subjects of a response analysis with their best responses, made once for its rates and its durations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.analysis.steps import Context
from equipoise.protocol.analysis import ResponseAnalysis
from equipoise.protocol.endpoints import ResponseEndpoint

if TYPE_CHECKING:
    import polars as pl

__all__ = ["response_frame"]


def response_frame(context: Context, spec: ResponseAnalysis, endpoint: ResponseEndpoint) -> pl.DataFrame:
    """One row a subject of the denominator, with the arm that the analysis' population goes by.

    Args:
        context: Protocol and data.
        spec: The analysis.
        endpoint: Its endpoint.

    Returns:
        What `equipoise.data.responses` gives for the analysis' population, less subjects outside the denominator.
    """
    from equipoise.data import responses, subjects

    def make() -> pl.DataFrame:
        frame = responses(context.protocol, context.data, spec.endpoint, spec.population)
        if endpoint.denominator == spec.population:
            return frame
        inside = subjects(context.protocol, context.data, endpoint.denominator)["USUBJID"]
        return frame.filter(frame["USUBJID"].is_in(inside.implode()))

    return context.shared(("responses", spec.endpoint, spec.population), make)
