"""Measure the model of non-attendance: scoring many rows, its life on a million appointments, and one small fit.

    python benchmarks/dna.py [--parts scoring life fit] [--rows 10000000] [--people 260000] [--appointments 50000]

- scoring: `--rows` rows of 40 numeric features from Parquet through Spark (300 trees of 31 leaves, two cores, Arrow
  batches, no list and no reasons), and scikit-learn's bare predict_proba on as many rows that lie in memory, with two
  threads. One round of each is run before (warm), the median of the next three is shown. The claim: at most twice the
  seconds.
- life: the jobs dna_features, dna_train, dna_evaluate and dna_score, each as a command of its own, on a simulated
  region of `--people` people, in CPU-seconds of the whole tree of processes. The start of a session (a command that
  counts ten rows) is no part of the claim: at most 25 CPU-minutes for a million appointments, in proportion. The search
  is part of dna_train. dna_promote is let through by name where a gate refuses.
- fit: `--appointments` rows of 11 features such as the flat tables of earlier tools hold, in this process: search (20
  trials on 3 folds), fit and calibration, 500 bootstraps, 10 permutations, each apart. The claim: fit and calibration
  in at most 44 CPU-seconds.

Linux only. The exit code is 0 only if the claims of the parts that ran hold.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from areas import PLAIN_SESSION, adopt_orphans, measured
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier

from icspark.dna.bootstrap import Resampling
from icspark.dna.calibration import fitted_calibrator
from icspark.dna.curves import importance
from icspark.dna.evaluation import Enough, Rows, Terms, evaluate
from icspark.dna.extract import Extract
from icspark.dna.feature_list import FeatureList
from icspark.dna.fitted import FittedModel
from icspark.dna.pipelines import assembled, encoder
from icspark.dna.scoring import with_probability
from icspark.dna.search import best, fitted_pipeline, searched
from icspark.dna.training import Rules, recipe
from icspark.notebook import open_tables
from icspark.session import SessionConfig, session
from icspark.tables.dna import DnaFeature

ROOT = Path(__file__).resolve().parent.parent
CORES, ROUNDS = 2, 3
FEATURES, TREES, LEAVES, BLOCK = 40, 300, 31, 500_000
LIMIT_SCORING, LIMIT_LIFE, LIMIT_FIT = 2.0, 25 * 60.0, 44.0
JOBS = ("dna_features", "dna_leak_audit", "dna_train", "dna_evaluate", "dna_promote", "dna_score")
COUNTED = ("dna_features", "dna_train", "dna_evaluate", "dna_score")
COMMAND = (sys.executable, "-c", "from icspark.cli import main; main()")


def main() -> int:
    """Run the parts that were asked for, and return 0 only if all their claims hold."""
    options = arguments()
    parts = {"scoring": scoring, "life": life, "fit": fit}
    if sys.platform != "linux":
        print("not run: it needs Linux")
        return 0
    held = [parts[name](options) for name in options.parts]
    return 0 if all(held) else 1


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=("scoring", "life", "fit"), default=["scoring", "life", "fit"])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--people", type=int, default=260_000)
    parser.add_argument("--appointments", type=int, default=50_000)
    parser.add_argument("--conf", type=Path, default=ROOT / "conf" / "demo.yml")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "benchmarks" / "dna")
    return parser.parse_args()


def scoring(options: argparse.Namespace) -> bool:
    """Score rows through Spark and bare, print both, and return whether the claim holds."""
    model = many_trees()
    folder = options.folder / "rows"
    settings = SessionConfig(master=f"local[{CORES}]", driver_memory="3g")
    with session(settings) as spark:
        rows = written(spark, folder, options.rows)
        ours = [seconds(lambda: through_spark(rows, model)) for _ in range(ROUNDS + 1)]
    bare = [seconds(lambda: in_memory(model, options.rows)) for _ in range(ROUNDS + 1)]
    shutil.rmtree(folder)
    spark_seconds, bare_seconds = (statistics.median(found[1:]) for found in (ours, bare))
    ratio = spark_seconds / bare_seconds
    print(f"\nscoring of {options.rows:,} rows, {TREES} trees of {LEAVES} leaves, {FEATURES} features, {CORES} cores")
    print(f"| way | seconds |\n|---|---:|\n| Spark | {spark_seconds:.1f} |\n| bare | {bare_seconds:.1f} |")
    return claimed(f"at most {LIMIT_SCORING:g} times the bare predict_proba", ratio, LIMIT_SCORING)


def many_trees() -> FittedModel:
    """Return a model of the size that is measured, fitted on noise with a little sense in it."""
    random, names = np.random.default_rng(1), FeatureList(tuple(f"x{at:02}" for at in range(FEATURES)), ())
    frame = pd.DataFrame(np.round(random.random((20_000, FEATURES)), 3), columns=list(names.names))
    outcome = random.random(len(frame)) < expit(2 * frame["x00"] - 3 + frame["x01"] * frame["x02"])
    encoded = encoder("gradient_boosting", names, seed=1).fit(frame, outcome)
    trees = HistGradientBoostingClassifier(
        max_iter=TREES, max_leaf_nodes=LEAVES, min_samples_leaf=5, learning_rate=0.02, early_stopping=False
    )
    trees.fit(encoded.transform(frame), outcome)
    calibrator = fitted_calibrator("none", np.zeros(0), np.zeros(0, dtype=bool))
    return FittedModel("gradient_boosting", names, assembled(encoded, trees), calibrator, 0.2, TREES)


def written(spark: SparkSession, folder: Path, rows: int) -> DataFrame:
    """Write so many rows of features to Parquet, and return them as they are read."""
    thousandths = [
        (F.pmod(F.xxhash64("id", F.lit(at)), F.lit(1000)) / 1000).alias(f"x{at:02}") for at in range(FEATURES)
    ]
    spark.range(rows, numPartitions=4 * CORES).select(*thousandths).write.mode("overwrite").parquet(str(folder))
    return spark.read.parquet(str(folder))


def through_spark(rows: DataFrame, model: FittedModel) -> None:
    """Score every row and keep nothing."""
    with_probability(rows, model).write.format("noop").mode("overwrite").save()


def in_memory(model: FittedModel, rows: int) -> None:
    """Score as many rows with the bare classifier, a block in memory again and again."""
    block = np.round(np.random.default_rng(2).random((min(BLOCK, rows), FEATURES)), 3)
    for start in range(0, rows, BLOCK):
        model.pipeline[-1].predict_proba(block[: rows - start])


def seconds(what: Callable[[], None]) -> float:
    """Return the seconds that something takes."""
    started = time.perf_counter()
    what()
    return time.perf_counter() - started


def life(options: argparse.Namespace) -> bool:
    """Run each job of a model's life as a command, print what it took, and return whether the claim holds."""
    adopt_orphans()
    conf = prepared(options)
    before = ("linked_records", "person_area", "condition_cases", "ingest_service")
    measured((*COMMAND, "run", *before, "--conf", str(conf)))
    start = measured((sys.executable, "-c", PLAIN_SESSION)).cpu
    costs = {name: measured((*COMMAND, "run", name, "--conf", str(conf))) for name in JOBS}
    appointments = open_tables(conf).read(DnaFeature).count()
    print(f"\n{appointments:,} appointments of {options.people:,} people, {CORES} cores")
    print(f"| job | CPU-seconds | less the start of a session | seconds |\n|---|{'---:|' * 3}")
    for name, cost in costs.items():
        print(f"| {name} | {cost.cpu:.0f} | {max(cost.cpu - start, 0):.0f} | {cost.wall:.0f} |")
    total = sum(max(costs[name].cpu - start, 0) for name in COUNTED)
    allowed = LIMIT_LIFE * appointments / 1_000_000
    return claimed(f"{', '.join(COUNTED)}: at most {allowed:.0f} CPU-seconds", total, allowed)


