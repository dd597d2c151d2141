"""Summaries of practices and areas, and what an extract or a region covers."""

from __future__ import annotations

from pyspark.sql import types as T

from icspark.tables.codes import DOMAINS, REGISTERS
from icspark.tables.table import ColumnSpec, Table, column

STRING, LONG, DOUBLE, DATE, BOOLEAN = T.StringType(), T.LongType(), T.DoubleType(), T.DateType(), T.BooleanType()

DIABETES_MEASURES: dict[str, str] = {
    "diabetes_points": "QOF points achieved for diabetes",
    "diabetes_blood_pressure_share": "DM019: share of patients with diabetes at the blood pressure target",
    "diabetes_hba1c_share": "DM020: share of patients with diabetes at the HbA1c target",
}
"""Measures of diabetes care in the Quality and Outcomes Framework, beside the register itself."""

OUTCOMES: dict[str, str] = {
    **{f"{name}_prevalence": f"{title}: register / its list size" for name, (_, title) in REGISTERS.items()},
    **DIABETES_MEASURES,
}
"""Every measure that practices report and that areas are given: column -> meaning."""


def coverage_of(measure: str) -> str:
    """Return the name of the column that holds the known share of a measure's weight."""
    return f"{measure.removesuffix('_prevalence').removesuffix('_score')}_coverage"


def _practice_families() -> dict[str, ColumnSpec]:
    families: dict[str, ColumnSpec] = {}
    for domain, title in DOMAINS.items():
        vintage, stem = "imd_2019", f"{domain}_2019"
        families[f"{stem}_score"] = ColumnSpec(
            DOUBLE,
            f"{title}: score, mean over the LSOAs of its registered patients; higher is more deprived",
            vintage=vintage,
        )
        families[f"{stem}_coverage"] = ColumnSpec(DOUBLE, f"{title}: share of its patients whose LSOA has a score")
        families[f"{stem}_quintile"] = ColumnSpec(
            LONG, f"{title}: fifth of the active GP practices that are loaded; 1 = most deprived", vintage=vintage
        )
        families[f"{stem}_local_bin"] = ColumnSpec(
            LONG,
            f"{title}: bin of the active GP practices as configured; 1 = most deprived; null unless configured",
            vintage=vintage,
        )
    families |= {name: ColumnSpec(DOUBLE, meaning) for name, meaning in OUTCOMES.items()}
    return families


def _area_families() -> dict[str, ColumnSpec]:
    families: dict[str, ColumnSpec] = {}
    for domain, title in DOMAINS.items():
        vintage, stem = "imd_2019", f"{domain}_2019"
        families[f"{stem}_score"] = ColumnSpec(DOUBLE, f"{title}: score; higher is more deprived", vintage=vintage)
        families[f"{stem}_quintile"] = ColumnSpec(
            LONG, f"{title}: national fifth by rank; 1 = most deprived", vintage=vintage
        )
        families[f"{stem}_local_bin"] = ColumnSpec(
            LONG,
            f"{title}: bin among the region's areas as configured; 1 = most deprived; null unless configured",
            vintage=vintage,
        )
    for name, meaning in OUTCOMES.items():
        families[name] = ColumnSpec(
            DOUBLE, f"{meaning}; attributed from the practices where its residents are registered"
        )
        families[coverage_of(name)] = ColumnSpec(
            DOUBLE, f"share of its registered patients whose practice reports {name}"
        )
    return families


class RegionArea(Table):
    """One row per LSOA 2011 of the region.

    Source: the region that the environment's configuration names. Licence: that of its list or lookup.
    """

    lsoa_2011_code = column(STRING, "LSOA 2011 code", key=True, vintage="lsoa_2011")


class CompletePractice(Table):
    """One row per practice whose registrations are complete in an extract.

    Source: the list that comes with the extract. Licence: that of the extract. Where this table is present the loaded
    registrations are an extract: complete for these practices and for the areas of the region, partial for all others.
    """

    practice_code = column(STRING, "ODS code of the practice", key=True)


