"""Run a numpy function over the Arrow batches of a frame: columns in, columns out, nothing kept between batches.

A function that makes every row from its own row alone gives the same rows however they are batched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

Columns = dict[str, NDArray[Any]]


def in_batches(frame: DataFrame, function: Callable[[Columns], Mapping[str, Any]], schema: T.StructType) -> DataFrame:
    """Return the rows that `function` makes of each batch: named numpy arrays in, named arrays of one length out.

    Dates come and go as datetime64[D] and NaT is null, as is None in an object array and NaN in a float; an Arrow array
    passes as it is (for lists and nullable numbers). Whole numbers with nulls must come as floats or Arrow arrays.
    """
    return frame.mapInArrow(_over_batches(function, to_arrow_schema(schema)), schema)


def with_nulls(values: NDArray[Any], is_null: NDArray[np.bool_], data_type: pa.DataType | None = None) -> pa.Array:
    """Return an Arrow array of the values that is null where `is_null`."""
    return pa.array(values, type=data_type, mask=is_null)


def _over_batches(
    function: Callable[[Columns], Mapping[str, Any]], schema: pa.Schema
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    return lambda batches: (_batch(function(_columns(batch)), schema) for batch in batches if batch.num_rows)


def _columns(batch: pa.RecordBatch) -> Columns:
    return {name: _numpy(batch.column(i)) for i, name in enumerate(batch.schema.names)}


def _numpy(array: pa.Array) -> NDArray[Any]:
    if pa.types.is_date32(array.type):
        counted = array.view(pa.int32()).fill_null(0).to_numpy(zero_copy_only=False)
        days: NDArray[Any] = counted.astype("datetime64[D]")
        days[array.is_null().to_numpy(zero_copy_only=False)] = np.datetime64("NaT")
        return days
    found: NDArray[Any] = array.to_numpy(zero_copy_only=False)
    return found


def _batch(columns: Mapping[str, Any], schema: pa.Schema) -> pa.RecordBatch:
    arrays = [_arrow(columns[field.name], field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _arrow(values: Any, data_type: pa.DataType) -> pa.Array:
    if isinstance(values, pa.Array):
        return values.cast(data_type)
    return pa.array(values, type=data_type, from_pandas=True)
