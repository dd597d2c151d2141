# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # The neighbourhood of a condition
#
# What goes with one condition, what comes before and after it, for whom, and where it is different: from the tables
# that the morbidity jobs made (`icspark run --all --conf conf/demo.yml` makes them of a simulated region). An arrow
# says *precedes*, never *causes*.

# %%
import os

import matplotlib.pyplot as plt
from pyspark.sql import functions as F

from icspark.notebook import open_tables
from icspark.tables.morbidity import (
    MorbidityEdge,
    MorbidityEnrichment,
    MorbidityNode,
    MorbidityPair,
    MorbidityPairByGroup,
    Trajectory,
)

tables = open_tables(os.environ.get("ICSPARK_CONF", "conf/demo.yml"))

# %% [markdown]
# ## Which condition?
#
# The one with the most edges, unless another is named here.

# %%
nodes = tables.read(MorbidityNode).orderBy(F.desc("degree"), "condition")
condition = os.environ.get("ICSPARK_CONDITION") or nodes.first()["condition"]
is_of_pair = (F.col("condition_a") == condition) | (F.col("condition_b") == condition)
other = F.when(F.col("condition_a") == condition, F.col("condition_b")).otherwise(F.col("condition_a"))
nodes.filter(F.col("condition") == condition).toPandas()

# %% [markdown]
# ## What goes with it
#
# Its edges: the Mantel-Haenszel odds ratio within strata of age, sex and deprivation, with its 95 % interval, and how
# many people had the one or the other first. `kept_share` is the share of replicates of the people that keep the edge.

# %%
edges = (
    tables.read(MorbidityEdge)
    .filter((F.col("source") == condition) | (F.col("target") == condition))
    .withColumn("condition_a", F.least("source", "target"))
    .withColumn("condition_b", F.greatest("source", "target"))
    .select("condition_a", "condition_b", "source", "is_directed", "kept_share")
)
neighbours = (
    tables.read(MorbidityPair)
    .join(edges, on=["condition_a", "condition_b"], how="inner")
    .select(
        other.alias("neighbour"),
        F.when(~F.col("is_directed"), "")
        .when(F.col("source") == condition, "after it")
        .otherwise("before it")
        .alias("comes"),
        "both_count",
        "odds_ratio",
        "odds_ratio_lower_95",
        "odds_ratio_upper_95",
        "a_before_b_count",
        "b_before_a_count",
        "kept_share",
    )
    .orderBy(F.desc("odds_ratio"), "neighbour")
    .toPandas()
)
neighbours.round(2)

# %%
figure, axes = plt.subplots(figsize=(8, 1 + 0.34 * len(neighbours)))
below, above = (
    (neighbours["odds_ratio"] - neighbours["odds_ratio_lower_95"]).abs(),
    (neighbours["odds_ratio_upper_95"] - neighbours["odds_ratio"]).abs(),
)
axes.errorbar(neighbours["odds_ratio"], neighbours["neighbour"], xerr=[below, above], fmt="o", color="#0a4f7a")
axes.axvline(1, color="#8b98a5", linewidth=1)
axes.set(xscale="log", xlabel="odds ratio, 95 % interval")
axes.set_title(f"What goes with {condition.replace('_', ' ')}", loc="left")
axes.invert_yaxis()

# %% [markdown]
# ## Is it the same everywhere?
#
# The odds ratio of each pair among the people of each national fifth of deprivation (1 is the most deprived), and the q
# value of the test that all are one.

# %%
by_group = (
    tables.read(MorbidityPairByGroup)
    .filter(is_of_pair & (F.col("group") != "unknown"))
    .groupBy(other.alias("neighbour"), "heterogeneity_q_value")
    .pivot("group")
    .agg(F.first("odds_ratio"))
    .orderBy(F.col("heterogeneity_q_value").asc_nulls_last(), "neighbour")
    .toPandas()
)
by_group.round(2)

# %% [markdown]
# ## Who has it
#
# People of each group against what is expected among others like them in the other characteristics.

# %%
enrichment = (
    tables.read(MorbidityEnrichment)
    .filter(F.col("subject") == condition)
    .select("demographic", "group", "observed_count", "expected_count", "ratio", "q_value")
    .orderBy("demographic", "group")
    .toPandas()
)
enrichment.round(3)

# %% [markdown]
# ## The ways through it
#
# Paths along the arrows, and how many went along them, against what each step alone explains.

# %%
paths = (
    tables.read(Trajectory)
    .filter(F.array_contains(F.split("path", " > "), condition))
    .orderBy(F.desc("people_count"), "path")
    .toPandas()
)
paths.round(2)