class PracticeSummary(Table, more=_practice_families()):
    """One row per GP practice of the Organisation Data Service, and per practice with registered patients.

    Source: derived from NHS England's registrations, ODS files and Quality and Outcomes Framework and MHCLG's English
    Indices of Deprivation 2019. Licence: OGL v3. Scores are means over registered patients, each with the score of
    their LSOA; null where less than the configured share of the patients has one and, as all figures of patients, where
    `summary_reason` says why. Quintiles and bins are taken over the active GP practices; null for all others. Outcomes
    are null where the practice reports none.
    """

    practice_code = column(STRING, "ODS code", key=True)
    practice_name = column(STRING, "name")
    postcode = column(STRING, "postcode in the form with one space")
    lsoa_2011_code = column(STRING, "LSOA 2011 of the postcode", vintage="lsoa_2011")
    lsoa_2011_reason = column(
        STRING,
        "why there is no LSOA: no_postcode, no_directory, postcode_not_in_directory, no_lsoa_in_directory",
    )
    open_date = column(DATE, "date opened")
    close_date = column(DATE, "date closed; null while open")
    status_code = column(STRING, "A active, C closed, D dormant, P proposed; null where the practice is in no ODS file")
    prescribing_setting_code = column(STRING, "0 other, 4 GP practice, and so on")
    is_active_gp_practice = column(BOOLEAN, "status A and prescribing setting 4", required=True)
    summary_reason = column(
        STRING,
        "why there are no figures of patients: partial (an extract holds only some of them), no_registrations; "
        "null where there are",
    )
    registered_patients_count = column(LONG, "registered patients, wherever they live")
    region_share = column(
        DOUBLE,
        "registered patients whose LSOA is in the region / all registered patients; null where no region is given",
    )
    quintile_practices_count = column(
        LONG, "active GP practices with a score of the index, over which quintiles are taken"
    )
    staff_source = column(STRING, "table that the staff figures come from: practitioner or practice_staff")
    staff_as_of_date = column(DATE, "date at which staff are counted; null where the file does not say")
    staff_current_count = column(DOUBLE, "practitioners working there at that date")
    staff_departed_count = column(DOUBLE, "practitioners who had left by then")
    staff_mean_count = column(DOUBLE, "mean number working there over the practice's span")
    staff_turnover_per_year = column(
        DOUBLE, "departed / (mean x years), a fraction; null where the mean or the span is 0"
    )
    patients_per_practitioner = column(
        DOUBLE, "registered patients / practitioners at the as-of date; null where there are none"
    )


class AreaSummary(Table, more=_area_families()):
    """One row per English LSOA 2011.

    Source: derived from ONS population estimates, census and area measurements, MHCLG's English Indices of Deprivation
    2019, and NHS England's registrations and Quality and Outcomes Framework. Licence: OGL v3. A prevalence or diabetes
    measure is attributed from practices: the mean of the practices of the area's residents, weighted by registered
    patients, not a count of the area's own residents; null where less than the configured share of the patients is at
    a practice that reports it. Quintiles and deciles are national: ceil(k x rank / areas). Anything else is null where
    its source has no value for the area, and figures of registrations where `summary_reason` says why.
    """

    lsoa_2011_code = column(STRING, "LSOA 2011 code", key=True, vintage="lsoa_2011")
    lsoa_2011_name = column(STRING, "LSOA 2011 name")
    in_region = column(BOOLEAN, "whether the area is in the configured region; null where no region is given")
    population_count = column(LONG, "residents; null where the population file does not have the area")
    median_age_years = column(DOUBLE, "median age of residents in years; null where nobody lives there")
    male_share = column(DOUBLE, "males / all residents; null where the population file has persons only")
    ethnic_minority_share = column(DOUBLE, "residents of other than White groups / all residents")
    area_hectares = column(DOUBLE, "hectares of land")
    area_hectares_source = column(STRING, "how the hectares of this 2011 area are known, or why they are not")
    residents_per_hectare = column(DOUBLE, "residents / hectares; null where either is unknown")
    summary_reason = column(
        STRING,
        "why there are no figures of registrations: partial (an extract holds only some of them), no_registrations; "
        "null where there are",
    )
    registered_patients_count = column(LONG, "patients registered at any practice who live there")
    practices_serving_90_percent_count = column(
        LONG, "smallest number of practices, largest first, that hold at least 90 % of its registered patients"
    )
    imd_2019_decile = column(
        LONG, "Index of Multiple Deprivation: national tenth by rank; 1 = most deprived", vintage="imd_2019"
    )
