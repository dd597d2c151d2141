"""Statistics of inequality between areas and between practices."""

from __future__ import annotations

from pyspark.sql import types as T

from icspark.tables.table import Table, column

STRING, LONG, DOUBLE, BOOLEAN = T.StringType(), T.LongType(), T.DoubleType(), T.BooleanType()


class Correlation(Table):
    """One row per level, analysis, outcome and factor.

    Source: derived from area_summary, practice_summary and ONS Census 2011. Licence: OGL v3. Spearman's coefficient,
    partial where `controls` names any, over the complete cases of the analysis; outcomes of LSOAs are attributed from
    practices, so neighbours share them and the plain interval is too narrow: the clustered limits stand beside it.
    Statistics are null where `reason` says why.
    """

    level = column(STRING, "lsoa or practice", key=True)
    analysis = column(
        STRING, "domains, education_sub_domains, adult_skills_parts (partial); unadjusted (practices)", key=True
    )
    outcome = column(STRING, "column of the outcome", key=True)
    factor = column(STRING, "column of the factor", key=True)
    controls = column(STRING, "columns held constant, joined by a comma; null where there are none")
    n_count = column(LONG, "areas or practices with every column of the analysis", required=True)
    coefficient = column(DOUBLE, "Spearman's (partial) rank correlation")
    lower_95 = column(DOUBLE, "lower 95 % limit: Fisher's z, variance 1.06 / (n - k - 3), k controls")
    upper_95 = column(DOUBLE, "upper 95 % limit, likewise")
    p_value = column(DOUBLE, "two-sided t test on n - 2 - k degrees of freedom")
    q_value = column(DOUBLE, "Benjamini-Hochberg over the level and analysis")
    clustered_lower_95 = column(
        DOUBLE, "lower 95 % limit by resampling whole local authorities; null for practices and without a lookup"
    )
    clustered_upper_95 = column(DOUBLE, "upper 95 % limit, likewise")
    clusters_count = column(LONG, "local authorities that were resampled; null where there are no clustered limits")
    replicates_count = column(LONG, "resamples drawn; null where there are no clustered limits")
    reason = column(STRING, "why there are no statistics: too_few, constant, collinear; null where there are")


class AgeByDeprivation(Table):
    """One row per outcome, band of median age and quintile of deprivation of LSOAs.

    Source: derived from area_summary. Licence: OGL v3. Every band and quintile is a row; the mean is null where no area
    falls into the cell. Outcomes are attributed from practices.
    """

    outcome = column(STRING, "column of the outcome", key=True)
    domain = column(STRING, "domain or index whose national quintile is taken", key=True)
    median_age_from_years = column(LONG, "lower edge of the band of median age, within", key=True)
    quintile = column(LONG, "national quintile; 1 = most deprived", key=True)
    median_age_to_years = column(LONG, "upper edge of the band, not within", required=True)
    areas_count = column(LONG, "LSOAs in the cell", required=True)
    mean_prevalence = column(DOUBLE, "plain mean of the outcome over those LSOAs")
    fitted_prevalence = column(DOUBLE, "fitted line of the quintile at the mean of the areas' median ages in the cell")
    is_sparse = column(BOOLEAN, "fewer than 10 LSOAs: to be greyed", required=True)


class AgeByDeprivationSlope(Table):
    """One row per outcome and quintile of deprivation: the fitted line of the outcome on median age.

    Source: derived from area_summary. Licence: OGL v3. Least squares of the outcome on median age x national quintile
    (categorical) over the complete LSOAs, HC3 errors; statistics null where `reason` says why.
    """

    outcome = column(STRING, "column of the outcome", key=True)
    domain = column(STRING, "domain or index whose national quintile is taken", key=True)
    quintile = column(LONG, "national quintile; 1 = most deprived", key=True)
    areas_count = column(LONG, "LSOAs of the quintile", required=True)
    n_count = column(LONG, "LSOAs of the whole fit", required=True)
    intercept = column(DOUBLE, "fitted outcome at a median age of 0: only to draw the line")
    slope_per_year = column(DOUBLE, "change of the outcome with each year of median age")
    slope_standard_error = column(DOUBLE, "its HC3 standard error")
    slope_lower_95 = column(DOUBLE, "lower 95 % limit of the slope (t distribution)")
    slope_upper_95 = column(DOUBLE, "upper 95 % limit, likewise")
    interaction_f = column(
        DOUBLE, "joint F of the interaction: that all slopes are one; the same in each row of an outcome"
    )
    interaction_p_value = column(DOUBLE, "its p value")
    interaction_q_value = column(DOUBLE, "Benjamini-Hochberg over the outcomes")
    r_squared = column(DOUBLE, "share of the variance of the outcome that the whole fit explains")
    reason = column(STRING, "why there is no fit: too_few, constant, empty_quintile; null where there is one")
