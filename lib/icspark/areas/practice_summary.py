"""The table of practices: patients, where they live, how deprived that is, disease, diabetes care, staff."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.areas.area_summary import fitted
from icspark.areas.bins import Bins, with_bins
from icspark.areas.weighting import SCORE_DIGITS, coverage, fixed_point, weighted_mean, weighted_sums
from icspark.tables.areas import CompletePractice, PracticeSummary, RegionArea
from icspark.tables.codes import DOMAINS, GP_PRACTICE_SETTING
from icspark.tables.reference import Deprivation2019, Postcode, Practice, PracticePrevalence, Registration

SCORES = tuple(f"{domain}_2019_score" for domain in DOMAINS)
QUINTILES = Bins(method="quantile", count=5)
OF_PATIENTS = (
    PracticeSummary.registered_patients_count,
    PracticeSummary.region_share,
    *SCORES,
    *[f"{domain}_2019_coverage" for domain in DOMAINS],
)
"""Columns that describe a practice's patients: null where its registrations are partial or there are none."""


def build_practice_summary(
    practices: DataFrame,
    *,
    registrations: DataFrame,
    deprivation: DataFrame,
    prevalence: DataFrame,
    postcodes: DataFrame | None = None,
    staff: DataFrame | None = None,
    region: DataFrame | None = None,
    complete: DataFrame | None = None,
    coverage_floor: float = 0.5,
    local_bins: Bins | None = None,
) -> DataFrame:
    """Return practice_summary: one row per GP practice and per practice with registrations, as PracticeSummary says.

    `complete` lists the practices whose registrations are all there, where they are an extract. `staff` has one row per
    practice. Frames beside `practices` have at most one row per practice (postcodes: per postcode), so none multiplies.
    """
    patients = patients_by_practice(registrations, deprivation, region=region, floor=coverage_floor)
    summary = (
        named_practices(practices, patients)
        .transform(lambda frame: with_lsoa(frame, postcodes))
        .transform(lambda frame: with_reason(frame, complete))
        .join(F.broadcast(prevalence), on=PracticePrevalence.practice_code, how="left")
    )
    if staff is not None:
        summary = summary.join(F.broadcast(staff), on=Practice.practice_code, how="left")
    return fitted(with_ratios(with_practice_bins(summary, local_bins)), PracticeSummary)


def patients_by_practice(
    registrations: DataFrame, deprivation: DataFrame, *, region: DataFrame | None, floor: float
) -> DataFrame:
    """Return one row per practice: patients, region_share, mean scores over them with the share of them behind each.

    A mean is sum(w x) / sum(w) over the LSOAs that have a score, w the patients there; null below `floor`. Patients
    with no area, or one outside England, weigh in the coverage only. `region_share` is null where no region is given.
    """
    total = PracticeSummary.registered_patients_count
    areas = deprivation.select(
        Deprivation2019.lsoa_2011_code, *[fixed_point(F.col(n), SCORE_DIGITS).alias(n) for n in SCORES]
    )
    # One row of scores per LSOA, so rows are not multiplied; England's are 5 MB: sent to every task.
    placed = registrations.join(F.broadcast(areas), on=Registration.lsoa_2011_code, how="left")
    inside = F.lit(None).cast("long")
    if region is not None:
        members = region.select(RegionArea.lsoa_2011_code, F.lit(True).alias("_inside"))
        placed = placed.join(F.broadcast(members), on=Registration.lsoa_2011_code, how="left")
        inside = F.coalesce(F.sum(F.when(F.col("_inside"), F.col(Registration.patients_count))), F.lit(0))
    sums = placed.groupBy(Registration.practice_code).agg(
        F.sum(Registration.patients_count).alias(total),
        F.max(Registration.practice_name).alias("_registered_name"),
        inside.alias("_inside"),
        *weighted_sums(SCORES, Registration.patients_count),
    )
    return sums.select(
        Registration.practice_code,
        "_registered_name",
        total,
        F.try_divide("_inside", total).alias(PracticeSummary.region_share),
        *[weighted_mean(n, total, digits=SCORE_DIGITS, floor=floor).alias(n) for n in SCORES],
        *[coverage(n, total).alias(n.replace("_score", "_coverage")) for n in SCORES],
    )


