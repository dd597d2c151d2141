"""How many appointments of each week lie in each bin of each feature, and how many independent ones they are worth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.dna.monitoring import Crowd
from icspark.dna.population_stability import EXEMPT, Bins, Sample
from icspark.dna.scoring import PROBABILITY
from icspark.dna.weekly import PERSON, POOLED_WEEKS, SEASON, WEEK, Weeks, season_of
from icspark.tables.dna import DnaFeature

SAMPLE_SIZE = 20_000
FEWEST_A_WEEK = 1_000
"""Appointments below which the index of a week is that of the four weeks that end with it."""

UNITS = 10**10
"""Probabilities have ten places, so that sums of this many parts of them are whole numbers."""

OF_WEEK, OF_POOLED, OF_SEASON = "week", "pooled", "season"
COUNTS = "week date, place int, appointments long"

Counts = NDArray[np.int64]
Label = tuple[str, str]


@dataclass(frozen=True)
class Tallies:
    """Counts over all bins of all features by week, and by label the people, appointments and moments of the score."""

    bins: Mapping[str, Bins]
    by_week: Mapping[date, Counts]
    moments: Mapping[Label, Moments]

    def crowd(self, label: Label, weeks: Iterable[date]) -> Crowd:
        """Return the crowd of some weeks under a label."""
        empty = np.zeros(sum(bins.number for bins in self.bins.values()), dtype=np.int64)
        counts = sum((self.by_week.get(week, empty) for week in weeks), empty)
        known = self.moments[label]
        parts = np.split(counts, np.cumsum([bins.number for bins in self.bins.values()])[:-1])
        samples = {name: Sample(part, known.effective) for name, part in zip(self.bins, parts, strict=True)}
        return Crowd(samples, known.people, known.appointments, known.effective, known.mean, known.variance)

    def of_week(self, monday: date) -> tuple[Crowd, Crowd] | None:
        """Return the crowd of a week, and the one of its indices (of four weeks where it is small); None if empty."""
        label = (OF_WEEK, str(monday))
        if label not in self.moments:
            return None
        week = self.crowd(label, [monday])
        if week.appointments >= FEWEST_A_WEEK:
            return week, week
        before = [monday - timedelta(weeks=back) for back in range(POOLED_WEEKS)]
        return week, self.crowd((OF_POOLED, str(monday)), before)

    def of_season(self, season: str | None) -> Crowd | None:
        """Return the crowd of a season; None where there is none."""
        if season is None or (OF_SEASON, season) not in self.moments:
            return None
        return self.crowd((OF_SEASON, season), [week for week in self.by_week if season_of(week) == season])


@dataclass(frozen=True)
class Moments:
    """People, appointments, the independent ones that they are worth, and mean and variance of their scores."""

    people: int
    appointments: int
    effective: float
    mean: float
    variance: float


def watched_features(names: Sequence[str]) -> tuple[str, ...]:
    """Return the features whose index is watched: all but those of the calendar, and shares that are shrunk."""
    return tuple(name for name in names if name not in EXEMPT)


def bins_of(scored: DataFrame, names: Sequence[str]) -> dict[str, Bins]:
    """Return the bins of features and score, made on at most 20,000 appointments that are chosen by a hash."""
    key = DnaFeature.appointment_id
    # Bounded by the size of the sample, whatever the region's.
    chosen = scored.orderBy(F.xxhash64(key), key).limit(SAMPLE_SIZE).select(*names, PROBABILITY).toPandas()
    return {name: Bins.of(chosen[name]) for name in (*names, PROBABILITY)}


def tallies(scored: DataFrame, bins: Mapping[str, Bins], weeks: Weeks) -> Tallies:
    """Return the tallies of scored rows of watched weeks and of the seasons before them."""
    counted = scored.select(WEEK, *bins).mapInArrow(_Counting(dict(bins)), COUNTS)
    summed = counted.groupBy(WEEK, "place").agg(F.sum("appointments").alias("appointments")).toArrow().to_pylist()
    by_week: dict[date, Counts] = {}
    for row in summed:
        counts = by_week.setdefault(row[WEEK], np.zeros(sum(one.number for one in bins.values()), dtype=np.int64))
        counts[row["place"]] = row["appointments"]
    return Tallies(bins, by_week, moments(scored, weeks))


@dataclass(frozen=True)
class _Counting:
    """What a task does with its rows: it hands on one row a week and bin that is not empty."""

    bins: dict[str, Bins]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        size = sum(one.number for one in self.bins.values())
        found: dict[date, Counts] = {}
        for batch in filter(pa.RecordBatch.__len__, batches):
            frame = batch.to_pandas()
            first = 0
            weeks, at = np.unique(frame[WEEK].to_numpy(), return_inverse=True)
            for name, one in self.bins.items():
                places = np.bincount(at * one.number + one.place(frame[name]), minlength=len(weeks) * one.number)
                for week, counts in zip(weeks, places.reshape(len(weeks), one.number), strict=True):
                    whole = found.setdefault(week, np.zeros(size, dtype=np.int64))
                    whole[first : first + one.number] += counts
                first += one.number
        for week, counts in found.items():
            yield _batch(week, counts)


def _batch(week: date, counts: Counts) -> pa.RecordBatch:
    places = np.flatnonzero(counts)
    columns = [pa.array([week] * len(places), pa.date32()), pa.array(places, pa.int32()), pa.array(counts[places])]
    return pa.RecordBatch.from_arrays(columns, names=[WEEK, "place", "appointments"])


def moments(scored: DataFrame, weeks: Weeks) -> dict[Label, Moments]:
    """Return the moments of every watched week, of the four weeks that end with it, and of every season."""
    units = F.round(F.col(PROBABILITY) * UNITS).cast("bigint")
    squares = F.round(F.col(PROBABILITY) * F.col(PROBABILITY) * UNITS).cast("bigint")
    labelled = scored.select(F.explode(F.array_compact(F.array(*_labels(weeks)))).alias("_label"), PERSON, PROBABILITY)
    sums = [F.count(F.lit(1)).alias("n"), F.sum(units).alias("units"), F.sum(squares).alias("squares")]
    of_person = labelled.groupBy("_label", PERSON).agg(*sums)
    totals = [F.count(F.lit(1)).alias("people"), F.sum(F.col("n") * F.col("n")).alias("clusters")]
    totals += [F.sum(name).alias(name) for name in ("n", "units", "squares")]
    rows = of_person.groupBy("_label").agg(*totals).select("_label.*", *["people", "clusters", "n", "units", "squares"])
    # One row a week, and a season.
    return {(row["kind"], row["time"]): _moments(row.asDict()) for row in rows.collect()}


def _labels(weeks: Weeks) -> list[Column]:
    week = F.col(WEEK)
    ends = [F.date_add(week, 7 * later) for later in range(POOLED_WEEKS)]
    pooled = [F.when(_is_watched(end, weeks), _label(OF_POOLED, end)) for end in ends]
    of_season = F.when(F.col(SEASON).isin(weeks.seasons), _label(OF_SEASON, F.col(SEASON)))
    return [F.when(_is_watched(week, weeks), _label(OF_WEEK, week)), *pooled, of_season]


def _is_watched(week: Column, weeks: Weeks) -> Column:
    return (week >= F.lit(weeks.start)) & (week < F.lit(weeks.end))


def _label(kind: str, time: Column) -> Column:
    return F.struct(F.lit(kind).alias("kind"), time.cast("string").alias("time"))


def _moments(row: Mapping[str, int]) -> Moments:
    mean = row["units"] / UNITS / row["n"]
    variance = max(row["squares"] / UNITS / row["n"] - mean**2, 0.0)
    return Moments(row["people"], row["n"], row["n"] ** 2 / row["clusters"], mean, variance)
