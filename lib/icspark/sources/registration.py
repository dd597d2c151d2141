"""Registered patients by practice and area of residence.

Record specification: NHS England, Patients Registered at a GP Practice, `gp-reg-pat-prac-lsoa-all.csv`: a header
PUBLICATION, EXTRACT_DATE, PRACTICE_CODE, PRACTICE_NAME, LSOA_CODE, SEX (ALL) and, last, NUMBER_OF_PATIENTS, which older
editions write `Number of Patients`. Read by header. Not seen on a real file. Tidied files by the names in the
configuration (seen).

Areas are LSOAs of 2011. A code that only LSOAs of 2021 have is rejected. What is no area of England or Wales (`NO2011`,
pseudo-codes of other countries) is accepted with a null `lsoa_2011_code`; Welsh areas are accepted. Both are counted.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import VintageError
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.headers import configured, demand, of_file, spelt
from icspark.sources.parents import PARENT, is_no_code, with_parent_rejected
from icspark.sources.reading import read_any, typed
from icspark.tables.reference import Registration

SPELLINGS = {
    Registration.practice_code: ("PRACTICE_CODE",),
    Registration.practice_name: ("PRACTICE_NAME",),
    Registration.area_code: ("LSOA_CODE",),
    Registration.patients_count: ("NUMBER_OF_PATIENTS", "NUMBER OF PATIENTS"),
}
SEX = "SEX"
ISSUED_2021 = (("E01033769", "E01035762"), ("W01001959", "W01002040"))
"""The ranges of LSOA codes that were first issued in 2021, of England and of Wales."""

_LSOA = "^[EW]01[0-9]{6}$"
_NO_AREA = "^(NO20[0-9]{2}|[LMNS][0-9]{8})$"


def is_only_of_2021(code: Column) -> Column:
    """Return whether an LSOA code was first issued in 2021."""
    english, welsh = (code.between(*codes) for codes in ISSUED_2021)
    return code.rlike(_LSOA) & (english | welsh)


RULES = (
    Rule(
        "ONE_SEX",
        "A row counts all sexes: those of one sex repeat them.",
        lambda: F.upper(F.col("_sex")) != "ALL",
    ),
    Rule(
        "PRACTICE_CODE_FORM",
        "A practice's code is capitals and digits, with a digit, 3 to 8 of them (so a total is none).",
        is_no_code(Registration.practice_code),
    ),
    Rule(
        "AREA_VINTAGE",
        "An area is an LSOA of 2011; this code is only of 2021.",
        lambda: is_only_of_2021(F.col(Registration.area_code)),
    ),
    Rule(
        "AREA_CODE_FORM",
        "An area is an LSOA of England or Wales, or a code that says that it is none.",
        lambda: ~F.col(Registration.area_code).rlike(_LSOA) & ~F.col(Registration.area_code).rlike(_NO_AREA),
    ),
    Rule("PATIENTS_NEGATIVE", "A number of patients is not negative.", lambda: F.col(Registration.patients_count) < 0),
    PARENT,
)


NOTES = {
    "patients": lambda: F.col(Registration.patients_count),
    "rows_without_area": lambda: F.col(Registration.lsoa_2011_code).isNull(),
    "patients_without_area": lambda: F.when(
        F.col(Registration.lsoa_2011_code).isNull(), F.col(Registration.patients_count)
    ),
    "rows_of_wales": lambda: F.col(Registration.area_code).startswith("W"),
    "patients_of_wales": lambda: F.when(
        F.col(Registration.area_code).startswith("W"), F.col(Registration.patients_count)
    ),
}
"""What is counted over the accepted rows, for the run record."""


def read(spark: SparkSession, source: Source, *, lost_practices: DataFrame | None = None) -> Checked:
    """Read the publisher's file, or a tidied one whose columns the configuration names. Grain: practice and area.

    `lost_practices` are the codes of practices that were rejected: rows of theirs are rejected too. The notes count
    patients, and the rows and patients of Wales and without an area. Raises VintageError for a source said to be other
    than of 2011.
    """
    if source.vintage not in (None, "lsoa_2011"):
        raise VintageError(
            "the table is of LSOAs of 2011", where="sources.registration", found=f"vintage {source.vintage}"
        )
    publishers = (SPELLINGS[Registration.practice_code][0], SPELLINGS[Registration.area_code][0])
    raw = read_any(spark, source, required=list(source.columns.values()) or publishers)
    names = _names(raw, source)
    rows = typed(raw, Registration, names, also={"_sex": SEX}).withColumn(
        Registration.lsoa_2011_code, F.when(F.col(Registration.area_code).rlike(_LSOA), F.col(Registration.area_code))
    )
    known = with_parent_rejected(rows, lost_practices)
    return check(known, Registration, RULES, ceiling=source.rejected_ceiling, notes=NOTES)


def _names(raw: DataFrame, source: Source) -> dict[str, str]:
    if source.columns:
        names = configured(raw.columns, source, Registration, where="registration")
    else:
        names = spelt(of_file(raw.columns), SPELLINGS)
    needed = (Registration.practice_code, Registration.area_code, Registration.patients_count)
    demand(names, needed, raw.columns, where="registration")
    return {Registration.practice_name: ""} | names
