"""Sums over intervals of event times, for many intervals at once, without a subtraction.

With delayed entry the risk sets are no longer nested. What entered less what left would lose the digits of a small
risk set to a large one that has gone; a tree over the event times only ever adds.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Spans", "collect", "spans_of", "spread"]

Number = TypeVar("Number", np.float64, np.complex128)


class Spans(NamedTuple):
    """Intervals of event times, each cut into at most 2 log2(D) nodes of a binary tree over the D event times.

    Attributes:
        size: D.
        width: Leaves of the tree, a power of 2; the node above nodes 2 i and 2 i + 1 is i, and leaves begin at `width`.
        n: Rows.
        by_node: (M,) row of each piece, in order of node.
        node_first: (N,) where each used node begins in them.
        node: (N,) which node that is.
        by_row: (M,) node of each piece, in order of row.
        row_first: (R,) where each row that has pieces begins in them.
        row: (R,) which row that is.
    """

    size: int
    width: int
    n: int
    by_node: NDArray[np.int64]
    node_first: NDArray[np.int64]
    node: NDArray[np.int64]
    by_row: NDArray[np.int64]
    row_first: NDArray[np.int64]
    row: NDArray[np.int64]


def spans_of(first: NDArray[np.int64], end: NDArray[np.int64], size: int) -> Spans:
    """Cut intervals into nodes.

    Args:
        first: (n,) first event time of each row's interval.
        end: (n,) the one after its last; an interval with end <= first is empty.
        size: D, number of event times.

    Returns:
        The intervals.
    """
    width = 1
    while width < size:
        width *= 2
    left, right = first + width, np.maximum(first, end) + width
    rows: list[NDArray[np.intp]] = []
    nodes: list[NDArray[np.int64]] = []
    while (active := np.flatnonzero(left < right)).size:
        odd = active[(left[active] & 1) == 1]
        rows.append(odd)
        nodes.append(left[odd])
        left[odd] += 1
        odd = active[(right[active] & 1) == 1]
        right[odd] -= 1
        rows.append(odd)
        nodes.append(right[odd])
        left >>= 1
        right >>= 1
    row = np.concatenate(rows) if rows else np.zeros(0, dtype=np.intp)
    node = np.concatenate(nodes) if nodes else np.zeros(0, dtype=np.int64)
    by_node, by_row = np.argsort(node, kind="stable"), np.argsort(row, kind="stable")
    used_nodes, node_first = np.unique(node[by_node], return_index=True)
    used_rows, row_first = np.unique(row[by_row], return_index=True)
    return Spans(size, width, first.size, row[by_node], node_first, used_nodes, node[by_row], row_first, used_rows)


def collect(spans: Spans, values: NDArray[Number]) -> NDArray[Number]:
    """At each event time, the sum over the rows whose interval holds it.

    Args:
        spans: D event times, n rows.
        values: (n,) or (n, c), real or complex.

    Returns:
        (D,) or (D, c).
    """
    tree = np.zeros((2 * spans.width, *values.shape[1:]), dtype=values.dtype)
    if spans.node.size:
        tree[spans.node] = np.add.reduceat(values[spans.by_node], spans.node_first, axis=0)
    level = 2
    while level <= spans.width:
        tree[level : 2 * level] += np.repeat(tree[level // 2 : level], 2, axis=0)
        level *= 2
    return tree[spans.width : spans.width + spans.size]


def spread(spans: Spans, steps: NDArray[Number]) -> NDArray[Number]:
    """For each row, the sum over the event times in its interval.

    Args:
        spans: D event times, n rows.
        steps: (D,) or (D, c), real or complex.

    Returns:
        (n,) or (n, c).
    """
    tree = np.zeros((2 * spans.width, *steps.shape[1:]), dtype=steps.dtype)
    tree[spans.width : spans.width + spans.size] = steps
    level = spans.width // 2
    while level >= 1:
        tree[level : 2 * level] = tree[2 * level : 4 * level : 2] + tree[2 * level + 1 : 4 * level : 2]
        level //= 2
    out = np.zeros((spans.n, *steps.shape[1:]), dtype=steps.dtype)
    if spans.row.size:
        out[spans.row] = np.add.reduceat(tree[spans.by_row], spans.row_first, axis=0)
    return out
