"""The planted parameters of a simulated region, read from the table truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from pyspark.sql import DataFrame

from icspark.checking.limits import Floats
from icspark.tables.truth import Truth

QUINTILES = (1, 2, 3, 4, 5)
"""From the most to the least deprived."""


@dataclass(frozen=True, eq=False)
class Planted:
    """Values by parameter and subject: numbers, or texts."""

    numbers: Mapping[str, Mapping[str, float]]
    texts: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, truth: DataFrame) -> Planted:
        """Return the parameters of the table truth: as many as the configuration has, whatever the region's size."""
        numbers: dict[str, dict[str, float]] = {}
        texts: dict[str, dict[str, str]] = {}
        for row in truth.select(Truth.parameter, Truth.subject, Truth.value, Truth.text).toLocalIterator():
            if row.value is not None:
                numbers.setdefault(row.parameter, {})[row.subject] = row.value
            elif row.text is not None:
                texts.setdefault(row.parameter, {})[row.subject] = row.text
        return cls(numbers, texts)

    def number(self, parameter: str, subject: str = "") -> float:
        """Return one number."""
        return self.numbers[parameter][subject]

    def day(self, parameter: str) -> date:
        """Return one date."""
        return date.fromisoformat(self.texts[parameter][""])

    def listed(self, parameter: str) -> list[float]:
        """Return the numbers of a list, in its order."""
        found = self.numbers[parameter]
        return [found[str(place)] for place in range(len(found))]

    def by_age(self, parameter: str, ages: Floats) -> Floats:
        """Return a curve that is linear between its knots, the subjects, at some ages."""
        knots = sorted((float(age), value) for age, value in self.numbers[parameter].items())
        return np.interp(ages, [age for age, _ in knots], [value for _, value in knots])

    def by_quintile(self, parameter: str) -> dict[int, float]:
        """Return a pair (least, most deprived quintile) as five equal steps, by quintile."""
        least, most = self.listed(parameter)
        return {quintile: least + (most - least) * (5 - quintile) / 4 for quintile in QUINTILES}