def prepared(options: argparse.Namespace) -> Path:
    """Write the configuration of the demonstration for so many people, in a folder of its own; return where it is."""
    folder = options.folder.resolve() / "life"
    settings = yaml.safe_load(options.conf.read_text())
    settings["data"] = str(folder / "pages" / "simulated_region")
    settings["storage"] = {"tables": str(folder / "tables"), "pages": str(folder / "pages")}
    settings["session"] = {**settings.get("session", {}), "master": f"local[{CORES}]"}
    settings["jobs"]["simulate_region"]["people"] = options.people
    settings["jobs"].setdefault("dna_promote", {})["override"] = {
        "version": 2,
        "by": "benchmark",
        "reason": "measured, not used",
    }
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    made = folder / "life.yml"
    made.write_text(yaml.safe_dump(settings, sort_keys=False))
    return made


def fit(options: argparse.Namespace) -> bool:
    """Search, fit and calibrate in this process, print each apart, and return whether the claim holds."""
    extract = flat_rows(options.appointments)
    order = np.argsort(extract.day, kind="stable")
    learned, held = (extract.rows(part) for part in np.split(order, [int(0.8 * len(order))]))
    rules = Rules()
    made_by = recipe("gradient_boosting", flat_features(), rules)
    search = timed(lambda: searched(learned, made_by, trials=rules.trials, folds=rules.folds))
    chosen = best(search[1])
    fitted = timed(lambda: calibrated(learned, held, made_by, chosen))
    model = fitted[1]
    rows = Rows(held.is_dna, model.predict(held.features), held.person, np.zeros(len(held), dtype=bool), {})
    terms = Terms(Resampling(replicates=500), Enough())
    bootstraps = timed(lambda: list(evaluate(rows, terms)))
    permutations = timed(lambda: importance(held, model, seed=1))
    parts = {"fit and calibration": fitted, "search": search, "bootstraps": bootstraps, "permutations": permutations}
    print(f"\n{options.appointments:,} appointments of a flat table, one process\n| part | CPU-seconds |\n|---|---:|")
    for name, (cpu, _) in parts.items():
        print(f"| {name} | {cpu:.1f} |")
    return claimed(f"fit and calibration: at most {LIMIT_FIT:.0f} CPU-seconds", fitted[0], LIMIT_FIT)


