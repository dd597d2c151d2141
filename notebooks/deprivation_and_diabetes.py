# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Diabetes and deprivation
#
# What `make demo` made, opened from its tables: where diabetes is common, which kinds of deprivation go with it, and
# whether age means the same in poor and rich places. A prevalence of an area is **attributed from the practices** where
# its residents are registered: neighbours that share practices share it. Nothing here tells what causes what.

# %%
import os

import matplotlib.pyplot as plt
from pyspark.sql import functions as F

from icspark.notebook import open_tables
from icspark.tables.areas import AreaSummary
from icspark.tables.inequality import AgeByDeprivationSlope, Correlation

tables = open_tables(os.environ.get("ICSPARK_CONF", "conf/suffolk.yml"))

# %% [markdown]
# ## Which domain goes with diabetes, the others held constant?
#
# Spearman's partial correlation over the region's areas, with age, ethnic minority and male share held constant too.
# `clustered` limits come from resampling whole local authorities, since neighbouring areas are alike.

# %%
of_diabetes = (
    tables.read(Correlation)
    .filter((F.col("level") == "lsoa") & (F.col("analysis") == "domains") & (F.col("outcome") == "diabetes_prevalence"))
    .select(
        "factor",
        "n_count",
        "coefficient",
        "lower_95",
        "upper_95",
        "q_value",
        "clustered_lower_95",
        "clustered_upper_95",
    )
    .orderBy(F.abs("coefficient").desc_nulls_last(), "factor")
    .toPandas()
)
of_diabetes.round(3)

# %% [markdown]
# ## The areas themselves
#
# Education against diabetes, coloured by national fifth of the whole index: 1 (dark) is the most deprived.

# %%
areas = (
    tables.read(AreaSummary)
    .filter(F.coalesce("in_region", F.lit(True)))
    .select("education_2019_score", "diabetes_prevalence", "imd_2019_quintile", "registered_patients_count")
    .dropna()
    .orderBy("education_2019_score", "diabetes_prevalence")
    .toPandas()
)
figure, axes = plt.subplots(figsize=(8, 5))
points = axes.scatter(
    areas["education_2019_score"],
    100 * areas["diabetes_prevalence"],
    s=areas["registered_patients_count"] / 60,
    c=areas["imd_2019_quintile"],
    cmap="viridis",
    vmin=1,
    vmax=5,
    edgecolor="white",
    linewidth=0.5,
)
axes.set(
    xlabel="Education, Skills and Training: score (higher is more deprived)",
    ylabel="diabetes, % of patients (attributed)",
)
axes.set_title(f"{len(areas)} areas", loc="left")
figure.colorbar(points, label="national fifth of deprivation", ticks=range(1, 6))
# %% [markdown]
# ## Does age mean the same everywhere?
#
# The fitted change of diabetes prevalence with each year of an area's median age, in each fifth of deprivation.

# %%
slopes = (
    tables.read(AgeByDeprivationSlope)
    .filter("outcome = 'diabetes_prevalence'")
    .orderBy("domain", "quintile")
    .toPandas()
)
slopes[
    ["domain", "quintile", "areas_count", "slope_per_year", "slope_lower_95", "slope_upper_95", "interaction_p_value"]
]
