"""A whole simulated region: its place, people, conditions and care, and all that is left of them in files.

Frames are lazy: each is drawn again where it is read, but for what is dear to draw, which is kept between.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from icspark.simulation import care_people, extracts
from icspark.simulation.admissions import simulate_admissions
from icspark.simulation.appointments import simulate_appointments, truth_appointment
from icspark.simulation.clinic import simulate_clinic_events
from icspark.simulation.condition_truth import expected_strata, planted_conditions, truth_pair
from icspark.simulation.conditions import Illness, condition_code_feed, simulate_diagnoses, simulate_onsets
from icspark.simulation.emergency import simulate_emergency_attendances
from icspark.simulation.feed_files import write_frame
from icspark.simulation.feed_qof import write_qof_feed
from icspark.simulation.feeds_people import Simulated, write_population_feeds, write_registration_feed
from icspark.simulation.feeds_place import write_place_feeds
from icspark.simulation.identities import simulate_identifiers, simulate_links
from icspark.simulation.lives import planted_deaths
from icspark.simulation.observations import simulate_observations
from icspark.simulation.people import simulate_people, simulate_registrations, simulate_residences
from icspark.simulation.period import Period
from icspark.simulation.place import Place, make_place
from icspark.simulation.planted import planted
from icspark.simulation.planted_care import planted_care
from icspark.simulation.region_config import RegionConfig
from icspark.tables.truth import Truth, TruthPair, TruthPerson

TOLD_BY_THEIR_OWN = ("conditions", "care")
"""Parts of the section whose planted parameters are derived, and listed where they are."""


@dataclass(frozen=True, eq=False)
class Region:
    """A simulated region: `people`, `onsets` and `histories` are frames that its records are drawn from."""

    config: RegionConfig
    place: Place
    illness: Illness
    people: DataFrame
    residences: DataFrame
    onsets: DataFrame
    histories: DataFrame

    @property
    def period(self) -> Period:
        """Return the days of the records, and the seed."""
        return self.illness.period

    @cached_property
    def registrations(self) -> DataFrame:
        """Return one row per person, practice and interval of registration."""
        return simulate_registrations(self.people, self.place, self.config.people_model, period=self.period)

    @cached_property
    def observations(self) -> DataFrame:
        """Return one row per measurement."""
        return simulate_observations(self.histories, place=self.place, config=self.config.care, period=self.period)

    def records(self) -> dict[str, DataFrame]:
        """Return every kind of record as an extract has it, under the identifiers of its system."""
        seed, place, histories = self.period.seed, self.place, self.histories
        care, period = self.config.care, self.period
        drawn = {
            "registration_period": self.registrations,
            "appointment": simulate_appointments(histories, place=place, config=care, period=period),
            "admission": simulate_admissions(histories, place=place, config=care, period=period),
            "emergency_attendance": simulate_emergency_attendances(histories, place=place, config=care, period=period),
            "diagnosis": simulate_diagnoses(self.people, self.illness),
            "observation": self.observations,
            "clinic_event": simulate_clinic_events(histories, config=care, period=period),
        }
        links = simulate_links(
            self.people, self.config.people_model, people_count=self.config.people, period=self.period
        )
        return {
            "person": extracts.recorded_people(self.people, seed=seed),
            "residence": extracts.recorded_residences(self.residences, seed=seed),
            **{kind: extracts.recorded(kind, frame, seed=seed) for kind, frame in drawn.items()},
            "identity_link": extracts.recorded_links(links),
        }

    def write_feeds(self, folder: Path) -> None:
        """Write every reference feed into a folder, single files, in their publishers' layouts."""
        folder.mkdir(parents=True, exist_ok=True)
        simulated = Simulated(
            self.place, self.people, self.residences, self.registrations, self.onsets, self.observations
        )
        write_place_feeds(self.place, folder)
        write_frame(folder / "condition_code.csv", condition_code_feed())
        write_population_feeds(simulated, folder, on=self.config.mid_year)
        write_registration_feed(simulated, folder, on=self.config.last_date)
        write_qof_feed(simulated, folder, on=self.config.last_date)

    def truth(self, spark: SparkSession) -> DataFrame:
        """Return every planted parameter, as the table Truth."""
        told = planted(self.config, without=TOLD_BY_THEIR_OWN)
        rows = [tuple(row) for row in told]
        rows += [tuple(row) for row in planted_deaths(self.config.people_model)]
        rows += [tuple(row) for row in planted_care(self.config.care, place=self.place, period=self.period)]
        named = planted_conditions(self.illness.model, self.illness.config)
        rows += [tuple(row[name] for name in Truth.columns()) for row in named]
        return spark.createDataFrame(rows, Truth.schema())

    def truth_people(self) -> DataFrame:
        """Return what is known of each person, as the table TruthPerson."""
        return self.people.select(*TruthPerson.columns())

    def truth_pairs(self, spark: SparkSession) -> DataFrame:
        """Return what is planted between each two conditions, as the table TruthPair."""
        strata = expected_strata(self.place, self.config.people_model, self.period)
        pairs: pd.DataFrame = truth_pair(self.illness.model, strata)
        return spark.createDataFrame(pairs[list(TruthPair.columns())], TruthPair.schema())

    def truth_appointments(self) -> DataFrame:
        """Return the true chance of each appointment, as the table TruthAppointment."""
        return truth_appointment(self.histories, place=self.place, config=self.config.care, period=self.period)

    def truth_identities(self) -> DataFrame:
        """Return whose each identifier is, as the table TruthIdentity."""
        return simulate_identifiers(self.people, period=self.period)


@contextmanager
def simulated_region(spark: SparkSession, config: RegionConfig) -> Iterator[Region]:
    """Give the region of a section, keeping people, conditions and histories until it is left.

    Raises ConfigurationError, before anything is drawn, where the conditions cannot be as configured.
    """
    period = Period(config.first_date, config.last_date, config.seed)
    illness = Illness.of(config.conditions, period)
    place = make_place(config.place, people=config.people, seed=config.seed)
    people = simulate_people(
        spark,
        place,
        config.people_model,
        people=config.people,
        period=period,
        effect_deviation=config.care.non_attendance.effect_standard_deviation,
    ).persist()
    residences = simulate_residences(people, place, config.people_model, period=period).persist()
    onsets = simulate_onsets(people, illness).persist()
    lives = care_people.Lives(people, residences, onsets)
    histories = care_people.histories(lives, place=place, config=config.care, period=period).persist()
    try:
        yield Region(config, place, illness, people, residences, onsets, histories)
    finally:
        for frame in (histories, onsets, residences, people):
            frame.unpersist()
