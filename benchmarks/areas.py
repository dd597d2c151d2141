"""Measure area_summary on all England: CPU, time and memory, beside a plain pandas script with the same output.

    python benchmarks/areas.py [--rounds 3] [--conf conf/england.yml] [--folder build/benchmarks/areas]

Ways to the table:
- from files: `icspark run area_summary` in an empty folder, the ingest of everything that it needs included;
- from tables: the same with --force, session start included, its input tables there (median of the rounds);
- again in one session: forced runs after the first in a session that stays (median of the rounds);
- plain Spark session: one that starts, counts ten rows and ends: what no Spark job can go below (median of the rounds);
- pandas: benchmarks/pandas_areas.py, from files (median of the rounds).

CPU-seconds are those of the whole tree of processes, JVM and Python workers included: this script adopts orphans and
waits for all of them. Memory is the highest sum of resident sizes over the tree, sampled four times a second; pages
that processes share count for each, so it is an upper bound. Spark has two cores, pandas takes what it likes. Linux
only. The exit code is 0 only if both tables are equal (numbers to 1e-9, everything else exactly) and the limits hold.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

from icspark import config, plan, session
from icspark.runner import Runner, Wanted
from icspark.storage import Tables
from icspark.tables.areas import AreaSummary

ROOT = Path(__file__).resolve().parent.parent
RIVAL = ROOT / "benchmarks" / "pandas_areas.py"
JOB = "area_summary"
CORES = 2
LIMIT_COLD, LIMIT_WARM, LIMIT_GIB = 80.0, 20.0, 4.0
TOLERANCE = 1e-9
TICKS = os.sysconf("SC_CLK_TCK")
COMMAND = (sys.executable, "-c", "from icspark.cli import main; main()")
PLAIN_SESSION = (
    "from pyspark.sql import SparkSession as S; "
    f"s = S.builder.master('local[{CORES}]').config('spark.ui.enabled', 'false').getOrCreate(); "
    "print(s.range(10).count()); s.stop()"
)


@dataclass(frozen=True)
class Cost:
    """What one way took: CPU-seconds and seconds, and GiB where they were sampled."""

    cpu: float
    wall: float
    gib: float | None = None


def main() -> int:
    """Run every way, print the table, and return 0 only if the outputs are equal and the limits hold."""
    options = arguments()
    if options.warm:
        print(json.dumps(warm(options.conf, options.rounds, options.folder)))
        return 0
    folder = options.folder.resolve()
    conf = prepared(options.conf, folder)
    data = Path(yaml.safe_load(conf.read_text())["data"])
    if not data.is_dir() or sys.platform != "linux":
        print(f"not run: it needs Linux, and the folder of national data ({data})")
        return 0
    adopt_orphans()
    costs = {
        "from files": median([measured(run(conf))]),
        "from tables": median([alone(run(conf, "--force")) for _ in range(options.rounds)]),
        "again in one session": in_one_session(conf, folder, options.rounds),
        "plain Spark session": median([measured((sys.executable, "-c", PLAIN_SESSION)) for _ in range(options.rounds)]),
        "pandas": median([measured(rival(data, folder)) for _ in range(options.rounds)]),
    }
    differences = compared(pd.read_parquet(folder / "ours.parquet"), pd.read_parquet(folder / "pandas.parquet"))
    return report(costs, differences)


def arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--conf", type=Path, default=ROOT / "conf" / "england.yml")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "benchmarks" / "areas")
    parser.add_argument("--warm", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def prepared(conf: Path, folder: Path) -> Path:
    """Write the configuration with tables of its own, in an empty folder, and two cores; return where it is."""
    settings = yaml.safe_load(conf.read_text())
    settings["data"] = str((conf.resolve().parent / settings["data"]).resolve())
    settings["storage"] = {"tables": str(folder / "tables"), "pages": str(folder / "pages")}
    settings["session"] = {**settings.get("session", {}), "master": f"local[{CORES}]"}
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    made = folder / conf.name
    made.write_text(yaml.safe_dump(settings, sort_keys=False))
    return made


def run(conf: Path, *options: str) -> tuple[str, ...]:
    """Return the command that makes the table."""
    return (*COMMAND, "run", JOB, "--conf", str(conf), *options)


def rival(data: Path, folder: Path) -> tuple[str, ...]:
    """Return the command that makes the same table in pandas."""
    return (sys.executable, str(RIVAL), str(data), str(folder / "pandas.parquet"))


def in_one_session(conf: Path, folder: Path, rounds: int) -> Cost:
    """Return the median cost of forced runs after the first, in a process of its own that keeps its session."""
    command = (sys.executable, __file__, "--warm", "--conf", str(conf), "--folder", str(folder))
    ran = subprocess.run((*command, "--rounds", str(rounds)), stdout=subprocess.PIPE, text=True, check=True)
    costs = [Cost(*pair) for pair in json.loads(ran.stdout.strip().splitlines()[-1])]
    reap()
    return median(costs[1:])


def warm(conf: Path, rounds: int, folder: Path) -> list[tuple[float, float]]:
    """Run the job `rounds` + 1 times in one session, keep the table as Parquet, and return (CPU, wall) of each run."""
    known, costs = plan.jobs(), []
    environment = config.load(conf, {name: job.config for name, job in known.items()})
    with session.session(environment.session) as spark:
        tables = Tables(spark, environment.storage)
        missing = plan.missing_inputs(known, environment, lambda table: tables.version(table) is not None)
        jobs = tuple(name for name in plan.with_ancestors({JOB}, known, environment) if name not in missing)
        for _ in range(rounds + 1):
            cpu, wall = cpu_of_tree(os.getpid()), time.perf_counter()
            steps = Runner(environment, tables, known).run(Wanted(jobs, frozenset({JOB})))
            if [step.job for step in steps if step.outcome != "skipped"] != [JOB] or steps[-1].outcome != "done":
                raise SystemExit(f"not {JOB} alone: {', '.join(f'{step.job} {step.outcome}' for step in steps)}")
            costs.append((cpu_of_tree(os.getpid()) - cpu, time.perf_counter() - wall))
        tables.read(AreaSummary).toPandas().to_parquet(folder / "ours.parquet")
    return costs


def alone(command: tuple[str, ...]) -> Cost:
    """Return what a run of the one job took; an error where its inputs were made again, as after a change of code."""
    said: list[str] = []
    cost = measured(command, said)
    if ": 1 done" not in said[-1]:
        raise SystemExit(f"more than {JOB} ran, so the code was changed meanwhile; start again:\n{said[-1]}")
    return cost


def measured(command: tuple[str, ...], printed: list[str] | None = None) -> Cost:
    """Run a command to its end, and that of all processes that it leaves, and return what it took.

    What ran before, such as a session of this script's own, is neither counted nor waited for.
    """
    others = frozenset(tree(os.getpid()))
    before, started, peak = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter(), [0.0]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    ended = threading.Event()
    watch = threading.Thread(target=sample, args=(peak, ended, others))
    watch.start()
    said, _ = process.communicate()
    (printed if printed is not None else []).append(said)
    wall = time.perf_counter() - started
    reap(others)
    ended.set()
    watch.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{said}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall, peak[0])


def sample(peak: list[float], ended: threading.Event, others: frozenset[int] = frozenset()) -> None:
    """Keep the highest sum of resident sizes of this script's descendants in `peak`, in GiB, until told to end."""
    page = os.sysconf("SC_PAGE_SIZE")
    while not ended.wait(0.25):
        total = sum(page * int(fields[21]) for pid, fields in tree(os.getpid()).items() if pid not in others)
        peak[0] = max(peak[0], total / 2**30)