def calibrated(learned: Extract, held: Extract, made_by, chosen) -> FittedModel:
    """Return the model fitted on what was learned from, and calibrated on the rest."""
    pipeline = fitted_pipeline(learned, made_by, chosen.settings, rounds=chosen.rounds)
    margin = pipeline.decision_function(made_by.features.prepared(held.features))
    calibrator = fitted_calibrator("sigmoid", np.asarray(margin), held.is_dna)
    return FittedModel(made_by.kind, made_by.features, pipeline, calibrator, 0.1, chosen.rounds)


def flat_features() -> FeatureList:
    """Return the features of the flat table."""
    numbers = ("lead_days", "age", "distance", "past_count", "past_missed", "deprivation", "is_first")
    return FeatureList(numbers, ("weekday", "clinic", "medium", "priority"))


def flat_rows(appointments: int) -> Extract:
    """Return appointments of two years, a quarter as many people, a tenth of them missed."""
    random, size = np.random.default_rng(3), appointments
    lead, age = random.gamma(1.5, 20, size), random.integers(0, 95, size).astype(float)
    missed = random.poisson(0.3, size).astype(float)
    features = pd.DataFrame(
        {
            "lead_days": lead,
            "age": age,
            "distance": random.gamma(2, 4000, size),
            "past_count": missed + random.poisson(2, size),
            "past_missed": missed,
            "deprivation": random.gamma(3, 8, size),
            "is_first": (random.random(size) < 0.3).astype(float),
            "weekday": random.integers(1, 6, size).astype(str),
            "clinic": random.integers(1, 60, size).astype(str),
            "medium": random.choice(["01", "02", "03"], size),
            "priority": random.choice(["1", "2", "3"], size),
        }
    )
    chance = expit(-3.4 + 0.015 * np.minimum(lead, 60) + 0.5 * missed + 0.0003 * (age - 55) ** 2)
    first = np.datetime64(date(2023, 1, 1))
    return Extract(
        features=features,
        is_dna=random.random(size) < chance,
        person=np.unique(random.integers(0, size // 4 + 1, size), return_inverse=True)[1],
        appointment_id=np.array([f"A{number:08d}" for number in range(size)]),
        day=first + random.integers(0, timedelta(days=730).days, size).astype("timedelta64[D]"),
        site=features["clinic"].to_numpy(dtype=object),
    )


def timed(what: Callable[[], object]) -> tuple[float, object]:
    """Return the CPU-seconds of this process that something takes, and what it returns."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    found = what()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, found


def claimed(what: str, found: float, limit: float) -> bool:
    """Print a claim with what was found, and return whether it holds."""
    print(f"{'yes' if found <= limit else 'NO '}  {what}: {found:.2f}")
    return found <= limit


if __name__ == "__main__":
    sys.exit(main())
