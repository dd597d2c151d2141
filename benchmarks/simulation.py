"""Measure the simulation of a region with all its extracts, feeds and truth: CPU, time and memory by number of people.

    python benchmarks/simulation.py [--people 50000 500000 2000000] [--conf conf/demo.yml] [--folder build/benchmarks]

Each size is one run of `icspark run simulate_region` in an empty folder, the start of its session included, on two
cores and a Spark of 2 GiB. CPU-seconds are those of the whole tree of processes, JVM and Python workers included.
Memory is the highest sum of resident sizes over the tree, sampled four times a second: pages that processes share count
for each, so it is an upper bound.

Claims: 50,000 people in at most 3 minutes, 500,000 in at most 15; at most 4 GiB at each size; CPU-seconds per 1,000
people at 2,000,000 at most 1.1 times those at 500,000. Linux only. The exit code is 0 only if the
claims about the sizes that were run hold.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import yaml
from areas import COMMAND, CORES, Cost, adopt_orphans, measured

ROOT = Path(__file__).resolve().parent.parent
JOB = "simulate_region"
MEMORY = "2g"
LIMIT_SECONDS = {50_000: 180.0, 500_000: 900.0}
SMALLER, LARGER, LIMIT_GROWTH, LIMIT_GIB = 500_000, 2_000_000, 1.1, 4.0


def main() -> int:
    """Run every size, print the table, and return 0 only if the limits hold."""
    options = arguments()
    if sys.platform != "linux":
        print("not run: it needs Linux")
        return 0
    adopt_orphans()
    costs: dict[int, Cost] = {}
    for people in options.people:
        conf = prepared(options.conf, options.folder.resolve() / str(people), people=people)
        costs[people] = measured((*COMMAND, "run", JOB, "--force", "--conf", str(conf)))
        shutil.rmtree(conf.parent)
    return report(costs)


def arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[50_000, 500_000])
    parser.add_argument("--conf", type=Path, default=ROOT / "conf" / "demo.yml")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "benchmarks" / "simulation")
    return parser.parse_args()


def prepared(conf: Path, folder: Path, *, people: int) -> Path:
    """Write the configuration with so many people and tables of its own, in an empty folder; return where it is."""
    settings = yaml.safe_load(conf.read_text())
    settings["data"] = str(folder / "pages" / "simulated_region")
    settings["storage"] = {"tables": str(folder / "tables"), "pages": str(folder / "pages")}
    settings["session"] = {"master": f"local[{CORES}]", "driver_memory": MEMORY}
    settings["jobs"][JOB]["people"] = people
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    made = folder / conf.name
    made.write_text(yaml.safe_dump(settings, sort_keys=False))
    return made


def report(costs: dict[int, Cost]) -> int:
    """Print the table and the verdicts; return 0 only if all are good."""
    print(f"{JOB}, {CORES} cores, Spark of {MEMORY}\n")
    print(f"| people | CPU-seconds | CPU-seconds per 1,000 people | seconds | GiB |\n|{'---:|' * 5}")
    each = {people: 1000 * cost.cpu / people for people, cost in costs.items()}
    for people, cost in costs.items():
        print(f"| {people:,} | {cost.cpu:.0f} | {each[people]:.2f} | {cost.wall:.0f} | {cost.gib or 0:.1f} |")
    verdicts = {
        f"{people:,} people: at most {limit:.0f} seconds": costs[people].wall <= limit
        for people, limit in LIMIT_SECONDS.items()
        if people in costs
    }
    verdicts |= {
        f"{people:,} people: at most {LIMIT_GIB:.0f} GiB": cost.gib is not None and cost.gib <= LIMIT_GIB
        for people, cost in costs.items()
    }
    if SMALLER in costs and LARGER in costs:
        growth = each[LARGER] / each[SMALLER]
        verdicts[f"CPU-seconds a person, {LARGER:,} / {SMALLER:,}: {growth:.2f}, at most {LIMIT_GROWTH}"] = (
            growth <= LIMIT_GROWTH
        )
    print("\n" + "\n".join(f"{'yes' if holds else 'NO '}  {claim}" for claim, holds in verdicts.items()))
    return 0 if all(verdicts.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
