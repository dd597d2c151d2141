"""Chains of outpatient appointments as they are booked: a first attendance and its follow-ups, on days and hours.

Chains begin two years before the first date, so that follow-ups are as frequent at its start as at its end. A chain
keeps one number for thinning: each of its appointments stays where that is below the rate of the day it falls on, so
the rate of appointments by age, sex and quintile is the planted one, whenever the chain began.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from icspark.simulation.care_columns import Aligned
from icspark.simulation.care_config import AppointmentConfig, CareConfig
from icspark.simulation.care_people import Flags, Floats, People, Whole
from icspark.simulation.care_rates import Rates
from icspark.simulation.care_sites import ACUTE, DIABETES_CENTRE, Sites
from icspark.simulation.draws import Draws
from icspark.simulation.period import DAYS_PER_YEAR, Period

TABLE = "appointment"
LONGEST_CHAIN_DAYS = 730
LONGEST_LEAD_DAYS = 365
MOST_FOLLOW_UPS = 8
DAYS_AFTER_DEATH = 90
DIABETIC_MEDICINE = "307"
"""Treatment function whose appointments are held at the diabetes centre."""

DESK_OPENS, DESK_MINUTES, SLOT_MINUTES = 9 * 60, 8 * 60, 10
MEAN_WAIT_DAYS, SPREAD_OF_LEAD, SPREAD_OF_GAP = 5.0, 0.7, 0.5
FEWEST_GAP_DAYS = 14
LETTER_DAYS, LETTER_SPREAD = 14, 29


@dataclass(frozen=True, eq=False)
class Chains:
    """Referrals of a batch of people, one entry a chain; `thinning` is the rate above which it has appointments."""

    person: Whole
    nth: Whole
    referral_day: Whole
    priority: Whole
    function: Whole
    site: Whole
    follow_ups: Whole
    thinning: Floats
    draws: Draws


@dataclass(frozen=True, eq=False)
class Schedule(Aligned):
    """Appointments, one entry each. `number` tells those of a person apart; codes are positions in the configuration.

    Days are numbers since 1970, minutes since local midnight. `is_after_death` marks what stays recorded of the dead.
    """

    person: Whole
    number: Whole
    referral_day: Whole
    priority: Whole
    function: Whole
    site: Whole
    thinning: Floats
    booked_day: Whole
    booked_minute: Whole
    day: Whole
    minute: Whole
    medium: Whole
    is_first: Flags
    is_after_death: Flags
    draws: Draws


def schedule(people: People, sites: Sites, config: CareConfig, *, period: Period) -> Schedule:
    """Return the appointments from the first date on that were booked by the last, in order of person and booking."""
    rates = Rates(people, config.appointments.chain_rate, sites.imd_quintile)
    booked = _booked(_chains(rates, sites, config, period=period), people, config.appointments)
    kept = booked.at(_is_kept(booked, rates, period))
    return kept.at(np.lexsort((kept.number, kept.booked_minute, kept.booked_day, kept.person)))


def _chains(rates: Rates, sites: Sites, config: CareConfig, *, period: Period) -> Chains:
    names = config.appointments
    first_day = period.first_day - LONGEST_CHAIN_DAYS
    days = period.last_day - first_day + 1
    highest = rates.highest(first_day, period.last_day + LONGEST_LEAD_DAYS)
    people = Draws.of(period.seed, TABLE, rates.people.number)
    person, nth, draws = people.each(people.poisson("chains", highest * days / DAYS_PER_YEAR))
    referral = first_day + draws.whole("referral", days)
    function = draws.categorical("function", list(names.treatment_function_weights.values()))
    codes = np.array(list(names.treatment_function_weights))
    area = rates.people.homes.area_at(person, referral)
    return Chains(
        person=person,
        nth=nth,
        referral_day=referral - np.maximum((referral + 3) % 7 - 4, 0),
        priority=draws.categorical("priority", list(names.priority_weights.values())),
        function=function,
        site=_site(area, codes[function], draws, sites=sites, metres=config.site_metres),
        follow_ups=_follow_ups(draws, names.follow_ups_mean),
        thinning=draws.uniform("thinned") * highest[person],
        draws=draws,
    )


def _site(area: Whole, function: Any, draws: Draws, *, sites: Sites, metres: float) -> Whole:
    acute = sites.chosen(draws, area, of_type=ACUTE, metres=metres)
    if DIABETES_CENTRE not in sites.types:
        return acute
    centre = sites.chosen(draws, area, of_type=DIABETES_CENTRE, metres=metres)
    found: Whole = np.where(function == DIABETIC_MEDICINE, centre, acute)
    return found


def _follow_ups(draws: Draws, mean: float) -> Whole:
    """Return geometric counts of this mean, cut at the most there can be."""
    if mean == 0:
        return np.zeros(draws.size, dtype=np.int64)
    counts = np.floor(np.log(draws.uniform("follow-ups")) / np.log(mean / (1 + mean)))
    found: Whole = np.minimum(counts, MOST_FOLLOW_UPS).astype(np.int64)
    return found


def _booked(chains: Chains, people: People, config: AppointmentConfig) -> Schedule:
    rows, step, booked_day, booked_minute, day, minute = _steps(chains, config)
    draws = chains.draws.at(rows).also(step)
    person = chains.person[rows]
    died = people.death[person]
    stays = draws.happens("after death", config.after_death_share) & (booked_day < died)
    return Schedule(
        person=person,
        number=chains.nth[rows] * (MOST_FOLLOW_UPS + 1) + step,
        referral_day=chains.referral_day[rows],
        priority=chains.priority[rows],
        function=chains.function[rows],
        site=chains.site[rows],
        thinning=chains.thinning[rows],
        booked_day=booked_day,
        booked_minute=booked_minute,
        day=day,
        minute=minute,
        medium=draws.categorical("medium", list(config.medium_weights.values())),
        is_first=step == 0,
        is_after_death=stays & (day >= died) & (day < died + DAYS_AFTER_DEATH),
        draws=draws,
    )


def _steps(chains: Chains, config: AppointmentConfig) -> list[Whole]:
    """Return (chain, step, booked day, booked minute, day, minute), one entry an appointment, step by step."""
    steps: list[tuple[Whole, ...]] = []
    rows = np.arange(len(chains.person))
    for step in range(MOST_FOLLOW_UPS + 1):
        stays = chains.follow_ups[rows] >= step
        rows = rows[stays]
        draws = chains.draws.at(rows).also(np.full(len(rows), step))
        if step == 0:
            booked, target = _first_booking(chains, draws, config)
        else:
            before, at = steps[-1][4:]
            booked, target = _next_booking(before[stays], at[stays], draws, config=config)
        day = _day_near(target, booked[0], draws, config=config)
        hour = draws.categorical("hour", list(config.hour_weights.values()))
        minute = np.array([60 * int(name) for name in config.hour_weights])[hour]
        minute = minute + SLOT_MINUTES * draws.whole("slot", 60 // SLOT_MINUTES)
        steps.append((rows, np.full(len(rows), step), *booked, day, minute))
    return [np.concatenate(parts) for parts in zip(*steps, strict=True)]


Booking = tuple[tuple[Whole, Whole], Whole]
"""(day, minute) of booking, and the day that is aimed at."""


def _first_booking(chains: Chains, draws: Draws, config: AppointmentConfig) -> Booking:
    wait = np.floor(draws.exponential("wait", MEAN_WAIT_DAYS)).astype(np.int64)
    booked = _on_a_weekday(chains.referral_day + wait)
    usual = np.array(config.lead_days)[np.minimum(chains.priority, len(config.lead_days) - 1)]
    lead = np.minimum(usual * np.exp(SPREAD_OF_LEAD * draws.normal("lead")), LONGEST_LEAD_DAYS)
    return (booked, DESK_OPENS + draws.whole("desk", DESK_MINUTES)), booked + lead.astype(np.int64)


def _next_booking(day: Whole, minute: Whole, draws: Draws, *, config: AppointmentConfig) -> Booking:
    gap = config.follow_up_gap_days * np.exp(SPREAD_OF_GAP * draws.normal("gap"))
    target = day + np.clip(gap, FEWEST_GAP_DAYS, LONGEST_LEAD_DAYS).astype(np.int64)
    later = _on_a_weekday(target - LETTER_DAYS - draws.whole("letter", LETTER_SPREAD))
    is_at_once = draws.happens("at once", config.booked_at_once_share) | (later <= day)
    at_desk = np.where(is_at_once, minute + 2 * SLOT_MINUTES, DESK_OPENS + draws.whole("desk", DESK_MINUTES))
    return (np.where(is_at_once, day, later), at_desk), target


def _day_near(target: Whole, booked: Whole, draws: Draws, *, config: AppointmentConfig) -> Whole:
    weekday = draws.categorical("weekday", list(config.weekday_weights.values()))
    day = target - (target + 3) % 7 + np.array([int(name) - 1 for name in config.weekday_weights])[weekday]
    found: Whole = day + 7 * np.maximum(-((day - booked - 1) // 7), 0)
    return found


def _on_a_weekday(day: Whole) -> Whole:
    weekday = (day + 3) % 7
    return day + np.where(weekday > 4, 7 - weekday, 0)


def _is_kept(booked: Schedule, rates: Rates, period: Period) -> Flags:
    people, person = rates.people, booked.person
    died = people.death[person]
    rate = rates.at(person, np.minimum(booked.day, died - 1))
    is_in_time = (booked.day >= period.first_day) & (booked.booked_day <= period.last_day)
    is_one_chain = booked.day - booked.referral_day <= LONGEST_CHAIN_DAYS
    is_born = booked.referral_day >= people.birth[person]
    is_expected = (booked.day < died) | booked.is_after_death
    return is_in_time & is_one_chain & is_born & is_expected & (booked.thinning < rate)
