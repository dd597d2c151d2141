"""Tell which conditions go together and which comes first: every pair, within strata of people."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from icspark.config import JobConfig
from icspark.job import Job
from icspark.morbidity.cases import shared_codes
from icspark.morbidity.pair_table import PairRules
from icspark.morbidity.pairs import Counting, build_morbidity_pair, listed_codes
from icspark.tables.morbidity import ConditionCode, ConditionHistory, MorbidityPair

READS = (ConditionHistory,)
READS_IF_PRESENT = (ConditionCode,)
WRITES = (MorbidityPair,)


class Config(JobConfig):
    """How pairs are counted and judged."""

    zero_cells: Literal["keep", "drop_stratum"] = Field(
        "keep", description="keep strata with an empty cell (the textbook), or leave them out (as some tools do)"
    )
    continuity: bool = Field(False, description="the continuity correction of the Cochran-Mantel-Haenszel test")
    min_gap_days: int = Field(
        1, ge=0, description="days between two onsets that tell their order; 0: order is not counted"
    )
    most_conditions: int = Field(1000, ge=2, description="ceiling on the number of conditions")
    sharing_counts: bool = Field(
        False, description="whether pairs whose lists share codes take part in the multiplicity, and so in the network"
    )


def run(job: Job[Config]) -> None:
    """Write morbidity_pair."""
    config, codes = job.config, job.read_if_present(ConditionCode)
    sharing = frozenset() if codes is None else shared_codes(listed_codes(codes))
    rules = PairRules(config.zero_cells, config.continuity, config.sharing_counts)
    counting = Counting(config.most_conditions, config.min_gap_days, rules)
    job.write(MorbidityPair, build_morbidity_pair(job.read(ConditionHistory), counting, sharing=sharing))
