"""Simulated inpatient spells: when, how and why people are admitted, and how long they stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from icspark.simulation.batches import Columns, in_batches, with_nulls
from icspark.simulation.care_columns import Aligned, coded, dates, identifiers, nth_of_person, record_schema, together
from icspark.simulation.care_config import AdmissionConfig, CareConfig
from icspark.simulation.care_people import NEVER, Onsets, People, Place, Whole, conditions_of
from icspark.simulation.care_rates import Rates, events
from icspark.simulation.care_sites import ACUTE, Sites
from icspark.simulation.draws import Draws
from icspark.simulation.period import Period
from icspark.tables.records import AdmissionColumns

TABLE = "admission"


def simulate_admissions(histories: DataFrame, *, place: Place, config: CareConfig, period: Period) -> DataFrame:
    """Return one row per spell that begins in the period: person_number and the columns of an extract.

    Spells of a person do not overlap: one ends at the latest when the next begins, and with a death. `discharge_date`
    is null where the person is still in hospital on the last date. `histories` is the frame of `care_people.histories`.
    """
    sites = Sites.of(place)

    def _of_batch(columns: Columns) -> Mapping[str, Any]:
        return _records(People.of(columns), sites, config, period=period)

    return in_batches(histories, _of_batch, record_schema(AdmissionColumns))


@dataclass(frozen=True, eq=False)
class Spells(Aligned):
    """Spells in order of person and admission; `method` is a position in the codes of both kinds together."""

    person: Whole
    day: Whole
    stay: Whole
    method: Whole
    draws: Draws


def spells(people: People, sites: Sites, config: AdmissionConfig, *, period: Period) -> Spells:
    """Return the spells that begin in the period."""
    kinds = (
        (config.emergency_rate, config.emergency_method_weights, config.emergency_stay_days),
        (config.elective_rate, config.elective_method_weights, config.elective_stay_days),
    )
    keys, before = Draws.of(period.seed, TABLE, people.number), 0
    parts = []
    for kind, (rate, weights, stay_days) in enumerate(kinds):
        person, day, draws = events(
            Rates(people, rate, sites.imd_quintile),
            keys.also(np.full(people.size, kind)),
            first_day=period.first_day,
            last_day=period.last_day,
        )
        method = before + draws.categorical("method", list(weights.values()))
        stay = np.floor(draws.exponential("stay", stay_days)).astype(np.int64)
        parts.append(Spells(person, day, stay, method, draws))
        before += len(weights)
    found = together(parts)
    return found.at(np.lexsort((found.draws.bits, found.day, found.person)))


def discharges(found: Spells, people: People, period: Period) -> Whole:
    """Return the day of discharge of each spell; NEVER where it is after the last date."""
    same = np.append(found.person[1:] == found.person[:-1], False)[: len(found.person)]
    following = np.where(same, np.roll(found.day, -1), NEVER)
    ends = np.minimum(np.minimum(found.day + found.stay, following), people.death[found.person])
    return np.where(ends > period.last_day, NEVER, ends)


@dataclass(frozen=True, eq=False)
class Diagnoses:
    """Per spell: the condition that is its primary diagnosis (-1: none), and lists of the others known by then."""

    primary: Whole
    secondary: Whole
    secondary_counts: Whole


def diagnoses(found: Spells, known: Onsets, config: AdmissionConfig) -> Diagnoses:
    """Return the conditions coded for each spell, of those that had begun by its day, the earliest first.

    `known` are the onsets that have a code.
    """
    counts = known.until(found.person, found.day)
    is_own = found.draws.happens("own condition", config.own_condition_share) & (counts > 0)
    chosen = np.where(is_own, found.draws.whole("which condition", np.maximum(counts, 1)), -1)
    rows = np.repeat(np.arange(len(counts)), counts)
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    first = known.starts[found.person]
    # Those after the primary diagnosis move up by one.
    rank = nth - ((chosen[rows] >= 0) & (nth > chosen[rows]))
    is_listed = (nth != chosen[rows]) & (rank < config.most_secondary)
    secondary = known.condition[first[rows][is_listed] + nth[is_listed]]
    primary = np.full(len(counts), -1)
    primary[is_own] = known.condition[first[is_own] + chosen[is_own]]
    return Diagnoses(primary, secondary, np.bincount(rows[is_listed], minlength=len(counts)))


def _records(people: People, sites: Sites, config: CareConfig, *, period: Period) -> Mapping[str, Any]:
    names = config.admissions
    found = spells(people, sites, names, period=period)
    codes = [names.icd_10_codes.get(name) for name in conditions_of(config)]
    has_code = np.array([code is not None for code in codes])
    said = diagnoses(found, people.onsets.only(has_code), names)
    reason = found.draws.categorical("reason", list(names.reason_weights.values()))
    out = discharges(found, people, period)
    area = people.homes.area_at(found.person, found.day)
    site = sites.chosen(found.draws, area, of_type=ACUTE, metres=config.site_metres)
    number = people.number[found.person]
    return {
        "person_number": number,
        AdmissionColumns.spell_id: identifiers(TABLE, number, nth_of_person(found.person)),
        AdmissionColumns.admission_date: dates(found.day),
        AdmissionColumns.discharge_date: with_nulls(dates(out), out == NEVER),
        AdmissionColumns.admission_method_code: coded(
            [*names.emergency_method_weights, *names.elective_method_weights], found.method
        ),
        AdmissionColumns.provider_code: coded(sites.providers, site),
        AdmissionColumns.primary_diagnosis_code: coded(
            [*codes, *names.reason_weights], np.where(said.primary >= 0, said.primary, len(codes) + reason)
        ),
        AdmissionColumns.secondary_diagnosis_codes: _lists(coded(codes, said.secondary), said.secondary_counts),
    }


def _lists(values: pa.Array, counts: Whole) -> pa.Array:
    """Return lists of so many values each; null where there is none."""
    offsets = pa.array(np.append(0, np.cumsum(counts)), type=pa.int32())
    return pa.ListArray.from_arrays(offsets, values.cast(pa.string()), mask=pa.array(counts == 0))
