"""Calendar years that are counted, one by one or pooled."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field, model_validator
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.config import JobConfig
from icspark.errors import TableError
from icspark.tables.activity import PersonActivity


@dataclass(frozen=True)
class Periods:
    """Calendar years, pooled from the last one backwards; `pooled` divides their number."""

    first: int
    last: int
    pooled: int = 1

    @property
    def ends(self) -> tuple[int, ...]:
        """Return the last year of each period."""
        return tuple(range(self.first + self.pooled - 1, self.last + 1, self.pooled))

    def end(self, year: Column) -> Column:
        """Return the last year of the period that holds a year."""
        before = F.floor((F.lit(self.last) - year) / F.lit(self.pooled))
        return (F.lit(self.last) - before * F.lit(self.pooled)).cast("long")

    def middle(self, end: Column) -> Column:
        """Return the year on whose 1 July ages are taken: the middle one, the later of two."""
        return end - F.lit((self.pooled - 1) // 2)


class PooledYears(JobConfig):
    """Which calendar years, and how many of them make one row."""

    first_year: int | None = Field(None, ge=1900, le=2200, description="first calendar year; null: the table's first")
    last_year: int | None = Field(None, ge=1900, le=2200, description="last calendar year; null: the table's last")
    pooled_years: int = Field(1, ge=1, le=20, description="years pooled in one row; divides the number of years")

    @model_validator(mode="after")
    def _in_order(self) -> PooledYears:
        if self.first_year and self.last_year and self.first_year > self.last_year:
            raise ValueError("first_year is after last_year")
        return self

    def periods(self, activity: DataFrame) -> Periods:
        """Return the periods of rows of person_activity, whose first and last year are looked up.

        Raises TableError where years are asked for that the table does not cover, and where the years cannot be pooled
        into whole periods.
        """
        year = F.col(PersonActivity.year)
        ((first, last),) = activity.agg(F.min(year), F.max(year)).take(1)
        wanted = (self.first_year or first, self.last_year or last)
        if first is None or wanted[0] < first or wanted[1] > last:
            raise TableError(
                "the table does not cover the years that are asked for",
                where=PersonActivity.name(),
                expected=f"{wanted[0]} to {wanted[1]}",
                found=f"{first} to {last}",
                mend="change the years of person_activity, or those of this job",
            )
        if (wanted[1] - wanted[0] + 1) % self.pooled_years:
            raise TableError(
                f"the years {wanted[0]} to {wanted[1]} are no whole periods of {self.pooled_years}",
                where=PersonActivity.name(),
                mend="change pooled_years, or first_year",
            )
        return Periods(wanted[0], wanted[1], self.pooled_years)