def tree(root: int) -> dict[int, list[str]]:
    """Return the fields of /proc/PID/stat after the name, for the descendants of a process."""
    every: dict[int, list[str]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            every[int(place.parent.name)] = place.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
    found: dict[int, list[str]] = {}
    parents = {root}
    while parents:
        children = {pid for pid, fields in every.items() if int(fields[1]) in parents and pid not in found}
        found |= {pid: every[pid] for pid in children}
        parents = children
    return found


def cpu_of_tree(root: int) -> float:
    """Return the CPU-seconds so far of a process, its descendants, and those of them that were waited for."""
    own = Path(f"/proc/{root}/stat").read_text().rpartition(")")[2].split()
    ticks = sum(int(number) for fields in (own, *tree(root).values()) for number in fields[11:15])
    return ticks / TICKS


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends before they do, such as Spark's JVM."""
    set_child_subreaper = 36
    if ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0):
        raise SystemExit("this system does not let a process adopt orphans: CPU-seconds would be too few")


def reap(others: frozenset[int] = frozenset()) -> None:
    """Wait for every child that is left but `others`, so that its CPU-seconds are counted."""
    own = str(os.getpid())
    while left := [pid for pid, fields in tree(os.getpid()).items() if fields[1] == own and pid not in others]:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(left[0], 0)


