# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Two versions of a model of non-attendance
#
# The two newest versions that were measured on one window, side by side: what they measure, for whom they come true,
# and how the champion fares since. Everything is read from tables that `make demo` made. **A difference without limits
# is no finding**: each version's limits come from people drawn anew, and the paired difference is one of the gates.

# %%
import os

import matplotlib.pyplot as plt
from pyspark.sql import functions as F

from icspark.notebook import open_tables
from icspark.tables.dna import DnaCurve, DnaEvaluation, DnaModel, DnaMonitor, DnaPromotion

tables = open_tables(os.environ.get("ICSPARK_CONF", "conf/demo.yml"))
window = os.environ.get("ICSPARK_WINDOW", "test")

# %% [markdown]
# ## Which versions?

# %%
evaluation = tables.read(DnaEvaluation).filter(F.col("window") == window)
newest = [row[0] for row in evaluation.select("model_version").distinct().orderBy(F.desc("model_version")).take(2)]
models = (
    tables.read(DnaModel)
    .filter(F.col("model_version").isin(newest))
    .select("model_version", "parent_version", "kind", "train_from_date", "train_to_date", "calibrator", "threshold")
    .orderBy("model_version")
    .toPandas()
)
models

# %% [markdown]
# ## What do they measure, overall?

# %%
compared = evaluation.filter(F.col("model_version").isin(newest))
overall = (
    compared.filter("group_by = 'overall'")
    .select("measure", "model_version", "value", "lower_95", "upper_95")
    .orderBy("measure", "model_version")
    .toPandas()
    .set_index(["measure", "model_version"])
    .unstack()
)
overall.round(3)

# %% [markdown]
# ## Do they come true in every group?
#
# Calibration in the large: 0 is right, above it more stayed away than was said. Groups with too few outcomes say so.

# %%
by_group = (
    compared.filter("group_by != 'overall' AND measure = 'calibration_in_the_large'")
    .select("group_by", "group", "model_version", "value", "lower_95", "upper_95", "reason")
    .orderBy("group_by", "group", "model_version")
    .toPandas()
)
by_group.round(3)

# %% [markdown]
# ## Observed against said
#
# Tenths of the appointments by probability; on the line what was said came true.

# %%
curve = (
    tables.read(DnaCurve)
    .filter((F.col("window") == window) & (F.col("curve") == "calibration") & F.col("model_version").isin(newest))
    .orderBy("model_version", "point")
    .toPandas()
)
figure, axes = plt.subplots(figsize=(6, 6))
for version, points in curve.groupby("model_version"):
    limits = [points["y"] - points["lower_95"], points["upper_95"] - points["y"]]
    axes.errorbar(points["x"], points["y"], yerr=limits, marker="o", linewidth=1, label=f"version {version}")
most = max(curve["x"].max(), curve["y"].max())
axes.plot([0, most], [0, most], color="grey", linewidth=0.8)
axes.set(xlabel="mean probability", ylabel="share not attended")
axes.set_title(f"Window {window}", loc="left")
axes.legend()

# %% [markdown]
# ## What did the gates say?

# %%
gates = (
    tables.read(DnaPromotion)
    .filter(F.col("model_version").isin(newest))
    .select(
        "model_version",
        "decided_datetime",
        "gate",
        "group",
        "value",
        "lower",
        "upper",
        "limit",
        "is_passed",
        "decision",
    )
    .orderBy("model_version", "decided_datetime", "gate", "group")
    .toPandas()
)
gates

# %% [markdown]
# ## And since?
#
# The alarms of the monitor, with the limits that each passed. `shared_by_count` measures share one false alarm a year.

# %%
alarms = (
    tables.read(DnaMonitor)
    .filter("is_alarm")
    .select(
        "model_version",
        "week_start_date",
        "measure",
        "feature",
        "group_by",
        "group",
        "value",
        "lower_limit",
        "upper_limit",
        "shared_by_count",
    )
    .orderBy("model_version", "week_start_date", "measure", "feature", "group_by", "group")
    .toPandas()
)
alarms
