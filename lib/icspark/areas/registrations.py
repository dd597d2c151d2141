"""What registrations say of an area: its patients, the practices that serve it, and outcomes attributed from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.areas.weighting import FRACTION_DIGITS, SCORE_DIGITS, fixed_point
from icspark.tables.areas import OUTCOMES, AreaSummary, coverage_of
from icspark.tables.reference import PracticePrevalence, Registration

SERVED_TENTHS = 9
"""Nine tenths of an area's patients are to be served."""

_ATTRIBUTED = ", ".join(
    [
        f"{Registration.lsoa_2011_code} string",
        f"{AreaSummary.registered_patients_count} bigint",
        f"{AreaSummary.practices_serving_90_percent_count} bigint",
        *[f"{name} double" for name in OUTCOMES],
        *[f"{coverage_of(name)} double" for name in OUTCOMES],
    ]
)

_NAMES = [column.split()[0] for column in _ATTRIBUTED.split(", ")]


def outcome_digits(outcome: str) -> int:
    """Return the decimals that sums of an outcome keep: points go to 100, everything else is a fraction."""
    return SCORE_DIGITS if outcome.endswith("_points") else FRACTION_DIGITS


def registrations_by_area(registrations: DataFrame, prevalence: DataFrame, *, floor: float) -> DataFrame:
    """Return one row per LSOA 2011 with patients: their number, the practices serving 90 %, outcomes with coverage.

    An outcome is sum(w x) / sum(w) over the area's practices that report it, w the area's patients at the practice;
    null where they hold less than `floor` of its patients. Rows without an area are left out. One shuffle, by area;
    the sums of all outcomes are then one product of sparse and dense whole numbers. The outcomes of practices, of which
    England has 6,470, are read here and sent to every task: they do not grow with people.
    """
    placed = registrations.filter(F.col(Registration.lsoa_2011_code).isNotNull()).select(
        Registration.lsoa_2011_code, Registration.practice_code, Registration.patients_count
    )
    attribution = _Attribution(_reported(prevalence), floor)
    return placed.repartition(Registration.lsoa_2011_code).mapInArrow(attribution.by_area, _ATTRIBUTED)


def _reported(prevalence: DataFrame) -> pa.Table:
    """Return the outcomes of each practice as whole multiples of 10^-digits, in the order of their codes."""
    fixed = [fixed_point(F.col(name), outcome_digits(name)).alias(name) for name in OUTCOMES]
    return (
        prevalence.select(PracticePrevalence.practice_code, *fixed).toArrow().sort_by(PracticePrevalence.practice_code)
    )


@dataclass(frozen=True)
class _Attribution:
    """The outcomes of practices, to be attributed to areas."""

    reported: pa.Table
    floor: float

    def by_area(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield one row for each area of a partition, which holds all registrations of its areas."""
        rows = pa.Table.from_batches(together) if (together := list(batches)) else None
        if rows is None or not rows.num_rows:
            return
        area, practice = (rows.column(at).combine_chunks().dictionary_encode() for at in (0, 1))
        at, practices, patients = area.indices.to_numpy(), practice.indices.to_numpy(), rows.column(2).to_numpy()
        areas = len(area.dictionary)
        everyone = np.zeros(areas, np.int64)
        np.add.at(everyone, at, patients)
        # Which of the practices that report each practice is; -1 where it reports nothing.
        reporting = pc.index_in(practice.dictionary, self.reported.column(0)).fill_null(-1).to_numpy()[practices]
        does = reporting >= 0
        shape = (areas, self.reported.num_rows)
        weights = scipy.sparse.csr_array((patients[does], (at[does], reporting[does])), shape, dtype=np.int64)
        means, shares = self._means(weights, everyone)
        in_order = np.argsort(np.argsort(practice.dictionary.to_numpy(zero_copy_only=False)))[practices]
        serving = serving_counts(at, patients, in_order)
        yield pa.RecordBatch.from_arrays(
            [area.dictionary, pa.array(everyone), pa.array(serving), *means, *shares], names=_NAMES
        )

    def _means(self, weights: Any, everyone: NDArray[np.int64]) -> tuple[list[pa.Array], list[pa.Array]]:
        """Return the weighted mean of each outcome, and the share of the weight behind it, by area."""
        means, shares = [], []
        for column, name in zip(self.reported.columns[1:], OUTCOMES, strict=True):
            values = column.fill_null(0).to_numpy()
            sums, known = exact_product(weights, values), weights @ column.is_valid().to_numpy().astype(np.int64)
            share = np.divide(known, everyone, out=np.zeros(len(everyone)), where=everyone > 0)
            shares.append(pa.array(share, mask=everyone == 0))
            is_kept = (known > 0) & (share >= self.floor)
            scaled = sums / 10.0 ** outcome_digits(name)
            means.append(pa.array(np.divide(scaled, known, out=scaled, where=known > 0), mask=~is_kept))
        return means, shares


def exact_product(weights: Any, values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a sparse matrix times a vector, both of whole numbers; OverflowError where 64 bits could wrap round."""
    product = weights @ values
    if len(product) and np.max(abs(weights).astype(float) @ np.abs(values.astype(float))) >= 2.0**63:
        raise OverflowError("a weighted sum is too large for whole numbers of 64 bits")
    return cast(NDArray[np.int64], product)


def serving_counts(area: NDArray[Any], patients: NDArray[np.int64], practice_order: NDArray[Any]) -> NDArray[np.int64]:
    """Return, for each area from 0, the fewest practices, largest first, that hold at least 90 % of its patients.

    One entry per practice and area; practices of one size are taken in `practice_order`. A practice is one of the
    fewest while those before it hold less than 90 %.
    """
    order = np.lexsort((practice_order, -patients, area))
    area, patients = area[order], patients[order]
    so_far = np.cumsum(patients) - patients
    first = np.flatnonzero(np.r_[True, area[1:] != area[:-1]])
    sizes = np.diff(np.r_[first, len(area)])
    before = so_far - np.repeat(so_far[first], sizes)
    everyone = np.repeat(np.add.reduceat(patients, first), sizes)
    return np.bincount(area, before * 10 < everyone * SERVED_TENTHS).astype(np.int64)
