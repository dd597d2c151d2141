"""Who lives in an area: residents, median age, share of males."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.tables.areas import AreaSummary
from icspark.tables.reference import Population

MALE, UNKNOWN_SEX = 1, 9
AGES = 91
"""Single years 0 to 89, and 90 and over."""

_COUNTED = {Population.lsoa_2011_code: "string", "ages": "array<bigint>", "males": "bigint", "unknown": "bigint"}
_DESCRIBED = {
    Population.lsoa_2011_code: "string",
    AreaSummary.population_count: "bigint",
    AreaSummary.median_age_years: "double",
    AreaSummary.male_share: "double",
}


def residents_by_area(population: DataFrame) -> DataFrame:
    """Return one row per LSOA 2011: population_count, median_age_years, male_share.

    The median is the mean of the ages of the lower and upper middle person, as `numpy.median` of the expanded list;
    90 and over count as 90. Null where nobody lives there. Male share is males / all (not its complement, as a tool in
    circulation has it); null where the file has persons only. Rows are counted where they lie, in numpy, since 91 sums
    a row cost Spark seven times as much; one short row per area and partition is moved. Memory: 750 bytes an area.
    """
    group = F.col(Population.sex_code).cast("int") * AGES + F.least(F.col(Population.age_years), F.lit(AGES - 1))
    rows = population.select(Population.lsoa_2011_code, group.cast("int"), Population.residents_count)
    counted = rows.mapInArrow(_counted, _schema(_COUNTED)).repartition(Population.lsoa_2011_code)
    return counted.mapInArrow(_described, _schema(_DESCRIBED))


def _schema(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


def median_age(residents: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the median age of each row of counts by single year of age (areas x ages); nan where nobody lives there.

    The mean of the ages of the lower and the upper middle person.
    """
    people = residents.sum(axis=1)
    so_far = residents.cumsum(axis=1)
    middle = [(so_far < nth[:, None]).sum(axis=1) for nth in ((people + 1) // 2, people // 2 + 1)]
    return np.where(people > 0, (middle[0] + middle[1]) / 2, np.nan)


def _counted(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield one row for each area of a partition: residents by age, males, people of unknown sex."""
    places: dict[str, int] = {}
    table = np.zeros((1024, AGES + 2), np.int64)
    for batch in batches:
        area = batch.column(0).dictionary_encode()
        at = np.array([places.setdefault(code, len(places)) for code in area.dictionary.to_pylist()], np.intp)
        while len(table) < len(places):
            table = np.concatenate([table, np.zeros_like(table)])
        # No area is twice in the batch's dictionary, so that no addition is lost.
        table[at] += _counts(area.indices.to_numpy(), len(at), batch)
    if places:
        yield _counted_batch(list(places), table[: len(places)])


def _counts(area: NDArray[Any], areas: int, batch: pa.RecordBatch) -> NDArray[np.int64]:
    sex, age = np.divmod(batch.column(1).to_numpy(), AGES)
    people = batch.column(2).to_numpy()
    # Sums of whole numbers in floating point are exact up to 2^53.
    by_age = np.bincount(area * AGES + age, people, areas * AGES).reshape(areas, AGES)
    by_sex = [np.bincount(area, people * (sex == code), areas)[:, None] for code in (MALE, UNKNOWN_SEX)]
    return np.hstack([by_age, *by_sex]).astype(np.int64)


def _counted_batch(codes: list[str], table: NDArray[np.int64]) -> pa.RecordBatch:
    ends = pa.array(np.arange(len(codes) + 1, dtype=np.int32) * AGES)
    ages = pa.ListArray.from_arrays(ends, pa.array(table[:, :AGES].ravel()))
    columns = [pa.array(codes), ages, pa.array(table[:, AGES]), pa.array(table[:, AGES + 1])]
    return pa.RecordBatch.from_arrays(columns, names=list(_COUNTED))


def _described(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield one row for each area of a partition, which holds all that was counted of it."""
    counted = pa.Table.from_batches(together) if (together := list(batches)) else None
    if counted is None or not counted.num_rows:
        return
    area = counted.column(0).combine_chunks().dictionary_encode()
    each = counted.column(1).combine_chunks().flatten().to_numpy().reshape(-1, AGES)
    sexes = np.column_stack([counted.column(at).to_numpy() for at in (2, 3)])
    sums = np.zeros((len(area.dictionary), AGES + 2), np.int64)
    np.add.at(sums, area.indices.to_numpy(), np.hstack([each, sexes]))
    people, median = sums[:, :AGES].sum(axis=1), median_age(sums[:, :AGES])
    known = (people > 0) & (sums[:, AGES + 1] == 0)
    share = np.divide(sums[:, AGES], people, out=np.zeros(len(people)), where=people > 0)
    columns = [
        area.dictionary,
        pa.array(people),
        pa.array(median, mask=people == 0),
        pa.array(share, mask=~known),
    ]
    yield pa.RecordBatch.from_arrays(columns, names=list(_DESCRIBED))
