"""The Quality and Outcomes Framework of a simulated region: a workbook in the publisher's layout, one sheet a register.

A row of indicator codes, the header below it, then one row per practice, as `sources.practice_prevalence` describes.
Registers whose conditions are not simulated have no sheet. Smoking has an indicator in the place of a register.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from icspark.simulation import tabulation
from icspark.simulation.feed_files import write_workbook
from icspark.simulation.feeds_people import Simulated
from icspark.simulation.tabulation import DIASTOLIC, HBA1C, LEAST_AGE, PEOPLE
from icspark.tables.codes import REGISTERS

INDICATORS = {"DM019": DIASTOLIC, "DM020": HBA1C}
POINTS = {"DM019": (10.0, 0.38, 0.78), "DM020": (17.0, 0.35, 0.75)}
"""Points of an indicator, and the shares between which they rise from 0 to all (NHS England, QOF 2021-22)."""

SMOKERS = "SMOK004"
"""The indicator whose patients are the smokers of 15 and over."""

HEADER = ["Practice code", "Practice name"]
REGISTER_BLOCK = ["List size", "Register", "Prevalence (%)"]
INDICATOR_BLOCK = ["Numerator", "Denominator plus PCAs"]
ROWS_ABOVE = 10


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a sheet: its title, the indicator code above it, a value for each practice."""

    title: str
    code: str | None
    values: pd.Series


def write_qof_feed(simulated: Simulated, folder: Path, *, on: date) -> None:
    """Write the registers, and the targets and points of diabetes, of each practice's list on a date.

    Where no observations are simulated, nobody is at a target, of nobody: shares of diabetes care are null.
    """
    living = tabulation.residents(simulated.people, simulated.residences, on=on)
    lists = tabulation.on_lists(living, simulated.registrations, on=on).persist()
    sizes, registers = tabulation.list_sizes(lists), tabulation.registers(lists, simulated.onsets, on=on)
    met = None
    if simulated.observations is not None:
        met = tabulation.at_targets(lists, simulated.onsets, simulated.observations, on=on)
    lists.unpersist()
    practices = simulated.place.practices[["practice_code", "practice_name"]]
    write_workbook(folder / "qof-simulated-prev-ach-prac.xlsx", dict(sheets(practices, sizes, registers, met=met)))


def sheets(
    practices: pd.DataFrame, sizes: pd.DataFrame, registers: pd.DataFrame, *, met: pd.DataFrame | None
) -> Iterator[tuple[str, list[list[Any]]]]:
    """Yield name and rows of the sheet of each register that anybody is on, and of diabetes in any case.

    `sizes` has people by practice_code and age_years, `registers` by practice_code and register, `met` by practice_code
    and measure.
    """
    for register, (sheet, meaning) in REGISTERS.items():
        of_register = registers[registers["register"] == register]
        if of_register.empty and register != "diabetes":
            continue
        of_age = sizes[sizes["age_years"] >= LEAST_AGE.get(register, 0)]
        list_size, cases = (_by_practice(part, practices) for part in (of_age, of_register))
        values = (list_size, cases, _percent(cases, list_size))
        columns = [Column(title, None, part) for title, part in zip(REGISTER_BLOCK, values, strict=True)]
        if register == "smoking":
            columns = [columns[0], *_indicator(SMOKERS, cases, cases)]
        if register == "diabetes":
            columns += _care(cases, practices, met)
        yield sheet, _sheet(f"Simulated {meaning}", practices, columns)


def points(indicator: str, share: pd.Series) -> pd.Series:
    """Return the points of a share at the target: none below the lower threshold, all above the upper; 0 for null."""
    most, low, high = POINTS[indicator]
    return (most * ((share - low) / (high - low)).clip(0, 1)).fillna(0.0).round(2)


def _care(cases: pd.Series, practices: pd.DataFrame, met: pd.DataFrame | None) -> Iterator[Column]:
    total = pd.Series(0.0, index=cases.index)
    for indicator, measure in INDICATORS.items():
        at_target = cases * 0 if met is None else _by_practice(met[met["measure"] == measure], practices)
        patients = cases * 0 if met is None else cases
        total = total + points(indicator, at_target / patients.where(patients > 0))
        yield from _indicator(indicator, at_target, patients)
    yield Column("Total Achievement Score", "All", total)


def _indicator(code: str, numerator: pd.Series, patients: pd.Series) -> Iterator[Column]:
    yield Column(INDICATOR_BLOCK[0], code, numerator)
    yield Column(INDICATOR_BLOCK[1], None, patients)


def _sheet(title: str, practices: pd.DataFrame, columns: list[Column]) -> list[list[Any]]:
    above = [[title], ["Simulated region: no real person or place"], *[[] for _ in range(ROWS_ABOVE - 2)]]
    codes = [None] * len(HEADER) + [column.code for column in columns]
    header = [*HEADER, *(column.title for column in columns)]
    values = zip(*(column.values.tolist() for column in columns), strict=True)
    names = practices.to_numpy().tolist()
    return [*above, codes, header, *([*name, *row] for name, row in zip(names, values, strict=True))]


def _by_practice(counts: pd.DataFrame, practices: pd.DataFrame) -> pd.Series:
    return counts.groupby("practice_code")[PEOPLE].sum().reindex(practices["practice_code"], fill_value=0).astype(int)


def _percent(part: pd.Series, whole: pd.Series) -> pd.Series:
    return (100 * part / whole.where(whole > 0)).fillna(0.0).round(2)
