"""Bins of deprivation: 1 = most deprived, null stays null."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.config import JobConfig


class Bins(JobConfig):
    """Local bins: how many, and cut how."""

    method: Literal["quantile", "interval"] = Field(
        "quantile", description="quantile: as many areas in each; interval: as wide a range of scores in each"
    )
    count: int = Field(5, ge=2, le=100, description="number of bins; 1 = most deprived")


def national_bin(rank: Column, areas: Column, count: int) -> Column:
    """Return ceil(count x rank / areas) for a national rank, 1 = most deprived; null where either is null."""
    return F.ceil(rank * F.lit(count) / areas)


def with_bins(frame: DataFrame, columns: Mapping[str, str], bins: Bins, *, among: Column) -> DataFrame:
    """Add a bin column for each score: `columns` maps score -> bin; the edges are taken over the rows of `among`.

    Rows outside `among` get null. Edges are those of `pandas.qcut` (linear interpolation of order statistics) or of
    `pandas.cut` (equal steps from the least to the most), intervals closed on the right of the rising score, numbered
    from the most deprived. Where edges coincide the bins between them are empty; where all scores are equal there are
    no bins, and the column is null.
    """
    reference = F.when(among, F.lit(True))
    edges = frame.agg(*[_edges(F.when(reference, F.col(score)), bins).alias(f"_{score}") for score in columns])
    joined = frame.crossJoin(F.broadcast(edges))  # one row of edges: rows are not multiplied
    added = {
        name: F.when(reference, _bin(F.col(score), F.col(f"_{score}"), bins.count)) for score, name in columns.items()
    }
    return joined.withColumns(added).drop(*[f"_{score}" for score in columns])


def _edges(score: Column, bins: Bins) -> Column:
    """Return the inner edges, rising; null where all scores are equal or there are none."""
    least, most = F.min(score), F.max(score)
    inner = range(1, bins.count)
    if bins.method == "quantile":
        edges = F.percentile(score, [i / bins.count for i in inner])
    else:
        edges = F.array(*[least + F.lit(float(i)) * ((most - least) / F.lit(float(bins.count))) for i in inner])
    return F.when(least < most, edges)


def _bin(score: Column, edges: Column, count: int) -> Column:
    below = [_is_above(score, F.get(edges, F.lit(i))).cast("long") for i in range(count - 1)]
    return F.lit(count).cast("long") - sum(below[1:], below[0])


def _is_above(score: Column, edge: Column) -> Column:
    # An edge that falls on a score is that score, whatever the last bit of its interpolation says.
    return score - edge > F.lit(1e-12) * F.greatest(F.lit(1.0), F.abs(edge))
