"""Measure pairs of conditions: counting beside scipy's X'X, the whole way from a CSV file, growth, replicates, memory.

    python benchmarks/morbidity.py [--people 1000000] [--lines 200000] [--sizes 500000 1000000 2000000] [--rounds 3]
        [--replicates 100] [--parts counting job wide enrichment replicates growth memory]

People are made by a small generator of this script: 200 conditions, of which a person has 8 (or 20) on average, in 200
strata, with days of onset. CPU-seconds are those of the whole tree of processes, JVM and Python workers included.

- counting: `count` of people who lie in Parquet files, direction apart, warm (the median of the rounds, the first not
  counted), beside one scipy X'X of the same 0/1 matrix on one core, the making of that matrix not counted. The claims:
  at most 10 CPU-seconds at 8 conditions a person, and at most 6 times scipy at 8 and at 20.
- job: from the histories to the written table morbidity_pair, with direction. The claim: at most 150 CPU-seconds.
- wide: `icspark run morbidity_pairs` in a process of its own, from a CSV file of `--lines` lines and 30 conditions to
  the written pairs with direction, start of the session and its workers counted. The claim: at most 60 CPU-seconds.
- enrichment: `icspark run morbidity_enrichment --only`, one condition and three demographics, of as many people, the
  start counted. The claim: the same.
- replicates: the networks of `--replicates` replicates; its time is printed.
- growth: counting at each of `--sizes`. The claims: CPU-seconds a person at most 1.2 times those of the smallest size,
  and the driver's memory (Python) at most 1.1 times.
- memory: 1,000 conditions and 100 strata, with direction, in a process of its own, whose tree of processes is watched.
  The claim: at most 4 GiB.

The session has two cores and 4 GiB. Linux only. The exit code is 0 only if the claims hold.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.sparse
import yaml
from areas import COMMAND, adopt_orphans, cpu_of_tree, measured
from pyspark.sql import DataFrame

from icspark.config import Storage
from icspark.morbidity.counting import Survey, count, survey
from icspark.morbidity.network import EdgeRules, pair_arrays
from icspark.morbidity.pair_table import PairRules
from icspark.morbidity.pairs import Counting, build_morbidity_pair
from icspark.morbidity.stability import Resampling, replicate_networks
from icspark.session import SessionConfig, session
from icspark.storage import Tables
from icspark.tables.morbidity import ConditionHistory, MorbidityPair

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("counting", "job", "wide", "enrichment", "replicates", "growth", "memory")
SETTINGS = SessionConfig(master="local[2]", driver_memory="4g")
AT_ONCE = 10_000
LIMIT_COUNTING, LIMIT_RATIO, LIMIT_JOB, LIMIT_WIDE, LIMIT_GROWTH, LIMIT_GIB = 10.0, 6.0, 150.0, 60.0, 1.2, 4.0
LIMIT_DRIVER = 1.1


@dataclass(frozen=True)
class Shape:
    """People, conditions, strata, and the conditions of a person on average."""

    people: int
    conditions: int = 200
    strata: int = 200
    mean: float = 8.0


@dataclass(frozen=True)
class Claim:
    """What was claimed, what was found, and the limit; no limit where it is only told."""

    text: str
    found: float
    limit: float | None = None

    @property
    def holds(self) -> bool:
        """Whether what was found is within the limit."""
        return self.limit is None or self.found <= self.limit


def main() -> int:
    """Run the chosen parts, print a line for each claim, and return 0 only if all hold."""
    options = arguments()
    folder = options.folder.resolve()
    if options.alone:
        return memory_alone(folder)
    adopt_orphans()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ways: dict[str, Callable[[], Iterator[Claim]]] = {
        "counting": lambda: counting(folder, options.people, options.rounds),
        "job": lambda: job(folder, options.people),
        "wide": lambda: wide(folder, options.lines),
        "enrichment": lambda: enrichment(folder, options.lines),
        "replicates": lambda: replicates(folder, options.people, options.replicates),
        "growth": lambda: growth(folder, options.sizes, options.rounds),
        "memory": lambda: memory(folder),
    }
    claims = [told(claim) for part in options.parts for claim in ways[part]()]
    return 0 if all(claim.holds for claim in claims) else 1


def told(claim: Claim) -> Claim:
    """Print a claim as soon as it is known."""
    verdict = "" if claim.limit is None else f" (at most {claim.limit:g}: {'holds' if claim.holds else 'FAILS'})"
    print(f"{claim.text}: {claim.found:.2f}{verdict}", flush=True)
    return claim


def arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[500_000, 1_000_000, 2_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--replicates", type=int, default=100)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "benchmarks" / "morbidity")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def matrices(shape: Shape, seed: int = 1) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield the 0/1 matrix, the stratum and the days of onset of some people at a time."""
    random = np.random.default_rng(seed)
    weight = 1 / (np.arange(shape.conditions) + 10.0)
    chance = np.minimum(weight / weight.sum() * shape.mean, 0.9)
    for begin in range(0, shape.people, AT_ONCE):
        size = min(AT_ONCE, shape.people - begin)
        has = random.random((size, shape.conditions), dtype=np.float32) < chance
        yield has, random.integers(0, shape.strata, size), random.integers(1, 15_000, has.shape, dtype=np.int32)


