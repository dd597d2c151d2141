"""Simulated people counted by area, practice and condition: what the feeds of a region are tabulated from.

Grouped in Spark; what is collected grows with areas and practices, never with people.
"""

from __future__ import annotations

from datetime import date

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.tables.codes import REGISTERS

OLDEST = 90
PEOPLE = "people_count"

LEAST_AGE = {
    "diabetes": 17, "chronic_kidney_disease": 18, "non_diabetic_hyperglycaemia": 18, "asthma": 6, "obesity": 18,
    "smoking": 15, "depression": 18, "epilepsy": 18,
}  # fmt: skip
"""Least age of a register and of its list size, where it is not 0 (NHS England, QOF 2021-22)."""

HBA1C, HBA1C_TARGET = "hba1c_ifcc", 58.0
"""DM020: HbA1c of 58 mmol/mol or less in the 12 months before."""

DIASTOLIC, DIASTOLIC_TARGET = "diastolic_bp", 80.0
"""DM019: 140/80 mmHg or less in the 12 months before; of it only the lower pressure is simulated."""

MONTHS = 12


def in_force(rows: DataFrame, on: date) -> DataFrame:
    """Return the rows whose half-open interval from_date to to_date (null = still) holds a date."""
    day = F.lit(on)
    return rows.where((F.col("from_date") <= day) & (F.col("to_date").isNull() | (F.col("to_date") > day)))


def alive(people: DataFrame, on: date) -> DataFrame:
    """Return the people who are born and not dead on a date, with `age_years` (90 = 90 and over)."""
    day = F.lit(on)
    is_alive = (F.col("birth_date") <= day) & (F.col("death_date").isNull() | (F.col("death_date") > day))
    return people.where(is_alive).withColumn("age_years", age_years(F.col("birth_date"), day))


def age_years(birth: Column, day: Column) -> Column:
    """Return the whole years from birth to a day, 90 where there are more."""
    return F.least(F.lit(OLDEST), F.floor(F.months_between(day, birth) / 12).cast("int"))


def residents(people: DataFrame, residences: DataFrame, *, on: date) -> DataFrame:
    """Return one row per person who lives in the region on a date, with both LSOAs of the home and `age_years`."""
    homes = in_force(residences, on).select("person_number", "lsoa_2011_code", "lsoa_2021_code")
    return alive(people.drop("lsoa_2011_code", "lsoa_2021_code"), on).join(homes, on="person_number", how="inner")


def by_age_and_sex(living: DataFrame) -> pd.DataFrame:
    """Return `people_count` by both LSOAs, age_years and sex_code; ordered, combinations of nobody left out."""
    return _counted(living, ["lsoa_2011_code", "lsoa_2021_code", "age_years", "sex_code"])


def by_group(living: DataFrame) -> pd.DataFrame:
    """Return `people_count` by both LSOAs, ethnic category, and whether a person of 3 and over needs an interpreter.

    `is_interpreter_needed` is null under 3 years of age.
    """
    asked = F.when(F.col("age_years") >= 3, F.col("is_interpreter_needed"))
    keys = ["lsoa_2011_code", "lsoa_2021_code", "ethnic_category_code", "is_interpreter_needed"]
    return _counted(living.withColumn("is_interpreter_needed", asked), keys)


def by_practice_and_area(living: DataFrame, registrations: DataFrame, *, on: date) -> pd.DataFrame:
    """Return `people_count` by practice_code and lsoa_2011_code; a second registration counts again."""
    lists = in_force(registrations, on).select("person_number", "practice_code")
    return _counted(lists.join(living, on="person_number", how="inner"), ["practice_code", "lsoa_2011_code"])


def on_lists(living: DataFrame, registrations: DataFrame, *, on: date) -> DataFrame:
    """Return person_number, practice_code and age_years of the people registered on a date: one row a registration."""
    lists = in_force(registrations, on).select("person_number", "practice_code").distinct()
    return lists.join(living.select("person_number", "age_years"), on="person_number", how="inner")


def list_sizes(lists: DataFrame) -> pd.DataFrame:
    """Return `people_count` by practice_code and age_years."""
    return _counted(lists, ["practice_code", "age_years"])


def registers(lists: DataFrame, onsets: DataFrame, *, on: date) -> pd.DataFrame:
    """Return `people_count` by practice_code and register, of the QOF's registers whose conditions are simulated.

    A condition counts once it is recorded, from the register's least age on.
    """
    cases = lists.join(_on_registers(onsets, on), on="person_number", how="inner")
    return _counted(cases.where(_is_of_age()), ["practice_code", "register"])


def at_targets(lists: DataFrame, onsets: DataFrame, observations: DataFrame, *, on: date) -> pd.DataFrame:
    """Return, of the people with diabetes of each practice, how many last met each target in the year before a date.

    `people_count` by practice_code and measure (hba1c_ifcc, diastolic_bp). Of two values on one day the lower counts.
    """
    with_diabetes = _on_registers(onsets, on).where(F.col("register") == "diabetes")
    patients = lists.join(with_diabetes, on="person_number", how="inner").where(_is_of_age())
    year = F.col("observation_date").between(F.add_months(F.lit(on), -MONTHS), F.lit(on))
    measured = observations.where(year & F.col("measure").isin(HBA1C, DIASTOLIC))
    newest = measured.groupBy("person_number", "measure").agg(
        F.max_by("value", F.struct("observation_date", -F.col("value"))).alias("value")
    )
    target = F.when(F.col("measure") == HBA1C, HBA1C_TARGET).otherwise(DIASTOLIC_TARGET)
    met = newest.where(F.col("value") <= target)
    return _counted(patients.join(met, on="person_number", how="inner"), ["practice_code", "measure"])


def _on_registers(onsets: DataFrame, on: date) -> DataFrame:
    """Return the distinct person_number and register of what is recorded by a date; both are called alike."""
    recorded = onsets.where((F.col("recorded_date") <= F.lit(on)) & F.col("condition").isin(*REGISTERS))
    return recorded.select("person_number", F.col("condition").alias("register")).distinct()


def _is_of_age() -> Column:
    ages = F.create_map(*[F.lit(part) for name in REGISTERS for part in (name, LEAST_AGE.get(name, 0))])
    return F.col("age_years") >= ages[F.col("register")]


def _counted(rows: DataFrame, keys: list[str]) -> pd.DataFrame:
    counts = rows.groupBy(*keys).agg(F.count(F.lit(1)).alias(PEOPLE)).toPandas()
    return counts.sort_values(keys, ignore_index=True)
