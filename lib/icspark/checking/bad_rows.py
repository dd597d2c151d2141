"""Whether every bad row that was planted, and no other, ended in the rejected half of the ingest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.checking.comparisons import Comparison, equal
from icspark.tables.records import SourceAppointment
from icspark.tables.table import Rejected, Table
from icspark.tables.truth import TruthBadRow

RECORD, KEY = TruthBadRow.record, TruthBadRow.row_key
DELIVERY = SourceAppointment.delivery_id


def rejected_rows(rejected: Mapping[str, tuple[type[Table], DataFrame]]) -> DataFrame:
    """Return rejected rows by kind of record and key without the delivery, with how many there are.

    `rejected` has the source table and the rejected half of each kind of record.
    """
    parts = [
        frame.where(F.col(Rejected.scope) == "row").select(F.lit(kind).alias(RECORD), _key(table).alias(KEY))
        for kind, (table, frame) in rejected.items()
    ]
    return reduce(DataFrame.unionByName, parts).groupBy(RECORD, KEY).agg(F.count(F.lit(1)).alias("found"))


def _key(table: type[Table]) -> Column:
    at = table.key().index(DELIVERY)
    parts = F.split(Rejected.row_key, r"\|")
    return F.concat_ws("|", F.filter(parts, lambda _, place: place != at))


def bad_row_totals(planted: DataFrame, rejected: DataFrame) -> pd.DataFrame:
    """Return, by kind of record, the rows planted, those of them not rejected, and those rejected but not planted."""
    expected = planted.groupBy(RECORD, KEY).agg(F.sum(TruthBadRow.rows_count).alias("planted"))
    both = expected.join(rejected, on=[RECORD, KEY], how="full")
    known = both.withColumns({name: F.coalesce(name, F.lit(0)) for name in ("planted", "found")})
    missed, other = (F.greatest(F.col(a) - F.col(b), F.lit(0)) for a, b in (("planted", "found"), ("found", "planted")))
    sums = {"planted": F.col("planted"), "missed": missed, "other": other}
    counted = known.groupBy(RECORD).agg(*[F.sum(column).alias(name) for name, column in sums.items()])
    frame: pd.DataFrame = counted.toPandas()  # a row a kind of record
    return frame


def compare_bad_rows(found: pd.DataFrame) -> Iterator[Comparison]:
    """Yield, for each kind of record, bad rows that were rejected, and rejected rows that were not planted."""
    rows = found[[RECORD, "planted", "missed", "other"]].sort_values(RECORD).to_numpy().tolist()
    for record, planted, missed, other in rows:
        said = "planted bad rows that the ingest rejected: all of them"
        yield equal("bad_rows_rejected", record, planted=planted, found=planted - missed, unit="rows", meaning=said)
        said = "rows that the ingest rejected and nobody planted: none"
        yield equal("good_rows_rejected", record, planted=0, found=other, unit="rows", meaning=said)