def histories(folder: Path, shape: Shape) -> str:
    """Write people as condition_history in Parquet files, and return where they are."""
    to = folder / f"people_{shape.people}_{shape.conditions}_{shape.strata}_{shape.mean:g}"
    if to.is_dir():
        return str(to)
    to.mkdir()
    names = pa.array([f"condition_{number:04d}" for number in range(shape.conditions)])
    for number, (has, stratum, days) in enumerate(matrices(shape)):
        person, condition = np.nonzero(has)
        offsets = pa.array(np.concatenate([[0], np.cumsum(has.sum(axis=1))]), pa.int32())
        known = {
            ConditionHistory.person_id: pa.array([f"p{number * AT_ONCE + i}" for i in range(len(has))]),
            ConditionHistory.stratum: pa.array([f"s{value:04d}" for value in stratum]),
            ConditionHistory.age_band: pa.array([f"{5 * (value % 19):03d}" for value in stratum]),
            ConditionHistory.sex_code: pa.array([str(1 + value % 2) for value in stratum]),
            ConditionHistory.imd_2019_quintile: pa.array([str(1 + value % 5) for value in stratum]),
            ConditionHistory.conditions: pa.ListArray.from_arrays(offsets, names.take(pa.array(condition))),
            ConditionHistory.onset_days: pa.ListArray.from_arrays(offsets, pa.array(days[person, condition])),
        }
        missing = {name: pa.nulls(len(has), pa.string()) for name in ConditionHistory.columns() if name not in known}
        missing[ConditionHistory.as_of_date] = pa.nulls(len(has), pa.date32())
        columns = {name: (known | missing)[name] for name in ConditionHistory.columns()}
        if number % 10 == 0:
            writer = pq.ParquetWriter(to / f"part-{number:05d}.parquet", pa.table(columns).schema)
        writer.write_table(pa.table(columns))
        if number % 10 == 9 or (number + 1) * AT_ONCE >= shape.people:
            writer.close()
    return str(to)


def cost(work: Callable[[], object], rounds: int) -> float:
    """Return the median CPU-seconds of this process's tree over rounds after a first that is not counted."""
    found = []
    for _ in range(rounds + 1):
        before = cpu_of_tree(os.getpid())
        work()
        found.append(cpu_of_tree(os.getpid()) - before)
    return statistics.median(found[1:])


def scipy_cost(shape: Shape, rounds: int) -> float:
    """Return the median CPU-seconds of one X'X of the same matrix, sparse, on one core."""
    matrix = scipy.sparse.vstack([scipy.sparse.csr_matrix(has, dtype=np.int32) for has, _, _ in matrices(shape)])
    found = []
    for _ in range(rounds):
        before = time.process_time()
        (matrix.T @ matrix).sum()
        found.append(time.process_time() - before)
    return statistics.median(found)


def counting(folder: Path, people: int, rounds: int) -> Iterator[Claim]:
    """Count pairs, warm, beside scipy."""
    for mean in (8.0, 20.0):
        shape = Shape(people, mean=mean)
        theirs, path = scipy_cost(shape, rounds), histories(folder, shape)
        with session(SETTINGS) as spark:
            frame = spark.read.parquet(path)
            found = survey(frame, most_conditions=1000)
            ours = cost(lambda frame=frame, found=found: count(frame, found), rounds)
        size = f"{people:,} people x {shape.conditions} conditions ({mean:g} a person) x {shape.strata} strata"
        yield Claim(f"counting {size}, CPU-seconds", ours, LIMIT_COUNTING if mean == 8 else None)
        yield Claim(f"  scipy's X'X of them takes {theirs:.2f}; ours / scipy", ours / theirs, LIMIT_RATIO)


def job(folder: Path, people: int) -> Iterator[Claim]:
    """Make the written table of pairs, with direction."""
    path = histories(folder, Shape(people))
    with session(SETTINGS) as spark:
        before = cpu_of_tree(os.getpid())
        pairs = build_morbidity_pair(spark.read.parquet(path), Counting())
        tables = Tables(spark, Storage(tables=str(folder / "tables"), pages=str(folder)))
        tables.write(MorbidityPair, pairs, run_id="benchmark", properties={})
        yield Claim(
            f"from {people:,} histories to written pairs, CPU-seconds", cpu_of_tree(os.getpid()) - before, LIMIT_JOB
        )


