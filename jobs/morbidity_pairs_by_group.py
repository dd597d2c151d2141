"""Tell for whom conditions go together: the odds ratio of every pair in each group, its difference and its trend."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from icspark.config import JobConfig
from icspark.job import Job
from icspark.morbidity.pair_table import PairRules
from icspark.morbidity.pairs import Counting, build_morbidity_pair_by_group
from icspark.tables.morbidity import ConditionHistory, MorbidityPairByGroup

READS = (ConditionHistory,)
WRITES = (MorbidityPairByGroup,)


class Config(JobConfig):
    """Which groups, and how pairs are judged."""

    group_by: str = Field("imd_2019_quintile", description="column of people whose values make the groups")
    zero_cells: Literal["keep", "drop_stratum"] = Field(
        "keep", description="keep strata with an empty cell (the textbook), or leave them out (as some tools do)"
    )
    most_conditions: int = Field(1000, ge=2, description="ceiling on the number of conditions")


def run(job: Job[Config]) -> None:
    """Write morbidity_pair_by_group."""
    config = job.config
    counting = Counting(config.most_conditions, 0, PairRules(config.zero_cells))
    job.write(
        MorbidityPairByGroup, build_morbidity_pair_by_group(job.read(ConditionHistory), config.group_by, counting)
    )
