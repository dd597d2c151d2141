"""Measure records into areas: person_area beside a bare Sedona join, and the activity of areas at several sizes.

    python benchmarks/records.py [--people 1000000] [--sizes 500000 1000000 2000000] [--rounds 3]

Records are made by a small generator of this script: people in the LSOAs of Suffolk, 36 at a point, of whom 6 % move in
a year; two and a half appointments a person, fewer admissions, attendances and measurements, over three years.

- person_area of `--people`: ours places addresses by point, postcode and lookup, with reasons; the bare join shares the
  distinct points, the two broadcast index joins (2011 and 2021), the join back and the write. Rounds take turns, the
  first of each is not counted, the median of the rest is shown. The claim: ours within 1.5 of the bare join.
- at each of `--sizes`: person_activity, area_activity and activity_gradient, in CPU-seconds of Spark and its Python
  workers, per million people too. The claim: at most 1.2 times as many per person at the largest size as at the
  smallest.

The session has two cores and 4 GiB; what its processes took at most in resident memory is printed, sampled four times
a second (pages that they share count for each). Linux only. The exit code is 0 only if the claims hold.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import shapely
from areas import sample
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.areas.area_activity import build_area_activity, build_area_activity_by_age_sex, strata_of_areas
from icspark.areas.person_activity import Counting, Records, build_person_activity
from icspark.areas.person_time import stretches
from icspark.config import Source, Storage
from icspark.geography import sedona
from icspark.geography.levels import with_area
from icspark.geography.projection import BRITISH_GRID, reproject_boundaries
from icspark.geography.residences import place_residences
from icspark.inequality.activity_gradient import build_activity_gradient
from icspark.session import SessionConfig, session
from icspark.sources import boundary
from icspark.statistics.periods import Periods
from icspark.storage import Tables
from icspark.tables.activity import (
    ActivityGradient,
    AreaActivity,
    AreaActivityByAgeSex,
    PersonActivity,
    PersonArea,
)
from icspark.tables.records import (
    Admission,
    Appointment,
    EmergencyAttendance,
    Observation,
    Person,
    RegistrationPeriod,
    Residence,
)
from icspark.tables.reference import Boundary, Deprivation2019
from icspark.tables.table import Table

ROOT = Path(__file__).resolve().parent.parent
LAYERS = [ROOT / f"examples/suffolk/lsoa{year}.geojson.gz" for year in ("11", "21")]
PEOPLE_AT_A_POINT, YEARS = 36, range(2019, 2022)
LIMIT, LIMIT_GROWTH = 1.5, 1.2
MADE = (Residence, Person, RegistrationPeriod, Appointment, Admission, EmergencyAttendance, Observation)
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Run both parts, print their tables, and return 0 only if the claims hold."""
    options = arguments()
    settings = SessionConfig(master="local[2]", driver_memory="4g")
    peak, ended = [0.0], threading.Event()
    watch = threading.Thread(target=sample, args=(peak, ended), daemon=True)
    watch.start()
    with session(settings) as spark, tempfile.TemporaryDirectory() as folder:
        tables = Tables(spark, Storage(tables=folder, pages=folder))
        layers = boundaries(spark).cache()
        sedona.register(spark)
        ratio = placed(spark, tables, layers, options)
        costs = {size: activity(spark, tables, layers, size) for size in options.sizes}
    ended.set()
    watch.join()
    growth = report(costs)
    print(f"highest resident memory of all processes: {peak[0]:.1f} GiB")
    return 0 if ratio <= LIMIT and growth <= LIMIT_GROWTH else 1


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[500_000, 1_000_000, 2_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def boundaries(spark: SparkSession) -> DataFrame:
    """Return the areas of 2011 and 2021 in metres, as the table Boundary holds them."""
    parts = [boundary.read(spark, Source(path=str(file))).checked.accepted for file in LAYERS]
    return reproject_boundaries(parts[0].unionByName(parts[1]), epsg=BRITISH_GRID).coalesce(1)


def chance(*purpose: str | Column) -> Column:
    """Return a number in [0, 1) from a hash of columns and a purpose: the same for any partitions."""
    return F.pmod(F.xxhash64(*[F.lit(p) if isinstance(p, str) else p for p in purpose]), F.lit(2**31)) / F.lit(2.0**31)


def day(number: Column) -> Column:
    """Return a day of the three years from a chance."""
    return F.date_add(F.lit("2019-01-01").cast("date"), F.floor(number * 1096).cast("int"))


def made(spark: SparkSession, layers: DataFrame, people: int) -> dict[type[Table], DataFrame]:
    """Return records of people, as their tables hold them."""
    inside = layers.select(Boundary.geometry_wkb).limit(400).toPandas()[Boundary.geometry_wkb]
    centres = [shapely.from_wkb(bytes(wkb)).representative_point() for wkb in inside]
    x, y = (F.array(*[F.lit(round(getattr(c, axis))) for c in centres]) for axis in ("x", "y"))
    who, number = F.col("id").cast("string").alias("person_id"), F.col("id")
    everyone = spark.range(people, numPartitions=8)
    moves = F.col("move")
    point = F.floor(chance("point", number, moves) * (people / PEOPLE_AT_A_POINT)).cast("long")
    centre = F.pmod(point, F.lit(len(centres))).cast("int")
    has_moved = chance("moves", number) < 0.18
    moved = day(chance("moved", number))
    long_ago, eldest = (F.lit(f"{first}-01-01").cast("date") for first in ("2010", "1928"))
    born = F.trunc(F.date_add(eldest, F.floor(chance("age", number) * 33600).cast("int")), "MM")
    houses = everyone.withColumn("move", F.explode(F.sequence(F.lit(0), F.when(has_moved, 1).otherwise(0))))

    def spread(purpose: str) -> Column:
        return F.floor(chance(purpose, point) * 3000 - 1500).cast("long")

    frames: dict[type[Table], DataFrame] = {
        Residence: houses.select(
            who,
            F.when(moves == 0, long_ago).otherwise(moved).alias("from_date"),
            F.when(has_moved & (moves == 0), moved).alias("to_date"),
            F.concat(F.lit("ZY1 "), point).alias("postcode"),
            (F.get(x, centre) + spread("east")).alias("easting"),
            (F.get(y, centre) + spread("north")).alias("northing"),
        ),
        Person: everyone.select(
            who,
            F.when(chance("sex", number) < 0.5, "1").otherwise("2").alias("sex_code"),
            born.alias("birth_month"),
            F.when(chance("dies", number) < 0.03, day(chance("death", number))).alias("death_date"),
        ),
        RegistrationPeriod: everyone.select(
            who, F.lit("P1").alias("practice_code"), long_ago.alias("from_date")
        ).unionByName(
            everyone.where(chance("second", number) < 0.05)
            .select(who, F.lit("P2").alias("practice_code"), day(chance("registered", number)).alias("from_date"))
        ),
    }  # fmt: skip
    kept = F.lit(False).alias("is_after_death")
    for table, most, columns in (
        (Appointment, 5, {"appointment_datetime": day(chance("at", number, F.col("n"))).cast("timestamp"),
                          "attended_or_did_not_attend_code": F.get(F.array(*map(F.lit, "5555556732")),
                                                                   F.floor(chance("code", number, F.col("n")) * 10)
                                                                   .cast("int"))}),
        (Admission, 1, {"admission_date": day(chance("in", number, F.col("n"))), "admission_method_code": F.lit("21")}),
        (EmergencyAttendance, 1, {"arrival_datetime": day(chance("ae", number, F.col("n"))).cast("timestamp")}),
        (Observation, 1, {"measure": F.lit("bmi"), "observation_date": day(chance("bmi", number)),
                          "value": 20 + 15 * chance("value", number)}),
    ):  # fmt: skip
        events = everyone.withColumn("n", F.explode(F.sequence(F.lit(1), F.lit(most)))).where(
            chance(table.name(), number, F.col("n")) < 0.5
        )
        frames[table] = events.select(who, kept, *[value.alias(name) for name, value in columns.items()])
    return {table: fitted(frames[table], table) for table in MADE}


def fitted(frame: DataFrame, table: type[Table]) -> DataFrame:
    """Return the table's columns; one that the frame lacks is null."""
    specs = table.columns().items()
    return frame.select(
        *[(F.col(n) if n in frame.columns else F.lit(None)).cast(s.data_type).alias(n) for n, s in specs]
    )


def stored(tables: Tables, frames: dict[type[Table], DataFrame]) -> dict[type[Table], DataFrame]:
    """Return the frames as Parquet files: nobody pays for making them again."""
    for table, frame in frames.items():
        frame.write.mode("overwrite").parquet(f"{tables.storage.tables}/made_{table.name()}")
    return {table: tables.spark.read.parquet(f"{tables.storage.tables}/made_{table.name()}") for table in frames}


def write(tables: Tables, table: type[Table], frame: DataFrame) -> int:
    """Write a table as a job does."""
    return tables.write(table, frame, run_id="benchmark", properties={"icspark.simulated": "true"})


def bare(residences: DataFrame, layers: DataFrame) -> DataFrame:
    """Return every residence with its areas by Sedona alone."""
    xy = [Residence.easting, Residence.northing]
    places = residences.select(*xy).distinct()
    at = places.withColumn("_point", sedona.point(*[F.col(name).cast("double") for name in xy]))
    for vintage in ("lsoa_2011", "lsoa_2021"):
        layer = layers.where(F.col(Boundary.area_type) == vintage)
        shapes = layer.select(
            F.col(Boundary.area_code).alias("_code"), sedona.geometry(F.col(Boundary.geometry_wkb)).alias("_shape")
        )
        met = at.join(F.broadcast(shapes), sedona.intersects(F.col("_shape"), F.col("_point")), how="inner")
        first = met.groupBy(*xy).agg(F.min("_code").alias(f"{vintage}_code"))
        places = places.join(first, on=xy, how="left")
    joined = residences.drop("lsoa_2011_code", "lsoa_2021_code").join(places, on=xy, how="left")
    said = {f"{v}_placed_by": F.lit("point") for v in ("lsoa_2011", "lsoa_2021")}
    return fitted(joined.withColumns(said), PersonArea)


def placed(spark: SparkSession, tables: Tables, layers: DataFrame, options: argparse.Namespace) -> float:
    """Time ours and the bare join in turns, print both, and return their ratio."""
    residences = stored(tables, {Residence: made(spark, layers, options.people)[Residence]})[Residence]
    ways: dict[str, Callable[[], DataFrame]] = {
        "ours": lambda: place_residences(residences, boundaries=layers),
        "bare Sedona": lambda: bare(residences, layers),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(options.rounds + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            write(tables, PersonArea, way())
            seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(each[1:]) for name, each in seconds.items()}
    print(f"person_area, {options.people:,} people, 2 cores; seconds\n")
    for name, each in seconds.items():
        print(f"{name:<12} {medians[name]:>7.2f}  rounds " + " ".join(f"{one:.2f}" for one in each))
    ratio = medians["ours"] / medians["bare Sedona"]
    print(f"\nours / bare Sedona: {ratio:.2f} (limit {LIMIT})\n")
    return ratio


def activity(spark: SparkSession, tables: Tables, layers: DataFrame, people: int) -> dict[str, tuple[float, float]]:
    """Return (CPU-seconds, seconds) of each job for so many people."""
    frames = stored(tables, made(spark, layers, people))
    records = Records(*[frames[t] for t in (Appointment, Admission, EmergencyAttendance, Observation)])
    areas = layers.where(F.col(Boundary.area_type) == "lsoa_2011").select(
        F.col(Boundary.area_code).alias("lsoa_2011_code")
    )
    deciles = {name: F.pmod(F.xxhash64("lsoa_2011_code"), F.lit(10)) + 1 for name in ("imd_2019_decile",)}
    deprivation = fitted(areas.withColumns(deciles), Deprivation2019)
    periods = Periods(YEARS[0], YEARS[-1])

    def person_activity() -> None:
        time_lived = stretches(
            tables.read(PersonArea), registrations=frames[RegistrationPeriod], people=frames[Person], years=YEARS
        )
        write(tables, PersonActivity, build_person_activity(time_lived, records, counting=Counting()))

    def area_activity() -> None:
        levelled = with_area(tables.read(PersonActivity), "lsoa_2011", None)
        strata = strata_of_areas(levelled, level="lsoa_2011", periods=periods).persist()
        write(tables, AreaActivity, build_area_activity(strata))
        write(tables, AreaActivityByAgeSex, build_area_activity_by_age_sex(strata))
        strata.unpersist()

    def activity_gradient() -> None:
        found = build_activity_gradient(tables.read(PersonActivity), deprivation, domains=("imd",), periods=periods)
        write(tables, ActivityGradient, found)

    jobs: dict[str, Callable[[], object]] = {
        "person_area": lambda: write(tables, PersonArea, place_residences(frames[Residence], boundaries=layers)),
        "person_activity": person_activity,
        "area_activity": area_activity,
        "activity_gradient": activity_gradient,
    }
    return {name: cost(job) for name, job in jobs.items()}


def cost(job: Callable[[], object]) -> tuple[float, float]:
    """Return the CPU-seconds of this process and all below it, and the seconds, that a job takes."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    job()
    return cpu_seconds() - cpu, time.perf_counter() - wall


def cpu_seconds() -> float:
    """Return the CPU-seconds so far of this process, its descendants, and those of them that have ended."""
    every: dict[int, list[str]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            every[int(place.parent.name)] = place.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
    below = {os.getpid()}
    while more := {pid for pid, fields in every.items() if int(fields[1]) in below} - below:
        below |= more
    return sum(int(ticks) for pid in below if pid in every for ticks in every[pid][11:15]) / TICKS


def report(costs: dict[int, dict[str, tuple[float, float]]]) -> float:
    """Print what each job took at each size, and return how CPU-seconds a person grow from the least to the largest."""
    print("| people | job | CPU-seconds | seconds | CPU-seconds per million people |\n|---:|---|---:|---:|---:|")
    for people, jobs in costs.items():
        for job, (cpu, wall) in jobs.items():
            print(f"| {people:,} | {job} | {cpu:.1f} | {wall:.1f} | {cpu / people * 1e6:.0f} |")
    each = {people: sum(cpu for cpu, _ in jobs.values()) / people for people, jobs in costs.items()}
    growth = each[max(each)] / each[min(each)]
    print(f"\nCPU-seconds a person, largest size / smallest: {growth:.2f} (limit {LIMIT_GROWTH})")
    return growth


if __name__ == "__main__":
    sys.exit(main())
