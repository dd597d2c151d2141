"""Directly and indirectly standardised rates, by sex and five-year bands of age.

Both take the strata of an area as an array of structs in a fixed order: sums of doubles are then taken in that order,
and have the same bytes for any number of partitions.
"""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column
from pyspark.sql import functions as F

from icspark.statistics.clusters import Sums, effective, small_sample, squared_residuals
from icspark.statistics.intervals import poisson_limits

BAND_YEARS, OLDEST = 5, 90
EUROPEAN_STANDARD_POPULATION_2013 = (
    5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000,
    7000, 6500, 6000, 5500, 5000, 4000, 2500, 1500, 1000,
)  # fmt: skip
"""People of 100,000 in each five-year band from 0-4 to 90 and over, of either sex alike.

Source: Eurostat 2013, Revision of the European Standard Population, table of the population for the EU.
"""

BANDS = tuple(
    f"{low:02d}-{low + BAND_YEARS - 1:02d}" if low < OLDEST else f"{OLDEST}+"
    for low in range(0, OLDEST + 1, BAND_YEARS)
)
NO_BAND = "not_known"
SEXES = ("1", "2")
STRATA = len(BANDS) * len(SEXES)
FEWEST_EVENTS = 10
"""Events below which no directly standardised rate is given: Morris et al. 2018, Popul Health Metr 16:19."""


def age_band(age: Column) -> Column:
    """Return the five-year band of an age in whole years, `00-04` to `90+`; `not_known` where it is null.

    Ages below 0 (not yet born on the day at which ages are taken) belong to the first band.
    """
    place = F.least(F.greatest(F.floor(age / BAND_YEARS), F.lit(0)), F.lit(len(BANDS) - 1)).cast("int")
    known = F.when(age.isNotNull(), F.get(F.array(*[F.lit(band) for band in BANDS]), place))
    return F.coalesce(known, F.lit(NO_BAND))


def standard_weight(band: Column, sex: Column) -> Column:
    """Return the share of the European Standard Population 2013 in a band of one sex; null where either is not known.

    The standard is the same for both sexes, so that each has half of it.
    """
    total = sum(EUROPEAN_STANDARD_POPULATION_2013) * len(SEXES)
    pairs = zip(BANDS, EUROPEAN_STANDARD_POPULATION_2013, strict=True)
    weights = F.create_map(*[F.lit(part) for name, people in pairs for part in (name, people / total)])
    return F.when(sex.isin(*SEXES), F.try_element_at(weights, band))


def in_order(strata: Column, term: Callable[[Column], Column]) -> Column:
    """Return the sum of a term over an array of strata in the array's order; a null term counts as 0."""
    return F.aggregate(strata, F.lit(0.0), lambda total, one: total + F.coalesce(term(one).cast("double"), F.lit(0.0)))


def sums_of(stratum: Column, measure: str) -> Sums:
    """Return the sums of one measure in a stratum: fields `<measure>_y`, `_yy`, `_yt`, and t, tt, persons of all."""
    y, yy, yt = (stratum[f"{measure}_{name}"] for name in ("y", "yy", "yt"))
    return Sums(y, stratum["t"], yy, yt, stratum["tt"], stratum["persons"])


def standardised_parts(strata: Column, measure: str, persons: Column) -> Column:
    """Return what a directly standardised rate rests on, as a struct; strata without a `weight` are left out.

    `rate` is sum w y / t over strata with time; `poisson_variance` sum w^2 y / t^2; `variance` the linearised one by
    clusters of persons, each of whom belongs to one stratum: n/(n-1) sum w^2 sum (y - r t)^2 / t^2; `events` and
    `filled_strata` (those with time) beside. The unit of time is that of t.
    """
    y = f"{measure}_y"
    values = {
        "rate": in_order(strata, lambda one: _per_time(one) * one[y]),
        "poisson_variance": in_order(strata, lambda one: _per_time(one) ** 2 * one[y]),
        "variance": in_order(strata, lambda one: _weighted_spread(one, measure)) * small_sample(persons),
        "events": in_order(strata, lambda one: F.when(_per_time(one).isNotNull(), one[y])),
        "filled_strata": in_order(strata, lambda one: _per_time(one).isNotNull()).cast("int"),
    }
    return F.struct(*[value.alias(name) for name, value in values.items()])


def _per_time(one: Column) -> Column:
    """Return the weight of a stratum over its time; null where it has no weight or no time: it then adds nothing."""
    return one["weight"] / F.nullif(one["t"].cast("double"), F.lit(0.0))


def _weighted_spread(one: Column, measure: str) -> Column:
    sums = sums_of(one, measure)
    rate = sums.y / F.nullif(sums.t.cast("double"), F.lit(0.0))
    return _per_time(one) ** 2 * squared_residuals(sums, rate)


def no_standardised_rate(parts: Column) -> Column:
    """Return why no directly standardised rate is given: `few_events`, `empty_band`; null where one is.

    Few are fewer than 10 events; an empty band is a five-year band of one sex without any person-time.
    """
    return F.when(parts["events"] < FEWEST_EVENTS, "few_events").when(parts["filled_strata"] < STRATA, "empty_band")


def standardised_limits(parts: Column) -> Column:
    """Return the 95 % limits of a directly standardised rate as a struct: Dobson's, on the effective number of events.

    Dobson et al. 1991 (Stat Med 10:457): rate + sqrt(v / x) (limits(x) - x), with v the Poisson variance of the
    standardised rate and x the events. Repeat events: with d the design effect of the standardised rate,
    rate + d sqrt(v / x) (limits(x / d) - x / d), which is Dobson's where d is 1, and the effective number of events
    where there is one stratum. Null without events.
    """
    events = F.nullif(parts["events"], F.lit(0.0))
    d = F.try_divide(parts["variance"], parts["poisson_variance"])
    x = effective(events, d)
    limits, scale = poisson_limits(x), events / x * F.sqrt(parts["poisson_variance"] / events)
    return F.struct(*[(parts["rate"] + scale * (limits[side] - x)).alias(side) for side in ("lower", "upper")])


def expected_parts(strata: Column, measure: str, persons: Column) -> Column:
    """Return `expected` events at the reference rates and the `variance` of the observed ones, as a struct.

    A stratum holds `<measure>_reference`, the events per unit of time in the whole region: expected = sum t r. With
    O / E the ratio, the linearised variance of O by clusters of persons is n/(n-1) sum (y - O/E r t)^2.
    """
    reference = f"{measure}_reference"
    expected = in_order(strata, lambda one: one["t"] * one[reference])
    observed = in_order(strata, lambda one: one[f"{measure}_y"])
    ratio = F.try_divide(observed, expected)
    spread = in_order(strata, lambda one: squared_residuals(sums_of(one, measure), ratio * one[reference]))
    return F.struct(expected.alias("expected"), (spread * small_sample(persons)).alias("variance"))


def ratio_limits(observed: Column, parts: Column) -> Column:
    """Return the 95 % limits of observed / expected as a struct: Byar's on the effective number of events.

    Source: Breslow and Day 1987, p. 69; OHID, Public health technical guidance, Indirectly standardised ratios. Null
    where nothing is expected.
    """
    x = effective(observed.cast("double"), F.try_divide(parts["variance"], observed.cast("double")))
    limits, per_event = poisson_limits(x), F.when(x > 0, observed / x).otherwise(1.0)
    return F.struct(
        *[F.try_divide(limits[side] * per_event, parts["expected"]).alias(side) for side in ("lower", "upper")]
    )
