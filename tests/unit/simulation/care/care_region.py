"""A small place and small people for tests of care: frames as the simulated region has them, made here."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
from numpy.random import default_rng
from numpy.typing import NDArray
from pyspark.sql import DataFrame, SparkSession

from icspark.simulation.care_config import CareConfig
from icspark.simulation.care_people import NEVER, Lives, People, conditions_of
from icspark.simulation.period import Period

PERIOD = Period(date(2022, 4, 1), date(2025, 3, 31), seed=20)
EPOCH = date(1970, 1, 1)


def small_place(areas: int = 10) -> SimpleNamespace:
    codes = [f"E019{n:05d}" for n in range(areas)]
    quintile = np.arange(areas) % 5 + 1
    frame = pd.DataFrame(
        {
            "lsoa_2011_code": codes,
            "imd_2019_quintile": quintile,
            "adult_skills_2019_quintile": np.roll(quintile, 1),
        }
    )
    at = {"easting": 600_000 + 1_000 * np.arange(areas), "northing": np.full(areas, 250_000)}
    postcodes = pd.DataFrame({"postcode": [f"QX1 {n}AA" for n in range(areas)], "lsoa_2011_code": codes, **at})
    sites = pd.DataFrame(
        {
            "site_code": ["Z9A01", "Z9B01", "Z9A02"],
            "provider_code": ["Z9A", "Z9B", "Z9A"],
            "type": ["acute", "acute", "diabetes_centre"],
            "easting": [601_000, 608_000, 602_000],
            "northing": [251_000, 250_000, 249_000],
        }
    )
    return SimpleNamespace(areas_2011=frame, postcodes=postcodes, sites=sites)


def people_arrays(number: int, *, areas: int = 10, effect: float = 0.8, seed: int = 3) -> dict[str, NDArray]:
    """Return a batch as the frame of histories has it: one home each, some deaths, up to two conditions."""
    draw = default_rng(seed)
    birth = PERIOD.first_day - (365 * 95 * draw.beta(1.15, 1.55, number)).astype(int)
    death = np.where(draw.random(number) < 0.03, PERIOD.first_day + draw.integers(1, 1000, number), NEVER)
    numbers = [-1, *(conditions_of(CareConfig()).index(name) for name in ("asthma", "diabetes"))]
    listed = [draw.choice(numbers, count) for count in draw.integers(0, 3, number)]
    counts = np.array([len(one) for one in listed])
    return {
        "person_number": np.arange(number),
        "sex": draw.integers(1, 3, number),
        "birth_day": birth,
        "death_day": death,
        "is_interpreter_needed": draw.random(number) < 0.05,
        "non_attendance_effect": effect * draw.normal(size=number),
        "is_home_known": np.ones(number, dtype=bool),
        "is_interpreter_need_known": np.ones(number, dtype=bool),
        "conditions_count": counts,
        "conditions_mean": np.full(number, counts.mean()),
        "home_from": _lists(birth),
        "home_to": _lists(np.full(number, NEVER)),
        "home_area": _lists(draw.integers(0, areas, number)),
        "onset_onset": _objects([np.sort(PERIOD.first_day - draw.integers(-500, 3000, len(one))) for one in listed]),
        "onset_condition": _objects(listed),
    }


def people_batch(number: int, **options: float) -> People:
    return People.of(people_arrays(number, **options))


def small_lives(spark: SparkSession, number: int, *, areas: int = 10, seed: int = 3) -> Lives:
    """Return people with homes (some moved) and onsets as frames of Spark."""
    draw = default_rng(seed)
    codes = small_place(areas).areas_2011["lsoa_2011_code"].tolist()
    names = ["asthma", "diabetes", "not_a_coded_condition"]
    people, homes, onsets = [], [], []
    for n in range(number):
        born = PERIOD.first_date - timedelta(days=int(draw.integers(0, 95 * 365)))
        died = PERIOD.first_date + timedelta(days=int(draw.integers(1, 1000))) if draw.random() < 0.03 else None
        moved = PERIOD.first_date + timedelta(days=int(draw.integers(30, 900)))
        area, other = (codes[int(i)] for i in draw.integers(0, areas, 2))
        people.append((n, str(draw.integers(1, 3)), born, died, bool(draw.random() < 0.05), float(0.8 * draw.normal())))
        homes += [(n, born, moved, area), (n, moved, None, other)] if n % 10 == 0 else [(n, born, None, area)]
        onsets += [(n, name, born + timedelta(days=9000)) for name in names if draw.random() < 0.3]
    return Lives(
        spark.createDataFrame(
            people,
            "person_number long, sex_code string, birth_date date, death_date date, is_interpreter_needed boolean, "
            "non_attendance_effect double",
        ),
        spark.createDataFrame(homes, "person_number long, from_date date, to_date date, lsoa_2011_code string"),
        spark.createDataFrame(onsets, "person_number long, condition string, onset_date date"),
    )


def rows_of(frame: DataFrame) -> pd.DataFrame:
    return frame.toPandas().sort_values(frame.columns[:2], ignore_index=True)


def config(**changed: dict[str, object]) -> CareConfig:
    return CareConfig.model_validate(changed)


def _objects(parts: list[NDArray]) -> NDArray:
    found = np.empty(len(parts), dtype=object)
    found[:] = parts
    return found


def _lists(values: NDArray) -> NDArray:
    return _objects([np.array([value]) for value in values])