def wide(folder: Path, lines: int) -> Iterator[Claim]:
    """Run the jobs from a wide CSV file to the written pairs."""
    file, shape = folder / "wide.csv", Shape(lines, conditions=30, strata=15, mean=4.0)
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["Age", *(f"{kind}{n}" for n in range(1, 31) for kind in ("code", "time"))])
        writer.writerows(wide_lines(shape))
    settings = {
        "name": "benchmark",
        "storage": {"tables": str(folder / "wide_tables"), "pages": str(folder)},
        "session": {"master": "local[2]", "driver_memory": "4g"},
        "sources": {"wide_record": {"path": str(file)}},
        "jobs": {},
    }
    conf = folder / "wide.yml"
    conf.write_text(yaml.safe_dump(settings))
    taken = measured((*COMMAND, "run", "morbidity_pairs", "--conf", str(conf)))
    yield Claim(f"from a CSV file of {lines:,} x 30 to written pairs, CPU-seconds", taken.cpu, LIMIT_WIDE)


def wide_lines(shape: Shape) -> Iterator[list[object]]:
    """Yield the lines of a wide table: the age, then code and day of each condition; most cells are empty."""
    for has, stratum, days in matrices(shape):
        for row in range(len(has)):
            cells: list[object] = [20 + 5 * int(stratum[row])]
            for condition in range(shape.conditions):
                cells += [f"c{condition:02d}", int(days[row, condition])] if has[row, condition] else ["", ""]
            yield cells


def enrichment(folder: Path, people: int) -> Iterator[Claim]:
    """Run the job of enrichment alone, for one condition."""
    path, store = histories(folder, Shape(people, conditions=30, mean=4.0)), folder / "enrichment_tables"
    with session(SETTINGS) as spark:
        tables = Tables(spark, Storage(tables=str(store), pages=str(folder)))
        tables.write(ConditionHistory, spark.read.parquet(path), run_id="benchmark", properties={})
    settings = {
        "name": "benchmark",
        "storage": {"tables": str(store), "pages": str(folder)},
        "session": {"master": "local[2]", "driver_memory": "4g"},
        "jobs": {"morbidity_enrichment": {"conditions": ["condition_0003"]}},
    }
    conf = folder / "enrichment.yml"
    conf.write_text(yaml.safe_dump(settings))
    taken = measured((*COMMAND, "run", "morbidity_enrichment", "--only", "--conf", str(conf)))
    yield Claim(f"enrichment of one condition among {people:,} people, CPU-seconds", taken.cpu, LIMIT_WIDE)


def replicates(folder: Path, people: int, number: int) -> Iterator[Claim]:
    """Make the networks of replicates."""
    path = histories(folder, Shape(people))
    with session(SETTINGS) as spark:
        frame = spark.read.parquet(path)
        columns = arrays_of(frame)
        found = survey(frame, most_conditions=1000)
        before, started = cpu_of_tree(os.getpid()), time.perf_counter()
        rules = (PairRules(), EdgeRules())
        made = replicate_networks(frame, found, columns, rules=rules, resampling=Resampling(number, 1))
        edges = sum(len(network.edges) for network in made)
        taken, cpu = time.perf_counter() - started, cpu_of_tree(os.getpid()) - before
    print(f"{number} networks of {edges / max(number, 1):,.0f} edges on average")
    yield Claim(f"{number} replicates of {people:,} people, seconds", taken)
    yield Claim(f"{number} replicates of {people:,} people, CPU-seconds", cpu)


def arrays_of(frame: DataFrame) -> dict[str, np.ndarray]:
    """Return the pairs as the network job holds them."""
    return pair_arrays(build_morbidity_pair(frame, Counting(min_gap_days=0)), most_conditions=1000)


def growth(folder: Path, sizes: Iterable[int], rounds: int) -> Iterator[Claim]:
    """Count at several sizes."""
    a_person: list[float] = []
    memory_of_driver: list[float] = []
    for size in sizes:
        path = histories(folder, Shape(size))
        with session(SETTINGS) as spark:
            frame = spark.read.parquet(path)
            found: Survey = survey(frame, most_conditions=1000)
            taken = cost(lambda frame=frame, found=found: count(frame, found), rounds)
        a_person.append(taken / size)
        memory_of_driver.append(resident())
        yield Claim(f"counting {size:,} people, CPU-seconds", taken)
    yield Claim("CPU-seconds a person, largest size / smallest", a_person[-1] / a_person[0], LIMIT_GROWTH)
    yield Claim("driver's memory, largest size / smallest", memory_of_driver[-1] / memory_of_driver[0], LIMIT_DRIVER)


def resident() -> float:
    """Return the resident memory of this process, in GiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**30


def memory(folder: Path) -> Iterator[Claim]:
    """Count 1,000 conditions in 100 strata in a process that is watched."""
    taken = measured((sys.executable, __file__, "--alone", "--folder", str(folder)))
    yield Claim("1,000 conditions x 100 strata with direction, GiB of all processes", taken.gib or 0.0, LIMIT_GIB)
    yield Claim("  its CPU-seconds, start and making of the people included", taken.cpu)


def memory_alone(folder: Path) -> int:
    """Do what `memory` watches."""
    path = histories(folder, Shape(100_000, conditions=1000, strata=100))
    with session(SessionConfig(master="local[2]", driver_memory="1g")) as spark:
        build_morbidity_pair(spark.read.parquet(path), Counting()).write.mode("overwrite").parquet(f"{path}_pairs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