def named_practices(practices: DataFrame, patients: DataFrame) -> DataFrame:
    """Return the GP practices of the directory and the practices with registrations, each once, with both's columns."""
    is_gp = F.col(Practice.prescribing_setting_code).eqNullSafe(GP_PRACTICE_SETTING)
    active = F.col(Practice.status_code).eqNullSafe("A") & is_gp
    joined = practices.join(patients, on=Practice.practice_code, how="full")
    return (
        joined.filter(is_gp | F.col(PracticeSummary.registered_patients_count).isNotNull())
        .withColumn(PracticeSummary.practice_name, F.coalesce(Practice.practice_name, "_registered_name"))
        .withColumn(PracticeSummary.is_active_gp_practice, active)
    )


def with_lsoa(practices: DataFrame, postcodes: DataFrame | None) -> DataFrame:
    """Add the LSOA of the practice's postcode, or the reason why there is none."""
    code, postcode = F.col(PracticeSummary.lsoa_2011_code), F.col(Practice.postcode)
    if postcodes is None:
        reason = F.when(postcode.isNull(), "no_postcode").otherwise("no_directory")
        return practices.withColumn(PracticeSummary.lsoa_2011_reason, reason)
    places = postcodes.select(Postcode.postcode, Postcode.lsoa_2011_code, F.lit(True).alias("_known"))
    reason = (
        F.when(postcode.isNull(), "no_postcode")
        .when(F.col("_known").isNull(), "postcode_not_in_directory")
        .when(code.isNull(), "no_lsoa_in_directory")
    )
    joined = practices.join(places, on=Practice.postcode, how="left")
    return joined.withColumn(PracticeSummary.lsoa_2011_reason, reason)


def with_reason(practices: DataFrame, complete: DataFrame | None) -> DataFrame:
    """Add `summary_reason` and make every figure of patients null where there is one."""
    is_partial: Column = F.lit(False)
    if complete is not None:
        whole = complete.select(CompletePractice.practice_code, F.lit(True).alias("_whole"))
        practices = practices.join(F.broadcast(whole), on=Practice.practice_code, how="left")
        is_partial = F.col("_whole").isNull()
    nobody = F.col(PracticeSummary.registered_patients_count).isNull()
    reason = F.when(is_partial, "partial").when(nobody, "no_registrations")
    known = {name: F.when(F.col(PracticeSummary.summary_reason).isNull(), F.col(name)) for name in OF_PATIENTS}
    return practices.withColumn(PracticeSummary.summary_reason, reason).withColumns(known)


def with_practice_bins(practices: DataFrame, local_bins: Bins | None) -> DataFrame:
    """Add the quintile of each score among the active GP practices, how many those are, and bins as configured."""
    active = F.col(PracticeSummary.is_active_gp_practice)
    binned = with_bins(practices, {s: s.replace("_score", "_quintile") for s in SCORES}, QUINTILES, among=active)
    has_score = active & F.col("imd_2019_score").isNotNull()
    scored = practices.agg(F.count_if(has_score).alias("_scored"))  # one row: rows are not multiplied
    binned = binned.crossJoin(F.broadcast(scored))
    reference = F.when(has_score, F.col("_scored"))
    binned = binned.withColumn(PracticeSummary.quintile_practices_count, reference)
    if local_bins is None:
        return binned
    return with_bins(binned, {s: s.replace("_score", "_local_bin") for s in SCORES}, local_bins, among=active)


def with_ratios(practices: DataFrame) -> DataFrame:
    """Add patients per practitioner; null where either is unknown, or there is no practitioner."""
    if PracticeSummary.staff_current_count not in practices.columns:
        return practices
    ratio = F.try_divide(F.col(PracticeSummary.registered_patients_count), F.col(PracticeSummary.staff_current_count))
    return practices.withColumn(PracticeSummary.patients_per_practitioner, ratio)