def median(costs: list[Cost]) -> Cost:
    """Return the median of each measure; memory: the highest."""
    sampled = [cost.gib for cost in costs if cost.gib is not None]
    return Cost(
        statistics.median(cost.cpu for cost in costs),
        statistics.median(cost.wall for cost in costs),
        max(sampled) if sampled else None,
    )


def compared(ours: pd.DataFrame, theirs: pd.DataFrame) -> list[str]:
    """Return what differs: areas, columns, or cells (numbers with decimals by more than the tolerance)."""
    ours, theirs = (frame.set_index("lsoa_2011_code").sort_index() for frame in (ours, theirs))
    if not ours.index.equals(theirs.index):
        return [f"areas: {len(ours):,} and {len(theirs):,}"]
    unfilled = [name for name in ours.columns if name not in theirs.columns and ours[name].notna().any()]
    missing = [name for name in theirs.columns if name not in ours.columns]
    found = [f"{name}: only in one of the tables" for name in unfilled + missing]
    for name in theirs.columns.intersection(ours.columns):
        left, right = ours[name], theirs[name]
        if left.dtype.kind == "f" or right.dtype.kind == "f":
            gap = (left.astype(float) - right.astype(float)).abs()
            differs = (left.isna() != right.isna()) | (gap > TOLERANCE * right.astype(float).abs().clip(lower=1))
        else:
            differs = (left != right) & ~(left.isna() & right.isna())
        if differs.any():
            found.append(f"{name}: {int(differs.sum()):,} areas, such as {differs.idxmax()}")
    return found


def report(costs: dict[str, Cost], differences: list[str]) -> int:
    """Print the table and the verdicts; return 0 only if all are good."""
    pandas = costs["pandas"].cpu
    print(f"{JOB}, England, {CORES} cores\n")
    print(f"| way | CPU-seconds | seconds | GiB | CPU, pandas = 1 |\n|---|{'---:|' * 4}")
    for way, cost in costs.items():
        gib = f"{cost.gib:.2f}" if cost.gib is not None else ""
        print(f"| {way} | {cost.cpu:.1f} | {cost.wall:.1f} | {gib} | {cost.cpu / pandas:.2f} |")
    cold, again = costs["from tables"], costs["again in one session"]
    verdicts = {
        f"from tables: at most {LIMIT_COLD:.0f} CPU-seconds": cold.cpu <= LIMIT_COLD,
        f"from tables: at most {LIMIT_GIB:.0f} GiB": (cold.gib or 0) <= LIMIT_GIB,
        f"again in one session: at most {LIMIT_WARM:.0f} CPU-seconds": again.cpu <= LIMIT_WARM,
        "same table as pandas": not differences,
    }
    print("\n" + "\n".join(f"{'yes' if holds else 'NO '}  {claim}" for claim, holds in verdicts.items()))
    print("".join(f"     {difference}\n" for difference in differences), end="")
    return 0 if all(verdicts.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
